-- add column "snooze_ended" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `snooze_ended` text NOT NULL DEFAULT ('NO');
-- drop index "conversation_team_id_follower_id_status_is_archived_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_follower_id_status_is_archived_last_at_id`;
-- drop index "conversation_team_id_status_is_archived_followed_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_status_is_archived_followed_at_id`;
-- drop index "conversation_team_id_status_is_archived_waiting_since_id" from table: "conversations"
DROP INDEX `conversation_team_id_status_is_archived_waiting_since_id`;
-- create index "conversation_team_id_follower_i_012b640fcfc62ab14cc029abdd736bc0" to table: "conversations"
CREATE INDEX `conversation_team_id_follower_i_012b640fcfc62ab14cc029abdd736bc0` ON `conversations` (`team_id`, `follower_id`, `status`, `queue`, `is_archived`, `last_at`, `id`);
-- create index "conversation_team_id_status_queue_is_archived_followed_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_queue_is_archived_followed_at_id` ON `conversations` (`team_id`, `status`, `queue`, `is_archived`, `followed_at`, `id`);
-- create index "conversation_team_id_status_queue_is_archived_waiting_since_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_queue_is_archived_waiting_since_id` ON `conversations` (`team_id`, `status`, `queue`, `is_archived`, `waiting_since`, `id`);
-- create "reminders" table
CREATE TABLE `reminders` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `owner_id` integer NOT NULL, `set_at` datetime NOT NULL, `due_at` datetime NULL, `note` text NOT NULL DEFAULT (''), `ended_at` datetime NULL, `conversation_id` integer NOT NULL, `agent_id` integer NULL, CONSTRAINT `reminders_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `reminders_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "reminder_team_id_id" to table: "reminders"
CREATE UNIQUE INDEX `reminder_team_id_id` ON `reminders` (`team_id`, `id`);
-- create index "reminder_team_id_conversation_id_owner_id" to table: "reminders"
CREATE UNIQUE INDEX `reminder_team_id_conversation_id_owner_id` ON `reminders` (`team_id`, `conversation_id`, `owner_id`);
-- create index "reminder_due_at" to table: "reminders"
CREATE INDEX `reminder_due_at` ON `reminders` (`due_at`) WHERE due_at IS NOT NULL;
