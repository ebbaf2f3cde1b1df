package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Target is one way to answer the same requests.
type Target struct {
	Name string
	// Process is whose processor time counts beside the database's; nil counts the database's alone.
	Process *Process
	// Ask makes the n-th request and gives the answer. It is called from several goroutines.
	Ask func(ctx context.Context, n int) ([]byte, error)
	// Sense writes an answer in the form in which it must equal those of other targets; nil takes part in no comparison of answers.
	Sense func(answer []byte) (string, error)
	// Settle is called after a round's requests, when it is not nil: what they left to be done is part of their cost.
	Settle func(context.Context) error
	// Warm is how long it is driven before it is measured, where that is more than half a round: for what is compiled while it runs.
	Warm time.Duration
	// IsSlow gives the target fewer requests: its figure then rests on few.
	IsSlow bool
}

// Comparison measures targets in turn, A B C A B C, and gives each one's cost as a multiple of a reference's in the same round.
type Comparison struct {
	Name string // "W1 inbox page", the key of its accepted ratios
	Note string
	// Reference is the target by which ratios are.
	Reference string
	Targets   []Target
	InFlight  int
	// Rate makes the ratio one of requests a second, where more is better; else it is of processor time.
	Rate  bool
	Goals []Goal
}

// Goal is a bound of docs/performance.md on a target: on a ratio, or on a time of its own.
type Goal struct {
	Text    string
	Target  string
	Against string // whose ratio; empty is the reference
	Of      Figure
	Least   bool // the bound is a least, not a most
	Bound   float64
}

// Figure is what a goal bounds.
type Figure int

// The figures: ratios are of the median of rounds, times in milliseconds.
const (
	Ratio Figure = iota
	P50
	P99
)

// Effort says how long things are measured.
type Effort struct {
	Rounds int
	For    time.Duration // each target in each round
	Checks int           // answers that are compared before
}

// Round is what one target did in one round.
type Round struct {
	Requests         int
	Server, Database time.Duration // of processors, a request
	P50, P99         time.Duration
	Rate             float64
}

// CPU is the processor time of a request, of server and database.
func (r Round) CPU() time.Duration { return r.Server + r.Database }

// Measured is what one target did.
type Measured struct {
	Target string
	Rounds []Round
}

// Outcome is what a comparison gave.
type Outcome struct {
	*Comparison
	Scale    int
	Measured []Measured
}

// Compare measures where the comparison is asked for, and reports it.
func (e *Env) Compare(ctx context.Context, scale int, c Comparison) error {
	if !e.wants(c.Name) {
		return nil
	}
	o, err := e.Measure(ctx, scale, c)
	if err == nil {
		e.Report.Add(o)
	}
	return err
}

// Measure checks that the targets answer alike and measures them in turn.
func (e *Env) Measure(ctx context.Context, scale int, c Comparison) (Outcome, error) {
	if c.InFlight == 0 {
		c.InFlight = 1
	}
	if err := e.alike(ctx, &c); err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	for _, t := range c.Targets { // plans, caches, connections
		if _, _, err := drive(ctx, t, c.InFlight, 0, max(t.Warm, e.Effort.For/2)); err != nil {
			return Outcome{}, fmt.Errorf("%s: %s: %w", c.Name, t.Name, err)
		}
		if t.Settle != nil {
			if err := t.Settle(ctx); err != nil {
				return Outcome{}, err
			}
		}
	}
	out := Outcome{Comparison: &c, Scale: scale, Measured: make([]Measured, len(c.Targets))}
	for i, t := range c.Targets {
		out.Measured[i].Target = t.Name
	}
	idle, err := e.idle(ctx)
	if err != nil {
		return Outcome{}, err
	}
	next := 1000
	for range e.Effort.Rounds {
		for i, t := range c.Targets {
			r, n, err := e.round(ctx, t, c.InFlight, next, idle)
			if err != nil {
				return Outcome{}, fmt.Errorf("%s: %s: %w", c.Name, t.Name, err)
			}
			next += n
			out.Measured[i].Rounds = append(out.Measured[i].Rounds, r)
		}
	}
	return out, nil
}

// alike compares answers.
func (e *Env) alike(ctx context.Context, c *Comparison) error {
	for n := range e.Effort.Checks {
		var first, from string
		for _, t := range c.Targets {
			if t.Sense == nil || t.IsSlow && n > 2 {
				continue
			}
			answer, err := t.Ask(ctx, n)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			sense, err := t.Sense(answer)
			if err != nil {
				return fmt.Errorf("%s: %w: %.500s", t.Name, err, answer)
			}
			if sense == "" {
				return fmt.Errorf("%s answers nothing to request %d: %.500s", t.Name, n, answer)
			}
			if from == "" {
				first, from = sense, t.Name
			} else if sense != first {
				return fmt.Errorf("%s and %s answer request %d differently:\n%s", from, t.Name, n, difference(first, sense))
			}
		}
	}
	return nil
}

// difference shows the first lines in which two answers differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		var l, r string
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			return fmt.Sprintf("line %d\n  %.600s\n  %.600s", i+1, l, r)
		}
	}
	return "nothing"
}

// idle is the processor time that the database spends in a second when nobody is measured: the servers look for work.
func (e *Env) idle(ctx context.Context) (float64, error) {
	before, err := e.databaseCPU()
	if err != nil {
		return 0, err
	}
	const long = time.Second
	select {
	case <-time.After(long):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	after, err := e.databaseCPU()
	return float64(after-before) / float64(long), err
}

// round drives a target and reads what it cost.
func (e *Env) round(ctx context.Context, t Target, inFlight, from int, idle float64) (Round, int, error) {
	own := func() (time.Duration, error) { return 0, nil }
	if t.Process != nil {
		own = t.Process.CPU
	}
	own0, err0 := own()
	base0, err1 := e.databaseCPU()
	begun := time.Now()
	took, n, err := drive(ctx, t, inFlight, from, e.Effort.For)
	elapsed := time.Since(begun)
	if t.Settle != nil && err == nil {
		err = t.Settle(ctx)
	}
	own1, err2 := own()
	base1, err3 := e.databaseCPU()
	if err := errors.Join(err, err0, err1, err2, err3); err != nil {
		return Round{}, n, err
	}
	slices.Sort(took)
	share := func(d time.Duration) time.Duration { return max(0, d) / time.Duration(len(took)) }
	return Round{Requests: len(took), Server: share(own1 - own0), Database: share(base1 - base0 - time.Duration(idle*float64(time.Since(begun)))),
		P50: took[len(took)/2], P99: took[len(took)*99/100], Rate: float64(len(took)) / elapsed.Seconds()}, n, nil
}

// drive makes requests, so many at once, until the time is over; each that was begun is finished. It gives how long each took.
func drive(ctx context.Context, t Target, inFlight, from int, long time.Duration) ([]time.Duration, int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end := time.Now().Add(long)
	var next atomic.Int64
	each := make([][]time.Duration, inFlight)
	var wg sync.WaitGroup
	for w := range inFlight {
		wg.Go(func() {
			for {
				n := from + int(next.Add(1)) - 1
				begun := time.Now()
				if _, err := t.Ask(ctx, n); err != nil {
					cancel(err)
					return
				}
				each[w] = append(each[w], time.Since(begun))
				if time.Now().After(end) || ctx.Err() != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	took := slices.Concat(each...)
	if err := context.Cause(ctx); err != nil {
		return nil, 0, err
	}
	return took, int(next.Load()), nil
}

// of gives the middle, the least and the most of the rounds' figures.
func of(rounds []float64) Spread {
	s := slices.Sorted(slices.Values(rounds))
	if len(s) == 0 {
		return Spread{}
	}
	mid := s[len(s)/2]
	if len(s)%2 == 0 {
		mid = (s[len(s)/2-1] + s[len(s)/2]) / 2
	}
	return Spread{Median: mid, Least: s[0], Most: s[len(s)-1]}
}

// Spread is the middle of several figures and how far they lie apart.
type Spread struct{ Median, Least, Most float64 }

// by gives a target's rounds.
func (o Outcome) by(name string) (Measured, bool) {
	for _, m := range o.Measured {
		if m.Target == name {
			return m, true
		}
	}
	return Measured{}, false
}

// ratio is a target's cost or rate as a multiple of another's, taken round by round.
func (o Outcome) ratio(target, against string) (Spread, bool) {
	if against == "" {
		against = o.Reference
	}
	a, ok := o.by(target)
	b, known := o.by(against)
	if !ok || !known {
		return Spread{}, false
	}
	var all []float64
	for i := range a.Rounds {
		x, y := a.Rounds[i], b.Rounds[i]
		if o.Rate {
			all = append(all, x.Rate/y.Rate)
		} else if y.CPU() > 0 {
			all = append(all, float64(x.CPU())/float64(y.CPU()))
		}
	}
	return of(all), len(all) > 0
}

// figure is the middle of what f gives of a target's rounds.
func (m Measured) figure(f func(Round) float64) Spread {
	all := make([]float64, len(m.Rounds))
	for i, r := range m.Rounds {
		all[i] = f(r)
	}
	return of(all)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// judged says whether a goal is met, and with what figure.
func (o Outcome) judged(g Goal) (figure Spread, isMet, known bool) {
	switch g.Of {
	case P50, P99:
		m, ok := o.by(g.Target)
		if !ok {
			return Spread{}, false, false
		}
		figure = m.figure(func(r Round) float64 {
			if g.Of == P50 {
				return ms(r.P50)
			}
			return ms(r.P99)
		})
	default:
		var ok bool
		if figure, ok = o.ratio(g.Target, g.Against); !ok {
			return Spread{}, false, false
		}
	}
	if g.Least {
		return figure, figure.Median >= g.Bound, true
	}
	return figure, figure.Median <= g.Bound, true
}
