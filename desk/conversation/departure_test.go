package conversation_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// departing is what is asked of the queue, which fails where it is told to.
type departing struct {
	tasks []job.Task
	fails error
}

func (d *departing) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	if d.fails == nil {
		d.tasks = append(d.tasks, t)
	}
	return d.fails
}

// GRP-5: from where it waits, mine, my ended and the team's ended an agent takes the account out: ended, pinned by nobody, nobody in it, neither reopened nor written to, its history readable. The platform
// is asked once for each, in the same transaction.
func TestLeaveGroup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		queue := &departing{}
		departures := conversation.NewDepartures(w.actions, queue)
		left := 0
		for name, x := range map[string]struct {
			who   auth.Principal
			begin func(id int64)
		}{
			"waiting":       {amy, func(int64) {}},
			"mine":          {amy, func(id int64) { w.follow(amy, id); w.pin(amy, id); w.hears(id, "one more") }},
			"ended by me":   {amy, func(id int64) { w.follow(amy, id); w.end(amy, id) }},
			"ended by team": {ben, func(id int64) { w.follow(amy, id); w.end(amy, id) }},
		} {
			id, who := w.group(4), x.who
			x.begin(id)
			had := len(w.Messages(id))
			c := w.must(departures.Leave(t.Context(), who, conversation.LeaveGroupInput{ConversationID: id}))
			left++
			if c.Status != entconversation.StatusENDED || c.Unread != 0 || c.MemberCount != 0 || len(c.PinnedBy) != 0 || c.WaitingSince != nil || len(w.Messages(id)) != had {
				t.Errorf("%s: it is %s with %d unread, %d members, pinned by %v, %d messages", name, c.Status, c.Unread, c.MemberCount, c.PinnedBy, len(w.Messages(id)))
			}
			w.Read(func(ctx context.Context, v *store.View) error {
				g, err := v.Group.Get(ctx, *c.GroupID)
				if err == nil && (g.State != entgroup.StateLEFT || g.LeftAt == nil || g.LeaveAskedAt == nil || g.MemberCount != 0) {
					t.Errorf("%s: the group is %+v", name, g)
				}
				return err
			})
			if log := w.Log(id); log[len(log)-1] != "log.group_left" {
				t.Errorf("%s: the log says %v", name, log)
			}
			if len(queue.tasks) != left || queue.tasks[left-1].Kind != group.LeaveTask {
				t.Fatalf("%s: asked for %+v", name, queue.tasks)
			}
			if raw, _ := json.Marshal(queue.tasks[left-1].Args); !slices.Equal(raw, mustJSON(t, group.Leave{GroupID: *c.GroupID, AgentID: who.AgentID})) {
				t.Errorf("%s: asked for %s", name, raw)
			}
			head := w.Head()
			_, _, err := w.actions.Reopen(t.Context(), ben, conversation.ReopenInput{ConversationID: id})
			w.refused("STATE_CONFLICT", head, err)
			_, err = w.say(ben, id, "x", "anybody there?")
			w.refused("STATE_CONFLICT", head, err)
			_, _, err = departures.Leave(t.Context(), ben, conversation.LeaveGroupInput{ConversationID: id})
			w.refused("STATE_CONFLICT", head, err)
		}
	})
}

func mustJSON(t *testing.T, x any) []byte {
	t.Helper()
	raw, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// GRP-5: in a group with collaborators the follower alone leaves, in progress and ended; the others are told. A group that another follows, and who is no group, cannot be left.
func TestLeaveGroupTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cat := w.Agent(auth.CSManager, auth.SendMessages)
		w.collaborates(true)
		queue := &departing{}
		departures := conversation.NewDepartures(w.actions, queue)
		id := w.group(4)
		w.follow(amy, id)
		w.add(amy, id, ben)
		for _, p := range []auth.Principal{ben, cat} {
			head := w.Head()
			_, _, err := departures.Leave(t.Context(), p, conversation.LeaveGroupInput{ConversationID: id})
			if f := w.refused("STATE_CONFLICT", head, err); f.Text != "Only the follower can leave a group on which others collaborate." {
				t.Errorf("%s is told %q", p.Name, f.Text)
			}
		}
		w.end(amy, id)
		head := w.Head()
		_, _, err := departures.Leave(t.Context(), ben, conversation.LeaveGroupInput{ConversationID: id})
		w.refused("STATE_CONFLICT", head, err)
		told := len(w.notices(ben))
		w.must(departures.Leave(t.Context(), amy, conversation.LeaveGroupInput{ConversationID: id}))
		if got := w.notices(ben)[told:]; !slices.Equal(got, []string{"notice.group_left"}) {
			t.Errorf("who collaborates is told %v", got)
		}

		others := w.group(4)
		w.follow(amy, others)
		chat := w.chat("Mia")
		head = w.Head()
		for _, at := range []int64{others, chat} {
			_, _, err = departures.Leave(t.Context(), ben, conversation.LeaveGroupInput{ConversationID: at})
			w.refused("STATE_CONFLICT", head, err)
		}
		if len(queue.tasks) != 1 {
			t.Errorf("asked for %+v", queue.tasks)
		}
	})
}

// GRP-5, CHAN-4: nothing is done by half. A channel that cannot call its platform is refused; one that is paused leaves; and where the platform cannot be asked at all nothing has happened.
func TestLeaveGroupWholly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		queue := &departing{fails: errors.New("the queue is away")}
		departures := conversation.NewDepartures(w.actions, queue)
		id := w.group(4)
		set := func(s channel.State, isDeleted bool) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				u := tx.Channel.UpdateOneID(w.ChannelID).SetState(s)
				if isDeleted {
					return u.SetDeletedAt(tx.Now).Exec(ctx)
				}
				return u.ClearDeletedAt().Exec(ctx)
			})
		}
		leave := func() error {
			_, _, err := departures.Leave(t.Context(), amy, conversation.LeaveGroupInput{ConversationID: id})
			return err
		}
		head := w.Head()
		if err := leave(); err == nil || w.Head() != head || w.Conversation(id).Status != entconversation.StatusPENDING {
			t.Errorf("without a queue: %v, and it is %s", err, w.Conversation(id).Status)
		}
		queue.fails = nil
		set(channel.StateDISCONNECTED, false)
		w.refused("CHANNEL_UNAVAILABLE", head, leave())
		set(channel.StateCONNECTED, true)
		w.refused("CHANNEL_UNAVAILABLE", head, leave())
		set(channel.StatePAUSED, false)
		if err := leave(); err != nil || w.Conversation(id).Status != entconversation.StatusENDED {
			t.Errorf("a paused channel: %v", err)
		}
	})
}
