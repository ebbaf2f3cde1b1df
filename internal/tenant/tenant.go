// Package tenant is the first wall between teams: a client of the database that is guarded when it is opened. Every query and traversal
// is narrowed to the team, every row is made in it, and every change touches its rows alone. The schema helps: foreign
// keys between a team's tables are composite, so that no row can refer to another team's.
package tenant

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/intercept"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// ErrReadOnly is the error of every change through a read-only client.
var ErrReadOnly = errors.New("tenant: this client cannot write")

// ErrNoTeam is the error of opening a guarded client without a team.
var ErrNoTeam = errors.New("tenant: no team")

// column is the column of a type's table that holds the team.
func column(typ string) string {
	if typ == ent.TypeTeam {
		return "id"
	}
	return "team_id"
}

// Guard narrows the client to one team for as long as it lives. A team of 0 or less is ErrNoTeam, never "everything". A read-only client
// refuses every change with ErrReadOnly.
func Guard(client *ent.Client, team int64, readOnly bool) error {
	if team <= 0 {
		return ErrNoTeam
	}
	client.Intercept(intercept.TraverseFunc(func(_ context.Context, q intercept.Query) error {
		if planted.Is("tenant-filter-missing") && q.Type() == ent.TypeContact {
			return nil
		}
		q.WhereP(sql.FieldEQ(column(q.Type()), team))
		return nil
	}))
	client.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if readOnly {
				return nil, ErrReadOnly
			}
			if err := narrow(m, team); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		})
	})
	return nil
}

// Unguarded is Guard without the wall, for tests of the wall behind it: what is read and changed is not narrowed, and a row may be made in
// any team that is named; in this one where none is.
func Unguarded(client *ent.Client, team int64, readOnly bool) error {
	if team <= 0 {
		return ErrNoTeam
	}
	client.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if readOnly {
				return nil, ErrReadOnly
			}
			if _, named := m.Field("team_id"); m.Op().Is(ent.OpCreate) && m.Type() != ent.TypeTeam && !named {
				if err := m.SetField("team_id", team); err != nil {
					return nil, fmt.Errorf("tenant: %s: %w", m.Type(), err)
				}
			}
			return next.Mutate(ctx, m)
		})
	})
	return nil
}

// narrow sets the team of a row that is made, and adds the team to the conditions of a change.
func narrow(m ent.Mutation, team int64) error {
	if m.Type() == ent.TypeStream || m.Type() == ent.TypeEvent {
		return fmt.Errorf("tenant: %s is written by the store alone", m.Type())
	}
	if m.Op().Is(ent.OpCreate) {
		if m.Type() == ent.TypeTeam {
			return errors.New("tenant: a team is not made inside a team")
		}
		if err := m.SetField("team_id", team); err != nil {
			return fmt.Errorf("tenant: %s: %w", m.Type(), err)
		}
		return nil
	}
	w, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
	if !ok {
		return fmt.Errorf("tenant: %s cannot be narrowed", m.Type())
	}
	w.WhereP(sql.FieldEQ(column(m.Type()), team))
	return nil
}
