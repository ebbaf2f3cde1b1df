package walls_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// door is a request at another entrance than GraphQL, with cobalt's value, with one that nobody has, and with amber's own.
type door struct {
	name                  string
	foreign, nobodys, own call
}

// as gives a call with a token.
func (c call) as(token string) call {
	c.token = token
	return c
}

func get(path string) call { return call{method: http.MethodGet, path: path} }

// said is a request of a page of a shop to the chat window.
func said(shop, method, path, token string, body any) call {
	c := call{method: method, path: "/webchat/v1" + path, token: token, header: map[string]string{"Origin": "https://" + shop + "-shop.example", "Content-Type": "application/json"}}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		c.body = b
	}
	return c
}

// webhook is a call of LINE's with an account's secret.
func webhook(key, secret string) call {
	body := []byte(`{"destination":"U` + strings.Repeat("a", 32) + `","events":[]}`)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return call{path: "/webhooks/line/" + key, header: map[string]string{"X-Line-Signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)), "Content-Type": "application/json"}, body: body}
}

// answer is everything of an answer that is not another each time.
func (a *attempt) answer(c call, what string) string {
	a.t.Helper()
	a.tries++
	b, status, header := a.send(c)
	header.Del("Date")
	header.Del("X-Request-Id")
	header.Del("Access-Control-Expose-Headers") // it is about the page that asks
	var h bytes.Buffer
	if err := header.Write(&h); err != nil {
		a.t.Fatal(err)
	}
	all := fmt.Sprintf("%d\n%s\n%s", status, h.String(), still(b))
	for _, l := range a.cobalt.leaks([]byte(all)) {
		a.t.Errorf("%s shows %s", what, l)
	}
	return all
}

// doors tries the entrances beside GraphQL: files and their links, uploads, the platforms' webhooks, the chat window's visitors, integrations.
func (a *attempt) doors() {
	a.t.Helper()
	nobody := id.Format(id.Attachment, 9_000_000_000)
	links := func(x *team) url.Values {
		v := decode(a.t, a.ask(x.admin, `query($i: ID!) { node(id: $i) { ... on Attachment { signedUrl } } }`, map[string]any{"i": x.refs["file.photo"]}))
		u, err := url.Parse(values(v, "signedUrl")[0])
		if err != nil {
			a.t.Fatal(err)
		}
		return u.Query()
	}
	own, foreign := links(a.amber), links(a.cobalt)
	mixed := func(who url.Values, mark url.Values) string {
		return url.Values{"for": who["for"], "until": mark["until"], "sig": mark["sig"]}.Encode()
	}
	const shop, message = "amber", "/messages"
	secret := a.amber.mark + "-channel-secret-line"
	none, _ := (&furnisher{team: &team{mark: "nobody"}}).secret("", "visitor")
	log := func(epoch string) string { return event.Cursor{Epoch: epoch, Seq: 3}.String() }
	photo := func(upload string, n int) any {
		return map[string]any{"client_msg_id": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "type": "image", "upload_id": upload}
	}
	begin := func(token string) any { return map[string]any{"channel_key": a.amber.window, "visitor_token": token} }
	var all []door
	for _, part := range []string{"", "/preview"} {
		file := func(x string) call { return get("/files/" + x + part) }
		cobalts, ambers := a.cobalt.refs["file.photo"], a.amber.refs["file.photo"]
		all = append(all,
			door{"a file" + part, file(cobalts).as(a.amber.admin), file(nobody).as(a.amber.admin), file(ambers).as(a.amber.admin)},
			door{"a file for an integration" + part, file(cobalts).as(a.amber.bot), file(nobody).as(a.amber.bot), file(ambers).as(a.amber.bot)},
			door{"a file of a visitor" + part, file(a.cobalt.refs["file.webphoto"]).as(a.amber.admin), file(nobody).as(a.amber.admin), file(a.amber.refs["file.webphoto"]).as(a.amber.admin)},
			door{"a signed link to another file" + part, get("/files/" + cobalts + part + "?" + own.Encode()), get("/files/" + nobody + part + "?" + own.Encode()), call{}},
			door{"a signed link in another's name" + part, get("/files/" + ambers + part + "?" + mixed(foreign, own)), get("/files/" + nobody + part + "?" + mixed(foreign, own)), call{}},
			door{"another's signature" + part, get("/files/" + ambers + part + "?" + mixed(own, foreign)), get("/files/" + nobody + part + "?" + mixed(own, foreign)), call{}},
		)
	}
	all = append(all,
		door{"a webhook's address", webhook(a.cobalt.webhook, secret), webhook(a.cobalt.webhook, "nobody's secret"), webhook(a.amber.webhook, secret)},
		door{"a visitor's history", said(shop, "GET", message, a.cobalt.visitor, nil), said(shop, "GET", message, a.cobalt.visitor, nil), said(shop, "GET", message, a.amber.visitor, nil)},
		door{"what happened since another's position", said(shop, "GET", message+"?after="+log(a.cobalt.epoch), a.amber.visitor, nil), said(shop, "GET", message+"?after="+log("nobodys-epoch"), a.amber.visitor, nil),
			said(shop, "GET", message+"?after="+log(a.amber.epoch), a.amber.visitor, nil)},
		door{"a picture that another uploaded", said(shop, "POST", message, a.amber.visitor, photo(a.cobalt.refs["upload.free"], 1)), said(shop, "POST", message, a.amber.visitor, photo("upl_9zzzzzz", 2)), call{}},
		door{"another window's settings", said(shop, "GET", "/config?channel_key="+a.cobalt.window, "", nil), said("nobody", "GET", "/config?channel_key="+a.cobalt.window, "", nil),
			said(shop, "GET", "/config?channel_key="+a.amber.window, "", nil)},
		door{"leaving for another", said(shop, "POST", "/leave", "", map[string]any{"visitor_token": a.cobalt.visitor}), said("nobody", "POST", "/leave", "", map[string]any{"visitor_token": a.cobalt.visitor}), call{}},
	)
	for _, d := range all {
		got, want := a.answer(d.foreign, d.name), a.answer(d.nobodys, d.name)
		if got != want {
			a.t.Errorf("%s: cobalt's is answered\n%s\nand nobody's\n%s", d.name, got, want)
		}
		if d.own.path != "" {
			if control := a.answer(d.own, d.name); control == want || !strings.HasPrefix(control, "2") {
				a.t.Errorf("%s: one's own is answered like what nobody has, so that this proves nothing:\n%s", d.name, control)
			}
		}
	}
	// A session that is another window's begins a new one here, as a secret that nobody has does; nothing is told of it and nothing ends.
	beginning := func(token string) string {
		b, status, _ := a.send(said(shop, "POST", "/sessions", "", begin(token)))
		for _, l := range a.cobalt.leaks(b) {
			a.t.Errorf("a session with cobalt's secret shows %s", l)
		}
		v := decode(a.t, b)
		for _, moving := range []string{"visitor_token", "visitor_id", "cursor", "server_time"} {
			delete(v, moving)
		}
		return fmt.Sprint(status, v)
	}
	if got, want := beginning(a.cobalt.visitor), beginning(none); got != want {
		a.t.Errorf("a session with cobalt's secret begins as\n%s\nand with nobody's as\n%s", got, want)
	}
	if got := beginning(a.amber.visitor); got == beginning(none) {
		a.t.Errorf("one's own session is a new one, so that this proves nothing: %s", got)
	}
	// What is uploaded is the uploader's team's.
	b, status, _ := a.send(call{path: "/uploads", token: a.amber.bot, header: map[string]string{"Content-Type": "image/png", "Upload-Name": "a.png"}, body: picture(a.t)})
	if status != http.StatusCreated {
		a.t.Errorf("an upload gives %d %s", status, b)
	}
}
