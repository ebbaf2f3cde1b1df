package row

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pin"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// settle takes out of a changed copy of a conversation what its state no longer allows. Pins are those of its follower and its collaborators while it is IN_PROGRESS: whoever
// loses its part, or stops following, loses its pin, and nobody else does (CONV-20). Only what is IN_PROGRESS is idle (CONV-10).
func settle(before, after *ent.Conversation) {
	settleSnooze(before, after)
	if after.Status != conversation.StatusIN_PROGRESS {
		after.PinnedBy, after.IdleSince, after.RemindedAt = nil, nil, nil
		return
	}
	if len(after.PinnedBy) == 0 {
		return
	}
	after.PinnedBy = slices.DeleteFunc(slices.Clone(after.PinnedBy), func(n int64) bool {
		follows := after.FollowerID != nil && *after.FollowerID == n
		followed := before.FollowerID != nil && *before.FollowerID == n
		return !follows && (followed || !slices.Contains(after.CollaboratorIds, n))
	})
}

// savePins keeps the pins as the conversation says.
func savePins(ctx context.Context, tx *store.Tx, before, after *ent.Conversation) error {
	if slices.Equal(before.PinnedBy, after.PinnedBy) {
		return nil
	}
	for _, n := range after.PinnedBy {
		if slices.Contains(before.PinnedBy, n) {
			continue
		}
		if err := tx.Pin.Create().SetTeamID(tx.Team).SetConversationID(after.ID).SetAgentID(n).SetPinnedAt(tx.Now).Exec(ctx); err != nil {
			return fmt.Errorf("pin conversation %d: %w", after.ID, err)
		}
	}
	gone := slices.DeleteFunc(slices.Clone(before.PinnedBy), func(n int64) bool { return slices.Contains(after.PinnedBy, n) })
	if len(gone) == 0 {
		return nil
	}
	if _, err := tx.Pin.Delete().Where(pin.ConversationID(after.ID), pin.AgentIDIn(gone...)).Exec(ctx); err != nil {
		return fmt.Errorf("unpin conversation %d: %w", after.ID, err)
	}
	return nil
}
