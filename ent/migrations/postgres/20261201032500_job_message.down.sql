-- reverse: set comment to column: "params" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."params" IS 'What was asked for: ids and enums.';
