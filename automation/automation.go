// Package automation works at the desk when nobody is there: keyword replies, bot modules and the assignment of new enquiries. What it does is data
// that administrators keep; what it is asked about a customer's event it answers inside the transaction that takes the event in.
package automation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Config is what the service needs; all of it must be given.
type Config struct {
	DB     *store.DB
	Files  *file.Service
	Random *random.Source
	// Keys sign what buttons send back.
	Keys *seal.Keyring
}

// Service keeps what is automatic and does it. It is safe for concurrent use.
type Service struct {
	Config
	books *lru.Cache[int64, *book]
}

// remembered is of how many teams the rules are kept ready.
const remembered = 1000

// New makes the service.
func New(c Config) *Service {
	books, err := lru.New[int64, *book](remembered)
	if err != nil {
		panic(err) // the size is above 0
	}
	return &Service{Config: c, books: books}
}

// requireRead refuses who may not see settings.
func requireRead(p auth.Principal) error {
	return p.Need(auth.ReadWorkspace)
}

// change calls f in a transaction of who may change settings. Changes of one team come one after another, and raise the version by which servers
// know that what they hold ready is old.
func (s *Service) change(ctx context.Context, p auth.Principal, f func(ctx context.Context, tx *store.Tx) error) (event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return event.Cursor{}, err
	}
	return s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := raise(ctx, tx); err != nil {
			return err
		}
		if err := f(ctx, tx); err != nil {
			return err
		}
		tx.Emit(event.Event{Kind: event.AutomationChanged, Actor: p.Actor()})
		return nil
	})
}

func raise(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO automations (team_id, version, created_at, updated_at, is_assigning, turn) VALUES (?, 1, ?, ?, ?, 0)
		ON CONFLICT (team_id) DO UPDATE SET version = automations.version + 1, updated_at = excluded.updated_at`, tx.Team, tx.Now, tx.Now, false)
	if err != nil {
		return fmt.Errorf("raise the version of automation: %w", err)
	}
	return nil
}

// Settings are what a team has switched on.
type Settings struct {
	// IsAssigning says that new enquiries are assigned to agents on duty (PROD-1).
	IsAssigning bool
}

// Settings gives what the team has switched on; nothing at first.
func (s *Service) Settings(ctx context.Context, p auth.Principal) (Settings, error) {
	if err := requireRead(p); err != nil {
		return Settings{}, err
	}
	var out Settings
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		_, isAssigning, err := version(ctx, v)
		out.IsAssigning = isAssigning
		return err
	})
	return out, err
}

// Switch changes what is switched on; nil stays.
func (s *Service) Switch(ctx context.Context, p auth.Principal, isAssigning *bool) (Settings, event.Cursor, error) {
	var out Settings
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		if isAssigning != nil {
			if _, err := tx.Exec(ctx, "UPDATE automations SET is_assigning = ? WHERE team_id = ?", *isAssigning, tx.Team); err != nil {
				return fmt.Errorf("switch assigning: %w", err)
			}
		}
		_, on, err := version(ctx, &tx.View)
		out.IsAssigning = on
		return err
	})
	return out, at, err
}

// version gives the version of everything automatic, and whether enquiries are assigned; 0 where nothing was ever set.
func version(ctx context.Context, v *store.View) (n int, isAssigning bool, err error) {
	rows, err := v.Query(ctx, "SELECT version, is_assigning FROM automations WHERE team_id = ?", v.Team)
	if err != nil {
		return 0, false, fmt.Errorf("read the version of automation: %w", err)
	}
	if rows.Next() {
		err = rows.Scan(&n, &isAssigning)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return 0, false, fmt.Errorf("read the version of automation: %w", err)
	}
	return n, isAssigning, nil
}

// able gives those of the agents who are active and may send messages (PROD-1), with their names.
func able(ctx context.Context, v *store.View, ids ...int64) ([]*ent.Agent, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := v.Agent.Query().Where(agent.IDIn(ids...), agent.StatusEQ(agent.StatusACTIVE)).Order(agent.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	roles, err := v.Role.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	gives := map[string][]string{}
	for _, r := range roles {
		gives[string(r.Role)] = r.Permissions
	}
	var out []*ent.Agent
	for _, a := range all {
		for _, x := range append(append([]string{}, gives[string(a.Role)]...), a.Permissions...) {
			if x == string(auth.SendMessages) {
				out = append(out, a)
				break
			}
		}
	}
	return out, nil
}

// one reads the single number that a statement gives; false for none.
func one(rows *sql.Rows, err error) (n int64, found bool, _ error) {
	if err != nil {
		return 0, false, err
	}
	if rows.Next() {
		found = true
		err = rows.Scan(&n)
	}
	return n, found, errors.Join(err, rows.Err(), rows.Close())
}
