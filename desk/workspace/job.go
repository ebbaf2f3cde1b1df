package workspace

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// JobToken is the parameter of a job that names the integration which asked for it.
const JobToken = "token"

// JobIn reads a job that people watch, where the principal may know of it: an agent of what it asked for, or an integration in its name; an integration of
// what it asked for itself; an ADMIN of all. Any other is a fault of kind NotFound.
func JobIn(ctx context.Context, v *store.View, p auth.Principal, id int64) (*ent.Job, error) {
	j, err := v.Job.Get(ctx, id)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read job %d: %w", id, err)
	}
	if err != nil || !hasAsked(p, j) && (p.Role != auth.Admin || !p.May(auth.ReadWorkspace)) {
		return nil, fault.Missing("the job")
	}
	return j, nil
}

func hasAsked(p auth.Principal, j *ent.Job) bool {
	if p.TokenID != 0 {
		token, _ := j.Params[JobToken].(float64) // as JSON has numbers
		return int64(token) == p.TokenID
	}
	return p.AgentID != 0 && j.CreatedBy == p.AgentID
}
