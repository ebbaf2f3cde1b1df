package webchat

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// protocol is the WebSocket's subprotocol.
const protocol = "switchyard.webchat.v1"

// pingSeconds is how often a window says that it is there.
const pingSeconds = 25

// The codes with which sockets are closed, beside those of the protocol.
const (
	closeDrain = 4501 // come back
	closeSlow  = 4502 // come back with the last cursor
	closeEnded = 4401 // the session is over: final
)

// codes are the closing codes of the reasons for which streams end, and whether coming back is welcome.
var codes = map[string]struct {
	code      websocket.StatusCode
	reconnect bool
}{
	visitor.ReasonDrain: {closeDrain, true}, visitor.ReasonUnavailable: {closeDrain, true}, visitor.ReasonMoved: {closeDrain, true},
	visitor.ReasonSlow: {closeSlow, true}, visitor.ReasonEnded: {closeEnded, false}, visitor.ReasonEvicted: {websocket.StatusPolicyViolation, false},
	reasonOrigin: {websocket.StatusPolicyViolation, false}, reasonRate: {websocket.StatusPolicyViolation, false},
	reasonProtocol: {websocket.StatusPolicyViolation, false},
}

// Why this package ends connections, beside the reasons of streams.
const (
	reasonOrigin   = "origin"
	reasonRate     = "rate"
	reasonProtocol = "protocol" // it does not say who it is
	reasonGone     = "gone"     // the browser went away
)

// The kinds of live connection, for Hooks.
const (
	kindSocket = "webchat"
	kindEvents = "webchat-sse"
)

// registry knows the live connections.
type registry struct {
	limits   Limits
	mu       sync.Mutex
	draining bool
	total    int
	from     map[netip.Prefix]int
	of       map[int64][]*visitor.Stream // by visitor, the oldest first
	idle     chan struct{}               // closed when draining and nothing is left
}

func newRegistry(l Limits) *registry {
	return &registry{limits: l, from: map[netip.Prefix]int{}, of: map[int64][]*visitor.Stream{}, idle: make(chan struct{})}
}

// enter counts a connection from an address.
func (g *registry) enter(a netip.Prefix) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining || g.total >= g.limits.PerNode:
		return fault.New(fault.Unavailable, "this server takes no more connections; try again").After(time.Second)
	case g.from[a] >= g.limits.PerAddress:
		return fault.New(fault.Throttled, "too many connections from this address").After(10 * time.Second)
	}
	g.total++
	g.from[a]++
	return nil
}

func (g *registry) leave(a netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total--
	if g.from[a]--; g.from[a] == 0 {
		delete(g.from, a)
	}
	if g.draining && g.total == 0 {
		close(g.idle)
	}
}

// add takes a visitor's stream in; where it has too many, the oldest goes.
func (g *registry) add(id int64, x *visitor.Stream) {
	g.mu.Lock()
	g.of[id] = append(g.of[id], x)
	var oldest *visitor.Stream
	if len(g.of[id]) > g.limits.PerVisitor {
		oldest = g.of[id][0]
		g.of[id] = slices.Clone(g.of[id][1:])
	}
	isDraining := g.draining
	g.mu.Unlock()
	if oldest != nil {
		oldest.End(visitor.ReasonEvicted)
	}
	if isDraining {
		x.End(visitor.ReasonDrain)
	}
}

func (g *registry) remove(id int64, x *visitor.Stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.of[id], x); i >= 0 {
		g.of[id] = slices.Delete(slices.Clone(g.of[id]), i, i+1)
	}
	if len(g.of[id]) == 0 {
		delete(g.of, id)
	}
}

// Drain refuses new live connections and asks the open ones to come back, a few at a time. It returns when all are gone or the context ends. A
// second call only waits.
func (h *Handler) Drain(ctx context.Context) {
	g := h.live
	g.mu.Lock()
	isFirst := !g.draining
	g.draining = true
	if isFirst && g.total == 0 {
		close(g.idle)
	}
	var all []*visitor.Stream
	for _, of := range g.of {
		all = append(all, of...)
	}
	g.mu.Unlock()
	if isFirst {
		for i, x := range all {
			x.End(visitor.ReasonDrain)
			if i%50 == 49 && h.Clock.Sleep(ctx, min(h.Limits.DrainSpread*50/time.Duration(len(all)), h.Limits.DrainSpread)) != nil {
				break
			}
		}
	}
	select {
	case <-g.idle:
	case <-ctx.Done():
	}
}

// wire is what a live connection is written to.
type wire interface {
	tell(ctx context.Context, t told) error
}

// line is a live connection of a session.
type line struct {
	*Handler
	request  *http.Request
	session  visitor.Session
	stream   *visitor.Stream
	out      wire
	language string
	poke     chan struct{}    // a ping wants its answer
	gone     chan string      // the browser is gone, or has to go
	every    <-chan time.Time // something has to be written
}

// serve tells the connection what its stream gives, until one of them ends, and gives why.
func (l *line) serve(ctx context.Context) string {
	if l.out.tell(ctx, told{Type: "hello", Cursor: l.stream.Started().String(), Recovered: &l.stream.Recovered, PingSeconds: pingSeconds}) != nil {
		return reasonGone
	}
	for {
		item, ok, reason := l.stream.Next(ctx)
		if ok {
			reason = l.show(ctx, item)
		}
		if reason != "" {
			return reason
		}
		if ok {
			continue
		}
		select {
		case <-l.stream.Wake():
		case <-l.poke:
			if l.out.tell(ctx, told{Type: "pong", Cursor: l.stream.Position().String()}) != nil {
				return visitor.ReasonSlow
			}
		case <-l.every:
			if l.out.tell(ctx, told{}) != nil {
				return reasonGone
			}
		case why := <-l.gone:
			return why
		case <-ctx.Done():
			return reasonGone
		}
	}
}

// show tells one thing; a reason says that the connection is over.
func (l *line) show(ctx context.Context, item visitor.Item) string {
	t := toldOf(item)
	if item.Kind == visitor.Settings {
		x, err := l.Visitors.Again(ctx, l.session)
		switch {
		case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.NotFound):
			return visitor.ReasonEnded
		case err != nil:
			return visitor.ReasonUnavailable
		case !l.isAllowed(l.request, x.Window):
			return reasonOrigin
		}
		now := settingsOf(x.Window, l.language)
		t.Settings = &now
	}
	if l.out.tell(ctx, t) != nil {
		return visitor.ReasonSlow
	}
	return ""
}

// bye is the last thing a connection is told.
func bye(reason string) told {
	r := codes[reason].reconnect
	return told{Type: "bye", Reason: reason, Reconnect: &r}
}

// after reads a cursor; what is none is one that is too old.
func after(s string) *event.Cursor {
	if s == "" {
		return nil
	}
	c, err := event.ParseCursor(s)
	if err != nil {
		return &event.Cursor{Epoch: "none"}
	}
	return &c
}

func (h *Handler) opened(kind string) {
	if h.Hooks.Opened != nil {
		h.Hooks.Opened(kind)
	}
}

func (h *Handler) closed(kind, reason string) {
	if h.Hooks.Closed != nil {
		h.Hooks.Closed(kind, reason)
	}
}

// socketWire writes to a WebSocket.
type socketWire struct {
	h *Handler
	c *websocket.Conn
}

func (s socketWire) tell(ctx context.Context, t told) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.h.Limits.Write)
	defer cancel()
	return s.c.Write(ctx, websocket.MessageText, b)
}

// socket serves a WebSocket.
func (h *Handler) socket(w http.ResponseWriter, r *http.Request) {
	from := h.from(r)
	err := h.count(r, "address", from.String(), perAddress)
	if err == nil {
		err = h.live.enter(from)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer h.live.leave(from)
	// From where it comes is looked at once it has said for which window.
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it was answered
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(maxBody / 4)
	h.opened(kindSocket)
	h.closed(kindSocket, h.talk(r, c))
}

// talk serves a socket until it ends, and gives why.
func (h *Handler) talk(r *http.Request, c *websocket.Conn) string {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	in, err := h.receive(ctx, c, h.Limits.Init)
	if err != nil {
		return reasonGone
	}
	if c.Subprotocol() != protocol || in.Type != "init" {
		return h.farewell(ctx, c, reasonProtocol)
	}
	x, reason := h.enter(r, in)
	if reason != "" {
		return h.farewell(ctx, c, reason)
	}
	s, err := h.Visitors.Open(ctx, x, after(in.Cursor), in.Page.known())
	if err != nil {
		return h.farewell(ctx, c, visitor.ReasonUnavailable)
	}
	h.live.add(x.VisitorID, s)
	l := &line{Handler: h, request: r, session: x, stream: s, out: socketWire{h, c}, language: r.Header.Get("Accept-Language"),
		poke: make(chan struct{}, 1), gone: make(chan string, 1)}
	var wg sync.WaitGroup
	wg.Go(func() { l.gone <- l.listen(ctx, c) })
	reason = l.serve(ctx)
	h.live.remove(x.VisitorID, s)
	s.Close(context.WithoutCancel(ctx))
	h.farewell(ctx, c, reason)
	cancel()
	wg.Wait()
	return reason
}

// enter finds the session that a socket names; where it may not be served the reason says why.
func (h *Handler) enter(r *http.Request, in command) (visitor.Session, string) {
	x, err := h.Visitors.Authenticate(r.Context(), in.VisitorToken)
	if err == nil && !h.isAllowed(r, x.Window) {
		return x, reasonOrigin
	}
	if err == nil {
		err = h.count(r, "visitor", strconv.FormatInt(x.VisitorID, 10), perVisitor)
	}
	switch fault.Of(err) {
	case "":
		return x, ""
	case fault.Unauthenticated:
		return x, visitor.ReasonEnded
	case fault.Throttled:
		return x, reasonRate
	}
	return x, visitor.ReasonUnavailable
}

// farewell says why a socket ends and closes it, with the code of the reason.
func (h *Handler) farewell(ctx context.Context, c *websocket.Conn, reason string) string {
	end, ok := codes[reason]
	if !ok {
		return reason
	}
	if (socketWire{h, c}).tell(ctx, bye(reason)) == nil {
		_ = c.Close(end.code, reason)
	}
	return reason
}

func (h *Handler) receive(ctx context.Context, c *websocket.Conn, within time.Duration) (command, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, b, err := c.Read(ctx)
	if err != nil {
		return command{}, err
	}
	var in command
	// What is no JSON is a command of a type that nobody knows.
	_ = json.Unmarshal(b, &in)
	return in, nil
}

// commands is how much a socket may say in a minute.
const commands = 300

// listen follows what a socket says until it ends, and gives why.
func (l *line) listen(ctx context.Context, c *websocket.Conn) string {
	said, since := 0, l.Clock.Now()
	for {
		in, err := l.receive(ctx, c, l.Limits.Silence)
		if err != nil {
			return reasonGone
		}
		if now := l.Clock.Now(); now.Sub(since) >= time.Minute {
			said, since = 0, now
		}
		if said++; said > commands {
			return reasonRate
		}
		switch in.Type {
		case "ping":
			select {
			case l.poke <- struct{}{}:
			default: // one answer is enough
			}
		case "ack":
			err = l.Visitors.Received(ctx, l.session, in.UpTo)
		case "read":
			err = l.Visitors.Read(ctx, l.session, in.UpTo)
		case "page":
			err = l.Visitors.SetPage(ctx, l.session, visitor.Page{URL: in.URL, Title: in.Title})
		case "typing":
			err = l.Visitors.Typing(ctx, l.session, in.IsTyping)
		}
		if err != nil && ctx.Err() == nil {
			l.Log.WarnContext(ctx, "what a chat window said could not be kept", "type", in.Type, "error", err)
			return visitor.ReasonUnavailable // it says it again when it is back
		}
	}
}

// streamWire writes server-sent events.
type streamWire struct {
	h       *Handler
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s streamWire) tell(_ context.Context, t told) error {
	b := []byte(":\n\n")
	if t.Type != "" {
		j, err := json.Marshal(t)
		if err != nil {
			return err
		}
		b = append(append([]byte("data: "), j...), "\n\n"...)
	}
	_ = s.control.SetWriteDeadline(s.h.Clock.Now().Add(s.h.Limits.Write))
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

// events serves server-sent events, for browsers behind what breaks WebSockets.
func (h *Handler) events(w http.ResponseWriter, r *http.Request) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	from := h.from(r)
	if err := h.live.enter(from); err != nil {
		return err
	}
	defer h.live.leave(from)
	s, err := h.Visitors.Open(r.Context(), x, after(r.URL.Query().Get("cursor")), nil)
	if err != nil {
		return err
	}
	defer s.Close(context.WithoutCancel(r.Context()))
	h.live.add(x.VisitorID, s)
	defer h.live.remove(x.VisitorID, s)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	h.opened(kindEvents)
	ticker := h.Clock.Ticker(h.Limits.Comment)
	defer ticker.Stop()
	l := &line{Handler: h, request: r, session: x, stream: s, out: streamWire{h, w, http.NewResponseController(w)}, language: r.Header.Get("Accept-Language"), every: ticker.C}
	reason := l.serve(r.Context())
	if _, ok := codes[reason]; ok {
		// Who is gone needs no good-bye.
		_ = l.out.tell(r.Context(), bye(reason))
	}
	h.closed(kindEvents, reason)
	return nil
}
