// Package config reads what an operator sets by environment, in one documented table, and says everything that is wrong with it at once.
package config

import (
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// Config is how a server is set up. The field tags are the table of docs/operations.md.
type Config struct {
	Host      string `env:"HOST" doc:"The address to listen at; empty is every address of the machine."`
	Port      int    `env:"PORT" envDefault:"8080" doc:"The port to listen at."`
	PublicURL string `env:"PUBLIC_URL" doc:"Where platforms and browsers reach the server, as https://chat.example.com; http://localhost:PORT where empty."`
	DataDir   string `env:"DATA_DIR" envDefault:"data" doc:"The folder of the embedded database and of the key made for it."`

	FilesURL       string `env:"FILES_URL" doc:"Where files are kept: a bucket of an S3-compatible store, as s3://bucket/prefix?endpoint=https://s3.example.com&region=name (without an endpoint it is Amazon's); empty is the folder files in DATA_DIR, for one server alone or a folder that all servers share."`
	S3AccessKey    string `env:"S3_ACCESS_KEY" doc:"The access key to the store of FILES_URL."`
	S3SecretKey    string `env:"S3_SECRET_KEY" doc:"The secret key to the store of FILES_URL."`
	UploadMaxBytes int64  `env:"UPLOAD_MAX_BYTES" envDefault:"104857600" doc:"The largest file that is kept, in bytes: an upload or what a customer sends."`

	DatabaseURL string `env:"DATABASE_URL" doc:"PostgreSQL, as postgres://user:password@host:5432/name; empty is the embedded SQLite in DATA_DIR."`
	DatabaseMax int    `env:"DATABASE_MAX_CONNS" envDefault:"20" doc:"Connections to PostgreSQL, at the most."`
	// DatabaseWait is for a start alone: a server that runs waits for its database for ever.
	DatabaseWait time.Duration `env:"DATABASE_WAIT" envDefault:"5m" doc:"How long a server that starts waits for a PostgreSQL that does not answer, alive and not ready, before it gives up; 0 gives up at once."`
	RedisURL     string        `env:"REDIS_URL" doc:"Redis, as redis://:password@host:6379/0; empty is the bus within the process, for one server alone."`
	SecretKey    string        `env:"SECRET_KEY" doc:"Seals the channels' credentials: 32 random bytes in hexadecimal or base64 (openssl rand -hex 32). Older keys may follow, separated by commas: they open and no longer seal. With the embedded database one is made where it is empty; with PostgreSQL it must be set."`

	SpoolDir      string `env:"SPOOL_DIR" doc:"A folder on a durable disk of this server's own, where webhooks wait while the database is away; empty answers them 503, and the platform must send them again."`
	SpoolMaxBytes int64  `env:"SPOOL_MAX_BYTES" envDefault:"1073741824" doc:"The most that may wait there, in bytes; beyond it webhooks are answered 503."`

	AllowedOrigins []string `env:"ALLOWED_ORIGINS" doc:"Origins of web apps that may call the API from a browser, separated by commas, as https://desk.example.com. The server's own is always allowed."`
	TrustedProxies []string `env:"TRUSTED_PROXIES" doc:"Addresses (CIDR) of proxies whose X-Forwarded-For is believed, separated by commas."`
	EgressAllow    []string `env:"EGRESS_ALLOW" doc:"Private addresses (address, CIDR or host, with or without a port) the server may call all the same, separated by commas."`
	LineAPIURL     string   `env:"LINE_API_URL" doc:"LINE's API host; empty is LINE's own."`
	LineDataURL    string   `env:"LINE_DATA_URL" doc:"LINE's host of contents; empty is LINE's own."`

	SMTPURL  string `env:"SMTP_URL" doc:"Mail for invitations, password links and exports, as smtp://user:password@host:587 (STARTTLS is demanded) or smtps://user:password@host:465; empty gives the links to administrators, and refuses exports by mail."`
	MailFrom string `env:"MAIL_FROM" doc:"The sender of mail."`

	VAPIDKey     string `env:"VAPID_PRIVATE_KEY" doc:"The private key by which push services know this server: 32 bytes in base64url; empty has one made for each team, kept sealed with SECRET_KEY. Browsers subscribe for a key: with another they must subscribe again."`
	VAPIDContact string `env:"VAPID_CONTACT" doc:"Whom push services write to when something is wrong with the pushes, as https://example.com or ops@example.com; empty is PUBLIC_URL where that is https, else MAIL_FROM."`

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"INFO" doc:"DEBUG, INFO, WARN or ERROR."`
	LogFormat string     `env:"LOG_FORMAT" envDefault:"text" doc:"text or json."`

	TraceURL     string            `env:"OTEL_EXPORTER_OTLP_ENDPOINT" doc:"An OpenTelemetry collector that takes traces as OTLP over HTTP, as http://collector:4318; empty records none."`
	TraceHeaders map[string]string `env:"OTEL_EXPORTER_OTLP_HEADERS" envKeyValSeparator:"=" doc:"Headers for the collector, as name=value, separated by commas."`
	TraceRatio   float64           `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"1" doc:"The part of the traces that is recorded, 0 to 1."`

	SessionsPerAgent int           `env:"SESSIONS_PER_AGENT" envDefault:"10" doc:"Live connections an agent may have, over all servers; over it the longest idle is closed. A team may set fewer."`
	SessionsPerTeam  int           `env:"SESSIONS_PER_TEAM" envDefault:"2000" doc:"Live connections a team may have, over all servers; over it the longest idle is closed. A team may set fewer."`
	SessionsPerPlace int           `env:"SESSIONS_PER_ADDRESS" envDefault:"10000" doc:"Live connections that a server takes from one address; more are refused. An office, or a proxy that is not in TRUSTED_PROXIES, is one address."`
	AnonymousPlace   int           `env:"ANONYMOUS_SESSIONS_PER_ADDRESS" envDefault:"20" doc:"Of them those of people who are not signed in."`
	AgentCostBurst   int           `env:"AGENT_COST_BURST" envDefault:"5000" doc:"Cost that an agent, or an integration, may ask for at once (extensions.cost of an answer)."`
	AgentCostRate    int           `env:"AGENT_COST_PER_SECOND" envDefault:"250" doc:"Cost that an agent may ask for per second over time."`
	TeamCostBurst    int           `env:"TEAM_COST_BURST" envDefault:"100000" doc:"Cost that a team may ask for at once."`
	TeamCostRate     int           `env:"TEAM_COST_PER_SECOND" envDefault:"5000" doc:"Cost that a team may ask for per second over time."`
	AddressCostBurst int           `env:"ADDRESS_COST_BURST" envDefault:"200" doc:"Cost that those who are not signed in may ask for at once from one address."`
	AddressCostRate  int           `env:"ADDRESS_COST_PER_SECOND" envDefault:"10" doc:"Cost that those who are not signed in may ask for per second from one address."`
	TrustedDocuments string        `env:"TRUSTED_DOCUMENTS" doc:"A JSON file of the only GraphQL documents that agents may use, as {\"<sha256>\": \"<text>\"} or a persisted-query manifest; empty lets every document in. Integrations write their own."`
	IdleTimeout      time.Duration `env:"IDLE_TIMEOUT" envDefault:"30m" doc:"After how long without an action a live connection is closed; the client is told a minute before. A team may set a shorter time."`
	Workers          int           `env:"WORKERS" envDefault:"16" doc:"Outbound conversations a server works on at once."`
}

// Setting is a row of the table of settings.
type Setting struct{ Name, Default, Doc string }

// Settings is the table of settings, in order.
func Settings() []Setting {
	t := reflect.TypeFor[Config]()
	all := make([]Setting, t.NumField())
	for i := range all {
		tag := t.Field(i).Tag
		all[i] = Setting{Name: tag.Get("env"), Default: tag.Get("envDefault"), Doc: tag.Get("doc")}
	}
	return all
}

// Read reads the settings from environment, a list of NAME=value as os.Environ gives it. The error names everything that is wrong.
func Read(environment []string) (Config, error) {
	var c Config
	var errs []error
	if err := env.ParseWithOptions(&c, env.Options{Environment: env.ToMap(environment)}); err != nil {
		var all env.AggregateError
		if errors.As(err, &all) {
			for _, one := range all.Errors {
				errs = append(errs, plain(one))
			}
		} else {
			errs = append(errs, err)
		}
	}
	errs = append(errs, c.check()...)
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("the settings are not right:\n%w", err)
	}
	if c.PublicURL == "" {
		c.PublicURL = fmt.Sprintf("http://localhost:%d", c.Port)
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return c, nil
}

// plain says what a value that cannot be read should look like, by the setting's own name. The value itself is not repeated.
func plain(err error) error {
	var wrong env.ParseError
	if !errors.As(err, &wrong) {
		return err
	}
	f, ok := reflect.TypeFor[Config]().FieldByName(wrong.Name)
	if !ok {
		return err
	}
	forms := map[string]string{"int": "a whole number, as 8080", "int64": "a whole number, as 104857600", "time.Duration": "a duration, as 30m", "float64": "a number, as 0.1", "map[string]string": "name=value, separated by commas", "slog.Level": "DEBUG, INFO, WARN or ERROR"}
	return fmt.Errorf("%s must be %s", f.Tag.Get("env"), forms[f.Type.String()])
}

func (c *Config) check() []error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Port < 0 || c.Port > 65535 {
		wrong("PORT must be 0 to 65535")
	}
	address := func(name, value string, schemes ...string) {
		if value == "" {
			return
		}
		u, err := url.Parse(value)
		if err == nil && u.Host != "" {
			for _, s := range schemes {
				if u.Scheme == s {
					return
				}
			}
		}
		// The value may hold a password: it is not repeated.
		wrong("%s must be an address that begins with %s://", name, strings.Join(schemes, ":// or "))
	}
	address("PUBLIC_URL", c.PublicURL, "https", "http")
	address("DATABASE_URL", c.DatabaseURL, "postgres", "postgresql")
	address("REDIS_URL", c.RedisURL, "redis", "rediss")
	address("LINE_API_URL", c.LineAPIURL, "https", "http")
	address("LINE_DATA_URL", c.LineDataURL, "https", "http")
	address("OTEL_EXPORTER_OTLP_ENDPOINT", c.TraceURL, "https", "http")
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		wrong("OTEL_TRACES_SAMPLER_ARG must be 0 to 1, as 0.1")
	}
	address("SMTP_URL", c.SMTPURL, "smtp", "smtps")
	if c.SMTPURL != "" && !strings.Contains(c.MailFrom, "@") {
		wrong("MAIL_FROM must be an e-mail address where SMTP_URL is set")
	}
	if c.VAPIDKey != "" {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(c.VAPIDKey, "="))
		if err == nil {
			_, err = ecdh.P256().NewPrivateKey(raw)
		}
		if err != nil {
			wrong("VAPID_PRIVATE_KEY must be a private key of P-256: 32 bytes in base64url")
		}
	}
	if c.VAPIDContact != "" && !strings.HasPrefix(c.VAPIDContact, "https://") && !strings.Contains(c.VAPIDContact, "@") {
		wrong("VAPID_CONTACT must be an https address or an e-mail address")
	}
	if c.FilesURL != "" {
		_, wrongs := blob.ParseS3(c.FilesURL, c.S3AccessKey, c.S3SecretKey)
		errs = append(errs, wrongs...)
	}
	if c.SpoolMaxBytes < 1<<20 {
		wrong("SPOOL_MAX_BYTES must be 1048576 (1 MB) or more")
	}
	if c.UploadMaxBytes < 1<<20 || c.UploadMaxBytes > 5<<30 {
		wrong("UPLOAD_MAX_BYTES must be 1048576 (1 MB) to 5368709120 (5 GB)")
	}
	if c.DatabaseURL != "" && c.SecretKey == "" {
		wrong("SECRET_KEY must be set where DATABASE_URL is: every server needs the same one (make it with: openssl rand -hex 32)")
	}
	if c.SecretKey != "" {
		if _, err := seal.NewKeyring(seal.Hide(c.SecretKey), random.New()); err != nil {
			errs = append(errs, err)
		}
	}
	for _, o := range c.AllowedOrigins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" || u.RawQuery != "" {
			wrong("ALLOWED_ORIGINS: %q must look like https://desk.example.com, without a path", o)
		}
	}
	if _, err := c.Proxies(); err != nil {
		errs = append(errs, err)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		wrong("LOG_FORMAT must be text or json")
	}
	for name, n := range map[string]int{"DATABASE_MAX_CONNS": c.DatabaseMax, "SESSIONS_PER_AGENT": c.SessionsPerAgent, "SESSIONS_PER_TEAM": c.SessionsPerTeam,
		"SESSIONS_PER_ADDRESS": c.SessionsPerPlace, "ANONYMOUS_SESSIONS_PER_ADDRESS": c.AnonymousPlace, "WORKERS": c.Workers,
		"AGENT_COST_BURST": c.AgentCostBurst, "AGENT_COST_PER_SECOND": c.AgentCostRate, "TEAM_COST_BURST": c.TeamCostBurst, "TEAM_COST_PER_SECOND": c.TeamCostRate,
		"ADDRESS_COST_BURST": c.AddressCostBurst, "ADDRESS_COST_PER_SECOND": c.AddressCostRate} {
		if n < 1 {
			wrong("%s must be 1 or more", name)
		}
	}
	if c.DatabaseWait < 0 {
		wrong("DATABASE_WAIT must be 0 or more, as 5m")
	}
	if c.IdleTimeout < time.Minute {
		wrong("IDLE_TIMEOUT must be a minute or more, as 30m")
	}
	return errs
}

// Proxies are the address ranges of TRUSTED_PROXIES.
func (c *Config) Proxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, s := range c.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("TRUSTED_PROXIES: %q is neither an address nor a range such as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p)
	}
	return all, nil
}

// Address is where the server listens.
func (c *Config) Address() string { return net.JoinHostPort(c.Host, fmt.Sprint(c.Port)) }
