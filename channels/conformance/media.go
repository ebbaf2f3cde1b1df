package conformance

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// files are the kinds of message that are files.
var files = []channels.MessageKind{channels.Image, channels.Video, channels.Audio, channels.File}

// CHAN-14, MSG-7: the desk can tell from the capability alone what can be sent, and how.
func (s suite) media(t *testing.T) {
	t.Run("the rules are whole", func(t *testing.T) {
		t.Parallel()
		c := s.setup(t).Adapter.Capability()
		for kind, rule := range c.Media {
			switch {
			case !slices.Contains(files, kind) || !slices.Contains(c.SendKinds, kind):
				t.Errorf("a rule for %s, which cannot be sent", kind)
			case (len(rule.Types) > 0) != (rule.MaxBytes > 0):
				t.Errorf("%s: %v up to %d bytes", kind, rule.Types, rule.MaxBytes)
			case rule.MaxBytes == 0 && rule.MaxLinkBytes == 0:
				t.Errorf("%s goes in no way", kind)
			}
			for _, end := range rule.Banned {
				if !strings.HasPrefix(end, ".") || end != strings.ToLower(end) {
					t.Errorf("%s: %q never ends a name", kind, end)
				}
			}
		}
		for _, kind := range files {
			if _, has := c.Media[kind]; slices.Contains(c.SendKinds, kind) != has {
				t.Errorf("%s is sent without a rule", kind)
			}
		}
	})
	t.Run("what can quote can be sent", func(t *testing.T) {
		t.Parallel()
		c := s.setup(t).Adapter.Capability()
		if c.CanQuote != (len(c.QuoteKinds) > 0) || c.LinkDays < 0 {
			t.Errorf("quotes: %v, with %v; links of %d days", c.CanQuote, c.QuoteKinds, c.LinkDays)
		}
		for _, kind := range c.QuoteKinds {
			if !slices.Contains(c.SendKinds, kind) {
				t.Errorf("%s quotes and cannot be sent", kind)
			}
		}
	})
	t.Run("what is taken as what it is goes out by its address", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		for kind, rule := range p.Adapter.Capability().Media {
			if len(rule.Types) == 0 {
				continue
			}
			message := s.text(p, "")
			message.Content = channels.Content{Kind: kind, Media: &channels.Media{
				URL: "https://desk.example.com/d/one", PreviewURL: "https://desk.example.com/d/one/preview", ContentType: rule.Types[0], DurationMS: 4200, Size: 1000,
			}}
			got := p.Adapter.Send(t.Context(), p.Account, message)
			if got.Outcome != channels.Sent {
				t.Errorf("%s: %+v", kind, got)
				continue
			}
			all := p.Journal.To(message.To.ID)
			if body := all[len(all)-1].Messages[0].Body; !bytes.Contains(body, []byte("https://desk.example.com/d/one")) {
				t.Errorf("the platform has %s", body)
			}
			message = s.text(p, "")
			message.Content = channels.Content{Kind: kind, Media: &channels.Media{DurationMS: 4200}}
			notSent(t, p, p.Adapter.Send(t.Context(), p.Account, message), channels.Refused, channels.CodeInvalidContent)
		}
	})
	t.Run("what a customer sent is fetched whole, also twice", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.Content == "" {
			return
		}
		for range 2 {
			stream, err := p.Adapter.FetchMedia(t.Context(), p.Account, p.Held)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(stream)
			if err != nil || !bytes.Equal(got, p.HeldBytes) || stream.Size != int64(len(got)) && stream.Size != -1 {
				t.Errorf("%d of %d bytes, said to be %d: %v", len(got), len(p.HeldBytes), stream.Size, err)
			}
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("what is gone is gone, and not to be had later", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.Content == "" {
			return
		}
		for what, m := range map[string]channels.Media{
			"unsent": p.Gone, "unknown": {ID: "0"}, "nothing": {}, "a path": {ID: "../../bot/info"}, "no address": {URL: "http://[::1"}, "a file": {URL: "file:///etc/passwd"},
		} {
			_, err := p.Adapter.FetchMedia(t.Context(), p.Account, m)
			is(t, p, what, err, fault.NotFound)
		}
	})
	for fails, kind := range map[fake.FaultKind]fault.Kind{
		fake.ErrorBefore: fault.Unavailable,
		fake.ResetBefore: fault.Unavailable,
		fake.RateLimit:   fault.Throttled,
		fake.Revoke:      fault.Unauthenticated,
	} {
		t.Run("fetched while "+string(fails), func(t *testing.T) {
			t.Parallel()
			p := s.setup(t)
			if p.Content == "" {
				return
			}
			p.add(t, fake.Fault{Kind: fails, Operation: p.Content, Times: 5})
			_, err := p.Adapter.FetchMedia(t.Context(), p.Account, p.Held)
			is(t, p, "file", err, kind)
		})
	}
	t.Run("fetched while nobody listens, and without credentials", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.Content == "" {
			return
		}
		p.Stop()
		_, err := p.Adapter.FetchMedia(t.Context(), p.Account, p.Held)
		is(t, p, "file", err, fault.Unavailable)
		p.Account.Credentials = nil
		_, err = p.Adapter.FetchMedia(t.Context(), p.Account, p.Held)
		is(t, p, "file", err, fault.Unauthenticated)
	})
	t.Run("fetched by a caller that leaves", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		if p.Content == "" {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := p.Adapter.FetchMedia(ctx, p.Account, p.Held)
		is(t, p, "file", err, fault.Unavailable)
	})
}
