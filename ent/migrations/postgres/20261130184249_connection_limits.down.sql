-- reverse: set comment to column: "connections_per_team" on table: "teams"
COMMENT ON COLUMN "teams"."connections_per_team" IS '';
-- reverse: set comment to column: "connections_per_agent" on table: "teams"
COMMENT ON COLUMN "teams"."connections_per_agent" IS '';
-- reverse: set comment to column: "idle_minutes" on table: "teams"
COMMENT ON COLUMN "teams"."idle_minutes" IS '';
-- reverse: modify "teams" table
ALTER TABLE "teams" DROP COLUMN "connections_per_team", DROP COLUMN "connections_per_agent", DROP COLUMN "idle_minutes";
