-- what a text holds of single characters and pairs, so that any part of it is found; each is a number, see internal/gram
-- create "search_messages" table: grams salted with the team and a stretch of message ids, see desk/search
CREATE TABLE "search_messages" ("team_id" bigint NOT NULL, "message_id" bigint NOT NULL, "conversation_id" bigint NOT NULL, "at" timestamptz NOT NULL, "grams" integer[] NOT NULL, PRIMARY KEY ("team_id", "message_id"));
-- create index "search_messages_grams" to table: "search_messages"; what waits to be sorted in is walked by every search, so that little may wait
CREATE INDEX "search_messages_grams" ON "search_messages" USING gin ("grams") WITH (gin_pending_list_limit = 64);
-- whatever writes a message, nothing of its former text stays
CREATE FUNCTION "search_message_gone"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM search_messages WHERE team_id = OLD.team_id AND message_id = OLD.id;
	RETURN NULL;
END $$;
CREATE TRIGGER "search_messages_changed" AFTER UPDATE OF "text" ON "messages" FOR EACH ROW EXECUTE FUNCTION search_message_gone();
CREATE TRIGGER "search_messages_deleted" AFTER DELETE ON "messages" FOR EACH ROW EXECUTE FUNCTION search_message_gone();
-- create "search_progress" table: which messages from before the index are in it by now
CREATE TABLE "search_progress" ("id" bigint NOT NULL, "low" bigint NOT NULL, "high" bigint NOT NULL, PRIMARY KEY ("id"));
-- create "search_names" table: grams salted with team and kind
CREATE TABLE "search_names" ("kind" integer NOT NULL, "id" bigint NOT NULL, "team_id" bigint NOT NULL, "grams" integer[] NOT NULL, PRIMARY KEY ("kind", "id"));
CREATE FUNCTION "search_grams"(kind integer, team bigint, folded text) RETURNS integer[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT COALESCE(array_agg(DISTINCT ((x.key % 1000000007 * 2654435 + (team * 8 + kind) % 1000000007 * 40503) % 2147483647)::integer), '{}')
	FROM (SELECT ascii(c) * 2097152::bigint AS one, ascii(lead(c) OVER (ORDER BY n)) AS two FROM unnest(string_to_array(folded, NULL)) WITH ORDINALITY AS u (c, n)) p,
		LATERAL (VALUES (p.one), (p.one + p.two)) AS x (key) WHERE x.key IS NOT NULL
$$;
CREATE FUNCTION "search_name_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	of_kind integer := TG_ARGV[0];
	folded text;
BEGIN
	IF TG_OP <> 'INSERT' THEN
		DELETE FROM search_names WHERE kind = of_kind AND id = OLD.id;
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
		INSERT INTO search_names (kind, id, team_id, grams) VALUES (of_kind, NEW.id, NEW.team_id, search_grams(of_kind, NEW.team_id, folded));
	END IF;
	RETURN NULL;
END $$;
-- contacts
INSERT INTO "search_names" ("kind", "id", "team_id", "grams") SELECT 1, r.id, r.team_id, search_grams(1, r.team_id, r.name_folded || E'\n' || r.note_folded || E'\n' || r.membership_folded) FROM "contacts" r WHERE r.name_folded || E'\n' || r.note_folded || E'\n' || r.membership_folded <> '';
CREATE TRIGGER "search_contacts_moved" AFTER INSERT OR DELETE ON "contacts" FOR EACH ROW EXECUTE FUNCTION search_name_changed(1);
CREATE TRIGGER "search_contacts_changed" AFTER UPDATE OF name_folded, note_folded, membership_folded ON "contacts" FOR EACH ROW WHEN (OLD.name_folded IS DISTINCT FROM NEW.name_folded OR OLD.note_folded IS DISTINCT FROM NEW.note_folded OR OLD.membership_folded IS DISTINCT FROM NEW.membership_folded) EXECUTE FUNCTION search_name_changed(1);
-- contact_emails
INSERT INTO "search_names" ("kind", "id", "team_id", "grams") SELECT 2, r.id, r.team_id, search_grams(2, r.team_id, r.email_folded) FROM "contact_emails" r WHERE r.email_folded <> '';
CREATE TRIGGER "search_contact_emails_moved" AFTER INSERT OR DELETE ON "contact_emails" FOR EACH ROW EXECUTE FUNCTION search_name_changed(2);
CREATE TRIGGER "search_contact_emails_changed" AFTER UPDATE OF email_folded ON "contact_emails" FOR EACH ROW WHEN (OLD.email_folded IS DISTINCT FROM NEW.email_folded) EXECUTE FUNCTION search_name_changed(2);
-- contact_phones
INSERT INTO "search_names" ("kind", "id", "team_id", "grams") SELECT 3, r.id, r.team_id, search_grams(3, r.team_id, r.digits || E'\n' || r.e164) FROM "contact_phones" r WHERE r.digits || E'\n' || r.e164 <> '';
CREATE TRIGGER "search_contact_phones_moved" AFTER INSERT OR DELETE ON "contact_phones" FOR EACH ROW EXECUTE FUNCTION search_name_changed(3);
CREATE TRIGGER "search_contact_phones_changed" AFTER UPDATE OF digits, e164 ON "contact_phones" FOR EACH ROW WHEN (OLD.digits IS DISTINCT FROM NEW.digits OR OLD.e164 IS DISTINCT FROM NEW.e164) EXECUTE FUNCTION search_name_changed(3);
-- group_members
INSERT INTO "search_names" ("kind", "id", "team_id", "grams") SELECT 4, r.id, r.team_id, search_grams(4, r.team_id, r.name_folded) FROM "group_members" r WHERE r.name_folded <> '';
CREATE TRIGGER "search_group_members_moved" AFTER INSERT OR DELETE ON "group_members" FOR EACH ROW EXECUTE FUNCTION search_name_changed(4);
CREATE TRIGGER "search_group_members_changed" AFTER UPDATE OF name_folded ON "group_members" FOR EACH ROW WHEN (OLD.name_folded IS DISTINCT FROM NEW.name_folded) EXECUTE FUNCTION search_name_changed(4);
-- conversations
INSERT INTO "search_names" ("kind", "id", "team_id", "grams") SELECT 5, r.id, r.team_id, search_grams(5, r.team_id, r.name_folded) FROM "conversations" r WHERE r.name_folded <> '';
CREATE TRIGGER "search_conversations_moved" AFTER INSERT OR DELETE ON "conversations" FOR EACH ROW EXECUTE FUNCTION search_name_changed(5);
CREATE TRIGGER "search_conversations_changed" AFTER UPDATE OF name_folded ON "conversations" FOR EACH ROW WHEN (OLD.name_folded IS DISTINCT FROM NEW.name_folded) EXECUTE FUNCTION search_name_changed(5);
-- create index "search_names_grams" to table: "search_names"
CREATE INDEX "search_names_grams" ON "search_names" USING gin ("grams") WITH (gin_pending_list_limit = 64);
