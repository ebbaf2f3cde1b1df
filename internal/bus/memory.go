package bus

import (
	"context"
	"sync"
)

// Memory is the bus of a single server: messages stay in the process.
type Memory struct {
	mu     sync.RWMutex
	subs   map[string]map[*subscriber]struct{}
	closed bool
}

// NewMemory makes a bus for a single server.
func NewMemory() *Memory { return &Memory{subs: map[string]map[*subscriber]struct{}{}} }

// subscriber hands messages to one function from one goroutine, in order. Beyond queueSize the oldest are dropped: they are hints.
type subscriber struct {
	f     func(Message)
	queue chan Message
	done  chan struct{}
	once  sync.Once
}

const queueSize = 1024

func newSubscriber(f func(Message)) *subscriber {
	s := &subscriber{f: f, queue: make(chan Message, queueSize), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *subscriber) run() {
	for {
		select {
		case m := <-s.queue:
			s.f(m)
		case <-s.done:
			return
		}
	}
}

func (s *subscriber) offer(m Message) {
	for {
		select {
		case s.queue <- m:
			return
		default:
		}
		select {
		case <-s.queue:
		default:
		}
	}
}

func (s *subscriber) stop() { s.once.Do(func() { close(s.done) }) }

// Publish implements Bus.
func (b *Memory) Publish(_ context.Context, m Message) error {
	b.deliver(m)
	return nil
}

func (b *Memory) deliver(m Message) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for s := range b.subs[m.Topic] {
		s.offer(m)
	}
}

// Subscribe implements Bus.
func (b *Memory) Subscribe(topic string, f func(Message)) (stop func()) {
	s := newSubscriber(f)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.stop()
		return func() {}
	}
	if b.subs[topic] == nil {
		b.subs[topic] = map[*subscriber]struct{}{}
	}
	b.subs[topic][s] = struct{}{}
	return func() {
		b.mu.Lock()
		delete(b.subs[topic], s)
		b.mu.Unlock()
		s.stop()
	}
}

// Ping implements Bus: there is nobody else to reach.
func (b *Memory) Ping(context.Context) error { return nil }

// Close implements Bus.
func (b *Memory) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for topic, subs := range b.subs {
		for s := range subs {
			s.stop()
		}
		delete(b.subs, topic)
	}
	return nil
}
