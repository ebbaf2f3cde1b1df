package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// restore brings an older database back.
func restore() Scenario {
	return Scenario{
		Name:      "restore",
		Proves:    "a subscriber whose cursor is of the time before a restore is told to read anew, and not shown other events under old numbers (RT-3)",
		Databases: []string{rig.SQLite},
		Run: func(ctx context.Context, w *rig.World) error {
			server, t, err := one(ctx, w, small(w))
			if err != nil {
				return err
			}
			t.stopWatching()
			t.watching.Wait()
			t.views = nil
			work := func(n int) {
				t.start(ctx)
				t.more(ctx, n, "before the restore")
				t.stop()
				t.working.Wait()
			}
			work(40)
			if err := server.Stop(ctx); err != nil {
				return err
			}
			file, backup := filepath.Join(w.Setting("DATA_DIR"), "switchyard.db"), filepath.Join(w.Folder, "backup.db")
			if err := copyFile(backup, file); err != nil {
				return err
			}
			if err := server.Start(ctx); err != nil {
				return err
			}
			work(60)
			now, err := t.team.Boss.Do(ctx, `{ events { cursor } }`, nil)
			if err != nil {
				return err
			}
			if err := server.Stop(ctx); err != nil {
				return err
			}
			if err := restoreFile(ctx, file, backup); err != nil {
				return err
			}
			if err := server.Start(ctx); err != nil {
				return err
			}
			// Numbers that come again, up to beyond the cursor.
			work(120)
			w.Count("restores", 1)
			for _, wire := range []rig.Wire{rig.WebSocket, rig.SSE} {
				if err := t.judgeOld(ctx, wire, rig.Str(now, "events.cursor")); err != nil {
					w.Violate("restored: over %s: %v", wire, err)
				}
			}
			return nil
		},
	}
}

// judgeOld comes with a cursor from before the restore.
func (t *traffic) judgeOld(ctx context.Context, wire rig.Wire, cursor string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	reason, recovered := "", false
	watch := &rig.Watch{Client: t.team.Boss, Wire: wire, Query: watch, Variables: map[string]any{"c": t.conversations[0]}, After: cursor,
		Frame: func(frame map[string]any) {
			switch frame["__typename"] {
			case "Hello":
				recovered = frame["recovered"] == true
			case "ResyncRequired":
				reason = rig.Str(frame, "reason")
			}
		}}
	if err := watch.Once(ctx); !errors.Is(err, rig.ErrResync) || reason != "EPOCH_CHANGED" || recovered {
		return fmt.Errorf("the old cursor was answered with recovered %v, reason %q, %w", recovered, reason, err)
	}
	return nil
}

// restoreFile puts a backup in the place of a database, as docs/operations.md says.
func restoreFile(ctx context.Context, file, backup string) error {
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + rest); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := copyFile(file, backup); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE streams SET epoch = lower(hex(randomblob(16)))")
	return errors.Join(err, db.Close())
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
