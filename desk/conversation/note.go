package conversation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	maxNote     = 5000 // characters
	maxMentions = 20   // agents
)

// NoteInput says what is noted in which conversation.
type NoteInput struct {
	ConversationID int64
	Text           string
	// MentionIDs are agents who are notified, each once; the author's own id is left out.
	MentionIDs []int64
	// ClientMessageID is the author's own id of the note, for ever unique per author, as a message's.
	ClientMessageID string
}

// Note adds a private note to a conversation's stream (MSG-17), wherever it stands: agents see it, the customer never does, whatever the channel. Those who are mentioned
// are notified; each must be active and see the conversation, or the note is refused. The same id of the same author is the same note (MSG-16); with
// another text or other mentions it is a fault of kind Conflict.
func (s *Service) Note(ctx context.Context, p auth.Principal, in NoteInput) (*ent.Message, *ent.Conversation, event.Cursor, error) {
	if err := checkClientID(in.ClientMessageID); err != nil {
		return nil, nil, event.Cursor{}, err
	}
	if err := checkNote(p, in); err != nil {
		return nil, nil, event.Cursor{}, err
	}
	var m *ent.Message
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x, err := s.begin(ctx, tx, p, 0, in.ConversationID, Noting)
		if err != nil {
			return err
		}
		m, err = x.note(ctx, in)
		c = x.c
		return err
	})
	if err != nil {
		return nil, nil, event.Cursor{}, err
	}
	return m, c, cursor, nil
}

func checkNote(p auth.Principal, in NoteInput) error {
	switch {
	case !utf8.ValidString(in.Text) || strings.ContainsRune(in.Text, 0):
		return fault.Input("text", "only text, without control character 0")
	case strings.TrimSpace(in.Text) == "":
		return fault.Input("text", "%s", catalogue.Text(p.Language, "refusal.text_empty", nil))
	case utf8.RuneCountInString(in.Text) > maxNote:
		return fault.Input("text", "%s", catalogue.Text(p.Language, "refusal.text_long", map[string]string{"limit": fmt.Sprint(maxNote)})).
			WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxNote})
	case len(in.MentionIDs) > maxMentions:
		return fault.Input("mentionAgentIds", "at most %d", maxMentions).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxMentions})
	}
	return nil
}

func (x *acting) note(ctx context.Context, in NoteInput) (*ent.Message, error) {
	mentioned := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(in.MentionIDs))), func(id int64) bool { return id == x.p.AgentID })
	content, err := note.Encode(mentioned)
	if err != nil {
		return nil, err
	}
	author := x.p.Key()
	conflict := fault.New(fault.Conflict, "%s", catalogue.Text(x.p.Language, "refusal.client_id", nil)).WithCode("CONFLICT", nil)
	old, err := x.tx.Message.Query().Where(message.Author(author), message.ClientMessageID(in.ClientMessageID)).Only(ctx)
	switch {
	case err == nil && old.ConversationID == x.c.ID && old.Kind == note.Kind && old.Text == in.Text && old.Content == content:
		return old, nil
	case err == nil:
		return nil, conflict
	case !ent.IsNotFound(err):
		return nil, fmt.Errorf("find the note: %w", err)
	}
	if err := x.seen(ctx, mentioned); err != nil {
		return nil, err
	}
	m := &ent.Message{Direction: message.DirectionINTERNAL, Sender: message.SenderAGENT, Delivery: message.DeliveryNONE, Kind: note.Kind, Text: in.Text,
		Content: content, SenderName: x.p.Name, Author: author, ClientMessageID: &in.ClientMessageID}
	if x.p.AgentID != 0 {
		m.AgentID = &x.p.AgentID
	} else {
		m.Sender, m.TokenID = message.SenderBOT, &x.p.TokenID
	}
	after := row.Copy(x.c)
	isNew, err := AppendIn(ctx, x.tx, x.c, after, m, x.by)
	if err != nil {
		return nil, err
	}
	if !isNew { // the author used the id in another conversation at the same instant
		return nil, conflict
	}
	x.c = after
	return m, x.notify(ctx, "notice.mentioned", map[string]string{"customer": x.customer()}, mentioned...)
}

// seen refuses mentions of agents who are not there, or do not see the conversation: the notice would tell them of it.
func (x *acting) seen(ctx context.Context, agentIDs []int64) error {
	for _, id := range agentIDs {
		name, err := x.nameOf(ctx, id)
		if err != nil {
			return err
		}
		if name == "" {
			return fault.Missing("the agent")
		}
		to, err := principalOf(ctx, &x.tx.View, id)
		if err != nil {
			return err
		}
		if to == nil || !row.Sees(*to, row.Facets(x.c)) {
			return x.wrong("mentionAgentIds", "refusal.mention_unseen", map[string]string{"agent": name})
		}
	}
	return nil
}
