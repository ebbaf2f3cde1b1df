package webchat_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

var account = channels.Account{PlatformID: "w1"}

// MSG-7: texts and pictures up to 10 MB, nothing else.
func TestCapability(t *testing.T) {
	t.Parallel()
	c := webchat.New().Capability()
	rule := c.Media[channels.Image]
	if c.Type != channels.Webchat || !c.IsOwn || len(c.Credentials) != 0 || c.TextLimit != 5000 || c.TextUnits != channels.CodePoints || c.ReadByAnswer {
		t.Errorf("it can %+v", c)
	}
	if len(c.Media) != 1 || rule.MaxBytes != 10<<20 || !reflect.DeepEqual(rule.Types, []string{"image/jpeg", "image/png"}) || rule.MaxLinkBytes != 0 {
		t.Errorf("of files it takes %+v", c.Media)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	good := func() channels.Outgoing {
		return channels.Outgoing{To: channels.Peer{Type: channels.PeerUser, ID: "v_1"}, RetryKey: "k", Content: channels.Content{Kind: channels.Text, Text: "hi"}}
	}
	for name, c := range map[string]struct {
		change func(*channels.Outgoing)
		isSent bool
	}{
		"a text":           {func(*channels.Outgoing) {}, true},
		"the longest text": {func(m *channels.Outgoing) { m.Content.Text = strings.Repeat("😀", 5000) }, true},
		"a picture": {func(m *channels.Outgoing) {
			m.Content = channels.Content{Kind: channels.Image, Media: &channels.Media{URL: "https://x.example"}}
		}, true},
		"a longer text": {func(m *channels.Outgoing) { m.Content.Text = strings.Repeat("字", 5001) }, false},
		"no text":       {func(m *channels.Outgoing) { m.Content.Text = "" }, false},
		"a film":        {func(m *channels.Outgoing) { m.Content.Kind = channels.Video }, false},
		"a group":       {func(m *channels.Outgoing) { m.To.Type = channels.PeerGroup }, false},
		"nobody":        {func(m *channels.Outgoing) { m.To.ID = "" }, false},
		"without a key": {func(m *channels.Outgoing) { m.RetryKey = "" }, false},
	} {
		m := good()
		c.change(&m)
		for range 2 { // the second try is as the first
			got := webchat.New().Send(t.Context(), account, m)
			switch {
			case c.isSent && (got.Outcome != channels.Sent || got.PlatformMessageID != m.RetryKey):
				t.Errorf("%s gives %+v", name, got)
			case !c.isSent && (got.Outcome != channels.Refused || got.Code != channels.CodeInvalidContent || got.Reason == "" || got.AccountLost):
				t.Errorf("%s gives %+v", name, got)
			}
		}
	}
}

// A message that is kept for a replay is read back as it was, its upload included.
func TestReplay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	for _, s := range []webchat.Said{{Key: "v1:k", Visitor: "v_1", Text: "<b>hi", OccurredAt: at}, {Key: "v1:k", Visitor: "v_1", UploadID: 7, OccurredAt: at}} {
		e, err := s.Event()
		if err != nil {
			t.Fatal(err)
		}
		again, err := webchat.New().Parse(account, e.Raw)
		if err != nil || len(again) != 1 || !reflect.DeepEqual(again[0], e) {
			t.Errorf("%+v becomes %+v: %v", e, again, err)
		}
	}
	for _, foreign := range []string{"", "null", "{}", `{"key":"k"}`, `{"key":"k","visitor":"v","occurredAt":"2026-03-02T01:00:00Z"}`, strings.Repeat("[", 50_000)} {
		if _, err := webchat.New().Parse(account, []byte(foreign)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q gives %v", foreign, err)
		}
	}
	if err := webchat.New().Verify(account, nil, []byte("{}")); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a webhook gives %v", err)
	}
}

// Nothing is asked of anybody: the rest is what it is, at once.
func TestAsking(t *testing.T) {
	t.Parallel()
	a, ctx := webchat.New(), t.Context()
	if info, err := a.FetchAccount(ctx, account); err != nil || info.PlatformID != "w1" {
		t.Errorf("the account is %+v: %v", info, err)
	}
	if lines, err := a.Check(ctx, account, ""); err != nil || len(lines) != 1 || lines[0].Status != channels.CheckOK || lines[0].Text == "" {
		t.Errorf("the check says %+v: %v", lines, err)
	}
	peer := channels.Peer{Type: channels.PeerGroup, ID: "g"}
	_, profile := a.FetchProfile(ctx, account, "v_1")
	_, group := a.FetchGroup(ctx, account, peer)
	_, member := a.FetchMember(ctx, account, peer, "v_1")
	_, members := a.ListMembers(ctx, account, peer)
	_, media := a.FetchMedia(ctx, account, channels.Media{ID: "x"})
	for _, err := range []error{profile, group, member, members, a.LeaveGroup(ctx, account, peer), media} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("it gives %v", err)
		}
	}
}
