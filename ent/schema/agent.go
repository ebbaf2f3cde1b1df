package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// roles are the roles of the product, from the widest to the narrowest.
var roles = []string{"ADMIN", "SUPERVISOR", "CS_MANAGER", "MARKETING_CS", "AGENT", "SALES_MANAGER", "SALES"}

// Agent is a member of a team who answers customers.
type Agent struct{ ent.Schema }

// Annotations documents the table.
func (Agent) Annotations() []schema.Annotation {
	return documented("agents", "The members of a team.")
}

// Mixin makes it a team's.
func (Agent) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of an agent.
func (Agent) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").Comment("The address used at sign-in, as typed."),
		field.String("email_folded").Comment("The address folded for comparison."),
		field.String("name").Comment("The name others see."),
		field.String("name_folded").Default("").Comment("The name folded for comparison."),
		field.Enum("role").Values(roles...).Comment("What the agent may do."),
		field.Enum("status").Values("INVITED", "ACTIVE", "DEACTIVATED").Default("INVITED").Comment("Only active agents can sign in."),
		field.String("password_hash").Default("").Sensitive().Comment("Argon2id; empty until the invitation is accepted."),
		field.JSON("permissions", []string{}).Optional().Comment("Permissions beside those of the role (PROD-19)."),
		field.String("branch_id").Default("").Comment("The branch the agent belongs to; empty for none (CONV-28)."),
		field.String("region_id").Default("").Comment("The region the agent belongs to; empty for none (CONV-28)."),
		field.String("language").Default("").Comment("zh-Hant or en; empty follows the team."),
		field.String("picture_url").Default("").Comment("A picture, as given."),
		field.String("phone").Default("").Comment("A phone number by which colleagues find the agent, as typed (COLL-2)."),
		field.String("phone_digits").Default("").Comment("The number's digits alone."),
		field.JSON("inbox_channel_ids", []int64{}).Optional().Comment("The channels that the agent's combined list gathers; NULL for all, later ones too (CONV-17)."),
		field.Int64("auth_version").Default(1).Comment("Raised by every change of rights; sessions and streams compare it."),
		field.Time("deactivated_at").Optional().Nillable().Comment("When the agent was deactivated."),
	}
}

// Indexes of agents.
func (Agent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "email_folded").Unique(), index.Fields("team_id", "status", "name_folded")}
}

// Role holds the permissions that a role gives in one team.
type Role struct{ ent.Schema }

// Annotations documents the table.
func (Role) Annotations() []schema.Annotation {
	return documented("roles", "The permissions each role gives in a team (PROD-19).")
}

// Mixin makes it a team's.
func (Role) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a role.
func (Role) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("role").Values(roles...).Immutable().Comment("The role."),
		field.JSON("permissions", []string{}).Comment("SEND_MESSAGES, MANAGE_OTHERS, SEE_PERSONAL_DATA."),
	}
}

// Indexes of roles.
func (Role) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id", "role").Unique()} }

// Session is one pair of tokens of a signed-in agent. Each refresh makes a new row of the same family.
type Session struct{ ent.Schema }

// Annotations documents the table.
func (Session) Annotations() []schema.Annotation {
	return documented("sessions", "Signed-in agents: opaque tokens, kept as SHA-256 only.")
}

// Mixin makes it a team's.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("Whose session it is."),
		field.String("family").Immutable().Comment("All sessions that came from one sign-in; reuse of a used refresh token revokes it."),
		field.String("access_hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the access token."),
		field.String("refresh_hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the refresh token."),
		field.Time("access_expires_at").Immutable().Comment("An hour after it was made."),
		field.Time("refresh_expires_at").Immutable().Comment("Thirty days after it was made."),
		field.Time("rotated_at").Optional().Nillable().Comment("When its refresh token was used."),
		field.Time("revoked_at").Optional().Nillable().Comment("When it was ended."),
		field.String("user_agent").Default("").Immutable().Comment("What signed in, as it called itself."),
		field.Time("created_at").Immutable().Comment("When it was made."),
	}
}

// Edges of a session.
func (Session) Edges() []ent.Edge { return []ent.Edge{immutableOwned("agent", Agent.Type, "agent_id")} }

// Indexes of sessions.
func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "agent_id"), index.Fields("team_id", "family")}
}

// Link is a single-use link: an invitation, a password reset, the first sign-in of a new team.
type Link struct{ ent.Schema }

// Annotations documents the table.
func (Link) Annotations() []schema.Annotation {
	return documented("links", "Single-use links, bound to a purpose, kept as SHA-256 only.")
}

// Mixin makes it a team's.
func (Link) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a link.
func (Link) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("For whom it is."),
		field.Enum("purpose").Values("INVITATION", "RESET").Immutable().Comment("What it may be used for."),
		field.String("token_hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token."),
		field.Time("expires_at").Immutable().Comment("When it stops working."),
		field.Time("used_at").Optional().Nillable().Comment("When it was used or withdrawn."),
		field.Time("created_at").Immutable().Comment("When it was made."),
	}
}

// Edges of a link.
func (Link) Edges() []ent.Edge { return []ent.Edge{immutableOwned("agent", Agent.Type, "agent_id")} }

// Indexes of links.
func (Link) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id", "agent_id", "purpose")} }

// APIToken is an integration: a principal with a name and a role, chosen by an administrator.
type APIToken struct{ ent.Schema }

// Annotations documents the table.
func (APIToken) Annotations() []schema.Annotation {
	return documented("api_tokens", "Integrations: partners' and tools' tokens, kept as SHA-256 only.")
}

// Mixin makes it a team's.
func (APIToken) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of an API token.
func (APIToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The integration's name, shown on its messages."),
		field.Enum("role").Values(roles...).Comment("What it may do at most."),
		field.JSON("scopes", []string{}).Optional().Comment("What of its role it may do; empty is all but act_as."),
		field.String("token_hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token."),
		field.String("hint").Immutable().Comment("The last four characters, to tell tokens apart."),
		field.JSON("allow_list", []string{}).Optional().Comment("Addresses (CIDR) from which it may be used; empty is any."),
		field.Int("rate_per_minute").Default(0).Comment("Requests a minute; 0 is the server's own limit."),
		field.Int64("auth_version").Default(1).Comment("Raised by every change of rights."),
		field.Time("expires_at").Optional().Nillable().Comment("When it stops working; NULL is never."),
		field.Time("revoked_at").Optional().Nillable().Comment("When it was revoked."),
		field.Time("last_used_at").Optional().Nillable().Comment("When it was last used, to the hour."),
		field.Int64("created_by_id").Immutable().Comment("The administrator who made it."),
	}
}

// Edges of an API token.
func (APIToken) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("created_by", Agent.Type, "created_by_id")}
}

// Notification is something an agent is told: a transfer, a take-over, trouble with a channel.
type Notification struct{ ent.Schema }

// Annotations documents the table.
func (Notification) Annotations() []schema.Annotation {
	return documented("notifications", "What agents are told. The text is made from code and params in the reader's language.")
}

// Mixin makes it a team's.
func (Notification) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a notification.
func (Notification) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("Who is told."),
		field.String("code").Immutable().Comment("What it says, as a key of the catalogue of texts."),
		field.JSON("params", map[string]string{}).Optional().Immutable().Comment("The values of the text."),
		field.Int64("conversation_id").Optional().Nillable().Comment("The conversation it is about."),
		field.Int64("channel_id").Optional().Nillable().Comment("The channel it is about."),
		field.Int64("message_id").Optional().Nillable().Comment("The message it tells of, whose content is shown with it as it is now."),
		field.Time("read_at").Optional().Nillable().Comment("When the agent read it."),
	}
}

// Edges of a notification.
func (Notification) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("agent", Agent.Type, "agent_id"),
		toOptional("conversation", Conversation.Type, "conversation_id"),
		toOptional("channel", Channel.Type, "channel_id"),
	}
}

// Indexes of notifications.
func (Notification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "agent_id", "id"),
		// What reading a conversation marks as read.
		index.Fields("team_id", "agent_id", "conversation_id").Annotations(entsql.IndexWhere("read_at IS NULL")),
	}
}
