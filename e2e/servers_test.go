package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// pair starts two servers that share a database, and a Redis where they have one.
func pair(t *testing.T, hasRedis bool) (a, b *world) {
	t.Helper()
	env := environment(t, "postgres")
	if !hasRedis {
		env = slices.DeleteFunc(env, func(s string) bool { return strings.HasPrefix(s, "REDIS_URL=") })
	}
	return start(t, env), start(t, env)
}

// at is the same agent at another server.
func (a *agent) at(w *world) *agent {
	return &agent{t: a.t, w: w, token: a.token, refresh: a.refresh, ID: a.ID}
}

const watchFrom = `subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
	... on Hello { recovered } ... on MessageAdded { message { seq } } ... on MessageChanged { message { seq delivery } } } }`

// CHAN-11, RT-8: with two servers on one database, what happens at one is seen at the other within a second, with Redis and without;
// what is sent goes out once, whichever of them sends it.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	for name, hasRedis := range map[string]bool{"with Redis": true, "without Redis": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, hasRedis)
			amy := a.signIn(t, "agent@demo.example")
			there := amy.at(b)
			if me := there.do(`{ viewer { agent { id } } }`, nil); str(me, "viewer.agent.id") != amy.ID {
				t.Fatalf("the session of one is not known at the other: %v", me)
			}
			inbox := there.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
			c := &customer{t: t, w: a, user: "Uabcdef0123456789abcdef0123456f01"}
			n := 0
			write := func(w *world) string {
				t.Helper()
				n++
				c.w = w
				text := fmt.Sprintf("no %d", n)
				if code := c.write(demo.Lines[0].Secret, c.event(fmt.Sprintf("97000000000000000%d", n), text, nil)); code != http.StatusOK {
					t.Fatal(code)
				}
				return text
			}
			promptly(t, func() time.Duration {
				text, began := write(a), time.Now()
				inbox.await("what was written at the other server", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == text })
				return time.Since(began)
			})
			id := there.find(fmt.Sprintf("no %d", n), c)

			// The same webhook body at both servers at once is one message.
			body := c.event("971000000000000001", "twice", nil)
			codes := make(chan int, 2)
			for _, w := range []*world{a, b} {
				one := *c
				one.w = w
				go func() { codes <- one.write(demo.Lines[0].Secret, body) }()
			}
			if x, y := <-codes, <-codes; x != http.StatusOK || y != http.StatusOK {
				t.Fatalf("the webhooks answered %d and %d", x, y)
			}
			n++

			amy.do(follow, map[string]any{"c": id})
			one := there.subscribe(watchFrom, map[string]any{"c": id})
			const count = 12
			for i := range count {
				sender := amy
				if i%2 == 1 {
					sender = there
				}
				sent := sender.do(answer, map[string]any{"c": id, "t": fmt.Sprintf("answer %d", i), "k": fmt.Sprint("k-", i)})
				if num(sent, "messageSend.message.seq") != n+1+i {
					t.Fatalf("answer %d: %v", i, sent)
				}
			}
			one.await("the last delivery", func(f map[string]any) bool {
				return num(f, "message.seq") == n+count && str(f, "message.delivery") == "SENT"
			})
			// Each server has a fake LINE of its own: together they have each answer once, and in order.
			all := append(a.deliveries(t, c.user), b.deliveries(t, c.user)...)
			slices.SortFunc(all, func(x, y fake.Delivery) int { return x.At.Compare(y.At) })
			var texts []string
			for _, d := range all {
				for _, m := range d.Messages {
					texts = append(texts, bodyText(t, m))
				}
			}
			var want []string
			for i := range count {
				want = append(want, fmt.Sprintf("answer %d", i))
			}
			if !slices.Equal(texts, want) {
				t.Errorf("LINE got %q", texts)
			}
		})
	}
}

// RT-5, RT-7, RT-8: a team's limits that are set at one server, and its suspension by a command, hold within a second at the other, with Redis and without.
func TestTeamsChangesReachAllServers(t *testing.T) {
	t.Parallel()
	for name, hasRedis := range map[string]bool{"with Redis": true, "without Redis": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, hasRedis)
			admin := a.signIn(t, "admin@demo.example")
			promptly(t, func() time.Duration {
				there := b.signIn(t, "agent@demo.example")
				first, second := there.subscribe(watchInbox, map[string]any{"v": "ALL"}), there.subscribe(watchInbox, map[string]any{"v": "ALL"})
				admin.do(limitTeam, map[string]any{"n": 1})
				took := first.closed(websocket.StatusPolicyViolation)
				second.send(map[string]any{"type": "complete", "id": "1"})
				admin.do(limitTeam, map[string]any{"n": nil})
				return took
			})
			promptly(t, func() time.Duration {
				live := b.signIn(t, "agent@demo.example").subscribe(watchInbox, map[string]any{"v": "ALL"})
				if said, err := command(t, a.env, "team", "suspend", "--slug", demo.Team); err != nil || !strings.Contains(said, "is suspended") {
					t.Fatalf("suspend: %s %v", said, err)
				}
				took := live.closed(websocket.StatusPolicyViolation)
				admin.refused(`{ viewer { role } }`, "FORBIDDEN")
				if said, err := command(t, a.env, "team", "resume", "--slug", demo.Team); err != nil || !strings.Contains(said, "works") {
					t.Fatalf("resume: %s %v", said, err)
				}
				return took
			})
		})
	}
}

// RT-3, RT-8, RT-10: a server that is stopped tells its clients to come back; at the other one they go on without a gap or a double.
func TestDrain(t *testing.T) {
	t.Parallel()
	a, b := pair(t, true)
	amy := a.signIn(t, "agent@demo.example")
	c := &customer{t: t, w: b, user: "Uabcdef0123456789abcdef0123456f11"}
	write := func(n int) {
		t.Helper()
		if code := c.write(demo.Lines[0].Secret, c.event(fmt.Sprintf("9720000000000000%02d", n), fmt.Sprintf("no %d", n), nil)); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	write(1)
	id := amy.find("no 1", c)
	amy.do(follow, map[string]any{"c": id})
	live := amy.subscribe(watchFrom, map[string]any{"c": id})
	write(2)
	live.await("a message", func(f map[string]any) bool { return num(f, "message.seq") == 2 })
	// What is queued when the server stops is finished by it or left to the other.
	for i := range 3 {
		amy.do(answer, map[string]any{"c": id, "t": fmt.Sprintf("answer %d", i), "k": fmt.Sprint("k-", i)})
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); a.stop() }()
	write(6)
	live.closed(4501)
	write(7)
	cursor, seqs := "", map[int]int{}
	take := func(f map[string]any) {
		if f["__typename"] == "MessageAdded" {
			seqs[num(f, "message.seq")]++
		}
	}
	for _, f := range live.frames() {
		take(f)
		if at := str(f, "cursor"); at != "" {
			cursor = at
		}
	}
	again := amy.at(b).subscribe(watchFrom, map[string]any{"c": id, "a": cursor})
	<-stopped
	if _, err := http.Get(a.URL + "/readyz"); err == nil {
		t.Error("the stopped server answers")
	}
	write(8)
	again.await("the last message", func(f map[string]any) bool { return f["__typename"] == "MessageAdded" && num(f, "message.seq") == 8 })
	for _, f := range again.frames() {
		take(f)
		if f["__typename"] == "Hello" && f["recovered"] != true {
			t.Errorf("it does not go on: %v", f)
		}
	}
	for seq := 2; seq <= 8; seq++ {
		if seqs[seq] != 1 {
			t.Errorf("message %d came %d times", seq, seqs[seq])
		}
	}
	testkit.Await(t, "what was queued is sent", func() bool {
		all := amy.at(b).do(history, map[string]any{"c": id})
		for i := 2; i <= 4; i++ {
			if d := str(all, fmt.Sprintf("messages.nodes.%d.delivery", i)); d != "SENT" && d != "READ" {
				return false
			}
		}
		return true
	})
}

// bodyText is the text of a message that LINE was sent.
func bodyText(t *testing.T, m fake.Message) string {
	t.Helper()
	var body struct{ Text string }
	if err := json.Unmarshal(m.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Text
}
