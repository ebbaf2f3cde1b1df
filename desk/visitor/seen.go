package visitor

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Received notes that the visitor's browser has got what was sent up to a place.
func (s *Service) Received(ctx context.Context, x Session, upTo int64) error {
	return s.report(ctx, x, upTo, message.DeliveryRECEIVED, message.DeliverySENT)
}

// Read notes that the visitor has seen what was sent up to a place (MSG-3). Nothing becomes unread again.
func (s *Service) Read(ctx context.Context, x Session, upTo int64) error {
	return s.report(ctx, x, upTo, message.DeliveryREAD, message.DeliverySENT, message.DeliveryRECEIVED)
}

// report applies what the visitor's browser tells of messages that are in one of the statuses. Where there is none nothing is written.
func (s *Service) report(ctx context.Context, x Session, upTo int64, to message.Delivery, from ...message.Delivery) error {
	var conversationID int64
	var has bool
	where := func(id int64) []predicate.Message {
		return []predicate.Message{message.ConversationID(id), message.DirectionEQ(message.DirectionOUTBOUND), message.SeqLTE(upTo), message.DeliveryIn(from...)}
	}
	err := s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) (err error) {
		if conversationID, err = conversationOf(ctx, v, x.IdentityID); err != nil || conversationID == 0 {
			return err
		}
		has, err = v.Message.Query().Where(where(conversationID)...).Exist(ctx)
		return err
	})
	if err != nil || !has {
		return err
	}
	_, err = s.DB.Write(ctx, x.Team, func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, conversationID)
		if err != nil {
			return err
		}
		all, err := tx.Message.Query().Where(where(conversationID)...).Order(ent.Asc(message.FieldSeq)).All(ctx)
		if err != nil {
			return fmt.Errorf("find what was seen: %w", err)
		}
		var ids []string
		for _, m := range all {
			if m.PlatformMessageID != nil {
				ids = append(ids, *m.PlatformMessageID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		by := event.Actor{Kind: event.ByContact}
		if c.ContactID != nil {
			by.ID = *c.ContactID
		}
		return conversation.ReportIn(ctx, tx, c, ids, time.Time{}, to, by)
	})
	return err
}
