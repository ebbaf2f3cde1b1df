package line_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
)

// fixtureSecret signs every fixture.
const fixtureSecret = "fixture-line-channel-secret-01"

// fixture is a body of LINE's and what has to be understood of it.
type fixture struct {
	name   string
	body   []byte
	HTTP   struct{ Headers map[string]string }
	Expect struct{ Events []map[string]any }
}

func (f fixture) header() http.Header {
	header := http.Header{}
	for name, value := range f.HTTP.Headers {
		header.Set(name, value)
	}
	return header
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	metas, err := filepath.Glob("testdata/*.meta.json")
	if err != nil || len(metas) != 33 {
		t.Fatalf("%d fixtures, %v; there are 33", len(metas), err)
	}
	var all []fixture
	for _, path := range metas {
		f := fixture{name: strings.TrimSuffix(filepath.Base(path), ".meta.json")}
		meta, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(meta, &f)
		}
		if err == nil {
			f.body, err = os.ReadFile(strings.TrimSuffix(path, ".meta.json") + ".json")
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, f)
	}
	return all
}

func fixtureAccount() channels.Account {
	return channels.Account{Credentials: channels.Credentials{line.ChannelSecret: fixtureSecret}}
}

// CHAN-9, CHAN-15, GRP-14, MSG-12: every field a fixture names is compared; one this test does not know fails it.
func TestFixtures(t *testing.T) {
	t.Parallel()
	adapter := line.New(&http.Client{})
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if err := adapter.Verify(fixtureAccount(), f.header(), f.body); err != nil {
				t.Fatalf("verify: %v", err)
			}
			events, err := adapter.Parse(fixtureAccount(), f.body)
			if err != nil {
				t.Fatalf("parse: %v", err)
			}
			if len(events) != len(f.Expect.Events) {
				t.Fatalf("%d events, want %d", len(events), len(f.Expect.Events))
			}
			for i, want := range f.Expect.Events {
				compare(t, f, events[i], want)
			}
		})
	}
}

// compare checks an event against a fixture's words for it.
func compare(t *testing.T, f fixture, got channels.Event, want map[string]any) {
	t.Helper()
	actual := inFixtureWords(t, f, got)
	for name, value := range want {
		have, known := actual[name]
		if !known {
			t.Errorf("this test does not know the field %q", name)
			continue
		}
		if w, h := inJSON(t, value), inJSON(t, have); w != h {
			t.Errorf("%s: got %s, want %s", name, h, w)
		}
	}
}

// inFixtureWords writes an event as the fixtures do. Objects list exactly the fields the fixtures give them.
func inFixtureWords(t *testing.T, f fixture, e channels.Event) map[string]any {
	t.Helper()
	var body struct{ Destination string }
	if err := json.Unmarshal(f.body, &body); err != nil {
		t.Fatal(err)
	}
	words := map[string]any{
		"kind":                       string(e.Kind),
		"account_ref":                body.Destination,
		"occurred_at":                e.OccurredAt.Format("2006-01-02T15:04:05.000Z07:00"),
		"dedupe_key":                 e.DedupeKey,
		"redelivery":                 e.Redelivery,
		"reply_token_present":        e.ReplyToken != "",
		"message_id":                 e.MessageID,
		"target_message_id":          e.MessageID,
		"quoted_message_id":          e.QuotedMessageID,
		"quote_token_present":        e.QuoteToken != "",
		"mark_as_read_token_present": e.ReadToken != "",
		"is_unblocked":               e.IsUnblocked,
		"members":                    e.Members,
		"raw_type":                   e.Reason,
		"creates_message":            e.Kind == channels.MessageReceived,
	}
	if e.OccurredAt.Location() != time.UTC {
		t.Errorf("the time is not UTC: %v", e.OccurredAt)
	}
	if e.Peer != nil {
		words["conversation"] = map[string]any{"type": string(e.Peer.Type), "id": e.Peer.ID}
		if e.Peer.Type == channels.PeerGroup {
			words["group_id"] = e.Peer.ID
		}
	}
	if e.SenderID != "" {
		words["sender"] = map[string]any{"id": e.SenderID}
	}
	switch e.Kind {
	case channels.Postback:
		p := map[string]any{"data": e.PostbackData}
		if e.PostbackParams != nil {
			p["params"] = e.PostbackParams
		}
		words["postback"] = p
	case channels.AccountLinked:
		result := "failed"
		if e.LinkOK {
			result = "ok"
		}
		words["link"] = map[string]any{"result": result, "nonce": e.LinkNonce}
	}
	if e.Content != nil {
		contentInFixtureWords(words, e.Content)
	}
	return words
}

func contentInFixtureWords(words map[string]any, c *channels.Content) {
	words["content_type"] = strings.ToLower(string(c.Kind))
	words["text"] = c.Text
	isBotMentioned := false
	var mentions []map[string]any
	for _, m := range c.Mentions {
		isBotMentioned = isBotMentioned || m.IsSelf
		mention := map[string]any{"type": m.Type, "text": m.Text}
		if m.Type == "user" {
			mention["user_id"], mention["is_self"] = m.UserID, m.IsSelf
		}
		mentions = append(mentions, mention)
	}
	words["mentions"], words["mentions_bot"] = mentions, isBotMentioned
	var emojis []map[string]any
	for _, e := range c.Emojis {
		emojis = append(emojis, map[string]any{"index": e.Index, "length": e.Length, "product_id": e.ProductID, "emoji_id": e.EmojiID})
	}
	words["emojis"] = emojis
	if m := c.Media; m != nil {
		medium := map[string]any{"type": words["content_type"], "id": m.ID, "fetch": "line_content"}
		for name, value := range map[string]int64{"duration_ms": m.DurationMS, "size": m.Size} {
			if value != 0 {
				medium[name] = value
			}
		}
		if m.Name != "" {
			medium["filename"] = m.Name
		}
		if m.URL != "" {
			medium["url"], medium["fetch"] = m.URL, "url"
		}
		words["media"] = []any{medium}
		words["image_set"] = map[string]any{"id": m.SetID, "index": m.SetIndex, "total": m.SetTotal}
	}
	if s := c.Sticker; s != nil {
		words["sticker"] = map[string]any{"package_id": s.PackageID, "sticker_id": s.StickerID, "resource_type": s.Type}
	}
	if l := c.Location; l != nil {
		words["location"] = map[string]any{"title": l.Title, "address": l.Address, "lat": l.Latitude, "lng": l.Longitude}
	}
}

// inJSON gives a value with its keys in order, to compare by.
func inJSON(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}
