package workspace

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Deactivated is an agent who works here no longer.
type Deactivated struct {
	Member
	Released int // conversations that went back to pending
	Cursor   event.Cursor
}

// Deactivate ends an agent's work here: its sessions, live streams and links end at once, and what it followed alone is pending again
// (COLL-17). A second time changes nothing. Faults: Forbidden for all but ADMINs, NotFound, Conflict for the last ADMIN.
func (s *Service) Deactivate(ctx context.Context, p auth.Principal, agentID int64) (Deactivated, error) {
	var out Deactivated
	if err := p.NeedAdmin(); err != nil {
		return out, err
	}
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		out = Deactivated{}
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		a, err := lockAgent(ctx, tx, agentID)
		if err != nil {
			return err
		}
		if a.Status != agent.StatusDEACTIVATED {
			if err := keepAdmin(ctx, tx, a); err != nil {
				return err
			}
			a, err = tx.Agent.UpdateOne(a).SetStatus(agent.StatusDEACTIVATED).SetDeactivatedAt(tx.Now).
				AddAuthVersion(1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return fmt.Errorf("deactivate agent: %w", err)
			}
			if err := s.endSessions(ctx, tx, p.Actor(), a.ID, ""); err != nil {
				return err
			}
			if err := withdrawLinks(ctx, tx, a.ID, invitation, reset); err != nil {
				return err
			}
			if out.Released, err = s.release(ctx, tx, a.ID, p.Actor()); err != nil {
				return fmt.Errorf("release what the agent followed: %w", err)
			}
			agentChanged(ctx, tx, p.Actor(), a)
		}
		out.Member, err = memberIn(ctx, tx.Client, agentID)
		return err
	})
	if err != nil {
		return Deactivated{}, err
	}
	out.Cursor = at
	return out, nil
}

// Reactivate lets a deactivated agent work here again, with its old password; one that never had a password is INVITED again and needs a new
// link. An agent who is not deactivated stays as it is. Faults: Forbidden for all but ADMINs, NotFound.
func (s *Service) Reactivate(ctx context.Context, p auth.Principal, agentID int64) (Member, event.Cursor, error) {
	var m Member
	if err := p.NeedAdmin(); err != nil {
		return m, event.Cursor{}, err
	}
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		a, err := lockAgent(ctx, tx, agentID)
		if err != nil {
			return err
		}
		if a.Status == agent.StatusDEACTIVATED {
			status := agent.StatusACTIVE
			if a.PasswordHash == "" {
				status = agent.StatusINVITED
			}
			a, err = tx.Agent.UpdateOne(a).SetStatus(status).ClearDeactivatedAt().AddAuthVersion(1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return fmt.Errorf("reactivate agent: %w", err)
			}
			agentChanged(ctx, tx, p.Actor(), a)
		}
		m, err = memberIn(ctx, tx.Client, agentID)
		return err
	})
	if err != nil {
		return Member{}, event.Cursor{}, err
	}
	return m, at, nil
}
