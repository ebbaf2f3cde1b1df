-- reverse: create index "channelscript_team_id_channel_id" to table: "channel_scripts"
DROP INDEX `channelscript_team_id_channel_id`;
-- reverse: create index "channelscript_team_id_id" to table: "channel_scripts"
DROP INDEX `channelscript_team_id_id`;
-- reverse: create "channel_scripts" table
DROP TABLE `channel_scripts`;
-- reverse: add column "wrote_at" to table: "identities"
ALTER TABLE `identities` DROP COLUMN `wrote_at`;
