package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

const (
	watchFiles = `subscription($c: ID!) { conversationEvents(conversationId: $c) { __typename cursor
		... on MessageAdded { message { id seq kind content { __typename ... on MediaContent { attachment { id state url signedUrl } } } } }
		... on MessageChanged { message { id seq kind delivery content { __typename ... on UnsentContent { text } ... on MediaContent { attachment { id version state
			name contentType size width height url previewUrl signedUrl signedPreviewUrl failure } } } } } } }`
	giveFile = `mutation($c: ID!, $u: ID!, $k: String!) { messageSend(input: {conversationId: $c, content: {media: {uploadId: $u}}, clientMessageId: $k}) {
		message { id seq kind delivery content { ... on MediaContent { attachment { id state expiresAt signedUrl } } } }
		userErrors { code message field ... on LimitExceeded { limit } } } }`
	aFile = `query($id: ID!) { node(id: $id) { ... on Attachment { id state url previewUrl signedUrl } } }`
)

// fetch asks an address, with the agent's token where it has one and token says so, and gives the status and the bytes.
func (a *agent) fetch(address string, token bool) (int, []byte, http.Header) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if token {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res.StatusCode, b, res.Header
}

// posts uploads a file and gives its id, "" where it was not taken, and the status.
func (a *agent) posts(name, contentType string, content []byte) (string, int) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.w.URL+"/uploads", bytes.NewReader(content))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Upload-Name", url.PathEscape(name))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ ID string }
	_ = json.NewDecoder(res.Body).Decode(&answer)
	return answer.ID, res.StatusCode
}

// holds has the fake LINE hold what a message is, in its first account.
func (w *world) holds(t *testing.T, messageID, contentType string, content []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.Platform+"/_fake/content/"+messageID, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusNoContent {
		t.Fatalf("the fake LINE answered %d", res.StatusCode)
	}
}

// shows makes the event of a picture.
func (c *customer) shows(id string) map[string]any {
	e := c.event(id, "", map[string]any{"type": "image", "contentProvider": map[string]any{"type": "line"}})
	if m, ok := e["message"].(map[string]any); ok {
		delete(m, "text")
	}
	return e
}

// takesBack makes the event of an unsend.
func (c *customer) takesBack(id, messageID string) map[string]any {
	e := c.event(id, "", nil)
	e["type"], e["unsend"] = "unsend", map[string]any{"messageId": messageID}
	delete(e, "message")
	delete(e, "replyToken")
	return e
}

func attachmentOf(f map[string]any, state string) bool {
	return str(f, "message.content.attachment.state") == state
}

// CHAN-14, GRP-17, MSG-12, CONV-28, RT-1: a customer's picture comes as a message, is fetched, is seen by who may see the conversation and by nobody
// else, and is gone for all once it is taken back.
func TestPictureIn(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		env := environment(t, dialect)
		invitation := newTeam(t, env, "tea")
		w := start(t, env)
		amy, jess, boss := w.signIn(t, "agent@demo.example"), w.signIn(t, "agent2@demo.example"), w.signIn(t, "admin@demo.example")
		nobody := &agent{t: t, w: w}
		joined := nobody.do(accept, map[string]any{"i": map[string]any{"token": invitation, "name": "Bo", "password": "correct horse battery"}})
		stranger := &agent{t: t, w: w, token: str(joined, "invitationAccept.tokens.accessToken")}
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456711"}
		secret := demo.Lines[0].Secret
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		write := func(events ...map[string]any) {
			t.Helper()
			if code := c.write(secret, events...); code != http.StatusOK {
				t.Fatalf("the webhook answered %d", code)
			}
		}
		write(c.event("930000000000000001", "您好,請看照片", nil))
		entered := inbox.await("entry", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == "您好,請看照片" })
		id := str(entered, "conversation.id")
		amy.do(follow, map[string]any{"c": id})
		one := amy.subscribe(watchFiles, map[string]any{"c": id})
		const pictureID = "930000000000000002"
		picture := filetest.JPEG(640, 480)
		w.holds(t, pictureID, "image/jpeg", picture)
		write(c.shows(pictureID))
		one.await("the message", func(f map[string]any) bool {
			return f["__typename"] == "MessageAdded" && str(f, "message.kind") == "IMAGE"
		})
		ready := one.await("the picture", func(f map[string]any) bool { return attachmentOf(f, "READY") })
		a := func(field string) string { return str(ready, "message.content.attachment."+field) }
		if a("contentType") != "image/jpeg" || num(ready, "message.content.attachment.size") != len(picture) || num(ready, "message.content.attachment.width") != 640 {
			t.Errorf("the picture is %v", ready)
		}
		if code, b, header := nobody.fetch(a("signedUrl"), false); code != http.StatusOK || !bytes.Equal(b, picture) || header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("by its signed link: %d, %d bytes of %s", code, len(b), header.Get("Content-Type"))
		}
		if code, b, _ := nobody.fetch(a("signedPreviewUrl"), false); code != http.StatusOK || len(b) == 0 || len(b) > 1<<20 {
			t.Errorf("its small picture: %d, %d bytes", code, len(b))
		}
		if code, b, _ := amy.fetch(a("url"), true); code != http.StatusOK || !bytes.Equal(b, picture) {
			t.Errorf("with a token: %d, %d bytes", code, len(b))
		}
		forged := strings.Replace(a("signedUrl"), "sig=", "sig=A", 1)
		for what, get := range map[string]func() int{
			"an agent who does not see it": func() int { code, _, _ := jess.fetch(a("url"), true); return code },
			"another team":                 func() int { code, _, _ := stranger.fetch(a("url"), true); return code },
			"a forged link":                func() int { code, _, _ := nobody.fetch(forged, false); return code },
		} {
			if code := get(); code != http.StatusNotFound {
				t.Errorf("%s gets %d", what, code)
			}
		}
		if code, _, _ := nobody.fetch(a("url"), false); code != http.StatusUnauthorized {
			t.Errorf("nobody gets %d", code)
		}
		for who, agent := range map[string]*agent{"an agent who does not see it": jess, "another team": stranger} {
			if got := agent.do(aFile, map[string]any{"id": a("id")}); got["node"] != nil {
				t.Errorf("%s is shown %v", who, got)
			}
		}
		his := boss.do(aFile, map[string]any{"id": a("id")})
		if str(his, "node.url") != a("url") || str(his, "node.signedUrl") == a("signedUrl") {
			t.Errorf("the administrator's is %v", his)
		}
		write(c.takesBack("930000000000000003", pictureID))
		one.await("unsent", func(f map[string]any) bool { return str(f, "message.content.__typename") == "UnsentContent" })
		for what, get := range map[string]func() int{
			"signed":              func() int { code, _, _ := nobody.fetch(a("signedUrl"), false); return code },
			"small":               func() int { code, _, _ := nobody.fetch(a("signedPreviewUrl"), false); return code },
			"with a token":        func() int { code, _, _ := amy.fetch(a("url"), true); return code },
			"the administrator's": func() int { code, _, _ := nobody.fetch(str(his, "node.signedUrl"), false); return code },
		} {
			if code := get(); code != http.StatusNotFound {
				t.Errorf("taken back, the link (%s) gives %d", what, code)
			}
		}
		if got := amy.do(aFile, map[string]any{"id": a("id")}); str(got, "node.state") != "ERASED" || at(got, "node.url") != nil || at(got, "node.signedUrl") != nil {
			t.Errorf("taken back, it is %v", got)
		}
	})
}

// MSG-7, MSG-8, CHAN-11: an agent's picture goes to LINE by an address from which it is fetched, a document as a link in a text, and what LINE does
// not take is refused.
func TestFilesOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		nobody := &agent{t: t, w: w}
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456722"}
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		if code := c.write(demo.Lines[0].Secret, c.event("940000000000000001", "請給我報價單", nil)); code != http.StatusOK {
			t.Fatal(code)
		}
		id := str(inbox.await("entry", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == "請給我報價單" }), "conversation.id")
		amy.do(follow, map[string]any{"c": id})
		one := amy.subscribe(watchFiles, map[string]any{"c": id})
		give := func(key, name, contentType string, content []byte) map[string]any {
			t.Helper()
			upload, status := amy.posts(name, contentType, content)
			if status != http.StatusCreated {
				t.Fatalf("%s: %d", name, status)
			}
			return amy.do(giveFile, map[string]any{"c": id, "u": upload, "k": key})
		}
		picture := filetest.JPEG(1600, 1200)
		sent := give("p", "鞋子.jpg", "image/jpeg", picture)
		if str(sent, "messageSend.message.kind") != "IMAGE" || !isOnItsWay(sent) || str(sent, "messageSend.message.content.attachment.state") != "READY" {
			t.Fatalf("sent: %v", sent)
		}
		document := filetest.PDF("offer")
		sent = give("d", "報價單.pdf", "application/pdf", document)
		if str(sent, "messageSend.message.kind") != "FILE" || str(sent, "messageSend.message.content.attachment.expiresAt") == "" {
			t.Fatalf("sent: %v", sent)
		}
		for _, seq := range []int{2, 3} {
			one.await("its delivery", func(f map[string]any) bool {
				return num(f, "message.seq") == seq && str(f, "message.delivery") == "SENT"
			})
		}
		got := w.deliveries(t, c.user)
		if len(got) != 2 {
			t.Fatalf("LINE got %v", got)
		}
		var image struct{ Type, OriginalContentURL, PreviewImageURL string }
		if err := json.Unmarshal(got[0].Messages[0].Body, &image); err != nil || image.Type != "image" {
			t.Errorf("LINE got %s", got[0].Messages[0].Body)
		}
		if code, b, header := nobody.fetch(image.OriginalContentURL, false); code != http.StatusOK || !bytes.Equal(b, picture) || header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("LINE fetches %d, %d bytes of %s", code, len(b), header.Get("Content-Type"))
		}
		if code, b, _ := nobody.fetch(image.PreviewImageURL, false); code != http.StatusOK || len(b) == 0 || len(b) > 1<<20 {
			t.Errorf("LINE fetches a preview: %d, %d bytes", code, len(b))
		}
		var text struct{ Type, Text string }
		if err := json.Unmarshal(got[1].Messages[0].Body, &text); err != nil || text.Type != "text" {
			t.Fatalf("LINE got %s", got[1].Messages[0].Body)
		}
		lines := strings.Split(text.Text, "\n")
		ends := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 31).In(time.FixedZone("", 8*60*60)).Format("2006-01-02 15:04")
		if len(lines) != 3 || lines[0] != "報價單.pdf" || lines[2] != "下載期限:"+ends+" (UTC+08:00)" {
			t.Fatalf("the customer reads %q", text.Text)
		}
		if code, b, header := nobody.fetch(lines[1], false); code != http.StatusOK || !bytes.Equal(b, document) || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the customer fetches %d, %d bytes, %s", code, len(b), header.Get("Content-Disposition"))
		}
		for what, c := range map[string]struct {
			name, kind string
			content    []byte
			code       string
			limit      int
		}{
			"a program":           {"setup.exe", "application/octet-stream", filetest.Program(), "VALIDATION", 0},
			"a picture too large": {"a.jpg", "image/jpeg", append(filetest.JPEG(9, 9), make([]byte, 10<<20)...), "LIMIT_EXCEEDED", 10 << 20},
		} {
			refused := give("r", c.name, c.kind, c.content)
			if str(refused, "messageSend.userErrors.0.code") != c.code || num(refused, "messageSend.userErrors.0.limit") != c.limit || at(refused, "messageSend.message") != nil {
				t.Errorf("%s: %v", what, refused)
			}
		}
		if n := len(w.deliveries(t, c.user)); n != 2 {
			t.Errorf("LINE got %d messages", n)
		}
	})
}
