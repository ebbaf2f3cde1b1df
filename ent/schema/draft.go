package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Draft is what an agent, or several together, began to write in a conversation (PROD-13).
type Draft struct{ ent.Schema }

// Annotations documents the table.
func (Draft) Annotations() []schema.Annotation {
	return documented("drafts", "What was begun to be written, by conversation and agent, and one that all share (PROD-13).")
}

// Mixin makes it a team's.
func (Draft) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a draft.
func (Draft) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("owner_id").Immutable().Comment("The agent whose it is; 0 for the one that all share."),
		field.Text("text").Comment("What was written; empty once it was sent or thrown away."),
		field.Int64("agent_id").Optional().Nillable().Comment("The agent who changed it last."),
	}
}

// Edges of a draft.
func (Draft) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toOptional("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of drafts.
func (Draft) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "conversation_id", "owner_id").Unique()}
}
