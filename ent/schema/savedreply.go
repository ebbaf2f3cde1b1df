package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SavedReply is an answer that agents keep to send again (PROD-4).
type SavedReply struct{ ent.Schema }

// Annotations documents the table.
func (SavedReply) Annotations() []schema.Annotation {
	return documented("saved_replies", "Answers that agents keep to send again, with files or a bot module, and who sees them (PROD-4).")
}

// Mixin makes it a team's.
func (SavedReply) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a saved reply.
func (SavedReply) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").Comment("The title people see."),
		field.String("title_folded").Comment("The title folded: what lists sort by."),
		field.Text("body").Comment("The text, with its variables."),
		field.Text("words_folded").Comment("Title, category and text folded: what is searched."),
		field.String("category").Default("").Comment("The category; empty for none."),
		field.String("category_folded").Default("").Comment("The category folded for comparison."),
		field.JSON("file_ids", []int64{}).Optional().Comment("The files that it sends, in their order."),
		field.Int64("module_id").Optional().Nillable().Comment("The bot module that it sends; NULL for none, and once that was deleted."),
		field.Bool("brings_module").Default(false).Comment("Whether it sends a bot module, also one that was deleted."),
		field.Enum("visibility").Values("EVERYBODY", "ROLES", "BRANCHES", "ME").Comment("Who sees it beside its author."),
		field.Int64("agent_id").Optional().Nillable().Immutable().Comment("The agent who made it; NULL for an integration."),
	}
}

// Edges of a saved reply.
func (SavedReply) Edges() []ent.Edge {
	return []ent.Edge{
		toOptional("module", BotModule.Type, "module_id"),
		toOptionalImmutable("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of saved replies.
func (SavedReply) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "title_folded", "id"),
		index.Fields("team_id", "category_folded", "title_folded", "id"),
		index.Fields("team_id", "module_id"),
	}
}

// SavedReplyAudience is a role or a branch that sees a saved reply.
type SavedReplyAudience struct{ ent.Schema }

// Annotations documents the table.
func (SavedReplyAudience) Annotations() []schema.Annotation {
	return documented("saved_reply_audiences", "The roles or branches that see a saved reply, where it is for some (PROD-4).")
}

// Mixin makes it a team's.
func (SavedReplyAudience) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an audience.
func (SavedReplyAudience) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("reply_id").Immutable().Comment("The saved reply."),
		field.String("name").Immutable().Comment("The role, or the branch."),
	}
}

// Edges of an audience.
func (SavedReplyAudience) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("reply", SavedReply.Type, "reply_id")}
}

// Indexes of audiences.
func (SavedReplyAudience) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "reply_id", "name").Unique()}
}
