package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// Use is a piece of work that cannot be done inside one team: it looks for the team that a secret names, or for teams in which something is
// due. On PostgreSQL such work is done by a role of its own, which sees of the rows of all teams the columns that the uses say and nothing
// else. Whoever needs more writes it here, where it is read before it is granted; docs/decisions lists every use with its reason.
type Use struct {
	Name string
	// Why is what it is for.
	Why   string
	Needs []Need
}

// Need is what a use must be able to do with a table.
type Need struct {
	Table string
	// Sees are the columns that it reads; none for those that are all read.
	Sees []string
	// Changes are verbs beside SELECT: INSERT, UPDATE, DELETE, for any row and column.
	Changes []string
}

// The uses. Content (texts, names of customers, notes) is in none of them.
var (
	// Teams is the list of teams, and finding one by its name.
	Teams = Use{"teams", "commands name a team by its slug, and upkeep goes from team to team", []Need{
		{Table: "teams", Sees: []string{"id", "slug", "name", "language", "time_zone", "country", "joins_names", "status"}},
	}}
	// SignIn finds who signs in, or whose a token is.
	SignIn = Use{"sign-in", "an address with a team's name, a session's or an integration's token, a link of an invitation: each tells the team", []Need{
		{Table: "teams", Sees: []string{"id", "slug", "status", "language", "idle_minutes", "connections_per_agent", "connections_per_team"}},
		{Table: "agents", Sees: []string{"team_id", "id", "email_folded", "name", "role", "status", "permissions", "branch_id", "region_id", "language", "auth_version", "password_hash"}},
		{Table: "roles", Sees: []string{"team_id", "role", "permissions"}},
		{Table: "sessions", Sees: []string{"team_id", "id", "agent_id", "family", "access_hash", "access_expires_at", "refresh_hash", "revoked_at"}},
		{Table: "api_tokens", Sees: []string{"team_id", "id", "token_hash", "name", "role", "scopes", "allow_list", "rate_per_minute", "auth_version", "expires_at", "revoked_at", "last_used_at"}},
		{Table: "links", Sees: []string{"team_id", "token_hash"}},
	}}
	// Entries finds the channel by the unguessable part of its address.
	Entries = Use{"entries", "a webhook's or a chat window's address tells the channel; what verifies the signature comes with it, sealed", []Need{
		{Table: "channels", Sees: []string{"team_id", "id", "type", "name", "state", "branch_id", "region_id", "platform_id", "webhook_key", "credentials", "deleted_at"}},
		{Table: "webchats", Sees: []string{"team_id", "channel_id", "allowed_domains", "title", "greeting", "color", "language", "refuses_blocked"}},
	}}
	// Visitors finds whose a visitor's secret is, and in which teams visitors left or sessions ended.
	Visitors = Use{"visitors", "the secret in a visitor's browser tells the team; those who left without a word are turned offline", []Need{
		{Table: "visitors", Sees: []string{"team_id", "id", "token_hash", "previous_hash", "previous_until", "online_until", "expires_at", "external_id"}},
	}}
	// Files finds an attachment by the key that a platform was given, and the teams whose uploads expired.
	Files = Use{"files", "a platform fetches a file by a key that tells the team; unused uploads are swept", []Need{
		{Table: "attachments", Sees: []string{"team_id", "id", "delivery_key"}},
		{Table: "files", Sees: []string{"team_id", "expires_at"}},
	}}
	// Lanes leases the ways out over all teams in turns.
	Lanes = Use{"lanes", "workers take lanes in turns over the teams; a lane holds numbers and times", []Need{
		{Table: "lanes", Changes: []string{"UPDATE"}},
		{Table: "channels", Sees: []string{"team_id", "id", "state", "deleted_at"}},
		{Table: "teams", Sees: []string{"id", "status"}},
	}}
	// Heads reads how far the teams' logs have come.
	Heads = Use{"heads", "a server asks for the heads of all logs it follows at once, four times a second; the events themselves are read inside their team", []Need{
		{Table: "streams", Sees: []string{"team_id", "seq"}},
	}}
	// Expiry finds the teams in which something is to be deleted, which is then done inside each.
	Expiry = Use{"expiry", "upkeep looks in which teams sessions, links, idempotency keys and pushes are over", []Need{
		{Table: "sessions", Sees: []string{"team_id", "refresh_expires_at"}},
		{Table: "links", Sees: []string{"team_id", "expires_at"}},
		{Table: "idempotency_keys", Sees: []string{"team_id", "created_at"}},
		{Table: "push_deliveries", Sees: []string{"team_id", "created_at"}},
	}}
	// Waiting finds the conversations whose customers have waited so long that it is to be told.
	Waiting = Use{"waiting", "levels of waiting come by time alone: which conversations of which teams reach one is asked for all at once, and told inside their team", []Need{
		{Table: "conversations", Sees: []string{"team_id", "id", "waiting_since", "waiting_level"}},
	}}
	// Due finds the snoozes that are over and the agents who are to be reminded.
	Due = Use{"due", "snoozes end and agents are reminded by time alone: what is due in which teams is asked for all at once, and done inside their team", []Need{
		{Table: "reminders", Sees: []string{"team_id", "id", "conversation_id", "due_at"}},
	}}
	// Indexing finds messages that are not in the search index.
	Indexing = Use{"indexing", "messages from before the index are put in, by number; their texts are read inside their team", []Need{
		{Table: "messages", Sees: []string{"team_id", "id"}},
		{Table: "search_messages", Sees: []string{"team_id", "message_id"}},
		{Table: "search_progress", Changes: []string{"INSERT", "UPDATE"}},
	}}
)

// Uses lists them all. The job queue's own tables are the only other thing that the role sees: see DB.Queue.
func Uses() []Use {
	return []Use{Teams, SignIn, Entries, Visitors, Files, Lanes, Heads, Expiry, Waiting, Due, Indexing}
}

// Across is the way to the rows of all teams, for one use. Queries have ? marks. On SQLite, which has no roles, it is the database.
type Across struct {
	db  *DB
	use Use
}

// Across opens the way. It is the only one: the role of the other transactions sees nothing without a team.
func (db *DB) Across(u Use) Across { return Across{db, u} }

// Find reads one row into the pointers and says whether there is one.
func (a Across) Find(ctx context.Context, q string, args []any, into ...any) (bool, error) {
	err := a.db.acrossRead.QueryRowContext(ctx, a.db.Rebind(q), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, outage(ctx, err)
}

// Query runs a query. The rows are closed by the caller.
func (a Across) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	rows, err := a.db.acrossRead.QueryContext(ctx, a.db.Rebind(q), args...)
	return rows, outage(ctx, err)
}

// Teams runs a query for teams' ids and gives each once, in order.
func (a Across) Teams(ctx context.Context, q string, args ...any) ([]int64, error) {
	rows, err := a.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), outage(ctx, rows.Err())
}

// Change runs a statement that changes rows and gives them (RETURNING). The rows are closed by the caller.
func (a Across) Change(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	rows, err := a.db.acrossWrite.QueryContext(ctx, a.db.Rebind(q), args...)
	return rows, outage(ctx, err)
}

// Exec runs a statement and gives the number of rows it touched.
func (a Across) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	r, err := a.db.acrossWrite.ExecContext(ctx, a.db.Rebind(q), args...)
	if err != nil {
		return 0, outage(ctx, err)
	}
	return r.RowsAffected()
}

// Queue is the pool on which the job queue keeps its own tables, in which every job names its team. On PostgreSQL it is the role of the
// uses.
func (db *DB) Queue() *sql.DB { return db.acrossWrite }
