-- reverse: create index "pin_team_id_conversation_id" to table: "pins"
DROP INDEX `pin_team_id_conversation_id`;
-- reverse: create index "pin_team_id_agent_id_conversation_id" to table: "pins"
DROP INDEX `pin_team_id_agent_id_conversation_id`;
-- reverse: create index "pin_team_id_id" to table: "pins"
DROP INDEX `pin_team_id_id`;
-- reverse: create "pins" table
DROP TABLE `pins`;
-- reverse: create index "conversation_team_id_channel_id_idle_since" to table: "conversations"
DROP INDEX `conversation_team_id_channel_id_idle_since`;
-- reverse: create index "conversation_team_id_status_is_archived_waiting_since_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_is_archived_waiting_since_id`;
-- reverse: create index "conversation_team_id_status_is_archived_followed_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_is_archived_followed_at_id`;
-- reverse: create index "conversation_team_id_channel_id_status_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_channel_id_status_is_archived_last_at_id`;
-- reverse: create index "conversation_team_id_follower_id_status_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_follower_id_status_is_archived_last_at_id`;
-- reverse: create index "conversation_team_id_status_queue_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_queue_is_archived_last_at_id`;
-- reverse: create index "conversation_team_id_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_is_archived_last_at_id`;
-- reverse: create index "conversation_team_id_is_from_ad_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_is_from_ad_is_archived_last_at_id`;
-- reverse: create index "conversation_team_id_audience_queue_is_archived_waiting_since_id" to table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_is_archived_waiting_since_id`;
-- reverse: create index "conversation_team_id_audience_queue_is_archived_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_is_archived_last_at_id`;
-- reverse: drop index "conversation_team_id_status_waiting_since_id" from table: "conversations"
CREATE INDEX `conversation_team_id_status_waiting_since_id` ON `conversations` (`team_id`, `status`, `waiting_since`, `id`);
-- reverse: drop index "conversation_team_id_status_queue_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_status_queue_last_at_id` ON `conversations` (`team_id`, `status`, `queue`, `last_at`, `id`);
-- reverse: drop index "conversation_team_id_status_followed_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_status_followed_at_id` ON `conversations` (`team_id`, `status`, `followed_at`, `id`);
-- reverse: drop index "conversation_team_id_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_last_at_id` ON `conversations` (`team_id`, `last_at`, `id`);
-- reverse: drop index "conversation_team_id_follower_id_status_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_follower_id_status_last_at_id` ON `conversations` (`team_id`, `follower_id`, `status`, `last_at`, `id`);
-- reverse: drop index "conversation_team_id_channel_id_status_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_channel_id_status_last_at_id` ON `conversations` (`team_id`, `channel_id`, `status`, `last_at`, `id`);
-- reverse: drop index "conversation_team_id_is_from_ad_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_is_from_ad_last_at_id` ON `conversations` (`team_id`, `is_from_ad`, `last_at`, `id`) WHERE is_from_ad;
-- reverse: drop index "conversation_team_id_audience_queue_waiting_since_id" from table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_waiting_since_id` ON `conversations` (`team_id`, `audience`, `queue`, `waiting_since`, `id`) WHERE status = 'PENDING';
-- reverse: drop index "conversation_team_id_audience_queue_last_at_id" from table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_last_at_id` ON `conversations` (`team_id`, `audience`, `queue`, `last_at`, `id`) WHERE status = 'PENDING';
-- reverse: add column "reminded_at" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `reminded_at`;
-- reverse: add column "idle_since" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `idle_since`;
-- reverse: add column "pinned_by" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `pinned_by`;
-- reverse: add column "idle_look_at" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `idle_look_at`;
-- reverse: add column "spares_pinned" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `spares_pinned`;
-- reverse: add column "reminder" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `reminder`;
-- reverse: add column "has_reminder" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `has_reminder`;
-- reverse: add column "idle_minutes" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `idle_minutes`;
-- reverse: add column "ends_idle" to table: "channel_scripts"
ALTER TABLE `channel_scripts` DROP COLUMN `ends_idle`;
