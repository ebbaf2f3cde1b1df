// Package finding keeps what was found in customers' messages: phones, email addresses and postal addresses, each with the message that holds it
// (CONV-26). It is written in the message's transaction, and goes with the message's text.
package finding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/detect"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/finding"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// mostAddresses is how many addresses are shown, the newest, and mostContacts how many phones and how many email addresses.
const (
	mostAddresses = 3
	mostContacts  = 50
)

// Found is a phone, an email address or a postal address, and the newest message that holds it.
type Found struct {
	Kind                      detect.Kind
	Value, Written            string
	ConversationID, MessageID int64
	At                        time.Time
	place                     int
}

type countryKey struct{}

// Find gives what a message of a customer holds: nothing of what was unsent. Only a text that may hold something asks for the team's country,
// once a transaction.
func Find(ctx context.Context, tx *store.Tx, m *ent.Message) ([]detect.Item, error) {
	if m.Direction != message.DirectionINBOUND || m.UnsentAt != nil || !detect.MayHold(m.Text) {
		return nil, nil
	}
	country := tx.Keep(countryKey{}, func() any { return new(string) }).(*string)
	if *country == "" {
		team, err := tx.Client.Team.Get(ctx, tx.Team)
		if err != nil {
			return nil, fmt.Errorf("read the team: %w", err)
		}
		*country = team.Country
	}
	return detect.In(m.Text, *country), nil
}

// HasPhone says whether there is a phone among what was found.
func HasPhone(all []detect.Item) bool {
	return slices.ContainsFunc(all, func(x detect.Item) bool { return x.Kind == detect.Phone })
}

// KeepIn keeps what was found in a message that is written: one statement, and none for nothing.
func KeepIn(ctx context.Context, tx *store.Tx, m *ent.Message, all []detect.Item) error {
	if len(all) == 0 {
		return nil
	}
	const columns = 8
	args := make([]any, 0, columns*len(all))
	for i, x := range all {
		args = append(args, tx.Team, m.ConversationID, m.ID, i, string(x.Kind), x.Value, x.Written, m.CreatedAt)
	}
	_, err := tx.Exec(ctx, "INSERT INTO findings (team_id, conversation_id, message_id, position, kind, value, written, at) VALUES "+
		strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?), ", len(all)), ", "), args...)
	if err != nil {
		return fmt.Errorf("keep what was found in message %d: %w", m.ID, err)
	}
	return nil
}

// AgainIn finds anew in a message whose text changed or was erased, whose conversation is held, and gives whether the conversation's row is then
// marked as having a phone (GRP-17, MSG-12).
func AgainIn(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message) (bool, error) {
	if _, err := tx.Finding.Delete().Where(finding.MessageID(m.ID)).Exec(ctx); err != nil {
		return false, fmt.Errorf("forget what was found in message %d: %w", m.ID, err)
	}
	all, err := Find(ctx, tx, m)
	if err != nil {
		return false, err
	}
	if err := KeepIn(ctx, tx, m, all); err != nil {
		return false, err
	}
	if HasPhone(all) {
		return true, nil
	}
	return row.HasPhone(ctx, tx, c)
}

// looked is how many of a kind, the newest of a conversation, are looked at for what is shown: a customer may write as many as it likes.
const looked = 500

// newest reads of each value of each conversation the newest message that holds it, and of each kind as many as are shown, the newest first.
const newest = `WITH recent AS MATERIALIZED (SELECT c.id, k.kind, COALESCE((SELECT g.message_id FROM findings g
		WHERE g.team_id = ? AND g.conversation_id = c.id AND g.kind = k.kind ORDER BY g.message_id DESC LIMIT 1 OFFSET %d), 0) AS since
		FROM conversations c CROSS JOIN (SELECT 'PHONE' AS kind UNION ALL SELECT 'EMAIL' UNION ALL SELECT 'ADDRESS') k WHERE c.team_id = ? AND c.id IN (%s))
	SELECT conversation_id, kind, value, written, message_id, at, place FROM (
	SELECT one.*, ROW_NUMBER() OVER (PARTITION BY conversation_id, kind ORDER BY message_id DESC, position DESC) AS place FROM (
		SELECT f.*, ROW_NUMBER() OVER (PARTITION BY f.conversation_id, f.kind, f.value ORDER BY f.message_id DESC, f.position DESC) AS again
		FROM recent r JOIN findings f ON f.conversation_id = r.id AND f.kind = r.kind AND f.message_id >= r.since WHERE f.team_id = ?) one WHERE again = 1) shown
	WHERE place <= CASE kind WHEN 'ADDRESS' THEN %d ELSE %d END ORDER BY conversation_id, kind, place`

// Of gives what was found in conversations, each kind the newest first, by conversation: one statement.
func Of(ctx context.Context, v *store.View, conversations []int64) (map[int64][]Found, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	args := []any{v.Team, v.Team}
	for _, id := range conversations {
		args = append(args, id)
	}
	args = append(args, v.Team)
	rows, err := v.Query(ctx, fmt.Sprintf(newest, looked-1, strings.TrimSuffix(strings.Repeat("?, ", len(conversations)), ", "), mostAddresses, mostContacts), args...)
	if err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	out := map[int64][]Found{}
	for rows.Next() {
		var f Found
		if err = rows.Scan(&f.ConversationID, &f.Kind, &f.Value, &f.Written, &f.MessageID, &f.At, &f.place); err != nil {
			break
		}
		out[f.ConversationID] = append(out[f.ConversationID], f)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	return out, nil
}

// Service reads what was found. It is safe for concurrent use.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// OfContact gives what may be offered when a contact is edited: what was found in those of its conversations that the principal may see, the
// newest first, without the phones and email addresses that it has. A contact that does not exist is a fault of kind NotFound; an
// integration that may not read conversations or contacts, one of kind Forbidden.
func (s *Service) OfContact(ctx context.Context, p auth.Principal, contactID int64) ([]Found, error) {
	for _, scope := range []auth.Scope{auth.ReadConversations, auth.ReadContacts} {
		if err := p.Need(scope); err != nil {
			return nil, err
		}
	}
	var out []Found
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		if _, err := v.Contact.Get(ctx, contactID); ent.IsNotFound(err) {
			return fault.Missing("the contact")
		} else if err != nil {
			return fmt.Errorf("read contact %d: %w", contactID, err)
		}
		rows, err := v.Conversation.Query().Where(conversation.ContactID(contactID)).All(ctx)
		if err != nil {
			return fmt.Errorf("read conversations of contact %d: %w", contactID, err)
		}
		var ids []int64
		for _, c := range rows {
			if row.Sees(p, row.Facets(c)) {
				ids = append(ids, c.ID)
			}
		}
		found, err := Of(ctx, v, ids)
		if err != nil {
			return err
		}
		known, err := knownOf(ctx, v, contactID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			out = append(out, found[id]...)
		}
		out = offered(out, known)
		return nil
	})
	return out, err
}

// knownOf are the phones and email addresses that a contact has.
func knownOf(ctx context.Context, v *store.View, contactID int64) (map[string]bool, error) {
	phones, err := v.ContactPhone.Query().Where(contactphone.ContactID(contactID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read phones of contact %d: %w", contactID, err)
	}
	emails, err := v.ContactEmail.Query().Where(contactemail.ContactID(contactID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read email addresses of contact %d: %w", contactID, err)
	}
	known := map[string]bool{}
	for _, x := range phones {
		known[x.E164] = true
	}
	for _, x := range emails {
		known[x.EmailFolded] = true
	}
	return known, nil
}

// offered are those of several conversations that are not known, each value once, the newest first, and no more than are shown.
func offered(all []Found, known map[string]bool) []Found {
	slices.SortStableFunc(all, func(a, b Found) int { return b.At.Compare(a.At) })
	seen := map[string]bool{}
	count := map[detect.Kind]int{}
	return slices.DeleteFunc(all, func(f Found) bool {
		k := string(f.Kind) + f.Value
		if seen[k] || known[f.Value] || f.Kind == detect.Address && count[f.Kind] >= mostAddresses {
			return true
		}
		seen[k] = true
		count[f.Kind]++
		return false
	})
}
