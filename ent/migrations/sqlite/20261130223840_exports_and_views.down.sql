-- reverse: create index "savedview_team_id_agent_id_visibility_position_id" to table: "saved_views"
DROP INDEX `savedview_team_id_agent_id_visibility_position_id`;
-- reverse: create index "savedview_team_id_visibility_position_id" to table: "saved_views"
DROP INDEX `savedview_team_id_visibility_position_id`;
-- reverse: create index "savedview_team_id_id" to table: "saved_views"
DROP INDEX `savedview_team_id_id`;
-- reverse: create "saved_views" table
DROP TABLE `saved_views`;
-- reverse: create index "advert_team_id_conversation_id_at_id" to table: "adverts"
DROP INDEX `advert_team_id_conversation_id_at_id`;
-- reverse: create index "advert_team_id_id" to table: "adverts"
DROP INDEX `advert_team_id_id`;
-- reverse: create "adverts" table
DROP TABLE `adverts`;
-- reverse: create index "conversation_waiting_level_waiting_since" to table: "conversations"
DROP INDEX `conversation_waiting_level_waiting_since`;
-- reverse: create index "conversation_team_id_is_from_ad_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_is_from_ad_last_at_id`;
-- reverse: add columns to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `waiting_level`;
ALTER TABLE `conversations` DROP COLUMN `last_exported_at`;
ALTER TABLE `conversations` DROP COLUMN `is_from_ad`;
