package account_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

func ptr[T any](v T) *T { return &v }

// CHAN-1, CHAN-2, CHAN-4: a website channel is connected without credentials, is another account each time, and its window goes with it.
func TestWebchat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, stranger := w.team("shop"), w.team("other")
		in := account.ConnectInput{Type: channels.Webchat, Name: "官網", IdempotencyKey: "k"}
		c, _, err := w.Connect(ctx, boss, in)
		if err != nil || c.PlatformID == "" || c.WebhookKey == "" {
			t.Fatalf("connected %+v: %v", c, err)
		}
		if again, _, err := w.Connect(ctx, boss, in); err != nil || again.ID != c.ID {
			t.Errorf("the same key gives %+v: %v", again, err)
		}
		in.IdempotencyKey = ""
		if other, _, err := w.Connect(ctx, boss, in); err != nil || other.PlatformID == c.PlatformID || other.WebhookKey == c.WebhookKey {
			t.Errorf("a second one is %+v: %v", other, err)
		}
		in.Credentials = channels.Credentials{"token": "x"}
		if _, _, err := w.Connect(ctx, boss, in); fault.As(err).Field != "credentials" {
			t.Errorf("with credentials: %v", err)
		}
		if _, _, err := w.Reconnect(ctx, boss, c.ID, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("reconnecting gives %v", err)
		}
		if checked, _, err := w.Check(ctx, boss, c.ID); err != nil || len(checked.Checks) != 1 {
			t.Errorf("the check gives %+v: %v", checked, err)
		}
		window, err := w.WindowByKey(ctx, c.WebhookKey)
		if err != nil || window.ChannelID != c.ID || window.Title != "官網" || len(window.AllowedDomains) != 0 || len(window.Secrets()) != 0 || window.RefusesBlocked {
			t.Errorf("the window is %+v: %v", window, err)
		}
		// Changes, and what is wrong with them.
		changed, at, err := w.UpdateWebchat(ctx, boss, account.UpdateWebchatInput{ChannelID: c.ID,
			AllowedDomains: &[]string{" Shop.Example.com", "https://*.example.com/", "localhost:3000", "shop.example.com", "http://old.example.com"},
			Title:          ptr("聊聊"), Greeting: ptr("您好\n歡迎"), Color: ptr("#AABBCC"), Language: ptr("EN"), RefusesBlocked: ptr(true)})
		if err != nil || changed.Version <= c.Version || at.Seq == 0 {
			t.Fatalf("changed %+v: %v", changed, err)
		}
		window, err = w.WindowByID(ctx, boss.TeamID, c.ID)
		if err != nil || strings.Join(window.AllowedDomains, " ") != "shop.example.com *.example.com localhost:3000 http://old.example.com" || window.Title != "聊聊" ||
			window.Greeting != "您好\n歡迎" || window.Color != "#aabbcc" || window.Language != "EN" || !window.RefusesBlocked {
			t.Errorf("the window is %+v: %v", window, err)
		}
		if _, at, err := w.UpdateWebchat(ctx, boss, account.UpdateWebchatInput{ChannelID: c.ID, Color: ptr("#aabbcc")}); err != nil || at.Seq != 0 {
			t.Errorf("the same again does something: %v", err)
		}
		for field, wrong := range map[string]account.UpdateWebchatInput{
			"allowedDomains[0]": {AllowedDomains: &[]string{"shop.example.com/path"}}, "allowedDomains[1]": {AllowedDomains: &[]string{"a.example", "*"}},
			"allowedDomains[2]": {AllowedDomains: &[]string{"a.example", "b.example", "*.com"}}, "allowedDomains": {AllowedDomains: ptr(make([]string, 51))},
			"title": {Title: ptr(strings.Repeat("字", 41))}, "greeting": {Greeting: ptr(strings.Repeat("字", 501))}, "color": {Color: ptr("red")}, "language": {Language: ptr("DE")},
		} {
			wrong.ChannelID = c.ID
			if _, _, err := w.UpdateWebchat(ctx, boss, wrong); fault.As(err) == nil || fault.As(err).Field != field {
				t.Errorf("a wrong %s gives %v", field, err)
			}
		}
		for _, d := range []string{"", "user@shop.example", "shop.example:0", "shop.example:x", "商店.example", "ftp://shop.example", "*.*.example", "-a.example", "*.127.0.0.1", strings.Repeat("a.", 127) + "aa"} {
			if _, _, err := w.UpdateWebchat(ctx, boss, account.UpdateWebchatInput{ChannelID: c.ID, AllowedDomains: &[]string{d}}); !fault.Is(err, fault.Invalid) {
				t.Errorf("the domain %q gives %v", d, err)
			}
		}
		// Secrets: shown once, sealed, two at a time.
		_, first, _, err := w.RotateIdentitySecret(ctx, boss, c.ID)
		if err != nil || len(first) < 43 {
			t.Fatalf("a first secret of %d characters: %v", len(first), err)
		}
		_, second, _, err := w.RotateIdentitySecret(ctx, boss, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		kept, _, _, err := w.RotateIdentitySecret(ctx, boss, c.ID)
		if err != nil || !w.HasIdentitySecret(kept) || strings.Contains(string(kept.Credentials), second) {
			t.Errorf("kept %v: %v", kept, err)
		}
		window, err = w.WindowByKey(ctx, c.WebhookKey)
		if got := window.Secrets(); err != nil || len(got) != 2 || got[1] != second || got[0] == first {
			t.Errorf("after three there are %d secrets: %v", len(got), err)
		}
		// Who may, and whose.
		agent := boss
		agent.Role = auth.Supervisor
		_, credentials := w.bot(1)
		line, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "LINE", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(auth.Principal, int64) error{
			"update": func(p auth.Principal, id int64) error {
				_, _, err := w.UpdateWebchat(ctx, p, account.UpdateWebchatInput{ChannelID: id, Title: ptr("x")})
				return err
			},
			"rotate": func(p auth.Principal, id int64) error {
				_, _, _, err := w.RotateIdentitySecret(ctx, p, id)
				return err
			},
		} {
			wantCode(t, name+" another team's", f(stranger, c.ID), "NOT_FOUND")
			wantCode(t, name+" as no ADMIN", f(agent, c.ID), "FORBIDDEN")
			if err := f(boss, line.ID); fault.As(err) == nil || fault.As(err).Field != "channelId" {
				t.Errorf("%s of a LINE channel gives %v", name, err)
			}
		}
		if _, err := w.WindowByKey(ctx, line.WebhookKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("LINE's key opens a window: %v", err)
		}
		if is, err := w.AnyAllows(ctx, "https://shop.example.com"); err != nil || !is {
			t.Errorf("a known origin: %v %v", is, err)
		}
		if is, err := w.AnyAllows(ctx, "https://evil.example"); err != nil || is {
			t.Errorf("an unknown origin: %v %v", is, err)
		}
		if _, _, err := w.Delete(ctx, boss, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.WindowByKey(ctx, c.WebhookKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted channel's window: %v", err)
		}
		if is, err := w.AnyAllows(ctx, "https://shop.example.com"); err != nil || is {
			t.Errorf("a deleted channel allows: %v %v", is, err)
		}
	})
}

// The origin of a page is compared whole: none that only looks like an allowed one passes.
func TestAllows(t *testing.T) {
	t.Parallel()
	domains := []string{"shop.example.com", "*.brand.example", "shop.example.com:8443", "http://old.example.com", "localhost:3000", "[::1]:3000"}
	for origin, want := range map[string]bool{
		"https://shop.example.com": true, "https://shop.example.com:443": true, "https://shop.example.com:8443": true, "https://a.brand.example": true,
		"http://old.example.com": true, "https://old.example.com": true, "http://localhost:3000": true, "http://[::1]:3000": true, "https://SHOP.example.com": true,

		"http://shop.example.com": false, "http://a.brand.example": false, "https://shop.example.com.evil.com": false, "https://evilshop.example.com": false,
		"https://shop.example.com:444": false, "https://shop.example.com@evil.com": false, "https://evil.com#shop.example.com": false,
		"https://evil.com/shop.example.com": false, "https://shop.example.com/": false, "https://evil.com\\shop.example.com": false, "null": false, "": false, "*": false,
		"https://brand.example": false, "https://.brand.example": false, "https://a.brand.example.evil.com": false, "https://evilbrand.example": false,
		"file://": false, "file://shop.example.com": false, "https://": false, "shop.example.com": false, "//shop.example.com": false,
		"https://shop.example.com, https://evil.com": false, "https://shop.example.com https://evil.com": false, "chrome-extension://shop.example.com": false,
		"https://shop.example.com.": false, "http://localhost": false, "http://localhost:3001": false, "https://user@a.brand.example": false, "https://a%2fb.brand.example": false,
	} {
		if got := account.Allows(domains, origin); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
	if account.Allows(nil, "https://shop.example.com") {
		t.Error("without domains a page passes")
	}
}
