package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

// roles are the names of the roles of an installation.
type roles struct{ owner, team, across string }

// maxRole is the longest name of a role, in bytes.
const maxRole = 63

// findRoles gives the names; errNotMigrated where there are no tables yet.
func findRoles(ctx context.Context, q rower) (roles, error) {
	var owner sql.NullString
	if err := q.QueryRowContext(ctx, "SELECT (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('teams'))").Scan(&owner); err != nil {
		return roles{}, err
	}
	if !owner.Valid {
		return roles{}, errNotMigrated
	}
	return rolesOf(owner.String)
}

func rolesOf(owner string) (roles, error) {
	r := roles{owner, owner + "_team", owner + "_across"}
	if len(r.across) > maxRole {
		return roles{}, fmt.Errorf("the name of the role %q, which owns the tables, is too long: two roles are named after it, and PostgreSQL allows %d bytes", r.owner, maxRole)
	}
	return r, nil
}

// makeRolesFirst makes the roles of whoever owns the tables, or will.
func (db *DB) makeRolesFirst(ctx context.Context) error {
	conn, err := db.login.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, err := findRoles(ctx, conn)
	if errors.Is(err, errNotMigrated) {
		var owner string
		if err := conn.QueryRowContext(ctx, "SELECT current_user").Scan(&owner); err != nil {
			return err
		}
		r, err = rolesOf(owner)
	}
	if err != nil {
		return err
	}
	if err := db.makeRoles(ctx, conn, r); err != nil {
		return fmt.Errorf("make the roles of row-level security: %w", err)
	}
	return nil
}

// makeRoles makes the roles and lets the role that is signed in become them. Roles belong to the cluster: other databases' migrations may make
// the same at this moment, and what then fails is looked at again.
func (db *DB) makeRoles(ctx context.Context, conn *sql.Conn, r roles) error {
	for n := 1; ; n++ {
		err := makeRolesOnce(ctx, conn, r)
		var p *pq.Error
		if err == nil || !errors.As(err, &p) || n == 20 {
			return err
		}
		switch p.Code {
		case "42501": // insufficient_privilege
			both := pq.QuoteIdentifier(r.team) + ", " + pq.QuoteIdentifier(r.across)
			return fmt.Errorf("the role of DATABASE_URL may not make or grant roles. Let an administrator of the cluster run this once, and migrate again:\n"+
				"  CREATE ROLE %s NOLOGIN; CREATE ROLE %s NOLOGIN; GRANT %s TO %s;\n(%w)",
				pq.QuoteIdentifier(r.team), pq.QuoteIdentifier(r.across), both, pq.QuoteIdentifier(r.owner), err)
		case "23505", "42710", "XX000", "40001": // made by another just now: unique_violation, duplicate_object, "tuple concurrently updated"
			if err := db.clock.Sleep(ctx, time.Duration(n)*5*time.Millisecond); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func makeRolesOnce(ctx context.Context, conn *sql.Conn, r roles) error {
	var version int
	var login string
	if err := conn.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, session_user").Scan(&version, &login); err != nil {
		return err
	}
	member, option := "MEMBER", ""
	if version >= 160000 {
		// To become the role, and to have nothing of it before.
		member, option = "SET", " WITH INHERIT FALSE, SET TRUE"
	}
	for _, role := range []string{r.team, r.across} {
		var is bool
		if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)", role).Scan(&is); err != nil {
			return err
		}
		if !is {
			if _, err := conn.ExecContext(ctx, "CREATE ROLE "+pq.QuoteIdentifier(role)+" NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"); err != nil {
				return err
			}
		}
		for _, who := range []string{login, r.owner} {
			// Who is a superuser may become it anyway.
			var may bool
			if err := conn.QueryRowContext(ctx, "SELECT pg_has_role($1, $2, $3)", who, role, member).Scan(&may); err != nil {
				return err
			}
			if !may {
				if _, err := conn.ExecContext(ctx, "GRANT "+pq.QuoteIdentifier(role)+" TO "+pq.QuoteIdentifier(who)+option); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// namer finds the names of the roles once.
type namer struct {
	mu    sync.Mutex
	found roles
}

// roles gives the names, which hold for as long as the tables' owner does.
func (db *DB) roles(ctx context.Context) (roles, error) {
	db.names.mu.Lock()
	defer db.names.mu.Unlock()
	if db.names.found.owner != "" {
		return db.names.found, nil
	}
	r, err := findRoles(ctx, db.login)
	if err == nil {
		db.names.found = r
	}
	return r, err
}
