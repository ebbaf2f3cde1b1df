package transport_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// RT-5: how long a person may be idle is its team's to say, within the server's limit, and holds on open connections.
func TestTeamsOwnIdleTime(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	open := func(t *testing.T) (place, *clock.Manual) {
		c := clock.NewManual(begin)
		return setup(t, func(tc *transport.Config, lc *live.Config) {
			tc.Clock = c
			tc.Limits = transport.Limits{Idle: 30 * time.Minute, Ping: 24 * time.Hour, Confirm: 24 * time.Hour}
			lc.Tick = 24 * time.Hour
		}), c
	}
	// limit gives the team limits, and then something to show: what is shown it knows of them.
	limit := func(p place, own transport.Own) {
		p.Limit(own)
		p.Say(1)
		p.Hint(context.Background())
	}
	// warned reads so many frames that hold the warning. The sweep may come before what is shown, or after it.
	warned := func(c *clock.Manual, warning string, n int, read func() string) {
		for isKnown, isSwept := false, false; n > 0 || !isKnown; {
			if strings.Contains(read(), warning) {
				n--
			} else {
				isKnown = true
			}
			if isKnown && !isSwept {
				isSwept = true
				c.Advance(time.Second)
			}
		}
	}
	const tick = `{"__typename":"Tick","idleAt":"2026-01-01T`
	t.Run("who connects afterwards has it", func(t *testing.T) {
		t.Parallel()
		p, c := open(t)
		p.Limit(transport.Own{Idle: 5 * time.Minute})
		s := p.stream(t, ticks, "agent-7")
		s.want("next", `"Hello"`)
		c.Advance(4*time.Minute + time.Second)
		s.want("next", tick+`09:05:00Z"}`)
		c.Advance(time.Minute)
		s.want("next", `"reason":"idle"`)
		s.want("complete", "")
	})
	t.Run("over a socket that is open, who has been idle for longer is told first, and goes a minute later", func(t *testing.T) {
		t.Parallel()
		p, c := open(t)
		s := p.connect(t, "agent-7")
		s.subscribe("a", ticks)
		s.want(`"Hello"`)
		c.Advance(20 * time.Minute)
		limit(p, transport.Own{Idle: 10 * time.Minute})
		warned(c, `"idleAt":"2026-01-01T09:21:00Z"`, 2, s.read) // the Tick and the ping
		c.Advance(time.Minute)
		s.wantClose(4503, "idle")
	})
	t.Run("over server-sent events that are open, too", func(t *testing.T) {
		t.Parallel()
		p, c := open(t)
		s := p.stream(t, ticks, "agent-7")
		s.want("next", `"Hello"`)
		c.Advance(20 * time.Minute)
		limit(p, transport.Own{Idle: 10 * time.Minute})
		warned(c, tick+`09:21:00Z"}`, 1, func() string { _, frame := s.next(); return frame })
		c.Advance(time.Minute)
		s.want("next", `"reason":"idle"`)
		s.want("complete", "")
	})
	t.Run("a longer one takes the warning back", func(t *testing.T) {
		t.Parallel()
		p, c := open(t)
		p.Limit(transport.Own{Idle: 5 * time.Minute})
		s := p.stream(t, ticks, "agent-7")
		s.want("next", `"Hello"`)
		c.Advance(4*time.Minute + 30*time.Second)
		s.want("next", tick+`09:05:00Z"}`)
		limit(p, transport.Own{Idle: 10 * time.Minute})
		warned(c, `{"__typename":"Tick","idleAt":null}`, 1, func() string { _, frame := s.next(); return frame })
		c.Advance(5 * time.Minute)
		s.want("next", tick+`09:10:00Z"}`)
	})
	t.Run("it is never longer than the server's", func(t *testing.T) {
		t.Parallel()
		p, c := open(t)
		p.Limit(transport.Own{Idle: time.Hour})
		s := p.stream(t, ticks, "agent-7")
		s.want("next", `"Hello"`)
		c.Advance(29*time.Minute + 30*time.Second)
		s.want("next", tick+`09:30:00Z"}`)
		c.Advance(30 * time.Second)
		s.want("next", `"reason":"idle"`)
	})
}

// RT-5: how many connections there may be is the team's to say, within the server's limits; of those that are open the longest idle go.
func TestTeamsOwnNumberOfConnections(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, l transport.Limits) (place, func(agents ...int) []*socket) {
		c := clock.NewManual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
		l.Ping, l.Sweep = 24*time.Hour, time.Hour
		p := setup(t, func(tc *transport.Config, lc *live.Config) { tc.Clock, tc.Limits, lc.Tick = c, l, time.Hour })
		return p, func(agents ...int) (all []*socket) {
			for _, a := range agents {
				c.Advance(time.Millisecond)
				all = append(all, p.connect(t, "agent-"+strconv.Itoa(a)))
			}
			return all
		}
	}
	stays := func(t *testing.T, all ...*socket) {
		t.Helper()
		for _, s := range all {
			s.send(ping)
			s.want("pong")
		}
	}
	t.Run("of an agent's connections", func(t *testing.T) {
		t.Parallel()
		p, connect := open(t, transport.Limits{PerAgent: 4})
		s := connect(7, 7, 8, 7)
		p.Limit(transport.Own{PerAgent: 1})
		s[0].wantClose(1008, "evicted-longest-idle")
		s[1].wantClose(1008, "evicted-longest-idle")
		stays(t, s[2], s[3])
		more := connect(8)
		s[2].wantClose(1008, "evicted-longest-idle")
		stays(t, s[3], more[0])
	})
	t.Run("of a team's, after those of its agents", func(t *testing.T) {
		t.Parallel()
		p, connect := open(t, transport.Limits{PerTeam: 10})
		s := connect(1, 2, 3, 3, 2)
		p.Limit(transport.Own{PerAgent: 1, PerTeam: 2})
		for _, i := range []int{0, 1, 2} { // the second of agent 2 and that of agent 3 are the last, and agent 1 the longest idle of what is left
			s[i].wantClose(1008, "evicted-longest-idle")
		}
		stays(t, s[3], s[4])
	})
	t.Run("a limit above the server's is the server's", func(t *testing.T) {
		t.Parallel()
		p, connect := open(t, transport.Limits{PerAgent: 2})
		p.Limit(transport.Own{PerAgent: 5})
		s := connect(7, 7, 7)
		s[0].wantClose(1008, "evicted-longest-idle")
		stays(t, s[1], s[2])
	})
	t.Run("over server-sent events", func(t *testing.T) {
		t.Parallel()
		p, connect := open(t, transport.Limits{})
		s := p.stream(t, said, "agent-7")
		s.want("next", `"Hello"`)
		last := connect(7)
		p.Limit(transport.Own{PerAgent: 1})
		s.want("next", `"reason":"evicted-longest-idle","resubscribe":false`)
		s.want("complete", "")
		stays(t, last...)
	})
}

// RT-5, RT-8: the longest idle of all servers go.
func TestTeamsOwnLimitsOverServers(t *testing.T) {
	t.Parallel()
	url, prefix := testkit.Redis(t)
	now := clock.NewManual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	var servers [2]place
	for i := range servers {
		name := string(rune('a' + i))
		r, err := census.NewRedis(url, prefix, name, clock.Real{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		servers[i] = setup(t, func(c *transport.Config, lc *live.Config) {
			c.Clock, c.Census, c.Name, lc.Tick = now, r, name, time.Hour
			c.Limits.Ping, c.Limits.Sweep = 24*time.Hour, time.Hour
			c.Evict = func(_ context.Context, _ int64, ids []string) {
				for _, s := range servers {
					s.Evict(ids)
				}
			}
		})
	}
	a, b := servers[0], servers[1]
	var all []*socket
	for i, p := range []place{a, b, b, a, b} {
		now.Advance(time.Millisecond)
		all = append(all, p.connect(t, "agent-"+strconv.Itoa(7+i%2)))
	}
	a.Limit(transport.Own{PerTeam: 3})
	b.Limit(transport.Own{PerTeam: 3})
	for _, s := range all[:2] {
		if _, _, err := s.c.Read(s.ctx); websocket.CloseStatus(err) != 1008 {
			t.Errorf("it was closed with %v", err)
		}
	}
	for _, s := range all[2:] {
		s.send(ping)
		s.want("pong")
	}
}
