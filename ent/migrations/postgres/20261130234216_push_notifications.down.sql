-- reverse: set comment to column: "agent_id" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."agent_id" IS '';
-- reverse: set comment to column: "failure" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."failure" IS '';
-- reverse: set comment to column: "pushed_at" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."pushed_at" IS '';
-- reverse: set comment to column: "user_agent" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."user_agent" IS '';
-- reverse: set comment to column: "public_key" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."public_key" IS '';
-- reverse: set comment to column: "target" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."target" IS '';
-- reverse: set comment to column: "service" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."service" IS '';
-- reverse: set comment to column: "endpoint_hash" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."endpoint_hash" IS '';
-- reverse: set comment to column: "family" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."family" IS '';
-- reverse: set comment to column: "updated_at" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "push_subscriptions"
COMMENT ON COLUMN "push_subscriptions"."team_id" IS '';
-- reverse: set comment to table: "push_subscriptions"
COMMENT ON TABLE "push_subscriptions" IS '';
-- reverse: create index "pushsubscription_team_id_id" to table: "push_subscriptions"
DROP INDEX "pushsubscription_team_id_id";
-- reverse: create index "pushsubscription_team_id_endpoint_hash" to table: "push_subscriptions"
DROP INDEX "pushsubscription_team_id_endpoint_hash";
-- reverse: create index "pushsubscription_team_id_agent_id" to table: "push_subscriptions"
DROP INDEX "pushsubscription_team_id_agent_id";
-- reverse: create "push_subscriptions" table
DROP TABLE "push_subscriptions";
-- reverse: set comment to column: "notification_id" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."notification_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."created_at" IS '';
-- reverse: set comment to column: "next_try_at" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."next_try_at" IS '';
-- reverse: set comment to column: "took_ms" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."took_ms" IS '';
-- reverse: set comment to column: "answer" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."answer" IS '';
-- reverse: set comment to column: "failure" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."failure" IS '';
-- reverse: set comment to column: "status" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."status" IS '';
-- reverse: set comment to column: "tries" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."tries" IS '';
-- reverse: set comment to column: "state" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."state" IS '';
-- reverse: set comment to column: "subscription_id" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."subscription_id" IS '';
-- reverse: set comment to column: "team_id" on table: "push_deliveries"
COMMENT ON COLUMN "push_deliveries"."team_id" IS '';
-- reverse: set comment to table: "push_deliveries"
COMMENT ON TABLE "push_deliveries" IS '';
-- reverse: create index "pushdelivery_team_id_subscription_id_state_id" to table: "push_deliveries"
DROP INDEX "pushdelivery_team_id_subscription_id_state_id";
-- reverse: create index "pushdelivery_team_id_subscription_id_id" to table: "push_deliveries"
DROP INDEX "pushdelivery_team_id_subscription_id_id";
-- reverse: create index "pushdelivery_team_id_notification_id_subscription_id" to table: "push_deliveries"
DROP INDEX "pushdelivery_team_id_notification_id_subscription_id";
-- reverse: create index "pushdelivery_team_id_id" to table: "push_deliveries"
DROP INDEX "pushdelivery_team_id_id";
-- reverse: create index "pushdelivery_team_id_created_at" to table: "push_deliveries"
DROP INDEX "pushdelivery_team_id_created_at";
-- reverse: create "push_deliveries" table
DROP TABLE "push_deliveries";
-- reverse: set comment to column: "message_id" on table: "notifications"
COMMENT ON COLUMN "notifications"."message_id" IS '';
-- reverse: create index "notification_team_id_agent_id_conversation_id" to table: "notifications"
DROP INDEX "notification_team_id_agent_id_conversation_id";
-- reverse: modify "notifications" table
ALTER TABLE "notifications" DROP COLUMN "message_id";
-- reverse: set comment to column: "agent_id" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."agent_id" IS '';
-- reverse: set comment to column: "muted" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."muted" IS '';
-- reverse: set comment to column: "sound" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."sound" IS '';
-- reverse: set comment to column: "new_messages" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."new_messages" IS '';
-- reverse: set comment to column: "updated_at" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "notice_settings"
COMMENT ON COLUMN "notice_settings"."team_id" IS '';
-- reverse: set comment to table: "notice_settings"
COMMENT ON TABLE "notice_settings" IS '';
-- reverse: create index "noticesettings_team_id_id" to table: "notice_settings"
DROP INDEX "noticesettings_team_id_id";
-- reverse: create index "noticesettings_team_id_agent_id" to table: "notice_settings"
DROP INDEX "noticesettings_team_id_agent_id";
-- reverse: create "notice_settings" table
DROP TABLE "notice_settings";
-- reverse: set comment to column: "delivered_at" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."delivered_at" IS '';
-- reverse: set comment to column: "disabled_at" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."disabled_at" IS '';
-- reverse: set comment to column: "failing_since" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."failing_since" IS '';
-- reverse: set comment to column: "previous_until" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."previous_until" IS '';
-- reverse: set comment to column: "previous_secret" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."previous_secret" IS '';
-- reverse: set comment to column: "secret" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."secret" IS '';
-- reverse: set comment to column: "url" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."url" IS '';
-- reverse: set comment to column: "updated_at" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "push_webhooks"
COMMENT ON COLUMN "push_webhooks"."team_id" IS '';
-- reverse: set comment to table: "push_webhooks"
COMMENT ON TABLE "push_webhooks" IS '';
-- reverse: create index "pushwebhook_team_id_id" to table: "push_webhooks"
DROP INDEX "pushwebhook_team_id_id";
-- reverse: create index "pushwebhook_team_id" to table: "push_webhooks"
DROP INDEX "pushwebhook_team_id";
-- reverse: create "push_webhooks" table
DROP TABLE "push_webhooks";
-- reverse: set comment to column: "created_at" on table: "push_keys"
COMMENT ON COLUMN "push_keys"."created_at" IS '';
-- reverse: set comment to column: "private_key" on table: "push_keys"
COMMENT ON COLUMN "push_keys"."private_key" IS '';
-- reverse: set comment to column: "public_key" on table: "push_keys"
COMMENT ON COLUMN "push_keys"."public_key" IS '';
-- reverse: set comment to column: "team_id" on table: "push_keys"
COMMENT ON COLUMN "push_keys"."team_id" IS '';
-- reverse: set comment to table: "push_keys"
COMMENT ON TABLE "push_keys" IS '';
-- reverse: create index "pushkey_team_id_id" to table: "push_keys"
DROP INDEX "pushkey_team_id_id";
-- reverse: create index "pushkey_team_id" to table: "push_keys"
DROP INDEX "pushkey_team_id";
-- reverse: create "push_keys" table
DROP TABLE "push_keys";
