package line_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// GRP-8
func TestFetchAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup          fakeline.Setup
		handle         string
		canListMembers bool
	}{
		"grey":     {fakeline.Setup{BasicID: "@shop"}, "@shop", false},
		"verified": {fakeline.Setup{BasicID: "@shop", IsVerified: true}, "@shop", true},
		"premium":  {fakeline.Setup{BasicID: "@123abcde", PremiumID: "@shop"}, "@shop", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.setup.DisplayName = "鞋店"
			bot := started(t).AddBot(c.setup)
			got, err := line.New(client(t)).FetchAccount(t.Context(), bot.Account())
			want := channels.AccountInfo{PlatformID: bot.Setup().UserID, Handle: c.handle, DisplayName: "鞋店", CanListMembers: c.canListMembers}
			if err != nil || got != want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	t.Run("a 200 that is no account is no account", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{"", "{}", "<html>", `{"userId":7}`} {
			account := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			if _, err := line.New(client(t)).FetchAccount(t.Context(), account); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%q: %v", body, err)
			}
		}
	})
}

// CHAN-13
func TestFetchProfile(t *testing.T) {
	t.Parallel()
	bot := started(t).AddBot(fakeline.Setup{})
	mia := bot.AddCustomer(fakeline.Person{
		Name: "Mia <b>", PictureURL: "https://profile.line-scdn.net/x", StatusMessage: "早安", Language: "zh-Hant",
	})
	adapter := line.New(client(t))
	want := channels.Profile{UserID: mia.ID(), DisplayName: "Mia <b>", PictureURL: "https://profile.line-scdn.net/x", StatusMessage: "早安", Language: "zh-Hant"}
	if got, err := adapter.FetchProfile(t.Context(), bot.Account(), mia.ID()); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	group := bot.AddGroup(fakeline.GroupSetup{Members: []*fakeline.Customer{mia}})
	mia.Unfollow()
	if _, err := adapter.FetchProfile(t.Context(), bot.Account(), mia.ID()); !fault.Is(err, fault.NotFound) {
		t.Errorf("who blocked the account: %v", err)
	}
	// GRP-8: in a group they are shown all the same.
	peer := channels.Peer{Type: channels.PeerGroup, ID: group.ID()}
	if got, err := adapter.FetchMember(t.Context(), bot.Account(), peer, mia.ID()); err != nil || got.DisplayName != "Mia <b>" {
		t.Errorf("in a group: %+v, %v", got, err)
	}
	if _, err := adapter.FetchMember(t.Context(), bot.Account(), peer, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody in a group: %v", err)
	}
}

// GRP-3, GRP-8
func TestFetchGroups(t *testing.T) {
	t.Parallel()
	t.Run("a group has a name, a picture and a count", func(t *testing.T) {
		t.Parallel()
		bot := started(t).AddBot(fakeline.Setup{})
		mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
		group := bot.AddGroup(fakeline.GroupSetup{Name: "出貨", PictureURL: "https://x/p", Members: []*fakeline.Customer{mia}})
		peer := channels.Peer{Type: channels.PeerGroup, ID: group.ID()}
		got, err := line.New(client(t)).FetchGroup(t.Context(), bot.Account(), peer)
		if want := (channels.GroupInfo{ID: group.ID(), Name: "出貨", PictureURL: "https://x/p", MemberCount: 1}); err != nil || got != want {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a room has a count only, and can be left", func(t *testing.T) {
		t.Parallel()
		bot := started(t).AddBot(fakeline.Setup{IsVerified: true})
		mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
		room := bot.AddGroup(fakeline.GroupSetup{IsRoom: true, Members: []*fakeline.Customer{mia}})
		peer := channels.Peer{Type: channels.PeerRoom, ID: room.ID()}
		adapter := line.New(client(t))
		got, err := adapter.FetchGroup(t.Context(), bot.Account(), peer)
		if want := (channels.GroupInfo{ID: room.ID(), MemberCount: 1}); err != nil || got != want {
			t.Errorf("got %+v, %v", got, err)
		}
		if members, err := adapter.ListMembers(t.Context(), bot.Account(), peer); err != nil || len(members) != 1 || members[0] != mia.ID() {
			t.Errorf("members %v, %v", members, err)
		}
		if err := adapter.LeaveGroup(t.Context(), bot.Account(), peer); err != nil || room.IsJoined() {
			t.Errorf("leave: %v", err)
		}
	})
	t.Run("members come in pages, each once, to the last", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{0, 1, 99, 100, 101, 250} {
			bot := started(t).AddBot(fakeline.Setup{IsVerified: true})
			var people []*fakeline.Customer
			for i := range n {
				people = append(people, bot.AddCustomer(fakeline.Person{Name: fmt.Sprint(i)}))
			}
			group := bot.AddGroup(fakeline.GroupSetup{Members: people})
			members, err := line.New(client(t)).ListMembers(t.Context(), bot.Account(), channels.Peer{Type: channels.PeerGroup, ID: group.ID()})
			if err != nil || len(members) != n {
				t.Errorf("%d of %d members, %v", len(members), n, err)
				continue
			}
			for i, c := range people {
				if members[i] != c.ID() {
					t.Errorf("member %d is %s", i, members[i])
				}
			}
		}
	})
	t.Run("a list that never ends is given up", func(t *testing.T) {
		t.Parallel()
		account := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"memberIds":["U1"],"next":"again&again"}`)
		})
		if members, err := line.New(client(t)).ListMembers(t.Context(), account, channels.Peer{Type: channels.PeerGroup, ID: group}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v, %v", members, err)
		}
	})
}

// CHAN-10
func TestCheck(t *testing.T) {
	t.Parallel()
	// desk is a webhook that verifies, as the server does.
	desk := func(t *testing.T, account channels.Account) string {
		t.Helper()
		adapter := line.New(&http.Client{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if adapter.Verify(account, r.Header, body) != nil {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		t.Cleanup(server.Close)
		return server.URL + "/webhooks/line/x"
	}
	statuses := func(t *testing.T, account channels.Account, webhook string) map[string]channels.Check {
		t.Helper()
		checks, err := line.New(client(t)).Check(t.Context(), account, webhook)
		if err != nil {
			t.Fatal(err)
		}
		lines := map[string]channels.Check{}
		for _, c := range checks {
			lines[c.Name] = c
		}
		return lines
	}
	t.Run("all is well, and what LINE does not tell is said", func(t *testing.T) {
		t.Parallel()
		bot := started(t).AddBot(fakeline.Setup{IsVerified: true, Quota: 200})
		webhook := desk(t, bot.Account())
		bot.SetWebhook(webhook, true)
		lines := statuses(t, bot.Account(), webhook)
		for _, name := range []string{line.CheckCredentials, line.CheckWebhookURL, line.CheckWebhookActive, line.CheckWebhookTest, line.CheckQuota, line.CheckMemberList} {
			if lines[name].Status != channels.CheckOK {
				t.Errorf("%s: %+v", name, lines[name])
			}
		}
		for name, part := range map[string]string{line.CheckGroupChats: "Allow bot to join group chats", line.CheckRedelivery: "Webhook redelivery"} {
			if lines[name].Status != channels.CheckUnknown || !strings.Contains(lines[name].Text, part) {
				t.Errorf("%s: %+v", name, lines[name])
			}
		}
	})
	for name, c := range map[string]struct {
		spoil func(*fakeline.Bot, *channels.Account)
		line  string
		want  channels.CheckStatus
		part  string
	}{
		"another address":    {func(b *fakeline.Bot, _ *channels.Account) { b.SetWebhook("https://old.example.com/", true) }, line.CheckWebhookURL, channels.CheckFailed, "https://old.example.com/"},
		"no address":         {func(b *fakeline.Bot, _ *channels.Account) { b.SetWebhook("", true) }, line.CheckWebhookURL, channels.CheckFailed, "no webhook address"},
		"webhook off":        {func(b *fakeline.Bot, _ *channels.Account) { b.SetWebhook(b.Setup().WebhookURL, false) }, line.CheckWebhookActive, channels.CheckFailed, "Use webhook"},
		"quota used up":      {func(b *fakeline.Bot, _ *channels.Account) { b.SetQuota(5, 5) }, line.CheckQuota, channels.CheckFailed, "5"},
		"grey":               {func(*fakeline.Bot, *channels.Account) {}, line.CheckMemberList, channels.CheckUnknown, "verified"},
		"token revoked":      {func(b *fakeline.Bot, _ *channels.Account) { b.Revoke() }, line.CheckCredentials, channels.CheckFailed, "access token"},
		"another's token":    {func(_ *fakeline.Bot, a *channels.Account) { a.PlatformID = bot }, line.CheckCredentials, channels.CheckFailed, "another LINE account"},
		"secret missing":     {func(_ *fakeline.Bot, a *channels.Account) { delete(a.Credentials, line.ChannelSecret) }, line.CheckCredentials, channels.CheckFailed, line.ChannelSecret},
		"not asked any more": {func(b *fakeline.Bot, _ *channels.Account) { b.Revoke() }, line.CheckWebhookTest, channels.CheckUnknown, "credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := started(t).AddBot(fakeline.Setup{})
			account := b.Account()
			webhook := desk(t, account)
			b.SetWebhook(webhook, true)
			c.spoil(b, &account)
			got := statuses(t, account, webhook)[c.line]
			if got.Status != c.want || !strings.Contains(got.Text, c.part) {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("a wrong secret shows in the round trip", func(t *testing.T) {
		t.Parallel()
		b := started(t).AddBot(fakeline.Setup{})
		account := b.Account()
		account.Credentials[line.ChannelSecret] = "mistyped"
		webhook := desk(t, account)
		b.SetWebhook(webhook, true)
		if got := statuses(t, account, webhook)[line.CheckWebhookTest]; got.Status != channels.CheckFailed || !strings.Contains(got.Text, "channel secret") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a webhook that nobody answers", func(t *testing.T) {
		t.Parallel()
		b := started(t).AddBot(fakeline.Setup{})
		if got := statuses(t, b.Account(), "http://127.0.0.1:1/")[line.CheckWebhookTest]; got.Status != channels.CheckFailed || !strings.Contains(got.Text, "COULD_NOT_CONNECT") {
			t.Errorf("got %+v", got)
		}
	})
}
