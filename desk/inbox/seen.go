package inbox

import (
	"context"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// SeesAll says whether the principal sees every conversation of its team.
func SeesAll(p auth.Principal) bool { return p.SeesTeam() && p.Role.HasGroups() }

// SeenIn gives those of the conversations that the principal may see (CONV-28) and that the filter wants; nil wants all, the archived too.
func SeenIn(ctx context.Context, v *store.View, p auth.Principal, f *Filter, ids []int64) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	seen, err := v.Conversation.Query().Where(func(s *sql.Selector) {
		s.Where(Among(s.C(conversation.FieldID), ids))
		s.Where(seen(p).where(s, v.Now))
		if f != nil {
			s.Where(f.condition(p).where(s, v.Now))
		}
	}).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find out which conversations are seen: %w", err)
	}
	return seen, nil
}

// seen is row.Sees as a condition.
func seen(p auth.Principal) Condition {
	var c Condition = every{}
	if !p.SeesTeam() {
		is := words{conversation.FieldStatus, []string{pending}}
		own := some{every{is, heard{p}}}
		if p.AgentID != 0 {
			own = append(own, every{not{is}, ids{conversation.FieldFollowerID, []int64{p.AgentID}}}, joined(p))
		}
		if others := teams(p); others != nil {
			own = append(own, others)
		}
		c = own
	}
	if !p.Role.HasGroups() {
		c = every{c, not{words{conversation.FieldKind, []string{groupKind}}}}
	}
	return c
}

// Among is true of a column that is one of many ids: one argument, so that the statement is always the same.
func Among(column string, ids []int64) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(column)
		if b.Dialect() == dialect.Postgres {
			b.WriteString(" = ANY(").Arg("{" + commas(ids) + "}").WriteString("::bigint[])")
			return
		}
		b.WriteString(" IN (SELECT value FROM json_each(").Arg("[" + commas(ids) + "]").WriteString("))")
	})
}

func commas(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}
