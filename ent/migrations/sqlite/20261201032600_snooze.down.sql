-- reverse: create index "reminder_due_at" to table: "reminders"
DROP INDEX `reminder_due_at`;
-- reverse: create index "reminder_team_id_conversation_id_owner_id" to table: "reminders"
DROP INDEX `reminder_team_id_conversation_id_owner_id`;
-- reverse: create index "reminder_team_id_id" to table: "reminders"
DROP INDEX `reminder_team_id_id`;
-- reverse: create "reminders" table
DROP TABLE `reminders`;
-- reverse: create index "conversation_team_id_status_queue_is_archived_waiting_since_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_queue_is_archived_waiting_since_id`;
-- reverse: create index "conversation_team_id_status_queue_is_archived_followed_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_queue_is_archived_followed_at_id`;
-- reverse: create index "conversation_team_id_follower_i_012b640fcfc62ab14cc029abdd736bc0" to table: "conversations"
DROP INDEX `conversation_team_id_follower_i_012b640fcfc62ab14cc029abdd736bc0`;
-- reverse: drop index "conversation_team_id_status_is_archived_waiting_since_id" from table: "conversations"
CREATE INDEX `conversation_team_id_status_is_archived_waiting_since_id` ON `conversations` (`team_id`, `status`, `is_archived`, `waiting_since`, `id`);
-- reverse: drop index "conversation_team_id_status_is_archived_followed_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_status_is_archived_followed_at_id` ON `conversations` (`team_id`, `status`, `is_archived`, `followed_at`, `id`);
-- reverse: drop index "conversation_team_id_follower_id_status_is_archived_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_follower_id_status_is_archived_last_at_id` ON `conversations` (`team_id`, `follower_id`, `status`, `is_archived`, `last_at`, `id`);
-- what is snoozed is in the views again
INSERT INTO `conversation_counters` (`team_id`, `channel_id`, `branch_id`, `region_id`, `kind`, `status`, `queue`, `follower_id`, `audience`, `n`, `unread_conversations`, `unread`)
 SELECT `team_id`, `channel_id`, `branch_id`, `region_id`, `kind`, `status`, '', `follower_id`, `audience`, `n`, `unread_conversations`, `unread` FROM `conversation_counters` WHERE `queue` = 'SNOOZED'
 ON CONFLICT (`team_id`, `status`, `queue`, `follower_id`, `channel_id`, `kind`, `branch_id`, `region_id`, `audience`) DO UPDATE SET `n` = `conversation_counters`.`n` + excluded.`n`,
 `unread_conversations` = `conversation_counters`.`unread_conversations` + excluded.`unread_conversations`, `unread` = `conversation_counters`.`unread` + excluded.`unread`;
DELETE FROM `conversation_counters` WHERE `queue` = 'SNOOZED';
UPDATE `conversations` SET `queue` = 'HUMAN' WHERE `queue` = 'SNOOZED';
-- reverse: add column "snooze_ended" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `snooze_ended`;
