// Package channels is the contract between the desk and the platforms on which customers write. A platform's package translates the
// platform's words into these types and back; it knows nothing of conversations' rules, of teams or of the database.
//
// An adapter does four things: Verify (is this body the platform's own), Parse (their words into ours), Send (our words into theirs)
// and Fetch… (profiles, groups, members, files). All are safe for concurrent use.
package channels

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// Type is a platform (CHAN-1).
type Type string

// The types of channel.
const (
	Webchat   Type = "WEBCHAT"
	Facebook  Type = "FACEBOOK"
	Instagram Type = "INSTAGRAM"
	LINE      Type = "LINE"
	WhatsApp  Type = "WHATSAPP"
	WeChat    Type = "WECHAT"
	Telegram  Type = "TELEGRAM"
	Email     Type = "EMAIL"
)

// Credentials are the secrets of one account, by the names the adapter's Capability lists. They are never logged or returned.
type Credentials map[string]string

// Account is one connected account as an adapter needs it.
type Account struct {
	PlatformID  string // the platform's id of the account itself; LINE: the bot's userId, equal to a body's "destination"
	Credentials Credentials
	// BaseURLs replace the platform's hosts, by the adapter's own names ("api", "data"); empty means the platform's real ones.
	BaseURLs map[string]string
}

// EventKind says what an inbound event means.
type EventKind string

// The kinds of inbound event. A kind an adapter cannot name is Ignored: acknowledged, kept raw, without effect.
const (
	MessageReceived  EventKind = "message"
	MessageEdited    EventKind = "message_edit"
	MessageUnsent    EventKind = "message_unsend"
	Postback         EventKind = "postback"
	Followed         EventKind = "follow"   // the customer may be written to (friend added, unblocked)
	Unfollowed       EventKind = "unfollow" // the customer blocked the account
	GroupJoined      EventKind = "group_join"
	GroupLeft        EventKind = "group_leave"
	MembersJoined    EventKind = "group_member_join"
	MembersLeft      EventKind = "group_member_leave"
	AccountLinked    EventKind = "account_link"
	AccountTrouble   EventKind = "account_restricted"
	AccountRecovered EventKind = "account_recovered"
	Delivered        EventKind = "delivery"
	Read             EventKind = "read"
	Referred         EventKind = "referral" // the customer came back by a link or an advertisement, and has said nothing yet
	Ignored          EventKind = "ignored"
)

// PeerType says what stands on the other side of a conversation.
type PeerType string

// The types of counterpart. A room is LINE's nameless group.
const (
	PeerUser  PeerType = "user"
	PeerGroup PeerType = "group"
	PeerRoom  PeerType = "room"
)

// Peer is the counterpart of a conversation on the platform (CONV-1).
type Peer struct {
	Type PeerType
	ID   string
}

// MessageKind is what a message holds (MSG-1).
type MessageKind string

// The kinds of message.
const (
	Text        MessageKind = "TEXT"
	Image       MessageKind = "IMAGE"
	Video       MessageKind = "VIDEO"
	Audio       MessageKind = "AUDIO"
	File        MessageKind = "FILE"
	Sticker     MessageKind = "STICKER"
	Location    MessageKind = "LOCATION"
	Template    MessageKind = "TEMPLATE"
	Unsupported MessageKind = "UNSUPPORTED"
)

// Content is what a message holds. Which fields are set follows from Kind; all of it is data and never markup (MSG-18).
type Content struct {
	Kind MessageKind `json:"kind"`
	Text string      `json:"text,omitempty"` // Text; a caption elsewhere

	Media    *Media          `json:"media,omitempty"`
	Sticker  *StickerRef     `json:"sticker,omitempty"`
	Location *LocationRef    `json:"location,omitempty"`
	Mentions []Mention       `json:"mentions,omitempty"`
	Emojis   []PlatformEmoji `json:"emojis,omitempty"`
	// Buttons stand under the text of a Template (PROD-7).
	Buttons []Button `json:"buttons,omitempty"`
	// Raw is the platform's own payload of an Unsupported message (MSG-13).
	Raw json.RawMessage `json:"raw,omitempty"`
}

// Media is a picture, film, sound or file that the platform holds or that lies at an address.
type Media struct {
	ID          string `json:"id,omitempty"`  // to be fetched from the platform by this id
	URL         string `json:"url,omitempty"` // or from this address
	PreviewURL  string `json:"previewUrl,omitempty"`
	Name        string `json:"name,omitempty"`
	Size        int64  `json:"size,omitempty"` // bytes
	DurationMS  int64  `json:"durationMs,omitempty"`
	SetID       string `json:"setId,omitempty"` // pictures sent together
	SetIndex    int    `json:"setIndex,omitempty"`
	SetTotal    int    `json:"setTotal,omitempty"`
	ContentType string `json:"contentType,omitempty"`

	// StoredID is the file as we hold it already: what a visitor of our own chat window uploaded. 0 is none, and it is never read from a
	// platform's words.
	StoredID int64 `json:"-"`
}

// StickerRef names a platform's sticker.
type StickerRef struct {
	PackageID string   `json:"packageId"`
	StickerID string   `json:"stickerId"`
	Type      string   `json:"type,omitempty"`
	Keywords  []string `json:"keywords,omitempty"`
	Text      string   `json:"text,omitempty"`
}

// LocationRef is a place.
type LocationRef struct {
	Title     string  `json:"title,omitempty"`
	Address   string  `json:"address,omitempty"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Mention is a part of a text that names somebody. Index and Length count UTF-16 code units.
type Mention struct {
	Index  int    `json:"index"`
	Length int    `json:"length"`
	Type   string `json:"type"` // "user" or "all"
	UserID string `json:"userId,omitempty"`
	IsSelf bool   `json:"isSelf,omitempty"` // the account itself is mentioned (GRP-15)
	Text   string `json:"text"`             // the part of the text, "@官方客服"
}

// Advert is an advertisement by which a customer came, as far as the platform tells.
type Advert struct {
	ID         string // the platform's id of it
	Title      string
	URL        string // where it leads, or is shown
	PictureURL string // its picture, or its film's
	Ref        string // what the advertiser put into it to know it by
}

// Button is what a customer may press under a text: it opens an address, or comes back as a Postback with our data. One of URL and Data is set.
type Button struct {
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
	Data  string `json:"data,omitempty"`
}

// PlatformEmoji is a picture character of the platform inside a text; the literal text stays. Index and Length count UTF-16 code units.
type PlatformEmoji struct {
	Index     int    `json:"index"`
	Length    int    `json:"length"`
	ProductID string `json:"productId"`
	EmojiID   string `json:"emojiId"`
}

// Event is one thing that happened on the platform, in our words.
type Event struct {
	Kind       EventKind
	DedupeKey  string    // equal key on the same account = one effect, for ever
	Peer       *Peer     // nil where the platform names none (a failed account link)
	SenderID   string    // the platform user who did it; "" where unknown (a group member without consent)
	OccurredAt time.Time // the platform's own time, UTC
	Redelivery bool
	Standby    bool // another module holds the chat: show, send nothing
	ReplyToken string

	MessageID       string // the platform's id of the message: new, or the edited or unsent one
	Content         *Content
	QuoteToken      string
	QuotedMessageID string // the platform's id of the message this one replies to
	ReadToken       string // marks this and all earlier messages as read on the platform

	Members []string // platform user ids; MembersJoined, MembersLeft
	// PostbackData and PostbackParams are a button's payload.
	PostbackData   string
	PostbackParams map[string]string
	Advert         *Advert // the advertisement by which the customer came: MessageReceived, Postback, Referred (CONV-27)
	IsUnblocked    bool    // Followed: the customer had blocked the account
	LinkOK         bool    // AccountLinked
	LinkNonce      string
	Watermark      time.Time // Delivered and Read without ids: everything sent up to then
	MessageIDs     []string  // Delivered and Read with ids
	Reason         string    // AccountTrouble, Ignored: what the platform calls it

	Raw json.RawMessage // this one event exactly as the platform wrote it
}

// Outgoing is one message to send.
type Outgoing struct {
	To         Peer
	Content    Content
	QuoteToken string // of the message it replies to; "" for none
	// Window is what the platform takes at this moment, by its row: what goes as NON_PROMOTIONAL an adapter marks as the platform wants it (MSG-9).
	Window Takes
	// RetryKey identifies this outbound request for ever: a UUID, the same on every try (CHAN-11).
	RetryKey string
}

// Outcome says how a try to send ended (front-door.md, outbound lanes).
type Outcome string

// The outcomes. Ambiguous means that the platform may or may not have taken it: bytes were written and no answer came.
const (
	Sent      Outcome = "SENT"
	Refused   Outcome = "REFUSED"   // definite failure: never retried by itself
	Transient Outcome = "TRANSIENT" // definitely not taken, or safe to repeat with the same retry key
	Ambiguous Outcome = "AMBIGUOUS"
)

// Failure codes of a refused or failed message (MSG-2). They are part of the API.
const (
	CodeInvalidContent     = "INVALID_CONTENT"
	CodeRecipientGone      = "RECIPIENT_GONE"
	CodeQuotaExceeded      = "QUOTA_EXCEEDED"
	CodeRateLimited        = "RATE_LIMITED"
	CodeCredentialsRevoked = "CREDENTIALS_REVOKED"
	CodeNotEntitled        = "NOT_ENTITLED"
	CodeTooLarge           = "TOO_LARGE"
	CodePlatformError      = "PLATFORM_ERROR"
	CodeUnreachable        = "UNREACHABLE"
	CodeDeliveryUncertain  = "DELIVERY_UNCERTAIN"
	CodeChannelUnavailable = "CHANNEL_UNAVAILABLE"
	CodeFileGone           = "FILE_GONE"
)

// SendResult is what came of one try.
type SendResult struct {
	Outcome           Outcome
	PlatformMessageID string // Sent
	QuoteToken        string // Sent: to quote this message later
	RetryAfter        time.Duration
	Code              string // not Sent: one of the failure codes
	Reason            string // not Sent: a sentence for people, without secrets
	AccountLost       bool   // the account's credentials no longer work (CHAN-3)
	GroupGone         bool   // the account is no longer in the group (GRP-4)
	Status            int    // the platform's HTTP status; 0 where there was no answer
	RequestID         string // the platform's own id of the request
}

// Profile is what the platform tells of a person (CHAN-13).
type Profile struct {
	UserID        string
	DisplayName   string
	PictureURL    string
	StatusMessage string
	Language      string
}

// AccountInfo is what the platform tells of the account itself.
type AccountInfo struct {
	PlatformID  string
	Handle      string // LINE: the basic id, "@shop"
	DisplayName string
	PictureURL  string
	// CanListMembers says whether the platform lists the members of groups to this account (GRP-8: verified or premium).
	CanListMembers bool
}

// Check is one line of a connection check (CHAN-10).
type Check struct {
	Name   string // stable, upper case: "WEBHOOK_ACTIVE"
	Status CheckStatus
	Text   string // what it is and, where it fails, what to do
}

// CheckStatus is the result of one line of a connection check.
type CheckStatus string

// The results. Unknown: the platform does not tell; Text says where to look.
const (
	CheckOK      CheckStatus = "OK"
	CheckFailed  CheckStatus = "FAILED"
	CheckUnknown CheckStatus = "UNKNOWN"
)

// GroupInfo is what the platform tells of a group.
type GroupInfo struct {
	ID          string
	Name        string
	PictureURL  string
	MemberCount int // without the account itself (GRP-3)
}

// Capability says what a type of channel can do. The desk asks it instead of naming a platform.
type Capability struct {
	Type        Type
	Credentials []CredentialField
	SendKinds   []MessageKind
	// TextLimit is the most a text may count, by TextUnits (MSG-10).
	TextLimit int
	TextUnits TextUnits
	// RetryKeyFor is how long the platform recognises a repeated request; 0 means it has no retry keys and a time-out is uncertain.
	RetryKeyFor  time.Duration
	ReadByAnswer bool // the platform reports no READ: an agent's messages become READ when the customer next answers (MSG-3)
	CanQuote     bool
	// StartsByPhone: an agent begins a conversation by the customer's phone number, whose digits in E.164 are its id on the platform (MSG-14).
	StartsByPhone bool
	// CanRemind: a customer who does not answer may be reminded before its conversation ends (CONV-10).
	CanRemind bool
	// QuoteKinds are the kinds of message that can quote another, where it CanQuote. A file that goes as a link is a text.
	QuoteKinds      []MessageKind
	HasGroups       bool
	ProfileFreshFor time.Duration // a profile older than this is fetched again when its person writes (CHAN-13)
	// SendRate is the most requests a second an account may send; 0 is no limit.
	SendRate float64
	// Media says what it takes of each kind of file, by kind (MSG-7). A kind that is missing cannot be sent.
	Media map[MessageKind]MediaRule
	// LinkDays is how long a file that went to one person as a link can be had there: that many days, counted from the first midnight, UTC, after
	// it was uploaded (MSG-8); 0 is for ever.
	LinkDays int
	// SavedFiles and SavedModules say whether a saved reply may bring a file that is neither picture, film nor sound, and a bot module (PROD-5).
	SavedFiles, SavedModules bool
	// Windows are what the platform takes, by the time since the customer's last message, one after another (MSG-9); none where it sets no limit in time.
	Windows []Window
	// Stickers are the packs of the stickers that can be sent, where the platform takes those and no others; none where they are not known (MSG-13).
	Stickers []StickerPack
	// IsOwn says that the channel is ours: no platform is asked, calls us, or has to be told our addresses.
	IsOwn bool
}

// TakesSticker says whether a sticker can be sent, as far as it is known which can.
func (c Capability) TakesSticker(s StickerRef) bool {
	return len(c.Stickers) == 0 || slices.ContainsFunc(c.Stickers, func(p StickerPack) bool { return p.ID == s.PackageID && slices.Contains(p.Stickers, s.StickerID) })
}

// StickerPack is a platform's pack of stickers that can be sent.
type StickerPack struct {
	ID string
	// Titles are what it is called, by language; in "en" always.
	Titles   map[string]string
	Stickers []string // the platform's ids, in their order
}

// Window is what a platform takes until a time after the customer's last message.
type Window struct {
	// For is until how long after that message; 0 is for ever, and belongs to the last one.
	For   time.Duration
	Takes Takes
}

// Takes is what a platform takes of what an agent would send (MSG-9).
type Takes string

// What platforms take.
const (
	TakesAll         Takes = "OPEN"
	TakesNoPromotion Takes = "NON_PROMOTIONAL"
	TakesTemplates   Takes = "TEMPLATE_ONLY"
	TakesNothing     Takes = "CLOSED"
)

// MediaRule is what a platform takes of one kind of file. A file that is not taken as what it is goes as a link, where links are allowed.
type MediaRule struct {
	// Types are the content types taken as what they are; none where the kind goes as a link only.
	Types []string
	// MaxBytes is the most as what it is.
	MaxBytes int64
	// MaxLinkBytes is the most as a link; 0 where the kind does not go as a link.
	MaxLinkBytes int64
	// Banned are the ends of names, in lower case with the dot, that are refused in every way: ".exe".
	Banned []string
	// NeedsPreview and NeedsDuration say what the platform wants beside it.
	NeedsPreview, NeedsDuration bool
}

// MediaStream is a file on its way from a platform. Who gets it closes it.
type MediaStream struct {
	io.ReadCloser
	ContentType string // as the platform says; "" where it does not
	Size        int64  // bytes; -1 where the platform does not say
}

// TextUnits is how a platform counts text.
type TextUnits string

// How platforms count.
const (
	UTF16Units TextUnits = "UTF16"
	CodePoints TextUnits = "CODE_POINTS"
)

// CredentialField describes one credential an administrator enters.
type CredentialField struct {
	Name     string
	IsSecret bool
	Text     string // what it is and where the platform shows it
}

// Adapter speaks one platform.
//
// Verify reports whether the body is the platform's own: nil, or a fault of kind Unauthenticated. It looks at nothing but its arguments.
//
// Parse turns a verified body into events, in body order. One event it cannot understand becomes Ignored with a Reason, and never fails
// the others; an error means that the body as a whole is no body of this platform (fault kind Invalid).
//
// Send makes one try. The result is always meaningful and there is no error: what is not Sent carries a Code and a Reason.
//
// The fetching methods return faults: NotFound (no such person, no consent, blocked), Forbidden (this account is not entitled),
// Unauthenticated (credentials revoked), Throttled and Unavailable (try later).
type Adapter interface {
	Capability() Capability
	Verify(account Account, header http.Header, body []byte) error
	Parse(account Account, body []byte) ([]Event, error)
	Send(ctx context.Context, account Account, message Outgoing) SendResult
	FetchAccount(ctx context.Context, account Account) (AccountInfo, error)
	// Check asks the platform what is granted and what is missing; webhookURL is the address the platform should call.
	Check(ctx context.Context, account Account, webhookURL string) ([]Check, error)
	FetchProfile(ctx context.Context, account Account, userID string) (Profile, error)
	FetchGroup(ctx context.Context, account Account, peer Peer) (GroupInfo, error)
	FetchMember(ctx context.Context, account Account, peer Peer, userID string) (Profile, error)
	// ListMembers lists every member's id; Forbidden where the platform does not list them to this account (GRP-8).
	ListMembers(ctx context.Context, account Account, peer Peer) ([]string, error)
	LeaveGroup(ctx context.Context, account Account, peer Peer) error
	// FetchMedia opens a file that a customer sent: by the platform's id or, where the platform names an address, from there. NotFound: it is
	// gone for good. Unavailable: not ready yet, or try later.
	FetchMedia(ctx context.Context, account Account, media Media) (MediaStream, error)
}
