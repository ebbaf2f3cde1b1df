// Package page reads lists by keyset: a page begins after a row's key, so that a row that does not move is shown exactly once, whatever is
// added meanwhile, and page 200 costs what page 1 costs.
package page

import (
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Window is what of a list is asked for.
type Window struct {
	Limit      int    // rows a page
	IsBackward bool   // the last Limit rows of the window and not the first
	After      string // cursors; empty for none
	Before     string
}

// Result is where the page that was read stands.
type Result struct {
	HasNext, HasPrevious bool
	Cursors              []string // a cursor a row, in the list's order
}

// Cursor makes the opaque position of a row out of the list's name and the row's key. Keys are read back by Key with the same types.
func Cursor(list string, key ...any) string {
	b, err := json.Marshal(append([]any{list}, key...))
	if err != nil {
		// Keys are numbers, strings and times.
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Key reads a cursor of the list into the pointers. A cursor of another list, or none at all, is a fault of kind Invalid: field is the
// argument it came in.
func Key(cursor, list, field string, key ...any) error {
	wrong := fault.Input(field, "this is not a cursor of this list in this order; leave it out to start at the beginning")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return wrong
	}
	var parts []json.RawMessage
	if json.Unmarshal(b, &parts) != nil || len(parts) != len(key)+1 {
		return wrong
	}
	var name string
	if json.Unmarshal(parts[0], &name) != nil || name != list {
		return wrong
	}
	for i, k := range key {
		if json.Unmarshal(parts[i+1], k) != nil {
			return wrong
		}
	}
	return nil
}

// Cut takes the rows of a query that asked for one more than the window's limit, in the order of reading (backwards for a backward
// window), and gives the page in the list's order with where it stands.
func Cut[T any](w Window, rows []T, cursor func(T) string) ([]T, Result) {
	more := len(rows) > w.Limit
	if more {
		rows = rows[:w.Limit]
	}
	var r Result
	if w.IsBackward {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
		r.HasPrevious, r.HasNext = more, w.Before != ""
	} else {
		r.HasNext, r.HasPrevious = more, w.After != ""
	}
	r.Cursors = make([]string, len(rows))
	for i, row := range rows {
		r.Cursors[i] = cursor(row)
	}
	return rows, r
}
