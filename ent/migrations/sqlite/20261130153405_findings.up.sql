-- create "findings" table
CREATE TABLE `findings` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `position` integer NOT NULL, `kind` text NOT NULL, `value` text NOT NULL, `written` text NOT NULL, `at` datetime NOT NULL, `conversation_id` integer NOT NULL, `message_id` integer NOT NULL, CONSTRAINT `findings_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `findings_messages_message` FOREIGN KEY (`team_id`, `message_id`) REFERENCES `messages` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "finding_team_id_id" to table: "findings"
CREATE UNIQUE INDEX `finding_team_id_id` ON `findings` (`team_id`, `id`);
-- create index "finding_team_id_message_id_position" to table: "findings"
CREATE UNIQUE INDEX `finding_team_id_message_id_position` ON `findings` (`team_id`, `message_id`, `position`);
-- create index "finding_team_id_conversation_id_kind_message_id" to table: "findings"
CREATE INDEX `finding_team_id_conversation_id_kind_message_id` ON `findings` (`team_id`, `conversation_id`, `kind`, `message_id`);
