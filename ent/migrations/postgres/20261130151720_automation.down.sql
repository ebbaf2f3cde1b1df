-- reverse: set comment to column: "agent_id" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."agent_id" IS '';
-- reverse: set comment to column: "module_id" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."module_id" IS '';
-- reverse: set comment to column: "messages" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."messages" IS '';
-- reverse: set comment to column: "statuses" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."statuses" IS '';
-- reverse: set comment to column: "channel_ids" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."channel_ids" IS '';
-- reverse: set comment to column: "keywords" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."keywords" IS '';
-- reverse: set comment to column: "is_enabled" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."is_enabled" IS '';
-- reverse: set comment to column: "position" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."position" IS '';
-- reverse: set comment to column: "name" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "keyword_rules"
COMMENT ON COLUMN "keyword_rules"."team_id" IS '';
-- reverse: set comment to table: "keyword_rules"
COMMENT ON TABLE "keyword_rules" IS '';
-- reverse: create index "keywordrule_team_id_position_id" to table: "keyword_rules"
DROP INDEX "keywordrule_team_id_position_id";
-- reverse: create index "keywordrule_team_id_id" to table: "keyword_rules"
DROP INDEX "keywordrule_team_id_id";
-- reverse: create "keyword_rules" table
DROP TABLE "keyword_rules";
-- reverse: set comment to column: "file_id" on table: "kept_files"
COMMENT ON COLUMN "kept_files"."file_id" IS '';
-- reverse: set comment to column: "holder" on table: "kept_files"
COMMENT ON COLUMN "kept_files"."holder" IS '';
-- reverse: set comment to column: "team_id" on table: "kept_files"
COMMENT ON COLUMN "kept_files"."team_id" IS '';
-- reverse: set comment to table: "kept_files"
COMMENT ON TABLE "kept_files" IS '';
-- reverse: create index "keptfile_team_id_id" to table: "kept_files"
DROP INDEX "keptfile_team_id_id";
-- reverse: create index "keptfile_team_id_holder_file_id" to table: "kept_files"
DROP INDEX "keptfile_team_id_holder_file_id";
-- reverse: create index "keptfile_team_id_file_id" to table: "kept_files"
DROP INDEX "keptfile_team_id_file_id";
-- reverse: create "kept_files" table
DROP TABLE "kept_files";
-- reverse: set comment to column: "module_id" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."module_id" IS '';
-- reverse: set comment to column: "channel_id" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."channel_id" IS '';
-- reverse: set comment to column: "expires_at" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."expires_at" IS '';
-- reverse: set comment to column: "value_folded" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."value_folded" IS '';
-- reverse: set comment to column: "value" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."value" IS '';
-- reverse: set comment to column: "kind" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."kind" IS '';
-- reverse: set comment to column: "updated_at" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "bot_entries"
COMMENT ON COLUMN "bot_entries"."team_id" IS '';
-- reverse: set comment to table: "bot_entries"
COMMENT ON TABLE "bot_entries" IS '';
-- reverse: create index "botentry_team_id_id" to table: "bot_entries"
DROP INDEX "botentry_team_id_id";
-- reverse: create index "botentry_team_id_channel_id_kind_value_folded" to table: "bot_entries"
DROP INDEX "botentry_team_id_channel_id_kind_value_folded";
-- reverse: create "bot_entries" table
DROP TABLE "bot_entries";
-- reverse: set comment to column: "messages" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."messages" IS '';
-- reverse: set comment to column: "name_folded" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "bot_modules"
COMMENT ON COLUMN "bot_modules"."team_id" IS '';
-- reverse: set comment to table: "bot_modules"
COMMENT ON TABLE "bot_modules" IS '';
-- reverse: create index "botmodule_team_id_name_folded" to table: "bot_modules"
DROP INDEX "botmodule_team_id_name_folded";
-- reverse: create index "botmodule_team_id_id" to table: "bot_modules"
DROP INDEX "botmodule_team_id_id";
-- reverse: create "bot_modules" table
DROP TABLE "bot_modules";
-- reverse: set comment to column: "agent_id" on table: "assignment_turns"
COMMENT ON COLUMN "assignment_turns"."agent_id" IS '';
-- reverse: set comment to column: "at" on table: "assignment_turns"
COMMENT ON COLUMN "assignment_turns"."at" IS '';
-- reverse: set comment to column: "turn" on table: "assignment_turns"
COMMENT ON COLUMN "assignment_turns"."turn" IS '';
-- reverse: set comment to column: "team_id" on table: "assignment_turns"
COMMENT ON COLUMN "assignment_turns"."team_id" IS '';
-- reverse: set comment to table: "assignment_turns"
COMMENT ON TABLE "assignment_turns" IS '';
-- reverse: create index "assignmentturn_team_id_id" to table: "assignment_turns"
DROP INDEX "assignmentturn_team_id_id";
-- reverse: create index "assignmentturn_team_id_agent_id" to table: "assignment_turns"
DROP INDEX "assignmentturn_team_id_agent_id";
-- reverse: create "assignment_turns" table
DROP TABLE "assignment_turns";
-- reverse: set comment to column: "agent_ids" on table: "shifts"
COMMENT ON COLUMN "shifts"."agent_ids" IS '';
-- reverse: set comment to column: "holidays" on table: "shifts"
COMMENT ON COLUMN "shifts"."holidays" IS '';
-- reverse: set comment to column: "ends_at" on table: "shifts"
COMMENT ON COLUMN "shifts"."ends_at" IS '';
-- reverse: set comment to column: "starts_at" on table: "shifts"
COMMENT ON COLUMN "shifts"."starts_at" IS '';
-- reverse: set comment to column: "days" on table: "shifts"
COMMENT ON COLUMN "shifts"."days" IS '';
-- reverse: set comment to column: "time_zone" on table: "shifts"
COMMENT ON COLUMN "shifts"."time_zone" IS '';
-- reverse: set comment to column: "name_folded" on table: "shifts"
COMMENT ON COLUMN "shifts"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "shifts"
COMMENT ON COLUMN "shifts"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "shifts"
COMMENT ON COLUMN "shifts"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "shifts"
COMMENT ON COLUMN "shifts"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "shifts"
COMMENT ON COLUMN "shifts"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "shifts"
COMMENT ON COLUMN "shifts"."team_id" IS '';
-- reverse: set comment to table: "shifts"
COMMENT ON TABLE "shifts" IS '';
-- reverse: create index "shift_team_id_name_folded" to table: "shifts"
DROP INDEX "shift_team_id_name_folded";
-- reverse: create index "shift_team_id_id" to table: "shifts"
DROP INDEX "shift_team_id_id";
-- reverse: create "shifts" table
DROP TABLE "shifts";
-- reverse: set comment to column: "turn" on table: "automations"
COMMENT ON COLUMN "automations"."turn" IS '';
-- reverse: set comment to column: "is_assigning" on table: "automations"
COMMENT ON COLUMN "automations"."is_assigning" IS '';
-- reverse: set comment to column: "updated_at" on table: "automations"
COMMENT ON COLUMN "automations"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "automations"
COMMENT ON COLUMN "automations"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "automations"
COMMENT ON COLUMN "automations"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "automations"
COMMENT ON COLUMN "automations"."team_id" IS '';
-- reverse: set comment to table: "automations"
COMMENT ON TABLE "automations" IS '';
-- reverse: create index "automation_team_id_id" to table: "automations"
DROP INDEX "automation_team_id_id";
-- reverse: create index "automation_team_id" to table: "automations"
DROP INDEX "automation_team_id";
-- reverse: create "automations" table
DROP TABLE "automations";
