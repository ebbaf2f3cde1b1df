package conversation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/lane"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func (w *world) note(p auth.Principal, in conversation.NoteInput) (*ent.Message, error) {
	w.T.Helper()
	m, _, _, err := w.actions.Note(w.T.Context(), p, in)
	w.Check()
	return m, err
}

// MSG-17, CONV-19, CONV-18, CONV-21: a note stands in the stream, goes nowhere, and moves nothing of the conversation but its sequence.
func TestNote(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.hears(cid, "hello?")
		w.must(w.actions.Archive(t.Context(), amy, conversation.ArchiveInput{ConversationID: cid, IsArchived: true}))
		before, head := w.Conversation(cid), w.Head()
		m, err := w.note(amy, conversation.NoteInput{ConversationID: cid, Text: "she is in a hurry, @Ben", MentionIDs: []int64{ben.AgentID, amy.AgentID, ben.AgentID}, ClientMessageID: "n1"})
		if err != nil {
			t.Fatal(err)
		}
		after := w.Conversation(cid)
		if m.Kind != note.Kind || m.Direction != "INTERNAL" || m.Delivery != "NONE" || m.Seq != before.MessageSeq+1 || after.MessageSeq != m.Seq {
			t.Errorf("the note is %+v", m)
		}
		if after.Unread != before.Unread || after.WaitingSince == nil || !after.WaitingSince.Equal(*before.WaitingSince) || after.LastMessagePreview != before.LastMessagePreview ||
			!after.LastAt.Equal(before.LastAt) || !after.IsArchived || after.Status != before.Status || after.ReadSeq != before.ReadSeq {
			t.Errorf("the row was %+v and is %+v", before, after)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			n, err := v.Lane.Query().Where(lane.WaitingGT(0)).Count(ctx)
			if n > 0 {
				t.Errorf("%d lanes wait to send", n)
			}
			return err
		})
		kinds := map[event.Kind]int{}
		for _, e := range w.Events(head) {
			kinds[e.Kind]++
		}
		if kinds[event.MessageAdded] != 1 || kinds[event.NotificationAdded] != 1 {
			t.Errorf("the events are %v", kinds)
		}
		if told := w.notices(ben); len(told) != 1 || told[0] != "notice.mentioned" || len(w.notices(amy)) > 0 {
			t.Errorf("Ben is told %v, Amy %v", told, w.notices(amy))
		}
		// MSG-16: the same id is the same note, and nobody is told twice.
		again, err := w.note(amy, conversation.NoteInput{ConversationID: cid, Text: "she is in a hurry, @Ben", MentionIDs: []int64{ben.AgentID}, ClientMessageID: "n1"})
		if err != nil || again.ID != m.ID || len(w.notices(ben)) != 1 {
			t.Errorf("again: %+v, %v", again, err)
		}
		head = w.Head()
		_, err = w.note(amy, conversation.NoteInput{ConversationID: cid, Text: "other", ClientMessageID: "n1"})
		w.refused("CONFLICT", head, err)
	})
}

// MSG-17, CONV-28: whoever sees the conversation and may send, or manages, may note, wherever it stands; who does not see it finds nothing, and is not
// mentioned.
func TestWhoMayNote(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		silent, manager, other := w.Agent(auth.AgentRole), w.Agent(auth.CSManager), w.Agent(auth.Sales, auth.SendMessages)
		n := 0
		try := func(p auth.Principal, code string, change ...func(*conversation.NoteInput)) {
			t.Helper()
			n++
			in := conversation.NoteInput{ConversationID: cid, Text: "a note", ClientMessageID: strings.Repeat("x", n)}
			for _, f := range change {
				f(&in)
			}
			head := w.Head()
			_, err := w.note(p, in)
			switch {
			case code == "" && err != nil:
				t.Errorf("%s is refused: %v", p.Name, err)
			case code != "":
				w.refused(code, head, err)
			}
		}
		try(amy, "")
		try(other, "")
		try(silent, "FORBIDDEN")
		try(manager, "")
		try(w.Token(ben, []auth.Permission{auth.SendMessages}, auth.ReadConversations), "FORBIDDEN")
		w.follow(amy, cid)
		try(other, "NOT_FOUND")
		try(amy, "VALIDATION", func(in *conversation.NoteInput) { in.MentionIDs = []int64{other.AgentID} })
		try(amy, "NOT_FOUND", func(in *conversation.NoteInput) { in.MentionIDs = []int64{987654} })
		try(amy, "VALIDATION", func(in *conversation.NoteInput) { in.Text = " " })
		try(amy, "LIMIT_EXCEEDED", func(in *conversation.NoteInput) { in.Text = strings.Repeat("字", 5001) })
		w.end(amy, cid)
		try(amy, "")
	})
}
