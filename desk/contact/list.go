package contact

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// MaxCount is how far contacts are counted.
	MaxCount = 100_000
	// MaxPage is the last numbered page that can be read.
	MaxPage = 1_000
	maxRows = 100
)

// Sort is by what contacts are listed.
type Sort string

// The orders. Contacts that are alike in it are in the order of their ids.
const (
	ByName      Sort = "NAME"
	ByCreatedAt Sort = "CREATED_AT"
	ByUpdatedAt Sort = "UPDATED_AT"
)

// column is where an order's key is kept; there is an index of (team, column, id) for each.
func (s Sort) column() string {
	switch s {
	case ByName:
		return entcontact.FieldNameFolded
	case ByUpdatedAt:
		return entcontact.FieldUpdatedAt
	default:
		return entcontact.FieldCreatedAt
	}
}

// key is a contact's place in an order.
func (s Sort) key(c *ent.Contact) any {
	switch s {
	case ByName:
		return c.NameFolded
	case ByUpdatedAt:
		return c.UpdatedAt.UTC()
	default:
		return c.CreatedAt.UTC()
	}
}

// Query says which contacts are listed and how.
type Query struct {
	Criteria     Criteria
	Sort         Sort
	IsDescending bool
	// Parts are read with each contact.
	Parts Parts
	// Counts says whether the contacts are counted, which costs a query of its own.
	Counts bool
}

// List is a page of contacts.
type List struct {
	Contacts []*Contact
	page.Result
	// Total is how many contacts there are, counted to MaxCount; IsExact is false where there are more. Both are zero where nobody counts.
	Total   int
	IsExact bool
	AsOf    event.Cursor
}

// List reads a page of the contacts that match, by their keys: a contact that does not move is shown exactly once, whatever is added
// meanwhile. It takes a fixed number of queries, however many contacts there are.
func (s *Service) List(ctx context.Context, p auth.Principal, q Query, w page.Window) (List, error) {
	var l List
	err := s.list(ctx, p, q, &l, func(v *store.View, f Filter) ([]*ent.Contact, error) {
		keys, err := q.Sort.window(w, q.IsDescending)
		if err != nil {
			return nil, err
		}
		rows, err := q.rows(ctx, v, f, w.IsBackward, w.Limit+1, 0, keys...)
		if err != nil {
			return nil, err
		}
		list := q.cursorList()
		rows, l.Result = page.Cut(w, rows, func(c *ent.Contact) string { return page.Cursor(list, q.Sort.key(c), c.ID) })
		return rows, nil
	})
	return l, err
}

// Page is a numbered page of contacts.
type Page struct {
	List
	Number, PerPage int
}

// From is the number of the page's first row, from 1; 0 on an empty page.
func (p Page) From() int {
	if len(p.Contacts) == 0 {
		return 0
	}
	return (p.Number-1)*p.PerPage + 1
}

// To is the number of the page's last row; 0 on an empty page.
func (p Page) To() int {
	if len(p.Contacts) == 0 {
		return 0
	}
	return p.From() + len(p.Contacts) - 1
}

// Last is the number of the last page, as far as contacts are counted: 1 where there are none.
func (p Page) Last() int { return max(1, (p.Total+p.PerPage-1)/p.PerPage) }

// Page reads a numbered page of the contacts that match, from 1 to MaxPage, with 1 to 100 rows (CONT-4). It costs more the further it is.
func (s *Service) Page(ctx context.Context, p auth.Principal, q Query, number, perPage int) (Page, error) {
	r := Page{Number: number, PerPage: perPage}
	if number < 1 || number > MaxPage {
		return r, fault.Input("page", "a page is 1 to %d; go on with cursors beyond", MaxPage)
	}
	if perPage < 1 || perPage > maxRows {
		return r, fault.Input("perPage", "a page has 1 to %d rows", maxRows)
	}
	err := s.list(ctx, p, q, &r.List, func(v *store.View, f Filter) ([]*ent.Contact, error) {
		return q.rows(ctx, v, f, false, perPage, (number-1)*perPage)
	})
	return r, err
}

// list reads the rows of a page and everything around them, all of one moment.
func (s *Service) list(ctx context.Context, p auth.Principal, q Query, l *List, rows func(*store.View, Filter) ([]*ent.Contact, error)) error {
	if err := mayRead(p); err != nil {
		return err
	}
	return s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		f, err := ResolveIn(ctx, v, p, q.Criteria, "filter")
		if err != nil {
			return err
		}
		if f, err = f.ledIn(ctx, v, q.Sort.column()); err != nil {
			return err
		}
		if l.AsOf, err = v.AsOf(ctx); err != nil {
			return fmt.Errorf("read the position: %w", err)
		}
		page, err := rows(v, f)
		if err != nil {
			return err
		}
		ids := make([]int64, len(page))
		for i, c := range page {
			ids[i] = c.ID
		}
		if l.Contacts, err = LoadIn(ctx, v, ids, q.Parts); err != nil {
			return err
		}
		if q.Counts {
			l.Total, l.IsExact, err = countIn(ctx, v, entcontact.Table, f.where)
		}
		return err
	})
}

// rows reads the ids and keys of rows, in the list's order or backwards.
func (q Query) rows(ctx context.Context, v *store.View, f Filter, isBackward bool, limit, offset int, keys ...predicate.Contact) ([]*ent.Contact, error) {
	order := entcontact.OrderOption(func(s *sql.Selector) {
		by := sql.Asc
		if q.IsDescending != isBackward {
			by = sql.Desc
		}
		s.OrderBy(by(s.C(q.Sort.column())), by(s.C(entcontact.FieldID)))
	})
	rows, err := v.Contact.Query().Where(f.Predicate(v.Team)).Where(keys...).Order(order).Limit(limit).Offset(offset).
		Select(entcontact.FieldID, q.Sort.column()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	return rows, nil
}

// cursorList names the list in its cursors: a cursor of one order means nothing in another.
func (q Query) cursorList() string { return "contacts:" + string(q.Sort) }

// window makes conditions of a window's cursors.
func (s Sort) window(w page.Window, isDescending bool) ([]predicate.Contact, error) {
	var all []predicate.Contact
	for _, side := range []struct {
		cursor, field string
		isBeyond      bool
	}{{w.After, "after", true}, {w.Before, "before", false}} {
		if side.cursor == "" {
			continue
		}
		key, id, err := s.read(side.cursor, side.field)
		if err != nil {
			return nil, err
		}
		than := sql.CompositeLT
		if side.isBeyond != isDescending {
			than = sql.CompositeGT
		}
		all = append(all, func(sel *sql.Selector) {
			sel.Where(than([]string{sel.C(s.column()), sel.C(entcontact.FieldID)}, key, id))
		})
	}
	return all, nil
}

// read gives the key and the id of a cursor.
func (s Sort) read(cursor, field string) (any, int64, error) {
	list := Query{Sort: s}.cursorList()
	var id int64
	if s == ByName {
		var name string
		err := page.Key(cursor, list, field, &name, &id)
		return name, id, err
	}
	var at time.Time
	err := page.Key(cursor, list, field, &at, &id)
	return at.UTC(), id, err
}

// countIn counts the team's rows of a table that where describes, to MaxCount.
func countIn(ctx context.Context, v *store.View, table string, where func(*sql.Selector, int64)) (n int, isExact bool, err error) {
	d := dialectOf(v)
	s := sql.Dialect(d).Select(entcontact.FieldID).From(sql.Table(table))
	s.Where(sql.EQ(s.C(entcontact.FieldTeamID), v.Team)).Limit(MaxCount + 1)
	where(s, v.Team)
	query, args := sql.Dialect(d).Select(sql.Count("*")).From(s.As("found")).Query()
	rows, err := v.Query(ctx, query, args...)
	if err != nil {
		return 0, false, fmt.Errorf("count rows: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&n)
	}
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		return 0, false, fmt.Errorf("count rows: %w", err)
	}
	return min(n, MaxCount), n <= MaxCount, nil
}
