package conversation

import (
	"context"
	"fmt"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Automatic is what is sent without a person.
type Automatic struct {
	// By is the rule, as the cause of the events; Author its name as an author of messages, such as "keyword:5".
	By     event.Actor
	Author string
	// Key makes its first part one message, however often it is asked for: the second time nothing is sent. Empty is every time another.
	Key   string
	Parts []Part
}

// Part is one message of it: a text, perhaps with buttons, or a kept file.
type Part struct {
	Text    string
	Buttons []Button
	FileID  int64 // 0 for none
}

// CanSendIn says whether the channel of a conversation takes messages now: it is connected and not paused.
func (s *Service) CanSendIn(ctx context.Context, tx *store.Tx, channelID int64) (bool, error) {
	ch, err := tx.Channel.Get(ctx, channelID)
	if err != nil {
		return false, fmt.Errorf("read channel: %w", err)
	}
	adapter, err := s.adapters.Get(channels.Type(ch.Type))
	if err != nil {
		return false, err
	}
	return SendabilityOf(Outlet{ChannelState: string(ch.State), IsDeleted: ch.DeletedAt != nil, Capability: adapter.Capability()}).Allowed, nil
}

// AutomaticIn queues messages of a bot in a conversation that is held, and gives it as it is then. They go the way of every message (CHAN-11),
// answer nobody's waiting and clear no unread (CONV-19). What the channel refuses FAILS with the reason, where people see it.
func (s *Service) AutomaticIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, a Automatic) (*ent.Conversation, error) {
	if len(a.Parts) == 0 {
		return c, nil
	}
	ch, err := tx.Channel.Get(ctx, c.ChannelID)
	if err != nil {
		return nil, fmt.Errorf("read channel: %w", err)
	}
	adapter, err := s.adapters.Get(channels.Type(ch.Type))
	if err != nil {
		return nil, err
	}
	can := adapter.Capability()
	for i, part := range a.Parts {
		content, f, err := automatic(ctx, tx, can, c, part)
		if err != nil {
			return nil, err
		}
		key := s.random.UUID()
		if a.Key != "" {
			key = partID(a.Key, i)
		}
		// Customers see the name, on websites: it is the account's and not the rule's.
		m := &ent.Message{Direction: message.DirectionOUTBOUND, Delivery: message.DeliverySENDING, Sender: message.SenderBOT, SenderName: ch.Name,
			Kind: string(content.Kind), Author: a.Author, ClientMessageID: &key, RetryKey: s.random.UUID()}
		if m.Text, m.Content, err = Encode(content); err != nil {
			return nil, err
		}
		after := row.Copy(c)
		isNew, err := AppendIn(ctx, tx, c, after, m, a.By)
		if err != nil {
			return nil, err
		}
		if !isNew {
			return c, nil
		}
		c = after
		if f != nil {
			if _, err := s.files.AttachIn(ctx, tx, m, f, file.Attach{ForPlatform: !can.IsOwn}); err != nil {
				return nil, err
			}
		}
		if err := lane.EnqueueIn(ctx, tx, c.ID, c.ChannelID); err != nil {
			return nil, err
		}
	}
	tx.AfterCommit(s.wake)
	return c, nil
}

// automatic gives what a part is on a channel: where there are no buttons, their labels and addresses stand in the text.
func automatic(ctx context.Context, tx *store.Tx, can channels.Capability, c *ent.Conversation, part Part) (channels.Content, *ent.File, error) {
	if part.FileID != 0 {
		f, err := tx.File.Get(ctx, part.FileID)
		if err != nil {
			return channels.Content{}, nil, fmt.Errorf("read file %d: %w", part.FileID, err)
		}
		return channels.Content{Kind: file.KindOf(f.ContentType)}, f, nil
	}
	written := strings.ReplaceAll(part.Text, customerName, c.Name)
	if len(part.Buttons) == 0 {
		return Text(written), nil, nil
	}
	if canSend(can, channels.Template) {
		return channels.Content{Kind: channels.Template, Text: written, Buttons: part.Buttons}, nil, nil
	}
	for _, b := range part.Buttons {
		written += "\n" + b.Label
		if b.URL != "" {
			written += ": " + b.URL
		}
	}
	return Text(written), nil, nil
}

// Assign makes an agent the follower of a copy of a conversation, from now on.
func Assign(tx *store.Tx, after *ent.Conversation, agentID int64) {
	now := tx.Now
	after.Status, after.Queue = conversation.StatusIN_PROGRESS, conversation.QueueHUMAN
	after.FollowerID, after.LastFollowerID, after.FollowedAt, after.EndedAt = &agentID, &agentID, &now, nil
}

// AssignedIn completes an assignment that is written in the conversation's row: the participant, the log's entry and the agent's notification.
func AssignedIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, code string, params map[string]string, by event.Actor) error {
	if err := FollowerIn(ctx, tx, c); err != nil {
		return err
	}
	x := &acting{tx: tx, by: by, c: c}
	name, err := x.nameOf(ctx, *c.FollowerID)
	if err != nil {
		return err
	}
	all := map[string]string{"agent": name}
	for k, v := range params {
		all[k] = v
	}
	if err := x.notify(ctx, "notice.assigned", nil, *c.FollowerID); err != nil {
		return err
	}
	return row.Log(ctx, tx, c.ID, code, all, by)
}
