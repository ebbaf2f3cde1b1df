-- add column "message_id" to table: "notifications"
ALTER TABLE `notifications` ADD COLUMN `message_id` integer NULL;
-- create index "notification_team_id_agent_id_conversation_id" to table: "notifications"
CREATE INDEX `notification_team_id_agent_id_conversation_id` ON `notifications` (`team_id`, `agent_id`, `conversation_id`) WHERE read_at IS NULL;
-- create "notice_settings" table
CREATE TABLE `notice_settings` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `new_messages` bool NOT NULL DEFAULT (false), `sound` bool NOT NULL DEFAULT (false), `muted` json NULL, `agent_id` integer NOT NULL, CONSTRAINT `notice_settings_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "noticesettings_team_id_id" to table: "notice_settings"
CREATE UNIQUE INDEX `noticesettings_team_id_id` ON `notice_settings` (`team_id`, `id`);
-- create index "noticesettings_team_id_agent_id" to table: "notice_settings"
CREATE UNIQUE INDEX `noticesettings_team_id_agent_id` ON `notice_settings` (`team_id`, `agent_id`);
-- create "push_deliveries" table
CREATE TABLE `push_deliveries` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `subscription_id` integer NOT NULL DEFAULT (0), `state` text NOT NULL DEFAULT ('WAITING'), `tries` integer NOT NULL DEFAULT (0), `status` integer NOT NULL DEFAULT (0), `failure` text NOT NULL DEFAULT (''), `answer` text NOT NULL DEFAULT (''), `took_ms` integer NOT NULL DEFAULT (0), `next_try_at` datetime NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `notification_id` integer NOT NULL, CONSTRAINT `push_deliveries_notifications_notification` FOREIGN KEY (`team_id`, `notification_id`) REFERENCES `notifications` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "pushdelivery_team_id_id" to table: "push_deliveries"
CREATE UNIQUE INDEX `pushdelivery_team_id_id` ON `push_deliveries` (`team_id`, `id`);
-- create index "pushdelivery_team_id_notification_id_subscription_id" to table: "push_deliveries"
CREATE UNIQUE INDEX `pushdelivery_team_id_notification_id_subscription_id` ON `push_deliveries` (`team_id`, `notification_id`, `subscription_id`);
-- create index "pushdelivery_team_id_created_at" to table: "push_deliveries"
CREATE INDEX `pushdelivery_team_id_created_at` ON `push_deliveries` (`team_id`, `created_at`);
-- create index "pushdelivery_team_id_subscription_id_id" to table: "push_deliveries"
CREATE INDEX `pushdelivery_team_id_subscription_id_id` ON `push_deliveries` (`team_id`, `subscription_id`, `id`);
-- create index "pushdelivery_team_id_subscription_id_state_id" to table: "push_deliveries"
CREATE INDEX `pushdelivery_team_id_subscription_id_state_id` ON `push_deliveries` (`team_id`, `subscription_id`, `state`, `id`) WHERE state = 'FAILED';
-- create "push_keys" table
CREATE TABLE `push_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `public_key` text NOT NULL, `private_key` blob NOT NULL, `created_at` datetime NOT NULL);
-- create index "pushkey_team_id_id" to table: "push_keys"
CREATE UNIQUE INDEX `pushkey_team_id_id` ON `push_keys` (`team_id`, `id`);
-- create index "pushkey_team_id" to table: "push_keys"
CREATE UNIQUE INDEX `pushkey_team_id` ON `push_keys` (`team_id`);
-- create "push_subscriptions" table
CREATE TABLE `push_subscriptions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `family` text NOT NULL, `endpoint_hash` text NOT NULL, `service` text NOT NULL, `target` blob NOT NULL, `public_key` text NOT NULL, `user_agent` text NOT NULL DEFAULT (''), `pushed_at` datetime NULL, `failure` text NOT NULL DEFAULT (''), `agent_id` integer NOT NULL, CONSTRAINT `push_subscriptions_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "pushsubscription_team_id_id" to table: "push_subscriptions"
CREATE UNIQUE INDEX `pushsubscription_team_id_id` ON `push_subscriptions` (`team_id`, `id`);
-- create index "pushsubscription_team_id_endpoint_hash" to table: "push_subscriptions"
CREATE UNIQUE INDEX `pushsubscription_team_id_endpoint_hash` ON `push_subscriptions` (`team_id`, `endpoint_hash`);
-- create index "pushsubscription_team_id_agent_id" to table: "push_subscriptions"
CREATE INDEX `pushsubscription_team_id_agent_id` ON `push_subscriptions` (`team_id`, `agent_id`);
-- create "push_webhooks" table
CREATE TABLE `push_webhooks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `url` text NOT NULL, `secret` blob NOT NULL, `previous_secret` blob NULL, `previous_until` datetime NULL, `failing_since` datetime NULL, `disabled_at` datetime NULL, `delivered_at` datetime NULL);
-- create index "pushwebhook_team_id_id" to table: "push_webhooks"
CREATE UNIQUE INDEX `pushwebhook_team_id_id` ON `push_webhooks` (`team_id`, `id`);
-- create index "pushwebhook_team_id" to table: "push_webhooks"
CREATE UNIQUE INDEX `pushwebhook_team_id` ON `push_webhooks` (`team_id`);
