package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/jsontext"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``: true, `1`: true, `"{{{{"`: true, `"\"{{{{"`: true, `{"a":[{}]}`: true, `{"a":[{"b":[]}]}`: false, `[[[[]]]]`: false,
		`[1,2,3]`: true, `[1,2,3,4,5,6,7,8,9]`: false, `[",,,,,,,,,,,,"]`: true, `{"a":1,"b":2}`: true,
		strings.Repeat("[],", 5): false,
	} {
		if got := jsontext.Within([]byte(text), 3, 8); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// depthOf is how deep a value that was read is nested, and how many values it holds.
func depthOf(v any) (depth, values int) {
	values = 1
	count := func(x any) {
		d, n := depthOf(x)
		depth, values = max(depth, d), values+n
	}
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			count(x)
		}
		return depth + 1, values
	case []any:
		for _, x := range v {
			count(x)
		}
		return depth + 1, values
	}
	return 0, 1
}

// What is let through is no larger, once it is read, than was said.
func FuzzWithin(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\"{",null,{"b":{}}]}`, `[[[[[[]]]]]]`, `"\\"`, `"\\\"{"`, `[1,2,3,4,5,6,7,8]`, `{"query":"{ a }","variables":{"x":[1,2]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		if json.Unmarshal(text, &v) != nil {
			_ = jsontext.Within(text, 4, 8)
			return
		}
		depth, values := depthOf(v)
		isWithin := jsontext.Within(text, 4, 8)
		if isWithin && (depth > 4 || values > 2*8) {
			t.Errorf("%q is nested %d deep and holds %d values", text, depth, values)
		}
		if !isWithin && depth <= 4 && len(text) < 8 {
			t.Errorf("%q is refused", text)
		}
	})
}
