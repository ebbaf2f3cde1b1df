package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
)

// searchDocument asks for the newest 20 messages that hold a text.
const searchDocument = `query Search($text: String!) { messageSearch(text: $text, first: 20) { nodes { message { id createdAt } conversation { id name } excerpt highlights { index length } } } }`

type hit struct{ Message struct{ ID ref } }

type hits struct{ Nodes []hit }

// terms are the classes of what is looked for.
var terms = []struct {
	class, term string
	isLike      bool // whether a plain LIKE is measured beside it
}{
	{"2 characters, common (1 in 8)", corpus.Common, true}, {"2, 1 in 1,000", corpus.Medium, true}, {"2, rare, gone for long", corpus.Rare, true}, {"2, absent", corpus.Absent, true},
	{"4, common (1 in 10)", corpus.CommonLong, false}, {"4, 1 in 1,000", corpus.MediumLong, false}, {"4, rare, gone for long", corpus.RareLong, false}, {"4, absent", corpus.AbsentLong, false},
	{"1 character, common", "訂", false}, {"1, rare, gone for long", "曇", false}, {"1, absent", "蠡", false}, {"a Latin word, 1 in 5 of 1 in 5", corpus.Latin, false},
}

// searchTargets are our server, as an agent, and the limit for a term.
func (w *World) searchTargets(term string) (asAgent func(name string, agent int64) Target, limit func(name, form string) Target) {
	asAgent = func(name string, agent int64) Target {
		return Target{Name: name, Process: w.Server, Ask: asks(w.Server, data.Token(agent), searchDocument, func(int) map[string]any { return map[string]any{"text": term} })}
	}
	return asAgent, func(name, form string) Target {
		return Target{Name: name, Process: w.Limit, Ask: gets(w.Limit, func(int) string { return "/search/" + form + "?" + url.Values{"text": {term}}.Encode() })}
	}
}

// cell is what a table says of a target: times of the middle and of the slowest in a hundred, and processor time.
func (m Measured) cell() string {
	return fmt.Sprintf("%s / %s (%s)", short(m.figure(func(r Round) float64 { return ms(r.P50) }).Median), short(m.figure(func(r Round) float64 { return ms(r.P99) }).Median),
		short(m.figure(func(r Round) float64 { return ms(r.CPU()) }).Median))
}

// searches measures the search of messages for every class of term (W4): who sees all, who sees one in a hundred, and a team with one in a hundred.
func searches(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	if err := e.withPeer(ctx, w); err != nil {
		return err
	}
	const buckets, like = "limit buckets", "LIKE"
	names := []string{ours, "few", "small", buckets, like, peer}
	t := Table{Title: fmt.Sprintf("W4 messages by their content, %s messages", count(w.Messages)),
		Note: "The newest 20, two in flight, milliseconds: middle / 99th percentile of all rounds. In brackets processor time of server and database. " +
			"LIKE looks at the messages, newest first, without an index for it; PostGraphile does so by its filter.",
		Columns: []string{"term", ours + ", sees all", "sees 1 %", "team with 1 % of all", buckets, like, peer, "× limit", "LIKE × ours", "PostGraphile × ours"}}
	for _, x := range terms {
		if !e.wants("W4 "+x.class) || e.Small && !x.isLike {
			continue
		}
		as, limit := w.searchTargets(x.term)
		all := []Target{as(ours, data.Boss), as("few", data.Few), as("small", data.SmallBoss), limit(buckets, "buckets")}
		c := Comparison{Name: "W4 " + x.class, Reference: buckets, InFlight: 2, Goals: []Goal{
			{Text: "p50 ≤ 10 ms", Target: ours, Of: P50, Bound: 10}, {Text: "p99 ≤ 40 ms", Target: ours, Of: P99, Bound: 40}, {Text: "stretch: p50 ≤ 5 ms", Target: ours, Of: P50, Bound: 5}}}
		if x.isLike && !e.Small {
			l := limit(like, "like")
			l.IsSlow = true
			all = append(all, l)
			if x.term == corpus.Rare && e.Scale >= million {
				c.Goals = append(c.Goals, Goal{Text: "≥ 100 × ahead of LIKE in CPU on rare terms of 2 characters", Target: like, Against: ours, Bound: 100, Least: true})
			}
			if w.Peer != nil {
				all = append(all, w.peerSearchTarget(x.term))
			}
		}
		if !strings.Contains(x.class, "absent") {
			all[0].Sense, all[3].Sense = sense[hits]("messageSearch"), sense[hits]("messages")
			if last := len(all) - 1; all[last].Name == peer {
				all[last].Sense = likewise(peerHits.rows)
			}
		}
		c.Targets = all
		o, err := e.Measure(ctx, e.Scale, c)
		if err != nil {
			return err
		}
		row := []string{x.class}
		for _, name := range names {
			if m, ok := o.by(name); ok {
				row = append(row, m.cell())
			} else {
				row = append(row, "")
			}
		}
		for _, pair := range [][2]string{{ours, buckets}, {like, ours}, {peer, ours}} {
			if s, ok := o.ratio(pair[0], pair[1]); ok {
				row = append(row, s.String())
			} else {
				row = append(row, "")
			}
		}
		t.Rows, t.tells = append(t.Rows, row), append(t.tells, o)
		e.Report.keep(o)
	}
	if len(t.Rows) > 0 {
		e.Report.AddTable(t)
	}
	return e.searchGrowth(ctx, w)
}

// searchGrowth compares the search in a small and in a large database, for every class of term.
func (e *Env) searchGrowth(ctx context.Context, w *World) error {
	if e.Base >= e.Scale || !e.wants("W4 growth") {
		return nil
	}
	base, err := e.World(ctx, e.Base)
	if err != nil {
		return err
	}
	small, large := ", "+count(base.Messages), ", "+count(w.Messages)
	t := Table{Title: fmt.Sprintf("W4 growth, from %s to %s messages", count(base.Messages), count(w.Messages)),
		Note:    "The same searches in the smaller and in the larger database, in turn, by who sees all; milliseconds as above. Ratios are of processor time.",
		Columns: []string{"term", ours + small, ours + large, "limit buckets" + small, "limit buckets" + large, "× ours", "× limit"}}
	for _, x := range terms {
		c := Comparison{Name: "W4 growth, " + x.class, Reference: "limit buckets" + small, InFlight: 2}
		for _, y := range []struct {
			w    *World
			name string
		}{{base, small}, {w, large}} {
			as, limit := y.w.searchTargets(x.term)
			c.Targets = append(c.Targets, as(ours+y.name, data.Boss), limit("limit buckets"+y.name, "buckets"))
		}
		// The bound is for five times as many messages.
		if e.Scale == 5*e.Base {
			c.Goals = []Goal{{Text: "5 × the messages ≤ 3 × the CPU", Target: ours + large, Against: ours + small, Bound: 3}}
		}
		o, err := e.Measure(ctx, e.Scale, c)
		if err != nil {
			return err
		}
		row := []string{x.class}
		for _, i := range []int{0, 2, 1, 3} {
			row = append(row, o.Measured[i].cell())
		}
		for _, name := range []string{ours, "limit buckets"} {
			s, _ := o.ratio(name+large, name+small)
			row = append(row, s.String())
		}
		t.Rows, t.tells = append(t.Rows, row), append(t.tells, o)
		e.Report.keep(o)
	}
	e.Report.AddTable(t)
	return nil
}
