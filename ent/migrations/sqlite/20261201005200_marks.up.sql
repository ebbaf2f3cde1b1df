-- add column "ends_idle" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `ends_idle` bool NOT NULL DEFAULT (false);
-- add column "idle_minutes" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `idle_minutes` integer NOT NULL DEFAULT (60);
-- add column "has_reminder" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `has_reminder` bool NOT NULL DEFAULT (false);
-- add column "reminder" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `reminder` text NOT NULL DEFAULT ('');
-- add column "spares_pinned" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `spares_pinned` bool NOT NULL DEFAULT (false);
-- add column "idle_look_at" to table: "channel_scripts"
ALTER TABLE `channel_scripts` ADD COLUMN `idle_look_at` datetime NULL;
-- add column "pinned_by" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `pinned_by` json NULL;
-- add column "idle_since" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `idle_since` datetime NULL;
-- add column "reminded_at" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `reminded_at` datetime NULL;
-- drop index "conversation_team_id_audience_queue_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_last_at_id`;
-- drop index "conversation_team_id_audience_queue_waiting_since_id" from table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_waiting_since_id`;
-- drop index "conversation_team_id_is_from_ad_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_is_from_ad_last_at_id`;
-- drop index "conversation_team_id_channel_id_status_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_channel_id_status_last_at_id`;
-- drop index "conversation_team_id_follower_id_status_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_follower_id_status_last_at_id`;
-- drop index "conversation_team_id_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_last_at_id`;
-- drop index "conversation_team_id_status_followed_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_status_followed_at_id`;
-- drop index "conversation_team_id_status_queue_last_at_id" from table: "conversations"
DROP INDEX `conversation_team_id_status_queue_last_at_id`;
-- drop index "conversation_team_id_status_waiting_since_id" from table: "conversations"
DROP INDEX `conversation_team_id_status_waiting_since_id`;
-- create index "conversation_team_id_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_is_archived_last_at_id` ON `conversations` (`team_id`, `is_archived`, `last_at`, `id`);
-- create index "conversation_team_id_status_queue_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_queue_is_archived_last_at_id` ON `conversations` (`team_id`, `status`, `queue`, `is_archived`, `last_at`, `id`);
-- create index "conversation_team_id_follower_id_status_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_follower_id_status_is_archived_last_at_id` ON `conversations` (`team_id`, `follower_id`, `status`, `is_archived`, `last_at`, `id`);
-- create index "conversation_team_id_channel_id_status_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_channel_id_status_is_archived_last_at_id` ON `conversations` (`team_id`, `channel_id`, `status`, `is_archived`, `last_at`, `id`);
-- create index "conversation_team_id_status_is_archived_followed_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_is_archived_followed_at_id` ON `conversations` (`team_id`, `status`, `is_archived`, `followed_at`, `id`);
-- create index "conversation_team_id_status_is_archived_waiting_since_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_is_archived_waiting_since_id` ON `conversations` (`team_id`, `status`, `is_archived`, `waiting_since`, `id`);
-- create index "conversation_team_id_audience_queue_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_is_archived_last_at_id` ON `conversations` (`team_id`, `audience`, `queue`, `is_archived`, `last_at`, `id`) WHERE status = 'PENDING';
-- create index "conversation_team_id_audience_queue_is_archived_waiting_since_id" to table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_is_archived_waiting_since_id` ON `conversations` (`team_id`, `audience`, `queue`, `is_archived`, `waiting_since`, `id`) WHERE status = 'PENDING';
-- create index "conversation_team_id_is_from_ad_is_archived_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_is_from_ad_is_archived_last_at_id` ON `conversations` (`team_id`, `is_from_ad`, `is_archived`, `last_at`, `id`) WHERE is_from_ad;
-- what staff answered last before this migration is idle since then (CONV-10)
UPDATE `conversations` SET idle_since = last_message_at WHERE status = 'IN_PROGRESS' AND last_message_sender = 'AGENT' AND last_message_at IS NOT NULL;
-- create index "conversation_team_id_channel_id_idle_since" to table: "conversations"
CREATE INDEX `conversation_team_id_channel_id_idle_since` ON `conversations` (`team_id`, `channel_id`, `idle_since`) WHERE idle_since IS NOT NULL;
-- create "pins" table
CREATE TABLE `pins` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `pinned_at` datetime NOT NULL, `conversation_id` integer NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `pins_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `pins_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "pin_team_id_id" to table: "pins"
CREATE UNIQUE INDEX `pin_team_id_id` ON `pins` (`team_id`, `id`);
-- create index "pin_team_id_agent_id_conversation_id" to table: "pins"
CREATE UNIQUE INDEX `pin_team_id_agent_id_conversation_id` ON `pins` (`team_id`, `agent_id`, `conversation_id`);
-- create index "pin_team_id_conversation_id" to table: "pins"
CREATE INDEX `pin_team_id_conversation_id` ON `pins` (`team_id`, `conversation_id`);
