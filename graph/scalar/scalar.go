// Package scalar reads and writes the API's own scalars. What cannot be read is a fault of kind Invalid.
package scalar

import (
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// moment is RFC 3339 in UTC to the microsecond, the precision of the databases.
const moment = "2006-01-02T15:04:05.000000Z"

// MarshalDateTime writes a moment in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(AppendDateTime(make([]byte, 0, len(moment)+2), t))
	})
}

// AppendDateTime appends what MarshalDateTime writes.
func AppendDateTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), moment), '"')
}

// UnmarshalDateTime reads a moment in RFC 3339, in any zone.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, fault.New(fault.Invalid, "a DateTime is a string such as %q", "2026-01-31T08:15:30Z")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, fault.New(fault.Invalid, "a DateTime looks like %q", "2026-01-31T08:15:30Z")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// MarshalDate writes a day.
func MarshalDate(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalDate reads a day that exists in the calendar.
func UnmarshalDate(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fault.New(fault.Invalid, "a Date is a string such as %q", "2026-01-31")
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return "", fault.New(fault.Invalid, "a Date looks like %q and exists in the calendar", "2026-01-31")
	}
	return s, nil
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,20})?$`)

// MarshalDecimal writes a decimal number.
func MarshalDecimal(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalDecimal reads a decimal number: a string, or a whole number. It gives its shortest form: no leading or trailing zeros.
func UnmarshalDecimal(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		switch n := v.(type) {
		case int64:
			s = strconv.FormatInt(n, 10)
		case int:
			s = strconv.Itoa(n)
		case fmt.Stringer: // json.Number
			s = n.String()
		}
	}
	if !decimal.MatchString(s) {
		return "", fault.New(fault.Invalid, "a Decimal is a string such as %q, with at most 30 digits before and 20 after the point", "-12.50")
	}
	r, _ := new(big.Rat).SetString(s)
	n, exact := r.FloatPrec()
	if !exact {
		return "", fault.New(fault.Invalid, "a Decimal is a string such as %q", "-12.50")
	}
	return r.FloatString(n), nil
}

// MarshalCursor writes a position.
func MarshalCursor(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalCursor reads a position; what it means is for whoever made it.
func UnmarshalCursor(v any) (string, error) {
	s, ok := v.(string)
	if !ok || len(s) > 512 {
		return "", fault.New(fault.Invalid, "a Cursor is a string that this API gave out")
	}
	return s, nil
}
