-- reverse: create index "webchat_team_id_channel_id" to table: "webchats"
DROP INDEX `webchat_team_id_channel_id`;
-- reverse: create index "webchat_team_id_id" to table: "webchats"
DROP INDEX `webchat_team_id_id`;
-- reverse: create "webchats" table
DROP TABLE `webchats`;
-- reverse: create index "visitor_online_until" to table: "visitors"
DROP INDEX `visitor_online_until`;
-- reverse: create index "visitor_team_id_channel_id_external_id" to table: "visitors"
DROP INDEX `visitor_team_id_channel_id_external_id`;
-- reverse: create index "visitor_team_id_identity_id" to table: "visitors"
DROP INDEX `visitor_team_id_identity_id`;
-- reverse: create index "visitor_team_id_id" to table: "visitors"
DROP INDEX `visitor_team_id_id`;
-- reverse: create index "visitors_previous_hash_key" to table: "visitors"
DROP INDEX `visitors_previous_hash_key`;
-- reverse: create index "visitors_token_hash_key" to table: "visitors"
DROP INDEX `visitors_token_hash_key`;
-- reverse: create "visitors" table
DROP TABLE `visitors`;
-- reverse: add column "trace" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `trace`;
-- reverse: create index "attachment_team_id_preview_id" to table: "attachments"
DROP INDEX `attachment_team_id_preview_id`;
-- reverse: create index "attachment_team_id_file_id" to table: "attachments"
DROP INDEX `attachment_team_id_file_id`;
-- reverse: create index "attachment_team_id_message_id_position" to table: "attachments"
DROP INDEX `attachment_team_id_message_id_position`;
-- reverse: create index "attachment_team_id_id" to table: "attachments"
DROP INDEX `attachment_team_id_id`;
-- reverse: create index "attachments_delivery_key_key" to table: "attachments"
DROP INDEX `attachments_delivery_key_key`;
-- reverse: create "new_attachments" table
CREATE TABLE `old_attachments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `position` integer NOT NULL DEFAULT (0), `state` text NOT NULL DEFAULT ('PENDING'), `name` text NOT NULL DEFAULT (''), `content_type` text NOT NULL DEFAULT (''), `size` integer NOT NULL DEFAULT (0), `duration_ms` integer NOT NULL DEFAULT (0), `platform_media_id` text NOT NULL DEFAULT (''), `source_url` text NOT NULL DEFAULT (''), `preview_url` text NOT NULL DEFAULT (''), `message_id` integer NOT NULL, CONSTRAINT `attachments_messages_message` FOREIGN KEY (`team_id`, `message_id`) REFERENCES `messages` (`team_id`, `id`) ON DELETE CASCADE);
INSERT INTO `old_attachments` (`id`, `team_id`, `version`, `created_at`, `updated_at`, `position`, `state`, `name`, `content_type`, `size`, `duration_ms`, `platform_media_id`, `source_url`, `preview_url`, `message_id`) SELECT `id`, `team_id`, `version`, `created_at`, `updated_at`, `position`, `state`, `name`, `content_type`, `size`, `duration_ms`, `platform_media_id`, `source_url`, `preview_url`, `message_id` FROM `attachments`;
DROP TABLE `attachments`;
ALTER TABLE `old_attachments` RENAME TO `attachments`;
CREATE UNIQUE INDEX `attachment_team_id_id` ON `attachments` (`team_id`, `id`);
CREATE UNIQUE INDEX `attachment_team_id_message_id_position` ON `attachments` (`team_id`, `message_id`, `position`);
-- reverse: create index "file_expires_at" to table: "files"
DROP INDEX `file_expires_at`;
-- reverse: create index "file_team_id_id" to table: "files"
DROP INDEX `file_team_id_id`;
-- reverse: create index "files_blob_key_key" to table: "files"
DROP INDEX `files_blob_key_key`;
-- reverse: create "files" table
DROP TABLE `files`;
