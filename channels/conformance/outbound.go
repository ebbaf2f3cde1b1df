package conformance

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
)

// sent checks a result of success against what the platform wrote down: one delivery of the message.
func sent(t *testing.T, p *Platform, got channels.SendResult, message channels.Outgoing) {
	t.Helper()
	if got.Outcome != channels.Sent || got.Code != "" || got.Reason != "" || got.AccountLost || got.GroupGone {
		t.Fatalf("got %+v", got)
	}
	var deliveries []fake.Delivery
	for _, d := range p.Journal.To(message.To.ID) {
		if p.RetryKey == "" || d.RetryKey == message.RetryKey {
			deliveries = append(deliveries, d)
		}
	}
	if len(deliveries) != 1 || len(deliveries[0].Messages) != 1 {
		t.Fatalf("accepted: %+v", deliveries)
	}
	if m := deliveries[0].Messages[0]; got.PlatformMessageID == "" || got.PlatformMessageID != m.ID || got.QuoteToken != m.QuoteToken {
		t.Errorf("got message %q, token %q; the platform has %q, %q", got.PlatformMessageID, got.QuoteToken, m.ID, m.QuoteToken)
	}
}

// notSent checks a result of failure, and that it says so in words without secrets.
func notSent(t *testing.T, p *Platform, got channels.SendResult, outcome channels.Outcome, code string) {
	t.Helper()
	if got.Outcome != outcome || got.Code != code || got.Reason == "" || got.PlatformMessageID != "" {
		t.Errorf("got %+v, want %s %s", got, outcome, code)
	}
	p.hasNoSecret(t, got.Reason)
}

// MSG-2, CHAN-11
func (s suite) send(t *testing.T) {
	t.Run("a text arrives once, with the platform's id", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		message := s.text(p, "您好 <b>&amp; \u2028 😀")
		sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
		if body := string(p.Journal.All()[0].Messages[0].Body); !strings.Contains(body, "您好") || !p.Journal.All()[0].Reached {
			t.Errorf("the platform has %s", body)
		}
	})
	t.Run("a message can be quoted", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if !p.Adapter.Capability().CanQuote {
			return
		}
		first := s.text(p, "first")
		result := p.Adapter.Send(t.Context(), p.Account, first)
		sent(t, p, result, first)
		second := s.text(p, "second")
		second.QuoteToken = result.QuoteToken
		sent(t, p, p.Adapter.Send(t.Context(), p.Account, second), second)
		if body := string(p.Journal.All()[1].Messages[0].Body); !strings.Contains(body, result.QuoteToken) {
			t.Errorf("the platform has %s", body)
		}
	})
	t.Run("many at once arrive once each", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		messages := make([]channels.Outgoing, 32)
		results := make([]channels.SendResult, len(messages))
		var all sync.WaitGroup
		for i := range messages {
			messages[i] = s.text(p, "hi")
			all.Go(func() { results[i] = p.Adapter.Send(t.Context(), p.Account, messages[i]) })
		}
		all.Wait()
		ids := map[string]bool{}
		for _, r := range results {
			if r.Outcome != channels.Sent || ids[r.PlatformMessageID] {
				t.Errorf("got %+v", r)
			}
			ids[r.PlatformMessageID] = true
		}
		if n := len(p.Journal.All()); n != len(messages) {
			t.Errorf("%d accepted", n)
		}
	})
	t.Run("the same request again is one message", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.RetryKey == "" {
			return
		}
		message := s.text(p, "hi")
		for range 3 {
			sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
		}
	})
}

// MSG-7, MSG-10: what the platform would not take is refused before it is asked.
func (s suite) refuse(t *testing.T) {
	count := map[channels.TextUnits]int{channels.UTF16Units: 2, channels.CodePoints: 1} // of 😀
	t.Run("text is counted as the platform counts", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		c := p.Adapter.Capability()
		fits := strings.Repeat("😀", c.TextLimit/count[c.TextUnits])
		message := s.text(p, fits)
		sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
		for _, text := range []string{"", fits + "😀", strings.Repeat("a", c.TextLimit+1)} {
			notSent(t, p, p.Adapter.Send(t.Context(), p.Account, s.text(p, text)), channels.Refused, channels.CodeInvalidContent)
		}
		if n := len(p.Requests.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("kinds the platform does not have, and kinds without their content", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		message := s.text(p, "")
		for _, kind := range []channels.MessageKind{
			channels.Text, channels.Image, channels.Video, channels.Audio, channels.File, channels.Sticker, channels.Location, channels.Template,
			channels.Unsupported, "", "HOLOGRAM",
		} {
			message.Content = channels.Content{Kind: kind}
			notSent(t, p, p.Adapter.Send(t.Context(), p.Account, message), channels.Refused, channels.CodeInvalidContent)
		}
		if n := len(p.Requests.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("nobody to send to", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		message := s.text(p, "hi")
		message.To = p.Nobody
		got := p.Adapter.Send(t.Context(), p.Account, message)
		notSent(t, p, got, channels.Refused, channels.CodeRecipientGone)
		if got.AccountLost || got.GroupGone {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a retry key that is none", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.RetryKey == "" {
			return
		}
		message := s.text(p, "hi")
		message.RetryKey = ""
		if got := p.Adapter.Send(t.Context(), p.Account, message); got.Outcome != channels.Refused || len(p.Requests.Requests()) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// unclear is how a try ends of which nobody knows whether the platform took it: safe to repeat only where it has retry keys (front door:
// outbound lanes).
func unclear(p *Platform) channels.Outcome {
	if p.RetryKey != "" {
		return channels.Transient
	}
	return channels.Ambiguous
}

// CHAN-3, CHAN-11, MSG-6
func (s suite) faults(t *testing.T) {
	for kind, want := range map[fake.FaultKind]struct {
		outcome func(*Platform) channels.Outcome
		code    string
	}{
		fake.ErrorBefore: {unclear, channels.CodePlatformError},
		fake.ErrorAfter:  {unclear, channels.CodePlatformError},
		fake.ResetBefore: {unclear, ""},
		fake.ResetAfter:  {unclear, ""},
		fake.RateLimit:   {always(channels.Transient), channels.CodeRateLimited},
		fake.QuotaLimit:  {always(channels.Refused), channels.CodeQuotaExceeded},
		fake.Revoke:      {always(channels.Refused), channels.CodeCredentialsRevoked},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := s.setup(t)
			// Go's client repeats a request by itself when a kept connection turns out broken; the first one must not be on such.
			p.add(t, fake.Fault{Kind: kind, Operation: p.Send, RetryAfter: 7 * time.Second})
			message := s.text(p, "hi")
			got := p.Adapter.Send(t.Context(), p.Account, message)
			code := want.code
			if code == "" {
				code = s.unansweredCode(p)
			}
			notSent(t, p, got, want.outcome(p), code)
			if got.AccountLost != (kind == fake.Revoke) {
				t.Errorf("account lost: %v", got.AccountLost)
			}
			if told := kind == fake.RateLimit; told && got.RetryAfter != 7*time.Second || !told && got.RetryAfter != 0 {
				t.Errorf("retry after %v", got.RetryAfter)
			}
			if got.Outcome == channels.Transient {
				again := p.Adapter.Send(t.Context(), p.Account, message)
				sent(t, p, again, message)
				s.sameRequest(t, p, message)
			}
		})
	}
	t.Run("slow is only slow", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.add(t, fake.Fault{Kind: fake.Slow, Operation: p.Send, Delay: time.Millisecond})
		message := s.text(p, "hi")
		sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.Stop()
		got := p.Adapter.Send(t.Context(), p.Account, s.text(p, "hi"))
		// Where no connection came about, nothing was taken, retry keys or not.
		notSent(t, p, got, channels.Transient, channels.CodeUnreachable)
	})
	t.Run("three failures in a row are still one message", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.RetryKey == "" {
			return
		}
		message := s.text(p, "hi")
		for _, kind := range []fake.FaultKind{fake.ResetBefore, fake.ErrorAfter, fake.ResetAfter} {
			p.add(t, fake.Fault{Kind: kind, Operation: p.Send})
			if got := p.Adapter.Send(t.Context(), p.Account, message); got.Outcome != channels.Transient {
				t.Errorf("%s: %+v", kind, got)
			}
		}
		sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
		s.sameRequest(t, p, message)
	})
}

func always(outcome channels.Outcome) func(*Platform) channels.Outcome {
	return func(*Platform) channels.Outcome { return outcome }
}

func (s suite) unansweredCode(p *Platform) string {
	if p.RetryKey != "" {
		return channels.CodeUnreachable
	}
	return channels.CodeDeliveryUncertain
}

// sameRequest checks that every try of a message was the same request: key and body.
func (s suite) sameRequest(t *testing.T, p *Platform, message channels.Outgoing) {
	t.Helper()
	if p.RetryKey == "" {
		return
	}
	requests := p.Requests.Requests()
	for i, r := range requests {
		if values := r.Header[p.RetryKey]; len(values) != 1 || values[0] != message.RetryKey {
			t.Errorf("try %d has key %v", i, values)
		}
		if !bytes.Equal(r.Body, requests[0].Body) {
			t.Errorf("try %d has another body: %s", i, r.Body)
		}
	}
	if len(requests) < 2 {
		t.Errorf("%d tries", len(requests))
	}
}

// A caller that gives up, as a server does that is told to stop, leaves nothing in doubt.
func (s suite) giveUp(t *testing.T) {
	for kind, accepted := range map[fake.FaultKind]int{fake.HangBefore: 0, fake.HangAfter: 1} {
		t.Run("cancelled during "+string(kind), func(t *testing.T) {
			t.Parallel()
			p := s.setup(t)
			p.add(t, fake.Fault{Kind: kind, Operation: p.Send})
			message := s.text(p, "hi")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan channels.SendResult, 1)
			go func() { result <- p.Adapter.Send(ctx, p.Account, message) }()
			_, err := p.Requests.Wait(t.Context(), func(all []fake.Request) bool { return len(all) == 1 })
			if err == nil {
				_, err = p.Journal.Wait(t.Context(), func(all []fake.Delivery) bool { return len(all) == accepted })
			}
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			notSent(t, p, <-result, unclear(p), s.unansweredCode(p))
			if p.RetryKey != "" {
				sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)
				s.sameRequest(t, p, message)
			}
		})
	}
	t.Run("out of time", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.add(t, fake.Fault{Kind: fake.HangAfter, Operation: p.Send, Times: 1})
		message := s.text(p, "hi")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		got := p.Adapter.Send(ctx, p.Account, message)
		if got.Outcome != unclear(p) && got.Outcome != channels.Transient {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		notSent(t, p, p.Adapter.Send(ctx, p.Account, s.text(p, "hi")), channels.Transient, channels.CodeUnreachable)
		if n := len(p.Journal.All()); n != 0 {
			t.Errorf("%d accepted", n)
		}
	})
}
