package main

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/id"
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
	if err := e.Compare(ctx, e.Scale, Comparison{
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
	}); err != nil {
		return err
	}
	return e.viewCounts(ctx, w)
}

// viewsDocument asks for the counts of all views, and savedDocument for those of the saved ones.
const (
	viewsDocument = `{ inboxCounts { unreadMessages views { view count unreadConversations unreadMessages } channels { channelId unreadMessages } } }`
	savedDocument = `{ inboxCounts { savedViews { savedViewId count unreadConversations isAtLeast } } }`
	saveDocument  = `mutation Save($input: SavedViewCreateInput!) { savedViewCreate(input: $input) { savedView { id } userErrors { message } } }`
)

// viewCounts measures the counts of all views of an agent with 10,000 open conversations, and of one with a hundred; and of three saved views of each, of which the counters tell
// one, and two are counted by looking: a tag, and the customers that wait (PROD-16).
func (e *Env) viewCounts(ctx context.Context, w *World) error {
	most := fmt.Sprintf(", %s open", count(w.Open))
	all := []Target{
		{Name: ours + most, Process: w.Server, Ask: asks(w.Server, data.Token(data.Busy), viewsDocument, nil)},
		{Name: ours + ", 100 open", Process: w.Server, Ask: asks(w.Server, data.Token(data.Idle), viewsDocument, nil)},
	}
	if err := e.Compare(ctx, e.Scale, Comparison{
		Name: "W7 counts of all views", Reference: ours + ", 100 open", InFlight: 4, Note: "4 in flight. What an agent's screen shows beside its lists.", Targets: all,
		Goals: []Goal{{Text: "as many ≤ 1.2 × 100 open", Target: ours + most, Bound: 1.2}},
	}); err != nil {
		return err
	}
	for _, agent := range []int64{data.Busy, data.Idle} {
		for name, filter := range map[string]map[string]any{
			"unread": {"isUnread": true}, "with a tag": {"tags": map[string]any{"any": []string{id.Format(id.Tag, 1)}}}, "late": {"waitingAtLeast": "HALF_HOUR"},
		} {
			b, err := asks(w.Server, data.Token(agent), saveDocument, func(int) map[string]any {
				return map[string]any{"input": map[string]any{"name": name, "view": "MY_IN_PROGRESS", "filter": filter, "idempotencyKey": "bench " + name}}
			})(ctx, 0)
			if err != nil {
				return err
			}
			var answer struct {
				Data struct {
					SavedViewCreate struct{ SavedView *struct{ ID string } }
				}
			}
			if err := unmarshal(b, &answer); err != nil {
				return err
			}
			if answer.Data.SavedViewCreate.SavedView == nil {
				return fmt.Errorf("a view is not saved: %.300s", b)
			}
		}
	}
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W7 counts of saved views", Reference: ours + ", 100 open", InFlight: 4,
		Note: "4 in flight. Three views of an agent's own: the counters tell one, for two its conversations are looked at.",
		Targets: []Target{
			{Name: ours + most, Process: w.Server, Ask: asks(w.Server, data.Token(data.Busy), savedDocument, nil)},
			{Name: ours + ", 100 open", Process: w.Server, Ask: asks(w.Server, data.Token(data.Idle), savedDocument, nil)},
		},
	})
}
