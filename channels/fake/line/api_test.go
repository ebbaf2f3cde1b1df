package line_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key1 = "123e4567-e89b-12d3-a456-426614174000"
	key2 = "123e4567-e89b-12d3-a456-426614174001"
)

// world is a fake LINE with one account, a friend and a group, at a time that stands still.
type world struct {
	*fakeline.Server
	clock  *clock.Manual
	bot    *fakeline.Bot
	mia    *fakeline.Customer
	group  *fakeline.Group
	client *http.Client
}

func setup(t *testing.T, change func(*fakeline.Setup)) *world {
	t.Helper()
	w := &world{clock: clock.NewManual(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), client: &http.Client{Transport: &http.Transport{}}}
	var err error
	if w.Server, err = fakeline.Start(fakeline.Options{Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Stop()
		w.client.CloseIdleConnections()
	})
	account := fakeline.Setup{DisplayName: "官方客服"}
	if change != nil {
		change(&account)
	}
	w.bot = w.AddBot(account)
	w.mia = w.bot.AddCustomer(fakeline.Person{Name: "Mia", Language: "zh-Hant"})
	tom := w.bot.AddCustomer(fakeline.Person{Name: "Tom"})
	w.group = w.bot.AddGroup(fakeline.GroupSetup{Name: "出貨群組", Members: []*fakeline.Customer{w.mia, tom}})
	return w
}

// answer is what the fake said.
type answer struct {
	status int
	body   string
	header http.Header
}

func (a answer) sentID(t *testing.T) string {
	t.Helper()
	var body struct{ SentMessages []struct{ ID string } }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body.SentMessages) == 0 {
		t.Fatalf("no message was sent: %d %s", a.status, a.body)
	}
	return body.SentMessages[0].ID
}

// call speaks to the fake. Headers come in pairs.
func (w *world) call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	base := w.URL()
	if strings.Contains(path, "/content") {
		base = w.BaseURLs()["data"]
	}
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.bot.Setup().AccessToken)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, strings.TrimSpace(string(read)), response.Header}
}

func (w *world) push(t *testing.T, to, retryKey string) answer {
	t.Helper()
	body := `{"to":"` + to + `","messages":[{"type":"text","text":"hi"}]}`
	if retryKey == "" {
		return w.call(t, "POST", "/v2/bot/message/push", body)
	}
	return w.call(t, "POST", "/v2/bot/message/push", body, "X-Line-Retry-Key", retryKey)
}

// CHAN-11: what our exactly-once rests on.
func TestRetryKey(t *testing.T) {
	t.Parallel()
	t.Run("the same key is accepted once in 24 hours, and answered with what was sent", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		first := w.push(t, w.mia.ID(), key1)
		w.clock.Advance(24*time.Hour - time.Second)
		again := w.push(t, w.mia.ID(), key1)
		if again.status != 409 || !strings.Contains(again.body, `"message":"The retry key is already accepted"`) {
			t.Errorf("got %d %s", again.status, again.body)
		}
		if again.sentID(t) != first.sentID(t) || again.header.Get("x-line-accepted-request-id") != first.header.Get("x-line-request-id") {
			t.Errorf("got %s for %s", again.body, first.body)
		}
		if n := len(w.Journal().All()); n != 1 {
			t.Errorf("%d deliveries", n)
		}
	})
	t.Run("after 24 hours it sends again", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		w.push(t, w.mia.ID(), key1)
		w.clock.Advance(24 * time.Hour)
		if a := w.push(t, w.mia.ID(), key1); a.status != 200 {
			t.Errorf("got %d %s", a.status, a.body)
		}
		if n := len(w.Journal().To(w.mia.ID())); n != 2 {
			t.Errorf("%d deliveries", n)
		}
	})
	t.Run("a refused request leaves its key free", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		w.bot.SetQuota(1, 1)
		if a := w.push(t, w.mia.ID(), key1); a.status != 429 {
			t.Errorf("got %d", a.status)
		}
		w.bot.SetQuota(2, 1)
		if a := w.push(t, w.mia.ID(), key1); a.status != 200 {
			t.Errorf("got %d", a.status)
		}
	})
	t.Run("no key, no memory", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		w.push(t, w.mia.ID(), "")
		w.push(t, w.mia.ID(), "")
		if n := len(w.Journal().All()); n != 2 {
			t.Errorf("%d deliveries", n)
		}
	})
	t.Run("what is no key, and a key where none belongs, is refused", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		if a := w.push(t, w.mia.ID(), "key-1"); a.status != 400 {
			t.Errorf("got %d", a.status)
		}
		body := `{"replyToken":"` + w.mia.Text("hi").ReplyToken() + `","messages":[{"type":"text","text":"hi"}]}`
		if a := w.call(t, "POST", "/v2/bot/message/reply", body, "X-Line-Retry-Key", key1); a.status != 400 || len(w.Journal().All()) != 0 {
			t.Errorf("got %d", a.status)
		}
	})
	t.Run("multicast knows keys too and answers no ids", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		body := `{"to":["` + w.mia.ID() + `"],"messages":[{"type":"text","text":"hi"}]}`
		if a := w.call(t, "POST", "/v2/bot/message/multicast", body, "X-Line-Retry-Key", key2); a.status != 200 || a.body != "{}" {
			t.Errorf("got %d %s", a.status, a.body)
		}
		if a := w.call(t, "POST", "/v2/bot/message/multicast", body, "X-Line-Retry-Key", key2); a.status != 409 || strings.Contains(a.body, "sentMessages") {
			t.Errorf("got %d %s", a.status, a.body)
		}
	})
}

func TestSending(t *testing.T) {
	t.Parallel()
	t.Run("a reply token is good once, for a minute; after a redelivery anew, and never past 20 minutes", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		reply := func(token string) int {
			return w.call(t, "POST", "/v2/bot/message/reply", `{"replyToken":"`+token+`","messages":[{"type":"text","text":"hi"}]}`).status
		}
		used, late, saved, lost := w.mia.Text("1"), w.mia.Text("2"), w.mia.Text("3"), w.mia.Text("4")
		if a, b := reply(used.ReplyToken()), reply(used.ReplyToken()); a != 200 || b != 400 {
			t.Errorf("got %d, %d", a, b)
		}
		w.clock.Advance(61 * time.Second)
		if a := reply(late.ReplyToken()); a != 400 {
			t.Errorf("late: %d", a)
		}
		if a := reply(saved.Redelivered().ReplyToken()); a != 200 {
			t.Errorf("redelivered: %d", a)
		}
		w.clock.Advance(20 * time.Minute)
		if a := reply(lost.Redelivered().ReplyToken()); a != 400 {
			t.Errorf("redelivered too late: %d", a)
		}
	})
	t.Run("people who blocked the account and old strangers are answered 200 and not reached", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		stranger := w.bot.AddCustomer(fakeline.Person{Name: "S", IsStranger: true})
		w.mia.Unfollow()
		stranger.Text("hi")
		w.push(t, w.mia.ID(), key1)
		w.push(t, stranger.ID(), "")
		w.clock.Advance(7*24*time.Hour + time.Second)
		w.push(t, stranger.ID(), "")
		w.mia.Follow(true)
		w.push(t, w.mia.ID(), "")
		var reached []bool
		for _, d := range w.Journal().All() {
			reached = append(reached, d.Reached)
		}
		if len(reached) != 4 || reached[0] || !reached[1] || reached[2] || !reached[3] {
			t.Errorf("got %v", reached)
		}
	})
	// GRP-12
	t.Run("a group costs a message for each member, and the quota holds", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(s *fakeline.Setup) { s.Quota = 3 })
		if a := w.push(t, w.group.ID(), key1); a.status != 200 || w.bot.Used() != 2 {
			t.Errorf("got %d, %d used", a.status, w.bot.Used())
		}
		if a := w.push(t, w.group.ID(), key2); a.status != 429 || !strings.Contains(a.body, "You have reached your monthly limit.") {
			t.Errorf("got %d %s", a.status, a.body)
		}
		if a := w.call(t, "GET", "/v2/bot/message/quota", ""); a.body != `{"type":"limited","value":3}` {
			t.Errorf("got %s", a.body)
		}
		if a := w.call(t, "GET", "/v2/bot/message/quota/consumption", ""); a.body != `{"totalUsage":2}` {
			t.Errorf("got %s", a.body)
		}
	})
	t.Run("unknown people, groups it is not in and ids that are none are refused", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		w.group.Leave()
		for to, part := range map[string]string{
			w.group.ID():                  "Failed to send messages",
			"U" + strings.Repeat("0", 32): "Failed to send messages",
			"somebody":                    "'to'",
			"":                            "'to'",
		} {
			if a := w.push(t, to, ""); a.status != 400 || !strings.Contains(a.body, part) {
				t.Errorf("%s: %d %s", to, a.status, a.body)
			}
		}
	})
	t.Run("an account that knows everybody takes every well-formed id", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(s *fakeline.Setup) { s.KnowsEverybody = true })
		for _, letter := range []string{"U", "C", "R"} {
			if a := w.push(t, letter+strings.Repeat("0a", 16), ""); a.status != 200 {
				t.Errorf("%s: %d %s", letter, a.status, a.body)
			}
		}
		if a := w.call(t, "GET", "/v2/bot/profile/U"+strings.Repeat("0a", 16), ""); a.status != 200 || !strings.Contains(a.body, "displayName") {
			t.Errorf("profile: %d %s", a.status, a.body)
		}
		w.group.Leave()
		if a := w.push(t, w.group.ID(), ""); a.status != 400 {
			t.Errorf("a group it left: %d", a.status)
		}
	})
	t.Run("a quote token is good in its own chat", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		for to, status := range map[string]int{w.mia.ID(): 200, w.group.ID(): 400} {
			body := `{"to":"` + to + `","messages":[{"type":"text","text":"hi","quoteToken":"` + w.mia.Text("?").QuoteToken() + `"}]}`
			if a := w.call(t, "POST", "/v2/bot/message/push", body); a.status != status {
				t.Errorf("%s: %d %s", to, a.status, a.body)
			}
		}
	})
}

func TestMessageObjects(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	for messages, property := range map[string]string{
		`[]`:                              "messages",
		`[1]`:                             "messages[0]",
		`[{}]`:                            "messages[0].type",
		`[{"type":"file"}]`:               "messages[0].type",
		`[{"type":"text"}]`:               "messages[0].text",
		`[{"type":"text","text":"a"},{}]`: "messages[1].type",
		`[{"type":"text","text":"` + strings.Repeat("😀", 2501) + `"}]`:                               "messages[0].text",
		`[{"type":"text","text":"a","quoteToken":""}]`:                                               "messages[0].quoteToken",
		`[{"type":"sticker","packageId":"1"}]`:                                                       "messages[0].stickerId",
		`[{"type":"location","title":"a","address":"b","latitude":91,"longitude":0}]`:                "messages[0].latitude",
		`[{"type":"image","originalContentUrl":"http://x/a","previewImageUrl":"https://x/a"}]`:       "messages[0].originalContentUrl",
		`[{"type":"image","originalContentUrl":"https://x/a"}]`:                                      "messages[0].previewImageUrl",
		`[{"type":"video","originalContentUrl":"http://10.0.0.1/a","previewImageUrl":"https://x"}]`:  "messages[0].originalContentUrl",
		`[{"type":"image","originalContentUrl":"file:///etc/passwd","previewImageUrl":"https://x"}]`: "messages[0].originalContentUrl",
		`[{"type":"audio","originalContentUrl":"https://x/a"}]`:                                      "messages[0].duration",
		`[` + strings.Repeat(`{"type":"text","text":"a"},`, 5) + `{"type":"text","text":"sixth"}]`:   "messages",
	} {
		body := `{"to":"` + w.mia.ID() + `","messages":` + messages + `}`
		for _, path := range []string{"push", "validate/push"} {
			a := w.call(t, "POST", "/v2/bot/message/"+path, body)
			if a.status != 400 || !strings.Contains(a.body, `"message":"The request body has 1 error(s)"`) || !strings.Contains(a.body, `"property":"`+property+`"`) {
				t.Errorf("%s %.60s: %d %s", path, messages, a.status, a.body)
			}
		}
	}
	if a := w.call(t, "POST", "/v2/bot/message/validate/push", `{"messages":[{"type":"text","text":"`+strings.Repeat("😀", 2500)+`"}]}`); a.status != 200 {
		t.Errorf("exactly the limit: %d %s", a.status, a.body)
	}
	for _, host := range []string{"https://files.example.com", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"} {
		body := `{"messages":[{"type":"image","originalContentUrl":"` + host + `/a","previewImageUrl":"` + host + `/p"}]}`
		if a := w.call(t, "POST", "/v2/bot/message/validate/push", body); a.status != 200 {
			t.Errorf("a picture at %s: %d %s", host, a.status, a.body)
		}
	}
	if n := len(w.Journal().All()); n != 0 {
		t.Errorf("%d deliveries", n)
	}
}

// The statuses of LINE's reference, section "Status codes".
func TestStatuses(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	stranger := w.bot.AddCustomer(fakeline.Person{Name: "S", IsStranger: true})
	blocker := w.bot.AddCustomer(fakeline.Person{Name: "B"})
	blocker.Unfollow()
	room := w.bot.AddGroup(fakeline.GroupSetup{IsRoom: true, Members: []*fakeline.Customer{w.mia}})
	group := "/v2/bot/group/" + w.group.ID()
	for _, c := range []struct {
		method, path, body string
		header             []string
		status             int
		part               string
	}{
		{"GET", "/v2/bot/info", "", nil, 200, `"displayName":"官方客服"`},
		{"GET", "/v2/bot/info", "", []string{"Authorization", "Bearer x"}, 401, "Authentication failed"},
		{"GET", "/v2/bot/info", "", []string{"Authorization", ""}, 401, "Authentication failed"},
		{"GET", "/v2/bot/nothing", "", nil, 404, "Not found"},
		{"POST", "/v2/bot/message/push", `{`, nil, 400, "could not be parsed"},
		{"POST", "/v2/bot/message/push", `{}`, []string{"Content-Type", "text/plain"}, 415, "message"},
		{"POST", "/v2/bot/message/push", `{"to":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, "message"},
		{"POST", "/v2/bot/message/validate/other", `{}`, nil, 404, "Not found"},
		{"GET", "/v2/bot/profile/" + w.mia.ID(), "", nil, 200, `"language":"zh-Hant"`},
		{"GET", "/v2/bot/profile/" + stranger.ID(), "", nil, 404, "Not found"},
		{"GET", "/v2/bot/profile/" + blocker.ID(), "", nil, 404, "Not found"},
		{"GET", "/v2/bot/profile/x", "", nil, 400, "message"},
		{"GET", group + "/summary", "", nil, 200, `"groupName":"出貨群組"`},
		{"GET", group + "/members/count", "", nil, 200, `{"count":2}`},
		{"GET", group + "/member/" + w.mia.ID(), "", nil, 200, `"displayName":"Mia"`},
		{"GET", group + "/member/" + stranger.ID(), "", nil, 404, "Not found"},
		{"GET", group + "/members/ids", "", nil, 403, "not available for your account"},
		{"GET", "/v2/bot/followers/ids", "", nil, 403, "not available for your account"},
		{"GET", "/v2/bot/group/C" + strings.Repeat("0", 32) + "/summary", "", nil, 404, "Not found"},
		{"GET", "/v2/bot/group/x/summary", "", nil, 400, "message"},
		{"GET", "/v2/bot/room/" + room.ID() + "/summary", "", nil, 404, "Not found"},
		{"GET", "/v2/bot/room/" + room.ID() + "/members/count", "", nil, 200, `{"count":1}`},
		{"GET", "/v2/bot/channel/webhook/endpoint", "", nil, 404, "Not found"},
		{"POST", "/v2/bot/channel/webhook/test", ``, nil, 404, "Not found"},
		{"PUT", "/v2/bot/channel/webhook/endpoint", `{"endpoint":"mailto:a"}`, nil, 400, "message"},
		{"PUT", "/v2/bot/channel/webhook/endpoint", `{"endpoint":"https://example.com/hook"}`, nil, 200, "{}"},
		{"GET", "/v2/bot/channel/webhook/endpoint", "", nil, 200, `{"active":true,"endpoint":"https://example.com/hook"}`},
		{"GET", "/v2/bot/message/1/content", "", nil, 404, "Not found"},
		{"POST", group + "/leave", "", nil, 200, "{}"},
		{"GET", group + "/summary", "", nil, 404, "Not found"},
	} {
		a := w.call(t, c.method, c.path, c.body, c.header...)
		if a.status != c.status || !strings.Contains(a.body, c.part) || a.header.Get("x-line-request-id") == "" {
			t.Errorf("%s %.80s: %d %.200s", c.method, c.path, a.status, a.body)
		}
	}
	w.bot.Revoke()
	if a := w.push(t, w.mia.ID(), ""); a.status != 401 {
		t.Errorf("revoked: %d", a.status)
	}
	w.bot.Reissue()
	if a := w.push(t, w.mia.ID(), ""); a.status != 200 {
		t.Errorf("reissued: %d", a.status)
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	image, video := w.mia.Image([]byte("jpeg")), w.mia.Video([]byte("mp4"), []byte("frame"), time.Minute, 1)
	path := func(id string) string { return "/v2/bot/message/" + id + "/content" }
	if a := w.call(t, "GET", path(image.MessageID()), ""); a.status != 200 || a.body != "jpeg" || a.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("image: %d %s", a.status, a.body)
	}
	if a := w.call(t, "GET", path(video.MessageID()), ""); a.status != 202 {
		t.Errorf("video: %d", a.status)
	}
	for _, want := range []string{"processing", "succeeded"} {
		if a := w.call(t, "GET", path(video.MessageID())+"/transcoding", ""); !strings.Contains(a.body, want) {
			t.Errorf("transcoding: %s", a.body)
		}
	}
	if a := w.call(t, "GET", path(video.MessageID())+"/preview", ""); a.status != 200 || a.body != "frame" {
		t.Errorf("preview: %d %s", a.status, a.body)
	}
	broken := w.mia.Video([]byte("mp4"), nil, time.Minute, -1)
	if a := w.call(t, "GET", path(broken.MessageID()), ""); a.status != 202 {
		t.Errorf("a film that cannot be prepared: %d", a.status)
	}
	if a := w.call(t, "GET", path(broken.MessageID())+"/transcoding", ""); !strings.Contains(a.body, "failed") {
		t.Errorf("transcoding: %s", a.body)
	}
	w.mia.Unsend(image.MessageID())
	if a := w.call(t, "GET", path(image.MessageID()), ""); a.status != 410 {
		t.Errorf("unsent: %d", a.status)
	}
}

// What a message holds can be said from outside, for messages that were written from outside.
func TestContentAdmin(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	const path = "/v2/bot/message/77/content"
	admin := func(method, query, body string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+"/_fake/content/77"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "image/png")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := admin("PUT", "?account="+w.bot.Setup().UserID, "png"); got != 204 {
		t.Fatalf("put: %d", got)
	}
	if a := w.call(t, "GET", path, ""); a.status != 200 || a.body != "png" || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if got := admin("PUT", "?pending=1", "png"); got != 204 {
		t.Fatalf("put: %d", got)
	}
	if a := w.call(t, "GET", path, ""); a.status != 202 {
		t.Errorf("pending: %d", a.status)
	}
	if got := admin("DELETE", "", ""); got != 204 {
		t.Fatalf("delete: %d", got)
	}
	if a := w.call(t, "GET", path, ""); a.status != 410 {
		t.Errorf("deleted: %d", a.status)
	}
	if got := admin("PUT", "?account=U0", "png"); got != 404 {
		t.Errorf("no such account: %d", got)
	}
}

// LINE's words for the faults every platform words differently.
func TestFaultWords(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fake.FaultKind]answer{
		fake.ErrorAfter: {status: 500, body: "Internal server error"},
		fake.RateLimit:  {status: 429, body: "The API rate limit has been exceeded. Try again later."},
		fake.QuotaLimit: {status: 429, body: "You have reached your monthly limit."},
		fake.Revoke:     {status: 401, body: "Authentication failed due to the following reason"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := setup(t, nil)
			if err := w.Faults().Add(fake.Fault{Kind: kind, Operation: fakeline.Push, RetryAfter: 3 * time.Second}); err != nil {
				t.Fatal(err)
			}
			a := w.push(t, w.mia.ID(), key1)
			if a.status != want.status || !strings.Contains(a.body, want.body) {
				t.Errorf("got %d %s", a.status, a.body)
			}
			if after := a.header.Get("Retry-After"); (kind == fake.RateLimit) != (after == "3") {
				t.Errorf("Retry-After %q", after)
			}
		})
	}
}

// A process of its own steers the fake over HTTP.
func TestAdminBesideTheAPI(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	if a := w.call(t, "POST", "/_fake/faults", `{"kind":"ERROR_AFTER","operation":"push"}`); a.status != 204 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if a := w.push(t, w.mia.ID(), key1); a.status != 500 {
		t.Errorf("got %d", a.status)
	}
	if a := w.call(t, "GET", "/_fake/log?to="+w.mia.ID(), ""); !strings.Contains(a.body, key1) || !strings.Contains(a.body, `"text":"hi"`) {
		t.Errorf("got %s", a.body)
	}
	a := w.call(t, "GET", "/_fake/requests", "")
	if !strings.Contains(a.body, `"status":500`) || strings.Contains(a.body, w.bot.Setup().AccessToken) {
		t.Errorf("got %s", a.body)
	}
	if _, err := w.Journal().Wait(context.Background(), func(all []fake.Delivery) bool { return len(all) == 1 }); err != nil {
		t.Error(err)
	}
}
