package visitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/visitor"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// grace is how long a visitor whose stream was cut counts as online, and one who has none yet.
	grace = 30 * time.Second
	// renewEvery is how often a server says again who has a stream with it.
	renewEvery = 20 * time.Second
	// leaving is how long a page that said good-bye may take to cut its stream.
	leaving = 5 * time.Second
	// doubt is how long after another's good-bye a server says that the visitor has a stream with it still.
	doubt = 2 * time.Second
	// sweepBatch is how many are turned offline at once.
	sweepBatch = 200
)

// here is a visitor with live streams on this server.
type here struct {
	team    int64
	streams int
	leftAt  time.Time // when a page said good-bye whose stream is open yet; zero for none
	renewed time.Time
}

// isOnline says whether a visitor counts as online at a moment.
func isOnline(v *ent.Visitor, now time.Time) bool {
	return v.OnlineUntil != nil && v.OnlineUntil.After(now)
}

// IsOnline says whether a visitor is on the site at a moment.
func IsOnline(v *ent.Visitor, now time.Time) bool { return isOnline(v, now) }

// changedIn tells agents that something about the visitor of a conversation is different; without a conversation there is nobody to tell.
func changedIn(ctx context.Context, tx *store.Tx, identityID int64) error {
	id, err := conversationOf(ctx, &tx.View, identityID)
	if err != nil || id == 0 {
		return err
	}
	c, err := row.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	by := event.Actor{Kind: event.ByContact}
	if c.ContactID != nil {
		by.ID = *c.ContactID
	}
	_, err = row.Change(ctx, tx, c, by, func(*ent.ConversationUpdateOne) {})
	return err
}

// SetPage notes the page on which the visitor is, which is a sign of being there.
func (s *Service) SetPage(ctx context.Context, x Session, p Page) error {
	p = p.clean()
	return s.note(ctx, x, s.DB.Clock().Now().Add(grace), &p, false)
}

// wrote notes the page of the last message. The message that follows tells the agents.
func (s *Service) wrote(ctx context.Context, x Session, p *Page) error {
	if p == nil {
		return nil
	}
	clean := p.clean()
	return s.note(ctx, x, s.DB.Clock().Now().Add(grace), &clean, true)
}

// note keeps that the visitor is there, until a time unless it is longer already, and on which page; nil leaves the page as it is. Agents are
// told what is different, and nothing where all is as before.
func (s *Service) note(ctx context.Context, x Session, until time.Time, p *Page, isWriting bool) error {
	if x.IsBlocked { // nothing of it is kept
		return nil
	}
	_, err := s.DB.Write(ctx, x.Team, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, visitor.Table, x.VisitorID); err != nil {
			return err
		}
		v, err := tx.Visitor.Get(ctx, x.VisitorID)
		if ent.IsNotFound(err) || err == nil && !v.ExpiresAt.After(tx.Now) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read visitor: %w", err)
		}
		u := tx.Visitor.UpdateOne(v).SetSeenAt(tx.Now)
		hasChanged := !isOnline(v, tx.Now)
		if v.OnlineUntil == nil || v.OnlineUntil.Before(until) {
			u.SetOnlineUntil(until)
		}
		if v.ExpiresAt.Before(tx.Now.Add(LastsFor - slideEvery)) {
			u.SetExpiresAt(tx.Now.Add(LastsFor))
		}
		if p != nil && (p.URL != v.PageURL || p.Title != v.PageTitle) {
			u.SetPageURL(p.URL).SetPageTitle(p.Title)
			hasChanged = true
		}
		if isWriting {
			u.SetMessagePageURL(p.URL).SetMessagePageTitle(p.Title)
		}
		if hasChanged {
			u.AddVersion(1).SetUpdatedAt(tx.Now)
		}
		if err := u.Exec(ctx); err != nil {
			return fmt.Errorf("note the visitor: %w", err)
		}
		if !hasChanged || isWriting {
			return nil
		}
		return changedIn(ctx, tx, v.IdentityID)
	})
	return err
}

// Leave notes that a page of the visitor was closed: offline at once, and the pages forgotten (CHAN-12), unless another page of it is open.
func (s *Service) Leave(ctx context.Context, x Session) error {
	s.mu.Lock()
	_, isHere := s.here[x.VisitorID]
	s.mu.Unlock()
	// Servers that have a stream of the visitor wait for its end; where it goes on, another page is open.
	s.tell(ctx, x.Team, x.VisitorID, saidLeft)
	if isHere {
		s.noteLeft(x.VisitorID)
		return nil
	}
	return s.goOffline(ctx, x.Team, x.VisitorID, time.Time{})
}

// noteLeft remembers that a page whose stream is open said good-bye.
func (s *Service) noteLeft(visitorID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.here[visitorID]; h != nil {
		h.leftAt = s.DB.Clock().Now()
	}
}

// arrive counts a stream of the visitor on this server.
func (s *Service) arrive(ctx context.Context, x Session, p *Page) error {
	now := s.DB.Clock().Now()
	s.mu.Lock()
	h := s.here[x.VisitorID]
	if h == nil {
		h = &here{team: x.Team}
		s.here[x.VisitorID] = h
	}
	h.streams++
	h.renewed = now
	s.mu.Unlock()
	return s.note(ctx, x, now.Add(renewEvery+grace), p, false)
}

// depart takes a stream back. Where it was the last here, the visitor is offline at once if its page said good-bye, and otherwise after the grace,
// unless it is back by then or has a stream with another server.
func (s *Service) depart(ctx context.Context, x Session) {
	now := s.DB.Clock().Now()
	s.mu.Lock()
	h := s.here[x.VisitorID]
	h.streams--
	hasLeft := !h.leftAt.IsZero() && now.Sub(h.leftAt) < leaving
	h.leftAt = time.Time{}
	isLast := h.streams == 0
	if isLast {
		delete(s.here, x.VisitorID)
	}
	s.mu.Unlock()
	if !isLast {
		return
	}
	var err error
	if hasLeft {
		err = s.goOffline(ctx, x.Team, x.VisitorID, time.Time{})
	} else {
		_, err = s.DB.Write(ctx, x.Team, func(ctx context.Context, tx *store.Tx) error {
			return tx.Visitor.Update().Where(visitor.ID(x.VisitorID), visitor.OnlineUntilNotNil()).SetOnlineUntil(tx.Now.Add(grace)).Exec(ctx)
		})
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.WarnContext(ctx, "a visitor's departure could not be noted", "error", err)
	}
}

// goOffline turns a visitor offline and forgets its pages, where it is online and, if by is a time, not beyond it.
func (s *Service) goOffline(ctx context.Context, team, visitorID int64, by time.Time) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Visitor.Update().Where(visitor.ID(visitorID), visitor.OnlineUntilNotNil())
		if !by.IsZero() {
			u.Where(visitor.OnlineUntilLTE(by))
		}
		n, err := u.ClearOnlineUntil().SetPageURL("").SetPageTitle("").SetMessagePageURL("").SetMessagePageTitle("").AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		v, err := tx.Visitor.Get(ctx, visitorID)
		if err != nil {
			return err
		}
		return changedIn(ctx, tx, v.IdentityID)
	})
	if err != nil {
		return fmt.Errorf("turn visitor %d offline: %w", visitorID, err)
	}
	return nil
}

// Run renews the presence of visitors who have a stream with this server and turns those offline whose time is over, on whichever server they
// were, until the context ends.
func (s *Service) Run(ctx context.Context) {
	for s.DB.Clock().Sleep(ctx, time.Second) == nil {
		if err := s.Renew(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "renew visitors' presence", "error", err)
		}
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "turn visitors offline", "error", err)
		}
	}
}

// Renew says again who has a stream with this server, of those for whom it is time.
func (s *Service) Renew(ctx context.Context) error {
	now := s.DB.Clock().Now()
	due := map[int64][]int64{}
	s.mu.Lock()
	for id, h := range s.here {
		isDoubted := !h.leftAt.IsZero() && now.Sub(h.leftAt) >= doubt
		if now.Sub(h.renewed) >= renewEvery || isDoubted {
			due[h.team] = append(due[h.team], id)
			h.renewed = now
			if isDoubted {
				h.leftAt = time.Time{}
			}
		}
	}
	s.mu.Unlock()
	var errs []error
	for team, ids := range due {
		for len(ids) > 0 {
			part := ids[:min(len(ids), sweepBatch)]
			ids = ids[len(part):]
			errs = append(errs, s.renewTeam(ctx, team, part))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) renewTeam(ctx context.Context, team int64, ids []int64) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		back, err := tx.Visitor.Query().Where(visitor.IDIn(ids...), visitor.OnlineUntilIsNil(), visitor.ExpiresAtGT(tx.Now)).All(ctx)
		if err != nil {
			return err
		}
		if err := tx.Visitor.Update().Where(visitor.IDIn(ids...), visitor.ExpiresAtGT(tx.Now)).SetOnlineUntil(tx.Now.Add(renewEvery + grace)).SetSeenAt(tx.Now).Exec(ctx); err != nil {
			return err
		}
		for _, v := range back {
			if err := changedIn(ctx, tx, v.IdentityID); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// Sweep turns the visitors offline whose time is over. Several servers may do so at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.DB.Clock().Now()
	rows, err := s.DB.Across(store.Visitors).Query(ctx, "SELECT team_id, id FROM visitors WHERE online_until <= ? ORDER BY online_until LIMIT ?", now, sweepBatch)
	if err != nil {
		return fmt.Errorf("find who is gone: %w", err)
	}
	var over [][2]int64
	for rows.Next() {
		var x [2]int64
		if err = rows.Scan(&x[0], &x[1]); err != nil {
			break
		}
		over = append(over, x)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("find who is gone: %w", err)
	}
	for _, x := range over {
		if err := s.goOffline(ctx, x[0], x[1], now); err != nil {
			return err
		}
	}
	return nil
}

// Of reads the visitors behind people, by identity: of a member with several devices the one that is online, or was last. One statement, whatever
// the people.
func Of(ctx context.Context, v *store.View, identityIDs []int64) (map[int64]*ent.Visitor, error) {
	if len(identityIDs) == 0 {
		return nil, nil
	}
	all, err := v.Visitor.Query().Where(visitor.IdentityIDIn(identityIDs...)).Order(visitor.BySeenAt()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read visitors: %w", err)
	}
	out := make(map[int64]*ent.Visitor, len(all))
	for _, x := range all {
		if was := out[x.IdentityID]; was == nil || isOnline(x, v.Now) || !isOnline(was, v.Now) {
			out[x.IdentityID] = x
		}
	}
	return out, nil
}

// Purge deletes visitors whose session is over and who never wrote, and gives how many. The others' rows stay: members' other devices find their
// conversation by them.
func (s *Service) Purge(ctx context.Context) (int, error) {
	now := s.DB.Clock().Now()
	teams, err := s.DB.Across(store.Visitors).Teams(ctx, "SELECT DISTINCT team_id FROM visitors WHERE expires_at < ? AND external_id = ''", now)
	if err != nil {
		return 0, fmt.Errorf("find old visitors: %w", err)
	}
	n := 0
	for _, team := range teams {
		gone, err := s.purge(ctx, team, now)
		if n += gone; err != nil {
			return n, fmt.Errorf("delete an old visitor: %w", err)
		}
	}
	return n, nil
}

func (s *Service) purge(ctx context.Context, team int64, now time.Time) (n int, err error) {
	var over []*ent.Visitor
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		over, err = v.Visitor.Query().Where(visitor.ExpiresAtLT(now), visitor.ExternalID(""), visitor.HasIdentityWith(identity.ContactIDIsNil())).
			Limit(sweepBatch).All(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, x := range over {
		if _, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Visitor.DeleteOneID(x.ID).Exec(ctx); err != nil && !ent.IsNotFound(err) {
				return err
			}
			id, err := conversationOf(ctx, &tx.View, x.IdentityID)
			if err != nil || id != 0 {
				return err
			}
			_, err = tx.Identity.Delete().Where(identity.ID(x.IdentityID), identity.ContactIDIsNil()).Exec(ctx)
			return err
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Typing tells the agents who look at the visitor's conversation that it types, or has stopped. Where there is no conversation yet nobody looks.
func (s *Service) Typing(ctx context.Context, x Session, isTyping bool) error {
	var id int64
	err := s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) (err error) {
		id, err = conversationOf(ctx, v, x.IdentityID)
		return err
	})
	if err != nil || id == 0 || x.IsBlocked {
		return err
	}
	s.Presence.Set(ctx, x.Team, id, presence.Customer, presence.Typing, isTyping)
	return nil
}
