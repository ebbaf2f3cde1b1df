-- atlas:delimiter \n\n

-- add column "leave_asked_at" to table: "platform_groups"
ALTER TABLE `platform_groups` ADD COLUMN `leave_asked_at` datetime NULL;
