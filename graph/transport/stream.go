package transport

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// stream is the wire of server-sent events: one operation a request, the distinct connections mode of
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (read 2026-11-21).
type stream struct {
	h       *Handler
	s       *session
	w       http.ResponseWriter
	rc      *http.ResponseController
	wake    chan struct{} // something may be there to write
	isQuiet atomic.Bool   // a comment is due
	wrote   atomic.Int64  // when something was written last, Unix nanoseconds

	mu       sync.Mutex
	hurried  bool
	isServed bool // the request is over and w may not be touched
}

// serveStream executes the operation and streams what it gives. It returns when the stream has ended.
func (h *Handler) serveStream(a *answer, r *http.Request, who Identity, p *graphql.RawParams) {
	c := &stream{h: h, w: a.w, rc: http.NewResponseController(a.w), wake: make(chan struct{}, 1)}
	s := newSession(h, r, c)
	c.s = s
	full := isNodeFull
	if !h.draining.Load() {
		full = h.sessions.add(s, h.cfg.Limits)
	}
	if full != isRoom {
		c.refuse(a, full)
		return
	}
	if h.cfg.Hooks.Opened != nil {
		h.cfg.Hooks.Opened(c.kind())
	}
	defer c.over()
	defer s.finish()
	if h.draining.Load() {
		s.close(goodbyeDrain)
	}
	if !s.admit(a.ctx, who) {
		c.refuse(a, isAddressFull)
		return
	}
	stop := context.AfterFunc(r.Context(), func() { s.close(goodbye{reason: "client"}) })
	defer stop()

	a.written = true
	head := a.w.Header()
	head.Set("Content-Type", typeStream+"; charset=utf-8")
	head.Set("Cache-Control", "no-cache, no-transform")
	head.Set("X-Accel-Buffering", "no")
	head.Set("X-Content-Type-Options", "nosniff")
	a.w.WriteHeader(http.StatusOK)
	if c.write([]byte(":\n\n")) != nil {
		return
	}
	op, _, _ := s.begin("", nil)
	out := s.run(op, p, func(kind ast.Operation) error {
		if r.Method == http.MethodGet && kind == ast.Mutation {
			return fault.New(fault.Invalid, "GET is for queries and subscriptions; a mutation needs POST")
		}
		return nil
	})
	switch {
	case out.sub != nil:
		c.deliver(op)
	case out.response != nil:
		payload, err := encode(out.response, out.isExecuted)
		if err != nil {
			payload, _ = encode(broken(), true)
		}
		_ = c.write(appendComplete(appendNext(nil, payload)))
	default: // it ended before the operation did
		_ = c.write(appendComplete(nil))
	}
}

// refuse answers where there is no place.
func (c *stream) refuse(a *answer, why crowd) {
	a.w.Header().Set("Retry-After", "1")
	status, kind := http.StatusServiceUnavailable, fault.Unavailable
	if why == isAddressFull {
		status, kind = http.StatusTooManyRequests, fault.Throttled
	}
	a.write(status, c.h.faulty(a.ctx, fault.New(kind, "%s", noPlace[why])), false)
}

// deliver writes what is due until the stream or the session ends.
func (c *stream) deliver(op *operation) {
	for {
		buf := buffers.Get().(*[]byte)
		frames, isLast := c.collect(buf, op)
		if c.isQuiet.Swap(false) && len(*buf) == 0 {
			*buf = append(*buf, ":\n\n"...)
		}
		var err error
		n := len(*buf)
		if n > 0 {
			err = c.write(*buf)
		}
		putBuffer(buf)
		if err != nil {
			c.s.close(goodbyeSlow)
			return
		}
		if frames > 0 && c.h.cfg.Hooks.Delivered != nil {
			c.h.cfg.Hooks.Delivered(c.kind(), frames, n)
		}
		if isLast {
			return
		}
		if n > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-c.s.parted:
			c.part(op)
			return
		}
	}
}

func (c *stream) collect(buf *[]byte, op *operation) (frames int, isLast bool) {
	for len(*buf) < burst {
		f, ok := c.s.next(op)
		if !ok {
			return frames, false
		}
		if len(f.Payload) > 0 {
			*buf = appendNext(*buf, f.Payload)
			frames++
		}
		if f.Last {
			*buf = appendComplete(*buf)
			return frames, true
		}
	}
	return frames, false
}

// part says why the session ends: StreamEnded as a last `next`, then `complete`.
func (c *stream) part(op *operation) {
	bye := c.s.farewell()
	if bye.code == 0 {
		return // the client is gone
	}
	if !planted.Is("stream-ended-not-sent") {
		op.sub.End(live.Ended{Reason: bye.reason, Resubscribe: bye.resubscribe})
	}
	var b []byte
	ctx, cancel := context.WithTimeout(*c.s.ctx.Load(), linger)
	defer cancel()
	if f, ok := op.sub.Next(ctx); ok && len(f.Payload) > 0 {
		b = appendNext(b, f.Payload)
	}
	_ = c.write(appendComplete(b))
}

func appendNext(b, payload []byte) []byte {
	b = append(b, "event: next\ndata: "...)
	if bytes.IndexByte(payload, '\n') < 0 {
		b = append(b, payload...)
	} else { // a line break can only be space between the tokens of JSON
		b = append(b, bytes.ReplaceAll(payload, []byte("\n"), []byte(" "))...)
	}
	return append(b, "\n\n"...)
}

func appendComplete(b []byte) []byte { return append(b, "event: complete\ndata: \n\n"...) }

func (c *stream) write(b []byte) error {
	c.mu.Lock()
	if !c.hurried {
		_ = c.rc.SetWriteDeadline(clock.Real{}.Now().Add(c.h.cfg.Limits.Write))
	}
	c.mu.Unlock()
	if _, err := c.w.Write(b); err != nil {
		return err
	}
	c.wrote.Store(c.h.cfg.Clock.Now().UnixNano())
	return c.rc.Flush()
}

func (c *stream) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isServed = true
	_ = c.rc.SetWriteDeadline(time.Time{}) // the connection may be used again
}

func (c *stream) nudge(bool) {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *stream) kind() string { return "sse" }

// warn does nothing: what the stream shows says it.
func (c *stream) warn(time.Time) {}

func (c *stream) hurry(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hurried && !c.isServed {
		c.hurried = true
		_ = c.rc.SetWriteDeadline(clock.Real{}.Now().Add(d))
	}
}

func (c *stream) cut() {
	c.s.close(goodbye{reason: "cut"})
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isServed {
		c.hurried = true
		_ = c.rc.SetWriteDeadline(clock.Real{}.Now())
	}
}

// tick has a comment written where nothing else was, so that what stands between sees life.
func (c *stream) tick(now time.Time) {
	if now.UnixNano()-c.wrote.Load() >= int64(c.h.cfg.Limits.Ping) {
		c.isQuiet.Store(true)
		c.s.nudge()
	}
}
