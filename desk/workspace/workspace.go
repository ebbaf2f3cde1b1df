// Package workspace is the team and its members: how a team begins, who belongs to it and what each may do, how one signs in, the
// integrations that act in a member's place, and what members are told.
//
// Every secret that this package gives out is 256 random bits behind a readable prefix, shown once, and kept as SHA-256 only: swa_ access
// tokens, swr_ refresh tokens, swt_ API tokens, swl_ single-use links.
package workspace

import (
	"context"
	"log/slog"
	"maps"
	"runtime"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Release gives back what an agent was working on when it is deactivated: conversations it follows alone are pending again (COLL-17). It
// runs in the transaction that deactivates the agent, or gives it another role, and gives how many conversations that were.
type Release func(ctx context.Context, tx *store.Tx, agentID int64, by event.Actor) (int, error)

// Config is what the workspace needs. DB, Random, Attempts, Release and ReleaseGroups must be given.
type Config struct {
	DB     *store.DB
	Random *random.Source
	// Attempts counts failed sign-ins and integrations' requests: in this process, or for all servers together.
	Attempts attempt.Counter
	// Mailer sends links to their people. Nil is a team without mail: its ADMINs make links and hand them over.
	Mailer Mailer
	// LinkURL is the page that links open; the token stands behind its #, which browsers send to nobody.
	LinkURL string
	Release Release
	// ReleaseGroups is Release for groups alone: the agent's new role does not work with them (GRP-1).
	ReleaseGroups Release
	// PasswordCost is what a guess costs; the zero value is DefaultPasswordCost.
	PasswordCost PasswordCost
	// Connections are the server's limits of live connections, which a team's own are below.
	Connections auth.Connections
	Log         *slog.Logger
}

// Service is the workspace. It is safe for concurrent use.
type Service struct {
	db          *store.DB
	random      *random.Source
	attempts    attempt.Counter
	mailer      Mailer
	linkURL     string
	release     Release
	passwords   *passwords
	access      *accessCache
	post        chan letter
	connections auth.Connections
	log         *slog.Logger

	releaseGroups Release
}

// New makes the workspace. What is to be mailed waits until Run is called.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.PasswordCost == (PasswordCost{}) {
		c.PasswordCost = DefaultPasswordCost
	}
	return &Service{
		db: c.DB, random: c.Random, attempts: c.Attempts, mailer: c.Mailer, linkURL: c.LinkURL, release: c.Release, releaseGroups: c.ReleaseGroups, log: c.Log,
		passwords: newPasswords(c.PasswordCost, c.Random, runtime.GOMAXPROCS(0)), access: newAccessCache(), post: make(chan letter, postRoom),
		connections: c.Connections,
	}
}

// caused fills in who caused an event and in which request.
func caused(ctx context.Context, by event.Actor, e event.Event) event.Event {
	e.Actor, e.RequestID = by, event.Request(ctx)
	return e
}

// rightsChanged tells live streams and this server's cache that the rights of a subject (auth.Principal.Subject; 0 for everybody) are others
// now, and lets every server read them afresh.
func (s *Service) rightsChanged(ctx context.Context, tx *store.Tx, by event.Actor, subject int64, version int) {
	tx.Emit(caused(ctx, by, event.Event{Kind: event.AuthChanged, ObjectID: max(subject, -subject), ObjectVersion: version, AgentID: subject}))
	tx.AfterCommit(s.access.forget)
}

// requireRead refuses integrations without the scope to read the workspace.
func requireRead(p auth.Principal) error {
	return p.Need(auth.ReadWorkspace)
}

func forbidden(text string) error {
	return fault.New(fault.Forbidden, "%s", text).WithCode("FORBIDDEN", nil)
}

// Purge deletes what no longer works and is not needed to recognise its misuse: sessions and links of all teams that expired, and idempotency keys that are too
// old. It gives how many rows that were.
func (s *Service) Purge(ctx context.Context) (int64, error) {
	n, err := idempotency.Purge(ctx, s.db)
	if err != nil {
		return n, err
	}
	now := s.db.Clock().Now()
	over := map[string]string{"sessions": "refresh_expires_at", "links": "expires_at"}
	for _, table := range slices.Sorted(maps.Keys(over)) {
		is := over[table] + " < ?"
		teams, err := s.db.Across(store.Expiry).Teams(ctx, "SELECT DISTINCT team_id FROM "+table+" WHERE "+is, now)
		if err != nil {
			return n, err
		}
		for _, team := range teams {
			var gone int64
			if _, err := s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
				gone, err = tx.Exec(ctx, "DELETE FROM "+table+" WHERE team_id = ? AND "+is, tx.Team, now)
				return err
			}); err != nil {
				return n, err
			}
			n += gone
		}
	}
	return n, nil
}
