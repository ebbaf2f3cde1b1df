-- reverse: create index "shift_team_id_name_folded" to table: "shifts"
DROP INDEX `shift_team_id_name_folded`;
-- reverse: create index "shift_team_id_id" to table: "shifts"
DROP INDEX `shift_team_id_id`;
-- reverse: create "shifts" table
DROP TABLE `shifts`;
-- reverse: create index "keywordrule_team_id_position_id" to table: "keyword_rules"
DROP INDEX `keywordrule_team_id_position_id`;
-- reverse: create index "keywordrule_team_id_id" to table: "keyword_rules"
DROP INDEX `keywordrule_team_id_id`;
-- reverse: create "keyword_rules" table
DROP TABLE `keyword_rules`;
-- reverse: create index "keptfile_team_id_file_id" to table: "kept_files"
DROP INDEX `keptfile_team_id_file_id`;
-- reverse: create index "keptfile_team_id_holder_file_id" to table: "kept_files"
DROP INDEX `keptfile_team_id_holder_file_id`;
-- reverse: create index "keptfile_team_id_id" to table: "kept_files"
DROP INDEX `keptfile_team_id_id`;
-- reverse: create "kept_files" table
DROP TABLE `kept_files`;
-- reverse: create index "botmodule_team_id_name_folded" to table: "bot_modules"
DROP INDEX `botmodule_team_id_name_folded`;
-- reverse: create index "botmodule_team_id_id" to table: "bot_modules"
DROP INDEX `botmodule_team_id_id`;
-- reverse: create "bot_modules" table
DROP TABLE `bot_modules`;
-- reverse: create index "botentry_team_id_channel_id_kind_value_folded" to table: "bot_entries"
DROP INDEX `botentry_team_id_channel_id_kind_value_folded`;
-- reverse: create index "botentry_team_id_id" to table: "bot_entries"
DROP INDEX `botentry_team_id_id`;
-- reverse: create "bot_entries" table
DROP TABLE `bot_entries`;
-- reverse: create index "automation_team_id" to table: "automations"
DROP INDEX `automation_team_id`;
-- reverse: create index "automation_team_id_id" to table: "automations"
DROP INDEX `automation_team_id_id`;
-- reverse: create "automations" table
DROP TABLE `automations`;
-- reverse: create index "assignmentturn_team_id_agent_id" to table: "assignment_turns"
DROP INDEX `assignmentturn_team_id_agent_id`;
-- reverse: create index "assignmentturn_team_id_id" to table: "assignment_turns"
DROP INDEX `assignmentturn_team_id_id`;
-- reverse: create "assignment_turns" table
DROP TABLE `assignment_turns`;
