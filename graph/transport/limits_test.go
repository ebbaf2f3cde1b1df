package transport_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

const ticks = `subscription { said { __typename ... on Tick { idleAt } ... on StreamEnded { reason } } }`

// RT-5
func TestIdleIsToldBefore(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	slow := func(c *clock.Manual) func(*transport.Config, *live.Config) {
		return func(tc *transport.Config, lc *live.Config) {
			tc.Clock = c
			tc.Limits = transport.Limits{Idle: 10 * time.Minute, Ping: 24 * time.Hour}
			lc.Tick = time.Hour
		}
	}
	t.Run("over a socket, by a Tick of each stream and by a ping, and taken back when the person does something", func(t *testing.T) {
		t.Parallel()
		c := clock.NewManual(begin)
		p := setup(t, slow(c))
		s := p.connect(t, "agent-7")
		s.subscribe("a", ticks)
		s.want(`"Hello"`)
		c.Advance(8*time.Minute + 59*time.Second)
		s.send(ping)
		s.want(`"n":1`) // nothing was said yet
		c.Advance(2 * time.Second)
		both := []string{s.read(), s.read()}
		slices.Sort(both)
		if both[0] != `{"type":"next","id":"a","payload":{"data":{"said":{"__typename":"Tick","idleAt":"2026-01-01T09:10:00Z"}}}}` ||
			both[1] != `{"type":"ping","payload":{"idleAt":"2026-01-01T09:10:00Z"}}` {
			t.Fatalf("told %q", both)
		}
		c.Advance(10 * time.Second) // once is enough
		s.subscribe("q", `{ hello }`)
		s.want(`"hello"`)
		s.want(`complete`)
		c.Advance(10 * time.Second)
		both = []string{s.read(), s.read()}
		slices.Sort(both)
		if both[0] != `{"type":"next","id":"a","payload":{"data":{"said":{"__typename":"Tick","idleAt":null}}}}` || both[1] != `{"type":"ping","payload":{"idleAt":null}}` {
			t.Fatalf("taken back with %q", both)
		}
		c.Advance(11 * time.Minute)
		s.wantClose(4503, "idle")
	})
	t.Run("over server-sent events, by a Tick", func(t *testing.T) {
		t.Parallel()
		c := clock.NewManual(begin)
		p := setup(t, slow(c))
		s := p.stream(t, ticks, "agent-7")
		s.want("next", `"Hello"`)
		c.Advance(9*time.Minute + 30*time.Second)
		s.want("next", `{"__typename":"Tick","idleAt":"2026-01-01T09:10:00Z"}`)
		c.Advance(30 * time.Second)
		s.want("next", `"reason":"idle"`)
		s.want("complete", "")
	})
}

// RT-5
func TestLimitsOfAddresses(t *testing.T) {
	t.Parallel()
	where := func(r *http.Request) string { return r.Header.Get("From") }
	dial := func(t *testing.T, p place, from, token string) (*socket, int) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		c, res, err := websocket.Dial(ctx, p.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"From": {from}}})
		if err != nil {
			stop()
			return nil, res.StatusCode
		}
		t.Cleanup(func() { stop(); _ = c.CloseNow() })
		s := &socket{t, c, ctx}
		if token == "" {
			s.send(`{"type":"connection_init"}`)
		} else {
			s.send(`{"type":"connection_init","payload":{"authorization":"Bearer ` + token + `"}}`)
		}
		return s, 0
	}
	stream := func(t *testing.T, p place, from string) *sse {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"?query="+"subscription+%7B+said+%7B+__typename+%7D+%7D", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("From", from)
		return open(t, r, stop, "")
	}
	t.Run("an address has so many and no more, and what goes makes room", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Address, c.Limits.PerAddress = where, 2 })
		a, _ := dial(t, p, "here", "agent-1")
		a.want("ack")
		b, _ := dial(t, p, "here", "agent-2")
		b.want("ack")
		if _, status := dial(t, p, "here", "agent-3"); status != http.StatusTooManyRequests {
			t.Errorf("status %d", status)
		}
		if s := stream(t, p, "here"); s.resp.StatusCode != http.StatusTooManyRequests || s.resp.Header.Get("Retry-After") == "" {
			t.Errorf("status %d %v", s.resp.StatusCode, s.resp.Header)
		}
		c, _ := dial(t, p, "there", "agent-3")
		c.want("ack")
		_ = a.c.Close(websocket.StatusNormalClosure, "")
		testkit.Await(t, "room", func() bool { return p.Sessions(0) == 2 })
		d, _ := dial(t, p, "here", "agent-4")
		d.want("ack")
	})
	t.Run("those who are not signed in have fewer, and nobody else's place", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Address, c.Limits.Anonymous = where, 1 })
		a, _ := dial(t, p, "here", "")
		a.want("ack")
		b, _ := dial(t, p, "here", "")
		b.wantClose(1013, "Try again later")
		if s := stream(t, p, "here"); s.resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("status %d", s.resp.StatusCode)
		}
		c, _ := dial(t, p, "here", "agent-1")
		c.want("ack")
		_ = a.c.Close(websocket.StatusNormalClosure, "")
		testkit.Await(t, "the stranger's going", func() bool { return p.Sessions(0) == 1 })
		d, _ := dial(t, p, "here", "")
		d.want("ack")
	})
}

// RT-5: with 1,000 sockets over a cap of 800 exactly the longest idle go.
func TestExactlyTheLongestIdleGo(t *testing.T) {
	t.Parallel()
	const most, all = 800, 1000
	c := clock.NewManual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	p := setup(t, func(tc *transport.Config, lc *live.Config) {
		tc.Clock = c
		tc.Limits = transport.Limits{PerTeam: most, Ping: 24 * time.Hour, Sweep: time.Hour}
		lc.Tick = time.Hour
	})
	sockets := make([]*socket, all)
	for i := range most {
		c.Advance(time.Millisecond)
		sockets[i] = p.connect(t, "agent-"+strconv.Itoa(i))
	}
	// Some do something, in an order that has nothing to do with when they came.
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	order := rand.New(rand.NewPCG(seed, 0)).Perm(most)
	active := order[:most/2]
	for _, i := range active {
		c.Advance(time.Millisecond)
		sockets[i].subscribe("q", `{ hello }`)
		sockets[i].want(`"hello"`)
		sockets[i].want(`complete`)
	}
	for i := most; i < all; i++ {
		c.Advance(time.Millisecond)
		sockets[i] = p.connect(t, "agent-"+strconv.Itoa(i))
	}
	// Those who did nothing are the longest idle, in the order in which they came.
	goes := map[int]bool{}
	for i := range most {
		if len(goes) < all-most && !slices.Contains(active, i) {
			goes[i] = true
		}
	}
	testkit.Await(t, "the going", func() bool { return p.Sessions(0) == most })
	for i, s := range sockets {
		if goes[i] {
			s.wantClose(1008, "evicted-longest-idle")
			continue
		}
		s.send(ping)
		s.want(`"n":1`)
	}
}

// RT-5, RT-8: the connections of all servers count together; without Redis each server keeps to its share.
func TestLimitsOverServers(t *testing.T) {
	t.Parallel()
	url, prefix := testkit.Redis(t)
	var servers [2]place
	counts := [2]*census.Redis{}
	for i := range servers {
		name := string(rune('a' + i))
		r, err := census.NewRedis(url, prefix, name, clock.Real{})
		if err != nil {
			t.Fatal(err)
		}
		counts[i] = r
		servers[i] = setup(t, func(c *transport.Config, _ *live.Config) {
			c.Limits = transport.Limits{PerAgent: 2, PerTeam: 4}
			c.Census, c.Name = r, name
			c.Evict = func(_ context.Context, team int64, ids []string) {
				if team != 1 {
					t.Errorf("team %d", team)
				}
				for _, s := range servers {
					s.Evict(ids)
				}
			}
		})
	}
	a, b := servers[0], servers[1]
	first := a.connect(t, "agent-7")
	second := b.connect(t, "agent-7")
	first.subscribe("q", `{ hello }`)
	first.want("hello")
	first.want("complete")
	third := b.connect(t, "agent-8")
	a.connect(t, "agent-9")
	testkit.Await(t, "what was done is told", func() bool {
		return counts[0].Renew(t.Context(), []census.Seat{}) == nil && counts[0].Share(4) == 2 && counts[1].Renew(t.Context(), nil) == nil && counts[1].Share(4) == 2
	})
	fifth := b.connect(t, "agent-9") // the team's fifth: somebody's of the others must go
	gone := make(chan string, 3)
	for name, s := range map[string]*socket{"first": first, "second": second, "third": third} {
		go func() {
			_, _, err := s.c.Read(s.ctx)
			if websocket.CloseStatus(err) == 1008 {
				gone <- name
			}
		}()
	}
	if got := <-gone; got != "first" && got != "second" {
		t.Errorf("%s went", got)
	}
	fifth.send(ping)
	fifth.want("pong")

	// Redis is gone: of a team's four each of the two servers takes two. Nobody is sent away for that, and for each who comes one goes.
	for _, r := range counts {
		_ = r.Close()
	}
	x := b.connect(t, "agent-21")
	for i := range 3 {
		b.connect(t, fmt.Sprintf("agent-%d", 22+i))
	}
	z := b.connect(t, "agent-25")
	x.wantClose(1008, "evicted-longest-idle")
	z.send(ping)
	z.want("pong")
}

// While much waits, whatever has come for a connection goes into one write.
func TestWritesAreJoined(t *testing.T) {
	t.Parallel()
	const people, each = 30, 200
	var writes, frames atomic.Int64
	p := setup(t, func(c *transport.Config, lc *live.Config) {
		lc.Tick = time.Hour
		c.Hooks.Delivered = func(_ string, n, _ int) { writes.Add(1); frames.Add(int64(n)) }
	})
	var all sync.WaitGroup
	for i := range people {
		s := p.connect(t, "agent-"+strconv.Itoa(i))
		s.subscribe("a", said)
		s.want(`"Hello"`)
		all.Go(func() {
			for seq := 1; seq <= each; seq++ {
				if got := s.read(); !strings.Contains(got, fmt.Sprintf(`"seq":%d,`, seq)) && !strings.Contains(got, fmt.Sprintf(`"seq":%d}`, seq)) {
					t.Errorf("event %d is %s", seq, got)
					return
				}
			}
		})
	}
	testkit.Await(t, "the greetings", func() bool { return frames.Load() == people })
	writes.Store(0)
	for range each {
		p.Say(1)
		p.Hint(t.Context())
	}
	all.Wait()
	if n := writes.Load(); n > people*each/4 {
		t.Errorf("%d writes for %d frames", n, people*each)
	}
}
