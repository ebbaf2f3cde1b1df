package inbox

import (
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tagging"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// search finds conversations by their name and by their contact's phone, email, note and tags (CONV-16).
type search struct {
	part   string // folded
	digits string // of a phone, without the zero that a number of the country begins with; empty where the part is no phone
}

// maxSearch is the most characters that are searched for.
const maxSearch = 100

// newSearch reads what is searched for; nil for nothing.
func newSearch(s string) (*search, error) {
	if err := checkSearch(s); err != nil {
		return nil, err
	}
	part := text.Fold(strings.TrimSpace(s))
	if part == "" {
		return nil, nil //nolint:nilnil // nothing is searched for
	}
	return &search{part: part, digits: phoneDigits(part)}, nil
}

// checkSearch refuses what no name holds, which the databases would not treat alike.
func checkSearch(s string) error {
	if strings.ContainsRune(s, 0) {
		return fault.Input("search", "a search has no control character 0")
	}
	if utf8.RuneCountInString(s) > maxSearch {
		return fault.Input("search", "a search has at most %d characters", maxSearch)
	}
	return nil
}

// phoneDigits gives the digits of what looks like part of a phone number.
func phoneDigits(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -.()+", r):
		default:
			return ""
		}
	}
	d := strings.TrimPrefix(b.String(), "0")
	if len(d) < 3 {
		return "" // too short to tell numbers apart
	}
	return d
}

func (q search) where(s *sql.Selector, team int64) *sql.Predicate {
	d := sql.Dialect(s.Dialect())
	// of is the contacts of the team's rows in a table of what belongs to contacts.
	of := func(table, column string, p func(t *sql.SelectTable) *sql.Predicate) *sql.Predicate {
		t := d.Table(table)
		return sql.In(s.C(conversation.FieldContactID), d.Select(t.C(column)).From(t).Where(sql.And(sql.EQ(t.C(conversation.FieldTeamID), team), p(t))))
	}
	any := []*sql.Predicate{
		contains(s.C(conversation.FieldNameFolded), q.part),
		of(contact.Table, contact.FieldID, func(t *sql.SelectTable) *sql.Predicate {
			return contains(t.C(contact.FieldNoteFolded), q.part)
		}),
		of(contactemail.Table, contactemail.FieldContactID, func(t *sql.SelectTable) *sql.Predicate {
			return contains(t.C(contactemail.FieldEmailFolded), q.part)
		}),
		of(tagging.Table, tagging.FieldContactID, func(t *sql.SelectTable) *sql.Predicate {
			tags := d.Table(tag.Table)
			return sql.In(t.C(tagging.FieldTagID), d.Select(tags.C(tag.FieldID)).From(tags).
				Where(sql.And(sql.EQ(tags.C(tag.FieldTeamID), team), contains(tags.C(tag.FieldNameFolded), q.part))))
		}),
	}
	if q.digits != "" {
		any = append(any, of(contactphone.Table, contactphone.FieldContactID, func(t *sql.SelectTable) *sql.Predicate {
			return sql.Or(contains(t.C(contactphone.FieldDigits), q.digits), contains(t.C(contactphone.FieldE164), q.digits))
		}))
	}
	// None of them is NULL where it matters: a search is never negated.
	return sql.Or(any...)
}

// contains says that a column of folded text holds a part. LIKE would need its signs escaped and, on SQLite, does not tell cases apart.
func contains(column, part string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		name := "instr"
		if b.Dialect() == dialect.Postgres {
			name = "strpos"
		}
		b.WriteString(name).WriteByte('(').Ident(column).Comma().Arg(part).WriteString(") > 0")
	})
}
