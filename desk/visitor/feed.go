package visitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// feed brings a team's events to the streams of their conversations. It follows the log once for all of the team's visitors on this server, and
// an event costs as much as it has streams: nothing, mostly.
type feed struct {
	service *Service
	team    int64
	refs    int // under the service's mutex
	ready   chan struct{}
	failed  error
	untap   func()
	stop    context.CancelFunc
	done    chan struct{}
	poke    chan struct{}

	noting sync.Mutex
	noted  []batch // what the tailer gave, not yet brought

	mu       sync.Mutex
	at       event.Cursor                   // how far it was brought
	in       map[int64]map[*Stream]struct{} // by conversation
	without  map[int64]map[*Stream]struct{} // by identity: those without a conversation
	channels map[int64]map[*Stream]struct{} // by channel
}

// batch is what the tailer gave at once: events, or that positions were lost.
type batch struct {
	events []event.Event
	lost   *event.Cursor
}

// acquire gives the team's feed, begun where there was none.
func (s *Service) acquire(ctx context.Context, team int64) (*feed, error) {
	s.mu.Lock()
	f := s.feeds[team]
	if f != nil {
		f.refs++
		s.mu.Unlock()
		select {
		case <-f.ready:
		case <-ctx.Done():
			s.release(f)
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "live events cannot be read now; try again")
		}
		if f.failed != nil {
			s.release(f)
			return nil, f.failed
		}
		return f, nil
	}
	f = &feed{service: s, team: team, refs: 1, ready: make(chan struct{}), done: make(chan struct{}), poke: make(chan struct{}, 1),
		in: map[int64]map[*Stream]struct{}{}, without: map[int64]map[*Stream]struct{}{}, channels: map[int64]map[*Stream]struct{}{}}
	s.feeds[team] = f
	s.mu.Unlock()
	defer close(f.ready)
	f.mu.Lock() // nothing is brought before it is known from where
	defer f.mu.Unlock()
	if f.at, f.untap, f.failed = s.Logs.Tap(ctx, team, f.took, f.lost); f.failed != nil {
		close(f.done)
		f.untap, f.stop = func() {}, func() {}
		s.release(f)
		return nil, f.failed
	}
	var run context.Context
	run, f.stop = context.WithCancel(context.Background())
	go f.run(run)
	return f, nil
}

// release gives a feed back; the last who does ends it.
func (s *Service) release(f *feed) {
	s.mu.Lock()
	f.refs--
	isLast := f.refs == 0
	if (isLast || f.failed != nil) && s.feeds[f.team] == f {
		delete(s.feeds, f.team)
	}
	s.mu.Unlock()
	if isLast {
		f.untap()
		f.stop()
		<-f.done
	}
}

func (f *feed) took(evs []event.Event) { f.note(batch{events: evs}) }

func (f *feed) lost(at event.Cursor) { f.note(batch{lost: &at}) }

func (f *feed) note(b batch) {
	f.noting.Lock()
	f.noted = append(f.noted, b)
	f.noting.Unlock()
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

func (f *feed) run(ctx context.Context) {
	defer close(f.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.poke:
		}
		f.noting.Lock()
		all := f.noted
		f.noted = nil
		f.noting.Unlock()
		for _, b := range all {
			if b.lost != nil {
				f.reset(*b.lost)
				continue
			}
			for _, e := range b.events {
				f.bring(ctx, e)
			}
		}
	}
}

// reset tells everybody that something was missed.
func (f *feed) reset(at event.Cursor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = at
	for _, of := range f.channels {
		for x := range of {
			x.restart(at)
		}
	}
}

// bring gives an event to the streams that it concerns.
func (f *feed) bring(ctx context.Context, e event.Event) {
	var identityID int64
	if e.Kind == event.ConversationCreated && e.After != nil && e.After.ChannelType == "WEBCHAT" && f.hasWaiting() {
		identityID = f.whose(ctx, e.ConversationID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if identityID != 0 {
		for x := range f.without[identityID] {
			f.enter(x, e.ConversationID)
		}
		delete(f.without, identityID)
	}
	f.at.Seq = e.Seq
	if e.Kind == event.ChannelChanged {
		for x := range f.channels[e.ObjectID] {
			x.push(note{kind: Settings})
		}
		return
	}
	if e.ConversationID == 0 {
		return
	}
	if k := kindOf(e); k != "" {
		for x := range f.in[e.ConversationID] {
			x.push(note{event: e, kind: k})
		}
	}
}

func (f *feed) hasWaiting() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.without) > 0
}

// whose asks whose conversation one is. Without an answer those who wait would miss their first message, so it is asked for until it comes.
func (f *feed) whose(ctx context.Context, conversationID int64) (identityID int64) {
	for ctx.Err() == nil {
		err := f.service.DB.Read(ctx, f.team, func(ctx context.Context, v *store.View) error {
			c, err := v.Conversation.Get(ctx, conversationID)
			if ent.IsNotFound(err) {
				return nil
			}
			if err == nil && c.IdentityID != nil {
				identityID = *c.IdentityID
			}
			return err
		})
		if err == nil {
			return identityID
		}
		if !errors.Is(err, context.Canceled) {
			f.service.Log.WarnContext(ctx, "find whose conversation was begun", "error", err)
		}
		_ = f.service.DB.Clock().Sleep(ctx, 250*time.Millisecond)
	}
	return 0
}

// wait takes a stream in that has no conversation yet, as far as is known.
func (f *feed) wait(x *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	put(f.without, x.session.IdentityID, x)
	put(f.channels, x.session.ChannelID, x)
}

// bind gives a stream its conversation, 0 where there is none yet, and the position after which everything of it is brought. What comes to be
// known by an event meanwhile is not undone.
func (f *feed) bind(x *Stream, conversationID int64) event.Cursor {
	f.mu.Lock()
	defer f.mu.Unlock()
	if conversationID != 0 {
		take(f.without, x.session.IdentityID, x)
		f.enter(x, conversationID)
	}
	return f.at
}

func (f *feed) enter(x *Stream, conversationID int64) {
	x.mu.Lock()
	x.conversation = conversationID
	x.mu.Unlock()
	put(f.in, conversationID, x)
}

func (f *feed) leave(x *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.mu.Lock()
	id := x.conversation
	x.mu.Unlock()
	take(f.in, id, x)
	take(f.without, x.session.IdentityID, x)
	take(f.channels, x.session.ChannelID, x)
}

func put(m map[int64]map[*Stream]struct{}, key int64, x *Stream) {
	if m[key] == nil {
		m[key] = map[*Stream]struct{}{}
	}
	m[key][x] = struct{}{}
}

func take(m map[int64]map[*Stream]struct{}, key int64, x *Stream) {
	delete(m[key], x)
	if len(m[key]) == 0 {
		delete(m, key)
	}
}

// typed tells the visitors of a conversation that somebody began or ceased to write.
func (s *Service) typed(m bus.Message) {
	id, ok := s.Presence.Take(m)
	if !ok {
		return
	}
	s.mu.Lock()
	f := s.feeds[m.TeamID]
	s.mu.Unlock()
	if f == nil {
		return
	}
	select {
	case <-f.ready:
	default:
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for x := range f.in[id] {
		x.push(note{kind: Writing})
	}
}
