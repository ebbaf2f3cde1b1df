package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// userErrors tells a mutation's caller what it can put right. What it cannot (not signed in, throttled, our own failures) comes back as
// an error, for the top level. A payload is `errs, err := userErrors(fault); return &Payload{UserErrors: errs}, err`.
func userErrors(err error) ([]model.UserError, error) {
	if err == nil {
		return []model.UserError{}, nil
	}
	f := fault.As(err)
	switch f.Kind {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Forbidden:
		return []model.UserError{userError(f)}, nil
	case fault.Unauthenticated:
		if f.Code == "CREDENTIALS" {
			return []model.UserError{userError(f)}, nil
		}
	case fault.Unavailable:
		if f.Code == "PLATFORM" || f.Code == "CHANNEL_UNAVAILABLE" {
			return []model.UserError{userError(f)}, nil
		}
	case fault.Throttled, fault.Internal:
	}
	return []model.UserError{}, err
}

// codes are the codes of faults that are codes of user errors too; any other is named after its kind.
var codes = map[string]model.UserErrorCode{
	"NOT_FOUND": model.UserErrorCodeNotFound, "VALIDATION": model.UserErrorCodeValidation, "FORBIDDEN": model.UserErrorCodeForbidden,
	"STATE_CONFLICT": model.UserErrorCodeStateConflict, "CONFLICT": model.UserErrorCodeConflict,
	"WINDOW_CLOSED": model.UserErrorCodeWindowClosed, "LIMIT_EXCEEDED": model.UserErrorCodeLimitExceeded,
	"CHANNEL_UNAVAILABLE": model.UserErrorCodeChannelUnavailable, "CREDENTIALS": model.UserErrorCodeCredentials,
	"PLATFORM": model.UserErrorCodePlatform, "INTERNAL": model.UserErrorCodeInternal,
}

func userError(f *fault.Error) model.UserError {
	code, ok := codes[f.Code]
	if !ok {
		switch f.Kind {
		case fault.Invalid:
			code = model.UserErrorCodeValidation
		case fault.NotFound:
			code = model.UserErrorCodeNotFound
		case fault.Forbidden:
			code = model.UserErrorCodeForbidden
		default:
			code = model.UserErrorCodeConflict
		}
	}
	var field *string
	if f.Field != "" {
		field = &f.Field
	}
	switch code {
	case model.UserErrorCodeValidation:
		return &model.ValidationError{Message: f.Text, Code: code, Field: field}
	case model.UserErrorCodeLimitExceeded:
		n, _ := f.Params["limit"].(int)
		return &model.LimitExceeded{Message: f.Text, Code: code, Field: field, Limit: n}
	case model.UserErrorCodeWindowClosed:
		closed, _ := f.Params["until"].(*time.Time)
		return &model.WindowClosed{Message: f.Text, Code: code, Field: field, Until: closed}
	case model.UserErrorCodeStateConflict:
		e := &model.StateConflict{Message: f.Text, Code: code, Field: field}
		if s, ok := f.Params["status"].(string); ok {
			status := model.ConversationStatus(s)
			e.Status = &status
		}
		if n, ok := f.Params["agentId"].(int64); ok && n != 0 {
			name, _ := f.Params["agentName"].(string)
			e.Agent = &model.AgentSummary{ID: id.Format(id.Agent, n), Name: name}
		}
		return e
	}
	return &model.SimpleError{Message: f.Text, Code: code, Field: field}
}

// absent turns NotFound into nothing: a query for what one may not see gives null, the same as for what does not exist.
func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Present is gqlgen's error presenter: it maps a fault's kind to a code of the top level once, and shows no internal text. Parse and
// validation errors pass as they are, cut where they are long: they repeat what the document says.
func Present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var g *gqlerror.Error
		if !errors.As(err, &g) || errors.Unwrap(g) == nil {
			if g == nil {
				g = gqlerror.WrapPath(graphql.GetPath(ctx), err)
			} else {
				g.Message = cut(g.Message)
				return g
			}
		}
		f := fault.As(err)
		if f.Kind == fault.Internal && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			// Databases word it each in their own way; that the request's time is over says it for all of them.
			log.WarnContext(ctx, "a request took too long", "error", err, "path", g.Path.String(), "request", event.Request(ctx))
			f = fault.Wrap(err, fault.Unavailable, "this took too long; try again")
		}
		out := &gqlerror.Error{Message: f.Text, Path: g.Path, Locations: g.Locations, Extensions: map[string]any{}}
		code := "INTERNAL"
		switch f.Kind {
		case fault.Unauthenticated:
			code = "UNAUTHENTICATED"
		case fault.Throttled:
			code = "THROTTLED"
			out.Extensions["retryAfter"] = max(1, int(f.RetryAfter.Seconds()+0.999))
		case fault.Unavailable:
			code = "UNAVAILABLE"
		case fault.Invalid:
			code = "BAD_USER_INPUT"
			if f.Field != "" {
				out.Extensions["field"] = f.Field
			}
		case fault.Forbidden:
			code = "FORBIDDEN"
		case fault.NotFound:
			code = "NOT_FOUND"
		case fault.Conflict, fault.Internal:
			if !errors.Is(err, context.Canceled) {
				log.ErrorContext(ctx, "request failed", "error", err, "path", g.Path.String(), "request", event.Request(ctx))
			}
		}
		out.Extensions["code"] = code
		if r := event.Request(ctx); r != "" {
			out.Extensions["requestId"] = r
		}
		return out
	}
}

// maxMessage is how long the text of an error may be, in bytes.
const maxMessage = 300

// cut gives the beginning of a text that is too long.
func cut(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}

// cursorOf gives the position after a change, or nothing where nothing changed.
func cursorOf(c event.Cursor) *string {
	if c.Epoch == "" {
		return nil
	}
	s := c.String()
	return &s
}
