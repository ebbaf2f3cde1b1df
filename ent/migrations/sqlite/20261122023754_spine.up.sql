-- create "api_tokens" table
CREATE TABLE `api_tokens` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `role` text NOT NULL, `scopes` json NULL, `token_hash` text NOT NULL, `hint` text NOT NULL, `allow_list` json NULL, `rate_per_minute` integer NOT NULL DEFAULT (0), `auth_version` integer NOT NULL DEFAULT (1), `expires_at` datetime NULL, `revoked_at` datetime NULL, `last_used_at` datetime NULL, `created_by_id` integer NOT NULL, CONSTRAINT `api_tokens_agents_created_by` FOREIGN KEY (`team_id`, `created_by_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "api_tokens_token_hash_key" to table: "api_tokens"
CREATE UNIQUE INDEX `api_tokens_token_hash_key` ON `api_tokens` (`token_hash`);
-- create index "apitoken_team_id_id" to table: "api_tokens"
CREATE UNIQUE INDEX `apitoken_team_id_id` ON `api_tokens` (`team_id`, `id`);
-- create "activities" table
CREATE TABLE `activities` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `code` text NOT NULL, `params` json NULL, `actor_kind` text NOT NULL, `actor_id` integer NOT NULL DEFAULT (0), `at` datetime NOT NULL, `conversation_id` integer NOT NULL, CONSTRAINT `activities_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "activity_team_id_id" to table: "activities"
CREATE UNIQUE INDEX `activity_team_id_id` ON `activities` (`team_id`, `id`);
-- create index "activity_team_id_conversation_id_id" to table: "activities"
CREATE INDEX `activity_team_id_conversation_id_id` ON `activities` (`team_id`, `conversation_id`, `id`);
-- create "agents" table
CREATE TABLE `agents` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `email` text NOT NULL, `email_folded` text NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL DEFAULT (''), `role` text NOT NULL, `status` text NOT NULL DEFAULT ('INVITED'), `password_hash` text NOT NULL DEFAULT (''), `permissions` json NULL, `branch_id` text NOT NULL DEFAULT (''), `region_id` text NOT NULL DEFAULT (''), `language` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `auth_version` integer NOT NULL DEFAULT (1), `deactivated_at` datetime NULL);
-- create index "agent_team_id_id" to table: "agents"
CREATE UNIQUE INDEX `agent_team_id_id` ON `agents` (`team_id`, `id`);
-- create index "agent_team_id_email_folded" to table: "agents"
CREATE UNIQUE INDEX `agent_team_id_email_folded` ON `agents` (`team_id`, `email_folded`);
-- create index "agent_team_id_status_name_folded" to table: "agents"
CREATE INDEX `agent_team_id_status_name_folded` ON `agents` (`team_id`, `status`, `name_folded`);
-- create "attachments" table
CREATE TABLE `attachments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `position` integer NOT NULL DEFAULT (0), `state` text NOT NULL DEFAULT ('PENDING'), `name` text NOT NULL DEFAULT (''), `content_type` text NOT NULL DEFAULT (''), `size` integer NOT NULL DEFAULT (0), `duration_ms` integer NOT NULL DEFAULT (0), `platform_media_id` text NOT NULL DEFAULT (''), `source_url` text NOT NULL DEFAULT (''), `preview_url` text NOT NULL DEFAULT (''), `message_id` integer NOT NULL, CONSTRAINT `attachments_messages_message` FOREIGN KEY (`team_id`, `message_id`) REFERENCES `messages` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "attachment_team_id_id" to table: "attachments"
CREATE UNIQUE INDEX `attachment_team_id_id` ON `attachments` (`team_id`, `id`);
-- create index "attachment_team_id_message_id_position" to table: "attachments"
CREATE UNIQUE INDEX `attachment_team_id_message_id_position` ON `attachments` (`team_id`, `message_id`, `position`);
-- create "attempts" table
CREATE TABLE `attempts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `number` integer NOT NULL, `retry_key` text NOT NULL, `fence` integer NOT NULL, `started_at` datetime NOT NULL, `ended_at` datetime NULL, `outcome` text NOT NULL DEFAULT (''), `status` integer NOT NULL DEFAULT (0), `code` text NOT NULL DEFAULT (''), `reason` text NOT NULL DEFAULT (''), `platform_request_id` text NOT NULL DEFAULT (''), `message_id` integer NOT NULL, CONSTRAINT `attempts_messages_message` FOREIGN KEY (`team_id`, `message_id`) REFERENCES `messages` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "attempt_team_id_id" to table: "attempts"
CREATE UNIQUE INDEX `attempt_team_id_id` ON `attempts` (`team_id`, `id`);
-- create index "attempt_team_id_message_id_number" to table: "attempts"
CREATE UNIQUE INDEX `attempt_team_id_message_id_number` ON `attempts` (`team_id`, `message_id`, `number`);
-- create "custom_field_categories" table
CREATE TABLE `custom_field_categories` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `position` integer NOT NULL DEFAULT (0));
-- create index "category_team_id_id" to table: "custom_field_categories"
CREATE UNIQUE INDEX `category_team_id_id` ON `custom_field_categories` (`team_id`, `id`);
-- create index "category_team_id_name_folded" to table: "custom_field_categories"
CREATE UNIQUE INDEX `category_team_id_name_folded` ON `custom_field_categories` (`team_id`, `name_folded`);
-- create "channels" table
CREATE TABLE `channels` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `type` text NOT NULL, `name` text NOT NULL, `state` text NOT NULL DEFAULT ('CONNECTED'), `state_reason` text NOT NULL DEFAULT (''), `webhook_key` text NOT NULL, `platform_id` text NOT NULL, `claim` text NULL, `credentials` blob NOT NULL, `account_name` text NOT NULL DEFAULT (''), `account_handle` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `can_list_members` bool NOT NULL DEFAULT (false), `branch_id` text NOT NULL DEFAULT (''), `region_id` text NOT NULL DEFAULT (''), `checks` json NULL, `checked_at` datetime NULL, `last_event_at` datetime NULL, `deleted_at` datetime NULL);
-- create index "channels_webhook_key_key" to table: "channels"
CREATE UNIQUE INDEX `channels_webhook_key_key` ON `channels` (`webhook_key`);
-- create index "channels_claim_key" to table: "channels"
CREATE UNIQUE INDEX `channels_claim_key` ON `channels` (`claim`);
-- create index "channel_team_id_id" to table: "channels"
CREATE UNIQUE INDEX `channel_team_id_id` ON `channels` (`team_id`, `id`);
-- create index "channel_team_id_type" to table: "channels"
CREATE INDEX `channel_team_id_type` ON `channels` (`team_id`, `type`);
-- create "companies" table
CREATE TABLE `companies` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `number` text NOT NULL DEFAULT (''));
-- create index "company_team_id_id" to table: "companies"
CREATE UNIQUE INDEX `company_team_id_id` ON `companies` (`team_id`, `id`);
-- create index "company_team_id_name_folded_id" to table: "companies"
CREATE INDEX `company_team_id_name_folded_id` ON `companies` (`team_id`, `name_folded`, `id`);
-- create "contacts" table
CREATE TABLE `contacts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `first_name` text NOT NULL, `last_name` text NOT NULL DEFAULT (''), `name` text NOT NULL, `name_folded` text NOT NULL, `membership_no` text NOT NULL DEFAULT (''), `membership_folded` text NOT NULL DEFAULT (''), `identity_no` text NOT NULL DEFAULT (''), `gender` text NOT NULL DEFAULT ('UNDISCLOSED'), `birth_at` text NOT NULL DEFAULT (''), `birth_month` integer NOT NULL DEFAULT (0), `note` text NOT NULL DEFAULT (''), `note_folded` text NOT NULL DEFAULT (''), `membership_level` text NOT NULL DEFAULT (''), `is_blocked` bool NOT NULL DEFAULT (false), `picture_url` text NOT NULL DEFAULT (''), `tag_ids` json NULL, `addresses` json NULL, `responsible_id` integer NULL, CONSTRAINT `contacts_agents_responsible` FOREIGN KEY (`team_id`, `responsible_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "contact_team_id_id" to table: "contacts"
CREATE UNIQUE INDEX `contact_team_id_id` ON `contacts` (`team_id`, `id`);
-- create index "contact_team_id_name_folded_id" to table: "contacts"
CREATE INDEX `contact_team_id_name_folded_id` ON `contacts` (`team_id`, `name_folded`, `id`);
-- create index "contact_team_id_created_at_id" to table: "contacts"
CREATE INDEX `contact_team_id_created_at_id` ON `contacts` (`team_id`, `created_at`, `id`);
-- create index "contact_team_id_updated_at_id" to table: "contacts"
CREATE INDEX `contact_team_id_updated_at_id` ON `contacts` (`team_id`, `updated_at`, `id`);
-- create index "contact_team_id_membership_no" to table: "contacts"
CREATE INDEX `contact_team_id_membership_no` ON `contacts` (`team_id`, `membership_no`);
-- create index "contact_team_id_identity_no" to table: "contacts"
CREATE INDEX `contact_team_id_identity_no` ON `contacts` (`team_id`, `identity_no`);
-- create index "contact_team_id_birth_month" to table: "contacts"
CREATE INDEX `contact_team_id_birth_month` ON `contacts` (`team_id`, `birth_month`);
-- create index "contact_team_id_birth_at" to table: "contacts"
CREATE INDEX `contact_team_id_birth_at` ON `contacts` (`team_id`, `birth_at`);
-- create index "contact_team_id_responsible_id" to table: "contacts"
CREATE INDEX `contact_team_id_responsible_id` ON `contacts` (`team_id`, `responsible_id`);
-- create "contact_emails" table
CREATE TABLE `contact_emails` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `email` text NOT NULL, `email_folded` text NOT NULL, `position` integer NOT NULL DEFAULT (0), `contact_id` integer NOT NULL, CONSTRAINT `contact_emails_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "contactemail_team_id_id" to table: "contact_emails"
CREATE UNIQUE INDEX `contactemail_team_id_id` ON `contact_emails` (`team_id`, `id`);
-- create index "contactemail_team_id_contact_id" to table: "contact_emails"
CREATE INDEX `contactemail_team_id_contact_id` ON `contact_emails` (`team_id`, `contact_id`);
-- create index "contactemail_team_id_email_folded" to table: "contact_emails"
CREATE INDEX `contactemail_team_id_email_folded` ON `contact_emails` (`team_id`, `email_folded`);
-- create "contact_phones" table
CREATE TABLE `contact_phones` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `typed` text NOT NULL, `e164` text NOT NULL DEFAULT (''), `digits` text NOT NULL, `position` integer NOT NULL DEFAULT (0), `contact_id` integer NOT NULL, CONSTRAINT `contact_phones_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "contactphone_team_id_id" to table: "contact_phones"
CREATE UNIQUE INDEX `contactphone_team_id_id` ON `contact_phones` (`team_id`, `id`);
-- create index "contactphone_team_id_contact_id" to table: "contact_phones"
CREATE INDEX `contactphone_team_id_contact_id` ON `contact_phones` (`team_id`, `contact_id`);
-- create index "contactphone_team_id_e164" to table: "contact_phones"
CREATE INDEX `contactphone_team_id_e164` ON `contact_phones` (`team_id`, `e164`);
-- create index "contactphone_team_id_digits" to table: "contact_phones"
CREATE INDEX `contactphone_team_id_digits` ON `contact_phones` (`team_id`, `digits`);
-- create "conversations" table
CREATE TABLE `conversations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `channel_type` text NOT NULL, `kind` text NOT NULL, `status` text NOT NULL, `queue` text NOT NULL DEFAULT ('HUMAN'), `last_follower_id` integer NULL, `collaborator_ids` json NULL, `followed_at` datetime NULL, `ended_at` datetime NULL, `branch_id` text NOT NULL DEFAULT (''), `region_id` text NOT NULL DEFAULT (''), `message_seq` integer NOT NULL DEFAULT (0), `last_at` datetime NOT NULL, `last_message_id` integer NULL, `last_message_seq` integer NOT NULL DEFAULT (0), `last_message_kind` text NOT NULL DEFAULT (''), `last_message_sender` text NOT NULL DEFAULT (''), `last_message_preview` text NOT NULL DEFAULT (''), `last_message_at` datetime NULL, `last_message_unsent` bool NOT NULL DEFAULT (false), `name` text NOT NULL DEFAULT (''), `name_folded` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `tag_ids` json NULL, `member_count` integer NOT NULL DEFAULT (0), `unread` integer NOT NULL DEFAULT (0), `read_seq` integer NOT NULL DEFAULT (0), `waiting_since` datetime NULL, `mention_message_id` integer NULL, `customer_at` datetime NULL, `has_phone` bool NOT NULL DEFAULT (false), `is_starred` bool NOT NULL DEFAULT (false), `is_archived` bool NOT NULL DEFAULT (false), `channel_id` integer NOT NULL, `identity_id` integer NULL, `group_id` integer NULL, `contact_id` integer NULL, `follower_id` integer NULL, CONSTRAINT `conversations_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `conversations_identities_identity` FOREIGN KEY (`team_id`, `identity_id`) REFERENCES `identities` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `conversations_platform_groups_group` FOREIGN KEY (`team_id`, `group_id`) REFERENCES `platform_groups` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `conversations_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `conversations_agents_follower` FOREIGN KEY (`team_id`, `follower_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "conversation_team_id_id" to table: "conversations"
CREATE UNIQUE INDEX `conversation_team_id_id` ON `conversations` (`team_id`, `id`);
-- create index "conversation_team_id_identity_id" to table: "conversations"
CREATE UNIQUE INDEX `conversation_team_id_identity_id` ON `conversations` (`team_id`, `identity_id`);
-- create index "conversation_team_id_group_id" to table: "conversations"
CREATE UNIQUE INDEX `conversation_team_id_group_id` ON `conversations` (`team_id`, `group_id`);
-- create index "conversation_team_id_contact_id" to table: "conversations"
CREATE INDEX `conversation_team_id_contact_id` ON `conversations` (`team_id`, `contact_id`);
-- create index "conversation_team_id_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_last_at_id` ON `conversations` (`team_id`, `last_at`, `id`);
-- create index "conversation_team_id_status_queue_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_queue_last_at_id` ON `conversations` (`team_id`, `status`, `queue`, `last_at`, `id`);
-- create index "conversation_team_id_follower_id_status_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_follower_id_status_last_at_id` ON `conversations` (`team_id`, `follower_id`, `status`, `last_at`, `id`);
-- create index "conversation_team_id_channel_id_status_last_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_channel_id_status_last_at_id` ON `conversations` (`team_id`, `channel_id`, `status`, `last_at`, `id`);
-- create index "conversation_team_id_status_followed_at_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_followed_at_id` ON `conversations` (`team_id`, `status`, `followed_at`, `id`);
-- create index "conversation_team_id_status_waiting_since_id" to table: "conversations"
CREATE INDEX `conversation_team_id_status_waiting_since_id` ON `conversations` (`team_id`, `status`, `waiting_since`, `id`);
-- create "conversation_counters" table
CREATE TABLE `conversation_counters` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `channel_id` integer NOT NULL, `branch_id` text NOT NULL, `region_id` text NOT NULL, `kind` text NOT NULL, `status` text NOT NULL, `queue` text NOT NULL, `follower_id` integer NOT NULL, `n` integer NOT NULL DEFAULT (0), `unread_conversations` integer NOT NULL DEFAULT (0), `unread` integer NOT NULL DEFAULT (0));
-- create index "counter_team_id_id" to table: "conversation_counters"
CREATE UNIQUE INDEX `counter_team_id_id` ON `conversation_counters` (`team_id`, `id`);
-- create index "counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf" to table: "conversation_counters"
CREATE UNIQUE INDEX `counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf` ON `conversation_counters` (`team_id`, `status`, `queue`, `follower_id`, `channel_id`, `kind`, `branch_id`, `region_id`);
-- create "custom_fields" table
CREATE TABLE `custom_fields` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `target` text NOT NULL DEFAULT ('CONTACT'), `type` text NOT NULL, `options` json NULL, `position` integer NOT NULL DEFAULT (0), `category_id` integer NOT NULL, CONSTRAINT `custom_fields_custom_field_categories_category` FOREIGN KEY (`team_id`, `category_id`) REFERENCES `custom_field_categories` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "customfield_team_id_id" to table: "custom_fields"
CREATE UNIQUE INDEX `customfield_team_id_id` ON `custom_fields` (`team_id`, `id`);
-- create index "customfield_team_id_target_name_folded" to table: "custom_fields"
CREATE UNIQUE INDEX `customfield_team_id_target_name_folded` ON `custom_fields` (`team_id`, `target`, `name_folded`);
-- create "custom_field_values" table
CREATE TABLE `custom_field_values` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `ordinal` integer NOT NULL DEFAULT (0), `text_value` text NULL, `key_value` text NULL, `number_value` real NULL, `time_value` datetime NULL, `set_value` text NULL, `field_id` integer NOT NULL, `contact_id` integer NOT NULL, CONSTRAINT `custom_field_values_custom_fields_custom_field` FOREIGN KEY (`team_id`, `field_id`) REFERENCES `custom_fields` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `custom_field_values_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "customfieldvalue_team_id_id" to table: "custom_field_values"
CREATE UNIQUE INDEX `customfieldvalue_team_id_id` ON `custom_field_values` (`team_id`, `id`);
-- create index "customfieldvalue_team_id_contact_id_field_id_ordinal" to table: "custom_field_values"
CREATE UNIQUE INDEX `customfieldvalue_team_id_contact_id_field_id_ordinal` ON `custom_field_values` (`team_id`, `contact_id`, `field_id`, `ordinal`);
-- create index "customfieldvalue_team_id_field_id_key_value_contact_id" to table: "custom_field_values"
CREATE INDEX `customfieldvalue_team_id_field_id_key_value_contact_id` ON `custom_field_values` (`team_id`, `field_id`, `key_value`, `contact_id`);
-- create index "customfieldvalue_team_id_field_id_number_value_contact_id" to table: "custom_field_values"
CREATE INDEX `customfieldvalue_team_id_field_id_number_value_contact_id` ON `custom_field_values` (`team_id`, `field_id`, `number_value`, `contact_id`);
-- create index "customfieldvalue_team_id_field_id_time_value_contact_id" to table: "custom_field_values"
CREATE INDEX `customfieldvalue_team_id_field_id_time_value_contact_id` ON `custom_field_values` (`team_id`, `field_id`, `time_value`, `contact_id`);
-- create "early_effects" table
CREATE TABLE `early_effects` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `platform_message_id` text NOT NULL, `kind` text NOT NULL, `content` text NOT NULL DEFAULT (''), `quote_token` text NOT NULL DEFAULT (''), `occurred_at` datetime NOT NULL, `created_at` datetime NOT NULL, `channel_id` integer NOT NULL, CONSTRAINT `early_effects_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "earlyeffect_team_id_id" to table: "early_effects"
CREATE UNIQUE INDEX `earlyeffect_team_id_id` ON `early_effects` (`team_id`, `id`);
-- create index "earlyeffect_team_id_channel_id_platform_message_id_kind" to table: "early_effects"
CREATE UNIQUE INDEX `earlyeffect_team_id_channel_id_platform_message_id_kind` ON `early_effects` (`team_id`, `channel_id`, `platform_message_id`, `kind`);
-- create "employments" table
CREATE TABLE `employments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `contact_id` integer NOT NULL, `company_id` integer NOT NULL, CONSTRAINT `employments_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `employments_companies_company` FOREIGN KEY (`team_id`, `company_id`) REFERENCES `companies` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "employment_team_id_id" to table: "employments"
CREATE UNIQUE INDEX `employment_team_id_id` ON `employments` (`team_id`, `id`);
-- create index "employment_team_id_contact_id_company_id" to table: "employments"
CREATE UNIQUE INDEX `employment_team_id_contact_id_company_id` ON `employments` (`team_id`, `contact_id`, `company_id`);
-- create index "employment_team_id_company_id_contact_id" to table: "employments"
CREATE INDEX `employment_team_id_company_id_contact_id` ON `employments` (`team_id`, `company_id`, `contact_id`);
-- create "events" table
CREATE TABLE `events` (`team_id` integer NOT NULL, `seq` integer NOT NULL, `kind` text NOT NULL, `object_id` integer NOT NULL, `object_version` integer NOT NULL, `conversation_id` integer NOT NULL DEFAULT (0), `agent_id` integer NOT NULL DEFAULT (0), `body` text NOT NULL, `at` datetime NOT NULL, PRIMARY KEY (`team_id`, `seq`));
-- create index "event_at" to table: "events"
CREATE INDEX `event_at` ON `events` (`at`);
-- create "platform_groups" table
CREATE TABLE `platform_groups` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `platform_group_id` text NOT NULL, `peer_type` text NOT NULL DEFAULT ('GROUP'), `name` text NOT NULL DEFAULT (''), `name_folded` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `member_count` integer NOT NULL DEFAULT (0), `state` text NOT NULL DEFAULT ('JOINED'), `are_members_listed` bool NOT NULL DEFAULT (false), `is_stale` bool NOT NULL DEFAULT (true), `fetched_at` datetime NULL, `note` text NOT NULL DEFAULT (''), `joined_at` datetime NOT NULL, `left_at` datetime NULL, `channel_id` integer NOT NULL, CONSTRAINT `platform_groups_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "group_team_id_id" to table: "platform_groups"
CREATE UNIQUE INDEX `group_team_id_id` ON `platform_groups` (`team_id`, `id`);
-- create index "group_team_id_channel_id_platform_group_id" to table: "platform_groups"
CREATE UNIQUE INDEX `group_team_id_channel_id_platform_group_id` ON `platform_groups` (`team_id`, `channel_id`, `platform_group_id`);
-- create index "group_team_id_name_folded_id" to table: "platform_groups"
CREATE INDEX `group_team_id_name_folded_id` ON `platform_groups` (`team_id`, `name_folded`, `id`);
-- create "group_members" table
CREATE TABLE `group_members` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `platform_user_id` text NOT NULL, `display_name` text NOT NULL DEFAULT (''), `name_folded` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `friendship` text NOT NULL DEFAULT ('UNKNOWN'), `is_active` bool NOT NULL DEFAULT (true), `joined_at` datetime NULL, `left_at` datetime NULL, `profile_fetched_at` datetime NULL, `group_id` integer NOT NULL, `identity_id` integer NULL, CONSTRAINT `group_members_platform_groups_group` FOREIGN KEY (`team_id`, `group_id`) REFERENCES `platform_groups` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `group_members_identities_identity` FOREIGN KEY (`team_id`, `identity_id`) REFERENCES `identities` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "groupmember_team_id_id" to table: "group_members"
CREATE UNIQUE INDEX `groupmember_team_id_id` ON `group_members` (`team_id`, `id`);
-- create index "groupmember_team_id_group_id_platform_user_id" to table: "group_members"
CREATE UNIQUE INDEX `groupmember_team_id_group_id_platform_user_id` ON `group_members` (`team_id`, `group_id`, `platform_user_id`);
-- create index "groupmember_team_id_group_id_is_active_name_folded" to table: "group_members"
CREATE INDEX `groupmember_team_id_group_id_is_active_name_folded` ON `group_members` (`team_id`, `group_id`, `is_active`, `name_folded`);
-- create index "groupmember_team_id_identity_id" to table: "group_members"
CREATE INDEX `groupmember_team_id_identity_id` ON `group_members` (`team_id`, `identity_id`);
-- create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `caller` text NOT NULL, `key` text NOT NULL, `operation` text NOT NULL, `input_hash` text NOT NULL, `object_id` integer NOT NULL, `created_at` datetime NOT NULL);
-- create index "idempotencykey_team_id_id" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_team_id_id` ON `idempotency_keys` (`team_id`, `id`);
-- create index "idempotencykey_team_id_caller_key" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_team_id_caller_key` ON `idempotency_keys` (`team_id`, `caller`, `key`);
-- create index "idempotencykey_created_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_created_at` ON `idempotency_keys` (`created_at`);
-- create "identities" table
CREATE TABLE `identities` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `platform_user_id` text NOT NULL, `display_name` text NOT NULL DEFAULT (''), `picture_url` text NOT NULL DEFAULT (''), `status_message` text NOT NULL DEFAULT (''), `language` text NOT NULL DEFAULT (''), `reach` text NOT NULL DEFAULT ('UNKNOWN'), `is_blocked` bool NOT NULL DEFAULT (false), `profile_fetched_at` datetime NULL, `first_seen_at` datetime NOT NULL, `channel_id` integer NOT NULL, `contact_id` integer NULL, CONSTRAINT `identities_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `identities_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "identity_team_id_id" to table: "identities"
CREATE UNIQUE INDEX `identity_team_id_id` ON `identities` (`team_id`, `id`);
-- create index "identity_team_id_channel_id_platform_user_id" to table: "identities"
CREATE UNIQUE INDEX `identity_team_id_channel_id_platform_user_id` ON `identities` (`team_id`, `channel_id`, `platform_user_id`);
-- create index "identity_team_id_contact_id" to table: "identities"
CREATE INDEX `identity_team_id_contact_id` ON `identities` (`team_id`, `contact_id`);
-- create "inbound_events" table
CREATE TABLE `inbound_events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `dedupe_key` text NOT NULL, `kind` text NOT NULL, `platform_message_id` text NOT NULL DEFAULT (''), `raw` text NOT NULL DEFAULT (''), `state` text NOT NULL, `reason` text NOT NULL DEFAULT (''), `tries` integer NOT NULL DEFAULT (1), `received_at` datetime NOT NULL, `tried_at` datetime NOT NULL, `channel_id` integer NOT NULL, CONSTRAINT `inbound_events_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "inboundevent_team_id_id" to table: "inbound_events"
CREATE UNIQUE INDEX `inboundevent_team_id_id` ON `inbound_events` (`team_id`, `id`);
-- create index "inboundevent_team_id_channel_id_dedupe_key" to table: "inbound_events"
CREATE UNIQUE INDEX `inboundevent_team_id_channel_id_dedupe_key` ON `inbound_events` (`team_id`, `channel_id`, `dedupe_key`);
-- create index "inboundevent_team_id_channel_id_platform_message_id" to table: "inbound_events"
CREATE INDEX `inboundevent_team_id_channel_id_platform_message_id` ON `inbound_events` (`team_id`, `channel_id`, `platform_message_id`);
-- create index "inboundevent_team_id_state_id" to table: "inbound_events"
CREATE INDEX `inboundevent_team_id_state_id` ON `inbound_events` (`team_id`, `state`, `id`);
-- create "job_runs" table
CREATE TABLE `job_runs` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `kind` text NOT NULL, `state` text NOT NULL DEFAULT ('QUEUED'), `total` integer NOT NULL DEFAULT (0), `done` integer NOT NULL DEFAULT (0), `failed` integer NOT NULL DEFAULT (0), `created_by` integer NOT NULL DEFAULT (0), `params` json NULL, `error` text NOT NULL DEFAULT (''), `ended_at` datetime NULL);
-- create index "job_team_id_id" to table: "job_runs"
CREATE UNIQUE INDEX `job_team_id_id` ON `job_runs` (`team_id`, `id`);
-- create "lanes" table
CREATE TABLE `lanes` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `waiting` integer NOT NULL DEFAULT (0), `due_at` datetime NOT NULL, `lease_owner` text NOT NULL DEFAULT (''), `lease_until` datetime NOT NULL, `fence` integer NOT NULL DEFAULT (0), `tries` integer NOT NULL DEFAULT (0), `blocked_since` datetime NULL, `conversation_id` integer NOT NULL, `channel_id` integer NOT NULL, CONSTRAINT `lanes_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `lanes_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "lane_team_id_id" to table: "lanes"
CREATE UNIQUE INDEX `lane_team_id_id` ON `lanes` (`team_id`, `id`);
-- create index "lane_team_id_conversation_id" to table: "lanes"
CREATE UNIQUE INDEX `lane_team_id_conversation_id` ON `lanes` (`team_id`, `conversation_id`);
-- create index "lane_due_at" to table: "lanes"
CREATE INDEX `lane_due_at` ON `lanes` (`due_at`) WHERE waiting > 0;
-- create "links" table
CREATE TABLE `links` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `purpose` text NOT NULL, `token_hash` text NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, `created_at` datetime NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `links_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "links_token_hash_key" to table: "links"
CREATE UNIQUE INDEX `links_token_hash_key` ON `links` (`token_hash`);
-- create index "link_team_id_id" to table: "links"
CREATE UNIQUE INDEX `link_team_id_id` ON `links` (`team_id`, `id`);
-- create index "link_team_id_agent_id_purpose" to table: "links"
CREATE INDEX `link_team_id_agent_id_purpose` ON `links` (`team_id`, `agent_id`, `purpose`);
-- create "messages" table
CREATE TABLE `messages` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `channel_id` integer NOT NULL, `seq` integer NOT NULL, `direction` text NOT NULL, `sender` text NOT NULL, `sender_name` text NOT NULL DEFAULT (''), `kind` text NOT NULL, `text` text NOT NULL DEFAULT (''), `content` text NOT NULL DEFAULT (''), `is_self_mentioned` bool NOT NULL DEFAULT (false), `platform_message_id` text NULL, `quote_token` text NOT NULL DEFAULT (''), `read_token` text NOT NULL DEFAULT (''), `reply_to_id` integer NULL, `quoted_platform_id` text NOT NULL DEFAULT (''), `platform_at` datetime NULL, `is_late` bool NOT NULL DEFAULT (false), `edited_at` datetime NULL, `unsent_at` datetime NULL, `delivery` text NOT NULL DEFAULT ('NONE'), `failure_code` text NOT NULL DEFAULT (''), `failure_reason` text NOT NULL DEFAULT (''), `retry_key` text NOT NULL DEFAULT (''), `retry_key_at` datetime NULL, `sent_at` datetime NULL, `author` text NOT NULL DEFAULT (''), `client_message_id` text NULL, `code` text NOT NULL DEFAULT (''), `params` json NULL, `conversation_id` integer NOT NULL, `agent_id` integer NULL, `identity_id` integer NULL, `member_id` integer NULL, `token_id` integer NULL, CONSTRAINT `messages_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `messages_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `messages_identities_identity` FOREIGN KEY (`team_id`, `identity_id`) REFERENCES `identities` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `messages_group_members_member` FOREIGN KEY (`team_id`, `member_id`) REFERENCES `group_members` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `messages_api_tokens_token` FOREIGN KEY (`team_id`, `token_id`) REFERENCES `api_tokens` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "message_team_id_id" to table: "messages"
CREATE UNIQUE INDEX `message_team_id_id` ON `messages` (`team_id`, `id`);
-- create index "message_team_id_conversation_id_seq" to table: "messages"
CREATE UNIQUE INDEX `message_team_id_conversation_id_seq` ON `messages` (`team_id`, `conversation_id`, `seq`);
-- create index "message_team_id_channel_id_platform_message_id" to table: "messages"
CREATE UNIQUE INDEX `message_team_id_channel_id_platform_message_id` ON `messages` (`team_id`, `channel_id`, `platform_message_id`);
-- create index "message_team_id_author_client_message_id" to table: "messages"
CREATE UNIQUE INDEX `message_team_id_author_client_message_id` ON `messages` (`team_id`, `author`, `client_message_id`);
-- create index "message_team_id_conversation_id_delivery" to table: "messages"
CREATE INDEX `message_team_id_conversation_id_delivery` ON `messages` (`team_id`, `conversation_id`, `delivery`) WHERE delivery = 'SENDING' OR delivery = 'SENT' OR delivery = 'RECEIVED';
-- create "notifications" table
CREATE TABLE `notifications` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `code` text NOT NULL, `params` json NULL, `read_at` datetime NULL, `agent_id` integer NOT NULL, `conversation_id` integer NULL, `channel_id` integer NULL, CONSTRAINT `notifications_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `notifications_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE NO ACTION, CONSTRAINT `notifications_channels_channel` FOREIGN KEY (`team_id`, `channel_id`) REFERENCES `channels` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "notification_team_id_id" to table: "notifications"
CREATE UNIQUE INDEX `notification_team_id_id` ON `notifications` (`team_id`, `id`);
-- create index "notification_team_id_agent_id_id" to table: "notifications"
CREATE INDEX `notification_team_id_agent_id_id` ON `notifications` (`team_id`, `agent_id`, `id`);
-- create "participants" table
CREATE TABLE `participants` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `part` text NOT NULL, `position` integer NOT NULL DEFAULT (0), `since` datetime NOT NULL, `conversation_id` integer NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `participants_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `participants_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE NO ACTION);
-- create index "participant_team_id_id" to table: "participants"
CREATE UNIQUE INDEX `participant_team_id_id` ON `participants` (`team_id`, `id`);
-- create index "participant_team_id_conversation_id_agent_id" to table: "participants"
CREATE UNIQUE INDEX `participant_team_id_conversation_id_agent_id` ON `participants` (`team_id`, `conversation_id`, `agent_id`);
-- create index "participant_team_id_agent_id_part" to table: "participants"
CREATE INDEX `participant_team_id_agent_id_part` ON `participants` (`team_id`, `agent_id`, `part`);
-- create "read_cursors" table
CREATE TABLE `read_cursors` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `last_read_seq` integer NOT NULL DEFAULT (0), `unread` integer NOT NULL DEFAULT (0), `read_at` datetime NOT NULL, `conversation_id` integer NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `read_cursors_conversations_conversation` FOREIGN KEY (`team_id`, `conversation_id`) REFERENCES `conversations` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `read_cursors_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "readcursor_team_id_id" to table: "read_cursors"
CREATE UNIQUE INDEX `readcursor_team_id_id` ON `read_cursors` (`team_id`, `id`);
-- create index "readcursor_team_id_agent_id_conversation_id" to table: "read_cursors"
CREATE UNIQUE INDEX `readcursor_team_id_agent_id_conversation_id` ON `read_cursors` (`team_id`, `agent_id`, `conversation_id`);
-- create "roles" table
CREATE TABLE `roles` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `role` text NOT NULL, `permissions` json NOT NULL);
-- create index "role_team_id_id" to table: "roles"
CREATE UNIQUE INDEX `role_team_id_id` ON `roles` (`team_id`, `id`);
-- create index "role_team_id_role" to table: "roles"
CREATE UNIQUE INDEX `role_team_id_role` ON `roles` (`team_id`, `role`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `family` text NOT NULL, `access_hash` text NOT NULL, `refresh_hash` text NOT NULL, `access_expires_at` datetime NOT NULL, `refresh_expires_at` datetime NOT NULL, `rotated_at` datetime NULL, `revoked_at` datetime NULL, `user_agent` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `agent_id` integer NOT NULL, CONSTRAINT `sessions_agents_agent` FOREIGN KEY (`team_id`, `agent_id`) REFERENCES `agents` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "sessions_access_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_access_hash_key` ON `sessions` (`access_hash`);
-- create index "sessions_refresh_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_refresh_hash_key` ON `sessions` (`refresh_hash`);
-- create index "session_team_id_id" to table: "sessions"
CREATE UNIQUE INDEX `session_team_id_id` ON `sessions` (`team_id`, `id`);
-- create index "session_team_id_agent_id" to table: "sessions"
CREATE INDEX `session_team_id_agent_id` ON `sessions` (`team_id`, `agent_id`);
-- create index "session_team_id_family" to table: "sessions"
CREATE INDEX `session_team_id_family` ON `sessions` (`team_id`, `family`);
-- create "streams" table
CREATE TABLE `streams` (`team_id` integer NOT NULL, `epoch` text NOT NULL, `seq` integer NOT NULL DEFAULT (0), PRIMARY KEY (`team_id`));
-- create "tags" table
CREATE TABLE `tags` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_folded` text NOT NULL, `colour` text NOT NULL, `contact_count` integer NOT NULL DEFAULT (0));
-- create index "tag_team_id_id" to table: "tags"
CREATE UNIQUE INDEX `tag_team_id_id` ON `tags` (`team_id`, `id`);
-- create index "tag_team_id_name_folded" to table: "tags"
CREATE UNIQUE INDEX `tag_team_id_name_folded` ON `tags` (`team_id`, `name_folded`);
-- create "taggings" table
CREATE TABLE `taggings` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `team_id` integer NOT NULL, `count` integer NOT NULL DEFAULT (1), `first_at` datetime NOT NULL, `last_at` datetime NOT NULL, `tag_id` integer NOT NULL, `contact_id` integer NOT NULL, CONSTRAINT `taggings_tags_tag` FOREIGN KEY (`team_id`, `tag_id`) REFERENCES `tags` (`team_id`, `id`) ON DELETE CASCADE, CONSTRAINT `taggings_contacts_contact` FOREIGN KEY (`team_id`, `contact_id`) REFERENCES `contacts` (`team_id`, `id`) ON DELETE CASCADE);
-- create index "tagging_team_id_id" to table: "taggings"
CREATE UNIQUE INDEX `tagging_team_id_id` ON `taggings` (`team_id`, `id`);
-- create index "tagging_team_id_contact_id_tag_id" to table: "taggings"
CREATE UNIQUE INDEX `tagging_team_id_contact_id_tag_id` ON `taggings` (`team_id`, `contact_id`, `tag_id`);
-- create index "tagging_team_id_tag_id_contact_id" to table: "taggings"
CREATE INDEX `tagging_team_id_tag_id_contact_id` ON `taggings` (`team_id`, `tag_id`, `contact_id`);
-- create "teams" table
CREATE TABLE `teams` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `slug` text NOT NULL, `name` text NOT NULL, `language` text NOT NULL DEFAULT ('zh-Hant'), `time_zone` text NOT NULL DEFAULT ('Asia/Taipei'), `country` text NOT NULL DEFAULT ('TW'), `joins_names` bool NOT NULL DEFAULT (false), `status` text NOT NULL DEFAULT ('ACTIVE'));
-- create index "teams_slug_key" to table: "teams"
CREATE UNIQUE INDEX `teams_slug_key` ON `teams` (`slug`);
