package main

import (
	"context"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/check"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

const page = `query($a: Cursor) { events(after: $a) { cursor hasMore events { __typename
	... on MessageAdded { message { conversationId seq version delivery content { ... on TextContent { text } } } }
	... on MessageChanged { message { conversationId seq version delivery content { ... on TextContent { text } } } } } } }`

// log reads the event log by cursor while many write and some of their transactions are rolled back.
func log() Scenario {
	return Scenario{
		Name:   "log",
		Proves: "three readers that follow the log by cursor miss nothing and see nothing twice while sixteen write at once and some of their transactions are rolled back (RT-3)",
		Run: func(ctx context.Context, w *rig.World) error {
			l := load{customers: 16, watchers: 16, webhooks: 240, sends: 160, writers: 10, senders: 6}
			if !w.IsShort {
				l.webhooks, l.sends = 6000, 4000
			}
			_, t, err := one(ctx, w, l)
			if err != nil {
				return err
			}
			at, err := t.team.Boss.Do(ctx, `{ events { cursor } }`, nil)
			if err != nil {
				return err
			}
			reading, stop := context.WithCancel(ctx)
			defer stop()
			var readers sync.WaitGroup
			all := make([]*reader, 3)
			for i := range all {
				all[i] = &reader{t: t, after: rig.Str(at, "events.cursor"), frames: map[string][]check.Frame{}}
				readers.Go(func() { all[i].run(reading) })
			}
			var chaos sync.WaitGroup
			rolling, stopChaos := context.WithCancel(ctx)
			defer stopChaos()
			chaos.Go(func() { t.rollBack(rolling) })
			t.start(ctx)
			if err := w.Follow(ctx, "the work comes to its end", t.isEnough, t.done); err != nil {
				w.Violate("worked: %v", err)
			}
			stopChaos()
			chaos.Wait()
			t.stop()
			t.working.Wait()
			if err := t.settle(ctx); err != nil {
				w.Violate("settled: %v", err)
			}
			for i, r := range all {
				if err := w.Follow(ctx, "the reader comes to the end", r.isAtEnd, r.done); err != nil {
					w.Violate("read: reader %d: %v", i, err)
				}
			}
			stop()
			readers.Wait()
			for i, r := range all {
				for n, c := range t.conversations {
					t.history.Watched(check.View{Name: []string{"reader 1", "reader 2", "reader 3"}[i], Customer: t.people[n].ID(), From: 2, Frames: r.frames[c]})
				}
			}
			if n := t.rereads.Load(); n > 0 {
				w.Violate("seen: subscribers were told to read anew %d times, and nobody was away", n)
			}
			w.Count("readers", len(all))
			return t.finish(ctx)
		},
	}
}

// reader follows the log by asking.
type reader struct {
	t      *traffic
	after  string
	mu     sync.Mutex
	frames map[string][]check.Frame // by conversation
	n      int64
	quiet  int // how often in a row there was nothing more
}

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		got, err := r.t.team.Boss.Do(ctx, page, map[string]any{"a": r.after})
		if err != nil {
			pauseFor(ctx, 20*time.Millisecond)
			continue
		}
		events, _ := rig.At(got, "events.events").([]any)
		r.mu.Lock()
		for _, e := range events {
			kind := rig.Str(e, "__typename")
			if kind == "ResyncRequired" {
				r.t.world.Violate("read: the log asks to read anew")
			}
			if kind != "MessageAdded" && kind != "MessageChanged" {
				continue
			}
			c := rig.Str(e, "message.conversationId")
			r.frames[c] = append(r.frames[c], check.Frame{IsAdded: kind == "MessageAdded", Seq: rig.Num(e, "message.seq"), Version: rig.Num(e, "message.version"),
				Delivery: rig.Str(e, "message.delivery"), Text: rig.Str(e, "message.content.text")})
		}
		if next := rig.Str(got, "events.cursor"); next == r.after {
			r.quiet++
		} else {
			r.after, r.quiet = next, 0
			r.n++
		}
		r.mu.Unlock()
		if rig.At(got, "events.hasMore") != true {
			pauseFor(ctx, 5*time.Millisecond)
		}
	}
}

func (r *reader) isAtEnd() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.quiet > 20 }

func (r *reader) done() int64 { r.mu.Lock(); defer r.mu.Unlock(); return r.n }

// rollBack has transactions rolled back in their middle: on PostgreSQL by cancelling whatever runs, on both by messages that are refused once
// they have begun.
func (t *traffic) rollBack(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		pauseFor(ctx, 20*time.Millisecond)
		if t.world.Database == rig.Postgres {
			if t.world.Admin(ctx, `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND state <> 'idle' ORDER BY random() LIMIT 1`, t.world.Name()) == nil {
				t.world.Count("rollbacks", 1)
			}
			continue
		}
		// The id of what was taken, with another text: the transaction has begun when that is found.
		if id, ok := t.taken.Load().(string); ok {
			if _, err := t.team.Send(ctx, t.team.Boss, t.conversations[0], "another text", id); err != nil {
				t.world.Count("rollbacks", 1)
			}
		}
	}
}
