package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// accepted are the ratios that were accepted last, by comparison, scale and target.
//
//go:embed accepted.json
var accepted []byte

// worse is how many times the accepted ratio is a regression.
const worse = 1.3

// key names a target of an outcome in the file.
func key(o Outcome, target string) string { return fmt.Sprintf("%s, %d: %s", o.Name, o.Scale, target) }

// ours begins the name of every target that is this product.
const ours = "switchyard"

// regressions compares the ratios of our own targets with the accepted ones. Where the rounds lie apart the one that is best for us counts: a
// machine that was busy with something else is no regression.
func (r *Report) regressions() ([]string, error) {
	var known map[string]float64
	if err := json.Unmarshal(accepted, &known); err != nil {
		return nil, fmt.Errorf("accepted.json: %w", err)
	}
	var found []string
	for k, s := range r.ratios() {
		was, ok := known[k]
		if !ok || was <= 0 {
			continue
		}
		if s.isRate && s.Most*worse < was || !s.isRate && s.Least > was*worse {
			found = append(found, fmt.Sprintf("%s: the ratio is %s, accepted was %s", k, s.Spread, short(was)))
		}
	}
	slices.Sort(found)
	return found, nil
}

type rated struct {
	Spread
	isRate bool
}

// ratios are those of our own targets.
func (r *Report) ratios() map[string]rated {
	all := map[string]rated{}
	for _, o := range r.Outcomes {
		for _, m := range o.Measured {
			if m.Target == o.Reference || len(m.Target) < len(ours) || m.Target[:len(ours)] != ours {
				continue
			}
			if s, ok := o.ratio(m.Target, ""); ok {
				all[key(o, m.Target)] = rated{s, o.Rate}
			}
		}
	}
	return all
}

// accept writes the ratios into the file beside this source, which keeps those that were not measured now.
func (r *Report) accept(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	known := map[string]float64{}
	if err := json.Unmarshal(b, &known); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for k, s := range r.ratios() {
		known[k] = float64(int(s.Median*100+0.5)) / 100
	}
	b = []byte("{")
	for i, k := range slices.Sorted(maps.Keys(known)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "\n  %q: %v", k, known[k])
	}
	return os.WriteFile(path, append(b, "\n}\n"...), 0o600)
}
