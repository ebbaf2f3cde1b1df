package lane

import (
	"strings"
	"testing"
	"time"
)

// The judge is judged: each thing that may go wrong is told, and what is right is not.
func TestSends(t *testing.T) {
	t.Parallel()
	sent := func(seq int, text, delivery, code string) Stored {
		return Stored{Seq: seq, IsOurs: true, Text: text, Delivery: delivery, Code: code}
	}
	for name, c := range map[string]struct {
		messages []Stored
		accepted []string
		says     string // part of the first problem; empty for none
	}{
		"everything once and in order":         {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "READ", "")}, []string{"a", "b"}, ""},
		"a number is left out":                 {[]Stored{sent(1, "a", "SENT", ""), sent(3, "b", "SENT", "")}, []string{"a", "b"}, "has the number 3"},
		"the platform took one twice":          {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "SENT", "")}, []string{"a", "a", "b"}, "took \"a\" twice"},
		"the platform took them in disorder":   {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "SENT", "")}, []string{"b", "a"}, "took \"a\" after \"b\""},
		"what was never taken is SENT":         {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "SENT", "")}, []string{"a"}, "never took it"},
		"what was taken is FAILED":             {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "FAILED", "PLATFORM_ERROR")}, []string{"a", "b"}, "the platform took it"},
		"what was taken is uncertain":          {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "FAILED", "DELIVERY_UNCERTAIN")}, []string{"a", "b"}, ""},
		"something waits for ever":             {[]Stored{sent(1, "a", "SENT", ""), sent(2, "b", "SENDING", "")}, []string{"a"}, "still on its way"},
		"an acknowledged message is not there": {[]Stored{sent(1, "a", "SENT", "")}, []string{"a"}, "agents were told"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var accepted []Accepted
			for i, text := range c.accepted {
				accepted = append(accepted, Accepted{Seq: int64(i), To: "U", Text: text})
			}
			expect(t, Sends([]Conversation{{ID: 1, To: "U", Messages: c.messages}}, accepted, map[string][]string{"U": {"a", "b"}}), c.says)
		})
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	at := func(ms int, to string, status int) Request {
		r := Request{At: time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond), To: to, Status: status}
		if status == 429 {
			r.RetryAfter = time.Second
		}
		return r
	}
	expect(t, Rates([]Request{at(0, "a", 429), at(1, "b", 200), at(1000, "a", 200)}, 1), "")
	expect(t, Rates([]Request{at(0, "a", 429), at(999, "a", 200)}, 1), "a was refused by rate")
	expect(t, Rates([]Request{at(0, "a", 429), at(1, "b", 200), at(2, "c", 200)}, 1), "2 calls were made")
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	expect(t, Repeats([]Request{{Text: "a", Key: "k", Status: 500}, {Text: "a", Key: "k", Status: 409}}, false), "")
	expect(t, Repeats([]Request{{Text: "a", Key: "k", Status: 500}, {Text: "a", Key: "l", Status: 200}}, false), "under the keys")
	expect(t, Repeats([]Request{{Text: "a", Key: "k", Status: 400}, {Text: "a", Key: "k", Status: 400}}, false), "definite 400")
	expect(t, Repeats([]Request{{Text: "a", Key: "k", Status: 429}, {Text: "a", Key: "k", Status: 200}}, false), "")
	expect(t, Repeats([]Request{{Text: "a", Key: "k", Status: 429}, {Text: "a", Key: "k", Status: 200}}, true), "definite 429")
}

func expect(t *testing.T, problems []string, says string) {
	t.Helper()
	switch {
	case says == "" && len(problems) > 0:
		t.Errorf("got %q", problems)
	case says != "" && (len(problems) == 0 || !strings.Contains(problems[0], says)):
		t.Errorf("got %q", problems)
	}
}
