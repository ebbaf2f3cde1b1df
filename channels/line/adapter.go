// Package line speaks the LINE Messaging API: it verifies and parses LINE's webhooks, and pushes messages to people, groups and rooms.
// Parser and client are our own. LINE's Go SDK (v8.14.0) loses every event of a body when one of them is malformed, does not know
// messageEdited, cannot send mentions and races on its shared client.
//
// LINE's reference: https://developers.line.biz/en/reference/messaging-api/ (read 2026-08-07).
package line

import (
	"net/http"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
)

// The names of the credentials of a LINE account.
const (
	ChannelID          = "channelId"
	ChannelSecret      = "channelSecret"
	ChannelAccessToken = "channelAccessToken"
)

// BaseAPI is the name in Account.BaseURLs of the host that takes every request of this adapter.
const BaseAPI = "api"

// defaultAPI is LINE's own host. Binary content lies on another one, api-data.line.me, and the two are not interchangeable.
const defaultAPI = "https://api.line.me"

// LINE's limits (reference, "Message objects" and "Rate limits").
const (
	textLimit     = 5000 // UTF-16 code units
	urlLimit      = 2000 // characters
	placeLimit    = 100  // characters of a location's title and address
	templateLimit = 160  // characters of a text over buttons, where there is neither picture nor title
	buttonLimit   = 4    // buttons under it
	labelLimit    = 20   // characters on a button
	dataLimit     = 300  // bytes of a button's data
	previewLimit  = 1 << 20
	retryKeyHolds = 24 * time.Hour
	pushRate      = 2000 // requests a second, per channel and endpoint
)

// Adapter speaks LINE. It keeps no state between calls and is safe for concurrent use.
type Adapter struct {
	http  *http.Client
	media *http.Client
}

var _ channels.Adapter = (*Adapter)(nil)

// New makes an adapter that dials through the client, whose time-out is how long one try to send may take. The client itself is not
// changed; redirects are not followed whatever it says, because a redirected request would carry the account's token elsewhere.
func New(httpClient *http.Client) *Adapter { return NewWithMedia(httpClient, httpClient) }

// NewWithMedia is New with a client of its own for customers' files, whose limits of time and size are others.
func NewWithMedia(httpClient, media *http.Client) *Adapter {
	return &Adapter{http: staying(httpClient), media: staying(media)}
}

func staying(c *http.Client) *http.Client {
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Capability says what LINE can do. LINE reports neither delivery nor reading (MSG-3), and recognises a repeated push for 24 hours
// (CHAN-11).
func (a *Adapter) Capability() channels.Capability {
	return channels.Capability{
		Type: channels.LINE,
		Credentials: []channels.CredentialField{
			{Name: ChannelID, Text: "Channel ID, in the LINE Developers Console under Basic settings"},
			{Name: ChannelSecret, IsSecret: true, Text: "Channel secret, in the LINE Developers Console under Basic settings"},
			{Name: ChannelAccessToken, IsSecret: true, Text: "Channel access token (long-lived), in the LINE Developers Console under Messaging API"},
		},
		SendKinds: []channels.MessageKind{
			channels.Text, channels.Sticker, channels.Location, channels.Image, channels.Video, channels.Audio, channels.File, channels.Template,
		},
		TextLimit:       textLimit,
		TextUnits:       channels.UTF16Units,
		RetryKeyFor:     retryKeyHolds,
		ReadByAnswer:    true,
		CanRemind:       true,
		CanQuote:        true,
		QuoteKinds:      []channels.MessageKind{channels.Text, channels.Sticker},
		LinkDays:        30,
		HasGroups:       true,
		SavedModules:    true,
		Stickers:        stickers,
		ProfileFreshFor: 24 * time.Hour,
		SendRate:        pushRate,
		Media: map[channels.MessageKind]channels.MediaRule{
			channels.Image: {Types: []string{"image/jpeg", "image/png"}, MaxBytes: 10 << 20, NeedsPreview: true},
			channels.Video: {Types: []string{"video/mp4"}, MaxBytes: 50 << 20, MaxLinkBytes: 64 << 20, NeedsPreview: true},
			channels.Audio: {Types: []string{"audio/mpeg", "audio/mp4", "audio/x-m4a"}, MaxBytes: 50 << 20, MaxLinkBytes: 64 << 20, NeedsDuration: true},
			channels.File:  {MaxLinkBytes: 64 << 20, Banned: []string{".exe"}},
		},
	}
}
