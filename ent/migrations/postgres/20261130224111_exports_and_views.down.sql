-- reverse: set comment to column: "agent_id" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."agent_id" IS '';
-- reverse: set comment to column: "position" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."position" IS '';
-- reverse: set comment to column: "roles" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."roles" IS '';
-- reverse: set comment to column: "visibility" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."visibility" IS '';
-- reverse: set comment to column: "columns" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."columns" IS '';
-- reverse: set comment to column: "is_descending" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."is_descending" IS '';
-- reverse: set comment to column: "sort" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."sort" IS '';
-- reverse: set comment to column: "filter" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."filter" IS '';
-- reverse: set comment to column: "view" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."view" IS '';
-- reverse: set comment to column: "name" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "saved_views"
COMMENT ON COLUMN "saved_views"."team_id" IS '';
-- reverse: set comment to table: "saved_views"
COMMENT ON TABLE "saved_views" IS '';
-- reverse: create index "savedview_team_id_visibility_position_id" to table: "saved_views"
DROP INDEX "savedview_team_id_visibility_position_id";
-- reverse: create index "savedview_team_id_id" to table: "saved_views"
DROP INDEX "savedview_team_id_id";
-- reverse: create index "savedview_team_id_agent_id_visibility_position_id" to table: "saved_views"
DROP INDEX "savedview_team_id_agent_id_visibility_position_id";
-- reverse: create "saved_views" table
DROP TABLE "saved_views";
-- reverse: set comment to column: "conversation_id" on table: "adverts"
COMMENT ON COLUMN "adverts"."conversation_id" IS '';
-- reverse: set comment to column: "at" on table: "adverts"
COMMENT ON COLUMN "adverts"."at" IS '';
-- reverse: set comment to column: "ref" on table: "adverts"
COMMENT ON COLUMN "adverts"."ref" IS '';
-- reverse: set comment to column: "picture_url" on table: "adverts"
COMMENT ON COLUMN "adverts"."picture_url" IS '';
-- reverse: set comment to column: "url" on table: "adverts"
COMMENT ON COLUMN "adverts"."url" IS '';
-- reverse: set comment to column: "title" on table: "adverts"
COMMENT ON COLUMN "adverts"."title" IS '';
-- reverse: set comment to column: "ad_id" on table: "adverts"
COMMENT ON COLUMN "adverts"."ad_id" IS '';
-- reverse: set comment to column: "team_id" on table: "adverts"
COMMENT ON COLUMN "adverts"."team_id" IS '';
-- reverse: set comment to table: "adverts"
COMMENT ON TABLE "adverts" IS '';
-- reverse: create index "advert_team_id_id" to table: "adverts"
DROP INDEX "advert_team_id_id";
-- reverse: create index "advert_team_id_conversation_id_at_id" to table: "adverts"
DROP INDEX "advert_team_id_conversation_id_at_id";
-- reverse: create "adverts" table
DROP TABLE "adverts";
-- reverse: set comment to column: "waiting_level" on table: "conversations"
COMMENT ON COLUMN "conversations"."waiting_level" IS '';
-- reverse: set comment to column: "last_exported_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_exported_at" IS '';
-- reverse: set comment to column: "is_from_ad" on table: "conversations"
COMMENT ON COLUMN "conversations"."is_from_ad" IS '';
-- reverse: create index "conversation_waiting_level_waiting_since" to table: "conversations"
DROP INDEX "conversation_waiting_level_waiting_since";
-- reverse: create index "conversation_team_id_is_from_ad_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_is_from_ad_last_at_id";
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "waiting_level", DROP COLUMN "last_exported_at", DROP COLUMN "is_from_ad";
