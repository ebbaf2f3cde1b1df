-- add columns to table: "teams"
ALTER TABLE `teams` ADD COLUMN `idle_minutes` integer NOT NULL DEFAULT (0);
ALTER TABLE `teams` ADD COLUMN `connections_per_agent` integer NOT NULL DEFAULT (0);
ALTER TABLE `teams` ADD COLUMN `connections_per_team` integer NOT NULL DEFAULT (0);
