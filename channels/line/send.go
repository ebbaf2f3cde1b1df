package line

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
)

// push is the body of a push message. It carries one message: LINE counts quota by recipient and request, but one request for each
// message is what lets each of them have its own outcome (MSG-2).
type push struct {
	To       string        `json:"to"`
	Messages []messageBody `json:"messages"`
}

// messageBody is one of LINE's message objects.
type messageBody struct {
	Type               string   `json:"type"`
	Text               string   `json:"text,omitempty"`
	QuoteToken         string   `json:"quoteToken,omitempty"`
	PackageID          string   `json:"packageId,omitempty"`
	StickerID          string   `json:"stickerId,omitempty"`
	Title              string   `json:"title,omitempty"`
	Address            string   `json:"address,omitempty"`
	Latitude           *float64 `json:"latitude,omitempty"`
	Longitude          *float64 `json:"longitude,omitempty"`
	OriginalContentURL string   `json:"originalContentUrl,omitempty"`
	PreviewImageURL    string   `json:"previewImageUrl,omitempty"`
	Duration           int64    `json:"duration,omitempty"`

	AltText  string        `json:"altText,omitempty"`
	Template *templateBody `json:"template,omitempty"`
}

// templateBody is the buttons template: a text and one to four buttons under it.
type templateBody struct {
	Type    string       `json:"type"`
	Text    string       `json:"text"`
	Actions []actionBody `json:"actions"`
}

// actionBody is what a button does. A postback's displayText is shown in the chat as if the customer had said it, and comes back as no message.
type actionBody struct {
	Type        string `json:"type"`
	Label       string `json:"label"`
	URI         string `json:"uri,omitempty"`
	Data        string `json:"data,omitempty"`
	DisplayText string `json:"displayText,omitempty"`
}

// Send pushes one message under its retry key (CHAN-11). What LINE would refuse anyway is Refused here, before it costs a request. A
// time-out, a broken connection and a 5xx are Transient: the same key is sent again, and LINE answers 409 with the ids of the first
// time if it had taken it, which is Sent.
//
// Sent does not mean delivered: LINE answers 200 for people who blocked the account, and nothing else ever tells.
func (a *Adapter) Send(ctx context.Context, account channels.Account, message channels.Outgoing) channels.SendResult {
	if !isUUID(message.RetryKey) {
		return refused("the retry key is no UUID")
	}
	if message.To.ID == "" {
		return refused("there is no recipient")
	}
	body, reason := outgoing(message)
	if reason != "" {
		return refused(reason)
	}
	answer := a.do(ctx, account, request{
		method:   http.MethodPost,
		path:     "/v2/bot/message/push",
		payload:  push{To: message.To.ID, Messages: []messageBody{body}},
		retryKey: message.RetryKey,
	})
	return sendResult(answer, message.To, account.Credentials)
}

func refused(reason string) channels.SendResult {
	return channels.SendResult{Outcome: channels.Refused, Code: channels.CodeInvalidContent, Reason: reason}
}

// outgoing writes a message in LINE's words, or says why it cannot be.
func outgoing(message channels.Outgoing) (messageBody, string) {
	c := message.Content
	if message.QuoteToken != "" && c.Kind != channels.Text && c.Kind != channels.Sticker {
		return messageBody{}, "on LINE only a text or a sticker can quote a message"
	}
	if c.Text != "" && c.Kind != channels.Text && c.Kind != channels.Template {
		return messageBody{}, "LINE has no captions: send the text as a message of its own"
	}
	switch c.Kind {
	case channels.Text:
		switch units := utf16Units(c.Text); {
		case units == 0:
			return messageBody{}, "the text is empty"
		case units > textLimit:
			return messageBody{}, "the text is longer than the 5000 UTF-16 units LINE allows"
		}
		return messageBody{Type: "text", Text: c.Text, QuoteToken: message.QuoteToken}, ""
	case channels.Sticker:
		if c.Sticker == nil || c.Sticker.PackageID == "" || c.Sticker.StickerID == "" {
			return messageBody{}, "a sticker needs its package and its id"
		}
		return messageBody{Type: "sticker", PackageID: c.Sticker.PackageID, StickerID: c.Sticker.StickerID, QuoteToken: message.QuoteToken}, ""
	case channels.Location:
		return outgoingLocation(c.Location)
	case channels.Image, channels.Video, channels.Audio:
		return outgoingMedia(c.Kind, c.Media)
	case channels.Template:
		return outgoingTemplate(c)
	case channels.File:
		return messageBody{}, "LINE has no file messages: send a link to the file"
	default:
		return messageBody{}, "LINE cannot be sent a message of kind " + string(c.Kind)
	}
}

// outgoingTemplate writes a text with buttons
// (https://developers.line.biz/en/reference/messaging-api/#buttons, read 2026-11-30).
func outgoingTemplate(c channels.Content) (messageBody, string) {
	switch n := utf8.RuneCountInString(c.Text); {
	case n == 0:
		return messageBody{}, "the text over the buttons is empty"
	case n > templateLimit:
		return messageBody{}, "the text over buttons is longer than the 160 characters LINE allows"
	case len(c.Buttons) == 0 || len(c.Buttons) > buttonLimit:
		return messageBody{}, "a message with buttons has 1 to 4 of them"
	}
	t := &templateBody{Type: "buttons", Text: c.Text}
	for _, b := range c.Buttons {
		a := actionBody{Type: "uri", Label: b.Label, URI: b.URL}
		if b.Data != "" {
			a = actionBody{Type: "postback", Label: b.Label, Data: b.Data, DisplayText: b.Label}
		}
		switch n := utf8.RuneCountInString(b.Label); {
		case n == 0 || n > labelLimit:
			return messageBody{}, "the label of a button has 1 to 20 characters"
		case b.Data == "" && !isLink(b.URL):
			return messageBody{}, "a button opens an http, https, line or tel address of at most 1000 characters"
		case len(b.Data) > dataLimit:
			return messageBody{}, "the data of a button are longer than the 300 characters LINE allows"
		}
		t.Actions = append(t.Actions, a)
	}
	return messageBody{Type: "template", AltText: c.Text, Template: t}, ""
}

// isLink says whether a button may open an address.
func isLink(address string) bool {
	u, err := url.Parse(address)
	if err != nil || utf8.RuneCountInString(address) > 1000 {
		return false
	}
	return (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "line") && u.Host != "" || u.Scheme == "tel" && u.Opaque != ""
}

// outgoingLocation writes a place. LINE wants both title and address; one stands in for the other.
func outgoingLocation(l *channels.LocationRef) (messageBody, string) {
	if l == nil || !isOnEarth(l.Latitude, l.Longitude) {
		return messageBody{}, "a location needs a latitude from -90 to 90 and a longitude from -180 to 180"
	}
	title, address := l.Title, l.Address
	if title == "" {
		title = address
	}
	if address == "" {
		address = title
	}
	if title == "" {
		return messageBody{}, "a location needs a title or an address"
	}
	if utf16Units(title) > placeLimit || utf16Units(address) > placeLimit {
		return messageBody{}, "title and address of a location may have 100 characters each"
	}
	return messageBody{Type: "location", Title: title, Address: address, Latitude: &l.Latitude, Longitude: &l.Longitude}, ""
}

// outgoingMedia writes a picture, film or sound. LINE fetches them itself from where they lie.
func outgoingMedia(kind channels.MessageKind, m *channels.Media) (messageBody, string) {
	if m == nil || !isFetchable(m.URL) {
		return messageBody{}, "LINE fetches media from an https address of at most 2000 characters: PUBLIC_URL must be one"
	}
	body := messageBody{Type: strings.ToLower(string(kind)), OriginalContentURL: m.URL}
	if kind == channels.Audio {
		if m.DurationMS <= 0 {
			return messageBody{}, "LINE needs the duration of a sound"
		}
		body.Duration = m.DurationMS
		return body, ""
	}
	body.PreviewImageURL = m.PreviewURL
	if kind == channels.Image && m.PreviewURL == "" && m.Size > 0 && m.Size <= previewLimit {
		// A small picture is its own preview.
		body.PreviewImageURL = m.URL
	}
	if !isFetchable(body.PreviewImageURL) {
		return messageBody{}, "LINE needs a preview picture at an https address of at most 2000 characters"
	}
	return body, ""
}

// isFetchable says whether LINE would take an address: https, of at most 2000 characters. An http address of this very machine passes too:
// LINE itself refuses it with a reason, and a stand-in for LINE beside a server without a certificate, as in the demo, fetches it.
func isFetchable(address string) bool {
	if address == "" || utf8.RuneCountInString(address) > urlLimit {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && isThisMachine(u.Hostname()))
}

func isThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func utf16Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// isUUID says whether a key has the form LINE demands of retry keys: 8-4-4-4-12 hexadecimal digits.
func isUUID(key string) bool {
	if len(key) != 36 {
		return false
	}
	for i := range len(key) {
		switch c := key[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}
