-- create index "company_team_id_number" to table: "companies"
CREATE INDEX `company_team_id_number` ON `companies` (`team_id`, `number`);
-- create "company_field_values" table
CREATE TABLE `company_field_values` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `ordinal` integer NOT NULL DEFAULT (0), `text_value` text NULL, `key_value` text NULL, `number_value` real NULL, `time_value` datetime NULL, `set_value` text NULL, `field_id` integer NOT NULL, `company_id` integer NOT NULL, CONSTRAINT `company_field_values_custom_fields_custom_field` FOREIGN KEY (`team_id`, `field_id`) REFERENCES `custom_fields` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `company_field_values_companies_company` FOREIGN KEY (`team_id`, `company_id`) REFERENCES `companies` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "companyfieldvalue_team_id_id" to table: "company_field_values"
CREATE UNIQUE INDEX `companyfieldvalue_team_id_id` ON `company_field_values` (`team_id`, `id`);
-- create index "companyfieldvalue_team_id_company_id_field_id_ordinal" to table: "company_field_values"
CREATE UNIQUE INDEX `companyfieldvalue_team_id_company_id_field_id_ordinal` ON `company_field_values` (`team_id`, `company_id`, `field_id`, `ordinal`);
-- create index "companyfieldvalue_team_id_field_id_key_value_company_id" to table: "company_field_values"
CREATE INDEX `companyfieldvalue_team_id_field_id_key_value_company_id` ON `company_field_values` (`team_id`, `field_id`, `key_value`, `company_id`);
-- create index "companyfieldvalue_team_id_field_id_number_value_company_id" to table: "company_field_values"
CREATE INDEX `companyfieldvalue_team_id_field_id_number_value_company_id` ON `company_field_values` (`team_id`, `field_id`, `number_value`, `company_id`);
-- create index "companyfieldvalue_team_id_field_id_time_value_company_id" to table: "company_field_values"
CREATE INDEX `companyfieldvalue_team_id_field_id_time_value_company_id` ON `company_field_values` (`team_id`, `field_id`, `time_value`, `company_id`);
