-- reverse: set comment to column: "channel_id" on table: "webchats"
COMMENT ON COLUMN "webchats"."channel_id" IS '';
-- reverse: set comment to column: "refuses_blocked" on table: "webchats"
COMMENT ON COLUMN "webchats"."refuses_blocked" IS '';
-- reverse: set comment to column: "language" on table: "webchats"
COMMENT ON COLUMN "webchats"."language" IS '';
-- reverse: set comment to column: "color" on table: "webchats"
COMMENT ON COLUMN "webchats"."color" IS '';
-- reverse: set comment to column: "greeting" on table: "webchats"
COMMENT ON COLUMN "webchats"."greeting" IS '';
-- reverse: set comment to column: "title" on table: "webchats"
COMMENT ON COLUMN "webchats"."title" IS '';
-- reverse: set comment to column: "allowed_domains" on table: "webchats"
COMMENT ON COLUMN "webchats"."allowed_domains" IS '';
-- reverse: set comment to column: "updated_at" on table: "webchats"
COMMENT ON COLUMN "webchats"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "webchats"
COMMENT ON COLUMN "webchats"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "webchats"
COMMENT ON COLUMN "webchats"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "webchats"
COMMENT ON COLUMN "webchats"."team_id" IS '';
-- reverse: set comment to table: "webchats"
COMMENT ON TABLE "webchats" IS '';
-- reverse: create index "webchat_team_id_id" to table: "webchats"
DROP INDEX "webchat_team_id_id";
-- reverse: create index "webchat_team_id_channel_id" to table: "webchats"
DROP INDEX "webchat_team_id_channel_id";
-- reverse: create "webchats" table
DROP TABLE "webchats";
-- reverse: set comment to column: "identity_id" on table: "visitors"
COMMENT ON COLUMN "visitors"."identity_id" IS '';
-- reverse: set comment to column: "channel_id" on table: "visitors"
COMMENT ON COLUMN "visitors"."channel_id" IS '';
-- reverse: set comment to column: "user_agent" on table: "visitors"
COMMENT ON COLUMN "visitors"."user_agent" IS '';
-- reverse: set comment to column: "time_zone" on table: "visitors"
COMMENT ON COLUMN "visitors"."time_zone" IS '';
-- reverse: set comment to column: "language" on table: "visitors"
COMMENT ON COLUMN "visitors"."language" IS '';
-- reverse: set comment to column: "seen_at" on table: "visitors"
COMMENT ON COLUMN "visitors"."seen_at" IS '';
-- reverse: set comment to column: "online_until" on table: "visitors"
COMMENT ON COLUMN "visitors"."online_until" IS '';
-- reverse: set comment to column: "referrer" on table: "visitors"
COMMENT ON COLUMN "visitors"."referrer" IS '';
-- reverse: set comment to column: "message_page_title" on table: "visitors"
COMMENT ON COLUMN "visitors"."message_page_title" IS '';
-- reverse: set comment to column: "message_page_url" on table: "visitors"
COMMENT ON COLUMN "visitors"."message_page_url" IS '';
-- reverse: set comment to column: "page_title" on table: "visitors"
COMMENT ON COLUMN "visitors"."page_title" IS '';
-- reverse: set comment to column: "page_url" on table: "visitors"
COMMENT ON COLUMN "visitors"."page_url" IS '';
-- reverse: set comment to column: "identified_at" on table: "visitors"
COMMENT ON COLUMN "visitors"."identified_at" IS '';
-- reverse: set comment to column: "external_id" on table: "visitors"
COMMENT ON COLUMN "visitors"."external_id" IS '';
-- reverse: set comment to column: "expires_at" on table: "visitors"
COMMENT ON COLUMN "visitors"."expires_at" IS '';
-- reverse: set comment to column: "previous_until" on table: "visitors"
COMMENT ON COLUMN "visitors"."previous_until" IS '';
-- reverse: set comment to column: "previous_hash" on table: "visitors"
COMMENT ON COLUMN "visitors"."previous_hash" IS '';
-- reverse: set comment to column: "token_hash" on table: "visitors"
COMMENT ON COLUMN "visitors"."token_hash" IS '';
-- reverse: set comment to column: "updated_at" on table: "visitors"
COMMENT ON COLUMN "visitors"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "visitors"
COMMENT ON COLUMN "visitors"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "visitors"
COMMENT ON COLUMN "visitors"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "visitors"
COMMENT ON COLUMN "visitors"."team_id" IS '';
-- reverse: set comment to table: "visitors"
COMMENT ON TABLE "visitors" IS '';
-- reverse: create index "visitors_token_hash_key" to table: "visitors"
DROP INDEX "visitors_token_hash_key";
-- reverse: create index "visitors_previous_hash_key" to table: "visitors"
DROP INDEX "visitors_previous_hash_key";
-- reverse: create index "visitor_team_id_identity_id" to table: "visitors"
DROP INDEX "visitor_team_id_identity_id";
-- reverse: create index "visitor_team_id_id" to table: "visitors"
DROP INDEX "visitor_team_id_id";
-- reverse: create index "visitor_team_id_channel_id_external_id" to table: "visitors"
DROP INDEX "visitor_team_id_channel_id_external_id";
-- reverse: create index "visitor_online_until" to table: "visitors"
DROP INDEX "visitor_online_until";
-- reverse: create "visitors" table
DROP TABLE "visitors";
-- reverse: set comment to column: "preview_id" on table: "attachments"
COMMENT ON COLUMN "attachments"."preview_id" IS '';
-- reverse: set comment to column: "file_id" on table: "attachments"
COMMENT ON COLUMN "attachments"."file_id" IS '';
-- reverse: set comment to column: "failure_code" on table: "attachments"
COMMENT ON COLUMN "attachments"."failure_code" IS '';
-- reverse: set comment to column: "expires_at" on table: "attachments"
COMMENT ON COLUMN "attachments"."expires_at" IS '';
-- reverse: set comment to column: "delivery_key" on table: "attachments"
COMMENT ON COLUMN "attachments"."delivery_key" IS '';
-- reverse: set comment to column: "height" on table: "attachments"
COMMENT ON COLUMN "attachments"."height" IS '';
-- reverse: set comment to column: "width" on table: "attachments"
COMMENT ON COLUMN "attachments"."width" IS '';
-- reverse: create index "attachments_delivery_key_key" to table: "attachments"
DROP INDEX "attachments_delivery_key_key";
-- reverse: create index "attachment_team_id_preview_id" to table: "attachments"
DROP INDEX "attachment_team_id_preview_id";
-- reverse: create index "attachment_team_id_file_id" to table: "attachments"
DROP INDEX "attachment_team_id_file_id";
-- reverse: modify "attachments" table
ALTER TABLE "attachments" DROP CONSTRAINT "attachments_files_preview", DROP CONSTRAINT "attachments_files_file", DROP COLUMN "preview_id", DROP COLUMN "file_id", DROP COLUMN "failure_code", DROP COLUMN "expires_at", DROP COLUMN "delivery_key", DROP COLUMN "height", DROP COLUMN "width";
-- reverse: set comment to column: "created_at" on table: "files"
COMMENT ON COLUMN "files"."created_at" IS '';
-- reverse: set comment to column: "expires_at" on table: "files"
COMMENT ON COLUMN "files"."expires_at" IS '';
-- reverse: set comment to column: "preview_size" on table: "files"
COMMENT ON COLUMN "files"."preview_size" IS '';
-- reverse: set comment to column: "preview_type" on table: "files"
COMMENT ON COLUMN "files"."preview_type" IS '';
-- reverse: set comment to column: "preview_key" on table: "files"
COMMENT ON COLUMN "files"."preview_key" IS '';
-- reverse: set comment to column: "blob_key" on table: "files"
COMMENT ON COLUMN "files"."blob_key" IS '';
-- reverse: set comment to column: "duration_ms" on table: "files"
COMMENT ON COLUMN "files"."duration_ms" IS '';
-- reverse: set comment to column: "height" on table: "files"
COMMENT ON COLUMN "files"."height" IS '';
-- reverse: set comment to column: "width" on table: "files"
COMMENT ON COLUMN "files"."width" IS '';
-- reverse: set comment to column: "sha256" on table: "files"
COMMENT ON COLUMN "files"."sha256" IS '';
-- reverse: set comment to column: "size" on table: "files"
COMMENT ON COLUMN "files"."size" IS '';
-- reverse: set comment to column: "content_type" on table: "files"
COMMENT ON COLUMN "files"."content_type" IS '';
-- reverse: set comment to column: "name" on table: "files"
COMMENT ON COLUMN "files"."name" IS '';
-- reverse: set comment to column: "author" on table: "files"
COMMENT ON COLUMN "files"."author" IS '';
-- reverse: set comment to column: "team_id" on table: "files"
COMMENT ON COLUMN "files"."team_id" IS '';
-- reverse: set comment to table: "files"
COMMENT ON TABLE "files" IS '';
-- reverse: create index "files_blob_key_key" to table: "files"
DROP INDEX "files_blob_key_key";
-- reverse: create index "file_team_id_id" to table: "files"
DROP INDEX "file_team_id_id";
-- reverse: create index "file_expires_at" to table: "files"
DROP INDEX "file_expires_at";
-- reverse: create "files" table
DROP TABLE "files";
-- reverse: set comment to column: "trace" on table: "messages"
COMMENT ON COLUMN "messages"."trace" IS '';
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "trace";
