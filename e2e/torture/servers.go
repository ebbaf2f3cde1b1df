package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// small is the load of scenarios whose point is not the load, four times as much by hand.
func small(w *rig.World) load {
	l := load{customers: 8, watchers: 16, webhooks: 300, sends: 120, writers: 6, senders: 3, pause: 40 * time.Millisecond}
	if !w.IsShort {
		l = load{customers: 32, watchers: 64, webhooks: 4000, sends: 1600, writers: 8, senders: 4, pause: 20 * time.Millisecond}
	}
	return l
}

// pair starts a team on two servers that share a database and a Redis, with settings for the second alone, and traffic on both.
func pair(ctx context.Context, w *rig.World, l load, second ...string) (a, b *rig.Server, t *traffic, err error) {
	if a, err = w.Server(); err != nil {
		return nil, nil, nil, err
	}
	if b, err = w.Server(); err != nil {
		return nil, nil, nil, err
	}
	team, err := w.Team(ctx, a, "tea")
	if err != nil {
		return nil, nil, nil, err
	}
	program := w.Release
	if len(second) > 0 || w.Bug != "" {
		program = w.Tagged
	}
	if err := b.Launch(program, second...); err != nil {
		return nil, nil, nil, err
	}
	if err := b.Ready(ctx); err != nil {
		return nil, nil, nil, err
	}
	t, err = newTraffic(ctx, w, team, l)
	if err != nil {
		return nil, nil, nil, err
	}
	t.at = func() *rig.Server {
		if w.Random.Int(2) == 0 && !b.IsDead() || a.IsDead() {
			return b
		}
		return a
	}
	return a, b, t, nil
}

// one starts a team on one server, with traffic.
func one(ctx context.Context, w *rig.World, l load, env ...string) (*rig.Server, *traffic, error) {
	server, err := w.Server()
	if err != nil {
		return nil, nil, err
	}
	team, err := w.Team(ctx, server, "tea", env...)
	if err != nil {
		return nil, nil, err
	}
	t, err := newTraffic(ctx, w, team, l)
	return server, t, err
}

// more lets so much more be acknowledged, and notes where it is not.
func (t *traffic) more(ctx context.Context, n int, when string) {
	from := t.done()
	if err := t.world.Follow(ctx, "work goes on "+when, func() bool { return t.done() >= from+int64(n) }, t.done); err != nil {
		t.world.Violate("worked: %v", err)
	}
}

// end lets the load come to its end and judges.
func (t *traffic) end(ctx context.Context) error {
	if err := t.world.Follow(ctx, "the work comes to its end", t.isEnough, t.done); err != nil {
		t.world.Violate("worked: %v", err)
	}
	return t.finish(ctx)
}

// servers kills one of two servers, again and again.
func servers() Scenario {
	return Scenario{
		Name:      "servers",
		Proves:    "of two servers on one database either may be killed at any moment: the other goes on with its conversations, its lanes and its subscribers (RT-8, CHAN-11)",
		Databases: []string{rig.Postgres},
		Run: func(ctx context.Context, w *rig.World) error {
			a, b, t, err := pair(ctx, w, small(w))
			if err != nil {
				return err
			}
			kills := 40
			if w.IsShort {
				kills = 4
			}
			t.start(ctx)
			for k := range kills {
				t.more(ctx, 10+w.Random.Int(40), "on both")
				dead := []*rig.Server{a, b}[k%2]
				dead.Kill()
				w.Count("kills", 1)
				t.more(ctx, 10+w.Random.Int(40), "on the one that is left")
				if err := dead.Start(ctx); err != nil {
					return err
				}
			}
			return t.end(ctx)
		},
	}
}

// lanes looks that nothing is asked of the platform twice where nobody dies.
func lanes() Scenario {
	return Scenario{
		Name:   "lanes",
		Proves: "while nobody dies and nothing fails, each message is brought to the platform once, by one server, one of a conversation at a time (CHAN-11)",
		Run: func(ctx context.Context, w *rig.World) (err error) {
			var t *traffic
			if w.Database == rig.Postgres {
				_, _, t, err = pair(ctx, w, small(w))
			} else {
				_, t, err = one(ctx, w, small(w))
			}
			if err != nil {
				return err
			}
			// A platform that takes its time shows who else comes meanwhile.
			if err := w.Line.Faults().Add(fake.Fault{Kind: fake.Slow, Operation: "push", Times: 40, Delay: 300 * time.Millisecond}); err != nil {
				return err
			}
			t.start(ctx)
			if err := t.end(ctx); err != nil {
				return err
			}
			again := 0
			for _, r := range w.Line.Requests().Requests() {
				if strings.HasSuffix(r.Path, "/push") && r.Status == http.StatusConflict {
					again++
				}
			}
			if again > 0 {
				w.Violate("lanes: %d messages were brought to the platform twice", again)
			}
			return nil
		},
	}
}
