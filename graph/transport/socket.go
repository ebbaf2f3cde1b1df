package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// subprotocol is the only one that is spoken: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (read 2026-11-21).
const subprotocol = "graphql-transport-ws"

// burst is how much goes into one write: whatever waits, up to here.
const burst = 64 << 10

// linger is how long a client has to answer our close frame.
const linger = time.Second

// buffers are for writing where no worker brings its own.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func putBuffer(b *[]byte) {
	if cap(*b) <= 2*burst {
		*b = (*b)[:0]
		buffers.Put(b)
	}
}

// socket is the wire of a WebSocket.
type socket struct {
	h    *Handler
	s    *session
	conn net.Conn
	r    *http.Request // the upgrade, until connection_init
	turn turn

	raw     syscall.RawConn // nil where the connection has none, as with TLS
	attempt func(fd uintptr) bool
	out     []byte // what attempt writes, and what came of it
	wrote   int
	failure error
	isDone  bool          // nothing is written any more; of whose turn it is
	written chan struct{} // closed then

	isBegun bool         // connection_init came; of the reader
	isAcked bool         // and was answered; of the reader
	heard   atomic.Int64 // when something came last, Unix nanoseconds
	pinged  atomic.Int64 // when the ping that waits for an answer was sent; 0 where none does

	mu      sync.Mutex
	hurried bool // the deadline of writes is set for good
}

// serveSocket opens a socket and returns; the connection goes on in goroutines of its own, whose stacks are not grown by what is
// in front of this handler.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	accept, status, text := upgradeKey(r)
	switch {
	case accept == "":
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", "13")
	case r.Header.Get("Origin") != "" && !h.cfg.AllowOrigin(r.Header.Get("Origin"), r):
		status, text = http.StatusForbidden, "this origin may not open a socket"
	case !hasToken(r.Header, "Sec-WebSocket-Protocol", subprotocol):
		status, text = http.StatusBadRequest, "the subprotocol must be "+subprotocol
	case h.draining.Load():
		w.Header().Set("Retry-After", "1")
		status, text = http.StatusServiceUnavailable, noPlace[isNodeFull]
	default:
		switch full := h.sessions.room(h.address(r), h.cfg.Limits); full {
		case isNodeFull:
			status, text = http.StatusServiceUnavailable, noPlace[full]
		case isAddressFull:
			status, text = http.StatusTooManyRequests, noPlace[full]
		}
		if status != 0 {
			w.Header().Set("Retry-After", "1")
		}
	}
	if status != 0 {
		http.Error(w, text, status)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "sockets need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	early = append([]byte(nil), early...)
	c := &socket{h: h, conn: conn, r: r, written: make(chan struct{})}
	if sc, ok := conn.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	c.attempt = func(fd uintptr) bool {
		c.wrote, c.failure = writeNow(fd, c.out)
		return true
	}
	c.s = newSession(h, r, c)
	c.heard.Store(h.cfg.Clock.Now().UnixNano())
	if !h.spawn(func() { c.serve(accept, early) }) {
		_ = conn.Close()
	}
}

func (c *socket) serve(accept string, early []byte) {
	defer c.conn.Close()
	hello := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept +
		"\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n"
	_ = c.conn.SetDeadline(time.Time{}) // the HTTP server's own
	if c.write([]byte(hello)) != nil || c.h.sessions.add(c.s, c.h.cfg.Limits) != isRoom {
		return
	}
	if c.h.cfg.Hooks.Opened != nil {
		c.h.cfg.Hooks.Opened(c.kind())
	}
	defer c.s.finish()
	if c.h.draining.Load() { // Drain may have listed the sessions just before
		c.s.close(goodbyeDrain)
	}
	c.readAll(early)
	select {
	case <-c.written:
	case <-c.h.ctx.Done(): // Close cuts everybody off
	}
}

// readAll reads until the connection ends, and says goodbye where it ended for a reason.
func (c *socket) readAll(early []byte) {
	_ = c.conn.SetReadDeadline(clock.Real{}.Now().Add(c.h.cfg.Limits.Init))
	var r io.Reader = c.conn
	if len(early) > 0 {
		r = io.MultiReader(&prefix{early}, c.conn)
	}
	m := &messages{r: bufio.NewReaderSize(r, 512), max: c.h.cfg.Limits.Message, control: c.control}
	for {
		op, text, err := m.next()
		if err == nil && !c.s.isOver() {
			c.heard.Store(c.h.cfg.Clock.Now().UnixNano())
			aside(func() { err = c.receive(op, text) })
		}
		if err == nil {
			continue
		}
		bye := &closeError{}
		var timeout net.Error
		switch {
		case errors.As(err, &bye) && bye.isPeer:
			c.s.close(goodbye{code: bye.code, reason: "client", isEcho: true})
			return
		case errors.As(err, &bye):
			c.s.close(goodbye{code: bye.code, reason: bye.reason})
			// What the client still sends is read for a moment: to close with data unread would reset the connection and lose the close frame.
			_ = c.conn.SetReadDeadline(clock.Real{}.Now().Add(linger))
			_, _ = io.Copy(io.Discard, io.LimitReader(c.conn, 1<<20))
			return
		case errors.As(err, &timeout) && timeout.Timeout() && !c.isBegun && !c.s.isOver():
			c.s.close(goodbye{code: 4408, reason: "Connection initialisation timeout"})
			return
		default:
			c.s.close(goodbye{code: 1005, reason: "client", isEcho: true})
			return
		}
	}
}

// prefix reads what the HTTP server had read beyond the request, and frees it.
type prefix struct{ b []byte }

func (p *prefix) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		p.b = nil
		return 0, io.EOF
	}
	n := copy(b, p.b)
	p.b = p.b[n:]
	return n, nil
}

func (c *socket) control(op byte, payload []byte) error {
	c.heard.Store(c.h.cfg.Clock.Now().UnixNano())
	if op == opPing {
		c.s.enqueue(appendFrame(nil, opPong, payload))
	}
	return nil
}

// work writes what is due, and the goodbye when the session ends. It gives false where a goroutine of its own goes on.
func (c *socket) work(s *scratch) (isOurs bool) {
	if c.isDone {
		return true
	}
	s.buf = s.buf[:0]
	var bye *goodbye
	s.queue, s.subs, bye = c.s.take(s.queue, s.subs)
	for _, m := range s.queue {
		s.buf = append(s.buf, m...)
	}
	clear(s.queue)
	frames := 0
	if bye == nil {
		frames = c.collect(&s.buf, s.subs)
	} else {
		reason := bye.reason
		if bye.isEcho {
			reason = ""
		}
		s.buf = appendClose(s.buf, bye.code, reason)
	}
	clear(s.subs)
	if len(s.buf) == 0 {
		return true
	}
	n, err := c.writeNow(s.buf)
	if err == nil && n < len(s.buf) {
		rest := append([]byte(nil), s.buf[n:]...)
		if !c.h.spawn(func() { c.finishSlowly(rest, bye, frames, len(rest)+n) }) {
			_ = c.conn.Close()
		}
		return false
	}
	c.after(err, bye, frames, len(s.buf))
	return true
}

// finishSlowly writes what the socket did not take at once, for as long as the limit allows.
func (c *socket) finishSlowly(rest []byte, bye *goodbye, frames, bytes int) {
	err := c.write(rest)
	c.after(err, bye, frames, bytes)
	c.h.pump.done(c)
}

// after deals with what came of a write.
func (c *socket) after(err error, bye *goodbye, frames, bytes int) {
	switch {
	case err != nil: // too slow, or gone: its reader must not wait for it
		c.s.close(goodbyeSlow)
		_ = c.conn.Close()
		c.isDone = true
		close(c.written)
	case bye != nil:
		_ = c.conn.SetReadDeadline(clock.Real{}.Now().Add(linger))
		c.isDone = true
		close(c.written)
	default:
		if frames > 0 && c.h.cfg.Hooks.Delivered != nil {
			c.h.cfg.Hooks.Delivered(c.kind(), frames, bytes)
		}
		if bytes >= burst { // there may be more that was left
			c.s.nudge()
		}
	}
}

// collect puts the frames that are due into the buffer, of all subscriptions in turn.
func (c *socket) collect(buf *[]byte, subs []*operation) (frames int) {
	for _, op := range subs {
		for len(*buf) < burst {
			f, ok := c.s.next(op)
			if !ok {
				break
			}
			if len(f.Payload) > 0 {
				*buf = appendFrame(*buf, opText, op.prefix, f.Payload, suffix)
				frames++
			}
			if f.Last {
				if c.s.end(op) {
					*buf = appendFrame(*buf, opText, complete(op.id))
				}
				break
			}
			if f.Settled {
				break
			}
		}
	}
	return frames
}

// writeNow writes what the socket takes without waiting.
func (c *socket) writeNow(b []byte) (int, error) {
	if c.raw == nil {
		return 0, nil
	}
	c.out = b
	err := c.raw.Write(c.attempt)
	c.out = nil
	if err != nil {
		return 0, err
	}
	return c.wrote, c.failure
}

// write writes everything, within the limit.
func (c *socket) write(b []byte) error {
	c.setDeadline(clock.Real{}.Now().Add(c.h.cfg.Limits.Write))
	_, err := c.conn.Write(b)
	c.setDeadline(time.Time{})
	return err
}

func (c *socket) setDeadline(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hurried && !planted.Is("no-write-deadline") {
		_ = c.conn.SetWriteDeadline(at)
	}
}

func (c *socket) nudge(isUrgent bool) { c.h.pump.push(c, isUrgent) }

func (c *socket) kind() string { return "websocket" }

// warn is a ping of the protocol: stock clients answer it and hand what it says to who listens.
func (c *socket) warn(at time.Time) {
	said := []byte("null")
	if !at.IsZero() {
		said = at.UTC().AppendFormat(nil, `"2006-01-02T15:04:05Z"`)
	}
	c.s.enqueue(appendFrame(nil, opText, []byte(`{"type":"ping","payload":{"idleAt":`), said, []byte("}}")))
}

// noPlace says why a connection is not taken.
var noPlace = map[crowd]string{
	isNodeFull:    "this server takes no more connections; try again",
	isAddressFull: "there are too many connections from this address",
}

func (c *socket) hurry(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hurried {
		c.hurried = true
		_ = c.conn.SetWriteDeadline(clock.Real{}.Now().Add(d))
	}
}

func (c *socket) cut() { _ = c.conn.Close() }

// tick sends pings to a client that has been silent and cuts off one that does not answer.
func (c *socket) tick(now time.Time) {
	heard, pinged := c.heard.Load(), c.pinged.Load()
	switch {
	case pinged != 0 && heard >= pinged:
		c.pinged.Store(0)
	case pinged != 0:
		if now.UnixNano()-pinged >= int64(c.h.cfg.Limits.Pong) {
			c.s.close(goodbye{code: 1001, reason: "no pong"})
			c.cut()
		}
	case now.UnixNano()-heard >= int64(c.h.cfg.Limits.Ping):
		c.pinged.Store(now.UnixNano())
		c.s.enqueue(appendFrame(nil, opPing))
	}
}

// authenticate finds out who the client is, from connection_init or else from the upgrade.
func (c *socket) authenticate(payload map[string]any) error {
	token := ""
	for _, k := range []string{"authorization", "Authorization"} {
		if v, ok := payload[k].(string); ok && token == "" {
			token = bearer(v)
		}
	}
	if token == "" {
		token = bearer(c.r.Header.Get("Authorization"))
	}
	ctx, cancel := context.WithTimeout(context.WithValue(c.s.base, payloadKey{}, payload), c.h.cfg.Limits.Request)
	defer cancel()
	var who Identity
	var err error
	if failure := c.h.guard(ctx, func() { ctx, who, err = c.h.cfg.Authenticate(ctx, token, c.r) }); failure != nil {
		err = failure
	}
	switch fault.Of(err) {
	case "":
	case fault.Unavailable, fault.Internal, fault.Throttled:
		return &closeError{code: 1013, reason: "Try again later"}
	default:
		return &closeError{code: 4403, reason: "Forbidden"}
	}
	c.r = nil
	if !c.s.admit(ctx, who) {
		return &closeError{code: 1013, reason: "Try again later"}
	}
	return nil
}
