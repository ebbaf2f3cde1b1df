-- atlas:delimiter \n\n

-- add column "begun_by" to table: "conversations"
ALTER TABLE `conversations` ADD COLUMN `begun_by` text NOT NULL DEFAULT ('CUSTOMER');

-- add column "note_folded" to table: "platform_groups"
ALTER TABLE `platform_groups` ADD COLUMN `note_folded` text NOT NULL DEFAULT ('');

-- add column "note_version" to table: "platform_groups"
ALTER TABLE `platform_groups` ADD COLUMN `note_version` integer NOT NULL DEFAULT (0);

-- create "channel_informations" table
CREATE TABLE `channel_informations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `is_on` bool NOT NULL DEFAULT (false), `text` text NOT NULL DEFAULT (''), `channel_id` integer NOT NULL, CONSTRAINT `channel_informations_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);

-- create index "channelinformation_team_id_id" to table: "channel_informations"
CREATE UNIQUE INDEX `channelinformation_team_id_id` ON `channel_informations` (`team_id`, `id`);

-- create index "channelinformation_team_id_channel_id" to table: "channel_informations"
CREATE UNIQUE INDEX `channelinformation_team_id_channel_id` ON `channel_informations` (`team_id`, `channel_id`);

-- the notes of groups in the index of names; no note was written before
CREATE TRIGGER `search_platform_groups_added` AFTER INSERT ON `platform_groups` BEGIN INSERT INTO `search_names` (rowid, `grams`) SELECT NEW.id * 8 + 6, group_concat(printf('%x', ((unicode(substr(NEW.note_folded, n, 1)) * 2097152) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647) || coalesce(' ' || printf('%x', ((unicode(substr(NEW.note_folded, n, 1)) * 2097152 + unicode(substr(NEW.note_folded, n + 1, 1))) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647), '') || iif(n = 20000, ' ' || printf('%x', ((0) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647), ''), ' ') FROM `search_places` WHERE n <= length(NEW.note_folded) HAVING count(*) > 0; END;

CREATE TRIGGER `search_platform_groups_changed` AFTER UPDATE OF `note_folded` ON `platform_groups` WHEN OLD.note_folded IS NOT NEW.note_folded BEGIN DELETE FROM `search_names` WHERE rowid = OLD.id * 8 + 6; INSERT INTO `search_names` (rowid, `grams`) SELECT NEW.id * 8 + 6, group_concat(printf('%x', ((unicode(substr(NEW.note_folded, n, 1)) * 2097152) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647) || coalesce(' ' || printf('%x', ((unicode(substr(NEW.note_folded, n, 1)) * 2097152 + unicode(substr(NEW.note_folded, n + 1, 1))) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647), '') || iif(n = 20000, ' ' || printf('%x', ((0) % 1000000007 * 2654435 + (NEW.team_id * 8 + 6) % 1000000007 * 40503) % 2147483647), ''), ' ') FROM `search_places` WHERE n <= length(NEW.note_folded) HAVING count(*) > 0; END;

CREATE TRIGGER `search_platform_groups_deleted` AFTER DELETE ON `platform_groups` BEGIN DELETE FROM `search_names` WHERE rowid = OLD.id * 8 + 6; END;
