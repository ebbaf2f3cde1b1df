-- add column "inbox_channel_ids" to table: "agents"
ALTER TABLE `agents` ADD COLUMN `inbox_channel_ids` json NULL;
