package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
)

// The second wall stands on PostgreSQL: row-level security. Its policies are in the migrations; here is who works before them. Two roles
// that cannot sign in and own nothing are named after the role that owns the tables, so that two installations on one cluster, each with its
// owner, share none:
//
//   - owner_team: every transaction of a team. It sees and writes the rows of the team that the transaction named.
//   - owner_across: what cannot know the team. It sees the columns that Uses say, of all teams.
//
// Whatever role DATABASE_URL names, the connections of the serving pools begin as one of these two. The owner itself is held by the same
// policies, as they are forced; a policy of its own, "keeper", opens everything to it where a session says so (app.across = on), as migrations
// and backups do.

var errNotMigrated = errors.New("the database is not at this version: run `switchyard migrate` first")

type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type querier interface {
	rower
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// behindViews are the tables that a team's transactions reach through a view alone: PostgreSQL does not use an index for a condition that
// may leak what a policy would hide, and the one on grams is such. What a table is, and what its view is called.
var behindViews = map[string]string{"search_messages": "team_search_messages", "search_names": "team_search_names"}

// columns are those of the views, which hold the policies' condition without being barriers, and check what is written by it. The + 0 keeps
// the planner from joining the index of grams with the primary key, which holds all the team's.
var columns = map[string]string{"search_messages": "team_id, message_id, conversation_id, at, grams", "search_names": "kind, id, team_id, grams"}

// verbs are what a team's transactions may do with a table, where that is less than everything.
var verbs = map[string]string{
	"teams":   "SELECT, INSERT, UPDATE", // INSERT: a team is made in a transaction that is its own already
	"streams": "SELECT, INSERT, UPDATE",
	"events":  "SELECT, INSERT, DELETE", // what happened does not change; it is deleted when it is old
	theQueue:  "SELECT, INSERT, UPDATE", // UPDATE: a job that waits already is not written twice
}

// theQueue is the queue's table of jobs. It has no column for the team, which stands in the arguments; they hold ids and enums. A team's
// transactions write jobs of their team; the queue's own work, which is done for all teams in turn, does not look at whose a job is.
const theQueue = "river_job"

// catalogue is what the database says of itself.
type catalogue struct {
	roles
	schema string
	// owned are the tables of teams, by name: whether row-level security is on, and whether for the owner too.
	owned    map[string][2]bool
	mine     []string // all tables and views of the schema that are ours
	queue    []string // tables and
	counters []string // sequences of the job queue
	policies map[string]string
	views    map[string]bool     // those that hold the condition
	sees     map[string][]string // by table, the columns that the role of the uses may read
}

// isOwn leaves out what an extension keeps in the schema of our tables, and isOurs what somebody else does too, on which our roles have rights that
// are not ours to take.
const (
	isOwn  = `NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`
	isOurs = isOwn + ` AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('teams'))`
)

func readCatalogue(ctx context.Context, q querier, r roles) (catalogue, error) {
	c := catalogue{roles: r, owned: map[string][2]bool{}, policies: map[string]string{}, views: map[string]bool{}, sees: map[string][]string{}}
	if err := q.QueryRowContext(ctx, "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('teams')").Scan(&c.schema); err != nil {
		return c, err
	}
	err := each(ctx, q, `SELECT c.relname, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity,
		c.relname = 'teams' OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped), `+isOurs+`
		FROM pg_class c WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('teams')) AND c.relkind IN ('r', 'p', 'v', 'S') AND `+isOwn+` ORDER BY 1`,
		func(rows *sql.Rows) error {
			var name, kind string
			var on, forced, isOwned, isOurs bool
			if err := rows.Scan(&name, &kind, &on, &forced, &isOwned, &isOurs); err != nil {
				return err
			}
			if kind != "S" && isOurs {
				c.mine = append(c.mine, name)
			}
			switch {
			case kind == "v":
			case kind == "S" && strings.HasPrefix(name, "river_"):
				c.counters = append(c.counters, name)
			case kind == "S":
			case isOwned, name == theQueue:
				c.owned[name] = [2]bool{on, forced}
			}
			if kind != "S" && kind != "v" && strings.HasPrefix(name, "river_") {
				c.queue = append(c.queue, name)
			}
			return nil
		})
	if err != nil {
		return c, err
	}
	err = each(ctx, q, `SELECT tablename, policyname, permissive, cmd, array_to_string(roles, ','), coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies WHERE schemaname = $1`,
		func(rows *sql.Rows) error {
			var table, name, permissive, cmd, to, qual, check string
			if err := rows.Scan(&table, &name, &permissive, &cmd, &to, &qual, &check); err != nil {
				return err
			}
			c.policies[table+"."+name] = policy{permissive == "PERMISSIVE", cmd, to, holds(qual), holds(check)}.String()
			return nil
		}, c.schema)
	if err != nil {
		return c, err
	}
	err = each(ctx, q, `SELECT viewname, definition FROM pg_views WHERE schemaname = $1`, func(rows *sql.Rows) error {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return err
		}
		c.views[name] = strings.Contains(definition, "current_setting('app.team'")
		return nil
	}, c.schema)
	if err != nil {
		return c, err
	}
	err = each(ctx, q, `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_roles r ON r.rolname = $2 WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v') AND `+isOurs+` AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT') ORDER BY 1, 2`,
		func(rows *sql.Rows) error {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			c.sees[table] = append(c.sees[table], column)
			return nil
		}, c.schema, r.across)
	return c, err
}

func each(ctx context.Context, q querier, query string, f func(*sql.Rows) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// policy is one as it is compared: the condition by what it hangs on.
type policy struct {
	isPermissive bool
	cmd, to      string
	qual, check  string
}

func (p policy) String() string {
	kind := "restrictive"
	if p.isPermissive {
		kind = "permissive"
	}
	return strings.Join([]string{kind, "for " + p.cmd, "to " + p.to, "using " + p.qual, "check " + p.check}, ", ")
}

// holds names the condition of a policy.
func holds(condition string) string {
	switch {
	case condition == "":
		return "nothing"
	case condition == "true":
		return "true"
	case strings.Contains(condition, "current_setting('app.team'") && !strings.Contains(strings.ToUpper(condition), " OR "):
		return "the team"
	case strings.Contains(condition, "current_setting('app.across'"):
		return "app.across"
	}
	return condition
}

// allows gives what the role of the uses must be able to do, by table: the columns it reads (nil: all) and the verbs beside.
func allows() map[string]Need {
	all := map[string]Need{}
	for _, u := range Uses() {
		for _, n := range u.Needs {
			was, known := all[n.Table]
			isWhole := known && was.Sees == nil || n.Sees == nil
			n.Sees = slices.Compact(slices.Sorted(slices.Values(slices.Concat(was.Sees, n.Sees))))
			if isWhole {
				n.Sees = nil
			}
			n.Changes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(was.Changes, n.Changes))))
			all[n.Table] = n
		}
	}
	return all
}

// wanted gives the policies as they should be, by table and name.
func (c catalogue) wanted() map[string]string {
	uses := allows()
	w := map[string]string{}
	for table := range c.owned {
		w[table+".team"] = policy{true, "ALL", "public", "the team", "the team"}.String()
		w[table+".keeper"] = policy{true, "ALL", c.owner, "app.across", "app.across"}.String()
		if _, ok := behindViews[table]; ok {
			w[table+".grams"] = policy{true, "SELECT", c.owner, "true", "nothing"}.String()
		}
		if n, ok := uses[table]; ok || table == theQueue {
			itself := "(CURRENT_USER = " + pq.QuoteLiteral(c.across) + "::name)"
			if table == theQueue {
				itself = "true"
			}
			p := policy{true, "SELECT", c.across, itself, "nothing"}
			if table == theQueue || len(n.Changes) > 0 {
				p.cmd, p.check = "ALL", itself
			}
			w[table+".across"] = p.String()
		}
	}
	return w
}

// faults says, in words for an operator, where the wall is not as it should be. Of a newer database it is known only that a team's rows are its own:
// what the uses of that version read is for that version to judge.
func (c catalogue) faults(isNewer bool) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, table := range slices.Sorted(maps.Keys(c.owned)) {
		if on := c.owned[table]; !on[0] || !on[1] {
			say("the table %s has no row-level security, or not for its owner", table)
		}
	}
	wanted := c.wanted()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if isNewer && !strings.HasSuffix(name, ".team") {
			continue
		}
		if is, ok := c.policies[name]; !ok {
			say("the policy %s is missing", name)
		} else if is != wanted[name] {
			say("the policy %s is %s and should be %s", name, is, wanted[name])
		}
	}
	if isNewer {
		return all
	}
	for _, name := range slices.Sorted(maps.Keys(c.policies)) {
		if table, _, _ := strings.Cut(name, "."); wanted[name] == "" && (c.owned[table] != [2]bool{}) {
			say("the policy %s is not ours; drop it", name)
		}
	}
	for _, view := range slices.Sorted(maps.Values(behindViews)) {
		if !c.views[view] {
			say("the view %s is missing, or shows all teams", view)
		}
	}
	uses := allows()
	for _, table := range slices.Sorted(maps.Keys(uses)) {
		if n := uses[table]; n.Sees != nil {
			if sees := slices.Sorted(slices.Values(c.sees[table])); !slices.Equal(sees, n.Sees) {
				say("the role %s sees of %s the columns (%s) and should see (%s)", c.across, table, strings.Join(sees, ", "), strings.Join(n.Sees, ", "))
			}
		} else if len(c.sees[table]) == 0 {
			say("the role %s does not see %s", c.across, table)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(c.sees)) {
		if _, ok := uses[table]; !ok && !slices.Contains(c.queue, table) {
			say("the role %s sees the table %s, which no use needs", c.across, table)
		}
	}
	return all
}

// statements raise the wall in a transaction.
func (c catalogue) statements() []string {
	team, across, owner := pq.QuoteIdentifier(c.team), pq.QuoteIdentifier(c.across), pq.QuoteIdentifier(c.owner)
	both := team + ", " + across
	in := "SCHEMA " + c.schema // regnamespace has quoted it
	var all []string
	for _, table := range slices.Sorted(maps.Keys(behindViews)) {
		all = append(all, "CREATE OR REPLACE VIEW "+behindViews[table]+" AS SELECT "+columns[table]+" FROM "+table+
			" WHERE team_id + 0 = nullif(current_setting('app.team', true), '')::bigint WITH CASCADED CHECK OPTION")
	}
	all = append(all,
		"REVOKE ALL ON ALL SEQUENCES IN "+in+" FROM "+both,
		"GRANT USAGE ON "+in+" TO "+both,
		"GRANT USAGE ON SEQUENCE teams_id_seq TO "+team)
	for _, name := range c.mine {
		all = append(all, "REVOKE ALL ON "+pq.QuoteIdentifier(name)+" FROM "+both)
	}
	for _, table := range slices.Sorted(maps.Keys(c.owned)) {
		name, may := pq.QuoteIdentifier(table), "SELECT, INSERT, UPDATE, DELETE"
		if less, ok := verbs[table]; ok {
			may = less
		}
		target := name
		if view, ok := behindViews[table]; ok {
			target = pq.QuoteIdentifier(view)
		}
		all = append(all, "GRANT "+may+" ON "+target+" TO "+team,
			"DROP POLICY IF EXISTS keeper ON "+name,
			"CREATE POLICY keeper ON "+name+" TO "+owner+" USING (current_setting('app.across', true) = 'on') WITH CHECK (current_setting('app.across', true) = 'on')",
			"DROP POLICY IF EXISTS across ON "+name)
		if _, ok := behindViews[table]; ok { // the views read as their owner
			all = append(all, "DROP POLICY IF EXISTS grams ON "+name, "CREATE POLICY grams ON "+name+" FOR SELECT TO "+owner+" USING (true)")
		}
		if p, ok := c.wanted()[table+".across"]; ok {
			// The condition leaves out who has what the role has: before version 16 the owner, who is a member of it.
			itself := "(current_user = " + pq.QuoteLiteral(c.across) + ")"
			if table == theQueue {
				// Jobs hold ids alone. The queue looks for them by their state, an enum, and comparing those counts as what might leak: behind any condition but
				// this one its index would not be used.
				itself = "(true)"
			}
			q := "CREATE POLICY across ON " + name + " FOR SELECT TO " + across + " USING " + itself
			if strings.Contains(p, "for ALL") {
				q = "CREATE POLICY across ON " + name + " TO " + across + " USING " + itself + " WITH CHECK " + itself
			}
			all = append(all, q)
		}
	}
	uses := allows()
	for _, table := range slices.Sorted(maps.Keys(uses)) {
		n, may := uses[table], "SELECT"
		if n.Sees != nil {
			may += " (" + strings.Join(n.Sees, ", ") + ")"
		}
		all = append(all, "GRANT "+strings.Join(append([]string{may}, n.Changes...), ", ")+" ON "+pq.QuoteIdentifier(table)+" TO "+across)
	}
	if len(c.queue) > 0 {
		const mine = "((args->>'team')::bigint = nullif(current_setting('app.team', true), '')::bigint)"
		all = append(all, "ALTER TABLE "+theQueue+" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
			"DROP POLICY IF EXISTS team ON "+theQueue,
			"CREATE POLICY team ON "+theQueue+" USING "+mine+" WITH CHECK "+mine,
			"GRANT USAGE ON SEQUENCE river_job_id_seq TO "+team)
		for _, t := range c.queue {
			all = append(all, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+pq.QuoteIdentifier(t)+" TO "+across)
		}
		for _, s := range c.counters {
			all = append(all, "GRANT USAGE ON SEQUENCE "+pq.QuoteIdentifier(s)+" TO "+across)
		}
	}
	return all
}

// Walls is what the second wall is made of, for those who keep copies of a migrated database and must know when it is another.
func Walls() string {
	c := catalogue{roles: roles{"owner", "owner_team", "owner_across"}, schema: "public", owned: map[string][2]bool{theQueue: {}}, queue: []string{theQueue}}
	for table := range allows() {
		c.owned[table] = [2]bool{}
	}
	return strings.Join(c.statements(), "\n")
}

// raise makes the roles where they are missing, and grants them what they need, where that is not as it should be. It is called after the
// migrations, every time: what it makes belongs to the cluster, or names what does, and a restored dump may have come without.
func (db *DB) raise(ctx context.Context) error {
	conn, err := db.login.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, err := findRoles(ctx, conn)
	if err != nil {
		return err
	}
	if err := db.makeRoles(ctx, conn, r); err != nil {
		return fmt.Errorf("make the roles of row-level security: %w", err)
	}
	// Servers at work lock tables in another order than this one does.
	for n := 1; ; n++ {
		err := raiseOnce(ctx, conn, r)
		var p *pq.Error
		isInTheWay := again(err) || errors.As(err, &p) && p.Code == "55P03"
		if !isInTheWay || n == 20 {
			return err
		}
		if err := db.clock.Sleep(ctx, time.Duration(n)*50*time.Millisecond); err != nil {
			return err
		}
	}
}

func raiseOnce(ctx context.Context, conn *sql.Conn, r roles) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Nobody stands in a queue behind this for long.
	if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '3s'"); err != nil {
		return err
	}
	// Several may migrate at once, and one of them raises it.
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7737462101)"); err != nil {
		return err
	}
	c, err := readCatalogue(ctx, tx, r)
	if err != nil {
		return fmt.Errorf("look at row-level security: %w", err)
	}
	if len(c.faults(false)) == 0 {
		return nil
	}
	for _, q := range c.statements() {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("raise row-level security (%s): %w", q, err)
		}
	}
	if c, err = readCatalogue(ctx, tx, r); err != nil {
		return err
	}
	if f := c.faults(false); len(f) > 0 {
		return standing(f)
	}
	return tx.Commit()
}

func standing(faults []string) error {
	return fmt.Errorf("row-level security does not stand as it should, and the server does not work without it: run `switchyard migrate`, or look at\n  %s", strings.Join(faults, "\n  "))
}

// CheckWalls says whether row-level security holds for this server: that its connections work as roles for which it does, and that every
// table has its policies and the roles see no more than they should. On SQLite, which has no such wall, there is nothing to say.
func (db *DB) CheckWalls(ctx context.Context) error {
	if !db.IsPostgres() {
		return nil
	}
	r, err := db.roles(ctx)
	if err != nil {
		return outage(ctx, err)
	}
	var faults []string
	for role, pool := range map[string]*sql.DB{r.team: db.write, r.across: db.acrossWrite} {
		var is string
		var super, bypass, inherits, owns bool
		err := pool.QueryRowContext(ctx, `SELECT current_user, rolsuper, rolbypassrls,
			EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid),
			EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('teams')))
			FROM pg_roles r WHERE rolname = current_user`).Scan(&is, &super, &bypass, &inherits, &owns)
		switch {
		case err != nil:
			return outage(ctx, err)
		case is != role:
			faults = append(faults, fmt.Sprintf("the server works as %q and should as %q", is, role))
		case super || bypass:
			faults = append(faults, fmt.Sprintf("policies do not hold for the role %q: ALTER ROLE %s NOSUPERUSER NOBYPASSRLS", role, pq.QuoteIdentifier(role)))
		}
		if inherits {
			faults = append(faults, fmt.Sprintf("the role %q is a member of another, and has what that has: REVOKE that", role))
		}
		if owns {
			faults = append(faults, fmt.Sprintf("the role %q owns tables: ALTER TABLE … OWNER TO %s", role, pq.QuoteIdentifier(r.owner)))
		}
	}
	c, err := readCatalogue(ctx, db.login, r)
	if err != nil {
		return outage(ctx, err)
	}
	at, want, err := db.versions(ctx)
	if err != nil {
		return err
	}
	if faults = append(faults, c.faults(at > want)...); len(faults) > 0 {
		slices.Sort(faults)
		return standing(faults)
	}
	return nil
}
