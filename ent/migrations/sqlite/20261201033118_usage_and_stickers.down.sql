-- reverse: create index "recentsticker_team_id_agent_id__3c726bf7d815d2fa292e2467852b8ca1" to table: "recent_stickers"
DROP INDEX `recentsticker_team_id_agent_id__3c726bf7d815d2fa292e2467852b8ca1`;
-- reverse: create index "recentsticker_team_id_id" to table: "recent_stickers"
DROP INDEX `recentsticker_team_id_id`;
-- reverse: create "recent_stickers" table
DROP TABLE `recent_stickers`;
-- reverse: add column "group_message_price" to table: "teams"
ALTER TABLE `teams` DROP COLUMN `group_message_price`;
-- reverse: create index "message_team_id_channel_id_sent_at_usage" to table: "messages"
DROP INDEX `message_team_id_channel_id_sent_at_usage`;
-- reverse: add column "usage" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `usage`;
