package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Automation is what works at a team's desk when nobody is there: one row a team, made with the first setting.
type Automation struct{ ent.Schema }

// Annotations documents the table.
func (Automation) Annotations() []schema.Annotation {
	return documented("automations", "One row a team: the version of everything automatic, and the counter of assignments (PROD-1).")
}

// Mixin makes it a team's.
func (Automation) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of an automation.
func (Automation) Fields() []ent.Field {
	return []ent.Field{
		field.Bool("is_assigning").Default(false).Comment("Whether new enquiries are assigned to agents on duty (PROD-1)."),
		field.Int64("turn").Default(0).Comment("How many conversations were assigned; its row lock puts assignments into one order."),
	}
}

// Indexes of automations.
func (Automation) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id").Unique()} }

// KeywordRule answers texts that hold a keyword, and assigns their conversations (PROD-6).
type KeywordRule struct{ ent.Schema }

// Annotations documents the table.
func (KeywordRule) Annotations() []schema.Annotation {
	return documented("keyword_rules", "Keyword auto-replies and auto-assignment, in their order (PROD-6).")
}

// Mixin makes it a team's.
func (KeywordRule) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a keyword rule.
func (KeywordRule) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name people see."),
		field.Int64("position").Comment("Its place in the order: the first matching rule replies."),
		field.Bool("is_enabled").Default(true).Comment("Whether it fires."),
		field.JSON("keywords", []map[string]string{}).Comment("The keywords: text and match, EXACT or CONTAINS."),
		field.JSON("channel_ids", []int64{}).Optional().Comment("The channels on which it fires; none is all."),
		field.JSON("statuses", []string{}).Optional().Comment("The statuses, before the message, in which it replies (CONV-4)."),
		field.Text("messages").Default("").Comment("What it replies, as JSON; empty where a module or nothing does."),
		field.Int64("module_id").Optional().Nillable().Comment("The bot module that it opens instead of messages of its own."),
		field.Int64("agent_id").Optional().Nillable().Comment("The agent to whom it assigns."),
	}
}

// Edges of a keyword rule.
func (KeywordRule) Edges() []ent.Edge {
	return []ent.Edge{
		toOptional("module", BotModule.Type, "module_id"),
		toOptional("agent", Agent.Type, "agent_id"),
	}
}

// Indexes of keyword rules.
func (KeywordRule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "position", "id")}
}

// BotModule is a named list of messages with buttons (PROD-7).
type BotModule struct{ ent.Schema }

// Annotations documents the table.
func (BotModule) Annotations() []schema.Annotation {
	return documented("bot_modules", "Bot modules: named lists of messages with buttons (PROD-7).")
}

// Mixin makes it a team's.
func (BotModule) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a bot module.
func (BotModule) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name people see."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.Text("messages").Default("").Comment("Its messages with their buttons, as JSON."),
	}
}

// Indexes of bot modules.
func (BotModule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "name_folded").Unique()}
}

// BotEntry is a way into the bot: a button of a menu, Get Started, a text that stands for a button, a code.
type BotEntry struct{ ent.Schema }

// Annotations documents the table.
func (BotEntry) Annotations() []schema.Annotation {
	return documented("bot_entries", "Ways into the bot by channel: menu buttons, Get Started, ice breakers, subscription codes (CONV-3, PROD-7).")
}

// Mixin makes it a team's.
func (BotEntry) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a bot entry.
func (BotEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.Enum("kind").Values("MENU_BUTTON", "MENU_TEXT", "GET_STARTED", "PERSISTENT_MENU", "ICE_BREAKER", "SUBSCRIPTION_CODE").Immutable().
			Comment("What the customer uses; MENU_TEXT and SUBSCRIPTION_CODE arrive as texts, the others as postbacks."),
		field.String("value").Immutable().Comment("The postback's data or the text."),
		field.String("value_folded").Immutable().Comment("The text folded for comparison; a postback's data as it is."),
		field.Int64("module_id").Optional().Nillable().Comment("The module that it opens; NULL for none."),
		field.Time("expires_at").Optional().Nillable().Comment("When a code ends; NULL for never."),
	}
}

// Edges of a bot entry.
func (BotEntry) Edges() []ent.Edge {
	return []ent.Edge{
		toImmutable("channel", Channel.Type, "channel_id"),
		toOptional("module", BotModule.Type, "module_id"),
	}
}

// Indexes of bot entries.
func (BotEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "channel_id", "kind", "value_folded").Unique()}
}

// Shift is working hours that agents share (PROD-2).
type Shift struct{ ent.Schema }

// Annotations documents the table.
func (Shift) Annotations() []schema.Annotation {
	return documented("shifts", "Working hours: days, times over midnight too, time zone, holidays and whose they are (PROD-2).")
}

// Mixin makes it a team's.
func (Shift) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a shift.
func (Shift) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name people see."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.String("time_zone").Comment("IANA time zone."),
		field.JSON("days", []int{}).Comment("The days on which it begins: 1 is Monday, 7 Sunday."),
		field.Int("starts_at").Comment("Minutes after midnight at which it begins."),
		field.Int("ends_at").Comment("Minutes after midnight at which it ends; not after starts_at: on the day after."),
		field.JSON("holidays", []string{}).Optional().Comment("Dates (YYYY-MM-DD) on which it does not begin."),
		field.JSON("agent_ids", []int64{}).Optional().Comment("Whose it is."),
	}
}

// Indexes of shifts.
func (Shift) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "name_folded").Unique()}
}

// AssignmentTurn is when an agent was assigned a conversation last.
type AssignmentTurn struct{ ent.Schema }

// Annotations documents the table.
func (AssignmentTurn) Annotations() []schema.Annotation {
	return documented("assignment_turns", "Each agent's last automatic assignment, by the team's counter (PROD-1).")
}

// Mixin makes it a team's.
func (AssignmentTurn) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a turn.
func (AssignmentTurn) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("agent_id").Immutable().Comment("The agent."),
		field.Int64("turn").Comment("The team's counter at its last assignment."),
		field.Time("at").Comment("When that was."),
	}
}

// Edges of a turn.
func (AssignmentTurn) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("agent", Agent.Type, "agent_id")}
}

// Indexes of turns.
func (AssignmentTurn) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "agent_id").Unique()}
}

// KeptFile says that something beside messages uses a file.
type KeptFile struct{ ent.Schema }

// Annotations documents the table.
func (KeptFile) Annotations() []schema.Annotation {
	return documented("kept_files", "Files that rules and modules send: they stay when no message uses them.")
}

// Mixin makes it a team's.
func (KeptFile) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a kept file.
func (KeptFile) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("file_id").Immutable().Comment("The file."),
		field.String("holder").Immutable().Comment("What uses it, such as rule:5."),
	}
}

// Edges of a kept file.
func (KeptFile) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("file", File.Type, "file_id")}
}

// Indexes of kept files.
func (KeptFile) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "holder", "file_id").Unique(), index.Fields("team_id", "file_id")}
}
