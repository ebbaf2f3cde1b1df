package inbound_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// takesBack makes the unsend of a message.
func (w *world) takesBack(e channels.Event) channels.Event {
	u := w.event(channels.MessageUnsent, *e.Peer)
	u.MessageID = e.MessageID
	return u
}

// edits makes the edit of a message.
func (w *world) edits(e channels.Event, text string) channels.Event {
	u := w.says(*e.Peer, text)
	u.Kind, u.MessageID = channels.MessageEdited, e.MessageID
	return u
}

// MSG-12, GRP-17: a message that is taken back is erased from every store, and the preview falls back to the one before it, or is empty.
func TestUnsend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, peer := range []channels.Peer{user("Umia"), room("Cgroup")} {
			first, second := w.says(peer, "plain words"), w.says(peer, "canary")
			w.receive(first, second)
			w.receive(w.edits(second, "canary once more"))
			v := w.with("Umia")
			if peer.Type == channels.PeerGroup {
				v = w.in("Cgroup")
			}
			head := w.Head()
			w.clock.Advance(time.Second)
			r := w.receive(w.takesBack(second))
			if r.Applied != 1 {
				t.Fatalf("%+v", r)
			}
			w.nowhere("canary")
			w.nowhere(second.QuoteToken)
			v = w.Conversation(v.ID)
			if v.LastMessagePreview != "plain words" || v.LastMessageSeq != 1 || v.Unread != 2 {
				t.Errorf("the preview is %q", v.LastMessagePreview)
			}
			m := w.Messages(v.ID)[1]
			if m.UnsentAt == nil || !m.UnsentAt.Equal(w.clock.Now()) || m.Seq != 2 || m.Text != "" {
				t.Errorf("what stays is %+v", m)
			}
			changed := 0
			for _, e := range w.Events(head) {
				if e.Kind == event.MessageChanged && e.ObjectID == m.ID {
					changed++
				}
			}
			if changed != 1 {
				t.Errorf("%d events tell of it", changed)
			}
			w.receive(w.takesBack(second), w.edits(second, "canary after all"))
			w.nowhere("canary after all")
			w.receive(w.takesBack(first))
			if v = w.Conversation(v.ID); v.LastMessageID != nil || v.LastMessagePreview != "" || v.LastMessageKind != "" {
				t.Errorf("the preview is %q when nothing is left", v.LastMessagePreview)
			}
		}
	})
}

// GRP-17: nothing stays of a file either.
func TestUnsendFile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.says(user("Umia"), "")
		e.Content = &channels.Content{Kind: channels.File, Media: &channels.Media{ID: "media-1", Name: "canary.pdf", Size: 7, ContentType: "application/pdf"}}
		w.receive(e)
		file := func() *ent.Attachment {
			var a *ent.Attachment
			w.Read(func(ctx context.Context, v *store.View) (err error) {
				a, err = v.Attachment.Query().Only(ctx)
				return err
			})
			return a
		}
		if a := file(); a.State != attachment.StatePENDING || a.Name != "canary.pdf" || a.PlatformMediaID != "media-1" || a.Size != 7 {
			t.Errorf("the file is %+v", a)
		}
		w.receive(w.takesBack(e))
		if a := file(); a.State != attachment.StateERASED || a.Size != 0 || a.PlatformMediaID != "" || a.ContentType != "" {
			t.Errorf("what stays of the file: %+v", a)
		}
		w.nowhere("canary")
	})
}

// MSG-12: an edit shows the new text, marked; of two the newer counts, in whatever order they come.
func TestEdit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.says(room("Cgroup"), "frist")
		w.receive(e)
		older := w.edits(e, "older")
		w.clock.Advance(time.Minute)
		newer := w.edits(e, "first")
		w.receive(newer)
		w.receive(older)
		c := w.in("Cgroup")
		m := w.Messages(c.ID)[0]
		if m.Text != "first" || m.EditedAt == nil || !m.EditedAt.Equal(w.clock.Now()) || m.QuoteToken != newer.QuoteToken || c.LastMessagePreview != "first" {
			t.Errorf("after the edit: %q, preview %q", m.Text, c.LastMessagePreview)
		}
		if c.Unread != 1 || c.MessageSeq != 1 || !c.LastMessageAt.Equal(morning) {
			t.Errorf("an edit is no message: %d unread, %d messages", c.Unread, c.MessageSeq)
		}
	})
}

// MSG-12: an unsend or edit that arrives before its original takes effect when the original comes.
func TestEarly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, isKnown := range []bool{false, true} {
			person := "Ustranger"
			if isKnown {
				person = "Uknown"
				w.receive(w.says(user(person), "hello"))
			}
			gone, changed := w.says(user(person), "canary"), w.says(user(person), "frist")
			w.receive(w.edits(gone, "canary, edited"), w.takesBack(gone), w.edits(gone, "canary again"), w.edits(changed, "first"))
			w.nowhere("canary")
			w.receive(gone, changed)
			w.nowhere("canary")
			all := w.Messages(w.with(person).ID)
			m, n := all[len(all)-2], all[len(all)-1]
			if m.UnsentAt == nil || m.Text != "" || n.Text != "first" || n.EditedAt == nil {
				t.Errorf("known %v: %+v, %+v", isKnown, m, n)
			}
			if c := w.with(person); c.LastMessagePreview != "first" {
				t.Errorf("the preview is %q", c.LastMessagePreview)
			}
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			n, err := v.EarlyEffect.Query().Count(ctx)
			if n != 0 {
				t.Errorf("%d effects still wait", n)
			}
			return err
		})
	})
}

// mentions makes a message of a group that mentions the account, or everybody.
func (w *world) mentions(groupID, text string, isSelf bool) channels.Event {
	e := w.says(room(groupID), text)
	m := channels.Mention{Index: 0, Length: 3, Type: "user", IsSelf: isSelf, Text: "@us"}
	if !isSelf {
		m = channels.Mention{Index: 0, Length: 4, Type: "all", Text: "@All"}
	}
	e.Content.Mentions = []channels.Mention{m}
	return e
}

// GRP-15, GRP-17: a mention of the account shows until it is read, @All is none, and unsending one leaves the notice to the others, or to itself.
func TestMention(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.mentions("Cgroup", "@All hi", false))
		if c := w.in("Cgroup"); c.MentionMessageID != nil {
			t.Errorf("@All is taken for a mention")
		}
		one, two, plain := w.mentions("Cgroup", "@us one", true), w.mentions("Cgroup", "@us two", true), w.says(room("Cgroup"), "plain")
		w.receive(one, two, plain)
		id := w.in("Cgroup").ID
		all := w.Messages(id)
		mention := func() int64 {
			if m := w.Conversation(id).MentionMessageID; m != nil {
				return *m
			}
			return 0
		}
		if mention() != all[2].ID {
			t.Errorf("the notice leads to %d, the newest mention is %d", mention(), all[2].ID)
		}
		w.receive(w.takesBack(two))
		if c := w.Conversation(id); mention() != all[1].ID || c.LastMessagePreview != "plain" {
			t.Errorf("with another mention left the notice leads to %d, the preview is %q", mention(), c.LastMessagePreview)
		}
		w.receive(w.takesBack(one))
		if mention() != all[1].ID {
			t.Errorf("with none left the notice is gone before it was read")
		}
		// A manager's look in "team" does not count; while PENDING whoever opens it reads it.
		a, b := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.CSManager, auth.SendMessages)
		if _, _, err := w.actions.Follow(t.Context(), a, conversation.FollowInput{ConversationID: id}); err != nil {
			t.Fatal(err)
		}
		if mention() != 0 {
			t.Errorf("whoever follows has opened it, and the notice stays")
		}
		w.receive(w.mentions("Cgroup", "@us three", true))
		all = w.Messages(id)
		three := all[len(all)-1].ID
		if _, _, err := w.actions.MarkRead(t.Context(), b, conversation.MarkReadInput{ConversationID: id, UpToMessageID: three}); err != nil {
			t.Fatal(err)
		}
		if mention() != three {
			t.Errorf("a manager's look took the notice away")
		}
		if _, _, err := w.actions.MarkRead(t.Context(), a, conversation.MarkReadInput{ConversationID: id, UpToMessageID: three}); err != nil {
			t.Fatal(err)
		}
		if mention() != 0 {
			t.Errorf("the follower has read it and the notice stays")
		}
		w.Check()
	})
}
