package inbox

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pin"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ListInput says which conversations are listed, how, and what is read with them.
type ListInput struct {
	View         View
	Filter       *Filter
	Search       string // part of a name, phone, email, note or tag; empty for none (CONV-16)
	Sort         Sort
	IsDescending bool
	Window       page.Window
	Wants        Wants
	CountsTotal  bool
	// ReadsPinned reads the principal's pinned conversations too, on the first page of MyInProgress.
	ReadsPinned bool
	// With reads more of the same moment; nil for nothing.
	With func(context.Context, *store.View, *Rows) error
}

// Page is a page of conversations, all of one moment.
type Page struct {
	*Rows
	page.Result
	AsOf event.Cursor
	// Pinned are those of the principal's own in progress that it has pinned, by newest message in the list's direction: they stand before the rows of the first page,
	// where they were asked for, and are not among the rows of any (CONV-18).
	Pinned []*ent.Conversation
	// Total is how many the list holds, where it was asked for: exact for a view without filter and search, else counted to MaxTotal.
	// IsAtLeast says that there are more.
	Total     int
	IsAtLeast bool
}

// MaxTotal is how far a list with a filter or a search is counted.
const MaxTotal = 1000

// List reads a page of conversations that the principal may see. Its statements are as many for one row as for a hundred.
func (s *Service) List(ctx context.Context, p auth.Principal, in ListInput) (*Page, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	if !slices.Contains(Views, in.View) {
		return nil, fault.Input("view", "there is no view %q", in.View)
	}
	if err := in.Filter.Validate("filter"); err != nil {
		return nil, err
	}
	search, err := newSearch(in.Search)
	if err != nil {
		return nil, err
	}
	o, err := orderOf(in.View, in.Sort, in.IsDescending)
	if err != nil {
		return nil, err
	}
	after, err := o.parse(in.Window.After, "after")
	if err != nil {
		return nil, err
	}
	before, err := o.parse(in.Window.Before, "before")
	if err != nil {
		return nil, err
	}
	var out *Page
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		if search != nil {
			if err := search.resolve(ctx, v); err != nil {
				return err
			}
		}
		audiences, err := audiencesOf(ctx, v, p)
		if err != nil {
			return err
		}
		q := query{v: v, order: o, after: after, before: before, isBackward: in.Window.IsBackward,
			strands: apart(strands(p, in.View, in.Sort == ByLastMessage, in.Filter, audiences), in.Filter.archived()), filter: in.Filter.within(p), search: search}
		if in.View == MyInProgress && p.AgentID != 0 {
			q.but = holds{conversation.FieldPinnedBy, []int64{p.AgentID}}
		}
		rows, err := q.read(ctx, in.Window.Limit+1)
		if err != nil {
			return err
		}
		out = &Page{}
		rows, out.Result = page.Cut(in.Window, rows, o.cursor)
		if q.but != nil && in.ReadsPinned && !in.Window.IsBackward && in.Window.After == "" {
			if out.Pinned, err = q.pinned(ctx, p, in.IsDescending); err != nil {
				return err
			}
		}
		if out.Rows, err = complete(ctx, v, slices.Concat(out.Pinned, rows), in.Wants); err != nil {
			return err
		}
		if in.CountsTotal {
			if err := q.total(ctx, p, in, out); err != nil {
				return err
			}
		}
		if in.With != nil {
			if err := in.With(ctx, v, out.Rows); err != nil {
				return err
			}
		}
		out.All = out.All[len(out.Pinned):]
		out.AsOf, err = v.AsOf(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pinned reads the principal's pinned conversations that the list would show, by newest message. What is pinned is its own and in progress: that is row.Put's to see to.
func (q query) pinned(ctx context.Context, p auth.Principal, isDescending bool) ([]*ent.Conversation, error) {
	var found []int64
	if err := q.v.Pin.Query().Where(pin.AgentID(p.AgentID)).Select(pin.FieldConversationID).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("find pinned conversations: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	o, err := orderOf(MyInProgress, ByLastMessage, isDescending)
	if err != nil {
		return nil, err
	}
	rows, err := q.v.Conversation.Query().Where(conversation.IDIn(found...)).Where(q.where(some(q.strands)), func(sel *sql.Selector) {
		o.by(sel, o.segments[0], false)
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read pinned conversations: %w", err)
	}
	return rows, nil
}

// query reads a list.
type query struct {
	v             *store.View
	order         order
	after, before *spot
	isBackward    bool
	strands       []Condition
	filter        Condition
	but           Condition // what is not among the rows though it is counted; nil for nothing
	search        *search
}

// read gives the first rows of the window in the order of reading: backwards for a backward window.
func (q query) read(ctx context.Context, limit int) ([]*ent.Conversation, error) {
	var rows []*ent.Conversation
	for n := range q.order.segments {
		i := n
		if q.isBackward {
			i = len(q.order.segments) - 1 - n
		}
		if q.after != nil && i < q.after.segment || q.before != nil && i > q.before.segment {
			continue
		}
		more, err := q.segment(ctx, i, limit-len(rows))
		if err != nil {
			return nil, err
		}
		if rows = append(rows, more...); len(rows) == limit {
			break
		}
	}
	return rows, nil
}

// segment reads the first rows of a segment: the best of the first rows of every strand.
func (q query) segment(ctx context.Context, i, limit int) ([]*ent.Conversation, error) {
	s := q.order.segments[i]
	var rows []*ent.Conversation
	for _, strand := range q.strands {
		if s.holds != nil && !s.holds(strand) {
			continue
		}
		more, err := q.v.Conversation.Query().Where(q.where(strand), func(sel *sql.Selector) {
			if s.where != nil {
				sel.Where(s.where(sel, q.v.Now))
			}
			if q.but != nil {
				sel.Where(not{q.but}.where(sel, q.v.Now))
			}
			if q.after != nil && q.after.segment == i {
				sel.Where(q.order.beyond(sel, s, *q.after, true))
			}
			if q.before != nil && q.before.segment == i {
				sel.Where(q.order.beyond(sel, s, *q.before, false))
			}
			q.order.by(sel, s, q.isBackward)
		}).Limit(limit).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		rows = append(rows, more...)
	}
	if len(q.strands) > 1 {
		slices.SortFunc(rows, func(a, b *ent.Conversation) int {
			if q.isBackward {
				a, b = b, a
			}
			return q.order.compare(s, a, b)
		})
	}
	return rows[:min(limit, len(rows))], nil
}

// where narrows to a strand, the filter and the search.
func (q query) where(strand Condition) predicate.Conversation {
	return func(sel *sql.Selector) {
		sel.Where(strand.where(sel, q.v.Now))
		sel.Where(q.filter.where(sel, q.v.Now))
		if q.search != nil {
			sel.Where(q.search.where(sel, q.v.Team))
		}
	}
}

// total counts the list.
func (q query) total(ctx context.Context, p auth.Principal, in ListInput, out *Page) error {
	if in.Filter == nil && q.search == nil {
		c, err := countIn(ctx, q.v, p)
		if err != nil {
			return err
		}
		out.Total = c.Views[in.View].Conversations
		return nil
	}
	for _, strand := range q.strands {
		found, err := q.v.Conversation.Query().Where(q.where(strand)).Limit(MaxTotal + 1 - out.Total).IDs(ctx)
		if err != nil {
			return fmt.Errorf("count conversations: %w", err)
		}
		if out.Total += len(found); out.Total > MaxTotal {
			out.Total, out.IsAtLeast = MaxTotal, true
			return nil
		}
	}
	return nil
}
