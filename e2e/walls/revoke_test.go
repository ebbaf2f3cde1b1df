package walls_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// RT-7. Who loses its rights while it asks, listens and uploads: from some request on all are refused and none succeeds again, what listens ends
// with the code that says so, what began before may end, and its signed links are dead. How long it may take is TestTheEndOfRightsIsAtOnce's.
func TestRevocationInFlight(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := newWorld(t, dialect)
		for name, end := range map[string]func(t *testing.T){
			"quitter": func(t *testing.T) {
				w.must(t, w.amber.tokens["quitter"], `mutation { signOut(input: {}) { userErrors { message } } }`, nil)
			},
			"leaver": func(t *testing.T) {
				w.must(t, w.amber.admin, `mutation($i: ID!) { agentDeactivate(input: {agentId: $i}) { agent { status } userErrors { message } } }`, map[string]any{"i": w.amber.refs["agent.leaver"]})
			},
			"forgetful": func(t *testing.T) {
				b := w.must(t, w.amber.admin, `mutation($i: ID!) { agentResetLink(input: {agentId: $i}) { link userErrors { message } } }`, map[string]any{"i": w.amber.refs["agent.forgetful"]})
				_, link, _ := strings.Cut(values(b, "link")[0], "#reset=")
				w.must(t, "", `mutation($i: PasswordResetCompleteInput!) { passwordResetComplete(input: $i) { viewer { id } userErrors { message } } }`, map[string]any{"i": map[string]any{"token": link, "password": "correct horse battery"}})
			},
			"doomed": func(t *testing.T) {
				w.must(t, w.amber.admin, `mutation($i: ID!) { apiTokenRevoke(input: {apiTokenId: $i}) { apiToken { id } userErrors { message } } }`, map[string]any{"i": w.amber.refs["token.doomed"]})
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w.revoked(t, w.amber.tokens[name], name == "leaver" || name == "doomed", func() { end(t) })
			})
		}
	})
}

// must asks what has to succeed and gives the answer.
func (w *world) must(t *testing.T, token, query string, variables map[string]any) map[string]any {
	t.Helper()
	v := decode(t, w.ask(token, query, variables))
	if v["errors"] != nil || len(values(v["data"], "message")) > 0 {
		t.Fatalf("%s: %v", query, v)
	}
	return v
}

// revoked ends the rights of a token while it is used in every way; isGone: and those of its owner.
func (w *world) revoked(t *testing.T, token string, isGone bool, end func()) {
	t.Helper()
	a := &attempt{world: w, t: t, schema: load(t), seen: seen{}}
	const watch = `subscription { inboxEvents { __typename ... on StreamEnded { reason resubscribe } } }`
	events := a.streamAs(token, watch, nil)
	events.until(t, `"Hello"`)
	socket := w.listen(t, token, watch)
	signed := values(w.must(t, token, `query($i: ID!) { node(id: $i) { ... on Attachment { signedUrl } } }`, map[string]any{"i": w.amber.refs["file.webphoto"]}), "signedUrl")
	link, _ := url.Parse(signed[0])
	path := link.Path + "?" + link.RawQuery
	if _, status, _ := w.send(get(path)); status != http.StatusOK {
		t.Fatalf("the signed link is answered %d while its owner may see the file", status)
	}
	// An upload of which half is there.
	body, half := io.Pipe()
	uploaded := make(chan int, 1)
	go func() {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/uploads", body)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "image/png")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			uploaded <- 0
			return
		}
		_ = res.Body.Close()
		uploaded <- res.StatusCode
	}()
	png := picture(t)
	if _, err := half.Write(png[:len(png)/2]); err != nil {
		t.Fatal(err)
	}
	// Somebody who asks without a pause.
	stop, answers := make(chan struct{}), make(chan []bool, 1)
	refused := make(chan struct{})
	go func() {
		var all []bool
		for {
			select {
			case <-stop:
				answers <- all
				return
			default:
			}
			b := w.ask(token, `{ viewer { role } }`, nil)
			isGiven := strings.Contains(string(b), `"role"`)
			if all = append(all, isGiven); !isGiven && (len(all) == 1 || all[len(all)-2]) {
				if !strings.Contains(string(b), `"UNAUTHENTICATED"`) {
					t.Errorf("it is refused as %s", b)
				}
				select {
				case <-refused:
				default:
					close(refused)
				}
			}
		}
	}()
	end()
	select {
	case <-refused:
	case <-time.After(time.Minute):
		t.Fatal("it is answered still")
	}
	// What begins now fails, in every way in.
	for _, c := range []call{get("/files/" + w.amber.refs["file.webphoto"]).as(token), {path: "/uploads", token: token, header: map[string]string{"Content-Type": "image/png"}, body: png}} {
		if b, status, _ := w.send(c); status != http.StatusUnauthorized {
			t.Errorf("%s is answered %d %.80s", c.path, status, b)
		}
	}
	if _, status, _ := w.send(get(path)); isGone && status != http.StatusNotFound {
		t.Errorf("the signed link of who is gone is answered %d", status)
	}
	if last := a.streamAs(token, watch, nil).until(t, `"Hello"`); !strings.Contains(strings.Join(last, ""), "UNAUTHENTICATED") {
		t.Errorf("a new stream begins: %v", last)
	}
	// What listened ends, and is told why.
	if last := events.until(t, `"StreamEnded"`); !strings.Contains(last[len(last)-1], `"REVOKED"`) || !strings.Contains(last[len(last)-1], `"resubscribe":false`) {
		t.Errorf("the stream ended as %v", last)
	}
	if code := <-socket; code != 4401 {
		t.Errorf("the socket was closed with %d", code)
	}
	// What had begun may end, as far as its caller is concerned; nothing comes of it, for nobody can name it.
	if _, err := half.Write(png[len(png)/2:]); err != nil {
		t.Fatal(err)
	}
	_ = half.Close()
	if status := <-uploaded; status != http.StatusCreated && status != http.StatusUnauthorized {
		t.Errorf("the upload ended with %d", status)
	}
	close(stop)
	isOver := false
	for i, isGiven := range <-answers {
		if isGiven && isOver {
			t.Errorf("request %d succeeds after one was refused", i)
		}
		isOver = isOver || !isGiven
	}
}

// listen opens a socket with a subscription and gives the code that it will be closed with.
func (w *world) listen(t *testing.T, token, query string) <-chan websocket.StatusCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, strings.Replace(w.url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	say := func(m map[string]any) {
		b, err := json.Marshal(m)
		if err == nil {
			err = conn.Write(ctx, websocket.MessageText, b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hear := func(word string) {
		for {
			_, b, err := conn.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), word) {
				return
			}
		}
	}
	say(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + token}})
	hear("connection_ack")
	say(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query}})
	hear("Hello")
	closed := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	return closed
}
