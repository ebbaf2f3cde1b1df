package walls_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// ServeHTTP makes it a collector of traces.
func (h *heap) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if z, err := gzip.NewReader(r.Body); err == nil {
			body = z
		}
	}
	_, _ = io.Copy(h, body)
}

// secrets are everything of a team that opens something, and what of the server does.
func (x *team) secrets() map[string]string {
	return map[string]string{
		"an access token": x.admin, "another access token": x.member, "an API token": x.bot, "a refresh token": x.refresh, "an invitation's token": x.invitation,
		"a reset link's token": x.reset, "a visitor's secret": x.visitor, "a delivery link's key": x.delivery, "a channel's secret": x.mark + "-channel-secret-",
		"a channel's access token": x.mark + "-channel-token-", "the secret that signs members": x.mark + "-identity-secret", "SECRET_KEY": secretKey,
	}
}

// inTheClear are secrets that the database holds as they are, and why.
var inTheClear = map[string]string{
	"a delivery link's key": "the address is handed to the platform again on every try; it opens one file that was sent to a customer, until it is unsent or ends",
}

// Nothing that opens something is told by anything but the answer that hands it out: not by reading all there is, not by errors, logs at their
// most talkative, metrics, traces or live frames, and a copy of the database opens nothing.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		traces := &heap{}
		collector := httptest.NewServer(traces)
		t.Cleanup(collector.Close)
		w := newWorld(t, dialect, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "LOG_FORMAT=json")
		a := &attempt{world: w, t: t, schema: load(t), seen: seen{}}
		a.awaitIndex()
		secrets := w.amber.secrets()
		const password, guess = "amber-correct-horse-battery", "amber-a-wrong-guess"
		secrets["a password"], secrets["a password that was guessed"] = password, guess
		clean := func(where string, b []byte, except ...string) {
			t.Helper()
			for name, s := range secrets {
				if bytes.Contains(b, []byte(s)) && !strings.Contains(strings.Join(except, ","), name) {
					i := bytes.Index(b, []byte(s))
					t.Errorf("%s tells %s: …%s…", where, name, b[max(0, i-150):min(len(b), i+80)])
				}
			}
		}
		for name, answer := range a.explore() {
			clean(name, []byte(answer))
		}
		events := a.stream(`subscription { inboxEvents { __typename ... on ConversationChanged { conversation { id channel { webhookUrl webchat { snippet } } } } } }`, nil)
		events.until(t, `"Hello"`)
		// Everything that takes a secret is used, rightly and wrongly.
		ask := func(token, query string) {
			t.Helper()
			b := w.ask(token, query, nil)
			clean(query[:40], b)
		}
		signIn := `mutation { signIn(input: {team: "amber-teams-slug", email: "amber-invited@example.com", password: %q}) { viewer { id } userErrors { message code } } }`
		ask("", fmt.Sprintf(`mutation { invitationAccept(input: {token: %q, password: %q}) { viewer { id } userErrors { message } } }`, w.amber.invitation, password))
		ask("", fmt.Sprintf(`mutation { invitationAccept(input: {token: %q, password: %q}) { viewer { id } userErrors { message } } }`, w.amber.invitation, password))
		ask("", fmt.Sprintf(signIn, password))
		ask("", fmt.Sprintf(signIn, guess))
		ask("", fmt.Sprintf(`mutation { sessionRefresh(input: {refreshToken: %q}) { viewer { id } userErrors { message } nothing } }`, w.amber.refresh))
		ask("", fmt.Sprintf(`mutation { passwordResetComplete(input: {token: %q, password: "short"}) { viewer { id } userErrors { message } } }`, w.amber.reset))
		ask(w.amber.bot+"x", `{ viewer { role } } `+strings.Repeat(" ", 40))
		ask(w.amber.admin, fmt.Sprintf(`mutation { channelConnect(input: {type: LINE, name: "x", credentials: [{name: "channelId", value: "1"}, {name: "channelSecret", value: "amber-channel-secret-x"}, {name: %q, value: "y"}]}) { userErrors { message field } } }`, "amber-channel-token-x"))
		ask(w.amber.admin, fmt.Sprintf(`mutation { channelReconnect(input: {channelId: %q, credentials: [{name: "channelId", value: "1"}, {name: "channelSecret", value: "amber-channel-secret-x"}, {name: "channelAccessToken", value: "amber-channel-token-x"}]}) { userErrors { message field } } }`, w.amber.refs["channel.lost"]))
		ask(w.amber.admin, fmt.Sprintf(`mutation { channelCheck(input: {channelId: %q}) { channel { checks { name status text } } userErrors { message field } } }`, w.amber.refs["channel.line"]))
		ask(w.amber.admin, fmt.Sprintf(`mutation { messageSend(input: {conversationId: %q, content: {text: "hi"}, clientMessageId: "x"}) { message { id } userErrors { message field } } }`, w.amber.refs["conversation.ann"]))
		events.until(t, `"ConversationChanged"`)
		for _, c := range []call{
			{method: http.MethodGet, path: "/graphql?access_token=" + w.amber.admin}, {path: "/graphql", token: w.amber.admin, body: []byte(w.amber.admin)},
			{path: "/graphql", token: w.amber.admin, header: map[string]string{"Content-Type": "application/json"}, body: []byte(`{"query": "` + w.amber.refresh + `"}`)},
			{method: http.MethodGet, path: "/d/" + w.amber.delivery}, {method: http.MethodGet, path: "/d/" + w.amber.delivery + "/nothing"},
			{path: "/webhooks/line/" + w.amber.webhook, header: map[string]string{"X-Line-Signature": "amber-channel-secret-x"}},
			said("amber", "GET", "/messages", w.amber.visitor, nil), said("amber", "GET", "/nothing", w.amber.visitor, nil),
			said("amber", "POST", "/sessions", "", map[string]any{"channel_key": w.amber.window, "visitor_token": w.amber.visitor + "x", "identity": map[string]any{"external_id": "m", "user_hash": "amber-identity-secret"}}),
			{path: "/uploads", token: w.amber.bot, header: map[string]string{"Upload-Name": w.amber.bot}, body: []byte("x")},
			{method: http.MethodGet, path: "/files/" + w.amber.refs["file.photo"] + "?sig=" + w.amber.admin, token: w.amber.admin},
		} {
			b, _, _ := w.send(c)
			except := ""
			if c.path == "/uploads" {
				except = "an API token" // the file's name, as its owner gave it
			}
			clean(c.method+" "+c.path, b, except)
		}
		for {
			select {
			case line := <-events.lines:
				clean("a frame", []byte(line))
				continue
			default:
			}
			break
		}
		b, _, _ := w.send(get("/metrics"))
		clean("/metrics", b)
		w.stop()
		if log := w.log.bytes(); !bytes.Contains(log, []byte("level=DEBUG")) {
			t.Error("the log is not at its most talkative")
		} else {
			clean("the log", log)
		}
		if seen := traces.bytes(); !bytes.Contains(seen, []byte("graphql query")) {
			t.Error("nothing was traced")
		} else {
			clean("the traces", seen)
		}
		for _, table := range w.everyTable() {
			rows := strings.Join(w.rowsOf(table, ""), "\n")
			var except []string
			for name := range inTheClear {
				except = append(except, name)
			}
			if table == "files" {
				except = append(except, "an API token")
			}
			clean("the table "+table, []byte(rows), except...)
		}
	})
}

// everyTable are all tables there are.
func (w *world) everyTable() []string {
	if w.dialect == "postgres" {
		return w.column("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
	}
	return w.column("SELECT name FROM sqlite_master WHERE type = 'table'")
}
