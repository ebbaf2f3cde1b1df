-- reverse: set comment to column: "reply_id" on table: "saved_reply_audiences"
COMMENT ON COLUMN "saved_reply_audiences"."reply_id" IS '';
-- reverse: set comment to column: "name" on table: "saved_reply_audiences"
COMMENT ON COLUMN "saved_reply_audiences"."name" IS '';
-- reverse: set comment to column: "team_id" on table: "saved_reply_audiences"
COMMENT ON COLUMN "saved_reply_audiences"."team_id" IS '';
-- reverse: set comment to table: "saved_reply_audiences"
COMMENT ON TABLE "saved_reply_audiences" IS '';
-- reverse: create index "savedreplyaudience_team_id_reply_id_name" to table: "saved_reply_audiences"
DROP INDEX "savedreplyaudience_team_id_reply_id_name";
-- reverse: create index "savedreplyaudience_team_id_id" to table: "saved_reply_audiences"
DROP INDEX "savedreplyaudience_team_id_id";
-- reverse: create "saved_reply_audiences" table
DROP TABLE "saved_reply_audiences";
-- reverse: set comment to column: "agent_id" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."agent_id" IS '';
-- reverse: set comment to column: "module_id" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."module_id" IS '';
-- reverse: set comment to column: "visibility" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."visibility" IS '';
-- reverse: set comment to column: "brings_module" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."brings_module" IS '';
-- reverse: set comment to column: "file_ids" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."file_ids" IS '';
-- reverse: set comment to column: "category_folded" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."category_folded" IS '';
-- reverse: set comment to column: "category" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."category" IS '';
-- reverse: set comment to column: "words_folded" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."words_folded" IS '';
-- reverse: set comment to column: "body" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."body" IS '';
-- reverse: set comment to column: "title_folded" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."title_folded" IS '';
-- reverse: set comment to column: "title" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."title" IS '';
-- reverse: set comment to column: "updated_at" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "saved_replies"
COMMENT ON COLUMN "saved_replies"."team_id" IS '';
-- reverse: set comment to table: "saved_replies"
COMMENT ON TABLE "saved_replies" IS '';
-- reverse: create index "savedreply_team_id_title_folded_id" to table: "saved_replies"
DROP INDEX "savedreply_team_id_title_folded_id";
-- reverse: create index "savedreply_team_id_module_id" to table: "saved_replies"
DROP INDEX "savedreply_team_id_module_id";
-- reverse: create index "savedreply_team_id_id" to table: "saved_replies"
DROP INDEX "savedreply_team_id_id";
-- reverse: create index "savedreply_team_id_category_folded_title_folded_id" to table: "saved_replies"
DROP INDEX "savedreply_team_id_category_folded_title_folded_id";
-- reverse: create "saved_replies" table
DROP TABLE "saved_replies";
-- reverse: set comment to column: "agent_id" on table: "drafts"
COMMENT ON COLUMN "drafts"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "drafts"
COMMENT ON COLUMN "drafts"."conversation_id" IS '';
-- reverse: set comment to column: "text" on table: "drafts"
COMMENT ON COLUMN "drafts"."text" IS '';
-- reverse: set comment to column: "owner_id" on table: "drafts"
COMMENT ON COLUMN "drafts"."owner_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "drafts"
COMMENT ON COLUMN "drafts"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "drafts"
COMMENT ON COLUMN "drafts"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "drafts"
COMMENT ON COLUMN "drafts"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "drafts"
COMMENT ON COLUMN "drafts"."team_id" IS '';
-- reverse: set comment to table: "drafts"
COMMENT ON TABLE "drafts" IS '';
-- reverse: create index "draft_team_id_id" to table: "drafts"
DROP INDEX "draft_team_id_id";
-- reverse: create index "draft_team_id_conversation_id_owner_id" to table: "drafts"
DROP INDEX "draft_team_id_conversation_id_owner_id";
-- reverse: create "drafts" table
DROP TABLE "drafts";
