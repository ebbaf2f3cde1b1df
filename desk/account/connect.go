package account

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The most of what credentials may hold.
const (
	maxCredentials = 20
	maxCredential  = 10_000 // bytes
)

// connect names the mutation in idempotency keys.
const connect = "channelConnect"

// ConnectInput is a platform's account and its credentials.
type ConnectInput struct {
	Type           channels.Type
	Name           string
	Credentials    channels.Credentials
	IdempotencyKey string
}

// fingerprint is the input as idempotency keys compare it. It is hashed there; credentials as such do not show what they are.
func (in ConnectInput) fingerprint() any {
	return struct {
		Type, Name  string
		Credentials map[string]string
	}{string(in.Type), in.Name, in.Credentials}
}

// Connect connects an account: the platform is asked who it is. Faults: Forbidden for all but ADMINs; Invalid; Unauthenticated with the code
// CREDENTIALS where the platform does not accept them; Unavailable with the code PLATFORM where it cannot be asked; Conflict where a channel,
// of any team, has the account (CHAN-2).
func (s *Service) Connect(ctx context.Context, p auth.Principal, in ConnectInput) (*ent.Channel, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	fingerprint := in.fingerprint()
	if row, found, err := s.connected(ctx, p, in.IdempotencyKey, fingerprint); err != nil || found {
		return row, event.Cursor{}, err
	}
	name, err := checkName(in.Name)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	platformID := ""
	if s.IsOwn(in.Type) {
		platformID = s.cfg.Random.UUID()
	}
	info, err := s.ask(ctx, in.Type, platformID, in.Credentials)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	var row *ent.Channel
	at, err := s.cfg.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, connect, fingerprint, func() (int64, error) {
			made, err := s.CreateIn(ctx, tx, p.Actor(), NewChannel{Type: in.Type, Name: name, Info: info, Credentials: in.Credentials})
			if err != nil {
				return 0, err
			}
			return made.ID, nil
		})
		if err != nil {
			return err
		}
		row, err = get(ctx, tx.Client, id)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return row, at, nil
}

// connected gives what the idempotency key connected before, without asking the platform; false where it is new.
func (s *Service) connected(ctx context.Context, p auth.Principal, key string, input any) (row *ent.Channel, found bool, err error) {
	err = s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		id, was, err := idempotency.Find(ctx, v, p.Key(), key, connect, input)
		if found = was; err != nil || !found {
			return err
		}
		row, err = get(ctx, v.Client, id)
		return err
	})
	return row, found, err
}

// NewChannel is a channel to be made of what the platform told.
type NewChannel struct {
	Type        channels.Type
	Name        string
	Info        channels.AccountInfo
	Credentials channels.Credentials
	// WebhookKey is the secret part of the webhook's address; a new one is made where it is empty.
	WebhookKey         string
	BranchID, RegionID string
}

// CreateIn makes a channel, a channel of ours with the settings of its window. An account that another channel has, of any team, is a fault of
// kind Conflict: the unique claim decides (CHAN-2). The transaction is then of no more use.
func (s *Service) CreateIn(ctx context.Context, tx *store.Tx, by event.Actor, n NewChannel) (*ent.Channel, error) {
	name, err := checkName(n.Name)
	if err != nil {
		return nil, err
	}
	if n.WebhookKey == "" {
		n.WebhookKey = s.cfg.Random.Token()
	}
	if n.Info.PlatformID == "" && s.IsOwn(n.Type) {
		n.Info.PlatformID = s.cfg.Random.UUID()
	}
	row, err := tx.Channel.Create().SetTeamID(tx.Team).SetType(channel.Type(n.Type)).SetName(name).SetWebhookKey(n.WebhookKey).
		SetPlatformID(n.Info.PlatformID).SetClaim(string(n.Type) + ":" + n.Info.PlatformID).SetCredentials([]byte{}).
		SetAccountName(n.Info.DisplayName).SetAccountHandle(n.Info.Handle).SetPictureURL(n.Info.PictureURL).SetCanListMembers(n.Info.CanListMembers).
		SetBranchID(n.BranchID).SetRegionID(n.RegionID).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if sqlgraph.IsUniqueConstraintError(err) {
		return nil, fault.Wrap(err, fault.Conflict, "this account is connected already; delete the channel that has it first").WithCode("CONFLICT", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("create channel: %w", err)
	}
	// Sealed for the channel's id, which is known only now.
	sealed, err := s.sealed(tx.Team, row.ID, n.Credentials)
	if err != nil {
		return nil, err
	}
	if row, err = tx.Channel.UpdateOne(row).SetCredentials(sealed).Save(ctx); err != nil {
		return nil, fmt.Errorf("keep credentials: %w", err)
	}
	if n.Type == channels.Webchat {
		if err := tx.Webchat.Create().SetTeamID(tx.Team).SetChannelID(row.ID).SetAllowedDomains([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("create the chat window: %w", err)
		}
	}
	s.emit(ctx, tx, by, row)
	return row, nil
}

// Reconnect gives a channel new credentials of the same account; a disconnected one works again, with everything that belongs to it
// (CHAN-3). A paused one stays paused. Faults as in Connect, and Invalid for credentials of another account.
func (s *Service) Reconnect(ctx context.Context, p auth.Principal, id int64, credentials channels.Credentials) (*ent.Channel, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	row, err := s.Get(ctx, p, id)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if err := alive(row); err != nil {
		return nil, event.Cursor{}, err
	}
	if s.IsOwn(channels.Type(row.Type)) {
		return nil, event.Cursor{}, fault.Input("channelId", "a channel of this server has no credentials and needs no reconnecting")
	}
	info, err := s.ask(ctx, channels.Type(row.Type), row.PlatformID, credentials)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if info.PlatformID != row.PlatformID {
		return nil, event.Cursor{}, fault.Input("credentials", "these are the credentials of another account; connect it as a channel of its own")
	}
	at, err := s.cfg.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		sealed, err := s.sealed(tx.Team, c.ID, credentials)
		if err != nil {
			return err
		}
		u := described(tx.Channel.UpdateOne(c), info).SetCredentials(sealed)
		if c.State == channel.StateDISCONNECTED {
			u.SetState(channel.StateCONNECTED).SetStateReason("")
		}
		row, err = s.changed(ctx, tx, p.Actor(), u)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return row, at, nil
}

// described takes over what the platform tells of the account.
func described(u *ent.ChannelUpdateOne, info channels.AccountInfo) *ent.ChannelUpdateOne {
	return u.SetAccountName(info.DisplayName).SetAccountHandle(info.Handle).SetPictureURL(info.PictureURL).SetCanListMembers(info.CanListMembers)
}

// IsOwn says whether channels of a type are this server's own, without a platform behind them.
func (s *Service) IsOwn(t channels.Type) bool {
	a, err := s.cfg.Adapters.Get(t)
	return err == nil && a.Capability().IsOwn
}

// ask asks the platform whose credentials these are.
func (s *Service) ask(ctx context.Context, t channels.Type, platformID string, c channels.Credentials) (channels.AccountInfo, error) {
	adapter, err := s.cfg.Adapters.Get(t)
	if err != nil {
		return channels.AccountInfo{}, fault.Input("type", "this server does not speak with channels of type %s", t)
	}
	if err := checkCredentials(adapter.Capability(), c); err != nil {
		return channels.AccountInfo{}, err
	}
	info, err := adapter.FetchAccount(ctx, s.account(t, platformID, c))
	if err != nil {
		return channels.AccountInfo{}, platformFault(err)
	}
	if info.PlatformID == "" {
		return channels.AccountInfo{}, fault.New(fault.Unavailable, "the platform did not say whose credentials these are").WithCode("PLATFORM", nil)
	}
	return info, nil
}

// checkCredentials demands exactly the credentials that the platform has.
func checkCredentials(can channels.Capability, c channels.Credentials) error {
	known := map[string]bool{}
	for _, f := range can.Credentials {
		known[f.Name] = true
		if c[f.Name] == "" {
			return fault.Input("credentials", "%s is missing: %s", f.Name, f.Text)
		}
	}
	for name, value := range c {
		if !known[name] || len(c) > maxCredentials {
			return fault.Input("credentials", "this platform has other credentials; see the description of CredentialInput")
		}
		if len(value) > maxCredential {
			return fault.Input("credentials", "%s is too long", name)
		}
	}
	return nil
}

// platformFault says in the caller's words what the platform's refusal means.
func platformFault(err error) error {
	f := fault.As(err)
	switch f.Kind {
	case fault.Unauthenticated:
		return fault.Wrap(err, fault.Unauthenticated, "the platform does not accept these credentials: %s", f.Text).WithCode("CREDENTIALS", nil)
	case fault.Throttled, fault.Unavailable:
		return fault.Wrap(err, fault.Unavailable, "the platform cannot be asked just now; try again in a moment").WithCode("PLATFORM", nil).After(f.RetryAfter)
	case fault.Forbidden, fault.NotFound, fault.Invalid, fault.Conflict:
		return fault.Wrap(err, fault.Unavailable, "the platform refused: %s", f.Text).WithCode("PLATFORM", nil)
	}
	return err
}
