package workspace

import (
	"context"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/team"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PresentIn gives an agent or an integration as it is now, by the number that auth.Principal.Subject gives of it, with all its rights: for what was
// handed out in its name and works without its token. Who may not act any more (deactivated, revoked, expired, a team that is suspended) is
// a fault of kind Unauthenticated. It has no session and no language.
func PresentIn(ctx context.Context, v *store.View, subject int64) (auth.Principal, error) {
	ended := fault.New(fault.Unauthenticated, "who was given this may not use it any more")
	t, err := v.Client.Team.Query().Only(ctx)
	if err != nil {
		return auth.Principal{}, err
	}
	if t.Status == team.StatusSUSPENDED {
		return auth.Principal{}, ended
	}
	if subject < 0 {
		x, err := v.APIToken.Get(ctx, -subject)
		if ent.IsNotFound(err) || err == nil && (x.RevokedAt != nil || x.ExpiresAt != nil && !v.Now.Before(*x.ExpiresAt)) {
			return auth.Principal{}, ended
		}
		if err != nil {
			return auth.Principal{}, err
		}
		p := auth.Principal{TeamID: v.Team, TokenID: x.ID, Name: x.Name, Role: auth.Role(x.Role), AuthVersion: x.AuthVersion}
		for _, s := range x.Scopes {
			p.Scopes = append(p.Scopes, auth.Scope(s))
		}
		given, err := rolePermissions(ctx, v.Client)
		if err != nil {
			return auth.Principal{}, err
		}
		p.Permissions = permissions(given[p.Role])
		return p, nil
	}
	m, err := memberIn(ctx, v.Client, subject)
	if fault.Is(err, fault.NotFound) || err == nil && m.Status != agent.StatusACTIVE {
		return auth.Principal{}, ended
	}
	if err != nil {
		return auth.Principal{}, err
	}
	return auth.Principal{TeamID: v.Team, AgentID: m.ID, Name: m.Name, Role: auth.Role(m.Role), Permissions: m.Rights, BranchID: m.BranchID,
		RegionID: m.RegionID, AuthVersion: m.AuthVersion}, nil
}
