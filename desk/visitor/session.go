package visitor

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/visitor"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// firstPage is how many messages a session begins with.
const firstPage = 30

// BeginInput is what a browser says when a page with the chat window is opened.
type BeginInput struct {
	Token                         string // what it kept of an earlier session; empty for none
	Page                          Page
	Language, TimeZone, UserAgent string
	Identity                      *Proof // nil for none
}

// Begun is a session that was begun or goes on.
type Begun struct {
	Token    string // the secret to keep from now on
	Session  Session
	Messages []Message // the newest, oldest first
	HasMore  bool      // there are older ones
	Unread   int       // messages to the visitor that it has not seen
	Agent    string    // who follows the conversation; empty while nobody does
	Cursor   event.Cursor
	Now      time.Time
}

func author(visitorID int64) string { return "visitor:" + strconv.FormatInt(visitorID, 10) }

// Begin goes on with the session of a secret or, where it is unknown or over, begins one: nothing but a session comes of that, until the visitor
// writes. A valid proof binds the session to the member (CONT-1, CHAN-12); without one the member's details are ignored. Whose identity changes
// gets a new secret.
func (s *Service) Begin(ctx context.Context, w account.Window, in BeginInput) (Begun, error) {
	in.Page = in.Page.clean()
	proven := in.Identity != nil && Proves(w.Secrets(), *in.Identity, s.DB.Clock().Now())
	var b begin
	_, err := s.DB.Write(ctx, w.TeamID, func(ctx context.Context, tx *store.Tx) error {
		b = begin{Service: s, tx: tx, window: w, in: in, token: in.Token}
		return b.do(ctx, proven)
	})
	if err != nil {
		return Begun{}, err
	}
	if b.endedID != 0 {
		s.tell(ctx, w.TeamID, b.endedID, saidEnded)
	}
	if b.hasMoved {
		s.tell(ctx, w.TeamID, b.visitor.ID, saidMoved)
	}
	return s.begun(ctx, b.token, b.visitor.ID, w)
}

// begun reads what a page shows first.
func (s *Service) begun(ctx context.Context, token string, visitorID int64, w account.Window) (Begun, error) {
	x, err := s.Again(ctx, Session{Team: w.TeamID, ChannelID: w.ChannelID, VisitorID: visitorID})
	if err != nil {
		return Begun{}, err
	}
	out := Begun{Token: token, Session: x}
	err = s.DB.Read(ctx, w.TeamID, func(ctx context.Context, v *store.View) error {
		out.Now = v.Now
		id, err := conversationOf(ctx, v, x.IdentityID)
		if err != nil {
			return err
		}
		if out.Messages, out.HasMore, err = s.history(ctx, v, x, id, 0, firstPage); err != nil {
			return err
		}
		if out.Unread, err = unread(ctx, v, id); err != nil {
			return err
		}
		if out.Agent, err = followerOf(ctx, v, id); err != nil {
			return err
		}
		out.Cursor, err = v.AsOf(ctx)
		return err
	})
	return out, err
}

// followerOf is the name of who follows a conversation; empty while nobody does.
func followerOf(ctx context.Context, v *store.View, conversationID int64) (string, error) {
	if conversationID == 0 {
		return "", nil
	}
	a, err := v.Conversation.Query().Where(conversation.ID(conversationID), conversation.StatusEQ(conversation.StatusIN_PROGRESS)).QueryFollower().Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the follower: %w", err)
	}
	return a.Name, nil
}

// Logout ends a session and begins an anonymous one: of the member nothing stays in the browser.
func (s *Service) Logout(ctx context.Context, x Session) (Begun, error) {
	var b begin
	_, err := s.DB.Write(ctx, x.Team, func(ctx context.Context, tx *store.Tx) error {
		b = begin{Service: s, tx: tx, window: x.Window}
		v, err := tx.Visitor.Get(ctx, x.VisitorID)
		if err != nil {
			return fmt.Errorf("read visitor: %w", err)
		}
		b.in = BeginInput{Language: v.Language, TimeZone: v.TimeZone, UserAgent: v.UserAgent, Page: Page{URL: v.PageURL, Title: v.PageTitle}}
		if err := b.finish(ctx, v); err != nil {
			return err
		}
		return b.create(ctx)
	})
	if err != nil {
		return Begun{}, err
	}
	s.tell(ctx, x.Team, x.VisitorID, saidEnded)
	return s.begun(ctx, b.token, b.visitor.ID, x.Window)
}

// begin is the beginning of a session in one transaction.
type begin struct {
	*Service
	tx      *store.Tx
	window  account.Window
	in      BeginInput
	token   string // to keep
	visitor *ent.Visitor
	// endedID is a visitor whose session is over, 0 for none; hasMoved says that the session's conversation is another one now.
	endedID  int64
	hasMoved bool
}

func (b *begin) do(ctx context.Context, isProven bool) error {
	isCurrent, err := b.known(ctx)
	if err != nil {
		return err
	}
	if v := b.visitor; v != nil && isProven && v.ExternalID != "" && v.ExternalID != b.in.Identity.ExternalID {
		// Another member at the same browser, who did not log out, is another person.
		b.endedID = v.ID
		if err := b.finish(ctx, v); err != nil {
			return err
		}
		b.visitor = nil
	}
	if b.visitor == nil {
		if err := b.create(ctx); err != nil {
			return err
		}
		isCurrent = true
		if isProven {
			return b.identify(ctx)
		}
		return nil
	}
	if err := b.goOn(ctx); err != nil || !isProven {
		return err
	}
	isNew := b.visitor.ExternalID == ""
	if err := b.identify(ctx); err != nil || !isNew || !isCurrent {
		return err
	}
	return b.rotate(ctx)
}

// known finds the session of the secret, held, and says whether the secret is the newest.
func (b *begin) known(ctx context.Context) (isCurrent bool, err error) {
	if b.in.Token == "" || len(b.in.Token) > maxToken {
		return false, nil
	}
	hash := digest(b.in.Token)
	q := b.tx.Visitor.Query().Where(visitor.ChannelID(b.window.ChannelID), visitor.ExpiresAtGT(b.tx.Now), visitor.Or(visitor.TokenHash(hash),
		visitor.And(visitor.PreviousHash(hash), visitor.PreviousUntilGT(b.tx.Now))))
	if b.tx.IsPostgres() {
		q.Modify(func(s *sql.Selector) { s.ForUpdate() })
	}
	v, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find the session: %w", err)
	}
	b.visitor = v
	return string(v.TokenHash) == string(hash), nil
}

// create makes a visitor with a person of its own, whom nobody knows: no contact and no conversation, so that machines which open pages do not
// fill the inbox.
func (b *begin) create(ctx context.Context) error {
	b.token = b.Random.Token()
	i, err := b.tx.Identity.Create().SetTeamID(b.tx.Team).SetChannelID(b.window.ChannelID).SetPlatformUserID("v_" + hex.EncodeToString(b.Random.Bytes(16))).
		SetLanguage(short(b.in.Language, 35)).SetReach("REACHABLE").SetProfileFetchedAt(b.tx.Now).SetFirstSeenAt(b.tx.Now).
		SetCreatedAt(b.tx.Now).SetUpdatedAt(b.tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("create the person: %w", err)
	}
	b.visitor, err = b.tx.Visitor.Create().SetTeamID(b.tx.Team).SetChannelID(b.window.ChannelID).SetIdentityID(i.ID).SetTokenHash(digest(b.token)).
		SetExpiresAt(b.tx.Now.Add(LastsFor)).SetPageURL(b.in.Page.URL).SetPageTitle(b.in.Page.Title).SetReferrer(b.in.Page.Referrer).
		SetOnlineUntil(b.tx.Now.Add(grace)).SetSeenAt(b.tx.Now).SetLanguage(short(b.in.Language, 35)).SetTimeZone(short(b.in.TimeZone, 64)).
		SetUserAgent(short(b.in.UserAgent, 500)).SetCreatedAt(b.tx.Now).SetUpdatedAt(b.tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("create visitor: %w", err)
	}
	return nil
}

func short(s string, most int) string { return text.Cut(text.Line(storable(s)), most) }

// goOn notes that the visitor is there again, and where.
func (b *begin) goOn(ctx context.Context) error {
	v := b.visitor
	hasChanged := !isOnline(v, b.tx.Now) || v.PageURL != b.in.Page.URL || v.PageTitle != b.in.Page.Title
	u := b.tx.Visitor.UpdateOne(v).SetExpiresAt(b.tx.Now.Add(LastsFor)).SetSeenAt(b.tx.Now).SetPageURL(b.in.Page.URL).SetPageTitle(b.in.Page.Title).
		SetLanguage(short(b.in.Language, 35)).SetTimeZone(short(b.in.TimeZone, 64)).SetUserAgent(short(b.in.UserAgent, 500)).AddVersion(1).SetUpdatedAt(b.tx.Now)
	if b.in.Page.Referrer != "" {
		u.SetReferrer(b.in.Page.Referrer)
	}
	if v.OnlineUntil == nil || v.OnlineUntil.Before(b.tx.Now.Add(grace)) {
		u.SetOnlineUntil(b.tx.Now.Add(grace))
	}
	now, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("go on with the session: %w", err)
	}
	if b.visitor = now; !hasChanged {
		return nil
	}
	return changedIn(ctx, b.tx, v.IdentityID)
}

// finish ends a visitor's session. Its row stays: other devices of the member find the conversation by it.
func (b *begin) finish(ctx context.Context, v *ent.Visitor) error {
	hash := digest(b.Random.Token())
	if err := b.tx.Visitor.UpdateOne(v).SetTokenHash(hash).ClearPreviousHash().ClearPreviousUntil().SetExpiresAt(b.tx.Now).ClearOnlineUntil().
		SetPageURL("").SetPageTitle("").SetMessagePageURL("").SetMessagePageTitle("").AddVersion(1).SetUpdatedAt(b.tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return changedIn(ctx, b.tx, v.IdentityID)
}

// rotate gives the session a new secret; the one before is taken for another minute.
func (b *begin) rotate(ctx context.Context) error {
	b.token = b.Random.Token()
	now, err := b.tx.Visitor.UpdateOne(b.visitor).SetPreviousHash(b.visitor.TokenHash).SetPreviousUntil(b.tx.Now.Add(PreviousFor)).
		SetTokenHash(digest(b.token)).AddVersion(1).SetUpdatedAt(b.tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("rotate the secret: %w", err)
	}
	b.visitor = now
	return nil
}
