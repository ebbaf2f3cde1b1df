-- reverse: create index "teams_slug_key" to table: "teams"
DROP INDEX `teams_slug_key`;
-- reverse: create "teams" table
DROP TABLE `teams`;
-- reverse: create index "tagging_team_id_tag_id_contact_id" to table: "taggings"
DROP INDEX `tagging_team_id_tag_id_contact_id`;
-- reverse: create index "tagging_team_id_contact_id_tag_id" to table: "taggings"
DROP INDEX `tagging_team_id_contact_id_tag_id`;
-- reverse: create index "tagging_team_id_id" to table: "taggings"
DROP INDEX `tagging_team_id_id`;
-- reverse: create "taggings" table
DROP TABLE `taggings`;
-- reverse: create index "tag_team_id_name_folded" to table: "tags"
DROP INDEX `tag_team_id_name_folded`;
-- reverse: create index "tag_team_id_id" to table: "tags"
DROP INDEX `tag_team_id_id`;
-- reverse: create "tags" table
DROP TABLE `tags`;
-- reverse: create "streams" table
DROP TABLE `streams`;
-- reverse: create index "session_team_id_family" to table: "sessions"
DROP INDEX `session_team_id_family`;
-- reverse: create index "session_team_id_agent_id" to table: "sessions"
DROP INDEX `session_team_id_agent_id`;
-- reverse: create index "session_team_id_id" to table: "sessions"
DROP INDEX `session_team_id_id`;
-- reverse: create index "sessions_refresh_hash_key" to table: "sessions"
DROP INDEX `sessions_refresh_hash_key`;
-- reverse: create index "sessions_access_hash_key" to table: "sessions"
DROP INDEX `sessions_access_hash_key`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "role_team_id_role" to table: "roles"
DROP INDEX `role_team_id_role`;
-- reverse: create index "role_team_id_id" to table: "roles"
DROP INDEX `role_team_id_id`;
-- reverse: create "roles" table
DROP TABLE `roles`;
-- reverse: create index "readcursor_team_id_agent_id_conversation_id" to table: "read_cursors"
DROP INDEX `readcursor_team_id_agent_id_conversation_id`;
-- reverse: create index "readcursor_team_id_id" to table: "read_cursors"
DROP INDEX `readcursor_team_id_id`;
-- reverse: create "read_cursors" table
DROP TABLE `read_cursors`;
-- reverse: create index "participant_team_id_agent_id_part" to table: "participants"
DROP INDEX `participant_team_id_agent_id_part`;
-- reverse: create index "participant_team_id_conversation_id_agent_id" to table: "participants"
DROP INDEX `participant_team_id_conversation_id_agent_id`;
-- reverse: create index "participant_team_id_id" to table: "participants"
DROP INDEX `participant_team_id_id`;
-- reverse: create "participants" table
DROP TABLE `participants`;
-- reverse: create index "notification_team_id_agent_id_id" to table: "notifications"
DROP INDEX `notification_team_id_agent_id_id`;
-- reverse: create index "notification_team_id_id" to table: "notifications"
DROP INDEX `notification_team_id_id`;
-- reverse: create "notifications" table
DROP TABLE `notifications`;
-- reverse: create index "message_team_id_conversation_id_delivery" to table: "messages"
DROP INDEX `message_team_id_conversation_id_delivery`;
-- reverse: create index "message_team_id_author_client_message_id" to table: "messages"
DROP INDEX `message_team_id_author_client_message_id`;
-- reverse: create index "message_team_id_channel_id_platform_message_id" to table: "messages"
DROP INDEX `message_team_id_channel_id_platform_message_id`;
-- reverse: create index "message_team_id_conversation_id_seq" to table: "messages"
DROP INDEX `message_team_id_conversation_id_seq`;
-- reverse: create index "message_team_id_id" to table: "messages"
DROP INDEX `message_team_id_id`;
-- reverse: create "messages" table
DROP TABLE `messages`;
-- reverse: create index "link_team_id_agent_id_purpose" to table: "links"
DROP INDEX `link_team_id_agent_id_purpose`;
-- reverse: create index "link_team_id_id" to table: "links"
DROP INDEX `link_team_id_id`;
-- reverse: create index "links_token_hash_key" to table: "links"
DROP INDEX `links_token_hash_key`;
-- reverse: create "links" table
DROP TABLE `links`;
-- reverse: create index "lane_due_at" to table: "lanes"
DROP INDEX `lane_due_at`;
-- reverse: create index "lane_team_id_conversation_id" to table: "lanes"
DROP INDEX `lane_team_id_conversation_id`;
-- reverse: create index "lane_team_id_id" to table: "lanes"
DROP INDEX `lane_team_id_id`;
-- reverse: create "lanes" table
DROP TABLE `lanes`;
-- reverse: create index "job_team_id_id" to table: "job_runs"
DROP INDEX `job_team_id_id`;
-- reverse: create "job_runs" table
DROP TABLE `job_runs`;
-- reverse: create index "inboundevent_team_id_state_id" to table: "inbound_events"
DROP INDEX `inboundevent_team_id_state_id`;
-- reverse: create index "inboundevent_team_id_channel_id_platform_message_id" to table: "inbound_events"
DROP INDEX `inboundevent_team_id_channel_id_platform_message_id`;
-- reverse: create index "inboundevent_team_id_channel_id_dedupe_key" to table: "inbound_events"
DROP INDEX `inboundevent_team_id_channel_id_dedupe_key`;
-- reverse: create index "inboundevent_team_id_id" to table: "inbound_events"
DROP INDEX `inboundevent_team_id_id`;
-- reverse: create "inbound_events" table
DROP TABLE `inbound_events`;
-- reverse: create index "identity_team_id_contact_id" to table: "identities"
DROP INDEX `identity_team_id_contact_id`;
-- reverse: create index "identity_team_id_channel_id_platform_user_id" to table: "identities"
DROP INDEX `identity_team_id_channel_id_platform_user_id`;
-- reverse: create index "identity_team_id_id" to table: "identities"
DROP INDEX `identity_team_id_id`;
-- reverse: create "identities" table
DROP TABLE `identities`;
-- reverse: create index "idempotencykey_created_at" to table: "idempotency_keys"
DROP INDEX `idempotencykey_created_at`;
-- reverse: create index "idempotencykey_team_id_caller_key" to table: "idempotency_keys"
DROP INDEX `idempotencykey_team_id_caller_key`;
-- reverse: create index "idempotencykey_team_id_id" to table: "idempotency_keys"
DROP INDEX `idempotencykey_team_id_id`;
-- reverse: create "idempotency_keys" table
DROP TABLE `idempotency_keys`;
-- reverse: create index "groupmember_team_id_identity_id" to table: "group_members"
DROP INDEX `groupmember_team_id_identity_id`;
-- reverse: create index "groupmember_team_id_group_id_is_active_name_folded" to table: "group_members"
DROP INDEX `groupmember_team_id_group_id_is_active_name_folded`;
-- reverse: create index "groupmember_team_id_group_id_platform_user_id" to table: "group_members"
DROP INDEX `groupmember_team_id_group_id_platform_user_id`;
-- reverse: create index "groupmember_team_id_id" to table: "group_members"
DROP INDEX `groupmember_team_id_id`;
-- reverse: create "group_members" table
DROP TABLE `group_members`;
-- reverse: create index "group_team_id_name_folded_id" to table: "platform_groups"
DROP INDEX `group_team_id_name_folded_id`;
-- reverse: create index "group_team_id_channel_id_platform_group_id" to table: "platform_groups"
DROP INDEX `group_team_id_channel_id_platform_group_id`;
-- reverse: create index "group_team_id_id" to table: "platform_groups"
DROP INDEX `group_team_id_id`;
-- reverse: create "platform_groups" table
DROP TABLE `platform_groups`;
-- reverse: create index "event_at" to table: "events"
DROP INDEX `event_at`;
-- reverse: create "events" table
DROP TABLE `events`;
-- reverse: create index "employment_team_id_company_id_contact_id" to table: "employments"
DROP INDEX `employment_team_id_company_id_contact_id`;
-- reverse: create index "employment_team_id_contact_id_company_id" to table: "employments"
DROP INDEX `employment_team_id_contact_id_company_id`;
-- reverse: create index "employment_team_id_id" to table: "employments"
DROP INDEX `employment_team_id_id`;
-- reverse: create "employments" table
DROP TABLE `employments`;
-- reverse: create index "earlyeffect_team_id_channel_id_platform_message_id_kind" to table: "early_effects"
DROP INDEX `earlyeffect_team_id_channel_id_platform_message_id_kind`;
-- reverse: create index "earlyeffect_team_id_id" to table: "early_effects"
DROP INDEX `earlyeffect_team_id_id`;
-- reverse: create "early_effects" table
DROP TABLE `early_effects`;
-- reverse: create index "customfieldvalue_team_id_field_id_time_value_contact_id" to table: "custom_field_values"
DROP INDEX `customfieldvalue_team_id_field_id_time_value_contact_id`;
-- reverse: create index "customfieldvalue_team_id_field_id_number_value_contact_id" to table: "custom_field_values"
DROP INDEX `customfieldvalue_team_id_field_id_number_value_contact_id`;
-- reverse: create index "customfieldvalue_team_id_field_id_key_value_contact_id" to table: "custom_field_values"
DROP INDEX `customfieldvalue_team_id_field_id_key_value_contact_id`;
-- reverse: create index "customfieldvalue_team_id_contact_id_field_id_ordinal" to table: "custom_field_values"
DROP INDEX `customfieldvalue_team_id_contact_id_field_id_ordinal`;
-- reverse: create index "customfieldvalue_team_id_id" to table: "custom_field_values"
DROP INDEX `customfieldvalue_team_id_id`;
-- reverse: create "custom_field_values" table
DROP TABLE `custom_field_values`;
-- reverse: create index "customfield_team_id_target_name_folded" to table: "custom_fields"
DROP INDEX `customfield_team_id_target_name_folded`;
-- reverse: create index "customfield_team_id_id" to table: "custom_fields"
DROP INDEX `customfield_team_id_id`;
-- reverse: create "custom_fields" table
DROP TABLE `custom_fields`;
-- reverse: create index "counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf" to table: "conversation_counters"
DROP INDEX `counter_team_id_status_queue_fo_1a445334a7c1a4b8968b5666ea525bbf`;
-- reverse: create index "counter_team_id_id" to table: "conversation_counters"
DROP INDEX `counter_team_id_id`;
-- reverse: create "conversation_counters" table
DROP TABLE `conversation_counters`;
-- reverse: create index "conversation_team_id_status_waiting_since_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_waiting_since_id`;
-- reverse: create index "conversation_team_id_status_followed_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_followed_at_id`;
-- reverse: create index "conversation_team_id_channel_id_status_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_channel_id_status_last_at_id`;
-- reverse: create index "conversation_team_id_follower_id_status_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_follower_id_status_last_at_id`;
-- reverse: create index "conversation_team_id_status_queue_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_status_queue_last_at_id`;
-- reverse: create index "conversation_team_id_last_at_id" to table: "conversations"
DROP INDEX `conversation_team_id_last_at_id`;
-- reverse: create index "conversation_team_id_contact_id" to table: "conversations"
DROP INDEX `conversation_team_id_contact_id`;
-- reverse: create index "conversation_team_id_group_id" to table: "conversations"
DROP INDEX `conversation_team_id_group_id`;
-- reverse: create index "conversation_team_id_identity_id" to table: "conversations"
DROP INDEX `conversation_team_id_identity_id`;
-- reverse: create index "conversation_team_id_id" to table: "conversations"
DROP INDEX `conversation_team_id_id`;
-- reverse: create "conversations" table
DROP TABLE `conversations`;
-- reverse: create index "contactphone_team_id_digits" to table: "contact_phones"
DROP INDEX `contactphone_team_id_digits`;
-- reverse: create index "contactphone_team_id_e164" to table: "contact_phones"
DROP INDEX `contactphone_team_id_e164`;
-- reverse: create index "contactphone_team_id_contact_id" to table: "contact_phones"
DROP INDEX `contactphone_team_id_contact_id`;
-- reverse: create index "contactphone_team_id_id" to table: "contact_phones"
DROP INDEX `contactphone_team_id_id`;
-- reverse: create "contact_phones" table
DROP TABLE `contact_phones`;
-- reverse: create index "contactemail_team_id_email_folded" to table: "contact_emails"
DROP INDEX `contactemail_team_id_email_folded`;
-- reverse: create index "contactemail_team_id_contact_id" to table: "contact_emails"
DROP INDEX `contactemail_team_id_contact_id`;
-- reverse: create index "contactemail_team_id_id" to table: "contact_emails"
DROP INDEX `contactemail_team_id_id`;
-- reverse: create "contact_emails" table
DROP TABLE `contact_emails`;
-- reverse: create index "contact_team_id_responsible_id" to table: "contacts"
DROP INDEX `contact_team_id_responsible_id`;
-- reverse: create index "contact_team_id_birth_at" to table: "contacts"
DROP INDEX `contact_team_id_birth_at`;
-- reverse: create index "contact_team_id_birth_month" to table: "contacts"
DROP INDEX `contact_team_id_birth_month`;
-- reverse: create index "contact_team_id_identity_no" to table: "contacts"
DROP INDEX `contact_team_id_identity_no`;
-- reverse: create index "contact_team_id_membership_no" to table: "contacts"
DROP INDEX `contact_team_id_membership_no`;
-- reverse: create index "contact_team_id_updated_at_id" to table: "contacts"
DROP INDEX `contact_team_id_updated_at_id`;
-- reverse: create index "contact_team_id_created_at_id" to table: "contacts"
DROP INDEX `contact_team_id_created_at_id`;
-- reverse: create index "contact_team_id_name_folded_id" to table: "contacts"
DROP INDEX `contact_team_id_name_folded_id`;
-- reverse: create index "contact_team_id_id" to table: "contacts"
DROP INDEX `contact_team_id_id`;
-- reverse: create "contacts" table
DROP TABLE `contacts`;
-- reverse: create index "company_team_id_name_folded_id" to table: "companies"
DROP INDEX `company_team_id_name_folded_id`;
-- reverse: create index "company_team_id_id" to table: "companies"
DROP INDEX `company_team_id_id`;
-- reverse: create "companies" table
DROP TABLE `companies`;
-- reverse: create index "channel_team_id_type" to table: "channels"
DROP INDEX `channel_team_id_type`;
-- reverse: create index "channel_team_id_id" to table: "channels"
DROP INDEX `channel_team_id_id`;
-- reverse: create index "channels_claim_key" to table: "channels"
DROP INDEX `channels_claim_key`;
-- reverse: create index "channels_webhook_key_key" to table: "channels"
DROP INDEX `channels_webhook_key_key`;
-- reverse: create "channels" table
DROP TABLE `channels`;
-- reverse: create index "category_team_id_name_folded" to table: "custom_field_categories"
DROP INDEX `category_team_id_name_folded`;
-- reverse: create index "category_team_id_id" to table: "custom_field_categories"
DROP INDEX `category_team_id_id`;
-- reverse: create "custom_field_categories" table
DROP TABLE `custom_field_categories`;
-- reverse: create index "attempt_team_id_message_id_number" to table: "attempts"
DROP INDEX `attempt_team_id_message_id_number`;
-- reverse: create index "attempt_team_id_id" to table: "attempts"
DROP INDEX `attempt_team_id_id`;
-- reverse: create "attempts" table
DROP TABLE `attempts`;
-- reverse: create index "attachment_team_id_message_id_position" to table: "attachments"
DROP INDEX `attachment_team_id_message_id_position`;
-- reverse: create index "attachment_team_id_id" to table: "attachments"
DROP INDEX `attachment_team_id_id`;
-- reverse: create "attachments" table
DROP TABLE `attachments`;
-- reverse: create index "agent_team_id_status_name_folded" to table: "agents"
DROP INDEX `agent_team_id_status_name_folded`;
-- reverse: create index "agent_team_id_email_folded" to table: "agents"
DROP INDEX `agent_team_id_email_folded`;
-- reverse: create index "agent_team_id_id" to table: "agents"
DROP INDEX `agent_team_id_id`;
-- reverse: create "agents" table
DROP TABLE `agents`;
-- reverse: create index "activity_team_id_conversation_id_id" to table: "activities"
DROP INDEX `activity_team_id_conversation_id_id`;
-- reverse: create index "activity_team_id_id" to table: "activities"
DROP INDEX `activity_team_id_id`;
-- reverse: create "activities" table
DROP TABLE `activities`;
-- reverse: create index "apitoken_team_id_id" to table: "api_tokens"
DROP INDEX `apitoken_team_id_id`;
-- reverse: create index "api_tokens_token_hash_key" to table: "api_tokens"
DROP INDEX `api_tokens_token_hash_key`;
-- reverse: create "api_tokens" table
DROP TABLE `api_tokens`;
