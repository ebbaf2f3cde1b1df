package contact

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	maxDepth      = 10
	maxConditions = 200
	maxIDs        = 1000
	maxText       = 500
)

// Filter says which contacts are meant: criteria that were checked. Both databases and Match decide it the same. The zero Filter means all.
type Filter struct{ tree[Contact] }

// node is a condition on contacts.
type node = nodeOf[Contact]

// query is where a condition is put into SQL: the selector over contacts, and the team that every other table is asked for.
type query struct {
	*sql.Selector
	team int64
}

// Match says whether a contact, read with All parts, is meant.
func (f Filter) Match(c *Contact) bool { return f.match(c) }

// Predicate is the filter as a condition of a query of the team's contacts.
func (f Filter) Predicate(team int64) predicate.Contact {
	return func(s *sql.Selector) { f.where(s, team) }
}

// ResolveIn checks criteria for a principal and makes a filter of them. path is where they come from, such as "filter": what is wrong is a
// fault of kind Invalid that names the place below it, such as filter.customFields[0].value. Ids that do not exist are no fault: no contact
// has them. Who may not see personal data finds phones by the whole number alone (CONT-19).
func ResolveIn(ctx context.Context, v *store.View, p auth.Principal, c Criteria, path string) (Filter, error) {
	r := resolver{seesPhones: p.Has(auth.SeePersonalData)}
	if asks(c, Criteria.below, func(c Criteria) bool { return len(c.CustomFields) > 0 }, 0) {
		var err error
		if r.fields, err = customfield.FieldsIn(ctx, v, entfield.TargetCONTACT); err != nil {
			return Filter{}, err
		}
	}
	team, err := v.Client.Team.Get(ctx, v.Team)
	if err != nil {
		return Filter{}, fmt.Errorf("read the team: %w", err)
	}
	r.country = team.Country
	made := compiler[Criteria, Contact]{below: Criteria.below, steps: []func(Criteria, string) (node, error){
		r.ids, r.birth, r.name, r.customFields, r.contactPoints, r.times, r.numbers, r.sets, r.channels, r.responsible, r.text}}
	root, err := made.compile(c, path, 1)
	if err != nil {
		return Filter{}, err
	}
	return Filter{tree[Contact]{root: root}}, nil
}

// below gives the levels under one of criteria.
func (c Criteria) below() (and, or []Criteria, not *Criteria) { return c.And, c.Or, c.Not }

// resolver makes nodes of criteria.
type resolver struct {
	fields     []customfield.Field
	country    string
	seesPhones bool
}

func tooLong(n int, path string) error {
	if n > maxIDs {
		return fault.Input(path, "a list has at most %d values", maxIDs)
	}
	return nil
}

func (r *resolver) ids(c Criteria, path string) (node, error) {
	var both all
	if c.IDs != nil {
		if err := tooLong(len(c.IDs), path+".ids"); err != nil {
			return nil, err
		}
		both = append(both, idIn(c.IDs))
	}
	if c.Genders != nil {
		for i, g := range c.Genders {
			if entcontact.GenderValidator(entcontact.Gender(g)) != nil {
				return nil, fault.Input(path+".genders["+strconv.Itoa(i)+"]", "a gender is MALE, FEMALE or UNDISCLOSED")
			}
		}
		both = append(both, genderIn(c.Genders))
	}
	if c.IsBlocked != nil {
		both = append(both, blocked(*c.IsBlocked))
	}
	return both, nil
}

func (r *resolver) birth(c Criteria, path string) (node, error) {
	var both all
	if c.BirthAt != nil {
		n := bornWithin{from: "0"}
		for _, end := range []struct {
			day  *string
			path string
			to   *string
		}{{c.BirthAt.From, ".birthAt.from", &n.from}, {c.BirthAt.To, ".birthAt.to", &n.to}} {
			if end.day == nil {
				continue
			}
			if t, err := time.Parse(time.DateOnly, *end.day); err != nil || t.Year() < 1 {
				return nil, fault.Input(path+end.path, "a day looks like \"2026-01-31\" and exists in the calendar")
			}
			*end.to = *end.day
		}
		both = append(both, n)
	}
	if c.BirthMonths != nil {
		for i, m := range c.BirthMonths {
			if m < 1 || m > 12 {
				return nil, fault.Input(path+".birthMonths["+strconv.Itoa(i)+"]", "a month is 1 to 12")
			}
		}
		both = append(both, bornInMonths(c.BirthMonths))
	}
	return both, nil
}

// plain checks a text to compare with and folds it.
func plain(s, path string) (string, error) {
	if strings.ContainsRune(s, 0) || len([]rune(s)) > maxText {
		return "", fault.Input(path, "a text to compare with has at most %d characters", maxText)
	}
	return text.Fold(s), nil
}

func (r *resolver) name(c Criteria, path string) (node, error) {
	return readName(c.NamePrefix, c.Name, path, func(n nameIs) node { return n })
}

// readName reads the conditions of a level on the name; of makes each a condition on what has the name.
func readName[T any](start *string, name *TextCriterion, path string, of func(nameIs) nodeOf[T]) (nodeOf[T], error) {
	var both allOf[T]
	if start != nil {
		s, err := plain(*start, path+".namePrefix")
		if err != nil {
			return nil, err
		}
		both = append(both, of(nameIs{prefix, s}))
	}
	if name == nil {
		return both, nil
	}
	path += ".name"
	n := 0
	for _, part := range []struct {
		value *string
		op    textOp
		name  string
	}{{name.Eq, equal, ".eq"}, {name.Prefix, prefix, ".prefix"}, {name.Contains, contains, ".contains"}} {
		if part.value == nil {
			continue
		}
		s, err := plain(*part.value, path+part.name)
		if err != nil {
			return nil, err
		}
		both, n = append(both, of(nameIs{part.op, s})), n+1
	}
	if name.IsEmpty != nil {
		empty := of(nameIs{equal, ""})
		if !*name.IsEmpty {
			empty = notOf[T]{empty}
		}
		both, n = append(both, empty), n+1
	}
	if n != 1 {
		return nil, fault.Input(path, "give exactly one of eq, prefix, contains and isEmpty")
	}
	return both, nil
}

func (r *resolver) customFields(c Criteria, path string) (node, error) {
	list, err := fieldConditions(r.fields, c.CustomFields, path, "contacts")
	var both all
	for _, x := range list {
		both = append(both, answered{x})
	}
	return both, err
}

func (r *resolver) contactPoints(c Criteria, path string) (node, error) {
	var both all
	if c.Phone != nil {
		p := readPhone(*c.Phone, r.country)
		if p.digits == "" || len(*c.Phone) > maxText {
			return nil, fault.Input(path+".phone", "a phone number has digits")
		}
		both = append(both, hasPhone{p})
	}
	if c.Email != nil {
		s, err := plain(strings.TrimSpace(*c.Email), path+".email")
		if err != nil {
			return nil, err
		}
		both = append(both, hasEmail(s))
	}
	return both, nil
}

func (r *resolver) times(c Criteria, _ string) (node, error) {
	var both all
	if c.CreatedAt != nil {
		both = append(both, within{entcontact.FieldCreatedAt, func(c *Contact) time.Time { return c.CreatedAt }, *c.CreatedAt})
	}
	if c.UpdatedAt != nil {
		both = append(both, within{entcontact.FieldUpdatedAt, func(c *Contact) time.Time { return c.UpdatedAt }, *c.UpdatedAt})
	}
	return both, nil
}

func (r *resolver) numbers(c Criteria, path string) (node, error) {
	var both all
	for _, n := range []struct {
		value        *string
		name, column string
		get          func(*Contact) string
	}{
		{c.IdentityNo, ".identityNo", entcontact.FieldIdentityNo, func(c *Contact) string { return c.IdentityNo }},
		{c.MembershipNo, ".membershipNo", entcontact.FieldMembershipNo, func(c *Contact) string { return c.MembershipNo }},
	} {
		if n.value == nil {
			continue
		}
		s := strings.TrimSpace(*n.value)
		if s == "" || strings.ContainsRune(s, 0) || len([]rune(s)) > maxText {
			return nil, fault.Input(path+n.name, "a number has 1 to %d characters", maxText)
		}
		both = append(both, numberIs{n.column, n.get, s})
	}
	return both, nil
}

func (r *resolver) sets(c Criteria, path string) (node, error) {
	var both all
	for _, s := range []struct {
		set  *SetCriterion
		name string
		of   set
	}{{c.Tags, ".tags", tagSet}, {c.Companies, ".companies", companySet}} {
		if s.set == nil {
			continue
		}
		if err := tooLong(len(s.set.Any)+len(s.set.All)+len(s.set.None), path+s.name); err != nil {
			return nil, err
		}
		if s.set.Any != nil {
			both = append(both, inSet{s.of, s.set.Any})
		}
		if len(s.set.All) > 50 {
			return nil, fault.Input(path+s.name+".all", "at most 50 can be wanted at once")
		}
		for _, id := range s.set.All {
			both = append(both, inSet{s.of, []int64{id}})
		}
		if len(s.set.None) > 0 {
			both = append(both, not{inSet{s.of, s.set.None}})
		}
	}
	return both, nil
}

func (r *resolver) channels(c Criteria, path string) (node, error) {
	var both all
	if c.ChannelIDs != nil {
		if err := tooLong(len(c.ChannelIDs), path+".channelIds"); err != nil {
			return nil, err
		}
		both = append(both, onChannel(c.ChannelIDs))
	}
	if c.ChannelTypes != nil {
		for i, t := range c.ChannelTypes {
			if channel.TypeValidator(channel.Type(t)) != nil {
				return nil, fault.Input(path+".channelTypes["+strconv.Itoa(i)+"]", "this is no type of channel")
			}
		}
		both = append(both, onType(c.ChannelTypes))
	}
	return both, nil
}

func (r *resolver) responsible(c Criteria, path string) (node, error) {
	var both all
	if c.ResponsibleAgentIDs != nil {
		if err := tooLong(len(c.ResponsibleAgentIDs), path+".responsibleAgentIds"); err != nil {
			return nil, err
		}
		both = append(both, responsibleIn(c.ResponsibleAgentIDs))
	}
	if c.HasResponsibleAgent != nil {
		both = append(both, hasResponsible(*c.HasResponsibleAgent))
	}
	return both, nil
}

func (r *resolver) text(c Criteria, path string) (node, error) {
	if c.Text == nil {
		return all{}, nil
	}
	s, err := plain(strings.TrimSpace(*c.Text), path+".text")
	if err != nil || s == "" {
		return all{}, err
	}
	n := freeText{part: s, seesParts: r.seesPhones}
	if isPhoneLike(s) {
		p := readPhone(s, r.country)
		n.phone = &p
	}
	return n, nil
}
