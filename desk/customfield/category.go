package customfield

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcategory "github.com/switchyard-chat/switchyard/ent/gen/ent/category"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// maxName is how many characters the name of a category or a field has at most.
const maxName = 40

// CreateCategoryInput is a new category. Position counts from 1; nil is last.
type CreateCategoryInput struct {
	Name     string
	Position *int
}

// CreateCategory makes a category. ADMIN only. A name that the team has, in any case, is a fault of kind Conflict.
func (s *Service) CreateCategory(ctx context.Context, p auth.Principal, in CreateCategoryInput) (Category, event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return Category{}, event.Cursor{}, err
	}
	name, err := input.Line("name", in.Name, maxName)
	if err != nil {
		return Category{}, event.Cursor{}, err
	}
	var made Category
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		all, err := CategoriesIn(ctx, &tx.View)
		if err != nil {
			return err
		}
		row, err := tx.Category.Create().SetTeamID(tx.Team).SetName(name).SetNameFolded(text.Fold(name)).SetPosition(next(all)).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return taken(err, "category", name)
		}
		defined(tx, p, 0, row.Version)
		made, err = s.placeCategory(ctx, tx, p, row.ID, in.Position)
		return err
	})
	return made, at, err
}

// UpdateCategoryInput changes a category; what is nil stays.
type UpdateCategoryInput struct {
	ID       int64
	Name     *string
	Position *int
}

// UpdateCategory changes a category's name and place. ADMIN only.
func (s *Service) UpdateCategory(ctx context.Context, p auth.Principal, in UpdateCategoryInput) (Category, event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return Category{}, event.Cursor{}, err
	}
	var made Category
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entcategory.Table, in.ID); err != nil {
			return err
		}
		if _, err := categoryIn(ctx, &tx.View, in.ID); err != nil {
			return err
		}
		if in.Name != nil {
			name, err := input.Line("name", *in.Name, maxName)
			if err != nil {
				return err
			}
			row, err := tx.Category.UpdateOneID(in.ID).SetName(name).SetNameFolded(text.Fold(name)).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return taken(err, "category", name)
			}
			defined(tx, p, 0, row.Version)
		}
		var err error
		made, err = s.placeCategory(ctx, tx, p, in.ID, in.Position)
		return err
	})
	return made, at, err
}

// DeleteCategory deletes a category that holds no field; one that does is a fault of kind Conflict. ADMIN only.
func (s *Service) DeleteCategory(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		// A field that is being made holds the category's key, so that it is seen here or is refused there.
		if err := tx.Lock(ctx, entcategory.Table, id); err != nil {
			return err
		}
		c, err := categoryIn(ctx, &tx.View, id)
		if err != nil {
			return err
		}
		n, err := tx.CustomField.Query().Where(entfield.CategoryID(id)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count fields of category %d: %w", id, err)
		}
		if n > 0 {
			return fault.New(fault.Conflict, "the category holds %d custom fields; move or delete them first", n)
		}
		if err := tx.Category.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete category %d: %w", id, err)
		}
		defined(tx, p, 0, c.Version+1)
		return nil
	})
}

// placeCategory moves a category to a place among the others, nil leaves it, and gives it as it is then.
func (s *Service) placeCategory(ctx context.Context, tx *store.Tx, p auth.Principal, id int64, place *int) (Category, error) {
	all, err := CategoriesIn(ctx, &tx.View)
	if err != nil {
		return Category{}, err
	}
	at := slices.IndexFunc(all, func(c Category) bool { return c.ID == id })
	if place == nil {
		return all[at], nil
	}
	if *place < 1 {
		return Category{}, fault.Input("position", "places are counted from 1")
	}
	moved := all[at]
	all = slices.Insert(slices.Delete(all, at, at+1), min(*place, len(all))-1, moved)
	for i := range all {
		if all[i].Position == i+1 {
			continue
		}
		row, err := tx.Category.UpdateOneID(all[i].ID).SetPosition(i + 1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return Category{}, fmt.Errorf("move category %d: %w", all[i].ID, err)
		}
		all[i] = categoryOf(row)
		defined(tx, p, 0, row.Version)
	}
	return all[slices.IndexFunc(all, func(c Category) bool { return c.ID == id })], nil
}

// next is the place behind all categories.
func next(all []Category) int {
	if len(all) == 0 {
		return 1
	}
	return all[len(all)-1].Position + 1
}

// taken makes a fault of what the unique index refused.
func taken(err error, what, name string) error {
	switch {
	case sqlgraph.IsUniqueConstraintError(err):
		f := fault.Wrap(err, fault.Conflict, "there is a %s %q already; choose another name", what, name)
		f.Field = "name"
		return f
	case sqlgraph.IsForeignKeyConstraintError(err):
		return fault.Missing("the category")
	case ent.IsNotFound(err):
		return fault.Missing("the " + what)
	}
	return fmt.Errorf("write %s: %w", what, err)
}
