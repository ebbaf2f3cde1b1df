package conversation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/notification"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/visitor"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// remove deletes the conversation for good (CONV-14): messages, files, what was stored of what the platform sent, its log, and what agents were told of
// it. The identity stays as a bare row with its blocked mark, and so do the marks by which a platform's repetition is recognised.
func (x *acting) remove(ctx context.Context, s *Service) error {
	tx, c := x.tx, x.c
	if s.files != nil {
		withFiles, err := tx.Attachment.Query().Where(attachment.HasMessageWith(message.ConversationID(c.ID)), attachment.StateNEQ(attachment.StateERASED)).All(ctx)
		if err != nil {
			return fmt.Errorf("find the files of conversation %d: %w", c.ID, err)
		}
		messages := make([]int64, len(withFiles))
		for i, a := range withFiles {
			messages[i] = a.MessageID
		}
		for part := range slices.Chunk(messages, 500) {
			if err := s.files.EraseIn(ctx, tx, part...); err != nil {
				return err
			}
		}
	}
	for _, q := range []string{
		`UPDATE inbound_events SET raw = '' WHERE team_id = ? AND channel_id = ? AND platform_message_id IN
			(SELECT platform_message_id FROM messages WHERE team_id = ? AND conversation_id = ? AND platform_message_id IS NOT NULL)`,
		`DELETE FROM early_effects WHERE team_id = ? AND channel_id = ? AND platform_message_id IN
			(SELECT platform_message_id FROM messages WHERE team_id = ? AND conversation_id = ? AND platform_message_id IS NOT NULL)`,
	} {
		if _, err := tx.Exec(ctx, q, tx.Team, c.ChannelID, tx.Team, c.ID); err != nil {
			return fmt.Errorf("erase stored bodies of conversation %d: %w", c.ID, err)
		}
	}
	if _, err := tx.Notification.Delete().Where(notification.ConversationID(c.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("delete notifications of conversation %d: %w", c.ID, err)
	}
	if c.IdentityID != nil {
		err := tx.Identity.UpdateOneID(*c.IdentityID).SetDisplayName("").SetPictureURL("").SetStatusMessage("").SetLanguage("").ClearProfileFetchedAt().
			AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("empty identity %d: %w", *c.IdentityID, err)
		}
		// Where its browser is on the website, and was.
		if err := tx.Visitor.Update().Where(visitor.IdentityID(*c.IdentityID)).SetPageURL("").SetPageTitle("").SetMessagePageURL("").SetMessagePageTitle("").SetReferrer("").
			SetUserAgent("").SetLanguage("").SetTimeZone("").AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
			return fmt.Errorf("empty the visitors of identity %d: %w", *c.IdentityID, err)
		}
	}
	return row.Delete(ctx, tx, c, x.by)
}

// blacklist blocks the customer and deletes every conversation with it (CONV-15). It gives those beside this one.
func (x *acting) blacklist(ctx context.Context, s *Service) ([]int64, error) {
	ids := []int64{x.c.ID}
	if x.c.ContactID != nil {
		if err := contact.BlockIn(ctx, x.tx, *x.c.ContactID, x.by); err != nil {
			return nil, err
		}
		var err error
		if ids, err = x.tx.Conversation.Query().Where(conversation.ContactID(*x.c.ContactID)).IDs(ctx); err != nil {
			return nil, fmt.Errorf("find the conversations of contact %d: %w", *x.c.ContactID, err)
		}
	} else if x.c.IdentityID != nil { // the contact was deleted, the person may write all the same
		if err := x.tx.Identity.UpdateOneID(*x.c.IdentityID).SetIsBlocked(true).AddVersion(1).SetUpdatedAt(x.tx.Now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("block identity %d: %w", *x.c.IdentityID, err)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		c, err := row.Lock(ctx, x.tx, id)
		if fault.Is(err, fault.NotFound) { // deleted a moment ago
			continue
		}
		if err != nil {
			return nil, err
		}
		other := *x
		other.c = c
		if err := other.remove(ctx, s); err != nil {
			return nil, err
		}
	}
	return without(ids, x.c.ID), nil
}
