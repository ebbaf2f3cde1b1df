package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// channels is into how many channels of Redis the teams of a topic are spread.
const channels = 64

// Redis is the bus of several servers. While Redis is away messages reach this server's own subscribers alone; it is found again by itself.
type Redis struct {
	client *redis.Client
	prefix string
	log    *slog.Logger
	clock  clock.Clock
	local  *Memory
	self   string

	mu     sync.Mutex
	sub    *redis.PubSub
	cancel context.CancelFunc
	done   chan struct{}
	closed bool
}

// envelope is a message on its way through Redis. From tells a server its own messages, which it has already delivered.
type envelope struct {
	From    string          `json:"f"`
	Topic   string          `json:"t"`
	Team    int64           `json:"n"`
	Payload json.RawMessage `json:"p,omitempty"`
}

// NewRedis joins the servers that use the same Redis and prefix. url is redis://… or rediss://…; self names this server and differs from
// every other's. It does not wait for Redis.
func NewRedis(url, prefix, self string, c clock.Clock, log *slog.Logger) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL must look like redis://:password@host:6379/0: %w", err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	o.MaxRetries = 1
	b := &Redis{client: redis.NewClient(o), prefix: prefix, log: log, clock: c, local: NewMemory(), self: self, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	// go-redis subscribes again by itself whenever the connection comes back.
	b.sub = b.client.PSubscribe(ctx, prefix+":*")
	go b.receive(ctx)
	return b, nil
}

// receive hands on what other servers publish.
func (b *Redis) receive(ctx context.Context) {
	defer close(b.done)
	for {
		m, err := b.sub.ReceiveMessage(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.log.WarnContext(ctx, "redis does not answer; other servers' hints come late", "error", err)
			if b.clock.Sleep(ctx, 200*time.Millisecond) != nil {
				return
			}
			continue
		}
		var e envelope
		if json.Unmarshal([]byte(m.Payload), &e) != nil || e.From == b.self {
			continue
		}
		b.local.deliver(Message{Topic: e.Topic, TeamID: e.Team, Payload: e.Payload})
	}
}

// Publish implements Bus. This server's own subscribers hear it whether or not Redis answers.
func (b *Redis) Publish(ctx context.Context, m Message) error {
	b.local.deliver(m)
	e, err := json.Marshal(envelope{From: b.self, Topic: m.Topic, Team: m.TeamID, Payload: m.Payload})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	name := strings.Join([]string{b.prefix, m.Topic, strconv.FormatInt(m.TeamID%channels, 10)}, ":")
	return b.client.Publish(ctx, name, e).Err()
}

// Subscribe implements Bus.
func (b *Redis) Subscribe(topic string, f func(Message)) (stop func()) {
	return b.local.Subscribe(topic, f)
}

// Ping implements Bus.
func (b *Redis) Ping(ctx context.Context) error { return b.client.Ping(ctx).Err() }

// Close implements Bus.
func (b *Redis) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.cancel()
	_ = b.sub.Close()
	<-b.done
	_ = b.local.Close()
	return b.client.Close()
}
