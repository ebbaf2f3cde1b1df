package workspace

import (
	"context"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/apitoken"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Viewer is who asks, as it is now.
type Viewer struct {
	Agent    *Member       // nil for an integration
	APIToken *ent.APIToken // nil for an agent
	Team     *ent.Team
}

// Viewer gives who asks. It needs no scope.
func (s *Service) Viewer(ctx context.Context, p auth.Principal) (Viewer, error) {
	var out Viewer
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		var err error
		if out.Team, err = v.Client.Team.Query().Only(ctx); err != nil {
			return err
		}
		if p.TokenID != 0 {
			out.APIToken, err = v.APIToken.Query().Where(apitoken.ID(p.TokenID)).Only(ctx)
			return err
		}
		m, err := memberIn(ctx, v.Client, p.AgentID)
		out.Agent = &m
		return err
	})
	return out, err
}

// Team gives the principal's team; any other does not exist.
func (s *Service) Team(ctx context.Context, p auth.Principal, id int64) (*ent.Team, error) {
	if id != p.TeamID {
		return nil, fault.Missing("the team")
	}
	v, err := s.Viewer(ctx, p)
	return v.Team, err
}
