package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/e2e/torture/wire"
)

// seen is what a client of one connection was given, to its end.
type seen struct {
	events []stream.Event
	code   int // of the close frame; 0 where there was none
	isOver bool
}

// readOut reads what is left of a connection until it ends, or until nothing more comes for a while.
func readOut(ctx context.Context, f feed, idle time.Duration) (all seen, err error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, idle)
		m, err := f.Next(waiting)
		cancel()
		switch {
		case errors.Is(err, wire.ErrNothing):
			return all, ctx.Err()
		case wire.CodeOf(err) >= 0:
			all.code, all.isOver = wire.CodeOf(err), true
			return all, nil
		case err != nil:
			return all, err
		case m.Type == "next":
			e, err := said(m)
			if err != nil {
				return all, err
			}
			all.events = append(all.events, e)
		}
	}
}

// revocation is a way to lose a right.
type revocation struct {
	name string
	do   func(ctx context.Context, s *stage, a *agent) error
	// isEnd says that connections end, and do not only show less.
	isEnd bool
}

func revocations() []revocation {
	mutate := func(ctx context.Context, c *rig.Client, query string, input map[string]any) error {
		got, err := c.Do(ctx, query, map[string]any{"i": input})
		for _, payload := range got {
			if errs, _ := rig.At(payload, "userErrors").([]any); len(errs) > 0 {
				err = errors.Join(err, fmt.Errorf("%v", errs))
			}
		}
		return err
	}
	return []revocation{
		{"signing out", func(ctx context.Context, _ *stage, a *agent) error {
			return mutate(ctx, a.Client, `mutation($i: SignOutInput!) { signOut(input: $i) { userErrors { message } } }`, map[string]any{})
		}, true},
		{"deactivation", func(ctx context.Context, s *stage, a *agent) error {
			return mutate(ctx, s.Boss, `mutation($i: AgentDeactivateInput!) { agentDeactivate(input: $i) { userErrors { message } } }`, map[string]any{"agentId": a.id})
		}, true},
		{"a change of role", func(ctx context.Context, s *stage, a *agent) error {
			return mutate(ctx, s.Boss, `mutation($i: AgentUpdateInput!) { agentUpdate(input: $i) { userErrors { message } } }`, map[string]any{"agentId": a.id, "role": "AGENT"})
		}, false},
	}
}

// Revoke is RT-2 and RT-7: signing out, deactivation and a change of role reach every connection within a second, also one that does not read. By the
// log: nothing that comes after the change is given to whoever lost the right.
func Revoke(ctx context.Context, w *rig.World) error {
	s, err := newStage(ctx, w, "revoke", 2)
	if err != nil {
		return err
	}
	defer s.close()
	rounds := 8
	if w.IsShort {
		rounds = 1
	}
	for round := range rounds {
		for i, r := range revocations() {
			if err := s.revoke(ctx, r, fmt.Sprintf("Max%d%c", round, 'a'+i)); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
	}
	return nil
}

func (s *stage) revoke(ctx context.Context, r revocation, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	a, err := s.hire(ctx, name, "SUPERVISOR", "SEND_MESSAGES")
	if err != nil {
		return err
	}
	t, err := s.meet(ctx)
	if err != nil {
		return err
	}
	type one struct {
		feed
		name      string
		isReading bool
		isSSE     bool
		seen      seen
		err       error
	}
	var all []*one
	defer func() {
		for _, c := range all {
			c.Cut()
		}
	}()
	for i := range 2 * 4 {
		at := s.servers[i%len(s.servers)]
		c := &one{isReading: i/2%2 == 0, isSSE: i >= 4, name: fmt.Sprintf("connection %d", i)}
		vars := map[string]any{"c": t.id}
		if c.isSSE {
			c.feed, err = wire.DialStream(ctx, at.URL, a.Token, watchBigOrEnd, vars, 4<<10)
		} else {
			var k *wire.Socket
			if k, err = wire.Open(ctx, at.URL, a.Token, 4<<10); err == nil {
				c.feed = k
				for n := range 20 {
					err = errors.Join(err, k.Subscribe(fmt.Sprint(n), watchBigOrEnd, vars))
				}
			}
		}
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	var reading sync.WaitGroup
	defer reading.Wait()
	for _, c := range all {
		if c.isReading {
			reading.Go(func() { c.seen, c.err = readOut(ctx, c, 30*time.Second) })
		}
	}
	// So much is written that those that do not read are stuck in the middle of a write.
	big := func(n int) error {
		for i := range n {
			if err := s.Insist(ctx, func() *rig.Server { return s.Server }, t.who.Text(fmt.Sprint(i, " ", long))); err != nil {
				return err
			}
		}
		return nil
	}
	if err := big(24); err != nil {
		return err
	}
	before, err := s.revokedConnections(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := r.do(ctx, s, a); err != nil {
		return err
	}
	at, err := s.authChanged(ctx)
	if err != nil {
		return err
	}
	if r.isEnd {
		err := s.w.Await(ctx, "all connections are closed", func() bool {
			now, err := s.revokedConnections(ctx)
			return err == nil && now-before >= float64(len(all))
		})
		if now, nerr := s.revokedConnections(ctx); err != nil && nerr == nil {
			s.w.Violate("%s: %.0f of %d connections were closed in %v", r.name, now-before, len(all), time.Since(began).Round(time.Second))
		}
		s.w.Count("ms until all were closed by "+r.name, int(time.Since(began).Milliseconds()))
	}
	if err := big(4); err != nil {
		return err
	}
	idle := 2 * time.Second
	for _, c := range all {
		if !c.isReading {
			reading.Go(func() { c.seen, c.err = readOut(ctx, c, idle) })
		}
	}
	if !r.isEnd {
		// A socket stays open; its streams have ended once each has said so.
		if err := s.w.Await(ctx, "the streams are read out", func() bool { return true }); err != nil {
			return err
		}
		rest(ctx, idle)
		for _, c := range all {
			if c.isReading {
				c.Cut()
			}
		}
	}
	reading.Wait()
	for _, c := range all {
		if c.err != nil {
			return fmt.Errorf("%s: %w", c.name, c.err)
		}
		var reasons []string
		for _, e := range c.seen.events {
			p, err := stream.PositionOf(e.Cursor)
			if err != nil {
				return err
			}
			if e.Message != nil && p.Seq > at {
				s.w.Violate("%s: %s was given the event %d, after the change at %d", r.name, c.name, p.Seq, at)
			}
			if e.Kind == "StreamEnded" {
				reasons = append(reasons, e.Reason)
			}
		}
		s.w.Count("connections", 1)
		switch {
		case !c.isReading: // what it can be told hangs on what it read
		case r.isEnd && !c.isSSE && c.seen.code != 4401:
			s.w.Violate("%s: %s ended with %d", r.name, c.name, c.seen.code)
		case r.isEnd && c.isSSE && !slices.Equal(reasons, []string{"REVOKED"}):
			s.w.Violate("%s: %s ended with %q", r.name, c.name, reasons)
		case !r.isEnd && (len(reasons) == 0 || slices.ContainsFunc(reasons, func(r string) bool { return r != "ACCESS_LOST" })):
			s.w.Violate("%s: %s was told %q", r.name, c.name, reasons)
		}
	}
	return nil
}

const watchBigOrEnd = `subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
	... on StreamEnded { reason resubscribe } ... on MessageAdded { message { id seq content { ... on TextContent { text } } } } } }`

// revokedConnections is how many connections all servers have closed since a right was taken.
func (s *stage) revokedConnections(ctx context.Context) (n float64, err error) {
	for _, server := range s.servers {
		all, err := metrics(ctx, server)
		if err != nil {
			return 0, err
		}
		for name, v := range all {
			if strings.HasPrefix(name, "switchyard_live_closed_total{") && strings.Contains(name, `reason="revoked"`) {
				n += v
			}
		}
	}
	return n, nil
}

// authChanged is the number of the newest change of rights.
func (s *stage) authChanged(ctx context.Context) (seq int64, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT MAX(seq) FROM events WHERE team_id = "+s.mark(1)+" AND kind = 'auth.changed'", s.id).Scan(&seq)
	return seq, err
}
