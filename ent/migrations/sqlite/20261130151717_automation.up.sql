-- create "assignment_turns" table
CREATE TABLE `assignment_turns` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `turn` integer NOT NULL, `at` datetime NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `assignment_turns_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "assignmentturn_team_id_id" to table: "assignment_turns"
CREATE UNIQUE INDEX `assignmentturn_team_id_id` ON `assignment_turns` (`team_id`, `id`);
-- create index "assignmentturn_team_id_agent_id" to table: "assignment_turns"
CREATE UNIQUE INDEX `assignmentturn_team_id_agent_id` ON `assignment_turns` (`team_id`, `agent_id`);
-- create "automations" table
CREATE TABLE `automations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `is_assigning` bool NOT NULL DEFAULT (false), `turn` integer NOT NULL DEFAULT (0));
-- create index "automation_team_id_id" to table: "automations"
CREATE UNIQUE INDEX `automation_team_id_id` ON `automations` (`team_id`, `id`);
-- create index "automation_team_id" to table: "automations"
CREATE UNIQUE INDEX `automation_team_id` ON `automations` (`team_id`);
-- create "bot_entries" table
CREATE TABLE `bot_entries` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `kind` text NOT NULL, `value` text NOT NULL, `value_folded` text NOT NULL, `expires_at` datetime NULL, `channel_id` integer NOT NULL, `module_id` integer NULL, CONSTRAINT `bot_entries_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `bot_entries_bot_modules_module` FOREIGN KEY (`team_id`, `module_id`) REFERENCES `bot_modules` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "botentry_team_id_id" to table: "bot_entries"
CREATE UNIQUE INDEX `botentry_team_id_id` ON `bot_entries` (`team_id`, `id`);
-- create index "botentry_team_id_channel_id_kind_value_folded" to table: "bot_entries"
CREATE UNIQUE INDEX `botentry_team_id_channel_id_kind_value_folded` ON `bot_entries` (`team_id`, `channel_id`, `kind`, `value_folded`);
-- create "bot_modules" table
CREATE TABLE `bot_modules` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `messages` text NOT NULL DEFAULT (''));
-- create index "botmodule_team_id_id" to table: "bot_modules"
CREATE UNIQUE INDEX `botmodule_team_id_id` ON `bot_modules` (`team_id`, `id`);
-- create index "botmodule_team_id_name_folded" to table: "bot_modules"
CREATE UNIQUE INDEX `botmodule_team_id_name_folded` ON `bot_modules` (`team_id`, `name_folded`);
-- create "kept_files" table
CREATE TABLE `kept_files` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `holder` text NOT NULL, `file_id` integer NOT NULL, CONSTRAINT `kept_files_files_file` FOREIGN KEY (`team_id`, `file_id`) REFERENCES `files` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "keptfile_team_id_id" to table: "kept_files"
CREATE UNIQUE INDEX `keptfile_team_id_id` ON `kept_files` (`team_id`, `id`);
-- create index "keptfile_team_id_holder_file_id" to table: "kept_files"
CREATE UNIQUE INDEX `keptfile_team_id_holder_file_id` ON `kept_files` (`team_id`, `holder`, `file_id`);
-- create index "keptfile_team_id_file_id" to table: "kept_files"
CREATE INDEX `keptfile_team_id_file_id` ON `kept_files` (`team_id`, `file_id`);
-- create "keyword_rules" table
CREATE TABLE `keyword_rules` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `position` integer NOT NULL, `is_enabled` bool NOT NULL DEFAULT (true), `keywords` json NOT NULL, `channel_ids` json NULL, `statuses` json NULL, `messages` text NOT NULL DEFAULT (''), `module_id` integer NULL, `agent_id` integer NULL, CONSTRAINT `keyword_rules_bot_modules_module` FOREIGN KEY (`team_id`, `module_id`) REFERENCES `bot_modules` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `keyword_rules_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "keywordrule_team_id_id" to table: "keyword_rules"
CREATE UNIQUE INDEX `keywordrule_team_id_id` ON `keyword_rules` (`team_id`, `id`);
-- create index "keywordrule_team_id_position_id" to table: "keyword_rules"
CREATE INDEX `keywordrule_team_id_position_id` ON `keyword_rules` (`team_id`, `position`, `id`);
-- create "shifts" table
CREATE TABLE `shifts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `time_zone` text NOT NULL, `days` json NOT NULL, `starts_at` integer NOT NULL, `ends_at` integer NOT NULL, `holidays` json NULL, `agent_ids` json NULL);
-- create index "shift_team_id_id" to table: "shifts"
CREATE UNIQUE INDEX `shift_team_id_id` ON `shifts` (`team_id`, `id`);
-- create index "shift_team_id_name_folded" to table: "shifts"
CREATE UNIQUE INDEX `shift_team_id_name_folded` ON `shifts` (`team_id`, `name_folded`);
