package conversation_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func (w *world) pin(p auth.Principal, id int64) *ent.Conversation {
	w.T.Helper()
	return w.must(w.actions.Pin(w.T.Context(), p, conversation.PinInput{ConversationID: id, IsPinned: true}))
}

// pinned fails the test where others have it pinned than these.
func (w *world) pinned(what string, id int64, who ...auth.Principal) {
	w.T.Helper()
	w.Check()
	var want []int64
	for _, p := range who {
		want = append(want, p.AgentID)
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(w.Conversation(id).PinnedBy)); !slices.Equal(got, want) {
		w.T.Errorf("%s: it is pinned by %v, not %v", what, got, want)
	}
}

// CONV-20, COLL-15: a pin is one's own, in one's own conversations in progress, and goes when it ends, is transferred or is followed by another.
func TestPin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		amy, ben := w.agents()
		cid := w.chat("Mia")
		try := func(what string, p auth.Principal, code string) {
			t.Helper()
			head := w.Head()
			_, _, err := w.actions.Pin(t.Context(), p, conversation.PinInput{ConversationID: cid, IsPinned: true})
			t.Log(what)
			w.refused(code, head, err)
		}
		try("a pending one", amy, "STATE_CONFLICT")
		w.follow(amy, cid)
		try("another's", ben, "STATE_CONFLICT")
		w.pin(amy, cid)
		w.pinned("pinned", cid, amy)
		head := w.Head()
		w.pin(amy, cid)
		if w.Head() != head {
			t.Error("what was pinned is pinned again")
		}
		w.must(w.actions.Pin(t.Context(), amy, conversation.PinInput{ConversationID: cid}))
		w.pinned("unpinned", cid)
		w.pin(amy, cid)
		w.must(w.actions.TakeOver(t.Context(), ben, conversation.TakeOverInput{ConversationID: cid, FromAgentID: amy.AgentID}))
		w.pinned("taken over", cid)
		w.pin(ben, cid)
		w.must(w.actions.Transfer(t.Context(), ben, conversation.TransferInput{ConversationID: cid, ToAgentID: amy.AgentID}))
		w.pinned("transferred", cid)
		w.pin(amy, cid)
		w.hears(cid, "hello?")
		w.pinned("a message changes nothing", cid, amy)
		w.end(amy, cid)
		w.pinned("ended", cid)
		try("an ended one", amy, "STATE_CONFLICT")
		w.must(w.actions.Reopen(t.Context(), amy, conversation.ReopenInput{ConversationID: cid}))
		w.pinned("reopened", cid)

		// Among several: each its own.
		cat, dan := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Supervisor, auth.SendMessages)
		w.pin(amy, cid)
		w.add(amy, cid, cat, dan)
		w.pinned("a collaboration", cid, amy)
		w.pin(cat, cid)
		w.pin(dan, cid)
		w.pinned("each pins for itself", cid, amy, cat, dan)
		w.must(w.actions.Transfer(t.Context(), amy, conversation.TransferInput{ConversationID: cid, ToAgentID: cat.AgentID}))
		w.pinned("with collaborators the former follower's pin alone goes", cid, cat, dan)
		w.pin(amy, cid)
		w.must(w.actions.TakeOver(t.Context(), dan, conversation.TakeOverInput{ConversationID: cid, FromAgentID: cat.AgentID}))
		w.pinned("taken over by a collaborator", cid, amy, dan)
		w.pin(cat, cid)
		w.remove(dan, cid, amy)
		w.pinned("removed", cid, cat, dan)
		w.must(w.actions.Leave(t.Context(), cat, conversation.LeaveInput{ConversationID: cid}))
		w.pinned("left", cid, dan)
		w.add(dan, cid, amy)
		w.pin(amy, cid)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			_, err := w.actions.Release(ctx, tx, dan.AgentID, system)
			return err
		})
		w.pinned("the follower is deactivated", cid, amy)
		w.add(amy, cid, cat)
		w.pin(cat, cid)
		w.end(amy, cid)
		w.pinned("ending removes all", cid)
	})
}

// GRP-5, CONV-20: what the account has left is pinned by nobody, and cannot be.
func TestPinOfGroupLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		cid := w.group(5)
		w.follow(amy, cid)
		w.pin(amy, cid)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := row.Lock(ctx, tx, cid)
			if err != nil {
				return err
			}
			return group.New(w.DB).LeftIn(ctx, tx, *c.GroupID)
		})
		w.pinned("left", cid)
		head := w.Head()
		_, _, err := w.actions.Pin(t.Context(), amy, conversation.PinInput{ConversationID: cid, IsPinned: true})
		w.refused("STATE_CONFLICT", head, err)
	})
}

// CONV-18, CONV-20: at most 50 are pinned by one agent, also where it pins several at the same instant; what is unpinned makes room.
func TestMostPins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		var all []int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for range conversation.MaxPins - 1 {
				w.n++
				g, err := tx.Group.Create().SetChannelID(w.ChannelID).SetPlatformGroupID("P" + string(rune(0x4e00+w.n))).SetMemberCount(3).SetJoinedAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				c, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(w.ChannelID).SetChannelType("LINE").SetKind("GROUP").SetGroupID(g.ID).SetStatus("PENDING").SetLastAt(tx.Now), system)
				if err != nil {
					return err
				}
				after := row.Copy(c)
				conversation.Assign(tx, after, amy.AgentID)
				after.PinnedBy = []int64{amy.AgentID}
				if err := row.Put(ctx, tx, c, after, system); err != nil {
					return err
				}
				if err := conversation.FollowerIn(ctx, tx, after); err != nil {
					return err
				}
				all = append(all, c.ID)
			}
			return nil
		})
		w.Check()
		more := []int64{w.chat("Mia"), w.chat("Ben"), w.chat("Cat")}
		for _, n := range more {
			w.follow(amy, n)
		}
		var busy sync.WaitGroup
		errs := make([]error, len(more))
		for i, n := range more {
			busy.Go(func() {
				_, _, errs[i] = w.actions.Pin(t.Context(), amy, conversation.PinInput{ConversationID: n, IsPinned: true})
			})
		}
		busy.Wait()
		w.Check()
		left := int64(0)
		refused := 0
		for i, err := range errs {
			if err == nil {
				continue
			}
			refused, left = refused+1, more[i]
			if f := fault.As(err); f.Code != "LIMIT_EXCEEDED" || f.Params["limit"] != conversation.MaxPins || f.Text != "At most 50 conversations can be pinned: unpin another first." {
				t.Errorf("refused with %+v", f)
			}
		}
		if refused != len(more)-1 {
			t.Errorf("of three at once beside 49, %d are refused", refused)
		}
		w.must(w.actions.Pin(t.Context(), amy, conversation.PinInput{ConversationID: all[0]}))
		w.pin(amy, left)
		// Another's pins are another's.
		other := w.chat("Dan")
		w.follow(ben, other)
		w.pin(ben, other)
	})
}

// CONV-21, CONV-24: star and archive are the conversation's, the same for everybody, and logged; an archived one is not counted until the next message, either way.
func TestStarAndArchive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		looker := w.Agent(auth.AgentRole)
		cid := w.chat("Mia")
		w.follow(amy, cid)
		before := w.Conversation(cid)
		star := func(p auth.Principal, is bool) *ent.Conversation {
			t.Helper()
			return w.must(w.actions.Star(t.Context(), p, conversation.StarInput{ConversationID: cid, IsStarred: is}))
		}
		archive := func(p auth.Principal, is bool) *ent.Conversation {
			t.Helper()
			return w.must(w.actions.Archive(t.Context(), p, conversation.ArchiveInput{ConversationID: cid, IsArchived: is}))
		}
		if c := star(ben, true); !c.IsStarred || !c.LastAt.Equal(before.LastAt) || c.Status != before.Status {
			t.Errorf("starred: %+v", c)
		}
		head := w.Head()
		star(amy, true)
		if w.Head() != head {
			t.Error("what is starred is starred again")
		}
		star(amy, false)
		w.pin(amy, cid)
		if c := archive(amy, true); !c.IsArchived || !c.LastAt.Equal(before.LastAt) {
			t.Errorf("archived: %+v", c)
		}
		w.sent(amy, cid, "1", "one more thing")
		if w.Conversation(cid).IsArchived {
			t.Error("an answer does not bring it back")
		}
		archive(ben, true)
		archive(ben, false)
		w.end(amy, cid)
		archive(amy, true)
		if c := w.Conversation(cid); c.Status != "ENDED" || !c.IsArchived {
			t.Errorf("an ended one: %+v", c)
		}
		w.must(w.actions.Reopen(t.Context(), amy, conversation.ReopenInput{ConversationID: cid}))
		if !w.Conversation(cid).IsArchived {
			t.Error("without a message it is back")
		}
		w.hears(cid, "hello?")
		if w.Conversation(cid).IsArchived {
			t.Error("the customer's message does not bring it back")
		}
		want := []string{"log.followed", "log.starred", "log.unstarred", "log.archived", "log.archived", "log.unarchived", "log.ended", "log.archived", "log.reopened"}
		if got := w.Log(cid); !slices.Equal(got, want) {
			t.Errorf("the log says %v", got)
		}
		pending := w.chat("Ben")
		head = w.Head()
		_, _, err := w.actions.Star(t.Context(), looker, conversation.StarInput{ConversationID: pending, IsStarred: true})
		w.refused("FORBIDDEN", head, err)
		_, _, err = w.actions.Archive(t.Context(), amy, conversation.ArchiveInput{ConversationID: pending, IsArchived: true})
		w.refused("FORBIDDEN", head, err)
		_, _, err = w.actions.Archive(t.Context(), looker, conversation.ArchiveInput{ConversationID: cid, IsArchived: true})
		w.refused("NOT_FOUND", head, err)
		for _, e := range w.Events(0) {
			if e.Kind == event.ConversationChanged && e.After.IsArchived && e.After.Status == "PENDING" {
				t.Error("what was refused was done")
			}
		}
	})
}
