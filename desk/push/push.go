// Package push tells agents what they are told while they have no connection open (RT-9): by Web Push (RFC 8030, 8291, 8292) to the browsers
// that they registered, and by the team's own signed webhook for native apps.
//
// A notice that is written puts a delivery for each device and a task for it into its own transaction (TakeIn), so that none is lost and each is sent
// once. The task looks again: what was read, may be seen no longer or is of somebody who has a connection, has signed out or was deactivated is
// not sent. What fails for now is tried again after a while, or when the receiver says.
package push

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// lasts is how long a notice is worth being pushed, from when it was written.
	lasts = 24 * time.Hour
	// maxTries is how often a push is tried.
	maxTries = 8
	// secondLook is after how long a notice of an agent with a connection is looked at again: a connection that died without a word is known to be dead by
	// then (RT-6).
	secondLook = 45 * time.Second
	// Kept is how long what became of pushes is kept.
	Kept = 7 * 24 * time.Hour
	// maxDevices is how many devices an agent has; the one that was registered longest ago makes way for another.
	maxDevices = 10
)

// Queue takes tasks in.
type Queue interface {
	EnqueueIn(ctx context.Context, tx *store.Tx, t job.Task) error
}

// Client calls push services and webhooks. It must refuse addresses that may not be called.
type Client interface {
	Do(r *http.Request) (*http.Response, error)
}

// Config is what pushes need. All but Key, Contact and Log must be given.
type Config struct {
	DB     *store.DB
	Keys   *seal.Keyring
	Random *random.Source
	Queue  Queue
	Client Client
	// Check says whether an address that somebody gives may be called.
	Check func(ctx context.Context, address string) error
	// IsConnected says whether an agent has a live connection, on any server.
	IsConnected func(ctx context.Context, team, agent int64) (bool, error)
	// Key is the private key by which push services know this server, in base64url. Where it is empty each team has one of its own, made once.
	Key seal.Secret
	// Contact is whom push services write to: an https address or a mail address.
	Contact string
	Log     *slog.Logger
}

// Service pushes. It is safe for concurrent use.
type Service struct {
	Config
	own *pair // of the setting; nil where each team has its own
}

// pair is a pair of keys of P-256.
type pair struct {
	public  string
	private seal.Secret
}

// New makes the service. The error is about the key and does not repeat it.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c}
	if !c.Key.IsEmpty() {
		own, err := ReadKey(c.Key)
		if err != nil {
			return nil, err
		}
		s.own = &own
	}
	return s, nil
}

// ReadKey reads a private key, 32 bytes in base64url, and finds the public one that belongs to it.
func ReadKey(private seal.Secret) (pair, error) {
	wrong := errors.New("VAPID_PRIVATE_KEY must be a private key of P-256, 32 bytes in base64url")
	raw, err := decode(strings.TrimSpace(private.Reveal()))
	if err != nil {
		return pair{}, wrong
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return pair{}, wrong
	}
	return pair{public: encode(key.PublicKey().Bytes()), private: seal.Hide(encode(raw))}, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode reads base64url, with or without what fills it up.
func decode(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// The places for which secrets are sealed: they open nowhere else.
func keyPlace(team int64) string     { return "push-key:" + strconv.FormatInt(team, 10) }
func webhookPlace(team int64) string { return "push-webhook:" + strconv.FormatInt(team, 10) }
func devicePlace(team int64, hash string) string {
	return "push-device:" + strconv.FormatInt(team, 10) + ":" + hash
}

// onlyAgents refuses integrations, which are told nothing.
func onlyAgents(p auth.Principal) error {
	if p.AgentID == 0 {
		return fault.New(fault.Forbidden, "an integration is told nothing").WithCode("FORBIDDEN", nil)
	}
	return nil
}

// PublicKey gives the key with which a browser of the team's subscribes. It is made the first time where the setting gives none. Faults: Forbidden for
// an integration.
func (s *Service) PublicKey(ctx context.Context, p auth.Principal) (string, error) {
	if err := onlyAgents(p); err != nil {
		return "", err
	}
	if s.own != nil {
		return s.own.public, nil
	}
	x, err := s.kept(ctx, p.TeamID)
	if err != nil {
		return "", err
	}
	return x.PublicKey, nil
}

// keys gives the pair of keys with which a team's pushes are signed.
func (s *Service) keys(ctx context.Context, team int64) (pair, error) {
	if s.own != nil {
		return *s.own, nil
	}
	x, err := s.kept(ctx, team)
	if err != nil {
		return pair{}, err
	}
	private, err := s.Keys.Open(x.PrivateKey, keyPlace(team))
	if err != nil {
		return pair{}, fault.Wrap(err, fault.Internal, "the key of pushes cannot be opened")
	}
	return pair{public: x.PublicKey, private: seal.Hide(string(private))}, nil
}

// kept gives a team's own pair of keys, and makes it where there is none. Of two who make one at once the database keeps one.
func (s *Service) kept(ctx context.Context, team int64) (*ent.PushKey, error) {
	var x *ent.PushKey
	find := func(ctx context.Context, v *store.View) (err error) {
		x, err = v.PushKey.Query().Only(ctx)
		if ent.IsNotFound(err) {
			x, err = nil, nil
		}
		return err
	}
	if err := s.DB.Read(ctx, team, find); err != nil {
		return nil, fmt.Errorf("read the keys of pushes: %w", err)
	}
	if x == nil {
		private, public, err := webpush.GenerateVAPIDKeys()
		if err != nil {
			return nil, fmt.Errorf("make the keys of pushes: %w", err)
		}
		if _, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			sealed := s.Keys.Seal([]byte(private), keyPlace(team))
			if _, err := tx.Exec(ctx, "INSERT INTO push_keys (team_id, public_key, private_key, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (team_id) DO NOTHING",
				team, public, sealed, tx.Now); err != nil {
				return err
			}
			return find(ctx, &tx.View)
		}); err != nil {
			return nil, fmt.Errorf("keep the keys of pushes: %w", err)
		}
	}
	return x, nil
}

// Purge deletes what became of pushes longer ago than Kept, of all teams, and gives how many rows that were.
func (s *Service) Purge(ctx context.Context) (int64, error) {
	old := s.DB.Clock().Now().Add(-Kept)
	teams, err := s.DB.Across(store.Expiry).Teams(ctx, "SELECT DISTINCT team_id FROM push_deliveries WHERE created_at < ?", old)
	if err != nil {
		return 0, err
	}
	var n int64
	for _, team := range teams {
		var gone int64
		if _, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
			gone, err = tx.Exec(ctx, "DELETE FROM push_deliveries WHERE team_id = ? AND created_at < ?", team, old)
			return err
		}); err != nil {
			return n, err
		}
		n += gone
	}
	return n, nil
}
