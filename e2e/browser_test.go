package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/server/demo"
)

// RT-1: in a real browser, GraphiQL signs in, shows the inbox and watches it live; nothing is asked of any other host.
func TestGraphiQL(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	const text = "瀏覽器看得到這句嗎?"
	s := node(t, "browser/graphiql.mjs", w.URL, demo.Team, "agent@demo.example", demo.Password, text)
	s.await("READY")
	c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567e0"}
	if code := c.write(demo.Lines[0].Secret, c.event("950000000000000001", text, nil)); code != http.StatusOK {
		t.Fatalf("the webhook answered %d", code)
	}
	if said, complained, isWell := s.end(); !isWell || said[len(said)-1] != "OK" {
		t.Errorf("the browser said %q\n%s", said, complained)
	}
}

// An invitation's link is opened in a real browser, which sets a password; with it the agent signs in, and the link is used up.
func TestWelcome(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	made := w.signIn(t, "admin@demo.example").do(`mutation { agentInvite(input: {email: "lin@demo.example", name: "Lin", role: AGENT}) { link userErrors { message } } }`, nil)
	link := str(made, "agentInvite.link")
	if !strings.HasPrefix(link, w.URL+"/welcome#invitation=") {
		t.Fatalf("the link is %q", link)
	}
	const password = "correct horse battery"
	said, complained, isWell := node(t, "browser/welcome.mjs", link, "林小美", password).end()
	if !isWell || said[len(said)-1] != "OK" {
		t.Fatalf("the browser said %q\n%s", said, complained)
	}
	lin := w.signInWith(t, demo.Team, "lin@demo.example", password)
	if me := lin.do(`{ viewer { agent { name status } } }`, nil); str(me, "viewer.agent.name") != "林小美" || str(me, "viewer.agent.status") != "ACTIVE" {
		t.Errorf("she is %v", me)
	}
}

// A page of another site, in a real browser and with a stolen token, reads nothing, changes nothing and opens no socket.
func TestForeignPage(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Another site</title><p>Free tea"))
	}))
	t.Cleanup(site.Close)
	admin := w.signIn(t, "admin@demo.example")
	if said, complained, isWell := node(t, "browser/foreign.mjs", w.URL, strings.Replace(site.URL, "127.0.0.1", "localhost", 1), admin.token).end(); !isWell || said[len(said)-1] != "OK" {
		t.Errorf("the browser said %q\n%s", said, complained)
	}
	for _, name := range []string{"from another site", "from a form"} {
		if got := admin.do(`query($t: String!) { tags(text: $t) { nodes { id } } }`, map[string]any{"t": name}); at(got, "tags.nodes.0") != nil {
			t.Errorf("%s a tag was made: %v", name, got)
		}
	}
}
