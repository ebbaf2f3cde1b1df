// Package bus carries hints between servers: "team T has reached N", and things that may be lost (typing, presence). Losing, doubling or
// reordering every message costs latency and never data. One implementation lives in the process (Memory), one in Redis (Redis); they
// pass the same suite.
package bus

import "context"

// Message is one message of the bus. It carries ids and positions, never content.
type Message struct {
	Topic   string // "log", "typing", "presence", "auth"
	TeamID  int64
	Payload []byte // small JSON of the topic's own
}

// Bus publishes to every server, this one included.
type Bus interface {
	// Publish hands the message on. It never blocks for longer than the context allows, and an error may be ignored: the message is a hint.
	Publish(ctx context.Context, m Message) error
	// Subscribe calls f for every message until stop is called, from one goroutine, in order of arrival. f must not block.
	Subscribe(topic string, f func(Message)) (stop func())
	// Ping says whether other servers can be reached now.
	Ping(ctx context.Context) error
	// Close stops everything; a second call does nothing.
	Close() error
}
