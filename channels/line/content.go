package line

import (
	"encoding/json"
	"slices"
	"unicode/utf16"

	"github.com/switchyard-chat/switchyard/channels"
)

// LINE writes this sticker in place of every arranged sticker (several stickers combined into one), whose picture it does not give.
const (
	arrangedPackage = "30563"
	arrangedSticker = "651698630"
)

// content reads what a message holds. A type we do not know, and a known one without the part that makes it, is Unsupported with the
// platform's own payload (MSG-13): the conversation still shows that something came.
func content(message object, raw json.RawMessage, self []string) *channels.Content {
	c := &channels.Content{}
	ok := false
	switch message.string("type") {
	case "text":
		c.Kind = channels.Text
		c.Text, ok = message.text("text")
		c.Mentions = mentions(message, c.Text, self)
		c.Emojis = emojis(message, c.Text)
	case "image":
		c.Kind, c.Media, ok = channels.Image, media(message), true
	case "video":
		c.Kind, c.Media, ok = channels.Video, media(message), true
	case "audio":
		c.Kind, c.Media, ok = channels.Audio, media(message), true
	case "file":
		c.Kind, c.Media, ok = channels.File, media(message), true
	case "location":
		c.Kind = channels.Location
		c.Location, ok = location(message)
	case "sticker":
		c.Kind = channels.Sticker
		c.Sticker, ok = sticker(message)
	}
	if !ok {
		return &channels.Content{Kind: channels.Unsupported, Raw: raw}
	}
	return c
}

// media reads where the bytes of a picture, film, sound or file lie: with LINE under the message's id, or at an address of the account's
// owner (contentProvider external).
func media(message object) *channels.Media {
	m := &channels.Media{ID: message.id("id"), Name: message.string("fileName")}
	m.Size, _ = message.integer("fileSize")
	m.DurationMS, _ = message.integer("duration")
	m.Size, m.DurationMS = max(m.Size, 0), max(m.DurationMS, 0)
	if provider := message.object("contentProvider"); provider.string("type") == "external" {
		if url := provider.string("originalContentUrl"); url != "" {
			m.ID, m.URL, m.PreviewURL = "", url, provider.string("previewImageUrl")
		}
	}
	set := message.object("imageSet")
	m.SetID = set.id("id")
	m.SetIndex, m.SetTotal = small(set, "index"), small(set, "total")
	return m
}

// small reads a count that is no more than a few hundred in truth; 0 for what cannot be one.
func small(fields object, name string) int {
	n, _ := fields.integer(name)
	if n < 0 || n > 1<<20 {
		return 0
	}
	return int(n)
}

func location(message object) (*channels.LocationRef, bool) {
	latitude, hasLatitude := message.number("latitude")
	longitude, hasLongitude := message.number("longitude")
	l := &channels.LocationRef{
		Title: message.string("title"), Address: message.string("address"), Latitude: latitude, Longitude: longitude,
	}
	return l, hasLatitude && hasLongitude && isOnEarth(latitude, longitude)
}

func isOnEarth(latitude, longitude float64) bool {
	return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180
}

func sticker(message object) (*channels.StickerRef, bool) {
	s := &channels.StickerRef{
		PackageID: message.id("packageId"), StickerID: message.id("stickerId"),
		Type: message.string("stickerResourceType"), Text: message.string("text"),
	}
	for _, raw := range message.list("keywords") {
		if word := plain(raw); word != "" {
			s.Keywords = append(s.Keywords, word)
		}
	}
	isArranged := s.PackageID == arrangedPackage && s.StickerID == arrangedSticker
	return s, s.PackageID != "" && s.StickerID != "" && !isArranged
}

// mentionLimit bounds the work of one text. LINE allows 20 mentions.
const mentionLimit = 100

// mentions reads who is named in a text. The account itself is recognised by isSelf, and by its own id should LINE leave isSelf out.
func mentions(message object, text string, self []string) []channels.Mention {
	var found []channels.Mention
	units := utf16.Encode([]rune(text))
	mentionees := message.object("mention").list("mentionees")
	for _, raw := range mentionees[:min(len(mentionees), mentionLimit)] {
		mentionee := objectOf(raw)
		kind := mentionee.string("type")
		if kind != "user" && kind != "all" {
			continue
		}
		m := channels.Mention{Type: kind, UserID: mentionee.id("userId")}
		m.IsSelf = mentionee.bool("isSelf") || m.UserID != "" && slices.Contains(self, m.UserID)
		m.Index, m.Length = within(mentionee, len(units))
		m.Text = string(utf16.Decode(units[m.Index : m.Index+m.Length]))
		found = append(found, m)
	}
	return found
}

func emojis(message object, text string) []channels.PlatformEmoji {
	var found []channels.PlatformEmoji
	units := len(utf16.Encode([]rune(text)))
	for _, raw := range message.list("emojis") {
		emoji := objectOf(raw)
		e := channels.PlatformEmoji{ProductID: emoji.id("productId"), EmojiID: emoji.id("emojiId")}
		e.Index, e.Length = within(emoji, units)
		if e.ProductID != "" && e.EmojiID != "" && e.Length > 0 {
			found = append(found, e)
		}
	}
	return found
}

// within reads a part of a text, cut to the text: readers may slice by it without looking.
func within(fields object, units int) (index, length int) {
	i, _ := fields.integer("index")
	n, _ := fields.integer("length")
	i = min(max(i, 0), int64(units))
	n = min(max(n, 0), int64(units)-i)
	return int(i), int(n)
}
