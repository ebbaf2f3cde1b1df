package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/jsontext"
)

// refusal is a request that is not executed: the status and a text of our own. What the client sent is never in it.
type refusal struct {
	status int
	text   string
	code   string
}

func (r *refusal) list() gqlerror.List {
	err := gqlerror.Errorf("%s", r.text)
	errcode.Set(err, r.code)
	return gqlerror.List{err}
}

func malformed(status int, text string) *refusal {
	return &refusal{status: status, text: text, code: errcode.ParseFailed}
}

// read takes the GraphQL request out of an HTTP request.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	p := &graphql.RawParams{Headers: r.Header}
	p.ReadTime.Start = graphql.Now()
	var no *refusal
	if r.Method == http.MethodGet {
		no = h.readQuery(r, p)
	} else {
		no = h.readBody(w, r, p)
	}
	if no != nil {
		return nil, no
	}
	p.ReadTime.End = graphql.Now()
	if p.Query == "" && p.Extensions["persistedQuery"] == nil {
		return nil, malformed(http.StatusBadRequest, "the request has no query")
	}
	return p, nil
}

func (h *Handler) readQuery(r *http.Request, p *graphql.RawParams) *refusal {
	if int64(len(r.URL.RawQuery)) > h.cfg.Limits.Body {
		return malformed(http.StatusRequestURITooLong, "the request is too large")
	}
	q := r.URL.Query()
	p.Query, p.OperationName = q.Get("query"), q.Get("operationName")
	if s := q.Get("variables"); s != "" && decode([]byte(s), &p.Variables) != nil {
		return malformed(http.StatusBadRequest, "the variables are not a JSON object")
	}
	if s := q.Get("extensions"); s != "" && decode([]byte(s), &p.Extensions) != nil {
		return malformed(http.StatusBadRequest, "the extensions are not a JSON object")
	}
	return nil
}

func (h *Handler) readBody(w http.ResponseWriter, r *http.Request, p *graphql.RawParams) *refusal {
	name, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if c := params["charset"]; err != nil || name != typeJSON || c != "" && !strings.EqualFold(c, "utf-8") {
		w.Header().Set("Accept-Post", typeJSON)
		return malformed(http.StatusUnsupportedMediaType, "the request body must be application/json in UTF-8")
	}
	// A body that is announced and does not come must not hold the connection.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(clock.Real{}.Now().Add(h.cfg.Limits.Request))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.cfg.Limits.Body))
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return malformed(http.StatusRequestTimeout, "the request body took too long")
		}
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return malformed(http.StatusRequestEntityTooLarge, "the request body is too large")
		}
		return malformed(http.StatusBadRequest, "the request body could not be read")
	}
	if decode(body, p) != nil {
		return malformed(http.StatusBadRequest, "the request body is not a GraphQL request in JSON")
	}
	return nil
}

// The most that the JSON of a request may hold: read into maps and slices it takes many times its length.
const (
	maxLevels = 64
	maxValues = 10_000
)

var errTooMuch = errors.New("too many levels or values")

// decode reads one JSON value and refuses text after it.
func decode(b []byte, v any) error {
	if !jsontext.Within(b, maxLevels, maxValues) {
		return errTooMuch
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// maxErrors is how many errors of one request are told: a document may have thousands of mistakes.
const maxErrors = 10

// present gives errors in the form that the executor's presenter and interceptors make of them.
func (h *Handler) present(ctx context.Context, list gqlerror.List) *graphql.Response {
	if !graphql.HasOperationContext(ctx) { // interceptors may ask for it
		ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{RecoverFunc: graphql.DefaultRecover})
	}
	return h.cfg.Executor.DispatchError(ctx, list[:min(len(list), maxErrors)])
}

// wrap makes a GraphQL error of an error of ours; the presenter finds the fault inside.
func wrap(err error) gqlerror.List { return gqlerror.List{gqlerror.Wrap(err)} }

// guard runs f and turns a panic into an error that says nothing.
func (h *Handler) guard(ctx context.Context, f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if h.cfg.Hooks.Panicked != nil {
				h.cfg.Hooks.Panicked(ctx, v, debug.Stack())
			}
			err = fault.New(fault.Internal, "something went wrong on our side")
		}
	}()
	f()
	return nil
}

// broken is the answer where even presenting an error panics.
func broken() *graphql.Response {
	err := gqlerror.Errorf("something went wrong on our side")
	errcode.Set(err, "INTERNAL")
	return &graphql.Response{Errors: gqlerror.List{err}}
}

// faulty gives the answer to an operation that failed as a whole.
func (h *Handler) faulty(ctx context.Context, failure error) *graphql.Response {
	r := broken()
	_ = h.guard(ctx, func() { r = h.present(ctx, wrap(failure)) })
	return r
}
