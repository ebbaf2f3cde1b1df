package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/live/toy"
	"github.com/switchyard-chat/switchyard/internal/live/toy/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const everything = `subscription($room: Int, $after: String) { said(room: $room, after: $after) { __typename cursor
	... on Hello { recovered } ... on ResyncRequired { reason } ... on StreamEnded { reason resubscribe } ... on Said { seq text } } }`

// world is a toy with a hub on it.
type world struct {
	*toy.World
	hub *live.Hub
}

func setup(t testing.TB, change func(*live.Config)) world {
	t.Helper()
	w := toy.New()
	cfg := live.Config{Log: w.Log, Bus: w.Bus, Clock: clock.Real{}, Executor: w.Exec, Poll: 2 * time.Millisecond,
		IsViewerDependent: live.ViewerFields(gen.NewExecutableSchema(gen.Config{}).Schema(), "viewer")}
	if change != nil {
		change(&cfg)
	}
	hub := live.New(cfg)
	t.Cleanup(hub.Close)
	return world{w, hub}
}

// frame is what a test reads of a payload.
type frame struct {
	Type        string `json:"__typename"`
	Cursor      string
	Recovered   bool
	Reason      string
	Resubscribe bool
	Seq         int64
	Text        string
	IsMine      bool
	Total       int64
	Who         string
	last        bool
}

type reader struct {
	*live.Subscription
	ctx  context.Context
	wake chan struct{}
}

func (w world) try(ctx context.Context, query string, vars map[string]any, agent int64) (*reader, *graphql.Response) {
	ctx = graphql.StartOperationTrace(ctx)
	op, errs := w.Exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: vars})
	if errs != nil {
		return nil, &graphql.Response{Errors: errs}
	}
	r := &reader{ctx: ctx, wake: make(chan struct{}, 1)}
	sub, refused := w.hub.Open(ctx, op, live.Viewer{TeamID: 1, AgentID: agent}, func() {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	})
	r.Subscription = sub
	return r, refused
}

func (w world) open(t testing.TB, query string, vars map[string]any, v *toy.Viewer) *reader {
	t.Helper()
	r, refused := w.try(toy.With(t.Context(), v), query, vars, v.Agent)
	if refused != nil {
		t.Fatalf("refused: %v", refused.Errors)
	}
	t.Cleanup(r.Close)
	return r
}

// next waits for the next frame.
func (r *reader) next(t interface{ Fatalf(string, ...any) }) frame {
	limit := time.After(5 * time.Second)
	for {
		if f, ok := r.Next(r.ctx); ok {
			if len(f.Payload) == 0 && !f.Last {
				return frame{Type: "again"}
			}
			return parse(t, f)
		}
		select {
		case <-r.wake:
		case <-limit:
			t.Fatalf("no frame in 10 s")
		}
	}
}

func parse(t interface{ Fatalf(string, ...any) }, f live.Frame) frame {
	var p struct{ Data map[string]frame }
	if len(f.Payload) > 0 {
		if err := json.Unmarshal(f.Payload, &p); err != nil {
			t.Fatalf("%s: %v", f.Payload, err)
		}
	}
	for _, v := range p.Data {
		v.last = f.Last
		return v
	}
	return frame{last: f.Last}
}

func (r *reader) want(t *testing.T, typ string) frame {
	t.Helper()
	f := r.next(t)
	if f.Type != typ {
		t.Fatalf("got %+v, want %s", f, typ)
	}
	return f
}

var anyone = &toy.Viewer{Agent: 7}

func TestStream(t *testing.T) {
	t.Parallel()
	t.Run("hello comes first, then every event in order, without any hint", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		w.Say(1)
		s := w.open(t, everything, nil, anyone)
		if f := s.want(t, "Hello"); f.Recovered {
			t.Error("nothing was asked to be recovered")
		}
		for i := int64(2); i < 50; i++ {
			w.Say(1)
			if f := s.want(t, "Said"); f.Seq != i {
				t.Fatalf("got %d, want %d", f.Seq, i)
			}
		}
	})
	t.Run("a cursor is replayed from the ring and from the log", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *live.Config) { c.Ring, c.Batch = 4, 3 })
		for range 20 {
			w.Say(1)
		}
		after := event.Cursor{Epoch: toy.Epoch, Seq: 3}.String()
		s := w.open(t, everything, map[string]any{"after": after}, anyone)
		if f := s.want(t, "Hello"); !f.Recovered || f.Cursor != after {
			t.Errorf("got %+v", f)
		}
		w.Say(1)
		for i := int64(4); i <= 21; i++ {
			if f := s.want(t, "Said"); f.Seq != i {
				t.Fatalf("got %d, want %d", f.Seq, i)
			}
		}
	})
	t.Run("what may not be seen is not shown, and the cursor moves on by ticks", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *live.Config) { c.Tick = 20 * time.Millisecond })
		s := w.open(t, everything, nil, &toy.Viewer{Rooms: map[int64]bool{1: true}})
		first := s.want(t, "Hello").Cursor
		w.Say(2)
		f := s.want(t, "Tick")
		for f.Cursor == first {
			f = s.want(t, "Tick")
		}
		w.Say(1)
		for f = s.next(t); f.Type == "Tick"; f = s.next(t) {
		}
		if f.Seq != 2 {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("a refusal is an error of the operation", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		for _, vars := range []map[string]any{{"room": 5}, {"after": "nonsense"}} {
			_, refused := w.try(toy.With(t.Context(), &toy.Viewer{Rooms: map[int64]bool{}}), everything, vars, 7)
			if refused == nil || len(refused.Errors) != 1 {
				t.Errorf("%v: got %+v", vars, refused)
			}
		}
	})
	t.Run("a verdict may end the stream", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		s := w.open(t, everything, nil, anyone)
		s.want(t, "Hello")
		w.Say(99)
		if f := s.want(t, "StreamEnded"); f.Reason != "closed" || f.Resubscribe || !f.last {
			t.Errorf("got %+v", f)
		}
		if f, ok := s.Next(s.ctx); ok {
			t.Errorf("got %s after the end", f.Payload)
		}
	})
	t.Run("what cannot be read now ends the stream, and is the first thing for whoever comes back", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		s := w.open(t, everything, nil, anyone)
		s.want(t, "Hello")
		w.FailLoading(fault.New(fault.Unavailable, "the database is away"))
		w.Say(1)
		f := s.want(t, "StreamEnded")
		if f.Reason != live.ReasonUnavailable || !f.Resubscribe || !f.last {
			t.Errorf("got %+v", f)
		}
		w.FailLoading(nil)
		s = w.open(t, everything, map[string]any{"after": f.Cursor}, anyone)
		s.want(t, "Hello")
		if f := s.want(t, "Said"); f.Seq != 1 {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("a panic and an error cost one event, what is gone costs nothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		s := w.open(t, everything, nil, anyone)
		broken := w.open(t, `subscription { said { __typename cursor ... on Said { seq panics } ... on ResyncRequired { reason } } }`, nil, anyone)
		s.want(t, "Hello")
		broken.want(t, "Hello")
		w.Say(14)
		w.Say(13)
		if f := s.want(t, "ResyncRequired"); f.Reason != live.ResyncUnreadable {
			t.Errorf("got %+v", f)
		}
		w.Say(1)
		if f := s.want(t, "Said"); f.Seq != 3 {
			t.Errorf("got %+v", f)
		}
		broken.want(t, "ResyncRequired")
		broken.want(t, "ResyncRequired") // panics in a field that may not be null
	})
	t.Run("the log being away is a delay and nothing else", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		s := w.open(t, everything, nil, anyone)
		s.want(t, "Hello")
		w.Log.Fail(errors.New("away"))
		w.Say(1)
		reads := w.Log.Reads.Load()
		w.Hint(t.Context())
		for w.Log.Reads.Load() == reads {
			w.Hint(t.Context())
		}
		w.Log.Fail(nil)
		if f := s.want(t, "Said"); f.Seq != 1 {
			t.Errorf("got %+v", f)
		}
	})
}

func TestResync(t *testing.T) {
	t.Parallel()
	at := func(epoch string, seq int64) map[string]any {
		return map[string]any{"after": event.Cursor{Epoch: epoch, Seq: seq}.String()}
	}
	for name, c := range map[string]struct {
		vars   map[string]any
		reason string
	}{
		"another epoch":           {at("other", 60), live.ResyncEpoch},
		"a cursor of no time":     {at(toy.Epoch, 1000), live.ResyncEpoch},
		"older than what is kept": {at(toy.Epoch, 40), live.ResyncExpired},
		"too far behind":          {at(toy.Epoch, 5), live.ResyncBehind},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, func(c *live.Config) { c.MaxBehind = 50 })
			for range 60 {
				w.Say(1)
			}
			w.Log.Purge(45)
			s := w.open(t, everything, c.vars, anyone)
			if f := s.want(t, "Hello"); f.Recovered {
				t.Error("claims to have recovered")
			}
			if f := s.want(t, "ResyncRequired"); f.Reason != c.reason {
				t.Errorf("got %+v", f)
			}
			w.Say(1)
			if f := s.want(t, "Said"); f.Seq != 61 {
				t.Errorf("goes on with %+v", f)
			}
		})
	}
	t.Run("a restored log is noticed and told", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(time.Unix(0, 0))
		w := setup(t, func(c *live.Config) { c.Clock, c.Poll = m, 250*time.Millisecond })
		for range 10 {
			w.Say(1)
		}
		s := w.open(t, everything, nil, anyone)
		s.want(t, "Hello")
		w.Log.Restore("second", 4)
		m.Advance(time.Minute) // nobody publishes a hint: the poll finds it
		f := s.next(t)
		for ; f.Type == "Tick"; f = s.next(t) {
		}
		if f.Type != "ResyncRequired" || f.Reason != live.ResyncEpoch {
			t.Fatalf("got %+v", f)
		}
		w.Say(1)
		w.Hint(t.Context())
		if f := s.want(t, "Said"); f.Seq != 5 {
			t.Errorf("got %+v", f)
		}
	})
}

// What a client applies is every event once and in order, however hints are lost and connections cut: reliability.md 3.
func TestExactlyOnceInView(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := toy.New()
		hub := live.New(live.Config{Log: w.Log, Bus: w.Bus, Clock: clock.Real{}, Executor: w.Exec, Poll: time.Millisecond,
			Ring: rapid.IntRange(1, 12).Draw(rt, "ring"), Batch: rapid.IntRange(1, 6).Draw(rt, "batch"), MaxBehind: 30})
		defer hub.Close()
		tw := world{w, hub}
		var s *reader
		var cursor any
		var seen, head, floor int64 // the view; what was written; what a resync has covered
		resume := func() {
			if s != nil {
				s.Close()
			}
			ctx := toy.With(context.Background(), anyone)
			var refused *graphql.Response
			if s, refused = tw.try(ctx, everything, map[string]any{"after": cursor}, 7); refused != nil {
				rt.Fatalf("refused: %v", refused.Errors)
			}
		}
		apply := func(f frame) {
			switch f.Type {
			case "Said":
				if f.Seq != seen+1 {
					rt.Fatalf("%d follows %d", f.Seq, seen)
				}
				seen = f.Seq
			case "ResyncRequired":
				at, err := event.ParseCursor(f.Cursor)
				if err != nil || at.Seq < seen {
					rt.Fatalf("resync to %v, %v", at, err)
				}
				if at.Seq == seen {
					rt.Fatalf("a resync for nothing at %d", seen)
				}
				seen = at.Seq // the lists are read again
			case "Hello":
				if at, err := event.ParseCursor(f.Cursor); err != nil || cursor == nil && at.Seq != 0 || f.Recovered && at.Seq != seen {
					rt.Fatalf("hello at %v with %d seen, %v", at, seen, err)
				}
			}
			if f.Type != "Hello" || f.Recovered || cursor == nil {
				cursor = f.Cursor
			}
		}
		resume()
		defer func() { s.Close() }()
		apply(s.next(rt))
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"say", "say", "read", "cut", "lose", "purge"}).Draw(rt, "step") {
			case "say":
				for range rapid.IntRange(1, 25).Draw(rt, "events") {
					head = w.Say(1)
				}
				w.Hint(context.Background())
			case "read":
				for range rapid.IntRange(1, 10).Draw(rt, "frames") {
					if f, ok := s.Next(s.ctx); ok {
						apply(parse(rt, f))
					}
				}
			case "cut":
				resume()
			case "lose":
				w.Bus.Lose.Store(rapid.Bool().Draw(rt, "lose"))
			case "purge":
				floor = rapid.Int64Range(floor, head).Draw(rt, "oldest")
				w.Log.Purge(floor + 1)
			}
		}
		for seen < head {
			apply(s.next(rt))
		}
	})
}
