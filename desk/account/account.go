// Package account holds a team's channels: the platforms' accounts that were connected, with their sealed credentials, whether they send and
// receive, and what the platform says of them (CHAN-1 to CHAN-4, CHAN-10).
package account

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MaxName is the most characters of a channel's name (CHAN-1).
const MaxName = 40

// What of the contract the API speaks of, which knows the desk and no platform.
type (
	Type        = channels.Type
	Credentials = channels.Credentials
)

// Config is what channels need. All but BaseURLs, Log and Queue must be given.
type Config struct {
	DB       *store.DB
	Adapters *channels.Registry
	Keys     *seal.Keyring
	Random   *random.Source
	// PublicURL is where platforms reach this server, without a slash at the end.
	PublicURL string
	// BaseURLs replace platforms' hosts, by the names of their adapters: for fake platforms.
	BaseURLs map[channels.Type]map[string]string
	Log      *slog.Logger
	// Queue is where tasks are put; without one idle conversations are not looked for.
	Queue Queue
}

// Service is the team's channels. It is safe for concurrent use.
type Service struct {
	cfg     Config
	entry   *entryCache[Opened]
	windows *entryCache[Window]
	domains *entryCache[[]string]
}

// New makes the service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: c, entry: newEntryCache[Opened](), windows: newEntryCache[Window](), domains: newEntryCache[[]string]()}
}

// WebhookURL is the address that the platform must call, below the server's public one. Who knows it can knock, but not sign, so only ADMINs are
// told.
func WebhookURL(publicURL string, c *ent.Channel) string {
	return publicURL + "/webhooks/" + strings.ToLower(string(c.Type)) + "/" + c.WebhookKey
}

// place is what credentials are sealed for: they open for no other channel.
func place(team, id int64) string {
	return "channel:" + strconv.FormatInt(team, 10) + ":" + strconv.FormatInt(id, 10)
}

func (s *Service) sealed(team, id int64, c channels.Credentials) ([]byte, error) {
	plain, err := json.Marshal(map[string]string(c))
	if err != nil {
		return nil, fmt.Errorf("seal credentials: %w", err)
	}
	return s.cfg.Keys.Seal(plain, place(team, id)), nil
}

func (s *Service) opened(team, id int64, sealed []byte) (channels.Credentials, error) {
	plain, err := s.cfg.Keys.Open(sealed, place(team, id))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the channel's credentials cannot be opened; connect it again")
	}
	var c map[string]string
	if err := json.Unmarshal(plain, &c); err != nil {
		return nil, fault.New(fault.Internal, "the channel's credentials cannot be read; connect it again")
	}
	return c, nil
}

// Open gives the account of a channel's row as its adapter needs it. A deleted channel's credentials are gone: a fault of kind Conflict with the
// code CHANNEL_UNAVAILABLE.
func (s *Service) Open(c *ent.Channel) (channels.Account, error) {
	if err := alive(c); err != nil {
		return channels.Account{}, err
	}
	credentials, err := s.opened(c.TeamID, c.ID, c.Credentials)
	if err != nil {
		return channels.Account{}, err
	}
	return s.account(channels.Type(c.Type), c.PlatformID, credentials), nil
}

// account is an account as its adapter needs it.
func (s *Service) account(t channels.Type, platformID string, c channels.Credentials) channels.Account {
	return channels.Account{PlatformID: platformID, Credentials: c, BaseURLs: s.cfg.BaseURLs[t]}
}

// get reads a channel; none, and another team's, is a fault of kind NotFound.
func get(ctx context.Context, c *ent.Client, id int64) (*ent.Channel, error) {
	row, err := c.Channel.Query().Where(channel.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the channel")
	}
	return row, err
}

// lock locks a channel that lives and reads it. A deleted one is a fault of kind Conflict with the code CHANNEL_UNAVAILABLE.
func lock(ctx context.Context, tx *store.Tx, id int64) (*ent.Channel, error) {
	if err := tx.Lock(ctx, "channels", id); err != nil {
		return nil, err
	}
	row, err := get(ctx, tx.Client, id)
	if err != nil {
		return nil, err
	}
	return row, alive(row)
}

func alive(c *ent.Channel) error {
	if c.DeletedAt != nil {
		return fault.New(fault.Conflict, "the channel was deleted; connect the account anew").WithCode("CHANNEL_UNAVAILABLE", nil)
	}
	return nil
}

// changed saves a change of a channel, with its event, and lets the webhook entry read it afresh.
func (s *Service) changed(ctx context.Context, tx *store.Tx, by event.Actor, u *ent.ChannelUpdateOne) (*ent.Channel, error) {
	row, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("change channel: %w", err)
	}
	s.emit(ctx, tx, by, row)
	return row, nil
}

func (s *Service) emit(ctx context.Context, tx *store.Tx, by event.Actor, c *ent.Channel) {
	tx.Emit(event.Event{Kind: event.ChannelChanged, ObjectID: c.ID, ObjectVersion: c.Version, Actor: by, RequestID: event.Request(ctx)})
	tx.AfterCommit(func() {
		s.entry.forget(entryAt(channels.Type(c.Type), c.WebhookKey))
		s.windows.forgetAll()
		s.domains.forgetAll()
	})
}

// checkName gives a name without the spaces around it (CHAN-1).
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fault.Input("name", "a channel's name is one line of 1 to %d characters", MaxName)
	}
	return name, nil
}
