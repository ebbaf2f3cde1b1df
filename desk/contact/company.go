package contact

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// CreateCompanyInput is a new company (CONT-17). Names need not be unique.
type CreateCompanyInput struct {
	Name, Number   string
	IdempotencyKey string `json:"-"`
}

// CreateCompany makes a company.
func (s *Service) CreateCompany(ctx context.Context, p auth.Principal, in CreateCompanyInput) (*ent.Company, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	name, err := input.Line("name", in.Name, 200)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	number, err := input.OptionalLine("number", in.Number, 100)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	var made *ent.Company
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "companyCreate", in, func() (int64, error) {
			c, err := tx.Company.Create().SetTeamID(tx.Team).SetName(name).SetNameFolded(text.Fold(name)).SetNumber(number).
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return 0, fmt.Errorf("create company: %w", err)
			}
			return c.ID, nil
		})
		if err != nil {
			return err
		}
		made, err = companyIn(ctx, &tx.View, id)
		return err
	})
	return made, at, err
}

// Company reads a company; none is a fault of kind NotFound.
func (s *Service) Company(ctx context.Context, p auth.Principal, id int64) (*ent.Company, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var c *ent.Company
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		c, err = companyIn(ctx, v, id)
		return err
	})
	return c, err
}

func companyIn(ctx context.Context, v *store.View, id int64) (*ent.Company, error) {
	c, err := v.Company.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the company")
	}
	if err != nil {
		return nil, fmt.Errorf("read company %d: %w", id, err)
	}
	return c, nil
}

// Companies lists companies by name: all, or those whose name holds the text, without regard to case.
func (s *Service) Companies(ctx context.Context, p auth.Principal, part string, w page.Window) ([]*ent.Company, page.Result, error) {
	const list = "companies"
	if err := mayRead(p); err != nil {
		return nil, page.Result{}, err
	}
	folded, err := plain(strings.TrimSpace(part), "text")
	if err != nil {
		return nil, page.Result{}, err
	}
	q := func(s *sql.Selector) { s.Where(holds(s.C(company.FieldNameFolded), folded)) }
	var rows []*ent.Company
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		all := v.Company.Query().Limit(w.Limit + 1)
		if folded != "" {
			all.Where(q)
		}
		for _, side := range []struct {
			cursor, field string
			than          func([]string, ...any) *sql.Predicate
		}{{w.After, "after", sql.CompositeGT}, {w.Before, "before", sql.CompositeLT}} {
			if side.cursor == "" {
				continue
			}
			var name string
			var id int64
			if err := page.Key(side.cursor, list, side.field, &name, &id); err != nil {
				return err
			}
			all.Where(func(s *sql.Selector) {
				s.Where(side.than([]string{s.C(company.FieldNameFolded), s.C(company.FieldID)}, name, id))
			})
		}
		if w.IsBackward {
			all.Order(company.ByNameFolded(sql.OrderDesc()), company.ByID(sql.OrderDesc()))
		} else {
			all.Order(company.ByNameFolded(), company.ByID())
		}
		rows, err = all.All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list companies: %w", err)
	}
	rows, r := page.Cut(w, rows, func(c *ent.Company) string { return page.Cursor(list, c.NameFolded, c.ID) })
	return rows, r, nil
}
