package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// serveHTTP answers GET and POST, as GraphQL over HTTP says (https://graphql.github.io/graphql-over-http/draft/, read 2026-11-21), or begins a stream
// where the client accepts one.
func (h *Handler) serveHTTP(w http.ResponseWriter, r *http.Request) {
	as := negotiate(r.Header.Values("Accept"))
	w.Header().Add("Vary", "Accept")
	if as == "" {
		w.Header().Set("Accept", typeGQL+", "+typeJSON+", "+typeStream)
		http.Error(w, "the answer can be "+typeGQL+", "+typeJSON+" or "+typeStream, http.StatusNotAcceptable)
		return
	}
	a := answer{h: h, w: w, ctx: r.Context(), as: as}
	if as == typeStream { // what goes wrong before the stream begins is told in JSON
		a.as = typeJSON
	}
	if err := h.guard(r.Context(), func() { h.serveRequest(&a, as, r) }); err != nil && !a.written {
		a.write(http.StatusInternalServerError, h.faulty(r.Context(), err), false)
	}
}

func (h *Handler) serveRequest(a *answer, as string, r *http.Request) {
	ctx, who, err := h.cfg.Authenticate(r.Context(), bearer(r.Header.Get("Authorization")), r)
	if err != nil {
		status := statusOf(err)
		if status == http.StatusUnauthorized {
			a.w.Header().Set("WWW-Authenticate", "Bearer")
		}
		a.write(status, h.faulty(r.Context(), err), false)
		return
	}
	a.ctx = ctx
	p, no := h.read(a.w, r)
	if no != nil {
		a.write(no.status, h.present(ctx, no.list()), false)
		return
	}
	if as == typeStream {
		h.serveStream(a, r, who, p)
		return
	}
	h.sessions.touch(who, h.cfg.Clock.Now())
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Limits.Request)
	defer cancel()
	op, errs := h.cfg.Executor.CreateOperationContext(ctx, p)
	if errs != nil {
		response := h.present(graphql.WithOperationContext(ctx, op), errs)
		a.write(a.refused(response), response, false)
		return
	}
	switch {
	case op.Operation.Operation == ast.Subscription:
		a.refuse(op, http.StatusNotAcceptable, "a subscription needs a stream: accept "+typeStream+" or use a WebSocket")
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		a.w.Header().Set("Allow", "POST")
		a.refuse(op, http.StatusMethodNotAllowed, "GET is for queries; a mutation needs POST")
	default:
		a.write(http.StatusOK, h.dispatch(ctx, op), true)
	}
}

// dispatch executes a query or mutation.
func (h *Handler) dispatch(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	var r *graphql.Response
	err := h.guard(ctx, func() {
		next, inner := h.cfg.Executor.DispatchOperation(ctx, op)
		r = next(inner)
	})
	if err == nil && r == nil {
		err = fault.New(fault.Unavailable, "the request took too long")
	}
	if err != nil {
		return h.faulty(graphql.WithOperationContext(ctx, op), err)
	}
	// What a mutation has done must be told, however long that takes.
	if op.Operation.Operation == ast.Query && len(r.Data) > h.cfg.Limits.Answer {
		large := gqlerror.Errorf("the answer is larger than %d bytes; ask for fewer rows or fields at once", h.cfg.Limits.Answer)
		errcode.Set(large, "QUERY_TOO_COMPLEX")
		r = h.present(graphql.WithOperationContext(ctx, op), gqlerror.List{large})
	}
	return r
}

// answer writes one HTTP answer.
type answer struct {
	h       *Handler
	w       http.ResponseWriter
	ctx     context.Context
	as      string
	written bool
}

// refused is the status of a request whose operation could not be executed: with application/json a well-formed request is 200 whatever it asked.
func (a *answer) refused(r *graphql.Response) int {
	if a.as == typeJSON {
		return http.StatusOK
	}
	for _, err := range r.Errors {
		switch err.Extensions["code"] {
		case "UNAUTHENTICATED":
			return http.StatusUnauthorized
		case "THROTTLED":
			return http.StatusTooManyRequests
		case "UNAVAILABLE":
			return http.StatusServiceUnavailable
		case "INTERNAL":
			return http.StatusInternalServerError
		}
	}
	return http.StatusBadRequest
}

func (a *answer) refuse(op *graphql.OperationContext, status int, text string) {
	a.write(status, a.h.present(graphql.WithOperationContext(a.ctx, op), malformed(status, text).list()), false)
}

func (a *answer) write(status int, r *graphql.Response, executed bool) {
	b, err := encode(r, executed)
	if err != nil {
		status = http.StatusInternalServerError
		b, _ = encode(broken(), false)
	}
	if a.h.cfg.Respond != nil {
		a.h.cfg.Respond(a.ctx, a.w.Header(), r)
	}
	a.w.Header().Set("Content-Type", a.as+"; charset=utf-8")
	a.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	a.w.Header().Set("X-Content-Type-Options", "nosniff")
	a.written = true
	a.w.WriteHeader(status)
	_, _ = a.w.Write(b)
}

// encode gives the response as JSON. `data` is there exactly where the operation was executed; it is JSON already and not read again.
func encode(r *graphql.Response, executed bool) ([]byte, error) {
	b := make([]byte, 0, len(r.Data)+64)
	b = append(b, '{')
	field := func(name string, v any) error {
		j, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
		b = append(b, j...)
		return nil
	}
	if len(r.Errors) > 0 {
		if err := field("errors", r.Errors); err != nil {
			return nil, err
		}
	}
	if executed {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, `"data":`...)
		if len(r.Data) == 0 {
			b = append(b, "null"...)
		}
		b = append(b, r.Data...)
	}
	if len(r.Extensions) > 0 {
		if err := field("extensions", r.Extensions); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// statusOf is the status of a fault that comes before any operation.
func statusOf(err error) int {
	switch fault.Of(err) {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
