package presence_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// PROD-10: agents are online, away and offline, over all servers; one that dies takes its agents with it.
func TestAttend(t *testing.T) {
	t.Parallel()
	b, c := bus.NewMemory(), clock.NewManual(time.Date(2026, 5, 1, 8, 30, 0, 0, time.UTC))
	t.Cleanup(func() { _ = b.Close() })
	one, two := presence.New(b, c), presence.New(b, c)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	ctx := context.Background()
	want := func(what string, all map[int64]presence.State) {
		t.Helper()
		for _, s := range []*presence.Service{one, two} {
			testkit.Await(t, what, func() bool { return maps.Equal(s.There(7), all) && len(s.There(8)) == 0 })
		}
	}
	const amy, ben, bot = 1, 2, -3
	idle := c.Now().Add(-presence.AwayAfter)
	one.Attend(ctx, "one", []presence.Seat{{7, amy, c.Now()}, {7, amy, idle}, {7, bot, c.Now()}})
	two.Attend(ctx, "two", []presence.Seat{{7, ben, idle}})
	want("two servers", map[int64]presence.State{amy: presence.Online, ben: presence.Away})
	two.Attend(ctx, "two", []presence.Seat{{7, ben, c.Now()}, {7, amy, idle}})
	want("active again, and idle elsewhere", map[int64]presence.State{amy: presence.Online, ben: presence.Online})
	one.Attend(ctx, "one", nil)
	want("one connection left", map[int64]presence.State{amy: presence.Away, ben: presence.Online})
	c.Advance(2 * time.Minute) // two says nothing any more
	one.Attend(ctx, "one", []presence.Seat{{7, amy, c.Now()}})
	want("a dead server", map[int64]presence.State{amy: presence.Online})
	one.Attend(ctx, "one", nil)
	want("nobody", map[int64]presence.State{})
}
