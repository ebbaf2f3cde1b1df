// Package webchat is the adapter of our own chat window. No platform is behind it: visitors read the event log, so that a message is sent as
// soon as it is in the history, and nothing is ever asked of anybody. Its words are in docs/webchat.md.
package webchat

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// The limits of the chat window (MSG-7).
const (
	// TextLimit is how many characters a text may have, either way, counted as code points.
	TextLimit = 5000
	// MaxImage is how large a picture may be, in bytes.
	MaxImage = 10 << 20
)

// CheckWindow is the name of the only line of a connection check.
const CheckWindow = "WINDOW_READY"

// Adapter serves chat windows. It keeps nothing and is safe for concurrent use.
type Adapter struct{}

var _ channels.Adapter = Adapter{}

// New makes the adapter.
func New() Adapter { return Adapter{} }

// ImageTypes are the content types of pictures, either way.
func ImageTypes() []string { return []string{"image/jpeg", "image/png"} }

// Capability says what a chat window can do. A try to send always succeeds, once, and the window tells what was seen (MSG-3): retry keys are not
// needed, and hold for as long as there could be a second try.
func (Adapter) Capability() channels.Capability {
	return channels.Capability{
		Type: channels.Webchat, IsOwn: true,
		SendKinds: []channels.MessageKind{channels.Text, channels.Image},
		TextLimit: TextLimit, TextUnits: channels.CodePoints, RetryKeyFor: 24 * time.Hour,
		Media: map[channels.MessageKind]channels.MediaRule{channels.Image: {Types: ImageTypes(), MaxBytes: MaxImage}},
	}
}

// Verify refuses everything: visitors do not come by webhook.
func (Adapter) Verify(channels.Account, http.Header, []byte) error {
	return fault.New(fault.Unauthenticated, "a chat window has no webhook")
}

// Said is what a visitor's message holds, as it is kept for a replay.
type Said struct {
	Key        string    `json:"key"`     // the message's dedupe key and id
	Visitor    string    `json:"visitor"` // the person's id on the channel
	Text       string    `json:"text,omitempty"`
	UploadID   int64     `json:"uploadId,omitempty"` // of a picture
	OccurredAt time.Time `json:"occurredAt"`
}

// Event is the message in the contract's words, its raw form included.
func (s Said) Event() (channels.Event, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return channels.Event{}, fault.Wrap(err, fault.Internal, "the message cannot be written down")
	}
	e := channels.Event{
		Kind: channels.MessageReceived, DedupeKey: s.Key, MessageID: s.Key, Peer: &channels.Peer{Type: channels.PeerUser, ID: s.Visitor},
		SenderID: s.Visitor, OccurredAt: s.OccurredAt.UTC(), Content: &channels.Content{Kind: channels.Text, Text: s.Text}, Raw: raw,
	}
	if s.UploadID != 0 {
		e.Content = &channels.Content{Kind: channels.Image, Media: &channels.Media{StoredID: s.UploadID}}
	}
	return e, nil
}

// Parse reads a message that was kept for a replay. It is given nothing from outside, because Verify refuses all of it.
func (Adapter) Parse(_ channels.Account, body []byte) ([]channels.Event, error) {
	var s Said
	if err := json.Unmarshal(body, &s); err != nil || s.Key == "" || s.Visitor == "" || (s.Text == "") == (s.UploadID == 0) || s.OccurredAt.IsZero() {
		return nil, fault.New(fault.Invalid, "this is no message of a chat window")
	}
	e, err := s.Event()
	if err != nil {
		return nil, err
	}
	return []channels.Event{e}, nil
}

// Send has nothing to do: the visitor reads the message from the event log. The retry key is the message's id, the same on every try. What a
// window cannot show is refused.
func (Adapter) Send(_ context.Context, _ channels.Account, m channels.Outgoing) channels.SendResult {
	refused := func(reason string) channels.SendResult {
		return channels.SendResult{Outcome: channels.Refused, Code: channels.CodeInvalidContent, Reason: reason}
	}
	switch {
	case m.To.Type != channels.PeerUser || m.To.ID == "":
		return refused("a chat window has one visitor")
	case m.RetryKey == "":
		return refused("the retry key is missing")
	case m.Content.Kind == channels.Text && m.Content.Text == "":
		return refused("the text is empty")
	case m.Content.Kind == channels.Text && utf8.RuneCountInString(m.Content.Text) > TextLimit:
		return refused("the text is longer than the 5000 characters of a chat window")
	case m.Content.Kind != channels.Text && m.Content.Kind != channels.Image:
		return refused("a chat window shows texts and pictures")
	}
	return channels.SendResult{Outcome: channels.Sent, PlatformMessageID: m.RetryKey}
}

// FetchAccount gives the account as it is: it was made here.
func (Adapter) FetchAccount(_ context.Context, a channels.Account) (channels.AccountInfo, error) {
	if a.PlatformID == "" {
		return channels.AccountInfo{}, fault.New(fault.Unauthenticated, "the chat window has no id")
	}
	return channels.AccountInfo{PlatformID: a.PlatformID}, nil
}

// Check has one line: a chat window is always ready.
func (Adapter) Check(context.Context, channels.Account, string) ([]channels.Check, error) {
	return []channels.Check{{Name: CheckWindow, Status: channels.CheckOK,
		Text: "The chat window is ready. It is shown on the pages of its allowed domains that hold its snippet."}}, nil
}

func unknown(what string) error { return fault.New(fault.NotFound, "a chat window knows no %s", what) }

// FetchProfile knows nobody beyond what the visitor's session tells.
func (Adapter) FetchProfile(context.Context, channels.Account, string) (channels.Profile, error) {
	return channels.Profile{}, unknown("profiles")
}

// FetchGroup knows none.
func (Adapter) FetchGroup(context.Context, channels.Account, channels.Peer) (channels.GroupInfo, error) {
	return channels.GroupInfo{}, unknown("groups")
}

// FetchMember knows none.
func (Adapter) FetchMember(context.Context, channels.Account, channels.Peer, string) (channels.Profile, error) {
	return channels.Profile{}, unknown("groups")
}

// ListMembers knows none.
func (Adapter) ListMembers(context.Context, channels.Account, channels.Peer) ([]string, error) {
	return nil, unknown("groups")
}

// LeaveGroup knows none.
func (Adapter) LeaveGroup(context.Context, channels.Account, channels.Peer) error {
	return unknown("groups")
}

// FetchMedia has nothing to fetch: pictures are uploaded before their message.
func (Adapter) FetchMedia(context.Context, channels.Account, channels.Media) (channels.MediaStream, error) {
	return channels.MediaStream{}, unknown("files")
}
