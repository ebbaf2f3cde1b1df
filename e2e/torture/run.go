package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// result is a row of the table at the end.
type result struct {
	scenario, database, bug string
	isGood                  bool
	took                    time.Duration
	counts                  map[string]int
	violations              []string
	err                     error
}

// bench holds what the worlds of a run share.
type bench struct {
	options
	folder          string
	release, tagged rig.Program
	postgres, redis *service.Server
}

// errBroken says that a promise was not kept or a bug not found; what and how to repeat it was printed.
var errBroken = errors.New("not everything held")

// run runs the scenarios and the bugs of the options and prints what came of them.
func run(ctx context.Context, o options) (err error) {
	fmt.Printf("seed %d\n", o.seed)
	b := &bench{options: o}
	defer b.close()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	var results []result
	for _, s := range o.scenarios {
		for _, database := range o.databases {
			if s.on(database) && ctx.Err() == nil {
				results = append(results, b.scenario(ctx, s, database, Bug{}))
			}
		}
	}
	for _, bug := range o.bugs {
		if ctx.Err() == nil {
			results = append(results, b.bug(ctx, bug))
		}
	}
	fmt.Print(table(results))
	bad := 0
	for _, r := range results {
		if !r.isGood {
			bad++
		}
	}
	fmt.Printf("\n%d passed, %d failed, 0 skipped\n", len(results)-bad, bad)
	if bad > 0 && ctx.Err() == nil {
		return errBroken
	}
	return ctx.Err()
}

func (b *bench) prepare(ctx context.Context) (err error) {
	if b.folder, err = os.MkdirTemp("", "switchyard-torture-"); err != nil {
		return err
	}
	if b.release, err = b.build(ctx, "switchyard"); err != nil {
		return err
	}
	if b.tagged, err = b.build(ctx, "switchyard-torture", "-tags", "torture"); err != nil {
		return err
	}
	needs := func(database string) bool {
		return slices.ContainsFunc(b.scenarios, func(s Scenario) bool { return s.on(database) && slices.Contains(b.databases, database) }) ||
			slices.ContainsFunc(b.bugs, func(g Bug) bool { return g.database() == database })
	}
	if !needs(rig.Postgres) {
		return nil
	}
	if b.postgres, err = service.PostgresWith(ctx, "synchronous_commit=on", "autovacuum=on"); err != nil {
		return err
	}
	b.redis, err = service.Redis(ctx)
	return err
}

// build builds the server.
func (b *bench) build(ctx context.Context, name string, flags ...string) (rig.Program, error) {
	path := filepath.Join(b.folder, name)
	args := slices.Concat([]string{"build"}, flags, []string{"-o", path, "github.com/switchyard-chat/switchyard/cmd/switchyard"})
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return rig.Program(path), nil
}

func (b *bench) close() {
	for _, s := range []*service.Server{b.postgres, b.redis} {
		if s != nil {
			s.Stop()
		}
	}
	if b.folder != "" {
		_ = os.RemoveAll(b.folder)
	}
}

// scenario runs one on one database.
func (b *bench) scenario(ctx context.Context, s Scenario, database string, bug Bug) (r result) {
	r = result{scenario: s.Name, database: database, bug: bug.Name}
	began := time.Now()
	defer func() { r.took = time.Since(began) }()
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Name + database))
	fmt.Printf("=== %s on %s%s\n", s.Name, database, with(bug.Name))
	w, err := rig.New(ctx, rig.Options{
		Database: database, IsShort: b.isShort || bug.Name != "", Seed: b.seed ^ h.Sum64(), Bug: bug.Name, Points: bug.Points,
		Release: b.release, Tagged: b.tagged, Postgres: b.postgres, Redis: b.redis, Out: os.Stdout,
	})
	if err != nil {
		r.err = err
		return r
	}
	r.err = s.Run(ctx, w)
	r.counts, r.violations = w.Counts(), w.Violations()
	r.err = errors.Join(r.err, w.Close())
	r.isGood = r.err == nil && len(r.violations) == 0
	if bug.Name == "" {
		for _, v := range r.violations {
			fmt.Println("    VIOLATED " + v)
		}
	}
	if r.err != nil {
		fmt.Println("    ERROR " + r.err.Error())
	}
	if !r.isGood && bug.Name == "" {
		short := ""
		if b.isShort {
			short = " -short"
		}
		fmt.Printf("    again: go run ./e2e/torture -scenario %s -db %s -seed %d%s\n", s.Name, database, b.seed, short)
	}
	return r
}

// bug shows a planted bug to the scenario meant for it, which must find it.
func (b *bench) bug(ctx context.Context, bug Bug) result {
	i := slices.IndexFunc(scenarios(), func(s Scenario) bool { return s.Name == bug.Scenario })
	r := b.scenario(ctx, scenarios()[i], bug.database(), bug)
	r.isGood = len(r.violations) > 0
	if r.isGood {
		fmt.Println("    found by: " + r.violations[0])
	} else {
		fmt.Printf("    NOT FOUND; again: go run ./e2e/torture -bug %s -seed %d\n", bug.Name, b.seed)
	}
	return r
}

func with(bug string) string {
	if bug == "" {
		return ""
	}
	return " with the planted bug " + bug
}

// table shows the results with their figures.
func table(results []result) string {
	var t strings.Builder
	t.WriteString("\n")
	for _, r := range results {
		verdict := "ok"
		switch {
		case r.bug != "" && r.isGood:
			verdict = "found"
		case r.bug != "":
			verdict = "MISSED"
		case r.err != nil:
			verdict = "ERROR"
		case !r.isGood:
			verdict = "VIOLATED"
		}
		name := r.scenario
		if r.bug != "" {
			name += ": " + r.bug
		}
		fmt.Fprintf(&t, "%-9s %-44s %-9s %7.1f s", verdict, name, r.database, r.took.Seconds())
		if r.bug == "" {
			for i, what := range slices.Sorted(maps.Keys(r.counts)) {
				sep := ", "
				if i == 0 {
					sep = "   "
				}
				fmt.Fprintf(&t, "%s%d %s", sep, r.counts[what], what)
			}
		}
		t.WriteString("\n")
	}
	return t.String()
}
