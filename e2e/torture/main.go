// Torture proves the strength of a server: it runs the program as an operator does, kills it, takes its database and its Redis away, fills
// its disk and shifts its clock, while customers write and agents answer, and lets an independent checker say what was lost, doubled, out of
// order or seen wrongly.
//
//	go run ./e2e/torture                     everything, on both databases
//	go run ./e2e/torture -short              the form that every test run holds
//	go run ./e2e/torture -scenario kill -db sqlite -seed 7
//	go run ./e2e/torture -bug publish-before-commit
//	go run ./e2e/torture -list
//
// It ends with 0 where every promise was kept, and where every planted bug was found by the scenario meant for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/internal/random"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case errors.Is(err, errBroken): // the numbers are the last line
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

// options are the words of the command.
type options struct {
	databases []string
	scenarios []Scenario
	bugs      []Bug
	isShort   bool
	seed      uint64
	parallel  int
}

func command(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("torture", flag.ContinueOnError)
	database := f.String("db", "both", "sqlite, postgres or both")
	names := f.String("scenario", "", "the scenarios to run, separated by commas; all where empty")
	bug := f.String("bug", "", "planted bugs to show instead, separated by commas, each to be found by the scenario meant for it")
	bugs := f.Bool("bugs", false, "show every planted bug instead")
	short := f.Bool("short", false, "the form that every test run holds, with three of the planted bugs, other ones each day")
	seed := f.Uint64("seed", 0, "repeats a run's chances; 0 is a new seed")
	parallel := f.Int("parallel", 0, "how many run at once; 0 is three of the short form, whose time is mostly waiting, and one otherwise")
	list := f.Bool("list", false, "list the scenarios and the planted bugs")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *list {
		for _, s := range scenarios() {
			fmt.Printf("%-16s %s\n", s.Name, s.Proves)
		}
		for _, b := range planted() {
			fmt.Printf("%-28s %-16s %s\n", b.Name, b.Scenario, b.Does)
		}
		return nil
	}
	o := options{isShort: *short, seed: *seed, parallel: *parallel, databases: []string{*database}}
	if *database == "both" {
		o.databases = []string{"sqlite", "postgres"}
	} else if *database != "sqlite" && *database != "postgres" {
		return fmt.Errorf("-db is sqlite, postgres or both, and not %q", *database)
	}
	if o.parallel <= 0 {
		o.parallel = 1
		if *short {
			o.parallel = 3
		}
	}
	if o.seed == 0 {
		o.seed = random.New().Uint64() >> 32 // short enough to be typed
	}
	var err error
	if o.scenarios, err = choose(*names, *bug != "" || *bugs); err != nil {
		return err
	}
	switch {
	case *bug != "":
		o.bugs, err = named(*bug)
	case *names != "":
	case *short && !*bugs:
		o.bugs = rotate(planted(), 3, int(time.Now().Unix()/86400))
	default:
		o.bugs = planted()
	}
	if err != nil {
		return err
	}
	return run(ctx, o)
}

// choose gives the scenarios of a list of names; all where it is empty, and none where only bugs are wanted.
func choose(names string, onlyBugs bool) ([]Scenario, error) {
	all := scenarios()
	if names == "" {
		if onlyBugs {
			return nil, nil
		}
		return all, nil
	}
	var chosen []Scenario
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q: see -list", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// named gives the planted bugs of a list of names.
func named(names string) ([]Bug, error) {
	all := planted()
	var chosen []Bug
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(b Bug) bool { return b.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no planted bug %q: see -list", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// rotate gives n of the bugs, beginning n further each day, so that all have their turn.
func rotate(all []Bug, n, day int) []Bug {
	var chosen []Bug
	for i := range min(n, len(all)) {
		chosen = append(chosen, all[(day*n+i)%len(all)])
	}
	return chosen
}
