package line_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

const (
	bot   = "U7934a37fe4747eeb7b63934bccb9247d"
	user  = "U0f6ff9179fb106f1241c7124c06ad0a6"
	group = "Cdd8d1f90cf961e7e3cbd375725a144a5"
	room  = "R8c2a1f0e7d5b4a3c9e8f7061524334ab"
)

// envelope is the common part of an event.
const envelope = `"webhookEventId":"01KDADEQBX5PDAMWBTFT9AV5CG","deliveryContext":{"isRedelivery":false},"timestamp":1762000001700,"mode":"active"`

func inChat(source, rest string) string {
	switch source {
	case user:
		source = `{"type":"user","userId":"` + user + `"}`
	case group:
		source = `{"type":"group","groupId":"` + group + `","userId":"` + user + `"}`
	case room:
		source = `{"type":"room","roomId":"` + room + `","userId":"` + user + `"}`
	}
	return `{` + envelope + `,"source":` + source + `,` + rest + `}`
}

func parse(t *testing.T, events ...string) []channels.Event {
	t.Helper()
	body := `{"destination":"` + bot + `","events":[` + strings.Join(events, ",") + `]}`
	parsed, err := line.New(&http.Client{}).Parse(channels.Account{}, []byte(body))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	if len(parsed) != len(events) {
		t.Fatalf("%d events, want %d", len(parsed), len(events))
	}
	for i, e := range parsed {
		if string(e.Raw) != events[i] {
			t.Errorf("raw %s, want %s", e.Raw, events[i])
		}
		if e.DedupeKey == "" {
			t.Errorf("no dedupe key")
		}
	}
	return parsed
}

// CHAN-9
func TestParseBodies(t *testing.T) {
	t.Parallel()
	adapter := line.New(&http.Client{})
	for name, body := range map[string]string{
		"empty":                        "",
		"no JSON":                      "hello",
		"cut short":                    `{"destination":"U1","events":[`,
		"a list":                       `[]`,
		"null":                         `null`,
		"a number":                     `7`,
		"an object of something else":  `{"object":"page","entry":[]}`,
		"events of another type":       `{"destination":"U1","events":{}}`,
		"something after the end":      `{"destination":"U1","events":[]} x`,
		"bytes that are no characters": "\xff\xfe",
		"deeper than JSON goes":        strings.Repeat("[", 20_000),
	} {
		t.Run(name+" is no body of LINE's", func(t *testing.T) {
			t.Parallel()
			events, err := adapter.Parse(channels.Account{}, []byte(body))
			if !fault.Is(err, fault.Invalid) || events != nil {
				t.Errorf("got %v, %v", events, err)
			}
		})
	}
	for name, body := range map[string]string{
		"no events, as the Verify button sends":        `{"destination":"U1","events":[]}`,
		"events left out, as LINE does with no values": `{"destination":"U1"}`,
		"destination left out":                         `{"events":[]}`,
	} {
		t.Run(name+": nothing to do", func(t *testing.T) {
			t.Parallel()
			events, err := adapter.Parse(channels.Account{}, []byte(body))
			if err != nil || len(events) != 0 {
				t.Errorf("got %v, %v", events, err)
			}
		})
	}
}

// CHAN-9: one event that cannot be understood is kept and ignored, and the others of its body are read.
func TestParseMalformedEvents(t *testing.T) {
	t.Parallel()
	good := inChat(user, `"type":"message","replyToken":"r","message":{"type":"text","id":"1","text":"hi"}`)
	for name, bad := range map[string]string{
		"null":                             `null`,
		"a text":                           `"message"`,
		"a number":                         `1`,
		"a list":                           `[{}]`,
		"an empty object":                  `{}`,
		"type missing":                     inChat(user, `"message":{"type":"text","id":"1","text":"hi"}`),
		"type of another type":             inChat(user, `"type":7`),
		"source null":                      inChat(`null`, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`),
		"source without an id":             inChat(`{"type":"user"}`, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`),
		"source of a new type":             inChat(`{"type":"square","squareId":"S1"}`, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`),
		"source with control characters":   inChat(`{"type":"user","userId":"U\n1"}`, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`),
		"message missing":                  inChat(user, `"type":"message"`),
		"message without an id":            inChat(user, `"type":"message","message":{"type":"text","text":"hi"}`),
		"message id of another type":       inChat(user, `"type":"message","message":{"type":"text","id":{},"text":"hi"}`),
		"message id without end":           inChat(user, `"type":"message","message":{"type":"text","id":"`+strings.Repeat("1", 10_000)+`","text":"hi"}`),
		"timestamp missing":                `{"webhookEventId":"E","type":"follow","source":{"type":"user","userId":"U1"}}`,
		"timestamp a text":                 `{"webhookEventId":"E","timestamp":"now","type":"follow","source":{"type":"user","userId":"U1"}}`,
		"timestamp beyond the calendar":    `{"webhookEventId":"E","timestamp":9e18,"type":"follow","source":{"type":"user","userId":"U1"}}`,
		"timestamp negative":               `{"webhookEventId":"E","timestamp":-1,"type":"follow","source":{"type":"user","userId":"U1"}}`,
		"edit without a message":           inChat(group, `"type":"messageEdited"`),
		"unsend without a message id":      inChat(user, `"type":"unsend","unsend":{}`),
		"postback without data":            inChat(user, `"type":"postback","postback":{}`),
		"follow in a group":                inChat(group, `"type":"follow","follow":{"isUnblocked":false}`),
		"unfollow without a source":        inChat(`null`, `"type":"unfollow"`),
		"join of a person":                 inChat(user, `"type":"join"`),
		"leave without a source":           inChat(`null`, `"type":"leave"`),
		"members missing":                  inChat(group, `"type":"memberJoined","joined":{}`),
		"members without ids":              inChat(group, `"type":"memberLeft","left":{"members":[{"type":"user"},null,7]}`),
		"members of a person":              inChat(user, `"type":"memberJoined","joined":{"members":[{"type":"user","userId":"U1"}]}`),
		"account link without a result":    inChat(user, `"type":"accountLink","link":{"nonce":"n"}`),
		"everything of another type":       `{"type":"message","source":[],"message":[],"timestamp":[],"webhookEventId":[],"mode":1,"deliveryContext":0,"replyToken":{}}`,
		"a message nested without purpose": inChat(user, `"type":"message","message":`+strings.Repeat(`{"message":`, 500)+`1`+strings.Repeat(`}`, 500)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := parse(t, good, bad, good)
			if e := events[1]; e.Kind != channels.Ignored || !strings.HasPrefix(e.Reason, "malformed: ") || e.Content != nil {
				t.Errorf("got %+v", e)
			}
			for _, i := range []int{0, 2} {
				if e := events[i]; e.Kind != channels.MessageReceived || e.Content.Text != "hi" {
					t.Errorf("its neighbour became %+v", e)
				}
			}
		})
	}
}

func TestParseEvents(t *testing.T) {
	t.Parallel()
	t.Run("types without meaning and types to come are ignored by name, with whose they are", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []string{"videoPlayComplete", "beacon", "membership", "delivery", "module", "activated", "deactivated", "somethingNew"} {
			e := parse(t, inChat(group, `"type":"`+kind+`","replyToken":"r"`))[0]
			want := channels.Peer{Type: channels.PeerGroup, ID: group}
			if e.Kind != channels.Ignored || e.Reason != kind || *e.Peer != want || e.SenderID != user || e.ReplyToken != "r" {
				t.Errorf("%s: %+v", kind, e)
			}
		}
	})
	// CHAN-3
	t.Run("suspension and resumption are the account's health", func(t *testing.T) {
		t.Parallel()
		events := parse(t, `{`+envelope+`,"type":"botSuspended"}`, `{`+envelope+`,"type":"botResumed"}`)
		if events[0].Kind != channels.AccountTrouble || events[0].Reason != "botSuspended" || events[1].Kind != channels.AccountRecovered {
			t.Errorf("got %+v", events)
		}
	})
	// GRP-2, GRP-4, GRP-11
	t.Run("a room is a group without a name", func(t *testing.T) {
		t.Parallel()
		want := channels.Peer{Type: channels.PeerRoom, ID: room}
		for kind, rest := range map[channels.EventKind]string{
			channels.MessageReceived: `"type":"message","message":{"type":"text","id":"1","text":"hi"}`,
			channels.GroupJoined:     `"type":"join"`,
			channels.GroupLeft:       `"type":"leave"`,
			channels.MembersJoined:   `"type":"memberJoined","joined":{"members":[{"type":"user","userId":"U1"}]}`,
			channels.MembersLeft:     `"type":"memberLeft","left":{"members":[{"type":"user","userId":"U1"}]}`,
			channels.MessageUnsent:   `"type":"unsend","unsend":{"messageId":"1"}`,
		} {
			if e := parse(t, inChat(room, rest))[0]; e.Kind != kind || *e.Peer != want {
				t.Errorf("%s: %+v", kind, e)
			}
		}
	})
	t.Run("a member without consent has no id", func(t *testing.T) {
		t.Parallel()
		e := parse(t, inChat(`{"type":"group","groupId":"`+group+`"}`, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`))[0]
		if e.Kind != channels.MessageReceived || e.SenderID != "" || e.Peer.ID != group {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("standby is marked", func(t *testing.T) {
		t.Parallel()
		e := parse(t, strings.Replace(inChat(user, `"type":"message","message":{"type":"text","id":"1","text":"hi"}`), `"active"`, `"standby"`, 1))[0]
		if !e.Standby || e.Kind != channels.MessageReceived {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("a failed account link has no source and no reply token", func(t *testing.T) {
		t.Parallel()
		e := parse(t, `{`+envelope+`,"type":"accountLink","link":{"result":"failed","nonce":"n"}}`)[0]
		if e.Kind != channels.AccountLinked || e.LinkOK || e.LinkNonce != "n" || e.Peer != nil {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("postback parameters that are no texts are kept as written", func(t *testing.T) {
		t.Parallel()
		e := parse(t, inChat(user, `"type":"postback","postback":{"data":"d","params":{"a":1,"b":true,"c":{"d":null},"e":"x"}}`))[0]
		want := map[string]string{"a": "1", "b": "true", "c": `{"d":null}`, "e": "x"}
		if e.Kind != channels.Postback || !reflect.DeepEqual(e.PostbackParams, want) {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("times are the platform's, to the millisecond", func(t *testing.T) {
		t.Parallel()
		e := parse(t, inChat(user, `"type":"unfollow"`))[0]
		if want := time.Date(2025, 11, 1, 12, 26, 41, 700e6, time.UTC); !e.OccurredAt.Equal(want) {
			t.Errorf("got %v", e.OccurredAt)
		}
	})
}

func TestParseContent(t *testing.T) {
	t.Parallel()
	message := func(t *testing.T, rest string) *channels.Content {
		t.Helper()
		e := parse(t, inChat(group, `"type":"message","message":{"id":"1",`+rest+`}`))[0]
		if e.Kind != channels.MessageReceived {
			t.Fatalf("got %+v", e)
		}
		return e.Content
	}
	// MSG-13
	for name, rest := range map[string]string{
		"an arranged sticker":                      `"type":"sticker","packageId":"30563","stickerId":"651698630","stickerResourceType":"STATIC"`,
		"a type to come":                           `"type":"hologram","depth":3`,
		"a message without a type":                 `"text":"hi"`,
		"a text without a text":                    `"type":"text"`,
		"a text that is a number":                  `"type":"text","text":7`,
		"a sticker without its package":            `"type":"sticker","stickerId":"1"`,
		"a location without a latitude":            `"type":"location","longitude":1`,
		"a location on no globe":                   `"type":"location","latitude":91,"longitude":0`,
		"a location whose coordinates are no ones": `"type":"location","latitude":"25","longitude":"121"`,
	} {
		t.Run(name+" is unsupported, with its payload", func(t *testing.T) {
			t.Parallel()
			c := message(t, rest)
			if c.Kind != channels.Unsupported || string(c.Raw) != `{"id":"1",`+rest+`}` || c.Text != "" || c.Sticker != nil {
				t.Errorf("got %+v", c)
			}
		})
	}
	t.Run("either half of an arranged sticker's name alone is a sticker", func(t *testing.T) {
		t.Parallel()
		if c := message(t, `"type":"sticker","packageId":"30563","stickerId":"1"`); c.Kind != channels.Sticker {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("a sticker keeps its keywords and text", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"sticker","packageId":"1","stickerId":"2","stickerResourceType":"MESSAGE","keywords":["hi","嗨"],"text":"早安"`)
		want := &channels.StickerRef{PackageID: "1", StickerID: "2", Type: "MESSAGE", Keywords: []string{"hi", "嗨"}, Text: "早安"}
		if !reflect.DeepEqual(c.Sticker, want) {
			t.Errorf("got %+v", c.Sticker)
		}
	})
	// GRP-14, GRP-15
	t.Run("mentions are cut by UTF-16 units", func(t *testing.T) {
		t.Parallel()
		// 👨‍👩‍👧 is eight units and 𠮷 is two; counting runes or bytes would cut elsewhere.
		c := message(t, `"type":"text","text":"👨‍👩‍👧𠮷@小明 hi","mention":{"mentionees":[{"index":10,"length":3,"type":"user","userId":"U1"}]}`)
		want := []channels.Mention{{Index: 10, Length: 3, Type: "user", UserID: "U1", Text: "@小明"}}
		if !reflect.DeepEqual(c.Mentions, want) {
			t.Errorf("got %+v", c.Mentions)
		}
	})
	t.Run("the account is recognised by its id where isSelf is missing, and never in @All", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"text","text":"@a @b","mention":{"mentionees":[{"index":0,"length":2,"type":"user","userId":"`+bot+`"},{"index":3,"length":2,"type":"all"}]}`)
		if len(c.Mentions) != 2 || !c.Mentions[0].IsSelf || c.Mentions[1].IsSelf {
			t.Errorf("got %+v", c.Mentions)
		}
	})
	t.Run("positions outside the text are cut to it", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"text","text":"abc","mention":{"mentionees":[
			{"index":2,"length":9223372036854775807,"type":"user","userId":"U1"},{"index":-5,"length":2,"type":"user","userId":"U2"},
			{"index":99,"length":2,"type":"user","userId":"U3"},{"type":"user","userId":"U4"},{"type":"square"},7]},
			"emojis":[{"index":1,"length":50,"productId":"p","emojiId":"e"},{"index":50,"length":1,"productId":"p","emojiId":"e"},{"index":0,"length":1},null]`)
		var texts []string
		for _, m := range c.Mentions {
			texts = append(texts, m.Text)
		}
		if !reflect.DeepEqual(texts, []string{"c", "ab", "", ""}) {
			t.Errorf("mentions %+v", c.Mentions)
		}
		if want := []channels.PlatformEmoji{{Index: 1, Length: 2, ProductID: "p", EmojiID: "e"}}; !reflect.DeepEqual(c.Emojis, want) {
			t.Errorf("emojis %+v", c.Emojis)
		}
	})
	t.Run("what adorns a message never costs the message", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"text","text":"hi","mention":7,"emojis":{"a":1},"quoteToken":[],"quotedMessageId":3,"markAsReadToken":null`)
		if c.Kind != channels.Text || c.Text != "hi" || c.Mentions != nil || c.Emojis != nil {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("media of an outside provider lie at its address", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"video","duration":60000,"contentProvider":{"type":"external","originalContentUrl":"https://example.com/v.mp4","previewImageUrl":"https://example.com/p.jpg"}`)
		want := &channels.Media{URL: "https://example.com/v.mp4", PreviewURL: "https://example.com/p.jpg", DurationMS: 60000}
		if c.Kind != channels.Video || !reflect.DeepEqual(c.Media, want) {
			t.Errorf("got %+v", c.Media)
		}
	})
	t.Run("sizes that cannot be are left out", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"file","fileName":"a.pdf","fileSize":-1,"duration":"long","imageSet":{"index":99999999999,"total":-2}`)
		if want := (&channels.Media{ID: "1", Name: "a.pdf"}); !reflect.DeepEqual(c.Media, want) {
			t.Errorf("got %+v", c.Media)
		}
	})
	// MSG-18
	t.Run("markup, NUL and broken characters arrive as data that can be stored", func(t *testing.T) {
		t.Parallel()
		c := message(t, `"type":"text","text":"<script>alert(1)</script>\u0000\ud800!"`)
		if c.Text != "<script>alert(1)</script>\uFFFD\uFFFD!" {
			t.Errorf("got %q", c.Text)
		}
	})
}

// CHAN-9: equal key, one effect.
func TestDedupeKey(t *testing.T) {
	t.Parallel()
	const rest = `"type":"message","timestamp":1762000001700,"source":{"type":"user","userId":"U1"},"message":{"type":"text","id":"1","text":"hi"}`
	first := parse(t, `{`+rest+`,"deliveryContext":{"isRedelivery":false}}`)[0]
	if !strings.HasPrefix(first.DedupeKey, "sha256:") || len(first.DedupeKey) != 71 {
		t.Errorf("key %q", first.DedupeKey)
	}
	t.Run("without LINE's id a redelivery still has the key of its first delivery", func(t *testing.T) {
		t.Parallel()
		again := parse(t, `{"deliveryContext": {"isRedelivery": true}, `+rest+`}`)[0]
		if again.DedupeKey != first.DedupeKey || !again.Redelivery {
			t.Errorf("got %q, want %q", again.DedupeKey, first.DedupeKey)
		}
	})
	t.Run("without LINE's id another event has another key", func(t *testing.T) {
		t.Parallel()
		other := parse(t, `{`+strings.Replace(rest, `"id":"1"`, `"id":"2"`, 1)+`}`)[0]
		if other.DedupeKey == first.DedupeKey {
			t.Errorf("both have %q", other.DedupeKey)
		}
	})
	t.Run("an id that is none is not taken for one", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{`""`, `null`, `7`, `"a b"`, `"` + strings.Repeat("x", 600) + `"`} {
			e := parse(t, `{"webhookEventId":`+id+`,`+rest+`}`)[0]
			if !strings.HasPrefix(e.DedupeKey, "sha256:") || e.Kind != channels.MessageReceived {
				t.Errorf("%s gave %q", id, e.DedupeKey)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, fixture := range fixtures(f) {
		f.Add(fixture.body)
	}
	f.Add([]byte(`{"events":[null,1,"x",[],{},{"type":"message","source":{"type":"user"}}]}`))
	f.Add([]byte(`{"events":[{"type":"message","timestamp":1,"source":{"type":"room","roomId":"R"},"message":{"id":"1","type":"text","text":"\ud83d😀","mention":{"mentionees":[{"type":"all","index":1,"length":9}]}}}]}`))
	adapter := line.New(&http.Client{})
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := adapter.Parse(channels.Account{PlatformID: bot}, body)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || events != nil {
				t.Fatalf("got %v with %d events", err, len(events))
			}
			return
		}
		again, err := adapter.Parse(channels.Account{PlatformID: bot}, bytes.Clone(body))
		if err != nil || !reflect.DeepEqual(events, again) {
			t.Fatalf("the second reading differs: %v", err)
		}
		for _, e := range events {
			fuzzedEvent(t, e)
		}
	})
}

// fuzzedEvent checks what the desk relies on in any event.
func fuzzedEvent(t *testing.T, e channels.Event) {
	t.Helper()
	if e.Kind == "" || e.DedupeKey == "" || !json.Valid(e.Raw) {
		t.Fatalf("incomplete: %+v", e)
	}
	if e.Kind == channels.Ignored {
		if e.Reason == "" {
			t.Fatal("ignored without a reason")
		}
		return
	}
	if e.OccurredAt.IsZero() || e.Peer != nil && e.Peer.ID == "" {
		t.Fatalf("incomplete: %+v", e)
	}
	if e.Kind != channels.MessageReceived && e.Kind != channels.MessageEdited {
		return
	}
	if e.MessageID == "" || e.Peer == nil || e.Content == nil || e.Content.Kind == "" {
		t.Fatalf("incomplete: %+v", e)
	}
	if !utf8.ValidString(e.Content.Text) || strings.Contains(e.Content.Text, "\x00") {
		t.Fatalf("text that cannot be stored: %q", e.Content.Text)
	}
	units := utf16.Encode([]rune(e.Content.Text))
	for _, m := range e.Content.Mentions {
		if got := string(utf16.Decode(units[m.Index : m.Index+m.Length])); got != m.Text {
			t.Fatalf("mention %q is %q in the text", m.Text, got)
		}
	}
	for _, m := range e.Content.Emojis {
		_ = units[m.Index : m.Index+m.Length]
	}
}
