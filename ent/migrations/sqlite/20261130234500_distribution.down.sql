-- reverse: create index "counter_team_id_status_queue_fo_f073db9b95b55dff6ea18fbf68aebe7a" to table: "conversation_counters"
DROP INDEX `counter_team_id_status_queue_fo_f073db9b95b55dff6ea18fbf68aebe7a`;
-- reverse: add column "audience" to table: "conversation_counters"
ALTER TABLE `conversation_counters` DROP COLUMN `audience`;
-- reverse: drop index "counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf" from table: "conversation_counters"
CREATE UNIQUE INDEX `counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf` ON `conversation_counters` (`team_id`, `status`, `queue`, `follower_id`, `channel_id`, `kind`, `branch_id`, `region_id`);
-- reverse: create index "conversation_team_id_audience_queue_waiting_since_id" to table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_waiting_since_id`;
-- reverse: create index "conversation_team_id_audience_queue_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_audience_queue_last_at_id`;
-- reverse: add column "audience" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `audience`;
-- reverse: add column "audiences" to table: "channels"
ALTER TABLE `channels` DROP COLUMN `audiences`;
-- reverse: add column "audience" to table: "channels"
ALTER TABLE `channels` DROP COLUMN `audience`;
