-- reverse: set comment to column: "agent_id" on table: "reminders"
COMMENT ON COLUMN "reminders"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "reminders"
COMMENT ON COLUMN "reminders"."conversation_id" IS '';
-- reverse: set comment to column: "ended_at" on table: "reminders"
COMMENT ON COLUMN "reminders"."ended_at" IS '';
-- reverse: set comment to column: "note" on table: "reminders"
COMMENT ON COLUMN "reminders"."note" IS '';
-- reverse: set comment to column: "due_at" on table: "reminders"
COMMENT ON COLUMN "reminders"."due_at" IS '';
-- reverse: set comment to column: "set_at" on table: "reminders"
COMMENT ON COLUMN "reminders"."set_at" IS '';
-- reverse: set comment to column: "owner_id" on table: "reminders"
COMMENT ON COLUMN "reminders"."owner_id" IS '';
-- reverse: set comment to column: "team_id" on table: "reminders"
COMMENT ON COLUMN "reminders"."team_id" IS '';
-- reverse: set comment to table: "reminders"
COMMENT ON TABLE "reminders" IS '';
-- reverse: create index "reminder_team_id_id" to table: "reminders"
DROP INDEX "reminder_team_id_id";
-- reverse: create index "reminder_team_id_conversation_id_owner_id" to table: "reminders"
DROP INDEX "reminder_team_id_conversation_id_owner_id";
-- reverse: create index "reminder_due_at" to table: "reminders"
DROP INDEX "reminder_due_at";
-- reverse: create "reminders" table
DROP TABLE "reminders";
-- reverse: set comment to column: "snooze_ended" on table: "conversations"
COMMENT ON COLUMN "conversations"."snooze_ended" IS '';
-- reverse: set comment to column: "last_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_at" IS 'When its newest message arrived, or when it was created: what lists sort by.';
-- reverse: set comment to column: "queue" on table: "conversations"
COMMENT ON COLUMN "conversations"."queue" IS 'Who serves it while PENDING; HUMAN in every other status.';
-- reverse: create index "conversation_team_id_status_queue_is_archived_waiting_since_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_queue_is_archived_waiting_since_id";
-- reverse: create index "conversation_team_id_status_queue_is_archived_followed_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_queue_is_archived_followed_at_id";
-- reverse: create index "conversation_team_id_follower__20451f1ffd03eb5c3cc51c257fa5ffb5" to table: "conversations"
DROP INDEX "conversation_team_id_follower__20451f1ffd03eb5c3cc51c257fa5ffb5";
-- what is snoozed is in the views again
INSERT INTO "conversation_counters" ("team_id", "channel_id", "branch_id", "region_id", "kind", "status", "queue", "follower_id", "audience", "n", "unread_conversations", "unread")
 SELECT "team_id", "channel_id", "branch_id", "region_id", "kind", "status", '', "follower_id", "audience", "n", "unread_conversations", "unread" FROM "conversation_counters" WHERE "queue" = 'SNOOZED'
 ON CONFLICT ("team_id", "status", "queue", "follower_id", "channel_id", "kind", "branch_id", "region_id", "audience") DO UPDATE SET "n" = "conversation_counters"."n" + excluded."n",
 "unread_conversations" = "conversation_counters"."unread_conversations" + excluded."unread_conversations", "unread" = "conversation_counters"."unread" + excluded."unread";
DELETE FROM "conversation_counters" WHERE "queue" = 'SNOOZED';
UPDATE "conversations" SET "queue" = 'HUMAN' WHERE "queue" = 'SNOOZED';
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "snooze_ended";
-- reverse: drop index "conversation_team_id_status_is_archived_waiting_since_id" from table: "conversations"
CREATE INDEX "conversation_team_id_status_is_archived_waiting_since_id" ON "conversations" ("team_id", "status", "is_archived", "waiting_since", "id");
-- reverse: drop index "conversation_team_id_status_is_archived_followed_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_status_is_archived_followed_at_id" ON "conversations" ("team_id", "status", "is_archived", "followed_at", "id");
-- reverse: drop index "conversation_team_id_follower_id_status_is_archived_last_at_id" from table: "conversations"
CREATE INDEX "conversation_team_id_follower_id_status_is_archived_last_at_id" ON "conversations" ("team_id", "follower_id", "status", "is_archived", "last_at", "id");
