-- reverse: set comment to column: "audience" on table: "conversations"
COMMENT ON COLUMN "conversations"."audience" IS '';
-- reverse: create index "conversation_team_id_audience_queue_waiting_since_id" to table: "conversations"
DROP INDEX "conversation_team_id_audience_queue_waiting_since_id";
-- reverse: create index "conversation_team_id_audience_queue_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_audience_queue_last_at_id";
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "audience";
-- reverse: set comment to column: "audience" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."audience" IS '';
-- reverse: create index "counter_team_id_status_queue_f_8596fbe4b20830bfe33d630014d49e04" to table: "conversation_counters"
DROP INDEX "counter_team_id_status_queue_f_8596fbe4b20830bfe33d630014d49e04";
-- reverse: modify "conversation_counters" table
ALTER TABLE "conversation_counters" DROP COLUMN "audience";
-- reverse: drop index "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243" from table: "conversation_counters"
CREATE UNIQUE INDEX "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243" ON "conversation_counters" ("team_id", "status", "queue", "follower_id", "channel_id", "kind", "branch_id", "region_id");
-- reverse: set comment to column: "audiences" on table: "channels"
COMMENT ON COLUMN "channels"."audiences" IS '';
-- reverse: set comment to column: "audience" on table: "channels"
COMMENT ON COLUMN "channels"."audience" IS '';
-- reverse: modify "channels" table
ALTER TABLE "channels" DROP COLUMN "audiences", DROP COLUMN "audience";
