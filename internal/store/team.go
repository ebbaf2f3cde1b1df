package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// NewTeam is what a team begins with.
type NewTeam struct {
	Slug, Name, Language, TimeZone, Country string
	JoinsNames                              bool
}

// CreateTeam makes a team and its event stream and gives its id. A slug that is taken is a fault of kind Conflict.
func (db *DB) CreateTeam(ctx context.Context, t NewTeam) (int64, error) {
	return db.CreateTeamWith(ctx, t, func(context.Context, *Tx) error { return nil })
}

// CreateTeamWith is CreateTeam with what f writes into the new team, all in one transaction: there is no team without its first rows.
func (db *DB) CreateTeamWith(ctx context.Context, t NewTeam, f func(ctx context.Context, tx *Tx) error) (int64, error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, outage(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	now := db.clock.Now()
	var id int64
	var number any // SQLite finds one
	if db.IsPostgres() {
		// From here on the transaction is that team's, and no other row can be made in it.
		if err := tx.QueryRowContext(ctx, "SELECT set_config('app.team', nextval('teams_id_seq')::text, true)::bigint").Scan(&id); err != nil {
			return 0, fmt.Errorf("number the team: %w", outage(ctx, err))
		}
		number = id
	}
	err = tx.QueryRowContext(ctx, db.Rebind(`INSERT INTO teams (id, slug, name, language, time_zone, country, joins_names, status, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 'ACTIVE', 1, ?, ?) ON CONFLICT (slug) DO NOTHING RETURNING id`),
		number, t.Slug, t.Name, t.Language, t.TimeZone, t.Country, t.JoinsNames, now, now).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict, "the team name %q is taken; choose another", t.Slug)
	}
	if err != nil {
		return 0, fmt.Errorf("create team: %w", outage(ctx, err))
	}
	if _, err := tx.ExecContext(ctx, db.Rebind("INSERT INTO streams (team_id, epoch, seq) VALUES (?, ?, 0)"), id, db.random.UUID()); err != nil {
		return 0, fmt.Errorf("create stream: %w", err)
	}
	done, err := db.work(ctx, tx, id, f)
	if err != nil {
		return 0, outage(ctx, err)
	}
	db.finish(done)
	return id, nil
}

// Team is what every part of the program may know of a team.
type Team struct {
	ID                                      int64
	Slug, Name, Language, TimeZone, Country string
	JoinsNames, IsSuspended                 bool
}

// TeamBySlug finds a team by its slug; none is a fault of kind NotFound.
func (db *DB) TeamBySlug(ctx context.Context, slug string) (Team, error) {
	return db.team(ctx, "slug = ?", slug)
}

// TeamByID finds a team by its id; none is a fault of kind NotFound.
func (db *DB) TeamByID(ctx context.Context, id int64) (Team, error) {
	return db.team(ctx, "id = ?", id)
}

func (db *DB) team(ctx context.Context, where string, arg any) (Team, error) {
	var t Team
	var status string
	err := db.acrossRead.QueryRowContext(ctx, db.Rebind("SELECT id, slug, name, language, time_zone, country, joins_names, status FROM teams WHERE "+where), arg).
		Scan(&t.ID, &t.Slug, &t.Name, &t.Language, &t.TimeZone, &t.Country, &t.JoinsNames, &status)
	if errors.Is(err, sql.ErrNoRows) {
		return t, fault.Missing("the team")
	}
	t.IsSuspended = status == "SUSPENDED"
	return t, outage(ctx, err)
}

// Teams lists all teams, in order of their making.
func (db *DB) Teams(ctx context.Context) ([]Team, error) {
	rows, err := db.Across(Teams).Query(ctx, "SELECT id, slug, name, language, time_zone, country, joins_names, status FROM teams ORDER BY id")
	if err != nil {
		return nil, outage(ctx, err)
	}
	defer rows.Close()
	var all []Team
	for rows.Next() {
		var t Team
		var status string
		if err := rows.Scan(&t.ID, &t.Slug, &t.Name, &t.Language, &t.TimeZone, &t.Country, &t.JoinsNames, &status); err != nil {
			return nil, err
		}
		t.IsSuspended = status == "SUSPENDED"
		all = append(all, t)
	}
	return all, outage(ctx, rows.Err())
}

// Location is the team's time zone; UTC where it is not known on this machine.
func (t Team) Location() *time.Location {
	l, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.UTC
	}
	return l
}
