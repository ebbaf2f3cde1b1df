-- reverse: set comment to column: "job_id" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."job_id" IS '';
-- reverse: set comment to column: "params" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."params" IS '';
-- reverse: set comment to column: "reason" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."reason" IS '';
-- reverse: set comment to column: "code" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."code" IS '';
-- reverse: set comment to column: "state" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."state" IS '';
-- reverse: set comment to column: "conversation_id" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."conversation_id" IS '';
-- reverse: set comment to column: "position" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."position" IS '';
-- reverse: set comment to column: "team_id" on table: "bulk_items"
COMMENT ON COLUMN "bulk_items"."team_id" IS '';
-- reverse: set comment to table: "bulk_items"
COMMENT ON TABLE "bulk_items" IS '';
-- reverse: create index "bulkitem_team_id_job_id_position" to table: "bulk_items"
DROP INDEX "bulkitem_team_id_job_id_position";
-- reverse: create index "bulkitem_team_id_id" to table: "bulk_items"
DROP INDEX "bulkitem_team_id_id";
-- reverse: create "bulk_items" table
DROP TABLE "bulk_items";
-- reverse: set comment to column: "collaborates" on table: "teams"
COMMENT ON COLUMN "teams"."collaborates" IS '';
-- reverse: modify "teams" table
ALTER TABLE "teams" DROP COLUMN "collaborates";
-- reverse: set comment to column: "collaborator_unread" on table: "conversations"
COMMENT ON COLUMN "conversations"."collaborator_unread" IS '';
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "collaborator_unread";
-- reverse: set comment to column: "phone_digits" on table: "agents"
COMMENT ON COLUMN "agents"."phone_digits" IS '';
-- reverse: set comment to column: "phone" on table: "agents"
COMMENT ON COLUMN "agents"."phone" IS '';
-- reverse: modify "agents" table
ALTER TABLE "agents" DROP COLUMN "phone_digits", DROP COLUMN "phone";
