package contact

import (
	"slices"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// nodeOf is a condition on contacts or companies, or several joined. No condition is ever NULL in SQL: NOT must turn it round as it does in
// memory.
type nodeOf[T any] interface {
	// in is the condition in SQL.
	in(q query) *sql.Predicate
	// match decides the condition for one with all its parts.
	match(x *T) bool
}

// tree is a checked filter over a table. The zero tree means all.
type tree[T any] struct {
	root nodeOf[T]
	lead leader // a condition beside the root with which queries begin; nil where there is none, as in every filter that is decided in memory
}

// match says whether one with all its parts is meant.
func (t tree[T]) match(x *T) bool { return t.root == nil || t.root.match(x) }

// where adds the filter to a query of the team's rows.
func (t tree[T]) where(s *sql.Selector, team int64) {
	if t.lead != nil {
		s.Where(led(query{s, team}, t.lead))
	}
	if t.root != nil {
		s.Where(t.root.in(query{s, team}))
	}
}

// allOf holds where each holds.
type allOf[T any] []nodeOf[T]

func (a allOf[T]) in(q query) *sql.Predicate {
	switch len(a) {
	case 0:
		return sql.Not(sql.False())
	case 1:
		// sql.And of one forgets the brackets that an OR inside it needs.
		return a[0].in(q)
	}
	return sql.And(each(a, q)...)
}

func (a allOf[T]) match(x *T) bool {
	return !slices.ContainsFunc(a, func(n nodeOf[T]) bool { return !n.match(x) })
}

// eitherOf holds where at least one holds: not at all where there is none.
type eitherOf[T any] []nodeOf[T]

func (e eitherOf[T]) in(q query) *sql.Predicate {
	switch len(e) {
	case 0:
		return sql.False()
	case 1:
		return e[0].in(q)
	}
	return sql.Or(each(e, q)...)
}

func (e eitherOf[T]) match(x *T) bool {
	return slices.ContainsFunc(e, func(n nodeOf[T]) bool { return n.match(x) })
}

func each[T any](nodes []nodeOf[T], q query) []*sql.Predicate {
	list := make([]*sql.Predicate, len(nodes))
	for i, n := range nodes {
		list[i] = n.in(q)
	}
	return list
}

// notOf holds where the other does not.
type notOf[T any] struct{ node nodeOf[T] }

func (n notOf[T]) in(q query) *sql.Predicate { return sql.Not(n.node.in(q)) }
func (n notOf[T]) match(x *T) bool           { return !n.node.match(x) }

// compiler makes nodes of criteria C over T.
type compiler[C, T any] struct {
	// steps each read one part of a level: the empty all where it is not given.
	steps []func(c C, path string) (nodeOf[T], error)
	// below gives the levels under one.
	below      func(C) (and, or []C, not *C)
	conditions int
}

func (r *compiler[C, T]) compile(c C, path string, depth int) (nodeOf[T], error) {
	if depth > maxDepth {
		return nil, fault.Input(path, "a filter is at most %d levels deep", maxDepth)
	}
	var both allOf[T]
	for _, s := range r.steps {
		n, err := s(c, path)
		if err != nil {
			return nil, err
		}
		// Flat, so that the database sees what must hold at once.
		if flat, ok := n.(allOf[T]); ok {
			both = append(both, flat...)
		} else {
			both = append(both, n)
		}
	}
	if r.conditions += len(both) + 1; r.conditions > maxConditions {
		return nil, fault.Input(path, "a filter has at most %d conditions", maxConditions)
	}
	below := func(list []C, name string) ([]nodeOf[T], error) {
		nodes := make([]nodeOf[T], len(list))
		for i, x := range list {
			var err error
			if nodes[i], err = r.compile(x, path+"."+name+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
				return nil, err
			}
		}
		return nodes, nil
	}
	ands, ors, no := r.below(c)
	and, err := below(ands, "and")
	if err != nil {
		return nil, err
	}
	both = append(both, and...)
	if ors != nil {
		or, err := below(ors, "or")
		if err != nil {
			return nil, err
		}
		both = append(both, eitherOf[T](or))
	}
	if no != nil {
		n, err := r.compile(*no, path+".not", depth+1)
		if err != nil {
			return nil, err
		}
		both = append(both, notOf[T]{n})
	}
	return both, nil
}

// asks says whether criteria have something at any level. It looks no deeper than compile goes.
func asks[C any](c C, below func(C) (and, or []C, not *C), has func(C) bool, depth int) bool {
	if has(c) || depth > maxDepth {
		return true
	}
	and, or, not := below(c)
	deeper := func(c C) bool { return asks(c, below, has, depth+1) }
	return slices.ContainsFunc(and, deeper) || slices.ContainsFunc(or, deeper) || not != nil && deeper(*not)
}

// fieldConditions reads the conditions of a level on the custom fields of a target (CONT-5).
func fieldConditions(fields []customfield.Field, list []FieldCriterion, path, target string) ([]customfield.Condition, error) {
	all := make([]customfield.Condition, len(list))
	for i, x := range list {
		at := path + ".customFields[" + strconv.Itoa(i) + "]"
		n := slices.IndexFunc(fields, func(f customfield.Field) bool { return f.ID == x.FieldID })
		if n < 0 {
			return nil, fault.Input(at+".fieldId", "this is no custom field of %s", target)
		}
		var err error
		if all[i], err = customfield.ParseCondition(fields[n], x.Op, x.Value, at); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// decide decides a condition by somebody's answers.
func decide(c customfield.Condition, answers []customfield.Answer) bool {
	for _, a := range answers {
		if a.Field.ID == c.Field.ID {
			return c.Match(a.Value)
		}
	}
	return c.Match(nil)
}
