package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ChannelInformation is what agents read of a channel beside the conversations that customers begin there (CHAN-7): one row a channel, made with the
// first setting. It is no column of channels, which every message reads.
type ChannelInformation struct{ ent.Schema }

// Annotations documents the table.
func (ChannelInformation) Annotations() []schema.Annotation {
	return documented("channel_informations", "What agents read of channels beside the conversations that customers begin (CHAN-7).")
}

// Mixin makes it a team's.
func (ChannelInformation) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a channel's information.
func (ChannelInformation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.Bool("is_on").Default(false).Comment("Whether agents are shown it."),
		field.Text("text").Default("").Comment("The text, at most 10,000 characters."),
	}
}

// Edges of a channel's information.
func (ChannelInformation) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("channel", Channel.Type, "channel_id")}
}

// Indexes of channels' information.
func (ChannelInformation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "channel_id").Unique()}
}
