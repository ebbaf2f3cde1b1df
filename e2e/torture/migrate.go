package main

import (
	"context"
	"os/exec"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// migratePoints are the fault points of a migration.
func migratePoints() []string { return []string{"migrate/begun", "migrate/tables-made"} }

// migrate kills the bringing up to date of a database.
func migrate() Scenario {
	return Scenario{
		Name:   "migrate",
		Proves: "a migration that is killed at any moment is taken up again by the next one, without a hand",
		Run: func(ctx context.Context, w *rig.World) error {
			kills := 24
			if w.IsShort {
				kills = 4
			}
			for k := range kills {
				if err := w.Empty(ctx); err != nil {
					return err
				}
				for _, point := range migratePoints() {
					c := w.Process(ctx, w.Tagged, []string{"TORTURE_POINT=" + point + ":1"}, "migrate")
					if k%4 != 0 { // at a random moment instead
						c = w.Process(ctx, w.Tagged, nil, "migrate")
						if err := c.Start(); err != nil {
							return err
						}
						timer := time.AfterFunc(time.Duration(w.Random.Int(600))*time.Millisecond, func() { _ = c.Process.Kill() })
						_ = c.Wait()
						timer.Stop()
					} else if err := c.Run(); err == nil {
						w.Violate("migrate: it did not die at %s", point)
					}
					if isKilled(c) {
						w.Count("kills", 1)
					}
				}
				if code, said := w.Command(ctx, "migrate"); code != 0 {
					w.Violate("migrate: after a kill it ends with %d: %s", code, said)
				}
			}
			return nil
		},
	}
}

func isKilled(c *exec.Cmd) bool { return c.ProcessState != nil && c.ProcessState.ExitCode() == -1 }
