package customfield

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxInsert is how many rows of values are written at once.
const maxInsert = 500

// Holder is who has values: a contact or a company.
type Holder struct {
	Target Target
	ID     int64
}

// Answer is a holder's answer to a field: nil where it is unset.
type Answer struct {
	Field Field
	Value *Value
}

// Chosen are the options that the answer chose, in the field's order; none where it is no choice.
func (a Answer) Chosen() []Option {
	var chosen []Option
	if a.Value == nil {
		return nil
	}
	for _, id := range a.Value.Options {
		if o, ok := a.Field.option(id); ok {
			chosen = append(chosen, o)
		}
	}
	return chosen
}

// AnswerInput is what somebody answers for a holder: nil clears.
type AnswerInput struct {
	FieldID int64
	Value   *Input
}

// HoldIn keeps a target's fields as they are until the transaction ends. Who changes a holder's answers calls it before locking the holder:
// whoever changes a field locks the field first and its holders then.
func HoldIn(ctx context.Context, tx *store.Tx, target Target) error {
	_, err := lockedFieldsIn(ctx, tx, target)
	return err
}

// SetIn replaces a holder's answers to the fields that are given; others stay (CONT-7). The caller locks the holder, after HoldIn, and raises
// its version. A field that does not describe such holders is a fault of kind NotFound that names path[i].fieldId, a wrong value one of kind
// Invalid that names path[i].value; nothing is written then.
func SetIn(ctx context.Context, tx *store.Tx, holder Holder, answers []AnswerInput, path string) error {
	if len(answers) == 0 {
		return nil
	}
	t, err := tableOf(holder.Target)
	if err != nil {
		return err
	}
	all, err := lockedFieldsIn(ctx, tx, holder.Target)
	if err != nil {
		return err
	}
	var rows []kept
	var ids []int64
	for i, a := range answers {
		at := path + "[" + strconv.Itoa(i) + "]"
		n := slices.IndexFunc(all, func(f Field) bool { return f.ID == a.FieldID })
		if n < 0 {
			f := fault.Missing("the custom field")
			f.Field = at + ".fieldId"
			return f
		}
		if slices.Contains(ids, a.FieldID) {
			return fault.Input(at+".fieldId", "the field %q is answered twice", all[n].Name)
		}
		ids = append(ids, a.FieldID)
		if a.Value == nil {
			continue
		}
		v, err := Parse(all[n], *a.Value, at+".value")
		if err != nil {
			return err
		}
		if !v.isNone(all[n].Type) {
			rows = append(rows, v.rows(all[n], holder.ID)...)
		}
	}
	if err := t.clear(ctx, tx, holder.ID, ids); err != nil {
		return fmt.Errorf("clear answers of %s %d: %w", holder.Target, holder.ID, err)
	}
	if err := t.add(ctx, tx, rows); err != nil {
		return fmt.Errorf("keep answers of %s %d: %w", holder.Target, holder.ID, err)
	}
	return nil
}

// AnswersIn reads the answers of a target's holders: for each, every field in the order of categories and fields (CONT-6). It takes three
// queries, however many holders and fields there are.
func AnswersIn(ctx context.Context, v *store.View, target Target, holders []int64) (map[int64][]Answer, error) {
	t, err := tableOf(target)
	if err != nil {
		return nil, err
	}
	all, err := FieldsIn(ctx, v, target)
	if err != nil {
		return nil, err
	}
	rows, err := t.read(ctx, v, holders)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	type key struct{ holder, field int64 }
	by := make(map[key][]kept, len(rows))
	for _, r := range rows {
		k := key{r.holder, r.field}
		by[k] = append(by[k], r)
	}
	answers := make(map[int64][]Answer, len(holders))
	for _, id := range holders {
		list := make([]Answer, len(all))
		for i, f := range all {
			list[i] = Answer{Field: f, Value: valueOf(f, by[key{id, f.ID}])}
		}
		answers[id] = list
	}
	return answers, nil
}
