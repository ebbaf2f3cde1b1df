package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Process is what a command gets from whoever called it.
type Process struct {
	Args        []string // without the program's name
	Environment []string // NAME=value, as os.Environ gives it
	Out, Err    io.Writer
}

// UsageError says that the words of a command were wrong. Its text shows the right ones.
type UsageError struct{ text string }

// Error gives the text.
func (e UsageError) Error() string { return e.text }

const usage = `usage: switchyard COMMAND

  serve [--demo]            run a server; --demo makes a demo team at the first start and accepts its public secrets
  migrate                   bring the database to this version
  team create --slug NAME --name NAME --admin-email ADDRESS [--admin-name NAME] [--language zh-Hant|en] [--time-zone ZONE] [--country TW]
                            make a team; prints the single-use link of its first administrator
  team suspend --slug NAME  have a team neither sign in nor send; its live connections are closed at once
  team resume --slug NAME   let a suspended team work again
  inbox retry [--team NAME] replay inbound events that could not be applied
  demo [--rate N] [--for DURATION] [--url ADDRESS]
                            let simulated customers write to a server started with serve --demo, N messages a second
  settings                  list what can be set by environment
  version                   print the version

Settings are read from the environment; see docs/operations.md.`

// Command runs the command that the arguments name until it ends or the context does.
func Command(ctx context.Context, p Process) error {
	if len(p.Args) == 0 {
		return UsageError{usage}
	}
	name, rest := p.Args[0], p.Args[1:]
	if name == "--help" || name == "-h" {
		name = "help"
	}
	if (name == "team" || name == "inbox") && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	commands := map[string]func(context.Context, Process, []string) error{
		"serve": serveCommand, "migrate": migrateCommand, "team create": teamCreateCommand, "team suspend": teamSuspendCommand(true), "team resume": teamSuspendCommand(false), "inbox retry": inboxRetryCommand,
		"demo": demoCommand, "settings": settingsCommand, "version": versionCommand,
		"help": func(_ context.Context, p Process, _ []string) error { return say(p.Out, "%s", usage) },
	}
	run, ok := commands[name]
	if !ok {
		return UsageError{fmt.Sprintf("there is no command %q\n%s", name, usage)}
	}
	return run(ctx, p, rest)
}

// flags makes a set of flags whose mistakes are usage errors.
func flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

func parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return UsageError{usage}
		}
		return UsageError{fmt.Sprintf("%s: %v\n%s", f.Name(), err, usage)}
	}
	if f.NArg() > 0 {
		return UsageError{fmt.Sprintf("%s: %q is one word too many\n%s", f.Name(), f.Arg(0), usage)}
	}
	return nil
}

func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

func serveCommand(ctx context.Context, p Process, args []string) error {
	f := flags("serve")
	isDemo := f.Bool("demo", false, "")
	if err := parse(f, args); err != nil {
		return err
	}
	c, err := config.Read(p.Environment)
	if err != nil {
		return err
	}
	defer keepHeap(p.Environment)()
	return Run(ctx, Options{Config: c, IsDemo: *isDemo, Out: p.Out, Log: logger(c, p.Err)})
}

func migrateCommand(ctx context.Context, p Process, args []string) error {
	if err := parse(flags("migrate"), args); err != nil {
		return err
	}
	return withStore(ctx, p, func(_ config.Config, db *store.DB) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		return say(p.Out, "The database is at this version.")
	})
}

func settingsCommand(_ context.Context, p Process, args []string) error {
	if err := parse(flags("settings"), args); err != nil {
		return err
	}
	for _, s := range config.Settings() {
		name := s.Name
		if s.Default != "" {
			name += "=" + s.Default
		}
		if err := say(p.Out, "%s\n    %s", name, s.Doc); err != nil {
			return err
		}
	}
	return nil
}

func versionCommand(_ context.Context, p Process, args []string) error {
	if err := parse(flags("version"), args); err != nil {
		return err
	}
	return say(p.Out, "switchyard %s", version())
}

// withStore opens the database of the settings for one command.
func withStore(ctx context.Context, p Process, f func(c config.Config, db *store.DB) error) error {
	c, err := config.Read(p.Environment)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{URL: c.DatabaseURL, Folder: c.DataDir, MaxConns: c.DatabaseMax, Log: logger(c, p.Err)})
	if err != nil {
		return err
	}
	return errors.Join(f(c, db), db.Close())
}

// logger writes structured logs as the settings say.
func logger(c config.Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if strings.EqualFold(c.LogFormat, "json") {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
