-- reverse: create index "savedreplyaudience_team_id_reply_id_name" to table: "saved_reply_audiences"
DROP INDEX `savedreplyaudience_team_id_reply_id_name`;
-- reverse: create index "savedreplyaudience_team_id_id" to table: "saved_reply_audiences"
DROP INDEX `savedreplyaudience_team_id_id`;
-- reverse: create "saved_reply_audiences" table
DROP TABLE `saved_reply_audiences`;
-- reverse: create index "savedreply_team_id_module_id" to table: "saved_replies"
DROP INDEX `savedreply_team_id_module_id`;
-- reverse: create index "savedreply_team_id_category_folded_title_folded_id" to table: "saved_replies"
DROP INDEX `savedreply_team_id_category_folded_title_folded_id`;
-- reverse: create index "savedreply_team_id_title_folded_id" to table: "saved_replies"
DROP INDEX `savedreply_team_id_title_folded_id`;
-- reverse: create index "savedreply_team_id_id" to table: "saved_replies"
DROP INDEX `savedreply_team_id_id`;
-- reverse: create "saved_replies" table
DROP TABLE `saved_replies`;
-- reverse: create index "draft_team_id_conversation_id_owner_id" to table: "drafts"
DROP INDEX `draft_team_id_conversation_id_owner_id`;
-- reverse: create index "draft_team_id_id" to table: "drafts"
DROP INDEX `draft_team_id_id`;
-- reverse: create "drafts" table
DROP TABLE `drafts`;
