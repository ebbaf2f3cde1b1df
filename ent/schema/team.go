package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Team is the tenant: a brand with its agents, channels, contacts and conversations.
type Team struct{ ent.Schema }

// Annotations documents the table.
func (Team) Annotations() []schema.Annotation {
	return documented("teams", "A team is a brand: the tenant to which everything else belongs.")
}

// Mixin adds version and times.
func (Team) Mixin() []ent.Mixin { return []ent.Mixin{Stamped{}} }

// Fields of a team.
func (Team) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").Unique().Immutable().Comment("The name in addresses and at sign-in: lower-case letters, digits and hyphens."),
		field.String("name").Comment("The name people see."),
		field.String("language").Default("zh-Hant").Comment("The language of texts for which nobody's own is known: zh-Hant or en."),
		field.String("time_zone").Default("Asia/Taipei").Comment("IANA time zone."),
		field.String("country").Default("TW").Comment("ISO 3166 country in which phone numbers without a country code are read."),
		field.Bool("joins_names").Default(false).Comment("Whether a contact's name is made without a space, as Chinese names are (CONT-1)."),
		field.Enum("status").Values("ACTIVE", "SUSPENDED").Default("ACTIVE").Comment("A suspended team can neither sign in nor send."),
		field.Bool("collaborates").Default(false).Comment("Whether several agents may work on one conversation (COLL-1)."),
		field.String("group_message_price").Default("0").Comment("What a message to a group costs for each of its members: a decimal number (GRP-12)."),
		field.Int("idle_minutes").Default(0).Comment("After how many minutes without an action a live connection is closed; 0 is the server's limit (RT-5)."),
		field.Int("connections_per_agent").Default(0).Comment("Live connections an agent may have; 0 is the server's limit (RT-5)."),
		field.Int("connections_per_team").Default(0).Comment("Live connections the team may have; 0 is the server's limit (RT-5)."),
	}
}

// Stream is a team's counter of events: one row a team, locked last in every transaction that writes events.
type Stream struct{ ent.Schema }

// Annotations documents the table.
func (Stream) Annotations() []schema.Annotation {
	return documented("streams", "The head of each team's event log. Its row lock makes commit order equal sequence order.")
}

// Fields of a stream.
func (Stream) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").StorageKey("team_id").Comment("The team."),
		field.String("epoch").Comment("Changes when the log was restored or purged beyond live cursors."),
		field.Int64("seq").Default(0).Comment("The sequence number of the newest event."),
	}
}

// Event is one entry of a team's event log. Its primary key is (team_id, seq).
type Event struct{ ent.Schema }

// Annotations documents the table.
func (Event) Annotations() []schema.Annotation {
	return documented("events", "A team's event log, dense by seq: ids, kinds and versions, never content.")
}

// Fields of an event.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").StorageKey("seq").Immutable().Comment("The position in the team's log, from 1 without gaps."),
		field.Int64("team_id").Immutable().Comment("The team."),
		field.String("kind").Immutable().Comment("What the event is about, such as message.added."),
		field.Int64("object_id").Immutable().Comment("The object that kind names."),
		field.Int("object_version").Immutable().Comment("The object's version after the change."),
		field.Int64("conversation_id").Default(0).Immutable().Comment("The conversation it belongs to; 0 for none."),
		field.Int64("agent_id").Default(0).Immutable().Comment("The only agent it is for; 0 for everybody with the right."),
		field.Text("body").Immutable().Comment("Facets before and after, actor and request id, as JSON of ids and enums."),
		field.Time("at").Immutable().Comment("When it happened."),
	}
}

// Indexes of events.
func (Event) Indexes() []ent.Index { return []ent.Index{index.Fields("at")} }

// Job is work whose progress people watch: a replay, an import, an export.
type Job struct{ ent.Schema }

// Annotations documents the table.
func (Job) Annotations() []schema.Annotation {
	return documented("job_runs", "Work whose progress people watch. The work itself is queued beside it.")
}

// Mixin makes it a team's.
func (Job) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a job.
func (Job) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").Immutable().Comment("What is done: INBOUND_REPLAY and others to come."),
		field.Enum("state").Values("QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED").Default("QUEUED").Comment("How far it is."),
		field.Int("total").Default(0).Comment("Items to do."),
		field.Int("done").Default(0).Comment("Items done, well or not."),
		field.Int("failed").Default(0).Comment("Items that were refused or failed."),
		field.Int64("created_by").Default(0).Immutable().Comment("The agent who asked for it; 0 for the system."),
		field.JSON("params", map[string]any{}).Optional().Comment("What was asked for: ids and enums; what is sent to many, until it has ended."),
		field.Text("error").Default("").Comment("Why it failed, safe to show."),
		field.Time("ended_at").Optional().Nillable().Comment("When it ended."),
	}
}

// BulkItem is one conversation of a bulk action.
type BulkItem struct{ ent.Schema }

// Annotations documents the table.
func (BulkItem) Annotations() []schema.Annotation {
	return documented("bulk_items", "What became of each conversation of a bulk action: done, or why not (CONV-11).")
}

// Mixin makes it a team's.
func (BulkItem) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a bulk item.
func (BulkItem) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("job_id").Immutable().Comment("The bulk action."),
		field.Int("position").Immutable().Comment("The place in it, from 1."),
		field.Int64("conversation_id").Immutable().Comment("The conversation, which may be gone."),
		field.Enum("state").Values("WAITING", "DONE", "REFUSED").Default("WAITING").Comment("What became of it."),
		field.String("code").Default("").Comment("REFUSED: the code of the API's user errors."),
		field.String("reason").Default("").Comment("REFUSED: why, a code of the catalogue of texts."),
		field.JSON("params", map[string]string{}).Optional().Comment("REFUSED: the values of the text."),
	}
}

// Edges of a bulk item.
func (BulkItem) Edges() []ent.Edge { return []ent.Edge{immutableOwned("job", Job.Type, "job_id")} }

// Indexes of bulk items.
func (BulkItem) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "job_id", "position").Unique()}
}

// IdempotencyKey remembers what a caller's key made, for seven days.
type IdempotencyKey struct{ ent.Schema }

// Annotations documents the table.
func (IdempotencyKey) Annotations() []schema.Annotation {
	return documented("idempotency_keys", "What a caller's key made: the same key with the same input gives the same object again.")
}

// Mixin makes it a team's.
func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an idempotency key.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("caller").Immutable().Comment("Who used the key: agent:5, token:7."),
		field.String("key").Immutable().Comment("The caller's own key."),
		field.String("operation").Immutable().Comment("The mutation."),
		field.String("input_hash").Immutable().Comment("SHA-256 of the input without the key."),
		field.Int64("object_id").Immutable().Comment("What it made."),
		field.Time("created_at").Immutable().Comment("When it was first used."),
	}
}

// Indexes of idempotency keys.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "caller", "key").Unique(), index.Fields("created_at")}
}
