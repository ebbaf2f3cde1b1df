-- reverse: set comment to column: "message_id" on table: "findings"
COMMENT ON COLUMN "findings"."message_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "findings"
COMMENT ON COLUMN "findings"."conversation_id" IS '';
-- reverse: set comment to column: "at" on table: "findings"
COMMENT ON COLUMN "findings"."at" IS '';
-- reverse: set comment to column: "written" on table: "findings"
COMMENT ON COLUMN "findings"."written" IS '';
-- reverse: set comment to column: "value" on table: "findings"
COMMENT ON COLUMN "findings"."value" IS '';
-- reverse: set comment to column: "kind" on table: "findings"
COMMENT ON COLUMN "findings"."kind" IS '';
-- reverse: set comment to column: "position" on table: "findings"
COMMENT ON COLUMN "findings"."position" IS '';
-- reverse: set comment to column: "team_id" on table: "findings"
COMMENT ON COLUMN "findings"."team_id" IS '';
-- reverse: set comment to table: "findings"
COMMENT ON TABLE "findings" IS '';
-- reverse: create index "finding_team_id_message_id_position" to table: "findings"
DROP INDEX "finding_team_id_message_id_position";
-- reverse: create index "finding_team_id_id" to table: "findings"
DROP INDEX "finding_team_id_id";
-- reverse: create index "finding_team_id_conversation_id_kind_message_id" to table: "findings"
DROP INDEX "finding_team_id_conversation_id_kind_message_id";
-- reverse: create "findings" table
DROP TABLE "findings";
