package testkit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/lib/pq" // the driver that creates and drops databases
)

// Template says what a fresh database of a test holds. The zero Template is an empty database.
type Template struct {
	// Name tells templates apart that Migrate fills differently from the same files.
	Name string
	// Migrations are the files that the template is made from: their hash is part of its key, so that a change makes a new one.
	Migrations fs.FS
	// Migrate brings an empty database up to date and closes what it opened. For Database it is given a postgres URL, for File the
	// path of a SQLite file that does not exist yet.
	Migrate func(ctx context.Context, url string) error
}

// Database creates a PostgreSQL database for this test alone, as a copy of the template, and gives its URL. It is dropped with the
// test, whoever is still connected. The template is migrated once, whatever the number of test processes.
func Database(t testing.TB, template Template) string {
	t.Helper()
	base := Postgres(t)
	ctx, cancel := context.WithTimeout(context.Background(), making)
	defer cancel()
	db, err := sql.Open("postgres", base)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	from := "template1"
	if template.Migrate != nil {
		if from, err = template.database(ctx, db, base); err != nil {
			t.Fatalf("prepare a database for tests: %v", err)
		}
	}
	name := "test_" + run() + "_" + nonce()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY file_copy"); err != nil {
		t.Fatalf("create a database for this test: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(base, name); err != nil {
			t.Errorf("drop the database of this test: %v", err)
		}
	})
	return named(base, name)
}

// run is the mark of this run in the names of databases, by which `make test` finds what a killed test left on a server that is not
// its own.
func run() string {
	if r := os.Getenv("TEST_RUN"); r != "" {
		return r
	}
	return "own"
}

func drop(base, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := sql.Open("postgres", base)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

// named is the URL of another database on the same server.
func named(base, name string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.Path = "/" + name
	return u.String()
}

// database gives the name of the migrated template, which it makes where it does not exist. A lock on the server makes sure that one
// process alone does it. That it is marked as a template is the last step: one without the mark was left half done.
func (t Template) database(ctx context.Context, db *sql.DB, base string) (name string, err error) {
	key, err := t.key()
	if err != nil {
		return "", err
	}
	name = "template_" + run() + "_" + key
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	lock := int64(h.Sum64())
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		return "", err
	}
	defer func() {
		_, unlock := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock)
		err = errors.Join(err, unlock)
	}()
	var complete bool
	err = conn.QueryRowContext(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&complete)
	switch {
	case err == nil && complete:
		return name, nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE template1 STRATEGY file_copy"); err != nil {
		return "", err
	}
	if err := t.Migrate(ctx, named(base, name)); err != nil {
		return "", fmt.Errorf("migrate: %w", err)
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return name, err
}

// key is a hash of the template's name and of the names and contents of its files.
func (t Template) key() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", t.Name)
	if t.Migrations != nil {
		err := fs.WalkDir(t.Migrations, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			b, err := fs.ReadFile(t.Migrations, path)
			fmt.Fprintf(h, "%q %q\n", path, b)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read the migrations: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// files keeps the content of migrated SQLite files, by the key of their template.
var files sync.Map

// File creates a SQLite database for this test alone, as a copy of the template, and gives the path of its file, which ends with the
// test. The zero Template gives the path of a file that does not exist yet.
func File(t testing.TB, template Template) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	if template.Migrate == nil {
		return path
	}
	key, err := template.key()
	if err != nil {
		t.Fatalf("prepare a database for tests: %v", err)
	}
	made, _ := files.LoadOrStore(key, sync.OnceValues(template.file))
	content, err := made.(func() ([]byte, error))()
	if err != nil {
		t.Fatalf("prepare a database for tests: %v", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// file migrates a new SQLite file and gives its content.
func (t Template) file() ([]byte, error) {
	dir, err := os.MkdirTemp("", "switchyard-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), making)
	defer cancel()
	path := filepath.Join(dir, "template.db")
	if err := t.Migrate(ctx, path); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	// The last connection that closes writes the log back into the file and removes it.
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil, errors.New("the migration left the SQLite file open")
	}
	return os.ReadFile(path)
}
