package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Conversation is the one conversation with a counterpart on a channel (CONV-1). It is also the inbox row: what a list shows is here.
type Conversation struct{ ent.Schema }

// Annotations documents the table.
func (Conversation) Annotations() []schema.Annotation {
	return documented("conversations", "One conversation per counterpart, ever (CONV-1), with everything its row in the inbox shows.")
}

// Mixin makes it a team's.
func (Conversation) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a conversation.
func (Conversation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.Enum("channel_type").Values(channelTypes...).Immutable().Comment("The channel's platform."),
		field.Int64("identity_id").Optional().Nillable().Immutable().Comment("The counterpart of a one-to-one conversation."),
		field.Int64("group_id").Optional().Nillable().Immutable().Comment("The counterpart of a group conversation."),
		field.Int64("contact_id").Optional().Nillable().Comment("The identity's contact; NULL for groups and once it was deleted."),

		field.Enum("kind").Values("ONE_ON_ONE", "COLLABORATION", "GROUP").Comment("CONV-2."),
		field.Enum("begun_by").Values("CUSTOMER", "AGENT").Default("CUSTOMER").Comment("Who began it: the customer's message, first or after an end; or an agent who opened it (CHAN-7, GRP-10)."),
		field.Enum("status").Values("PENDING", "IN_PROGRESS", "ENDED").Comment("CONV-2."),
		field.Enum("queue").Values("HUMAN", "BOT", "SNOOZED").Default("HUMAN").Comment("Who serves it while PENDING; SNOOZED while it is IN_PROGRESS and snoozed (PROD-14); HUMAN otherwise."),
		field.Int64("follower_id").Optional().Nillable().Comment("The responsible agent while IN_PROGRESS, the last one while ENDED, NULL while PENDING."),
		field.Int64("last_follower_id").Optional().Nillable().Comment("The last follower it ever had."),
		field.JSON("collaborator_ids", []int64{}).Optional().Comment("The collaborators in their order: a copy of the participants for the row."),
		field.JSON("pinned_by", []int64{}).Optional().Comment("The agents who have pinned it, a copy of the pins for the row: its follower and collaborators while IN_PROGRESS, nobody else (CONV-20)."),
		field.JSON("collaborator_unread", map[int64]int{}).Optional().Comment("What is unread for each collaborator, those with none left out (COLL-13)."),
		field.Time("followed_at").Optional().Nillable().Comment("When the follower began."),
		field.Time("ended_at").Optional().Nillable().Comment("When it ended last."),
		field.String("branch_id").Default("").Comment("The branch it belongs to; empty for none (CONV-28)."),
		field.String("region_id").Default("").Comment("The region it belongs to; empty for none (CONV-28)."),
		field.Text("audience").Default("").Comment("To whom the enquiry went that it began to wait with, as its channel said then (CHAN-8); counts while PENDING."),

		field.Int64("message_seq").Default(0).Comment("The sequence number of its newest message (MSG-15)."),
		field.Time("last_at").Comment("When its newest message arrived, when it came back from a snooze, or when it was created: what lists sort by."),
		field.Int64("last_message_id").Optional().Nillable().Comment("The message its preview shows; NULL for none."),
		field.Int64("last_message_seq").Default(0).Comment("That message's sequence number."),
		field.String("last_message_kind").Default("").Comment("That message's kind."),
		field.String("last_message_sender").Default("").Comment("Who sent it: CONTACT, MEMBER, AGENT, BOT, SYSTEM."),
		field.Text("last_message_preview").Default("").Comment("Its first 100 characters."),
		field.Time("last_message_at").Optional().Nillable().Comment("When it arrived."),
		field.Bool("last_message_unsent").Default(false).Comment("Whether it was unsent."),

		field.String("name").Default("").Comment("The contact's or group's name: a copy for the row; stays when the contact is deleted (CONT-8)."),
		field.String("name_folded").Default("").Comment("The name folded for comparison."),
		field.String("picture_url").Default("").Comment("The contact's or group's picture: a copy for the row."),
		field.JSON("tag_ids", []int64{}).Optional().Comment("The contact's tags: a copy for the row."),
		field.Int("member_count").Default(0).Comment("Members of the group without the account: a copy for the row."),

		field.Int("unread").Default(0).Comment("Customer messages not yet read by its follower, or by anybody while PENDING (COLL-13)."),
		field.Int64("read_seq").Default(0).Comment("The newest message that was read or answered."),
		field.Time("waiting_since").Optional().Nillable().Comment("The first customer message that no person has answered (CONV-19)."),
		field.Int64("mention_message_id").Optional().Nillable().Comment("The newest unread message that mentions the account (GRP-15)."),
		field.Time("customer_at").Optional().Nillable().Comment("The customer's newest message."),
		field.Time("idle_since").Optional().Nillable().Comment("Staff's last answer while IN_PROGRESS; NULL once the customer has written after it (CONV-10)."),
		field.Time("reminded_at").Optional().Nillable().Comment("When the customer who was idle was reminded; NULL where it was not (CONV-10)."),
		field.Enum("snooze_ended").Values("NO", "TIME", "CUSTOMER_MESSAGE", "AGENT").Default("NO").Comment("By what it came back from a snooze, until somebody looks at it; NO for most (PROD-14)."),
		field.Bool("has_phone").Default(false).Comment("Whether a phone number was found in it or is known of its contact."),
		field.Bool("is_starred").Default(false).Comment("CONV-21."),
		field.Bool("is_archived").Default(false).Comment("CONV-21."),
		field.Bool("is_from_ad").Default(false).Comment("Whether its customer came by an advertisement (CONV-27)."),
		field.Time("last_exported_at").Optional().Nillable().Comment("When it was last exported; NULL for never (CONV-25)."),
		field.Int("waiting_level").Default(0).Comment("How many levels of waiting were told of since waiting_since: what only time changes is told once (CONV-19)."),
	}
}

// Edges of a conversation.
func (Conversation) Edges() []ent.Edge {
	return []ent.Edge{
		toImmutable("channel", Channel.Type, "channel_id"),
		toOptionalImmutable("identity", Identity.Type, "identity_id"),
		toOptionalImmutable("group", Group.Type, "group_id"),
		toOptional("contact", Contact.Type, "contact_id"),
		toOptional("follower", Agent.Type, "follower_id"),
	}
}

// Indexes of conversations: one for each order in which a view is read. Whether it is archived stands right before the order: a page of what is not archived, and
// one of what is, is read without looking at the other, however much of a view is archived (CONV-21). What stands before it serves those who ask for both.
// What is snoozed is a queue of its own, which stands before that for the same reason (PROD-14).
func (Conversation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "identity_id").Unique(),
		index.Fields("team_id", "group_id").Unique(),
		index.Fields("team_id", "contact_id"),
		index.Fields("team_id", "is_archived", "last_at", "id"),
		index.Fields("team_id", "status", "queue", "is_archived", "last_at", "id"),
		index.Fields("team_id", "follower_id", "status", "queue", "is_archived", "last_at", "id"),
		index.Fields("team_id", "channel_id", "status", "is_archived", "last_at", "id"),
		index.Fields("team_id", "status", "queue", "is_archived", "followed_at", "id"),
		index.Fields("team_id", "status", "queue", "is_archived", "waiting_since", "id"),
		// What waits for some alone, for those who see nothing else of it.
		index.Fields("team_id", "audience", "queue", "is_archived", "last_at", "id").Annotations(wherePending()),
		index.Fields("team_id", "audience", "queue", "is_archived", "waiting_since", "id").Annotations(wherePending()),
		index.Fields("team_id", "is_from_ad", "is_archived", "last_at", "id").Annotations(whereFromAd()),
		// Of all teams: what waits to be told of.
		index.Fields("waiting_level", "waiting_since").Annotations(whereUntold()),
		index.Fields("team_id", "channel_id", "idle_since").Annotations(whereIdle()),
	}
}

// Pin is a conversation that an agent has put before the others of its own (CONV-20). The conversation's row decides who has it pinned; this is how an agent's are found.
type Pin struct{ ent.Schema }

// Annotations documents the table.
func (Pin) Annotations() []schema.Annotation {
	return documented("pins", "Which conversations each agent has pinned (CONV-20).")
}

// Mixin makes it a team's.
func (Pin) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a pin.
func (Pin) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("agent_id").Immutable().Comment("The agent."),
		field.Time("pinned_at").Immutable().Comment("Since when."),
	}
}

// Edges of a pin.
func (Pin) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toImmutable("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of pins.
func (Pin) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "agent_id", "conversation_id").Unique(),
		index.Fields("team_id", "conversation_id"),
	}
}

// Participant is an agent's part in a conversation: its follower or a collaborator.
type Participant struct{ ent.Schema }

// Annotations documents the table.
func (Participant) Annotations() []schema.Annotation {
	return documented("participants", "Followers and collaborators of conversations, in their order (COLL-19).")
}

// Mixin makes it a team's.
func (Participant) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a participant.
func (Participant) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("agent_id").Immutable().Comment("The agent."),
		field.Enum("part").Values("FOLLOWER", "COLLABORATOR").Comment("What the agent is in it."),
		field.Int("position").Default(0).Comment("The order of collaborators; 0 for the follower."),
		field.Time("since").Comment("Since when."),
	}
}

// Edges of a participant.
func (Participant) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toImmutable("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of participants.
func (Participant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "conversation_id", "agent_id").Unique(),
		index.Fields("team_id", "agent_id", "part"),
	}
}

// ReadCursor is how far an agent has read a conversation, and how much is unread for that agent.
type ReadCursor struct{ ent.Schema }

// Annotations documents the table.
func (ReadCursor) Annotations() []schema.Annotation {
	return documented("read_cursors", "How far each agent has read (COLL-13).")
}

// Mixin makes it a team's.
func (ReadCursor) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a read cursor.
func (ReadCursor) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("agent_id").Immutable().Comment("The agent."),
		field.Int64("last_read_seq").Default(0).Comment("The newest message the agent has read."),
		field.Int("unread").Default(0).Comment("Customer messages beyond it, where the agent has a count of its own."),
		field.Time("read_at").Comment("When."),
	}
}

// Edges of a read cursor.
func (ReadCursor) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		immutableOwned("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of read cursors.
func (ReadCursor) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "agent_id", "conversation_id").Unique()}
}

// Counter counts the conversations that are alike in everything a view looks at.
type Counter struct{ ent.Schema }

// Annotations documents the table.
func (Counter) Annotations() []schema.Annotation {
	return documented("conversation_counters", "How many conversations are alike, kept in each conversation's own transaction: views' counts are sums over it.")
}

// Mixin makes it a team's.
func (Counter) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a counter.
func (Counter) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.String("branch_id").Immutable().Comment("The branch; empty for none."),
		field.String("region_id").Immutable().Comment("The region; empty for none."),
		field.String("kind").Immutable().Comment("The kind."),
		field.String("status").Immutable().Comment("The status."),
		field.String("queue").Immutable().Comment("The queue."),
		field.Int64("follower_id").Immutable().Comment("The follower; 0 for none."),
		field.Text("audience").Default("").Immutable().Comment("To whom the enquiry went, while PENDING (CHAN-8); empty for everybody."),
		field.Int64("n").Default(0).Comment("How many conversations."),
		field.Int64("unread_conversations").Default(0).Comment("How many of them have something unread."),
		field.Int64("unread").Default(0).Comment("How many unread messages in all."),
	}
}

// Indexes of counters.
func (Counter) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "status", "queue", "follower_id", "channel_id", "kind", "branch_id", "region_id", "audience").Unique(),
	}
}

// Activity is one entry of a conversation's activity log (CONV-24).
type Activity struct{ ent.Schema }

// Annotations documents the table.
func (Activity) Annotations() []schema.Annotation {
	return documented("activities", "What happened to each conversation, by whom, in order (CONV-24).")
}

// Mixin makes it a team's.
func (Activity) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an activity.
func (Activity) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.String("code").Immutable().Comment("What happened, as a key of the catalogue of texts."),
		field.JSON("params", map[string]string{}).Optional().Immutable().Comment("The values of the text."),
		field.String("actor_kind").Immutable().Comment("Who did it: AGENT, CONTACT, INTEGRATION, RULE, SYSTEM."),
		field.Int64("actor_id").Default(0).Immutable().Comment("Which one; 0 for the system."),
		field.Time("at").Immutable().Comment("When."),
	}
}

// Edges of an activity.
func (Activity) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("conversation", Conversation.Type, "conversation_id")}
}

// Indexes of activities.
func (Activity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "conversation_id", "id")}
}

// Advert is an advertisement by which a customer came into a conversation (CONV-27).
type Advert struct{ ent.Schema }

// Annotations documents the table.
func (Advert) Annotations() []schema.Annotation {
	return documented("adverts", "The advertisements by which customers came: the ten newest of a conversation (CONV-27).")
}

// Mixin makes it a team's.
func (Advert) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an advertisement.
func (Advert) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.String("ad_id").Default("").Immutable().Comment("The platform's id of the advertisement; empty where it does not tell."),
		field.String("title").Default("").Immutable().Comment("Its title; empty for none."),
		field.Text("url").Default("").Immutable().Comment("Where it leads or is shown; empty where the platform does not tell."),
		field.Text("picture_url").Default("").Immutable().Comment("Its picture, or its film's; empty for none."),
		field.String("ref").Default("").Immutable().Comment("What the advertiser put into it to know it by; empty for none."),
		field.Time("at").Immutable().Comment("When the customer came by it, by the platform's clock."),
	}
}

// Edges of an advertisement.
func (Advert) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("conversation", Conversation.Type, "conversation_id")}
}

// Indexes of advertisements.
func (Advert) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "conversation_id", "at", "id")}
}

// Lane is the way out of one conversation: its messages leave one after another, head first.
type Lane struct{ ent.Schema }

// Annotations documents the table.
func (Lane) Annotations() []schema.Annotation {
	return documented("lanes", "Outbound lanes, one a conversation: leased by a server with a fencing number, head first (CHAN-11).")
}

// Mixin makes it a team's.
func (Lane) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a lane.
func (Lane) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("conversation_id").Immutable().Comment("The conversation."),
		field.Int64("channel_id").Immutable().Comment("The conversation's channel."),
		field.Int("waiting").Default(0).Comment("Messages that wait to be sent; 0 lets the lane rest."),
		field.Time("due_at").Comment("When its head may be tried next."),
		field.String("lease_owner").Default("").Comment("The server that works on it; empty for none."),
		field.Time("lease_until").Comment("When the lease ends by itself."),
		field.Int64("fence").Default(0).Comment("Raised by each lease; a write with an older number is refused."),
		field.Int("tries").Default(0).Comment("Tries of the present head in a row."),
		field.Time("blocked_since").Optional().Nillable().Comment("Since when the present head fails for a while."),
	}
}

// Edges of a lane.
func (Lane) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("conversation", Conversation.Type, "conversation_id"),
		toImmutable("channel", Channel.Type, "channel_id"),
	}
}

// Indexes of lanes.
func (Lane) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "conversation_id").Unique(),
		index.Fields("due_at").Annotations(whereWaiting()),
	}
}
