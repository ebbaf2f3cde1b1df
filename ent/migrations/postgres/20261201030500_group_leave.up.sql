-- modify "platform_groups" table
ALTER TABLE "platform_groups" ADD COLUMN "leave_asked_at" timestamptz NULL;
-- set comment to column: "leave_asked_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."leave_asked_at" IS 'Since when the brand has left it and the platform has not confirmed that yet; NULL where nothing is open (GRP-5).';
