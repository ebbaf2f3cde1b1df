package line

import (
	"encoding/json"
	"maps"
	"time"
)

// fields is a JSON object.
type fields map[string]any

// Event is one event of a webhook body. It is a value: its methods return changed copies.
type Event struct {
	bot    *Bot
	chat   string
	fields fields
}

// MarshalJSON writes the event as LINE does.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.fields) }

// ID is LINE's id of the event.
func (e Event) ID() string { return e.text("webhookEventId") }

// MessageID is the id of the message the event is about: new, edited or unsent.
func (e Event) MessageID() string {
	if unsent, is := e.fields["unsend"].(fields); is {
		id, _ := unsent["messageId"].(string)
		return id
	}
	return e.messageText("id")
}

// QuoteToken quotes the event's message in an answer; "" where it cannot be.
func (e Event) QuoteToken() string { return e.messageText("quoteToken") }

// ReplyToken answers the event by reply; "" where it cannot be.
func (e Event) ReplyToken() string { return e.text("replyToken") }

// Redelivered is the event as LINE sends it again: everything the same, but marked. Its reply token counts anew from now.
func (e Event) Redelivered() Event {
	now := e.bot.server.clock.Now()
	e.bot.change(func() {
		if token := e.bot.replyTokens[e.ReplyToken()]; token != nil {
			token.givenAt = now
		}
	})
	return e.with("deliveryContext", fields{"isRedelivery": true})
}

// Standby is the event as LINE sends it to a module that does not hold the chat: without a reply token.
func (e Event) Standby() Event { return e.with("mode", "standby").without("replyToken") }

// At is the event at another time, as when it was delivered late.
func (e Event) At(t time.Time) Event { return e.with("timestamp", t.UnixMilli()) }

// With is the event with one of its fields replaced, for bodies LINE does not send.
func (e Event) With(name string, value any) Event { return e.with(name, value) }

// Without is the event without one of its fields.
func (e Event) Without(name string) Event { return e.without(name) }

func (e Event) with(name string, value any) Event {
	e.fields = maps.Clone(e.fields)
	e.fields[name] = value
	return e
}

func (e Event) without(name string) Event {
	e.fields = maps.Clone(e.fields)
	delete(e.fields, name)
	return e
}

func (e Event) text(name string) string {
	s, _ := e.fields[name].(string)
	return s
}

func (e Event) messageText(name string) string {
	message, _ := e.fields["message"].(fields)
	s, _ := message[name].(string)
	return s
}

// event begins an event of the speaker's chat. It gets LINE's id, the time and, where LINE gives one, a reply token.
func (s Speaker) event(kind string, hasReplyToken bool) Event {
	server := s.bot.server
	now := server.clock.Now()
	e := Event{bot: s.bot, chat: s.chat, fields: fields{
		"type": kind, "mode": "active", "timestamp": now.UnixMilli(), "webhookEventId": server.eventID(now),
		"deliveryContext": fields{"isRedelivery": false}, "source": s.source(),
	}}
	if hasReplyToken {
		token := server.hex(16)
		s.bot.change(func() {
			s.bot.forget(now)
			s.bot.replyTokens[token] = &replyToken{chat: s.chat, eventAt: now, givenAt: now}
		})
		e.fields["replyToken"] = token
	}
	return e
}

func (s Speaker) source() fields {
	source := fields{"type": "user"}
	switch {
	case isID("C", s.chat):
		source = fields{"type": "group", "groupId": s.chat}
	case isID("R", s.chat):
		source = fields{"type": "room", "roomId": s.chat}
	}
	if s.person != "" {
		source["userId"] = s.person
	}
	return source
}
