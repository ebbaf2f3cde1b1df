package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// raw sends a request as it is and gives the status and the text of the answer.
func (w *world) raw(t *testing.T, method, path, contentType, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Accept", "application/graphql-response+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// What is no request is refused with a status and a text of our own; nothing of it comes back and nothing breaks.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	w := start(t, environment(t, "sqlite"))
	token := w.signIn(t, "agent@demo.example").token
	const jsonType, canary = "application/json", "canary-3f9a"
	query := func(q string) string {
		b, err := json.Marshal(map[string]string{"query": q})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		method, contentType, body string
		status                    int
	}{
		"no JSON":             {"POST", jsonType, "{" + canary, 400},
		"nothing":             {"POST", jsonType, "", 400},
		"a list":              {"POST", jsonType, "[" + query("{ __typename }") + "]", 400},
		"a number":            {"POST", jsonType, "7", 400},
		"no query":            {"POST", jsonType, `{"variables":{"x":"` + canary + `"}}`, 400},
		"a query of null":     {"POST", jsonType, `{"query":null}`, 400},
		"variables of a list": {"POST", jsonType, `{"query":"{ __typename }","variables":["` + canary + `"]}`, 400},
		"a form":              {"POST", "application/x-www-form-urlencoded", "query={__typename}", 415},
		"multipart":           {"POST", "multipart/form-data; boundary=x", "--x--", 415},
		"no type":             {"POST", "", query("{ __typename }"), 415},
		"another charset":     {"POST", jsonType + "; charset=big5", query("{ __typename }"), 415},
		"300 KiB":             {"POST", jsonType, query("{ __typename } #" + strings.Repeat("x", 300<<10)), 413},
		"deleted":             {"DELETE", jsonType, "", 405},
		"no GraphQL":          {"POST", jsonType, query("{ viewer { "), 400},
		"no such field":       {"POST", jsonType, query("{ passwords }"), 400},
		"two operations":      {"POST", jsonType, query("query A { __typename } query B { __typename }"), 400},
		"very wide":           {"POST", jsonType, query("{ " + strings.Repeat("__typename ", 3000) + "}"), 400},
		"fragments in a ring": {"POST", jsonType, query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), 400},
		"no such enum value":  {"POST", jsonType, query("{ conversations(view: EVERYTHING) { totalCount } }"), 400},
		"no such input":       {"POST", jsonType, query(`mutation { conversationFollow(input: {conversationId: "x", force: true}) { cursor } }`), 400},
		"text for a number":   {"POST", jsonType, query(`{ conversations(first: "ten") { totalCount } }`), 400},
		"two contents":        {"POST", jsonType, query(`mutation { messageSend(input: {conversationId: "x", clientMessageId: "x", content: {text: "a", sticker: {packageId: "1", stickerId: "1"}}}) { cursor } }`), 400},
		"an enum variable":    {"POST", jsonType, `{"query":"query($v: InboxView!) { conversations(view: $v) { totalCount } }","variables":{"v":"EVERYTHING"}}`, 400},
		"a missing variable":  {"POST", jsonType, `{"query":"query($v: InboxView!) { conversations(view: $v) { totalCount } }"}`, 400},
	} {
		code, text := w.raw(t, c.method, "/graphql", c.contentType, token, c.body)
		if code != c.status || strings.Contains(text, canary) || strings.Contains(text, "goroutine") || len(text) > 4<<10 {
			t.Errorf("%s: %d %.300s", name, code, text)
		}
	}
	if code, text := w.raw(t, "GET", "/graphql?query=mutation+%7BsignOut(input:%7B%7D)%7BuserErrors%7Bcode%7D%7D%7D", "", token, ""); code != http.StatusMethodNotAllowed {
		t.Errorf("a mutation by GET: %d %s", code, text)
	}
	if code, text := w.raw(t, "POST", "/graphql", jsonType, token, query("{ viewer { role } }")); code != http.StatusOK || !strings.Contains(text, "AGENT") {
		t.Errorf("after all that: %d %s", code, text)
	}
}

// A page that cannot be is the caller's mistake and says which field; it is never an error of ours.
func TestWrongPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		list := amy.do(`{ conversations(first: 1) { asOf pageInfo { endCursor } nodes { id } } contacts(first: 1) { pageInfo { endCursor } } }`, nil)
		conversation, contact, asOf := str(list, "conversations.pageInfo.endCursor"), str(list, "contacts.pageInfo.endCursor"), str(list, "conversations.asOf")
		id := str(list, "conversations.nodes.0.id")
		for _, arguments := range []string{
			"first: 0", "first: -1", "first: 101", "last: 0", "first: 5, last: 5", `after: "nonsense"`, `after: "` + strings.Repeat("A", 5000) + `"`,
			`after: "` + contact + `"`, `after: "` + asOf + `"`, `before: "` + contact + `"`, `after: "` + conversation[:len(conversation)-2] + `"`,
			`after: "` + conversation + `", sort: WAITING`,
		} {
			got, _ := amy.post(`{ conversations(`+arguments+`) { nodes { id } } }`, nil)
			if str(got, "errors.0.extensions.code") != "BAD_USER_INPUT" {
				t.Errorf("conversations(%.60s): %v", arguments, got)
			}
		}
		for _, query := range []string{
			`{ contacts(after: "` + conversation + `") { nodes { id } } }`, `{ messages(conversationId: "` + id + `", after: "` + conversation + `") { nodes { id } } }`,
			`{ events(after: "` + conversation + `") { hasMore } }`, `{ events(first: 101) { hasMore } }`, `{ contactPage(page: 1001) { nodes { id } } }`,
			`{ agents(after: "x") { nodes { id } } }`, `{ notifications(before: "x") { nodes { id } } }`,
		} {
			if got, _ := amy.post(query, nil); str(got, "errors.0.extensions.code") != "BAD_USER_INPUT" {
				t.Errorf("%s: %v", query, got)
			}
		}
		for _, after := range []string{"nonsense", conversation} {
			s := amy.dial(map[string]any{"authorization": "Bearer " + amy.token})
			s.send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
				"query": `subscription($a: Cursor) { inboxEvents(after: $a) { __typename } }`, "variables": map[string]any{"a": after}}})
			s.await("the refusal", func(f map[string]any) bool {
				return f["type"] == "error" && strings.Contains(str(f, "raw"), "BAD_USER_INPUT")
			})
		}
	})
}

// What our own scalars cannot be, by variable, is the caller's mistake too, and nothing is changed by halves.
func TestWrongScalars(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada := w.signIn(t, "admin@demo.example")
		id := str(ada.do(`{ contacts(first: 1) { nodes { id } } }`, nil), "contacts.nodes.0.id")
		read := func() string {
			return fmt.Sprint(ada.do(`query($id: ID!) { contact(id: $id) { version note birthAt } }`, map[string]any{"id": id}))
		}
		before := read()
		change := `mutation($i: ContactUpdateInput!) { contactUpdate(input: $i) { contact { id } userErrors { code field } } }`
		for query, variables := range map[string][]map[string]any{
			change: {
				{"i": map[string]any{"contactId": id, "note": "half", "birthAt": "2026-02-30"}}, {"i": map[string]any{"contactId": id, "note": "half", "birthAt": "tomorrow"}},
				{"i": map[string]any{"contactId": id, "note": "half", "birthAt": 20260101}}, {"i": map[string]any{"contactId": id, "note": "half", "gender": "SOME"}},
				{"i": map[string]any{"contactId": id, "note": "half", "phones": map[string]any{"a": 1}}}, {"i": map[string]any{"contactId": id, "note": 7}},
			},
			newToken: {{"i": map[string]any{"name": "half", "role": "AGENT", "expiresAt": "2027-01-01"}}, {"i": map[string]any{"name": "half", "role": "BOSS"}}},
			`mutation($c: MessageContentInput!) { messageSend(input: {conversationId: "conv_1", clientMessageId: "x", content: $c}) { userErrors { code } } }`: {
				{"c": map[string]any{}}, {"c": map[string]any{"text": "a", "sticker": map[string]any{"packageId": "1", "stickerId": "1"}}}, {"c": map[string]any{"text": nil}},
			},
			`query($a: Cursor) { conversations(after: $a) { totalCount } }`: {{"a": 7}, {"a": []string{"x"}}, {"a": strings.Repeat("x", 600)}},
			`query($v: InboxView!, $f: ConversationFilter) { conversations(view: $v, filter: $f) { totalCount } }`: {
				{"v": "all"}, {"v": 7}, {"v": "ALL", "f": map[string]any{"statuses": []string{"pending"}}}, {"v": "ALL", "f": map[string]any{"or": []any{map[string]any{"kinds": "GROUPS"}}}},
			},
		} {
			for _, v := range variables {
				got, _ := ada.post(query, v)
				switch code := str(got, "errors.0.extensions.code"); code {
				case "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED":
				default:
					t.Errorf("%v: %v", v, got)
				}
			}
		}
		if after := read(); after != before {
			t.Errorf("something was changed by halves: %s and now %s", before, after)
		}
	})
}

// what a stranger may be asked about, by kind of thing: operations with the variable $id.
var lookups = map[string][]string{
	"conv": {
		`query($id: ID!) { conversation(id: $id) { id } }`, `query($id: ID!) { messages(conversationId: $id) { asOf } }`, `query($id: ID!) { activities(conversationId: $id) { nodes { id } } }`,
		`mutation($id: ID!) { conversationFollow(input: {conversationId: $id}) { conversation { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { conversationEnd(input: {conversationId: $id}) { conversation { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { conversationReopen(input: {conversationId: $id}) { conversation { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { conversationMarkRead(input: {conversationId: $id}) { conversation { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { conversationMarkUnread(input: {conversationId: $id}) { conversation { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { messageSend(input: {conversationId: $id, clientMessageId: "x", content: {text: "x"}}) { message { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { typingSet(input: {conversationId: $id}) { userErrors { code message field } } }`,
		`mutation($id: ID!) { presenceSet(input: {conversationId: $id}) { userErrors { code message field } } }`,
	},
	"msg": {`mutation($id: ID!) { messageRetry(input: {messageId: $id}) { message { id } userErrors { code message field } } }`},
	"cont": {
		`query($id: ID!) { contact(id: $id) { id } }`, `mutation($id: ID!) { contactUpdate(input: {contactId: $id, note: "x"}) { contact { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { contactDelete(input: {contactId: $id}) { deletedContactId userErrors { code message field } } }`,
		`mutation($id: ID!) { contactTag(input: {contactId: $id, name: "x"}) { userErrors { code message field } } }`,
	},
	"tag": {
		`mutation($id: ID!) { tagUpdate(input: {tagId: $id, name: "x"}) { tag { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { tagDelete(input: {tagId: $id}) { deletedTagId userErrors { code message field } } }`,
	},
	"chan": {
		`mutation($id: ID!) { channelUpdate(input: {channelId: $id, name: "x"}) { channel { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { channelPause(input: {channelId: $id}) { channel { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { channelCheck(input: {channelId: $id}) { channel { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { channelDelete(input: {channelId: $id}) { channel { id } userErrors { code message field } } }`,
	},
	"agent": {
		`mutation($id: ID!) { agentUpdate(input: {agentId: $id, name: "x"}) { agent { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { agentDeactivate(input: {agentId: $id}) { agent { id } userErrors { code message field } } }`,
		`mutation($id: ID!) { agentResetLink(input: {agentId: $id}) { link userErrors { code message field } } }`,
	},
	"group": {`query($id: ID!) { groupMembers(groupId: $id) { nodes { id } } }`},
	"field": {
		`mutation($id: ID!) { customFieldUpdate(input: {fieldId: $id, name: "x"}) { userErrors { code message field } } }`,
		`mutation($id: ID!) { customFieldDelete(input: {fieldId: $id}) { deletedFieldId userErrors { code message field } } }`,
	},
	"team": {}, "memb": {},
}

// An id of another team's thing is answered as one that nobody has and as one that is none: null, or NOT_FOUND; and the thing stays as it was.
func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		env := environment(t, dialect)
		token := newTeam(t, env, "tea")
		w := start(t, env)
		ada := w.signIn(t, "admin@demo.example")
		all := ada.do(`{ conversations(filter: {kinds: [GROUP]}, first: 1) { nodes { id group { id } } } contacts(first: 1) { nodes { id } } tags(first: 1) { nodes { id } }
			channels { nodes { id } } agents(first: 1) { nodes { id } } customFields { id } viewer { team { id } } }`, nil)
		theirs := map[string]string{
			"conv": str(all, "conversations.nodes.0.id"), "group": str(all, "conversations.nodes.0.group.id"), "cont": str(all, "contacts.nodes.0.id"), "tag": str(all, "tags.nodes.0.id"),
			"chan": str(all, "channels.nodes.0.id"), "agent": str(all, "agents.nodes.0.id"), "field": str(all, "customFields.0.id"), "team": str(all, "viewer.team.id"),
		}
		more := ada.do(`query($c: ID!, $g: ID!) { messages(conversationId: $c, last: 1) { nodes { id } } groupMembers(groupId: $g, first: 1) { nodes { id } } }`, map[string]any{"c": theirs["conv"], "g": theirs["group"]})
		theirs["msg"], theirs["memb"] = str(more, "messages.nodes.0.id"), str(more, "groupMembers.nodes.0.id")
		nobody := &agent{t: t, w: w}
		boss := &agent{t: t, w: w, token: str(nobody.do(accept, map[string]any{"i": map[string]any{"token": token, "name": "Bo", "password": "correct horse battery"}}), "invitationAccept.tokens.accessToken")}
		show := func(answer map[string]any) string {
			if e, ok := at(answer, "errors.0.extensions").(map[string]any); ok {
				delete(e, "requestId")
			}
			if e, ok := answer["extensions"].(map[string]any); ok {
				delete(e, "cost") // what is left differs with every request
			}
			b, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		before, _ := ada.post(everything, map[string]any{"ids": slices.Sorted(maps.Values(theirs))})
		for _, kind := range slices.Sorted(maps.Keys(lookups)) {
			foreign := theirs[kind]
			if !strings.HasPrefix(foreign, kind+"_") {
				t.Fatalf("%q is no id of a %s: %v", foreign, kind, all)
			}
			for _, query := range append([]string{`query($id: ID!) { node(id: $id) { id } }`, `query($id: ID!) { nodes(ids: [$id]) { id } }`}, lookups[kind]...) {
				var answers []string
				for _, id := range []string{kind + "_zzzzzz", foreign, kind + "_ZZ", "1", "", "conv_-1", strings.Repeat("x", 3000), "'; DROP TABLE teams; --"} {
					got, _ := boss.post(query, map[string]any{"id": id})
					answers = append(answers, show(got))
				}
				if unknown := answers[0]; !strings.Contains(unknown, "NOT_FOUND") && !strings.Contains(unknown, "null") || strings.Contains(unknown, `"errors"`) && !strings.Contains(unknown, "NOT_FOUND") {
					t.Errorf("%s: %s", query, unknown)
				}
				for i, got := range answers {
					if got != answers[0] {
						t.Errorf("%s: case %d: %s and not %s", query, i, got, answers[0])
					}
				}
			}
		}
		if after, _ := ada.post(everything, map[string]any{"ids": slices.Sorted(maps.Values(theirs))}); show(after) != show(before) {
			t.Errorf("a stranger changed something: %v and now %v", before, after)
		}
	})
}

const everything = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Conversation { version status unreadCount follower { id } } ... on Contact { version note tags { tag { id } } }
	... on Tag { version name } ... on Channel { version name state } ... on Agent { version name status } ... on Message { version } } }`

// CHAN-9: a webhook that is not the platform's own is refused by its status, and leaves no trace.
func TestForgedWebhooks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada := w.signIn(t, "admin@demo.example")
		state := func() string {
			got := ada.do(`{ conversations(first: 1) { totalCount } contacts(first: 1) { totalCount } failedInboundEvents { nodes { id } }
				messageSearch(text: "forged") { nodes { excerpt } } }`, nil)
			b, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		before := state()
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456faa"}
		body, err := json.Marshal(map[string]any{"destination": demo.Lines[0].UserID, "events": []any{c.event("980000000000000001", "forged", nil)}})
		if err != nil {
			t.Fatal(err)
		}
		right := c.sign(demo.Lines[0].Secret, body)
		for name, f := range map[string]struct {
			path, signature string
			body            []byte
			status          int
		}{
			"no signature":              {"/webhooks/line/" + demo.Lines[0].Key, "", body, 401},
			"another secret":            {"/webhooks/line/" + demo.Lines[0].Key, c.sign("guess", body), body, 401},
			"another account's":         {"/webhooks/line/" + demo.Lines[0].Key, c.sign(demo.Lines[1].Secret, body), body, 401},
			"another account's address": {"/webhooks/line/" + demo.Lines[1].Key, right, body, 401},
			"a changed body":            {"/webhooks/line/" + demo.Lines[0].Key, right, bytes.Replace(body, []byte("forged"), []byte("Forged"), 1), 401},
			"a blank more":              {"/webhooks/line/" + demo.Lines[0].Key, right, append(bytes.Clone(body), ' '), 401},
			"half a signature":          {"/webhooks/line/" + demo.Lines[0].Key, right[:20], body, 401},
			"no base64":                 {"/webhooks/line/" + demo.Lines[0].Key, "%%%", body, 401},
			"another key":               {"/webhooks/line/demo-lime", right, body, 404},
			"another platform":          {"/webhooks/whatsapp/" + demo.Lines[0].Key, right, body, 404},
			"no platform":               {"/webhooks/smoke/" + demo.Lines[0].Key, right, body, 404},
			"no key":                    {"/webhooks/line/", right, body, 404},
			"2 MiB":                     {"/webhooks/line/" + demo.Lines[0].Key, right, bytes.Repeat([]byte("x"), 2<<20), 413},
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+f.path, bytes.NewReader(f.body))
			if err != nil {
				t.Fatal(err)
			}
			if f.signature != "" {
				req.Header.Set("X-Line-Signature", f.signature)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != f.status {
				t.Errorf("%s: %d", name, res.StatusCode)
			}
		}
		// Signed, and still no body of LINE's.
		for name, text := range map[string]string{
			"no JSON": "{", "a list": "[]", "text for events": `{"destination":"x","events":"none"}`, "nested": strings.Repeat("[", 100) + strings.Repeat("]", 100),
			"two values": `{"events":[]}{"events":[]}`,
		} {
			if code := c.post(demo.Lines[0].Secret, []byte(text)); code != http.StatusBadRequest {
				t.Errorf("%s: %d", name, code)
			}
		}
		if after := state(); after != before {
			t.Errorf("a trace was left: %s and now %s", before, after)
		}
		// LINE's own test of an address: no events, and success.
		if code := c.post(demo.Lines[0].Secret, []byte(`{"destination":"`+demo.Lines[0].UserID+`","events":[]}`)); code != http.StatusOK {
			t.Errorf("a body without events: %d", code)
		}
	})
}
