// Package schema declares what is remembered: a file per concept, declarations only. It imports nothing of ours; rules live in desk.
// The comments become the documentation of the tables and columns.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// TeamOwned is the mixin of everything that belongs to one team: an immutable team_id and the key (team_id, id) to which the foreign
// keys of other team-owned tables point, so that no row can refer to another team's.
type TeamOwned struct{ mixin.Schema }

// Fields adds team_id.
func (TeamOwned) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("team_id").Immutable().Comment("The team that owns the row."),
	}
}

// Indexes adds the key that composite foreign keys refer to.
func (TeamOwned) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "id").Unique()}
}

// Stamped is the mixin of everything an event can carry: a version that every change raises, and when it was made and changed.
type Stamped struct{ mixin.Schema }

// Fields adds version, created_at and updated_at. The times are given by the desk, whose clock is injected.
func (Stamped) Fields() []ent.Field {
	return []ent.Field{
		field.Int("version").Default(1).Comment("Raised in the transaction of each change; of two copies the higher is the newer."),
		field.Time("created_at").Immutable().Comment("When the row was made (UTC, microseconds)."),
		field.Time("updated_at").Comment("When the row was last changed (UTC, microseconds)."),
	}
}

// documented switches on SQL comments for a table and names it.
func documented(table, comment string) []schema.Annotation {
	return []schema.Annotation{entsql.Table(table), entsql.WithComments(true), schema.Comment(comment)}
}

// to is a many-to-one edge over a column of this table.
func to(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique().Required()
}

// toOptional is a many-to-one edge over a column that may be NULL.
func toOptional(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique()
}

// immutableOwned is a many-to-one edge over a column that never changes, whose row goes when the one it points to goes.
func immutableOwned(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique().Required().Immutable().Annotations(entsql.OnDelete(entsql.Cascade))
}

// toOwned is a many-to-one edge whose row goes when the one it points to goes.
func toOwned(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique().Required().Annotations(entsql.OnDelete(entsql.Cascade))
}

// toImmutable is to over a column that never changes.
func toImmutable(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique().Required().Immutable()
}

// toOptionalImmutable is toOptional over a column that never changes.
func toOptionalImmutable(name string, t any, column string) ent.Edge {
	return edge.To(name, t).Field(column).Unique().Immutable()
}

// whereWaiting keeps resting lanes out of an index.
func whereWaiting() schema.Annotation { return entsql.IndexWhere("waiting > 0") }

// whereIdle keeps conversations in which nobody waits for the customer out of an index.
func whereIdle() schema.Annotation { return entsql.IndexWhere("idle_since IS NOT NULL") }

// whereUndelivered keeps an index to the messages a delivery report or a lane may still change.
func whereUndelivered() schema.Annotation {
	return entsql.IndexWhere("delivery = 'SENDING' OR delivery = 'SENT' OR delivery = 'RECEIVED'")
}

// whereCosts keeps what costs nothing out of an index: what is no message to a group, is on its way or has failed.
func whereCosts() schema.Annotation {
	return entsql.IndexWhere("usage > 0 AND sent_at IS NOT NULL AND delivery <> 'FAILED'")
}

// whereFromAd keeps an index to conversations that came from an advertisement.
func whereFromAd() schema.Annotation { return entsql.IndexWhere("is_from_ad") }

// whereUntold keeps an index to conversations of which a level of waiting may have to be told.
func whereUntold() schema.Annotation {
	return entsql.IndexWhere("waiting_since IS NOT NULL AND waiting_level < 3")
}

// wherePending keeps what waits for nobody out of an index.
func wherePending() schema.Annotation { return entsql.IndexWhere("status = 'PENDING'") }

// whereDue keeps what is never due, and what was told of, out of an index.
func whereDue() schema.Annotation { return entsql.IndexWhere("due_at IS NOT NULL") }
