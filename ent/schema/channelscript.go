package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ChannelScript is what a channel says by itself, and under whose name (CHAN-5, CHAN-6), and when it ends what is idle (CONV-10): one row a channel, made with the first setting.
type ChannelScript struct{ ent.Schema }

// Annotations documents the table.
func (ChannelScript) Annotations() []schema.Annotation {
	return documented("channel_scripts", "Welcome, away and closing messages of channels, the agent's name in them (CHAN-5, CHAN-6), and when idle conversations end (CONV-10).")
}

// Mixin makes it a team's.
func (ChannelScript) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a script.
func (ChannelScript) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.Bool("has_welcome").Default(false).Comment("Whether a person is welcomed at its first message ever."),
		field.Text("welcome").Default("").Comment("The text; empty for the default."),
		field.Bool("has_away").Default(false).Comment("Whether who writes while nobody is on duty is told so."),
		field.Text("away").Default("").Comment("The text; empty for the default."),
		field.Bool("has_closing").Default(false).Comment("Whether the customer is told that the conversation has ended."),
		field.Text("closing").Default("").Comment("The text; empty for the default."),
		field.Bool("ends_idle").Default(false).Comment("Whether a conversation ends by itself where the customer does not answer (CONV-10)."),
		field.Int("idle_minutes").Default(60).Comment("How long after staff's last answer that is, without the two minutes that follow."),
		field.Bool("has_reminder").Default(false).Comment("Whether the customer is reminded two minutes before."),
		field.Text("reminder").Default("").Comment("The text; empty for the default."),
		field.Bool("spares_pinned").Default(false).Comment("Whether what somebody has pinned does not end by itself."),
		field.Time("idle_look_at").Optional().Nillable().Comment("When idle conversations are looked for next, as the task that will do it says; NULL where none does."),
		field.Enum("agent_name").Values("NONE", "FIRST", "FULL").Default("NONE").Comment("How much of the agent's name stands before such a text."),
	}
}

// Edges of a script.
func (ChannelScript) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("channel", Channel.Type, "channel_id")}
}

// Indexes of scripts.
func (ChannelScript) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "channel_id").Unique()}
}
