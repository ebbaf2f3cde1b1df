package contact

import (
	"context"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/employment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CompanyCriteria say which companies are meant, in the grammar of Criteria. All that is given must hold.
type CompanyCriteria struct {
	And          []CompanyCriteria `json:"and,omitzero"`
	Or           []CompanyCriteria `json:"or,omitzero"`
	Not          *CompanyCriteria  `json:"not,omitempty"`
	IDs          []int64           `json:"ids,omitzero"`
	NamePrefix   *string           `json:"namePrefix,omitempty"`
	Name         *TextCriterion    `json:"name,omitempty"`
	Number       *string           `json:"number,omitempty"`
	ContactIDs   []int64           `json:"contactIds,omitzero"`
	CustomFields []FieldCriterion  `json:"customFields,omitzero"`
	CreatedAt    *TimeRange        `json:"createdAt,omitempty"`
	UpdatedAt    *TimeRange        `json:"updatedAt,omitempty"`
	Text         *string           `json:"text,omitempty"`
}

// below gives the levels under one of criteria.
func (c CompanyCriteria) below() (and, or []CompanyCriteria, not *CompanyCriteria) {
	return c.And, c.Or, c.Not
}

// CompanyFilter says which companies are meant, as Filter says it of contacts. The zero CompanyFilter means all.
type CompanyFilter struct{ tree[Company] }

// Match says whether a company, read with Answers and Contacts, is meant.
func (f CompanyFilter) Match(c *Company) bool { return f.match(c) }

// Predicate is the filter as a condition of a query of the team's companies.
func (f CompanyFilter) Predicate(team int64) predicate.Company {
	return func(s *sql.Selector) { f.where(s, team) }
}

// ResolveCompaniesIn checks criteria and makes a filter of them, with the faults of ResolveIn.
func ResolveCompaniesIn(ctx context.Context, v *store.View, c CompanyCriteria, path string) (CompanyFilter, error) {
	var r companyResolver
	if asks(c, CompanyCriteria.below, func(c CompanyCriteria) bool { return len(c.CustomFields) > 0 }, 0) {
		var err error
		if r.fields, err = customfield.FieldsIn(ctx, v, entfield.TargetCOMPANY); err != nil {
			return CompanyFilter{}, err
		}
	}
	made := compiler[CompanyCriteria, Company]{below: CompanyCriteria.below, steps: []func(CompanyCriteria, string) (nodeOf[Company], error){
		r.ids, r.name, r.number, r.customFields, r.times, r.text}}
	root, err := made.compile(c, path, 1)
	return CompanyFilter{tree[Company]{root: root}}, err
}

// resolveIn is the filter of a list.
func (q CompanyQuery) resolveIn(ctx context.Context, v *store.View) (CompanyFilter, error) {
	f, err := ResolveCompaniesIn(ctx, v, q.Criteria, "filter")
	if err != nil {
		return f, err
	}
	part, err := plain(strings.TrimSpace(q.Text), "text")
	if err == nil && part != "" {
		f.root = allOf[Company]{f.root, companyNamed{nameIs{contains, part}}}
	}
	return f, err
}

// companyResolver makes nodes of criteria on companies.
type companyResolver struct{ fields []customfield.Field }

func (r *companyResolver) ids(c CompanyCriteria, path string) (nodeOf[Company], error) {
	var both allOf[Company]
	if c.IDs != nil {
		if err := tooLong(len(c.IDs), path+".ids"); err != nil {
			return nil, err
		}
		both = append(both, companyIs(c.IDs))
	}
	if c.ContactIDs != nil {
		if err := tooLong(len(c.ContactIDs), path+".contactIds"); err != nil {
			return nil, err
		}
		both = append(both, employs(c.ContactIDs))
	}
	return both, nil
}

func (r *companyResolver) name(c CompanyCriteria, path string) (nodeOf[Company], error) {
	return readName(c.NamePrefix, c.Name, path, func(n nameIs) nodeOf[Company] { return companyNamed{n} })
}

func (r *companyResolver) number(c CompanyCriteria, path string) (nodeOf[Company], error) {
	if c.Number == nil {
		return allOf[Company]{}, nil
	}
	s := strings.TrimSpace(*c.Number)
	if s == "" || strings.ContainsRune(s, 0) || len([]rune(s)) > maxText {
		return nil, fault.Input(path+".number", "a number has 1 to %d characters", maxText)
	}
	return companyNumber(s), nil
}

func (r *companyResolver) customFields(c CompanyCriteria, path string) (nodeOf[Company], error) {
	list, err := fieldConditions(r.fields, c.CustomFields, path, "companies")
	var both allOf[Company]
	for _, x := range list {
		both = append(both, companyAnswered{x})
	}
	return both, err
}

func (r *companyResolver) times(c CompanyCriteria, _ string) (nodeOf[Company], error) {
	var both allOf[Company]
	if c.CreatedAt != nil {
		both = append(both, withinOf[Company]{company.FieldCreatedAt, func(c *Company) time.Time { return c.CreatedAt }, *c.CreatedAt})
	}
	if c.UpdatedAt != nil {
		both = append(both, withinOf[Company]{company.FieldUpdatedAt, func(c *Company) time.Time { return c.UpdatedAt }, *c.UpdatedAt})
	}
	return both, nil
}

func (r *companyResolver) text(c CompanyCriteria, path string) (nodeOf[Company], error) {
	if c.Text == nil {
		return allOf[Company]{}, nil
	}
	whole := strings.TrimSpace(*c.Text)
	part, err := plain(whole, path+".text")
	if err != nil || part == "" {
		return allOf[Company]{}, err
	}
	return eitherOf[Company]{companyNamed{nameIs{contains, part}}, companyNumber(whole)}, nil
}

// companyIs is one of a list.
type companyIs []int64

func (n companyIs) in(q query) *sql.Predicate { return anyOf(q.C(company.FieldID), n) }
func (n companyIs) match(c *Company) bool     { return slices.Contains(n, c.ID) }

// companyNamed is nameIs of companies.
type companyNamed struct{ nameIs }

func (n companyNamed) match(c *Company) bool { return n.holds(c.NameFolded) }

func (n companyNamed) lead(dialect string, team int64) *sql.Selector {
	if n.folded == "" || n.op == contains {
		return nil
	}
	return rowsOf(dialect, team, company.Table, company.FieldID, func(t *sql.Selector) *sql.Predicate { return n.in(query{t, team}) })
}

// companyNumber compares the number, sign for sign.
type companyNumber string

func (n companyNumber) in(q query) *sql.Predicate { return sql.EQ(q.C(company.FieldNumber), string(n)) }
func (n companyNumber) match(c *Company) bool     { return c.Number == string(n) }

func (n companyNumber) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, company.Table, company.FieldID, func(t *sql.Selector) *sql.Predicate { return n.in(query{t, team}) })
}

// companyAnswered is a condition on a custom field of companies.
type companyAnswered struct{ customfield.Condition }

func (n companyAnswered) in(q query) *sql.Predicate {
	return n.Predicate(q.Selector, q.team, q.C(company.FieldID))
}

func (n companyAnswered) lead(dialect string, team int64) *sql.Selector {
	return n.Holders(dialect, team)
}
func (n companyAnswered) match(c *Company) bool { return decide(n.Condition, c.Answers) }

// employs is true of companies to which one of the contacts belongs.
type employs []int64

func (n employs) is(t *sql.Selector) *sql.Predicate {
	return anyOf(t.C(employment.FieldContactID), n)
}

func (n employs) in(q query) *sql.Predicate {
	return q.has(employment.Table, employment.FieldCompanyID, n.is)
}

func (n employs) lead(dialect string, team int64) *sql.Selector {
	return rowsOf(dialect, team, employment.Table, employment.FieldCompanyID, n.is)
}

func (n employs) match(c *Company) bool {
	return slices.ContainsFunc(c.ContactIDs, func(id int64) bool { return slices.Contains(n, id) })
}
