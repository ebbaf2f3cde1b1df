package inbox

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/reminder"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MomentWants says what of PROD-14 is read with conversations.
type MomentWants struct{ Snoozes, Reminders bool }

// Moments are, by conversation, what is known of its snooze, with who snoozed it, and the principal's own reminder of it.
type Moments struct{ Snoozes, Reminders map[int64]*ent.Reminder }

// MomentsOf reads what is wanted of conversations: a statement for snoozes where there are any among them, and one for reminders.
func MomentsOf(ctx context.Context, v *store.View, p auth.Principal, all []*ent.Conversation, wants MomentWants) (Moments, error) {
	var out Moments
	var snoozed, ids []int64
	for _, c := range all {
		ids = append(ids, c.ID)
		if row.IsSnoozed(c) || c.SnoozeEnded != conversation.SnoozeEndedNO {
			snoozed = append(snoozed, c.ID)
		}
	}
	read := func(ids []int64, owner int64, withAgent bool) (map[int64]*ent.Reminder, error) {
		q := v.Reminder.Query().Where(reminder.ConversationIDIn(ids...), reminder.OwnerID(owner))
		if withAgent {
			q.WithAgent()
		}
		rows, err := q.All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read when conversations are due: %w", err)
		}
		by := make(map[int64]*ent.Reminder, len(rows))
		for _, r := range rows {
			by[r.ConversationID] = r
		}
		return by, nil
	}
	var err error
	if wants.Snoozes && len(snoozed) > 0 {
		if out.Snoozes, err = read(snoozed, row.OfAll, true); err != nil {
			return out, err
		}
	}
	if wants.Reminders && p.AgentID != 0 && len(ids) > 0 {
		out.Reminders, err = read(ids, p.AgentID, false)
	}
	return out, err
}
