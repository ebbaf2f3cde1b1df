// Package live turns the team's event log into GraphQL subscriptions. One tailer per team reads the log (tail.go) and keeps the recent
// part in a ring; every subscription is a position in that ring and pulls from it, so that a slow reader costs no memory. What a
// subscriber may see is judged at the moment of delivery, and what several subscribers see alike is loaded, executed and serialised once
// (group.go). The package knows nothing of customer service: a Stream, which the graph supplies, decides about every event.
//
// A subscription resolver is one call:
//
//	func (r *subscriptionResolver) InboxEvents(ctx context.Context, view *string, filter *model.Filter, after *string) (<-chan model.InboxEvent, error) {
//		return live.Serve[model.InboxEvent](ctx, after, func(ctx context.Context) (live.Stream, error) {
//			return r.Inbox.Stream(ctx, view, filter) // refuse here: the client gets the error instead of a stream
//		})
//	}
//
// It runs once when a client subscribes, to open the stream with the arguments already typed and validated, and once for every object
// that has to be rendered, to hand that object to the executor; open is not called then.
package live

import (
	"context"
	"encoding/json"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Stream is one subscriber's view of the log. Its methods are called by one goroutine at a time and must not block for long; a panic in
// one of them ends the stream with ReasonInternal and harms nobody else. ctx always carries the subscriber's present principal: when
// rights change, the next call has the new ones.
type Stream interface {
	// Class names everything about the viewer that changes what a delivered object looks like, such as the role or the set of channels:
	// subscribers of one team with the same operation, variables, language and class are sent the same bytes. A stream whose objects
	// are about one agent (unread counts, notifications) must have the agent's id in it. It is asked again when rights have changed.
	Class(ctx context.Context) string
	// Judge decides what this subscriber is shown of an event, by its present rights. It is called for every event of the team, in
	// order, and must be cheap: compare ids, facets and cached rights, and leave what costs a query to Verdict.Load.
	Judge(ctx context.Context, e event.Event) Verdict
	// Frame makes the object of the field's own interface for one of the frames that every field has.
	Frame(ctx context.Context, c Control) any
}

// Beholder is a Stream that judges every event as all others of its operation do that have the same sight, so that one of them judges for
// all. Sight names everything about the viewer, beside the operation's arguments, that Judge looks at; empty where the stream must judge by itself. Judge
// must then depend on nothing that an earlier event has left behind. It is asked again when rights have changed. It is worth having where many have
// the same sight; one that only a single agent has should be empty.
type Beholder interface {
	Stream
	Sight(ctx context.Context) string
}

// Starter is a Stream that shows something right after Hello, before any event: the present counts, who is here, how far a job is.
type Starter interface {
	Stream
	Start(ctx context.Context) Verdict
}

// Hearer is a Stream that is also shown things which are in no log and may be lost: typing, presence. Hear is called for every message
// of the topics given to the hub that belongs to the team, in order of arrival.
type Hearer interface {
	Stream
	Hear(ctx context.Context, m bus.Message) Verdict
}

// Verdict is what a subscriber is shown of an event. The zero value shows nothing: the position moves on.
type Verdict struct {
	// Load gives the object that the resolver returns, a type of the field's interface; nil shows nothing. at is the cursor that the
	// object must carry. It is called once for all subscribers of a group whose verdict has the same Variant, so it may depend on the
	// event, the variant and what Class says, and on nothing else of the subscriber. The object is read by several goroutines and must not be
	// changed afterwards. An error of kind NotFound means that there is nothing to show any more. Unavailable ends the stream with
	// ReasonUnavailable, so that the client comes back with its last cursor and nothing is lost. Any other error, and a panic, is shown as
	// ResyncRequired with ResyncUnreadable in the event's place.
	Load func(ctx context.Context, at event.Cursor) (any, error)
	// Variant says which of several objects the event becomes for this subscriber: "added", "entered", "left".
	Variant string
	// Coalesce shows the object at most once in 200 ms (Config.Coalesce) however many verdicts ask for it; the newest Load counts and is
	// called when it is due, with the position reached by then. It is for values that are computed anew, such as counts.
	Coalesce bool
	// Own has each judge the event for itself, also those who have the same sight (Beholder).
	Own bool
	// End ends the stream, after what Load gives.
	End *Ended
}

// Ended says why a stream ends.
type Ended struct {
	Reason      string
	Resubscribe bool // subscribing again, with the last cursor, makes sense
}

// Show is the verdict that shows the object of load.
func Show(variant string, load func(ctx context.Context, at event.Cursor) (any, error)) Verdict {
	return Verdict{Variant: variant, Load: load}
}

// Stop is the verdict that ends the stream.
func Stop(reason string, resubscribe bool) Verdict {
	return Verdict{End: &Ended{Reason: reason, Resubscribe: resubscribe}}
}

// ControlKind says which of the frames that every field has is meant.
type ControlKind int

// The frames that every subscription field has.
const (
	// Hello is the first frame. Recovered says that `after` was given and everything since then follows; without `after` the stream
	// begins at Cursor, which is now.
	Hello ControlKind = iota + 1
	// Tick comes when nothing was shown for a while, so that the client's cursor advances past what it may not see.
	Tick
	// ResyncRequired says that events were missed, for Reason: read the lists again. The stream goes on from Cursor.
	ResyncRequired
	// StreamEnded is the last frame and says why.
	StreamEnded
)

// Control is what such a frame says.
type Control struct {
	Kind        ControlKind
	Cursor      event.Cursor
	Recovered   bool      // Hello
	Reason      string    // ResyncRequired: a Resync… constant; StreamEnded: a Reason… constant or one of the stream's own
	Resubscribe bool      // StreamEnded
	IdleAt      time.Time // Tick: when the connection is closed if its person does nothing; zero while that is far off
}

// Why a client must read its lists again.
const (
	ResyncEpoch      = "EPOCH_CHANGED"  // the log was restored: the cursor belongs to another one
	ResyncExpired    = "CURSOR_EXPIRED" // older than what is kept
	ResyncBehind     = "TOO_FAR_BEHIND" // more than 5,000 events (Config.MaxBehind)
	ResyncUnreadable = "UNREADABLE"     // one event could not be shown
)

// Why a stream ends, beside the reasons that streams have of their own. The words are those of the close codes.
const (
	ReasonDrain        = "drain"
	ReasonSlow         = "slow"
	ReasonIdle         = "idle"
	ReasonTokenExpired = "token-expired"
	ReasonRevoked      = "revoked"
	ReasonEvicted      = "evicted-longest-idle"
	ReasonSuspended    = "team-suspended"
	ReasonUnavailable  = "unavailable" // something that is needed did not answer; come back with the last cursor
	ReasonInternal     = "internal"
)

// Serve is what a subscription resolver returns: the stream that open makes when a client subscribes, the prepared object when one is
// rendered. after is the field's `after` argument, nil where the field has none or the client gave none; what is no cursor is refused.
func Serve[T any](ctx context.Context, after *string, open func(ctx context.Context) (Stream, error)) (<-chan T, error) {
	c := make(chan T, 1)
	defer close(c)
	if r, ok := ctx.Value(renderKey{}).(*prepared); ok {
		v, ok := r.object.(T)
		if !ok {
			return nil, fault.New(fault.Internal, "the event has a type that the field does not have")
		}
		c <- v
		return c, nil
	}
	o, ok := ctx.Value(openKey{}).(*opening)
	if !ok {
		return nil, fault.New(fault.Internal, "subscriptions are served over WebSocket and server-sent events only")
	}
	if after != nil {
		at, err := event.ParseCursor(*after)
		if err != nil {
			return nil, err
		}
		o.after = &at
	}
	s, err := open(ctx)
	if err != nil {
		return nil, err
	}
	o.stream = s
	return c, nil
}

// IsRendering says whether the operation in the context is the rendering of a prepared object for a group of subscribers, not a request of
// one client. Interceptors that count, limit or charge requests leave those alone; response extensions are shared by the group.
func IsRendering(ctx context.Context) bool { return ctx.Value(renderKey{}) != nil }

// Once gives the value that load makes, called once per node for the event that is being loaded, whatever the operation and however many groups:
// it is for the event's row. key says what is loaded; the value is shared by all viewers, so it must not depend on one, and must not be
// changed. Outside of Verdict.Load it only calls load. An error is not kept.
func Once[T any](ctx context.Context, key string, load func(ctx context.Context) (T, error)) (T, error) {
	m, ok := ctx.Value(entryKey{}).(memory)
	if !ok {
		return load(ctx)
	}
	v, err := m.entry.once(ctx, m.now, key, func(ctx context.Context) (any, error) { return load(ctx) })
	if err != nil {
		var zero T
		return zero, err
	}
	return v.(T), nil
}

// Topic is the bus topic that hints travel on.
const Topic = "log"

type hint struct {
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
}

// Announce tells every server that the team's log has reached the cursor. Call it after the commit. A lost announcement costs at most the poll interval.
func Announce(ctx context.Context, b bus.Bus, team int64, at event.Cursor) error {
	p, err := json.Marshal(hint{Epoch: at.Epoch, Seq: at.Seq})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the hint could not be written")
	}
	return b.Publish(ctx, bus.Message{Topic: Topic, TeamID: team, Payload: p})
}

// Viewer is what the hub has to know of who subscribes.
type Viewer struct {
	TeamID   int64
	AgentID  int64
	Language string // of texts that the server makes
}

// Frame is one payload that is due to a subscriber: the GraphQL response as JSON. The bytes are shared and must not be changed.
type Frame struct {
	Payload []byte
	Last    bool // the stream has ended: `complete` follows
	Settled bool // nothing more is due now: Next need not be called again before wake is
}

// Config is what a hub needs. Log, Bus, Clock and Executor must be given.
type Config struct {
	Log      event.Log
	Bus      bus.Bus
	Clock    clock.Clock
	Executor graphql.GraphExecutor
	// IsViewerDependent says whether an operation selects a field that depends on who looks, so that it is executed per agent. See ViewerFields.
	// Where it is nil every operation is executed per agent.
	IsViewerDependent ViewerCheck
	Ephemeral         []string      // bus topics for Hearers; "typing" and "presence" where nil
	Poll              time.Duration // how often the log is asked without a hint; 250 ms
	Tick              time.Duration // the longest time without a frame; 10 s
	Coalesce          time.Duration // 200 ms
	Render            time.Duration // the longest time that one object may take; 10 s
	Ring              int           // events kept in memory per team; 2,048
	Batch             int           // events read at once; 500
	MaxBehind         int64         // 5,000
	CacheBytes        int           // serialised payloads kept on this node; 32 MiB
	Hooks             Hooks
}

// Hooks are told what happens, for metrics and logs. Any may be nil; they must not block.
type Hooks struct {
	Executed func(d time.Duration)                // an object was loaded, executed and serialised
	Failed   func(ctx context.Context, err error) // the log could not be read, or an event could not be shown
	Panicked func(ctx context.Context, v any, stack []byte)
}
