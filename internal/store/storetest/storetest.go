// Package storetest opens real databases for tests: a fresh, migrated SQLite file and a fresh, migrated PostgreSQL database each.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchyard-chat/switchyard/ent/migrations"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// Each runs the test on both databases, each time on a fresh and migrated one.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		test(t, Open(t, dialect, store.Config{}))
	})
}

// Open opens a fresh and migrated database of the dialect, "sqlite" or "postgres", with the rest of the configuration as given. It is
// closed with the test.
func Open(t testing.TB, dialect string, c store.Config) *store.DB {
	t.Helper()
	c.Unsafe = true
	if dialect == "postgres" {
		c.URL = URL(t)
	} else {
		c.Folder = Folder(t)
	}
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// URL is the address of a fresh and migrated PostgreSQL database.
func URL(t testing.TB) string {
	t.Helper()
	return testkit.Database(t, testkit.Template{Name: "store " + store.Walls(), Migrations: migrations.FS, Migrate: func(ctx context.Context, url string) error {
		return migrate(ctx, store.Config{URL: url})
	}})
}

// Folder is a data folder with a fresh and migrated SQLite file.
func Folder(t testing.TB) string {
	t.Helper()
	path := testkit.File(t, testkit.Template{Name: "store", Migrations: migrations.FS, Migrate: func(ctx context.Context, path string) error {
		folder := filepath.Dir(path)
		if err := migrate(ctx, store.Config{Folder: folder, Unsafe: true}); err != nil {
			return err
		}
		return os.Rename(filepath.Join(folder, store.File), path)
	}})
	folder := filepath.Dir(path)
	if err := os.Rename(path, filepath.Join(folder, store.File)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func migrate(ctx context.Context, c store.Config) error {
	db, err := store.Open(ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(ctx)
}
