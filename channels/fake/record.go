package fake

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// bodyLimit is the most a fake platform reads of a request; the platforms themselves allow 2 MB and less.
const bodyLimit = 4 << 20

// requestsKept bounds the memory of a fake that runs for days in a demo.
const requestsKept = 10_000

// Request is one request as it came, also of those that were spoiled by a fault.
type Request struct {
	Seq    int64       `json:"seq"`
	At     time.Time   `json:"at"`
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Query  url.Values  `json:"query,omitempty"`
	Header http.Header `json:"-"` // holds the account's token, so it does not leave the process
	Body   []byte      `json:"-"`
	Status int         `json:"status"` // of the answer; 0 while there is none, and for ever where none was given
}

// Recorder remembers the requests a fake platform got, the newest 10,000. It is safe for concurrent use.
type Recorder struct {
	clock clock.Clock

	mu       sync.Mutex
	requests []*Request
	seq      int64
	changed  chan struct{}
}

// NewRecorder makes a recorder that tells the time by the clock.
func NewRecorder(c clock.Clock) *Recorder { return &Recorder{clock: c, changed: make(chan struct{})} }

// Wrap records each request before it goes to next. The body was read by then, so next learns from the request's context when the
// client gives up.
func (r *Recorder) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyLimit))
		if err != nil {
			http.Error(w, "the body is too large or broke off", http.StatusRequestEntityTooLarge)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		entry := r.add(request, body)
		next.ServeHTTP(&statusWriter{ResponseWriter: w, recorder: r, entry: entry}, request)
	})
}

func (r *Recorder) add(request *http.Request, body []byte) *Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	entry := &Request{
		Seq: r.seq, At: r.clock.Now(), Method: request.Method, Path: request.URL.Path, Query: request.URL.Query(),
		Header: request.Header.Clone(), Body: body,
	}
	r.requests = append(r.requests, entry)
	if len(r.requests) > requestsKept {
		r.requests = append([]*Request(nil), r.requests[requestsKept/10:]...)
	}
	close(r.changed)
	r.changed = make(chan struct{})
	return entry
}

// Requests lists the requests, oldest first.
func (r *Recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list()
}

func (r *Recorder) list() []Request {
	list := make([]Request, 0, len(r.requests))
	for _, entry := range r.requests {
		list = append(list, *entry)
	}
	return list
}

// Wait returns the requests as soon as enough of them says true, and the context's error if that comes first. It looks when a request
// comes, not when one is answered.
func (r *Recorder) Wait(ctx context.Context, enough func([]Request) bool) ([]Request, error) {
	for {
		r.mu.Lock()
		all, changed := r.list(), r.changed
		r.mu.Unlock()
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

// Clear forgets all requests.
func (r *Recorder) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = nil
}

// statusWriter notes the status of an answer in the record of its request.
type statusWriter struct {
	http.ResponseWriter
	recorder *Recorder
	entry    *Request
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.note(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	w.note(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) note(status int) {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	if w.entry.Status == 0 {
		w.entry.Status = status
	}
}
