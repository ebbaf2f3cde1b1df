package delivery_test

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// CHAN-11, MSG-2: whatever way the platform fails, each message arrives once, in order, and is SENT with the platform's ids.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]fake.Fault{
		"nothing fails":                              nil,
		"500 after accepting":                        {{Kind: fake.ErrorAfter}},
		"500 before accepting, twice":                {{Kind: fake.ErrorBefore, Times: 2}},
		"time-out after accepting":                   {{Kind: fake.HangAfter}},
		"time-out before accepting":                  {{Kind: fake.HangBefore}},
		"reset after accepting":                      {{Kind: fake.ResetAfter}},
		"reset before accepting":                     {{Kind: fake.ResetBefore}},
		"too many requests":                          {{Kind: fake.RateLimit, Times: 3}},
		"too many requests, told when to come again": {{Kind: fake.RateLimit, Times: 2, RetryAfter: 20 * time.Second}},
		"one after the other":                        {{Kind: fake.ErrorAfter}, {Kind: fake.RateLimit}, {Kind: fake.ResetAfter}, {Kind: fake.ErrorBefore}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testkit.Each(t, func(t *testing.T, dialect string) {
				w := setup(t, dialect)
				c := w.chat()
				ids := c.say("first", "second", "third")
				w.fault(faults...)
				w.worker()
				w.await("all are sent", w.settled(ids...))
				c.sent(ids...)
				if n := len(w.tries(ids[0])); n > 1 != (faults != nil) {
					t.Errorf("the first message was tried %d times", n)
				}
			})
		})
	}
}

// CHAN-11: the times at which the platform is asked again are kept: its own word, else a growing wait.
func TestBackoff(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("only")
		w.fault(fake.Fault{Kind: fake.RateLimit, RetryAfter: 40 * time.Second}, fake.Fault{Kind: fake.ErrorBefore, Times: 3})
		w.worker()
		w.await("it is sent", w.settled(ids...))
		tries := w.tries(ids[0])
		if len(tries) != 5 {
			t.Fatalf("%d tries", len(tries))
		}
		for i, between := range [][2]time.Duration{{40 * time.Second, 41 * time.Second}, {1500 * time.Millisecond, 3 * time.Second}, {3 * time.Second, 6 * time.Second}, {6 * time.Second, 11 * time.Second}} {
			if d := tries[i+1].StartedAt.Sub(*tries[i].EndedAt); d < between[0] || d > between[1] {
				t.Errorf("after try %d it waited %v, want %v", i+1, d, between)
			}
			if tries[i].RetryKey != tries[4].RetryKey {
				t.Error("the retry key changed")
			}
		}
	})
}

// MSG-2, CHAN-11: a definite refusal is FAILED with code and reason, is not tried again, and does not keep the next one.
func TestRefused(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("over the limit", "", "fine")
		w.fault(fake.Fault{Kind: fake.QuotaLimit})
		w.worker()
		w.await("all are done", w.settled(ids...))
		w.failed(ids[0], channels.CodeQuotaExceeded)
		w.failed(ids[1], channels.CodeInvalidContent)
		c.sent(ids[2])
		for _, id := range ids {
			if n := len(w.tries(id)); n != 1 {
				t.Errorf("%d tries", n)
			}
		}
	})
}

// CHAN-11: a head that keeps failing blocks its lane for five minutes at most, then it is FAILED visibly and the next one goes on.
func TestBlockedLane(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		begin := w.clock.Now()
		w.fault(fake.Fault{Kind: fake.ErrorBefore, Times: 1000})
		ids := c.say("first", "second")
		w.worker()
		w.await("the first is given up", w.settled(ids[0]))
		w.failed(ids[0], channels.CodePlatformError)
		if d := w.clock.Now().Sub(begin); d < 5*time.Minute || d > 5*time.Minute+10*time.Second {
			t.Errorf("given up after %v", d)
		}
		w.line.Faults().Clear()
		w.await("the second is sent", w.settled(ids[1]))
		c.sent(ids[1])
	})
}
