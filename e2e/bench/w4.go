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

type hits struct {
	Nodes []struct{ Message struct{ ID ref } }
}

// terms are the classes of what is looked for.
var terms = []struct {
	class, term string
	isLike      bool // whether a plain LIKE is measured beside it
}{
	{"2 characters, common (1 in 8)", corpus.Common, true}, {"2, 1 in 1,000", corpus.Medium, true}, {"2, rare, gone for long", corpus.Rare, true}, {"2, absent", corpus.Absent, true},
	{"4, common (1 in 10)", corpus.CommonLong, false}, {"4, 1 in 1,000", corpus.MediumLong, false}, {"4, rare, gone for long", corpus.RareLong, false}, {"4, absent", corpus.AbsentLong, false},
	{"1 character, common", "訂", false}, {"1, rare, gone for long", "曇", false}, {"1, absent", "蠡", false}, {"a Latin word, 1 in 5 of 1 in 5", corpus.Latin, false},
}

// searches measures the search of messages for every class of term (W4): who sees all, who sees one in a hundred, and a team with one in a hundred.
func searches(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	most := 0.0
	t := Table{Title: fmt.Sprintf("W4 messages by their content, %s messages", count(w.Messages)),
		Note:    "The newest 20, two in flight, milliseconds: middle / 99th percentile of all rounds. In brackets processor time of server and database.",
		Columns: []string{"term", ours + ", sees all", "sees 1 %", "team with 1 % of all", "limit buckets", "× limit", "LIKE"}}
	for _, x := range terms {
		if !e.wants("W4 "+x.class) || e.Small && !x.isLike {
			continue
		}
		as := func(name string, agent int64) Target {
			return Target{Name: name, Process: w.Server, Ask: asks(w.Server, data.Token(agent), searchDocument, func(int) map[string]any { return map[string]any{"text": x.term} })}
		}
		path := func(form string) func(int) string {
			return func(int) string { return "/search/" + form + "?" + url.Values{"text": {x.term}}.Encode() }
		}
		all := []Target{as(ours, data.Boss), as("few", data.Few), as("small", data.SmallBoss), {Name: "limit buckets", Process: w.Limit, Ask: gets(w.Limit, path("buckets"))}}
		if !strings.Contains(x.class, "absent") {
			all[0].Sense, all[3].Sense = sense[hits]("messageSearch"), sense[hits]("messages")
		}
		if x.isLike && !e.Small {
			all = append(all, Target{Name: "LIKE", Process: w.Limit, Ask: gets(w.Limit, path("like")), IsSlow: true})
		}
		o, err := e.Measure(ctx, e.Scale, Comparison{Name: "W4 " + x.class, Reference: "limit buckets", Targets: all, InFlight: 2})
		if err != nil {
			return err
		}
		row := []string{x.class}
		for _, m := range o.Measured {
			p50, p99 := m.figure(func(r Round) float64 { return ms(r.P50) }).Median, m.figure(func(r Round) float64 { return ms(r.P99) }).Median
			row = append(row, fmt.Sprintf("%s / %s (%s)", short(p50), short(p99), short(m.figure(func(r Round) float64 { return ms(r.CPU()) }).Median)))
			if m.Target == ours {
				most = max(most, p50)
			}
			if m.Target == "limit buckets" {
				s, _ := o.ratio(ours, "")
				row = append(row, s.String())
			}
		}
		for len(row) < len(t.Columns) {
			row = append(row, "")
		}
		t.Rows = append(t.Rows, row)
		e.Report.keep(o)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Note += fmt.Sprintf(" The slowest class takes %s ms in the middle; the goal is 10.", short(most))
	e.Report.AddTable(t)
	return nil
}
