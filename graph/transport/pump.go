package transport

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// pump writes for all sockets with a few goroutines: what is due is collected and written by whichever worker is free, with its stack and buffers warm. A goroutine for
// each connection costs a wake-up for every delivery and a stack for every idle connection. A worker never waits for a client: what a socket
// does not take at once is left to a goroutine of its own (socket.finishSlowly). One worker is the cheapest, since two are in each other's way in the kernel: others
// join where much waits, and where a worker makes no progress, since it may wait for the database.
type pump struct {
	ctx   context.Context
	spawn func(func()) bool
	limit int

	mu      sync.Mutex
	ready   []*socket // those with something to do, first come first served
	head    int
	taken   int // how many were taken from ready
	workers int
	isWatch bool // somebody looks whether the workers make progress
}

const (
	backlog = 1024             // sockets that wait for one worker, some 10 ms of work
	stall   = time.Millisecond // without progress
)

// scratch is what a worker needs, kept from one socket to the next.
type scratch struct {
	buf   []byte
	queue [][]byte
	subs  []*operation
}

func newPump(ctx context.Context, spawn func(func()) bool) *pump {
	return &pump{ctx: ctx, spawn: spawn, limit: max(16, 4*runtime.GOMAXPROCS(0))}
}

// turn says whether a socket is being worked on.
type turn struct{ state atomic.Int32 }

const (
	isIdle    = iota
	isQueued  // in ready
	isRunning // in the hands of one goroutine
	isAgain   // and something came meanwhile
)

// push has the socket worked on. Urgent work gets a worker even if all others wait for something.
func (p *pump) push(c *socket, isUrgent bool) {
	for {
		switch s := c.turn.state.Load(); s {
		case isIdle:
			if c.turn.state.CompareAndSwap(isIdle, isQueued) {
				p.queue(c, isUrgent)
				return
			}
		case isRunning:
			if c.turn.state.CompareAndSwap(isRunning, isAgain) {
				return
			}
		default:
			if isUrgent && s == isQueued {
				p.help()
			}
			return
		}
	}
}

func (p *pump) queue(c *socket, isUrgent bool) {
	p.mu.Lock()
	p.ready = append(p.ready, c)
	isShort := isUrgent || p.workers < p.limit && len(p.ready)-p.head > p.workers*backlog
	isShort = isShort || p.workers == 0
	if isShort {
		p.workers++
	}
	isUnwatched := !p.isWatch
	p.isWatch = true
	p.mu.Unlock()
	if isShort {
		p.start()
	}
	if isUnwatched && !p.spawn(p.watch) {
		p.mu.Lock()
		p.isWatch = false
		p.mu.Unlock()
	}
}

// watch adds a worker wherever nothing was taken for a while, until nothing waits.
func (p *pump) watch() {
	for taken := -1; ; {
		if (clock.Real{}).Sleep(p.ctx, stall) != nil {
			return
		}
		p.mu.Lock()
		if p.head == len(p.ready) {
			p.isWatch = false
			p.mu.Unlock()
			return
		}
		isStalled := p.taken == taken && p.workers < p.limit
		if isStalled {
			p.workers++
		}
		taken = p.taken
		p.mu.Unlock()
		if isStalled {
			p.start()
		}
	}
}

func (p *pump) help() {
	p.mu.Lock()
	p.workers++
	p.mu.Unlock()
	p.start()
}

func (p *pump) start() {
	if !p.spawn(p.work) {
		p.mu.Lock()
		p.workers--
		p.mu.Unlock()
	}
}

// done ends a goroutine's turn with a socket.
func (p *pump) done(c *socket) {
	if c.turn.state.CompareAndSwap(isRunning, isIdle) {
		return
	}
	c.turn.state.Store(isQueued)
	p.queue(c, false)
}

func (p *pump) work() {
	s := &scratch{buf: make([]byte, 0, 4<<10)}
	for {
		c := p.next()
		if c == nil {
			return
		}
		c.turn.state.Store(isRunning)
		if isOurs := c.work(s); isOurs {
			p.done(c)
		}
		if cap(s.buf) > 2*burst {
			s.buf = make([]byte, 0, 4<<10)
		}
	}
}

// next gives a socket to work on; nil ends the worker.
func (p *pump) next() *socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head == len(p.ready) {
		p.ready, p.head = p.ready[:0], 0
		if cap(p.ready) > 4096 {
			p.ready = nil
		}
		p.workers--
		return nil
	}
	c := p.ready[p.head]
	p.ready[p.head] = nil
	p.head++
	p.taken++
	return c
}
