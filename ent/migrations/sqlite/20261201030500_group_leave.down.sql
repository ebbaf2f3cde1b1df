-- reverse: add column "leave_asked_at" to table: "platform_groups"
ALTER TABLE `platform_groups` DROP COLUMN `leave_asked_at`;
