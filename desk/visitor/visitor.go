// Package visitor serves people on websites (CHAN-12): a session with a secret that the browser keeps, the proof of who they are, what they write
// and see, whether they are there and on which page. What they write goes the way of every inbound message; what they see comes from the
// team's log.
package visitor

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// LastsFor is how long a session lasts after it was last used.
	LastsFor = 180 * 24 * time.Hour
	// PreviousFor is how long the secret before a rotation is taken, for other tabs.
	PreviousFor = time.Minute
	// slideEvery is how exactly a session's end is kept.
	slideEvery = 24 * time.Hour
	// topic is what servers tell each other about visitors.
	topic = "visitor"
)

// Log is the team's logs, which streams are read from.
type Log interface {
	// Tap is live.Hub's.
	Tap(ctx context.Context, team int64, took func([]event.Event), lost func(event.Cursor)) (event.Cursor, func(), error)
}

// Config is what the service needs; everything must be given.
type Config struct {
	DB       *store.DB
	Accounts *account.Service
	Contacts *contact.Service
	Inbound  *inbound.Service
	Files    *file.Service
	Presence *presence.Service
	Adapters *channels.Registry
	Random   *random.Source
	Bus      bus.Bus
	Logs     Log
	Log      *slog.Logger
}

// Service serves visitors. It is safe for concurrent use.
type Service struct {
	Config
	self string // this server's name among the others
	deaf []func()

	mu      sync.Mutex
	here    map[int64]*here                // by visitor: those with a live stream on this server
	feeds   map[int64]*feed                // by team
	streams map[int64]map[*Stream]struct{} // by visitor
}

// New makes the service. Run keeps its promises about time, Close ends its streams.
func New(c Config) *Service {
	s := &Service{Config: c, self: c.Random.UUID(), here: map[int64]*here{}, feeds: map[int64]*feed{}, streams: map[int64]map[*Stream]struct{}{}}
	s.deaf = append(s.deaf, c.Bus.Subscribe(topic, s.heard), c.Bus.Subscribe(string(presence.Typing), s.typed))
	return s
}

// Close ends every stream with ReasonDrain and listens to nothing more; a second call does nothing.
func (s *Service) Close() {
	for _, f := range s.deaf {
		f()
	}
	s.mu.Lock()
	var all []*Stream
	for _, of := range s.streams {
		for x := range of {
			all = append(all, x)
		}
	}
	s.mu.Unlock()
	for _, x := range all {
		x.end(ReasonDrain)
	}
}

// Session is what a secret opens.
type Session struct {
	Team, ChannelID, VisitorID, IdentityID int64
	// PublicID is what the visitor is called outside.
	PublicID   string
	ExternalID string // the member's id at the shop, proven; empty for an anonymous visitor
	IsBlocked  bool   // the team has blocked the person
	Window     account.Window
	contactID  *int64
	expiresAt  time.Time
}

// author is who brings the visitor's uploads.
func (x Session) author() string { return author(x.VisitorID) }

// digest is what is kept of a secret: there is nothing to guess in 256 random bits, so one pass of SHA-256 hides it.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

const (
	sessionSQL = `SELECT v.id, v.team_id, v.channel_id, v.identity_id, v.external_id, v.expires_at, i.platform_user_id, i.is_blocked, i.contact_id
		FROM visitors v JOIN identities i ON i.team_id = v.team_id AND i.id = v.identity_id WHERE v.team_id = ? AND v.id = ?`
	maxToken = 100
)

// Authenticate finds the session of a secret. One that is unknown or has ended, or whose channel was deleted, is a fault of kind Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string) (Session, error) {
	unknown := fault.New(fault.Unauthenticated, "this session has ended; begin another")
	if token == "" || len(token) > maxToken {
		return Session{}, unknown
	}
	now := s.DB.Clock().Now()
	var team, id int64
	whose := s.DB.Across(store.Visitors)
	found, err := whose.Find(ctx, "SELECT team_id, id FROM visitors WHERE token_hash = ?", []any{digest(token)}, &team, &id)
	if err == nil && !found {
		found, err = whose.Find(ctx, "SELECT team_id, id FROM visitors WHERE previous_hash = ? AND previous_until > ?", []any{digest(token), now}, &team, &id)
	}
	if err != nil {
		return Session{}, err
	}
	if !found {
		return Session{}, unknown
	}
	x, found, err := s.find(ctx, team, id)
	if err != nil {
		return Session{}, err
	}
	if !found || !x.expiresAt.After(now) {
		return Session{}, unknown
	}
	x.Window, err = s.Accounts.WindowByID(ctx, x.Team, x.ChannelID)
	if fault.Is(err, fault.NotFound) {
		return Session{}, unknown
	}
	return x, err
}

func (s *Service) find(ctx context.Context, team, id int64) (x Session, found bool, err error) {
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		rows, err := v.Query(ctx, sessionSQL, team, id)
		if err != nil {
			return err
		}
		defer rows.Close()
		if found = rows.Next(); found {
			err = rows.Scan(&x.VisitorID, &x.Team, &x.ChannelID, &x.IdentityID, &x.ExternalID, &x.expiresAt, &x.PublicID, &x.IsBlocked, &x.contactID)
		}
		return errors.Join(err, rows.Err())
	})
	return x, found, err
}

// Again reads a session anew: it may have been identified since, or ended.
func (s *Service) Again(ctx context.Context, x Session) (Session, error) {
	now := s.DB.Clock().Now()
	got, found, err := s.find(ctx, x.Team, x.VisitorID)
	if err != nil {
		return Session{}, err
	}
	if !found || !got.expiresAt.After(now) {
		return Session{}, fault.New(fault.Unauthenticated, "this session has ended; begin another")
	}
	got.Window, err = s.Accounts.WindowByID(ctx, x.Team, x.ChannelID)
	return got, err
}

// conversationOf gives the visitor's conversation; 0 where there is none yet.
func conversationOf(ctx context.Context, v *store.View, identityID int64) (int64, error) {
	id, err := v.Conversation.Query().Where(conversation.IdentityID(identityID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	return id, err
}

// What servers tell each other of a visitor.
const (
	saidEnded = "ended" // the session is over
	saidMoved = "moved" // the session is another person's conversation now
	saidLeft  = "left"  // a page was closed
)

type said struct {
	Visitor int64  `json:"v"`
	What    string `json:"w"`
	By      string `json:"b"` // the server
}

func (s *Service) tell(ctx context.Context, team, visitorID int64, what string) {
	b, err := json.Marshal(said{Visitor: visitorID, What: what, By: s.self})
	if err != nil {
		panic(err) // a number and a word
	}
	// What is lost is noticed by the next look at the session.
	_ = s.Bus.Publish(ctx, bus.Message{Topic: topic, TeamID: team, Payload: b})
}

func (s *Service) heard(m bus.Message) {
	var x said
	if json.Unmarshal(m.Payload, &x) != nil {
		return
	}
	switch x.What {
	case saidLeft:
		if x.By != s.self { // who said it knows
			s.noteLeft(x.Visitor)
		}
	case saidEnded:
		s.endStreams(x.Visitor, ReasonEnded)
	case saidMoved:
		s.endStreams(x.Visitor, ReasonMoved)
	}
}

func (s *Service) endStreams(visitorID int64, reason string) {
	s.mu.Lock()
	var all []*Stream
	for x := range s.streams[visitorID] {
		all = append(all, x)
	}
	s.mu.Unlock()
	for _, x := range all {
		x.end(reason)
	}
}
