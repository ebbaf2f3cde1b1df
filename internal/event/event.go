// Package event is the team's log of what happened: one dense sequence per team, written in the transaction that made it true and read
// by everything that shows something live. It holds ids, kinds and versions, never content: content is loaded at delivery, so that a
// replay shows the present state and what is erased stays erased.
package event

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Kind says what an event is about.
type Kind string

// The kinds of event.
const (
	ConversationCreated Kind = "conversation.created"
	ConversationChanged Kind = "conversation.changed" // state, follower, counters, marks, name: anything its row shows
	ConversationDeleted Kind = "conversation.deleted"
	ConversationRead    Kind = "conversation.read"
	MessageAdded        Kind = "message.added"
	MessageChanged      Kind = "message.changed" // edited, unsent, delivery status
	ContactChanged      Kind = "contact.changed" // created, updated
	ContactDeleted      Kind = "contact.deleted"
	CompanyChanged      Kind = "company.changed" // created, updated
	CompanyDeleted      Kind = "company.deleted"
	ChannelChanged      Kind = "channel.changed"
	GroupChanged        Kind = "group.changed" // name, picture, members, state
	TagChanged          Kind = "tag.changed"
	CustomFieldChanged  Kind = "customfield.changed"
	AgentChanged        Kind = "agent.changed"
	AuthChanged         Kind = "auth.changed" // the rights of an agent or token changed: AgentID says whose; live streams judge anew
	TeamChanged         Kind = "team.changed" // suspended or not, its limits of connections; live connections look at theirs anew
	NotificationAdded   Kind = "notification.added"
	NotificationChanged Kind = "notification.changed"
	NoticeSettings      Kind = "noticesettings.changed" // AgentID: whose they are
	JobChanged          Kind = "job.changed"
	SavedReplyChanged   Kind = "savedreply.changed" // made, changed, deleted; AgentID: the only one who sees it
	SavedViewChanged    Kind = "savedview.changed"  // made, changed, moved, deleted; AgentID: the only one who sees it
	DraftChanged        Kind = "draft.changed"      // AgentID: whose it is; 0 for the one that all share
	AutomationChanged   Kind = "automation.changed" // rules, modules, entries, working hours, whether enquiries are assigned
)

// Facets are what of a conversation decides who may see it and which views it is in: ids, enums and times, never content. An event of a
// conversation carries them as they were before and after it.
type Facets struct {
	Status        string  `json:"s"`           // PENDING, IN_PROGRESS, ENDED
	Queue         string  `json:"q,omitempty"` // HUMAN or BOT while PENDING
	Kind          string  `json:"k"`           // ONE_ON_ONE, COLLABORATION, GROUP
	ChannelID     int64   `json:"c"`
	ChannelType   string  `json:"ct"`
	FollowerID    int64   `json:"f,omitempty"`  // the present follower; the last one where ENDED
	Collaborators []int64 `json:"co,omitempty"` // in their order
	// CollaboratorUnread is what is unread for each collaborator, those with none left out; Unread is then the follower's (COLL-13).
	CollaboratorUnread map[int64]int `json:"cu,omitempty"`
	// PinnedBy are the agents who have pinned it (CONV-20).
	PinnedBy []int64 `json:"pb,omitempty"`
	BranchID string  `json:"b,omitempty"`
	RegionID string  `json:"r,omitempty"`
	// Audience is to whom the enquiry went, while PENDING: see row.Hears (CHAN-8).
	Audience    string  `json:"au,omitempty"`
	TagIDs      []int64 `json:"t,omitempty"`
	ContactID   int64   `json:"ci,omitempty"`
	Unread      int     `json:"u,omitempty"`
	IsMentioned bool    `json:"m,omitempty"`
	IsStarred   bool    `json:"st,omitempty"`
	IsArchived  bool    `json:"ar,omitempty"`
	// IsSnoozed: it is IN_PROGRESS and out of the views of what is, until a time or the customer's next message (PROD-14).
	IsSnoozed    bool      `json:"sn,omitempty"`
	HasPhone     bool      `json:"p,omitempty"`
	IsFromAd     bool      `json:"ad,omitempty"`
	WaitingSince time.Time `json:"w,omitzero"`
	// WaitingLevel is how many levels of waiting were told of since then: an event in which it grows is of time alone (CONV-19).
	WaitingLevel int `json:"wl,omitempty"`
}

// Event is one entry of a team's log.
type Event struct {
	TeamID         int64
	Seq            int64
	Kind           Kind
	ObjectID       int64 // the message, contact, channel … that Kind names; the conversation itself for conversation kinds
	ObjectVersion  int
	ConversationID int64 // 0 where it belongs to none
	AgentID        int64 // the only agent it is for (notifications, auth); 0 for everybody with the right
	// Before and After are the conversation's facets around this event; nil where it belongs to none. Before is nil on creation.
	Before, After *Facets
	Actor         Actor
	RequestID     string
	At            time.Time
}

// ActorKind says who acts.
type ActorKind string

// Who acts.
const (
	ByAgent       ActorKind = "AGENT"
	ByContact     ActorKind = "CONTACT"
	ByIntegration ActorKind = "INTEGRATION"
	ByRule        ActorKind = "RULE"
	BySystem      ActorKind = "SYSTEM"
)

// Actor is who caused an event.
type Actor struct {
	Kind ActorKind `json:"k"`
	ID   int64     `json:"i,omitempty"` // agent, contact, token or rule; 0 for the system
	Rule string    `json:"r,omitempty"` // the rule's stable name where a rule acted
}

// Body is what is stored of an event beside its columns: facets and actor, as JSON.
type Body struct {
	Before *Facets `json:"b,omitempty"`
	After  *Facets `json:"a,omitempty"`
	Actor  Actor   `json:"by"`
	Req    string  `json:"rq,omitempty"`
}

// Encode gives the stored form of the event's body.
func (e Event) Encode() (string, error) {
	b, err := json.Marshal(Body{Before: e.Before, After: e.After, Actor: e.Actor, Req: e.RequestID})
	return string(b), err
}

// Decode fills the event from the stored form of its body.
func (e *Event) Decode(s string) error {
	var b Body
	if err := json.Unmarshal([]byte(s), &b); err != nil {
		return err
	}
	e.Before, e.After, e.Actor, e.RequestID = b.Before, b.After, b.Actor, b.Req
	return nil
}

// Cursor is a position in a team's log. Clients hand it back and never compare it.
type Cursor struct {
	Epoch string // changes when the log was restored or purged beyond live cursors: older cursors are then useless
	Seq   int64  // the last entry seen; 0 is before the first
}

// String gives the opaque form of the cursor.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte("1." + c.Epoch + "." + strconv.FormatInt(c.Seq, 10)))
}

// ParseCursor reads an opaque cursor. What is no cursor of ours is a fault of kind Invalid.
func ParseCursor(s string) (Cursor, error) {
	wrong := fault.Input("after", "this is not a cursor of this API; leave it out to start from now")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, wrong
	}
	p := strings.Split(string(b), ".")
	if len(p) != 3 || p[0] != "1" || p[1] == "" {
		return Cursor{}, wrong
	}
	n, err := strconv.ParseInt(p[2], 10, 64)
	if err != nil || n < 0 {
		return Cursor{}, wrong
	}
	return Cursor{Epoch: p[1], Seq: n}, nil
}

// Log reads the logs of teams. It is implemented by the store.
type Log interface {
	// Head is the position of the team's newest entry. A team without a stream is a fault of kind NotFound.
	Head(ctx context.Context, team int64) (Cursor, error)
	// After reads up to limit entries with a sequence number above seq, in order.
	After(ctx context.Context, team, seq int64, limit int) ([]Event, error)
	// Oldest is the lowest sequence number still kept; the head's plus one where none is.
	Oldest(ctx context.Context, team int64) (int64, error)
	// Heads gives the sequence numbers of those of the teams whose log is beyond the known number.
	Heads(ctx context.Context, known map[int64]int64) (map[int64]int64, error)
}

type requestKey struct{}

// WithRequest puts the id of the request that is being served into the context; every event written in it carries the id.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request is the id of the request that is being served; empty outside of one.
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
