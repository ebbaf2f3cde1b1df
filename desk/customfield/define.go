package customfield

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	entcategory "github.com/switchyard-chat/switchyard/ent/gen/ent/category"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	maxFields  = 200 // of a target
	maxOptions = 100 // of a field
	maxLabel   = 60
)

// CreateInput is a new field. Position counts from 1; nil is last.
type CreateInput struct {
	CategoryID int64
	Name       string
	Target     Target
	Type       Type
	Options    []Option // their ids are empty: they are made
	Position   *int
}

// Create makes a field. ADMIN only. A name that the target has, in any case, is a fault of kind Conflict.
func (s *Service) Create(ctx context.Context, p auth.Principal, in CreateInput) (Field, event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return Field{}, event.Cursor{}, err
	}
	name, err := input.Line("name", in.Name, maxName)
	if err != nil {
		return Field{}, event.Cursor{}, err
	}
	if !isChoice(in.Type) && len(in.Options) > 0 {
		return Field{}, event.Cursor{}, fault.Input("options", "only a choice has options")
	}
	var options []Option
	if isChoice(in.Type) {
		if options, err = s.readOptions(nil, in.Options); err != nil {
			return Field{}, event.Cursor{}, err
		}
	}
	var made Field
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entcategory.Table, in.CategoryID); err != nil {
			return err
		}
		if _, err := categoryIn(ctx, &tx.View, in.CategoryID); err != nil {
			return err
		}
		all, err := FieldsIn(ctx, &tx.View, in.Target)
		if err != nil {
			return err
		}
		if len(all) >= maxFields {
			return fault.New(fault.Conflict, "a team has at most %d custom fields of a kind", maxFields).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxFields})
		}
		c := tx.CustomField.Create().SetTeamID(tx.Team).SetCategoryID(in.CategoryID).SetName(name).SetNameFolded(text.Fold(name)).
			SetTarget(in.Target).SetType(in.Type).SetPosition(last(all, in.CategoryID) + 1).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
		if isChoice(in.Type) {
			c.SetOptions(stored(options))
		}
		row, err := c.Save(ctx)
		if err != nil {
			return taken(err, "custom field", name)
		}
		defined(tx, p, row.ID, row.Version)
		made, err = s.place(ctx, tx, p, row.ID, in.Position)
		return err
	})
	return made, at, err
}

// UpdateInput changes a field; what is nil stays. Options are the whole list: an option keeps its id, one without an id is new, and one that
// is left out leaves all answers.
type UpdateInput struct {
	ID         int64
	Name       *string
	CategoryID *int64
	Options    *[]Option
	Position   *int
}

// Update changes a field's name, category, options and place. ADMIN only. Where an option goes, whoever had
// chosen it changes too; otherwise holders keep their version: what is shown of their answers changes with the field's.
func (s *Service) Update(ctx context.Context, p auth.Principal, in UpdateInput) (Field, event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return Field{}, event.Cursor{}, err
	}
	var made Field
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entfield.Table, in.ID); err != nil {
			return err
		}
		f, err := fieldIn(ctx, &tx.View, in.ID)
		if err != nil {
			return err
		}
		if err := s.update(ctx, tx, p, f, in); err != nil {
			return err
		}
		made, err = s.place(ctx, tx, p, in.ID, in.Position)
		return err
	})
	return made, at, err
}

func (s *Service) update(ctx context.Context, tx *store.Tx, p auth.Principal, f Field, in UpdateInput) error {
	u := tx.CustomField.UpdateOneID(f.ID)
	name := f.Name
	if in.Name != nil {
		var err error
		if name, err = input.Line("name", *in.Name, maxName); err != nil {
			return err
		}
		u.SetName(name).SetNameFolded(text.Fold(name))
	}
	if in.CategoryID != nil && *in.CategoryID != f.Category.ID {
		if err := tx.Lock(ctx, entcategory.Table, *in.CategoryID); err != nil {
			return err
		}
		if _, err := categoryIn(ctx, &tx.View, *in.CategoryID); err != nil {
			return err
		}
		all, err := FieldsIn(ctx, &tx.View, f.Target)
		if err != nil {
			return err
		}
		u.SetCategoryID(*in.CategoryID).SetPosition(last(all, *in.CategoryID) + 1)
	}
	if in.Options != nil {
		if !isChoice(f.Type) {
			return fault.Input("options", "only a choice has options")
		}
		options, err := s.readOptions(f.Options, *in.Options)
		if err != nil {
			return err
		}
		var gone []string
		for _, old := range f.Options {
			if !slices.ContainsFunc(options, func(o Option) bool { return o.ID == old.ID }) {
				gone = append(gone, old.ID)
			}
		}
		if err := dropOptions(ctx, tx, f, gone, p.Actor()); err != nil {
			return err
		}
		u.SetOptions(stored(options))
	}
	row, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return taken(err, "custom field", name)
	}
	defined(tx, p, row.ID, row.Version)
	return nil
}

// Delete deletes a field and all its values; whoever had one changes too. ADMIN only.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	if err := mayDefine(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entfield.Table, id); err != nil {
			return err
		}
		f, err := fieldIn(ctx, &tx.View, id)
		if err != nil {
			return err
		}
		if t, err := tableOf(f.Target); err == nil {
			if err := t.touch(ctx, tx, p.Actor(), id); err != nil {
				return err
			}
		}
		// Its values go with it: their key is declared so.
		if err := tx.CustomField.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete custom field %d: %w", id, err)
		}
		defined(tx, p, id, f.Version+1)
		return nil
	})
}

// readOptions reads the whole list of a choice's options; known are those it has.
func (s *Service) readOptions(known, wanted []Option) ([]Option, error) {
	if len(wanted) == 0 {
		return nil, fault.Input("options", "a choice has at least one option")
	}
	if len(wanted) > maxOptions {
		return nil, fault.Input("options", "a choice has at most %d options", maxOptions).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxOptions})
	}
	all := make([]Option, 0, len(wanted))
	ids, labels := map[string]bool{}, map[string]bool{}
	for i, o := range wanted {
		path := "options[" + strconv.Itoa(i) + "]"
		label, err := input.Line(path+".label", o.Label, maxLabel)
		if err != nil {
			return nil, err
		}
		if folded := text.Fold(label); labels[folded] {
			return nil, fault.Input(path+".label", "there is an option %q already", label)
		} else {
			labels[folded] = true
		}
		if o.ID == "" {
			o.ID = "opt_" + s.random.UUID()[:8]
		} else if !slices.ContainsFunc(known, func(k Option) bool { return k.ID == o.ID }) {
			return nil, fault.Input(path+".id", "this is no option of the field; leave the id out to make a new one")
		}
		if ids[o.ID] {
			return nil, fault.Input(path+".id", "this option is given twice")
		}
		ids[o.ID] = true
		all = append(all, Option{ID: o.ID, Label: label})
	}
	return all, nil
}

// stored is how options are stored.
func stored(options []Option) []map[string]string {
	all := make([]map[string]string, len(options))
	for i, o := range options {
		all[i] = map[string]string{"id": o.ID, "label": o.Label}
	}
	return all
}

// dropOptions takes options out of all values, by statements over all of them, which ent cannot say.
func dropOptions(ctx context.Context, tx *store.Tx, f Field, gone []string, by event.Actor) error {
	t, err := tableOf(f.Target)
	if err != nil || len(gone) == 0 {
		return nil //nolint:nilerr // nobody answers it
	}
	if err := t.touch(ctx, tx, by, f.ID, gone...); err != nil {
		return err
	}
	for _, o := range gone {
		if _, err := tx.Exec(ctx, `DELETE FROM `+t.name+` WHERE team_id = ? AND field_id = ? AND key_value = ?`, tx.Team, f.ID, o); err != nil {
			return fmt.Errorf("take option %s from values: %w", o, err)
		}
		if f.Type != entfield.TypeMULTI_CHOICE {
			continue
		}
		_, err := tx.Exec(ctx, `UPDATE `+t.name+` SET set_value = trim(replace(',' || set_value || ',', ?, ','), ',')
			WHERE team_id = ? AND field_id = ? AND replace(',' || set_value || ',', ?, '') <> ',' || set_value || ','`,
			","+o+",", tx.Team, f.ID, ","+o+",")
		if err != nil {
			return fmt.Errorf("take option %s from sets: %w", o, err)
		}
	}
	return nil
}

// last is the last place of a category.
func last(all []Field, category int64) int {
	n := 0
	for _, f := range all {
		if f.Category.ID == category {
			n = max(n, f.Position)
		}
	}
	return n
}

// place moves a field to a place in its category, nil leaves it, and gives it as it is then.
func (s *Service) place(ctx context.Context, tx *store.Tx, p auth.Principal, id int64, at *int) (Field, error) {
	f, err := fieldIn(ctx, &tx.View, id)
	if err != nil || at == nil {
		return f, err
	}
	if *at < 1 {
		return f, fault.Input("position", "places are counted from 1")
	}
	all, err := FieldsIn(ctx, &tx.View, f.Target)
	if err != nil {
		return f, err
	}
	all = slices.DeleteFunc(all, func(x Field) bool { return x.Category.ID != f.Category.ID || x.ID == id })
	all = slices.Insert(all, min(*at-1, len(all)), f)
	for i, x := range all {
		if x.Position == i+1 {
			continue
		}
		row, err := tx.CustomField.UpdateOneID(x.ID).SetPosition(i + 1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return f, fmt.Errorf("move custom field %d: %w", x.ID, err)
		}
		defined(tx, p, row.ID, row.Version)
		if x.ID == id {
			f = fieldOf(row, f.Category)
		}
	}
	return f, nil
}
