package webchat

import (
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
)

type settings struct {
	Title         string   `json:"title"`
	Greeting      string   `json:"greeting"`
	Color         string   `json:"color"`
	Language      string   `json:"language"`
	TextLimit     int      `json:"text_limit"`
	ImageMaxBytes int      `json:"image_max_bytes"`
	ImageTypes    []string `json:"image_types"`
}

// settingsOf are a window's settings for a browser with a language.
func settingsOf(w account.Window, language string) settings {
	s := settings{Title: w.Title, Greeting: w.Greeting, Color: w.Color, Language: catalogue.English, TextLimit: webchat.TextLimit,
		ImageMaxBytes: webchat.MaxImage, ImageTypes: webchat.ImageTypes()}
	first, _, _ := strings.Cut(language, ",")
	first, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(first)), ";")
	isChinese := first == "" || first == "zh" || strings.HasPrefix(first, "zh-")
	if w.Language == "ZH_HANT" || w.Language == "AUTO" && isChinese {
		s.Language = catalogue.Chinese
	}
	return s
}

type page struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Referrer string `json:"referrer"`
}

func (p *page) known() *visitor.Page {
	if p == nil {
		return nil
	}
	return &visitor.Page{URL: p.URL, Title: p.Title, Referrer: p.Referrer}
}

type image struct {
	URL        string `json:"url"`
	PreviewURL string `json:"preview_url"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	State      string `json:"state"`
}

type message struct {
	ID              string     `json:"id"`
	Seq             int64      `json:"seq"`
	From            string     `json:"from"`
	Name            string     `json:"name"`
	Type            string     `json:"type"`
	Text            string     `json:"text"`
	Image           *image     `json:"image,omitempty"`
	Status          *string    `json:"status"`
	ClientMessageID string     `json:"client_msg_id,omitempty"`
	CreatedAt       time.Time  `json:"created_at"`
	EditedAt        *time.Time `json:"edited_at,omitempty"`
}

// messageOf is a message on the wire. Its id is its place: the ids of the database are nobody's business.
func messageOf(m visitor.Message) message {
	out := message{ID: "m" + strconv.FormatInt(m.Seq, 10), Seq: m.Seq, From: string(m.From), Name: m.Name, Type: string(m.Type), Text: m.Text,
		ClientMessageID: m.ClientMessageID, CreatedAt: m.CreatedAt.UTC(), EditedAt: m.EditedAt}
	if m.Seq == 0 {
		out.ID = "c" + m.ClientMessageID
	}
	if m.Status != "" {
		out.Status = &m.Status
	}
	if p := m.Image; p != nil {
		out.Image = &image{URL: p.URL, PreviewURL: p.PreviewURL, Width: p.Width, Height: p.Height, State: p.State}
	}
	return out
}

func messagesOf(all []visitor.Message) []message {
	out := make([]message, len(all))
	for i, m := range all {
		out[i] = messageOf(m)
	}
	return out
}

// told is anything that a live connection is told.
type told struct {
	Type        string    `json:"type"`
	Cursor      string    `json:"cursor,omitempty"`
	Message     *message  `json:"message,omitempty"`
	Name        *string   `json:"name,omitempty"`
	IsTyping    *bool     `json:"is_typing,omitempty"`
	Settings    *settings `json:"settings,omitempty"`
	Recovered   *bool     `json:"recovered,omitempty"`
	PingSeconds int       `json:"ping_seconds,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Reconnect   *bool     `json:"reconnect,omitempty"`
}

func toldOf(i visitor.Item) told {
	out := told{Type: string(i.Kind)}
	if i.Cursor.Epoch != "" {
		out.Cursor = i.Cursor.String()
	}
	switch i.Kind {
	case visitor.Added, visitor.Changed:
		m := messageOf(i.Message)
		out.Message = &m
	case visitor.Following:
		out.Name = &i.Name
	case visitor.Writing:
		out.Name, out.IsTyping = &i.Name, &i.IsTyping
	}
	return out
}

// command is what a window says over its socket.
type command struct {
	Type         string `json:"type"`
	VisitorToken string `json:"visitor_token"`
	Cursor       string `json:"cursor"`
	Page         *page  `json:"page"`
	UpTo         int64  `json:"up_to"`
	URL          string `json:"url"`
	Title        string `json:"title"`
	IsTyping     bool   `json:"is_typing"`
}
