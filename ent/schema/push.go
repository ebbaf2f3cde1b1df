package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// NoticeSettings is what an agent wants to be told, and how (PROD-9, RT-9).
type NoticeSettings struct{ ent.Schema }

// Annotations documents the table.
func (NoticeSettings) Annotations() []schema.Annotation {
	return documented("notice_settings", "What agents want to be told, and how; an agent without a row has what a new one has (PROD-9).")
}

// Mixin makes it a team's.
func (NoticeSettings) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of the settings.
func (NoticeSettings) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("Whose they are."),
		field.Bool("new_messages").Default(false).Comment("Whether the agent is told of its customers' messages."),
		field.Bool("sound").Default(false).Comment("Whether that is to be heard; never while new_messages is off."),
		field.JSON("muted", []string{}).Optional().Comment("The kinds of notice that are not pushed."),
	}
}

// Edges of the settings.
func (NoticeSettings) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("agent", Agent.Type, "agent_id")}
}

// Indexes of the settings.
func (NoticeSettings) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "agent_id").Unique()}
}

// PushKey is the pair of keys by which push services know a team's pushes (RFC 8292).
type PushKey struct{ ent.Schema }

// Annotations documents the table.
func (PushKey) Annotations() []schema.Annotation {
	return documented("push_keys", "The pair of keys by which push services know a team's pushes, made once (RT-9).")
}

// Mixin makes it a team's.
func (PushKey) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a pair of keys.
func (PushKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("public_key").Immutable().Comment("What browsers subscribe with: a point of P-256, uncompressed, in base64url."),
		field.Bytes("private_key").Immutable().Sensitive().Comment("What pushes are signed with, sealed."),
		field.Time("created_at").Immutable().Comment("When it was made."),
	}
}

// Indexes of pairs of keys.
func (PushKey) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id").Unique()} }

// PushSubscription is a browser that wants to be told while its agent has no connection open (RT-9).
type PushSubscription struct{ ent.Schema }

// Annotations documents the table.
func (PushSubscription) Annotations() []schema.Annotation {
	return documented("push_subscriptions", "Browsers and devices that are pushed to while their agent has no connection open (RT-9).")
}

// Mixin makes it a team's.
func (PushSubscription) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a subscription.
func (PushSubscription) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Comment("Whose browser it is."),
		field.String("family").Comment("The sign-in under which it was registered; it ends with it."),
		field.String("endpoint_hash").Immutable().Comment("SHA-256 of the address at the push service: a browser is in a team once."),
		field.String("service").Immutable().Comment("The push service's host."),
		field.Bytes("target").Sensitive().Comment("The address and the browser's keys, sealed: who knows them may write to it."),
		field.String("public_key").Comment("The key it was made for; one made for another cannot be pushed to."),
		field.String("user_agent").Default("").Comment("What registered it, as it called itself."),
		field.Time("pushed_at").Optional().Nillable().Comment("When the push service took something for it last."),
		field.String("failure").Default("").Comment("Why the last push failed; empty where it did not."),
	}
}

// Edges of a subscription.
func (PushSubscription) Edges() []ent.Edge {
	return []ent.Edge{toOwned("agent", Agent.Type, "agent_id")}
}

// Indexes of subscriptions.
func (PushSubscription) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "endpoint_hash").Unique(), index.Fields("team_id", "agent_id")}
}

// PushWebhook is a team's own way to its native apps (RT-9).
type PushWebhook struct{ ent.Schema }

// Annotations documents the table.
func (PushWebhook) Annotations() []schema.Annotation {
	return documented("push_webhooks", "Where a team's notices for agents without a connection are posted, signed (RT-9).")
}

// Mixin makes it a team's.
func (PushWebhook) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a webhook.
func (PushWebhook) Fields() []ent.Field {
	return []ent.Field{
		field.String("url").Comment("Where notices are posted."),
		field.Bytes("secret").Sensitive().Comment("What they are signed with, sealed."),
		field.Bytes("previous_secret").Optional().Nillable().Sensitive().Comment("What they were signed with before, sealed; it signs beside the other for a day."),
		field.Time("previous_until").Optional().Nillable().Comment("Until when the previous secret signs too."),
		field.Time("failing_since").Optional().Nillable().Comment("Since when every notice has failed; NULL where the last was taken."),
		field.Time("disabled_at").Optional().Nillable().Comment("When it was given up because it failed for days; NULL while it is used."),
		field.Time("delivered_at").Optional().Nillable().Comment("When a notice was taken last."),
	}
}

// Indexes of webhooks.
func (PushWebhook) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id").Unique()} }

// PushDelivery is one notice on its way to one device, or to the team's webhook (RT-9).
type PushDelivery struct{ ent.Schema }

// Annotations documents the table.
func (PushDelivery) Annotations() []schema.Annotation {
	return documented("push_deliveries", "Notices on their way to devices and webhooks, each once, and what became of them; kept for a week (RT-9).")
}

// Mixin makes it a team's.
func (PushDelivery) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a delivery.
func (PushDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("notification_id").Immutable().Comment("The notice."),
		field.Int64("subscription_id").Default(0).Immutable().Comment("The browser; 0 is the team's webhook."),
		field.Enum("state").Values("WAITING", "DELIVERED", "FAILED").Default("WAITING").Comment("What became of it."),
		field.Int("tries").Default(0).Comment("How often it was tried."),
		field.Int("status").Default(0).Comment("The last answer's HTTP status; 0 for none."),
		field.String("failure").Default("").Comment("Why the last try failed; empty where it did not."),
		field.Text("answer").Default("").Comment("The beginning of the last answer's body, where that was no success."),
		field.Int("took_ms").Default(0).Comment("How long the last try took, in milliseconds."),
		field.Time("next_try_at").Optional().Nillable().Comment("When it is tried again; NULL where it is not."),
		field.Time("created_at").Immutable().Comment("When the notice was made."),
		field.Time("updated_at").Comment("When it was tried last."),
	}
}

// Edges of a delivery.
func (PushDelivery) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("notification", Notification.Type, "notification_id")}
}

// Indexes of deliveries.
func (PushDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "notification_id", "subscription_id").Unique(),
		index.Fields("team_id", "created_at"),
		// What administrators are shown, the newest first.
		index.Fields("team_id", "subscription_id", "id"),
		index.Fields("team_id", "subscription_id", "state", "id").Annotations(entsql.IndexWhere("state = 'FAILED'")),
	}
}
