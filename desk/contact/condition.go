package contact

import (
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/employment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tagging"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Conditions on contacts that others share.
type (
	all    = allOf[Contact]
	not    = notOf[Contact]
	within = withinOf[Contact]
)

// anyOf is true of a column that is one of a list.
func anyOf[T any](column string, list []T) *sql.Predicate {
	if len(list) == 0 {
		return sql.False()
	}
	args := make([]any, len(list))
	for i, x := range list {
		args[i] = x
	}
	return sql.In(column, args...)
}

// where describes rows of a table.
type where func(t *sql.Selector) *sql.Predicate

// has is true of contacts with a row in another table that where describes.
func (q query) has(table, contactID string, where where) *sql.Predicate {
	t := sql.Dialect(q.Dialect()).Select("id").From(sql.Table(table))
	return sql.Exists(t.Where(sql.And(sql.EQ(t.C("team_id"), q.team), sql.ColumnsEQ(t.C(contactID), q.C(entcontact.FieldID)), where(t))))
}

// rowsOf selects the contacts with a row in a table that where describes.
func rowsOf(dialect string, team int64, table, contactID string, where where) *sql.Selector {
	t := sql.Dialect(dialect).Select(contactID).From(sql.Table(table))
	return t.Where(sql.And(sql.EQ(t.C("team_id"), team), where(t)))
}

type idIn []int64

func (n idIn) in(q query) *sql.Predicate { return anyOf(q.C(entcontact.FieldID), n) }
func (n idIn) match(c *Contact) bool     { return slices.Contains(n, c.ID) }

type genderIn []string

func (n genderIn) in(q query) *sql.Predicate { return anyOf(q.C(entcontact.FieldGender), n) }
func (n genderIn) match(c *Contact) bool     { return slices.Contains(n, string(c.Gender)) }

type blocked bool

func (n blocked) in(q query) *sql.Predicate { return sql.EQ(q.C(entcontact.FieldIsBlocked), bool(n)) }
func (n blocked) match(c *Contact) bool     { return c.IsBlocked == bool(n) }

// bornWithin compares days as texts: YYYY-MM-DD has their order, and who has no birthday has the empty text, which is before all.
type bornWithin struct{ from, to string }

func (n bornWithin) in(q query) *sql.Predicate {
	p := sql.GTE(q.C(entcontact.FieldBirthAt), n.from)
	if n.to != "" {
		p = sql.And(p, sql.LTE(q.C(entcontact.FieldBirthAt), n.to))
	}
	return p
}

func (n bornWithin) match(c *Contact) bool {
	return c.BirthAt >= n.from && (n.to == "" || c.BirthAt <= n.to)
}

type bornInMonths []int

func (n bornInMonths) in(q query) *sql.Predicate { return anyOf(q.C(entcontact.FieldBirthMonth), n) }
func (n bornInMonths) match(c *Contact) bool     { return slices.Contains(n, c.BirthMonth) }

type textOp int

const (
	equal textOp = iota
	prefix
	contains
)

// nameIs compares the folded name.
type nameIs struct {
	op     textOp
	folded string
}

func (n nameIs) in(q query) *sql.Predicate {
	column := q.C(entcontact.FieldNameFolded)
	switch n.op {
	case prefix:
		// A range, which an index answers whatever the plan.
		p := sql.GTE(column, n.folded)
		if end := text.Next(n.folded); end != "" {
			p = sql.And(p, sql.LT(column, end))
		}
		return p
	case contains:
		return store.Holds(column, n.folded)
	default:
		return sql.EQ(column, n.folded)
	}
}

func (n nameIs) lead(dialect string, team int64) *sql.Selector {
	if n.folded == "" {
		return nil
	}
	return rowsOf(dialect, team, entcontact.Table, entcontact.FieldID, func(t *sql.Selector) *sql.Predicate {
		if n.op == contains {
			return sql.And(gram.Contacts.Hold(t.C(entcontact.FieldID), team, n.folded), n.in(query{t, team}))
		}
		return n.in(query{t, team})
	})
}

func (n nameIs) match(c *Contact) bool { return n.holds(c.NameFolded) }

// holds says whether a folded name is as the condition wants.
func (n nameIs) holds(name string) bool {
	switch n.op {
	case prefix:
		return strings.HasPrefix(name, n.folded)
	case contains:
		return strings.Contains(name, n.folded)
	default:
		return name == n.folded
	}
}

// answered is a condition on a custom field.
type answered struct{ customfield.Condition }

func (n answered) in(q query) *sql.Predicate {
	return n.Predicate(q.Selector, q.team, q.C(entcontact.FieldID))
}

func (n answered) lead(dialect string, team int64) *sql.Selector { return n.Holders(dialect, team) }
func (n answered) match(c *Contact) bool                         { return decide(n.Condition, c.Answers) }

type hasPhone struct{ phone }

func (n hasPhone) is(t *sql.Selector) *sql.Predicate {
	if n.e164 != "" {
		return sql.EQ(t.C(contactphone.FieldE164), n.e164)
	}
	return sql.EQ(t.C(contactphone.FieldDigits), n.digits)
}

func (n hasPhone) in(q query) *sql.Predicate {
	return q.has(contactphone.Table, contactphone.FieldContactID, n.is)
}

func (n hasPhone) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, contactphone.Table, contactphone.FieldContactID, n.is)
}

func (n hasPhone) match(c *Contact) bool {
	return slices.ContainsFunc(c.Phones, func(p *ent.ContactPhone) bool { return n.isSame(p.E164, p.Digits) })
}

type hasEmail string

func (n hasEmail) is(t *sql.Selector) *sql.Predicate {
	return sql.EQ(t.C(contactemail.FieldEmailFolded), string(n))
}

func (n hasEmail) in(q query) *sql.Predicate {
	return q.has(contactemail.Table, contactemail.FieldContactID, n.is)
}

func (n hasEmail) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, contactemail.Table, contactemail.FieldContactID, n.is)
}

func (n hasEmail) match(c *Contact) bool {
	return slices.ContainsFunc(c.Emails, func(e *ent.ContactEmail) bool { return e.EmailFolded == string(n) })
}

// withinOf is a moment in a range.
type withinOf[T any] struct {
	column string
	get    func(*T) time.Time
	TimeRange
}

func (n withinOf[T]) in(q query) *sql.Predicate {
	p := allOf[T]{}.in(q)
	if n.From != nil {
		p = sql.And(p, sql.GTE(q.C(n.column), moment(*n.From)))
	}
	if n.To != nil {
		p = sql.And(p, sql.LT(q.C(n.column), moment(*n.To)))
	}
	return p
}

func (n withinOf[T]) match(c *T) bool {
	at := n.get(c)
	return (n.From == nil || !at.Before(moment(*n.From))) && (n.To == nil || at.Before(moment(*n.To)))
}

// moment is a time as the databases keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// numberIs compares a number of the brand or the state, sign for sign.
type numberIs struct {
	column string
	get    func(*Contact) string
	value  string
}

func (n numberIs) in(q query) *sql.Predicate { return sql.EQ(q.C(n.column), n.value) }
func (n numberIs) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, entcontact.Table, entcontact.FieldID, func(t *sql.Selector) *sql.Predicate { return n.in(query{t, team}) })
}

func (n numberIs) match(c *Contact) bool { return n.get(c) == n.value }

// set is a set of a contact: its tags, its companies.
type set struct {
	table, contactID, column string
	get                      func(*Contact) []int64
}

var (
	tagSet = set{tagging.Table, tagging.FieldContactID, tagging.FieldTagID, func(c *Contact) []int64 {
		ids := make([]int64, len(c.Tags))
		for i, t := range c.Tags {
			ids[i] = t.Tag.ID
		}
		return ids
	}}
	companySet = set{employment.Table, employment.FieldContactID, employment.FieldCompanyID, func(c *Contact) []int64 {
		ids := make([]int64, len(c.Companies))
		for i, x := range c.Companies {
			ids[i] = x.ID
		}
		return ids
	}}
)

// inSet is true of contacts whose set holds one of the ids.
type inSet struct {
	set
	ids []int64
}

func (n inSet) in(q query) *sql.Predicate {
	if len(n.ids) == 0 {
		return sql.False()
	}
	return q.has(n.table, n.contactID, n.is)
}

func (n inSet) is(t *sql.Selector) *sql.Predicate { return anyOf(t.C(n.column), n.ids) }

func (n inSet) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, n.table, n.contactID, n.is)
}

func (n inSet) match(c *Contact) bool {
	return slices.ContainsFunc(n.get(c), func(id int64) bool { return slices.Contains(n.ids, id) })
}

type onChannel []int64

func (n onChannel) in(q query) *sql.Predicate {
	return q.has(identity.Table, identity.FieldContactID, func(t *sql.Selector) *sql.Predicate { return anyOf(t.C(identity.FieldChannelID), n) })
}

func (n onChannel) match(c *Contact) bool {
	return slices.ContainsFunc(c.Identities, func(i Identity) bool { return slices.Contains(n, i.ChannelID) })
}

type onType []string

func (n onType) in(q query) *sql.Predicate {
	return q.has(identity.Table, identity.FieldContactID, func(t *sql.Selector) *sql.Predicate {
		if len(n) == 0 {
			return sql.False()
		}
		channels := sql.Dialect(q.Dialect()).Select(channel.FieldID).From(sql.Table(channel.Table))
		channels.Where(sql.And(sql.EQ(channels.C(channel.FieldTeamID), q.team), anyOf(channels.C(channel.FieldType), n)))
		return sql.In(t.C(identity.FieldChannelID), channels)
	})
}

func (n onType) match(c *Contact) bool {
	return slices.ContainsFunc(c.Identities, func(i Identity) bool { return slices.Contains(n, i.ChannelType) })
}

type responsibleIn []int64

func (n responsibleIn) in(q query) *sql.Predicate {
	return sql.And(sql.NotNull(q.C(entcontact.FieldResponsibleID)), anyOf(q.C(entcontact.FieldResponsibleID), n))
}

func (n responsibleIn) match(c *Contact) bool {
	return c.ResponsibleID != nil && slices.Contains(n, *c.ResponsibleID)
}

type hasResponsible bool

func (n hasResponsible) in(q query) *sql.Predicate {
	if n {
		return sql.NotNull(q.C(entcontact.FieldResponsibleID))
	}
	return sql.IsNull(q.C(entcontact.FieldResponsibleID))
}

func (n hasResponsible) match(c *Contact) bool { return (c.ResponsibleID != nil) == bool(n) }

// freeText looks for a part of a text in what people search contacts by. Where the text may be a phone number it looks into phones too: for
// the whole number, and for a part of one where the principal sees them.
type freeText struct {
	part      string
	phone     *phone
	seesParts bool
}

func (n freeText) in(q query) *sql.Predicate {
	list := []*sql.Predicate{n.own(q.Selector), q.has(contactemail.Table, contactemail.FieldContactID, n.email)}
	if n.phone != nil {
		list = append(list, hasPhone{*n.phone}.in(q))
		if n.seesParts {
			list = append(list, q.has(contactphone.Table, contactphone.FieldContactID, n.number))
		}
	}
	return sql.Or(list...)
}

// own looks into the contact's own row.
func (n freeText) own(t *sql.Selector) *sql.Predicate {
	return sql.Or(store.Holds(t.C(entcontact.FieldNameFolded), n.part), store.Holds(t.C(entcontact.FieldNoteFolded), n.part),
		store.Holds(t.C(entcontact.FieldMembershipFolded), n.part))
}

func (n freeText) email(t *sql.Selector) *sql.Predicate {
	return store.Holds(t.C(contactemail.FieldEmailFolded), n.part)
}

func (n freeText) number(t *sql.Selector) *sql.Predicate {
	return sql.Or(store.Holds(t.C(contactphone.FieldDigits), n.phone.digits), store.Holds(t.C(contactphone.FieldE164), n.phone.digits))
}

// lead finds through the index of names what in would find.
func (n freeText) lead(dialect string, team int64) *sql.Selector {
	from := func(k gram.Kind, table, contactID, part string, is where) *sql.Selector {
		return rowsOf(dialect, team, table, contactID, func(t *sql.Selector) *sql.Predicate {
			return sql.And(k.Hold(t.C("id"), team, part), is(t))
		})
	}
	rows := from(gram.Contacts, entcontact.Table, entcontact.FieldID, n.part, n.own).
		UnionAll(from(gram.Emails, contactemail.Table, contactemail.FieldContactID, n.part, n.email))
	if n.phone != nil {
		rows.UnionAll(hasPhone{*n.phone}.lead(dialect, team))
		if n.seesParts {
			rows.UnionAll(from(gram.Phones, contactphone.Table, contactphone.FieldContactID, n.phone.digits, n.number))
		}
	}
	return rows
}

func (n freeText) match(c *Contact) bool {
	if strings.Contains(c.NameFolded, n.part) || strings.Contains(c.NoteFolded, n.part) || strings.Contains(c.MembershipFolded, n.part) ||
		slices.ContainsFunc(c.Emails, func(e *ent.ContactEmail) bool { return strings.Contains(e.EmailFolded, n.part) }) {
		return true
	}
	return n.phone != nil && slices.ContainsFunc(c.Phones, func(p *ent.ContactPhone) bool {
		return n.phone.isSame(p.E164, p.Digits) ||
			n.seesParts && (strings.Contains(p.Digits, n.phone.digits) || strings.Contains(p.E164, n.phone.digits))
	})
}
