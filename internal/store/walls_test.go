package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/migrate"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// walled is a database without the guard, in which two teams have the same.
type walled struct {
	*store.DB
	a, b int64
}

func openWalled(t *testing.T) walled {
	t.Helper()
	// Two connections: one for each of the serving pools, so that what a transaction leaves behind meets the next.
	db := storetest.Open(t, "postgres", store.Config{Unguarded: true, MaxConns: 2})
	w := walled{db, newTeam(t, db, "a"), newTeam(t, db, "b")}
	for _, team := range []int64{w.a, w.b} {
		if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error { return history(ctx, tx) }); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// read counts in a transaction of team a.
func (w walled) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	err := w.Read(t.Context(), w.a, func(ctx context.Context, v *store.View) error {
		rows, err := v.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		return errors.Join(rows.Scan(&n), rows.Err())
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// change runs a statement in a transaction of team a.
func (w walled) change(t *testing.T, query string, args ...any) (n int64, err error) {
	t.Helper()
	_, err = w.Write(t.Context(), w.a, func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.Exec(ctx, query, args...)
		return err
	})
	return n, err
}

// id gives an id of a team's row of a table.
func (w walled) id(t *testing.T, table string, team int64) (id int64) {
	t.Helper()
	if err := w.SQL().QueryRowContext(t.Context(), "SELECT id FROM "+table+" WHERE team_id = $1", team).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// all counts the rows of a table, of whatever team.
func (w walled) all(t *testing.T, query string) (n int) {
	t.Helper()
	if err := w.SQL().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func isCode(err error, code string) bool {
	var p *pq.Error
	return errors.As(err, &p) && string(p.Code) == code
}

const refused = "42501" // "new row violates row-level security policy", "permission denied"

// PLAT-2: nothing of another team is read, changed or made, whatever the program forgets.
func TestSecondWall(t *testing.T) {
	t.Parallel()
	w := openWalled(t)
	theirs := map[string]int64{}
	for _, table := range []string{"channels", "conversations", "messages", "attempts"} {
		theirs[table] = w.id(t, table, w.b)
	}
	t.Run("queries that forget the team", func(t *testing.T) {
		for query, want := range map[string]int{
			"SELECT count(*) FROM teams":         1,
			"SELECT count(*) FROM streams":       1,
			"SELECT count(*) FROM conversations": 3,
			"SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN channels h ON true":                         1,
			"SELECT count(*) FROM messages a CROSS JOIN messages b":                                                                            1,
			"SELECT coalesce(sum(number), 0) FROM attempts":                                                                                    1,
			"SELECT max(n) FROM (SELECT count(*) AS n FROM attachments GROUP BY platform_media_id) x":                                          1,
			"WITH x AS (SELECT * FROM messages) SELECT count(*) FROM x":                                                                        1,
			"SELECT count(*) FROM team_search_messages":                                                                                        0,
			fmt.Sprintf("SELECT count(*) FROM messages WHERE id = %d", theirs["messages"]):                                                     0,
			fmt.Sprintf("SELECT count(*) FROM messages WHERE team_id = %d", w.b):                                                               0,
			fmt.Sprintf("SELECT count(*) FROM messages WHERE id = %d OR true", theirs["messages"]):                                             1,
			fmt.Sprintf("SELECT count(*) FROM (SELECT id FROM messages UNION SELECT %d EXCEPT SELECT id FROM messages) x", theirs["messages"]): 1,
		} {
			if n := w.count(t, query); n != want {
				t.Errorf("%s gives %d, want %d", query, n, want)
			}
		}
	})
	t.Run("the client without its guard", func(t *testing.T) {
		err := w.Read(t.Context(), w.a, func(ctx context.Context, v *store.View) error {
			all, err := v.Message.Query().All(ctx)
			_, other := v.Message.Get(ctx, theirs["messages"])
			n, err2 := v.Attachment.Query().Where(attachment.HasMessageWith(message.TextNEQ(""))).Count(ctx)
			if len(all) != 1 || !ent.IsNotFound(other) || n != 1 {
				t.Errorf("%d messages, the other team's: %v, %d files", len(all), other, n)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("changes that forget the team touch its own rows alone", func(t *testing.T) {
		for statement, want := range map[string]int64{
			"UPDATE messages SET text = 'changed'":                                                1,
			fmt.Sprintf("UPDATE messages SET text = 'changed' WHERE id = %d", theirs["messages"]): 0,
			fmt.Sprintf("DELETE FROM attempts WHERE id = %d", theirs["attempts"]):                 0,
			"UPDATE streams SET seq = seq":                                                        1,
			"UPDATE teams SET name = 'changed'":                                                   1,
			"UPDATE messages m SET text = 'changed' FROM conversations c WHERE c.id <> 0":         1,
			"DELETE FROM attachments":                                                             1,
		} {
			if n, err := w.change(t, statement); n != want || err != nil {
				t.Errorf("%s touches %d rows (%v), want %d", statement, n, err, want)
			}
		}
		if n := w.all(t, "SELECT count(*) FROM messages WHERE text = 'kept'"); n != 1 {
			t.Errorf("%d texts of the other team are as they were", n)
		}
		if n := w.all(t, "SELECT count(*) FROM attachments"); n != 1 {
			t.Errorf("%d files are left", n)
		}
	})
	t.Run("no row is made in another team or moved to it", func(t *testing.T) {
		for _, statement := range []string{
			fmt.Sprintf("UPDATE tags SET team_id = %d", w.b),
			fmt.Sprintf("UPDATE channels SET team_id = %d", w.b),
			fmt.Sprintf("UPDATE streams SET team_id = %d", w.b),
			fmt.Sprintf("INSERT INTO events (team_id, seq, kind, object_id, object_version, body, at) VALUES (%d, 1, 'x', 1, 1, '{}', now())", w.b),
			fmt.Sprintf("INSERT INTO contact_emails (team_id, email, email_folded) VALUES (%d, 'x', 'x')", w.b),
			fmt.Sprintf("INSERT INTO idempotency_keys (team_id, caller, key, operation, input_hash, object_id, created_at) VALUES (%d, 'x', 'x', 'x', 'x', 1, now())", w.b),
			fmt.Sprintf("INSERT INTO river_job (kind, max_attempts, args) VALUES ('task', 1, '{\"team\": %d}')", w.b),
			"INSERT INTO teams (slug, name, created_at, updated_at) VALUES ('c', 'c', now(), now())",
			"SELECT * FROM search_messages", "SELECT * FROM search_names", "SELECT * FROM search_progress", "SELECT * FROM river_leader", "SELECT * FROM schema_migrations",
			"DELETE FROM teams", "UPDATE events SET seq = 1", "TRUNCATE messages", "ALTER TABLE messages DISABLE ROW LEVEL SECURITY", "CREATE TABLE public.mine (id int)",
		} {
			n, err := w.change(t, statement)
			// Of tags there is none to move.
			if isNone := err == nil && n == 0 && strings.Contains(statement, "tags"); !isNone && !isCode(err, refused) {
				t.Errorf("%s: %d rows, %v", statement, n, err)
			}
		}
		// The index of grams is written through a view.
		if _, err := w.change(t, "INSERT INTO team_search_messages (team_id, message_id, conversation_id, at, grams) VALUES (?, 1, 1, now(), '{}')", w.b); !isCode(err, "44000") {
			t.Errorf("grams of another team: %v", err)
		}
		if _, err := w.Write(t.Context(), w.a, func(ctx context.Context, tx *store.Tx) error {
			return tx.Attempt.Create().SetTeamID(w.b).SetMessageID(theirs["messages"]).SetNumber(9).SetRetryKey("x").SetFence(1).SetStartedAt(tx.Now).Exec(ctx)
		}); !isCode(errors.Unwrap(err), refused) && !isCode(err, refused) {
			t.Errorf("a row made in another team by the client: %v", err)
		}
	})
	t.Run("what goes over all teams sees what its uses say", func(t *testing.T) {
		all := w.Across(store.Indexing)
		var n int
		if _, err := all.Find(t.Context(), "SELECT count(id) FROM messages", nil, &n); n != 2 || err != nil {
			t.Errorf("%d messages, %v", n, err)
		}
		for _, q := range []string{
			"SELECT text FROM messages", "SELECT * FROM contacts", "SELECT name FROM identities", "UPDATE messages SET text = ''", "DELETE FROM sessions",
			"INSERT INTO agents DEFAULT VALUES", "SELECT body FROM events", "SELECT * FROM team_search_messages", "SELECT settings FROM teams", "TRUNCATE lanes",
		} {
			if _, err := all.Exec(t.Context(), q); !isCode(err, refused) && !isCode(err, "42703") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}

// One connection serves a team after the other, however the transaction before has ended.
func TestTeamEndsWithTransaction(t *testing.T) {
	t.Parallel()
	w := openWalled(t)
	boom := errors.New("boom")
	for name, end := range map[string]func(t *testing.T){
		"a read":   func(t *testing.T) { w.count(t, "SELECT count(*) FROM messages") },
		"a commit": func(t *testing.T) { _, _ = w.change(t, "UPDATE messages SET text = text") },
		"a statement that failed": func(t *testing.T) {
			if _, err := w.change(t, "SELECT 1/0"); !isCode(err, "22012") {
				t.Error(err)
			}
		},
		"a rollback": func(t *testing.T) {
			if _, err := w.Write(t.Context(), w.a, func(context.Context, *store.Tx) error { return boom }); !errors.Is(err, boom) {
				t.Error(err)
			}
		},
		"a panic in a write": func(t *testing.T) {
			defer func() { _ = recover() }()
			_, _ = w.Write(t.Context(), w.a, func(context.Context, *store.Tx) error { panic(boom) })
		},
		"a panic in a read": func(t *testing.T) {
			defer func() { _ = recover() }()
			_ = w.Read(t.Context(), w.a, func(context.Context, *store.View) error { panic(boom) })
		},
		"a write that was given up": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := w.Write(ctx, w.a, func(ctx context.Context, tx *store.Tx) error {
				cancel()
				_, err := tx.Exec(ctx, "UPDATE messages SET text = text")
				return err
			}); err == nil {
				t.Error("it ended well")
			}
		},
		"a read that was given up in the middle of a statement": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if err := w.Read(ctx, w.a, func(ctx context.Context, v *store.View) error {
				go cancel()
				rows, err := v.Query(ctx, "SELECT pg_sleep(?)", 30)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
				}
				return rows.Err()
			}); err == nil {
				t.Error("it ended well")
			}
		},
		"a query by itself": func(t *testing.T) {
			if _, err := w.After(t.Context(), w.a, 0, 10); err != nil {
				t.Error(err)
			}
		},
		"a query by itself that failed": func(t *testing.T) {
			if _, err := w.After(t.Context(), w.a, 0, -1); err == nil {
				t.Error("it ended well")
			}
		},
		"the making of a team": func(t *testing.T) { newTeam(t, w.DB, random.New().UUID()) },
	} {
		t.Run(name, func(t *testing.T) {
			end(t)
			var team sql.NullString
			var rows int
			if err := w.TeamPool().QueryRowContext(t.Context(), "SELECT current_setting('app.team', true), (SELECT count(*) FROM messages) + (SELECT count(*) FROM teams)").Scan(&team, &rows); err != nil {
				t.Fatal(err)
			}
			if team.String != "" || rows != 0 {
				t.Errorf("afterwards the connection is in team %q and sees %d rows", team.String, rows)
			}
		})
	}
}

// A table that a migration adds and forgets to wall is named here, whether it is declared or was made by hand.
func TestEveryTableIsWalled(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "postgres", store.Config{})
	if err := db.CheckWalls(t.Context()); err != nil {
		t.Error(err)
	}
	for _, table := range migrate.Tables {
		name := table.Name
		isOwned := name == "teams" || slices.ContainsFunc(table.Columns, func(c *entschema.Column) bool { return c.Name == "team_id" })
		if !isOwned {
			t.Errorf("the table %s has no team_id: say here what it holds, and why it is no team's", name)
			continue
		}
		var stands bool
		err := db.SQL().QueryRowContext(t.Context(), `SELECT relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policies p
			WHERE p.tablename = c.relname AND p.policyname = 'team' AND p.cmd = 'ALL' AND p.qual IS NOT NULL AND p.with_check IS NOT NULL)
			FROM pg_class c WHERE oid = to_regclass($1)`, name).Scan(&stands)
		if err != nil || !stands {
			t.Errorf("the table %s has no row-level security (%v): its migration says ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY and CREATE POLICY \"team\"", name, err)
		}
	}
}

// installation is an empty database that belongs to a role of its own.
type installation struct {
	url, owner string
	admin      *sql.DB
}

// install makes one; rights are what else its owner may do, such as CREATEROLE.
func install(t *testing.T, rights string) installation {
	t.Helper()
	owner := "o_" + random.New().UUID()[:8]
	admin, err := sql.Open("postgres", testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	i := installation{owner: owner, admin: admin}
	i.do(t, "CREATE ROLE "+owner+" LOGIN PASSWORD 'x' "+rights)
	t.Cleanup(func() {
		// After the database, whose objects hold them.
		for _, role := range []string{owner + "_team", owner + "_across", owner} {
			if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP ROLE IF EXISTS "+role); err != nil {
				t.Error(err)
			}
		}
	})
	u, err := url.Parse(testkit.Database(t, testkit.Template{}))
	if err != nil {
		t.Fatal(err)
	}
	i.do(t, "ALTER DATABASE "+strings.TrimPrefix(u.Path, "/")+" OWNER TO "+owner)
	u.User = url.UserPassword(owner, "x")
	i.url = u.String()
	return i
}

func (i installation) do(t *testing.T, statement string) {
	t.Helper()
	if _, err := i.admin.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// open opens the database as its owner.
func (i installation) open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: i.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
}

// What an operator meets who has an ordinary role that owns the database, and may make roles.
func TestOwnerMigratesAndServes(t *testing.T) {
	t.Parallel()
	i := install(t, "CREATEROLE")
	db := i.open(t)
	says(t, db.CheckWalls(t.Context()), "switchyard migrate")
	for range 2 {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.CheckWalls(t.Context()); err != nil {
		t.Fatal(err)
	}
	team := newTeam(t, db, "a")
	if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error { return history(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Oldest(t.Context(), team); n != 1 || err != nil {
		t.Errorf("the oldest event is %d, %v", n, err)
	}
	plain, err := sql.Open("postgres", i.url)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	t.Run("the owner itself sees nothing before it says that it means all", func(t *testing.T) {
		for setting, want := range map[string]int{"off": 0, "on": 1} {
			var n int
			if err := plain.QueryRowContext(t.Context(), "SELECT set_config('app.across', $1, false)", setting).Scan(new(string)); err != nil {
				t.Fatal(err)
			}
			plain.SetMaxOpenConns(1)
			if err := plain.QueryRowContext(t.Context(), "SELECT count(*) FROM messages").Scan(&n); err != nil || n != want {
				t.Errorf("with app.across %s it sees %d messages (%v)", setting, n, err)
			}
		}
	})
	super := *i.mustParse(t)
	super.User = i.super(t)
	root, err := sql.Open("postgres", super.String())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	t.Run("what others and extensions keep in the schema is no fault, and nothing of theirs is taken", func(t *testing.T) {
		for _, q := range []string{"CREATE EXTENSION pg_stat_statements", "CREATE TABLE lookups (word text)", "GRANT SELECT ON lookups TO PUBLIC"} {
			if _, err := root.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.CheckWalls(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := root.ExecContext(t.Context(), "DROP POLICY keeper ON tags"); err != nil { // so that it is raised anew
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct{ name, breaks, mends, says string }{
		{"a table without it", "ALTER TABLE tags DISABLE ROW LEVEL SECURITY", "ALTER TABLE tags ENABLE ROW LEVEL SECURITY", "the table tags"},
		{"a table without it for the owner", "ALTER TABLE tags NO FORCE ROW LEVEL SECURITY", "ALTER TABLE tags FORCE ROW LEVEL SECURITY", "the table tags"},
		{"a new table of teams", "CREATE TABLE novelties (team_id bigint)", "DROP TABLE novelties", "the table novelties"},
		{"a policy of somebody's", "CREATE POLICY ours ON tags USING (true)", "DROP POLICY ours ON tags", "tags.ours"},
		{"a policy that was widened", "ALTER POLICY team ON tags USING (true)", "ALTER POLICY team ON tags USING (team_id = nullif(current_setting('app.team', true), '')::bigint)", "tags.team"},
		{"a role that passes it", "ALTER ROLE " + i.owner + "_team BYPASSRLS", "ALTER ROLE " + i.owner + "_team NOBYPASSRLS", "NOBYPASSRLS"},
		{"a role that sees more", "GRANT SELECT ON contacts TO " + i.owner + "_across", "REVOKE SELECT ON contacts FROM " + i.owner + "_across", "contacts"},
		{"a role that owns a table", "ALTER TABLE search_progress OWNER TO " + i.owner + "_across", "ALTER TABLE search_progress OWNER TO " + i.owner, "owns tables"},
	} {
		t.Run("refused: "+c.name, func(t *testing.T) {
			if _, err := root.ExecContext(t.Context(), c.breaks); err != nil {
				t.Fatal(err)
			}
			says(t, db.CheckWalls(t.Context()), "row-level security", c.says)
			if _, err := root.ExecContext(t.Context(), c.mends); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("of a newer version that was migrated to meanwhile it asks only that a team's rows are its own", func(t *testing.T) {
		for _, q := range []string{"UPDATE schema_migrations SET version = version + 1", "REVOKE SELECT ON search_progress FROM " + i.owner + "_across", "DROP POLICY across ON lanes"} {
			if _, err := root.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.CheckWalls(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := root.ExecContext(t.Context(), "ALTER TABLE tags DISABLE ROW LEVEL SECURITY"); err != nil {
			t.Fatal(err)
		}
		says(t, db.CheckWalls(t.Context()), "row-level security", "the table tags")
		for _, q := range []string{"ALTER TABLE tags ENABLE ROW LEVEL SECURITY", "UPDATE schema_migrations SET version = version - 1"} {
			if _, err := root.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		says(t, db.CheckWalls(t.Context()), "search_progress", "lanes.across")
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("what the owner deletes by hand is not found any more", func(t *testing.T) {
		found := func() (n int) {
			t.Helper()
			if err := root.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM search_messages) + (SELECT count(*) FROM search_names)").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var conversation, contact int64
		_, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
			m, err := tx.Message.Query().Only(ctx)
			if err != nil {
				return err
			}
			conversation = m.ConversationID
			if _, err := tx.Exec(ctx, "INSERT INTO team_search_messages (team_id, message_id, conversation_id, at, grams) VALUES ($1, $2, $3, now(), '{1}')", team, m.ID, conversation); err != nil {
				return err
			}
			c, err := tx.Contact.Create().SetTeamID(team).SetFirstName("Amy").SetName("Amy").SetNameFolded("amy").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			contact = c.ID
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := found(); n != 2 {
			t.Fatalf("%d rows are to be found", n)
		}
		tx, err := plain.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"SET LOCAL app.across = 'on'", fmt.Sprintf("DELETE FROM messages WHERE conversation_id = %d", conversation), fmt.Sprintf("DELETE FROM contacts WHERE id = %d", contact)} {
			if _, err := tx.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if n := found(); n != 0 {
			t.Errorf("%d rows are still to be found", n)
		}
	})
	t.Run("migrating again mends what was taken from the roles", func(t *testing.T) {
		for _, q := range []string{"DROP POLICY across ON lanes", "REVOKE ALL ON search_progress FROM " + i.owner + "_across", "DROP POLICY keeper ON tags"} {
			if _, err := root.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		says(t, db.CheckWalls(t.Context()), "lanes.across", "search_progress", "tags.keeper")
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.CheckWalls(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("another role that may become neither is told what to do, and a superuser may serve", func(t *testing.T) {
		i.do(t, "CREATE ROLE "+i.owner+"_outsider LOGIN PASSWORD 'x'")
		defer i.do(t, "DROP ROLE "+i.owner+"_outsider")
		other := *i.mustParse(t)
		other.User = url.UserPassword(i.owner+"_outsider", "x")
		outside, err := store.Open(t.Context(), store.Config{URL: other.String()})
		if err != nil {
			t.Fatal(err)
		}
		says(t, outside.CheckWalls(t.Context()), "cannot become", "GRANT \""+i.owner+"_team\"")
		i.do(t, "GRANT "+i.owner+"_team, "+i.owner+"_across TO "+i.owner+"_outsider")
		if err := outside.CheckWalls(t.Context()); err != nil {
			t.Errorf("after the grant: %v", err)
		}
		if err := outside.Close(); err != nil {
			t.Error(err)
		}
		served, err := store.Open(t.Context(), store.Config{URL: super.String(), Unguarded: true})
		if err != nil {
			t.Fatal(err)
		}
		defer served.Close()
		if err := served.CheckWalls(t.Context()); err != nil {
			t.Errorf("as a superuser: %v", err)
		}
		w := walled{DB: served, a: newTeam(t, served, "b")}
		if n := w.count(t, "SELECT count(*) FROM messages"); n != 0 {
			t.Errorf("as a superuser a team sees %d messages of another", n)
		}
	})
}

func (i installation) mustParse(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(i.url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// super is who administers the cluster.
func (i installation) super(t *testing.T) *url.Userinfo {
	t.Helper()
	u, err := url.Parse(testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return u.User
}

// What an operator meets whose role may make no roles, as on many hosted databases.
func TestOwnerWithoutRoles(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	db := i.open(t)
	err := db.Migrate(t.Context())
	says(t, err, "administrator", "CREATE ROLE \""+i.owner+"_team\" NOLOGIN; CREATE ROLE \""+i.owner+"_across\" NOLOGIN; GRANT \""+i.owner+"_team\", \""+i.owner+"_across\" TO \""+i.owner+"\";")
	var made sql.NullString
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT to_regclass('teams')::text").Scan(&made); made.Valid {
		t.Errorf("tables were made before it was known that the roles can be (%v)", err)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if strings.HasPrefix(line, "  CREATE ROLE") {
			i.do(t, line)
		}
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckWalls(t.Context()); err != nil {
		t.Error(err)
	}
	newTeam(t, db, "a")
}
