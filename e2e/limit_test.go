package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// What asks for too much is refused before it is executed, on every transport, in time that does not grow with what its fragments would make
// of it, and with a text that does not repeat it.
func TestTooMuchIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		var doubling strings.Builder
		doubling.WriteString("{ viewer { agent { ...F0 } } }")
		for i := range 60 {
			doubling.WriteString(strings.NewReplacer("#", strconv.Itoa(i), "@", strconv.Itoa(i+1)).Replace(" fragment F# on Agent { a: canary { ...F@ } b: canary { ...F@ } }"))
		}
		doubling.WriteString(" fragment F60 on Agent { id }")
		for name, query := range map[string]string{
			"fragments that double": doubling.String(),
			"many root fields":      "{" + strings.Repeat(" viewer { agent { id } }", 4) + " a: __typename b: __typename c: __typename d: __typename e: __typename f: __typename g: __typename }",
			"too many rows":         "{ a: conversations(first: 100) { ...P } b: conversations(first: 100) { ...P } c: conversations(first: 100) { ...P } d: conversations(first: 100) { ...P } e: conversations(first: 100) { ...P } f: conversations(first: 100) { ...P } g: conversations(first: 100) { ...P } } fragment P on ConversationConnection { nodes { collaborators { id } tags { id } contact { companies { id } } } }",
		} {
			check := func(transport, said string) {
				t.Helper()
				if !strings.Contains(said, "QUERY_TOO_COMPLEX") || strings.Contains(said, "canary") {
					t.Errorf("%s by %s: %.300s", name, transport, said)
				}
			}
			got, _ := amy.post(query, nil)
			said, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			check("POST", string(said))
			for accept, transport := range map[string]string{"application/json": "GET", "text/event-stream": "SSE"} {
				check(transport, amy.get(url.Values{"query": {query}}, accept))
			}
			s := amy.dial(map[string]any{"authorization": "Bearer " + amy.token})
			s.send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query}})
			check("WebSocket", str(s.await("the refusal", func(f map[string]any) bool { return f["type"] == "error" }), "raw"))
		}
	})
}

// get sends one operation by GET and gives the whole body.
func (a *agent) get(q url.Values, accept string) string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.w.URL+"/graphql?"+q.Encode(), http.NoBody)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("Authorization", "Bearer "+a.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(body)
}

// A rate holds over all servers, and every answer says what is left.
func TestRatesHoldOverServers(t *testing.T) {
	t.Parallel()
	env := append(environment(t, "postgres"), "AGENT_COST_BURST=60", "AGENT_COST_PER_SECOND=1", "ADDRESS_COST_BURST=1000")
	a, b := start(t, env), start(t, env)
	amy, jess := a.signIn(t, "agent@demo.example"), a.signIn(t, "supervisor@demo.example")
	page := `{ conversations(first: 100) { nodes { id lastMessage { text } } } }` // 21
	first, _ := amy.post(page, nil)
	cost, ok := at(first, "extensions.cost").(map[string]any)
	if !ok || cost["requested"] != 21.0 || cost["actual"].(float64) < 10 || cost["remaining"].(float64) > 50 {
		t.Errorf("the first page cost %v", cost)
	}
	there := amy.at(b)
	testkit.Await(t, "the rate at the other server", func() bool {
		r, _ := there.post(page, nil)
		if str(r, "errors.0.extensions.code") == "THROTTLED" {
			if wait, _ := at(r, "errors.0.extensions.retryAfter").(float64); wait < 1 || wait > 60 {
				t.Errorf("wait %v seconds", wait)
			}
			return true
		}
		return false
	})
	if r, _ := amy.post(page, nil); str(r, "errors.0.extensions.code") != "THROTTLED" {
		t.Errorf("what was used up at one server is there at the other: %v", r["extensions"])
	}
	if r, _ := jess.post(page, nil); r["errors"] != nil {
		t.Errorf("one agent's rate is another's: %v", r["errors"])
	}
}

// A web app's first screen must leave room: inbox, history, counts and four streams cost less than a tenth of what an agent may ask for at once.
func TestFirstScreenIsCheap(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	amy := w.signIn(t, "agent@demo.example")
	remaining := func() float64 {
		r, _ := amy.post(`{ __typename }`, nil)
		left, _ := at(r, "extensions.cost.remaining").(float64)
		return left
	}
	before := remaining()
	inbox := amy.do(`{ viewer { agent { id name } } inboxCounts { views { view count unreadConversations unreadMessages } unreadMessages asOf }
		conversations(view: ALL, first: 50) { asOf pageInfo { hasNextPage endCursor } nodes { id version status queue kind name pictureUrl unreadCount waitingLevel
			lastMessage { text kind sender at isUnsent } tags { id name colour } tagCount follower { id name } collaborators { id name } channel { id name type }
			contact { id name } mentionMessageId isStarred } } }`, nil)
	id := str(inbox, "conversations.nodes.0.id")
	amy.do(history, map[string]any{"c": id})
	amy.subscribe(watchInbox, map[string]any{"v": "ALL"})
	amy.subscribe(watchOne, map[string]any{"c": id})
	amy.subscribe(`subscription { unreadCounts { __typename cursor } }`, nil)
	amy.subscribe(`subscription { notifications { __typename cursor } }`, nil)
	if used := before - remaining(); used > 500 {
		t.Errorf("the first screen costs %v of 5,000", used)
	}
}

// A persisted query is sent once; in the allow-list mode agents run only what the operator listed.
func TestPersistedAndTrusted(t *testing.T) {
	t.Parallel()
	const query = `{ viewer { agent { id } } }`
	sum := sha256.Sum256([]byte(query))
	hash := hex.EncodeToString(sum[:])
	named := url.Values{"extensions": {`{"persistedQuery": {"version": 1, "sha256Hash": "` + hash + `"}}`}}
	w := start(t, environment(t, "sqlite"))
	amy := w.signIn(t, "agent@demo.example")
	if said := amy.get(named, "application/json"); !strings.Contains(said, "PERSISTED_QUERY_NOT_FOUND") || !strings.Contains(said, "PersistedQueryNotFound") {
		t.Errorf("before it was sent: %s", said)
	}
	full := url.Values{"query": {query}, "extensions": named["extensions"]}
	for i, q := range []url.Values{full, named} {
		if said := amy.get(q, "application/json"); !strings.Contains(said, amy.ID) {
			t.Errorf("request %d: %s", i+1, said)
		}
	}
	list := filepath.Join(t.TempDir(), "documents.json")
	text, err := json.Marshal(map[string]string{hash: query})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	strict := start(t, append(environment(t, "sqlite"), "TRUSTED_DOCUMENTS="+list))
	// Signing in needs no listed document: those who are not signed in have the ways in alone.
	eve := strict.signIn(t, "agent@demo.example")
	if said := eve.get(named, "application/json"); !strings.Contains(said, amy.ID) {
		t.Errorf("a listed document: %s", said)
	}
	if r, _ := eve.post(`{ viewer { agent { name } } }`, nil); str(r, "errors.0.extensions.code") != "QUERY_NOT_TRUSTED" {
		t.Errorf("another document: %v", r)
	}
}
