package testkit_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	_ "github.com/lib/pq"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func open(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// template is one that counts how often it is migrated and whose key is new in each run of the test.
func template(t *testing.T, driver string) (testkit.Template, *atomic.Int32) {
	t.Helper()
	var migrated atomic.Int32
	return testkit.Template{
		Name:       t.Name() + t.TempDir(),
		Migrations: fstest.MapFS{"1.sql": {Data: []byte("CREATE TABLE things (id int)")}},
		Migrate: func(ctx context.Context, url string) error {
			migrated.Add(1)
			db, err := sql.Open(driver, url)
			if err != nil {
				return err
			}
			_, err = db.ExecContext(ctx, "CREATE TABLE things (id int)")
			return errors.Join(err, db.Close())
		},
	}, &migrated
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	t.Run("each test has a copy of a template that is migrated once, and it is dropped", func(t *testing.T) {
		t.Parallel()
		made, migrated := template(t, "postgres")
		admin := open(t, "postgres", testkit.Postgres(t))
		before := make(chan string, 8)
		t.Run("tests at once", func(t *testing.T) {
			for range cap(before) {
				t.Run("test", func(t *testing.T) {
					t.Parallel()
					db := open(t, "postgres", testkit.Database(t, made))
					if n := count(t, db, "SELECT count(*) FROM things"); n != 0 {
						t.Errorf("the copy holds %d rows of another test", n)
					}
					exec(t, db, "INSERT INTO things VALUES (1)")
					var name string
					if err := db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
						t.Fatal(err)
					}
					before <- name
				})
			}
		})
		close(before)
		names := map[string]bool{}
		for name := range before {
			names[name] = true
			if n := count(t, admin, "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); n != 0 {
				t.Errorf("%s is still there", name)
			}
		}
		if len(names) != cap(before) || migrated.Load() != 1 {
			t.Errorf("%d databases, migrated %d times", len(names), migrated.Load())
		}
	})
	t.Run("other files are another template", func(t *testing.T) {
		t.Parallel()
		made, migrated := template(t, "postgres")
		testkit.Database(t, made)
		made.Migrations = fstest.MapFS{"1.sql": {Data: []byte("something else")}}
		testkit.Database(t, made)
		if migrated.Load() != 2 {
			t.Errorf("migrated %d times", migrated.Load())
		}
	})
	t.Run("a template that was left half done is made anew", func(t *testing.T) {
		t.Parallel()
		made, migrated := template(t, "postgres")
		whole := made.Migrate
		made.Migrate = func(ctx context.Context, url string) error {
			return errors.Join(whole(ctx, url), errors.New("the power failed"))
		}
		var broken failure
		broken.run(t, func(t testing.TB) { testkit.Database(t, made) })
		if !strings.Contains(broken.text, "the power failed") {
			t.Errorf("the first one fails with %q", broken.text)
		}
		made.Migrate = whole
		db := open(t, "postgres", testkit.Database(t, made))
		count(t, db, "SELECT count(*) FROM things")
		if migrated.Load() != 2 {
			t.Errorf("migrated %d times", migrated.Load())
		}
	})
	t.Run("without a template it is empty", func(t *testing.T) {
		t.Parallel()
		db := open(t, "postgres", testkit.Database(t, testkit.Template{}))
		if n := count(t, db, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); n != 0 {
			t.Errorf("%d tables", n)
		}
	})
}

func TestFile(t *testing.T) {
	t.Parallel()
	t.Run("each test has a copy of a template that is migrated once", func(t *testing.T) {
		t.Parallel()
		made, migrated := template(t, "sqlite")
		for range 3 {
			db := open(t, "sqlite", testkit.File(t, made))
			if n := count(t, db, "SELECT count(*) FROM things"); n != 0 {
				t.Errorf("the copy holds %d rows of another test", n)
			}
			exec(t, db, "INSERT INTO things VALUES (1)")
		}
		if migrated.Load() != 1 {
			t.Errorf("migrated %d times", migrated.Load())
		}
	})
	t.Run("without a template the file does not exist and its folder does", func(t *testing.T) {
		t.Parallel()
		path := testkit.File(t, testkit.Template{})
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			t.Error(err)
		}
	})
}

func TestRedis(t *testing.T) {
	t.Parallel()
	t.Run("tests do not see each other's keys, and leave none", func(t *testing.T) {
		t.Parallel()
		urls, prefixes := map[string]bool{}, map[string]bool{}
		var used string
		t.Run("a test", func(t *testing.T) {
			for range 3 {
				url, prefix := testkit.Redis(t)
				urls[url], prefixes[prefix], used = true, true, url
				client := connect(t, url)
				if n := client.DBSize(t.Context()).Val(); n != 0 {
					t.Errorf("%s holds %d keys", url, n)
				}
				if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
					t.Fatal(err)
				}
			}
		})
		if len(urls) != 3 || len(prefixes) != 3 {
			t.Errorf("urls %v, prefixes %v", urls, prefixes)
		}
		if err := connect(t, used).Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("the key of the test is still there: %v", err)
		}
	})
}

func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestEach(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 3)
	t.Run("both", func(t *testing.T) { testkit.Each(t, func(_ *testing.T, dialect string) { seen <- dialect }) })
	close(seen)
	got := map[string]bool{}
	for dialect := range seen {
		got[dialect] = true
	}
	if len(got) != 2 || !got["sqlite"] || !got["postgres"] {
		t.Errorf("ran on %v", got)
	}
}

// failure runs a test that is expected to fail, and keeps what it says.
type failure struct {
	testing.TB
	text string
}

func (f *failure) run(t *testing.T, test func(testing.TB)) {
	t.Helper()
	f.TB = t
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		test(f)
	}()
	<-done
}

func (f *failure) Fatalf(format string, args ...any) {
	for _, a := range args {
		if err, ok := a.(error); ok {
			f.text += err.Error()
		}
	}
	panic(format)
}
