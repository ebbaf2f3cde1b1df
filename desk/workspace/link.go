package workspace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/link"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What links are for.
const (
	invitation = link.PurposeINVITATION
	reset      = link.PurposeRESET
)

// How long links work.
const (
	InvitationFor = 7 * 24 * time.Hour
	ResetFor      = 24 * time.Hour
)

// createLink makes a single-use link's token for an agent. Earlier ones of the same purpose stop working.
func (s *Service) createLink(ctx context.Context, tx *store.Tx, agentID int64, purpose link.Purpose) (seal.Secret, error) {
	if err := withdrawLinks(ctx, tx, agentID, purpose); err != nil {
		return seal.Secret{}, err
	}
	life := InvitationFor
	if purpose == reset {
		life = ResetFor
	}
	token, hash := s.newToken(linkPrefix)
	err := tx.Link.Create().SetTeamID(tx.Team).SetAgentID(agentID).SetPurpose(purpose).SetTokenHash(hash).
		SetExpiresAt(tx.Now.Add(life)).SetCreatedAt(tx.Now).Exec(ctx)
	if err != nil {
		return seal.Secret{}, fmt.Errorf("create link: %w", err)
	}
	return token, nil
}

// withdrawLinks ends an agent's links of the purposes.
func withdrawLinks(ctx context.Context, tx *store.Tx, agentID int64, purposes ...link.Purpose) error {
	err := tx.Link.Update().Where(link.AgentID(agentID), link.PurposeIn(purposes...), link.UsedAtIsNil()).SetUsedAt(tx.Now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw links: %w", err)
	}
	return nil
}

// link is the address of a link. The token stands behind #, so that it reaches no server's log on the way.
func (s *Service) link(purpose link.Purpose, token seal.Secret) seal.Secret {
	return seal.Hide(s.linkURL + "#" + strings.ToLower(string(purpose)) + "=" + token.Reveal())
}

// AcceptInput is an invitation's token with what its owner chooses.
type AcceptInput struct {
	Token    seal.Secret
	Name     *string // nil keeps the name in the invitation
	Password seal.Secret
}

// Accept accepts an invitation: the agent is ACTIVE, with a password, and signed in. Of several at once one does. Faults: Invalid for a name or
// password; Unauthenticated with the code CREDENTIALS for a link that does not work.
func (s *Service) Accept(ctx context.Context, from Caller, in AcceptInput) (Grant, error) {
	name := ""
	if in.Name != nil {
		var err error
		if name, err = checkName("name", *in.Name); err != nil {
			return Grant{}, err
		}
	}
	return s.redeem(ctx, from, redemption{
		purpose: invitation, token: in.Token, password: in.Password, from: agent.StatusINVITED,
		change: func(u *ent.AgentUpdate) {
			u.SetStatus(agent.StatusACTIVE)
			if name != "" {
				u.SetName(name).SetNameFolded(text.Fold(name))
			}
		},
	})
}

// CompleteReset sets a new password by a link, ends all of the agent's sessions and signs in. Faults as in Accept.
func (s *Service) CompleteReset(ctx context.Context, from Caller, token, password seal.Secret) (Grant, error) {
	return s.redeem(ctx, from, redemption{
		purpose: reset, token: token, password: password, from: agent.StatusACTIVE, change: func(*ent.AgentUpdate) {},
	})
}

// redemption is the use of a link.
type redemption struct {
	purpose         link.Purpose
	token, password seal.Secret
	from            agent.Status // what the agent must be
	change          func(*ent.AgentUpdate)
}

func (s *Service) redeem(ctx context.Context, from Caller, r redemption) (Grant, error) {
	if err := checkPassword("password", r.password.Reveal()); err != nil {
		return Grant{}, err
	}
	if err := s.try(ctx, "link:"+from.network(), addressTries); err != nil {
		return Grant{}, err
	}
	hash := digest(r.token.Reveal())
	of, err := s.ownerOf(ctx, "links", "token_hash", hash)
	if err != nil {
		return Grant{}, err
	}
	if of.team == 0 {
		return Grant{}, wrong(wrongLink)
	}
	if of.isSuspended {
		return Grant{}, suspended()
	}
	// Hashed before the transaction: SQLite's only writer does not wait for it.
	password, err := s.passwords.hash(ctx, r.password.Reveal())
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	_, err = s.db.Write(ctx, of.team, func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.Link.Query().Where(link.TokenHash(hash), link.PurposeEQ(r.purpose)).Only(ctx)
		if ent.IsNotFound(err) {
			return wrong(wrongLink)
		}
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "agents", l.AgentID); err != nil {
			return err
		}
		n, err := tx.Link.Update().Where(link.ID(l.ID), link.UsedAtIsNil(), link.ExpiresAtGT(tx.Now)).SetUsedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return wrong(wrongLink)
		}
		u := tx.Agent.Update().Where(agent.ID(l.AgentID), agent.StatusEQ(r.from)).SetPasswordHash(password).
			AddAuthVersion(1).AddVersion(1).SetUpdatedAt(tx.Now)
		r.change(u)
		if n, err = u.Save(ctx); err != nil {
			return err
		}
		if n == 0 {
			return wrong(wrongLink)
		}
		if err := withdrawLinks(ctx, tx, l.AgentID, invitation, reset); err != nil {
			return err
		}
		who, err := tx.Agent.Query().Where(agent.ID(l.AgentID)).Only(ctx)
		if err != nil {
			return err
		}
		by := event.Actor{Kind: event.ByAgent, ID: who.ID}
		if err := s.endSessions(ctx, tx, by, who.ID, ""); err != nil {
			return err
		}
		agentChanged(ctx, tx, by, who)
		g, err = s.startSession(ctx, tx, who, s.random.UUID(), from)
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	return g, nil
}

// RequestReset asks for a link to set a new password. Nothing is looked up before the answer, so it tells nothing: the link is made and
// mailed by Run, where there is such an ACTIVE agent; without mail the team's ADMINs are told, and make a link with ResetLink. Faults: Throttled.
func (s *Service) RequestReset(ctx context.Context, from Caller, team, email string) error {
	team, email = strings.ToLower(strings.TrimSpace(team)), strings.TrimSpace(email)
	if err := s.try(ctx, "reset:"+from.network(), resetTries); err != nil {
		return err
	}
	if err := s.try(ctx, "reset:"+team+"|"+text.Fold(email), resetTries); err != nil {
		return err
	}
	if len(team) > maxEmail || len(email) > maxEmail {
		return nil
	}
	return s.enqueue(letter{team: team, email: email})
}

// ResetLink makes a link for an agent, for an ADMIN to hand over: with it an ACTIVE agent sets a new password, and an INVITED one, whose
// earlier link then stops working, accepts its invitation. It is shown this once. Faults: Forbidden, NotFound, Conflict for a deactivated agent.
func (s *Service) ResetLink(ctx context.Context, p auth.Principal, agentID int64) (seal.Secret, error) {
	var l seal.Secret
	if err := p.NeedAdmin(); err != nil {
		return l, err
	}
	_, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		a, err := lockAgent(ctx, tx, agentID)
		if err != nil {
			return err
		}
		purpose := reset
		switch a.Status {
		case agent.StatusINVITED:
			purpose = invitation
		case agent.StatusDEACTIVATED:
			return fault.New(fault.Conflict, "the agent is deactivated; reactivate it first").WithCode("CONFLICT", nil)
		case agent.StatusACTIVE:
		}
		token, err := s.createLink(ctx, tx, a.ID, purpose)
		l = s.link(purpose, token)
		return err
	})
	if err != nil {
		return seal.Secret{}, err
	}
	return l, nil
}
