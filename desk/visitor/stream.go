package visitor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Kind says what a visitor's browser is told.
type Kind string

// What browsers are told. Only the first two, Agent and Ended have a position in the log; the others may be lost.
const (
	Added     Kind = "message"
	Changed   Kind = "message_changed"
	Following Kind = "agent"    // somebody follows the conversation
	Over      Kind = "ended"    // the conversation has ended
	Settings  Kind = "settings" // the window looks different
	Writing   Kind = "typing"
	Resync    Kind = "resync" // something was missed: begin the session again
)

// Why a stream ends.
const (
	ReasonDrain       = "drain"       // the server stops: come back
	ReasonSlow        = "slow"        // the browser did not keep up: come back with the last cursor
	ReasonEnded       = "ended"       // the session is over
	ReasonMoved       = "moved"       // the session is another person's conversation now: begin the session again
	ReasonEvicted     = "evicted"     // too many streams of one visitor: the oldest goes
	ReasonUnavailable = "unavailable" // something that is needed did not answer: come back with the last cursor
)

// Item is one thing that a browser is told.
type Item struct {
	Kind     Kind
	Cursor   event.Cursor // the position after it; zero where it has none
	Message  Message      // Added, Changed
	Name     string       // Following, Writing: who, by the name that visitors see
	IsTyping bool         // Writing
}

const (
	// backlog is how much may wait for a browser before its stream is cut.
	backlog = 256
	// maxBehind is how many of the team's events may have been missed before a browser is told to begin anew.
	maxBehind = 5000
)

// note is an event that waits to be told, or what is in no log.
type note struct {
	event event.Event
	kind  Kind
}

// Stream is what one open page is told. Next is called by one goroutine at a time, the other methods by any.
type Stream struct {
	service *Service
	feed    *feed
	session Session
	started event.Cursor
	// Recovered says that it goes on right after the cursor that was given.
	Recovered bool
	pos       event.Cursor
	shown     map[int64]bool // messages that were told on this stream

	mu           sync.Mutex
	conversation int64
	queue        []note
	era          int // raised when all that waited has lost its meaning
	reason       string
	wake         chan struct{}
	closing      sync.Once
}

// Started is the position from which the stream tells.
func (x *Stream) Started() event.Cursor { return x.started }

// Wake is ready when Next has something to give.
func (x *Stream) Wake() <-chan struct{} { return x.wake }

// Position is how far the stream has told: up to where the log was brought, where nothing waits.
func (x *Stream) Position() event.Cursor {
	x.feed.mu.Lock()
	defer x.feed.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.queue) == 0 && x.feed.at.Seq > x.pos.Seq {
		return x.feed.at
	}
	return x.pos
}

// Open begins to tell a browser what happens in its conversation, after a cursor or from now on, and counts the visitor as being there, on a
// page where it says which. A cursor that is too old, or of another log, gives a Resync first. Close must be called.
func (s *Service) Open(ctx context.Context, session Session, after *event.Cursor, p *Page) (*Stream, error) {
	f, err := s.acquire(ctx, session.Team)
	if err != nil {
		return nil, err
	}
	x := &Stream{service: s, feed: f, session: session, shown: map[int64]bool{}, wake: make(chan struct{}, 1)}
	f.wait(x)
	if err := x.begin(ctx, after); err != nil {
		f.leave(x)
		s.release(f)
		return nil, err
	}
	s.mu.Lock()
	if s.streams[session.VisitorID] == nil {
		s.streams[session.VisitorID] = map[*Stream]struct{}{}
	}
	s.streams[session.VisitorID][x] = struct{}{}
	s.mu.Unlock()
	if err := s.arrive(ctx, session, p); err != nil {
		x.Close(ctx)
		return nil, err
	}
	// It may have ended, or become another person's, before there was a stream that could be told.
	now, err := s.Again(ctx, session)
	switch {
	case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.NotFound):
		x.end(ReasonEnded)
	case err != nil:
		x.Close(ctx)
		return nil, err
	case now.IdentityID != session.IdentityID:
		x.end(ReasonMoved)
	}
	return x, nil
}

// Close ends the stream; the visitor is here no more, unless another page of it is open. A second call does nothing.
func (x *Stream) Close(ctx context.Context) {
	x.closing.Do(func() {
		s := x.service
		x.feed.leave(x)
		s.release(x.feed)
		s.mu.Lock()
		delete(s.streams[x.session.VisitorID], x)
		if len(s.streams[x.session.VisitorID]) == 0 {
			delete(s.streams, x.session.VisitorID)
		}
		s.mu.Unlock()
		s.depart(ctx, x.session)
	})
}

// End ends the stream for a reason: Next gives it once everything before is told.
func (x *Stream) End(reason string) { x.end(reason) }

// begin finds the conversation and what was missed.
func (x *Stream) begin(ctx context.Context, after *event.Cursor) error {
	s := x.service
	var id int64
	err := s.DB.Read(ctx, x.session.Team, func(ctx context.Context, v *store.View) (err error) {
		id, err = conversationOf(ctx, v, x.session.IdentityID)
		return err
	})
	if err != nil {
		return fmt.Errorf("find the conversation: %w", err)
	}
	at := x.feed.bind(x, id)
	x.started, x.pos = at, at
	if after == nil {
		return nil
	}
	// A look of its own: what was brought by now is there to be read, which it need not have been a moment ago.
	return s.DB.Read(ctx, x.session.Team, func(ctx context.Context, v *store.View) error {
		missed, ok, err := s.missed(ctx, v, x.session, id, *after, at)
		if err != nil {
			return err
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.era > 0 {
			return nil // the log is another one meanwhile, which waits to be told
		}
		if !ok {
			x.queue = append([]note{{kind: Resync}}, x.queue...)
			return nil
		}
		x.Recovered, x.started, x.pos = true, *after, *after
		x.queue = append(missed, x.queue...)
		return nil
	})
}

// missed reads the events of a conversation after a cursor and up to another, and whether the window looks different since; not ok says that they
// cannot be told.
func (s *Service) missed(ctx context.Context, v *store.View, x Session, conversationID int64, after, to event.Cursor) (notes []note, ok bool, err error) {
	if after.Epoch != to.Epoch {
		return nil, false, nil
	}
	if after.Seq >= to.Seq {
		return nil, true, nil
	}
	if to.Seq-after.Seq > maxBehind {
		return nil, false, nil
	}
	oldest, err := s.DB.Oldest(ctx, v.Team)
	if err != nil {
		return nil, false, err
	}
	if oldest > after.Seq+1 {
		return nil, false, nil
	}
	rows, err := v.Query(ctx, "SELECT 1 FROM events WHERE team_id = ? AND seq > ? AND seq <= ? AND kind = ? AND object_id = ? LIMIT 1",
		v.Team, after.Seq, to.Seq, event.ChannelChanged, x.ChannelID)
	if err != nil {
		return nil, false, fmt.Errorf("read whether the window looks different: %w", err)
	}
	isDifferent := rows.Next()
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, false, fmt.Errorf("read whether the window looks different: %w", err)
	}
	if conversationID != 0 {
		if notes, err = s.happened(ctx, v, conversationID, after, to); err != nil {
			return nil, false, err
		}
	}
	isAll := len(notes) <= backlog
	if isDifferent {
		notes = append(notes, note{kind: Settings})
	}
	return notes, isAll, nil
}

// happened reads the events of a conversation after a cursor and up to another, and no more than one beyond the backlog.
func (s *Service) happened(ctx context.Context, v *store.View, conversationID int64, after, to event.Cursor) (notes []note, err error) {
	rows, err := v.Query(ctx, `SELECT seq, kind, object_id, object_version, conversation_id, agent_id, body FROM events
		WHERE team_id = ? AND seq > ? AND seq <= ? AND conversation_id = ? ORDER BY seq LIMIT ?`, v.Team, after.Seq, to.Seq, conversationID, backlog+1)
	if err != nil {
		return nil, fmt.Errorf("read what was missed: %w", err)
	}
	for rows.Next() {
		e := event.Event{TeamID: v.Team}
		var kind, body string
		if err = rows.Scan(&e.Seq, &kind, &e.ObjectID, &e.ObjectVersion, &e.ConversationID, &e.AgentID, &body); err != nil {
			break
		}
		e.Kind = event.Kind(kind)
		if err = e.Decode(body); err != nil {
			break
		}
		notes = append(notes, note{event: e, kind: kindOf(e)})
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read what was missed: %w", err)
	}
	return notes, nil
}

// kindOf says what an event of a conversation is to its visitor; empty for nothing.
func kindOf(e event.Event) Kind {
	switch e.Kind {
	case event.MessageAdded:
		return Added
	case event.MessageChanged:
		return Changed
	case event.ConversationDeleted:
		return Resync
	case event.ConversationChanged:
		if e.Before == nil || e.After == nil {
			return ""
		}
		switch {
		case e.After.Status == "ENDED" && e.Before.Status != "ENDED":
			return Over
		case e.After.Status == "IN_PROGRESS" && e.After.FollowerID != 0 && (e.Before.FollowerID != e.After.FollowerID || e.Before.Status != "IN_PROGRESS"):
			return Following
		}
	}
	return ""
}

// push adds something to tell; a browser that lets too much wait is cut.
func (x *Stream) push(n note) {
	x.mu.Lock()
	if len(x.queue) >= 2*backlog {
		if x.reason == "" {
			x.reason = ReasonSlow
		}
	} else {
		x.queue = append(x.queue, n)
	}
	x.mu.Unlock()
	x.nudge()
}

func (x *Stream) end(reason string) {
	x.mu.Lock()
	if x.reason == "" {
		x.reason = reason
	}
	x.mu.Unlock()
	x.nudge()
}

func (x *Stream) nudge() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Next gives what is to be told next; false where there is nothing now. The reason is empty until the stream is over.
func (x *Stream) Next(ctx context.Context) (item Item, ok bool, reason string) {
	for ctx.Err() == nil {
		x.mu.Lock()
		if x.reason != "" {
			reason = x.reason
			x.mu.Unlock()
			return Item{}, false, reason
		}
		if len(x.queue) == 0 {
			x.mu.Unlock()
			return Item{}, false, ""
		}
		n, era := x.queue[0], x.era
		conversation, pos := x.conversation, x.pos
		x.mu.Unlock()
		isLogged := n.event.Seq != 0
		if isLogged && n.event.Seq <= pos.Seq {
			x.pop(era, pos)
			continue
		}
		if isLogged {
			pos.Seq = n.event.Seq
		}
		item, err := x.tell(ctx, n, conversation)
		switch {
		case errors.Is(err, errGone):
			x.pop(era, pos)
		case err != nil && ctx.Err() != nil:
			return Item{}, false, ""
		case err != nil:
			// Nothing after it may be told before it: who comes back gets it.
			x.service.Log.WarnContext(ctx, "an event could not be told to a visitor", "error", err)
			return Item{}, false, ReasonUnavailable
		default:
			if isLogged {
				item.Cursor = pos
			}
			if x.pop(era, pos) {
				return item, true, ""
			}
		}
	}
	return Item{}, false, ""
}

// pop moves on; false where what was at the head went with all that waited, and something else stands there now.
func (x *Stream) pop(era int, pos event.Cursor) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.era != era {
		return false
	}
	x.queue = x.queue[1:]
	x.pos = pos
	return true
}

// restart forgets what waits and goes on from a position, with the word that something was missed.
func (x *Stream) restart(at event.Cursor) {
	x.mu.Lock()
	x.queue, x.pos = []note{{kind: Resync}}, at
	x.era++
	x.mu.Unlock()
	x.nudge()
}

// tell makes of a note what the browser is told, as it is now: what was erased since stays erased. errGone: nothing.
func (x *Stream) tell(ctx context.Context, n note, conversationID int64) (Item, error) {
	s := x.service
	item := Item{Kind: n.kind}
	switch n.kind {
	case Added, Changed:
		m, version, err := s.load(ctx, x.session, conversationID, n.event.ObjectID)
		if err != nil {
			return item, err
		}
		if item.Kind == Added && m.From != FromVisitor && version > n.event.ObjectVersion {
			return item, errGone // it was on its way then: what follows tells that it is there
		}
		if item.Kind == Changed && m.From != FromVisitor && !x.shown[m.Seq] && m.Status == "sent" {
			item.Kind = Added
		}
		if len(x.shown) > backlog {
			clear(x.shown)
		}
		x.shown[m.Seq] = true
		item.Message = m
	case Following:
		name, err := s.nameOf(ctx, x.session.Team, n.event.After.FollowerID)
		if err != nil {
			return item, err
		}
		item.Name = name
	case Writing:
		_, typing, _ := s.Presence.Who(x.session.Team, conversationID)
		if len(typing) > 0 {
			name, err := s.nameOf(ctx, x.session.Team, typing[0])
			if err != nil {
				return item, err
			}
			item.Name, item.IsTyping = name, true
		}
	case "":
		return item, errGone
	}
	return item, nil
}

// nameOf is the name under which an agent answers.
func (s *Service) nameOf(ctx context.Context, team, agentID int64) (name string, err error) {
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		a, err := v.Agent.Get(ctx, agentID)
		if ent.IsNotFound(err) {
			return errGone
		}
		if err == nil {
			name = a.Name
		}
		return err
	})
	return name, err
}

// Missed is the pull form of a stream: what happened in the visitor's conversation after a cursor, and the position after it. A single Resync
// says that the cursor is too old.
func (s *Service) Missed(ctx context.Context, x Session, after event.Cursor) ([]Item, event.Cursor, error) {
	var notes []note
	var to event.Cursor
	var id int64
	ok := false
	err := s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) (err error) {
		if to, err = v.AsOf(ctx); err != nil {
			return err
		}
		if id, err = conversationOf(ctx, v, x.IdentityID); err != nil {
			return err
		}
		notes, ok, err = s.missed(ctx, v, x, id, after, to)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if !ok {
		return []Item{{Kind: Resync, Cursor: to}}, to, nil
	}
	reader := &Stream{service: s, session: x, shown: map[int64]bool{}}
	items := []Item{}
	for _, n := range notes {
		item, err := reader.tell(ctx, n, id)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return nil, event.Cursor{}, fault.Wrap(err, fault.Unavailable, "this cannot be read just now; try again")
		}
		if n.event.Seq != 0 {
			item.Cursor = event.Cursor{Epoch: to.Epoch, Seq: n.event.Seq}
		}
		items = append(items, item)
	}
	return items, to, nil
}
