-- reverse: create index "finding_team_id_conversation_id_kind_message_id" to table: "findings"
DROP INDEX `finding_team_id_conversation_id_kind_message_id`;
-- reverse: create index "finding_team_id_message_id_position" to table: "findings"
DROP INDEX `finding_team_id_message_id_position`;
-- reverse: create index "finding_team_id_id" to table: "findings"
DROP INDEX `finding_team_id_id`;
-- reverse: create "findings" table
DROP TABLE `findings`;
