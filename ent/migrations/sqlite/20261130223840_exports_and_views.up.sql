-- add columns to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `is_from_ad` bool NOT NULL DEFAULT (false);
ALTER TABLE `conversations` ADD COLUMN `last_exported_at` datetime NULL;
ALTER TABLE `conversations` ADD COLUMN `waiting_level` integer NOT NULL DEFAULT (0);
-- create index "conversation_team_id_is_from_ad_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_is_from_ad_last_at_id` ON `conversations` (`team_id`, `is_from_ad`, `last_at`, `id`) WHERE is_from_ad;
-- create index "conversation_waiting_level_waiting_since" to table: "conversations"
CREATE INDEX `conversation_waiting_level_waiting_since` ON `conversations` (`waiting_level`, `waiting_since`) WHERE waiting_since IS NOT NULL AND waiting_level < 3;
-- create "adverts" table
CREATE TABLE `adverts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `ad_id` text NOT NULL DEFAULT (''), `title` text NOT NULL DEFAULT (''), `url` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `ref` text NOT NULL DEFAULT (''), `at` datetime NOT NULL, `conversation_id` integer NOT NULL, CONSTRAINT `adverts_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "advert_team_id_id" to table: "adverts"
CREATE UNIQUE INDEX `advert_team_id_id` ON `adverts` (`team_id`, `id`);
-- create index "advert_team_id_conversation_id_at_id" to table: "adverts"
CREATE INDEX `advert_team_id_conversation_id_at_id` ON `adverts` (`team_id`, `conversation_id`, `at`, `id`);
-- create "saved_views" table
CREATE TABLE `saved_views` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `view` text NOT NULL, `filter` text NOT NULL DEFAULT (''), `sort` text NOT NULL, `is_descending` bool NOT NULL, `columns` json NULL, `visibility` text NOT NULL, `roles` json NULL, `position` integer NOT NULL, `agent_id` integer NULL, CONSTRAINT `saved_views_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "savedview_team_id_id" to table: "saved_views"
CREATE UNIQUE INDEX `savedview_team_id_id` ON `saved_views` (`team_id`, `id`);
-- create index "savedview_team_id_visibility_position_id" to table: "saved_views"
CREATE INDEX `savedview_team_id_visibility_position_id` ON `saved_views` (`team_id`, `visibility`, `position`, `id`);
-- create index "savedview_team_id_agent_id_visibility_position_id" to table: "saved_views"
CREATE INDEX `savedview_team_id_agent_id_visibility_position_id` ON `saved_views` (`team_id`, `agent_id`, `visibility`, `position`, `id`);
