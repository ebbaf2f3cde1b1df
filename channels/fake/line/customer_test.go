package line_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
)

// delivery is a webhook call as it came in.
type delivery struct {
	header http.Header
	body   []byte
}

// webhook receives what the fake delivers and answers with the status.
func webhook(t *testing.T, w *world, status int) <-chan delivery {
	t.Helper()
	came := make(chan delivery, 10)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		came <- delivery{r.Header, body}
		rw.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	w.bot.SetWebhook(server.URL+"/webhooks/line/demo", true)
	return came
}

// deliver sends events through the webhook and gives what the adapter understands.
func deliver(t *testing.T, w *world, came <-chan delivery, events ...fakeline.Event) []channels.Event {
	t.Helper()
	answer, err := w.bot.Deliver(t.Context(), events...)
	if err != nil || answer.Status != 200 {
		t.Fatalf("deliver: %+v, %v", answer, err)
	}
	d := <-came
	adapter := line.New(&http.Client{})
	if err := adapter.Verify(w.bot.Account(), d.header, d.body); err != nil {
		t.Fatalf("verify: %v", err)
	}
	parsed, err := adapter.Parse(w.bot.Account(), d.body)
	if err != nil || len(parsed) != len(events) {
		t.Fatalf("parse: %d events, %v", len(parsed), err)
	}
	for i, e := range parsed {
		isSame := e.DedupeKey == events[i].ID() && e.ReplyToken == events[i].ReplyToken()
		if e.Kind != channels.Ignored {
			isSame = isSame && e.MessageID == events[i].MessageID() && e.QuoteToken == events[i].QuoteToken()
		}
		if !isSame {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	return parsed
}

// The fake writes what the adapter understands, signed and through HTTP; the adapter's own truth are LINE's fixtures.
func TestCustomers(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	came := webhook(t, w, 200)
	tom := w.bot.AddCustomer(fakeline.Person{Name: "小明😀"})
	said := w.mia.In(w.group)
	original := said.Text("hello")
	room := w.bot.AddGroup(fakeline.GroupSetup{IsRoom: true})
	for name, c := range map[string]struct {
		event fakeline.Event
		fits  func(channels.Event) bool
	}{
		"text": {w.mia.Text("請問"), func(e channels.Event) bool {
			return e.Kind == channels.MessageReceived && e.Content.Text == "請問" && *e.Peer == channels.Peer{Type: channels.PeerUser, ID: w.mia.ID()} &&
				e.SenderID == w.mia.ID() && e.ReadToken != "" && e.OccurredAt.Equal(w.clock.Now()) && !e.Redelivery && !e.Standby
		}},
		"text in a group": {original, func(e channels.Event) bool {
			return e.Content.Text == "hello" && *e.Peer == channels.Peer{Type: channels.PeerGroup, ID: w.group.ID()} && e.SenderID == w.mia.ID()
		}},
		"text in a room": {w.mia.In(room).Text("x"), func(e channels.Event) bool { return e.Peer.Type == channels.PeerRoom && e.Peer.ID == room.ID() }},
		"unknown member": {w.group.Unknown().Text("x"), func(e channels.Event) bool { return e.Kind == channels.MessageReceived && e.SenderID == "" }},
		"sticker":        {said.Sticker("446", "1988"), func(e channels.Event) bool { return e.Content.Sticker.PackageID == "446" }},
		"arranged":       {said.ArrangedSticker(), func(e channels.Event) bool { return e.Content.Kind == channels.Unsupported }},
		"image": {said.Image([]byte("x")), func(e channels.Event) bool {
			return e.Content.Kind == channels.Image && e.Content.Media.ID == e.MessageID
		}},
		"image of a set": {said.Images([]byte("x"), []byte("y"))[1], func(e channels.Event) bool {
			return e.Content.Media.SetIndex == 2 && e.Content.Media.SetTotal == 2 && e.Content.Media.SetID != ""
		}},
		"video": {w.mia.Video(nil, nil, time.Minute, 0), func(e channels.Event) bool { return e.Content.Media.DurationMS == 60_000 }},
		"audio": {w.mia.Audio(nil, time.Second), func(e channels.Event) bool { return e.Content.Kind == channels.Audio && e.QuoteToken == "" }},
		"file": {w.mia.File("訂單.pdf", []byte("12345")), func(e channels.Event) bool {
			return e.Content.Media.Name == "訂單.pdf" && e.Content.Media.Size == 5 && e.Content.Media.ID == e.MessageID
		}},
		"location": {w.mia.Location("台北 101", "信義路", 25.03, 121.56), func(e channels.Event) bool {
			return *e.Content.Location == channels.LocationRef{Title: "台北 101", Address: "信義路", Latitude: 25.03, Longitude: 121.56}
		}},
		"emoji": {w.mia.Emoji("😀 (love)", "(love)", "p", "001"), func(e channels.Event) bool {
			return e.Content.Emojis[0] == channels.PlatformEmoji{Index: 3, Length: 6, ProductID: "p", EmojiID: "001"}
		}},
		"mentions": {said.Mention("@小明😀 @官方客服 @All hi", tom, w.mia), func(e channels.Event) bool {
			m := e.Content.Mentions
			return len(m) == 3 && m[0].Text == "@All" && m[0].Type == "all" && m[1].IsSelf && m[1].Text == "@官方客服" && m[2].UserID == tom.ID() && m[2].Text == "@小明😀"
		}},
		"quote":  {said.Quote(original.MessageID(), "yes"), func(e channels.Event) bool { return e.QuotedMessageID == original.MessageID() }},
		"unsend": {said.Unsend(original.MessageID()), func(e channels.Event) bool { return e.Kind == channels.MessageUnsent && e.ReplyToken == "" }},
		"edit": {said.Edit(original.MessageID(), "bye"), func(e channels.Event) bool {
			return e.Kind == channels.MessageEdited && e.Content.Text == "bye" && e.ReadToken == "" && e.QuoteToken != original.QuoteToken()
		}},
		"postback":     {w.mia.Postback("a=1", map[string]string{"date": "2026-03-01"}), func(e channels.Event) bool { return e.PostbackParams["date"] == "2026-03-01" }},
		"follow":       {w.mia.Follow(true), func(e channels.Event) bool { return e.Kind == channels.Followed && e.IsUnblocked }},
		"unfollow":     {tom.Unfollow(), func(e channels.Event) bool { return e.Kind == channels.Unfollowed }},
		"link":         {w.mia.LinkAccount("n"), func(e channels.Event) bool { return e.LinkOK && e.LinkNonce == "n" }},
		"failed link":  {w.bot.FailLink("n"), func(e channels.Event) bool { return e.Kind == channels.AccountLinked && !e.LinkOK && e.Peer == nil }},
		"join":         {w.group.Join(), func(e channels.Event) bool { return e.Kind == channels.GroupJoined && e.SenderID == "" }},
		"leave":        {room.Leave(), func(e channels.Event) bool { return e.Kind == channels.GroupLeft && e.Peer.Type == channels.PeerRoom }},
		"members in":   {w.group.MembersJoined(tom), func(e channels.Event) bool { return e.Kind == channels.MembersJoined && e.Members[0] == tom.ID() }},
		"members out":  {w.group.MembersLeft(tom), func(e channels.Event) bool { return e.Kind == channels.MembersLeft && e.Members[0] == tom.ID() }},
		"redelivered":  {w.mia.Text("x").Redelivered(), func(e channels.Event) bool { return e.Redelivery }},
		"standby":      {w.mia.Text("x").Standby(), func(e channels.Event) bool { return e.Standby && e.ReplyToken == "" }},
		"late":         {w.mia.Text("x").At(w.clock.Now().Add(-time.Hour)), func(e channels.Event) bool { return e.OccurredAt.Equal(w.clock.Now().Add(-time.Hour)) }},
		"malformed":    {w.mia.Text("x").With("source", nil), func(e channels.Event) bool { return e.Kind == channels.Ignored }},
		"without time": {w.mia.Text("x").Without("timestamp"), func(e channels.Event) bool { return e.Kind == channels.Ignored }},
	} {
		if e := deliver(t, w, came, c.event)[0]; !c.fits(e) {
			t.Errorf("%s became %+v, content %+v", name, e, e.Content)
		}
	}
	if several := deliver(t, w, came, w.mia.Text("1"), tom.Text("2"), said.Text("3")); several[1].Content.Text != "2" || several[2].Peer.ID != w.group.ID() {
		t.Errorf("got %+v", several)
	}
	if none := deliver(t, w, came); len(none) != 0 {
		t.Errorf("got %+v", none)
	}
}

func TestWebhookTest(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, w *world, body string) string {
		t.Helper()
		a := w.call(t, "POST", "/v2/bot/channel/webhook/test", body)
		if a.status != 200 {
			t.Fatalf("got %d %s", a.status, a.body)
		}
		return a.body
	}
	t.Run("calls the webhook with a signed body without events", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		came := webhook(t, w, 200)
		if body := test(t, w, ""); !strings.Contains(body, `"success":true`) {
			t.Errorf("got %s", body)
		}
		d := <-came
		if err := line.New(&http.Client{}).Verify(w.bot.Account(), d.header, d.body); err != nil || !strings.Contains(string(d.body), `"events":[]`) {
			t.Errorf("%s: %v", d.body, err)
		}
	})
	t.Run("tells the status of a webhook that refuses", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		webhook(t, w, 401)
		if body := test(t, w, ""); !strings.Contains(body, `"success":false`) || !strings.Contains(body, `"statusCode":401`) {
			t.Errorf("got %s", body)
		}
	})
	t.Run("tells that nobody is there", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		if body := test(t, w, `{"endpoint":"http://127.0.0.1:1/"}`); !strings.Contains(body, `"reason":"COULD_NOT_CONNECT"`) {
			t.Errorf("got %s", body)
		}
	})
}
