package line

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Parse turns a verified webhook body into events, in body order. The body may hold no event (the console's Verify button), or several
// of different people and chats. Each event is read on its own: one that cannot be understood becomes Ignored with a Reason, keeps its
// raw form and never fails the others; types without meaning for us and types LINE invents later are Ignored with the type as Reason.
// A body that is no JSON object, or has neither destination nor events, is a fault of kind Invalid.
//
// The body's destination is not compared with the account: which account it is was decided by the address that was called and proven
// by the signature.
func (a *Adapter) Parse(account channels.Account, body []byte) ([]channels.Event, error) {
	var root struct {
		Destination json.RawMessage    `json:"destination"`
		Events      *[]json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &root); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the body is no LINE webhook")
	}
	destination := object{"destination": root.Destination}.id("destination")
	if root.Events == nil {
		if destination == "" {
			return nil, fault.New(fault.Invalid, "the body is no LINE webhook: it has neither destination nor events")
		}
		return []channels.Event{}, nil
	}
	self := []string{destination, account.PlatformID}
	events := make([]channels.Event, 0, len(*root.Events))
	for _, raw := range *root.Events {
		events = append(events, parseEvent(raw, self))
	}
	return events, nil
}

// parseEvent reads one event. self are the ids under which the account itself may be mentioned.
func parseEvent(raw json.RawMessage, self []string) channels.Event {
	fields := objectOf(raw)
	event := channels.Event{Kind: channels.Ignored, DedupeKey: dedupeKey(raw, fields), Raw: raw}
	kind := fields.string("type")
	if kind == "" {
		return malformed(event, "the event has no type")
	}
	event.ReplyToken = fields.id("replyToken")
	event.Standby = fields.string("mode") == "standby"
	event.Redelivery = fields.object("deliveryContext").bool("isRedelivery")
	event.Peer, event.SenderID = source(fields.object("source"))
	at, ok := occurredAt(fields)
	if !ok {
		return malformed(event, kind+" without a timestamp")
	}
	event.OccurredAt = at

	needs, meaning := meanings(kind)
	if meaning == nil {
		event.Reason = kind
		return event
	}
	switch {
	case needs != anywhere && event.Peer == nil:
		return malformed(event, kind+" without a known source")
	case needs == inGroup && event.Peer.Type == channels.PeerUser, needs == oneToOne && event.Peer.Type != channels.PeerUser:
		return malformed(event, kind+" from a "+string(event.Peer.Type))
	}
	understood := event
	if missing := meaning(&understood, fields, self); missing != "" {
		return malformed(event, kind+" without "+missing)
	}
	return understood
}

// malformed marks an event as not understood. What was read of it so far stays: it tells whose event it was.
func malformed(event channels.Event, why string) channels.Event {
	event.Kind, event.Reason = channels.Ignored, "malformed: "+why
	return event
}

// place says where an event can happen.
type place int

const (
	anywhere place = iota // a source is not required
	inChat
	oneToOne
	inGroup
)

// meaningFunc completes an event from its fields and returns what is missing in them, or "".
type meaningFunc func(event *channels.Event, fields object, self []string) string

// meanings gives for a type of event where it happens and what it means; nil for a type without meaning for customer service
// (videoPlayComplete, beacon, membership, delivery, module, activated, deactivated) or one that is new.
func meanings(kind string) (place, meaningFunc) {
	switch kind {
	case "message":
		return inChat, messageReceived
	case "messageEdited":
		// Groups only. In LINE's reference since 2026, in neither its OpenAPI files nor its SDKs.
		return inChat, messageEdited
	case "unsend":
		return inChat, messageUnsent
	case "postback":
		return inChat, postback
	case "follow":
		return oneToOne, followed
	case "unfollow":
		return oneToOne, simply(channels.Unfollowed)
	case "join":
		return inGroup, simply(channels.GroupJoined)
	case "leave":
		return inGroup, simply(channels.GroupLeft)
	case "memberJoined":
		return inGroup, members(channels.MembersJoined, "joined")
	case "memberLeft":
		return inGroup, members(channels.MembersLeft, "left")
	case "accountLink":
		return anywhere, accountLinked
	case "botSuspended":
		return anywhere, accountHealth(channels.AccountTrouble)
	case "botResumed":
		return anywhere, accountHealth(channels.AccountRecovered)
	default:
		return anywhere, nil
	}
}

func simply(kind channels.EventKind) meaningFunc {
	return func(event *channels.Event, _ object, _ []string) string {
		event.Kind = kind
		return ""
	}
}

func accountHealth(kind channels.EventKind) meaningFunc {
	return func(event *channels.Event, fields object, _ []string) string {
		event.Kind, event.Reason = kind, fields.string("type")
		return ""
	}
}

func messageReceived(event *channels.Event, fields object, self []string) string {
	message := fields.object("message")
	if event.MessageID = message.id("id"); event.MessageID == "" {
		return "a message id"
	}
	event.Kind = channels.MessageReceived
	event.Content = content(message, fields["message"], self)
	event.QuoteToken = message.id("quoteToken")
	event.QuotedMessageID = message.id("quotedMessageId")
	event.ReadToken = message.id("markAsReadToken")
	return ""
}

func messageEdited(event *channels.Event, fields object, self []string) string {
	missing := messageReceived(event, fields, self)
	event.Kind = channels.MessageEdited
	return missing
}

func messageUnsent(event *channels.Event, fields object, _ []string) string {
	if event.MessageID = fields.object("unsend").id("messageId"); event.MessageID == "" {
		return "a message id"
	}
	event.Kind = channels.MessageUnsent
	return ""
}

func postback(event *channels.Event, fields object, _ []string) string {
	payload := fields.object("postback")
	data, ok := payload.text("data")
	if !ok {
		return "data"
	}
	event.Kind, event.PostbackData = channels.Postback, data
	for name, value := range payload.object("params") {
		if event.PostbackParams == nil {
			event.PostbackParams = make(map[string]string)
		}
		event.PostbackParams[storable(name)] = plain(value)
	}
	return ""
}

func followed(event *channels.Event, fields object, _ []string) string {
	event.Kind = channels.Followed
	event.IsUnblocked = fields.object("follow").bool("isUnblocked")
	return ""
}

func members(kind channels.EventKind, list string) meaningFunc {
	return func(event *channels.Event, fields object, _ []string) string {
		for _, raw := range fields.object(list).list("members") {
			if id := objectOf(raw).id("userId"); id != "" {
				event.Members = append(event.Members, id)
			}
		}
		if len(event.Members) == 0 {
			return "members"
		}
		event.Kind = kind
		return ""
	}
}

func accountLinked(event *channels.Event, fields object, _ []string) string {
	link := fields.object("link")
	result := link.string("result")
	if result == "" {
		return "a result"
	}
	event.Kind = channels.AccountLinked
	event.LinkOK = result == "ok"
	event.LinkNonce = link.id("nonce")
	return ""
}

// source reads who an event is of: the chat and the person. In groups the person is often unknown: a member who has not consented, such
// as one who only ever used LINE on a PC, has no user id here.
func source(fields object) (*channels.Peer, string) {
	user := fields.id("userId")
	peer := channels.Peer{}
	switch fields.string("type") {
	case "user":
		peer = channels.Peer{Type: channels.PeerUser, ID: user}
	case "group":
		peer = channels.Peer{Type: channels.PeerGroup, ID: fields.id("groupId")}
	case "room":
		peer = channels.Peer{Type: channels.PeerRoom, ID: fields.id("roomId")}
	}
	if peer.ID == "" {
		return nil, user
	}
	return &peer, user
}

// occurredAt reads the time of the event; a redelivered event keeps the time of its first delivery.
func occurredAt(fields object) (time.Time, bool) {
	ms, ok := fields.integer("timestamp")
	if !ok || ms <= 0 || ms > latestMS {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}

// latestMS is the end of the year 9999, past which neither RFC 3339 nor the databases go.
const latestMS = 253402300799999

// dedupeKey is LINE's id of the event, the same on every delivery. An event without one is known by its content: all of it but
// deliveryContext, which is what a redelivery changes, and whatever the order of its properties.
func dedupeKey(raw json.RawMessage, fields object) string {
	if id := fields.id("webhookEventId"); id != "" {
		return id
	}
	stable := []byte(raw)
	if fields != nil {
		rest := make(object, len(fields))
		for name, value := range fields {
			if name != "deliveryContext" {
				rest[name] = value
			}
		}
		if sorted, err := json.Marshal(rest); err == nil {
			stable = sorted
		}
	}
	sum := sha256.Sum256(stable)
	return "sha256:" + hex.EncodeToString(sum[:])
}
