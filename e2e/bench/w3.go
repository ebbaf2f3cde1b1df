package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
)

// contactsDocument asks for the first contacts by name that a filter wants.
const contactsDocument = `query Contacts($filter: ContactFilter) { contacts(filter: $filter, sort: NAME, direction: ASC, first: 50) { pageInfo { hasNextPage endCursor }
	nodes { id name tagCount } } }`

// contactRow is a contact as it is compared.
type contactRow struct {
	ID       ref
	Name     string
	TagCount int
}

type contactRows struct{ Nodes []contactRow }

// wanted is what the n-th request wants: a city, an amount, a tag, and how the name begins.
type wanted struct {
	prefix, city string
	spent        int
	tag          int64
}

func want(n int) wanted {
	family := corpus.Families()
	return wanted{string(family[n%len(family)]), data.CityOption(n % data.Cities), 1000 * (n % 7), int64(1 + n%5)}
}

// contacts measures the first 50 contacts by name prefix, two custom fields and a tag (W3).
func contacts(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	if err := e.withPeer(ctx, w); err != nil {
		return err
	}
	rows := sense[contactRows]("contacts")
	field := func(n int64) string { return id.Format(id.CustomField, n) }
	c := Comparison{
		Name: "W3 contacts by name prefix, two custom fields and a tag", Reference: "limit covering side table", InFlight: 4,
		Note: fmt.Sprintf("4 in flight. The rarest condition, the city, matches %s contacts.", count(w.Conversations/data.Cities)),
		Targets: []Target{
			{Name: ours, Process: w.Server, Sense: rows, Ask: asks(w.Server, data.Token(data.Boss), contactsDocument, func(n int) map[string]any {
				x := want(n)
				return map[string]any{"filter": map[string]any{"namePrefix": x.prefix, "tags": map[string]any{"any": []string{id.Format(id.Tag, x.tag)}}, "customFields": []any{
					map[string]any{"fieldId": field(data.City), "op": "EQ", "value": map[string]any{"option": x.city}},
					map[string]any{"fieldId": field(data.Spent), "op": "GTE", "value": map[string]any{"number": fmt.Sprint(x.spent)}}}}}
			})},
			{Name: "limit covering side table", Process: w.Limit, Sense: rows, Ask: gets(w.Limit, func(n int) string {
				x := want(n)
				return "/contacts?" + url.Values{"prefix": {x.prefix}, "city": {x.city}, "spent": {fmt.Sprint(x.spent)}, "tag": {fmt.Sprint(x.tag)}}.Encode()
			})},
		},
		Goals: []Goal{
			{Text: "CPU ≤ 3 × limit covering", Target: ours, Bound: 3},
			{Text: "CPU ≤ 10 × limit, for a field that is not promoted to a column", Target: ours, Bound: 10},
			{Text: "p99 ≤ 50 ms (the goal bounds p95)", Target: ours, Of: P99, Bound: 50},
			{Text: "stretch: CPU ≤ 2 × limit covering", Target: ours, Bound: 2},
		},
	}
	if w.Peer != nil {
		c.Targets = append(c.Targets, w.peerContactsTarget())
		if e.Scale >= million {
			c.Goals = append(c.Goals, Goal{Text: "≥ 25 × ahead of PostGraphile in CPU", Target: peer, Against: ours, Bound: 25, Least: true})
		}
	}
	return e.Compare(ctx, e.Scale, c)
}
