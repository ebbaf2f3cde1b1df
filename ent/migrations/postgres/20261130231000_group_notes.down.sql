DROP TRIGGER "search_platform_groups_changed" ON "platform_groups";
DROP TRIGGER "search_platform_groups_moved" ON "platform_groups";
DELETE FROM "search_names" WHERE "kind" = 6;
CREATE OR REPLACE FUNCTION "search_name_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	of_kind integer := TG_ARGV[0];
	folded text;
BEGIN
	PERFORM set_config('app.team', (CASE TG_OP WHEN 'DELETE' THEN OLD.team_id ELSE NEW.team_id END)::text, true);
	IF TG_OP <> 'INSERT' THEN
		DELETE FROM team_search_names WHERE kind = of_kind AND id = OLD.id;
	END IF;
	IF TG_OP = 'DELETE' THEN
		RETURN NULL;
	END IF;
	IF of_kind = 1 THEN
		folded := NEW.name_folded || E'\n' || NEW.note_folded || E'\n' || NEW.membership_folded;
	ELSIF of_kind = 2 THEN
		folded := NEW.email_folded;
	ELSIF of_kind = 3 THEN
		folded := NEW.digits || E'\n' || NEW.e164;
	ELSE
		folded := NEW.name_folded;
	END IF;
	IF folded <> '' THEN
		INSERT INTO team_search_names (kind, id, team_id, grams) VALUES (of_kind, NEW.id, NEW.team_id, search_grams(of_kind, NEW.team_id, folded));
	END IF;
	RETURN NULL;
END $$;
-- reverse: set comment to column: "channel_id" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."channel_id" IS '';
-- reverse: set comment to column: "text" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."text" IS '';
-- reverse: set comment to column: "is_on" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."is_on" IS '';
-- reverse: set comment to column: "updated_at" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."updated_at" IS '';
-- reverse: set comment to column: "created_at" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."created_at" IS '';
-- reverse: set comment to column: "version" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."version" IS '';
-- reverse: set comment to column: "team_id" on table: "channel_informations"
COMMENT ON COLUMN "channel_informations"."team_id" IS '';
-- reverse: set comment to table: "channel_informations"
COMMENT ON TABLE "channel_informations" IS '';
-- reverse: create index "channelinformation_team_id_id" to table: "channel_informations"
DROP INDEX "channelinformation_team_id_id";
-- reverse: create index "channelinformation_team_id_channel_id" to table: "channel_informations"
DROP INDEX "channelinformation_team_id_channel_id";
-- reverse: create "channel_informations" table
DROP TABLE "channel_informations";
-- reverse: set comment to column: "note_version" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."note_version" IS '';
-- reverse: set comment to column: "note_folded" on table: "platform_groups"
COMMENT ON COLUMN "platform_groups"."note_folded" IS '';
-- reverse: modify "platform_groups" table
ALTER TABLE "platform_groups" DROP COLUMN "note_version", DROP COLUMN "note_folded";
-- reverse: set comment to column: "begun_by" on table: "conversations"
COMMENT ON COLUMN "conversations"."begun_by" IS '';
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "begun_by";
