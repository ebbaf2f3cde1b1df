package gram

import (
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// Kind is a table whose rows are found by what they are called. The migrations keep the index of names by triggers, so that whoever writes
// a row has it found.
type Kind int

// The tables with their columns in the index; the numbers are those in the migrations.
const (
	Contacts      Kind = 1 // name, note, membership number
	Emails        Kind = 2 // e-mail address
	Phones        Kind = 3 // digits, E.164
	Members       Kind = 4 // name
	Conversations Kind = 5 // name
	Groups        Kind = 6 // note
)

// number is the gram's number in the index of names, as the migrations reckon it: text, white space and signs included.
func (k Kind) number(g Gram, team int64) int32 {
	return int32((int64(g)%1_000_000_007*2_654_435 + (team*8+int64(k))%1_000_000_007*40_503) % 2_147_483_647) //nolint:gosec // less than that
}

// Hold is true of a column of ids of rows that may hold the folded part, which is not empty: all that hold it, and a few that do not.
func (k Kind) Hold(column string, team int64, part string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(column)
		if b.Dialect() == dialect.Postgres {
			b.WriteString(" IN (SELECT id FROM team_search_names WHERE kind = ").Arg(int(k)).WriteString(" AND team_id = ").Arg(team).
				WriteString(" AND grams @> ").Arg(Array(k.asked(team, part))).WriteString("::integer[])")
			return
		}
		// A text too long to be cut whole is always looked at.
		match := "(" + Match(k.asked(team, part)) + ") OR " + Match([]int32{k.number(0, team)})
		b.WriteString(" IN (SELECT rowid / 8 FROM search_names WHERE search_names MATCH ").Arg(match).
			WriteString(" AND rowid % 8 = ").Arg(int(k)).WriteByte(')')
	})
}

// Array writes numbers as PostgreSQL reads an array.
func Array(numbers []int32) string {
	b := []byte{'{'}
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, '}'))
}

// Words writes numbers as SQLite's index of words takes them.
func Words(numbers []int32) string { return join(numbers, "", " ") }

// Match asks SQLite's index of words for rows with all numbers.
func Match(numbers []int32) string { return join(numbers, `"`, " AND ") }

func join(numbers []int32, quote, between string) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = quote + strconv.FormatInt(int64(n), 16) + quote
	}
	return strings.Join(words, between)
}

// asked gives the numbers that rows with the part have.
func (k Kind) asked(team int64, part string) []int32 {
	r := []rune(part)
	if len(r) == 1 {
		return []int32{k.number(Gram(r[0])<<pairs, team)}
	}
	all := make([]int32, 0, len(r))
	for i := 1; i < len(r); i++ {
		all = append(all, k.number(Gram(r[i-1])<<pairs+Gram(r[i]), team))
	}
	if len(all) <= maxAsked {
		return all
	}
	some := make([]int32, maxAsked)
	for i := range some {
		some[i] = all[i*(len(all)-1)/(maxAsked-1)]
	}
	return some
}
