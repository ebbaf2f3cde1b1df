package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/e2e/torture/wire"
)

// long is a text as long as LINE allows.
var long = strings.Repeat("我想問上週訂的貨什麼時候會到", 357)

// Sockets is RT-5 and RT-6: whatever bad clients do, good ones are given everything in order; each bad one is cut off with the code that says why, and
// leaves nothing behind.
func Sockets(ctx context.Context, w *rig.World) error {
	// All clients here have one address, and many have not said yet who they are.
	w.Set("SESSIONS_PER_ADDRESS=20000", "ANONYMOUS_SESSIONS_PER_ADDRESS=20000")
	s, err := newStage(ctx, w, "sockets", 1)
	if err != nil {
		return err
	}
	defer s.close()
	each := 40
	if w.IsShort {
		each = 4
	}
	quiet, err := s.meet(ctx)
	if err != nil {
		return err
	}
	loud, err := s.meet(ctx)
	if err != nil {
		return err
	}
	if err := s.warm(ctx, quiet); err != nil {
		return err
	}
	before, err := metrics(ctx, s.Server)
	if err != nil {
		return err
	}
	if err := s.beside(ctx, each, quiet, loud); err != nil {
		return err
	}
	if err := s.baseline(ctx, before); err != nil {
		return err
	}
	return s.overCap(ctx)
}

// warm opens and closes what is opened later, so that what a server keeps once and for all is part of the baseline.
func (s *stage) warm(ctx context.Context, t *talk) error {
	for range 20 {
		c, err := wire.Open(ctx, s.Server.URL, s.Boss.Token, 0)
		if err != nil {
			return err
		}
		if err := c.Subscribe("1", watchTalk, map[string]any{"c": t.id}); err != nil {
			return err
		}
		if _, err := c.Next(ctx); err != nil {
			return err
		}
		c.Leave()
	}
	return s.w.Await(ctx, "the first connections are gone", func() bool { return count(ctx, s.Server, openSockets) == 0 })
}

// spare are the goroutines that a server may have more than before: of connections to LINE, and from us, that are kept for a while.
const spare = 24

// baseline waits for the server to be as it was before.
func (s *stage) baseline(ctx context.Context, before map[string]float64) error {
	var now map[string]float64
	s.Boss.HTTP.CloseIdleConnections() // they are ours, and each costs the server a goroutine
	err := s.w.Await(ctx, "the server is as before", func() bool {
		got, err := metrics(ctx, s.Server)
		now = got
		return err == nil && now[openSockets] == 0 && now[goroutines] <= before[goroutines]+spare && now[heap] <= before[heap]+48<<20
	})
	if err != nil && now != nil {
		s.w.Violate("after the bad clients: %.0f connections, %.0f goroutines (before %.0f), %.0f MiB (before %.0f)", now[openSockets], now[goroutines],
			before[goroutines], now[heap]/(1<<20), before[heap]/(1<<20))
		return nil
	}
	return err
}

// bad is a client that misbehaves: it does its worst and says how it ended.
type bad struct {
	name string
	// codes are those that it may be cut off with; 0 is an end without a word, as a client that does not read cannot be told.
	codes []int
	does  func(ctx context.Context, s *stage, t *talk) error
}

func opened(ctx context.Context, s *stage, then func(c *wire.Socket) error) error {
	c, err := wire.Open(ctx, s.Server.URL, s.Boss.Token, 4<<10)
	if err != nil {
		return err
	}
	defer c.Cut()
	if err := then(c); err != nil {
		return err
	}
	return ended(ctx, c)
}

// ended reads until the connection ends.
func ended(ctx context.Context, c *wire.Socket) error {
	for {
		if _, err := c.Next(ctx); err != nil {
			return err
		}
	}
}

func says(text string) func(ctx context.Context, s *stage, t *talk) error {
	return func(ctx context.Context, s *stage, _ *talk) error {
		return opened(ctx, s, func(c *wire.Socket) error { return c.Write(wire.Text, []byte(text)) })
	}
}

func sends(b ...byte) func(ctx context.Context, s *stage, t *talk) error {
	return func(ctx context.Context, s *stage, _ *talk) error {
		return opened(ctx, s, func(c *wire.Socket) error { return c.Raw(b) })
	}
}

// bads are the bad clients whose end does not hang on how much is written to them.
func bads() []bad {
	const sub = `{"type":"subscribe","id":"1","payload":{"query":"subscription { unreadCounts { __typename } }"}}`
	return []bad{
		{"never begins", []int{4408}, func(ctx context.Context, s *stage, _ *talk) error {
			c, err := wire.Dial(ctx, s.Server.URL, 0)
			if err != nil {
				return err
			}
			defer c.Cut()
			return ended(ctx, c)
		}},
		{"subscribes before it begins", []int{4401}, func(ctx context.Context, s *stage, _ *talk) error {
			c, err := wire.Dial(ctx, s.Server.URL, 0)
			if err != nil {
				return err
			}
			defer c.Cut()
			if err := c.Write(wire.Text, []byte(sub)); err != nil {
				return err
			}
			return ended(ctx, c)
		}},
		{"begins with no token of ours", []int{4403}, func(ctx context.Context, s *stage, _ *talk) error {
			c, err := wire.Dial(ctx, s.Server.URL, 0)
			if err != nil {
				return err
			}
			defer c.Cut()
			if err := c.Init("swa_" + strings.Repeat("a", 43)); err != nil {
				return err
			}
			return ended(ctx, c)
		}},
		{"begins twice", []int{4429}, says(`{"type":"connection_init"}`)},
		{"says what is no message", []int{4400}, says(`{"type":"hello"}`)},
		{"says what is no JSON", []int{4400}, says(`{{{{`)},
		{"uses an id twice", []int{4409}, func(ctx context.Context, s *stage, _ *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error {
				if err := c.Write(wire.Text, []byte(sub)); err != nil {
					return err
				}
				return c.Write(wire.Text, []byte(sub))
			})
		}},
		{"floods with subscriptions", []int{4429}, func(ctx context.Context, s *stage, t *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error {
				for i := range 60 {
					if c.Subscribe(fmt.Sprint(i), watchTalk, map[string]any{"c": t.id}) != nil {
						return nil // it is closed already
					}
				}
				return nil
			})
		}},
		{"sends bytes", []int{4400}, func(ctx context.Context, s *stage, _ *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error { return c.Write(wire.Binary, []byte{1, 2, 3}) })
		}},
		{"sends no UTF-8", []int{1007}, func(ctx context.Context, s *stage, _ *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error { return c.Write(wire.Text, []byte{0xff, 0xfe}) })
		}},
		{"does not mask", []int{1002}, sends(0x81, 2, '{', '}')},
		{"sends garbage", []int{1002}, sends([]byte("GET / HTTP/1.1\r\n\r\n")...)},
		{"announces a giant", []int{1009}, sends(0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4)},
		{"sends a giant", []int{1009, 0}, func(ctx context.Context, s *stage, _ *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error {
				_ = c.Write(wire.Text, make([]byte, 8<<20)) // the server may close in the middle
				return nil
			})
		}},
		{"floods with pings and does not read", []int{4502, 0}, func(ctx context.Context, s *stage, _ *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error {
				ping := wire.Encode(wire.Text, []byte(`{"type":"ping","payload":{"a":"`+strings.Repeat("b", 4000)+`"}}`))
				for range 3000 {
					if c.Raw(ping) != nil {
						return nil // it is cut off
					}
				}
				return nil
			})
		}},
	}
}

// beside lets bad clients do their worst while good ones follow two conversations and the inbox.
func (s *stage) beside(ctx context.Context, each int, quiet, loud *talk) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	still, err := s.meet(ctx) // nobody writes in it: its streams live on ticks
	if err != nil {
		return err
	}
	of := map[string]bool{quiet.id: true, loud.id: true, still.id: true}
	var good []*viewer
	for _, isSSE := range []bool{false, true} {
		for _, t := range []*talk{quiet, loud, still, nil} {
			good = append(good, newViewer(fmt.Sprintf("good client %d", len(good)), s.Boss, isSSE, t, of, s.Server))
		}
	}
	following, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for _, v := range good {
		running.Go(func() { v.run(following) })
	}
	for _, v := range good {
		if err := s.w.Await(ctx, v.name+" follows", func() bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return len(v.view.Stretches) > 0
		}); err != nil {
			return err
		}
	}
	var worst sync.WaitGroup
	run := func(b bad) {
		for range each {
			worst.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
				defer cancel()
				err := b.does(ctx, s, loud)
				code := wire.CodeOf(err)
				for _, c := range b.codes {
					if code == c {
						return
					}
				}
				s.w.Violate("a client that %s ended with %v; due is %v", b.name, err, b.codes)
			})
			s.w.Count("bad clients", 1)
		}
	}
	before := max(0, count(ctx, s.Server, closed("websocket", "slow")))
	for _, b := range bads() {
		run(b)
	}
	// Slow ones ask for the loud conversation twenty times over and never read; their end cannot be told, and is counted by the server.
	var stuck []interface{ Cut() }
	defer func() {
		for _, c := range stuck {
			c.Cut()
		}
	}()
	for range each {
		c, err := wire.Open(ctx, s.Server.URL, s.Boss.Token, 4<<10)
		if err != nil {
			return err
		}
		for i := range 20 {
			if err := c.Subscribe(fmt.Sprint(i), watchTalk, map[string]any{"c": loud.id}); err != nil {
				return err
			}
		}
		stuck = append(stuck, c)
		e, err := wire.DialStream(ctx, s.Server.URL, s.Boss.Token, watchBig, map[string]any{"c": loud.id}, 4<<10)
		if err != nil {
			return err
		}
		stuck = append(stuck, e)
		s.w.Count("bad clients", 2)
	}
	if !s.w.IsShort {
		run(bad{"answers no ping", []int{1001, 0}, func(ctx context.Context, s *stage, t *talk) error {
			return opened(ctx, s, func(c *wire.Socket) error { c.IsMute = true; return nil })
		}})
	}
	began := time.Now()
	var fed sync.WaitGroup
	feeding, enough := context.WithCancel(ctx)
	defer fed.Wait()
	defer enough()
	fed.Go(func() {
		for n := 0; feeding.Err() == nil; n++ {
			_ = s.Insist(feeding, func() *rig.Server { return s.Server }, loud.who.Text(fmt.Sprint(n, " ", long)))
			_ = s.Insist(feeding, func() *rig.Server { return s.Server }, quiet.who.Text(fmt.Sprint("and ", n)))
			rest(feeding, 40*time.Millisecond)
		}
	})
	// Those that flood with pings and do not read are slow too.
	cut := func() float64 { return count(ctx, s.Server, closed("websocket", "slow")) - before }
	if err := s.w.Await(ctx, "the slow are cut off", func() bool { return cut() >= float64(2*each) }); err != nil {
		s.w.Violate("of %d sockets that do not read %.0f were cut off in %v", 2*each, cut(), time.Since(began).Round(time.Second))
	}
	s.w.Count("s until the slow were cut off", int(time.Since(began).Seconds()))
	worst.Wait()
	enough()
	fed.Wait()
	for _, c := range stuck {
		c.Cut()
	}
	return s.unharmed(ctx, good, stop, &running)
}

// watchBig is a subscription whose every event is big: a message's text is asked for four times, under other names.
const watchBig = `subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
	... on MessageAdded { message { id seq content { ... on TextContent { a: text b: text c: text d: text } } } } } }`

// unharmed judges the good clients once nothing happens any more.
func (s *stage) unharmed(ctx context.Context, good []*viewer, stop context.CancelFunc, running *sync.WaitGroup) error {
	v := &views{stage: s}
	if err := v.keep(ctx); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, c := range good {
		if err := v.equal(waiting, c); err != nil {
			s.w.Violate("%v", err)
		}
	}
	stop()
	running.Wait()
	for _, c := range good {
		c.view.Complete(v.all, func(e stream.Entry) bool { return isFor(c, e) }, nil)
		for _, p := range c.view.Problems {
			s.w.Violate("%.300s", p)
		}
		for _, one := range c.view.Stretches {
			s.w.Count("events judged", len(one.Got))
		}
		if c.connected > 1 {
			s.w.Violate("%s was cut off: %v", c.name, c.log)
		}
	}
	return nil
}

// overCap opens a thousand sockets where eight hundred may be: exactly those go whose person did nothing for the longest time.
func (s *stage) overCap(ctx context.Context) error {
	const limit, all = 800, 1000
	// An agent of its own: what it does over HTTP would count for all of its sockets.
	ann, err := s.hire(ctx, "Ann", "SUPERVISOR")
	if err != nil {
		return err
	}
	s.Server.Kill()
	if err := s.Server.Start(ctx, fmt.Sprint("SESSIONS_PER_TEAM=", limit)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	sockets := make([]*wire.Socket, all)
	defer func() {
		for _, c := range sockets {
			if c != nil {
				c.Cut()
			}
		}
	}()
	open := func(i int) (err error) {
		sockets[i], err = wire.Open(ctx, s.Server.URL, ann.Token, 0)
		rest(ctx, 2*time.Millisecond) // idle times are told apart by the millisecond
		return err
	}
	for i := range limit {
		if err := open(i); err != nil {
			return fmt.Errorf("socket %d: %w", i, err)
		}
	}
	// Some do something, in any order; they are now the least idle of the first.
	isActive := map[int]bool{}
	for len(isActive) < 300 {
		i := s.w.Random.Int(limit)
		if isActive[i] {
			continue
		}
		isActive[i] = true
		if err := sockets[i].Send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": "{ __typename }"}}); err != nil {
			return err
		}
		for f := (wire.Frame{}); f.Type != "complete"; {
			if f, err = sockets[i].Next(ctx); err != nil {
				return fmt.Errorf("socket %d: %w", i, err)
			}
		}
	}
	if s.w.Database == rig.Postgres {
		// What is counted over all servers knows of what somebody did within five seconds.
		rest(ctx, 7*time.Second)
	}
	for i := limit; i < all; i++ {
		if err := open(i); err != nil {
			return fmt.Errorf("socket %d: %w", i, err)
		}
	}
	due := map[int]bool{}
	for i := 0; len(due) < all-limit; i++ {
		if !isActive[i] {
			due[i] = true
		}
	}
	gone := 0
	for i, c := range sockets {
		// One that goes on answers; one that was closed has the close frame before any answer.
		_ = c.Send(map[string]any{"type": "ping"})
		f, err := c.Next(ctx)
		isGone := wire.CodeOf(err) >= 0
		switch {
		case err != nil && !isGone, err == nil && f.Type != "pong":
			return fmt.Errorf("socket %d: %s, %w", i, f.Type, err)
		case isGone && due[i]:
			gone++
			if c, ok := err.(*wire.Closed); !ok || c.Code != 1008 || c.Reason != "evicted-longest-idle" {
				s.w.Violate("the longest idle socket ended with %v", err)
			}
		case isGone:
			s.w.Violate("socket %d of %d went (%v) and others were idle for longer", i, all, err)
		case due[i]:
			s.w.Violate("socket %d of %d was idle for longer than others that went, and goes on", i, all)
		}
		if len(s.w.Violations()) > 5 {
			return nil
		}
	}
	s.w.Count("sockets over the cap gone", gone)
	return nil
}

// said reads a frame's one field.
func said(f wire.Frame) (e stream.Event, err error) {
	var fields map[string]stream.Event
	if err := json.Unmarshal(f.Data, &fields); err != nil {
		return e, err
	}
	for _, e = range fields {
	}
	return e, nil
}
