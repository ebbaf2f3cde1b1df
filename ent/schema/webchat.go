package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Webchat is how the chat window of a website channel looks and who may show it (CHAN-12).
type Webchat struct{ ent.Schema }

// Annotations documents the table.
func (Webchat) Annotations() []schema.Annotation {
	return documented("webchats", "Settings of website channels: one row a channel (CHAN-12).")
}

// Mixin makes it a team's.
func (Webchat) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a website channel's settings.
func (Webchat) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel; its webhook_key is the public key of the chat window."),
		field.JSON("allowed_domains", []string{}).Optional().Comment("Where the chat window may be shown: shop.example.com, *.example.com; none is nowhere but the server's own pages."),
		field.String("title").Default("").Comment("The window's title; empty is the channel's name."),
		field.Text("greeting").Default("").Comment("What the window says before the first message; empty for nothing."),
		field.String("color").Default("#1f6feb").Comment("The window's colour, as #rrggbb."),
		field.Enum("language").Values("AUTO", "ZH_HANT", "EN").Default("AUTO").Comment("The window's language; AUTO is the visitor's."),
		field.Bool("refuses_blocked").Default(false).Comment("Whether a blocked visitor is told so; else what it writes is taken and not shown."),
	}
}

// Edges of a website channel's settings.
func (Webchat) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("channel", Channel.Type, "channel_id")}
}

// Indexes of website channels' settings.
func (Webchat) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "channel_id").Unique()}
}

// Visitor is a person on a website, known by the secret its browser keeps.
type Visitor struct{ ent.Schema }

// Annotations documents the table.
func (Visitor) Annotations() []schema.Annotation {
	return documented("visitors", "Visitors of websites: their sessions, where they are and whether they are there (CHAN-12).")
}

// Mixin makes it a team's.
func (Visitor) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a visitor.
func (Visitor) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The website channel."),
		field.Int64("identity_id").Comment("The person on the channel; another one once the visitor has proved to be a member who was here before."),
		field.Bytes("token_hash").Unique().Sensitive().Comment("SHA-256 of the secret."),
		field.Bytes("previous_hash").Optional().Nillable().Unique().Sensitive().Comment("SHA-256 of the secret before the last rotation, for other tabs."),
		field.Time("previous_until").Optional().Nillable().Comment("Until when the secret before the last rotation is taken."),
		field.Time("expires_at").Comment("When the secret ends, unless it is used before."),
		field.String("external_id").Default("").Comment("The member's id at the shop, proven; empty for an anonymous visitor."),
		field.Time("identified_at").Optional().Nillable().Comment("When the member's id was proven."),
		field.Text("page_url").Default("").Comment("The page the visitor is on; empty while offline."),
		field.String("page_title").Default("").Comment("That page's title."),
		field.Text("message_page_url").Default("").Comment("The page from which the last message was sent; empty while offline."),
		field.String("message_page_title").Default("").Comment("That page's title."),
		field.Text("referrer").Default("").Comment("Whence the visitor came, without user information and secrets."),
		field.Time("online_until").Optional().Nillable().Comment("Until when the visitor counts as online; NULL: offline."),
		field.Time("seen_at").Comment("When the visitor was last there."),
		field.String("language").Default("").Comment("The browser's language."),
		field.String("time_zone").Default("").Comment("The browser's time zone."),
		field.Text("user_agent").Default("").Comment("What the browser says it is."),
	}
}

// Edges of a visitor.
func (Visitor) Edges() []ent.Edge {
	return []ent.Edge{
		toImmutable("channel", Channel.Type, "channel_id"),
		to("identity", Identity.Type, "identity_id"),
	}
}

// Indexes of visitors.
func (Visitor) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "identity_id"),
		index.Fields("team_id", "channel_id", "external_id"),
		index.Fields("online_until"),
	}
}
