-- reverse: create index "companyfieldvalue_team_id_field_id_time_value_company_id" to table: "company_field_values"
DROP INDEX `companyfieldvalue_team_id_field_id_time_value_company_id`;
-- reverse: create index "companyfieldvalue_team_id_field_id_number_value_company_id" to table: "company_field_values"
DROP INDEX `companyfieldvalue_team_id_field_id_number_value_company_id`;
-- reverse: create index "companyfieldvalue_team_id_field_id_key_value_company_id" to table: "company_field_values"
DROP INDEX `companyfieldvalue_team_id_field_id_key_value_company_id`;
-- reverse: create index "companyfieldvalue_team_id_company_id_field_id_ordinal" to table: "company_field_values"
DROP INDEX `companyfieldvalue_team_id_company_id_field_id_ordinal`;
-- reverse: create index "companyfieldvalue_team_id_id" to table: "company_field_values"
DROP INDEX `companyfieldvalue_team_id_id`;
-- reverse: create "company_field_values" table
DROP TABLE `company_field_values`;
-- reverse: create index "company_team_id_number" to table: "companies"
DROP INDEX `company_team_id_number`;
