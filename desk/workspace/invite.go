package workspace

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// InviteInput is whom to invite, and as what.
type InviteInput struct {
	Email, Name        string
	Role               auth.Role
	Permissions        []auth.Permission // beside the role's
	BranchID, RegionID *string
	IdempotencyKey     string `json:"-"`
}

// Invited is an agent with its invitation. Link is shown this once; it is empty where the idempotency key was used before.
type Invited struct {
	Member
	Link   seal.Secret
	Cursor event.Cursor
}

// Invite invites an agent and mails the link, where there is mail. Faults: Forbidden for all but ADMINs, Invalid, Conflict for an address
// that the team has.
func (s *Service) Invite(ctx context.Context, p auth.Principal, in InviteInput) (Invited, error) {
	var out Invited
	if err := p.NeedAdmin(); err != nil {
		return out, err
	}
	row, err := in.check()
	if err != nil {
		return out, err
	}
	team, err := s.db.TeamByID(ctx, p.TeamID)
	if err != nil {
		return out, err
	}
	out.Cursor, err = s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		out.Link = seal.Secret{}
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "agentInvite", in, func() (int64, error) {
			id, err := createAgent(ctx, tx, row)
			if err != nil {
				return 0, err
			}
			tx.Emit(caused(ctx, p.Actor(), event.Event{Kind: event.AgentChanged, ObjectID: id, ObjectVersion: 1}))
			token, err := s.createLink(ctx, tx, id, invitation)
			out.Link = s.link(invitation, token)
			return id, err
		})
		if err != nil {
			return err
		}
		out.Member, err = memberIn(ctx, tx.Client, id)
		return err
	})
	if err != nil {
		return Invited{}, err
	}
	if s.mailer != nil && !out.Link.IsEmpty() {
		// The ADMIN has the link too, so a post that is full refuses nothing here.
		if err := s.enqueue(letter{to: row.Email, purpose: invitation, link: out.Link, language: languageOf(out.Agent, team), teamName: team.Name}); err != nil {
			s.log.WarnContext(ctx, "an invitation was not mailed", "error", err)
		}
	}
	return out, nil
}

func (in InviteInput) check() (*ent.Agent, error) {
	a := &ent.Agent{Role: agent.Role(in.Role)}
	var err error
	if a.Email, err = checkEmail("email", in.Email); err != nil {
		return nil, err
	}
	if a.Name, err = checkName("name", in.Name); err != nil {
		return nil, err
	}
	if err = checkRole("role", in.Role); err != nil {
		return nil, err
	}
	if a.Permissions, err = checkPermissions("permissions", in.Permissions); err != nil {
		return nil, err
	}
	if a.BranchID, err = checkPlace("branchId", in.BranchID); err != nil {
		return nil, err
	}
	if a.RegionID, err = checkPlace("regionId", in.RegionID); err != nil {
		return nil, err
	}
	return a, nil
}

// createAgent makes an agent who is INVITED. The unique address decides between two at once.
func createAgent(ctx context.Context, tx *store.Tx, a *ent.Agent) (int64, error) {
	made, err := tx.Agent.Create().SetTeamID(tx.Team).SetEmail(a.Email).SetEmailFolded(text.Fold(a.Email)).SetName(a.Name).SetNameFolded(text.Fold(a.Name)).
		SetRole(a.Role).SetStatus(agent.StatusINVITED).SetPermissions(a.Permissions).SetBranchID(a.BranchID).SetRegionID(a.RegionID).
		SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if sqlgraph.IsUniqueConstraintError(err) {
		return 0, fault.New(fault.Conflict, "the team has an agent with this address: a lost invitation is replaced by agentResetLink, and who was deactivated is reactivated").
			WithCode("CONFLICT", nil)
	}
	if err != nil {
		return 0, fmt.Errorf("create the agent: %w", err)
	}
	return made.ID, nil
}
