package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Finding is a phone, an email address or a postal address in a customer's message (CONV-26).
type Finding struct{ ent.Schema }

// Annotations documents the table.
func (Finding) Annotations() []schema.Annotation {
	return documented("findings", "Phones, email addresses and postal addresses in what customers wrote: they go with their message, and when it is unsent (CONV-26).")
}

// Mixin makes it a team's.
func (Finding) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a finding.
func (Finding) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The message's conversation."),
		field.Int64("message_id").Immutable().Comment("The message."),
		field.Int("position").Immutable().Comment("The place among the message's findings, from 0."),
		field.Enum("kind").Values("PHONE", "EMAIL", "ADDRESS").Immutable().Comment("What it is."),
		field.Text("value").Immutable().Comment("The form in which two are compared: E.164, small letters, an address on one line."),
		field.Text("written").Immutable().Comment("As it stands in the message, on one line."),
		field.Time("at").Immutable().Comment("When the message arrived."),
	}
}

// Edges of a finding.
func (Finding) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		immutableOwned("message", Message.Type, "message_id"),
	}
}

// Indexes of findings.
func (Finding) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "message_id", "position").Unique(),
		index.Fields("team_id", "conversation_id", "kind", "message_id"),
	}
}
