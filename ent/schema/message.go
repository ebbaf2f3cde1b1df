package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Message is one message of a conversation (MSG-1).
type Message struct{ ent.Schema }

// Annotations documents the table.
func (Message) Annotations() []schema.Annotation {
	return documented("messages", "The messages of conversations, in one gapless order each (MSG-1, MSG-15).")
}

// Mixin makes it a team's.
func (Message) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a message.
func (Message) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("channel_id").Immutable().Comment("The conversation's channel."),
		field.Int64("seq").Immutable().Comment("The place in the conversation, from 1 without gaps; never changes (MSG-15)."),
		field.Enum("direction").Values("INBOUND", "OUTBOUND", "INTERNAL").Immutable().Comment("From the customer, to the customer, or only for agents."),
		field.Enum("sender").Values("CONTACT", "MEMBER", "AGENT", "BOT", "SYSTEM").Immutable().Comment("Who sent it (MSG-1)."),
		field.Int64("agent_id").Optional().Nillable().Immutable().Comment("The agent who sent it, or for whom an integration did."),
		field.Int64("token_id").Optional().Nillable().Immutable().Comment("The integration that sent it."),
		field.Int64("identity_id").Optional().Nillable().Immutable().Comment("The person who sent it."),
		field.Int64("member_id").Optional().Nillable().Immutable().Comment("The group member who sent it; NULL where the platform does not say."),
		field.String("sender_name").Default("").Comment("The sender's name when it was sent."),

		field.String("kind").Comment("TEXT, IMAGE, VIDEO, AUDIO, FILE, STICKER, LOCATION, TEMPLATE, SYSTEM, UNSUPPORTED."),
		field.Text("text").Default("").Comment("The text, as written; empty once unsent."),
		field.Text("content").Default("").Comment("Everything but the text, as JSON of the channels' contract; empty once unsent."),
		field.Bool("is_self_mentioned").Default(false).Comment("Whether it mentions the account itself (GRP-15)."),

		field.String("platform_message_id").Optional().Nillable().Comment("The platform's id of the message."),
		field.String("quote_token").Default("").Sensitive().Comment("What the platform wants to quote this message."),
		field.String("read_token").Default("").Sensitive().Comment("What the platform wants to mark it as read there."),
		field.Int64("reply_to_id").Optional().Nillable().Comment("The message it replies to, where we hold it."),
		field.String("quoted_platform_id").Default("").Immutable().Comment("The platform's id of the message it replies to."),
		field.Time("platform_at").Optional().Nillable().Immutable().Comment("The platform's own time."),
		field.Bool("is_late").Default(false).Immutable().Comment("It is older than what was there when it arrived (MSG-15)."),
		field.Time("edited_at").Optional().Nillable().Comment("When it was last edited (MSG-12)."),
		field.Time("unsent_at").Optional().Nillable().Comment("When it was unsent (GRP-17)."),

		field.Enum("delivery").Values("NONE", "SENDING", "SENT", "RECEIVED", "READ", "FAILED").Default("NONE").Comment("MSG-2; NONE for what is not sent."),
		field.String("failure_code").Default("").Comment("Why it failed: a code of the API."),
		field.Text("failure_reason").Default("").Comment("Why it failed, in a sentence."),
		field.String("retry_key").Default("").Comment("The UUID under which this outbound request goes out, on every try."),
		field.Time("retry_key_at").Optional().Nillable().Comment("When the retry key was first used."),
		field.Time("sent_at").Optional().Nillable().Comment("When the platform took it."),
		field.Int("usage").Default(0).Comment("An outgoing message to a group: its members when it was sent, without the account; 0 elsewhere and where the number was not known. What FAILED costs nothing (GRP-12)."),

		field.String("author").Default("").Immutable().Comment("Who made it through the API: agent:5, token:7."),
		field.String("client_message_id").Optional().Nillable().Immutable().Comment("The author's own id for it: the same id is the same message (MSG-16)."),
		field.String("code").Default("").Immutable().Comment("SYSTEM: what it says, as a key of the catalogue of texts."),
		field.JSON("params", map[string]string{}).Optional().Immutable().Comment("SYSTEM: the values of the text."),
		field.String("trace").Default("").Immutable().Comment("The trace in which it was made (W3C traceparent), so that its delivery is shown in it; empty where nothing is traced."),
	}
}

// Edges of a message.
func (Message) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toOptionalImmutable("agent", Agent.Type, "agent_id"),
		toOptionalImmutable("identity", Identity.Type, "identity_id"),
		toOptionalImmutable("member", GroupMember.Type, "member_id"),
		toOptionalImmutable("token", APIToken.Type, "token_id"),
	}
}

// Indexes of messages.
func (Message) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "conversation_id", "seq").Unique(),
		index.Fields("team_id", "channel_id", "platform_message_id").Unique(),
		index.Fields("team_id", "author", "client_message_id").Unique(),
		index.Fields("team_id", "conversation_id", "delivery").Annotations(whereUndelivered()),
		// What messages to groups cost, by channel and time, without looking at a message (GRP-12).
		index.Fields("team_id", "channel_id", "sent_at", "usage").Annotations(whereCosts()),
	}
}

// Attempt is one try to send a message.
type Attempt struct{ ent.Schema }

// Annotations documents the table.
func (Attempt) Annotations() []schema.Annotation {
	return documented("attempts", "The ledger of tries to send: none is made without a row, and none is silent (CHAN-11).")
}

// Mixin makes it a team's.
func (Attempt) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an attempt.
func (Attempt) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("message_id").Immutable().Comment("The message."),
		field.Int("number").Immutable().Comment("1 for the first try."),
		field.String("retry_key").Immutable().Comment("The retry key it went out with."),
		field.Int64("fence").Immutable().Comment("The lane's fencing number."),
		field.Time("started_at").Immutable().Comment("When it began, written before the platform is called."),
		field.Time("ended_at").Optional().Nillable().Comment("When it ended; NULL: the server died or is still at it."),
		field.String("outcome").Default("").Comment("SENT, REFUSED, TRANSIENT, AMBIGUOUS; empty while it runs."),
		field.Int("status").Default(0).Comment("The platform's HTTP status; 0 for no answer."),
		field.String("code").Default("").Comment("The failure's code."),
		field.Text("reason").Default("").Comment("The failure in a sentence."),
		field.String("platform_request_id").Default("").Comment("The platform's own id of the request."),
	}
}

// Edges of an attempt.
func (Attempt) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("message", Message.Type, "message_id")}
}

// Indexes of attempts.
func (Attempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "message_id", "number").Unique()}
}

// Attachment is a file of a message.
type Attachment struct{ ent.Schema }

// Annotations documents the table.
func (Attachment) Annotations() []schema.Annotation {
	return documented("attachments", "Files of messages; what a customer sent is known by the platform's id until it is fetched.")
}

// Mixin makes it a team's.
func (Attachment) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of an attachment.
func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("message_id").Immutable().Comment("The message."),
		field.Int("position").Default(0).Immutable().Comment("The place in the message."),
		field.Enum("state").Values("PENDING", "READY", "FAILED", "ERASED").Default("PENDING").Comment("PENDING: still with the platform."),
		field.String("name").Default("").Comment("The file's name, as given."),
		field.String("content_type").Default("").Comment("The type, by content once it is fetched."),
		field.Int64("size").Default(0).Comment("Bytes; 0 where unknown."),
		field.Int64("duration_ms").Default(0).Comment("Length of sound and film, milliseconds."),
		field.String("platform_media_id").Default("").Comment("The platform's id of the content."),
		field.Text("source_url").Default("").Comment("Where the content lies, if not with the platform."),
		field.Text("preview_url").Default("").Comment("Where its preview lies."),
		field.Int64("file_id").Optional().Nillable().Comment("The stored file; NULL until it is fetched and once it is erased."),
		field.Int64("preview_id").Optional().Nillable().Comment("A stored picture that stands for it, where one was given: a film's; NULL for none."),
		field.Int("width").Default(0).Comment("Pixels; 0 where unknown."),
		field.Int("height").Default(0).Comment("Pixels; 0 where unknown."),
		field.String("delivery_key").Optional().Nillable().Unique().Sensitive().Comment("The unguessable part of the address from which the platform fetches it; NULL for none."),
		field.Time("expires_at").Optional().Nillable().Comment("Until when its link works (MSG-8); NULL for ever."),
		field.String("failure_code").Default("").Comment("Why it could not be fetched: a code of the catalogue of texts."),
	}
}

// Edges of an attachment.
func (Attachment) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("message", Message.Type, "message_id"),
		toOptional("file", File.Type, "file_id"),
		toOptional("preview", File.Type, "preview_id"),
	}
}

// Indexes of attachments.
func (Attachment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "message_id", "position").Unique(),
		index.Fields("team_id", "file_id"),
		index.Fields("team_id", "preview_id"),
	}
}

// RecentSticker is a sticker that an agent sent of late.
type RecentSticker struct{ ent.Schema }

// Annotations documents the table.
func (RecentSticker) Annotations() []schema.Annotation {
	return documented("recent_stickers", "The last stickers that each agent sent, each once (MSG-13).")
}

// Mixin makes it a team's.
func (RecentSticker) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a recent sticker.
func (RecentSticker) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("The agent."),
		field.Enum("channel_type").Values(channelTypes...).Immutable().Comment("The platform whose sticker it is."),
		field.String("package_id").Immutable().Comment("The platform's id of the pack."),
		field.String("sticker_id").Immutable().Comment("The platform's id of the sticker."),
		field.Time("sent_at").Comment("When the agent sent it last."),
	}
}

// Edges of a recent sticker.
func (RecentSticker) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("agent", Agent.Type, "agent_id")}
}

// Indexes of recent stickers.
func (RecentSticker) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "agent_id", "channel_type", "package_id", "sticker_id").Unique()}
}
