package graph

import (
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// window reads the four paging arguments of a list; standard is the size where none is given.
func window(first *int, after *string, last *int, before *string, standard int) (page.Window, error) {
	w := page.Window{Limit: standard}
	switch {
	case first != nil && last != nil:
		return w, fault.Input("last", "give first or last, not both")
	case first != nil:
		w.Limit = *first
	case last != nil:
		w.Limit, w.IsBackward = *last, true
	case before != nil && after == nil:
		w.IsBackward = true
	}
	if w.Limit < 1 || w.Limit > 100 {
		field := "first"
		if last != nil {
			field = "last"
		}
		return w, fault.Input(field, "a page has 1 to 100 rows")
	}
	if after != nil {
		w.After = *after
	}
	if before != nil {
		w.Before = *before
	}
	return w, nil
}

// pageInfo tells where a page stands.
func pageInfo(r page.Result) *model.PageInfo {
	p := &model.PageInfo{HasNextPage: r.HasNext, HasPreviousPage: r.HasPrevious}
	if len(r.Cursors) > 0 {
		p.StartCursor, p.EndCursor = &r.Cursors[0], &r.Cursors[len(r.Cursors)-1]
	}
	return p
}
