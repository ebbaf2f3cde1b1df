-- reverse: set comment to column: "agent_id" on table: "pins"
COMMENT ON COLUMN "pins"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "pins"
COMMENT ON COLUMN "pins"."conversation_id" IS '';
-- reverse: set comment to column: "pinned_at" on table: "pins"
COMMENT ON COLUMN "pins"."pinned_at" IS '';
-- reverse: set comment to column: "team_id" on table: "pins"
COMMENT ON COLUMN "pins"."team_id" IS '';
-- reverse: set comment to table: "pins"
COMMENT ON TABLE "pins" IS '';
-- reverse: create index "pin_team_id_id" to table: "pins"
DROP INDEX "pin_team_id_id";
-- reverse: create index "pin_team_id_conversation_id" to table: "pins"
DROP INDEX "pin_team_id_conversation_id";
-- reverse: create index "pin_team_id_agent_id_conversation_id" to table: "pins"
DROP INDEX "pin_team_id_agent_id_conversation_id";
-- reverse: create "pins" table
DROP TABLE "pins";
-- reverse: set comment to column: "reminded_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."reminded_at" IS '';
-- reverse: set comment to column: "idle_since" on table: "conversations"
COMMENT ON COLUMN "conversations"."idle_since" IS '';
-- reverse: set comment to column: "pinned_by" on table: "conversations"
COMMENT ON COLUMN "conversations"."pinned_by" IS '';
-- reverse: create index "conversation_team_id_status_queue_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_queue_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_status_is_archived_waiting_since_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_is_archived_waiting_since_id";
-- reverse: create index "conversation_team_id_status_is_archived_followed_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_is_archived_followed_at_id";
-- reverse: create index "conversation_team_id_is_from_ad_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_is_from_ad_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_follower_id_status_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_follower_id_status_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_channel_id_status_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_channel_id_status_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_channel_id_idle_since" to table: "conversations"
DROP INDEX "conversation_team_id_channel_id_idle_since";
-- reverse: create index "conversation_team_id_audience_queue_is_archived_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_audience_queue_is_archived_last_at_id";
-- reverse: create index "conversation_team_id_audience__f783f6f00ce8b167881e58d2edae79f3" to table: "conversations"
DROP INDEX "conversation_team_id_audience__f783f6f00ce8b167881e58d2edae79f3";
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "reminded_at", DROP COLUMN "idle_since", DROP COLUMN "pinned_by";
-- reverse: drop index "conversation_team_id_status_waiting_since_id" from table: "conversations"
CREATE INDEX "conversation_team_id_status_waiting_since_id" ON "conversations" ("team_id", "status", "waiting_since", "id");
-- reverse: drop index "conversation_team_id_status_queue_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_status_queue_last_at_id" ON "conversations" ("team_id", "status", "queue", "last_at", "id");
-- reverse: drop index "conversation_team_id_status_followed_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_status_followed_at_id" ON "conversations" ("team_id", "status", "followed_at", "id");
-- reverse: drop index "conversation_team_id_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_last_at_id" ON "conversations" ("team_id", "last_at", "id");
-- reverse: drop index "conversation_team_id_is_from_ad_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_is_from_ad_last_at_id" ON "conversations" ("team_id", "is_from_ad", "last_at", "id") WHERE is_from_ad;
-- reverse: drop index "conversation_team_id_follower_id_status_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_follower_id_status_last_at_id" ON "conversations" ("team_id", "follower_id", "status", "last_at", "id");
-- reverse: drop index "conversation_team_id_channel_id_status_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_channel_id_status_last_at_id" ON "conversations" ("team_id", "channel_id", "status", "last_at", "id");
-- reverse: drop index "conversation_team_id_audience_queue_waiting_since_id" from table: "conversations"
CREATE INDEX "conversation_team_id_audience_queue_waiting_since_id" ON "conversations" ("team_id", "audience", "queue", "waiting_since", "id") WHERE ((status)::text = 'PENDING'::text);
-- reverse: drop index "conversation_team_id_audience_queue_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_audience_queue_last_at_id" ON "conversations" ("team_id", "audience", "queue", "last_at", "id") WHERE ((status)::text = 'PENDING'::text);
-- reverse: set comment to column: "idle_look_at" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."idle_look_at" IS '';
-- reverse: set comment to column: "spares_pinned" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."spares_pinned" IS '';
-- reverse: set comment to column: "reminder" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."reminder" IS '';
-- reverse: set comment to column: "has_reminder" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."has_reminder" IS '';
-- reverse: set comment to column: "idle_minutes" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."idle_minutes" IS '';
-- reverse: set comment to column: "ends_idle" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."ends_idle" IS '';
-- reverse: set comment to table: "channel_scripts"
COMMENT ON TABLE "channel_scripts" IS 'Welcome, away and closing messages of channels, and the agent''s name in them (CHAN-5, CHAN-6).';
-- reverse: modify "channel_scripts" table
ALTER TABLE "channel_scripts" DROP COLUMN "idle_look_at", DROP COLUMN "spares_pinned", DROP COLUMN "reminder", DROP COLUMN "has_reminder", DROP COLUMN "idle_minutes", DROP COLUMN "ends_idle";
