package tagging

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// forget takes a tag out of the copies on contacts and rows, however many there are: one statement over all contacts, which ent cannot say,
// and then those rows of the inbox that show one of them.
func forget(ctx context.Context, tx *store.Tx, tagID int64, by event.Actor) error {
	q := `UPDATE contacts SET version = version + 1, updated_at = ?,
		tag_ids = (SELECT json_group_array(value) FROM (SELECT value FROM json_each(CAST(contacts.tag_ids AS TEXT)) WHERE value <> ? ORDER BY key))
		WHERE team_id = ? AND EXISTS (SELECT 1 FROM json_each(CAST(contacts.tag_ids AS TEXT)) WHERE value = ?) RETURNING id, version`
	args := []any{tx.Now, tagID, tx.Team, tagID}
	if tx.IsPostgres() {
		q = `UPDATE contacts SET version = version + 1, updated_at = ?,
			tag_ids = (SELECT coalesce(jsonb_agg(e ORDER BY n), '[]') FROM jsonb_array_elements(tag_ids) WITH ORDINALITY AS x(e, n) WHERE e <> to_jsonb(?::bigint))
			WHERE team_id = ? AND tag_ids @> to_jsonb(?::bigint) RETURNING id, version`
	}
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("take tag %d from contacts: %w", tagID, err)
	}
	for rows.Next() {
		e := event.Event{Kind: event.ContactChanged, Actor: by}
		if err := rows.Scan(&e.ObjectID, &e.ObjectVersion); err != nil {
			_ = rows.Close()
			return fmt.Errorf("take tag %d from contacts: %w", tagID, err)
		}
		tx.Emit(e)
	}
	if err := closed(rows); err != nil {
		return fmt.Errorf("take tag %d from contacts: %w", tagID, err)
	}
	holds := `EXISTS (SELECT 1 FROM json_each(CAST(conversations.tag_ids AS TEXT)) WHERE value = ?)`
	if tx.IsPostgres() {
		holds = `tag_ids @> to_jsonb(?::bigint)`
	}
	rows, err = tx.Query(ctx, `SELECT DISTINCT contact_id FROM conversations WHERE team_id = ? AND contact_id IS NOT NULL AND `+holds+` ORDER BY contact_id`, tx.Team, tagID)
	if err != nil {
		return fmt.Errorf("find rows with tag %d: %w", tagID, err)
	}
	var contacts []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			_ = rows.Close()
			return fmt.Errorf("find rows with tag %d: %w", tagID, err)
		}
		contacts = append(contacts, id)
	}
	if err := closed(rows); err != nil {
		return fmt.Errorf("find rows with tag %d: %w", tagID, err)
	}
	for _, id := range contacts {
		if err := row.RefreshContact(ctx, tx, id, by); err != nil {
			return err
		}
	}
	return nil
}

// closed ends the reading of rows and says how it went.
func closed(rows *sql.Rows) error {
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return err
	}
	return rows.Close()
}
