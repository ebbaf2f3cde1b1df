package conversation

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Delivery is what became of an outgoing message (MSG-2).
type Delivery struct {
	Status message.Delivery // SENT, RECEIVED, READ or FAILED
	// Code and Reason say why it FAILED: a failure code of the channels' contract and what the platform said.
	Code, Reason string
	// PlatformMessageID and QuoteToken are what the platform calls a message it took; empty where it does not say.
	PlatformMessageID, QuoteToken string
}

// rank is the order in which reports may only go forward.
var rank = map[message.Delivery]int{message.DeliverySENDING: 1, message.DeliverySENT: 2, message.DeliveryRECEIVED: 3, message.DeliveryREAD: 4}

// CanBecome says whether a report may turn a delivery status into another (MSG-2): only forward, whatever the order of the reports; FAILED
// out of SENDING and SENT; and out of FAILED only where it was uncertain whether the platform took it.
func CanBecome(from message.Delivery, failureCode string, to message.Delivery) bool {
	switch {
	case planted.Is("delivery-goes-back"):
		return from != to
	case from == message.DeliveryNONE || to == message.DeliveryNONE || to == message.DeliverySENDING:
		return false
	case from == message.DeliveryFAILED:
		return failureCode == channels.CodeDeliveryUncertain && to != message.DeliveryFAILED
	case to == message.DeliveryFAILED:
		return from == message.DeliverySENDING || from == message.DeliverySENT
	}
	return rank[to] > rank[from]
}

// SetDeliveryIn applies a report on an outgoing message and tells of it. It gives false, and changes nothing, where the message may not
// become that any more, or is that already. Whether its lane goes on is the caller's to say. A message that is not there is a fault of kind NotFound.
func SetDeliveryIn(ctx context.Context, tx *store.Tx, messageID int64, d Delivery, actor event.Actor) (bool, error) {
	m, err := tx.Message.Get(ctx, messageID)
	if ent.IsNotFound(err) {
		return false, fault.Missing("the message")
	}
	if err != nil {
		return false, fmt.Errorf("read message %d: %w", messageID, err)
	}
	c, err := row.Lock(ctx, tx, m.ConversationID)
	if err != nil {
		return false, err
	}
	// Whoever changes a message holds its conversation: it is read again now that nobody else can.
	if m, err = tx.Message.Get(ctx, messageID); err != nil {
		return false, fmt.Errorf("read message %d: %w", messageID, err)
	}
	return setDelivery(ctx, tx, c, m, d, actor)
}

func setDelivery(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, d Delivery, actor event.Actor) (bool, error) {
	if !CanBecome(m.Delivery, m.FailureCode, d.Status) {
		return false, nil
	}
	u := tx.Message.UpdateOne(m).SetDelivery(d.Status).AddVersion(1).SetUpdatedAt(tx.Now)
	if d.Status == message.DeliveryFAILED {
		u.SetFailureCode(d.Code).SetFailureReason(d.Reason)
	} else {
		u.SetFailureCode("").SetFailureReason("")
		if m.SentAt == nil {
			u.SetSentAt(tx.Now)
		}
	}
	if d.PlatformMessageID != "" && m.PlatformMessageID == nil {
		u.SetPlatformMessageID(d.PlatformMessageID)
	}
	if d.QuoteToken != "" {
		u.SetQuoteToken(d.QuoteToken)
	}
	now, err := u.Save(ctx)
	if err != nil {
		return false, fmt.Errorf("set the delivery of message %d: %w", m.ID, err)
	}
	ChangedIn(tx, c, now, actor)
	return true, nil
}

// AnsweredIn makes what was sent to a customer READ because the customer answered (MSG-3), for platforms that do not report it. The
// conversation is held by the caller.
func AnsweredIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, actor event.Actor) error {
	sent := "(delivery = 'SENT' OR delivery = 'RECEIVED')"
	if planted.Is("delivery-goes-back") || planted.Is("read-before-sent") {
		sent = "(delivery = 'SENDING' OR delivery = 'SENT')"
	}
	rows, err := tx.Query(ctx, `UPDATE messages SET delivery = 'READ', version = version + 1, updated_at = ?
		WHERE team_id = ? AND conversation_id = ? AND `+sent+` RETURNING id, version`, tx.Now, tx.Team, c.ID)
	if err != nil {
		return fmt.Errorf("mark as read by the answer: %w", err)
	}
	var read []*ent.Message
	for rows.Next() {
		m := &ent.Message{}
		if err = rows.Scan(&m.ID, &m.Version); err != nil {
			break
		}
		read = append(read, m)
	}
	if err := firstError(err, rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("mark as read by the answer: %w", err)
	}
	for _, m := range read {
		ChangedIn(tx, c, m, actor)
	}
	return nil
}

// ReportIn applies a platform's report on messages: those named by the platform's ids, or where none are, everything that was sent to the
// counterpart of the conversation up to a time. The conversation is held by the caller.
func ReportIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, ids []string, upTo time.Time, to message.Delivery, actor event.Actor) error {
	q := tx.Message.Query().Where(message.ConversationID(c.ID), message.DirectionEQ(message.DirectionOUTBOUND),
		message.DeliveryIn(message.DeliverySENDING, message.DeliverySENT, message.DeliveryRECEIVED, message.DeliveryFAILED))
	if len(ids) > 0 {
		q = q.Where(message.PlatformMessageIDIn(ids...))
	} else {
		q = q.Where(message.SentAtLTE(upTo))
	}
	all, err := q.Order(message.BySeq()).All(ctx)
	if err != nil {
		return fmt.Errorf("find reported messages: %w", err)
	}
	for _, m := range all {
		if _, err := setDelivery(ctx, tx, c, m, Delivery{Status: to}, actor); err != nil {
			return err
		}
	}
	return nil
}

// FailQueuedIn gives up everything that waits to be sent on a channel, because the channel will not send any more (CHAN-3): the messages are
// FAILED with the code, and their lanes rest. It gives how many messages that were.
func FailQueuedIn(ctx context.Context, tx *store.Tx, channelID int64, code, reason string, actor event.Actor) (int, error) {
	var ids []int64
	if err := tx.Message.Query().Where(message.ChannelID(channelID), message.DeliveryEQ(message.DeliverySENDING)).Order(message.ByConversationID()).
		Unique(true).Select(message.FieldConversationID).Scan(ctx, &ids); err != nil {
		return 0, fmt.Errorf("find what is queued: %w", err)
	}
	failed := 0
	for _, id := range ids {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return failed, err
		}
		all, err := tx.Message.Query().Where(message.ConversationID(id), message.DeliveryEQ(message.DeliverySENDING)).Order(message.BySeq()).All(ctx)
		if err != nil {
			return failed, fmt.Errorf("find what is queued: %w", err)
		}
		for _, m := range all {
			if _, err := setDelivery(ctx, tx, c, m, Delivery{Status: message.DeliveryFAILED, Code: code, Reason: reason}, actor); err != nil {
				return failed, err
			}
		}
		if err := lane.LeaveIn(ctx, tx, id, len(all)); err != nil {
			return failed, err
		}
		failed += len(all)
	}
	return failed, nil
}
