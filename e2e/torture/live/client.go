package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/e2e/torture/wire"
)

// viewer is a client that keeps a view of one conversation or of the inbox, over every cut, as a good app does: it reads the list, subscribes from its
// asOf, applies what comes, comes back with its last cursor, and reads the list again when it is told to.
type viewer struct {
	name  string
	agent *rig.Client
	isSSE bool
	talk  *talk           // nil watches the inbox
	of    map[string]bool // the conversations that the inbox is compared by

	mu        sync.Mutex
	view      *stream.View
	server    *rig.Server
	isStalled bool
	isBlind   bool // it was told that it may see nothing
	isSynced  bool // its view was read since it may see
	cut       func()
	changed   chan struct{} // closed and replaced when something changes
	log       []string      // what went wrong on the way, newest last
	connected int
	isAt      *rig.Server // the server of the present connection
	isOpen    bool        // it has said Hello
	ends      []string    // how connections ended: a close code, or the reason of StreamEnded

	// revoked is the position of the revocation that holds now; nil while the agent may see. An event beyond it must not come.
	revoked atomic.Pointer[stream.Position]
}

func newViewer(name string, agent *rig.Client, isSSE bool, t *talk, of map[string]bool, at *rig.Server) *viewer {
	return &viewer{name: name, agent: agent, isSSE: isSSE, talk: t, of: of, server: at, view: stream.NewView(name), changed: make(chan struct{})}
}

// note wakes whoever waits for a change. The mutex is held.
func (v *viewer) note() {
	close(v.changed)
	v.changed = make(chan struct{})
}

// drop cuts the connection as a network does.
func (v *viewer) drop() {
	v.mu.Lock()
	cut := v.cut
	v.mu.Unlock()
	if cut != nil {
		cut()
	}
}

func (v *viewer) stall(isStalled bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.isStalled = isStalled
	v.note()
}

func (v *viewer) move(to *rig.Server) {
	v.mu.Lock()
	v.server = to
	v.mu.Unlock()
	v.drop()
}

// run goes on until the context ends.
func (v *viewer) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := v.once(ctx); err != nil && ctx.Err() == nil {
			v.mu.Lock()
			v.log = append(v.log[max(0, len(v.log)-5):], err.Error())
			v.mu.Unlock()
			rest(ctx, 20*time.Millisecond)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// compared are the conversations whose rows the view holds.
func (v *viewer) compared() map[string]bool {
	if v.talk != nil {
		return map[string]bool{v.talk.id: true}
	}
	return v.of
}

// load reads the view anew.
func (v *viewer) load(ctx context.Context) error {
	c := v.agent
	v.mu.Lock()
	c = &rig.Client{URL: v.server.URL, Token: c.Token, HTTP: c.HTTP}
	v.mu.Unlock()
	var asOf stream.Position
	var messages []stream.Message
	var rows []stream.Row
	isSeen, err := true, error(nil)
	if v.talk != nil {
		asOf, messages, isSeen, err = history(ctx, c, v.talk.id)
	}
	if err == nil && isSeen {
		var later stream.Position
		if later, rows, err = inbox(ctx, c, v.compared()); v.talk == nil {
			asOf = later
		}
	}
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.view.Load(asOf, messages, rows)
	v.isBlind, v.isSynced = !isSeen, isSeen
	v.note()
	return nil
}

// feed is a connection of either wire.
type feed interface {
	Next(ctx context.Context) (wire.Frame, error)
	Cut()
}

func (v *viewer) connect(ctx context.Context, after string) (feed, error) {
	query, variables := watchInbox, map[string]any{"a": after}
	if v.talk != nil {
		query, variables = watchTalk, map[string]any{"a": after, "c": v.talk.id}
	}
	v.mu.Lock()
	at := v.server.URL
	v.isAt, v.isOpen = v.server, false
	v.mu.Unlock()
	dialling, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if v.isSSE {
		return wire.DialStream(dialling, at, v.agent.Token, query, variables, 4<<10)
	}
	s, err := wire.Open(dialling, at, v.agent.Token, 4<<10)
	if err != nil {
		return nil, err
	}
	return s, s.Subscribe("1", query, variables)
}

// once is one connection, with the reading of the list before it where that is needed.
func (v *viewer) once(ctx context.Context) error {
	v.mu.Lock()
	isSynced := v.isSynced
	v.mu.Unlock()
	after := ""
	if !isSynced {
		if err := v.load(ctx); err != nil {
			return err
		}
		v.mu.Lock()
		after, isSynced = v.view.Floor().Cursor(), v.isSynced
		v.mu.Unlock()
		if !isSynced {
			rest(ctx, 50*time.Millisecond)
			return nil
		}
	} else {
		v.mu.Lock()
		after = v.view.At.Cursor()
		v.mu.Unlock()
	}
	v.mu.Lock()
	v.view.Connect(after)
	v.mu.Unlock()
	f, err := v.connect(ctx, after)
	if err != nil {
		return err
	}
	defer f.Cut()
	stop := context.AfterFunc(ctx, f.Cut)
	defer stop()
	v.mu.Lock()
	v.cut = f.Cut
	v.connected++
	v.mu.Unlock()
	for {
		if err := v.await(ctx); err != nil {
			return err
		}
		revoked := v.revoked.Load()
		m, err := f.Next(ctx)
		if err != nil {
			if code := wire.CodeOf(err); code > 0 {
				v.mu.Lock()
				v.ends = append(v.ends, fmt.Sprint(code))
				v.mu.Unlock()
			}
			return err
		}
		switch m.Type {
		case "next":
			if err := v.take(ctx, m.Data, revoked); err != nil {
				return err
			}
		case "error":
			// What may not be seen any more is refused like what does not exist: the list is asked.
			v.mu.Lock()
			v.isSynced = false
			v.mu.Unlock()
			return fmt.Errorf("refused: %s", m.Data)
		case "complete":
			return fmt.Errorf("complete")
		}
	}
}

// await waits while the client does not read.
func (v *viewer) await(ctx context.Context) error {
	for {
		v.mu.Lock()
		isStalled, changed := v.isStalled, v.changed
		v.mu.Unlock()
		if !isStalled {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (v *viewer) take(ctx context.Context, data json.RawMessage, revoked *stream.Position) error {
	var fields map[string]stream.Event
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for _, e := range fields {
		v.mu.Lock()
		if at, err := stream.PositionOf(e.Cursor); err == nil && revoked != nil && v.revoked.Load() == revoked && at.Seq > revoked.Seq &&
			(e.Message != nil || e.Conversation != nil) {
			v.view.Problems = append(v.view.Problems, fmt.Sprintf("%s: it was given %s of %d after its right was taken at %d", v.name, e.Kind, at.Seq, revoked.Seq))
		}
		mustLoad := v.view.Apply(e)
		if e.Conversation != nil && !v.compared()[e.Conversation.ID] {
			delete(v.view.Rows, e.Conversation.ID) // an earlier script's
		}
		isLost := e.Kind == "StreamEnded" && e.Reason == "ACCESS_LOST"
		v.isOpen = true
		if e.Kind == "StreamEnded" {
			v.ends = append(v.ends, e.Reason)
		}
		if isLost || mustLoad {
			v.isSynced = false
		}
		v.note()
		v.mu.Unlock()
		if isLost {
			// Another server than the one that made the change answers by the former rights for up to a second (RT-7): a list that was read meanwhile
			// would be the former one.
			rest(ctx, 1200*time.Millisecond)
			return fmt.Errorf("access lost")
		}
		if mustLoad {
			if err := v.load(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// reaches waits until the client has seen the log up to an entry that is for it.
func (v *viewer) reaches(ctx context.Context, epoch string, seq int64) error {
	for {
		v.mu.Lock()
		at, isSynced, changed, log, problems := v.view.At, v.isSynced, v.changed, v.log, len(v.view.Problems)
		floor := v.view.Floor()
		v.mu.Unlock()
		if problems > 0 || isSynced && at.Epoch == epoch && at.Seq >= seq && floor.Epoch == epoch {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s stands at %d of %.8s and does not come to %d of %.8s (%s)", v.name, at.Seq, at.Epoch, seq, epoch, strings.Join(log, "; "))
		}
	}
}
