package contact

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxLead is how many contacts a condition means at most to lead a query. Each costs a look at the contact, whatever the order.
const maxLead = 10_000

// leader is a condition that an index answers by itself: its contacts can be looked at instead of all. It gives nil where it cannot.
type leader interface {
	lead(dialect string, team int64) *sql.Selector
}

// ranged is a condition that is a range of an order.
type ranged interface {
	// ordered is the column of the order; empty where the condition is no range.
	ordered() string
}

// ordered is the name's column where the condition is a range of names.
func (n nameIs) ordered() string {
	if n.op == contains {
		return ""
	}
	return contact.FieldNameFolded
}

// ledIn lets the rarest condition lead the filter's queries, where one is rare. The databases guess how rare a condition is, and guess wrong
// where conditions depend on each other or on the order: a page of the newest is then looked for among all contacts. Counting a little, and
// more only where that does not tell, is cheap beside that. order is the column that the query is sorted by: a range of it leads anyway.
func (f Filter) ledIn(ctx context.Context, v *store.View, order string) (Filter, error) {
	var err error
	f.tree, err = f.begin(ctx, v, order)
	return f, err
}

// begin is ledIn of any filter.
func (f tree[T]) begin(ctx context.Context, v *store.View, order string) (tree[T], error) {
	root, ok := f.root.(allOf[T])
	if !ok {
		return f, nil
	}
	var places []int
	for i, n := range root {
		if l, ok := n.(leader); ok && l.lead(dialectOf(v), v.Team) != nil {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return f, nil
	}
	for _, most := range []int{maxLead / 10, maxLead} {
		counts, err := countLeaders(ctx, v, root, places, most)
		if err != nil {
			return f, fmt.Errorf("find the rarest condition: %w", err)
		}
		least := slices.Index(counts, slices.Min(counts))
		if counts[least] > most {
			continue
		}
		if isRangeOf(root[places[least]], order) {
			return f, nil
		}
		f.lead = root[places[least]].(leader)
		if counts[least] > maxLead/10 {
			if i := slices.IndexFunc(places, func(place int) bool { return isRangeOf(root[place], order) }); i >= 0 {
				f.lead = both{f.lead, root[places[i]].(leader)}
			}
		}
		f.root = slices.Delete(slices.Clone(root), places[least], places[least]+1)
		return f, nil
	}
	return f, nil
}

// isRangeOf says whether a condition is a range of an order.
func isRangeOf(n any, order string) bool {
	r, ok := n.(ranged)
	return ok && r.ordered() == order
}

// both leads with the contacts that two conditions mean, the second a range of the order: the database puts the two together by their indexes
// alone, and looks at no contact that only one of them means.
type both struct{ first, second leader }

func (b both) lead(d string, team int64) *sql.Selector {
	rows := b.first.lead(d, team)
	if d != dialect.Postgres {
		return rows // it looks contacts up faster than it puts two lists together
	}
	// A join would be planned by what the database believes of the numbers, and where it is wrong goes through one list for each of the other.
	// Wrapped, since the first may be a union, and INTERSECT would take its last part alone.
	ids := rows.SelectedColumns()[0]
	wrapped := sql.Dialect(d).Select(ids).From(rows.As("first"))
	return wrapped.Intersect(b.second.lead(d, team))
}

// countLeaders counts the contacts that conditions mean, each to one above most, in one statement.
func countLeaders[T any](ctx context.Context, v *store.View, root allOf[T], places []int, most int) ([]int, error) {
	d := dialectOf(v)
	count := sql.Dialect(d).Select()
	for i, place := range places {
		rows := root[place].(leader).lead(d, v.Team).Limit(most + 1)
		count.AppendSelectExpr(sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("(SELECT COUNT(*) FROM ").Wrap(func(b *sql.Builder) { b.Join(rows) }).WriteString(" AS c" + strconv.Itoa(i) + ")")
		}))
	}
	return readCounts(ctx, v, count, len(places))
}

func readCounts(ctx context.Context, v *store.View, s *sql.Selector, n int) ([]int, error) {
	query, args := s.Query()
	rows, err := v.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts, to := make([]int, n), make([]any, n)
	for i := range counts {
		to[i] = &counts[i]
	}
	if rows.Next() {
		err = rows.Scan(to...)
	}
	if err == nil {
		err = rows.Err()
	}
	return counts, err
}

// led is true of the contacts that the leader means, said so that the database begins with them.
func led(q query, l leader) *sql.Predicate {
	rows := l.lead(q.Dialect(), q.team)
	if q.Dialect() != dialect.Postgres {
		return sql.In(q.C(contact.FieldID), rows)
	}
	// Before the query gets a name: where it is written, it may be a part of another.
	id := q.C(contact.FieldID)
	return sql.P(func(b *sql.Builder) {
		// An array is read once and first; a join would be put where the planner likes it.
		b.Ident(id).WriteString(" = ANY(ARRAY").Wrap(func(b *sql.Builder) { b.Join(rows) }).WriteString(")")
	})
}

// dialectOf is the view's dialect as ent calls it.
func dialectOf(v *store.View) string {
	if v.IsPostgres() {
		return dialect.Postgres
	}
	return dialect.SQLite
}
