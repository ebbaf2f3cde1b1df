package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SavedView is a filter of conversations with a name (PROD-16).
type SavedView struct{ ent.Schema }

// Annotations documents the table.
func (SavedView) Annotations() []schema.Annotation {
	return documented("saved_views", "Filters of conversations with a name, a sort and columns, for an agent, for roles or for everybody (PROD-16).")
}

// Mixin makes it a team's.
func (SavedView) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a saved view.
func (SavedView) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name people see."),
		field.String("view").Comment("The view of the inbox that it narrows."),
		field.Text("filter").Default("").Comment("The filter, as JSON of ids and enums; empty for none."),
		field.String("sort").Comment("By what it lists."),
		field.Bool("is_descending").Comment("Which way."),
		field.JSON("columns", []string{}).Optional().Comment("The columns that it shows, in their order."),
		field.Enum("visibility").Values("EVERYBODY", "ROLES", "ME").Comment("Who sees it."),
		field.JSON("roles", []string{}).Optional().Comment("The roles that see it, for ROLES."),
		field.Int64("agent_id").Optional().Nillable().Immutable().Comment("The agent who made it; NULL for an integration."),
		field.Int("position").Comment("Its place among the shared ones, or among its author's own."),
	}
}

// Edges of a saved view.
func (SavedView) Edges() []ent.Edge {
	return []ent.Edge{toOptionalImmutable("agent", Agent.Type, "agent_id")}
}

// Indexes of saved views.
func (SavedView) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "visibility", "position", "id"),
		index.Fields("team_id", "agent_id", "visibility", "position", "id"),
	}
}
