package fake

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// deliveriesKept bounds the memory of a fake that runs for days in a demo.
const deliveriesKept = 100_000

// Delivery is one request to send that a platform accepted. A repetition it recognised as such is none.
type Delivery struct {
	Seq       int64     `json:"seq"` // 1, 2, 3… in the order of acceptance
	At        time.Time `json:"at"`
	Account   string    `json:"account"`   // the platform's id of the account that sent
	Operation string    `json:"operation"` // by the fake platform's names, "push"
	To        []string  `json:"to"`
	RetryKey  string    `json:"retryKey,omitempty"`
	RequestID string    `json:"requestId"`
	Messages  []Message `json:"messages"`
	Reached   bool      `json:"reached"` // false: accepted, and nobody gets it, as from an account its person blocked
}

// Message is one message of a delivery.
type Message struct {
	ID         string          `json:"id"`
	QuoteToken string          `json:"quoteToken,omitempty"`
	Body       json.RawMessage `json:"body"` // as it was sent
}

// Journal remembers what a platform accepted, the newest 100,000. It is safe for concurrent use.
type Journal struct {
	mu         sync.Mutex
	deliveries []Delivery
	seq        int64
	changed    chan struct{}
}

// NewJournal makes an empty journal.
func NewJournal() *Journal { return &Journal{changed: make(chan struct{})} }

// Add writes a delivery down and gives it its Seq.
func (j *Journal) Add(d Delivery) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	d.Seq = j.seq
	j.deliveries = append(j.deliveries, d)
	if len(j.deliveries) > deliveriesKept {
		j.deliveries = slices.Clone(j.deliveries[deliveriesKept/10:])
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// All lists what was accepted, in order.
func (j *Journal) All() []Delivery {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.deliveries)
}

// To lists what was accepted for one recipient, in order.
func (j *Journal) To(recipient string) []Delivery {
	return slices.DeleteFunc(j.All(), func(d Delivery) bool { return !slices.Contains(d.To, recipient) })
}

// Wait returns what was accepted as soon as enough of it says true, and the context's error if that comes first.
func (j *Journal) Wait(ctx context.Context, enough func([]Delivery) bool) ([]Delivery, error) {
	for {
		j.mu.Lock()
		all, changed := slices.Clone(j.deliveries), j.changed
		j.mu.Unlock()
		if enough(all) {
			return all, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
}

// Clear forgets all deliveries. The count goes on.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.deliveries = nil
}
