-- modify "teams" table
ALTER TABLE "teams" ADD COLUMN "idle_minutes" bigint NOT NULL DEFAULT 0, ADD COLUMN "connections_per_agent" bigint NOT NULL DEFAULT 0, ADD COLUMN "connections_per_team" bigint NOT NULL DEFAULT 0;
-- set comment to column: "idle_minutes" on table: "teams"
COMMENT ON COLUMN "teams"."idle_minutes" IS 'After how many minutes without an action a live connection is closed; 0 is the server''s limit (RT-5).';
-- set comment to column: "connections_per_agent" on table: "teams"
COMMENT ON COLUMN "teams"."connections_per_agent" IS 'Live connections an agent may have; 0 is the server''s limit (RT-5).';
-- set comment to column: "connections_per_team" on table: "teams"
COMMENT ON COLUMN "teams"."connections_per_team" IS 'Live connections the team may have; 0 is the server''s limit (RT-5).';
