package inbox

import (
	"cmp"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// Sort is by what conversations are listed (CONV-18).
type Sort string

// The sorts. Descending is newest first, and for ByWaiting the longest first. What has no such time comes last both ways.
const (
	ByLastMessage Sort = "LAST_MESSAGE"
	ByFollowedAt  Sort = "FOLLOWED_AT"
	ByWaiting     Sort = "WAITING"
)

// order is a total order of conversations: by segment, in a segment by time, among equals by id.
type order struct {
	name         string // in cursors
	segments     []segment
	isDescending bool // of time and id in each segment
}

// segment is a run of an order in which every row has the time, or none has.
type segment struct {
	column string // of the time; empty where the id alone orders
	where  func(s *sql.Selector, now time.Time) *sql.Predicate
	has    func(c *ent.Conversation) bool
	time   func(c *ent.Conversation) time.Time
	// holds says whether any of a strand can be in the segment; nil where it is not known. What it says no of is not read: to find nothing the
	// database would look at all of it.
	holds func(strand Condition) bool
}

// CheckOrder refuses a sort that a view has not, as List does.
func CheckOrder(view View, sort Sort, isDescending bool) error {
	_, err := orderOf(view, sort, isDescending)
	return err
}

// orderOf gives the order of a sort.
func orderOf(view View, sort Sort, isDescending bool) (order, error) {
	if (view == MyEnded || view == TeamEnded) && (sort != ByLastMessage || !isDescending) {
		return order{}, fault.Input("sort", "ended conversations are listed by newest message first; leave sort and direction out")
	}
	o := order{name: "conversations." + string(sort) + "." + map[bool]string{true: "desc", false: "asc"}[isDescending], isDescending: isDescending}
	switch sort {
	case ByLastMessage:
		o.segments = []segment{{column: conversation.FieldLastAt, has: func(*ent.Conversation) bool { return true },
			time: func(c *ent.Conversation) time.Time { return c.LastAt }}}
	case ByFollowedAt:
		o.segments = split(conversation.FieldFollowedAt,
			func(s *sql.Selector, _ time.Time) *sql.Predicate {
				return sql.NotNull(s.C(conversation.FieldFollowedAt))
			},
			func(s *sql.Selector, _ time.Time) *sql.Predicate {
				return sql.IsNull(s.C(conversation.FieldFollowedAt))
			},
			func(c *ent.Conversation) bool { return c.FollowedAt != nil },
			func(c *ent.Conversation) time.Time { return *c.FollowedAt })
	case ByWaiting:
		o.isDescending = !isDescending // the longest waits since the smallest time
		o.segments = split(conversation.FieldWaitingSince,
			waiting.where, not{waiting}.where, isWaiting,
			func(c *ent.Conversation) time.Time { return *c.WaitingSince })
		o.segments[0].holds = canWait
	default:
		return order{}, fault.Input("sort", "there is no sort %q", sort)
	}
	return o, nil
}

// split makes the two segments of an order by a time that a row may not have.
func split(column string, with, without func(*sql.Selector, time.Time) *sql.Predicate, has func(*ent.Conversation) bool,
	at func(*ent.Conversation) time.Time) []segment {
	return []segment{
		{column: column, where: with, has: has, time: at},
		{where: without, has: func(c *ent.Conversation) bool { return !has(c) }},
	}
}

// waiting is whether the customer waits for a person at all.
var waiting = clocked{}

// clocked holds where the customer waits, however long.
type clocked struct{ waits }

func (clocked) where(s *sql.Selector, now time.Time) *sql.Predicate {
	return sql.And(sql.NotNull(s.C(conversation.FieldWaitingSince)), isServedByPeople.where(s, now))
}

// isWaiting is clocked of a row.
func isWaiting(c *ent.Conversation) bool {
	return c.WaitingSince != nil && (c.Status == inProgress || c.Status == pending && c.Queue == human)
}

// canWait says whether the customer can wait in any conversation of a strand: not in the ended ones, and not where a bot serves.
func canWait(strand Condition) bool {
	switch c := strand.(type) {
	case some:
		return slices.ContainsFunc(c, canWait)
	case every:
		return !slices.ContainsFunc(c, func(x Condition) bool { return !canWait(x) })
	case addressed:
		return c.queue != bot
	case words:
		return !slices.Equal(c.values, []string{ended}) && !slices.Equal(c.values, []string{bot})
	}
	return true
}

// spot is a place in an order.
type spot struct {
	segment int
	at      time.Time
	id      int64
}

// spot gives a conversation's place.
func (o order) spot(c *ent.Conversation) spot {
	for i, s := range o.segments {
		if !s.has(c) {
			continue
		}
		p := spot{segment: i, id: c.ID}
		if s.time != nil {
			p.at = s.time(c).UTC()
		}
		return p
	}
	return spot{id: c.ID}
}

// cursor is the opaque form of a conversation's place.
func (o order) cursor(c *ent.Conversation) string {
	s := o.spot(c)
	return page.Cursor(o.name, s.segment, s.at, s.id)
}

// parse reads a cursor of this order; nil for none.
func (o order) parse(cursor, field string) (*spot, error) {
	if cursor == "" {
		return nil, nil //nolint:nilnil // no cursor is no place and no mistake
	}
	var s spot
	if err := page.Key(cursor, o.name, field, &s.segment, &s.at, &s.id); err != nil {
		return nil, err
	}
	if s.segment < 0 || s.segment >= len(o.segments) {
		return nil, fault.Input(field, "this is not a cursor of this list; leave it out to start at the beginning")
	}
	return &s, nil
}

// compare orders two conversations of one segment as the order does.
func (o order) compare(s segment, a, b *ent.Conversation) int {
	n := 0
	if s.time != nil {
		n = s.time(a).Compare(s.time(b))
	}
	if n = cmp.Or(n, cmp.Compare(a.ID, b.ID)); o.isDescending {
		return -n
	}
	return n
}

// beyond is what of a segment comes after the place, or before it.
func (o order) beyond(sel *sql.Selector, s segment, p spot, isAfter bool) *sql.Predicate {
	op := sql.OpGT
	if isAfter == o.isDescending {
		op = sql.OpLT
	}
	// A row comparison, since a condition of ors does not let an index begin at the place.
	return sql.P(func(b *sql.Builder) {
		if s.column == "" {
			b.Ident(sel.C(conversation.FieldID)).WriteOp(op).Arg(p.id)
			return
		}
		b.WriteByte('(').Ident(sel.C(s.column)).Comma().Ident(sel.C(conversation.FieldID)).WriteByte(')').WriteOp(op).
			WriteByte('(').Arg(p.at).Comma().Arg(p.id).WriteByte(')')
	})
}

// by sorts a segment, in its order or against it.
func (o order) by(sel *sql.Selector, s segment, isBackward bool) {
	dir := sql.Asc
	if o.isDescending != isBackward {
		dir = sql.Desc
	}
	if s.column != "" {
		sel.OrderBy(dir(sel.C(s.column)))
	}
	sel.OrderBy(dir(sel.C(conversation.FieldID)))
}
