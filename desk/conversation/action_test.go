package conversation_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CONV-6, CONV-24, COLL-13: a conversation's whole way, with its log, its notices and its unread.
func TestWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.clock.Advance(time.Minute)
		c := w.follow(amy, cid)
		if c.Status != entconversation.StatusIN_PROGRESS || *c.FollowerID != amy.AgentID || !c.FollowedAt.Equal(w.clock.Now()) || c.Unread != 0 || c.WaitingSince == nil {
			t.Errorf("followed: %+v", c)
		}
		w.hears(cid, "and another thing")
		c = w.must(w.actions.TakeOver(ctx, ben, conversation.TakeOverInput{ConversationID: cid, FromAgentID: amy.AgentID}))
		if *c.FollowerID != ben.AgentID || c.Unread != 1 {
			t.Errorf("taken over: follower %d, %d unread", *c.FollowerID, c.Unread)
		}
		c = w.must(w.actions.Transfer(ctx, ben, conversation.TransferInput{ConversationID: cid, ToAgentID: amy.AgentID}))
		if *c.FollowerID != amy.AgentID || c.Unread != 1 {
			t.Errorf("transferred: follower %d, %d unread", *c.FollowerID, c.Unread)
		}
		w.clock.Advance(time.Minute)
		c = w.end(amy, cid)
		if c.Status != entconversation.StatusENDED || *c.FollowerID != amy.AgentID || !c.EndedAt.Equal(w.clock.Now()) || c.Unread != 0 || c.WaitingSince != nil {
			t.Errorf("ended: %+v", c)
		}
		c = w.must(w.actions.Reopen(ctx, ben, conversation.ReopenInput{ConversationID: cid}))
		if c.Status != entconversation.StatusIN_PROGRESS || *c.FollowerID != ben.AgentID || c.EndedAt != nil {
			t.Errorf("reopened: %+v", c)
		}
		want := []string{"log.followed", "log.taken_over", "log.transferred", "log.ended", "log.reopened"}
		if got := w.Log(cid); !slices.Equal(got, want) {
			t.Errorf("the log says %v", got)
		}
		if got := w.notices(amy); !slices.Equal(got, []string{"notice.taken_over", "notice.transferred"}) {
			t.Errorf("Amy is told %v", got)
		}
		if got := w.notices(ben); len(got) != 0 {
			t.Errorf("Ben is told %v", got)
		}
	})
}

// CONV-6: eight agents follow at the same instant: one wins, the others are told who and where it stands.
func TestFollowRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		cid := w.chat("Mia")
		all := make([]auth.Principal, 8)
		for i := range all {
			all[i] = w.Agent(auth.AgentRole, auth.SendMessages) // who do not see what another follows
		}
		errs := make([]error, len(all))
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, p := range all {
			wg.Go(func() {
				<-start
				_, _, errs[i] = w.actions.Follow(t.Context(), p, conversation.FollowInput{ConversationID: cid})
			})
		}
		close(start)
		wg.Wait()
		w.Check()
		winner := w.Conversation(cid).FollowerID
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
				if *winner != all[i].AgentID {
					t.Errorf("%s was told that it follows, %d does", all[i].Name, *winner)
				}
				continue
			}
			f := fault.As(err)
			if f.Code != "STATE_CONFLICT" || f.Params["agentId"] != *winner || f.Params["status"] != "IN_PROGRESS" || f.Params["agentName"] == "" {
				t.Errorf("a loser is told %v %v", f, f.Params)
			}
		}
		if won != 1 || len(w.Log(cid)) != 1 {
			t.Errorf("%d win, the log says %v", won, w.Log(cid))
		}
	})
}

// CONV-6: taking over names the agent it takes from, and is refused when that is no longer the follower.
func TestTakeOverFromAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cleo := w.Agent(auth.CSManager)
		cid := w.chat("Mia")
		w.follow(amy, cid)
		head := w.Head()
		_, _, err := w.actions.TakeOver(t.Context(), ben, conversation.TakeOverInput{ConversationID: cid, FromAgentID: cleo.AgentID})
		f := w.refused("STATE_CONFLICT", head, err)
		if f.Params["agentId"] != amy.AgentID || f.Params["agentName"] != amy.Name || !strings.Contains(f.Text, cleo.Name) {
			t.Errorf("it is told %q %v", f.Text, f.Params)
		}
		_, _, err = w.actions.TakeOver(t.Context(), ben, conversation.TakeOverInput{ConversationID: cid, FromAgentID: 999})
		w.refused("NOT_FOUND", head, err)
		_, _, err = w.actions.TakeOver(t.Context(), amy, conversation.TakeOverInput{ConversationID: cid, FromAgentID: amy.AgentID})
		w.refused("STATE_CONFLICT", head, err)
	})
}

// CONV-6, GRP-18: who may receive a transfer.
func TestReceivers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		mute, sales, gone := w.Agent(auth.AgentRole), w.Agent(auth.Sales, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(gone.AgentID).SetStatus(agent.StatusDEACTIVATED).Exec(ctx)
		})
		chat, group := w.chat("Mia"), w.group(3)
		w.follow(amy, chat)
		w.follow(amy, group)
		for name, c := range map[string]struct {
			id, to int64
			code   string
		}{
			"one without the permission to send":   {chat, mute.AgentID, "VALIDATION"},
			"one who is deactivated":               {chat, gone.AgentID, "VALIDATION"},
			"oneself":                              {chat, amy.AgentID, "VALIDATION"},
			"nobody":                               {chat, 9999, "NOT_FOUND"},
			"for a group, a role without groups":   {group, sales.AgentID, "VALIDATION"},
			"for a conversation that is not there": {9999, ben.AgentID, "NOT_FOUND"},
		} {
			head := w.Head()
			_, _, err := w.actions.Transfer(ctx, amy, conversation.TransferInput{ConversationID: c.id, ToAgentID: c.to})
			if f := w.refused(c.code, head, err); c.code == "VALIDATION" && f.Field != "toAgentId" {
				t.Errorf("%s: field %q", name, f.Field)
			}
		}
		w.must(w.actions.Transfer(ctx, amy, conversation.TransferInput{ConversationID: chat, ToAgentID: sales.AgentID}))
		w.must(w.actions.Transfer(ctx, amy, conversation.TransferInput{ConversationID: group, ToAgentID: ben.AgentID}))
	})
}

// CONV-28: what is not seen does not exist, for whatever is asked; another team's ids neither.
func TestUnseen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		m := w.sent(amy, cid, "1", "hi")
		w.clock.Advance(time.Minute) // who follows now does not do so at the same instant
		far := w.Agent(auth.SalesManager, auth.SendMessages)
		far.RegionID, far.BranchID = "south", "kaohsiung"
		other, err := w.DB.CreateTeam(ctx, store.NewTeam{Slug: "other", Name: "Other", Language: "en", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		stranger := auth.Principal{TeamID: other, AgentID: amy.AgentID, Role: auth.Admin, Permissions: []auth.Permission{auth.SendMessages, auth.ManageOthers}}
		for _, p := range []auth.Principal{w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Sales, auth.SendMessages), far, stranger} {
			head := w.Head()
			for name, do := range map[string]func() error{
				"follow": func() error {
					_, _, err := w.actions.Follow(ctx, p, conversation.FollowInput{ConversationID: cid})
					return err
				},
				"take over": func() error {
					_, _, err := w.actions.TakeOver(ctx, p, conversation.TakeOverInput{ConversationID: cid, FromAgentID: amy.AgentID})
					return err
				},
				"transfer": func() error {
					_, _, err := w.actions.Transfer(ctx, p, conversation.TransferInput{ConversationID: cid, ToAgentID: amy.AgentID})
					return err
				},
				"end": func() error {
					_, _, err := w.actions.End(ctx, p, conversation.EndInput{ConversationID: cid})
					return err
				},
				"reopen": func() error {
					_, _, err := w.actions.Reopen(ctx, p, conversation.ReopenInput{ConversationID: cid})
					return err
				},
				"read": func() error {
					_, _, err := w.actions.MarkRead(ctx, p, conversation.MarkReadInput{ConversationID: cid, UpToMessageID: m.ID})
					return err
				},
				"all read": func() error {
					_, _, err := w.actions.MarkRead(ctx, p, conversation.MarkReadInput{ConversationID: cid})
					return err
				},
				"unread": func() error {
					_, _, err := w.actions.MarkUnread(ctx, p, conversation.MarkUnreadInput{ConversationID: cid})
					return err
				},
				"send": func() error { _, err := w.say(p, cid, "x", "hi"); return err },
				"retry": func() error {
					_, _, err := w.actions.Retry(ctx, p, conversation.RetryInput{MessageID: m.ID})
					return err
				},
			} {
				if err := do(); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s of %s: %v", name, p.Role, err)
				}
			}
			if w.Head() != head {
				t.Errorf("%s changed something", p.Role)
			}
		}
		near := w.Agent(auth.SalesManager)
		near.RegionID = "north"
		w.must(w.actions.TakeOver(ctx, near, conversation.TakeOverInput{ConversationID: cid, FromAgentID: amy.AgentID}))
	})
}

// COLL-13, CONV-22: reading clears one's own; looking at the team's or at a pending one clears nothing, by hand it takes the permission.
func TestRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		cleo := w.Agent(auth.CSManager) // sees the team's, may not manage for others
		cid := w.chat("Mia")
		first := w.Messages(cid)[0]
		read := func(p auth.Principal, upTo int64) int {
			return w.must(w.actions.MarkRead(ctx, p, conversation.MarkReadInput{ConversationID: cid, UpToMessageID: upTo})).Unread
		}
		head := w.Head()
		if read(amy, first.ID) != 1 || w.Head() != head {
			t.Error("looking at a pending conversation clears it")
		}
		w.follow(amy, cid)
		second, third := w.hears(cid, "second"), w.hears(cid, "third")
		head = w.Head()
		if read(ben, third.ID) != 2 || read(cleo, third.ID) != 2 || w.Head() != head {
			t.Error("looking at the team's conversation clears it")
		}
		if n := read(amy, second.ID); n != 1 {
			t.Errorf("reading up to the second of three leaves %d", n)
		}
		if n := read(amy, first.ID); n != 1 {
			t.Errorf("reading an older one leaves %d", n)
		}
		if n := read(amy, third.ID); n != 0 {
			t.Errorf("reading the newest leaves %d", n)
		}
		w.hears(cid, "fourth")
		head = w.Head()
		_, _, err := w.actions.MarkRead(ctx, cleo, conversation.MarkReadInput{ConversationID: cid})
		w.refused("FORBIDDEN", head, err)
		if n := read(ben, 0); n != 0 {
			t.Errorf("by hand, with the permission, it leaves %d", n)
		}
		elsewhere := w.Messages(w.chat("Leo"))[0].ID
		head = w.Head()
		_, _, err = w.actions.MarkRead(ctx, amy, conversation.MarkReadInput{ConversationID: cid, UpToMessageID: elsewhere})
		w.refused("NOT_FOUND", head, err)
	})
}

// CONV-9, CONV-22: marked unread it shows one; an ended one opens again with its last follower, or pending.
func TestMarkUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		cleo := w.Agent(auth.CSManager)
		unread := func(p auth.Principal, id int64) *ent.Conversation {
			return w.must(w.actions.MarkUnread(ctx, p, conversation.MarkUnreadInput{ConversationID: id}))
		}
		cid := w.chat("Mia")
		w.follow(amy, cid)
		head := w.Head()
		_, _, err := w.actions.MarkUnread(ctx, cleo, conversation.MarkUnreadInput{ConversationID: cid})
		w.refused("FORBIDDEN", head, err)
		if c := unread(ben, cid); c.Unread != 1 || c.Status != entconversation.StatusIN_PROGRESS {
			t.Errorf("the team's: %d unread, %s", c.Unread, c.Status)
		}
		w.hears(cid, "more")
		if c := unread(amy, cid); c.Unread != 2 {
			t.Errorf("what is unread already shows %d", c.Unread)
		}
		w.end(amy, cid)
		if c := unread(amy, cid); c.Unread != 1 || c.Status != entconversation.StatusIN_PROGRESS || *c.FollowerID != amy.AgentID {
			t.Errorf("ended, of its follower: %d unread, %s", c.Unread, c.Status)
		}
		w.end(amy, cid)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetStatus(agent.StatusDEACTIVATED).Exec(ctx)
		})
		if c := unread(ben, cid); c.Status != entconversation.StatusPENDING || c.Queue != entconversation.QueueHUMAN || c.FollowerID != nil {
			t.Errorf("ended, its follower deactivated: %s", c.Status)
		}
		never := w.chat("Leo")
		w.end(ben, never)
		if c := unread(ben, never); c.Unread != 1 || c.Status != entconversation.StatusPENDING || c.FollowerID != nil {
			t.Errorf("ended, never followed: %d unread, %s", c.Unread, c.Status)
		}
	})
}

// COLL-17: what a deactivated agent followed is pending again; what it ended stays ended.
func TestRelease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		open, group, ended, others := w.chat("Mia"), w.group(2), w.chat("Leo"), w.chat("Kay")
		for _, id := range []int64{open, group, ended} {
			w.follow(amy, id)
		}
		w.end(amy, ended)
		w.follow(ben, others)
		w.hears(open, "still there?")
		n := 0
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = w.actions.Release(ctx, tx, amy.AgentID, event.Actor{Kind: event.ByAgent, ID: ben.AgentID})
			return err
		})
		w.Check()
		if n != 2 {
			t.Errorf("%d are released", n)
		}
		for id, want := range map[int64]entconversation.Status{open: "PENDING", group: "PENDING", ended: "ENDED", others: "IN_PROGRESS"} {
			if c := w.Conversation(id); c.Status != want || c.Queue != entconversation.QueueHUMAN {
				t.Errorf("conversation %d is %s, not %s", id, c.Status, want)
			}
		}
		if c := w.Conversation(open); c.Unread != 1 || c.WaitingSince == nil {
			t.Errorf("the waiting customer is forgotten: %d unread", c.Unread)
		}
		if log := w.Log(open); log[len(log)-1] != "log.released" {
			t.Errorf("the log says %v", log)
		}
	})
}

// An integration follows for an agent with ACT_AS alone; the agent's own rights count.
func TestOnBehalf(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		cid := w.chat("Mia")
		plain, acting := w.Token(ben, nil), w.Token(ben, nil, auth.WriteConversations, auth.ActAs)
		follow := func(p auth.Principal, agent int64) error {
			_, _, err := w.actions.Follow(ctx, p, conversation.FollowInput{ConversationID: cid, OnBehalfOf: agent})
			return err
		}
		head := w.Head()
		w.refused("FORBIDDEN", head, follow(plain, 0))
		w.refused("FORBIDDEN", head, follow(plain, amy.AgentID))
		w.refused("FORBIDDEN", head, follow(amy, ben.AgentID))
		w.refused("NOT_FOUND", head, follow(acting, 999))
		if err := follow(acting, amy.AgentID); err != nil {
			t.Fatal(err)
		}
		if c := w.Conversation(cid); *c.FollowerID != amy.AgentID {
			t.Errorf("%d follows", *c.FollowerID)
		}
		events := w.Events(head)
		if a := events[0].Actor; a.Kind != event.ByIntegration || a.ID != acting.TokenID {
			t.Errorf("the cause is %+v", a)
		}
		m, _, _, err := w.actions.Send(ctx, acting, conversation.SendInput{ConversationID: cid, ClientMessageID: "1", OnBehalfOf: amy.AgentID, Content: textContent("hi")})
		if err != nil || m.Sender != "AGENT" || *m.AgentID != amy.AgentID || *m.TokenID != acting.TokenID || m.Author != acting.Key() {
			t.Errorf("sent for an agent: %+v, %v", m, err)
		}
		w.Check()
	})
}
