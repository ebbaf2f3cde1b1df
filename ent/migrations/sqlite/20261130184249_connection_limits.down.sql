-- reverse: add columns to table: "teams"
ALTER TABLE `teams` DROP COLUMN `connections_per_team`;
ALTER TABLE `teams` DROP COLUMN `connections_per_agent`;
ALTER TABLE `teams` DROP COLUMN `idle_minutes`;
