package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/switchyard-chat/switchyard/server/demo"
)

// visitor is a person on the demo team's website, without a browser.
type visitor struct {
	t     *testing.T
	w     *world
	token string
}

// post calls an operation of chat windows and gives the answer's body; a status that is not as it should be fails the test.
func (v *visitor) post(path string, body any, status int) map[string]any {
	v.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.w.URL+"/webchat/v1/"+path, bytes.NewReader(b))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", v.w.URL)
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if res.StatusCode != http.StatusNoContent {
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
			v.t.Fatal(err)
		}
	}
	if res.StatusCode != status {
		v.t.Fatalf("%s was answered %d: %v", path, res.StatusCode, out)
	}
	return out
}

// RT-1, CHAN-12: an agent who looks at a visitor's conversation sees that it types and that it stopped, and where it is.
func TestVisitorTypes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		v := &visitor{t: t, w: w}
		begun := v.post("sessions", map[string]any{"channel_key": demo.WebchatKey, "page": map[string]any{"url": w.URL + "/webchat/demo?token=canary&product=tea", "title": "Tea"}, "language": "en"}, http.StatusOK)
		if v.token = str(begun, "visitor_token"); v.token == "" {
			t.Fatalf("no session: %v", begun)
		}
		amy := w.signIn(t, "agent@demo.example")
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		v.post("messages", map[string]any{"client_msg_id": "0b0f5f6e-6a53-4a05-8d0e-2f9f8f6f3a11", "type": "text", "text": "anybody here?",
			"page": map[string]any{"url": w.URL + "/webchat/demo?token=canary&product=tea", "title": "Tea"}}, http.StatusOK)
		id := str(inbox.await("entry", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == "anybody here?" }), "conversation.id")
		page := amy.do(`query($c: ID!) { conversation(id: $c) { visitor { isOnline messagePage { url title } } } }`, map[string]any{"c": id})
		if str(page, "conversation.visitor.messagePage.url") != w.URL+"/webchat/demo?product=tea" {
			t.Errorf("the page is %v", page)
		}
		presence := amy.subscribe(`subscription($c: ID!) { presence(conversationId: $c) { __typename ... on PresenceChanged { isCustomerTyping typing { id } } } }`, map[string]any{"c": id})
		for _, isTyping := range []bool{true, false} {
			v.post("typing", map[string]any{"is_typing": isTyping}, http.StatusNoContent)
			last := func(f map[string]any) bool {
				all := presence.frames()
				return f["__typename"] == "PresenceChanged" && all[len(all)-1]["isCustomerTyping"] == isTyping
			}
			if f := presence.await("typing", last); len(at(f, "typing").([]any)) != 0 {
				t.Errorf("an agent types: %v", f)
			}
		}
	})
}
