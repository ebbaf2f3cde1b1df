package workspace

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushsubscription"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/session"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// How long tokens work.
const (
	AccessFor  = time.Hour
	RefreshFor = 30 * 24 * time.Hour
)

// How often one may be wrong. The second bounds one address that tries many accounts.
var (
	accountTries = attempt.Limit{Tries: 10, Window: 15 * time.Minute}
	addressTries = attempt.Limit{Tries: 100, Window: 15 * time.Minute}
)

// Grant is a signed-in agent's pair of tokens. They are shown this once.
type Grant struct {
	TeamID, AgentID  int64
	Name             string
	Role             auth.Role
	AccessToken      seal.Secret
	RefreshToken     seal.Secret
	AccessExpiresAt  time.Time
	RefreshExpiresAt time.Time
}

// SignInInput names an account and its password.
type SignInInput struct {
	Team, Email string
	Password    seal.Secret
}

// SignIn signs an agent in. A wrong team, address or password, and an agent who is invited or deactivated, give the same fault (Unauthenticated
// with the code CREDENTIALS) after the same work. Ten wrong tries in a quarter of an hour for one account from one network, or a hundred for any
// accounts, are Throttled; where tries cannot be counted nobody signs in (Unavailable).
func (s *Service) SignIn(ctx context.Context, from Caller, in SignInInput) (Grant, error) {
	slug, email := strings.ToLower(strings.TrimSpace(in.Team)), strings.TrimSpace(in.Email)
	key := "sign-in:" + from.network() + "|" + slug + "|" + text.Fold(email)
	if err := s.try(ctx, "sign-in:"+from.network(), addressTries); err != nil {
		return Grant{}, err
	}
	if err := s.try(ctx, key, accountTries); err != nil {
		return Grant{}, err
	}
	a, err := s.byAddress(ctx, slug, email)
	if err != nil {
		return Grant{}, err
	}
	isRight, err := s.passwords.isRight(ctx, a.hash, in.Password.Reveal())
	if err != nil {
		return Grant{}, err
	}
	if !isRight || a.status != string(agent.StatusACTIVE) {
		return Grant{}, wrong(wrongSignIn)
	}
	if a.isSuspended {
		return Grant{}, suspended()
	}
	var g Grant
	_, err = s.db.Write(ctx, a.team, func(ctx context.Context, tx *store.Tx) error {
		// Deactivation and a new password lock the same row: no session outlives them.
		if err := tx.Lock(ctx, "agents", a.agent); err != nil {
			return err
		}
		who, err := tx.Agent.Query().Where(agent.ID(a.agent), agent.StatusEQ(agent.StatusACTIVE), agent.PasswordHash(a.hash)).Only(ctx)
		if ent.IsNotFound(err) {
			return wrong(wrongSignIn)
		}
		if err != nil {
			return err
		}
		g, err = s.startSession(ctx, tx, who, s.random.UUID(), from)
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	if err := s.attempts.Give(ctx, key); err != nil {
		s.log.WarnContext(ctx, "tries before a sign-in are still counted", "error", err)
	}
	return g, nil
}

// try counts a try; without room for it the fault says when there is.
func (s *Service) try(ctx context.Context, key string, limit attempt.Limit) error {
	wait, err := s.attempts.Take(ctx, key, limit)
	if err != nil {
		return err
	}
	if wait > 0 {
		return fault.New(fault.Throttled, "too many tries; wait a while").After(wait)
	}
	return nil
}

// startSession makes a pair of tokens of a family.
func (s *Service) startSession(ctx context.Context, tx *store.Tx, who *ent.Agent, family string, from Caller) (Grant, error) {
	g := Grant{
		TeamID: tx.Team, AgentID: who.ID, Name: who.Name, Role: auth.Role(who.Role),
		AccessExpiresAt: tx.Now.Add(AccessFor), RefreshExpiresAt: tx.Now.Add(RefreshFor),
	}
	var accessHash, refreshHash string
	g.AccessToken, accessHash = s.newToken(accessPrefix)
	g.RefreshToken, refreshHash = s.newToken(refreshPrefix)
	err := tx.Session.Create().SetTeamID(tx.Team).SetAgentID(who.ID).SetFamily(family).SetAccessHash(accessHash).SetRefreshHash(refreshHash).
		SetAccessExpiresAt(g.AccessExpiresAt).SetRefreshExpiresAt(g.RefreshExpiresAt).SetUserAgent(from.agent()).SetCreatedAt(tx.Now).Exec(ctx)
	if err != nil {
		return Grant{}, fmt.Errorf("start session: %w", err)
	}
	return g, nil
}

// Refresh gives the next pair of tokens for a refresh token, once. A refresh token that comes a second time was stolen, or its thief was faster: the whole
// family of sessions ends, both sides'. Faults: Unauthenticated with the code CREDENTIALS, Forbidden for a suspended team.
func (s *Service) Refresh(ctx context.Context, from Caller, token seal.Secret) (Grant, error) {
	hash := digest(token.Reveal())
	of, err := s.ownerOf(ctx, "sessions", "refresh_hash", hash)
	if err != nil {
		return Grant{}, err
	}
	if of.team == 0 {
		return Grant{}, wrong(wrongRefresh)
	}
	if of.isSuspended {
		return Grant{}, suspended()
	}
	var g Grant
	refusal := wrong(wrongRefresh)
	_, err = s.db.Write(ctx, of.team, func(ctx context.Context, tx *store.Tx) error {
		g, refusal = Grant{}, wrong(wrongRefresh)
		old, err := tx.Session.Query().Where(session.RefreshHash(hash)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "agents", old.AgentID); err != nil {
			return err
		}
		n, err := tx.Session.Update().Where(session.ID(old.ID), session.RotatedAtIsNil(), session.RevokedAtIsNil(), session.RefreshExpiresAtGT(tx.Now)).
			SetRotatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			// The refusal must not undo the revocation, so it is told after the commit.
			return s.endReused(ctx, tx, old.ID)
		}
		who, err := tx.Agent.Query().Where(agent.ID(old.AgentID), agent.StatusEQ(agent.StatusACTIVE)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		g, err = s.startSession(ctx, tx, who, old.Family, from)
		refusal = err
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	return g, refusal
}

// endReused ends the family of a session whose refresh token was used before. One that merely expired ends nothing.
func (s *Service) endReused(ctx context.Context, tx *store.Tx, id int64) error {
	now, err := tx.Session.Query().Where(session.ID(id)).Only(ctx)
	if err != nil || now.RotatedAt == nil || now.RevokedAt != nil {
		return err
	}
	s.log.WarnContext(ctx, "a refresh token was used twice; its sessions end", slog.Int64("team", tx.Team), slog.Int64("agent", now.AgentID))
	return s.endSessions(ctx, tx, event.Actor{Kind: event.BySystem}, now.AgentID, now.Family)
}

// endSessions ends sessions of an agent: those of a family, or all where it is empty.
func (s *Service) endSessions(ctx context.Context, tx *store.Tx, by event.Actor, agentID int64, family string) error {
	// A refresh under way holds the same lock: the session that it makes is seen here, or it sees that its own has ended.
	if err := tx.Lock(ctx, "agents", agentID); err != nil {
		return err
	}
	q := tx.Session.Update().Where(session.AgentID(agentID), session.RevokedAtIsNil())
	if family != "" {
		q = q.Where(session.Family(family))
	}
	n, err := q.SetRevokedAt(tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if err := forgetDevices(ctx, tx, agentID, family); err != nil {
		return err
	}
	if n > 0 {
		s.rightsChanged(ctx, tx, by, agentID, 0)
	}
	return nil
}

// forgetDevices ends the pushes to the browsers of a sign-in, or to all of an agent's where family is empty (RT-9).
func forgetDevices(ctx context.Context, tx *store.Tx, agentID int64, family string) error {
	q := tx.PushSubscription.Delete().Where(pushsubscription.AgentID(agentID))
	if family != "" {
		q = q.Where(pushsubscription.Family(family))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("end pushes: %w", err)
	}
	return nil
}

// SignOut ends the agent's sign-in with its live streams, or all of the agent's. An integration has none: Forbidden.
func (s *Service) SignOut(ctx context.Context, p auth.Principal, everywhere bool) (event.Cursor, error) {
	if p.TokenID != 0 {
		return event.Cursor{}, forbidden("an integration does not sign out; revoke its token")
	}
	family := p.SessionKey
	if everywhere {
		family = ""
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		return s.endSessions(ctx, tx, p.Actor(), p.AgentID, family)
	})
}
