package row

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/reminder"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// OfAll is the owner of the reminder that is a conversation's snooze: everybody.
const OfAll = 0

// Snoozed is the queue in which what is snoozed is counted, beside those of what waits.
const Snoozed = string(conversation.QueueSNOOZED)

// IsSnoozed says whether a conversation is out of the views of what is in progress, until a time or the customer's next message (PROD-14).
func IsSnoozed(c *ent.Conversation) bool {
	return c.Status == conversation.StatusIN_PROGRESS && c.Queue == conversation.QueueSNOOZED
}

// settleSnooze ends a snooze in a changed copy of a conversation where its state no longer allows one, without a word: what has ended or waits again, what another follows, who
// must see it, and what was archived instead (PROD-14). That it came back is then not told of either.
func settleSnooze(before, after *ent.Conversation) {
	isOver := after.Status != conversation.StatusIN_PROGRESS || !isOf(before.FollowerID, after.FollowerID) || after.IsArchived && !before.IsArchived
	if isOver && after.Queue == conversation.QueueSNOOZED {
		after.Queue = conversation.QueueHUMAN
	}
	if isOver || after.Queue == conversation.QueueSNOOZED {
		after.SnoozeEnded = conversation.SnoozeEndedNO
	}
}

func isOf(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// forgetSnooze deletes what is known of a snooze once it is over and nobody has to be told so any more.
func forgetSnooze(ctx context.Context, tx *store.Tx, before, after *ent.Conversation) error {
	isKnown := func(c *ent.Conversation) bool { return IsSnoozed(c) || c.SnoozeEnded != conversation.SnoozeEndedNO }
	if !isKnown(before) || isKnown(after) {
		return nil
	}
	if _, err := tx.Reminder.Delete().Where(reminder.ConversationID(after.ID), reminder.OwnerID(OfAll)).Exec(ctx); err != nil {
		return fmt.Errorf("forget the snooze of conversation %d: %w", after.ID, err)
	}
	return nil
}
