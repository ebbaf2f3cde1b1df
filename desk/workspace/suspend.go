package workspace

import (
	"context"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/team"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Suspend has a team neither sign in nor send, or lets it again: its live connections, on all servers, are closed within a second. It says whether that is a
// change. It is for who runs the servers. Faults: NotFound.
func (s *Service) Suspend(ctx context.Context, slug string, isSuspended bool) (bool, error) {
	var id int64
	found, err := s.db.Across(store.Teams).Find(ctx, "SELECT id FROM teams WHERE slug = ?", []any{slug}, &id)
	if err != nil {
		return false, err
	}
	if !found {
		return false, fault.Missing("the team")
	}
	status := team.StatusACTIVE
	if isSuspended {
		status = team.StatusSUSPENDED
	}
	isChanged := false
	_, err = s.db.Write(ctx, id, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.Team.Update().Where(team.StatusNEQ(status)).SetStatus(status).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if isChanged = n > 0; err != nil || !isChanged {
			return err
		}
		t, err := tx.Client.Team.Query().Only(ctx)
		if err == nil {
			s.teamChanged(ctx, tx, event.Actor{Kind: event.BySystem}, t)
		}
		return err
	})
	return isChanged, err
}
