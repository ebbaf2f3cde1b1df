package line_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	retryKey = "123e4567-e89b-12d3-a456-426614174000"
	token    = "s3cret-t0ken"
)

// answering is an account whose API is the handler, for answers the fake does not give.
func answering(t *testing.T, handler http.HandlerFunc) channels.Account {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return channels.Account{
		Credentials: channels.Credentials{line.ChannelSecret: fixtureSecret, line.ChannelAccessToken: token},
		BaseURLs:    map[string]string{"api": server.URL + "/"},
	}
}

func hello(peer channels.PeerType) channels.Outgoing {
	return channels.Outgoing{
		To: channels.Peer{Type: peer, ID: user}, Content: channels.Content{Kind: channels.Text, Text: "hi"}, RetryKey: retryKey,
	}
}

// CHAN-3, CHAN-11, GRP-4: LINE's statuses and messages, as its reference lists them, and what stands between us and LINE.
func TestSendResults(t *testing.T) {
	t.Parallel()
	const accepted = `{"sentMessages":[{"id":"461230966842064897","quoteToken":"q1"}]}`
	for name, c := range map[string]struct {
		status int
		body   string
		header map[string]string
		peer   channels.PeerType
		want   channels.SendResult // Reason is only looked for
	}{
		"200": {200, accepted, nil, "",
			channels.SendResult{Outcome: channels.Sent, PlatformMessageID: "461230966842064897", QuoteToken: "q1"}},
		"200 of several": {200, `{"sentMessages":[{"id":"1"},{"id":"2"}]}`, nil, "",
			channels.SendResult{Outcome: channels.Sent, PlatformMessageID: "1"}},
		"200 that cannot be read": {200, `<html>`, nil, "", channels.SendResult{Outcome: channels.Sent}},
		"200 without ids":         {200, `{}`, nil, "", channels.SendResult{Outcome: channels.Sent}},
		"202":                     {202, ``, nil, "", channels.SendResult{Outcome: channels.Sent}},
		"409 of the same key": {409, `{"message":"The retry key is already accepted","sentMessages":[{"id":"7","quoteToken":"q7"}]}`,
			map[string]string{"x-line-accepted-request-id": "r0"}, "", channels.SendResult{Outcome: channels.Sent, PlatformMessageID: "7", QuoteToken: "q7"}},
		"409 known by its header": {409, ``, map[string]string{"x-line-accepted-request-id": "r0"}, "", channels.SendResult{Outcome: channels.Sent}},
		"409 of something else": {409, `{"message":"Conflict"}`, nil, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodePlatformError, Reason: "Conflict"}},
		"400 failed to send, a person": {400, `{"message":"Failed to send messages"}`, nil, channels.PeerUser,
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeRecipientGone, Reason: "person"}},
		"400 failed to send, a group": {400, `{"message":"Failed to send messages"}`, nil, channels.PeerGroup,
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeRecipientGone, GroupGone: true, Reason: "group"}},
		"400 failed to send, a room": {400, `{"message":"Failed to send messages"}`, nil, channels.PeerRoom,
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeRecipientGone, GroupGone: true, Reason: "group"}},
		"400 no such id": {400, `{"message":"The property, 'to', in the request body is invalid (line: -, column: -)"}`, nil, channels.PeerGroup,
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeRecipientGone, Reason: "recipient"}},
		"400 content": {400, `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeInvalidContent, Reason: "messages[0].text: May not be empty"}},
		"400 unknown": {400, `{"message":"Something new"}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "Something new"}},
		"400 without words": {400, ``, nil, "", channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "LINE"}},
		"401": {401, `{"message":"Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header is valid."}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeCredentialsRevoked, AccountLost: true, Reason: "connect the account again"}},
		"403": {403, `{"message":"Access to this API is not available for your account"}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeNotEntitled, Reason: "entitled"}},
		"404": {404, `{"message":"Not found"}`, nil, "", channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "Not found"}},
		"413": {413, ``, nil, "", channels.SendResult{Outcome: channels.Refused, Code: channels.CodeTooLarge, Reason: "larger"}},
		"415": {415, ``, nil, "", channels.SendResult{Outcome: channels.Refused, Code: channels.CodeInvalidContent, Reason: "kind"}},
		"429 rate": {429, `{"message":"The API rate limit has been exceeded. Try again later."}`, nil, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodeRateLimited, Reason: "rate"}},
		"429 rate with a time": {429, `{"message":"The API rate limit has been exceeded. Try again later."}`, map[string]string{"Retry-After": "12"}, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodeRateLimited, RetryAfter: 12 * time.Second, Reason: "rate"}},
		"429 rate with a date": {429, ``, map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodeRateLimited, Reason: "rate"}},
		"429 rate with nonsense": {429, ``, map[string]string{"Retry-After": "-99999999999999"}, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodeRateLimited, Reason: "rate"}},
		"429 quota": {429, `{"message":"You have reached your monthly limit."}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodeQuotaExceeded, Reason: "quota"}},
		"500": {500, `{"message":"Internal server error"}`, nil, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodePlatformError, Reason: "internal"}},
		"503 of a proxy": {503, `<html><body>503</body></html>`, nil, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodePlatformError, Reason: "internal"}},
		"599": {599, ``, nil, "", channels.SendResult{Outcome: channels.Transient, Code: channels.CodePlatformError, Reason: "internal"}},
		"307": {307, ``, map[string]string{"Location": "/elsewhere"}, "",
			channels.SendResult{Outcome: channels.Transient, Code: channels.CodePlatformError, Reason: "redirected"}},
		"an error of megabytes": {400, `{"message":"` + strings.Repeat("長", 1<<20) + `"}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "LINE"}},
		"an error that repeats our secrets": {400, `{"message":"bad token ` + token + ` and ` + fixtureSecret + `"}`, nil, "",
			channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "bad token … and …"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			account := answering(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if r.Method != "POST" || r.URL.Path != "/v2/bot/message/push" || r.Header.Get("Authorization") != "Bearer "+token ||
					r.Header.Get("X-Line-Retry-Key") != retryKey || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("got %s %s %v", r.Method, r.URL.Path, r.Header)
				}
				w.Header().Set("x-line-request-id", "r1")
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			peer := c.peer
			if peer == "" {
				peer = channels.PeerUser
			}
			got := line.New(client(t)).Send(t.Context(), account, hello(peer))
			reason := got.Reason
			if !strings.Contains(reason, c.want.Reason) || (reason == "") != (got.Outcome == channels.Sent) || len(reason) > 1200 {
				t.Errorf("reason %q", reason)
			}
			if strings.Contains(reason, token) || strings.Contains(reason, fixtureSecret) {
				t.Errorf("a secret is given away: %q", reason)
			}
			want := c.want
			want.Reason, want.Status, want.RequestID = reason, c.status, "r1"
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestSendTransport(t *testing.T) {
	t.Parallel()
	t.Run("an answer that breaks off is asked for again", func(t *testing.T) {
		t.Parallel()
		account := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"sentMessages":[`)
		})
		got := line.New(client(t)).Send(t.Context(), account, hello(channels.PeerUser))
		if got.Outcome != channels.Transient || got.Code != channels.CodeUnreachable {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the client's own time-out", func(t *testing.T) {
		t.Parallel()
		server := started(t)
		bot := server.AddBot(fakeline.Setup{})
		mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
		if err := server.Faults().Add(fake.Fault{Kind: fake.HangAfter, Operation: fakeline.Push}); err != nil {
			t.Fatal(err)
		}
		impatient := client(t)
		impatient.Timeout = 100 * time.Millisecond
		message := hello(channels.PeerUser)
		message.To.ID = mia.ID()
		got := line.New(impatient).Send(t.Context(), bot.Account(), message)
		if got.Outcome != channels.Transient || got.Code != channels.CodeUnreachable || got.Status != 0 {
			t.Errorf("got %+v", got)
		}
		got = line.New(client(t)).Send(t.Context(), bot.Account(), message)
		if all := server.Journal().All(); got.Outcome != channels.Sent || len(all) != 1 || got.PlatformMessageID != all[0].Messages[0].ID {
			t.Errorf("got %+v for %+v", got, all)
		}
	})
	t.Run("no connection and no answer are told apart", func(t *testing.T) {
		t.Parallel()
		account := answering(t, func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
		broken := line.New(client(t)).Send(t.Context(), account, hello(channels.PeerUser))
		account.BaseURLs["api"] = "http://127.0.0.1:1"
		refused := line.New(client(t)).Send(t.Context(), account, hello(channels.PeerUser))
		if !strings.Contains(broken.Reason, "before LINE's answer") || !strings.Contains(refused.Reason, "nothing was sent") {
			t.Errorf("got %q and %q", broken.Reason, refused.Reason)
		}
	})
	t.Run("redirects are not followed, whatever the client says, and the client stays as it was", func(t *testing.T) {
		t.Parallel()
		var elsewhere atomic.Int32
		other := answering(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
		account := answering(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.BaseURLs["api"], http.StatusPermanentRedirect)
		})
		following := client(t)
		line.New(following).Send(t.Context(), account, hello(channels.PeerUser))
		if elsewhere.Load() != 0 || following.CheckRedirect != nil {
			t.Errorf("the token went elsewhere")
		}
	})
	t.Run("credentials and addresses that cannot work end the tries", func(t *testing.T) {
		t.Parallel()
		account := answering(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
		for _, bad := range []string{"", "two words", "line\r\nbreak", "密碼", " "} {
			account.Credentials[line.ChannelAccessToken] = bad
			got := line.New(client(t)).Send(t.Context(), account, hello(channels.PeerUser))
			if got.Outcome != channels.Refused || got.Code != channels.CodeCredentialsRevoked || !got.AccountLost {
				t.Errorf("%q: %+v", bad, got)
			}
		}
		account.Credentials[line.ChannelAccessToken] = token
		account.BaseURLs["api"] = "http://[::1"
		if got := line.New(client(t)).Send(t.Context(), account, hello(channels.PeerUser)); got.Outcome != channels.Refused {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("LINE's own host is the default", func(t *testing.T) {
		t.Parallel()
		var asked string
		recording := client(t)
		recording.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return nil, context.DeadlineExceeded
		})
		account := channels.Account{Credentials: channels.Credentials{line.ChannelAccessToken: token}}
		line.New(recording).Send(t.Context(), account, hello(channels.PeerUser))
		if asked != "https://api.line.me/v2/bot/message/push" {
			t.Errorf("asked %s", asked)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// MSG-1, MSG-10, MSG-13, GRP-13: what each kind looks like to LINE, which checks it too.
func TestSendContent(t *testing.T) {
	t.Parallel()
	const https = "https://files.example.com/"
	long := https + strings.Repeat("a", 2001-len(https))
	for name, c := range map[string]struct {
		content channels.Content
		quotes  bool
		want    string // "" is refused
	}{
		"text": {channels.Content{Kind: channels.Text, Text: "<b>你好</b> & \u2028"}, false, `{"type":"text","text":"<b>你好</b> & \u2028"}`},
		"text that quotes": {channels.Content{Kind: channels.Text, Text: "hi"}, true,
			`{"type":"text","text":"hi","quoteToken":"TOKEN"}`},
		"text of broken characters": {channels.Content{Kind: channels.Text, Text: "a\xffb"}, false, `{"type":"text","text":"a\ufffdb"}`},
		"sticker": {channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "446", StickerID: "1988", Type: "STATIC"}}, false,
			`{"type":"sticker","packageId":"446","stickerId":"1988"}`},
		"sticker that quotes": {channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "446", StickerID: "1988"}}, true,
			`{"type":"sticker","packageId":"446","stickerId":"1988","quoteToken":"TOKEN"}`},
		"sticker without a package": {channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{StickerID: "1988"}}, false, ""},
		"location": {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "台北 101", Address: "信義路", Latitude: 25.033964, Longitude: 121.564468}}, false,
			`{"type":"location","title":"台北 101","address":"信義路","latitude":25.033964,"longitude":121.564468}`},
		"location at zero, by its title": {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "Null Island"}}, false,
			`{"type":"location","title":"Null Island","address":"Null Island","latitude":0,"longitude":0}`},
		"location by its address": {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Address: "a"}}, false,
			`{"type":"location","title":"a","address":"a","latitude":0,"longitude":0}`},
		"location without words":  {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Latitude: 1}}, false, ""},
		"location off the map":    {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "a", Latitude: 90.1}}, false, ""},
		"location of many words":  {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: strings.Repeat("長", 101)}}, false, ""},
		"location cannot quote":   {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "a"}}, true, ""},
		"location has no caption": {channels.Content{Kind: channels.Location, Text: "here", Location: &channels.LocationRef{Title: "a"}}, false, ""},
		"image": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: https + "a.jpg", PreviewURL: https + "p.jpg"}}, false,
			`{"type":"image","originalContentUrl":"` + https + `a.jpg","previewImageUrl":"` + https + `p.jpg"}`},
		"small image is its own preview": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: https + "a.jpg", Size: 1 << 20}}, false,
			`{"type":"image","originalContentUrl":"` + https + `a.jpg","previewImageUrl":"` + https + `a.jpg"}`},
		"large image without a preview": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: https + "a.jpg", Size: 1<<20 + 1}}, false, ""},
		"image over http":               {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: "http://x/a.jpg", PreviewURL: https}}, false, ""},
		"image over http of this machine": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: "http://localhost:8080/a", PreviewURL: "http://[::1]/p"}}, false,
			`{"type":"image","originalContentUrl":"http://localhost:8080/a","previewImageUrl":"http://[::1]/p"}`},
		"image over http of the next machine": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: "http://10.0.0.1/a", PreviewURL: https}}, false, ""},
		"image cannot quote":                  {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: https + "a.jpg", PreviewURL: https}}, true, ""},
		"image at a script":                   {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: "javascript:alert(1)", PreviewURL: https}}, false, ""},
		"image at a long address":             {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: long, PreviewURL: https}}, false, ""},
		"image only the platform holds":       {channels.Content{Kind: channels.Image, Media: &channels.Media{ID: "1"}}, false, ""},
		"image with a caption":                {channels.Content{Kind: channels.Image, Text: "look", Media: &channels.Media{URL: https, PreviewURL: https}}, false, ""},
		"video": {channels.Content{Kind: channels.Video, Media: &channels.Media{URL: https + "a.mp4", PreviewURL: https + "p.jpg", DurationMS: 5}}, false,
			`{"type":"video","originalContentUrl":"` + https + `a.mp4","previewImageUrl":"` + https + `p.jpg"}`},
		"video without a preview": {channels.Content{Kind: channels.Video, Media: &channels.Media{URL: https + "a.mp4", Size: 5}}, false, ""},
		"audio": {channels.Content{Kind: channels.Audio, Media: &channels.Media{URL: https + "a.m4a", DurationMS: 4200}}, false,
			`{"type":"audio","originalContentUrl":"` + https + `a.m4a","duration":4200}`},
		"audio without a duration": {channels.Content{Kind: channels.Audio, Media: &channels.Media{URL: https + "a.m4a"}}, false, ""},
		"text with buttons": {channels.Content{Kind: channels.Template, Text: "需要什麼幫助?", Buttons: []channels.Button{{Label: "尺寸", Data: "sy.1.a"}, {Label: "地圖", URL: "https://shop.example/map"}}}, false,
			`{"type":"template","altText":"需要什麼幫助?","template":{"type":"buttons","text":"需要什麼幫助?","actions":[{"type":"postback","label":"尺寸","data":"sy.1.a","displayText":"尺寸"},{"type":"uri","label":"地圖","uri":"https://shop.example/map"}]}}`},
		"buttons without a text":             {channels.Content{Kind: channels.Template, Buttons: []channels.Button{{Label: "a", Data: "b"}}}, false, ""},
		"buttons under a long text":          {channels.Content{Kind: channels.Template, Text: strings.Repeat("長", 161), Buttons: []channels.Button{{Label: "a", Data: "b"}}}, false, ""},
		"a text without its buttons":         {channels.Content{Kind: channels.Template, Text: "hi"}, false, ""},
		"more buttons than there is room":    {channels.Content{Kind: channels.Template, Text: "hi", Buttons: make([]channels.Button, 5)}, false, ""},
		"a button without a label":           {channels.Content{Kind: channels.Template, Text: "hi", Buttons: []channels.Button{{Data: "b"}}}, false, ""},
		"a button with a long label":         {channels.Content{Kind: channels.Template, Text: "hi", Buttons: []channels.Button{{Label: strings.Repeat("長", 21), Data: "b"}}}, false, ""},
		"a button with long data":            {channels.Content{Kind: channels.Template, Text: "hi", Buttons: []channels.Button{{Label: "a", Data: strings.Repeat("b", 301)}}}, false, ""},
		"a button that runs a script":        {channels.Content{Kind: channels.Template, Text: "hi", Buttons: []channels.Button{{Label: "a", URL: "javascript:alert(1)"}}}, false, ""},
		"a text with buttons does not quote": {channels.Content{Kind: channels.Template, Text: "hi", Buttons: []channels.Button{{Label: "a", Data: "b"}}}, true, ""},
		"file":                               {channels.Content{Kind: channels.File, Media: &channels.Media{URL: https + "a.pdf", Name: "a.pdf"}}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := started(t)
			bot := server.AddBot(fakeline.Setup{})
			mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
			message := channels.Outgoing{To: channels.Peer{Type: channels.PeerUser, ID: mia.ID()}, Content: c.content, RetryKey: retryKey}
			if c.quotes {
				message.QuoteToken = mia.Text("?").QuoteToken()
			}
			got := line.New(client(t)).Send(t.Context(), bot.Account(), message)
			if c.want == "" {
				if got.Outcome != channels.Refused || got.Code != channels.CodeInvalidContent || got.Reason == "" || len(server.Requests().Requests()) != 0 {
					t.Errorf("got %+v", got)
				}
				return
			}
			if got.Outcome != channels.Sent {
				t.Fatalf("got %+v", got)
			}
			var have, want any
			_ = json.Unmarshal(server.Journal().All()[0].Messages[0].Body, &have)
			if err := json.Unmarshal([]byte(strings.Replace(c.want, "TOKEN", message.QuoteToken, 1)), &want); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(have) != fmt.Sprint(want) {
				t.Errorf("LINE got %v, want %v", have, want)
			}
		})
	}
	t.Run("a retry key that is no UUID is refused", func(t *testing.T) {
		t.Parallel()
		account := answering(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
		for _, key := range []string{"", "1", retryKey + "0", strings.ReplaceAll(retryKey, "-", "0"), "123e4567-e89b-12d3-a456-42661417400g", "{" + retryKey[1:35] + "}"} {
			message := hello(channels.PeerUser)
			message.RetryKey = key
			if got := line.New(client(t)).Send(t.Context(), account, message); got.Outcome != channels.Refused {
				t.Errorf("%q: %+v", key, got)
			}
		}
	})
}
