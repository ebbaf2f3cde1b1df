package main

import (
	"context"
	"syscall"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// clocks lets clocks jump, and two servers disagree about the time.
func clocks() Scenario {
	return Scenario{
		Name: "clocks",
		Proves: "a clock that jumps 40 seconds ahead and back, and two servers whose clocks are 40 seconds apart, so that one takes the other's leases for " +
			"run out, change no promise (CHAN-11, MSG-15)",
		Run: func(ctx context.Context, w *rig.World) error {
			var server *rig.Server
			var t *traffic
			var err error
			const ahead = "TORTURE_CLOCK=40s" // more than a lease
			if w.Database == rig.Postgres {
				_, server, t, err = pair(ctx, w, small(w), ahead)
			} else if server, err = w.Server(); err == nil {
				var team *rig.Team
				if team, err = w.Team(ctx, server, "tea"); err != nil {
					return err
				}
				server.Kill()
				if err = server.Launch(w.Tagged, ahead); err != nil {
					return err
				}
				if err = server.Ready(ctx); err != nil {
					return err
				}
				t, err = newTraffic(ctx, w, team, small(w))
			}
			if err != nil {
				return err
			}
			if err := slowly(w, 60); err != nil {
				return err
			}
			jumps := 40
			if w.IsShort {
				jumps = 8
			}
			t.start(ctx)
			for k := range jumps {
				t.more(ctx, 10+w.Random.Int(30), "whatever the time")
				// Back to the machine's time and ahead of it again.
				if err := server.Signal([]syscall.Signal{syscall.SIGUSR2, syscall.SIGUSR1}[k%2]); err != nil {
					return err
				}
				w.Count("jumps", 1)
			}
			return t.end(ctx)
		},
	}
}
