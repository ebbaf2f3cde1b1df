package conversation_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func (w *world) draft(p auth.Principal, id int64, text string, isShared bool) (*ent.Draft, error) {
	w.T.Helper()
	d, _, err := w.actions.SetDraft(w.T.Context(), p, conversation.DraftInput{ConversationID: id, Text: text, IsShared: isShared})
	w.Check()
	return d, err
}

// drafts are the texts of the principal's own draft and of the shared one.
func (w *world) drafts(p auth.Principal, id int64) (own, shared string) {
	w.T.Helper()
	all, err := w.actions.Drafts(w.T.Context(), p, id)
	if err != nil {
		w.T.Fatal(err)
	}
	if all.Own != nil {
		own = all.Own.Text
	}
	if all.Shared != nil {
		shared = all.Shared.Text
	}
	return own, shared
}

// PROD-13: each has a draft of its own and all share one; the same again changes nothing; what was sent is no draft any more, and other devices are told.
func TestDrafts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		head := w.Head()
		if d, err := w.draft(amy, cid, "  ", false); err != nil || d != nil || w.Head() != head {
			t.Errorf("nothing thrown away is %+v, %v", d, err)
		}
		d, err := w.draft(amy, cid, "dear ", false)
		if err != nil || d.Text != "dear " || d.Version != 1 || d.Edges.Agent == nil || d.Edges.Agent.Name != amy.Name {
			t.Fatalf("got %+v, %v", d, err)
		}
		if events := w.Events(head); len(events) != 1 || events[0].Kind != event.DraftChanged || events[0].AgentID != amy.AgentID || events[0].ConversationID != cid || events[0].ObjectID != d.ID {
			t.Errorf("told of %+v", events)
		}
		head = w.Head()
		if again, err := w.draft(amy, cid, "dear ", false); err != nil || again.Version != 1 || w.Head() != head {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if _, err := w.draft(ben, cid, "we two", true); err != nil {
			t.Fatal(err)
		}
		if events := w.Events(head); len(events) != 1 || events[0].AgentID != 0 {
			t.Errorf("of the shared one they are told %+v", events)
		}
		if own, shared := w.drafts(amy, cid); own != "dear " || shared != "we two" {
			t.Errorf("the one has %q and %q", own, shared)
		}
		if own, shared := w.drafts(ben, cid); own != "" || shared != "we two" {
			t.Errorf("the other has %q and %q", own, shared)
		}

		// A sticker leaves what is being written. A text ends the sender's own draft; the shared one where it is what was sent.
		if _, _, _, err := w.actions.Send(t.Context(), amy, conversation.SendInput{ConversationID: cid, ClientMessageID: "s", Content: conversation.Sticker("446", "1988")}); err != nil {
			t.Fatal(err)
		}
		if own, _ := w.drafts(amy, cid); own != "dear " {
			t.Errorf("after a sticker the draft is %q", own)
		}
		if _, err := w.draft(ben, cid, "his own", false); err != nil {
			t.Fatal(err)
		}
		head = w.Head()
		w.sent(amy, cid, "1", "dear Mia")
		own, shared := w.drafts(amy, cid)
		his, _ := w.drafts(ben, cid)
		if own != "" || shared != "we two" || his != "his own" {
			t.Errorf("after a text they are %q, %q and %q", own, shared, his)
		}
		told := 0
		for _, e := range w.Events(head) {
			if e.Kind == event.DraftChanged {
				told++
				if e.AgentID != amy.AgentID || e.ObjectVersion != 2 {
					t.Errorf("told of %+v", e)
				}
			}
		}
		if told != 1 {
			t.Errorf("told of %d drafts", told)
		}
		w.sent(amy, cid, "2", "we two")
		if _, shared := w.drafts(amy, cid); shared != "" {
			t.Errorf("the shared one that was sent is %q", shared)
		}
		// A saved reply that was put into the input and changed there is what was being written; one sent from the list is not.
		saved := conversation.NewSaved(w.actions, modules{})
		r := w.reply(ben, savedreply.CreateInput{Body: "hello"})
		for i, text := range []*string{nil, new(string)} {
			if _, err := w.draft(amy, cid, "hello there", false); err != nil {
				t.Fatal(err)
			}
			want := "hello there"
			if text != nil {
				*text, want = "hello there", ""
			}
			if _, _, _, err := saved.Send(t.Context(), amy, conversation.SavedInput{ConversationID: cid, ReplyID: r.ID, Text: text, ClientMessageID: fmt.Sprint("r", i)}); err != nil {
				t.Fatal(err)
			}
			if own, _ := w.drafts(amy, cid); own != want {
				t.Errorf("after a saved reply the draft is %q, not %q", own, want)
			}
		}

		// Of many writers at once one is the last, and each change has a version of its own.
		head = w.Head()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if _, _, err := w.actions.SetDraft(t.Context(), amy, conversation.DraftInput{ConversationID: cid, Text: fmt.Sprint("text ", i), IsShared: true}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[int]bool{}
		for _, e := range w.Events(head) {
			seen[e.ObjectVersion] = true
		}
		if len(seen) != 8 {
			t.Errorf("the versions are %v", seen)
		}
	})
}

// PROD-13, CONV-28, MSG-10, CONV-14: a draft is for who sees the conversation, as long as its channel's texts, and goes with it.
func TestWhoDrafts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		stranger := w.Agent(auth.AgentRole, auth.SendMessages)
		cid, face := w.chat("Mia"), w.on(channels.Facebook, "Mia")
		w.follow(amy, cid)
		refused := func(p auth.Principal, id int64, text string, isShared bool, want string) {
			t.Helper()
			head := w.Head()
			_, err := w.draft(p, id, text, isShared)
			w.refused(want, head, err)
		}
		refused(stranger, cid, "hi", false, "NOT_FOUND")
		refused(stranger, cid, "hi", true, "NOT_FOUND")
		refused(amy, 987654, "hi", false, "NOT_FOUND")
		refused(amy, cid, strings.Repeat("字", 5001), false, "LIMIT_EXCEEDED")
		refused(amy, face, strings.Repeat("字", 2001), false, "LIMIT_EXCEEDED")
		refused(amy, cid, "a\x00", false, "VALIDATION")
		bot := w.Token(ben, []auth.Permission{auth.SendMessages, auth.ManageOthers}, auth.WriteConversations)
		refused(bot, cid, "hi", false, "FORBIDDEN")
		refused(w.Token(ben, nil, auth.ReadConversations), cid, "hi", true, "FORBIDDEN")
		if d, err := w.draft(bot, cid, "a suggestion", true); err != nil || d.AgentID != nil {
			t.Errorf("an integration's suggestion: %+v, %v", d, err)
		}
		if _, err := w.draft(amy, face, strings.Repeat("字", 2000), false); err != nil {
			t.Errorf("as long as can be: %v", err)
		}
		if _, err := w.actions.Drafts(t.Context(), stranger, cid); !fault.Is(err, fault.NotFound) {
			t.Errorf("who does not see it reads %v", err)
		}
		// Who comes to see it no more has its draft out of sight, and finds it when it comes back.
		if _, err := w.draft(stranger, face, "mine", false); err != nil {
			t.Fatal(err)
		}
		w.follow(amy, face)
		if _, err := w.actions.Drafts(t.Context(), stranger, face); !fault.Is(err, fault.NotFound) {
			t.Errorf("who sees it no more reads %v", err)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(stranger.AgentID).SetPermissions([]string{"MANAGE_OTHERS"}).Exec(ctx)
		})
		stranger.Permissions = append(stranger.Permissions, auth.ManageOthers)
		if own, _ := w.drafts(stranger, face); own != "mine" {
			t.Errorf("come back, it finds %q", own)
		}
		w.gone(face)
		w.Read(func(ctx context.Context, v *store.View) error {
			n, err := v.Draft.Query().Count(ctx)
			if n != 1 {
				t.Errorf("%d drafts are left", n)
			}
			return err
		})
	})
}
