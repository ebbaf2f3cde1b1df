package event_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/internal/event"
)

// A cursor that is taken for one says where it stands, and comes back as what it was read as.
func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{event.Cursor{Epoch: "first", Seq: 4711}.String(), event.Cursor{}.String(), "", "MS5maXJzdC4w", "x", "MS4uLTE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := event.ParseCursor(s)
		if err != nil {
			return
		}
		again, err := event.ParseCursor(c.String())
		if err != nil || again != c || c.Seq < 0 {
			t.Errorf("%q is %+v, which comes back as %+v, %v", s, c, again, err)
		}
	})
}
