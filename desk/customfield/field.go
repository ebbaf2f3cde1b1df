// Package customfield keeps the fields that a team defines for its contacts, companies and tickets: categories, types, options, values, and how values compare
// (CONT-5, CONT-6).
package customfield

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Type is what values a field takes.
type Type = entfield.Type

// Target is what a field describes.
type Target = entfield.Target

// Option is one of the choices of a field. Its id stays when its label changes.
type Option struct{ ID, Label string }

// Category groups fields.
type Category struct {
	ID       int64
	Version  int
	Name     string
	Position int
}

// Field is a field that a team defined.
type Field struct {
	ID       int64
	Version  int
	Name     string
	Target   Target
	Type     Type
	Options  []Option // of a choice, in order
	Position int
	Category Category
}

// option finds an option by its id.
func (f Field) option(id string) (Option, bool) {
	n := slices.IndexFunc(f.Options, func(o Option) bool { return o.ID == id })
	if n < 0 {
		return Option{}, false
	}
	return f.Options[n], true
}

// isChoice says whether the values of a type are options.
func isChoice(t Type) bool { return t == entfield.TypeSINGLE_CHOICE || t == entfield.TypeMULTI_CHOICE }

// Service keeps custom fields. It is safe for concurrent use.
type Service struct {
	db     *store.DB
	random *random.Source
}

// New makes the service.
func New(db *store.DB, r *random.Source) *Service { return &Service{db: db, random: r} }

// Categories lists the team's categories in order.
func (s *Service) Categories(ctx context.Context, p auth.Principal) ([]Category, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var all []Category
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		all, err = CategoriesIn(ctx, v)
		return err
	})
	return all, err
}

// Fields lists the team's fields for a target, in the order of categories and fields.
func (s *Service) Fields(ctx context.Context, p auth.Principal, target Target) ([]Field, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var all []Field
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		all, err = FieldsIn(ctx, v, target)
		return err
	})
	return all, err
}

// Field finds one field; none is a fault of kind NotFound.
func (s *Service) Field(ctx context.Context, p auth.Principal, id int64) (Field, error) {
	var f Field
	if err := mayRead(p); err != nil {
		return f, err
	}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		f, err = fieldIn(ctx, v, id)
		return err
	})
	return f, err
}

// Category finds one category; none is a fault of kind NotFound.
func (s *Service) Category(ctx context.Context, p auth.Principal, id int64) (Category, error) {
	var c Category
	if err := mayRead(p); err != nil {
		return c, err
	}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		c, err = categoryIn(ctx, v, id)
		return err
	})
	return c, err
}

// CategoriesIn is Categories in a transaction.
func CategoriesIn(ctx context.Context, v *store.View) ([]Category, error) {
	rows, err := v.Category.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	all := make([]Category, len(rows))
	for i, c := range rows {
		all[i] = categoryOf(c)
	}
	slices.SortFunc(all, func(a, b Category) int { return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// FieldsIn is Fields in a transaction.
func FieldsIn(ctx context.Context, v *store.View, target Target) ([]Field, error) {
	return fields(ctx, v, v.CustomField.Query().Where(entfield.TargetEQ(target)))
}

// lockedFieldsIn is FieldsIn that keeps the fields as they are until the transaction ends, so that no value can name an option that is
// being removed.
func lockedFieldsIn(ctx context.Context, tx *store.Tx, target Target) ([]Field, error) {
	q := tx.CustomField.Query().Where(entfield.TargetEQ(target)).Order(entfield.ByID())
	if tx.IsPostgres() {
		q.Modify(func(s *sql.Selector) { s.For(sql.LockShare) })
	}
	return fields(ctx, &tx.View, q)
}

func fields(ctx context.Context, v *store.View, q *ent.CustomFieldQuery) ([]Field, error) {
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read custom fields: %w", err)
	}
	categories, err := CategoriesIn(ctx, v)
	if err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(categories))
	for i, c := range categories {
		place[c.ID] = i
	}
	all := make([]Field, 0, len(rows))
	for _, f := range rows {
		// Foreign keys keep a field from being without its category. Where somebody took them away it has no place, and is left out.
		if at, ok := place[f.CategoryID]; ok {
			all = append(all, fieldOf(f, categories[at]))
		}
	}
	slices.SortFunc(all, func(a, b Field) int {
		return cmp.Or(cmp.Compare(place[a.Category.ID], place[b.Category.ID]), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

func fieldIn(ctx context.Context, v *store.View, id int64) (Field, error) {
	row, err := v.CustomField.Get(ctx, id)
	if ent.IsNotFound(err) {
		return Field{}, fault.Missing("the custom field")
	}
	if err != nil {
		return Field{}, fmt.Errorf("read custom field %d: %w", id, err)
	}
	c, err := categoryIn(ctx, v, row.CategoryID)
	if err != nil {
		return Field{}, err
	}
	return fieldOf(row, c), nil
}

func categoryIn(ctx context.Context, v *store.View, id int64) (Category, error) {
	row, err := v.Category.Get(ctx, id)
	if ent.IsNotFound(err) {
		return Category{}, fault.Missing("the category")
	}
	if err != nil {
		return Category{}, fmt.Errorf("read category %d: %w", id, err)
	}
	return categoryOf(row), nil
}

func categoryOf(c *ent.Category) Category {
	return Category{ID: c.ID, Version: c.Version, Name: c.Name, Position: c.Position}
}

func fieldOf(f *ent.CustomField, c Category) Field {
	out := Field{ID: f.ID, Version: f.Version, Name: f.Name, Target: f.Target, Type: f.Type, Position: f.Position, Category: c}
	for _, o := range f.Options {
		out.Options = append(out.Options, Option{ID: o["id"], Label: o["label"]})
	}
	return out
}

// mayRead says whether the principal may read definitions: whoever may read contacts.
func mayRead(p auth.Principal) error {
	return p.Need(auth.ReadContacts)
}

// mayDefine says whether the principal may define fields: ADMIN alone.
func mayDefine(p auth.Principal) error {
	if p.Role != auth.Admin {
		return fault.New(fault.Forbidden, "only an administrator defines custom fields")
	}
	return p.Need(auth.WriteContacts)
}

// defined writes the event of a changed definition. An id of 0 stands for a category.
func defined(tx *store.Tx, p auth.Principal, fieldID int64, version int) {
	tx.Emit(event.Event{Kind: event.CustomFieldChanged, ObjectID: fieldID, ObjectVersion: version, Actor: p.Actor()})
}
