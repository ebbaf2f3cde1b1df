package e2e_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// customer writes signed bodies to the first demo account, as LINE would.
type customer struct {
	t     *testing.T
	w     *world
	user  string
	group string // empty for one-to-one
	n     int
}

// event makes a message event; more holds further fields of the message.
func (c *customer) event(id, text string, more map[string]any) map[string]any {
	source := map[string]any{"type": "user", "userId": c.user}
	if c.group != "" {
		source = map[string]any{"type": "group", "groupId": c.group, "userId": c.user}
	}
	message := map[string]any{"id": id, "type": "text", "text": text, "quoteToken": "q" + id}
	for k, v := range more {
		message[k] = v
	}
	c.n++
	return map[string]any{
		"type": "message", "mode": "active", "timestamp": 1750000000000 + c.n, "source": source, "webhookEventId": "01E2E" + id,
		"deliveryContext": map[string]any{"isRedelivery": false}, "replyToken": "00000000000000000000000000000000", "message": message,
	}
}

// write posts events in one body, signed with secret, and gives the status.
func (c *customer) write(secret string, events ...map[string]any) int {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"destination": demo.Lines[0].UserID, "events": events})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.post(secret, body)
}

// post sends a body; one that the server had no time for is sent once more, as LINE does.
func (c *customer) post(secret string, body []byte) int {
	c.t.Helper()
	code := 0
	for range 5 {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.w.URL+"/webhooks/line/"+demo.Lines[0].Key, bytes.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Line-Signature", c.sign(secret, body))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		_ = res.Body.Close()
		if code = res.StatusCode; code != http.StatusServiceUnavailable {
			break
		}
	}
	return code
}

// sign is LINE's signature of a body.
func (c *customer) sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

const (
	watchInbox = `subscription($v: InboxView!) { inboxEvents(view: $v) { __typename cursor
		... on ConversationEntered { conversation { id name status unreadCount version lastMessage { text } channel { name } mentionMessageId } }
		... on ConversationChanged { conversation { id status unreadCount version lastMessage { text } follower { id } mentionMessageId } }
		... on ConversationLeft { conversationId } } }`
	watchOne = `subscription($c: ID!) { conversationEvents(conversationId: $c) { __typename cursor
		... on MessageAdded { message { id seq sender delivery content { ... on TextContent { text } } } }
		... on MessageChanged { message { id seq delivery platformMessageId attempts content { __typename ... on TextContent { text } ... on UnsentContent { text } } } } } }`
	follow = `mutation($c: ID!) { conversationFollow(input: {conversationId: $c}) { conversation { id status follower { id } viewerCan { reply { allowed reason } } } cursor userErrors { message code } } }`
	answer = `mutation($c: ID!, $t: String!, $k: String!) { messageSend(input: {conversationId: $c, content: {text: $t}, clientMessageId: $k}) {
		message { id seq delivery clientMessageId } cursor userErrors { message code } } }`
	history = `query($c: ID!) { messages(conversationId: $c, last: 50) { asOf nodes { id seq sender delivery content { __typename ... on TextContent { text } ... on UnsentContent { text } } } } }`
)

// isOnItsWay says whether a message that was just sent is queued, or taken already.
func isOnItsWay(sent map[string]any) bool {
	d := str(sent, "messageSend.message.delivery")
	return d == "SENDING" || d == "SENT"
}

// CONV-1, CONV-2, CONV-3, CONV-6, MSG-2, MSG-15, MSG-16, CHAN-9, CHAN-11, RT-1: a customer writes, every screen sees it live, an agent answers, and
// the platform gets the answer exactly once.
func TestSpineOneToOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, jess := w.signIn(t, "agent@demo.example"), w.signIn(t, "agent2@demo.example")
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		other := jess.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456789"}
		secret := demo.Lines[0].Secret
		hello := c.event("900000000000000001", "請問退款什麼時候會到?", nil)
		if code := c.write(secret, hello); code != http.StatusOK {
			t.Fatalf("the webhook answered %d", code)
		}
		entered := inbox.await("entry", func(f map[string]any) bool {
			return f["__typename"] == "ConversationEntered" && str(f, "conversation.lastMessage.text") == "請問退款什麼時候會到?"
		})
		id := str(entered, "conversation.id")
		if num(entered, "conversation.unreadCount") != 1 || str(entered, "conversation.status") != "PENDING" {
			t.Errorf("entered as %v", entered)
		}
		other.await("entry on the other agent's screen", func(f map[string]any) bool { return str(f, "conversation.id") == id })

		// Once more, as platforms do: success, and nothing new.
		if code := c.write(secret, hello); code != http.StatusOK {
			t.Errorf("the redelivered body got %d", code)
		}
		if code := c.write("another secret", c.event("900000000000000002", "forged", nil)); code != http.StatusUnauthorized {
			t.Errorf("a forged body got %d", code)
		}
		for name, body := range map[string]string{"no JSON": "{", "no object": "[]", "deep": fmt.Sprintf("%01000d", 0)} {
			if code := c.post(secret, []byte(body)); code < 400 || code > 499 {
				t.Errorf("%s got %d", name, code)
			}
		}

		place := func(of *agent) string {
			got := of.do(`query($c: ID!) { conversation(id: $c) { status queue kind } }`, map[string]any{"c": id})
			return fmt.Sprint(at(got, "conversation.status"), " ", at(got, "conversation.queue"), " ", at(got, "conversation.kind"))
		}
		if got := place(amy); got != "PENDING HUMAN ONE_ON_ONE" {
			t.Errorf("it is %s", got)
		}

		// Two agents at one instant: one wins, the other is told who.
		got := amy.do(follow, map[string]any{"c": id})
		if str(got, "conversationFollow.conversation.status") != "IN_PROGRESS" || at(got, "conversationFollow.conversation.viewerCan.reply.allowed") != true {
			t.Fatalf("follow: %v", got)
		}
		late := w.signIn(t, "supervisor@demo.example").do(`mutation($c: ID!) { conversationFollow(input: {conversationId: $c}) { userErrors { code message ... on StateConflict { status agent { id name } } } } }`, map[string]any{"c": id})
		if str(late, "conversationFollow.userErrors.0.code") != "STATE_CONFLICT" || str(late, "conversationFollow.userErrors.0.agent.id") != amy.ID {
			t.Errorf("the second follower was told %v", late)
		}
		other.await("leaving the pending view", func(f map[string]any) bool {
			return f["__typename"] == "ConversationLeft" && str(f, "conversationId") == id
		})
		// Followed by another, it is gone for an agent who does not see the team's (CONV-28).
		if gone := jess.do(`query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": id}); gone["conversation"] != nil {
			t.Errorf("another agent's conversation is seen: %v", gone)
		}

		// Only what is pending has a queue (CONV-2).
		if got := place(amy); got != "IN_PROGRESS <nil> ONE_ON_ONE" {
			t.Errorf("it is %s", got)
		}

		one := amy.subscribe(watchOne, map[string]any{"c": id})
		sent := amy.do(answer, map[string]any{"c": id, "t": "退款約需三天 👍", "k": "k-1"})
		if !isOnItsWay(sent) || num(sent, "messageSend.message.seq") != 2 || str(sent, "messageSend.message.clientMessageId") != "k-1" {
			t.Fatalf("send: %v", sent)
		}
		again := amy.do(answer, map[string]any{"c": id, "t": "退款約需三天 👍", "k": "k-1"})
		if str(again, "messageSend.message.id") != str(sent, "messageSend.message.id") {
			t.Errorf("the same client id made another message: %v", again)
		}
		one.await("the answer", func(f map[string]any) bool { return f["__typename"] == "MessageAdded" && num(f, "message.seq") == 2 })
		one.await("its delivery", func(f map[string]any) bool {
			return f["__typename"] == "MessageChanged" && str(f, "message.delivery") == "SENT" && str(f, "message.platformMessageId") != ""
		})
		got1 := w.deliveries(t, c.user)
		if len(got1) != 1 || len(got1[0].Messages) != 1 || !bytes.Contains(got1[0].Messages[0].Body, []byte("退款約需三天 👍")) {
			t.Errorf("LINE got %v", got1)
		}

		// The customer answers: what the agent sent counts as read (MSG-3).
		if code := c.write(secret, c.event("900000000000000003", "謝謝", nil)); code != http.StatusOK {
			t.Fatal(code)
		}
		one.await("read", func(f map[string]any) bool {
			return f["__typename"] == "MessageChanged" && num(f, "message.seq") == 2 && str(f, "message.delivery") == "READ"
		})
		// And takes it back: the content is gone everywhere (MSG-12, GRP-17).
		unsend := c.event("900000000000000004", "", nil)
		unsend["type"], unsend["unsend"] = "unsend", map[string]any{"messageId": "900000000000000003"}
		delete(unsend, "message")
		delete(unsend, "replyToken")
		if code := c.write(secret, unsend); code != http.StatusOK {
			t.Fatal(code)
		}
		one.await("unsent", func(f map[string]any) bool {
			return f["__typename"] == "MessageChanged" && num(f, "message.seq") == 3 && str(f, "message.content.__typename") == "UnsentContent"
		})
		all := amy.do(history, map[string]any{"c": id})
		nodes, _ := at(all, "messages.nodes").([]any)
		if len(nodes) != 3 || str(all, "messages.nodes.1.content.text") != "退款約需三天 👍" || str(all, "messages.nodes.2.content.text") != "A message was unsent" {
			t.Errorf("history: %v", all)
		}
	})
}

// CONV-2, GRP-2, GRP-9, GRP-14, GRP-15, GRP-17: a group writes, mentions the account, is answered once.
func TestSpineGroup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		secret := demo.Lines[0].Secret
		group := demo.GroupID // whose members are known: nothing has to be asked of the platform
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		c := &customer{t: t, w: w, user: demo.UserID(0, 3), group: group}
		text := "@Demo Shop 請問這次有免運嗎?"
		mention := map[string]any{"mention": map[string]any{"mentionees": []any{map[string]any{"index": 0, "length": 10, "type": "user", "userId": demo.Lines[0].UserID, "isSelf": true}}}}
		if code := c.write(secret, c.event("910000000000000001", "大家好", nil), c.event("910000000000000002", text, mention)); code != http.StatusOK {
			t.Fatal(code)
		}
		entered := inbox.await("the group", func(f map[string]any) bool {
			return str(f, "conversation.mentionMessageId") != ""
		})
		id := str(entered, "conversation.id")
		one := amy.do(`query($c: ID!) { conversation(id: $c) { kind mentionMessageId group { id name memberCount areMembersListed state } sendability { allowed costPerMessage } } }`, map[string]any{"c": id})
		if str(one, "conversation.kind") != "GROUP" || at(one, "conversation.sendability.allowed") != true {
			t.Errorf("the group is %v", one)
		}
		// A sales agent has no groups (GRP-1, CONV-28).
		sales := w.signIn(t, "sales@demo.example")
		if seen := sales.do(`query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": id}); seen["conversation"] != nil {
			t.Errorf("a sales agent sees the group: %v", seen)
		}
		if got := amy.do(follow, map[string]any{"c": id}); str(got, "conversationFollow.conversation.status") != "IN_PROGRESS" {
			t.Fatalf("follow: %v", got)
		}
		// Who follows has read it (GRP-15).
		if got := amy.do(`query($c: ID!) { conversation(id: $c) { unreadCount mentionMessageId } }`, map[string]any{"c": id}); num(got, "conversation.unreadCount") != 0 || at(got, "conversation.mentionMessageId") != nil {
			t.Errorf("followed, and still %v", got)
		}
		watch := amy.subscribe(watchOne, map[string]any{"c": id})
		if sent := amy.do(answer, map[string]any{"c": id, "t": "滿 1,500 免運!", "k": "g-1"}); !isOnItsWay(sent) {
			t.Fatalf("send: %v", sent)
		}
		watch.await("its delivery", func(f map[string]any) bool { return str(f, "message.delivery") == "SENT" })
		if got := w.deliveries(t, group); len(got) != 1 {
			t.Errorf("LINE got %v", got)
		}
		names := amy.do(`query($g: ID!) { groupMembers(groupId: $g, search: "張雅婷", first: 10) { nodes { name contactId platformUserId } } }`, map[string]any{"g": str(one, "conversation.group.id")})
		nodes, _ := at(names, "groupMembers.nodes").([]any)
		found := false
		for i := range nodes {
			found = found || str(names, fmt.Sprintf("groupMembers.nodes.%d.platformUserId", i)) == c.user && str(names, fmt.Sprintf("groupMembers.nodes.%d.contactId", i)) != ""
		}
		if !found {
			t.Errorf("the member who spoke is not listed as the contact it is: %v", names)
		}
		// Later than the demo's group was joined: what is older says nothing of now (GRP-2).
		leave := map[string]any{"type": "leave", "mode": "active", "timestamp": time.Now().UnixMilli(), "source": map[string]any{"type": "group", "groupId": group},
			"webhookEventId": "01E2ELEAVE", "deliveryContext": map[string]any{"isRedelivery": false}}
		if code := c.write(secret, leave); code != http.StatusOK {
			t.Fatal(code)
		}
		testkit.Await(t, "the conversation ends with the group", func() bool {
			r := amy.do(`query($c: ID!) { conversation(id: $c) { status group { state } sendability { allowed reason } } }`, map[string]any{"c": id})
			return str(r, "conversation.status") == "ENDED" && str(r, "conversation.group.state") == "LEFT" && at(r, "conversation.sendability.allowed") == false
		})
	})
}

// RT-3: a stream that was cut goes on after its last cursor, without a gap and without a double.
func TestResume(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567aa"}
		secret := demo.Lines[0].Secret
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		write := func(n int, text string) {
			t.Helper()
			if code := c.write(secret, c.event(fmt.Sprintf("92000000000000000%d", n), text, nil)); code != http.StatusOK {
				t.Fatal(code)
			}
		}
		write(1, "一")
		first := inbox.await("entry", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == "一" })
		id := str(first, "conversation.id")
		watching := amy.subscribe(watchOne, map[string]any{"c": id})
		write(2, "二")
		cursor := str(watching.await("the second message", func(f map[string]any) bool { return num(f, "message.seq") == 2 }), "cursor")
		_ = watching.conn.CloseNow()
		for i, text := range []string{"三", "四", "五"} {
			write(3+i, text)
		}
		again := amy.subscribe(`subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
			... on Hello { recovered } ... on MessageAdded { message { seq } } } }`, map[string]any{"c": id, "a": cursor})
		again.await("the last of what was missed", func(f map[string]any) bool { return num(f, "message.seq") == 5 })
		var seqs []int
		for _, f := range again.frames() {
			if f["__typename"] == "Hello" && f["recovered"] != true {
				t.Errorf("not recovered: %v", f)
			}
			if f["__typename"] == "MessageAdded" {
				seqs = append(seqs, num(f, "message.seq"))
			}
		}
		if fmt.Sprint(seqs) != "[3 4 5]" {
			t.Errorf("missed or doubled: %v", seqs)
		}
	})
}
