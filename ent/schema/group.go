package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Group is a group on a platform in which an account takes part. Nothing in it is named after a platform (GRP-22).
type Group struct{ ent.Schema }

// Annotations documents the table.
func (Group) Annotations() []schema.Annotation {
	return documented("platform_groups", "Groups on platforms in which an account takes part (GRP-2).")
}

// Mixin makes it a team's.
func (Group) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a group.
func (Group) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.String("platform_group_id").Immutable().Comment("The platform's id of the group."),
		field.Enum("peer_type").Values("GROUP", "ROOM").Default("GROUP").Immutable().Comment("A room is a group without a name of its own."),
		field.String("name").Default("").Comment("The name its members gave it (GRP-6)."),
		field.String("name_folded").Default("").Comment("The name folded for comparison."),
		field.String("picture_url").Default("").Comment("The picture its members gave it."),
		field.Int("member_count").Default(0).Comment("Members without the account (GRP-3)."),
		field.Enum("state").Values("JOINED", "LEFT").Default("JOINED").Comment("LEFT: the account was removed or left (GRP-4)."),
		field.Bool("are_members_listed").Default(false).Comment("Whether every member is known, or only the number (GRP-8)."),
		field.Bool("is_stale").Default(true).Comment("Whether the next member message fetches it again (GRP-11)."),
		field.Time("fetched_at").Optional().Nillable().Comment("When it was last fetched."),
		field.Text("note").Default("").Comment("What agents noted, at most 1,000 characters (GRP-7)."),
		field.Text("note_folded").Default("").Comment("The note folded for comparison."),
		field.Int("note_version").Default(0).Comment("Raised by each change of the note: who changes it names the one it read."),
		field.Time("joined_at").Comment("When the account entered, last."),
		field.Time("left_at").Optional().Nillable().Comment("When the account left, last."),
		field.Time("leave_asked_at").Optional().Nillable().Comment("Since when the brand has left it and the platform has not confirmed that yet; NULL where nothing is open (GRP-5)."),
	}
}

// Edges of a group.
func (Group) Edges() []ent.Edge {
	return []ent.Edge{toImmutable("channel", Channel.Type, "channel_id")}
}

// Indexes of groups.
func (Group) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "channel_id", "platform_group_id").Unique(),
		index.Fields("team_id", "name_folded", "id"),
	}
}

// GroupMember is a person in a group.
type GroupMember struct{ ent.Schema }

// Annotations documents the table.
func (GroupMember) Annotations() []schema.Annotation {
	return documented("group_members", "Members of groups: all of them for verified accounts, else those who were seen (GRP-8).")
}

// Mixin makes it a team's.
func (GroupMember) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a group member.
func (GroupMember) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("group_id").Immutable().Comment("The group."),
		field.String("platform_user_id").Immutable().Comment("The platform's id of the person."),
		field.Int64("identity_id").Optional().Nillable().Comment("The person's identity on the channel, where it has one (GRP-9)."),
		field.String("display_name").Default("").Comment("The name on the platform."),
		field.String("name_folded").Default("").Comment("The name folded for comparison."),
		field.String("picture_url").Default("").Comment("The picture on the platform."),
		field.Enum("friendship").Values("FRIEND", "NOT_FRIEND", "BLOCKED", "UNKNOWN").Default("UNKNOWN").Comment("Whether the person is the account's friend (GRP-8)."),
		field.Bool("is_active").Default(true).Comment("Whether the person is in the group now."),
		field.Time("joined_at").Optional().Nillable().Comment("When the person entered, where known."),
		field.Time("left_at").Optional().Nillable().Comment("When the person left."),
		field.Time("profile_fetched_at").Optional().Nillable().Comment("When the profile was last asked for, found or not."),
	}
}

// Edges of a group member.
func (GroupMember) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("group", Group.Type, "group_id"),
		toOptional("identity", Identity.Type, "identity_id"),
	}
}

// Indexes of group members.
func (GroupMember) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "group_id", "platform_user_id").Unique(),
		index.Fields("team_id", "group_id", "is_active", "name_folded"),
		index.Fields("team_id", "identity_id"),
	}
}
