package push

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"

	"entgo.io/ent/dialect/sql"
	"github.com/SherClockHolmes/webpush-go"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushsubscription"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/session"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	maxEndpoint  = 2000 // bytes
	maxUserAgent = 200  // characters
	authLen      = 16   // bytes of a browser's secret (RFC 8291)
)

// DeviceInput is what a browser's PushSubscription says of itself.
type DeviceInput struct {
	Endpoint  string
	P256dh    string
	Auth      string
	UserAgent string
}

// check reads the input; the error is a fault of kind Invalid.
func (in DeviceInput) check() (*url.URL, error) {
	u, err := url.Parse(in.Endpoint)
	if err != nil || u.Host == "" || len(in.Endpoint) > maxEndpoint {
		return nil, fault.Input("endpoint", "an endpoint is an https address of at most %d characters", maxEndpoint)
	}
	key, err := decode(in.P256dh)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	if err != nil {
		return nil, fault.Input("p256dh", "p256dh is the browser's public key: a point of P-256 in base64url")
	}
	if b, err := decode(in.Auth); err != nil || len(b) != authLen {
		return nil, fault.Input("auth", "auth is the browser's secret: %d bytes in base64url", authLen)
	}
	return u, nil
}

// Register keeps a browser that is to be pushed to while its agent has no connection open (RT-9). The same browser again takes the place of what it was,
// also when it was another agent's: whoever signed in there last is told. An agent has ten; one more takes the place of the one that was registered
// longest ago. It ends with the sign-in it was registered under. Faults: Forbidden for an integration; Invalid, also for an address that may not
// be called.
func (s *Service) Register(ctx context.Context, p auth.Principal, in DeviceInput) (*ent.PushSubscription, event.Cursor, error) {
	if err := onlyAgents(p); err != nil {
		return nil, event.Cursor{}, err
	}
	u, err := in.check()
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if err := s.Check(ctx, in.Endpoint); err != nil {
		return nil, event.Cursor{}, fault.Input("endpoint", "an endpoint is an https address of a public host")
	}
	public, err := s.PublicKey(ctx, p)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	sum := sha256.Sum256([]byte(in.Endpoint))
	hash := hex.EncodeToString(sum[:])
	plain, err := json.Marshal(webpush.Subscription{Endpoint: in.Endpoint, Keys: webpush.Keys{P256dh: in.P256dh, Auth: in.Auth}})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	sealed := s.Keys.Seal(plain, devicePlace(p.TeamID, hash))
	var row *ent.PushSubscription
	at, err := s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		// Who signs out or is deactivated holds the same row, so that nothing registered meanwhile outlives it.
		if err := tx.Lock(ctx, "agents", p.AgentID); err != nil {
			return err
		}
		isSignedIn, err := tx.Session.Query().Where(session.AgentID(p.AgentID), session.Family(p.SessionKey), session.RevokedAtIsNil()).Exist(ctx)
		if err != nil {
			return err
		}
		if !isSignedIn {
			return fault.New(fault.Unauthenticated, "this sign-in has ended")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO push_subscriptions (team_id, version, created_at, updated_at, agent_id, family, endpoint_hash, service, target, public_key, user_agent, failure)
			VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, '') ON CONFLICT (team_id, endpoint_hash) DO UPDATE SET version = push_subscriptions.version + 1, updated_at = excluded.updated_at,
			agent_id = excluded.agent_id, family = excluded.family, target = excluded.target, public_key = excluded.public_key, user_agent = excluded.user_agent, failure = ''`,
			tx.Team, tx.Now, tx.Now, p.AgentID, p.SessionKey, hash, u.Hostname(), sealed, public, text.Cut(text.Line(in.UserAgent), maxUserAgent)); err != nil {
			return fmt.Errorf("register a device: %w", err)
		}
		if row, err = tx.PushSubscription.Query().Where(pushsubscription.EndpointHash(hash)).Only(ctx); err != nil {
			return err
		}
		over, err := tx.PushSubscription.Query().Where(pushsubscription.AgentID(p.AgentID), pushsubscription.IDNEQ(row.ID)).
			Order(pushsubscription.ByUpdatedAt(sql.OrderDesc()), pushsubscription.ByID(sql.OrderDesc())).Offset(maxDevices - 1).Limit(maxDevices).IDs(ctx)
		if err != nil || len(over) == 0 {
			return err
		}
		_, err = tx.PushSubscription.Delete().Where(pushsubscription.IDIn(over...)).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return row, at, nil
}

// UnregisterInput names a device: by its id, or by the endpoint where the device itself asks.
type UnregisterInput struct {
	ID       int64
	Endpoint string
}

// Unregister ends the pushes to one of the agent's own devices. One that is not there, and another's, is a fault of kind NotFound.
func (s *Service) Unregister(ctx context.Context, p auth.Principal, in UnregisterInput) error {
	if err := onlyAgents(p); err != nil {
		return err
	}
	_, err := s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		q := tx.PushSubscription.Delete().Where(pushsubscription.AgentID(p.AgentID))
		if in.Endpoint != "" {
			sum := sha256.Sum256([]byte(in.Endpoint))
			q = q.Where(pushsubscription.EndpointHash(hex.EncodeToString(sum[:])))
		} else {
			q = q.Where(pushsubscription.ID(in.ID))
		}
		n, err := q.Exec(ctx)
		if err == nil && n == 0 {
			return fault.Missing("the device")
		}
		return err
	})
	return err
}

// Devices gives the agent's own devices, the newest first. An integration has none.
func (s *Service) Devices(ctx context.Context, p auth.Principal) ([]*ent.PushSubscription, error) {
	var all []*ent.PushSubscription
	if p.AgentID == 0 {
		return nil, nil
	}
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		all, err = v.PushSubscription.Query().Where(pushsubscription.AgentID(p.AgentID)).
			Order(pushsubscription.ByUpdatedAt(sql.OrderDesc()), pushsubscription.ByID(sql.OrderDesc())).All(ctx)
		return err
	})
	return all, err
}

// target opens where a device is pushed to.
func (s *Service) target(x *ent.PushSubscription) (webpush.Subscription, error) {
	var t webpush.Subscription
	plain, err := s.Keys.Open(x.Target, devicePlace(x.TeamID, x.EndpointHash))
	if err != nil {
		return t, fault.Wrap(err, fault.Internal, "the device cannot be opened")
	}
	return t, json.Unmarshal(plain, &t)
}
