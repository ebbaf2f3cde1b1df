package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report collects what was measured and writes it as markdown.
type Report struct {
	out      io.Writer
	Facts    []string
	Outcomes []Outcome
	Tables   []Table
	missed   []string
	quiet    []string // outcomes that a table tells of
}

// Table is what is not a comparison of targets that answer alike.
type Table struct {
	Title, Note string
	Columns     []string
	Rows        [][]string
	tells       []Outcome // what its rows are of
}

// Add takes an outcome and prints it at once.
func (r *Report) Add(o Outcome) {
	r.Outcomes = append(r.Outcomes, o)
	fmt.Fprint(r.out, r.outcome(o))
}

// keep takes an outcome for the chart and the accepted ratios that is told in a table.
func (r *Report) keep(o Outcome) {
	r.Outcomes, r.quiet = append(r.Outcomes, o), append(r.quiet, o.Name)
}

// AddTable takes a table and prints it at once.
func (r *Report) AddTable(t Table) {
	r.Tables = append(r.Tables, t)
	fmt.Fprint(r.out, r.table(t))
}

// String is the table as markdown.
func (t Table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.Title)
	if t.Note != "" {
		fmt.Fprintf(&b, "%s\n\n", t.Note)
	}
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(t.Columns)
	b.WriteString(strings.Repeat("|---", len(t.Columns)) + "|\n")
	for _, cells := range t.Rows {
		row(cells)
	}
	return b.String()
}

// outcome is a comparison as markdown.
func (r *Report) outcome(o Outcome) string {
	t := Table{Title: fmt.Sprintf("%s, %s conversations", o.Name, count(o.Scale)), Note: o.Note,
		Columns: []string{"", "CPU ms", "of it database", "× " + o.Reference, "p50 ms", "p99 ms", "a second"}}
	for _, m := range o.Measured {
		ratio, _ := o.ratio(m.Target, "")
		requests := 0
		for _, x := range m.Rounds {
			requests += x.Requests
		}
		name := m.Target
		if requests < 100 {
			name += fmt.Sprintf(" (%d requests)", requests)
		}
		t.Rows = append(t.Rows, []string{name, short(m.figure(func(x Round) float64 { return ms(x.CPU()) }).Median),
			short(m.figure(func(x Round) float64 { return ms(x.Database) }).Median), ratio.String(),
			short(m.figure(func(x Round) float64 { return ms(x.P50) }).Median), short(m.figure(func(x Round) float64 { return ms(x.P99) }).Median),
			short(m.figure(func(x Round) float64 { return x.Rate }).Median)})
	}
	s := t.String()
	for i, g := range o.Goals {
		if i == 0 {
			s += "\n"
		}
		figure, isMet, known := o.judged(g)
		switch {
		case !known:
			s += fmt.Sprintf("- not measured: %s\n", g.Text)
		case isMet:
			s += fmt.Sprintf("- met: %s: %s\n", g.Text, figure)
		default:
			s += fmt.Sprintf("- **missed**: %s: %s\n", g.Text, figure)
			r.missed = append(r.missed, fmt.Sprintf("%s: %s: %s", o.Name, g.Text, figure))
		}
	}
	return s
}

// table is a table as markdown, with the goals of the comparisons that it tells of: each once, and which of them miss it.
func (r *Report) table(t Table) string {
	s := t.String()
	var texts []string
	all, missed := map[string]int{}, map[string][]string{}
	for _, o := range t.tells {
		for _, g := range o.Goals {
			figure, isMet, known := o.judged(g)
			if !known {
				continue
			}
			if all[g.Text]++; all[g.Text] == 1 {
				texts = append(texts, g.Text)
			}
			if !isMet {
				missed[g.Text] = append(missed[g.Text], o.Name+": "+figure.String())
				r.missed = append(r.missed, fmt.Sprintf("%s: %s: %s", o.Name, g.Text, figure))
			}
		}
	}
	for i, text := range texts {
		if i == 0 {
			s += "\n"
		}
		if len(missed[text]) == 0 {
			s += fmt.Sprintf("- met: %s, in all %d\n", text, all[text])
		} else {
			s += fmt.Sprintf("- **missed**: %s, in %d of %d: %s\n", text, len(missed[text]), all[text], strings.Join(missed[text], "; "))
		}
	}
	return s
}

// String is the middle with the spread.
func (s Spread) String() string {
	if s.Least == s.Most {
		return short(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", short(s.Median), short(s.Least), short(s.Most))
}

// short writes a figure with three digits.
func short(f float64) string {
	switch {
	case f >= 1000:
		return count(int(f + 0.5))
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// count writes a number with its thousands apart.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Write writes all that was measured, as a page.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# What was measured\n\n")
	for _, f := range r.Facts {
		fmt.Fprintf(&b, "- %s\n", f)
	}
	r.missed = nil
	for _, o := range r.Outcomes {
		if !slices.Contains(r.quiet, o.Name) {
			b.WriteString(r.outcome(o))
		}
	}
	for _, t := range r.Tables {
		b.WriteString(r.table(t))
	}
	if len(r.missed) > 0 {
		b.WriteString("\n### Goals that were missed\n\n")
		for _, m := range r.missed {
			fmt.Fprintf(&b, "- %s\n", m)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// round cuts a duration to what is worth reading.
func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
