-- add column "phone" to table: "agents"
ALTER TABLE `agents` ADD COLUMN `phone` text NOT NULL DEFAULT ('');
-- add column "phone_digits" to table: "agents"
ALTER TABLE `agents` ADD COLUMN `phone_digits` text NOT NULL DEFAULT ('');
-- add column "collaborator_unread" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `collaborator_unread` json NULL;
-- add column "collaborates" to table: "teams"
ALTER TABLE `teams` ADD COLUMN `collaborates` bool NOT NULL DEFAULT (false);
-- create "bulk_items" table
CREATE TABLE `bulk_items` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `position` integer NOT NULL, `conversation_id` integer NOT NULL, `state` text NOT NULL DEFAULT ('WAITING'), `code` text NOT NULL DEFAULT (''), `reason` text NOT NULL DEFAULT (''), `params` json NULL, `job_id` integer NOT NULL, CONSTRAINT `bulk_items_job_runs_job` FOREIGN KEY (`team_id`, `job_id`) REFERENCES `job_runs` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "bulkitem_team_id_id" to table: "bulk_items"
CREATE UNIQUE INDEX `bulkitem_team_id_id` ON `bulk_items` (`team_id`, `id`);
-- create index "bulkitem_team_id_job_id_position" to table: "bulk_items"
CREATE UNIQUE INDEX `bulkitem_team_id_job_id_position` ON `bulk_items` (`team_id`, `job_id`, `position`);
