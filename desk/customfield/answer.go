package customfield

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/customfieldvalue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Answer is a contact's answer to a field: nil where it is unset.
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

// AnswerInput is what somebody answers for a contact: nil clears.
type AnswerInput struct {
	FieldID int64
	Value   *Input
}

// SetIn replaces a contact's answers to the fields that are given; others stay (CONT-7). The caller holds the contact and raises its
// version. A field that does not describe contacts is a fault of kind NotFound, a wrong value one of kind Invalid that names
// path[i].value; nothing is written then.
func SetIn(ctx context.Context, tx *store.Tx, contactID int64, answers []AnswerInput, path string) error {
	if len(answers) == 0 {
		return nil
	}
	all, err := lockedFieldsIn(ctx, tx, entfield.TargetCONTACT)
	if err != nil {
		return err
	}
	var rows []*ent.CustomFieldValueCreate
	var ids []int64
	create := func() *ent.CustomFieldValueCreate {
		return tx.CustomFieldValue.Create().SetTeamID(tx.Team).SetContactID(contactID)
	}
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
			rows = append(rows, v.rows(all[n], create)...)
		}
	}
	if _, err := tx.CustomFieldValue.Delete().Where(customfieldvalue.ContactID(contactID), customfieldvalue.FieldIDIn(ids...)).Exec(ctx); err != nil {
		return fmt.Errorf("clear answers of contact %d: %w", contactID, err)
	}
	for chunk := range slices.Chunk(rows, 500) {
		if err := tx.CustomFieldValue.CreateBulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("keep answers of contact %d: %w", contactID, err)
		}
	}
	return nil
}

// AnswersIn reads the answers of contacts: for each, every field in the order of categories and fields (CONT-6). It takes three queries,
// however many contacts and fields there are.
func AnswersIn(ctx context.Context, v *store.View, contactIDs []int64) (map[int64][]Answer, error) {
	all, err := FieldsIn(ctx, v, entfield.TargetCONTACT)
	if err != nil {
		return nil, err
	}
	rows, err := v.CustomFieldValue.Query().Where(customfieldvalue.ContactIDIn(contactIDs...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	type key struct{ contact, field int64 }
	by := make(map[key][]*ent.CustomFieldValue, len(rows))
	for _, r := range rows {
		k := key{r.ContactID, r.FieldID}
		by[k] = append(by[k], r)
	}
	answers := make(map[int64][]Answer, len(contactIDs))
	for _, id := range contactIDs {
		list := make([]Answer, len(all))
		for i, f := range all {
			list[i] = Answer{Field: f, Value: valueOf(f, by[key{id, f.ID}])}
		}
		answers[id] = list
	}
	return answers, nil
}
