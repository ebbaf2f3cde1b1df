package line

import (
	"strings"
	"time"
	"unicode/utf16"
)

// Speaker is a person's voice in one chat: one-to-one, group or room. What it says becomes an Event, which Bot.Deliver delivers.
type Speaker struct {
	bot    *Bot
	chat   string
	person string // "" is a member without consent
}

// Text says a text.
func (s Speaker) Text(text string) Event {
	return s.message(fields{"type": "text", "text": text}, true)
}

// Quote says a text as a reply to a message of the chat.
func (s Speaker) Quote(messageID, text string) Event {
	return s.message(fields{"type": "text", "text": text, "quotedMessageId": messageID}, true)
}

// Mention says a text that names people: a customer where "@" and the name stand in the text, everybody at "@All", and the account at "@"
// and its name. Names that do not stand in the text are left out.
func (s Speaker) Mention(text string, people ...*Customer) Event {
	var mentionees []fields
	add := func(name string, mentionee fields) {
		before, _, found := strings.Cut(text, "@"+name)
		if !found {
			return
		}
		mentionee["index"], mentionee["length"] = units(before), units("@"+name)
		mentionees = append(mentionees, mentionee)
	}
	add("All", fields{"type": "all"})
	setup := s.bot.Setup()
	add(setup.DisplayName, fields{"type": "user", "userId": setup.UserID, "isSelf": true})
	for _, c := range people {
		name := ""
		s.bot.change(func() { name = s.bot.people[c.person].Name })
		add(name, fields{"type": "user", "userId": c.person, "isSelf": false})
	}
	message := fields{"type": "text", "text": text}
	if mentionees != nil {
		message["mention"] = fields{"mentionees": mentionees}
	}
	return s.message(message, true)
}

// Emoji says a text with one of LINE's emojis at a part of it, "(love)".
func (s Speaker) Emoji(text, part, productID, emojiID string) Event {
	before, _, _ := strings.Cut(text, part)
	return s.message(fields{"type": "text", "text": text, "emojis": []fields{
		{"index": units(before), "length": units(part), "productId": productID, "emojiId": emojiID},
	}}, true)
}

// Sticker sends a sticker.
func (s Speaker) Sticker(packageID, stickerID string) Event {
	return s.message(fields{"type": "sticker", "packageId": packageID, "stickerId": stickerID, "stickerResourceType": "STATIC"}, true)
}

// ArrangedSticker sends stickers combined into one, which LINE does not show to accounts.
func (s Speaker) ArrangedSticker() Event { return s.Sticker("30563", "651698630") }

// Location shares a place.
func (s Speaker) Location(title, address string, latitude, longitude float64) Event {
	return s.message(fields{"type": "location", "title": title, "address": address, "latitude": latitude, "longitude": longitude}, false)
}

// Image sends a picture, which the account can fetch.
func (s Speaker) Image(jpeg []byte) Event {
	return s.media(fields{"type": "image"}, content{contentType: "image/jpeg", bytes: jpeg, preview: jpeg}, true)
}

// Images sends pictures together. LINE delivers them one by one, in any order.
func (s Speaker) Images(jpegs ...[]byte) []Event {
	set := strings.ToUpper(s.bot.server.hex(32))
	events := make([]Event, 0, len(jpegs))
	for i, jpeg := range jpegs {
		message := fields{"type": "image", "imageSet": fields{"id": set, "index": i + 1, "total": len(jpegs)}}
		events = append(events, s.media(message, content{contentType: "image/jpeg", bytes: jpeg, preview: jpeg}, true))
	}
	return events
}

// Video sends a film. LINE prepares it first: it can be fetched after transcoding was asked for pendingFor times, and never where that is
// below 0, because its preparation failed.
func (s Speaker) Video(mp4, preview []byte, duration time.Duration, pendingFor int) Event {
	message := fields{"type": "video", "duration": duration.Milliseconds()}
	return s.media(message, content{contentType: "video/mp4", bytes: mp4, preview: preview, pendingFor: pendingFor}, true)
}

// External sends a picture that lies elsewhere, at an address of the account's owner.
func (s Speaker) External(address, preview string) Event {
	return s.message(fields{"type": "image", "contentProvider": fields{"type": "external", "originalContentUrl": address, "previewImageUrl": preview}}, true)
}

// Audio sends a voice clip.
func (s Speaker) Audio(m4a []byte, duration time.Duration) Event {
	return s.media(fields{"type": "audio", "duration": duration.Milliseconds()}, content{contentType: "audio/x-m4a", bytes: m4a}, false)
}

// File sends a file.
func (s Speaker) File(name string, bytes []byte) Event {
	e := s.media(fields{"type": "file", "fileName": name, "fileSize": len(bytes)}, content{contentType: "application/octet-stream", bytes: bytes}, false)
	message, _ := e.fields["message"].(fields)
	delete(message, "contentProvider") // files have none
	return e
}

// Unsend takes a message back. Its content is gone from LINE too.
func (s Speaker) Unsend(messageID string) Event {
	s.bot.change(func() {
		if c := s.bot.contents[messageID]; c != nil {
			c.isGone = true
		}
	})
	return s.event("unsend", false).with("unsend", fields{"messageId": messageID})
}

// Edit changes a text. LINE does that in groups only: the same id, a new quote token and no read token.
func (s Speaker) Edit(messageID, text string) Event {
	message := fields{"type": "text", "id": messageID, "text": text}
	s.bot.change(func() { message["quoteToken"] = s.bot.newQuoteToken(s.chat) })
	return s.event("messageEdited", true).with("message", message)
}

// Postback presses a button. Params may be nil.
func (s Speaker) Postback(data string, params map[string]string) Event {
	postback := fields{"data": data}
	if params != nil {
		postback["params"] = params
	}
	return s.event("postback", true).with("postback", postback)
}

// message makes the event of a message of the chat.
func (s Speaker) message(message fields, isQuotable bool) Event {
	server := s.bot.server
	now := server.clock.Now()
	message["markAsReadToken"] = server.random.Token()
	s.bot.change(func() {
		message["id"] = server.messageID()
		if isQuotable {
			message["quoteToken"] = s.bot.newQuoteToken(s.chat)
		}
		if p := s.bot.people[s.person]; p != nil && s.chat == s.person {
			p.wroteAt = now
		}
	})
	return s.event("message", true).with("message", message)
}

func (s Speaker) media(message fields, c content, isQuotable bool) Event {
	message["contentProvider"] = fields{"type": "line"}
	e := s.message(message, isQuotable)
	if c.bytes == nil {
		c.bytes = []byte{}
	}
	s.bot.change(func() { s.bot.contents[e.MessageID()] = &c })
	return e
}

// units counts as LINE does, in UTF-16 code units.
func units(s string) int { return len(utf16.Encode([]rune(s))) }
