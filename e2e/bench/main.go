// Command bench measures what the product costs, in turn with limits written by hand over the same tables, and says how many times the limit's
// cost it is (docs/performance.md). It starts private servers, fills a database, checks that all answer alike, and writes a page and a chart:
//
//	make bench BENCH="W1 W3" SCALE=100000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/fan"
	"github.com/switchyard-chat/switchyard/e2e/bench/limit"
	"github.com/switchyard-chat/switchyard/server"
)

// Workload is one of the things that are measured.
type Workload struct {
	Name string
	Run  func(context.Context, *Env) error
}

// workloads are all of them, in the order in which they are run: what only reads comes first.
var workloads = []Workload{
	{"W1", inboxPage},
	{"W2", history},
	{"W3", contacts},
	{"W4", searches},
	{"W7", unreadTotals},
	{"W6", fanOuts},
	{"W8", idleMemory},
	{"W5", receives},
}

// standard is how many conversations there are where SCALE does not say.
const standard = 10_000

// million is how many there are where goals are for much data.
const million = 1_000_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "limit":
			return limit.Run(ctx, args[1:])
		case "splice":
			return fan.Splice()
		case "clients":
			return fan.Clients(os.Stdin, os.Stdout)
		case "serve":
			return serve(ctx, args)
		}
	}
	e := &Env{Report: &Report{out: os.Stdout}}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&e.Program, "server", "", "our server's program")
	f.IntVar(&e.Scale, "scale", standard, "conversations")
	f.IntVar(&e.Base, "base", standard, "conversations of the smaller database, against which growth is measured")
	f.BoolVar(&e.Small, "small", false, "the form for CI")
	f.IntVar(&e.Effort.Rounds, "rounds", 5, "rounds")
	f.DurationVar(&e.Effort.For, "for", 2*time.Second, "how long each target is driven in a round")
	f.StringVar(&e.Peers, "peers", "", "the folder of the outside peers' programs, as .ci/bench makes it for PEERS=1; without it they are left out")
	f.StringVar(&e.only, "only", "", "part of the names of the comparisons that are run")
	f.StringVar(&e.profile, "profile", "", "write where our server spends its processor time into this file, for go tool pprof")
	postgres := f.String("postgres", "", "a superuser's address of a PostgreSQL on this machine, whose loaded databases are used again; without it one is started")
	out := f.String("out", filepath.Join("bin", "bench"), "where the page and the chart are written")
	file := f.String("accept", "", "write the ratios into this file, as those that are accepted")
	if err := f.Parse(args); err != nil {
		return err
	}
	e.Effort.Checks = 10
	if e.Small {
		e.Scale, e.Base, e.Effort.Rounds, e.Effort.For = 1000, 1000, 3, 300*time.Millisecond
	}
	e.named = strings.Join(f.Args(), " ")
	var err error
	if e.Self, err = os.Executable(); err != nil {
		return err
	}
	if e.profile != "" {
		e.Program = e.Self
	}
	if e.Folder, err = os.MkdirTemp("", "switchyard-bench-"); err != nil {
		return err
	}
	e.Later(func() { _ = os.RemoveAll(e.Folder) })
	defer e.Stop()
	for _, name := range f.Args() {
		if !slices.ContainsFunc(workloads, func(w Workload) bool { return w.Name == name }) {
			return fmt.Errorf("there is no workload %q", name)
		}
	}
	if err := e.services(ctx, *postgres); err != nil {
		return err
	}
	for _, w := range workloads {
		if f.NArg() > 0 && !slices.Contains(f.Args(), w.Name) {
			continue
		}
		begun := time.Now()
		if err := w.Run(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %s\n", w.Name, rounded(time.Since(begun)))
	}
	return e.finish(*out, *file)
}

// profileVariable names the file into which serve writes its profile.
const profileVariable = "BENCH_PROFILE"

// serve is our server in this program, so that it can be looked into.
func serve(ctx context.Context, args []string) (err error) {
	to, err := os.Create(os.Getenv(profileVariable))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(to); err != nil {
		return errors.Join(err, to.Close())
	}
	defer func() {
		pprof.StopCPUProfile()
		err = errors.Join(err, to.Close())
	}()
	return server.Command(ctx, server.Process{Args: args, Environment: os.Environ(), Out: os.Stdout, Err: os.Stderr})
}

// finish writes the page, the chart and, where it is asked for, the accepted ratios. Ratios that became much worse are an error.
func (e *Env) finish(out, file string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	page, err := os.Create(filepath.Join(out, "bench.md"))
	if err != nil {
		return err
	}
	if err := errors.Join(e.Report.Write(page), page.Close()); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "bench.svg"), []byte(Chart(e.Report.Outcomes)), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: written to %s\n", out)
	if file != "" {
		return e.Report.accept(file)
	}
	worse, err := e.Report.regressions()
	if err == nil && len(worse) > 0 {
		err = fmt.Errorf("more than 1.3 times what was accepted:\n  %s", strings.Join(worse, "\n  "))
	}
	return err
}
