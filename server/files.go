package server

import (
	"context"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

const (
	// transferWithin is how long a file may take in or out.
	transferWithin = 15 * time.Minute
	// uploadsEach and uploadsAll are how many uploads one caller, and all callers of a server, may have under way.
	uploadsEach = 8
	uploadsAll  = 200
)

// uploadRate is how many files a caller may upload.
var uploadRate = attempt.Limit{Tries: 240, Window: time.Minute}

// files takes files in and gives them out. Everything it gives out is data: nothing of it runs in a browser in the server's name.
type files struct {
	desk         *file.Service
	exports      *conversation.Exports
	authenticate transport.Authenticate
	workspace    *workspace.Service
	attempts     attempt.Counter
	clock        clock.Clock
	log          *slog.Logger

	mu      sync.Mutex
	running map[string]int // uploads by caller
	all     int
}

func newFiles(desk *file.Service, exports *conversation.Exports, w *workspace.Service, a attempt.Counter, c clock.Clock, log *slog.Logger) *files {
	return &files{desk: desk, exports: exports, authenticate: authenticate(w), workspace: w, attempts: a, clock: c, log: log, running: map[string]int{}}
}

// routes are what it answers. Pages of other origins reach what api guards; platforms fetch without.
func (h *files) routes(mux *http.ServeMux, api func(http.Handler) (http.Handler, error)) error {
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/uploads": h.upload, "/files/{id}": h.stored(false), "/files/{id}/preview": h.stored(true), conversation.ExportPath + "{id}": h.exported,
	} {
		guarded, err := api(h.handler(serve))
		if err != nil {
			return err
		}
		mux.Handle(pattern, guarded)
	}
	mux.Handle("GET /d/{key}", h.handler(h.delivered(false)))
	mux.Handle("GET /d/{key}/preview", h.handler(h.delivered(true)))
	return nil
}

// uploaded is what an upload is answered with.
type uploaded struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	ContentType string    `json:"contentType"`
	Size        int64     `json:"size"`
	SHA256      string    `json:"sha256"`
	Width       int       `json:"width,omitempty"`
	Height      int       `json:"height,omitempty"`
	DurationMS  int64     `json:"durationMs,omitempty"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

func (h *files) upload(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return notAllowed(w, "POST")
	}
	p, err := h.caller(r)
	if err != nil {
		return err
	}
	if err := h.workspace.Admit(r.Context(), p); err != nil {
		return err
	}
	end, err := h.begin(r.Context(), p)
	if err != nil {
		return err
	}
	defer end()
	name, err := url.PathUnescape(r.Header.Get("Upload-Name"))
	if err != nil {
		return fault.Input("Upload-Name", "the name is written as encodeURIComponent does")
	}
	control := http.NewResponseController(w)
	// What is no connection has no deadline.
	_ = control.SetReadDeadline(h.clock.Now().Add(transferWithin))
	f, err := h.desk.Upload(r.Context(), p, file.UploadInput{Name: name, ContentType: r.Header.Get("Content-Type"), Body: r.Body, Size: r.ContentLength})
	if err != nil {
		return err
	}
	_ = control.SetReadDeadline(time.Time{})
	write(w, http.StatusCreated, uploaded{
		ID: id.Format(id.Upload, f.ID), Name: f.Name, ContentType: f.ContentType, Size: f.Size, SHA256: f.Sha256, Width: f.Width, Height: f.Height,
		DurationMS: f.DurationMs, ExpiresAt: f.ExpiresAt.UTC(),
	})
	return nil
}

// caller is who calls with a token; nobody is a fault of kind Unauthenticated.
func (h *files) caller(r *http.Request) (auth.Principal, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	ctx, _, err := h.authenticate(r.Context(), strings.TrimSpace(token), r)
	if err != nil {
		return auth.Principal{}, err
	}
	return auth.From(ctx)
}

// begin counts an upload while it is under way.
func (h *files) begin(ctx context.Context, p auth.Principal) (end func(), err error) {
	wait, err := h.attempts.Take(ctx, "upload:"+p.Key(), uploadRate)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, fault.New(fault.Throttled, "at most %d files a minute may be uploaded", uploadRate.Tries).After(wait)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := p.Key()
	if h.running[key] >= uploadsEach || h.all >= uploadsAll {
		return nil, fault.New(fault.Throttled, "too many uploads are under way; at most %d at once", uploadsEach).After(time.Second)
	}
	h.running[key]++
	h.all++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all--
		if h.running[key]--; h.running[key] == 0 {
			delete(h.running, key)
		}
	}, nil
}

// stored gives an attachment to who shows a token, or has a link that was signed.
func (h *files) stored(isPreview bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return notAllowed(w, "GET, HEAD")
		}
		isSigned := r.URL.Query().Has("sig")
		var p auth.Principal
		if !isSigned {
			var err error
			if p, err = h.caller(r); err != nil {
				return err
			}
			if err := h.workspace.Admit(r.Context(), p); err != nil {
				return err
			}
		}
		n, err := id.Parse(id.Attachment, r.PathValue("id"))
		if err != nil {
			return err
		}
		var c file.Content
		if isSigned {
			c, err = h.desk.OpenSigned(r.Context(), n, isPreview, r.URL.Query())
		} else {
			c, err = h.desk.Open(r.Context(), p, n, isPreview)
		}
		if err != nil {
			return err
		}
		h.give(w, r, c)
		return nil
	}
}

// exported gives the table of a conversation to who has a link that was signed. Where it cannot be given whole the connection is cut, so that nobody takes a part
// for all.
func (h *files) exported(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return notAllowed(w, "GET")
	}
	n, err := id.Parse(id.Conversation, r.PathValue("id"))
	if err != nil {
		return err
	}
	x, err := h.exports.Open(r.Context(), n, r.URL.Query())
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(h.clock.Now().Add(transferWithin))
	head := w.Header()
	head.Set("Content-Type", "text/csv; charset=utf-8")
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Name}))
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Robots-Tag", "noindex, nofollow")
	head.Set("Cache-Control", "no-store")
	if err := x.Write(r.Context(), w); err != nil {
		if r.Context().Err() == nil {
			h.log.ErrorContext(r.Context(), "an export broke off", "error", err, "request", event.Request(r.Context()))
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// delivered gives an attachment to the platform that has its delivery key, or to the customer who was sent the link. Where the link leads
// nowhere any more it is a person who reads the answer: a sentence, in the browser's language.
func (h *files) delivered(isPreview bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := h.desk.OpenDelivery(r.Context(), r.PathValue("key"), isPreview)
		if fault.Is(err, fault.NotFound) {
			w.Header().Set("X-Robots-Tag", "noindex, nofollow")
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, catalogue.Text(catalogue.Language(wishes(r.Context(), r)...), "file.link_over", nil), http.StatusNotFound)
			return nil
		}
		if err != nil {
			return err
		}
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		h.give(w, r, c)
		return nil
	}
}

// give serves a file: all of it or a part, and only where it is not there already. Whether it may be had is asked each time, so a browser
// asks again before it shows its copy.
func (h *files) give(w http.ResponseWriter, r *http.Request, c file.Content) {
	defer c.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(h.clock.Now().Add(transferWithin))
	how := "attachment"
	if c.IsInline {
		how = "inline"
	}
	head := w.Header()
	head.Set("Content-Type", c.ContentType)
	if named := mime.FormatMediaType(how, map[string]string{"filename": c.Name}); c.Name != "" && named != "" {
		how = named
	}
	head.Set("Content-Disposition", how)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin") // pictures are shown in pages of the web app, wherever that is
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cache-Control", "private, no-cache")
	head.Set("ETag", c.ETag)
	http.ServeContent(w, r, "", c.ModifiedAt, c)
}

// handler answers errors as JSON with a code.
func (h *files) handler(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// statuses are the answers to faults, by kind; codes of files have some of their own.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden,
	fault.Unauthenticated: http.StatusUnauthorized, fault.Throttled: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	fault.Internal: http.StatusInternalServerError,
}

var codeStatuses = map[string]int{
	file.CodeTooLarge: http.StatusRequestEntityTooLarge, file.CodeManyPixels: http.StatusRequestEntityTooLarge,
	file.CodeMismatch: http.StatusUnsupportedMediaType, file.CodeNotAllowed: http.StatusUnsupportedMediaType, methodCode: http.StatusMethodNotAllowed,
}

const methodCode = "METHOD_NOT_ALLOWED"

func notAllowed(w http.ResponseWriter, allow string) error {
	w.Header().Set("Allow", allow)
	return fault.New(fault.Invalid, "only %s works here", allow).WithCode(methodCode, nil)
}

func (h *files) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	if f.Kind == fault.Internal && r.Context().Err() == nil {
		h.log.ErrorContext(r.Context(), "a file request failed", "error", err, "request", event.Request(r.Context()))
	}
	status, ok := codeStatuses[f.Code]
	if !ok {
		status = statuses[f.Kind]
	}
	answer := map[string]any{"message": f.Text, "code": f.Code, "requestId": event.Request(r.Context())}
	if f.Code == "" {
		answer["code"] = strings.ToUpper(strings.ReplaceAll(string(f.Kind), " ", "_"))
	}
	for name, value := range f.Params {
		answer[name] = value
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	write(w, status, map[string]any{"error": answer})
}
