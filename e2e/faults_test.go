package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// spoil lets the fake LINE fail at the next pushes, once by each kind.
func (w *world) spoil(t *testing.T, kinds ...fake.FaultKind) {
	t.Helper()
	for _, k := range kinds {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Platform+"/_fake/faults", strings.NewReader(fmt.Sprintf(`{"kind":%q,"operation":"push"}`, k)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusNoContent {
			t.Fatalf("the fault %s was answered with %d", k, res.StatusCode)
		}
	}
}

// MSG-2, MSG-15, CHAN-11: whatever LINE does in the middle of a push, each message reaches it once, and those of a conversation in order.
func TestLineFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		const customers, answers = 4, 4
		ids, people := make([]string, customers), make([]string, customers)
		for i := range customers {
			people[i] = fmt.Sprintf("Uabcdef0123456789abcdef01234560%02d", i)
			c := &customer{t: t, w: w, user: people[i]}
			if code := c.write(demo.Lines[0].Secret, c.event(fmt.Sprintf("99000000000000000%d", i), fmt.Sprintf("faults, %d", i), nil)); code != http.StatusOK {
				t.Fatal(code)
			}
			ids[i] = amy.find(fmt.Sprintf("faults, %d", i), c)
			amy.do(follow, map[string]any{"c": ids[i]})
		}
		w.spoil(t, fake.ErrorAfter, fake.HangAfter, fake.RateLimit, fake.ResetAfter, fake.ErrorBefore, fake.ResetBefore)
		var want []string
		for n := range answers {
			want = append(want, fmt.Sprintf("answer %d", n))
			for i := range customers {
				if sent := amy.do(answer, map[string]any{"c": ids[i], "t": want[n], "k": fmt.Sprintf("%d-%d", i, n)}); !isOnItsWay(sent) {
					t.Fatalf("send: %v", sent)
				}
			}
		}
		for i := range customers {
			var deliveries []string
			testkit.Await(t, "everything is sent", func() bool {
				_, deliveries = amy.conversation(ids[i])
				return !slices.Contains(deliveries, "SENDING")
			})
			if !slices.Equal(deliveries, slices.Repeat([]string{"SENT"}, answers)) {
				t.Errorf("customer %d: %v", i, deliveries)
			}
			var got []string
			for _, d := range w.deliveries(t, people[i]) {
				for _, m := range d.Messages {
					got = append(got, bodyText(t, m))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("LINE got %q for customer %d", got, i)
			}
		}
	})
}

// CHAN-3, MSG-2: when LINE takes the permission away, the channel says so, administrators are told, what was written fails visibly,
// and customers are heard all the same.
func TestLinePermissionLost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada, amy := w.signIn(t, "admin@demo.example"), w.signIn(t, "agent@demo.example")
		told := ada.subscribe(`subscription { notifications { __typename ... on NotificationAdded { notification { code text channelId } } } }`, nil)
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456099"}
		secret := demo.Lines[0].Secret
		if code := c.write(secret, c.event("991000000000000001", "anybody there?", nil)); code != http.StatusOK {
			t.Fatal(code)
		}
		id := amy.find("anybody there?", c)
		amy.do(follow, map[string]any{"c": id})
		one := amy.subscribe(`subscription($c: ID!) { conversationEvents(conversationId: $c) { __typename cursor
			... on MessageAdded { message { seq } } ... on MessageChanged { message { seq delivery failure { code text mayArriveTwice } } } } }`, map[string]any{"c": id})
		w.spoil(t, fake.Revoke)
		amy.do(answer, map[string]any{"c": id, "t": "an answer", "k": "r-0"})
		failed := one.await("the failure", func(f map[string]any) bool {
			return num(f, "message.seq") == 2 && str(f, "message.delivery") == "FAILED"
		})
		if str(failed, "message.failure.code") != "CREDENTIALS_REVOKED" || str(failed, "message.failure.text") == "" || at(failed, "message.failure.mayArriveTwice") != false {
			t.Errorf("it failed as %v", failed)
		}
		note := told.await("the notification", func(f map[string]any) bool { return str(f, "notification.code") == "notice.channel_disconnected" })
		channels := ada.do(`{ channels { nodes { id state stateReason } } }`, nil)
		if str(channels, "channels.nodes.0.state") != "DISCONNECTED" || str(channels, "channels.nodes.0.stateReason") == "" || str(note, "notification.channelId") != str(channels, "channels.nodes.0.id") {
			t.Errorf("the channels are %v, the notification is %v", channels, note)
		}
		if str(channels, "channels.nodes.1.state") != "CONNECTED" {
			t.Errorf("the other account is %v", channels)
		}
		if got := amy.do(answer, map[string]any{"c": id, "t": "once more", "k": "r-9"}); str(got, "messageSend.userErrors.0.code") != "CHANNEL_UNAVAILABLE" {
			t.Errorf("sending goes on: %v", got)
		}
		if code := c.write(secret, c.event("991000000000000002", "hello?", nil)); code != http.StatusOK {
			t.Errorf("the customer is not heard: %d", code)
		}
		one.await("what the customer wrote", func(f map[string]any) bool { return f["__typename"] == "MessageAdded" && num(f, "message.seq") == 3 })
		if got := w.deliveries(t, c.user); len(got) != 0 {
			t.Errorf("LINE got %v", got)
		}
	})
}

// conversation reads all of a conversation's texts in their order, and how far its answers are.
func (a *agent) conversation(id string) (texts, deliveries []string) {
	a.t.Helper()
	var after any
	for {
		page := a.do(`query($c: ID!, $a: Cursor) { messages(conversationId: $c, first: 100, after: $a) { pageInfo { hasNextPage endCursor }
			nodes { seq delivery content { ... on TextContent { text } } } } }`, map[string]any{"c": id, "a": after})
		nodes, _ := at(page, "messages.nodes").([]any)
		for _, n := range nodes {
			if texts = append(texts, str(n, "content.text")); num(n, "seq") != len(texts) {
				a.t.Errorf("message %d has the number %d", len(texts), num(n, "seq"))
			}
			if d := str(n, "delivery"); d != "" {
				deliveries = append(deliveries, d)
			}
		}
		if at(page, "messages.pageInfo.hasNextPage") != true {
			return texts, deliveries
		}
		after = str(page, "messages.pageInfo.endCursor")
	}
}
