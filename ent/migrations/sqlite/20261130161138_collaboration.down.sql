-- reverse: create index "bulkitem_team_id_job_id_position" to table: "bulk_items"
DROP INDEX `bulkitem_team_id_job_id_position`;
-- reverse: create index "bulkitem_team_id_id" to table: "bulk_items"
DROP INDEX `bulkitem_team_id_id`;
-- reverse: create "bulk_items" table
DROP TABLE `bulk_items`;
-- reverse: add column "collaborates" to table: "teams"
ALTER TABLE `teams` DROP COLUMN `collaborates`;
-- reverse: add column "collaborator_unread" to table: "conversations"
ALTER TABLE `conversations` DROP COLUMN `collaborator_unread`;
-- reverse: add column "phone_digits" to table: "agents"
ALTER TABLE `agents` DROP COLUMN `phone_digits`;
-- reverse: add column "phone" to table: "agents"
ALTER TABLE `agents` DROP COLUMN `phone`;
