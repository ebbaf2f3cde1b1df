-- add column "audience" to table: "channels"
ALTER TABLE `channels` ADD COLUMN `audience` text NOT NULL DEFAULT ('');
-- add column "audiences" to table: "channels"
ALTER TABLE `channels` ADD COLUMN `audiences` json NULL;
-- add column "audience" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `audience` text NOT NULL DEFAULT ('');
-- create index "conversation_team_id_audience_queue_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_last_at_id` ON `conversations` (`team_id`, `audience`, `queue`, `last_at`, `id`) WHERE status = 'PENDING';
-- create index "conversation_team_id_audience_queue_waiting_since_id" to table: "conversations"
CREATE INDEX `conversation_team_id_audience_queue_waiting_since_id` ON `conversations` (`team_id`, `audience`, `queue`, `waiting_since`, `id`) WHERE status = 'PENDING';
-- add column "audience" to table: "conversation_counters"
ALTER TABLE `conversation_counters` ADD COLUMN `audience` text NOT NULL DEFAULT ('');
-- drop index "counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf" from table: "conversation_counters"
DROP INDEX `counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf`;
-- create index "counter_team_id_status_queue_fo_f073db9b95b55dff6ea18fbf68aebe7a" to table: "conversation_counters"
CREATE UNIQUE INDEX `counter_team_id_status_queue_fo_f073db9b95b55dff6ea18fbf68aebe7a` ON `conversation_counters` (`team_id`, `status`, `queue`, `follower_id`, `channel_id`, `kind`, `branch_id`, `region_id`, `audience`);
