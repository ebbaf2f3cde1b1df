package main

import (
	"bytes"
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
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// job is a scenario on one database, with or without a planted bug that it must find.
type job struct {
	scenario Scenario
	database string
	bug      Bug
}

// result is a row of the table at the end.
type result struct {
	job
	isGood     bool
	took       time.Duration
	counts     map[string]int
	violations []string
	err        error
}

// bench is what the jobs of a run share.
type bench struct {
	options
	folder          string
	release, tagged rig.Program
	mu              sync.Mutex // of what is printed
}

// worker does one job after the other, on a PostgreSQL and a Redis of its own, which jobs break and mend.
type worker struct {
	*bench
	postgres, redis *service.Server
}

// errBroken says that a promise was not kept or a bug not found; what and how to repeat it was printed.
var errBroken = errors.New("not everything held")

// jobs are what the options ask for.
func (o options) jobs() []job {
	var all []job
	for _, s := range o.scenarios {
		for _, database := range o.databases {
			if s.on(database) {
				all = append(all, job{scenario: s, database: database})
			}
		}
	}
	for _, b := range o.bugs {
		i := slices.IndexFunc(scenarios(), func(s Scenario) bool { return s.Name == b.Scenario })
		all = append(all, job{scenario: scenarios()[i], database: b.database(), bug: b})
	}
	return all
}

// run does the jobs of the options and prints what came of them.
func run(ctx context.Context, o options) (err error) {
	fmt.Printf("seed %d\n", o.seed)
	b := &bench{options: o}
	if b.folder, err = os.MkdirTemp("", "switchyard-torture-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }()
	if b.release, err = b.build(ctx, "switchyard"); err != nil {
		return err
	}
	if b.tagged, err = b.build(ctx, "switchyard-torture", "-tags", "torture"); err != nil {
		return err
	}
	todo := o.jobs()
	results := make([]result, len(todo))
	next := make(chan int)
	var workers sync.WaitGroup
	for range o.parallel {
		workers.Go(func() {
			w := &worker{bench: b}
			defer w.close()
			for i := range next {
				results[i] = w.do(ctx, todo[i])
			}
		})
	}
	for i := range todo {
		next <- i
	}
	close(next)
	workers.Wait()
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

// build builds the server.
func (b *bench) build(ctx context.Context, name string, flags ...string) (rig.Program, error) {
	path := filepath.Join(b.folder, name)
	args := slices.Concat([]string{"build"}, flags, []string{"-o", path, "github.com/switchyard-chat/switchyard/cmd/switchyard"})
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return rig.Program(path), nil
}

// stand starts what a job on PostgreSQL stands on.
func (w *worker) stand(ctx context.Context) (err error) {
	if w.postgres == nil {
		// Commits must outlive its death, though not the machine's.
		if w.postgres, err = service.PostgresWith(ctx, "synchronous_commit=on", "autovacuum=on"); err != nil {
			return err
		}
	}
	if w.redis == nil {
		w.redis, err = service.Redis(ctx)
	}
	return err
}

func (w *worker) close() {
	for _, s := range []*service.Server{w.postgres, w.redis} {
		if s != nil {
			s.Stop()
		}
	}
}

// do does a job, and prints what it said and how it ended.
func (w *worker) do(ctx context.Context, j job) (r result) {
	var said bytes.Buffer
	say := func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	say("=== %s on %s%s", j.scenario.Name, j.database, with(j.bug.Name))
	began := time.Now()
	r = result{job: j}
	r.counts, r.violations, r.err = w.torture(ctx, j, &said)
	r.took = time.Since(began)
	r.isGood = r.err == nil && len(r.violations) == 0
	again := fmt.Sprintf("-scenario %s -db %s", j.scenario.Name, j.database)
	if w.isShort {
		again = "-short " + again
	}
	if j.bug.Name != "" {
		r.isGood = len(r.violations) > 0
		again = "-bug " + j.bug.Name
	}
	for i, v := range r.violations {
		switch {
		case j.bug.Name == "":
			say("    VIOLATED %s", v)
		case i == 0:
			say("    found: %s", v)
		}
	}
	if r.err != nil {
		say("    ERROR %v", r.err)
	}
	if !r.isGood {
		say("    again: go run ./e2e/torture %s -seed %d", again, w.seed)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = said.WriteTo(os.Stdout)
	return r
}

// torture runs a scenario in a world of its own.
func (w *worker) torture(ctx context.Context, j job, said *bytes.Buffer) (counts map[string]int, violations []string, err error) {
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if j.database == rig.Postgres {
		if err := w.stand(ctx); err != nil {
			return nil, nil, err
		}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(j.scenario.Name + j.database + j.bug.Name))
	world, err := rig.New(ctx, rig.Options{
		Database: j.database, IsShort: w.isShort || j.bug.Name != "", Seed: w.seed ^ h.Sum64(), Bug: j.bug.Name, Points: j.bug.Points,
		Release: w.release, Tagged: w.tagged, Postgres: w.postgres, Redis: w.redis, Out: said,
	})
	if err != nil {
		return nil, nil, err
	}
	err = j.scenario.Run(ctx, world)
	return world.Counts(), world.Violations(), errors.Join(err, world.Close())
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
		verdict, name := "ok", r.scenario.Name
		switch {
		case r.bug.Name != "" && r.isGood:
			verdict = "found"
		case r.bug.Name != "":
			verdict = "MISSED"
		case r.err != nil:
			verdict = "ERROR"
		case !r.isGood:
			verdict = "VIOLATED"
		}
		if r.bug.Name != "" {
			name += ": " + r.bug.Name
		}
		fmt.Fprintf(&t, "%-9s %-44s %-9s %7.1f s", verdict, name, r.database, r.took.Seconds())
		if r.bug.Name == "" {
			sep := "   "
			for _, what := range slices.Sorted(maps.Keys(r.counts)) {
				fmt.Fprintf(&t, "%s%d %s", sep, r.counts[what], what)
				sep = ", "
			}
		}
		t.WriteString("\n")
	}
	return t.String()
}
