-- modify "channels" table
ALTER TABLE "channels" ADD COLUMN "audience" text NOT NULL DEFAULT '', ADD COLUMN "audiences" jsonb NULL;
-- set comment to column: "audience" on table: "channels"
COMMENT ON COLUMN "channels"."audience" IS 'To whom its new enquiries go (CHAN-8): empty for everybody, =branch, or ,agent,agent, in order.';
-- set comment to column: "audiences" on table: "channels"
COMMENT ON COLUMN "channels"."audiences" IS 'All that it ever went to but everybody, since conversations keep theirs while they wait.';
-- drop index "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243" from table: "conversation_counters"
DROP INDEX "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243";
-- modify "conversation_counters" table
ALTER TABLE "conversation_counters" ADD COLUMN "audience" text NOT NULL DEFAULT '';
-- create index "counter_team_id_status_queue_f_8596fbe4b20830bfe33d630014d49e04" to table: "conversation_counters"
CREATE UNIQUE INDEX "counter_team_id_status_queue_f_8596fbe4b20830bfe33d630014d49e04" ON "conversation_counters" ("team_id", "status", "queue", "follower_id", "channel_id", "kind", "branch_id", "region_id", "audience");
-- set comment to column: "audience" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."audience" IS 'To whom the enquiry went, while PENDING (CHAN-8); empty for everybody.';
-- modify "conversations" table
ALTER TABLE "conversations" ADD COLUMN "audience" text NOT NULL DEFAULT '';
-- create index "conversation_team_id_audience_queue_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_audience_queue_last_at_id" ON "conversations" ("team_id", "audience", "queue", "last_at", "id") WHERE ((status)::text = 'PENDING'::text);
-- create index "conversation_team_id_audience_queue_waiting_since_id" to table: "conversations"
CREATE INDEX "conversation_team_id_audience_queue_waiting_since_id" ON "conversations" ("team_id", "audience", "queue", "waiting_since", "id") WHERE ((status)::text = 'PENDING'::text);
-- set comment to column: "audience" on table: "conversations"
COMMENT ON COLUMN "conversations"."audience" IS 'To whom the enquiry went that it began to wait with, as its channel said then (CHAN-8); counts while PENDING.';
