package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// CHAN-9: the platform's own bodies pass, and nothing else does.
func (s suite) verify(t *testing.T) {
	p := s.setup(t)
	refuse := func(t *testing.T, what string, account channels.Account, header http.Header, body []byte) {
		t.Helper()
		err := p.Adapter.Verify(account, header, body)
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v, want a fault of kind unauthenticated", what, err)
			return
		}
		p.hasNoSecret(t, err.Error())
	}
	for i, body := range s.Genuine {
		t.Run(fmt.Sprintf("body %d", i), func(t *testing.T) {
			t.Parallel()
			header, original := p.Sign(body), bytes.Clone(body)
			if err := p.Adapter.Verify(p.Account, header, body); err != nil {
				t.Fatalf("refused: %v", err)
			}
			if !bytes.Equal(body, original) || !reflect.DeepEqual(header, p.Sign(body)) {
				t.Errorf("Verify changed what it was given")
			}
			for _, at := range []int{0, len(body) / 2, len(body) - 1} {
				changed := bytes.Clone(body)
				changed[at] ^= 1
				refuse(t, fmt.Sprintf("byte %d changed", at), p.Account, header, changed)
			}
			refuse(t, "a byte less", p.Account, header, body[:len(body)-1])
			refuse(t, "a byte more", p.Account, header, append(bytes.Clone(body), '\n'))
			refuse(t, "no body", p.Account, header, nil)
			refuse(t, "no header", p.Account, http.Header{}, body)
			refuse(t, "nil header", p.Account, nil, body)
			refuse(t, "another account's secret", p.Other, header, body)
			refuse(t, "an account without credentials", channels.Account{}, header, body)
		})
	}
}

// CHAN-9: parsing is the same every time, keeps what it was given, and names what repeats.
func (s suite) parse(t *testing.T) {
	p := s.setup(t)
	keys := map[string]int{}
	for i, body := range s.Genuine {
		events, err := p.Adapter.Parse(p.Account, body)
		if err != nil {
			t.Fatalf("body %d: %v", i, err)
		}
		again, err := p.Adapter.Parse(p.Account, bytes.Clone(body))
		if err != nil || !reflect.DeepEqual(events, again) {
			t.Errorf("body %d: read differently the second time: %v", i, err)
		}
		for _, e := range events {
			complete(t, e)
			if other, taken := keys[e.DedupeKey]; taken {
				t.Errorf("bodies %d and %d have events of one key, %s", other, i, e.DedupeKey)
			}
			keys[e.DedupeKey] = i
		}
	}
	if len(keys) == 0 {
		t.Error("no genuine body has an event")
	}
	foreign := append([][]byte{nil, []byte(" "), []byte("hello"), {0xff, 0xfe, 0}, []byte(strings.Repeat("[", 50_000))}, s.Foreign...)
	for i, body := range foreign {
		events, err := p.Adapter.Parse(p.Account, body)
		if !fault.Is(err, fault.Invalid) || events != nil {
			t.Errorf("foreign body %d: got %d events, %v", i, len(events), err)
		}
	}
}

// complete checks what the desk relies on in any event.
func complete(t *testing.T, e channels.Event) {
	t.Helper()
	switch {
	case e.DedupeKey == "" || len(e.Raw) == 0:
		t.Errorf("without key or raw form: %+v", e)
	case e.Kind == channels.Ignored:
		if e.Reason == "" {
			t.Errorf("ignored without a reason: %s", e.Raw)
		}
	case e.OccurredAt.IsZero() || e.OccurredAt.Location() != time.UTC:
		t.Errorf("time %v", e.OccurredAt)
	case e.Kind == channels.MessageReceived:
		if e.MessageID == "" || e.Peer == nil || e.Peer.ID == "" || e.Content == nil || e.Content.Kind == "" {
			t.Errorf("an incomplete message: %s", e.Raw)
		}
		if e.Content != nil && e.Content.Kind == channels.Unsupported && len(e.Content.Raw) == 0 {
			t.Errorf("unsupported without its payload: %s", e.Raw)
		}
	}
}

// CHAN-9, MSG-13: an event nobody can understand is kept and costs no other one.
func (s suite) malformed(t *testing.T) {
	if s.Mix == nil {
		return
	}
	p := s.setup(t)
	for _, malformed := range []string{
		`null`, `true`, `0`, `-1e400`, `""`, `"message"`, `[]`, `[[]]`, `{}`, `{"type":null}`, `{"type":{}}`, `{"type":"message"}`,
		`{"type":"a type nobody knows","more":[1,2,3]}`, `{"message":{"text":"hi"}}`,
		strings.Repeat(`{"message":`, 200) + `0` + strings.Repeat(`}`, 200), `{"text":"` + strings.Repeat("長", 100_000) + `"}`,
	} {
		body := s.Mix(json.RawMessage(malformed))
		if err := p.Adapter.Verify(p.Account, p.Sign(body), body); err != nil {
			t.Fatalf("verify: %v", err)
		}
		events, err := p.Adapter.Parse(p.Account, body)
		if err != nil || len(events) != 3 {
			t.Errorf("%.60s: %d events, %v", malformed, len(events), err)
			continue
		}
		for at, want := range map[int]string{0: "first", 2: "last"} {
			if e := events[at]; e.Kind != channels.MessageReceived || e.Content == nil || e.Content.Text != want {
				t.Errorf("%.60s: %q became %+v", malformed, want, e)
			}
		}
		if e := events[1]; e.Kind != channels.Ignored || string(e.Raw) != malformed {
			t.Errorf("%.60s became %s of %.60s", malformed, e.Kind, e.Raw)
		}
		keys := slices.Collect(maps.Keys(map[string]bool{events[0].DedupeKey: true, events[1].DedupeKey: true, events[2].DedupeKey: true}))
		if len(keys) != 3 {
			t.Errorf("%.60s: events share keys: %v", malformed, keys)
		}
		complete(t, events[1])
	}
}
