package server

import (
	"context"
	"errors"

	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// inboxRetryCommand replays what could not be applied, of one team or of all.
func inboxRetryCommand(ctx context.Context, p Process, args []string) error {
	f := flags("inbox retry")
	slug := f.String("team", "", "")
	if err := parse(f, args); err != nil {
		return err
	}
	c, err := config.Read(p.Environment)
	if err != nil {
		return err
	}
	c.DatabaseWait = 0 // who runs a command sees it fail
	parts, err := assemble(ctx, Options{Config: c, Log: logger(c, p.Err)}, nil, &health{})
	if err != nil {
		return err
	}
	return errors.Join(parts.retry(ctx, p, *slug), parts.close())
}

func (s *parts) retry(ctx context.Context, p Process, slug string) error {
	var teams []store.Team
	if slug != "" {
		t, err := s.db.TeamBySlug(ctx, slug)
		if err != nil {
			return refused(err)
		}
		teams = append(teams, t)
	} else {
		all, err := s.db.Teams(ctx)
		if err != nil {
			return err
		}
		teams = all
	}
	for _, t := range teams {
		applied, failed, err := s.inbound.ReplayAll(ctx, t.ID)
		if err != nil {
			return err
		}
		if err := say(p.Out, "%s: %d applied, %d failed again", t.Slug, applied, failed); err != nil {
			return err
		}
	}
	return nil
}
