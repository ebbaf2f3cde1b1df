// Package toy is a small world to test the live machinery in: a schema with rooms in which something is said, a log and a bus in memory
// whose faults can be switched on, and resolvers that count how often they run. Only tests import it.
package toy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/live/toy/gen"
)

// Epoch is the one that every log begins with.
const Epoch = "first"

// World is the schema with its log and bus, for team 1.
type World struct {
	Log  *Log
	Bus  *Bus
	Exec *executor.Executor

	Rendered atomic.Int64  // how often an event was loaded
	Rows     atomic.Int64  // how often an event's row was read
	Judged   atomic.Int64  // how often an event was judged
	Waiting  chan struct{} // told when the query `waits` runs

	mu      sync.Mutex
	unready error // what loading gives
}

// New makes a world.
func New() *World {
	w := &World{Log: NewLog(), Bus: &Bus{}, Waiting: make(chan struct{}, 100)}
	w.Exec = executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: w}))
	w.Exec.Use(extension.Introspection{})
	w.Exec.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		var f *fault.Error
		if errors.As(err, &f) {
			shown.Message = f.Text
			shown.Extensions = map[string]any{"code": strings.ToUpper(string(f.Kind))}
		}
		return shown
	})
	w.Exec.SetRecoverFunc(func(context.Context, any) error { return fault.New(fault.Internal, "something went wrong on our side") })
	return w
}

// Viewer is who looks: an agent that may see some rooms.
type Viewer struct {
	Agent int64
	Rooms map[int64]bool // nil is all
	Role  string
}

type viewerKey struct{}

// With gives a context with a viewer.
func With(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// By gives the viewer of a context; the zero viewer where it has none.
func By(ctx context.Context) *Viewer {
	if v, ok := ctx.Value(viewerKey{}).(*Viewer); ok {
		return v
	}
	return &Viewer{}
}

// FailLoading makes loading fail; nil ends it.
func (w *World) FailLoading(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unready = err
}

// Say writes an event and gives its number. The hint is not published.
func (w *World) Say(room int64) int64 {
	return w.Log.Append(event.Event{Kind: event.MessageAdded, ConversationID: room})
}

// Hint publishes how far the log is.
func (w *World) Hint(ctx context.Context) {
	at, _ := w.Log.Head(ctx, 1)
	_ = live.Announce(ctx, w.Bus, 1, at)
}

// Query, Mutation, Subscription and Said give the resolvers.
func (w *World) Query() gen.QueryResolver { return query{w} }

// Mutation implements gen.ResolverRoot.
func (w *World) Mutation() gen.MutationResolver { return mutation{w} }

// Subscription implements gen.ResolverRoot.
func (w *World) Subscription() gen.SubscriptionResolver { return subscription{w} }

// Said implements gen.ResolverRoot.
func (w *World) Said() gen.SaidResolver { return said{} }

type query struct{ w *World }

func (query) Hello(_ context.Context, name *string) (string, error) {
	if name == nil {
		return "hello", nil
	}
	return "hello " + *name, nil
}
func (query) Agent(ctx context.Context) (int64, error)                 { return By(ctx).Agent, nil }
func (query) Color(_ context.Context, is gen.Color) (gen.Color, error) { return is, nil }
func (query) Node(_ context.Context, id string) (*string, error)       { return &id, nil }
func (query) Fails(context.Context) (*string, error) {
	return nil, fault.New(fault.Unavailable, "come back later")
}
func (query) Panics(context.Context) (*string, error) { panic("secret") }
func (q query) Waits(ctx context.Context) (*string, error) {
	q.w.Waiting <- struct{}{}
	<-ctx.Done()
	return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "it took too long")
}

type mutation struct{ w *World }

func (m mutation) Say(ctx context.Context, _ string, room int64) (int64, error) {
	seq := m.w.Say(room)
	m.w.Hint(ctx)
	return seq, nil
}

type said struct{}

func (said) IsMine(ctx context.Context, s *gen.Said) (bool, error) {
	return s.Text == fmt.Sprint("by ", By(ctx).Agent), nil
}
func (said) Panics(context.Context, *gen.Said) (bool, error) { panic("secret") }

type subscription struct{ w *World }

func (s subscription) Said(ctx context.Context, room *int64, after *string) (<-chan gen.RoomEvent, error) {
	return live.Serve[gen.RoomEvent](ctx, after, func(ctx context.Context) (live.Stream, error) {
		if room != nil && !sees(ctx, *room) {
			return nil, fault.Missing("the room")
		}
		return &rooms{w: s.w, only: room}, nil
	})
}

func (s subscription) Count(ctx context.Context, after *string) (<-chan gen.RoomEvent, error) {
	return live.Serve[gen.RoomEvent](ctx, after, func(context.Context) (live.Stream, error) { return &counts{rooms{w: s.w}}, nil })
}

func (s subscription) Typing(ctx context.Context) (<-chan gen.RoomEvent, error) {
	return live.Serve[gen.RoomEvent](ctx, nil, func(context.Context) (live.Stream, error) { return &typing{rooms{w: s.w}}, nil })
}

func sees(ctx context.Context, room int64) bool {
	v := By(ctx)
	return v.Rooms == nil || v.Rooms[room]
}

// rooms shows what is said. Room 13 makes loading panic, room 14 is gone when it is loaded, room 98 is shown and ends the stream, room 99 ends it.
type rooms struct {
	w    *World
	only *int64
}

func (r *rooms) Class(ctx context.Context) string { return By(ctx).Role }

// Sight implements live.Beholder: who may see every room judges as all others do.
func (r *rooms) Sight(ctx context.Context) string {
	if v := By(ctx); v.Rooms == nil {
		return "all, " + v.Role
	}
	return ""
}

func (r *rooms) Judge(ctx context.Context, e event.Event) live.Verdict {
	r.w.Judged.Add(1)
	if e.Kind != event.MessageAdded || r.only != nil && *r.only != e.ConversationID || !sees(ctx, e.ConversationID) {
		return live.Verdict{}
	}
	if e.ConversationID == 99 {
		return live.Stop("closed", false)
	}
	v := live.Show("said", func(ctx context.Context, at event.Cursor) (any, error) {
		r.w.Rendered.Add(1)
		r.w.mu.Lock()
		err := r.w.unready
		r.w.mu.Unlock()
		if err != nil {
			return nil, err
		}
		switch e.ConversationID {
		case 13:
			panic("secret")
		case 14:
			return nil, fault.Missing("the message")
		}
		text, err := live.Once(ctx, "row", func(context.Context) (string, error) {
			r.w.Rows.Add(1)
			return fmt.Sprint("by ", e.AgentID), nil
		})
		if err != nil {
			return nil, err
		}
		return &gen.Said{Cursor: at.String(), Seq: e.Seq, Text: text}, nil
	})
	if e.ConversationID == 98 {
		v.End = &live.Ended{Reason: "done"}
	}
	return v
}

func (*rooms) Frame(_ context.Context, c live.Control) any {
	switch cursor := c.Cursor.String(); c.Kind {
	case live.Hello:
		return &gen.Hello{Cursor: cursor, Recovered: c.Recovered}
	case live.Tick:
		t := &gen.Tick{Cursor: cursor}
		if !c.IdleAt.IsZero() {
			at := c.IdleAt.UTC().Format(time.RFC3339)
			t.IdleAt = &at
		}
		return t
	case live.ResyncRequired:
		return &gen.ResyncRequired{Cursor: cursor, Reason: c.Reason}
	default:
		return &gen.StreamEnded{Cursor: cursor, Reason: c.Reason, Resubscribe: c.Resubscribe}
	}
}

// counts shows how many events the log has, at the start and after every event.
type counts struct{ rooms }

func (c *counts) Class(ctx context.Context) string {
	return "agent " + strconv.FormatInt(By(ctx).Agent, 10)
}

func (*counts) Sight(context.Context) string { return "" }

func (c *counts) Start(context.Context) live.Verdict { return c.now() }

func (c *counts) Judge(context.Context, event.Event) live.Verdict { return c.now() }

func (c *counts) now() live.Verdict {
	return live.Verdict{Variant: "count", Coalesce: true, Load: func(ctx context.Context, at event.Cursor) (any, error) {
		c.w.Rendered.Add(1)
		head, err := c.w.Log.Head(ctx, 1)
		return &gen.Count{Cursor: at.String(), Total: head.Seq}, err
	}}
}

// typing shows who types, and nothing of the log.
type typing struct{ rooms }

func (*typing) Judge(context.Context, event.Event) live.Verdict { return live.Verdict{} }

func (t *typing) Hear(_ context.Context, m bus.Message) live.Verdict {
	return live.Show("typing", func(_ context.Context, at event.Cursor) (any, error) {
		t.w.Rendered.Add(1)
		return &gen.Typing{Cursor: at.String(), Who: string(m.Payload)}, nil
	})
}

// Log is a team's log in memory.
type Log struct {
	mu     sync.Mutex
	epoch  string
	events []event.Event
	oldest int64
	fail   error
	Reads  atomic.Int64 // calls of After
}

// NewLog makes an empty log.
func NewLog() *Log { return &Log{epoch: Epoch, oldest: 1} }

// Append writes an event.
func (l *Log) Append(e event.Event) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.TeamID, e.Seq, e.At = 1, int64(len(l.events))+1, time.Unix(0, 0)
	l.events = append(l.events, e)
	return e.Seq
}

// Purge forgets what is older than the number.
func (l *Log) Purge(oldest int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oldest = oldest
}

// Restore puts an older state of the log in its place.
func (l *Log) Restore(epoch string, upTo int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch, l.events = epoch, l.events[:upTo]
}

// Fail makes every call fail; nil ends it.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// Head implements event.Log.
func (l *Log) Head(context.Context, int64) (event.Cursor, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return event.Cursor{Epoch: l.epoch, Seq: int64(len(l.events))}, l.fail
}

// After implements event.Log.
func (l *Log) After(_ context.Context, _, seq int64, limit int) ([]event.Event, error) {
	l.Reads.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	from := max(seq, l.oldest-1)
	if l.fail != nil || from >= int64(len(l.events)) {
		return nil, l.fail
	}
	return append([]event.Event(nil), l.events[from:min(from+int64(limit), int64(len(l.events)))]...), nil
}

// Oldest implements event.Log.
func (l *Log) Oldest(context.Context, int64) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(l.oldest, int64(len(l.events))+1), l.fail
}

// Heads implements event.Log.
func (l *Log) Heads(_ context.Context, known map[int64]int64) (map[int64]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	beyond := map[int64]int64{}
	if seq, ok := known[1]; ok && int64(len(l.events)) > seq {
		beyond[1] = int64(len(l.events))
	}
	return beyond, l.fail
}

// Bus hands messages on at once, unless Lose says to lose them.
type Bus struct {
	mu   sync.Mutex
	subs map[int]listener
	n    int
	Lose atomic.Bool
}

type listener struct {
	topic string
	f     func(bus.Message)
}

// Publish implements bus.Bus.
func (b *Bus) Publish(_ context.Context, m bus.Message) error {
	if b.Lose.Load() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.subs {
		if l.topic == m.Topic {
			l.f(m)
		}
	}
	return nil
}

// Subscribe implements bus.Bus.
func (b *Bus) Subscribe(topic string, f func(bus.Message)) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[int]listener{}
	}
	b.n++
	id := b.n
	b.subs[id] = listener{topic, f}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, id)
	}
}

// Ping implements bus.Bus.
func (b *Bus) Ping(context.Context) error { return nil }

// Close implements bus.Bus.
func (b *Bus) Close() error { return nil }
