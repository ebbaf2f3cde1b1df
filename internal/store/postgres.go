package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"time"

	"entgo.io/ent/dialect"
	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/internal/store/stmtcache"
)

// statements is how many prepared statements a connection to PostgreSQL keeps.
const statements = 256

func (db *DB) openPostgres(c Config) error {
	db.dialect = dialect.Postgres
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("DATABASE_URL must look like postgres://user:password@host:5432/name")
	}
	config, err := pq.NewConfig(c.URL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	login, err := pq.NewConnectorConfig(with(config, "app.across", "on"))
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	most := c.MaxConns
	if most <= 0 {
		most = 20
	}
	// A quarter is for what goes over all teams: leases, look-ups, jobs. They are short, and one that is not must not stop the others.
	across := max(2, most/4)
	db.write = pool(&becoming{db: db, config: config, role: func(r roles) string { return r.team }}, max(1, most-across))
	db.read = db.write
	db.acrossWrite = pool(&becoming{db: db, config: config, role: func(r roles) string { return r.across }}, across)
	db.acrossRead = db.acrossWrite
	db.login = pool(login, 4)
	db.login.SetMaxIdleConns(1)
	db.login.SetConnMaxIdleTime(5 * time.Second)
	return nil
}

func pool(c driver.Connector, most int) *sql.DB {
	p := sql.OpenDB(stmtcache.New(c, statements))
	p.SetMaxOpenConns(most)
	p.SetMaxIdleConns(most)
	p.SetConnMaxIdleTime(5 * time.Minute)
	return p
}

// with is a configuration whose sessions begin with a parameter.
func with(c pq.Config, name, value string) pq.Config {
	c = c.Clone()
	if c.Runtime == nil {
		c.Runtime = map[string]string{}
	}
	c.Runtime[name] = value
	return c
}

// becoming connects as the role that DATABASE_URL names and becomes another with the first message, so that there is no moment in which a
// connection has more rights, and no trip for it. RESET ROLE leads back to that role too.
type becoming struct {
	db     *DB
	config pq.Config
	role   func(roles) string
}

// Connect implements driver.Connector.
func (b *becoming) Connect(ctx context.Context) (driver.Conn, error) {
	r, err := b.db.roles(ctx)
	if err != nil {
		return nil, err
	}
	role := b.role(r)
	c, err := pq.NewConnectorConfig(with(b.config, "role", role))
	if err != nil {
		return nil, err
	}
	conn, err := c.Connect(ctx)
	var p *pq.Error
	if errors.As(err, &p) && (p.Code == "22023" || p.Code == "42501" || p.Code == "42704") {
		both := pq.QuoteIdentifier(r.team) + ", " + pq.QuoteIdentifier(r.across)
		return nil, fmt.Errorf("the role of DATABASE_URL cannot become %q, as which the server works so that row-level security holds: run `switchyard migrate` as %q, or GRANT %s TO the role of DATABASE_URL (%w)",
			role, r.owner, both, err)
	}
	return conn, err
}

// Driver implements driver.Connector.
func (b *becoming) Driver() driver.Driver { return &pq.Driver{} }
