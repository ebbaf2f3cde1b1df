package customfield

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/companyfieldvalue"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/customfieldvalue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// kept is a row in which a value is kept: one, or one for each option of a multi-choice.
type kept struct {
	holder, field  int64
	ordinal        int
	text, key, set *string
	number         *float64
	time           *time.Time
}

// table is where the values of a target's holders are kept. The columns of values have the same names in every table.
type table struct {
	name, holder string // the table, and its column with the holder's id
	holders      string // the table of the holders
	changed      event.Kind
	read         func(ctx context.Context, v *store.View, holders []int64) ([]kept, error)
	clear        func(ctx context.Context, tx *store.Tx, holder int64, fields []int64) error
	add          func(ctx context.Context, tx *store.Tx, rows []kept) error
}

// tableOf gives a target's table. Tickets do not answer yet.
func tableOf(t Target) (table, error) {
	switch t {
	case entfield.TargetCONTACT:
		return table{name: customfieldvalue.Table, holder: customfieldvalue.FieldContactID, holders: contact.Table, changed: event.ContactChanged,
			read: readContacts, clear: clearContact, add: addContact}, nil
	case entfield.TargetCOMPANY:
		return table{name: companyfieldvalue.Table, holder: companyfieldvalue.FieldCompanyID, holders: company.Table, changed: event.CompanyChanged,
			read: readCompanies, clear: clearCompany, add: addCompany}, nil
	default:
		return table{}, fmt.Errorf("values of %s are kept nowhere", t)
	}
}

// touch raises the version of the holders with a value of the field, or only of those who chose one of the options where some are given, and
// says that they changed: however many there are, in one statement, which ent cannot say.
func (t table) touch(ctx context.Context, tx *store.Tx, by event.Actor, field int64, options ...string) error {
	having, args := `team_id = ? AND field_id = ?`, []any{tx.Now, tx.Team, tx.Team, tx.Team, field}
	for i, o := range options {
		having, args = having+[]string{" AND key_value IN (?", ", ?"}[min(i, 1)], append(args, o)
	}
	if len(options) > 0 {
		having += ")"
	}
	held := `SELECT id FROM ` + t.holders + ` WHERE team_id = ? AND id IN (SELECT ` + t.holder + ` FROM ` + t.name + ` WHERE ` + having + `)`
	if tx.IsPostgres() {
		held += ` ORDER BY id FOR UPDATE` // the order in which everybody locks
	}
	rows, err := tx.Query(ctx, `UPDATE `+t.holders+` SET version = version + 1, updated_at = ? WHERE team_id = ? AND id IN (`+held+`) RETURNING id, version`, args...)
	if err != nil {
		return fmt.Errorf("touch %s of field %d: %w", t.holders, field, err)
	}
	defer rows.Close()
	for rows.Next() {
		e := event.Event{Kind: t.changed, Actor: by}
		if err := rows.Scan(&e.ObjectID, &e.ObjectVersion); err != nil {
			return fmt.Errorf("touch %s of field %d: %w", t.holders, field, err)
		}
		tx.Emit(e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("touch %s of field %d: %w", t.holders, field, err)
	}
	return nil
}

func readContacts(ctx context.Context, v *store.View, ids []int64) ([]kept, error) {
	rows, err := v.CustomFieldValue.Query().Where(customfieldvalue.ContactIDIn(ids...)).Order(customfieldvalue.ByOrdinal()).All(ctx)
	all := make([]kept, len(rows))
	for i, r := range rows {
		all[i] = kept{r.ContactID, r.FieldID, r.Ordinal, r.TextValue, r.KeyValue, r.SetValue, r.NumberValue, r.TimeValue}
	}
	return all, err
}

func clearContact(ctx context.Context, tx *store.Tx, id int64, fields []int64) error {
	_, err := tx.CustomFieldValue.Delete().Where(customfieldvalue.ContactID(id), customfieldvalue.FieldIDIn(fields...)).Exec(ctx)
	return err
}

func addContact(ctx context.Context, tx *store.Tx, rows []kept) error {
	for chunk := range slices.Chunk(rows, maxInsert) {
		all := make([]*ent.CustomFieldValueCreate, len(chunk))
		for i, r := range chunk {
			all[i] = tx.CustomFieldValue.Create().SetTeamID(tx.Team).SetContactID(r.holder).SetFieldID(r.field).SetOrdinal(r.ordinal).
				SetNillableTextValue(r.text).SetNillableKeyValue(r.key).SetNillableSetValue(r.set).SetNillableNumberValue(r.number).SetNillableTimeValue(r.time)
		}
		if err := tx.CustomFieldValue.CreateBulk(all...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func readCompanies(ctx context.Context, v *store.View, ids []int64) ([]kept, error) {
	rows, err := v.CompanyFieldValue.Query().Where(companyfieldvalue.CompanyIDIn(ids...)).Order(companyfieldvalue.ByOrdinal()).All(ctx)
	all := make([]kept, len(rows))
	for i, r := range rows {
		all[i] = kept{r.CompanyID, r.FieldID, r.Ordinal, r.TextValue, r.KeyValue, r.SetValue, r.NumberValue, r.TimeValue}
	}
	return all, err
}

func clearCompany(ctx context.Context, tx *store.Tx, id int64, fields []int64) error {
	_, err := tx.CompanyFieldValue.Delete().Where(companyfieldvalue.CompanyID(id), companyfieldvalue.FieldIDIn(fields...)).Exec(ctx)
	return err
}

func addCompany(ctx context.Context, tx *store.Tx, rows []kept) error {
	for chunk := range slices.Chunk(rows, maxInsert) {
		all := make([]*ent.CompanyFieldValueCreate, len(chunk))
		for i, r := range chunk {
			all[i] = tx.CompanyFieldValue.Create().SetTeamID(tx.Team).SetCompanyID(r.holder).SetFieldID(r.field).SetOrdinal(r.ordinal).
				SetNillableTextValue(r.text).SetNillableKeyValue(r.key).SetNillableSetValue(r.set).SetNillableNumberValue(r.number).SetNillableTimeValue(r.time)
		}
		if err := tx.CompanyFieldValue.CreateBulk(all...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
