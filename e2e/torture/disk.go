package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// disk fills the disks under the server.
func disk() Scenario {
	return Scenario{
		Name: "disk",
		Proves: "with the disk full under the embedded database, under the spool, or under both, nothing that was acknowledged is lost; what cannot be kept is refused, " +
			"and the server is well again by itself once there is room (CHAN-9)",
		Run: func(ctx context.Context, w *rig.World) error {
			data, kept := &volume{path: filepath.Join(w.Folder, "volume")}, &volume{path: filepath.Join(w.Folder, "spool")}
			for _, v := range []*volume{data, kept} {
				if err := v.mount(64); err != nil {
					return err
				}
				defer v.unmount()
			}
			w.Set("SPOOL_DIR=" + kept.path + "/spool")
			if w.Database == rig.SQLite {
				w.Set("DATA_DIR=" + data.path + "/data")
			}
			_, t, err := one(ctx, w, small(w))
			if err != nil {
				return err
			}
			t.start(ctx)
			for range rounds(w) {
				t.more(ctx, 30, "with room")
				if err := t.away(ctx, data); err != nil {
					return err
				}
				t.moreWebhooks(ctx, 20, "while the database cannot write")
				if err := kept.fill(); err != nil {
					return err
				}
				// Nobody is told a lie: nothing can be taken now.
				refused := t.unanswered.Load()
				if err := w.Await(ctx, "webhooks are refused", func() bool { return t.unanswered.Load() > refused+20 }); err != nil {
					w.Violate("refused: %v", err)
				}
				if err := kept.free(); err != nil {
					return err
				}
				t.moreWebhooks(ctx, 10, "once the spool has room")
				if err := t.back(ctx, data); err != nil {
					return err
				}
				t.more(ctx, 30, "once the database has room")
				w.Count("disks filled", 2)
			}
			return t.end(ctx)
		},
	}
}

// away takes the database's disk, or PostgreSQL itself, whose disk is not ours.
func (t *traffic) away(_ context.Context, data *volume) error {
	if t.world.Database == rig.Postgres {
		t.world.Postgres.Kill()
		return nil
	}
	return data.fill()
}

func (t *traffic) back(ctx context.Context, data *volume) error {
	if t.world.Database == rig.Postgres {
		return t.world.Postgres.Restart(ctx)
	}
	return data.free()
}

// volume is a small disk of its own.
type volume struct{ path string }

func (v *volume) mount(megabytes int) error {
	if err := os.MkdirAll(v.path, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("torture", v.path, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		return fmt.Errorf("mount a small disk, which only root may (sudo make torture, or unshare -m): %w", err)
	}
	return nil
}

func (v *volume) unmount() { _ = syscall.Unmount(v.path, syscall.MNT_DETACH) }

func (v *volume) filler() string { return filepath.Join(v.path, "filler") }

// fill takes all the room that is left.
func (v *volume) fill() error {
	f, err := os.Create(v.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for b := make([]byte, size); ; {
			if _, err := f.Write(b); err != nil {
				break
			}
		}
	}
	return nil
}

// free gives it back.
func (v *volume) free() error { return os.Remove(v.filler()) }
