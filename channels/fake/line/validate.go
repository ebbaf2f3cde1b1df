package line

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"unicode/utf16"
	"unicode/utf8"
)

// check finds what LINE would not accept in message objects for a chat ("" is several); none is fine.
func (b *Bot) check(messages []json.RawMessage, chat string) []detail {
	var problems []detail
	for i, raw := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		var fields map[string]any
		if json.Unmarshal(raw, &fields) != nil || fields == nil {
			problems = append(problems, detail{"Must be an object", at})
			continue
		}
		c := &checker{fields: fields, at: at + "."}
		b.checkMessage(c, chat)
		problems = append(problems, c.problems...)
	}
	return problems
}

func (b *Bot) checkMessage(c *checker, chat string) {
	switch kind := c.fields["type"]; kind {
	case "text", "textV2":
		c.text("text", 5000)
		b.checkQuote(c, chat)
	case "sticker":
		c.text("packageId", 100)
		c.text("stickerId", 100)
		b.checkQuote(c, chat)
	case "location":
		c.text("title", 100)
		c.text("address", 100)
		c.number("latitude", -90, 90)
		c.number("longitude", -180, 180)
	case "image", "video":
		c.address("originalContentUrl")
		c.address("previewImageUrl")
	case "audio":
		c.address("originalContentUrl")
		c.number("duration", 1, 1e12)
	case "template":
		c.text("altText", 1500)
		c.template()
	case "flex", "imagemap":
		c.text("altText", 1500)
	case "coupon":
		c.text("couponId", 100)
	case nil:
		c.wrong("type", "May not be empty")
	default:
		c.wrong("type", fmt.Sprintf("%v is not a type of message", kind))
	}
}

// template checks a template of buttons, without a picture and a title; of the others only that there is one.
func (c *checker) template() {
	t, _ := c.fields["template"].(map[string]any)
	if t == nil {
		c.wrong("template", "May not be empty")
		return
	}
	if t["type"] != "buttons" {
		return
	}
	in := &checker{fields: t, at: c.at + "template."}
	in.text("text", 160)
	actions, _ := t["actions"].([]any)
	if len(actions) == 0 || len(actions) > 4 {
		in.wrong("actions", "Size must be between 1 and 4")
	}
	for i, raw := range actions {
		fields, _ := raw.(map[string]any)
		a := &checker{fields: fields, at: fmt.Sprintf("%sactions[%d].", in.at, i)}
		a.text("label", 20)
		switch fields["type"] {
		case "postback":
			a.text("data", 300)
		case "uri":
			a.text("uri", 1000)
		case "message":
			a.text("text", 300)
		default:
			a.wrong("type", fmt.Sprintf("%v is not a type of action", fields["type"]))
		}
		in.problems = append(in.problems, a.problems...)
	}
	c.problems = append(c.problems, in.problems...)
}

// checkQuote checks the token of a quoted message: one LINE gave out for the same chat.
func (b *Bot) checkQuote(c *checker, chat string) {
	given, has := c.fields["quoteToken"]
	if !has {
		return
	}
	token, isText := given.(string)
	if !isText || token == "" || utf8.RuneCountInString(token) > 512 {
		c.wrong("quoteToken", "Invalid quote token")
		return
	}
	// Whoever writes by other means than this fake's customers has tokens it did not make.
	if !b.setup.KnowsEverybody && !b.isQuotable(token, chat) {
		c.wrong("quoteToken", "Invalid quote token")
	}
}

// checker reads the fields of a message object and collects what is wrong with them.
type checker struct {
	fields   map[string]any
	at       string
	problems []detail
}

func (c *checker) wrong(field, message string) {
	c.problems = append(c.problems, detail{message, c.at + field})
}

// text wants a text of 1 to limit UTF-16 units.
func (c *checker) text(field string, limit int) {
	text, isText := c.fields[field].(string)
	switch n := len(utf16.Encode([]rune(text))); {
	case !isText || n == 0:
		c.wrong(field, "May not be empty")
	case n > limit:
		c.wrong(field, fmt.Sprintf("Length must be between 0 and %d", limit))
	}
}

func (c *checker) number(field string, lowest, highest float64) {
	if n, isNumber := c.fields[field].(float64); !isNumber || n < lowest || n > highest {
		c.wrong(field, fmt.Sprintf("Must be between %v and %v", lowest, highest))
	}
}

// address wants an address of at most 2000 characters that can be fetched: https as with LINE, or http of this very machine, where a demo's
// server has no certificate.
func (c *checker) address(field string) {
	text, _ := c.fields[field].(string)
	u, err := url.Parse(text)
	isFine := err == nil && u.Host != "" && utf8.RuneCountInString(text) <= 2000
	if isFine && u.Scheme == "http" {
		ip, err := netip.ParseAddr(u.Hostname())
		isFine = u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	}
	if !isFine || u.Scheme != "https" && u.Scheme != "http" {
		c.wrong(field, "Must be a valid HTTPS URL")
	}
}
