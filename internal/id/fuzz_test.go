package id_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/internal/id"
)

// An id that is taken for one has one spelling.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{id.Format(id.Conversation, 4711), id.Format(id.Agent, 1), "conv_", "_1", "conv_-1", "conv_0", "conv_ZZ", "conv_zzzzzzzzzzzzzzzz", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kind, n, ok := id.Split(s)
		if ok && (id.Format(kind, n) != s || n <= 0) {
			t.Errorf("%q is taken for %s", s, id.Format(kind, n))
		}
	})
}
