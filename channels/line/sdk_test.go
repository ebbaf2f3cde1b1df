package line_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
)

// difference is something in which this package means to differ from LINE's own SDK. Each must show itself at least once, and every other
// difference fails.
type difference struct{ where, what, why string }

// differences collects what was found and compares it with what is meant.
type differences struct {
	t     *testing.T
	meant []difference
	mu    sync.Mutex
	seen  map[int]bool
}

func newDifferences(t *testing.T, meant []difference) *differences {
	d := &differences{t: t, meant: meant, seen: map[int]bool{}}
	t.Cleanup(func() {
		for i, m := range meant {
			if !d.seen[i] {
				t.Errorf("%s no longer differs in %s: take it off the list (%s)", m.where, m.what, m.why)
			}
		}
	})
	return d
}

// isMeant says whether a difference is on the list. Where may be a part, "message" of "message/text".
func (d *differences) isMeant(where, what string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, m := range d.meant {
		if (m.where == where || strings.HasPrefix(where, m.where+"/")) && (m.what == what || strings.HasPrefix(what, m.what+".")) {
			d.seen[i] = true
			return true
		}
	}
	return false
}

// readings compares what two programs made of one event. What has no value is left out: a Go field without one says nothing.
func (d *differences) readings(t *testing.T, where string, ours, theirs channels.Event) {
	t.Helper()
	d.compare(t, where, flat(t, ours, true), flat(t, theirs, true))
}

// compare wants two sets of paths and values to be equal, but for what is meant.
func (d *differences) compare(t *testing.T, where string, ours, theirs map[string]string) {
	t.Helper()
	paths := map[string]bool{}
	for path := range ours {
		paths[path] = true
	}
	for path := range theirs {
		paths[path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		a, isOurs := ours[path]
		b, isTheirs := theirs[path]
		if (a != b || isOurs != isTheirs) && !d.isMeant(where, path) {
			t.Errorf("%s: %s is %q (%v) for us and %q (%v) for LINE's SDK", where, path, a, isOurs, b, isTheirs)
		}
	}
}

// flat writes a value as paths and plain values.
func flat(t *testing.T, value any, withoutEmpty bool) map[string]string {
	t.Helper()
	var plain any
	decoder := json.NewDecoder(strings.NewReader(inJSON(t, value)))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, one := range v {
				walk(strings.TrimPrefix(path+"."+name, "."), one)
			}
		case []any:
			for i, one := range v {
				walk(path+"."+strconv.Itoa(i), one)
			}
		default:
			s := fmt.Sprint(v)
			if !withoutEmpty || v != nil && s != "" && s != "0" && s != "false" {
				all[path] = s
			}
		}
	}
	walk("", plain)
	return all
}

// What we read that the SDK does not, and the reverse.
var readDifferences = []difference{
	{"message", "ReadToken", "LINE writes markAsReadToken since 2025; this version of the SDK drops it"},
	{"messageEdited", "Kind", "in LINE's reference since 2026 and not in the SDK, for which it is an event of a type to come"},
	{"messageEdited", "Reason", "the same"},
	{"messageEdited", "MessageID", "the same"},
	{"messageEdited", "Content", "the same"},
	{"messageEdited", "QuoteToken", "the same"},
	{"messageEdited", "DedupeKey", "of events it does not know the SDK reads nothing but the type"},
	{"messageEdited", "OccurredAt", "the same"},
	{"messageEdited", "Peer", "the same"},
	{"messageEdited", "SenderID", "the same"},
	{"messageEdited", "ReplyToken", "the same"},
	{"message/sticker of several", "Content", "MSG-13: LINE does not show arranged stickers; a neutral one in their place would be a lie"},
}

// inOurWords is what a program that is built on LINE's SDK reads of an event.
func inOurWords(t *testing.T, event webhook.EventInterface) channels.Event {
	t.Helper()
	e := channels.Event{Kind: channels.Ignored, Reason: event.GetType()}
	common := func(source webhook.SourceInterface, timestamp int64, mode webhook.EventMode, id string, delivery *webhook.DeliveryContext) {
		e.OccurredAt, e.DedupeKey, e.Standby = time.UnixMilli(timestamp).UTC(), id, mode == webhook.EventMode_STANDBY
		e.Redelivery = delivery != nil && delivery.IsRedelivery
		switch s := source.(type) {
		case webhook.UserSource:
			e.Peer, e.SenderID = &channels.Peer{Type: channels.PeerUser, ID: s.UserId}, s.UserId
		case webhook.GroupSource:
			e.Peer, e.SenderID = &channels.Peer{Type: channels.PeerGroup, ID: s.GroupId}, s.UserId
		case webhook.RoomSource:
			e.Peer, e.SenderID = &channels.Peer{Type: channels.PeerRoom, ID: s.RoomId}, s.UserId
		case nil:
		default:
			t.Fatalf("a source of type %T", source)
		}
	}
	is := func(kind channels.EventKind) { e.Kind, e.Reason = kind, "" }
	members := func(list []webhook.UserSource) {
		for _, m := range list {
			e.Members = append(e.Members, m.UserId)
		}
	}
	switch v := event.(type) {
	case webhook.MessageEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.MessageReceived)
		e.ReplyToken = v.ReplyToken
		messageInOurWords(t, &e, v.Message)
	case webhook.UnsendEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.MessageUnsent)
		e.MessageID = v.Unsend.MessageId
	case webhook.PostbackEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.Postback)
		e.ReplyToken, e.PostbackData, e.PostbackParams = v.ReplyToken, v.Postback.Data, v.Postback.Params
	case webhook.FollowEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.Followed)
		e.ReplyToken, e.IsUnblocked = v.ReplyToken, v.Follow.IsUnblocked
	case webhook.UnfollowEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.Unfollowed)
	case webhook.JoinEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.GroupJoined)
		e.ReplyToken = v.ReplyToken
	case webhook.LeaveEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.GroupLeft)
	case webhook.MemberJoinedEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.MembersJoined)
		e.ReplyToken = v.ReplyToken
		members(v.Joined.Members)
	case webhook.MemberLeftEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.MembersLeft)
		members(v.Left.Members)
	case webhook.AccountLinkEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		is(channels.AccountLinked)
		e.ReplyToken, e.LinkNonce, e.LinkOK = v.ReplyToken, v.Link.Nonce, v.Link.Result == webhook.LinkContentRESULT_OK
	case webhook.VideoPlayCompleteEvent:
		common(v.Source, v.Timestamp, v.Mode, v.WebhookEventId, v.DeliveryContext)
		e.ReplyToken = v.ReplyToken
	case webhook.UnknownEvent:
	default:
		t.Fatalf("this test does not know an event of type %T", event)
	}
	return e
}

func messageInOurWords(t *testing.T, e *channels.Event, message webhook.MessageContentInterface) {
	t.Helper()
	c := &channels.Content{}
	e.Content = c
	media := func(kind channels.MessageKind, id string, provider *webhook.ContentProvider) *channels.Media {
		c.Kind, e.MessageID = kind, id
		c.Media = &channels.Media{ID: id}
		if provider != nil && provider.Type == webhook.ContentProviderTYPE_EXTERNAL {
			c.Media = &channels.Media{URL: provider.OriginalContentUrl, PreviewURL: provider.PreviewImageUrl}
		}
		return c.Media
	}
	switch m := message.(type) {
	case webhook.TextMessageContent:
		c.Kind, c.Text = channels.Text, m.Text
		e.MessageID, e.QuoteToken, e.QuotedMessageID = m.Id, m.QuoteToken, m.QuotedMessageId
		units := utf16.Encode([]rune(m.Text))
		part := func(index, length int32) string { return string(utf16.Decode(units[index : index+length])) }
		if m.Mention != nil {
			for _, one := range m.Mention.Mentionees {
				switch who := one.(type) {
				case webhook.UserMentionee:
					c.Mentions = append(c.Mentions, channels.Mention{
						Type: "user", Index: int(who.Index), Length: int(who.Length), UserID: who.UserId, IsSelf: who.IsSelf, Text: part(who.Index, who.Length),
					})
				case webhook.AllMentionee:
					c.Mentions = append(c.Mentions, channels.Mention{Type: "all", Index: int(who.Index), Length: int(who.Length), Text: part(who.Index, who.Length)})
				default:
					t.Fatalf("a mention of type %T", one)
				}
			}
		}
		for _, one := range m.Emojis {
			c.Emojis = append(c.Emojis, channels.PlatformEmoji{Index: int(one.Index), Length: int(one.Length), ProductID: one.ProductId, EmojiID: one.EmojiId})
		}
	case webhook.ImageMessageContent:
		to := media(channels.Image, m.Id, m.ContentProvider)
		e.QuoteToken = m.QuoteToken
		if m.ImageSet != nil {
			to.SetID, to.SetIndex, to.SetTotal = m.ImageSet.Id, int(m.ImageSet.Index), int(m.ImageSet.Total)
		}
	case webhook.VideoMessageContent:
		media(channels.Video, m.Id, m.ContentProvider).DurationMS = m.Duration
		e.QuoteToken = m.QuoteToken
	case webhook.AudioMessageContent:
		media(channels.Audio, m.Id, m.ContentProvider).DurationMS = m.Duration
	case webhook.FileMessageContent:
		to := media(channels.File, m.Id, nil)
		to.Name, to.Size = m.FileName, int64(m.FileSize)
	case webhook.LocationMessageContent:
		c.Kind, e.MessageID = channels.Location, m.Id
		c.Location = &channels.LocationRef{Title: m.Title, Address: m.Address, Latitude: m.Latitude, Longitude: m.Longitude}
	case webhook.StickerMessageContent:
		c.Kind, e.MessageID, e.QuoteToken, e.QuotedMessageID = channels.Sticker, m.Id, m.QuoteToken, m.QuotedMessageId
		c.Sticker = &channels.StickerRef{PackageID: m.PackageId, StickerID: m.StickerId, Type: string(m.StickerResourceType), Keywords: m.Keywords, Text: m.Text}
	default:
		t.Fatalf("this test does not know a message of type %T", message)
	}
}

// agree reads a signed body with LINE's SDK and with the adapter.
func (d *differences) agree(t *testing.T, secret, destination, signature string, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-line-signature", signature)
	theirs, err := webhook.ParseRequest(secret, request)
	if err != nil {
		t.Fatalf("LINE's SDK: %v", err)
	}
	adapter := line.New(&http.Client{})
	account := channels.Account{PlatformID: destination, Credentials: channels.Credentials{line.ChannelSecret: secret}}
	if err := adapter.Verify(account, request.Header, body); err != nil {
		t.Fatal(err)
	}
	ours, err := adapter.Parse(account, body)
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Destination != destination || len(ours) != len(theirs.Events) {
		t.Fatalf("%d events for us; %d to %s for LINE's SDK", len(ours), len(theirs.Events), theirs.Destination)
	}
	for i, their := range theirs.Events {
		our := ours[i]
		where := their.GetType()
		if m, ok := their.(webhook.MessageEvent); ok {
			where += "/" + m.Message.GetType()
			if s, ok := m.Message.(webhook.StickerMessageContent); ok && s.PackageId == "30563" && s.StickerId == "651698630" {
				where += " of several"
			}
		}
		our.Raw = nil
		d.readings(t, where, our, inOurWords(t, their))
	}
}

// CHAN-9, CHAN-15, GRP-14, GRP-15, MSG-5, MSG-12: what LINE's own SDK reads in our fixtures and in everything that the fake LINE can say, we read.
func TestReadsAsLINEsSDK(t *testing.T) {
	t.Parallel()
	d := newDifferences(t, readDifferences)
	for _, f := range fixtures(t) {
		t.Run("fixture "+f.name, func(t *testing.T) {
			t.Parallel()
			var body struct{ Destination string }
			if err := json.Unmarshal(f.body, &body); err != nil {
				t.Fatal(err)
			}
			d.agree(t, fixtureSecret, body.Destination, f.header().Get("x-line-signature"), f.body)
		})
	}
	server := started(t)
	bot := server.AddBot(fakeline.Setup{DisplayName: "官方客服"})
	said := speeches(bot)
	t.Run("the fake says nothing that is not compared", func(t *testing.T) {
		t.Parallel()
		group := bot.AddGroup(fakeline.GroupSetup{})
		for _, speaker := range []any{bot, bot.AddCustomer(fakeline.Person{}), group, group.Unknown(), said["Text"][0]} {
			kind := reflect.TypeOf(speaker)
			for m := range kind.Methods() {
				if m.Type.NumOut() != 1 || m.Type.Out(0) != reflect.TypeFor[fakeline.Event]() && m.Type.Out(0) != reflect.TypeFor[[]fakeline.Event]() {
					continue
				}
				if said[m.Name] == nil {
					t.Errorf("%v.%s is not among the speeches", kind, m.Name)
				}
			}
		}
	})
	for name, events := range said {
		t.Run("fake "+name, func(t *testing.T) {
			t.Parallel()
			body := bot.Body(events...)
			d.agree(t, bot.Setup().ChannelSecret, bot.Setup().UserID, bot.Sign(body), body)
		})
	}
}

// speeches is everything the fake LINE can say, by the name of the method that says it.
func speeches(bot *fakeline.Bot) map[string][]fakeline.Event {
	mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
	tom := bot.AddCustomer(fakeline.Person{Name: "小明"})
	group := bot.AddGroup(fakeline.GroupSetup{Name: "出貨群組", Members: []*fakeline.Customer{mia, tom}})
	room := bot.AddGroup(fakeline.GroupSetup{IsRoom: true, Members: []*fakeline.Customer{mia}})
	text := mia.Text("還有貨嗎?")
	// everywhere says a thing in the one-to-one chat, in the group, in the room, and without the member's consent.
	everywhere := func(say func(fakeline.Speaker) fakeline.Event) []fakeline.Event {
		return []fakeline.Event{say(mia.Speaker), say(mia.In(group)), say(mia.In(room)), say(group.Unknown()), say(room.Unknown())}
	}
	return map[string][]fakeline.Event{
		"Text":  append(everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Text("👨‍👩‍👧𠮷 <b>\"\\ \u2028") }), text),
		"Quote": everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Quote(text.MessageID(), "這個") }),
		"Mention": everywhere(func(s fakeline.Speaker) fakeline.Event {
			return s.Mention("👨‍👩‍👧𠮷@小明 @官方客服 @All 看一下", tom)
		}),
		"Emoji":           everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Emoji("𠮷 (love)!", "(love)", "5ac1bfd5", "001") }),
		"Sticker":         everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Sticker("446", "1988") }),
		"ArrangedSticker": everywhere(func(s fakeline.Speaker) fakeline.Event { return s.ArrangedSticker() }),
		"Location": everywhere(func(s fakeline.Speaker) fakeline.Event {
			return s.Location("台北 101", "信義路五段 7 號", 25.033964, -121.5644681)
		}),
		"Image":  everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Image([]byte("jpeg")) }),
		"Images": mia.Images([]byte("one"), []byte("two"), []byte("three")),
		"Video":  everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Video([]byte("mp4"), nil, 61*time.Second, 0) }),
		"External": everywhere(func(s fakeline.Speaker) fakeline.Event {
			return s.External("https://example.com/a", "https://example.com/p")
		}),
		"Audio":  everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Audio([]byte("m4a"), 4200*time.Millisecond) }),
		"File":   everywhere(func(s fakeline.Speaker) fakeline.Event { return s.File("報價單.pdf", []byte("pdf")) }),
		"Unsend": everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Unsend(text.MessageID()) }),
		"Edit":   {mia.In(group).Edit(text.MessageID(), "改一下"), mia.In(room).Edit(text.MessageID(), "改一下")},
		"Postback": append(everywhere(func(s fakeline.Speaker) fakeline.Event { return s.Postback("order=1&a=中", nil) }),
			mia.Postback("when", map[string]string{"datetime": "2026-01-31T10:00"})),
		"Follow":        {mia.Follow(false), mia.Follow(true)},
		"Unfollow":      {mia.Unfollow()},
		"LinkAccount":   {mia.LinkAccount("nonce")},
		"FailLink":      {bot.FailLink("nonce")},
		"Join":          {group.Join(), room.Join()},
		"Leave":         {group.Leave(), room.Leave()},
		"MembersJoined": {group.MembersJoined(mia, tom), room.MembersJoined(tom)},
		"MembersLeft":   {group.MembersLeft(tom), room.MembersLeft(mia, tom)},
		"Redelivered":   {text.Redelivered()},
		"Standby":       {text.Standby()},
		"At":            {text.At(time.Date(2026, 2, 28, 15, 59, 59, 999e6, time.UTC))},
		"With":          {text.With("somethingNew", map[string]any{"a": 1})},
		"Without":       {text.Without("deliveryContext")},
		"no event":      {},
	}
}

// CHAN-9: a body that the SDK takes for LINE's is ours to take, and one that it refuses is not, but for the spellings that this package refuses besides.
func TestVerifiesAsLINEsSDK(t *testing.T) {
	t.Parallel()
	d := newDifferences(t, []difference{
		{"line break in the signature", "verdict", "Go's decoder skips line breaks, so that the SDK takes many spellings of one signature"},
		{"without a secret", "verdict", "an account without a secret must verify nothing: anybody can sign with an empty key"},
	})
	body := []byte(vectorBody)
	for name, c := range map[string]struct{ secret, signature string }{
		"LINE's own example":          {vectorSecret, vectorSignature},
		"no signature":                {vectorSecret, ""},
		"another secret":              {fixtureSecret, vectorSignature},
		"of another body":             {vectorSecret, sign(vectorSecret, []byte("{}"))},
		"without padding":             {vectorSecret, strings.TrimRight(vectorSignature, "=")},
		"in the alphabet of URLs":     {vectorSecret, strings.NewReplacer("+", "-", "/", "_").Replace(vectorSignature)},
		"in hexadecimal digits":       {vectorSecret, fmt.Sprintf("%x", vectorSignature)},
		"with a blank":                {vectorSecret, " " + vectorSignature},
		"line break in the signature": {vectorSecret, vectorSignature[:20] + "\n" + vectorSignature[20:]},
		"without a secret":            {"", sign("", body)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := channels.Account{Credentials: channels.Credentials{line.ChannelSecret: c.secret}}
			ours := line.New(&http.Client{}).Verify(account, http.Header{"X-Line-Signature": {c.signature}}, body) == nil
			theirs := webhook.ValidateSignature(c.secret, c.signature, body)
			if ours && !theirs {
				t.Error("we take what LINE's SDK refuses")
			}
			d.compare(t, name, map[string]string{"verdict": strconv.FormatBool(ours)}, map[string]string{"verdict": strconv.FormatBool(theirs)})
		})
	}
}

// asked is a request as LINE sees it, in paths and plain values.
func asked(t *testing.T, r fake.Request) map[string]string {
	t.Helper()
	request := map[string]any{"method": r.Method, "path": r.Path, "status": r.Status}
	for name := range r.Query {
		request["query "+name] = r.Query.Get(name)
	}
	for name := range r.Header {
		request["header "+name] = r.Header.Get(name)
	}
	delete(request, "header Content-Length") // the body's, which is compared
	if len(r.Body) > 0 {
		var body any
		decoder := json.NewDecoder(bytes.NewReader(r.Body))
		decoder.UseNumber()
		if err := decoder.Decode(&body); err != nil {
			t.Fatal(err)
		}
		request["body"] = body
	}
	return flat(t, request, false)
}

const (
	ownName  = "we do not pretend to be the SDK"
	encoding = "JSON has one encoding; the SDK says charset=UTF-8 besides"
	emptyOne = "the SDK writes what is not set"
)

// CHAN-11, MSG-5, MSG-7, GRP-13: for the same content LINE gets from us what its own SDK would send.
func TestSendsAsLINEsSDK(t *testing.T) {
	t.Parallel()
	d := newDifferences(t, []difference{
		{"push", "header User-Agent", ownName},
		{"push", "header Content-Type", encoding},
		{"push", "body.notificationDisabled", emptyOne},
		{"push", "body.customAggregationUnits", emptyOne},
	})
	const https = "https://files.example.com/"
	for name, c := range map[string]struct {
		content channels.Content
		quotes  bool
		want    func(quote string) messaging_api.MessageInterface
	}{
		"text": {channels.Content{Kind: channels.Text, Text: "<b>你好</b> & \u2028👨‍👩‍👧"}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.TextMessage{Text: "<b>你好</b> & \u2028👨‍👩‍👧"}
			}},
		"text that quotes": {channels.Content{Kind: channels.Text, Text: "hi"}, true,
			func(q string) messaging_api.MessageInterface {
				return messaging_api.TextMessage{Text: "hi", QuoteToken: q}
			}},
		"sticker": {channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "446", StickerID: "1988", Type: "STATIC"}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.StickerMessage{PackageId: "446", StickerId: "1988"}
			}},
		"sticker that quotes": {channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "446", StickerID: "1988"}}, true,
			func(q string) messaging_api.MessageInterface {
				return messaging_api.StickerMessage{PackageId: "446", StickerId: "1988", QuoteToken: q}
			}},
		"location": {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "台北 101", Address: "信義路", Latitude: 25.033964, Longitude: 121.564468}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.LocationMessage{Title: "台北 101", Address: "信義路", Latitude: 25.033964, Longitude: 121.564468}
			}},
		"location at zero": {channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: "Null Island", Address: "Gulf of Guinea"}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.LocationMessage{Title: "Null Island", Address: "Gulf of Guinea"}
			}},
		"image": {channels.Content{Kind: channels.Image, Media: &channels.Media{URL: https + "a.jpg?a=1&b=2", PreviewURL: https + "p.jpg"}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.ImageMessage{OriginalContentUrl: https + "a.jpg?a=1&b=2", PreviewImageUrl: https + "p.jpg"}
			}},
		"video": {channels.Content{Kind: channels.Video, Media: &channels.Media{URL: https + "a.mp4", PreviewURL: https + "p.jpg", DurationMS: 5}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.VideoMessage{OriginalContentUrl: https + "a.mp4", PreviewImageUrl: https + "p.jpg"}
			}},
		"audio": {channels.Content{Kind: channels.Audio, Media: &channels.Media{URL: https + "a.m4a", DurationMS: 4200}}, false,
			func(string) messaging_api.MessageInterface {
				return messaging_api.AudioMessage{OriginalContentUrl: https + "a.m4a", Duration: 4200}
			}},
	} {
		for _, kind := range []channels.PeerType{channels.PeerUser, channels.PeerGroup, channels.PeerRoom} {
			t.Run(name+" to a "+string(kind), func(t *testing.T) {
				t.Parallel()
				server := started(t)
				bot := server.AddBot(fakeline.Setup{})
				mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
				to := channels.Peer{Type: kind, ID: mia.ID()}
				voice := mia.Speaker
				if kind != channels.PeerUser {
					group := bot.AddGroup(fakeline.GroupSetup{IsRoom: kind == channels.PeerRoom, Members: []*fakeline.Customer{mia}})
					to.ID, voice = group.ID(), mia.In(group)
				}
				quote := ""
				if c.quotes {
					quote = voice.Text("?").QuoteToken()
				}
				got := line.New(client(t)).Send(t.Context(), bot.Account(), channels.Outgoing{To: to, Content: c.content, QuoteToken: quote, RetryKey: retryKey})
				if got.Outcome != channels.Sent {
					t.Fatalf("got %+v", got)
				}
				// Under the same key: LINE takes it for the same request and answers 409 with the first one's ids.
				_, _ = sdk(t, bot).PushMessage(&messaging_api.PushMessageRequest{To: to.ID, Messages: []messaging_api.MessageInterface{c.want(quote)}}, retryKey)
				all := server.Requests().Requests()
				if len(all) != 2 || all[0].Status != http.StatusOK || all[1].Status != http.StatusConflict {
					t.Fatalf("LINE was asked %+v", all)
				}
				all[1].Status = http.StatusOK
				d.compare(t, "push", asked(t, all[0]), asked(t, all[1]))
			})
		}
	}
}

// CHAN-10, CHAN-13, CHAN-14, GRP-3, GRP-5, GRP-8: what we ask of LINE is what its own SDK would ask.
func TestAsksAsLINEsSDK(t *testing.T) {
	t.Parallel()
	meant := []difference{
		{"test", "header Content-Type", encoding},
	}
	for _, name := range []string{"info", "followers", "profile", "webhook", "test", "quota", "consumption", "content", "summary", "count", "member", "members", "leave"} {
		meant = append(meant, difference{name, "header User-Agent", ownName})
	}
	d := newDifferences(t, meant)
	server := started(t)
	bot := server.AddBot(fakeline.Setup{IsVerified: true})
	mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
	held := mia.Image([]byte("\xff\xd8\xff a picture"))
	const hook = "http://127.0.0.1:1/webhooks/line/x"
	bot.SetWebhook(hook, true)
	account, adapter := bot.Account(), line.New(client(t))
	theirs := sdk(t, bot)
	blob, err := messaging_api.NewMessagingApiBlobAPI(bot.Setup().AccessToken, messaging_api.WithBlobEndpoint(account.BaseURLs["data"]), messaging_api.WithBlobHTTPClient(client(t)))
	if err != nil {
		t.Fatal(err)
	}
	// requests are those that f makes.
	requests := func(f func() error) []fake.Request {
		t.Helper()
		server.Requests().Clear()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		return server.Requests().Requests()
	}
	info := func() error { _, err := theirs.GetBotInfo(); return err }
	followers := func() error { _, err := theirs.GetFollowers("", 1); return err }
	type call struct {
		name string
		ask  func() error
	}
	check := []call{
		{"info", info},
		{"webhook", func() error { _, err := theirs.GetWebhookEndpoint(); return err }},
		{"test", func() error {
			_, err := theirs.TestWebhookEndpoint(&messaging_api.TestWebhookEndpointRequest{Endpoint: hook})
			return err
		}},
		{"quota", func() error { _, err := theirs.GetMessageQuota(); return err }},
		{"consumption", func() error { _, err := theirs.GetMessageQuotaConsumption(); return err }},
		{"info", info}, {"followers", followers},
	}
	compare := func(t *testing.T, ours []fake.Request, calls []call) {
		t.Helper()
		if len(ours) != len(calls) {
			t.Fatalf("we asked %+v", ours)
		}
		for i, c := range calls {
			their := requests(c.ask)
			if len(their) != 1 {
				t.Fatalf("the SDK asked %+v", their)
			}
			d.compare(t, c.name, asked(t, ours[i]), asked(t, their[0]))
		}
	}
	compare(t, requests(func() error { _, err := adapter.FetchAccount(t.Context(), account); return err }), []call{{"info", info}, {"followers", followers}})
	compare(t, requests(func() error { _, err := adapter.FetchProfile(t.Context(), account, mia.ID()); return err }),
		[]call{{"profile", func() error { _, err := theirs.GetProfile(mia.ID()); return err }}})
	compare(t, requests(func() error { _, err := adapter.Check(t.Context(), account, hook); return err }), check)
	compare(t, requests(func() error {
		stream, err := adapter.FetchMedia(t.Context(), account, channels.Media{ID: held.MessageID()})
		if err == nil {
			err = stream.Close()
		}
		return err
	}), []call{{"content", func() error {
		answer, err := blob.GetMessageContent(held.MessageID())
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}}})
	for _, isRoom := range []bool{false, true} {
		group := bot.AddGroup(fakeline.GroupSetup{Name: "出貨群組", IsRoom: isRoom, Members: []*fakeline.Customer{mia}})
		id, peer := group.ID(), channels.Peer{Type: channels.PeerGroup, ID: group.ID()}
		summary := []call{{"summary", func() error { _, err := theirs.GetGroupSummary(id); return err }}}
		count := call{"count", func() error { _, err := theirs.GetGroupMemberCount(id); return err }}
		member := call{"member", func() error { _, err := theirs.GetGroupMemberProfile(id, mia.ID()); return err }}
		list := call{"members", func() error { _, err := theirs.GetGroupMembersIds(id, ""); return err }}
		leave := call{"leave", func() error { _, err := theirs.LeaveGroup(id); return err }}
		if isRoom {
			peer.Type, summary = channels.PeerRoom, nil
			count.ask = func() error { _, err := theirs.GetRoomMemberCount(id); return err }
			member.ask = func() error { _, err := theirs.GetRoomMemberProfile(id, mia.ID()); return err }
			list.ask = func() error { _, err := theirs.GetRoomMembersIds(id, ""); return err }
			leave.ask = func() error { group.Join(); _, err := theirs.LeaveRoom(id); return err }
		} else {
			ask := leave.ask
			leave.ask = func() error { group.Join(); return ask() }
		}
		compare(t, requests(func() error { _, err := adapter.FetchGroup(t.Context(), account, peer); return err }), append(summary, count))
		compare(t, requests(func() error { _, err := adapter.FetchMember(t.Context(), account, peer, mia.ID()); return err }), []call{member})
		compare(t, requests(func() error { _, err := adapter.ListMembers(t.Context(), account, peer); return err }), []call{list})
		compare(t, requests(func() error { return adapter.LeaveGroup(t.Context(), account, peer) }), []call{leave})
	}
}

// sdk is LINE's own client for an account of the fake.
func sdk(t *testing.T, bot *fakeline.Bot) *messaging_api.MessagingApiAPI {
	t.Helper()
	theirs, err := messaging_api.NewMessagingApiAPI(bot.Setup().AccessToken, messaging_api.WithEndpoint(bot.Account().BaseURLs["api"]), messaging_api.WithHTTPClient(client(t)))
	if err != nil {
		t.Fatal(err)
	}
	return theirs.WithContext(t.Context())
}
