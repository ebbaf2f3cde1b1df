package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// socket is a client of the protocol, message by message.
type socket struct {
	t   testing.TB
	c   *websocket.Conn
	ctx context.Context
}

func (p place) dial(t testing.TB) *socket {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	c, _, err := websocket.Dial(ctx, p.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = c.CloseNow() })
	return &socket{t, c, ctx}
}

func (p place) connect(t testing.TB, token string) *socket {
	t.Helper()
	s := p.dial(t)
	s.send(`{"type":"connection_init","payload":{"authorization":"Bearer ` + token + `"}}`)
	s.want(`{"type":"connection_ack"}`)
	return s
}

func (s *socket) send(m string) {
	s.t.Helper()
	if err := s.c.Write(s.ctx, websocket.MessageText, []byte(m)); err != nil {
		s.t.Fatalf("send %s: %v", m, err)
	}
}

func (s *socket) subscribe(id, query string) {
	s.t.Helper()
	q, _ := json.Marshal(query)
	s.send(`{"type":"subscribe","id":"` + id + `","payload":{"query":` + string(q) + `}}`)
}

func (s *socket) read() string {
	s.t.Helper()
	_, b, err := s.c.Read(s.ctx)
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	return string(b)
}

func (s *socket) want(contains ...string) {
	s.t.Helper()
	got := s.read()
	for _, c := range contains {
		if !strings.Contains(got, c) {
			s.t.Fatalf("got %s, want %s", got, c)
		}
	}
}

// closed reads until the socket is closed and gives the code and reason.
func (s *socket) closed() (int, string) {
	s.t.Helper()
	for {
		if _, _, err := s.c.Read(s.ctx); err != nil {
			var c websocket.CloseError
			if !errors.As(err, &c) {
				s.t.Fatalf("ended without a close frame: %v", err)
			}
			return int(c.Code), c.Reason
		}
	}
}

func (s *socket) wantClose(code int, reason string) {
	s.t.Helper()
	if c, r := s.closed(); c != code || r != reason {
		s.t.Fatalf("closed with %d %q, want %d %q", c, r, code, reason)
	}
}

const ping = `{"type":"ping","payload":{"n":1}}`

func TestProtocol(t *testing.T) {
	t.Parallel()
	p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.PerAgent = 100 })
	sub := `{"type":"subscribe","id":"a","payload":{"query":"subscription { typing { cursor } }"}}`
	init := `{"type":"connection_init","payload":{"Authorization":"bearer agent-7"}}`
	for name, c := range map[string]struct {
		send   []string
		code   int
		reason string
	}{
		"a second connection_init":            {[]string{init, init}, 4429, "Too many initialisation requests"},
		"subscribe before the ack":            {[]string{sub}, 4401, "Unauthorized"},
		"no JSON":                             {[]string{`{`}, 4400, "Invalid message received"},
		"text after the JSON":                 {[]string{init + `{}`}, 4400, "Invalid message received"},
		"an unknown type":                     {[]string{init, `{"type":"start"}`}, 4400, "Invalid message received"},
		"a payload of init that is no object": {[]string{`{"type":"connection_init","payload":1}`}, 4400, "Invalid message received"},
		"subscribe without an id":             {[]string{init, `{"type":"subscribe","payload":{"query":"{ hello }"}}`}, 4400, "Invalid message received"},
		"subscribe without a query":           {[]string{init, `{"type":"subscribe","id":"a","payload":{}}`}, 4400, "Invalid message received"},
		"variables that are no object":        {[]string{init, `{"type":"subscribe","id":"a","payload":{"query":"{ hello }","variables":[1]}}`}, 4400, "Invalid message received"},
		"complete without an id":              {[]string{init, `{"type":"complete"}`}, 4400, "Invalid message received"},
		"an id twice":                         {[]string{init, sub, sub}, 4409, "Subscriber for a already exists"},
		"a message that is too big":           {[]string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 64<<10) + `"}}`}, 1009, "the message is too big"},
		"a refused token":                     {[]string{`{"type":"connection_init","payload":{"authorization":"Bearer x"}}`}, 4403, "Forbidden"},
		"no token":                            {[]string{`{"type":"connection_init","payload":{}}`}, 4403, "Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p.dial(t)
			for _, m := range c.send {
				s.send(m)
			}
			s.wantClose(c.code, c.reason)
		})
	}
	t.Run("a binary message", func(t *testing.T) {
		t.Parallel()
		s := p.dial(t)
		_ = s.c.Write(s.ctx, websocket.MessageBinary, []byte(init))
		s.wantClose(4400, "Invalid message received")
	})
	t.Run("no connection_init in time", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.Init = 30 * time.Millisecond })
		p.dial(t).wantClose(4408, "Connection initialisation timeout")
	})
	t.Run("more than 20 operations", func(t *testing.T) {
		t.Parallel()
		s := p.connect(t, "agent-7")
		for i := range 21 {
			s.subscribe(fmt.Sprint(i), `subscription { typing { cursor } }`)
		}
		s.wantClose(4429, "Too many operations")
	})
	t.Run("ping is answered with its payload, before the ack too, and pong is ignored", func(t *testing.T) {
		t.Parallel()
		s := p.dial(t)
		s.send(ping)
		s.want(`{"type":"pong","payload":{"n":1}}`)
		s.send(`{"type":"pong"}`)
		s.send(`{"type":"ping"}`)
		s.want(`{"type":"pong"}`)
	})
	t.Run("the token of the upgrade counts where init has none", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		c, _, err := websocket.Dial(ctx, p.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"},
			HTTPHeader: http.Header{"Authorization": {"Bearer agent-9"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		s := &socket{t, c, ctx}
		s.send(`{"type":"connection_init"}`)
		s.want("connection_ack")
		s.subscribe("a", "{ agent }")
		s.want(`{"agent":9}`)
	})
	t.Run("queries and mutations give next and complete, errors give error alone", func(t *testing.T) {
		t.Parallel()
		s := p.connect(t, "agent-7")
		s.subscribe("q", `{ hello agent }`)
		s.want(`{"type":"next","id":"q","payload":{"data":{"hello":"hello","agent":7}}}`)
		s.want(`{"type":"complete","id":"q"}`)
		s.subscribe("q", `mutation { say(text: "a") }`) // the id is free again
		s.want(`"id":"q"`, `"say":`)
		s.want(`complete`)
		s.subscribe("e", `{ nothing }`)
		s.want(`{"type":"error","id":"e","payload":[{"message"`)
		s.subscribe("e", `subscription { said(after: "x") { cursor } }`)
		s.want(`{"type":"error","id":"e","payload":[{"message"`, "INVALID")
		s.subscribe("p", `{ panics }`)
		s.want(`"errors":[{"message":"something went wrong`, `"data":{"panics":null}`)
		s.want(`complete`)
		s.send(ping)
		s.want("pong") // and not a complete for e
	})
	t.Run("complete stops a stream and a query", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		s := p.connect(t, "agent-7")
		s.subscribe("a", said)
		s.want(`"id":"a"`, `"Hello"`)
		s.subscribe("w", `{ waits }`)
		<-p.Waiting
		s.send(`{"type":"complete","id":"w"}`)
		s.send(`{"type":"complete","id":"a"}`)
		s.send(`{"type":"complete","id":"unknown"}`)
		s.subscribe("a", said)
		s.want(`"id":"a"`, `"Hello"`)
		p.Say(1)
		s.want(`"id":"a"`, `"seq":1`)
		s.send(ping)
		s.want("pong")
	})
	t.Run("a stream that ends is completed", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		s := p.connect(t, "agent-7")
		s.subscribe("a", said)
		s.want(`"Hello"`)
		p.Say(99)
		s.want(`"StreamEnded"`, `"reason":"closed"`)
		s.want(`{"type":"complete","id":"a"}`)
		s.subscribe("a", said)
		s.want(`"Hello"`)
		p.Say(98) // shown, and the last
		s.want(`"Said"`)
		s.want(`"StreamEnded"`, `"reason":"done"`)
		s.want(`{"type":"complete","id":"a"}`)
	})
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	p := setup(t, func(c *transport.Config, _ *live.Config) {
		c.AllowOrigin = func(origin string, _ *http.Request) bool { return origin == "https://desk.example" }
	})
	good := map[string]string{"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "graphql-ws, graphql-transport-ws", "Origin": "https://desk.example"}
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"as it should be":        {"", "", 101},
		"a foreign origin":       {"Origin", "https://evil.example", 403},
		"the legacy subprotocol": {"Sec-WebSocket-Protocol", "graphql-ws", 400},
		"no subprotocol":         {"Sec-WebSocket-Protocol", "", 400},
		"another version":        {"Sec-WebSocket-Version", "8", 426},
		"a short key":            {"Sec-WebSocket-Key", "c2hvcnQ=", 400},
		"another upgrade":        {"Upgrade", "h2c", 426},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url, nil)
			for k, v := range good {
				r.Header.Set(k, v)
			}
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != c.status || c.status == 101 && resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("%d %v", resp.StatusCode, resp.Header)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	t.Run("over the limit the longest idle of the agent goes, whatever it reads", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.PerAgent = 2 })
		a, b := p.connect(t, "agent-7"), p.connect(t, "agent-7")
		other := p.connect(t, "agent-8")
		a.subscribe("q", `{ hello }`) // the person does something: b is the longest idle now
		a.want("hello")
		a.want("complete")
		b.send(ping) // what the client does by itself is no action of the person
		b.want("pong")
		p.connect(t, "agent-7")
		b.wantClose(1008, "evicted-longest-idle")
		for _, s := range []*socket{a, other} {
			s.send(ping)
			s.want("pong")
		}
	})
	t.Run("over the limit of the team the longest idle of the team goes", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.PerTeam = 2 })
		a := p.connect(t, "agent-7")
		p.connect(t, "agent-8")
		p.connect(t, "agent-9")
		a.wantClose(1008, "evicted-longest-idle")
	})
	t.Run("a full node takes no more", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.PerNode = 1 })
		p.connect(t, "agent-7")
		_, resp, err := websocket.Dial(t.Context(), p.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%v", err)
		}
		if s := p.stream(t, said, "agent-7"); s.resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d", s.resp.StatusCode)
		}
	})
	t.Run("idle is closed, and what the person does over HTTP counts", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Limits.Idle, c.Limits.Sweep = 400*time.Millisecond, 10*time.Millisecond
		})
		busy, idle := p.connect(t, "agent-7/laptop"), p.connect(t, "agent-7/phone")
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			idle.wantClose(4503, "idle")
		}()
		for isIdle := false; !isIdle; {
			if got := send(t, "POST", p.url, `{"query":"{ agent }"}`, map[string]string{"Authorization": "Bearer agent-7/laptop"}); got.status != 200 {
				t.Fatal(got.body)
			}
			idle := time.NewTimer(20 * time.Millisecond)
			select {
			case <-gone:
				isIdle = true
			case <-idle.C:
			}
		}
		busy.send(ping)
		busy.want("pong")
	})
	t.Run("drain lets the only client go at once", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.DrainSpread = time.Hour })
		s := p.connect(t, "agent-1")
		go p.Drain(t.Context())
		s.wantClose(4501, "drain")
	})
	t.Run("drain says come back, and takes nobody any more", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.DrainSpread = 20 * time.Millisecond })
		var all []*socket
		for i := range 5 {
			s := p.connect(t, fmt.Sprint("agent-", i))
			s.subscribe("a", said)
			s.want("Hello")
			all = append(all, s)
		}
		done := make(chan struct{})
		go func() { p.Drain(t.Context()); close(done) }()
		for _, s := range all {
			s.wantClose(4501, "drain")
		}
		<-done
		if p.Sessions(0) != 0 || p.Sessions(1) != 0 {
			t.Errorf("%d left", p.Sessions(0))
		}
		if _, resp, err := websocket.Dial(t.Context(), p.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}); err == nil || resp.StatusCode != 503 {
			t.Errorf("%v", err)
		}
	})
	t.Run("an expired token is told, so that it is refreshed", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.Sweep = 10 * time.Millisecond })
		p.connect(t, "agent-7/a/200ms").wantClose(4403, "token-expired")
	})
	t.Run("a client that answers no ping is cut off, one that answers stays", func(t *testing.T) {
		t.Parallel()
		closed := make(chan string, 2)
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Limits.Ping, c.Limits.Pong, c.Limits.Sweep = 30*time.Millisecond, 200*time.Millisecond, 10*time.Millisecond
			c.Hooks.Closed = func(_, reason string) { closed <- reason }
		})
		alive := p.connect(t, "agent-7")
		go func() { _, _, _ = alive.c.Read(alive.ctx) }() // reading answers pings
		raw := p.raw(t)
		raw.text(`{"type":"connection_init","payload":{"authorization":"Bearer agent-8"}}`)
		if got := <-closed; got != "no pong" {
			t.Errorf("closed for %q", got)
		}
		if p.Sessions(1) != 1 {
			t.Errorf("%d left", p.Sessions(1))
		}
	})
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	revoke := func(p place, agent int64, st transport.Standing, rooms ...int64) {
		p.Set(agent, st, rooms...)
		p.Log.Append(event.Event{Kind: event.AuthChanged, AgentID: agent})
		p.Hint(context.Background())
	}
	t.Run("the socket is closed, with a subscription or without, and the others are not", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		a, b, other := p.connect(t, "agent-7"), p.connect(t, "agent-7"), p.connect(t, "agent-8")
		a.subscribe("a", said)
		a.want("Hello")
		revoke(p, 7, transport.Revoked)
		p.Say(1) // nobody who was revoked is shown it
		if _, got, err := a.c.Read(a.ctx); websocket.CloseStatus(err) != 4401 {
			t.Errorf("got %s %v", got, err)
		}
		b.wantClose(4401, "revoked")
		other.send(ping)
		other.want("pong")
	})
	t.Run("within a second though the client does not read", func(t *testing.T) {
		t.Parallel()
		closed := make(chan string, 1)
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Hooks.Closed = func(_, reason string) { closed <- reason }
		})
		raw := p.raw(t)
		raw.text(`{"type":"connection_init","payload":{"authorization":"Bearer agent-7"}}`)
		raw.stick(p)
		revoke(p, 7, transport.Revoked)
		if got := <-closed; got != "revoked" { // a connection that waits for its client to read is closed as slow
			t.Errorf("closed for %q", got)
		}
	})
	t.Run("changed rights judge what comes next", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		a := p.connect(t, "agent-7")
		a.subscribe("a", said)
		a.want("Hello")
		p.Say(1)
		a.want(`"seq":1`)
		p.Set(7, transport.Changed, 2)
		p.Log.Append(event.Event{Kind: event.AuthChanged, AgentID: 7})
		p.Say(1)
		p.Say(2)
		p.Hint(t.Context())
		a.want(`"seq":4`)
		a.subscribe("q", `{ agent }`)
		a.want(`"agent":7`)
	})
	t.Run("where it could not be asked about, it is asked about again though nothing more happens", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		p := setup(t, func(c *transport.Config, lc *live.Config) {
			c.Clock, lc.Clock, c.Limits.Ping, lc.Tick = now, now, time.Hour, time.Hour
		})
		a := p.connect(t, "agent-7")
		a.subscribe("a", said)
		a.want("Hello")
		before := p.Checks()
		p.FailChecks(true)
		now.Advance(time.Minute) // the last check is too old to deliver by
		p.Say(1)
		p.Hint(t.Context())
		for p.Checks() == before && a.ctx.Err() == nil {
			runtime.Gosched()
		}
		p.FailChecks(false)
		now.Advance(2 * time.Second)
		a.want(`"seq":1`)
	})
	t.Run("what is begun where it cannot be asked about is answered", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		p := setup(t, func(c *transport.Config, lc *live.Config) {
			c.Clock, lc.Clock, c.Limits.Ping, lc.Tick = now, now, time.Hour, time.Hour
		})
		a := p.connect(t, "agent-7")
		a.subscribe("a", said)
		a.want("Hello")
		p.FailChecks(true)
		now.Advance(time.Minute)
		for _, operation := range []string{said, `{ agent }`} {
			a.subscribe("b", operation)
			a.want(`"type":"error","id":"b"`)
		}
		p.FailChecks(false)
		a.subscribe("b", `{ agent }`)
		a.want(`"agent":7`)
	})
	t.Run("while it takes long to ask about many, others are shown what happens", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		var isSlow atomic.Bool
		var hanging atomic.Int64
		release := make(chan struct{})
		p := setup(t, func(c *transport.Config, lc *live.Config) {
			c.Clock, lc.Clock, c.Limits.Ping, c.Limits.Request, lc.Tick = now, now, time.Hour, time.Hour, time.Hour
			authenticate := c.Authenticate
			c.Authenticate = func(ctx context.Context, token string, r *http.Request) (context.Context, transport.Identity, error) {
				ctx, who, err := authenticate(ctx, token, r)
				if recheck := who.Recheck; who.AgentID >= 100 {
					who.Recheck = func(ctx context.Context) (transport.Check, error) {
						if isSlow.Load() {
							hanging.Add(1)
							select {
							case <-release:
							case <-ctx.Done():
							}
						}
						return recheck(ctx)
					}
				}
				return ctx, who, err
			}
		})
		defer close(release)
		many := max(16, 4*runtime.GOMAXPROCS(0)) + 1 // more than ever write at once
		for i := range many {
			a := p.connect(t, fmt.Sprint("agent-", 100+i))
			a.subscribe("a", said)
			a.want("Hello")
		}
		good := p.connect(t, "agent-7")
		good.subscribe("a", said)
		good.want("Hello")
		isSlow.Store(true)
		now.Advance(time.Minute) // the last checks are too old to deliver by
		p.Say(1)
		p.Hint(t.Context())
		good.want(`"seq":1`)
		for hanging.Load() < int64(many)-1 && good.ctx.Err() == nil {
			runtime.Gosched()
		}
		p.Say(1)
		p.Hint(t.Context())
		good.want(`"seq":2`)
	})
	t.Run("an identity is asked about at most once in its time", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.Recheck = time.Hour })
		a := p.connect(t, "agent-7")
		a.subscribe("a", said)
		a.want("Hello")
		for i := range 50 {
			p.Say(1)
			p.Hint(t.Context())
			a.want(fmt.Sprintf(`"seq":%d`, i+1))
		}
		if n := p.Checks(); n > 1 {
			t.Errorf("asked %d times", n)
		}
	})
	t.Run("an identity is not asked about every second while the log tells of no change, but now and then, and where the log cannot be read", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		p := setup(t, func(c *transport.Config, lc *live.Config) {
			c.Clock, lc.Clock, c.Limits.Ping = now, now, time.Hour
		})
		a := p.connect(t, "agent-7")
		a.subscribe("a", said)
		a.want("Hello")
		seq := 0
		deliver := func(d time.Duration) {
			for range d / (500 * time.Millisecond) {
				now.Advance(500 * time.Millisecond)
				p.Say(1)
				p.Hint(t.Context())
				seq++
				a.want(fmt.Sprintf(`"seq":%d`, seq))
			}
		}
		before := p.Checks()
		deliver(10 * time.Second)
		if n := p.Checks() - before; n > 1 {
			t.Errorf("asked %d times in ten seconds", n)
		}
		deliver(30 * time.Second)
		before = p.Checks() - before
		if before < 1 || before > 4 {
			t.Errorf("asked %d times in forty seconds", before)
		}
		before = p.Checks()
		p.Log.Fail(errors.New("the database is away"))
		now.Advance(12 * time.Second)
		a.want("Tick")
		if p.Checks() == before {
			t.Error("shown something by a log that cannot be read")
		}
	})
}

func TestSlowClient(t *testing.T) {
	t.Parallel()
	t.Run("one that does not read is cut off, and nobody else waits for it", func(t *testing.T) {
		t.Parallel()
		closed := make(chan string, 1)
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Limits.Write = time.Second
			c.Hooks.Closed = func(_, reason string) { closed <- reason }
		})
		good := p.connect(t, "agent-8")
		good.subscribe("a", said)
		good.want("Hello")
		raw := p.raw(t)
		raw.text(`{"type":"connection_init","payload":{"authorization":"Bearer agent-7"}}`)
		raw.stick(p)
		for i := range 3200 {
			if i >= 3000 {
				p.Say(1)
				p.Hint(t.Context())
			}
			good.want(fmt.Sprintf(`"seq":%d`, i+1))
		}
		if got := <-closed; got != "slow" {
			t.Errorf("closed for %q", got)
		}
	})
	t.Run("too many answers that wait close it as slow", func(t *testing.T) {
		t.Parallel()
		closed := make(chan string, 1)
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Limits.QueueBytes, c.Limits.QueueCount = 4<<10, 8
			c.Hooks.Closed = func(_, reason string) { closed <- reason }
		})
		raw := p.raw(t)
		raw.text(`{"type":"connection_init","payload":{"authorization":"Bearer agent-7"}}`)
		big := `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 60<<10) + `"}}`
		for {
			if raw.try(big) != nil {
				break
			}
			select {
			case got := <-closed:
				closed <- got
			default:
				continue
			}
			break
		}
		if got := <-closed; got != "slow" {
			t.Errorf("closed for %q", got)
		}
	})
}
