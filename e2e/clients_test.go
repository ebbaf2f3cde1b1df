package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/server/demo"
)

// Every audit of GraphQL over HTTP's reference suite is content with the server.
func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		said, complained, isWell := node(t, "clients/graphql-http/audit.mjs", w.URL+"/graphql", w.signIn(t, "agent@demo.example").token).end()
		if !isWell || len(said) != 1 || said[0] != `{"ok":61,"warn":0,"notice":0,"error":0}` {
			t.Errorf("the audit says %v\n%s", said, complained)
		}
	})
}

// followed is a stock client that watches one conversation.
func (a *agent) followed(client, conversation string, count, cutEvery int) *script {
	a.t.Helper()
	o, err := json.Marshal(map[string]any{
		"url": a.w.URL + "/graphql", "token": a.token, "type": "MessageAdded", "count": count, "cutEvery": cutEvery,
		"query": `subscription($c: ID!, $after: Cursor) { conversationEvents(conversationId: $c, after: $after) { __typename cursor
			... on Hello { recovered } ... on MessageAdded { message { seq content { ... on TextContent { text } } } } ... on StreamEnded { reason resubscribe } } }`,
		"variables": map[string]any{"c": conversation},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return node(a.t, "clients/"+client+"/follow.mjs", string(o))
}

// RT-1, RT-3: stock clients over both transports get everything once and in order, though their connection is cut again and again.
func TestStockClients(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i, client := range []string{"graphql-ws", "graphql-sse"} {
			t.Run(client, func(t *testing.T) {
				t.Parallel()
				amy := w.signIn(t, "agent@demo.example")
				c := &customer{t: t, w: w, user: fmt.Sprintf("Uabcdef0123456789abcdef01234567c%d", i)}
				write := func(n int) {
					t.Helper()
					if code := c.write(demo.Lines[0].Secret, c.event(fmt.Sprintf("93%d%015d", i, n), fmt.Sprintf("no %d", n), nil)); code != http.StatusOK {
						t.Fatalf("the webhook answered %d", code)
					}
				}
				write(1)
				id := amy.find("no 1", c)
				const count = 24
				s := amy.followed(client, id, count, 4)
				s.await("Hello")
				// One every time the client is back, and one more in the time that it is away.
				for n := 2; n <= count+1; n++ {
					write(n)
					if n%4 == 1 {
						s.await(fmt.Sprintf(`"text":"no %d"`, n))
					}
				}
				said, complained, isWell := s.end()
				if !isWell {
					t.Fatalf("it failed: %s", complained)
				}
				var seqs []int
				hellos := 0
				for _, line := range said {
					var frame map[string]any
					if err := json.Unmarshal([]byte(line), &frame); err != nil {
						t.Fatalf("%v in %s", err, line)
					}
					switch str(frame, "data.conversationEvents.__typename") {
					case "Hello":
						if isFirst := hellos == 0; at(frame, "data.conversationEvents.recovered") == isFirst {
							t.Errorf("hello %d: %s", hellos, line)
						}
						hellos++
					case "MessageAdded":
						seqs = append(seqs, num(frame, "data.conversationEvents.message.seq"))
					case "ResyncRequired":
						t.Errorf("nothing was too old: %s", line)
					}
				}
				want := make([]int, count)
				for n := range want {
					want[n] = n + 2
				}
				if !slices.Equal(seqs, want) {
					t.Errorf("it got %v", seqs)
				}
				if hellos < count/4 {
					t.Errorf("it was connected %d times only", hellos)
				}
			})
		}
	})
}

// RT-5, RT-7: a stock client whose session was ended is told so once, within the second, and does not come back.
func TestStockClientsObeyTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567d0"}
		c.write(demo.Lines[0].Secret, c.event("940000000000000001", "bye then", nil))
		for client, want := range map[string]string{"graphql-ws": `"closed":4401`, "graphql-sse": `"reason":"REVOKED","resubscribe":false`} {
			t.Run(client, func(t *testing.T) {
				t.Parallel()
				amy := w.signIn(t, "agent@demo.example")
				s := amy.followed(client, amy.find("bye then", c), 10, 0)
				s.await("Hello")
				amy.do(`mutation { signOut(input: {}) { userErrors { message } } }`, nil)
				said, complained, _ := s.end()
				if all := strings.Join(said, "\n") + complained; strings.Count(all, want) != 1 {
					t.Errorf("it ended with %s", all)
				}
			})
		}
	})
}

// find gives the id of the conversation whose newest message has this text, once it is there.
func (a *agent) find(text string, c *customer) string {
	a.t.Helper()
	r := a.do(`query { conversations(view: PENDING_HUMAN, first: 25) { nodes { id lastMessage { text } } } }`, nil)
	nodes, _ := at(r, "conversations.nodes").([]any)
	for _, n := range nodes {
		if str(n, "lastMessage.text") == text {
			return str(n, "id")
		}
	}
	a.t.Fatalf("what %s wrote is not in the inbox: %v", c.user, r)
	return ""
}
