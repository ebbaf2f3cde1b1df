package main

import (
	"context"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// slowly makes the platform take its time with so many of the next pushes, so that lanes fill.
func slowly(w *rig.World, times int) error {
	return w.Line.Faults().Add(fake.Fault{Kind: fake.Slow, Operation: "push", Times: times, Delay: 200 * time.Millisecond})
}

// rounds is how often what a scenario does is repeated.
func rounds(w *rig.World) int {
	if w.IsShort {
		return 1
	}
	return 5
}

// redis takes Redis away in every way.
func redis() Scenario {
	return Scenario{
		Name:      "redis",
		Proves:    "with Redis restarted, emptied, frozen or gone two servers go on as before, learn of each other's events by polling, and are well again by themselves (RT-8)",
		Databases: []string{rig.Postgres},
		Run: func(ctx context.Context, w *rig.World) error {
			_, _, t, err := pair(ctx, w, small(w))
			if err != nil {
				return err
			}
			defer func() { _ = w.Redis.Restart(context.WithoutCancel(ctx)) }()
			t.start(ctx)
			for range rounds(w) {
				t.more(ctx, 30, "with Redis")
				w.Redis.Kill()
				if err := w.Redis.Restart(ctx); err != nil {
					return err
				}
				t.more(ctx, 30, "after Redis was restarted")
				if err := w.Flush(ctx); err != nil {
					return err
				}
				t.more(ctx, 30, "after Redis was emptied")
				if err := w.Redis.Freeze(); err != nil {
					return err
				}
				t.more(ctx, 30, "while Redis is frozen")
				if err := w.Redis.Thaw(); err != nil {
					return err
				}
				t.more(ctx, 30, "after Redis was frozen")
				w.Count("troubles", 3)
			}
			// To the end without it: every subscriber must see everything all the same.
			w.Redis.Kill()
			w.Count("troubles", 1)
			t.more(ctx, 60, "without Redis")
			return t.end(ctx)
		},
	}
}

// postgres takes PostgreSQL away in every way.
func postgres() Scenario {
	return Scenario{
		Name: "postgres",
		Proves: "with PostgreSQL killed, its sessions ended or refused, what was acknowledged stays, webhooks are taken all the same, and the server is well again " +
			"by itself (CHAN-9)",
		Databases: []string{rig.Postgres},
		Run: func(ctx context.Context, w *rig.World) error {
			w.Set("SPOOL_DIR=" + w.Folder + "/spool")
			_, t, err := one(ctx, w, small(w))
			if err != nil {
				return err
			}
			t.start(ctx)
			end := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`
			for range rounds(w) {
				t.more(ctx, 30, "with the database")
				for range 5 {
					if err := w.Admin(ctx, end, w.Name()); err != nil {
						return err
					}
					t.more(ctx, 10, "after its sessions were ended")
				}
				w.Postgres.Kill()
				t.moreWebhooks(ctx, 20, "while the database is dead")
				if err := w.Postgres.Restart(ctx); err != nil {
					return err
				}
				t.more(ctx, 30, "after the database was killed")
				if err := w.Admin(ctx, "ALTER DATABASE "+w.Name()+" ALLOW_CONNECTIONS false"); err != nil {
					return err
				}
				if err := w.Admin(ctx, end, w.Name()); err != nil {
					return err
				}
				t.moreWebhooks(ctx, 20, "while the database refuses")
				if err := w.Admin(ctx, "ALTER DATABASE "+w.Name()+" ALLOW_CONNECTIONS true"); err != nil {
					return err
				}
				t.more(ctx, 30, "after the database refused")
				w.Count("troubles", 7)
			}
			return t.end(ctx)
		},
	}
}

// moreWebhooks lets so many more webhooks be acknowledged, and notes where they are not.
func (t *traffic) moreWebhooks(ctx context.Context, n int, when string) {
	from := t.webhooks.Load()
	if err := t.world.Follow(ctx, "webhooks are taken "+when, func() bool { return t.webhooks.Load() >= from+int64(n) }, t.webhooks.Load); err != nil {
		t.world.Violate("taken: %v", err)
	}
}

// spoolPoints are the fault points of the spool: while it is written, and while it is drained.
func spoolPoints() []string {
	return []string{"spool/append", "spool/mid-append", "spool/appended", "webhook/before-answer", "spool/drained", "spool/shorten"}
}

// spool kills the server while webhooks wait on its disk, as a power failure would.
func spool() Scenario {
	return Scenario{
		Name: "spool",
		Proves: "while the database is away webhooks wait on the disk; a power failure at any moment of that loses none that was acknowledged, and they are stored in " +
			"their order and once (CHAN-9)",
		Databases: []string{rig.Postgres},
		Run: func(ctx context.Context, w *rig.World) error {
			w.Set("SPOOL_DIR="+w.Folder+"/spool", "TORTURE_POWER=1")
			server, t, err := one(ctx, w, small(w))
			if err != nil {
				return err
			}
			t.start(ctx)
			all := spoolPoints()
			if w.Points != nil {
				all = append(append(w.Points, w.Points...), w.Points...)
			}
			for range rounds(w) {
				for _, point := range all {
					n := 1 + w.Random.Int(10)
					isDrain := point == "spool/drained" || point == "spool/shorten"
					if isDrain {
						n = 1
					}
					// A server waits for its database, and takes nothing meanwhile.
					server.Kill()
					if point == "webhook/before-answer" {
						n += 30 // past those that are answered while the database is there
					}
					if err := server.StartAt(ctx, point, n); err != nil {
						return err
					}
					w.Postgres.Kill()
					isOver := server.IsDead
					if isDrain {
						// Of what waited from before one may be drained yet, and the server dies of that.
						from := t.webhooks.Load()
						if err := w.Follow(ctx, "webhooks are taken while the database is dead", func() bool { return server.IsDead() || t.webhooks.Load() >= from+20 }, t.webhooks.Load); err != nil {
							w.Violate("taken: %v", err)
						}
						if err := w.Postgres.Restart(ctx); err != nil {
							return err
						}
					}
					if point == "spool/shorten" { // passed only where a file is drained in part, and not any more once nothing waits
						isOver = func() bool { return server.IsDead() || t.isDrained() }
					}
					// Customers may write faster than a busy server drains: then something always waits, and the wait ends by patience.
					if err := w.Await(ctx, "the server dies at "+point, func() bool { pauseFor(ctx, 50*time.Millisecond); return isOver() }); err != nil && point != "spool/shorten" {
						w.Violate("died: %v", err)
					}
					if server.IsDead() {
						w.Count("kills at points", 1)
					}
					server.Kill()
					if !isDrain {
						if err := w.Postgres.Restart(ctx); err != nil {
							return err
						}
					}
					if err := server.Start(ctx); err != nil {
						return err
					}
					t.more(ctx, 20, "after a death at "+point)
				}
			}
			return t.end(ctx)
		},
	}
}
