-- reverse: set comment to column: "agent_id" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."agent_id" IS '';
-- reverse: set comment to column: "sent_at" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."sent_at" IS '';
-- reverse: set comment to column: "sticker_id" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."sticker_id" IS '';
-- reverse: set comment to column: "package_id" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."package_id" IS '';
-- reverse: set comment to column: "channel_type" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."channel_type" IS '';
-- reverse: set comment to column: "team_id" on table: "recent_stickers"
COMMENT ON COLUMN "recent_stickers"."team_id" IS '';
-- reverse: set comment to table: "recent_stickers"
COMMENT ON TABLE "recent_stickers" IS '';
-- reverse: create index "recentsticker_team_id_id" to table: "recent_stickers"
DROP INDEX "recentsticker_team_id_id";
-- reverse: create index "recentsticker_team_id_agent_id_a2c496a39ae58a0336863b5bdd47f258" to table: "recent_stickers"
DROP INDEX "recentsticker_team_id_agent_id_a2c496a39ae58a0336863b5bdd47f258";
-- reverse: create "recent_stickers" table
DROP TABLE "recent_stickers";
-- reverse: set comment to column: "group_message_price" on table: "teams"
COMMENT ON COLUMN "teams"."group_message_price" IS '';
-- reverse: modify "teams" table
ALTER TABLE "teams" DROP COLUMN "group_message_price";
-- reverse: set comment to column: "usage" on table: "messages"
COMMENT ON COLUMN "messages"."usage" IS '';
-- reverse: create index "message_team_id_channel_id_sent_at_usage" to table: "messages"
DROP INDEX "message_team_id_channel_id_sent_at_usage";
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "usage";
