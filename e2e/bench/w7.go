package main

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
)

// countsDocument asks for what an agent's screen counts.
const countsDocument = `{ inboxCounts { unreadMessages } }`

type totals struct{ UnreadMessages int }

// unreadTotals measures the unread total of an agent with 10,000 open conversations, and of one with a hundred (W7).
func unreadTotals(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	if _, err := send(ctx, "POST", w.Limit.URL+"/totals", nil, nil); err != nil {
		return fmt.Errorf("make the totals: %w", err)
	}
	rows := sense[totals]("inboxCounts")
	limit := func(agent int64) func(context.Context, int) ([]byte, error) {
		return gets(w.Limit, func(int) string { return fmt.Sprintf("/total?agent=%d", agent) })
	}
	busy := Target{Name: ours + fmt.Sprintf(", %s open", count(w.Open)), Process: w.Server, Sense: rows, Ask: asks(w.Server, data.Token(data.Busy), countsDocument, nil)}
	if err := e.alike(ctx, &Comparison{Targets: []Target{busy, {Name: "limit", Sense: rows, Ask: limit(data.Busy)}}}); err != nil {
		return err
	}
	busy.Sense = nil
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W7 unread totals", Reference: "limit one row", InFlight: 4, Note: "4 in flight.",
		Targets: []Target{
			busy,
			{Name: ours + ", 100 open", Process: w.Server, Ask: asks(w.Server, data.Token(data.Idle), countsDocument, nil)},
			{Name: "limit one row", Process: w.Limit, Ask: limit(data.Busy)},
		},
		Goals: []Goal{
			{Text: "CPU ≤ 2 × limit", Target: busy.Name, Bound: 2},
			{Text: "as many ≤ 1.2 × 100 open", Target: busy.Name, Against: ours + ", 100 open", Bound: 1.2},
		},
	})
}
