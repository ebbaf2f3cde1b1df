-- reverse: set comment to column: "inbox_channel_ids" on table: "agents"
COMMENT ON COLUMN "agents"."inbox_channel_ids" IS '';
-- reverse: modify "agents" table
ALTER TABLE "agents" DROP COLUMN "inbox_channel_ids";
