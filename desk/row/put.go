package row

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Copy gives a conversation that may be changed and then Put, beside the one that Lock gave.
func Copy(c *ent.Conversation) *ent.Conversation {
	n := *c
	return &n
}

// putSQL writes everything of a conversation that moves with messages and actions, in one statement that is always the same: an inbound
// message pays for it, and ent's would be two. Tags are changed by Change.
const putSQL = `UPDATE conversations SET version = ?, updated_at = ?, contact_id = ?, kind = ?, begun_by = ?, audience = ?, collaborator_ids = ?, collaborator_unread = ?, pinned_by = ?, status = ?, queue = ?, follower_id = ?, last_follower_id = ?,
	followed_at = ?, ended_at = ?, message_seq = ?, last_at = ?, last_message_id = ?, last_message_seq = ?, last_message_kind = ?,
	last_message_sender = ?, last_message_preview = ?, last_message_at = ?, last_message_unsent = ?, name = ?, name_folded = ?, picture_url = ?,
	member_count = ?, unread = ?, read_seq = ?, waiting_since = ?, mention_message_id = ?, customer_at = ?, idle_since = ?, reminded_at = ?, snooze_ended = ?, has_phone = ?, is_starred = ?, is_archived = ?,
	is_from_ad = ?, waiting_level = ?
	WHERE team_id = ? AND id = ?`

// Put writes a changed copy of a conversation that Lock gave: before is the conversation as it was, after the copy. Version and time are set
// here; the counters are moved and the event is written. What goes with a state goes where the state goes: pins (CONV-20), the clock of what is idle (CONV-10), and a snooze (PROD-14). After is then
// the conversation as it is.
func Put(ctx context.Context, tx *store.Tx, before, after *ent.Conversation, actor event.Actor) error {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now
	settle(before, after)
	if before.Status != conversation.StatusPENDING {
		if err := Address(ctx, tx, after); err != nil {
			return err
		}
	}
	if !isSame(before.WaitingSince, after.WaitingSince) {
		after.WaitingLevel = 0 // another clock, of which nothing was told yet
	}
	collaborators, err := list(after.CollaboratorIds, len(after.CollaboratorIds))
	if err != nil {
		return err
	}
	theirs, err := list(after.CollaboratorUnread, len(after.CollaboratorUnread))
	if err != nil {
		return err
	}
	pins, err := list(after.PinnedBy, len(after.PinnedBy))
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, putSQL, after.Version, after.UpdatedAt, after.ContactID, string(after.Kind), string(after.BegunBy), after.Audience, collaborators, theirs, pins, string(after.Status), string(after.Queue), after.FollowerID,
		after.LastFollowerID, after.FollowedAt, after.EndedAt, after.MessageSeq, after.LastAt, after.LastMessageID, after.LastMessageSeq,
		after.LastMessageKind, after.LastMessageSender, after.LastMessagePreview, after.LastMessageAt, after.LastMessageUnsent, after.Name,
		after.NameFolded, after.PictureURL, after.MemberCount, after.Unread, after.ReadSeq, after.WaitingSince, after.MentionMessageID,
		after.CustomerAt, after.IdleSince, after.RemindedAt, string(after.SnoozeEnded), after.HasPhone, after.IsStarred, after.IsArchived,
		after.IsFromAd, after.WaitingLevel, tx.Team, after.ID)
	if err != nil {
		return fmt.Errorf("change conversation %d: %w", after.ID, err)
	}
	if n == 0 {
		return fault.Missing("the conversation")
	}
	if err := savePins(ctx, tx, before, after); err != nil {
		return err
	}
	if err := forgetSnooze(ctx, tx, before, after); err != nil {
		return err
	}
	from, to := Facets(before), Facets(after)
	count(tx, from, to)
	tx.Emit(event.Event{Kind: event.ConversationChanged, ObjectID: after.ID, ObjectVersion: after.Version, ConversationID: after.ID,
		Before: from, After: to, Actor: actor})
	return nil
}

func isSame(a, b *time.Time) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(*b) }

// list is how a column keeps a list or a map; NULL for an empty one.
func list(x any, n int) (any, error) {
	if n == 0 {
		return nil, nil //nolint:nilnil // NULL
	}
	b, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("encode a list: %w", err)
	}
	return string(b), nil
}
