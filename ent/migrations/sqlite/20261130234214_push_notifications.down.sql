-- reverse: create index "pushwebhook_team_id" to table: "push_webhooks"
DROP INDEX `pushwebhook_team_id`;
-- reverse: create index "pushwebhook_team_id_id" to table: "push_webhooks"
DROP INDEX `pushwebhook_team_id_id`;
-- reverse: create "push_webhooks" table
DROP TABLE `push_webhooks`;
-- reverse: create index "pushsubscription_team_id_agent_id" to table: "push_subscriptions"
DROP INDEX `pushsubscription_team_id_agent_id`;
-- reverse: create index "pushsubscription_team_id_endpoint_hash" to table: "push_subscriptions"
DROP INDEX `pushsubscription_team_id_endpoint_hash`;
-- reverse: create index "pushsubscription_team_id_id" to table: "push_subscriptions"
DROP INDEX `pushsubscription_team_id_id`;
-- reverse: create "push_subscriptions" table
DROP TABLE `push_subscriptions`;
-- reverse: create index "pushkey_team_id" to table: "push_keys"
DROP INDEX `pushkey_team_id`;
-- reverse: create index "pushkey_team_id_id" to table: "push_keys"
DROP INDEX `pushkey_team_id_id`;
-- reverse: create "push_keys" table
DROP TABLE `push_keys`;
-- reverse: create index "pushdelivery_team_id_subscription_id_state_id" to table: "push_deliveries"
DROP INDEX `pushdelivery_team_id_subscription_id_state_id`;
-- reverse: create index "pushdelivery_team_id_subscription_id_id" to table: "push_deliveries"
DROP INDEX `pushdelivery_team_id_subscription_id_id`;
-- reverse: create index "pushdelivery_team_id_created_at" to table: "push_deliveries"
DROP INDEX `pushdelivery_team_id_created_at`;
-- reverse: create index "pushdelivery_team_id_notification_id_subscription_id" to table: "push_deliveries"
DROP INDEX `pushdelivery_team_id_notification_id_subscription_id`;
-- reverse: create index "pushdelivery_team_id_id" to table: "push_deliveries"
DROP INDEX `pushdelivery_team_id_id`;
-- reverse: create "push_deliveries" table
DROP TABLE `push_deliveries`;
-- reverse: create index "noticesettings_team_id_agent_id" to table: "notice_settings"
DROP INDEX `noticesettings_team_id_agent_id`;
-- reverse: create index "noticesettings_team_id_id" to table: "notice_settings"
DROP INDEX `noticesettings_team_id_id`;
-- reverse: create "notice_settings" table
DROP TABLE `notice_settings`;
-- reverse: create index "notification_team_id_agent_id_conversation_id" to table: "notifications"
DROP INDEX `notification_team_id_agent_id_conversation_id`;
-- reverse: add column "message_id" to table: "notifications"
ALTER TABLE `notifications` DROP COLUMN `message_id`;
