-- reverse: add column "inbox_channel_ids" to table: "agents"
ALTER TABLE `agents` DROP COLUMN `inbox_channel_ids`;
