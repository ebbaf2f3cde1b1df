package seal

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands for a secret wherever it would be shown.
const hidden = "[secret]"

// Secret is a text that is shown to nobody by accident: printed, logged, or written as JSON it is "[secret]". Reveal gives it.
type Secret struct{ value string }

// Hide makes a secret.
func Hide(value string) Secret { return Secret{value} }

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return s.value }

// IsEmpty says whether there is none.
func (s Secret) IsEmpty() bool { return s.value == "" }

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler, and so JSON's.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
