-- reverse: set comment to column: "channel_id" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."channel_id" IS '';
-- reverse: set comment to column: "agent_name" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."agent_name" IS '';
-- reverse: set comment to column: "closing" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."closing" IS '';
-- reverse: set comment to column: "has_closing" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."has_closing" IS '';
-- reverse: set comment to column: "away" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."away" IS '';
-- reverse: set comment to column: "has_away" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."has_away" IS '';
-- reverse: set comment to column: "welcome" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."welcome" IS '';
-- reverse: set comment to column: "has_welcome" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."has_welcome" IS '';
-- reverse: set comment to column: "updated_at" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."team_id" IS '';
-- reverse: set comment to table: "channel_scripts"
COMMENT ON TABLE "channel_scripts" IS '';
-- reverse: create index "channelscript_team_id_id" to table: "channel_scripts"
DROP INDEX "channelscript_team_id_id";
-- reverse: create index "channelscript_team_id_channel_id" to table: "channel_scripts"
DROP INDEX "channelscript_team_id_channel_id";
-- reverse: create "channel_scripts" table
DROP TABLE "channel_scripts";
-- reverse: set comment to column: "wrote_at" on table: "identities"
COMMENT ON COLUMN "identities"."wrote_at" IS '';
-- reverse: modify "identities" table
ALTER TABLE "identities" DROP COLUMN "wrote_at";
