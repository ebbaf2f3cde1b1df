package inbox

import (
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/internal/event"
)

// equals is a condition for this test alone.
type equals struct{ column, value string }

func (equals) Matches(*event.Facets, time.Time) bool { return true }

func (c equals) where(s *sql.Selector, _ time.Time) *sql.Predicate {
	return sql.EQ(s.C(c.column), c.value)
}

// A joining of one condition lost the brackets of an OR inside it, so that what stood beside it no longer narrowed: an agent could have seen
// more than is its own.
func TestOneAmongAllKeepsItsBrackets(t *testing.T) {
	t.Parallel()
	a, b, c := equals{"status", "a"}, equals{"status", "b"}, equals{"kind", "c"}
	for name, condition := range map[string]Condition{
		"every of one": every{every{some{a, b}}, c},
		"some of one":  every{some{some{a, b}}, c},
	} {
		s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table("conversations"))
		got, _ := s.Where(condition.where(s, time.Time{})).Query()
		_, where, _ := strings.Cut(got, "WHERE ")
		if !strings.HasPrefix(where, "(") || !strings.Contains(where, ") AND ") {
			t.Errorf("%s: %s", name, where)
		}
	}
}
