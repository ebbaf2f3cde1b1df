package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// channelTypes are the platforms (CHAN-1).
var channelTypes = []string{"WEBCHAT", "FACEBOOK", "INSTAGRAM", "LINE", "WHATSAPP", "WECHAT", "TELEGRAM", "EMAIL"}

// Channel is one account of one platform, connected by one team.
type Channel struct{ ent.Schema }

// Annotations documents the table.
func (Channel) Annotations() []schema.Annotation {
	return documented("channels", "Connected accounts of platforms (CHAN-1).")
}

// Mixin makes it a team's.
func (Channel) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a channel.
func (Channel) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("type").Values(channelTypes...).Immutable().Comment("The platform."),
		field.String("name").MaxLen(160).Comment("At most 40 characters."),
		field.Enum("state").Values("CONNECTED", "PAUSED", "DISCONNECTED").Default("CONNECTED").Comment("CHAN-1, CHAN-3, CHAN-4."),
		field.String("state_reason").Default("").Comment("Why it is disconnected: a code of the catalogue of texts."),
		field.String("webhook_key").Unique().Comment("The unguessable part of the address that the platform calls."),
		field.String("platform_id").Comment("The account's own id on the platform."),
		field.String("claim").Optional().Nillable().Unique().Comment("TYPE:platform_id while the channel lives: one account is one team's channel (CHAN-2)."),
		field.Bytes("credentials").Sensitive().Comment("The account's secrets, sealed."),
		field.String("account_name").Default("").Comment("The account's name on the platform."),
		field.String("account_handle").Default("").Comment("The account's handle on the platform, such as @shop."),
		field.String("picture_url").Default("").Comment("The account's picture."),
		field.Bool("can_list_members").Default(false).Comment("Whether the platform lists group members to this account (GRP-8)."),
		field.String("branch_id").Default("").Comment("The branch its conversations belong to; empty for none."),
		field.String("region_id").Default("").Comment("The region its conversations belong to; empty for none."),
		field.Text("audience").Default("").Comment("To whom its new enquiries go (CHAN-8): empty for everybody, =branch, or ,agent,agent, in order."),
		field.JSON("audiences", []string{}).Optional().Comment("All that it ever went to but everybody, since conversations keep theirs while they wait."),
		field.JSON("checks", []map[string]string{}).Optional().Comment("The newest connection check (CHAN-10)."),
		field.Time("checked_at").Optional().Nillable().Comment("When the connection was last checked."),
		field.Time("last_event_at").Optional().Nillable().Comment("When the platform last called, to the minute."),
		field.Time("deleted_at").Optional().Nillable().Comment("When it was deleted; its history stays (CHAN-4)."),
	}
}

// Indexes of channels.
func (Channel) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id", "type")} }

// InboundEvent is one event of a platform as it arrived: the mark against doing it twice, and what our code could not apply.
type InboundEvent struct{ ent.Schema }

// Annotations documents the table.
func (InboundEvent) Annotations() []schema.Annotation {
	return documented("inbound_events", "Platforms' events as they arrived: dedupe marks, raw bodies for a time, and failed ones to replay (CHAN-9).")
}

// Mixin makes it a team's.
func (InboundEvent) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an inbound event.
func (InboundEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel it came to."),
		field.String("dedupe_key").Immutable().Comment("Equal on one channel means the same event."),
		field.String("kind").Immutable().Comment("What it means, in our words."),
		field.String("platform_message_id").Default("").Immutable().Comment("The message it is about, so that an unsend finds and erases it."),
		field.Text("raw").Default("").Comment("The event as the platform wrote it; emptied by an unsend and after thirty days."),
		field.Enum("state").Values("DONE", "IGNORED", "FAILED").Comment("FAILED waits for a replay."),
		field.Text("reason").Default("").Comment("Why it failed."),
		field.Int("tries").Default(1).Comment("How often it was tried."),
		field.Time("received_at").Immutable().Comment("When it arrived first."),
		field.Time("tried_at").Comment("When it was last tried."),
	}
}

// Edges of an inbound event.
func (InboundEvent) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("channel", Channel.Type, "channel_id")}
}

// Indexes of inbound events.
func (InboundEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "channel_id", "dedupe_key").Unique(),
		index.Fields("team_id", "channel_id", "platform_message_id"),
		index.Fields("team_id", "state", "id"),
	}
}

// EarlyEffect is an unsend or edit that arrived before its message; it takes effect when the message comes (MSG-12).
type EarlyEffect struct{ ent.Schema }

// Annotations documents the table.
func (EarlyEffect) Annotations() []schema.Annotation {
	return documented("early_effects", "Unsends and edits that arrived before their message (MSG-12).")
}

// Mixin makes it a team's.
func (EarlyEffect) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an early effect.
func (EarlyEffect) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.String("platform_message_id").Immutable().Comment("The message that has not arrived yet."),
		field.Enum("kind").Values("EDIT", "UNSEND").Immutable().Comment("What is to be done to it."),
		field.Text("content").Default("").Comment("The edited content, as JSON."),
		field.String("quote_token").Default("").Comment("The edited message's new quote token."),
		field.Time("occurred_at").Comment("When it happened on the platform; of two edits the newer counts."),
		field.Time("created_at").Immutable().Comment("When it arrived."),
	}
}

// Edges of an early effect.
func (EarlyEffect) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("channel", Channel.Type, "channel_id")}
}

// Indexes of early effects.
func (EarlyEffect) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "channel_id", "platform_message_id", "kind").Unique()}
}
