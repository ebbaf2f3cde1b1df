package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// A server that was started while its PostgreSQL was away ended; whoever started it had to do so again. It waits now, alive and not ready, takes nothing that it
// cannot verify, and goes on by itself once the database is there.
func TestStartsBeforeItsDatabase(t *testing.T) {
	t.Parallel()
	postgres, err := service.PostgresWith(t.Context(), "synchronous_commit=on") // what the migration wrote outlives the kill
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(postgres.Stop)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	_, number, _ := net.SplitHostPort(address)
	_ = port.Close()
	env := append(settings(t, t.TempDir(), postgres.URL), "PORT="+number, "SPOOL_DIR="+t.TempDir(), "LOG_LEVEL=INFO")
	if code, said := call(t, env, "migrate"); code != 0 {
		t.Fatalf("migrate ended with %d: %s", code, said)
	}
	if code, said := call(t, append(env, "DATABASE_URL="+strings.Replace(postgres.URL, "/postgres?", "/nowhere?", 1)), "serve"); code != 1 || !strings.Contains(said, "nowhere") {
		t.Errorf("with a database that does not exist it ended with %d: %s", code, said)
	}
	postgres.Kill()
	if code, said := call(t, append(env, "DATABASE_WAIT=1s"), "serve"); code != 1 || !strings.Contains(said, "the database does not answer") || !strings.Contains(said, "DATABASE_URL") {
		t.Errorf("after a second it ended with %d: %s", code, said)
	}

	p := begin(t, env, "serve")
	ask := func(method, path string) (int, map[string]any) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, nil
		}
		defer res.Body.Close()
		var body map[string]any
		_ = json.NewDecoder(res.Body).Decode(&body)
		return res.StatusCode, body
	}
	testkit.Await(t, "it waits", func() bool { return strings.Contains(p.words(), "the database does not answer") })
	if code, _ := ask(http.MethodGet, "/healthz"); code != http.StatusOK {
		t.Errorf("/healthz answers %d", code)
	}
	if code, body := ask(http.MethodGet, "/readyz"); code != http.StatusServiceUnavailable || body["database"] != "away" || body["bus"] != "ok" || body["status"] != "starting" {
		t.Errorf("/readyz answers %d %v", code, body)
	}
	for _, path := range []string{"/graphql", "/webhooks/line/some-key", "/webchat/v1/sessions"} {
		if code, body := ask(http.MethodPost, path); code != http.StatusServiceUnavailable || !strings.Contains(fmt.Sprint(body["error"]), "starting") {
			t.Errorf("%s answers %d %v", path, code, body)
		}
	}
	other := begin(t, append(env, "PORT=0"), "serve")
	testkit.Await(t, "it waits", func() bool { return strings.Contains(other.words(), "the database does not answer") })
	other.leave() // in order, while it waits

	if err := postgres.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	testkit.Await(t, "it is ready", func() bool { code, _ := ask(http.MethodGet, "/readyz"); return code == http.StatusOK })
	if code, _ := ask(http.MethodPost, "/webhooks/line/some-key"); code != http.StatusNotFound {
		t.Errorf("a webhook of nobody's is answered %d", code)
	}
	if said := p.words(); !strings.Contains(said, "the database does not answer") || !strings.Contains(said, "the database answers") {
		t.Errorf("it said %s", said)
	}
}
