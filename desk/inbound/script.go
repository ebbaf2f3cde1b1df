package inbound

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/activity"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
)

// leavings are the log's entries with which a PENDING period ends, or another begins.
var leavings = []string{"log.followed", "log.assigned", "log.assigned_keyword", "log.taken_over", "log.ended", "log.reopened", "log.reopened_inbound", "log.reopened_button", "log.released"}

// says gives what the channel says by itself, read once.
func (w *work) says(ctx context.Context) (account.Script, error) {
	if w.script == nil {
		s, err := account.ScriptIn(ctx, &w.tx.View, w.body.ChannelID)
		if err != nil {
			return s, err
		}
		w.script = &s
	}
	return *w.script, nil
}

// maySay says whether the channel says something by itself to a message: to a person's own, as it comes, and not where another module holds the chat.
func (w *work) maySay(c *ent.Conversation, m *ent.Message, e channels.Event) bool {
	return w.Actions != nil && c.GroupID == nil && !e.Standby && !m.IsLate && m.UnsentAt == nil
}

// welcome welcomes a person at its first message ever, where the channel does (CHAN-5). That it has written is noted in any case, and outlives the
// conversation: of two first messages at once the row decides.
func (w *work) welcome(ctx context.Context, before, c *ent.Conversation, m *ent.Message, e channels.Event) (*ent.Conversation, error) {
	if c.IdentityID == nil || before.CustomerAt != nil {
		return c, nil
	}
	n, err := w.tx.Exec(ctx, "UPDATE identities SET wrote_at = ? WHERE team_id = ? AND id = ? AND wrote_at IS NULL", w.tx.Now, w.tx.Team, *c.IdentityID)
	if err != nil {
		return nil, fmt.Errorf("note that identity %d has written: %w", *c.IdentityID, err)
	}
	if n == 0 || !w.maySay(c, m, e) {
		return c, nil
	}
	s, err := w.says(ctx)
	if err != nil || !s.Welcome.IsOn {
		return c, err
	}
	return w.Actions.SayIn(ctx, w.tx, c, conversation.Line{Text: s.Welcome.Text, Occasion: "welcome", AgentName: s.AgentName})
}

// away tells who waits for a person while nobody is on duty so, once a PENDING period (CHAN-5): the message's id names the period, and its unique index decides.
func (w *work) away(ctx context.Context, c *ent.Conversation, m *ent.Message, e channels.Event) (*ent.Conversation, error) {
	if w.Automation == nil || !w.maySay(c, m, e) || c.Status != entconversation.StatusPENDING || c.Queue != entconversation.QueueHUMAN {
		return c, nil
	}
	s, err := w.says(ctx)
	if err != nil || !s.Away.IsOn {
		return c, err
	}
	isOnDuty, err := w.Automation.OnDutyIn(ctx, w.tx, c.Audience)
	if err != nil || isOnDuty {
		return c, err
	}
	last, err := w.tx.Activity.Query().Where(activity.ConversationID(c.ID), activity.CodeIn(leavings...)).Order(ent.Desc(activity.FieldID)).FirstID(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read the log of conversation %d: %w", c.ID, err)
	}
	return w.Actions.SayIn(ctx, w.tx, c, conversation.Line{Text: s.Away.Text, Occasion: "away", Key: fmt.Sprintf("away:%d:%d", c.ID, last), AgentName: s.AgentName})
}
