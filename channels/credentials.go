package channels

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands for credentials wherever they would be shown.
const hidden = "[credentials]"

// String implements fmt.Stringer without showing anything.
func (Credentials) String() string { return hidden }

// Format implements fmt.Formatter, for every verb, without showing anything.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer without showing anything.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON implements json.Marshaler without showing anything. What seals credentials converts them to a plain map first.
func (Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
