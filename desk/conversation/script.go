package conversation

import (
	"context"
	"fmt"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Line is a text that a channel sends by itself in a conversation (CHAN-5).
type Line struct {
	Text string
	// Occasion is why, as the cause of the events: "welcome", "away", "closing".
	Occasion string
	// Key makes it one message however often it is said; empty for every time another.
	Key string
	// AgentName is how much of the follower's name stands before it (CHAN-6).
	AgentName channelscript.AgentName
}

// SayIn queues a text of the channel's own in a one-to-one conversation that is held, and gives it as it is then: unchanged where the platform takes nothing now,
// or the text was said already (CHAN-4, MSG-9).
func (s *Service) SayIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, l Line) (*ent.Conversation, error) {
	if c.GroupID != nil {
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
	now := SendabilityOf(Outlet{ChannelState: string(ch.State), IsDeleted: ch.DeletedAt != nil, Capability: adapter.Capability(), CustomerAt: c.CustomerAt, Now: tx.Now})
	if !now.Allowed {
		return c, nil
	}
	text, err := named(ctx, &tx.View, c, l)
	if err != nil {
		return nil, err
	}
	return s.AutomaticIn(ctx, tx, c, Automatic{By: event.Actor{Kind: event.BySystem, Rule: l.Occasion}, Author: fmt.Sprintf("channel:%d", c.ChannelID), Key: l.Key, Parts: []Part{{Text: text}}})
}

// named puts the follower's name before a text, as much of it as the channel wants.
func named(ctx context.Context, v *store.View, c *ent.Conversation, l Line) (string, error) {
	if c.FollowerID == nil || l.AgentName == channelscript.AgentNameNONE || l.AgentName == "" {
		return l.Text, nil
	}
	a, err := v.Agent.Query().Where(agent.ID(*c.FollowerID)).Select(agent.FieldID, agent.FieldName).Only(ctx)
	if ent.IsNotFound(err) {
		return l.Text, nil
	}
	if err != nil {
		return "", fmt.Errorf("read agent %d: %w", *c.FollowerID, err)
	}
	name := a.Name
	if words := strings.Fields(name); l.AgentName == channelscript.AgentNameFIRST && len(words) > 0 {
		name = words[0]
	}
	t, err := v.Client.Team.Get(ctx, v.Team)
	if err != nil {
		return "", fmt.Errorf("read the team: %w", err)
	}
	return catalogue.Text(t.Language, "message.from", map[string]string{"name": name, "text": l.Text}), nil
}

// close tells the customer that the conversation has ended, where its channel does so (CHAN-5).
func (s *Service) close(ctx context.Context, x *acting) error {
	c, err := s.ClosingIn(ctx, x.tx, x.c)
	x.c = c
	return err
}

// ClosingIn tells the customer of a conversation that is held and has just ended so, where its channel does (CHAN-5), and gives it as it is then.
func (s *Service) ClosingIn(ctx context.Context, tx *store.Tx, c *ent.Conversation) (*ent.Conversation, error) {
	if c.GroupID != nil {
		return c, nil
	}
	script, err := account.ScriptIn(ctx, &tx.View, c.ChannelID)
	if err != nil || !script.Closing.IsOn {
		return c, err
	}
	return s.SayIn(ctx, tx, c, Line{Text: script.Closing.Text, Occasion: "closing", AgentName: script.AgentName})
}
