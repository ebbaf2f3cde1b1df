package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tagging"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// search finds conversations by their name, by their contact's phone, email, note and tags, and by their group's note and members (CONV-16, GRP-7, GRP-21).
type search struct {
	part     string // folded
	digits   string // of a phone, without the zero that a number of the country begins with; empty where the part is no phone
	namesOne bool   // only by the names of conversations and members
	// few are the conversations that are found, whoever may see them, where they are few. Where they are many, a list meets them soon
	// enough, and each conversation is looked at.
	few   []int64
	isFew bool
}

// maxSearch is the most characters that are searched for.
const maxSearch = 100

// maxFew is how many rows the index of names may propose before the list itself is walked.
const maxFew = 5_000

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

// source is a table in which conversations are searched.
type source struct {
	kind  gram.Kind
	part  string
	table string
	// id is the column that names what a conversation refers to in its column of.
	id, of string
	// has is the condition on the table's row.
	has func(t *sql.SelectTable) *sql.Predicate
	// known says that what is found are contacts, and what is meant the groups in which they are members (GRP-9).
	known bool
}

// sources are where the search looks, beside tags.
func (q *search) sources() []source {
	part := func(field string) func(*sql.SelectTable) *sql.Predicate {
		return func(t *sql.SelectTable) *sql.Predicate { return contains(t.C(field), q.part) }
	}
	all := []source{
		{kind: gram.Conversations, part: q.part, table: conversation.Table, id: conversation.FieldID, of: conversation.FieldID, has: part(conversation.FieldNameFolded)},
		{kind: gram.Members, part: q.part, table: groupmember.Table, id: groupmember.FieldGroupID, of: conversation.FieldGroupID,
			has: func(t *sql.SelectTable) *sql.Predicate {
				return sql.And(sql.EQ(t.C(groupmember.FieldIsActive), true), contains(t.C(groupmember.FieldNameFolded), q.part))
			}},
	}
	all = append(all, source{kind: gram.Contacts, part: q.part, table: contact.Table, id: contact.FieldID, of: conversation.FieldGroupID,
		has: part(contact.FieldNameFolded), known: true})
	if q.namesOne {
		return all
	}
	all = append(all,
		source{kind: gram.Contacts, part: q.part, table: contact.Table, id: contact.FieldID, of: conversation.FieldContactID, has: part(contact.FieldNoteFolded)},
		source{kind: gram.Groups, part: q.part, table: group.Table, id: group.FieldID, of: conversation.FieldGroupID, has: part(group.FieldNoteFolded)},
		source{kind: gram.Emails, part: q.part, table: contactemail.Table, id: contactemail.FieldContactID, of: conversation.FieldContactID,
			has: part(contactemail.FieldEmailFolded)})
	if q.digits != "" {
		all = append(all, source{kind: gram.Phones, part: q.digits, table: contactphone.Table, id: contactphone.FieldContactID,
			of: conversation.FieldContactID, has: func(t *sql.SelectTable) *sql.Predicate {
				return sql.Or(contains(t.C(contactphone.FieldDigits), q.digits), contains(t.C(contactphone.FieldE164), q.digits))
			}})
	}
	return all
}

// members is the query of the groups with an active member whom among selects by its row and its identity.
func members(dialect string, team int64, among func(m, i *sql.SelectTable) *sql.Predicate) *sql.Selector {
	d := sql.Dialect(dialect)
	m, i := d.Table(groupmember.Table), d.Table(identity.Table)
	return d.Select(m.C(groupmember.FieldGroupID)).From(m).Join(i).
		OnP(sql.And(sql.ColumnsEQ(i.C(identity.FieldTeamID), m.C(groupmember.FieldTeamID)), sql.ColumnsEQ(i.C(identity.FieldID), m.C(groupmember.FieldIdentityID)))).
		Where(sql.And(sql.EQ(m.C(groupmember.FieldTeamID), team), sql.EQ(m.C(groupmember.FieldIsActive), true), sql.NotNull(i.C(identity.FieldContactID)), among(m, i)))
}

// tagged is the query of the contacts with a tag that the search means.
func (q *search) tagged(dialect string, team int64) *sql.Selector {
	d := sql.Dialect(dialect)
	t, tags := d.Table(tagging.Table), d.Table(tag.Table)
	return d.Select(t.C(tagging.FieldContactID)).From(t).Where(sql.And(sql.EQ(t.C(tagging.FieldTeamID), team),
		sql.In(t.C(tagging.FieldTagID), d.Select(tags.C(tag.FieldID)).From(tags).
			Where(sql.And(sql.EQ(tags.C(tag.FieldTeamID), team), contains(tags.C(tag.FieldNameFolded), q.part))))))
}

// resolve finds the conversations where they are few.
func (q *search) resolve(ctx context.Context, v *store.View) error {
	name := dialect.SQLite
	if v.IsPostgres() {
		name = dialect.Postgres
	}
	d := sql.Dialect(name)
	left := maxFew
	var found set
	for _, s := range q.sources() {
		t := d.Table(s.table)
		// What the index proposes, first unseen: of a common part it would be much to look at.
		proposed, err := idsOf(ctx, v, d.Select(t.C("id")).From(t).Where(sql.And(sql.EQ(t.C("team_id"), v.Team), s.kind.Hold(t.C("id"), v.Team, s.part))).Limit(left+1))
		if err != nil {
			return err
		}
		if left -= len(proposed); left < 0 {
			return nil
		}
		if len(proposed) == 0 {
			continue
		}
		t = d.Table(s.table)
		those := d.Select(t.C(s.id)).From(t).Where(sql.And(sql.EQ(t.C("team_id"), v.Team), Among(t.C("id"), proposed), s.has(t)))
		if s.known {
			those = members(name, v.Team, func(_, i *sql.SelectTable) *sql.Predicate { return sql.In(i.C(identity.FieldContactID), those) })
		}
		if err := q.collect(ctx, v, name, s.of, those, &found); err != nil {
			return err
		}
	}
	if !q.namesOne {
		contacts, err := idsOf(ctx, v, q.tagged(name, v.Team).Limit(left+1))
		if err != nil {
			return err
		}
		if len(contacts) > left {
			return nil
		}
		c := d.Table(contact.Table)
		those := d.Select(c.C(contact.FieldID)).From(c).Where(sql.And(sql.EQ(c.C(contact.FieldTeamID), v.Team), Among(c.C(contact.FieldID), contacts)))
		if len(contacts) > 0 {
			if err := q.collect(ctx, v, name, conversation.FieldContactID, those, &found); err != nil {
				return err
			}
		}
	}
	q.few, q.isFew = found.list(), true
	return nil
}

// collect adds the conversations that refer to what those select.
func (q *search) collect(ctx context.Context, v *store.View, name, column string, those *sql.Selector, found *set) error {
	ids, err := idsOf(ctx, v, those)
	if err == nil && column != conversation.FieldID && len(ids) > 0 {
		c := sql.Dialect(name).Table(conversation.Table)
		ids, err = idsOf(ctx, v, sql.Dialect(name).Select(c.C(conversation.FieldID)).From(c).
			Where(sql.And(sql.EQ(c.C(conversation.FieldTeamID), v.Team), Among(c.C(column), slices.Compact(slices.Sorted(slices.Values(ids)))))))
	}
	if err != nil {
		return err
	}
	found.add(ids...)
	return nil
}

// idsOf reads the ids that a query selects.
func idsOf(ctx context.Context, v *store.View, s *sql.Selector) ([]int64, error) {
	query, args := s.Query()
	rows, err := v.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("search conversations: %w", err)
	}
	defer rows.Close()
	var all []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("search conversations: %w", err)
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search conversations: %w", err)
	}
	return all, nil
}

func (q *search) where(s *sql.Selector, team int64) *sql.Predicate {
	if q.isFew {
		return Among(s.C(conversation.FieldID), q.few)
	}
	d := sql.Dialect(s.Dialect())
	var any []*sql.Predicate
	for _, x := range q.sources() {
		if x.of == conversation.FieldID {
			any = append(any, contains(s.C(conversation.FieldNameFolded), q.part))
			continue
		}
		// Asked of each row: many are found, so that a page of them is soon full.
		t := d.Table(x.table)
		if x.known {
			any = append(any, sql.And(sql.NotNull(s.C(x.of)), sql.Exists(members(s.Dialect(), team, func(m, i *sql.SelectTable) *sql.Predicate {
				return sql.And(sql.ColumnsEQ(m.C(groupmember.FieldGroupID), s.C(x.of)), sql.Exists(d.Select(t.C("id")).From(t).
					Where(sql.And(sql.EQ(t.C("team_id"), team), sql.ColumnsEQ(t.C(x.id), i.C(identity.FieldContactID)), x.has(t)))))
			}))))
			continue
		}
		any = append(any, sql.And(sql.NotNull(s.C(x.of)), sql.Exists(d.Select(t.C("id")).From(t).
			Where(sql.And(sql.EQ(t.C("team_id"), team), sql.ColumnsEQ(t.C(x.id), s.C(x.of)), x.has(t))))))
	}
	if !q.namesOne {
		any = append(any, sql.And(sql.NotNull(s.C(conversation.FieldContactID)), sql.In(s.C(conversation.FieldContactID), q.tagged(s.Dialect(), team))))
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
