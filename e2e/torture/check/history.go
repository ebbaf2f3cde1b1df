// Package check judges what a server did, without knowing how it does it: it imports nothing of ours. It works from the history that the
// clients wrote down, from the platform's own log and from a look at the database by plain SQL, and says what does not fit.
package check

import (
	"slices"
	"sync"
)

// History is what the clients know. It is safe for concurrent use.
type History struct {
	mu      sync.Mutex
	written []Written
	sent    []Sent
	pushed  []Pushed
	views   []View
}

// Written is a message that a customer wrote, as the platform delivered it. Those of one customer are in the order of their first delivery,
// of which each began after the one before was acknowledged.
type Written struct {
	Customer  string // the platform's id of the person
	MessageID string // the platform's id of the message
	EventID   string // the platform's id of the event
	Text      string
	// IsAcknowledged says that a server answered 200. Without it the message may be there or not.
	IsAcknowledged bool
}

// Sent is a message that an agent sent. Those of one customer are in the order in which they were asked for, one after the other.
type Sent struct {
	Customer string // whom the conversation is with
	Key      string // the client's own id of the message
	Text     string
	// IsAcknowledged says that a server answered with the message, and Seq with which number.
	IsAcknowledged bool
	Seq            int
}

// Pushed is a message that the platform took, in the order in which it did.
type Pushed struct {
	Customer string
	Text     string
	RetryKey string
}

// View is what a subscriber to one conversation saw, over all its connections.
type View struct {
	Name     string
	Customer string
	// From is the number of the first message that it must have seen.
	From int
	// Frames are what was added and changed, in the order of arrival.
	Frames []Frame
}

// Frame is one that brought a message.
type Frame struct {
	IsAdded  bool
	Seq      int
	Version  int
	Delivery string
	Text     string
}

// Write notes what a customer wrote, before it is delivered, and gives a function that notes its acknowledgement.
func (h *History) Write(w Written) (acknowledged func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := len(h.written)
	h.written = append(h.written, w)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.written[i].IsAcknowledged = true
	}
}

// Send notes what an agent is about to send, and gives a function that notes its acknowledgement.
func (h *History) Send(s Sent) (acknowledged func(seq int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := len(h.sent)
	h.sent = append(h.sent, s)
	return func(seq int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.sent[i].IsAcknowledged, h.sent[i].Seq = true, seq
	}
}

// Push notes what the platform took, in its order.
func (h *History) Push(p ...Pushed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pushed = append(h.pushed, p...)
}

// Watched notes what a subscriber saw.
func (h *History) Watched(v View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.views = append(h.views, v)
}

// Acknowledged is how many messages of either direction were acknowledged until now.
func (h *History) Acknowledged() (written, sent int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.written {
		if w.IsAcknowledged {
			written++
		}
	}
	for _, s := range h.sent {
		if s.IsAcknowledged {
			sent++
		}
	}
	return written, sent
}

func (h *History) copy() (written []Written, sent []Sent, pushed []Pushed, views []View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.written), slices.Clone(h.sent), slices.Clone(h.pushed), slices.Clone(h.views)
}
