package conversation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/draft"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxDraft is how many characters a draft has at most where the channel sets no limit.
const maxDraft = 5000

// DraftInput is what is kept of what is being written.
type DraftInput struct {
	ConversationID int64
	// Text is what was written; empty throws the draft away.
	Text string
	// IsShared says that it is the one that all share, and not the agent's own.
	IsShared bool
}

// Drafts are the drafts of a conversation, as far as a principal is concerned; nil where there never was one.
type Drafts struct {
	Own, Shared *ent.Draft
	// AsOf is the moment of reading.
	AsOf event.Cursor
}

// SetDraft keeps what an agent is writing in a conversation that it sees; the last write counts, and the same text again changes nothing (PROD-13). It is as
// long as the channel's texts at most. It gives nil where an empty draft stays empty, and the zero Cursor where nothing changed.
func (s *Service) SetDraft(ctx context.Context, p auth.Principal, in DraftInput) (*ent.Draft, event.Cursor, error) {
	refuse := func(code string) error {
		return fault.New(fault.Forbidden, "%s", catalogue.Text(p.Language, code, nil)).WithCode("FORBIDDEN", nil)
	}
	switch {
	case !p.May(auth.WriteConversations):
		return nil, event.Cursor{}, refuse("refusal.scope")
	case p.AgentID == 0 && !in.IsShared:
		return nil, event.Cursor{}, refuse("refusal.draft_own")
	case !utf8.ValidString(in.Text) || strings.ContainsRune(in.Text, 0):
		return nil, event.Cursor{}, fault.Input("text", "only text, without control character 0")
	}
	if strings.TrimSpace(in.Text) == "" {
		in.Text = ""
	}
	owner := p.AgentID
	if in.IsShared {
		owner = 0
	}
	var out *ent.Draft
	hasChanged := false
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := s.draftable(ctx, tx, p, in)
		if err != nil {
			return err
		}
		if hasChanged, err = keepDraft(ctx, tx, c, p, owner, in.Text); err != nil {
			return err
		}
		out, err = tx.Draft.Query().Where(draft.ConversationID(c.ID), draft.OwnerID(owner)).WithAgent(nameOnly).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if !hasChanged {
		cursor = event.Cursor{}
	}
	return out, cursor, nil
}

// nameOnly is of an agent what others are shown.
func nameOnly(q *ent.AgentQuery) { q.Select(agent.FieldID, agent.FieldName, agent.FieldPictureURL) }

// draftable finds the conversation of a draft, which stays where it is until the transaction ends, and refuses a text that its channel could not take.
func (s *Service) draftable(ctx context.Context, tx *store.Tx, p auth.Principal, in DraftInput) (*ent.Conversation, error) {
	if err := tx.Hold(ctx, conversation.Table, in.ConversationID); err != nil {
		return nil, err
	}
	c, err := inbox.Visible(ctx, &tx.View, p, in.ConversationID)
	if err != nil {
		return nil, err
	}
	can := channels.Capability{TextLimit: maxDraft}
	if adapter, err := s.adapters.Get(channels.Type(c.ChannelType)); err == nil && adapter.Capability().TextLimit > 0 {
		can = adapter.Capability()
	}
	if Count(can, in.Text) > can.TextLimit {
		text := catalogue.Text(p.Language, "refusal.text_long", map[string]string{"limit": fmt.Sprint(can.TextLimit)})
		return nil, fault.Input("text", "%s", text).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": can.TextLimit})
	}
	return c, nil
}

// keepDraft writes a draft, and tells of it where it has changed. Of several writers at once the database puts one after the other.
func keepDraft(ctx context.Context, tx *store.Tx, c *ent.Conversation, p auth.Principal, owner int64, text string) (bool, error) {
	var by *int64
	if p.AgentID != 0 {
		by = &p.AgentID
	}
	q := `INSERT INTO drafts (team_id, version, created_at, updated_at, conversation_id, owner_id, text, agent_id) VALUES (?, 1, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (team_id, conversation_id, owner_id) DO UPDATE SET text = excluded.text, agent_id = excluded.agent_id, version = drafts.version + 1,
		updated_at = excluded.updated_at WHERE drafts.text <> excluded.text RETURNING id, version, owner_id`
	args := []any{tx.Team, tx.Now, tx.Now, c.ID, owner, text, by}
	if text == "" { // what never was is not made to be empty
		q = `UPDATE drafts SET text = '', agent_id = ?, version = version + 1, updated_at = ? WHERE team_id = ? AND conversation_id = ? AND owner_id = ? AND text <> ''
			RETURNING id, version, owner_id`
		args = []any{by, tx.Now, tx.Team, c.ID, owner}
	}
	n, err := drafted(ctx, tx, c, p.Actor(), q, args...)
	return n > 0, err
}

// clearDrafts throws away what the agent was writing, now that a text was sent, and the draft that all share where that is what was sent.
func (x *acting) clearDrafts(ctx context.Context, written string) error {
	if x.p.AgentID == 0 {
		return nil
	}
	_, err := drafted(ctx, x.tx, x.c, x.by, `UPDATE drafts SET text = '', agent_id = ?, version = version + 1, updated_at = ?
		WHERE team_id = ? AND conversation_id = ? AND text <> '' AND (owner_id = ? OR owner_id = 0 AND text = ?) RETURNING id, version, owner_id`,
		x.p.AgentID, x.tx.Now, x.tx.Team, x.c.ID, x.p.AgentID, written)
	return err
}

// drafted runs a statement that changes drafts and tells of each that it gives: its owner alone, or everybody of one that all share.
func drafted(ctx context.Context, tx *store.Tx, c *ent.Conversation, by event.Actor, q string, args ...any) (int, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return 0, fmt.Errorf("keep drafts of conversation %d: %w", c.ID, err)
	}
	n := 0
	f := row.Facets(c)
	for rows.Next() {
		e := event.Event{Kind: event.DraftChanged, ConversationID: c.ID, Before: f, After: f, Actor: by}
		if err = rows.Scan(&e.ObjectID, &e.ObjectVersion, &e.AgentID); err != nil {
			break
		}
		tx.Emit(e)
		n++
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return 0, fmt.Errorf("keep drafts of conversation %d: %w", c.ID, err)
	}
	return n, nil
}

// Drafts gives the principal's own draft of a conversation and the one that all share. A conversation that it does not see is a fault of kind NotFound.
func (s *Service) Drafts(ctx context.Context, p auth.Principal, conversationID int64) (Drafts, error) {
	var out Drafts
	if err := p.Need(auth.ReadConversations); err != nil {
		return out, err
	}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		c, err := inbox.Visible(ctx, v, p, conversationID)
		if err != nil {
			return err
		}
		owners := []int64{0}
		if p.AgentID != 0 {
			owners = append(owners, p.AgentID)
		}
		all, err := v.Draft.Query().Where(draft.ConversationID(c.ID), draft.OwnerIDIn(owners...)).WithAgent(nameOnly).All(ctx)
		if err != nil {
			return fmt.Errorf("read drafts of conversation %d: %w", c.ID, err)
		}
		for _, d := range all {
			if d.OwnerID == 0 {
				out.Shared = d
			} else {
				out.Own = d
			}
		}
		out.AsOf, err = v.AsOf(ctx)
		return err
	})
	return out, err
}
