package contact

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// CompanyFields are what is changed of a company (CONT-17). Names need not be unique; custom fields are replaced one by one.
type CompanyFields struct {
	Name, Number Change[string]
	CustomFields []customfield.AnswerInput `json:",omitempty"`
}

// apply writes the fields that are given into the mutation of a company.
func (f CompanyFields) apply(m *ent.CompanyMutation) error {
	if f.Name.IsGiven {
		name, err := input.Line("name", f.Name.or(), 200)
		if err != nil {
			return err
		}
		m.SetName(name)
		m.SetNameFolded(text.Fold(name))
	}
	if f.Number.IsGiven {
		number, err := input.OptionalLine("number", f.Number.or(), 100)
		if err != nil {
			return err
		}
		m.SetNumber(number)
	}
	return nil
}

func (f CompanyFields) setAnswers(ctx context.Context, tx *store.Tx, id int64) error {
	return customfield.SetIn(ctx, tx, customfield.Holder{Target: entfield.TargetCOMPANY, ID: id}, f.CustomFields, "customFields")
}

// CreateCompanyInput is a new company. The name is required.
type CreateCompanyInput struct {
	CompanyFields
	IdempotencyKey string `json:"-"`
}

// CreateCompany makes a company and gives it with its answers. The same idempotency key with the same input gives the same company again.
func (s *Service) CreateCompany(ctx context.Context, p auth.Principal, in CreateCompanyInput) (*Company, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	in.Name.IsGiven = true
	var made *Company
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "companyCreate", in, func() (int64, error) {
			c := tx.Company.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
			if err := in.apply(c.Mutation()); err != nil {
				return 0, err
			}
			made, err := c.Save(ctx)
			if err != nil {
				return 0, fmt.Errorf("create company: %w", err)
			}
			if err := in.setAnswers(ctx, tx, made.ID); err != nil {
				return 0, err
			}
			tx.Emit(event.Event{Kind: event.CompanyChanged, ObjectID: made.ID, ObjectVersion: made.Version, Actor: p.Actor()})
			return made.ID, nil
		})
		if err != nil {
			return err
		}
		made, err = companyIn(ctx, &tx.View, id, Answers)
		return err
	})
	return made, at, err
}

// UpdateCompanyInput changes a company.
type UpdateCompanyInput struct {
	ID int64
	CompanyFields
}

// UpdateCompany replaces what is given of a company, as Update does of a contact (CONT-7), and gives it with its answers. The name cannot be
// cleared.
func (s *Service) UpdateCompany(ctx context.Context, p auth.Principal, in UpdateCompanyInput) (*Company, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	var made *Company
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if len(in.CustomFields) > 0 {
			if err := customfield.HoldIn(ctx, tx, entfield.TargetCOMPANY); err != nil {
				return err
			}
		}
		old, err := lockCompany(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		u := tx.Company.UpdateOne(old)
		if err := in.apply(u.Mutation()); err != nil {
			return err
		}
		c, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("update company %d: %w", in.ID, err)
		}
		if err := in.setAnswers(ctx, tx, in.ID); err != nil {
			return err
		}
		tx.Emit(event.Event{Kind: event.CompanyChanged, ObjectID: c.ID, ObjectVersion: c.Version, Actor: p.Actor()})
		made, err = companyIn(ctx, &tx.View, in.ID, Answers)
		return err
	})
	return made, at, err
}

func lockCompany(ctx context.Context, tx *store.Tx, id int64) (*ent.Company, error) {
	if err := tx.Lock(ctx, company.Table, id); err != nil {
		return nil, err
	}
	c, err := tx.Company.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the company")
	}
	if err != nil {
		return nil, fmt.Errorf("read company %d: %w", id, err)
	}
	return c, nil
}

// holdCompanies keeps companies from going until the transaction ends. Who changes a contact's companies calls it before locking the contact:
// whoever deletes a company locks the company first and its contacts then.
func holdCompanies(ctx context.Context, tx *store.Tx, ids []int64) error {
	if !tx.IsPostgres() || len(ids) == 0 {
		return nil
	}
	q := tx.Company.Query().Where(company.IDIn(ids...)).Order(company.ByID())
	q.Modify(func(s *sql.Selector) { s.For(sql.LockShare) })
	if _, err := q.IDs(ctx); err != nil {
		return fmt.Errorf("hold companies: %w", err)
	}
	return nil
}

// DeleteCompany removes a company with its answers. Its contacts stay and belong to it no longer, which changes them. ADMIN and SUPERVISOR
// only.
func (s *Service) DeleteCompany(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	if p.Role != auth.Admin && p.Role != auth.Supervisor {
		return event.Cursor{}, fault.New(fault.Forbidden, "only administrators and supervisors delete companies")
	}
	if err := mayEdit(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := lockCompany(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := leave(ctx, tx, id, p.Actor()); err != nil {
			return err
		}
		// Employments and answers go with it: their keys are declared so.
		if err := tx.Company.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete company %d: %w", id, err)
		}
		tx.Emit(event.Event{Kind: event.CompanyDeleted, ObjectID: id, ObjectVersion: c.Version + 1, Actor: p.Actor()})
		return nil
	})
}

// leave raises the version of a company's contacts, however many there are: one statement, which ent cannot say.
func leave(ctx context.Context, tx *store.Tx, companyID int64, by event.Actor) error {
	held := `SELECT id FROM contacts WHERE team_id = ? AND id IN (SELECT contact_id FROM employments WHERE team_id = ? AND company_id = ?)`
	if tx.IsPostgres() {
		held += ` ORDER BY id FOR UPDATE` // the order in which everybody locks
	}
	rows, err := tx.Query(ctx, `UPDATE contacts SET version = version + 1, updated_at = ? WHERE team_id = ? AND id IN (`+held+`) RETURNING id, version`,
		tx.Now, tx.Team, tx.Team, tx.Team, companyID)
	if err != nil {
		return fmt.Errorf("free contacts of company %d: %w", companyID, err)
	}
	defer rows.Close()
	for rows.Next() {
		e := event.Event{Kind: event.ContactChanged, Actor: by}
		if err := rows.Scan(&e.ObjectID, &e.ObjectVersion); err != nil {
			return fmt.Errorf("free contacts of company %d: %w", companyID, err)
		}
		tx.Emit(e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("free contacts of company %d: %w", companyID, err)
	}
	return nil
}
