package fake

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// FaultKind is a way in which a platform fails. Before and After say whether it had accepted what was sent.
type FaultKind string

// The kinds of fault.
const (
	Slow        FaultKind = "SLOW"         // waits Delay, then answers; a client that gives up meanwhile is not served
	ErrorBefore FaultKind = "ERROR_BEFORE" // 500, nothing accepted
	ErrorAfter  FaultKind = "ERROR_AFTER"  // accepts, then 500
	HangBefore  FaultKind = "HANG_BEFORE"  // never answers, nothing accepted
	HangAfter   FaultKind = "HANG_AFTER"   // accepts, then never answers
	ResetBefore FaultKind = "RESET_BEFORE" // breaks the connection, nothing accepted
	ResetAfter  FaultKind = "RESET_AFTER"  // accepts, then breaks the connection
	RateLimit   FaultKind = "RATE_LIMIT"   // too many requests
	QuotaLimit  FaultKind = "QUOTA_LIMIT"  // the account's quota is used up
	Revoke      FaultKind = "REVOKE"       // takes the account's credentials away, for good, before it answers
)

var faultKinds = []FaultKind{Slow, ErrorBefore, ErrorAfter, HangBefore, HangAfter, ResetBefore, ResetAfter, RateLimit, QuotaLimit, Revoke}

// Fault spoils requests to come.
type Fault struct {
	Kind       FaultKind
	Operation  string        // which requests, by the fake platform's names for them ("push"); "" is any
	Times      int           // how many requests; 0 is one
	Delay      time.Duration // Slow
	RetryAfter time.Duration // RateLimit: told to the client in whole seconds; 0 tells nothing, as most platforms do
}

// Faults is a queue of faults. A request takes the oldest one that fits it. It is safe for concurrent use.
type Faults struct {
	clock clock.Clock

	mu    sync.Mutex
	queue []Fault
}

// NewFaults makes an empty queue that waits by the clock.
func NewFaults(c clock.Clock) *Faults { return &Faults{clock: c} }

// Add puts faults at the end of the queue. A kind that does not exist is a fault of kind Invalid, and none is added then.
func (f *Faults) Add(faults ...Fault) error {
	for _, one := range faults {
		if !slices.Contains(faultKinds, one.Kind) {
			return fault.Input("kind", "%q is no kind of fault; there are %v", one.Kind, faultKinds)
		}
		if one.Times < 0 || one.Delay < 0 || one.RetryAfter < 0 {
			return fault.Input("times", "times, delay and retryAfter cannot be negative")
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, faults...)
	return nil
}

// Pending lists the faults that still wait, with the times that are left of each.
func (f *Faults) Pending() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queue)
}

// Clear empties the queue.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = nil
}

func (f *Faults) take(operation string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.queue {
		taken := f.queue[i]
		if taken.Operation != "" && taken.Operation != operation {
			continue
		}
		if f.queue[i].Times > 1 {
			f.queue[i].Times--
		} else {
			f.queue = slices.Delete(f.queue, i, i+1)
		}
		return taken, true
	}
	return Fault{}, false
}

// Answers are a platform's own words for the faults that each platform words differently.
type Answers struct {
	Error      func(http.ResponseWriter)        // its 500
	RateLimit  func(http.ResponseWriter, Fault) // too many requests
	QuotaLimit func(http.ResponseWriter)        // the account's quota is used up
	Revoke     func(*http.Request)              // takes the credentials of the request's account away
}

// Wrap spoils the requests of one operation by the queue's faults; those without one go to next untouched.
func (f *Faults) Wrap(operation string, answers Answers, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spoiled, ok := f.take(operation)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		switch spoiled.Kind {
		case ErrorAfter, HangAfter, ResetAfter:
			next.ServeHTTP(&discard{header: http.Header{}}, r)
		case Slow:
			if f.clock.Sleep(r.Context(), spoiled.Delay) == nil {
				next.ServeHTTP(w, r)
			}
			return
		case Revoke:
			answers.Revoke(r)
			next.ServeHTTP(w, r)
			return
		}
		switch spoiled.Kind {
		case ErrorBefore, ErrorAfter:
			answers.Error(w)
		case HangBefore, HangAfter:
			<-r.Context().Done()
		case ResetBefore, ResetAfter:
			reset(w)
		case RateLimit:
			answers.RateLimit(w, spoiled)
		case QuotaLimit:
			answers.QuotaLimit(w)
		}
	})
}

// reset breaks the connection so that the client sees it reset, not ended.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has no connection to hand over; the server breaks the stream
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// discard takes an answer nobody gets.
type discard struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d *discard) Header() http.Header { return d.header }

// Write implements http.ResponseWriter.
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (d *discard) WriteHeader(int) {}
