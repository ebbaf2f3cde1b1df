// Package webchat serves chat windows: the small set of operations under /webchat/v1 that docs/webchat.md describes, and what a window is told
// over a WebSocket or server-sent events. It checks from which pages it is asked, counts who asks how often, and leaves all else to
// desk/visitor.
package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/server/origin"
)

// Path is where the operations are.
const Path = "/webchat/v1"

const (
	maxBody   = 64 << 10 // bytes of JSON
	bodyFor   = 10 * time.Second
	uploadFor = 2 * time.Minute
	pageSize  = 30
	maxPage   = 100
)

// The limits of asking, beyond which the answer is 429. An address may be that of many people.
var (
	perAddress   = attempt.Limit{Tries: 1200, Window: time.Minute}
	sessionsFrom = attempt.Limit{Tries: 120, Window: time.Minute}
	uploadsFrom  = attempt.Limit{Tries: 120, Window: time.Minute}
	perVisitor   = attempt.Limit{Tries: 240, Window: time.Minute}
	writing      = attempt.Limit{Tries: 30, Window: time.Minute}
	uploading    = attempt.Limit{Tries: 20, Window: time.Minute}
)

// Limits bound the live connections of this server; what is 0 is the standard.
type Limits struct {
	PerVisitor int // of one visitor: the oldest is closed for a newer one; 8
	PerAddress int // 200
	PerNode    int // 20,000
	// Init is how long a socket may take to say who it is; 10 s. Silence is how long it may say nothing; 75 s. Write is how long a message may take
	// to be written; 10 s. Comment is how often an event stream is written to at least; 15 s. DrainSpread is over how long Drain says good-bye; 3 s.
	Init, Silence, Write, Comment, DrainSpread time.Duration
}

func (l *Limits) fill() {
	count := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	span := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	count(&l.PerVisitor, 8)
	count(&l.PerAddress, 200)
	count(&l.PerNode, 20_000)
	span(&l.Init, 10*time.Second)
	span(&l.Silence, 75*time.Second)
	span(&l.Write, 10*time.Second)
	span(&l.Comment, 15*time.Second)
	span(&l.DrainSpread, 3*time.Second)
}

// Config is what the handler needs; everything but Limits and Hooks must be given.
type Config struct {
	Visitors *visitor.Service
	Accounts *account.Service
	Attempts attempt.Counter
	Clock    clock.Clock
	Log      *slog.Logger
	// Caller is the address from which a request comes.
	Caller func(context.Context) netip.Addr
	// PublicURL is where browsers reach this server: its own pages may always show a window.
	PublicURL string
	Limits    Limits
	Hooks     Hooks
}

// Hooks are told of live connections, for metrics. Either may be nil. kind is "webchat" or "webchat-sse".
type Hooks struct {
	Opened func(kind string)
	Closed func(kind, reason string)
}

// Handler serves Path and all below it.
type Handler struct {
	Config
	own  origin.Origins // the server's own
	mux  *http.ServeMux
	live *registry
}

// New makes the handler. Drain ends its connections.
func New(c Config) *Handler {
	c.Limits.fill()
	h := &Handler{Config: c, own: origin.New(c.PublicURL, nil), mux: http.NewServeMux(), live: newRegistry(c.Limits)}
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET " + Path + "/config": h.config, "POST " + Path + "/sessions": h.begin, "POST " + Path + "/logout": h.logout,
		"GET " + Path + "/messages": h.messages, "POST " + Path + "/messages": h.send, "POST " + Path + "/uploads": h.upload,
		"POST " + Path + "/read": h.read, "POST " + Path + "/page": h.page, "POST " + Path + "/typing": h.typing, "POST " + Path + "/leave": h.leave,
		"GET " + Path + "/events": h.events,
	} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h.count(r, "address", h.from(r).String(), perAddress); err != nil {
				h.fail(w, r, err)
			} else if err := serve(w, r); err != nil {
				h.fail(w, r, err)
			}
		})
	}
	h.mux.HandleFunc("GET "+Path+"/ws", h.socket)
	h.mux.HandleFunc(Path+"/", func(w http.ResponseWriter, r *http.Request) { h.fail(w, r, fault.Missing("this operation")) })
	return h
}

// ServeHTTP answers browsers' questions in advance itself. An answer is readable for pages of allowed origins alone.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if origin := r.Header.Get("Origin"); origin != "" {
		isKnown := h.own.Allows(origin, r)
		if !isKnown {
			var err error
			if isKnown, err = h.Accounts.AnyAllows(r.Context(), origin); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		if isKnown {
			header.Set("Access-Control-Allow-Origin", origin)
			header.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
		}
		if r.Method == http.MethodOptions {
			if !isKnown {
				h.fail(w, r, elsewhere())
				return
			}
			header.Set("Access-Control-Allow-Methods", "GET, POST")
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Upload-Name")
			header.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	h.mux.ServeHTTP(w, r)
}

// from is whom a request comes from, where requests are counted by address.
func (h *Handler) from(r *http.Request) netip.Prefix { return attempt.Household(h.Caller(r.Context())) }

func elsewhere() error {
	return fault.New(fault.Forbidden, "this chat window may not be shown on this site").WithCode("ORIGIN", nil)
}

// isAllowed says whether a request comes from a page that may show the window. One that names no origin may only read, and only for the server's
// own pages.
func (h *Handler) isAllowed(r *http.Request, window account.Window) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return h.own.Allows(origin, r) || account.Allows(window.AllowedDomains, origin)
	}
	from, err := url.Parse(r.Referer())
	isOwn := r.Header.Get("Sec-Fetch-Site") == "same-origin" || err == nil && from.Host != "" && h.own.Allows(from.Scheme+"://"+from.Host, r)
	return r.Method == http.MethodGet && isOwn && r.Header.Get("Upgrade") == ""
}

// allow says no to pages that may not show the window.
func (h *Handler) allow(w http.ResponseWriter, r *http.Request, window account.Window) error {
	if h.isAllowed(r, window) {
		return nil
	}
	w.Header().Del("Access-Control-Allow-Origin")
	return elsewhere()
}

// session finds the session of a request and checks from where it comes and how often.
func (h *Handler) session(w http.ResponseWriter, r *http.Request) (visitor.Session, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = ""
	}
	return h.sessionOf(w, r, token)
}

func (h *Handler) sessionOf(w http.ResponseWriter, r *http.Request, token string) (visitor.Session, error) {
	x, err := h.Visitors.Authenticate(r.Context(), token)
	if err != nil {
		return x, err
	}
	if err := h.allow(w, r, x.Window); err != nil {
		return x, err
	}
	return x, h.count(r, "visitor", strconv.FormatInt(x.VisitorID, 10), perVisitor)
}

// count counts a request, and is a fault of kind Throttled where it is one too many.
func (h *Handler) count(r *http.Request, what, whose string, limit attempt.Limit) error {
	wait, err := h.Attempts.Take(r.Context(), "webchat:"+what+":"+whose, limit)
	if err != nil {
		return err
	}
	if wait > 0 {
		return fault.New(fault.Throttled, "too many requests in a short time; try again later").After(wait)
	}
	return nil
}

// statuses are what the kinds of faults are to browsers, and what they are called where they have no code.
var statuses = map[fault.Kind]struct {
	status int
	code   string
}{
	fault.Invalid: {http.StatusBadRequest, "VALIDATION"}, fault.Unauthenticated: {http.StatusUnauthorized, "SESSION"}, fault.Forbidden: {http.StatusForbidden, "FORBIDDEN"},
	fault.NotFound: {http.StatusNotFound, "NOT_FOUND"}, fault.Conflict: {http.StatusConflict, "CONFLICT"}, fault.Throttled: {http.StatusTooManyRequests, "RATE_LIMITED"},
	fault.Unavailable: {http.StatusServiceUnavailable, "UNAVAILABLE"}, fault.Internal: {http.StatusInternalServerError, "INTERNAL"},
}

// fail answers with an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	s := statuses[f.Kind]
	status, code, message := s.status, f.Code, f.Text
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), code == file.CodeTooLarge:
		status, code, message = http.StatusRequestEntityTooLarge, file.CodeTooLarge, "this is larger than what is taken"
	case code == file.CodeManyPixels:
		status = http.StatusRequestEntityTooLarge
	case code == file.CodeNotAllowed, code == file.CodeMismatch:
		status = http.StatusUnsupportedMediaType
	case code == "":
		code = s.code
	}
	if status >= http.StatusInternalServerError && r.Context().Err() != nil {
		status = statusGone
	}
	if status >= http.StatusInternalServerError {
		h.Log.WarnContext(r.Context(), "a chat window was refused", "error", err, "request", event.Request(r.Context()))
	}
	out := map[string]any{"code": code, "message": message}
	if f.Field != "" {
		out["field"] = f.Field
	}
	if f.RetryAfter > 0 {
		seconds := int(math.Ceil(f.RetryAfter.Seconds()))
		out["retry_after"] = seconds
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	write(w, status, map[string]any{"error": out})
}

// statusGone is what is counted of a caller who did not wait: nothing of ours failed. Nobody reads it.
const statusGone = 499

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// Who does not listen any more needs no error.
	_ = json.NewEncoder(w).Encode(v)
}
