-- the second wall between teams: of a team's tables a transaction sees and writes the rows of the team that it named (app.team, see
-- internal/store) and no others; where it named none, none. Forced, so that the owner of the tables is no exception. The setting reads as ''
-- after the first transaction that had one, which is no number either. Who works as which role, and who sees what beyond one team, is
-- granted by internal/store after the migrations, as roles belong to the cluster and not to the database
-- activities
ALTER TABLE "activities" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "activities" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- agents
ALTER TABLE "agents" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "agents" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- api_tokens
ALTER TABLE "api_tokens" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "api_tokens" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- attachments
ALTER TABLE "attachments" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "attachments" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- attempts
ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "attempts" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- channels
ALTER TABLE "channels" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "channels" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- companies
ALTER TABLE "companies" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "companies" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- company_field_values
ALTER TABLE "company_field_values" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "company_field_values" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- contact_emails
ALTER TABLE "contact_emails" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "contact_emails" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- contact_phones
ALTER TABLE "contact_phones" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "contact_phones" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- contacts
ALTER TABLE "contacts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "contacts" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- conversation_counters
ALTER TABLE "conversation_counters" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "conversation_counters" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- conversations
ALTER TABLE "conversations" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "conversations" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- custom_field_categories
ALTER TABLE "custom_field_categories" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "custom_field_categories" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- custom_field_values
ALTER TABLE "custom_field_values" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "custom_field_values" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- custom_fields
ALTER TABLE "custom_fields" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "custom_fields" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- early_effects
ALTER TABLE "early_effects" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "early_effects" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- employments
ALTER TABLE "employments" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "employments" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- events
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "events" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- files
ALTER TABLE "files" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "files" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- group_members
ALTER TABLE "group_members" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "group_members" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- idempotency_keys
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "idempotency_keys" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- identities
ALTER TABLE "identities" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "identities" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- inbound_events
ALTER TABLE "inbound_events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "inbound_events" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- job_runs
ALTER TABLE "job_runs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "job_runs" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- lanes
ALTER TABLE "lanes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "lanes" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- links
ALTER TABLE "links" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "links" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- messages
ALTER TABLE "messages" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "messages" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- notifications
ALTER TABLE "notifications" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "notifications" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- participants
ALTER TABLE "participants" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "participants" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- platform_groups
ALTER TABLE "platform_groups" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "platform_groups" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- read_cursors
ALTER TABLE "read_cursors" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "read_cursors" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- roles
ALTER TABLE "roles" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "roles" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- search_messages
ALTER TABLE "search_messages" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "search_messages" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- search_names
ALTER TABLE "search_names" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "search_names" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- sessions
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "sessions" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- streams
ALTER TABLE "streams" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "streams" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- taggings
ALTER TABLE "taggings" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "taggings" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- tags
ALTER TABLE "tags" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "tags" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- visitors
ALTER TABLE "visitors" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "visitors" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- webchats
ALTER TABLE "webchats" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "webchats" USING (team_id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (team_id = nullif(current_setting('app.team', true), '')::bigint);
-- teams: of these a team sees its own row alone
ALTER TABLE "teams" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "team" ON "teams" USING (id = nullif(current_setting('app.team', true), '')::bigint) WITH CHECK (id = nullif(current_setting('app.team', true), '')::bigint);
-- PostgreSQL does not look into an index with a condition that a policy's must come before, and "holds these grams" is such a condition. So the
-- tables of grams are reached through views (team_search_messages, team_search_names), which internal/store makes after the migrations, with the roles
-- that may use them; only the owner has a right to the tables
CREATE POLICY "grams" ON "search_messages" FOR SELECT USING (true);
CREATE POLICY "grams" ON "search_names" FOR SELECT USING (true);
CREATE OR REPLACE FUNCTION "search_message_gone"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	-- The team of the row, for who changes rows of all teams by hand: the view shows nothing to who names none.
	PERFORM set_config('app.team', OLD.team_id::text, true);
	DELETE FROM team_search_messages WHERE team_id = OLD.team_id AND message_id = OLD.id;
	RETURN NULL;
END $$;
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
-- the migrations that follow mean all teams' rows (app.across = on), which a forced policy would hide from the owner too. internal/store makes these
-- policies anew wherever the owner is another
DO $$
DECLARE
	walled name;
BEGIN
	FOR walled IN SELECT relname FROM pg_class WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('teams')) AND relkind = 'r' AND relrowsecurity LOOP
		EXECUTE format('CREATE POLICY "keeper" ON %I TO CURRENT_USER USING (current_setting(''app.across'', true) = ''on'') WITH CHECK (current_setting(''app.across'', true) = ''on'')', walled);
	END LOOP;
END $$;
