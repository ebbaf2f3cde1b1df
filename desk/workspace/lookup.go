package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/apitoken"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What is found by a secret, before a team is known. These are the package's only statements that are not narrowed to a team.

// account is who a sign-in names; the zero value where it names nobody.
type account struct {
	team, agent  int64
	status, hash string
	isSuspended  bool
}

// byAddress finds an account by team and address.
func (s *Service) byAddress(ctx context.Context, slug, email string) (account, error) {
	var a account
	var team string
	_, err := s.db.Across(store.SignIn).Find(ctx, `SELECT t.id, t.status, a.id, a.status, a.password_hash FROM teams t JOIN agents a ON a.team_id = t.id
		WHERE t.slug = ? AND a.email_folded = ?`, []any{slug, text.Fold(email)}, &a.team, &team, &a.agent, &a.status, &a.hash)
	a.isSuspended = team == "SUSPENDED"
	return a, err
}

// owner is the team that a token belongs to; the zero value where there is no such token.
type owner struct {
	team        int64
	isSuspended bool
}

// ownerOf finds whose a token is, by its hash in a column of a table.
func (s *Service) ownerOf(ctx context.Context, table, column, hash string) (owner, error) {
	var o owner
	var status string
	_, err := s.db.Across(store.SignIn).Find(ctx, "SELECT t.id, t.status FROM "+table+" x JOIN teams t ON t.id = x.team_id WHERE x."+column+" = ?",
		[]any{hash}, &o.team, &status)
	o.isSuspended = status == "SUSPENDED"
	return o, err
}

// limits are the columns of teams t that bound its live connections.
const limits = "t.idle_minutes, t.connections_per_agent, t.connections_per_team"

// opened is what a token opens, as it is kept.
type opened struct {
	principal   auth.Principal // Language is the agent's own; empty for none
	language    string         // the team's
	expiresAt   time.Time      // zero is never
	allowList   []string
	lastUsedAt  time.Time
	isRevoked   bool
	isSuspended bool
}

// standing says how it stands at a moment.
func (o opened) standing(now time.Time) Standing {
	switch {
	case o.isRevoked:
		return Revoked
	case o.isSuspended:
		return Suspended
	case !o.expiresAt.IsZero() && !now.Before(o.expiresAt):
		return Expired
	}
	return Valid
}

// bySession finds what a session opens. The condition is on sessions x and agents a; false where there is none.
func (s *Service) bySession(ctx context.Context, where string, args ...any) (opened, bool, error) {
	var o opened
	var role, status, team string
	var own, given []byte
	var revokedAt sql.NullTime
	var idle int
	p := &o.principal
	found, err := s.db.Across(store.SignIn).Find(ctx, `SELECT a.team_id, a.id, a.name, a.role, a.status, a.permissions, a.branch_id, a.region_id, a.language, a.auth_version,
		x.family, x.access_expires_at, x.revoked_at, t.language, t.status, `+limits+`, r.permissions
		FROM sessions x JOIN agents a ON a.team_id = x.team_id AND a.id = x.agent_id JOIN teams t ON t.id = x.team_id
		JOIN roles r ON r.team_id = x.team_id AND r.role = a.role WHERE `+where+` ORDER BY x.id DESC LIMIT 1`, args,
		&p.TeamID, &p.AgentID, &p.Name, &role, &status, &own, &p.BranchID, &p.RegionID, &p.Language, &p.AuthVersion,
		&p.SessionKey, &o.expiresAt, &revokedAt, &o.language, &team, &idle, &p.Connections.PerAgent, &p.Connections.PerTeam, &given)
	if err != nil || !found {
		return o, false, err
	}
	p.Role, o.expiresAt = auth.Role(role), o.expiresAt.UTC()
	p.Connections.Idle = time.Duration(idle) * time.Minute
	o.isRevoked, o.isSuspended = revokedAt.Valid || status != "ACTIVE", team == "SUSPENDED"
	p.Permissions, err = readPermissions(own, given)
	return o, true, err
}

// byAPIToken finds what an integration's token opens. The condition is on api_tokens x; false where there is none.
func (s *Service) byAPIToken(ctx context.Context, where string, args ...any) (opened, bool, error) {
	var o opened
	var role, team string
	var scopes, allow, given []byte
	var expiresAt, revokedAt, usedAt sql.NullTime
	var idle int
	p := &o.principal
	found, err := s.db.Across(store.SignIn).Find(ctx, `SELECT x.team_id, x.id, x.name, x.role, x.scopes, x.allow_list, x.rate_per_minute, x.auth_version,
		x.expires_at, x.revoked_at, x.last_used_at, t.language, t.status, `+limits+`, r.permissions
		FROM api_tokens x JOIN teams t ON t.id = x.team_id JOIN roles r ON r.team_id = x.team_id AND r.role = x.role WHERE `+where, args,
		&p.TeamID, &p.TokenID, &p.Name, &role, &scopes, &allow, &p.RatePerMinute, &p.AuthVersion,
		&expiresAt, &revokedAt, &usedAt, &o.language, &team, &idle, &p.Connections.PerAgent, &p.Connections.PerTeam, &given)
	if err != nil || !found {
		return o, false, err
	}
	p.Role, p.SessionKey = auth.Role(role), p.Key()
	p.Connections.Idle = time.Duration(idle) * time.Minute
	o.isRevoked, o.isSuspended = revokedAt.Valid, team == "SUSPENDED"
	if expiresAt.Valid {
		o.expiresAt = expiresAt.Time.UTC()
	}
	if usedAt.Valid {
		o.lastUsedAt = usedAt.Time.UTC()
	}
	if o.allowList, err = readStrings(allow); err != nil {
		return o, false, err
	}
	names, err := readStrings(scopes)
	if err != nil {
		return o, false, err
	}
	for _, n := range names {
		p.Scopes = append(p.Scopes, auth.Scope(n))
	}
	p.Permissions, err = readPermissions(given)
	return o, true, err
}

// noteUse keeps when an integration was last used, to the hour: at most one write an hour.
func (s *Service) noteUse(ctx context.Context, o opened, now time.Time) error {
	hour := now.Truncate(time.Hour)
	if !o.lastUsedAt.Before(hour) {
		return nil
	}
	_, err := s.db.Write(ctx, o.principal.TeamID, func(ctx context.Context, tx *store.Tx) error {
		return tx.APIToken.Update().Where(apitoken.ID(o.principal.TokenID), apitoken.Or(apitoken.LastUsedAtIsNil(), apitoken.LastUsedAtLT(hour))).
			SetLastUsedAt(hour).Exec(ctx)
	})
	return err
}

func readPermissions(all ...[]byte) ([]auth.Permission, error) {
	lists := make([][]string, len(all))
	for i, b := range all {
		var err error
		if lists[i], err = readStrings(b); err != nil {
			return nil, err
		}
	}
	return permissions(lists...), nil
}

// readStrings reads a list that was kept as JSON; NULL is an empty one.
func readStrings(b []byte) ([]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var all []string
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("read a list of names: %w", err)
	}
	return all, nil
}
