package conversation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pin"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MaxPins is how many conversations an agent may have pinned (CONV-18).
const MaxPins = 50

// PinInput says which conversation to put before the others, or back among them.
type PinInput struct {
	ConversationID int64
	IsPinned       bool
	OnBehalfOf     int64
}

// Pin puts a conversation that is in progress before the others of the principal's own, who follows it or collaborates on it; nobody else's list changes (CONV-20).
// More than MaxPins are refused with LIMIT_EXCEEDED. One that stands there already stays; the cursor is zero then. What takes a pin away beside this is row.Put's.
func (s *Service) Pin(ctx context.Context, p auth.Principal, in PinInput) (*ent.Conversation, event.Cursor, error) {
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		who := p.AgentID
		if in.OnBehalfOf != 0 {
			who = in.OnBehalfOf
		}
		// Of two at once the second counts what the first has pinned.
		if err := tx.Claim(ctx, agent.Table, who); err != nil {
			return err
		}
		x, err := s.begin(ctx, tx, p, in.OnBehalfOf, in.ConversationID, Pinning)
		if err != nil {
			return err
		}
		if err := x.pin(ctx, in.IsPinned); err != nil {
			return err
		}
		c = x.c
		return nil
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return c, cursor, nil
}

func (x *acting) pin(ctx context.Context, isPinned bool) error {
	me := x.p.AgentID
	if slices.Contains(x.c.PinnedBy, me) == isPinned {
		return nil
	}
	after := row.Copy(x.c)
	if !isPinned {
		after.PinnedBy = without(x.c.PinnedBy, me)
		return x.put(ctx, after)
	}
	n, err := x.tx.Pin.Query().Where(pin.AgentID(me)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the pins of agent %d: %w", me, err)
	}
	if n >= MaxPins {
		text := catalogue.Text(x.p.Language, "refusal.pins_full", nil)
		return &refusal{fault.New(fault.Conflict, "%s", text).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": MaxPins}), "refusal.pins_full", nil}
	}
	after.PinnedBy = append(slices.Clone(x.c.PinnedBy), me)
	return x.put(ctx, after)
}

// StarInput says which conversation is to be followed up, or no longer.
type StarInput struct {
	ConversationID int64
	IsStarred      bool
	OnBehalfOf     int64
}

// Star marks a conversation to be followed up, for the whole team, wherever it stands (CONV-21). One that is marked already stays; the cursor is zero then.
func (s *Service) Star(ctx context.Context, p auth.Principal, in StarInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Starring, nil, func(x *acting, ctx context.Context) error {
		if x.c.IsStarred == in.IsStarred {
			return nil
		}
		after := row.Copy(x.c)
		after.IsStarred = in.IsStarred
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, map[bool]string{true: "log.starred", false: "log.unstarred"}[in.IsStarred], nil)
	})
}

// ArchiveInput says which conversation to put away, or back.
type ArchiveInput struct {
	ConversationID int64
	IsArchived     bool
	OnBehalfOf     int64
}

// Archive takes a conversation out of the team's views and their counts, wherever it stands; the next message, either way, brings it back (CONV-21). One that is archived
// already stays; the cursor is zero then.
func (s *Service) Archive(ctx context.Context, p auth.Principal, in ArchiveInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Archiving, nil, func(x *acting, ctx context.Context) error {
		if x.c.IsArchived == in.IsArchived {
			return nil
		}
		after := row.Copy(x.c)
		after.IsArchived = in.IsArchived
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, map[bool]string{true: "log.archived", false: "log.unarchived"}[in.IsArchived], nil)
	})
}
