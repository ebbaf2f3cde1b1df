package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// Every audit of GraphQL over HTTP's reference suite is content with the server.
func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		said, complained, isWell := node(t, "clients/graphql-http/audit.mjs", w.URL+"/graphql", w.signIn(t, "agent@demo.example").token).end()
		if !isWell || len(said) != 1 || said[0] != `{"MUST":13,"SHOULD":23,"MAY":25,"ok":61,"warn":0,"notice":0,"error":0}` {
			t.Errorf("the audit says %v\n%s", said, complained)
		}
	})
}

// socketClients and stockClients are the stock clients, by the folders of their scripts.
var (
	socketClients = []string{"graphql-ws", "apollo", "urql"}
	stockClients  = append(socketClients, "graphql-sse")
)

// followed is a stock client that watches, with the options of its script.
func (a *agent) followed(client, url string, options map[string]any) *script {
	a.t.Helper()
	all := map[string]any{"url": url + "/graphql", "token": a.token, "pause": 50}
	maps.Copy(all, options)
	o, err := json.Marshal(all)
	if err != nil {
		a.t.Fatal(err)
	}
	return node(a.t, "clients/"+client+"/follow.mjs", string(o))
}

const (
	messageRow      = `id version seq kind delivery isLate content { ... on TextContent { text } }`
	conversationRow = `id version status unreadCount lastMessage { messageId text }`

	followConversation = `subscription($c: ID!, $after: Cursor) { conversationEvents(conversationId: $c, after: $after) { __typename cursor
		... on Hello { recovered } ... on MessageAdded { message { ` + messageRow + ` } } ... on MessageChanged { message { ` + messageRow + ` } }
		... on StreamEnded { reason resubscribe } } }`
	followInbox = `subscription($view: InboxView!, $after: Cursor) { inboxEvents(view: $view, after: $after) { __typename cursor
		... on Hello { recovered } ... on ConversationEntered { conversation { ` + conversationRow + ` } } ... on ConversationChanged { conversation { ` + conversationRow + ` } }
		... on ConversationLeft { conversationId } ... on StreamEnded { reason resubscribe } } }`
	readBoth = `query($c: ID!, $view: InboxView!) { messages(conversationId: $c, first: 100) { asOf nodes { ` + messageRow + ` } }
		conversations(view: $view, first: 100) { asOf nodes { ` + conversationRow + ` } } }`
)

// seen is what a client's screen shows: the lists that were read, and what the streams brought since.
type seen struct {
	t        *testing.T
	messages map[string]any // by id; of two copies the one with the higher version
	inbox    map[string]any
	added    []int           // the numbers of the messages that came, in the order they came
	frames   map[string]bool // that came, by cursor, type and object
	hellos   map[string]int  // by field
}

func (s *seen) keep(rows map[string]any, row any) {
	id := str(row, "id")
	if id == "" {
		return // what was not asked for
	}
	if old, ok := rows[id]; !ok || num(row, "version") > num(old, "version") {
		rows[id] = row
	}
}

// look begins with what a query read.
func look(t *testing.T, answer any) *seen {
	s := &seen{t: t, messages: map[string]any{}, inbox: map[string]any{}, frames: map[string]bool{}, hellos: map[string]int{}}
	for path, rows := range map[string]map[string]any{"messages.nodes": s.messages, "conversations.nodes": s.inbox} {
		list, _ := at(answer, path).([]any)
		for _, row := range list {
			s.keep(rows, row)
		}
	}
	return s
}

// take applies a payload as docs/api/reconnect.md says.
func (s *seen) take(line string) {
	var payload struct {
		Data   map[string]any
		Errors any
	}
	if err := json.Unmarshal([]byte(line), &payload); err != nil || payload.Errors != nil || len(payload.Data) != 1 {
		s.t.Errorf("a payload is %s (%v)", line, err)
	}
	for field, frame := range payload.Data {
		kind := str(frame, "__typename")
		object := str(frame, "message.id") + str(frame, "conversation.id") + str(frame, "conversationId")
		if key := field + kind + str(frame, "cursor") + object; object != "" && s.frames[key] {
			s.t.Errorf("it came twice: %s", line)
		} else {
			s.frames[key] = true
		}
		switch kind {
		case "Hello":
			s.hellos[field]++
			if at(frame, "recovered") != true {
				s.t.Errorf("it did not go on where it was: %s", line)
			}
		case "MessageAdded":
			s.added = append(s.added, num(frame, "message.seq"))
			s.keep(s.messages, at(frame, "message"))
		case "MessageChanged":
			s.keep(s.messages, at(frame, "message"))
		case "ConversationEntered", "ConversationChanged":
			s.keep(s.inbox, at(frame, "conversation"))
		case "ConversationLeft":
			delete(s.inbox, str(frame, "conversationId"))
		case "Tick", "StreamEnded":
		default:
			s.t.Errorf("nothing was too old: %s", line)
		}
	}
}

// compare wants the screen to show what the client's own query gives at the end.
func (s *seen) compare(answer any) {
	s.t.Helper()
	want := look(s.t, answer)
	for what, pair := range map[string][2]map[string]any{"messages": {s.messages, want.messages}, "inbox": {s.inbox, want.inbox}} {
		if have, wish := plainJSON(s.t, pair[0]), plainJSON(s.t, pair[1]); have != wish {
			s.t.Errorf("the %s of the stream:\n%s\nof the query:\n%s", what, have, wish)
		}
	}
}

// plainJSON writes a value without __typename, which some clients add to everything that they ask for.
func plainJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return typeName.ReplaceAllString(string(b), "")
}

var typeName = regexp.MustCompile(`(?m)^ *"__typename": "\w+",?\n`)

// RT-1, RT-3, RT-4, RT-8, RT-10: stock clients watch a conversation and the inbox while their connections are ended by a server that leaves, reset,
// lost with a server that is killed, and stalled. Each gets everything once and in order, and in the end shows what its own query gives.
func TestStockClients(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		s := open(t, dialect, "SESSIONS_PER_AGENT=50") // stalled connections stay until their ping is not answered
		network := newWire(t, s.server.URL)
		mia := s.bot.AddCustomer(fakeline.Person{Name: "Mia"})
		written := 0
		write := func() {
			t.Helper()
			written++
			if !s.insist(t.Context(), mia.Text(fmt.Sprint("question ", written))) {
				t.Fatal("a message was not taken")
			}
		}
		write()
		conversation := s.boss().find("question 1", &customer{user: mia.ID()})
		if got := s.boss().do(follow, map[string]any{"c": conversation}); str(got, "conversationFollow.conversation.status") != "IN_PROGRESS" {
			t.Fatalf("follow: %v", got)
		}
		reply := func() {
			t.Helper()
			written++
			if !s.reply(t.Context(), conversation, fmt.Sprint("answer ", written)) {
				t.Fatal("an answer was not taken")
			}
		}
		both := map[string]any{"c": conversation, "view": "MY_IN_PROGRESS"}
		began := s.boss().do(readBoth, both)
		scripts := map[string]*script{}
		for _, client := range stockClients {
			scripts[client] = s.boss().followed(client, network.URL, map[string]any{
				"silence": 2_000, "ask": map[string]any{"query": readBoth, "variables": both},
				"watch": []map[string]any{
					{"query": followConversation, "variables": map[string]any{"c": conversation, "after": at(began, "messages.asOf")}},
					{"query": followInbox, "variables": map[string]any{"view": "MY_IN_PROGRESS", "after": at(began, "conversations.asOf")}},
				},
			})
		}
		// caughtUp waits until all have shown the newest message, in the conversation and in the inbox.
		caughtUp := func() {
			t.Helper()
			now := s.boss().do(readBoth, both)
			last := str(now, "conversations.nodes.0.lastMessage.messageId")
			for _, client := range stockClients {
				scripts[client].await(`"MessageAdded","cursor"`, `"id":"`+last+`"`)
				scripts[client].await(`"lastMessage":`, `"messageId":"`+last+`"`)
			}
		}
		write()
		reply()
		caughtUp()
		for _, cut := range []struct {
			name string
			cut  func()
		}{
			{"a server that leaves", func() { s.server.leave(); s.serve(); network.lead(s.server.URL) }},
			{"a reset", func() { network.reset() }},
			{"a server that is killed", func() { s.server.kill(); s.serve(); network.lead(s.server.URL) }},
			{"silence", func() { network.stall() }},
		} {
			cut.cut()
			write()
			reply()
			write()
			caughtUp()
			t.Logf("after %s all have caught up with %d messages", cut.name, written)
		}
		testkit.Await(t, "all is sent", func() bool {
			_, sent := s.boss().conversation(conversation)
			return !slices.Contains(sent, "SENDING")
		})
		end := s.boss().do(readBoth, both)
		versions := map[string]int{}
		for _, path := range []string{"messages.nodes", "conversations.nodes"} {
			list, _ := at(end, path).([]any)
			for _, row := range list {
				versions[str(row, "id")] = num(row, "version")
			}
		}
		for _, client := range stockClients {
			t.Run(client, func(t *testing.T) {
				script := scripts[client]
				for id, version := range versions {
					if id != str(began, "messages.nodes.0.id") {
						script.await(`"id":"`+id+`"`, fmt.Sprintf(`"version":%d,`, version))
					}
				}
				_ = script.stdin.Close()
				said, complained, isWell := script.end()
				if !isWell || len(said) == 0 {
					t.Fatalf("it failed: %s", complained)
				}
				screen := look(t, began)
				for _, line := range said[:len(said)-1] {
					screen.take(line)
				}
				var last map[string]any
				if err := json.Unmarshal([]byte(said[len(said)-1]), &last); err != nil {
					t.Fatal(err)
				}
				screen.compare(at(last, "asked.data"))
				for n, seq := range screen.added {
					if seq != n+2 {
						t.Fatalf("the messages came as %v", screen.added)
					}
				}
				if len(screen.added) != written-1 {
					t.Errorf("%d messages came of %d", len(screen.added), written-1)
				}
				for _, field := range []string{"conversationEvents", "inboxEvents"} {
					if screen.hellos[field] < 5 {
						t.Errorf("%s was begun %d times only: %s", field, screen.hellos[field], complained)
					}
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
		for _, client := range stockClients {
			t.Run(client, func(t *testing.T) {
				t.Parallel()
				want := `"closed":4401`
				if client == "graphql-sse" {
					want = `"reason":"REVOKED","resubscribe":false`
				}
				amy := w.signIn(t, "agent@demo.example")
				s := amy.followed(client, w.URL, map[string]any{"query": followConversation, "variables": map[string]any{"c": amy.find("bye then", c)}})
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
