package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Reminder is a moment at which a conversation is to be looked at again: until it the conversation is snoozed for everybody, or one agent is reminded of it (PROD-14).
type Reminder struct{ ent.Schema }

// Annotations documents the table.
func (Reminder) Annotations() []schema.Annotation {
	return documented("reminders", "Until when conversations are snoozed, and when agents are reminded of them (PROD-14).")
}

// Mixin makes it a team's.
func (Reminder) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a reminder.
func (Reminder) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("owner_id").Immutable().Comment("The agent who is reminded; 0 where the conversation is snoozed."),
		field.Int64("agent_id").Optional().Nillable().Comment("The agent who set it; NULL for an integration."),
		field.Time("set_at").Comment("When it was set."),
		field.Time("due_at").Optional().Nillable().Comment("When it is due; NULL for a snooze that only the customer's next message ends, and for one that is over."),
		field.Text("note").Default("").Comment("What is to be done then; empty for none."),
		field.Time("ended_at").Optional().Nillable().Comment("When the snooze was over; NULL while it lasts."),
	}
}

// Edges of a reminder.
func (Reminder) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toOptional("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of reminders.
func (Reminder) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "conversation_id", "owner_id").Unique(),
		// Of all teams: what is due.
		index.Fields("due_at").Annotations(whereDue()),
	}
}
