-- reverse: set comment to column: "company_id" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."company_id" IS '';
-- reverse: set comment to column: "field_id" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."field_id" IS '';
-- reverse: set comment to column: "set_value" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."set_value" IS '';
-- reverse: set comment to column: "time_value" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."time_value" IS '';
-- reverse: set comment to column: "number_value" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."number_value" IS '';
-- reverse: set comment to column: "key_value" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."key_value" IS '';
-- reverse: set comment to column: "text_value" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."text_value" IS '';
-- reverse: set comment to column: "ordinal" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."ordinal" IS '';
-- reverse: set comment to column: "team_id" on table: "company_field_values"
COMMENT ON COLUMN "company_field_values"."team_id" IS '';
-- reverse: set comment to table: "company_field_values"
COMMENT ON TABLE "company_field_values" IS '';
-- reverse: create index "companyfieldvalue_team_id_id" to table: "company_field_values"
DROP INDEX "companyfieldvalue_team_id_id";
-- reverse: create index "companyfieldvalue_team_id_field_id_time_value_company_id" to table: "company_field_values"
DROP INDEX "companyfieldvalue_team_id_field_id_time_value_company_id";
-- reverse: create index "companyfieldvalue_team_id_field_id_number_value_company_id" to table: "company_field_values"
DROP INDEX "companyfieldvalue_team_id_field_id_number_value_company_id";
-- reverse: create index "companyfieldvalue_team_id_field_id_key_value_company_id" to table: "company_field_values"
DROP INDEX "companyfieldvalue_team_id_field_id_key_value_company_id";
-- reverse: create index "companyfieldvalue_team_id_company_id_field_id_ordinal" to table: "company_field_values"
DROP INDEX "companyfieldvalue_team_id_company_id_field_id_ordinal";
-- reverse: create "company_field_values" table
DROP TABLE "company_field_values";
-- reverse: create index "company_team_id_number" to table: "companies"
DROP INDEX "company_team_id_number";
