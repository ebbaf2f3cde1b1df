-- modify "agents" table
ALTER TABLE "agents" ADD COLUMN "inbox_channel_ids" jsonb NULL;
-- set comment to column: "inbox_channel_ids" on table: "agents"
COMMENT ON COLUMN "agents"."inbox_channel_ids" IS 'The channels that the agent''s combined list gathers; NULL for all, later ones too (CONV-17).';
