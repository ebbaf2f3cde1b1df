package walls_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// desk is the one origin that the server lists beside its own.
const desk = "https://desk.example.com"

// origins are pages from which a browser may call, and whether the server lets them.
var origins = map[string]bool{
	desk: true, "https://evil.example": false, "null": false, "http://desk.example.com": false, "https://desk.example.com:444": false, "https://desk.example.com.evil.example": false,
	"https://a-desk.example.com": false, "https://sub.desk.example.com": false, "https://desk.example.co": false, "https://example.com": false, "https://evil.example/desk.example.com": false,
	"https://desk.example.com@evil.example": false, "https://desk.example.com%2eevil.example": false, "file://": false, "chrome-extension://abcdefgh": false, "https://desk_example.com": false, "//desk.example.com": false,
}

// What a browser sends for a page of another site changes nothing and tells that page nothing, even where a token of the victim's goes with it.
func TestOtherSitesPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite", "ALLOWED_ORIGINS="+desk)
	own := func(origin string) bool { return origins[origin] || origin == w.url }
	const create = `mutation { tagCreate(input: {name: "forged"}) { tag { id } } }`
	asked, err := json.Marshal(map[string]any{"query": create})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"query": {create}}.Encode()
	multipart := "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + string(asked) + "\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--x--\r\n"
	rows := w.dump(w.amber.id)
	unchanged := func(what string) {
		t.Helper()
		if c := changed(rows, w.dump(w.amber.id)); len(c) > 0 {
			t.Fatalf("%s changed something: %v", what, c)
		}
	}

	t.Run("simple requests do nothing, whatever they hold and wherever they come from", func(t *testing.T) {
		for content, body := range map[string]string{
			"text/plain": string(asked), "text/plain; application/json": string(asked), "application/x-www-form-urlencoded": form, "multipart/form-data; boundary=x": multipart, "": string(asked),
			"application/graphql": create, "text/json": string(asked),
		} {
			for _, header := range []map[string]string{
				{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Referer": w.url},
			} {
				header["Content-Type"] = content
				b, status, answered := w.send(call{path: "/graphql", token: w.amber.admin, header: header, body: []byte(body)})
				if status < 400 || status >= 500 || answered.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%q with %v is answered %d %s", content, header, status, b)
				}
			}
		}
		unchanged("a simple request")
	})

	t.Run("a change that another site asks for is refused, and so is one by GET", func(t *testing.T) {
		for origin := range origins {
			for _, path := range []string{"/graphql", "/uploads"} {
				b, status, answered := w.send(call{path: path, token: w.amber.admin, header: map[string]string{"Origin": origin, "Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, body: asked})
				if !own(origin) && (status != http.StatusForbidden || answered.Get("Access-Control-Allow-Origin") != "") {
					t.Errorf("%s from %s is answered %d %s", path, origin, status, b)
				}
				if own(origin) && path == "/uploads" && status == http.StatusForbidden {
					t.Errorf("%s from %s is refused", path, origin)
				}
				if own(origin) {
					rows = w.dump(w.amber.id)
				}
			}
			b, status, _ := w.send(call{method: http.MethodGet, path: "/graphql?" + form, token: w.amber.admin, header: map[string]string{"Origin": origin}})
			if status != http.StatusMethodNotAllowed && status != http.StatusForbidden && status != http.StatusBadRequest {
				t.Errorf("a mutation by GET from %s is answered %d %s", origin, status, b)
			}
			unchanged("a request from " + origin)
		}
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace} {
			if b, status, _ := w.send(call{method: method, path: "/graphql", token: w.amber.admin, header: map[string]string{"Content-Type": "application/json"}, body: asked}); status < 400 {
				t.Errorf("%s is answered %d %s", method, status, b)
			}
		}
		unchanged("another method")
	})

	t.Run("only listed origins are told that they may ask and read", func(t *testing.T) {
		for _, path := range []string{"/graphql", "/uploads", "/files/" + w.amber.refs["file.photo"]} {
			for origin := range origins {
				for _, c := range []call{
					{method: http.MethodOptions, path: path, header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}},
					{method: http.MethodGet, path: path, token: w.amber.admin, header: map[string]string{"Origin": origin}},
				} {
					_, _, header := w.send(c)
					allows := header.Get("Access-Control-Allow-Origin")
					if allows == "*" || allows != "" && allows != origin || (allows != "") != own(origin) {
						t.Errorf("%s %s from %s allows %q", c.method, path, origin, allows)
					}
					if header.Get("Access-Control-Allow-Credentials") != "" {
						t.Errorf("%s %s from %s lets credentials of the browser come along", c.method, path, origin)
					}
					if !strings.Contains(strings.Join(header.Values("Vary"), ","), "Origin") {
						t.Errorf("%s %s from %s may be kept for another origin: Vary is %v", c.method, path, origin, header.Values("Vary"))
					}
				}
			}
		}
	})

	t.Run("a WebSocket opens for listed origins and for what is no browser", func(t *testing.T) {
		for origin := range origins {
			status := w.dial(t, origin)
			if (status == http.StatusSwitchingProtocols) != own(origin) {
				t.Errorf("a WebSocket from %s is answered %d", origin, status)
			}
		}
		if status := w.dial(t, ""); status != http.StatusSwitchingProtocols {
			t.Errorf("a WebSocket of no browser is answered %d", status)
		}
		if status := w.dial(t, w.url); status != http.StatusSwitchingProtocols {
			t.Errorf("a WebSocket of the server's own page is answered %d", status)
		}
	})

	t.Run("events by GET from another site are nobody's", func(t *testing.T) {
		path := "/graphql?" + url.Values{"query": {`subscription { inboxEvents { __typename } }`}}.Encode()
		b, _, header := w.send(call{method: http.MethodGet, path: path, header: map[string]string{"Origin": "https://evil.example", "Accept": "text/event-stream", "Sec-Fetch-Site": "cross-site"}})
		if header.Get("Access-Control-Allow-Origin") != "" || strings.Contains(string(b), "Hello") || !strings.Contains(string(b), "UNAUTHENTICATED") {
			t.Errorf("it is answered %s with %v", b, header)
		}
		for name := range map[string]bool{"access_token": true, "token": true, "authorization": true} {
			b, _, _ := w.send(call{method: http.MethodGet, path: path + "&" + name + "=" + w.amber.admin, header: map[string]string{"Accept": "text/event-stream"}})
			if !strings.Contains(string(b), "UNAUTHENTICATED") {
				t.Errorf("a token in the address is taken: %s", b)
			}
		}
		b, _, _ = w.send(call{method: http.MethodGet, path: "/graphql?query=%7Bviewer%7Brole%7D%7D", header: map[string]string{"Cookie": "token=" + w.amber.admin + "; access_token=" + w.amber.admin + "; Authorization=Bearer " + w.amber.admin}})
		if !strings.Contains(string(b), "UNAUTHENTICATED") {
			t.Errorf("a cookie is taken for a sign-in: %s", b)
		}
	})

	t.Run("a chat window is for the pages of its own channel's domains", func(t *testing.T) {
		for shop, isAllowed := range map[string]bool{"amber": true, "cobalt": false, "evil": false, "amber-shop.example.evil": false, "sub.amber": false} {
			for _, c := range []call{said(shop, "GET", "/config?channel_key="+w.amber.window, "", nil), said(shop, "GET", "/messages", w.amber.visitor, nil)} {
				_, status, header := w.send(c)
				if (status == http.StatusOK) != isAllowed || (header.Get("Access-Control-Allow-Origin") != "") != isAllowed {
					t.Errorf("%s from %s is answered %d, for %q", c.path, c.header["Origin"], status, header.Get("Access-Control-Allow-Origin"))
				}
			}
		}
		// The API's own origins are not the window's, nor the window's the API's.
		if _, status, header := w.send(call{path: "/graphql", token: w.amber.admin, header: map[string]string{"Origin": "https://amber-shop.example", "Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, body: asked}); status != http.StatusForbidden || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("the shop's page may call the API: %d", status)
		}
	})

	t.Run("an address that a stranger gives for its own is not believed", func(t *testing.T) {
		made := decode(t, w.ask(w.amber.admin, `mutation { apiTokenCreate(input: {name: "Office", role: AGENT, allowList: ["10.0.0.0/8"]}) { token } }`, nil))
		office := values(made, "token")[0]
		for _, header := range []map[string]string{
			{}, {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.1, 127.0.0.1"}, {"X-Real-Ip": "10.0.0.1"}, {"Forwarded": "for=10.0.0.1"}, {"X-Client-Ip": "10.0.0.1"}, {"Cf-Connecting-Ip": "10.0.0.1"}, {"True-Client-Ip": "10.0.0.1"},
		} {
			for token, isAllowed := range map[string]bool{office: false, w.amber.bot: true} { // the bot's addresses are this machine's
				header["Content-Type"] = "application/json"
				b, _, _ := w.send(call{path: "/graphql", token: token, header: header, body: []byte(`{"query": "{ viewer { role } }"}`)})
				if strings.Contains(string(b), `"role"`) != isAllowed {
					t.Errorf("with %v it is answered %s", header, b)
				}
			}
		}
	})
}

// dial opens a WebSocket for a page and gives the status of the answer.
func (w *world) dial(t *testing.T, origin string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, res, err := websocket.Dial(ctx, strings.Replace(w.url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err == nil {
		_ = conn.CloseNow()
	}
	if res == nil {
		t.Fatalf("no answer: %v", err)
	}
	return res.StatusCode
}

// What a stranger asks is answered alike, byte for byte, whether a team, an address, a password or a link is nearly right or wholly made up.
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	answers := func(what, query string, inputs map[string]map[string]any) {
		t.Helper()
		said := map[string]string{}
		for name, in := range inputs {
			b, status, header := w.send(call{path: "/graphql", header: map[string]string{"Content-Type": "application/json"}, body: body(t, query, map[string]any{"i": in})})
			header.Del("Date")
			header.Del("X-Request-Id")
			header.Del("Content-Length") // the body is compared
			said[name] = fmt.Sprint(status, header, still(b))
		}
		for name, s := range said {
			for other, o := range said {
				if s != o {
					t.Errorf("%s: %s is answered\n%s\nand %s\n%s", what, name, s, other, o)
				}
			}
		}
	}
	in := func(team, email, password string) map[string]any {
		return map[string]any{"team": team, "email": email, "password": password}
	}
	const amber, cobalt, guess = "amber-teams-slug", "cobalt-teams-slug", "a wrong guess"
	answers("sign-in", `mutation($i: SignInInput!) { signIn(input: $i) { accessToken refreshToken tokens { accessToken } viewer { id } userErrors { code message field } } }`, map[string]map[string]any{
		"an unknown team": in("nobodys", "nobody@example.com", guess), "an unknown address": in(amber, "nobody@example.com", guess), "a wrong password": in(amber, w.amber.texts["mail.admin"], guess),
		"another team's address": in(amber, w.cobalt.texts["mail.admin"], guess), "another team": in(cobalt, w.amber.texts["mail.admin"], guess), "who is only invited": in(amber, w.amber.texts["mail.invited"], guess),
		"who was deactivated": in(amber, w.amber.texts["mail.left"], guess), "an empty password": in(amber, w.amber.texts["mail.mate"], ""), "a very long password": in(amber, w.amber.texts["mail.leaver"], strings.Repeat("x", 10_000)),
	})
	answers("asking for a reset link", `mutation($i: PasswordResetRequestInput!) { passwordResetRequest(input: $i) { userErrors { code message } } }`, map[string]map[string]any{
		"an unknown team": {"team": "nobodys", "email": "nobody@example.com"}, "an unknown address": {"team": amber, "email": "nobody@example.com"}, "a known address": {"team": amber, "email": w.amber.texts["mail.mate"]},
		"another team's address": {"team": amber, "email": w.cobalt.texts["mail.mate"]}, "who was deactivated": {"team": amber, "email": w.amber.texts["mail.left"]},
	})
	const password = "correct horse battery"
	none := "swl_" + strings.Repeat("x", 43)
	answers("an invitation", `mutation($i: InvitationAcceptInput!) { invitationAccept(input: $i) { tokens { accessToken } viewer { id } userErrors { code message field } } }`, map[string]map[string]any{
		"made up": {"token": none, "password": password}, "short": {"token": "x", "password": password}, "a link for something else": {"token": w.amber.reset, "password": password}, "an access token": {"token": w.amber.admin, "password": password},
	})
	answers("a reset", `mutation($i: PasswordResetCompleteInput!) { passwordResetComplete(input: $i) { tokens { accessToken } viewer { id } userErrors { code message field } } }`, map[string]map[string]any{
		"made up": {"token": none, "password": password}, "a link for something else": {"token": w.amber.invitation, "password": password}, "an API token": {"token": w.amber.bot, "password": password},
	})
	answers("a refresh", `mutation($i: SessionRefreshInput!) { sessionRefresh(input: $i) { tokens { accessToken } viewer { id } userErrors { code message field } } }`, map[string]map[string]any{
		"made up": {"refreshToken": "swr_" + strings.Repeat("x", 43)}, "an access token": {"refreshToken": w.amber.admin}, "an API token": {"refreshToken": w.amber.bot}, "nothing": {"refreshToken": ""},
	})
}

func body(t *testing.T, query string, variables map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
