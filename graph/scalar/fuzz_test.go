package scalar_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/switchyard-chat/switchyard/graph/scalar"
)

// What a client gives as a scalar is read or refused, and what was read is written as JSON that reads the same.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{`"2026-01-02T03:04:05.678Z"`, `"2026-01-02T03:04:05+08:00"`, `"2026-02-30"`, `"2024-02-29"`, `"12345678901234567890.123"`, `"-0"`, `1.5`, `1e400`, `null`, `[]`, `"MS5maXJzdC4w"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		if at, err := scalar.UnmarshalDateTime(v); err == nil {
			var b bytes.Buffer
			scalar.MarshalDateTime(at).MarshalGQL(&b)
			var s string
			if err := json.Unmarshal(b.Bytes(), &s); err != nil {
				t.Fatalf("%v is written as %s", at, &b)
			}
			if again, err := scalar.UnmarshalDateTime(s); err != nil || at.Sub(again).Abs() >= 1e9 {
				t.Errorf("%s is %v, which comes back as %v, %v", text, at, again, err)
			}
		}
		for name, read := range map[string]func(any) (string, error){"Date": scalar.UnmarshalDate, "Decimal": scalar.UnmarshalDecimal, "Cursor": scalar.UnmarshalCursor} {
			s, err := read(v)
			if err != nil {
				continue
			}
			if again, err := read(s); err != nil || again != s {
				t.Errorf("%s %s is %q, which comes back as %q, %v", name, text, s, again, err)
			}
		}
	})
}
