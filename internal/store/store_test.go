package store_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/tenant"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func newTeam(t *testing.T, db *store.DB, slug string) int64 {
	t.Helper()
	id, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "en", TimeZone: "UTC", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func addTag(ctx context.Context, tx *store.Tx, name string) error {
	g, err := tx.Tag.Create().SetTeamID(0).SetName(name).SetNameFolded(name).SetColour("RED").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return err
	}
	tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: g.ID, ObjectVersion: g.Version})
	return nil
}

func TestWall(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		a, b := newTeam(t, db, "a"), newTeam(t, db, "b")
		for _, team := range []int64{a, b} {
			if _, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error { return addTag(ctx, tx, "vip") }); err != nil {
				t.Fatal(err)
			}
		}
		var other int64
		err := db.Read(ctx, b, func(ctx context.Context, v *store.View) error {
			g, err := v.Tag.Query().Only(ctx)
			if err != nil {
				return err
			}
			other = g.ID
			if _, err := v.Tag.Create().SetTeamID(b).SetName("x").SetNameFolded("x").SetColour("RED").SetCreatedAt(v.Now).SetUpdatedAt(v.Now).Save(ctx); !errors.Is(err, tenant.ErrReadOnly) {
				t.Errorf("a read-only client wrote: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Write(ctx, a, func(ctx context.Context, tx *store.Tx) error {
			if n, err := tx.Tag.Query().Where(tag.ID(other)).Count(ctx); err != nil || n != 0 {
				t.Errorf("another team's tag is read: %d, %v", n, err)
			}
			if n, err := tx.Tag.Update().Where(tag.ID(other)).SetName("stolen").Save(ctx); err != nil || n != 0 {
				t.Errorf("another team's tag is written: %d, %v", n, err)
			}
			if n, err := tx.Tag.Delete().Where(tag.ID(other)).Exec(ctx); err != nil || n != 0 {
				t.Errorf("another team's tag is deleted: %d, %v", n, err)
			}
			if err := tx.Tag.UpdateOneID(other).SetName("stolen").Exec(ctx); err == nil {
				t.Error("another team's tag is written by its id")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// A row cannot refer to another team's row even where the guard would let it: the foreign key is composite.
		_, err = db.Write(ctx, a, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.Contact.Create().SetTeamID(a).SetFirstName("林").SetName("林").SetNameFolded("林").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			return tx.Tagging.Create().SetTeamID(a).SetTagID(other).SetContactID(c.ID).SetFirstAt(tx.Now).SetLastAt(tx.Now).Exec(ctx)
		})
		if err == nil {
			t.Error("a tagging refers to another team's tag")
		}
		if _, err := db.Write(ctx, 0, func(context.Context, *store.Tx) error { return nil }); !errors.Is(err, tenant.ErrNoTeam) {
			t.Errorf("no team is not everything: %v", err)
		}
	})
}

// RT-3: the log is dense and its order is the order of commits, with writers that roll back among them.
func TestLogIsDense(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		team := newTeam(t, db, "dense")
		const writers, each = 8, 15
		undo := errors.New("undo")
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					_, err := db.Write(ctx, team, func(_ context.Context, tx *store.Tx) error {
						tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: int64(w*each + i + 1), ObjectVersion: 1})
						if i%3 == 2 {
							return undo
						}
						return nil
					})
					if err != nil && !errors.Is(err, undo) {
						t.Error(err)
					}
				}
			})
		}
		seen := make(chan []event.Event)
		go func() {
			var got []event.Event
			for int64(len(got)) < writers*each*2/3 {
				more, err := db.After(ctx, team, int64(len(got)), 7)
				if err != nil {
					t.Error(err)
					break
				}
				got = append(got, more...)
			}
			seen <- got
		}()
		wg.Wait()
		got := <-seen
		for i, e := range got {
			if e.Seq != int64(i+1) {
				t.Fatalf("entry %d has sequence number %d", i, e.Seq)
			}
		}
		head, err := db.Head(ctx, team)
		if err != nil || head.Seq != int64(len(got)) {
			t.Errorf("head %d of %d entries, %v", head.Seq, len(got), err)
		}
		heads, err := db.Heads(ctx, map[int64]int64{team: 3})
		if err != nil || heads[team] != head.Seq {
			t.Errorf("heads %v, %v", heads, err)
		}
	})
}

func TestReadIsOneMoment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		team := newTeam(t, db, "moment")
		add := func(name string) {
			if _, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error { return addTag(ctx, tx, name) }); err != nil {
				t.Fatal(err)
			}
		}
		add("before")
		err := db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
			first, err := v.AsOf(ctx)
			if err != nil {
				return err
			}
			add("meanwhile")
			n, err := v.Tag.Query().Count(ctx)
			if err != nil {
				return err
			}
			then, err := v.AsOf(ctx)
			if err != nil {
				return err
			}
			if n != 1 || first != then {
				t.Errorf("the look moved: %d tags, %v then %v", n, first, then)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTimesSurvive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		team := newTeam(t, db, "times")
		var at time.Time
		if _, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			at = tx.Now
			return addTag(ctx, tx, "t")
		}); err != nil {
			t.Fatal(err)
		}
		_ = db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
			g, err := v.Tag.Query().Only(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !g.CreatedAt.Equal(at) {
				t.Errorf("wrote %v, read %v", at, g.CreatedAt)
			}
			n, err := v.Tag.Query().Where(tag.CreatedAtLTE(at), tag.CreatedAtGTE(at)).Count(ctx)
			if err != nil || n != 1 {
				t.Errorf("a time does not equal itself in the database: %d, %v", n, err)
			}
			return nil
		})
	})
}

func TestTeamNamesAreUnique(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		newTeam(t, db, "once")
		if _, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: "once", Name: "again"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second team took the name: %v", err)
		}
	})
}

// PostgreSQL keeps no character 0 and refuses a query that holds one, which was answered as a failure of ours.
func TestWhatNoTextKeeps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		team := newTeam(t, db, "zero")
		_, looked := db.Across(store.Teams).Find(t.Context(), "SELECT id FROM teams WHERE slug = ?", []any{"a\x00"}, new(int64))
		read := db.Read(t.Context(), team, func(ctx context.Context, v *store.View) error {
			_, err := v.Tag.Query().Where(tag.Name("a\x00")).Exist(ctx)
			return err
		})
		_, wrote := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error { return addTag(ctx, tx, "a\x00") })
		for what, err := range map[string]error{"a lookup": looked, "a read": read, "a write": wrote} {
			if db.IsPostgres() && !fault.Is(err, fault.Invalid) || !db.IsPostgres() && err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestDatabaseThatTakesNobodyIsAway(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "postgres", store.Config{})
	team := newTeam(t, db, "a")
	admin, err := sql.Open("postgres", testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	var name string
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	write := func() error {
		_, err := db.Write(t.Context(), team, func(context.Context, *store.Tx) error { return nil })
		return err
	}
	for _, is := range []string{"false", "true"} {
		if _, err := admin.ExecContext(t.Context(), "ALTER DATABASE "+pq.QuoteIdentifier(name)+" ALLOW_CONNECTIONS "+is); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
			t.Fatal(err)
		}
		err := write()
		if is == "false" && !fault.Is(err, fault.Unavailable) {
			t.Errorf("while it takes nobody: %v", err)
		}
		if is == "true" && err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}

func TestSQLiteFolderIsOneProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Config{Folder: folder}); err == nil {
		t.Error("a second store opened the same folder")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), store.Config{Folder: folder})
	if err != nil {
		t.Fatalf("the folder stays locked: %v", err)
	}
	_ = again.Close()
}
