package e2e_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// site is a shop on an origin of its own whose pages show a chat window.
type site struct {
	t       *testing.T
	w       *world
	URL     string
	Script  string // where the script comes from
	Title   string
	channel string
	admin   *agent
}

// siteLooks are styles that no chat window could bear.
const siteLooks = `* { font-size: 41px; background: red; text-transform: uppercase } div, button, textarea { display: none !important; color: lime !important }
	html, body, main, main * { font-size: 16px; background: white; text-transform: none } h1 { font-size: 41px }`

// site opens a shop. Its pages name no more than the script's host in their policy; without a policy where isOpen.
func (w *world) site(t *testing.T, script string, isOpen bool, settings map[string]any) *site {
	t.Helper()
	s := &site{t: t, w: w, Script: script, Title: "測試商店", admin: w.signIn(t, "admin@demo.example")}
	mux := http.NewServeMux()
	shop := httptest.NewServer(mux)
	t.Cleanup(shop.Close)
	s.URL = shop.URL
	made := s.admin.do(`mutation($n: String!) { channelConnect(input: {type: WEBCHAT, name: $n, credentials: []}) { channel { id webchat { key } } userErrors { message } } }`, map[string]any{"n": s.Title})
	s.channel = str(made, "channelConnect.channel.id")
	key := str(made, "channelConnect.channel.webchat.key")
	if key == "" {
		t.Fatalf("no channel: %v", made)
	}
	s.set(map[string]any{"allowedDomains": []string{strings.TrimPrefix(s.URL, "http://")}, "title": s.Title, "language": "ZH_HANT"})
	if settings != nil {
		s.set(settings)
	}
	policy := fmt.Sprintf("default-src 'none'; script-src %[1]s; connect-src %[1]s %[2]s; img-src %[1]s; style-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		script, strings.Replace(script, "http", "ws", 1))
	mux.HandleFunc("GET /site.css", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(rw, siteLooks)
	})
	mux.HandleFunc("GET /favicon.ico", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		if !isOpen {
			rw.Header().Set("Content-Security-Policy", policy)
		}
		_, _ = fmt.Fprintf(rw, `<!doctype html><html lang="zh-Hant"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>商店 %s</title>
			<link rel="stylesheet" href="/site.css"><main><h1>商店</h1><p><a href="/two">第二頁</a></p></main>
			<script src="%s/webchat/widget.js" data-channel-key="%s" async></script></html>`, html.EscapeString(r.URL.Path), script, key)
	})
	return s
}

// set changes the chat window.
func (s *site) set(settings map[string]any) {
	s.t.Helper()
	settings["channelId"] = s.channel
	r := s.admin.do(`mutation($i: WebchatUpdateInput!) { webchatUpdate(input: $i) { channel { id } userErrors { message } } }`, map[string]any{"i": settings})
	if errs, _ := at(r, "webchatUpdate.userErrors").([]any); len(errs) > 0 {
		s.t.Fatalf("the window is not changed: %v", errs)
	}
}

// visit starts a visitor who does as the scenario says.
func (s *site) visit(scenario string, given map[string]any) *script {
	s.t.Helper()
	all := map[string]any{"url": s.URL, "server": s.Script, "title": s.Title}
	for k, v := range given {
		all[k] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	return node(s.t, "browser/webchat.mjs", scenario, string(b))
}

// well waits until a visitor is done, and fails where it was not content. It gives what was said.
func well(t *testing.T, s *script) []string {
	t.Helper()
	said, complained, isWell := s.end()
	if !isWell || len(said) == 0 || said[len(said)-1] != "OK" {
		t.Fatalf("the visitor said %q\n%s", said, complained)
	}
	return said
}

// takeUp finds the conversation whose newest message begins with a text, once it is there, and follows it.
func (a *agent) takeUp(text string) string {
	a.t.Helper()
	id := ""
	testkit.Await(a.t, "the conversation shows up", func() bool {
		r := a.do(`{ conversations(view: PENDING_HUMAN, first: 25) { nodes { id lastMessage { text } } } }`, nil)
		nodes, _ := at(r, "conversations.nodes").([]any)
		for _, n := range nodes {
			if strings.HasPrefix(str(n, "lastMessage.text"), text) {
				id = str(n, "id")
			}
		}
		return id != ""
	})
	if r := a.do(follow, map[string]any{"c": id}); str(r, "conversationFollow.conversation.follower.id") != a.ID {
		a.t.Fatalf("the conversation is not followed: %v", r)
	}
	return id
}

// answers sends texts, one after the other.
func (a *agent) answers(conversation string, texts ...string) {
	a.t.Helper()
	for i, text := range texts {
		r := a.do(answer, map[string]any{"c": conversation, "t": text, "k": fmt.Sprintf("%s %d %s", conversation, i, text[:min(20, len(text))])})
		if errs, _ := at(r, "messageSend.userErrors").([]any); len(errs) > 0 {
			a.t.Fatalf("%q is refused: %v", text, errs)
		}
	}
}

// line is one message as agents see it.
type line struct {
	Seq                    int
	Sender, Delivery, Text string
}

// lines are a conversation's texts and pictures, the oldest first.
func (a *agent) lines(conversation string) []line {
	a.t.Helper()
	var all []line
	for before := any(nil); ; {
		r := a.do(`query($c: ID!, $b: Cursor) { messages(conversationId: $c, last: 50, before: $b) { pageInfo { hasPreviousPage startCursor }
			nodes { seq sender delivery content { __typename ... on TextContent { text } } } } }`, map[string]any{"c": conversation, "b": before})
		nodes, _ := at(r, "messages.nodes").([]any)
		var page []line
		for _, n := range nodes {
			if kind := str(n, "content.__typename"); kind == "TextContent" || kind == "ImageContent" || kind == "MediaContent" {
				page = append(page, line{num(n, "seq"), str(n, "sender"), str(n, "delivery"), str(n, "content.text")})
			}
		}
		all = append(page, all...)
		if at(r, "messages.pageInfo.hasPreviousPage") != true {
			return all
		}
		before = at(r, "messages.pageInfo.startCursor")
	}
}

// awaitLine waits until the message with a text is in a state.
func (a *agent) awaitLine(conversation, text, delivery string) {
	a.t.Helper()
	testkit.Await(a.t, text+" is "+delivery, func() bool {
		return slices.ContainsFunc(a.lines(conversation), func(l line) bool { return l.Text == text && l.Delivery == delivery })
	})
}

// CHAN-12, MSG-3, RT-1: by keyboard alone and under a strict policy of the site's, a visitor writes; an agent sees it live and answers; the answer
// is READ when the visitor sees it and not before; the history outlives a reload; agents see the page, and nothing of it once the visitor left.
func TestWebchat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		shop := w.site(t, w.URL, false, nil)
		amy := w.signIn(t, "agent@demo.example")
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		answers := []string{"您好,有什麼可以幫您?", "第二個回覆", "第三個回覆", "看到您的購物車了"}
		v := shop.visit("talk", map[string]any{"text": "請問有貨嗎?", "answers": answers})
		v.await("WROTE")
		entered := inbox.await("the visitor's message", func(f map[string]any) bool {
			return f["__typename"] == "ConversationEntered" && strings.HasPrefix(str(f, "conversation.lastMessage.text"), "請問有貨嗎?")
		})
		id := str(entered, "conversation.id")
		if name := str(entered, "conversation.channel.name"); name != shop.Title {
			t.Errorf("it came by %q", name)
		}
		watch := amy.subscribe(watchOne, map[string]any{"c": id})
		amy.do(follow, map[string]any{"c": id})
		amy.answers(id, answers[0])
		page := func() any {
			return at(amy.do(`query($c: ID!) { conversation(id: $c) { visitor { isOnline page { url title } messagePage { url } } } }`, map[string]any{"c": id}), "conversation.visitor")
		}
		if p := page(); str(p, "messagePage.url") != shop.URL+"/" || at(p, "isOnline") != true {
			t.Errorf("the visitor is %v", p)
		}
		v.await("SAW")
		watch.await("the answer is read", func(f map[string]any) bool { return str(f, "message.delivery") == "READ" })
		v.await("CLOSED")
		amy.answers(id, answers[1])
		v.await("UNREAD")
		amy.awaitLine(id, answers[1], "RECEIVED")
		amy.answers(id, answers[2])
		v.await("OPENED")
		amy.awaitLine(id, answers[1], "READ")
		amy.awaitLine(id, answers[2], "READ")
		v.await("RELOADED")
		testkit.Await(t, "agents see the page", func() bool {
			p := page()
			return str(p, "page.url") == shop.URL+"/cart?step=2" && str(p, "page.title") == "購物車" && at(p, "isOnline") == true
		})
		amy.answers(id, answers[3])
		v.await("LEFT")
		began := time.Now()
		testkit.Await(t, "the visitor is gone", func() bool {
			p := page()
			return at(p, "isOnline") == false && at(p, "page") == nil && at(p, "messagePage") == nil
		})
		// A visitor whose connection was only lost counts as there for half a minute more.
		if took := time.Since(began); took > 25*time.Second {
			t.Errorf("the good-bye was not heard: that took %s", took)
		}
		well(t, v)
	})
}

// CHAN-12, RT-3: the network breaks again and again while both sides write: nothing is lost, doubled or out of order, either way.
func TestWebchatOverABrokenNetwork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		net := newWire(t, w.URL)
		shop := w.site(t, net.URL, false, nil)
		amy := w.signIn(t, "agent@demo.example")
		const count, last = 24, "that was all"
		v := shop.visit("cut", map[string]any{"count": count, "last": last})
		v.await("WROTE 3")
		id := amy.takeUp("v")
		for n := 4; n <= count; n++ {
			v.await(fmt.Sprintf("WROTE %d", n))
			amy.answers(id, fmt.Sprintf("a%d", n))
			if n%4 == 0 {
				net.cut(n%8 == 0)
			}
		}
		amy.answers(id, "a the network was away")
		net.cut(false)
		testkit.Await(t, "everything arrived", func() bool { return len(amy.lines(id)) == count+count-3+1 })
		amy.answers(id, last)
		said := well(t, v)
		var shown struct {
			Live, Again []struct {
				IsMine bool
				Seq    int
				Text   string
			}
		}
		if err := json.Unmarshal([]byte(said[len(said)-2]), &shown); err != nil {
			t.Fatal(err)
		}
		stored := amy.lines(id)
		var mine []string
		for _, l := range stored {
			if l.Sender == "CONTACT" {
				mine = append(mine, l.Text)
			}
		}
		for n := 1; n <= count; n++ {
			if len(mine) != count || mine[n-1] != fmt.Sprintf("v%d", n) {
				t.Fatalf("the server has %v of the visitor", mine)
			}
		}
		for name, got := range map[string][]struct {
			IsMine bool
			Seq    int
			Text   string
		}{"live": shown.Live, "after a reload": shown.Again} {
			if len(got) != len(stored) {
				t.Errorf("%s it shows %d messages, and there are %d", name, len(got), len(stored))
				continue
			}
			for i, l := range stored {
				if got[i].Seq != l.Seq || got[i].Text != l.Text || got[i].IsMine != (l.Sender == "CONTACT") {
					t.Errorf("%s, at %d it shows %v, and there is %v", name, i, got[i], l)
				}
			}
		}
	})
}

// CHAN-12: the server goes and another one comes: what was written meanwhile arrives, once, and the window goes on.
func TestWebchatOverARestart(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		env := environment(t, dialect)
		w := start(t, env)
		net := newWire(t, w.URL)
		shop := w.site(t, net.URL, false, nil)
		v := shop.visit("restart", map[string]any{"answers": []string{"after"}})
		v.await("BEFORE")
		w.stop()
		v.await("AWAY")
		other := start(t, env)
		net.lead(other.URL)
		amy := other.signIn(t, "agent@demo.example")
		id := amy.takeUp("while it was away")
		amy.answers(id, "after")
		well(t, v)
		if all := amy.lines(id); len(all) != 3 {
			t.Errorf("the server has %v", all)
		}
	})
}

// CHAN-12: what arrived without an answer, or was refused for a while, does not arrive twice; where WebSockets do not get through events are
// streamed, and where no stream does they are asked for.
func TestWebchatFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		shop := w.site(t, w.URL, false, nil)
		amy := w.signIn(t, "agent@demo.example")
		answers := []string{"heard by stream", "heard by asking"}
		v := shop.visit("faults", map[string]any{"answers": answers})
		v.await("TROUBLED")
		id := amy.takeUp("troubled")
		v.await("STREAM")
		amy.answers(id, answers[0])
		v.await("ASKING")
		amy.answers(id, answers[1])
		well(t, v)
		var texts []string
		for _, l := range amy.lines(id) {
			texts = append(texts, l.Text)
		}
		if want := []string{"lost answer", "troubled", "by stream", answers[0], "by asking", answers[1]}; !slices.Equal(texts, want) {
			t.Errorf("the server has %q", texts)
		}
	})
}

// CHAN-12: whose session is ended elsewhere begins another, also where it hears by a stream of events: that tells it by its last word alone.
func TestWebchatEndedOverAStream(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	well(t, w.site(t, w.URL, false, nil).visit("over", nil))
}

// CHAN-12: two pages of a site are one visitor, whose unsent messages outlive a page; whoever signs out leaves nothing behind.
func TestWebchatTabs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		shop := w.site(t, w.URL, false, nil)
		amy := w.signIn(t, "agent@demo.example")
		v := shop.visit("tabs", map[string]any{"answers": []string{"for both"}})
		v.await("BOTH")
		id := amy.takeUp("from two")
		amy.answers(id, "for both")
		v.await("ELSE")
		if other := amy.takeUp("somebody else"); other == id {
			t.Error("who signed out and who came then are one")
		}
		well(t, v)
		var texts []string
		for _, l := range amy.lines(id) {
			texts = append(texts, l.Text)
		}
		if want := []string{"from one", "from two", "for both", "left behind"}; !slices.Equal(texts, want) {
			t.Errorf("the server has %q", texts)
		}
	})
}

// CHAN-12, MSG-18: a member id counts with the shop's signature alone; with it, what the visitor has written goes along, on other devices too. The
// name that comes with it is text.
func TestWebchatIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		shop := w.site(t, w.URL, false, nil)
		made := shop.admin.do(`mutation($c: ID!) { webchatIdentitySecretRotate(input: {channelId: $c}) { secret userErrors { message } } }`, map[string]any{"c": shop.channel})
		mac := hmac.New(sha256.New, []byte(str(made, "webchatIdentitySecretRotate.secret")))
		const member, name = "member-10023", `<img src=x onerror=alert(1)>`
		mac.Write([]byte(member))
		amy := w.signIn(t, "agent@demo.example")
		v := shop.visit("identify", map[string]any{"identity": map[string]any{"external_id": member, "user_hash": hex.EncodeToString(mac.Sum(nil)), "name": name}, "answers": []string{"looked at"}})
		who := func(id string) any {
			return at(amy.do(`query($c: ID!) { conversation(id: $c) { name visitor { externalId } } }`, map[string]any{"c": id}), "conversation")
		}
		v.await("NOBODY")
		id := amy.takeUp("before the name")
		v.await("FALSE")
		if x := who(id); str(x, "visitor.externalId") != "" || str(x, "name") == name {
			t.Errorf("a false signature makes %v", x)
		}
		amy.answers(id, "looked at") // the visitor says its name only now
		v.await("MEMBER")
		testkit.Await(t, "agents see the member", func() bool { return str(who(id), "visitor.externalId") == member && str(who(id), "name") == name })
		well(t, v)
	})
}

// MSG-18: two hundred pieces of markup, written by the visitor and by the agent, stay text on a page without any policy: no script runs, no
// dialog opens, no other host is asked, and the window holds them as they were written.
func TestWebchatMarkup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b, err := os.ReadFile("testdata/markup.txt")
		if err != nil {
			t.Fatal(err)
		}
		payloads := strings.Split(strings.TrimSpace(string(b)), "\n")
		if len(payloads) != 200 {
			t.Fatalf("there are %d payloads", len(payloads))
		}
		title, greeting := "<img src=x onerror=alert(1)>", "<script>alert(1)</script> https://example.com/\"onclick=alert(1)"
		shop := w.site(t, w.URL, true, map[string]any{"title": title, "greeting": greeting})
		amy := w.signIn(t, "agent@demo.example")
		var answers []string
		for part := range slices.Chunk(payloads, 5) {
			answers = append(answers, strings.Join(part, "\n"))
		}
		answers = append(answers, "that was all")
		v := shop.visit("markup", map[string]any{"payloads": "testdata/markup.txt", "perMessage": 10, "answers": answers, "title": title, "greeting": greeting})
		v.await("WROTE")
		id := amy.takeUp(payloads[190])
		amy.answers(id, answers...)
		well(t, v)
		r := amy.do(`query($c: ID!) { conversation(id: $c) { visitor { messagePage { title } } } }`, map[string]any{"c": id})
		if got := str(r, "conversation.visitor.messagePage.title"); got != "" && got != payloads[0] {
			t.Errorf("the page's title is %q", got)
		}
		var own []string
		for _, l := range amy.lines(id) {
			if l.Sender == "CONTACT" {
				own = append(own, strings.Split(l.Text, "\n")...)
			}
		}
		if !slices.Equal(own, payloads) {
			t.Errorf("agents see %q", own)
		}
	})
}

// painted is a picture as a PNG.
func painted(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for x := range 320 {
		for y := range 200 {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// upload uploads a file as an agent does and gives its id.
func (a *agent) upload(name, contentType string, body []byte) string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.w.URL+"/uploads", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Upload-Name", name)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil || str(out, "id") == "" {
		a.t.Fatalf("the upload answers %d: %s", res.StatusCode, b)
	}
	return str(out, "id")
}

// CHAN-12, MSG-7: pictures go both ways, chosen or pasted, over a failed upload and a reload; what is none, or too large, is said before it is sent.
func TestWebchatPictures(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		shop := w.site(t, w.URL, false, nil)
		amy := w.signIn(t, "agent@demo.example")
		picture := painted(t)
		v := shop.visit("pictures", map[string]any{"picture": base64.StdEncoding.EncodeToString(picture), "large": 10 << 20})
		v.await("SENT")
		id := amy.takeUp("這是照片")
		r := amy.do(`mutation($c: ID!, $u: ID!) { messageSend(input: {conversationId: $c, content: {media: {uploadId: $u}}, clientMessageId: "picture"}) { message { id } userErrors { message } } }`,
			map[string]any{"c": id, "u": amy.upload("answer.png", "image/png", picture)})
		if str(r, "messageSend.message.id") == "" {
			t.Fatalf("the picture is refused: %v", r)
		}
		well(t, v)
	})
}

// CHAN-12: the window in English on a small screen keeps the focus, is not touched by the site's styles nor touches them, and takes a new colour
// at once; its texts are readable on it.
func TestWebchatLooks(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	shop := w.site(t, w.URL, false, map[string]any{"language": "EN", "color": "#14532d"})
	v := shop.visit("english", map[string]any{"color": "rgb(255, 208, 0)", "options": map[string]any{"locale": "en-US", "viewport": map[string]any{"width": 390, "height": 700}}})
	v.await("WROTE")
	shop.set(map[string]any{"color": "#ffd000"})
	well(t, v)
}

// CHAN-12: the demo page shows the demo team's window to anybody who opens it; agents see which product the visitor looks at.
func TestWebchatDemo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		shop := &site{t: t, w: w, URL: w.URL, Script: w.URL}
		v := shop.visit("demo", map[string]any{"text": "這款烏龍有試喝包嗎?", "options": map[string]any{"path": "/webchat/demo"}})
		v.await("WROTE")
		id := amy.takeUp("這款烏龍有試喝包嗎?")
		r := amy.do(`query($c: ID!) { conversation(id: $c) { visitor { messagePage { url title } } } }`, map[string]any{"c": id})
		if str(r, "conversation.visitor.messagePage.url") != w.URL+"/webchat/demo?product=tea" || !strings.HasPrefix(str(r, "conversation.visitor.messagePage.title"), "梨山高山烏龍") {
			t.Errorf("agents see %v", r)
		}
		well(t, v)
	})
}
