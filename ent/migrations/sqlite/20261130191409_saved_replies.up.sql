-- create "drafts" table
CREATE TABLE `drafts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `owner_id` integer NOT NULL, `text` text NOT NULL, `conversation_id` integer NOT NULL, `agent_id` integer NULL, CONSTRAINT `drafts_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `drafts_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "draft_team_id_id" to table: "drafts"
CREATE UNIQUE INDEX `draft_team_id_id` ON `drafts` (`team_id`, `id`);
-- create index "draft_team_id_conversation_id_owner_id" to table: "drafts"
CREATE UNIQUE INDEX `draft_team_id_conversation_id_owner_id` ON `drafts` (`team_id`, `conversation_id`, `owner_id`);
-- create "saved_replies" table
CREATE TABLE `saved_replies` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `title` text NOT NULL, `title_folded` text NOT NULL, `body` text NOT NULL, `words_folded` text NOT NULL, `category` text NOT NULL DEFAULT (''), `category_folded` text NOT NULL DEFAULT (''), `file_ids` json NULL, `brings_module` bool NOT NULL DEFAULT (false), `visibility` text NOT NULL, `module_id` integer NULL, `agent_id` integer NULL, CONSTRAINT `saved_replies_bot_modules_module` FOREIGN KEY (`team_id`, `module_id`) REFERENCES `bot_modules` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `saved_replies_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "savedreply_team_id_id" to table: "saved_replies"
CREATE UNIQUE INDEX `savedreply_team_id_id` ON `saved_replies` (`team_id`, `id`);
-- create index "savedreply_team_id_title_folded_id" to table: "saved_replies"
CREATE INDEX `savedreply_team_id_title_folded_id` ON `saved_replies` (`team_id`, `title_folded`, `id`);
-- create index "savedreply_team_id_category_folded_title_folded_id" to table: "saved_replies"
CREATE INDEX `savedreply_team_id_category_folded_title_folded_id` ON `saved_replies` (`team_id`, `category_folded`, `title_folded`, `id`);
-- create index "savedreply_team_id_module_id" to table: "saved_replies"
CREATE INDEX `savedreply_team_id_module_id` ON `saved_replies` (`team_id`, `module_id`);
-- create "saved_reply_audiences" table
CREATE TABLE `saved_reply_audiences` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `name` text NOT NULL, `reply_id` integer NOT NULL, CONSTRAINT `saved_reply_audiences_saved_replies_reply` FOREIGN KEY (`team_id`, `reply_id`) REFERENCES `saved_replies` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "savedreplyaudience_team_id_id" to table: "saved_reply_audiences"
CREATE UNIQUE INDEX `savedreplyaudience_team_id_id` ON `saved_reply_audiences` (`team_id`, `id`);
-- create index "savedreplyaudience_team_id_reply_id_name" to table: "saved_reply_audiences"
CREATE UNIQUE INDEX `savedreplyaudience_team_id_reply_id_name` ON `saved_reply_audiences` (`team_id`, `reply_id`, `name`);
