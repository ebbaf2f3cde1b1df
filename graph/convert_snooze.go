package graph

import (
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
)

// snoozeModel says until when a conversation is snoozed; nil where it is not, or it was not asked for.
func snoozeModel(c *ent.Conversation, m inbox.Moments) *model.Snooze {
	r := m.Snoozes[c.ID]
	if r == nil || !row.IsSnoozed(c) {
		return nil
	}
	return &model.Snooze{Until: r.DueAt, Note: textOrNil(r.Note), By: agentSummary(r.Edges.Agent), Since: r.SetAt}
}

// snoozeEndedModel says why a conversation came back from a snooze; nil where nobody is to be told, or it was not asked for.
func snoozeEndedModel(c *ent.Conversation, m inbox.Moments) *model.SnoozeEnded {
	r := m.Snoozes[c.ID]
	if r == nil || r.EndedAt == nil || c.SnoozeEnded == entconversation.SnoozeEndedNO {
		return nil
	}
	return &model.SnoozeEnded{Reason: model.SnoozeEndReason(c.SnoozeEnded), At: *r.EndedAt, Note: textOrNil(r.Note), By: agentSummary(r.Edges.Agent)}
}

// reminderModel says when the viewer wants to be reminded; nil for never.
func reminderModel(r *ent.Reminder) *model.Reminder {
	if r == nil || r.DueAt == nil {
		return nil
	}
	return &model.Reminder{At: *r.DueAt, Note: textOrNil(r.Note)}
}
