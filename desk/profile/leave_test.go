package profile_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/notification"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// party is a group in which Mia has written, and an agent who leaves it.
type party struct {
	*world
	amy auth.Principal
	mia *fakeline.Customer
	at  *fakeline.Group
}

func (w *world) party() *party {
	w.t.Helper()
	p := &party{world: w, mia: w.bot.AddCustomer(fakeline.Person{Name: "Mia"})}
	p.at = w.bot.AddGroup(fakeline.GroupSetup{Name: "Friends", Members: []*fakeline.Customer{p.mia}})
	w.write(func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.Agent.Create().SetEmail("amy@example.com").SetEmailFolded("amy@example.com").SetName("Amy").SetRole(agent.RoleAGENT).SetStatus(agent.StatusACTIVE).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			p.amy = auth.Principal{TeamID: w.team, AgentID: a.ID, Name: a.Name, Role: auth.AgentRole, Language: "en"}
		}
		return err
	})
	p.hear(p.says("hi"))
	return p
}

// chat is the group's conversation now, and the group.
func (p *party) chat() (c *ent.Conversation, g *ent.Group) {
	p.t.Helper()
	err := p.db.Read(p.t.Context(), p.team, func(ctx context.Context, v *store.View) (err error) {
		if c, err = v.Conversation.Query().Only(ctx); err == nil {
			g, err = v.Group.Query().Only(ctx)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return c, g
}

func (p *party) leave(queue conversation.Queue) {
	p.t.Helper()
	c, _ := p.chat()
	if _, _, err := conversation.NewDepartures(p.actions, queue).Leave(p.t.Context(), p.amy, conversation.LeaveGroupInput{ConversationID: c.ID}); err != nil {
		p.t.Fatal(err)
	}
}

// held keeps what is queued until the test does it.
type held struct{ tasks []job.Task }

func (h *held) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	h.tasks = append(h.tasks, t)
	return nil
}

// do does what is held.
func (p *party) do(ctx context.Context, h *held) error {
	p.t.Helper()
	raw, err := json.Marshal(h.tasks[len(h.tasks)-1].Args)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.profiles.Leave(ctx, p.team, raw)
}

// hear is the world's, an hour later on the platform.
func (p *party) hear(events ...func() fakeline.Event) {
	p.t.Helper()
	for _, e := range events {
		p.time.Advance(time.Hour)
		p.world.hear(e())
	}
}

func (p *party) says(text string) func() fakeline.Event {
	return func() fakeline.Event { return p.mia.In(p.at).Text(text) }
}

func (p *party) awaitDone() {
	p.t.Helper()
	p.await("the platform has let the account go", func(ctx context.Context, v *store.View) bool {
		return v.Group.Query().OnlyX(ctx).LeaveAskedAt == nil
	})
}

// asked counts the tries to leave that the platform saw.
func (p *party) asked() int {
	n := 0
	for _, r := range p.line.Requests().Requests() {
		if strings.HasSuffix(r.Path, "/leave") {
			n++
		}
	}
	return n
}

// log lists what the conversation's log says of leaving and coming back.
func (p *party) log() (codes []string) {
	c, _ := p.chat()
	p.write(func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Activity.Query().Order(ent.Asc("id")).All(ctx)
		for _, a := range all {
			switch a.Code {
			case "log.group_left", "log.account_left", "log.account_joined", "log.group_leave_failed":
				if a.ConversationID == c.ID {
					codes = append(codes, a.Code)
				}
			}
		}
		return err
	})
	return codes
}

func (p *party) logged(want ...string) {
	p.t.Helper()
	got := p.log()
	if len(got) != len(want) {
		p.t.Fatalf("the log says %v, not %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			p.t.Fatalf("the log says %v, not %v", got, want)
		}
	}
}

// GRP-5, GRP-4: the account is taken out on the platform, whatever stands in the way at first: an error, or an answer that is lost after the platform did it, which then says that there is nobody to take out. The platform's
// own word of it changes nothing more. Invited again the same conversation comes back with the next message.
func TestLeave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := setup(t, db, fakeline.Setup{}).party()
		first, _ := p.chat()
		if err := p.line.Faults().Add(fake.Fault{Kind: fake.ErrorBefore, Operation: fakeline.Leave}, fake.Fault{Kind: fake.ErrorAfter, Operation: fakeline.Leave}); err != nil {
			t.Fatal(err)
		}
		p.leave(p.queue)
		p.awaitDone()
		if p.at.IsJoined() || p.asked() != 3 {
			t.Errorf("in the group: %v, asked %d times", p.at.IsJoined(), p.asked())
		}
		p.hear(p.at.Leave)
		c, g := p.chat()
		if c.Status != entconversation.StatusENDED || g.State != entgroup.StateLEFT || g.LeftAt == nil {
			t.Errorf("it is %s, the group %s", c.Status, g.State)
		}
		p.logged("log.group_left")
		p.hear(p.at.Join)
		if c, g = p.chat(); c.Status != entconversation.StatusENDED || g.State != entgroup.StateJOINED {
			t.Errorf("invited again it is %s, the group %s", c.Status, g.State)
		}
		p.hear(p.says("back"))
		if c, _ = p.chat(); c.ID != first.ID || c.Status != entconversation.StatusPENDING || c.Unread != 1 {
			t.Errorf("the next message brings it to %s with %d unread", c.Status, c.Unread)
		}
		p.logged("log.group_left", "log.account_joined")
	})
}

// GRP-5: until the platform has let the account go, what members write is kept and opens nothing. Removed by a member meanwhile, there is nothing more to ask; let in again, it stays in.
func TestLeaveMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := setup(t, db, fakeline.Setup{}).party()
		queue := &held{}
		p.leave(queue)
		p.hear(p.says("are you there?"))
		c, g := p.chat()
		if c.Status != entconversation.StatusENDED || c.Unread != 0 || c.MessageSeq != 2 || g.State != entgroup.StateLEFT || g.LeaveAskedAt == nil {
			t.Errorf("it is %s with %d unread of %d, the group %s", c.Status, c.Unread, c.MessageSeq, g.State)
		}
		p.hear(p.at.Leave)
		if _, g = p.chat(); g.LeaveAskedAt != nil || g.State != entgroup.StateLEFT {
			t.Errorf("removed meanwhile, it is %s, open: %v", g.State, g.LeaveAskedAt)
		}
		p.hear(p.at.Join, p.says("back"))
		p.leave(queue)
		p.hear(p.at.Leave, p.at.Join)
		c, g = p.chat()
		if g.State != entgroup.StateJOINED || g.LeaveAskedAt != nil || c.Status != entconversation.StatusENDED {
			t.Errorf("let in again, the group is %s, open: %v, and it is %s", g.State, g.LeaveAskedAt, c.Status)
		}
		for range 2 { // what was queued finds nothing left to do
			if err := p.do(t.Context(), queue); err != nil {
				t.Fatal(err)
			}
		}
		if p.asked() != 0 || !p.at.IsJoined() {
			t.Errorf("asked %d times, in the group: %v", p.asked(), p.at.IsJoined())
		}
	})
}

// GRP-5, GRP-4, CHAN-3: a channel that is disconnected is asked again once it is connected; one that is deleted is not. Where the platform does not let the account go it is in the group still: the log says so, who left it is told,
// and the next message brings the conversation back.
func TestLeaveGivenUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := setup(t, db, fakeline.Setup{}).party()
		queue := &held{}
		p.leave(queue)
		p.bot.Revoke()
		if err := p.do(t.Context(), queue); !fault.Is(err, fault.Unavailable) || job.IsGivenUp(t.Context(), err) {
			t.Errorf("credentials that are refused: %v", err)
		}
		if err := p.do(t.Context(), queue); !fault.Is(err, fault.Unavailable) || p.asked() != 1 {
			t.Errorf("a disconnected channel: %v, asked %d times", err, p.asked())
		}
		c, g := p.chat()
		if c.Status != entconversation.StatusENDED || g.LeaveAskedAt == nil {
			t.Errorf("meanwhile it is %s, open: %v", c.Status, g.LeaveAskedAt)
		}
		p.logged("log.group_left")
		for range 2 { // the second has nothing left to give up
			_ = p.do(job.LastTry(t.Context()), queue)
		}
		if _, g = p.chat(); g.LeaveAskedAt != nil || g.State != entgroup.StateLEFT {
			t.Errorf("given up it is %s, open: %v", g.State, g.LeaveAskedAt)
		}
		p.logged("log.group_left", "log.group_leave_failed")
		p.write(func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.Notification.Query().Where(notification.Code("notice.group_leave_failed")).All(ctx)
			if len(all) != 1 || all[0].AgentID != p.amy.AgentID {
				t.Errorf("told are %+v", all)
			}
			return err
		})
		p.hear(p.says("you are here"))
		if c, g = p.chat(); c.Status != entconversation.StatusPENDING || g.State != entgroup.StateJOINED {
			t.Errorf("the next message brings it to %s, the group %s", c.Status, g.State)
		}
	})
}
