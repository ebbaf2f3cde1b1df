package store

import (
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// Holds is true of a column that holds a text, byte by byte, whatever signs are in it: LIKE has letters of its own and differs between the databases.
func Holds(column, part string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		if b.Dialect() == dialect.Postgres {
			b.WriteString("strpos(")
		} else {
			b.WriteString("instr(")
		}
		b.Ident(column).Comma().Arg(part).WriteString(") > 0")
	})
}
