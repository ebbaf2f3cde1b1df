-- reverse: set comment to column: "contact_id" on table: "taggings"
COMMENT ON COLUMN "taggings"."contact_id" IS '';
-- reverse: set comment to column: "tag_id" on table: "taggings"
COMMENT ON COLUMN "taggings"."tag_id" IS '';
-- reverse: set comment to column: "last_at" on table: "taggings"
COMMENT ON COLUMN "taggings"."last_at" IS '';
-- reverse: set comment to column: "first_at" on table: "taggings"
COMMENT ON COLUMN "taggings"."first_at" IS '';
-- reverse: set comment to column: "count" on table: "taggings"
COMMENT ON COLUMN "taggings"."count" IS '';
-- reverse: set comment to column: "team_id" on table: "taggings"
COMMENT ON COLUMN "taggings"."team_id" IS '';
-- reverse: set comment to table: "taggings"
COMMENT ON TABLE "taggings" IS '';
-- reverse: create index "tagging_team_id_tag_id_contact_id" to table: "taggings"
DROP INDEX "tagging_team_id_tag_id_contact_id";
-- reverse: create index "tagging_team_id_id" to table: "taggings"
DROP INDEX "tagging_team_id_id";
-- reverse: create index "tagging_team_id_contact_id_tag_id" to table: "taggings"
DROP INDEX "tagging_team_id_contact_id_tag_id";
-- reverse: create "taggings" table
DROP TABLE "taggings";
-- reverse: set comment to column: "contact_count" on table: "tags"
COMMENT ON COLUMN "tags"."contact_count" IS '';
-- reverse: set comment to column: "colour" on table: "tags"
COMMENT ON COLUMN "tags"."colour" IS '';
-- reverse: set comment to column: "name_folded" on table: "tags"
COMMENT ON COLUMN "tags"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "tags"
COMMENT ON COLUMN "tags"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "tags"
COMMENT ON COLUMN "tags"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "tags"
COMMENT ON COLUMN "tags"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "tags"
COMMENT ON COLUMN "tags"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "tags"
COMMENT ON COLUMN "tags"."team_id" IS '';
-- reverse: set comment to table: "tags"
COMMENT ON TABLE "tags" IS '';
-- reverse: create index "tag_team_id_name_folded" to table: "tags"
DROP INDEX "tag_team_id_name_folded";
-- reverse: create index "tag_team_id_id" to table: "tags"
DROP INDEX "tag_team_id_id";
-- reverse: create "tags" table
DROP TABLE "tags";
-- reverse: set comment to column: "agent_id" on table: "sessions"
COMMENT ON COLUMN "sessions"."agent_id" IS '';
-- reverse: set comment to column: "created_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."created_at" IS '';
-- reverse: set comment to column: "user_agent" on table: "sessions"
COMMENT ON COLUMN "sessions"."user_agent" IS '';
-- reverse: set comment to column: "revoked_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."revoked_at" IS '';
-- reverse: set comment to column: "rotated_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."rotated_at" IS '';
-- reverse: set comment to column: "refresh_expires_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."refresh_expires_at" IS '';
-- reverse: set comment to column: "access_expires_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."access_expires_at" IS '';
-- reverse: set comment to column: "refresh_hash" on table: "sessions"
COMMENT ON COLUMN "sessions"."refresh_hash" IS '';
-- reverse: set comment to column: "access_hash" on table: "sessions"
COMMENT ON COLUMN "sessions"."access_hash" IS '';
-- reverse: set comment to column: "family" on table: "sessions"
COMMENT ON COLUMN "sessions"."family" IS '';
-- reverse: set comment to column: "team_id" on table: "sessions"
COMMENT ON COLUMN "sessions"."team_id" IS '';
-- reverse: set comment to table: "sessions"
COMMENT ON TABLE "sessions" IS '';
-- reverse: create index "sessions_refresh_hash_key" to table: "sessions"
DROP INDEX "sessions_refresh_hash_key";
-- reverse: create index "sessions_access_hash_key" to table: "sessions"
DROP INDEX "sessions_access_hash_key";
-- reverse: create index "session_team_id_id" to table: "sessions"
DROP INDEX "session_team_id_id";
-- reverse: create index "session_team_id_family" to table: "sessions"
DROP INDEX "session_team_id_family";
-- reverse: create index "session_team_id_agent_id" to table: "sessions"
DROP INDEX "session_team_id_agent_id";
-- reverse: create "sessions" table
DROP TABLE "sessions";
-- reverse: set comment to column: "agent_id" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."conversation_id" IS '';
-- reverse: set comment to column: "read_at" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."read_at" IS '';
-- reverse: set comment to column: "unread" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."unread" IS '';
-- reverse: set comment to column: "last_read_seq" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."last_read_seq" IS '';
-- reverse: set comment to column: "team_id" on table: "read_cursors"
COMMENT ON COLUMN "read_cursors"."team_id" IS '';
-- reverse: set comment to table: "read_cursors"
COMMENT ON TABLE "read_cursors" IS '';
-- reverse: create index "readcursor_team_id_id" to table: "read_cursors"
DROP INDEX "readcursor_team_id_id";
-- reverse: create index "readcursor_team_id_agent_id_conversation_id" to table: "read_cursors"
DROP INDEX "readcursor_team_id_agent_id_conversation_id";
-- reverse: create "read_cursors" table
DROP TABLE "read_cursors";
-- reverse: set comment to column: "agent_id" on table: "participants"
COMMENT ON COLUMN "participants"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "participants"
COMMENT ON COLUMN "participants"."conversation_id" IS '';
-- reverse: set comment to column: "since" on table: "participants"
COMMENT ON COLUMN "participants"."since" IS '';
-- reverse: set comment to column: "position" on table: "participants"
COMMENT ON COLUMN "participants"."position" IS '';
-- reverse: set comment to column: "part" on table: "participants"
COMMENT ON COLUMN "participants"."part" IS '';
-- reverse: set comment to column: "team_id" on table: "participants"
COMMENT ON COLUMN "participants"."team_id" IS '';
-- reverse: set comment to table: "participants"
COMMENT ON TABLE "participants" IS '';
-- reverse: create index "participant_team_id_id" to table: "participants"
DROP INDEX "participant_team_id_id";
-- reverse: create index "participant_team_id_conversation_id_agent_id" to table: "participants"
DROP INDEX "participant_team_id_conversation_id_agent_id";
-- reverse: create index "participant_team_id_agent_id_part" to table: "participants"
DROP INDEX "participant_team_id_agent_id_part";
-- reverse: create "participants" table
DROP TABLE "participants";
-- reverse: set comment to column: "channel_id" on table: "notifications"
COMMENT ON COLUMN "notifications"."channel_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "notifications"
COMMENT ON COLUMN "notifications"."conversation_id" IS '';
-- reverse: set comment to column: "agent_id" on table: "notifications"
COMMENT ON COLUMN "notifications"."agent_id" IS '';
-- reverse: set comment to column: "read_at" on table: "notifications"
COMMENT ON COLUMN "notifications"."read_at" IS '';
-- reverse: set comment to column: "params" on table: "notifications"
COMMENT ON COLUMN "notifications"."params" IS '';
-- reverse: set comment to column: "code" on table: "notifications"
COMMENT ON COLUMN "notifications"."code" IS '';
-- reverse: set comment to column: "updated_at" on table: "notifications"
COMMENT ON COLUMN "notifications"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "notifications"
COMMENT ON COLUMN "notifications"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "notifications"
COMMENT ON COLUMN "notifications"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "notifications"
COMMENT ON COLUMN "notifications"."team_id" IS '';
-- reverse: set comment to table: "notifications"
COMMENT ON TABLE "notifications" IS '';
-- reverse: create index "notification_team_id_id" to table: "notifications"
DROP INDEX "notification_team_id_id";
-- reverse: create index "notification_team_id_agent_id_id" to table: "notifications"
DROP INDEX "notification_team_id_agent_id_id";
-- reverse: create "notifications" table
DROP TABLE "notifications";
-- reverse: set comment to column: "agent_id" on table: "links"
COMMENT ON COLUMN "links"."agent_id" IS '';
-- reverse: set comment to column: "created_at" on table: "links"
COMMENT ON COLUMN "links"."created_at" IS '';
-- reverse: set comment to column: "used_at" on table: "links"
COMMENT ON COLUMN "links"."used_at" IS '';
-- reverse: set comment to column: "expires_at" on table: "links"
COMMENT ON COLUMN "links"."expires_at" IS '';
-- reverse: set comment to column: "token_hash" on table: "links"
COMMENT ON COLUMN "links"."token_hash" IS '';
-- reverse: set comment to column: "purpose" on table: "links"
COMMENT ON COLUMN "links"."purpose" IS '';
-- reverse: set comment to column: "team_id" on table: "links"
COMMENT ON COLUMN "links"."team_id" IS '';
-- reverse: set comment to table: "links"
COMMENT ON TABLE "links" IS '';
-- reverse: create index "links_token_hash_key" to table: "links"
DROP INDEX "links_token_hash_key";
-- reverse: create index "link_team_id_id" to table: "links"
DROP INDEX "link_team_id_id";
-- reverse: create index "link_team_id_agent_id_purpose" to table: "links"
DROP INDEX "link_team_id_agent_id_purpose";
-- reverse: create "links" table
DROP TABLE "links";
-- reverse: set comment to column: "channel_id" on table: "lanes"
COMMENT ON COLUMN "lanes"."channel_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "lanes"
COMMENT ON COLUMN "lanes"."conversation_id" IS '';
-- reverse: set comment to column: "blocked_since" on table: "lanes"
COMMENT ON COLUMN "lanes"."blocked_since" IS '';
-- reverse: set comment to column: "tries" on table: "lanes"
COMMENT ON COLUMN "lanes"."tries" IS '';
-- reverse: set comment to column: "fence" on table: "lanes"
COMMENT ON COLUMN "lanes"."fence" IS '';
-- reverse: set comment to column: "lease_until" on table: "lanes"
COMMENT ON COLUMN "lanes"."lease_until" IS '';
-- reverse: set comment to column: "lease_owner" on table: "lanes"
COMMENT ON COLUMN "lanes"."lease_owner" IS '';
-- reverse: set comment to column: "due_at" on table: "lanes"
COMMENT ON COLUMN "lanes"."due_at" IS '';
-- reverse: set comment to column: "waiting" on table: "lanes"
COMMENT ON COLUMN "lanes"."waiting" IS '';
-- reverse: set comment to column: "team_id" on table: "lanes"
COMMENT ON COLUMN "lanes"."team_id" IS '';
-- reverse: set comment to table: "lanes"
COMMENT ON TABLE "lanes" IS '';
-- reverse: create index "lane_team_id_id" to table: "lanes"
DROP INDEX "lane_team_id_id";
-- reverse: create index "lane_team_id_conversation_id" to table: "lanes"
DROP INDEX "lane_team_id_conversation_id";
-- reverse: create index "lane_due_at" to table: "lanes"
DROP INDEX "lane_due_at";
-- reverse: create "lanes" table
DROP TABLE "lanes";
-- reverse: set comment to column: "channel_id" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."channel_id" IS '';
-- reverse: set comment to column: "tried_at" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."tried_at" IS '';
-- reverse: set comment to column: "received_at" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."received_at" IS '';
-- reverse: set comment to column: "tries" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."tries" IS '';
-- reverse: set comment to column: "reason" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."reason" IS '';
-- reverse: set comment to column: "state" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."state" IS '';
-- reverse: set comment to column: "raw" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."raw" IS '';
-- reverse: set comment to column: "platform_message_id" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."platform_message_id" IS '';
-- reverse: set comment to column: "kind" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."kind" IS '';
-- reverse: set comment to column: "dedupe_key" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."dedupe_key" IS '';
-- reverse: set comment to column: "team_id" on table: "inbound_events"
COMMENT ON COLUMN "inbound_events"."team_id" IS '';
-- reverse: set comment to table: "inbound_events"
COMMENT ON TABLE "inbound_events" IS '';
-- reverse: create index "inboundevent_team_id_state_id" to table: "inbound_events"
DROP INDEX "inboundevent_team_id_state_id";
-- reverse: create index "inboundevent_team_id_id" to table: "inbound_events"
DROP INDEX "inboundevent_team_id_id";
-- reverse: create index "inboundevent_team_id_channel_id_platform_message_id" to table: "inbound_events"
DROP INDEX "inboundevent_team_id_channel_id_platform_message_id";
-- reverse: create index "inboundevent_team_id_channel_id_dedupe_key" to table: "inbound_events"
DROP INDEX "inboundevent_team_id_channel_id_dedupe_key";
-- reverse: create "inbound_events" table
DROP TABLE "inbound_events";
-- reverse: set comment to column: "company_id" on table: "employments"
COMMENT ON COLUMN "employments"."company_id" IS '';
-- reverse: set comment to column: "contact_id" on table: "employments"
COMMENT ON COLUMN "employments"."contact_id" IS '';
-- reverse: set comment to column: "team_id" on table: "employments"
COMMENT ON COLUMN "employments"."team_id" IS '';
-- reverse: set comment to table: "employments"
COMMENT ON TABLE "employments" IS '';
-- reverse: create index "employment_team_id_id" to table: "employments"
DROP INDEX "employment_team_id_id";
-- reverse: create index "employment_team_id_contact_id_company_id" to table: "employments"
DROP INDEX "employment_team_id_contact_id_company_id";
-- reverse: create index "employment_team_id_company_id_contact_id" to table: "employments"
DROP INDEX "employment_team_id_company_id_contact_id";
-- reverse: create "employments" table
DROP TABLE "employments";
-- reverse: set comment to column: "number" on table: "companies"
COMMENT ON COLUMN "companies"."number" IS '';
-- reverse: set comment to column: "name_folded" on table: "companies"
COMMENT ON COLUMN "companies"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "companies"
COMMENT ON COLUMN "companies"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "companies"
COMMENT ON COLUMN "companies"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "companies"
COMMENT ON COLUMN "companies"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "companies"
COMMENT ON COLUMN "companies"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "companies"
COMMENT ON COLUMN "companies"."team_id" IS '';
-- reverse: set comment to table: "companies"
COMMENT ON TABLE "companies" IS '';
-- reverse: create index "company_team_id_name_folded_id" to table: "companies"
DROP INDEX "company_team_id_name_folded_id";
-- reverse: create index "company_team_id_id" to table: "companies"
DROP INDEX "company_team_id_id";
-- reverse: create "companies" table
DROP TABLE "companies";
-- reverse: set comment to column: "channel_id" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."channel_id" IS '';
-- reverse: set comment to column: "created_at" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."created_at" IS '';
-- reverse: set comment to column: "occurred_at" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."occurred_at" IS '';
-- reverse: set comment to column: "quote_token" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."quote_token" IS '';
-- reverse: set comment to column: "content" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."content" IS '';
-- reverse: set comment to column: "kind" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."kind" IS '';
-- reverse: set comment to column: "platform_message_id" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."platform_message_id" IS '';
-- reverse: set comment to column: "team_id" on table: "early_effects"
COMMENT ON COLUMN "early_effects"."team_id" IS '';
-- reverse: set comment to table: "early_effects"
COMMENT ON TABLE "early_effects" IS '';
-- reverse: create index "earlyeffect_team_id_id" to table: "early_effects"
DROP INDEX "earlyeffect_team_id_id";
-- reverse: create index "earlyeffect_team_id_channel_id_platform_message_id_kind" to table: "early_effects"
DROP INDEX "earlyeffect_team_id_channel_id_platform_message_id_kind";
-- reverse: create "early_effects" table
DROP TABLE "early_effects";
-- reverse: set comment to column: "contact_id" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."contact_id" IS '';
-- reverse: set comment to column: "field_id" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."field_id" IS '';
-- reverse: set comment to column: "set_value" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."set_value" IS '';
-- reverse: set comment to column: "time_value" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."time_value" IS '';
-- reverse: set comment to column: "number_value" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."number_value" IS '';
-- reverse: set comment to column: "key_value" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."key_value" IS '';
-- reverse: set comment to column: "text_value" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."text_value" IS '';
-- reverse: set comment to column: "ordinal" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."ordinal" IS '';
-- reverse: set comment to column: "team_id" on table: "custom_field_values"
COMMENT ON COLUMN "custom_field_values"."team_id" IS '';
-- reverse: set comment to table: "custom_field_values"
COMMENT ON TABLE "custom_field_values" IS '';
-- reverse: create index "customfieldvalue_team_id_id" to table: "custom_field_values"
DROP INDEX "customfieldvalue_team_id_id";
-- reverse: create index "customfieldvalue_team_id_field_id_time_value_contact_id" to table: "custom_field_values"
DROP INDEX "customfieldvalue_team_id_field_id_time_value_contact_id";
-- reverse: create index "customfieldvalue_team_id_field_id_number_value_contact_id" to table: "custom_field_values"
DROP INDEX "customfieldvalue_team_id_field_id_number_value_contact_id";
-- reverse: create index "customfieldvalue_team_id_field_id_key_value_contact_id" to table: "custom_field_values"
DROP INDEX "customfieldvalue_team_id_field_id_key_value_contact_id";
-- reverse: create index "customfieldvalue_team_id_contact_id_field_id_ordinal" to table: "custom_field_values"
DROP INDEX "customfieldvalue_team_id_contact_id_field_id_ordinal";
-- reverse: create "custom_field_values" table
DROP TABLE "custom_field_values";
-- reverse: set comment to column: "category_id" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."category_id" IS '';
-- reverse: set comment to column: "position" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."position" IS '';
-- reverse: set comment to column: "options" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."options" IS '';
-- reverse: set comment to column: "type" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."type" IS '';
-- reverse: set comment to column: "target" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."target" IS '';
-- reverse: set comment to column: "name_folded" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "custom_fields"
COMMENT ON COLUMN "custom_fields"."team_id" IS '';
-- reverse: set comment to table: "custom_fields"
COMMENT ON TABLE "custom_fields" IS '';
-- reverse: create index "customfield_team_id_target_name_folded" to table: "custom_fields"
DROP INDEX "customfield_team_id_target_name_folded";
-- reverse: create index "customfield_team_id_id" to table: "custom_fields"
DROP INDEX "customfield_team_id_id";
-- reverse: create "custom_fields" table
DROP TABLE "custom_fields";
-- reverse: set comment to column: "position" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."position" IS '';
-- reverse: set comment to column: "name_folded" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "custom_field_categories"
COMMENT ON COLUMN "custom_field_categories"."team_id" IS '';
-- reverse: set comment to table: "custom_field_categories"
COMMENT ON TABLE "custom_field_categories" IS '';
-- reverse: create index "category_team_id_name_folded" to table: "custom_field_categories"
DROP INDEX "category_team_id_name_folded";
-- reverse: create index "category_team_id_id" to table: "custom_field_categories"
DROP INDEX "category_team_id_id";
-- reverse: create "custom_field_categories" table
DROP TABLE "custom_field_categories";
-- reverse: set comment to column: "contact_id" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."contact_id" IS '';
-- reverse: set comment to column: "position" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."position" IS '';
-- reverse: set comment to column: "digits" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."digits" IS '';
-- reverse: set comment to column: "e164" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."e164" IS '';
-- reverse: set comment to column: "typed" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."typed" IS '';
-- reverse: set comment to column: "team_id" on table: "contact_phones"
COMMENT ON COLUMN "contact_phones"."team_id" IS '';
-- reverse: set comment to table: "contact_phones"
COMMENT ON TABLE "contact_phones" IS '';
-- reverse: create index "contactphone_team_id_id" to table: "contact_phones"
DROP INDEX "contactphone_team_id_id";
-- reverse: create index "contactphone_team_id_e164" to table: "contact_phones"
DROP INDEX "contactphone_team_id_e164";
-- reverse: create index "contactphone_team_id_digits" to table: "contact_phones"
DROP INDEX "contactphone_team_id_digits";
-- reverse: create index "contactphone_team_id_contact_id" to table: "contact_phones"
DROP INDEX "contactphone_team_id_contact_id";
-- reverse: create "contact_phones" table
DROP TABLE "contact_phones";
-- reverse: set comment to column: "contact_id" on table: "contact_emails"
COMMENT ON COLUMN "contact_emails"."contact_id" IS '';
-- reverse: set comment to column: "position" on table: "contact_emails"
COMMENT ON COLUMN "contact_emails"."position" IS '';
-- reverse: set comment to column: "email_folded" on table: "contact_emails"
COMMENT ON COLUMN "contact_emails"."email_folded" IS '';
-- reverse: set comment to column: "email" on table: "contact_emails"
COMMENT ON COLUMN "contact_emails"."email" IS '';
-- reverse: set comment to column: "team_id" on table: "contact_emails"
COMMENT ON COLUMN "contact_emails"."team_id" IS '';
-- reverse: set comment to table: "contact_emails"
COMMENT ON TABLE "contact_emails" IS '';
-- reverse: create index "contactemail_team_id_id" to table: "contact_emails"
DROP INDEX "contactemail_team_id_id";
-- reverse: create index "contactemail_team_id_email_folded" to table: "contact_emails"
DROP INDEX "contactemail_team_id_email_folded";
-- reverse: create index "contactemail_team_id_contact_id" to table: "contact_emails"
DROP INDEX "contactemail_team_id_contact_id";
-- reverse: create "contact_emails" table
DROP TABLE "contact_emails";
-- reverse: set comment to column: "message_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."message_id" IS '';
-- reverse: set comment to column: "platform_request_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."platform_request_id" IS '';
-- reverse: set comment to column: "reason" on table: "attempts"
COMMENT ON COLUMN "attempts"."reason" IS '';
-- reverse: set comment to column: "code" on table: "attempts"
COMMENT ON COLUMN "attempts"."code" IS '';
-- reverse: set comment to column: "status" on table: "attempts"
COMMENT ON COLUMN "attempts"."status" IS '';
-- reverse: set comment to column: "outcome" on table: "attempts"
COMMENT ON COLUMN "attempts"."outcome" IS '';
-- reverse: set comment to column: "ended_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."ended_at" IS '';
-- reverse: set comment to column: "started_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."started_at" IS '';
-- reverse: set comment to column: "fence" on table: "attempts"
COMMENT ON COLUMN "attempts"."fence" IS '';
-- reverse: set comment to column: "retry_key" on table: "attempts"
COMMENT ON COLUMN "attempts"."retry_key" IS '';
-- reverse: set comment to column: "number" on table: "attempts"
COMMENT ON COLUMN "attempts"."number" IS '';
-- reverse: set comment to column: "team_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."team_id" IS '';
-- reverse: set comment to table: "attempts"
COMMENT ON TABLE "attempts" IS '';
-- reverse: create index "attempt_team_id_message_id_number" to table: "attempts"
DROP INDEX "attempt_team_id_message_id_number";
-- reverse: create index "attempt_team_id_id" to table: "attempts"
DROP INDEX "attempt_team_id_id";
-- reverse: create "attempts" table
DROP TABLE "attempts";
-- reverse: set comment to column: "message_id" on table: "attachments"
COMMENT ON COLUMN "attachments"."message_id" IS '';
-- reverse: set comment to column: "preview_url" on table: "attachments"
COMMENT ON COLUMN "attachments"."preview_url" IS '';
-- reverse: set comment to column: "source_url" on table: "attachments"
COMMENT ON COLUMN "attachments"."source_url" IS '';
-- reverse: set comment to column: "platform_media_id" on table: "attachments"
COMMENT ON COLUMN "attachments"."platform_media_id" IS '';
-- reverse: set comment to column: "duration_ms" on table: "attachments"
COMMENT ON COLUMN "attachments"."duration_ms" IS '';
-- reverse: set comment to column: "size" on table: "attachments"
COMMENT ON COLUMN "attachments"."size" IS '';
-- reverse: set comment to column: "content_type" on table: "attachments"
COMMENT ON COLUMN "attachments"."content_type" IS '';
-- reverse: set comment to column: "name" on table: "attachments"
COMMENT ON COLUMN "attachments"."name" IS '';
-- reverse: set comment to column: "state" on table: "attachments"
COMMENT ON COLUMN "attachments"."state" IS '';
-- reverse: set comment to column: "position" on table: "attachments"
COMMENT ON COLUMN "attachments"."position" IS '';
-- reverse: set comment to column: "updated_at" on table: "attachments"
COMMENT ON COLUMN "attachments"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "attachments"
COMMENT ON COLUMN "attachments"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "attachments"
COMMENT ON COLUMN "attachments"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "attachments"
COMMENT ON COLUMN "attachments"."team_id" IS '';
-- reverse: set comment to table: "attachments"
COMMENT ON TABLE "attachments" IS '';
-- reverse: create index "attachment_team_id_message_id_position" to table: "attachments"
DROP INDEX "attachment_team_id_message_id_position";
-- reverse: create index "attachment_team_id_id" to table: "attachments"
DROP INDEX "attachment_team_id_id";
-- reverse: create "attachments" table
DROP TABLE "attachments";
-- reverse: set comment to column: "token_id" on table: "messages"
COMMENT ON COLUMN "messages"."token_id" IS '';
-- reverse: set comment to column: "member_id" on table: "messages"
COMMENT ON COLUMN "messages"."member_id" IS '';
-- reverse: set comment to column: "identity_id" on table: "messages"
COMMENT ON COLUMN "messages"."identity_id" IS '';
-- reverse: set comment to column: "agent_id" on table: "messages"
COMMENT ON COLUMN "messages"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "messages"
COMMENT ON COLUMN "messages"."conversation_id" IS '';
-- reverse: set comment to column: "params" on table: "messages"
COMMENT ON COLUMN "messages"."params" IS '';
-- reverse: set comment to column: "code" on table: "messages"
COMMENT ON COLUMN "messages"."code" IS '';
-- reverse: set comment to column: "client_message_id" on table: "messages"
COMMENT ON COLUMN "messages"."client_message_id" IS '';
-- reverse: set comment to column: "author" on table: "messages"
COMMENT ON COLUMN "messages"."author" IS '';
-- reverse: set comment to column: "sent_at" on table: "messages"
COMMENT ON COLUMN "messages"."sent_at" IS '';
-- reverse: set comment to column: "retry_key_at" on table: "messages"
COMMENT ON COLUMN "messages"."retry_key_at" IS '';
-- reverse: set comment to column: "retry_key" on table: "messages"
COMMENT ON COLUMN "messages"."retry_key" IS '';
-- reverse: set comment to column: "failure_reason" on table: "messages"
COMMENT ON COLUMN "messages"."failure_reason" IS '';
-- reverse: set comment to column: "failure_code" on table: "messages"
COMMENT ON COLUMN "messages"."failure_code" IS '';
-- reverse: set comment to column: "delivery" on table: "messages"
COMMENT ON COLUMN "messages"."delivery" IS '';
-- reverse: set comment to column: "unsent_at" on table: "messages"
COMMENT ON COLUMN "messages"."unsent_at" IS '';
-- reverse: set comment to column: "edited_at" on table: "messages"
COMMENT ON COLUMN "messages"."edited_at" IS '';
-- reverse: set comment to column: "is_late" on table: "messages"
COMMENT ON COLUMN "messages"."is_late" IS '';
-- reverse: set comment to column: "platform_at" on table: "messages"
COMMENT ON COLUMN "messages"."platform_at" IS '';
-- reverse: set comment to column: "quoted_platform_id" on table: "messages"
COMMENT ON COLUMN "messages"."quoted_platform_id" IS '';
-- reverse: set comment to column: "reply_to_id" on table: "messages"
COMMENT ON COLUMN "messages"."reply_to_id" IS '';
-- reverse: set comment to column: "read_token" on table: "messages"
COMMENT ON COLUMN "messages"."read_token" IS '';
-- reverse: set comment to column: "quote_token" on table: "messages"
COMMENT ON COLUMN "messages"."quote_token" IS '';
-- reverse: set comment to column: "platform_message_id" on table: "messages"
COMMENT ON COLUMN "messages"."platform_message_id" IS '';
-- reverse: set comment to column: "is_self_mentioned" on table: "messages"
COMMENT ON COLUMN "messages"."is_self_mentioned" IS '';
-- reverse: set comment to column: "content" on table: "messages"
COMMENT ON COLUMN "messages"."content" IS '';
-- reverse: set comment to column: "text" on table: "messages"
COMMENT ON COLUMN "messages"."text" IS '';
-- reverse: set comment to column: "kind" on table: "messages"
COMMENT ON COLUMN "messages"."kind" IS '';
-- reverse: set comment to column: "sender_name" on table: "messages"
COMMENT ON COLUMN "messages"."sender_name" IS '';
-- reverse: set comment to column: "sender" on table: "messages"
COMMENT ON COLUMN "messages"."sender" IS '';
-- reverse: set comment to column: "direction" on table: "messages"
COMMENT ON COLUMN "messages"."direction" IS '';
-- reverse: set comment to column: "seq" on table: "messages"
COMMENT ON COLUMN "messages"."seq" IS '';
-- reverse: set comment to column: "channel_id" on table: "messages"
COMMENT ON COLUMN "messages"."channel_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "messages"
COMMENT ON COLUMN "messages"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "messages"
COMMENT ON COLUMN "messages"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "messages"
COMMENT ON COLUMN "messages"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "messages"
COMMENT ON COLUMN "messages"."team_id" IS '';
-- reverse: set comment to table: "messages"
COMMENT ON TABLE "messages" IS '';
-- reverse: create index "message_team_id_id" to table: "messages"
DROP INDEX "message_team_id_id";
-- reverse: create index "message_team_id_conversation_id_seq" to table: "messages"
DROP INDEX "message_team_id_conversation_id_seq";
-- reverse: create index "message_team_id_conversation_id_delivery" to table: "messages"
DROP INDEX "message_team_id_conversation_id_delivery";
-- reverse: create index "message_team_id_channel_id_platform_message_id" to table: "messages"
DROP INDEX "message_team_id_channel_id_platform_message_id";
-- reverse: create index "message_team_id_author_client_message_id" to table: "messages"
DROP INDEX "message_team_id_author_client_message_id";
-- reverse: create "messages" table
DROP TABLE "messages";
-- reverse: set comment to column: "identity_id" on table: "group_members"
COMMENT ON COLUMN "group_members"."identity_id" IS '';
-- reverse: set comment to column: "group_id" on table: "group_members"
COMMENT ON COLUMN "group_members"."group_id" IS '';
-- reverse: set comment to column: "profile_fetched_at" on table: "group_members"
COMMENT ON COLUMN "group_members"."profile_fetched_at" IS '';
-- reverse: set comment to column: "left_at" on table: "group_members"
COMMENT ON COLUMN "group_members"."left_at" IS '';
-- reverse: set comment to column: "joined_at" on table: "group_members"
COMMENT ON COLUMN "group_members"."joined_at" IS '';
-- reverse: set comment to column: "is_active" on table: "group_members"
COMMENT ON COLUMN "group_members"."is_active" IS '';
-- reverse: set comment to column: "friendship" on table: "group_members"
COMMENT ON COLUMN "group_members"."friendship" IS '';
-- reverse: set comment to column: "picture_url" on table: "group_members"
COMMENT ON COLUMN "group_members"."picture_url" IS '';
-- reverse: set comment to column: "name_folded" on table: "group_members"
COMMENT ON COLUMN "group_members"."name_folded" IS '';
-- reverse: set comment to column: "display_name" on table: "group_members"
COMMENT ON COLUMN "group_members"."display_name" IS '';
-- reverse: set comment to column: "platform_user_id" on table: "group_members"
COMMENT ON COLUMN "group_members"."platform_user_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "group_members"
COMMENT ON COLUMN "group_members"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "group_members"
COMMENT ON COLUMN "group_members"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "group_members"
COMMENT ON COLUMN "group_members"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "group_members"
COMMENT ON COLUMN "group_members"."team_id" IS '';
-- reverse: set comment to table: "group_members"
COMMENT ON TABLE "group_members" IS '';
-- reverse: create index "groupmember_team_id_identity_id" to table: "group_members"
DROP INDEX "groupmember_team_id_identity_id";
-- reverse: create index "groupmember_team_id_id" to table: "group_members"
DROP INDEX "groupmember_team_id_id";
-- reverse: create index "groupmember_team_id_group_id_platform_user_id" to table: "group_members"
DROP INDEX "groupmember_team_id_group_id_platform_user_id";
-- reverse: create index "groupmember_team_id_group_id_is_active_name_folded" to table: "group_members"
DROP INDEX "groupmember_team_id_group_id_is_active_name_folded";
-- reverse: create "group_members" table
DROP TABLE "group_members";
-- reverse: set comment to column: "created_by_id" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."created_by_id" IS '';
-- reverse: set comment to column: "last_used_at" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."last_used_at" IS '';
-- reverse: set comment to column: "revoked_at" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."revoked_at" IS '';
-- reverse: set comment to column: "expires_at" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."expires_at" IS '';
-- reverse: set comment to column: "auth_version" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."auth_version" IS '';
-- reverse: set comment to column: "rate_per_minute" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."rate_per_minute" IS '';
-- reverse: set comment to column: "allow_list" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."allow_list" IS '';
-- reverse: set comment to column: "hint" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."hint" IS '';
-- reverse: set comment to column: "token_hash" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."token_hash" IS '';
-- reverse: set comment to column: "scopes" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."scopes" IS '';
-- reverse: set comment to column: "role" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."role" IS '';
-- reverse: set comment to column: "name" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."name" IS '';
-- reverse: set comment to column: "updated_at" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "api_tokens"
COMMENT ON COLUMN "api_tokens"."team_id" IS '';
-- reverse: set comment to table: "api_tokens"
COMMENT ON TABLE "api_tokens" IS '';
-- reverse: create index "apitoken_team_id_id" to table: "api_tokens"
DROP INDEX "apitoken_team_id_id";
-- reverse: create index "api_tokens_token_hash_key" to table: "api_tokens"
DROP INDEX "api_tokens_token_hash_key";
-- reverse: create "api_tokens" table
DROP TABLE "api_tokens";
-- reverse: set comment to column: "conversation_id" on table: "activities"
COMMENT ON COLUMN "activities"."conversation_id" IS '';
-- reverse: set comment to column: "at" on table: "activities"
COMMENT ON COLUMN "activities"."at" IS '';
-- reverse: set comment to column: "actor_id" on table: "activities"
COMMENT ON COLUMN "activities"."actor_id" IS '';
-- reverse: set comment to column: "actor_kind" on table: "activities"
COMMENT ON COLUMN "activities"."actor_kind" IS '';
-- reverse: set comment to column: "params" on table: "activities"
COMMENT ON COLUMN "activities"."params" IS '';
-- reverse: set comment to column: "code" on table: "activities"
COMMENT ON COLUMN "activities"."code" IS '';
-- reverse: set comment to column: "team_id" on table: "activities"
COMMENT ON COLUMN "activities"."team_id" IS '';
-- reverse: set comment to table: "activities"
COMMENT ON TABLE "activities" IS '';
-- reverse: create index "activity_team_id_id" to table: "activities"
DROP INDEX "activity_team_id_id";
-- reverse: create index "activity_team_id_conversation_id_id" to table: "activities"
DROP INDEX "activity_team_id_conversation_id_id";
-- reverse: create "activities" table
DROP TABLE "activities";
-- reverse: set comment to column: "follower_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."follower_id" IS '';
-- reverse: set comment to column: "contact_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."contact_id" IS '';
-- reverse: set comment to column: "group_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."group_id" IS '';
-- reverse: set comment to column: "identity_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."identity_id" IS '';
-- reverse: set comment to column: "channel_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."channel_id" IS '';
-- reverse: set comment to column: "is_archived" on table: "conversations"
COMMENT ON COLUMN "conversations"."is_archived" IS '';
-- reverse: set comment to column: "is_starred" on table: "conversations"
COMMENT ON COLUMN "conversations"."is_starred" IS '';
-- reverse: set comment to column: "has_phone" on table: "conversations"
COMMENT ON COLUMN "conversations"."has_phone" IS '';
-- reverse: set comment to column: "customer_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."customer_at" IS '';
-- reverse: set comment to column: "mention_message_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."mention_message_id" IS '';
-- reverse: set comment to column: "waiting_since" on table: "conversations"
COMMENT ON COLUMN "conversations"."waiting_since" IS '';
-- reverse: set comment to column: "read_seq" on table: "conversations"
COMMENT ON COLUMN "conversations"."read_seq" IS '';
-- reverse: set comment to column: "unread" on table: "conversations"
COMMENT ON COLUMN "conversations"."unread" IS '';
-- reverse: set comment to column: "member_count" on table: "conversations"
COMMENT ON COLUMN "conversations"."member_count" IS '';
-- reverse: set comment to column: "tag_ids" on table: "conversations"
COMMENT ON COLUMN "conversations"."tag_ids" IS '';
-- reverse: set comment to column: "picture_url" on table: "conversations"
COMMENT ON COLUMN "conversations"."picture_url" IS '';
-- reverse: set comment to column: "name_folded" on table: "conversations"
COMMENT ON COLUMN "conversations"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "conversations"
COMMENT ON COLUMN "conversations"."name" IS '';
-- reverse: set comment to column: "last_message_unsent" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_unsent" IS '';
-- reverse: set comment to column: "last_message_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_at" IS '';
-- reverse: set comment to column: "last_message_preview" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_preview" IS '';
-- reverse: set comment to column: "last_message_sender" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_sender" IS '';
-- reverse: set comment to column: "last_message_kind" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_kind" IS '';
-- reverse: set comment to column: "last_message_seq" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_seq" IS '';
-- reverse: set comment to column: "last_message_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_message_id" IS '';
-- reverse: set comment to column: "last_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_at" IS '';
-- reverse: set comment to column: "message_seq" on table: "conversations"
COMMENT ON COLUMN "conversations"."message_seq" IS '';
-- reverse: set comment to column: "region_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."region_id" IS '';
-- reverse: set comment to column: "branch_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."branch_id" IS '';
-- reverse: set comment to column: "ended_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."ended_at" IS '';
-- reverse: set comment to column: "followed_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."followed_at" IS '';
-- reverse: set comment to column: "collaborator_ids" on table: "conversations"
COMMENT ON COLUMN "conversations"."collaborator_ids" IS '';
-- reverse: set comment to column: "last_follower_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."last_follower_id" IS '';
-- reverse: set comment to column: "queue" on table: "conversations"
COMMENT ON COLUMN "conversations"."queue" IS '';
-- reverse: set comment to column: "status" on table: "conversations"
COMMENT ON COLUMN "conversations"."status" IS '';
-- reverse: set comment to column: "kind" on table: "conversations"
COMMENT ON COLUMN "conversations"."kind" IS '';
-- reverse: set comment to column: "channel_type" on table: "conversations"
COMMENT ON COLUMN "conversations"."channel_type" IS '';
-- reverse: set comment to column: "updated_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "conversations"
COMMENT ON COLUMN "conversations"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "conversations"
COMMENT ON COLUMN "conversations"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "conversations"
COMMENT ON COLUMN "conversations"."team_id" IS '';
-- reverse: set comment to table: "conversations"
COMMENT ON TABLE "conversations" IS '';
-- reverse: create index "conversation_team_id_status_waiting_since_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_waiting_since_id";
-- reverse: create index "conversation_team_id_status_queue_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_queue_last_at_id";
-- reverse: create index "conversation_team_id_status_followed_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_status_followed_at_id";
-- reverse: create index "conversation_team_id_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_last_at_id";
-- reverse: create index "conversation_team_id_identity_id" to table: "conversations"
DROP INDEX "conversation_team_id_identity_id";
-- reverse: create index "conversation_team_id_id" to table: "conversations"
DROP INDEX "conversation_team_id_id";
-- reverse: create index "conversation_team_id_group_id" to table: "conversations"
DROP INDEX "conversation_team_id_group_id";
-- reverse: create index "conversation_team_id_follower_id_status_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_follower_id_status_last_at_id";
-- reverse: create index "conversation_team_id_contact_id" to table: "conversations"
DROP INDEX "conversation_team_id_contact_id";
-- reverse: create index "conversation_team_id_channel_id_status_last_at_id" to table: "conversations"
DROP INDEX "conversation_team_id_channel_id_status_last_at_id";
-- reverse: create "conversations" table
DROP TABLE "conversations";
-- reverse: set comment to column: "channel_id" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."channel_id" IS '';
-- reverse: set comment to column: "left_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."left_at" IS '';
-- reverse: set comment to column: "joined_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."joined_at" IS '';
-- reverse: set comment to column: "note" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."note" IS '';
-- reverse: set comment to column: "fetched_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."fetched_at" IS '';
-- reverse: set comment to column: "is_stale" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."is_stale" IS '';
-- reverse: set comment to column: "are_members_listed" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."are_members_listed" IS '';
-- reverse: set comment to column: "state" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."state" IS '';
-- reverse: set comment to column: "member_count" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."member_count" IS '';
-- reverse: set comment to column: "picture_url" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."picture_url" IS '';
-- reverse: set comment to column: "name_folded" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."name" IS '';
-- reverse: set comment to column: "peer_type" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."peer_type" IS '';
-- reverse: set comment to column: "platform_group_id" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."platform_group_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."team_id" IS '';
-- reverse: set comment to table: "platform_groups"
COMMENT ON TABLE "platform_groups" IS '';
-- reverse: create index "group_team_id_name_folded_id" to table: "platform_groups"
DROP INDEX "group_team_id_name_folded_id";
-- reverse: create index "group_team_id_id" to table: "platform_groups"
DROP INDEX "group_team_id_id";
-- reverse: create index "group_team_id_channel_id_platform_group_id" to table: "platform_groups"
DROP INDEX "group_team_id_channel_id_platform_group_id";
-- reverse: create "platform_groups" table
DROP TABLE "platform_groups";
-- reverse: set comment to column: "contact_id" on table: "identities"
COMMENT ON COLUMN "identities"."contact_id" IS '';
-- reverse: set comment to column: "channel_id" on table: "identities"
COMMENT ON COLUMN "identities"."channel_id" IS '';
-- reverse: set comment to column: "first_seen_at" on table: "identities"
COMMENT ON COLUMN "identities"."first_seen_at" IS '';
-- reverse: set comment to column: "profile_fetched_at" on table: "identities"
COMMENT ON COLUMN "identities"."profile_fetched_at" IS '';
-- reverse: set comment to column: "is_blocked" on table: "identities"
COMMENT ON COLUMN "identities"."is_blocked" IS '';
-- reverse: set comment to column: "reach" on table: "identities"
COMMENT ON COLUMN "identities"."reach" IS '';
-- reverse: set comment to column: "language" on table: "identities"
COMMENT ON COLUMN "identities"."language" IS '';
-- reverse: set comment to column: "status_message" on table: "identities"
COMMENT ON COLUMN "identities"."status_message" IS '';
-- reverse: set comment to column: "picture_url" on table: "identities"
COMMENT ON COLUMN "identities"."picture_url" IS '';
-- reverse: set comment to column: "display_name" on table: "identities"
COMMENT ON COLUMN "identities"."display_name" IS '';
-- reverse: set comment to column: "platform_user_id" on table: "identities"
COMMENT ON COLUMN "identities"."platform_user_id" IS '';
-- reverse: set comment to column: "updated_at" on table: "identities"
COMMENT ON COLUMN "identities"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "identities"
COMMENT ON COLUMN "identities"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "identities"
COMMENT ON COLUMN "identities"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "identities"
COMMENT ON COLUMN "identities"."team_id" IS '';
-- reverse: set comment to table: "identities"
COMMENT ON TABLE "identities" IS '';
-- reverse: create index "identity_team_id_id" to table: "identities"
DROP INDEX "identity_team_id_id";
-- reverse: create index "identity_team_id_contact_id" to table: "identities"
DROP INDEX "identity_team_id_contact_id";
-- reverse: create index "identity_team_id_channel_id_platform_user_id" to table: "identities"
DROP INDEX "identity_team_id_channel_id_platform_user_id";
-- reverse: create "identities" table
DROP TABLE "identities";
-- reverse: set comment to column: "responsible_id" on table: "contacts"
COMMENT ON COLUMN "contacts"."responsible_id" IS '';
-- reverse: set comment to column: "addresses" on table: "contacts"
COMMENT ON COLUMN "contacts"."addresses" IS '';
-- reverse: set comment to column: "tag_ids" on table: "contacts"
COMMENT ON COLUMN "contacts"."tag_ids" IS '';
-- reverse: set comment to column: "picture_url" on table: "contacts"
COMMENT ON COLUMN "contacts"."picture_url" IS '';
-- reverse: set comment to column: "is_blocked" on table: "contacts"
COMMENT ON COLUMN "contacts"."is_blocked" IS '';
-- reverse: set comment to column: "membership_level" on table: "contacts"
COMMENT ON COLUMN "contacts"."membership_level" IS '';
-- reverse: set comment to column: "note_folded" on table: "contacts"
COMMENT ON COLUMN "contacts"."note_folded" IS '';
-- reverse: set comment to column: "note" on table: "contacts"
COMMENT ON COLUMN "contacts"."note" IS '';
-- reverse: set comment to column: "birth_month" on table: "contacts"
COMMENT ON COLUMN "contacts"."birth_month" IS '';
-- reverse: set comment to column: "birth_at" on table: "contacts"
COMMENT ON COLUMN "contacts"."birth_at" IS '';
-- reverse: set comment to column: "gender" on table: "contacts"
COMMENT ON COLUMN "contacts"."gender" IS '';
-- reverse: set comment to column: "identity_no" on table: "contacts"
COMMENT ON COLUMN "contacts"."identity_no" IS '';
-- reverse: set comment to column: "membership_folded" on table: "contacts"
COMMENT ON COLUMN "contacts"."membership_folded" IS '';
-- reverse: set comment to column: "membership_no" on table: "contacts"
COMMENT ON COLUMN "contacts"."membership_no" IS '';
-- reverse: set comment to column: "name_folded" on table: "contacts"
COMMENT ON COLUMN "contacts"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "contacts"
COMMENT ON COLUMN "contacts"."name" IS '';
-- reverse: set comment to column: "last_name" on table: "contacts"
COMMENT ON COLUMN "contacts"."last_name" IS '';
-- reverse: set comment to column: "first_name" on table: "contacts"
COMMENT ON COLUMN "contacts"."first_name" IS '';
-- reverse: set comment to column: "updated_at" on table: "contacts"
COMMENT ON COLUMN "contacts"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "contacts"
COMMENT ON COLUMN "contacts"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "contacts"
COMMENT ON COLUMN "contacts"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "contacts"
COMMENT ON COLUMN "contacts"."team_id" IS '';
-- reverse: set comment to table: "contacts"
COMMENT ON TABLE "contacts" IS '';
-- reverse: create index "contact_team_id_updated_at_id" to table: "contacts"
DROP INDEX "contact_team_id_updated_at_id";
-- reverse: create index "contact_team_id_responsible_id" to table: "contacts"
DROP INDEX "contact_team_id_responsible_id";
-- reverse: create index "contact_team_id_name_folded_id" to table: "contacts"
DROP INDEX "contact_team_id_name_folded_id";
-- reverse: create index "contact_team_id_membership_no" to table: "contacts"
DROP INDEX "contact_team_id_membership_no";
-- reverse: create index "contact_team_id_identity_no" to table: "contacts"
DROP INDEX "contact_team_id_identity_no";
-- reverse: create index "contact_team_id_id" to table: "contacts"
DROP INDEX "contact_team_id_id";
-- reverse: create index "contact_team_id_created_at_id" to table: "contacts"
DROP INDEX "contact_team_id_created_at_id";
-- reverse: create index "contact_team_id_birth_month" to table: "contacts"
DROP INDEX "contact_team_id_birth_month";
-- reverse: create index "contact_team_id_birth_at" to table: "contacts"
DROP INDEX "contact_team_id_birth_at";
-- reverse: create "contacts" table
DROP TABLE "contacts";
-- reverse: set comment to column: "deleted_at" on table: "channels"
COMMENT ON COLUMN "channels"."deleted_at" IS '';
-- reverse: set comment to column: "last_event_at" on table: "channels"
COMMENT ON COLUMN "channels"."last_event_at" IS '';
-- reverse: set comment to column: "checked_at" on table: "channels"
COMMENT ON COLUMN "channels"."checked_at" IS '';
-- reverse: set comment to column: "checks" on table: "channels"
COMMENT ON COLUMN "channels"."checks" IS '';
-- reverse: set comment to column: "region_id" on table: "channels"
COMMENT ON COLUMN "channels"."region_id" IS '';
-- reverse: set comment to column: "branch_id" on table: "channels"
COMMENT ON COLUMN "channels"."branch_id" IS '';
-- reverse: set comment to column: "can_list_members" on table: "channels"
COMMENT ON COLUMN "channels"."can_list_members" IS '';
-- reverse: set comment to column: "picture_url" on table: "channels"
COMMENT ON COLUMN "channels"."picture_url" IS '';
-- reverse: set comment to column: "account_handle" on table: "channels"
COMMENT ON COLUMN "channels"."account_handle" IS '';
-- reverse: set comment to column: "account_name" on table: "channels"
COMMENT ON COLUMN "channels"."account_name" IS '';
-- reverse: set comment to column: "credentials" on table: "channels"
COMMENT ON COLUMN "channels"."credentials" IS '';
-- reverse: set comment to column: "claim" on table: "channels"
COMMENT ON COLUMN "channels"."claim" IS '';
-- reverse: set comment to column: "platform_id" on table: "channels"
COMMENT ON COLUMN "channels"."platform_id" IS '';
-- reverse: set comment to column: "webhook_key" on table: "channels"
COMMENT ON COLUMN "channels"."webhook_key" IS '';
-- reverse: set comment to column: "state_reason" on table: "channels"
COMMENT ON COLUMN "channels"."state_reason" IS '';
-- reverse: set comment to column: "state" on table: "channels"
COMMENT ON COLUMN "channels"."state" IS '';
-- reverse: set comment to column: "name" on table: "channels"
COMMENT ON COLUMN "channels"."name" IS '';
-- reverse: set comment to column: "type" on table: "channels"
COMMENT ON COLUMN "channels"."type" IS '';
-- reverse: set comment to column: "updated_at" on table: "channels"
COMMENT ON COLUMN "channels"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "channels"
COMMENT ON COLUMN "channels"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "channels"
COMMENT ON COLUMN "channels"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "channels"
COMMENT ON COLUMN "channels"."team_id" IS '';
-- reverse: set comment to table: "channels"
COMMENT ON TABLE "channels" IS '';
-- reverse: create index "channels_webhook_key_key" to table: "channels"
DROP INDEX "channels_webhook_key_key";
-- reverse: create index "channels_claim_key" to table: "channels"
DROP INDEX "channels_claim_key";
-- reverse: create index "channel_team_id_type" to table: "channels"
DROP INDEX "channel_team_id_type";
-- reverse: create index "channel_team_id_id" to table: "channels"
DROP INDEX "channel_team_id_id";
-- reverse: create "channels" table
DROP TABLE "channels";
-- reverse: set comment to column: "unread" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."unread" IS '';
-- reverse: set comment to column: "unread_conversations" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."unread_conversations" IS '';
-- reverse: set comment to column: "n" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."n" IS '';
-- reverse: set comment to column: "follower_id" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."follower_id" IS '';
-- reverse: set comment to column: "queue" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."queue" IS '';
-- reverse: set comment to column: "status" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."status" IS '';
-- reverse: set comment to column: "kind" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."kind" IS '';
-- reverse: set comment to column: "region_id" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."region_id" IS '';
-- reverse: set comment to column: "branch_id" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."branch_id" IS '';
-- reverse: set comment to column: "channel_id" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."channel_id" IS '';
-- reverse: set comment to column: "team_id" on table: "conversation_counters"
COMMENT ON COLUMN "conversation_counters"."team_id" IS '';
-- reverse: set comment to table: "conversation_counters"
COMMENT ON TABLE "conversation_counters" IS '';
-- reverse: create index "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243" to table: "conversation_counters"
DROP INDEX "counter_team_id_status_queue_f_4d9e8a633d59d2276dd2e0e5a75c2243";
-- reverse: create index "counter_team_id_id" to table: "conversation_counters"
DROP INDEX "counter_team_id_id";
-- reverse: create "conversation_counters" table
DROP TABLE "conversation_counters";
-- reverse: set comment to column: "seq" on table: "streams"
COMMENT ON COLUMN "streams"."seq" IS '';
-- reverse: set comment to column: "epoch" on table: "streams"
COMMENT ON COLUMN "streams"."epoch" IS '';
-- reverse: set comment to table: "streams"
COMMENT ON TABLE "streams" IS '';
-- reverse: create "streams" table
DROP TABLE "streams";
-- reverse: set comment to column: "status" on table: "teams"
COMMENT ON COLUMN "teams"."status" IS '';
-- reverse: set comment to column: "joins_names" on table: "teams"
COMMENT ON COLUMN "teams"."joins_names" IS '';
-- reverse: set comment to column: "country" on table: "teams"
COMMENT ON COLUMN "teams"."country" IS '';
-- reverse: set comment to column: "time_zone" on table: "teams"
COMMENT ON COLUMN "teams"."time_zone" IS '';
-- reverse: set comment to column: "language" on table: "teams"
COMMENT ON COLUMN "teams"."language" IS '';
-- reverse: set comment to column: "name" on table: "teams"
COMMENT ON COLUMN "teams"."name" IS '';
-- reverse: set comment to column: "slug" on table: "teams"
COMMENT ON COLUMN "teams"."slug" IS '';
-- reverse: set comment to column: "updated_at" on table: "teams"
COMMENT ON COLUMN "teams"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "teams"
COMMENT ON COLUMN "teams"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "teams"
COMMENT ON COLUMN "teams"."version" IS '';
-- reverse: set comment to table: "teams"
COMMENT ON TABLE "teams" IS '';
-- reverse: create index "teams_slug_key" to table: "teams"
DROP INDEX "teams_slug_key";
-- reverse: create "teams" table
DROP TABLE "teams";
-- reverse: set comment to column: "ended_at" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."ended_at" IS '';
-- reverse: set comment to column: "error" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."error" IS '';
-- reverse: set comment to column: "params" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."params" IS '';
-- reverse: set comment to column: "created_by" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."created_by" IS '';
-- reverse: set comment to column: "failed" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."failed" IS '';
-- reverse: set comment to column: "done" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."done" IS '';
-- reverse: set comment to column: "total" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."total" IS '';
-- reverse: set comment to column: "state" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."state" IS '';
-- reverse: set comment to column: "kind" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."kind" IS '';
-- reverse: set comment to column: "updated_at" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "job_runs"
COMMENT ON COLUMN "job_runs"."team_id" IS '';
-- reverse: set comment to table: "job_runs"
COMMENT ON TABLE "job_runs" IS '';
-- reverse: create index "job_team_id_id" to table: "job_runs"
DROP INDEX "job_team_id_id";
-- reverse: create "job_runs" table
DROP TABLE "job_runs";
-- reverse: set comment to column: "created_at" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."created_at" IS '';
-- reverse: set comment to column: "object_id" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."object_id" IS '';
-- reverse: set comment to column: "input_hash" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."input_hash" IS '';
-- reverse: set comment to column: "operation" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."operation" IS '';
-- reverse: set comment to column: "key" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."key" IS '';
-- reverse: set comment to column: "caller" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."caller" IS '';
-- reverse: set comment to column: "team_id" on table: "idempotency_keys"
COMMENT ON COLUMN "idempotency_keys"."team_id" IS '';
-- reverse: set comment to table: "idempotency_keys"
COMMENT ON TABLE "idempotency_keys" IS '';
-- reverse: create index "idempotencykey_team_id_id" to table: "idempotency_keys"
DROP INDEX "idempotencykey_team_id_id";
-- reverse: create index "idempotencykey_team_id_caller_key" to table: "idempotency_keys"
DROP INDEX "idempotencykey_team_id_caller_key";
-- reverse: create index "idempotencykey_created_at" to table: "idempotency_keys"
DROP INDEX "idempotencykey_created_at";
-- reverse: create "idempotency_keys" table
DROP TABLE "idempotency_keys";
-- reverse: set comment to column: "deactivated_at" on table: "agents"
COMMENT ON COLUMN "agents"."deactivated_at" IS '';
-- reverse: set comment to column: "auth_version" on table: "agents"
COMMENT ON COLUMN "agents"."auth_version" IS '';
-- reverse: set comment to column: "picture_url" on table: "agents"
COMMENT ON COLUMN "agents"."picture_url" IS '';
-- reverse: set comment to column: "language" on table: "agents"
COMMENT ON COLUMN "agents"."language" IS '';
-- reverse: set comment to column: "region_id" on table: "agents"
COMMENT ON COLUMN "agents"."region_id" IS '';
-- reverse: set comment to column: "branch_id" on table: "agents"
COMMENT ON COLUMN "agents"."branch_id" IS '';
-- reverse: set comment to column: "permissions" on table: "agents"
COMMENT ON COLUMN "agents"."permissions" IS '';
-- reverse: set comment to column: "password_hash" on table: "agents"
COMMENT ON COLUMN "agents"."password_hash" IS '';
-- reverse: set comment to column: "status" on table: "agents"
COMMENT ON COLUMN "agents"."status" IS '';
-- reverse: set comment to column: "role" on table: "agents"
COMMENT ON COLUMN "agents"."role" IS '';
-- reverse: set comment to column: "name_folded" on table: "agents"
COMMENT ON COLUMN "agents"."name_folded" IS '';
-- reverse: set comment to column: "name" on table: "agents"
COMMENT ON COLUMN "agents"."name" IS '';
-- reverse: set comment to column: "email_folded" on table: "agents"
COMMENT ON COLUMN "agents"."email_folded" IS '';
-- reverse: set comment to column: "email" on table: "agents"
COMMENT ON COLUMN "agents"."email" IS '';
-- reverse: set comment to column: "updated_at" on table: "agents"
COMMENT ON COLUMN "agents"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "agents"
COMMENT ON COLUMN "agents"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "agents"
COMMENT ON COLUMN "agents"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "agents"
COMMENT ON COLUMN "agents"."team_id" IS '';
-- reverse: set comment to table: "agents"
COMMENT ON TABLE "agents" IS '';
-- reverse: create index "agent_team_id_status_name_folded" to table: "agents"
DROP INDEX "agent_team_id_status_name_folded";
-- reverse: create index "agent_team_id_id" to table: "agents"
DROP INDEX "agent_team_id_id";
-- reverse: create index "agent_team_id_email_folded" to table: "agents"
DROP INDEX "agent_team_id_email_folded";
-- reverse: create "agents" table
DROP TABLE "agents";
-- reverse: set comment to column: "at" on table: "events"
COMMENT ON COLUMN "events"."at" IS '';
-- reverse: set comment to column: "body" on table: "events"
COMMENT ON COLUMN "events"."body" IS '';
-- reverse: set comment to column: "agent_id" on table: "events"
COMMENT ON COLUMN "events"."agent_id" IS '';
-- reverse: set comment to column: "conversation_id" on table: "events"
COMMENT ON COLUMN "events"."conversation_id" IS '';
-- reverse: set comment to column: "object_version" on table: "events"
COMMENT ON COLUMN "events"."object_version" IS '';
-- reverse: set comment to column: "object_id" on table: "events"
COMMENT ON COLUMN "events"."object_id" IS '';
-- reverse: set comment to column: "kind" on table: "events"
COMMENT ON COLUMN "events"."kind" IS '';
-- reverse: set comment to column: "team_id" on table: "events"
COMMENT ON COLUMN "events"."team_id" IS '';
-- reverse: set comment to table: "events"
COMMENT ON TABLE "events" IS '';
-- reverse: create index "event_at" to table: "events"
DROP INDEX "event_at";
-- reverse: create "events" table
DROP TABLE "events";
-- reverse: set comment to column: "permissions" on table: "roles"
COMMENT ON COLUMN "roles"."permissions" IS '';
-- reverse: set comment to column: "role" on table: "roles"
COMMENT ON COLUMN "roles"."role" IS '';
-- reverse: set comment to column: "updated_at" on table: "roles"
COMMENT ON COLUMN "roles"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "roles"
COMMENT ON COLUMN "roles"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "roles"
COMMENT ON COLUMN "roles"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "roles"
COMMENT ON COLUMN "roles"."team_id" IS '';
-- reverse: set comment to table: "roles"
COMMENT ON TABLE "roles" IS '';
-- reverse: create index "role_team_id_role" to table: "roles"
DROP INDEX "role_team_id_role";
-- reverse: create index "role_team_id_id" to table: "roles"
DROP INDEX "role_team_id_id";
-- reverse: create "roles" table
DROP TABLE "roles";
