package page

import "entgo.io/ent/dialect/sql"

// Between gives the conditions of a window on a list that is in the order of a field, which is never NULL, and of the id; its cursors hold both. A
// cursor of another list is a fault of kind Invalid that names its argument.
func Between[K any, P ~func(*sql.Selector)](w Window, list, field string) ([]P, error) {
	var all []P
	for _, side := range []struct {
		cursor, argument string
		than             func([]string, ...any) *sql.Predicate
	}{{w.After, "after", sql.CompositeGT}, {w.Before, "before", sql.CompositeLT}} {
		if side.cursor == "" {
			continue
		}
		var key K
		var id int64
		if err := Key(side.cursor, list, side.argument, &key, &id); err != nil {
			return nil, err
		}
		all = append(all, func(s *sql.Selector) { s.Where(side.than([]string{s.C(field), s.C("id")}, key, id)) })
	}
	return all, nil
}

// InOrder is the order in which a window of such a list is read.
func InOrder(w Window, field string) func(*sql.Selector) {
	by := sql.Asc
	if w.IsBackward {
		by = sql.Desc
	}
	return func(s *sql.Selector) { s.OrderBy(by(s.C(field)), by(s.C("id"))) }
}
