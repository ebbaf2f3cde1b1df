DROP TRIGGER `search_platform_groups_added`;
DROP TRIGGER `search_platform_groups_changed`;
DROP TRIGGER `search_platform_groups_deleted`;
DELETE FROM `search_names` WHERE rowid % 8 = 6;
-- reverse: create index "channelinformation_team_id_channel_id" to table: "channel_informations"
DROP INDEX `channelinformation_team_id_channel_id`;
-- reverse: create index "channelinformation_team_id_id" to table: "channel_informations"
DROP INDEX `channelinformation_team_id_id`;
-- reverse: create "channel_informations" table
DROP TABLE `channel_informations`;
-- reverse: add column "note_version" to table: "platform_groups"
ALTER TABLE `platform_groups` DROP COLUMN `note_version`;
-- reverse: add column "note_folded" to table: "platform_groups"
ALTER TABLE `platform_groups` DROP COLUMN `note_folded`;
-- reverse: add column "begun_by" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `begun_by`;
