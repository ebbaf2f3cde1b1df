-- create "files" table
CREATE TABLE `files` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `author` text NOT NULL, `name` text NOT NULL DEFAULT (''), `content_type` text NOT NULL, `size` integer NOT NULL, `sha256` text NOT NULL, `width` integer NOT NULL DEFAULT (0), `height` integer NOT NULL DEFAULT (0), `duration_ms` integer NOT NULL DEFAULT (0), `blob_key` text NOT NULL, `preview_key` text NOT NULL DEFAULT (''), `preview_type` text NOT NULL DEFAULT (''), `preview_size` integer NOT NULL DEFAULT (0), `expires_at` datetime NULL, `created_at` datetime NOT NULL);
-- create index "files_blob_key_key" to table: "files"
CREATE UNIQUE INDEX `files_blob_key_key` ON `files` (`blob_key`);
-- create index "file_team_id_id" to table: "files"
CREATE UNIQUE INDEX `file_team_id_id` ON `files` (`team_id`, `id`);
-- create index "file_expires_at" to table: "files"
CREATE INDEX `file_expires_at` ON `files` (`expires_at`);
-- create "new_attachments" table
CREATE TABLE `new_attachments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `position` integer NOT NULL DEFAULT (0), `state` text NOT NULL DEFAULT ('PENDING'), `name` text NOT NULL DEFAULT (''), `content_type` text NOT NULL DEFAULT (''), `size` integer NOT NULL DEFAULT (0), `duration_ms` integer NOT NULL DEFAULT (0), `platform_media_id` text NOT NULL DEFAULT (''), `source_url` text NOT NULL DEFAULT (''), `preview_url` text NOT NULL DEFAULT (''), `width` integer NOT NULL DEFAULT (0), `height` integer NOT NULL DEFAULT (0), `delivery_key` text NULL, `expires_at` datetime NULL, `failure_code` text NOT NULL DEFAULT (''), `message_id` integer NOT NULL, `file_id` integer NULL, `preview_id` integer NULL, CONSTRAINT `attachments_messages_message` FOREIGN KEY (`team_id`, `message_id`) REFERENCES `messages` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `attachments_files_file` FOREIGN KEY (`team_id`, `file_id`) REFERENCES `files` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `attachments_files_preview` FOREIGN KEY (`team_id`, `preview_id`) REFERENCES `files` (`team_id`, `id`) ON DELETE NO ACTION);
-- copy rows from old table "attachments" to new temporary table "new_attachments"
INSERT INTO `new_attachments` (`id`, `team_id`, `version`, `created_at`, `updated_at`, `position`, `state`, `name`, `content_type`, `size`, `duration_ms`, `platform_media_id`, `source_url`, `preview_url`, `message_id`) SELECT `id`, `team_id`, `version`, `created_at`, `updated_at`, `position`, `state`, `name`, `content_type`, `size`, `duration_ms`, `platform_media_id`, `source_url`, `preview_url`, `message_id` FROM `attachments`;
-- drop "attachments" table after copying rows
DROP TABLE `attachments`;
-- rename temporary table "new_attachments" to "attachments"
ALTER TABLE `new_attachments` RENAME TO `attachments`;
-- create index "attachments_delivery_key_key" to table: "attachments"
CREATE UNIQUE INDEX `attachments_delivery_key_key` ON `attachments` (`delivery_key`);
-- create index "attachment_team_id_id" to table: "attachments"
CREATE UNIQUE INDEX `attachment_team_id_id` ON `attachments` (`team_id`, `id`);
-- create index "attachment_team_id_message_id_position" to table: "attachments"
CREATE UNIQUE INDEX `attachment_team_id_message_id_position` ON `attachments` (`team_id`, `message_id`, `position`);
-- create index "attachment_team_id_file_id" to table: "attachments"
CREATE INDEX `attachment_team_id_file_id` ON `attachments` (`team_id`, `file_id`);
-- create index "attachment_team_id_preview_id" to table: "attachments"
CREATE INDEX `attachment_team_id_preview_id` ON `attachments` (`team_id`, `preview_id`);
-- add column "trace" to table: "messages"; in place, for a new table would take what refers to the old one with it
ALTER TABLE `messages` ADD COLUMN `trace` text NOT NULL DEFAULT ('');
-- create "visitors" table
CREATE TABLE `visitors` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `token_hash` blob NOT NULL, `previous_hash` blob NULL, `previous_until` datetime NULL, `expires_at` datetime NOT NULL, `external_id` text NOT NULL DEFAULT (''), `identified_at` datetime NULL, `page_url` text NOT NULL DEFAULT (''), `page_title` text NOT NULL DEFAULT (''), `message_page_url` text NOT NULL DEFAULT (''), `message_page_title` text NOT NULL DEFAULT (''), `referrer` text NOT NULL DEFAULT (''), `online_until` datetime NULL, `seen_at` datetime NOT NULL, `language` text NOT NULL DEFAULT (''), `time_zone` text NOT NULL DEFAULT (''), `user_agent` text NOT NULL DEFAULT (''), `channel_id` integer NOT NULL, `identity_id` integer NOT NULL, CONSTRAINT `visitors_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `visitors_identities_identity` FOREIGN KEY (`team_id`, `identity_id`) REFERENCES `identities` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "visitors_token_hash_key" to table: "visitors"
CREATE UNIQUE INDEX `visitors_token_hash_key` ON `visitors` (`token_hash`);
-- create index "visitors_previous_hash_key" to table: "visitors"
CREATE UNIQUE INDEX `visitors_previous_hash_key` ON `visitors` (`previous_hash`);
-- create index "visitor_team_id_id" to table: "visitors"
CREATE UNIQUE INDEX `visitor_team_id_id` ON `visitors` (`team_id`, `id`);
-- create index "visitor_team_id_identity_id" to table: "visitors"
CREATE INDEX `visitor_team_id_identity_id` ON `visitors` (`team_id`, `identity_id`);
-- create index "visitor_team_id_channel_id_external_id" to table: "visitors"
CREATE INDEX `visitor_team_id_channel_id_external_id` ON `visitors` (`team_id`, `channel_id`, `external_id`);
-- create index "visitor_online_until" to table: "visitors"
CREATE INDEX `visitor_online_until` ON `visitors` (`online_until`);
-- create "webchats" table
CREATE TABLE `webchats` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `allowed_domains` json NULL, `title` text NOT NULL DEFAULT (''), `greeting` text NOT NULL DEFAULT (''), `color` text NOT NULL DEFAULT ('#1f6feb'), `language` text NOT NULL DEFAULT ('AUTO'), `refuses_blocked` bool NOT NULL DEFAULT (false), `channel_id` integer NOT NULL, CONSTRAINT `webchats_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "webchat_team_id_id" to table: "webchats"
CREATE UNIQUE INDEX `webchat_team_id_id` ON `webchats` (`team_id`, `id`);
-- create index "webchat_team_id_channel_id" to table: "webchats"
CREATE UNIQUE INDEX `webchat_team_id_channel_id` ON `webchats` (`team_id`, `channel_id`);
