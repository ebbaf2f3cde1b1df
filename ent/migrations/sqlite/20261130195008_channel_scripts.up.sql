-- add column "wrote_at" to table: "identities"
ALTER TABLE `identities` ADD COLUMN `wrote_at` datetime NULL;
-- create "channel_scripts" table
CREATE TABLE `channel_scripts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `has_welcome` bool NOT NULL DEFAULT (false), `welcome` text NOT NULL DEFAULT (''), `has_away` bool NOT NULL DEFAULT (false), `away` text NOT NULL DEFAULT (''), `has_closing` bool NOT NULL DEFAULT (false), `closing` text NOT NULL DEFAULT (''), `agent_name` text NOT NULL DEFAULT ('NONE'), `channel_id` integer NOT NULL, CONSTRAINT `channel_scripts_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "channelscript_team_id_id" to table: "channel_scripts"
CREATE UNIQUE INDEX `channelscript_team_id_id` ON `channel_scripts` (`team_id`, `id`);
-- create index "channelscript_team_id_channel_id" to table: "channel_scripts"
CREATE UNIQUE INDEX `channelscript_team_id_channel_id` ON `channel_scripts` (`team_id`, `channel_id`);
