package contact

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/employment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Company is a company with the parts that were asked for (CONT-17); the others are empty.
type Company struct {
	*ent.Company
	Answers    []customfield.Answer // one for every field of companies
	ContactIDs []int64              // in order
}

// Company reads a company with its Answers, where the parts have them; none is a fault of kind NotFound.
func (s *Service) Company(ctx context.Context, p auth.Principal, id int64, parts Parts) (*Company, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var c *Company
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		c, err = companyIn(ctx, v, id, parts)
		return err
	})
	return c, err
}

func companyIn(ctx context.Context, v *store.View, id int64, parts Parts) (*Company, error) {
	all, err := LoadCompaniesIn(ctx, v, []int64{id}, parts)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Missing("the company")
	}
	return all[0], nil
}

// LoadCompaniesIn reads companies by their ids, in that order, with their Answers and Contacts where the parts have them: a fixed number of
// queries, however many companies there are. Ids that are not there are left out.
func LoadCompaniesIn(ctx context.Context, v *store.View, ids []int64, parts Parts) ([]*Company, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := v.Company.Query().Where(company.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read companies: %w", err)
	}
	by := make(map[int64]*Company, len(rows))
	for _, r := range rows {
		by[r.ID] = &Company{Company: r}
	}
	if parts&Answers != 0 && len(rows) > 0 {
		answers, err := customfield.AnswersIn(ctx, v, entfield.TargetCOMPANY, ids)
		if err != nil {
			return nil, err
		}
		for id, c := range by {
			c.Answers = answers[id]
		}
	}
	if parts&Contacts != 0 && len(rows) > 0 {
		list, err := v.Employment.Query().Where(employment.CompanyIDIn(ids...)).Order(employment.ByContactID()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read contacts of companies: %w", err)
		}
		for _, e := range list {
			by[e.CompanyID].ContactIDs = append(by[e.CompanyID].ContactIDs, e.ContactID)
		}
	}
	all := make([]*Company, 0, len(rows))
	for _, id := range ids {
		if c := by[id]; c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}

// CompanyQuery says which companies are listed and how.
type CompanyQuery struct {
	Criteria CompanyCriteria
	// Text is a part of the name, without regard to case; empty asks nothing.
	Text string
	// Parts are read with each company.
	Parts Parts
	// Counts says whether the companies are counted, which costs a query of its own.
	Counts bool
}

// CompanyList is a page of companies.
type CompanyList struct {
	Companies []*Company
	page.Result
	// Total is how many companies there are, counted to MaxCount; IsExact is false where there are more. Both are zero where nobody counts.
	Total   int
	IsExact bool
	AsOf    event.Cursor
}

// Companies reads a page of the companies that match, by name. It takes a fixed number of queries, however many companies there are.
func (s *Service) Companies(ctx context.Context, p auth.Principal, q CompanyQuery, w page.Window) (CompanyList, error) {
	const list = "companies"
	var l CompanyList
	if err := mayRead(p); err != nil {
		return l, err
	}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		f, err := q.resolveIn(ctx, v)
		if err != nil {
			return err
		}
		if f.tree, err = f.begin(ctx, v, company.FieldNameFolded); err != nil {
			return err
		}
		if l.AsOf, err = v.AsOf(ctx); err != nil {
			return fmt.Errorf("read the position: %w", err)
		}
		between, err := page.Between[string, predicate.Company](w, list, company.FieldNameFolded)
		if err != nil {
			return err
		}
		all := v.Company.Query().Where(f.Predicate(v.Team)).Where(between...).Order(page.InOrder(w, company.FieldNameFolded)).Limit(w.Limit + 1)
		rows, err := all.Select(company.FieldID, company.FieldNameFolded).All(ctx)
		if err != nil {
			return fmt.Errorf("list companies: %w", err)
		}
		rows, l.Result = page.Cut(w, rows, func(c *ent.Company) string { return page.Cursor(list, c.NameFolded, c.ID) })
		ids := make([]int64, len(rows))
		for i, c := range rows {
			ids[i] = c.ID
		}
		if l.Companies, err = LoadCompaniesIn(ctx, v, ids, q.Parts); err != nil {
			return err
		}
		if q.Counts {
			l.Total, l.IsExact, err = countIn(ctx, v, company.Table, f.where)
		}
		return err
	})
	return l, err
}
