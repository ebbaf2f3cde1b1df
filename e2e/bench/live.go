package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/fan"
)

// liveServers starts our server, the limit and, where they are asked for, the peers.
func (e *Env) liveServers(ctx context.Context, subscribers int, more ...string) (all []*liveServer, err error) {
	defer func() {
		if err != nil {
			stopAll(all)
		}
	}()
	add := func(s *liveServer, err error) error {
		if err == nil {
			all = append(all, s)
		}
		return err
	}
	if err := add(e.startPeer(ctx, splice, "graphql", "/graphql", nil, e.Self, "splice")); err != nil {
		return all, err
	}
	if err := add(e.startOurs(ctx, subscribers)); err != nil {
		return all, err
	}
	if e.Peers == "" {
		return all, nil
	}
	if err := add(e.startPeer(ctx, "centrifuge", "centrifuge", "/ws", nil, filepath.Join(e.Peers, "centrifuge"))); err != nil {
		return all, err
	}
	for _, mode := range more {
		if err := add(e.startPeer(ctx, "centrifuge, "+mode, "centrifuge", "/ws", []string{"MODE=" + mode}, filepath.Join(e.Peers, "centrifuge"))); err != nil {
			return all, err
		}
	}
	return all, add(e.startPeer(ctx, "graphql-yoga, graphql-ws, ioredis", "graphql", "/graphql", nil, "node", filepath.Join(e.Peers, "node", "yoga.mjs")))
}

// splice is the name of the limit.
const splice = "splice"

func stopAll(all []*liveServer) {
	for _, s := range all {
		s.stop()
	}
}

// fanOuts measures one event's way to every subscriber (W6).
func fanOuts(ctx context.Context, e *Env) error {
	if e.Small {
		return e.fanOut(ctx, 200, []liveRun{{Rate: 50, Burst: 1, For: time.Second}})
	}
	if err := e.fanOut(ctx, 1000, []liveRun{{Rate: 20, Burst: 1, For: e.Effort.For}, {Rate: 40, Burst: 10, For: e.Effort.For}}); err != nil {
		return err
	}
	return e.fanOut(ctx, 5000, []liveRun{{Rate: 4, Burst: 1, For: e.Effort.For}})
}

// fanOut measures with so many subscribers, all servers in turn.
func (e *Env) fanOut(ctx context.Context, subscribers int, runs []liveRun) error {
	var more []string
	if slices.ContainsFunc(runs, func(r liveRun) bool { return r.Burst > 1 }) {
		more = append(more, "delay")
	}
	all, err := e.liveServers(ctx, subscribers, more...)
	if err != nil {
		return err
	}
	defer stopAll(all)
	crowds, lasts := make([]*fan.Crowd, len(all)), make([][]int, len(all))
	for i, s := range all {
		s.plan.Count = subscribers
		if crowds[i], err = fan.Gather(ctx, s.plan, e.Self, "clients"); err != nil {
			return fmt.Errorf("the clients of %s: %w", s.name, err)
		}
		defer crowds[i].Leave()
		lasts[i] = make([]int, conversations)
	}
	for _, run := range runs {
		if err := e.turns(ctx, subscribers, run, all, crowds, lasts); err != nil {
			return err
		}
	}
	return nil
}

// turns measures one pace, each server in each round, and reports it.
func (e *Env) turns(ctx context.Context, subscribers int, run liveRun, all []*liveServer, crowds []*fan.Crowd, lasts [][]int) error {
	name := fmt.Sprintf("W6 fan-out to %s, %d messages a second", count(subscribers), run.Rate)
	if run.Burst > 1 {
		name += fmt.Sprintf(", %d back to back", run.Burst)
	}
	c := &Comparison{Name: name, Reference: splice,
		Note: "CPU is the server's, of 1,000 deliveries (so: microseconds a delivery); latencies are from when a message was due to be published to when a client had read it.",
		Goals: []Goal{
			{Text: "CPU ≤ centrifuge's", Target: ours, Against: "centrifuge", Bound: 1},
			{Text: "floor: CPU ≤ 1.5 × splice", Target: ours, Bound: 1.5},
			{Text: "stretch: CPU ≤ 1.2 × splice", Target: ours, Bound: 1.2},
		}}
	out := Outcome{Comparison: c, Scale: subscribers, Measured: make([]Measured, len(all))}
	sums := make([]liveResult, len(all))
	for round := range e.Effort.Rounds + 1 {
		for i, s := range all {
			r, err := fanOut(ctx, s, crowds[i], lasts[i], run)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if round == 0 { // plans, caches, connections
				continue
			}
			out.Measured[i].Target = s.name
			out.Measured[i].Rounds = append(out.Measured[i].Rounds, r.round())
			sums[i].add(r)
		}
	}
	e.Report.Add(out)
	t := Table{Title: name + ": what came", Columns: []string{"", "delivered", "lost", "doubled", "late", "closed", "bytes a frame", "beside the server, µs a delivery", "clients, µs a delivery"},
		Note: "Late is after a later one of the same conversation. Beside the server are, for ours, the database and the server that takes the webhooks."}
	for i, s := range all {
		r := sums[i]
		per := func(d time.Duration) string { return short(float64(d.Microseconds()) / float64(max(1, r.Delivered))) }
		t.Rows = append(t.Rows, []string{s.name, count(int(r.Delivered)), count(int(r.Lost)), count(int(r.Doubled)), count(int(r.Late)), count(int(r.Closed)),
			count(int(r.Bytes / max(1, r.Delivered+r.Strays))), per(r.Others), per(time.Duration(r.Tally.CPU) * time.Microsecond)})
	}
	e.Report.AddTable(t)
	for i, s := range all {
		if r := sums[i]; s.name == ours && r.Lost+r.Doubled+r.Late > 0 {
			return fmt.Errorf("%d deliveries were lost, %d doubled, %d out of order", r.Lost, r.Doubled, r.Late)
		}
	}
	return nil
}

// round is the result as comparisons have it, a thousand deliveries for a request.
func (r liveResult) round() Round {
	n := max(r.Delivered, 1)
	return Round{Requests: int(n), Server: time.Duration(int64(r.CPU) * 1000 / n), P50: time.Duration(r.P50) * time.Microsecond, P99: time.Duration(r.P99) * time.Microsecond,
		Rate: float64(n) / r.Took.Seconds()}
}

func (r *liveResult) add(x liveResult) {
	r.Delivered += x.Delivered
	r.Lost += x.Lost
	r.Doubled += x.Doubled
	r.Late += x.Late
	r.Strays += x.Strays
	r.Bytes += x.Bytes
	r.Closed = max(r.Closed, x.Closed)
	r.Tally.CPU += x.Tally.CPU
	r.Others += x.Others
}

// idleMemory measures what an idle subscription costs the server of resident memory (W8): a new process, its memory before and after so many
// have subscribed, without any event.
func idleMemory(ctx context.Context, e *Env) error {
	subscribers, settle := 5000, 10*time.Second // how long they are left alone before memory is looked at
	if e.Small {
		subscribers, settle = 500, time.Second
	}
	t := Table{Title: fmt.Sprintf("W8 resident memory of the server an idle subscription, %s of them, KiB", count(subscribers)),
		Columns: []string{"", "", "× " + splice}, Note: "Goals: ≤ 26, the floor 28, stretch 23. Kernel buffers of sockets are not in it."}
	all, err := e.liveServers(ctx, subscribers, "small")
	if err != nil {
		return err
	}
	defer stopAll(all)
	var reference float64
	for _, s := range all {
		s.plan.Count = subscribers
		before, err := s.proc.Resident()
		if err != nil {
			return err
		}
		crowd, err := fan.Gather(ctx, s.plan, e.Self, "clients")
		if err != nil {
			return fmt.Errorf("the clients of %s: %w", s.name, err)
		}
		defer crowd.Leave()
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return ctx.Err()
		}
		after, err := s.proc.Resident()
		if err != nil {
			return err
		}
		each := float64(after-before) / 1024 / float64(subscribers)
		if s.name == splice {
			reference = each
		}
		t.Rows = append(t.Rows, []string{s.name, short(each), short(each / reference)})
	}
	e.Report.AddTable(t)
	return nil
}

// liveRun is one turn of W6: so many messages a second, some of them back to back, for so long.
type liveRun struct {
	Rate  int // messages a second
	Burst int // back to back
	For   time.Duration
}

// liveResult is what a turn has shown.
type liveResult struct {
	fan.Tally
	CPU    time.Duration // of the server
	Others time.Duration // beside it
	Took   time.Duration
}

// fanOut has messages published and delivered to all clients. last is the number of each conversation's last message, which it raises.
func fanOut(ctx context.Context, s *liveServer, crowd *fan.Crowd, last []int, run liveRun) (r liveResult, err error) {
	if err := crowd.Run(last); err != nil {
		return r, err
	}
	cpu, err := s.proc.CPU()
	if err != nil {
		return r, err
	}
	others, err := s.others()
	if err != nil {
		return r, err
	}
	began := time.Now()
	pause := time.Second * time.Duration(run.Burst) / time.Duration(run.Rate)
	next := 0
	for due := began; due.Sub(began) < run.For; due = due.Add(pause) {
		time.Sleep(time.Until(due))
		marks := make([]fan.Mark, run.Burst)
		for i := range marks {
			c := next % len(last)
			next++
			last[c]++
			// The moment at which it was due: a server that keeps the publisher waiting is not forgiven for it.
			marks[i] = fan.Mark{Conversation: c, Number: last[c], At: due.UnixNano()}
		}
		if err := s.publish(ctx, marks); err != nil {
			return r, fmt.Errorf("publish to %s: %w", s.name, err)
		}
	}
	tally, err := crowd.End(last, 20*time.Second)
	if err != nil {
		return r, err
	}
	r.Tally = tally
	r.Took = time.Since(began)
	after, err := s.proc.CPU()
	if err != nil {
		return r, err
	}
	r.CPU = after - cpu
	if after, err = s.others(); err != nil {
		return r, err
	}
	r.Others = after - others
	return r, nil
}
