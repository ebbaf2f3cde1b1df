-- add column "usage" to table: "messages"
ALTER TABLE `messages` ADD COLUMN `usage` integer NOT NULL DEFAULT (0);
-- create index "message_team_id_channel_id_sent_at_usage" to table: "messages"
CREATE INDEX `message_team_id_channel_id_sent_at_usage` ON `messages` (`team_id`, `channel_id`, `sent_at`, `usage`) WHERE usage > 0 AND sent_at IS NOT NULL AND delivery <> 'FAILED';
-- add column "group_message_price" to table: "teams"
ALTER TABLE `teams` ADD COLUMN `group_message_price` text NOT NULL DEFAULT ('0');
-- create "recent_stickers" table
CREATE TABLE `recent_stickers` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `channel_type` text NOT NULL, `package_id` text NOT NULL, `sticker_id` text NOT NULL, `sent_at` datetime NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `recent_stickers_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "recentsticker_team_id_id" to table: "recent_stickers"
CREATE UNIQUE INDEX `recentsticker_team_id_id` ON `recent_stickers` (`team_id`, `id`);
-- create index "recentsticker_team_id_agent_id__3c726bf7d815d2fa292e2467852b8ca1" to table: "recent_stickers"
CREATE UNIQUE INDEX `recentsticker_team_id_agent_id__3c726bf7d815d2fa292e2467852b8ca1` ON `recent_stickers` (`team_id`, `agent_id`, `channel_type`, `package_id`, `sticker_id`);
