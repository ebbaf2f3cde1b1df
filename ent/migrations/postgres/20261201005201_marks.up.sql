-- modify "channel_scripts" table
ALTER TABLE "channel_scripts" ADD COLUMN "ends_idle" boolean NOT NULL DEFAULT false, ADD COLUMN "idle_minutes" bigint NOT NULL DEFAULT 60, ADD COLUMN "has_reminder" boolean NOT NULL DEFAULT false, ADD COLUMN "reminder" text NOT NULL DEFAULT '', ADD COLUMN "spares_pinned" boolean NOT NULL DEFAULT false, ADD COLUMN "idle_look_at" timestamptz NULL;
-- set comment to table: "channel_scripts"
COMMENT ON TABLE "channel_scripts" IS 'Welcome, away and closing messages of channels, the agent''s name in them (CHAN-5, CHAN-6), and when idle conversations end (CONV-10).';
-- set comment to column: "ends_idle" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."ends_idle" IS 'Whether a conversation ends by itself where the customer does not answer (CONV-10).';
-- set comment to column: "idle_minutes" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."idle_minutes" IS 'How long after staff''s last answer that is, without the two minutes that follow.';
-- set comment to column: "has_reminder" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."has_reminder" IS 'Whether the customer is reminded two minutes before.';
-- set comment to column: "reminder" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."reminder" IS 'The text; empty for the default.';
-- set comment to column: "spares_pinned" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."spares_pinned" IS 'Whether what somebody has pinned does not end by itself.';
-- set comment to column: "idle_look_at" on table: "channel_scripts"
COMMENT ON COLUMN "channel_scripts"."idle_look_at" IS 'When idle conversations are looked for next, as the task that will do it says; NULL where none does.';
-- drop index "conversation_team_id_audience_queue_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_audience_queue_last_at_id";
-- drop index "conversation_team_id_audience_queue_waiting_since_id" from table: "conversations"
DROP INDEX "conversation_team_id_audience_queue_waiting_since_id";
-- drop index "conversation_team_id_channel_id_status_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_channel_id_status_last_at_id";
-- drop index "conversation_team_id_follower_id_status_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_follower_id_status_last_at_id";
-- drop index "conversation_team_id_is_from_ad_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_is_from_ad_last_at_id";
-- drop index "conversation_team_id_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_last_at_id";
-- drop index "conversation_team_id_status_followed_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_status_followed_at_id";
-- drop index "conversation_team_id_status_queue_last_at_id" from table: "conversations"
DROP INDEX "conversation_team_id_status_queue_last_at_id";
-- drop index "conversation_team_id_status_waiting_since_id" from table: "conversations"
DROP INDEX "conversation_team_id_status_waiting_since_id";
-- modify "conversations" table
ALTER TABLE "conversations" ADD COLUMN "pinned_by" jsonb NULL, ADD COLUMN "idle_since" timestamptz NULL, ADD COLUMN "reminded_at" timestamptz NULL;
-- create index "conversation_team_id_audience__f783f6f00ce8b167881e58d2edae79f3" to table: "conversations"
CREATE INDEX "conversation_team_id_audience__f783f6f00ce8b167881e58d2edae79f3" ON "conversations" ("team_id", "audience", "queue", "is_archived", "waiting_since", "id") WHERE ((status)::text = 'PENDING'::text);
-- create index "conversation_team_id_audience_queue_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_audience_queue_is_archived_last_at_id" ON "conversations" ("team_id", "audience", "queue", "is_archived", "last_at", "id") WHERE ((status)::text = 'PENDING'::text);
-- what staff answered last before this migration is idle since then (CONV-10)
UPDATE "conversations" SET idle_since = last_message_at WHERE status = 'IN_PROGRESS' AND last_message_sender = 'AGENT' AND last_message_at IS NOT NULL;
-- create index "conversation_team_id_channel_id_idle_since" to table: "conversations"
CREATE INDEX "conversation_team_id_channel_id_idle_since" ON "conversations" ("team_id", "channel_id", "idle_since") WHERE (idle_since IS NOT NULL);
-- create index "conversation_team_id_channel_id_status_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_channel_id_status_is_archived_last_at_id" ON "conversations" ("team_id", "channel_id", "status", "is_archived", "last_at", "id");
-- create index "conversation_team_id_follower_id_status_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_follower_id_status_is_archived_last_at_id" ON "conversations" ("team_id", "follower_id", "status", "is_archived", "last_at", "id");
-- create index "conversation_team_id_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_is_archived_last_at_id" ON "conversations" ("team_id", "is_archived", "last_at", "id");
-- create index "conversation_team_id_is_from_ad_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_is_from_ad_is_archived_last_at_id" ON "conversations" ("team_id", "is_from_ad", "is_archived", "last_at", "id") WHERE is_from_ad;
-- create index "conversation_team_id_status_is_archived_followed_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_status_is_archived_followed_at_id" ON "conversations" ("team_id", "status", "is_archived", "followed_at", "id");
-- create index "conversation_team_id_status_is_archived_waiting_since_id" to table: "conversations"
CREATE INDEX "conversation_team_id_status_is_archived_waiting_since_id" ON "conversations" ("team_id", "status", "is_archived", "waiting_since", "id");
-- create index "conversation_team_id_status_queue_is_archived_last_at_id" to table: "conversations"
CREATE INDEX "conversation_team_id_status_queue_is_archived_last_at_id" ON "conversations" ("team_id", "status", "queue", "is_archived", "last_at", "id");
-- set comment to column: "pinned_by" on table: "conversations"
COMMENT ON COLUMN "conversations"."pinned_by" IS 'The agents who have pinned it, a copy of the pins for the row: its follower and collaborators while IN_PROGRESS, nobody else (CONV-20).';
-- set comment to column: "idle_since" on table: "conversations"
COMMENT ON COLUMN "conversations"."idle_since" IS 'Staff''s last answer while IN_PROGRESS; NULL once the customer has written after it (CONV-10).';
-- set comment to column: "reminded_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."reminded_at" IS 'When the customer who was idle was reminded; NULL where it was not (CONV-10).';
-- create "pins" table
CREATE TABLE "pins" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "team_id" bigint NOT NULL, "pinned_at" timestamptz NOT NULL, "conversation_id" bigint NOT NULL, "agent_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "pins_agents_agent" FOREIGN KEY ("team_id", "agent_id") REFERENCES "agents" ("team_id", "id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "pins_conversations_conversation" FOREIGN KEY ("team_id", "conversation_id") REFERENCES "conversations" ("team_id", "id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- create index "pin_team_id_agent_id_conversation_id" to table: "pins"
CREATE UNIQUE INDEX "pin_team_id_agent_id_conversation_id" ON "pins" ("team_id", "agent_id", "conversation_id");
-- create index "pin_team_id_conversation_id" to table: "pins"
CREATE INDEX "pin_team_id_conversation_id" ON "pins" ("team_id", "conversation_id");
-- create index "pin_team_id_id" to table: "pins"
CREATE UNIQUE INDEX "pin_team_id_id" ON "pins" ("team_id", "id");
-- set comment to table: "pins"
COMMENT ON TABLE "pins" IS 'Which conversations each agent has pinned (CONV-20).';
-- set comment to column: "team_id" on table: "pins"
COMMENT ON COLUMN "pins"."team_id" IS 'The team that owns the row.';
-- set comment to column: "pinned_at" on table: "pins"
COMMENT ON COLUMN "pins"."pinned_at" IS 'Since when.';
-- set comment to column: "conversation_id" on table: "pins"
COMMENT ON COLUMN "pins"."conversation_id" IS 'The conversation.';
-- set comment to column: "agent_id" on table: "pins"
COMMENT ON COLUMN "pins"."agent_id" IS 'The agent.';
-- pins: a transaction sees and writes its team's rows alone
ALTER TABLE "pins" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "pins" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
CREATE POLICY "keeper" ON "pins" TO CURRENT_USER USING (current_setting('app.across', true) = 'on') WITH CHECK (current_setting('app.across', true) = 'on');
