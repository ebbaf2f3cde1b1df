package inbox

import (
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// Condition is a condition on what decides where a conversation is listed. The database's answer for a row and Matches for the row's facets
// are the same at every moment.
type Condition interface {
	// Matches says whether the condition holds for the facets at a moment.
	Matches(f *event.Facets, now time.Time) bool
	// where is the condition in SQL. It is true or false and never NULL, so that it may be negated.
	where(s *sql.Selector, now time.Time) *sql.Predicate
}

// every holds where each holds; empty, always.
type every []Condition

// Matches implements Condition.
func (c every) Matches(f *event.Facets, now time.Time) bool {
	for _, x := range c {
		if !x.Matches(f, now) {
			return false
		}
	}
	return true
}

func (c every) where(s *sql.Selector, now time.Time) *sql.Predicate {
	if len(c) == 0 {
		return sql.ExprP("1 = 1")
	}
	if len(c) == 1 {
		// A joining of one would lose the brackets of what is inside it.
		return c[0].where(s, now)
	}
	return sql.And(each(c, s, now)...)
}

// some holds where at least one holds; empty, never.
type some []Condition

// Matches implements Condition.
func (c some) Matches(f *event.Facets, now time.Time) bool {
	for _, x := range c {
		if x.Matches(f, now) {
			return true
		}
	}
	return false
}

func (c some) where(s *sql.Selector, now time.Time) *sql.Predicate {
	if len(c) == 0 {
		return sql.ExprP("1 = 0")
	}
	if len(c) == 1 {
		return c[0].where(s, now)
	}
	return sql.Or(each(c, s, now)...)
}

func each(all []Condition, s *sql.Selector, now time.Time) []*sql.Predicate {
	p := make([]*sql.Predicate, len(all))
	for i, x := range all {
		p[i] = x.where(s, now)
	}
	return p
}

// not holds where the other does not.
type not struct{ Condition }

// Matches implements Condition.
func (c not) Matches(f *event.Facets, now time.Time) bool { return !c.Condition.Matches(f, now) }

func (c not) where(s *sql.Selector, now time.Time) *sql.Predicate {
	return sql.Not(c.Condition.where(s, now))
}

// word is a column of enums or names.
type word string

func (w word) of(f *event.Facets) string {
	switch string(w) {
	case conversation.FieldStatus:
		return f.Status
	case conversation.FieldQueue:
		return f.Queue
	case conversation.FieldKind:
		return f.Kind
	case conversation.FieldChannelType:
		return f.ChannelType
	case conversation.FieldBranchID:
		return f.BranchID
	case conversation.FieldAudience:
		return f.Audience
	default:
		return f.RegionID
	}
}

// words holds where the column has one of the values.
type words struct {
	column word
	values []string
}

// Matches implements Condition.
func (c words) Matches(f *event.Facets, _ time.Time) bool {
	return slices.Contains(c.values, c.column.of(f))
}

func (c words) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	if len(c.values) == 0 {
		return sql.ExprP("1 = 0")
	}
	return sql.In(s.C(string(c.column)), anys(c.values)...)
}

// queues holds for pending conversations that one of the queues serves: no other status has a queue.
func queues(values ...string) Condition {
	return every{words{conversation.FieldStatus, []string{pending}}, words{conversation.FieldQueue, values}}
}

// addressed holds for pending conversations of a queue that went to one audience (CHAN-8). The status stands in the statement as it is: only so do the databases
// know that the index over what waits serves.
type addressed struct{ queue, audience string }

// Matches implements Condition.
func (c addressed) Matches(f *event.Facets, _ time.Time) bool {
	return f.Status == pending && f.Queue == c.queue && f.Audience == c.audience
}

func (c addressed) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	status := s.C(conversation.FieldStatus)
	return sql.And(sql.P(func(b *sql.Builder) { b.Ident(status).WriteString(" = '" + pending + "'") }), sql.EQ(s.C(conversation.FieldAudience), c.audience),
		sql.EQ(s.C(conversation.FieldQueue), c.queue))
}

// heard holds where what waits went to the one who asks, as row.Hears says; of what does not wait it says nothing.
type heard struct{ who auth.Principal }

// Matches implements Condition.
func (c heard) Matches(f *event.Facets, _ time.Time) bool { return row.Hears(c.who, f.Audience) }

func (c heard) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	column := s.C(conversation.FieldAudience)
	is := sql.In(column, anys(row.Named(c.who))...)
	if c.who.AgentID == 0 {
		return is
	}
	return sql.Or(is, contains(column, row.Mark(c.who.AgentID)))
}

// ids holds where the column, which may be NULL, refers to one of the ids.
type ids struct {
	column string
	values []int64
}

// Matches implements Condition.
func (c ids) Matches(f *event.Facets, _ time.Time) bool {
	var id int64
	switch c.column {
	case conversation.FieldFollowerID:
		id = f.FollowerID
	case conversation.FieldChannelID:
		id = f.ChannelID
	case conversation.FieldContactID:
		id = f.ContactID
	}
	return id != 0 && slices.Contains(c.values, id)
}

func (c ids) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	if len(c.values) == 0 {
		return sql.ExprP("1 = 0")
	}
	in := sql.In(s.C(c.column), anys(c.values)...)
	if c.column == conversation.FieldChannelID {
		return in
	}
	return sql.And(sql.NotNull(s.C(c.column)), in)
}

// holds holds where the column's list has at least one of the ids.
type holds struct {
	column string
	values []int64
}

// Matches implements Condition.
func (c holds) Matches(f *event.Facets, _ time.Time) bool {
	list := f.TagIDs
	switch c.column {
	case conversation.FieldCollaboratorIds:
		list = f.Collaborators
	case conversation.FieldPinnedBy:
		list = f.PinnedBy
	}
	return slices.ContainsFunc(c.values, func(id int64) bool { return slices.Contains(list, id) })
}

func (c holds) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	if len(c.values) == 0 {
		return sql.ExprP("1 = 0")
	}
	column := s.C(c.column)
	any := make([]*sql.Predicate, len(c.values))
	for i, id := range c.values {
		any[i] = sql.P(func(b *sql.Builder) {
			if b.Dialect() == dialect.Postgres {
				b.Ident(column).WriteString(" @> to_jsonb(").Arg(id).WriteString("::bigint)")
				return
			}
			b.WriteString("EXISTS (SELECT 1 FROM json_each(").Ident(column).WriteString(") WHERE value = ").Arg(id).WriteByte(')')
		})
	}
	return sql.And(sql.NotNull(column), sql.Or(any...))
}

// collaborates holds where the agent is a collaborator. It asks the same of the facets as holds, and of the database through the
// participants' index, so that it can lead a query: an agent collaborates on few of the team's conversations.
type collaborates struct{ team, agent int64 }

// Matches implements Condition.
func (c collaborates) Matches(f *event.Facets, _ time.Time) bool {
	return slices.Contains(f.Collaborators, c.agent)
}

func (c collaborates) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	t := sql.Dialect(s.Dialect()).Table(participant.Table)
	return sql.In(s.C(conversation.FieldID), sql.Dialect(s.Dialect()).Select(t.C(participant.FieldConversationID)).From(t).Where(sql.And(
		sql.EQ(t.C(participant.FieldTeamID), c.team), sql.EQ(t.C(participant.FieldAgentID), c.agent),
		sql.EQ(t.C(participant.FieldPart), participant.PartCOLLABORATOR))))
}

// claim holds where the column is true.
type claim string

// Matches implements Condition.
func (c claim) Matches(f *event.Facets, _ time.Time) bool {
	switch string(c) {
	case conversation.FieldIsStarred:
		return f.IsStarred
	case conversation.FieldIsArchived:
		return f.IsArchived
	case conversation.FieldIsFromAd:
		return f.IsFromAd
	default:
		return f.HasPhone
	}
}

func (c claim) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	return sql.EQ(s.C(string(c)), true)
}

// kept holds where the conversation is archived, or where it is not, put so that an index serves on both databases.
type kept bool

// Matches implements Condition.
func (c kept) Matches(f *event.Facets, _ time.Time) bool { return f.IsArchived == bool(c) }

func (c kept) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(s.C(conversation.FieldIsArchived))
		if c {
			b.WriteString(" = TRUE")
		} else {
			b.WriteString(" = FALSE")
		}
	})
}

// snoozed holds where it is out of the views of what is in progress for a while (PROD-14).
type snoozed struct{}

// Matches implements Condition.
func (snoozed) Matches(f *event.Facets, _ time.Time) bool { return f.IsSnoozed }

func (snoozed) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	return sql.EQ(s.C(conversation.FieldQueue), row.Snoozed)
}

// joint holds where several agents work on it.
type joint struct{}

// Matches implements Condition.
func (joint) Matches(f *event.Facets, _ time.Time) bool { return row.IsJoint(f) }

func (joint) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	list := s.C(conversation.FieldCollaboratorIds)
	return sql.P(func(b *sql.Builder) {
		b.WriteByte('(').Ident(list).WriteString(" IS NOT NULL AND CAST(").Ident(list).WriteString(" AS TEXT) NOT IN ('[]', 'null'))")
	})
}

// unread holds where something is unread for the one who asks (COLL-13).
type unread struct{ who auth.Principal }

// Matches implements Condition.
func (c unread) Matches(f *event.Facets, _ time.Time) bool { return row.Unread(c.who, f) > 0 }

func (c unread) where(s *sql.Selector, now time.Time) *sql.Predicate {
	// A predicate is used once: it keeps its place among the arguments.
	alone := func() *sql.Predicate { return sql.Not(joint{}.where(s, now)) }
	any := sql.GT(s.C(conversation.FieldUnread), 0)
	if c.who.AgentID == 0 {
		return sql.And(any, alone())
	}
	mine := func() *sql.Predicate { return ids{conversation.FieldFollowerID, []int64{c.who.AgentID}}.where(s, now) }
	theirs := s.C(conversation.FieldCollaboratorUnread)
	own := sql.P(func(b *sql.Builder) {
		if b.Dialect() == dialect.Postgres {
			b.WriteString("jsonb_exists(").Ident(theirs).WriteString(", ").Arg(strconv.FormatInt(c.who.AgentID, 10)).WriteByte(')')
			return
		}
		b.WriteString("json_type(").Ident(theirs).WriteString(", ").Arg(`$."` + strconv.FormatInt(c.who.AgentID, 10) + `"`).WriteString(") IS NOT NULL")
	})
	return sql.Or(sql.And(any, sql.Or(alone(), mine())), sql.And(sql.NotNull(theirs), own, sql.Not(mine()), sql.Not(alone())))
}

// mentioned holds where the account is mentioned and nobody has read it (GRP-15).
type mentioned struct{}

// Matches implements Condition.
func (mentioned) Matches(f *event.Facets, _ time.Time) bool { return f.IsMentioned }

func (mentioned) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	return sql.NotNull(s.C(conversation.FieldMentionMessageID))
}

// waits holds where the customer has waited for a person at least so long. While a bot serves it and once it has ended it does not
// wait, though its clock may be running (CONV-19).
type waits struct{ least time.Duration }

// Matches implements Condition.
func (c waits) Matches(f *event.Facets, now time.Time) bool {
	return !f.WaitingSince.IsZero() && isServedByPeople.Matches(f, now) && !f.WaitingSince.After(now.Add(-c.least))
}

func (c waits) where(s *sql.Selector, now time.Time) *sql.Predicate {
	column := s.C(conversation.FieldWaitingSince)
	return sql.And(sql.NotNull(column), isServedByPeople.where(s, now), sql.LTE(column, now.Add(-c.least)))
}

// isServedByPeople is where waiting counts.
var isServedByPeople = some{words{conversation.FieldStatus, []string{inProgress}}, queues(human)}

// The enums that conditions speak of.
const (
	pending    = "PENDING"
	inProgress = "IN_PROGRESS"
	ended      = "ENDED"
	human      = "HUMAN"
	bot        = "BOT"
	groupKind  = "GROUP"
)

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, x := range all {
		out[i] = x
	}
	return out
}
