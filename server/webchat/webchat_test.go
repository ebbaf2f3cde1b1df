package webchat_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/channels"
	channelwebchat "github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	entwebchat "github.com/switchyard-chat/switchyard/ent/gen/ent/webchat"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/media/mediatest"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/webchat"
)

const shop = "https://shop.example.com"

// world is a server with a chat window that shop.example.com may show.
type world struct {
	*rowtest.World
	t        *testing.T
	server   *httptest.Server
	handler  *webchat.Handler
	caller   func() netip.Addr // from where it is called; 192.0.2.1 where it is nil
	visitors *visitor.Service
	accounts *account.Service
	actions  *conversation.Service
	random   *random.Source
	boss     auth.Principal
	channel  *ent.Channel
}

type nobody struct{}

func (nobody) ProfileIn(context.Context, *store.Tx, int64) error    { return nil }
func (nobody) GroupIn(context.Context, *store.Tx, int64) error      { return nil }
func (nobody) MemberIn(context.Context, *store.Tx, int64) error     { return nil }
func (nobody) EnqueueIn(context.Context, *store.Tx, job.Task) error { return nil }

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		test(t, setup(t, dialect, webchat.Limits{}))
	})
}

func setup(t *testing.T, dialect string, limits webchat.Limits) *world {
	t.Helper()
	b := bus.NewMemory()
	db := storetest.Open(t, dialect, store.Config{Committed: func(team int64, at event.Cursor) {
		_ = live.Announce(context.Background(), b, team, at) // a hint
	}})
	w := &world{World: rowtest.New(t, db, "shop"), t: t, random: random.New()}
	adapters, err := channels.NewRegistry(channelwebchat.New())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), w.random)
	if err != nil {
		t.Fatal(err)
	}
	w.accounts = account.New(account.Config{DB: db, Adapters: adapters, Keys: keys, Random: w.random, PublicURL: "https://desk.example.com"})
	files := filetest.New(t, db, adapters, w.accounts)
	w.actions = conversation.New(db, adapters, files.Service, w.random, nil)
	hub := live.New(live.Config{Log: db, Bus: b, Clock: clock.Real{}})
	t.Cleanup(hub.Close)
	who := presence.New(b, clock.Real{})
	t.Cleanup(who.Close)
	contacts := contact.New(db)
	w.visitors = visitor.New(visitor.Config{DB: db, Accounts: w.accounts, Contacts: contacts, Files: files.Service, Presence: who, Adapters: adapters,
		Random: w.random, Bus: b, Logs: hub, Log: slog.New(slog.DiscardHandler),
		Inbound: inbound.New(inbound.Config{DB: db, Contacts: contacts, Groups: group.New(db), Adapters: adapters, Files: files.Service, Fetcher: nobody{}, Queue: nobody{}})})
	t.Cleanup(w.visitors.Close)
	w.boss = w.Agent(auth.Admin, auth.SendMessages, auth.ManageOthers)
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		w.channel, err = w.accounts.CreateIn(ctx, tx, w.boss.Actor(), account.NewChannel{Type: channels.Webchat, Name: "Shop", WebhookKey: "key"})
		return err
	})
	if _, _, err := w.accounts.UpdateWebchat(t.Context(), w.boss, account.UpdateWebchatInput{ChannelID: w.channel.ID, AllowedDomains: &[]string{"shop.example.com"}}); err != nil {
		t.Fatal(err)
	}
	w.handler = webchat.New(webchat.Config{Visitors: w.visitors, Accounts: w.accounts, Attempts: attempt.NewMemory(clock.Real{}), Clock: clock.Real{},
		Log: slog.New(slog.DiscardHandler), PublicURL: "https://desk.example.com", Limits: limits,
		Caller: func(context.Context) netip.Addr {
			if w.caller != nil {
				return w.caller()
			}
			return netip.MustParseAddr("192.0.2.1")
		}})
	w.server = httptest.NewServer(w.handler)
	t.Cleanup(w.server.Close)
	return w
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func (a answer) code() string {
	e, _ := a.body["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

// call asks for an operation as a page of the shop does.
func (w *world) call(method, path, token string, body any, change ...func(*http.Request)) answer {
	w.t.Helper()
	var in []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		in = b
	default:
		var err error
		if in, err = json.Marshal(b); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+webchat.Path+path, bytes.NewReader(in))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Origin", shop)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, f := range change {
		f(r)
	}
	res, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	out := answer{status: res.StatusCode, header: res.Header}
	if res.StatusCode != http.StatusNoContent {
		if err := json.NewDecoder(res.Body).Decode(&out.body); err != nil {
			w.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return out
}

func from(origin string) func(*http.Request) {
	return func(r *http.Request) {
		if r.Header.Del("Origin"); origin != "" {
			r.Header.Set("Origin", origin)
		}
	}
}

func (w *world) begin() string {
	w.t.Helper()
	a := w.call("POST", "/sessions", "", map[string]any{"channel_key": "key", "page": map[string]any{"url": shop + "/a", "title": "A"}, "language": "zh-TW"})
	token, _ := a.body["visitor_token"].(string)
	if a.status != http.StatusOK || token == "" {
		w.t.Fatalf("a session gives %d %v", a.status, a.body)
	}
	return token
}

func (w *world) say(token, text string) answer {
	w.t.Helper()
	return w.call("POST", "/messages", token, map[string]any{"client_msg_id": w.random.UUID(), "type": "text", "text": text})
}

// conversation is the only one.
func (w *world) conversation() *ent.Conversation {
	w.t.Helper()
	var c *ent.Conversation
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		c, err = v.Conversation.Query().Only(ctx)
		return err
	})
	return c
}

// reply has the boss answer.
func (w *world) reply(text string) {
	w.t.Helper()
	c := w.conversation()
	if c.FollowerID == nil {
		if _, _, err := w.actions.Follow(w.t.Context(), w.boss, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			w.t.Fatal(err)
		}
	}
	m, _, _, err := w.actions.Send(w.t.Context(), w.boss, conversation.SendInput{ConversationID: c.ID, ClientMessageID: w.random.UUID(),
		Content: channels.Content{Kind: channels.Text, Text: text}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := conversation.SetDeliveryIn(ctx, tx, m.ID, conversation.Delivery{Status: message.DeliverySENT, PlatformMessageID: m.RetryKey}, event.Actor{Kind: event.BySystem}); err != nil {
			return err
		}
		return lane.LeaveIn(ctx, tx, m.ConversationID, 1)
	})
}

// CHAN-12: the operations of a chat window, and what they refuse.
func TestOperations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if a := w.call("GET", "/config?channel_key=key", "", nil); a.status != http.StatusOK || a.body["settings"].(map[string]any)["title"] != "Shop" {
			t.Errorf("the settings are %d %v", a.status, a.body)
		}
		token := w.begin()
		id := w.random.UUID()
		in := map[string]any{"client_msg_id": id, "type": "text", "text": "<b>嗨</b>", "page": map[string]any{"url": shop + "/cart", "title": "Cart"}}
		for range 2 {
			a := w.call("POST", "/messages", token, in)
			m, _ := a.body["message"].(map[string]any)
			if a.status != http.StatusOK || m["text"] != "<b>嗨</b>" || m["seq"] != 1.0 || m["from"] != "visitor" || m["client_msg_id"] != id || m["id"] != "m1" {
				t.Errorf("a message gives %d %v", a.status, a.body)
			}
		}
		in["text"] = "another"
		if a := w.call("POST", "/messages", token, in); a.status != http.StatusConflict || a.code() != "CONFLICT" {
			t.Errorf("the same id gives %d %v", a.status, a.body)
		}
		w.reply("您好")
		a := w.call("GET", "/messages?limit=1", token, nil)
		all, _ := a.body["messages"].([]any)
		if len(all) != 1 || a.body["has_more"] != true {
			t.Fatalf("the history is %v", a.body)
		}
		if m := all[0].(map[string]any); m["name"] != w.boss.Name || m["from"] != "agent" || m["status"] != "sent" {
			t.Errorf("an agent's message is %v", m)
		}
		if raw := fmt.Sprint(a.body); strings.Contains(raw, "@example.com") {
			t.Errorf("it tells an agent's address: %s", raw)
		}
		for path, body := range map[string]any{"/read": map[string]any{"up_to": 1000}, "/page": map[string]any{"url": shop + "/b", "title": "B"}, "/typing": map[string]any{"is_typing": true}} {
			if a := w.call("POST", path, token, body); a.status != http.StatusNoContent {
				t.Errorf("%s gives %d %v", path, a.status, a.body)
			}
		}
		if a := w.call("POST", "/sessions", "", map[string]any{"channel_key": "key", "visitor_token": token}); a.body["unread"] != 0.0 || a.body["agent"] == "" || a.body["visitor_token"] != token {
			t.Errorf("the session goes on as %v", a.body)
		}
		for name, c := range map[string]struct {
			got    answer
			status int
		}{
			"no session":                         {w.call("GET", "/messages", "", nil), 401},
			"an unknown session":                 {w.call("GET", "/messages", "x", nil), 401},
			"an unknown window":                  {w.call("GET", "/config?channel_key=x", "", nil), 404},
			"no such operation":                  {w.call("GET", "/x", token, nil), 404},
			"no JSON":                            {w.call("POST", "/messages", token, []byte("{")), 400},
			"no text":                            {w.say(token, " "), 400},
			"a long body":                        {w.call("POST", "/messages", token, []byte(`{"text":"`+strings.Repeat("x", 70_000)+`"}`)), 413},
			"a wrong place":                      {w.call("GET", "/messages?before=x", token, nil), 400},
			"too many":                           {w.call("GET", "/messages?limit=1000", token, nil), 400},
			"a cursor that is none":              {w.call("GET", "/messages?after=x", token, nil), 400},
			"an unknown identity":                {w.call("POST", "/sessions", "", map[string]any{"channel_key": "key", "identity": map[string]any{"external_id": "m", "user_hash": "x", "time": 1.5}}), 200},
			"a large picture":                    {w.call("POST", "/uploads", token, make([]byte, 10<<20+1)), 413},
			"no picture":                         {w.call("POST", "/uploads", token, []byte("<svg onload=alert(1)>"), func(r *http.Request) { r.Header.Set("Content-Type", "image/png") }), 415},
			"another type than said":             {w.call("POST", "/uploads", token, mediatest.PNG(8, 8, false), func(r *http.Request) { r.Header.Set("Content-Type", "image/jpeg") }), 415},
			"a picture that unpacks to too much": {w.call("POST", "/uploads", token, mediatest.BombPNG(20_000, 20_000), func(r *http.Request) { r.Header.Set("Content-Type", "image/png") }), 413},
		} {
			if c.got.status != c.status || c.status >= 400 && c.got.code() == "" {
				t.Errorf("%s gives %d %v", name, c.got.status, c.got.body)
			}
		}
		// A page's good-bye carries no header.
		if a := w.call("POST", "/leave", "", map[string]any{"visitor_token": token}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }); a.status != http.StatusNoContent {
			t.Errorf("leaving gives %d %v", a.status, a.body)
		}
		if a := w.call("POST", "/logout", token, nil); a.status != http.StatusOK || a.body["visitor_token"] == token || a.body["is_identified"] != false {
			t.Errorf("logging out gives %d %v", a.status, a.body)
		}
	})
}

// A picture goes up, into a message, and is had by its visitor; what it says of where it was taken is gone.
func TestPicture(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		token, other := w.begin(), w.begin()
		up := w.call("POST", "/uploads", token, filetest.JPEG(64, 48), func(r *http.Request) {
			r.Header.Set("Content-Type", "image/jpeg")
			r.Header.Set("Upload-Name", "%E7%85%A7%E7%89%87.jpg")
		})
		if up.status != http.StatusOK || up.body["content_type"] != "image/jpeg" || up.body["width"] != 64.0 || up.body["height"] != 48.0 {
			t.Fatalf("an upload gives %d %v", up.status, up.body)
		}
		in := map[string]any{"client_msg_id": w.random.UUID(), "type": "image", "upload_id": up.body["upload_id"]}
		if a := w.call("POST", "/messages", other, in); a.status != http.StatusBadRequest {
			t.Errorf("another's upload gives %d %v", a.status, a.body)
		}
		for range 2 {
			a := w.call("POST", "/messages", token, in)
			m, _ := a.body["message"].(map[string]any)
			picture, _ := m["image"].(map[string]any)
			if a.status != http.StatusOK || m["type"] != "image" || picture["state"] != "ready" || picture["width"] != 64.0 || picture["url"] == "" || picture["preview_url"] == "" {
				t.Errorf("a picture gives %d %v", a.status, a.body)
			}
		}
		again := map[string]any{"client_msg_id": w.random.UUID(), "type": "image", "upload_id": up.body["upload_id"]}
		if a := w.call("POST", "/messages", token, again); a.status != http.StatusBadRequest {
			t.Errorf("the same upload in another message gives %d %v", a.status, a.body)
		}
	})
}

// Pages of other sites neither use the window nor read an answer.
func TestOrigins(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", webchat.Limits{})
	token := w.begin()
	for origin, isAllowed := range map[string]bool{
		shop: true, "https://desk.example.com": true, w.server.URL: true,
		"https://shop.example.com.evil.com": false, "http://shop.example.com": false, "https://evil.com": false, "null": false, "https://shop.example.com:444": false, "": false,
	} {
		for name, a := range map[string]answer{
			"a question in advance": w.call("OPTIONS", "/messages", "", nil, from(origin)),
			"the settings":          w.call("GET", "/config?channel_key=key", "", nil, from(origin)),
			"a session":             w.call("POST", "/sessions", "", map[string]any{"channel_key": "key"}, from(origin)),
			"a message":             w.call("POST", "/messages", token, map[string]any{"client_msg_id": w.random.UUID(), "type": "text", "text": "hi"}, from(origin)),
			"an unknown session":    w.call("GET", "/messages", "x", nil, from(origin)),
			"a good-bye":            w.call("POST", "/leave", "", map[string]any{"visitor_token": token}, from(origin)),
		} {
			allows := a.header.Get("Access-Control-Allow-Origin")
			if isAllowed && (allows != origin || a.status == http.StatusForbidden) || !isAllowed && (allows != "" || name != "an unknown session" && origin+name != "a question in advance" && a.status != http.StatusForbidden) {
				t.Errorf("%s from %q gives %d, for %q", name, origin, a.status, allows)
			}
			if a.header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s from %q has %v", name, origin, a.header)
			}
		}
	}
	// The server's own pages name no origin when they read.
	own := func(r *http.Request) { r.Header.Del("Origin"); r.Header.Set("Sec-Fetch-Site", "same-origin") }
	if a := w.call("GET", "/config?channel_key=key", "", nil, own); a.status != http.StatusOK {
		t.Errorf("the server's own page gets %d", a.status)
	}
	// A page that another window allows is not allowed by this one, and reads nothing.
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := w.accounts.CreateIn(ctx, tx, w.boss.Actor(), account.NewChannel{Type: channels.Webchat, Name: "Other", WebhookKey: "other"})
		if err != nil {
			return err
		}
		return tx.Webchat.Update().Where(entwebchat.ChannelID(c.ID)).SetAllowedDomains([]string{"other.example.com"}).Exec(ctx)
	})
	if a := w.call("GET", "/config?channel_key=key", "", nil, from("https://other.example.com")); a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another window's page gets %d %v", a.status, a.header)
	}
}

// Who asks too often is told when to ask again.
func TestRates(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", webchat.Limits{})
	token := w.begin()
	for n := range 31 {
		a := w.say(token, fmt.Sprint(n))
		if n < 30 && a.status != http.StatusOK {
			t.Fatalf("message %d gives %d %v", n, a.status, a.body)
		}
		if n == 30 && (a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || a.body["error"].(map[string]any)["retry_after"].(float64) < 1) {
			t.Errorf("one more gives %d %v", a.status, a.body)
		}
	}
	if a := w.say(w.begin(), "another visitor"); a.status != http.StatusOK {
		t.Errorf("another visitor gets %d", a.status)
	}
}

// The addresses of one IPv6 network are counted as one, or each request would have its own; and sockets count as other requests do: who opens them
// with secrets that are guessed was not bounded.
func TestRatesOfAddresses(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", webchat.Limits{})
	var n atomic.Uint32
	network := byte(1)
	w.caller = func() netip.Addr {
		a := [16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 7: network}
		binary.BigEndian.PutUint32(a[12:], n.Add(1))
		return netip.AddrFrom16(a)
	}
	begin := map[string]any{"channel_key": "key"}
	for range 120 {
		if a := w.call("POST", "/sessions", "", begin); a.status != http.StatusOK {
			t.Fatalf("session %d gives %d %v", n.Load(), a.status, a.body)
		}
	}
	if a := w.call("POST", "/sessions", "", begin); a.status != http.StatusTooManyRequests {
		t.Errorf("one more gives %d", a.status)
	}
	for range 1200 - 121 {
		w.call("GET", "/messages", "", nil) // counted, though it has no session
	}
	_, res, err := websocket.Dial(t.Context(), w.server.URL+webchat.Path+"/ws", nil)
	if err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a socket beyond them: %v", err)
	}
	network = 2
	if a := w.call("POST", "/sessions", "", begin); a.status != http.StatusOK {
		t.Errorf("another network gets %d", a.status)
	}
}

// line is a socket of a page.
type line struct {
	t *testing.T
	*websocket.Conn
}

func (w *world) dial(origin string) line {
	w.t.Helper()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	c, _, err := websocket.Dial(w.t.Context(), w.server.URL+webchat.Path+"/ws", &websocket.DialOptions{HTTPHeader: header, Subprotocols: []string{"switchyard.webchat.v1"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.CloseNow() })
	return line{w.t, c}
}

func (l line) say(v map[string]any) {
	l.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.Write(l.t.Context(), websocket.MessageText, b); err != nil {
		l.t.Fatal(err)
	}
}

// hear waits for something of a type.
func (l line) hear(kind string) map[string]any {
	l.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
		_, b, err := l.Read(ctx)
		cancel()
		if err != nil {
			l.t.Fatalf("waiting for %s: %v", kind, err)
		}
		var v map[string]any
		if err := json.Unmarshal(b, &v); err != nil {
			l.t.Fatal(err)
		}
		if v["type"] == kind {
			return v
		}
	}
}

// ends waits for the end, and checks why.
func (l line) ends(reason string, code websocket.StatusCode, reconnect bool) {
	l.t.Helper()
	if b := l.hear("bye"); b["reason"] != reason || b["reconnect"] != reconnect {
		l.t.Errorf("the good-bye is %v", b)
	}
	if _, _, err := l.Read(l.t.Context()); websocket.CloseStatus(err) != code {
		l.t.Errorf("it ends with %v", err)
	}
}

// RT-1, RT-3, MSG-3: what agents write is told over a socket, acknowledged and seen; a cut costs nothing.
func TestSocket(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		token := w.begin()
		w.say(token, "hi")
		l := w.dial(shop)
		l.say(map[string]any{"type": "init", "visitor_token": token, "page": map[string]any{"url": shop + "/live", "title": "Live"}})
		if hello := l.hear("hello"); hello["recovered"] != false || hello["cursor"] == "" || hello["ping_seconds"] != 25.0 {
			t.Errorf("the greeting is %v", hello)
		}
		w.reply("one")
		m := l.hear("message")
		text := m["message"].(map[string]any)
		if text["text"] != "one" || text["name"] != w.boss.Name || m["cursor"] == "" {
			t.Errorf("told %v", m)
		}
		for _, step := range []string{"ack", "read"} {
			l.say(map[string]any{"type": step, "up_to": text["seq"]})
			want := map[string]string{"ack": "received", "read": "read"}[step]
			if got := l.hear("message_changed")["message"].(map[string]any)["status"]; got != want {
				t.Errorf("after %s it is %v", step, got)
			}
		}
		l.say(map[string]any{"type": "ping"})
		pong := l.hear("pong")
		_ = l.CloseNow() // a cut
		w.reply("two")
		again := w.dial(shop)
		again.say(map[string]any{"type": "init", "visitor_token": token, "cursor": pong["cursor"]})
		if hello := again.hear("hello"); hello["recovered"] != true {
			t.Errorf("it is not recovered: %v", hello)
		}
		if m := again.hear("message"); m["message"].(map[string]any)["text"] != "two" {
			t.Errorf("after a cut it is told %v", m)
		}
		old := w.dial(shop)
		old.say(map[string]any{"type": "init", "visitor_token": token, "cursor": "no cursor"})
		old.hear("resync")
		// The session ends.
		if a := w.call("POST", "/logout", token, nil); a.status != http.StatusOK {
			t.Fatalf("logging out gives %d", a.status)
		}
		again.ends("ended", 4401, false)
	})
}

// What may not be served is closed with a code that says so.
func TestSocketRefusals(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", webchat.Limits{PerVisitor: 2, PerAddress: 12})
	token := w.begin()
	good := map[string]any{"type": "init", "visitor_token": token}
	evil := w.dial("https://evil.com")
	evil.say(good)
	evil.ends("origin", websocket.StatusPolicyViolation, false)
	none := w.dial("")
	none.say(good)
	none.ends("origin", websocket.StatusPolicyViolation, false)
	stranger := w.dial(shop)
	stranger.say(map[string]any{"type": "init", "visitor_token": "x"})
	stranger.ends("ended", 4401, false)
	rude := w.dial(shop)
	rude.say(map[string]any{"type": "ping"})
	rude.ends("protocol", websocket.StatusPolicyViolation, false)
	var lines []line
	for range 3 {
		l := w.dial(shop)
		l.say(good)
		l.hear("hello")
		lines = append(lines, l)
	}
	lines[0].ends("evicted", websocket.StatusPolicyViolation, false)
	n := 0
	for ; n < 20; n++ {
		c, res, err := websocket.Dial(t.Context(), w.server.URL+webchat.Path+"/ws", nil)
		if err != nil {
			if res.StatusCode != http.StatusTooManyRequests {
				t.Errorf("one socket more: %v", err)
			}
			break
		}
		defer func() { _ = c.CloseNow() }()
	}
	if n < 5 || n > 10 {
		t.Errorf("%d sockets more are taken", n)
	}
	// The site is not allowed any more, and then the channel is deleted.
	if _, _, err := w.accounts.UpdateWebchat(t.Context(), w.boss, account.UpdateWebchatInput{ChannelID: w.channel.ID, AllowedDomains: &[]string{}}); err != nil {
		t.Fatal(err)
	}
	lines[1].ends("origin", websocket.StatusPolicyViolation, false)
	// lines[2] makes room where it is closed too.
	lines[2].ends("origin", websocket.StatusPolicyViolation, false)
	var own line
	testkit.Await(t, "room for another socket", func() bool {
		c, _, err := websocket.Dial(t.Context(), w.server.URL+webchat.Path+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://desk.example.com"}},
			Subprotocols: []string{"switchyard.webchat.v1"}})
		own = line{t, c}
		return err == nil
	})
	own.say(good)
	own.hear("hello")
	w.boss.Role = auth.Admin
	if _, _, err := w.accounts.Delete(t.Context(), w.boss, w.channel.ID); err != nil {
		t.Fatal(err)
	}
	own.ends("ended", 4401, false)
}

// RT-10: a server that stops tells its windows to come back, and takes no new ones.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", webchat.Limits{DrainSpread: 10 * time.Millisecond})
	token := w.begin()
	l := w.dial(shop)
	l.say(map[string]any{"type": "init", "visitor_token": token})
	l.hear("hello")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+webchat.Path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", shop)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := w.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Access-Control-Allow-Origin") != shop {
		t.Errorf("the event stream has %v", res.Header)
	}
	read := func(until string) string {
		t.Helper()
		var got strings.Builder
		b := make([]byte, 4096)
		for !strings.Contains(got.String(), until) {
			n, err := res.Body.Read(b)
			if got.Write(b[:n]); err != nil && !strings.Contains(got.String(), until) {
				t.Fatalf("read %q: %v", got.String(), err)
			}
		}
		return got.String()
	}
	read(`"type":"hello"`)
	w.say(token, "嗨")
	if got := read("嗨"); !strings.Contains(got, `data: {"type":"message","cursor":"`) {
		t.Errorf("the event stream tells %q", got)
	}
	done := make(chan struct{})
	go func() { defer close(done); w.handler.Drain(t.Context()) }()
	l.ends("drain", 4501, true)
	if got := read(`"type":"bye"`); !strings.Contains(got, `"reason":"drain","reconnect":true`) {
		t.Errorf("the event stream says good-bye with %q", got)
	}
	<-done
	if _, res, err := websocket.Dial(t.Context(), w.server.URL+webchat.Path+"/ws", nil); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after that a socket gives %v", err)
	}
}
