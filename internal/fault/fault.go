// Package fault holds the one kind of error that leaves desk and channels: a kind that edges map once, a text that is safe to
// show a stranger, and the cause inside, which is for logs only.
package fault

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Kind says what sort of failure an error is. Edges map it once: graph to a code, a webhook to a status, a queue to retry or give up.
type Kind string

// The kinds. Everything that is not one of them is Internal.
const (
	Invalid         Kind = "invalid"
	NotFound        Kind = "not found"
	Conflict        Kind = "conflict"
	Forbidden       Kind = "forbidden"
	Unauthenticated Kind = "unauthenticated"
	Throttled       Kind = "throttled"
	Unavailable     Kind = "unavailable"
	Internal        Kind = "internal"
)

// Error is a failure with a kind and a safe text.
type Error struct {
	Kind  Kind
	Code  string // a machine code of the trade, such as "STATE_CONFLICT"; empty where the kind says it all
	Text  string // safe to show a stranger; says what to do
	Field string // the input field that is wrong, as a path "filter.customFields[0].value"; Invalid only
	// Params carry what a client needs to act on the failure: the status and the agent of a state conflict, the limit that was exceeded.
	Params     map[string]any
	RetryAfter time.Duration // Throttled and Unavailable: when another try makes sense; 0 is unknown
	cause      error
}

// Error gives the safe text and the cause. It is for logs; a client is shown Text alone.
func (e *Error) Error() string {
	if e.cause == nil {
		return string(e.Kind) + ": " + e.Text
	}
	return string(e.Kind) + ": " + e.Text + ": " + e.cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// New makes an error of a kind with a safe text.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of a kind with a safe text around a cause. The cause is for logs and never shown.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...), cause: cause}
}

// Input says that a field of the input is wrong and what would be right.
func Input(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "VALIDATION", Field: field, Text: fmt.Sprintf(format, args...)}
}

// Missing says that a thing of the given name does not exist or may not be seen: the two are never told apart.
func Missing(what string) *Error {
	return &Error{Kind: NotFound, Code: "NOT_FOUND", Text: what + " does not exist, or you may not see it"}
}

// WithCode returns a copy of the error with a machine code and the values that go with it.
func (e *Error) WithCode(code string, params map[string]any) *Error {
	c := *e
	c.Code, c.Params = code, params
	return &c
}

// After returns a copy of the error that says when another try makes sense.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Of gives the error's kind: Internal for any error that is not ours, and "" for nil.
func Of(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// As gives the fault inside an error, or an Internal one around it. It is nil for nil.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Text: "something went wrong on our side", cause: err}
}

// Is says whether the error is of the kind.
func Is(err error, kind Kind) bool { return Of(err) == kind }

// Panic says what a recovered panic was, for logs: the text of a failure of the language, and of anything else only its type, because the
// value may be made of what somebody wrote.
func Panic(v any) string {
	var r runtime.Error
	if err, ok := v.(error); ok && errors.As(err, &r) {
		return r.Error()
	}
	return fmt.Sprintf("%T", v)
}
