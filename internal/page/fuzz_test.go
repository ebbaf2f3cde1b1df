package page_test

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// A position in a list is read or refused, and what was read is the position that it was read from.
func FuzzKey(f *testing.F) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, s := range []string{page.Cursor("inbox", at, int64(7), "陳"), page.Cursor("inbox", at), page.Cursor("other", at, int64(7), ""), "", "W10", "bnVsbA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var when, again time.Time
		var n, m int64
		var name, same string
		err := page.Key(s, "inbox", "after", &when, &n, &name)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if when.Year() < 0 || when.Year() > 9999 {
			return // which JSON cannot write
		}
		if err := page.Key(page.Cursor("inbox", when, n, name), "inbox", "after", &again, &m, &same); err != nil || !again.Equal(when) || m != n || same != name {
			t.Errorf("%q is %v %d %q, and comes back as %v %d %q: %v", s, when, n, name, again, m, same, err)
		}
	})
}
