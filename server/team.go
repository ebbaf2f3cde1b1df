package server

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/server/welcome"
)

// teamCreateCommand makes a team and prints the link of its first administrator.
func teamCreateCommand(ctx context.Context, p Process, args []string) error {
	f := flags("team create")
	var in workspace.TeamInput
	f.StringVar(&in.Slug, "slug", "", "")
	f.StringVar(&in.Name, "name", "", "")
	f.StringVar(&in.AdminEmail, "admin-email", "", "")
	f.StringVar(&in.AdminName, "admin-name", "", "")
	f.StringVar(&in.Language, "language", "", "")
	f.StringVar(&in.TimeZone, "time-zone", "", "")
	f.StringVar(&in.Country, "country", "", "")
	f.BoolVar(&in.JoinsNames, "joins-names", false, "")
	if err := parse(f, args); err != nil {
		return err
	}
	if in.Slug == "" || in.AdminEmail == "" {
		return UsageError{"team create: --slug and --admin-email must be given\n" + usage}
	}
	if in.Name == "" {
		in.Name = in.Slug
	}
	return withStore(ctx, p, func(c config.Config, db *store.DB) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		w := workspace.New(workspace.Config{DB: db, Random: random.New(), LinkURL: c.PublicURL + welcome.Path, Log: logger(c, p.Err)})
		made, err := w.CreateTeam(ctx, in)
		if err != nil {
			return refused(err)
		}
		return say(p.Out, "The team %q is made. Its first administrator sets a password here, once, within seven days:\n%s", in.Slug, made.Link.Reveal())
	})
}

// teamSuspendCommand suspends a team, or lets a suspended one work again.
func teamSuspendCommand(isSuspended bool) func(context.Context, Process, []string) error {
	name, done := "team resume", "works"
	if isSuspended {
		name, done = "team suspend", "is suspended"
	}
	return func(ctx context.Context, p Process, args []string) error {
		f := flags(name)
		slug := f.String("slug", "", "")
		if err := parse(f, args); err != nil {
			return err
		}
		if *slug == "" {
			return UsageError{name + ": --slug must be given\n" + usage}
		}
		return withStore(ctx, p, func(_ config.Config, db *store.DB) error {
			w := workspace.New(workspace.Config{DB: db, Random: random.New(), Log: slog.New(slog.DiscardHandler)})
			isChange, err := w.Suspend(ctx, *slug, isSuspended)
			if err != nil {
				return refused(err)
			}
			if !isChange {
				done += " already"
			}
			return say(p.Out, "The team %q %s.", *slug, done)
		})
	}
}

// refused is an error as people at a terminal read it: what is wrong, and in which field.
func refused(err error) error {
	f := fault.As(err)
	if f.Kind == fault.Internal {
		return err
	}
	if f.Field != "" {
		return fmt.Errorf("%s: %s", f.Field, f.Text)
	}
	return fmt.Errorf("%s", f.Text)
}
