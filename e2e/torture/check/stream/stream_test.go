package stream

import (
	"strings"
	"testing"
)

func at(seq int64) string { return Position{Epoch: "e", Seq: seq}.Cursor() }

func added(seq int64, id string) Event {
	return Event{Kind: "MessageAdded", Cursor: at(seq), Message: &Message{ID: id, Version: 1}}
}

// The judge is judged: each thing that may go wrong is told, and what is right is not.
func TestView(t *testing.T) {
	t.Parallel()
	log := []Entry{{Seq: 1}, {Seq: 2}, {Seq: 3}, {Seq: 4}}
	all := func(Entry) bool { return true }
	hello := Event{Kind: "Hello", Cursor: at(1), Recovered: true}
	for name, c := range map[string]struct {
		events []Event
		says   string // part of the first problem; empty for none
	}{
		"everything once and in order":                 {[]Event{hello, added(2, "a"), added(3, "b"), added(4, "c")}, ""},
		"one is left out":                              {[]Event{hello, added(2, "a"), added(4, "c")}, "given [2 4]; the log has [2 3 4]"},
		"one comes twice":                              {[]Event{hello, added(2, "a"), added(2, "a")}, "doubled"},
		"one comes late":                               {[]Event{hello, added(3, "b"), added(2, "a")}, "out of order"},
		"no Hello":                                     {[]Event{added(2, "a")}, "Hello was due"},
		"Hello somewhere else":                         {[]Event{{Kind: "Hello", Cursor: at(2), Recovered: true}}, "goes on after 2"},
		"a tick passes over one":                       {[]Event{hello, {Kind: "Tick", Cursor: at(2)}}, "given []; the log has [2]"},
		"a tick without a cursor":                      {[]Event{hello, {Kind: "Tick"}}, "no cursor"},
		"a resync that is not told":                    {[]Event{{Kind: "Hello", Cursor: at(3)}, added(4, "c")}, "without ResyncRequired"},
		"a resync that is":                             {[]Event{{Kind: "Hello", Cursor: at(3)}, {Kind: "ResyncRequired", Cursor: at(3)}, added(4, "c")}, ""},
		"an end at an event that can be given no more": {[]Event{hello, added(2, "a"), {Kind: "StreamEnded", Cursor: at(3)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := NewView("the client")
			v.Connect(at(1))
			for _, e := range c.events {
				v.Apply(e)
			}
			v.Complete(log, all, nil)
			switch {
			case c.says == "" && len(v.Problems) > 0:
				t.Errorf("got %q", v.Problems)
			case c.says != "" && (len(v.Problems) == 0 || !strings.Contains(v.Problems[0], c.says)):
				t.Errorf("got %q", v.Problems)
			}
		})
	}
}

func TestCompleteWithWhatMayBe(t *testing.T) {
	t.Parallel()
	log := []Entry{{Seq: 2}, {Seq: 3}, {Seq: 4}}
	for name, c := range map[string]struct {
		got  []int64
		says bool
	}{
		"it was given": {[]int64{2, 3, 4}, false}, "it was not": {[]int64{2, 4}, false},
		"what is due is still due": {[]int64{2, 3}, true}, "what nobody wrote is still too much": {[]int64{2, 4, 5}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := NewView("the client")
			v.Stretches = []Stretch{{From: 1, To: 4, Got: c.got}}
			v.Complete(log, func(e Entry) bool { return e.Seq != 3 }, func(e Entry) bool { return e.Seq == 3 })
			if (len(v.Problems) > 0) != c.says {
				t.Errorf("got %q", v.Problems)
			}
		})
	}
}
