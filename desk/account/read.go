package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// seenEvery is how exactly a platform's calls are noted.
	seenEvery = time.Minute
	// entryFor is how long the webhook entry trusts what another server may have changed.
	entryFor  = time.Second
	entryRoom = 4096
	maxKey    = 100
)

// Filter says which channels are listed; all that is given must hold.
type Filter struct {
	Types          []channels.Type
	States         []channel.State
	IncludeDeleted bool
}

// Page is a page of channels.
type Page struct {
	Rows []*ent.Channel
	page.Result
}

// list names the list in its cursors.
const list = "channels"

// List lists the team's channels in the order of connection, for every agent and for integrations with the scope to read the workspace.
func (s *Service) List(ctx context.Context, p auth.Principal, f Filter, w page.Window) (Page, error) {
	var out Page
	if err := requireRead(p); err != nil {
		return out, err
	}
	err := s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		q := v.Channel.Query().Limit(w.Limit + 1)
		if !f.IncludeDeleted {
			q.Where(channel.DeletedAtIsNil())
		}
		if f.Types != nil {
			types := make([]channel.Type, len(f.Types))
			for i, t := range f.Types {
				types[i] = channel.Type(t)
			}
			q.Where(channel.TypeIn(types...))
		}
		if f.States != nil {
			q.Where(channel.StateIn(f.States...))
		}
		var edge int64
		if w.After != "" {
			if err := page.Key(w.After, list, "after", &edge); err != nil {
				return err
			}
			q.Where(channel.IDGT(edge))
		}
		if w.Before != "" {
			if err := page.Key(w.Before, list, "before", &edge); err != nil {
				return err
			}
			q.Where(channel.IDLT(edge))
		}
		if w.IsBackward {
			q.Order(ent.Desc(channel.FieldID))
		} else {
			q.Order(ent.Asc(channel.FieldID))
		}
		rows, err := q.All(ctx)
		if err != nil {
			return err
		}
		out.Rows, out.Result = page.Cut(w, rows, func(c *ent.Channel) string { return page.Cursor(list, c.ID) })
		return nil
	})
	return out, err
}

// Get gives a channel of the team, deleted ones too: their history stays. Faults: NotFound, Forbidden as in List.
func (s *Service) Get(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var row *ent.Channel
	err := s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		row, err = get(ctx, v.Client, id)
		return err
	})
	return row, err
}

func requireRead(p auth.Principal) error {
	// Conversations name their channels, so who reads those reads channels too.
	if !slices.ContainsFunc([]auth.Scope{auth.ReadWorkspace, auth.WriteWorkspace, auth.ReadConversations}, p.May) {
		return p.Need(auth.ReadWorkspace)
	}
	return nil
}

// Opened is a channel with its credentials opened, for who speaks with the platform. The adapter of Type understands Account.
type Opened struct {
	TeamID, ChannelID int64
	Type              channels.Type
	Name              string
	State             channel.State
	BranchID          string
	RegionID          string
	Account           channels.Account
}

// Sends says whether the channel sends now.
func (o Opened) Sends() bool { return o.State == channel.StateCONNECTED }

// Load gives a channel to a sender, as it is now. A deleted one is a fault of kind Conflict with the code CHANNEL_UNAVAILABLE, none is NotFound.
func (s *Service) Load(ctx context.Context, team, channelID int64) (Opened, error) {
	var row *ent.Channel
	err := s.cfg.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		row, err = get(ctx, v.Client, channelID)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return s.entryOf(row)
}

func (s *Service) entryOf(row *ent.Channel) (Opened, error) {
	account, err := s.Open(row)
	if err != nil {
		return Opened{}, err
	}
	return Opened{
		TeamID: row.TeamID, ChannelID: row.ID, Type: channels.Type(row.Type), Name: row.Name, State: row.State, BranchID: row.BranchID,
		RegionID: row.RegionID, Account: account,
	}, nil
}

// ByWebhookKey gives the channel whose webhook was called, of whatever team, in whatever state: paused and disconnected ones go on
// receiving (CHAN-4). A change holds at once on the server that made it and within a second on every other. An unknown key, a key of another type and a deleted
// channel's are the same fault of kind NotFound.
func (s *Service) ByWebhookKey(ctx context.Context, t channels.Type, key string) (Opened, error) {
	missing := fault.Missing("the webhook")
	if key == "" || len(key) > maxKey {
		return Opened{}, missing
	}
	at := entryAt(t, key)
	now := s.cfg.DB.Clock().Now()
	o, era, ok := s.entry.get(at, now)
	if ok {
		return o, nil
	}
	row := &ent.Channel{Type: channel.Type(t)}
	var state string
	found, err := s.cfg.DB.Across(store.Entries).Find(ctx, `SELECT id, team_id, name, state, branch_id, region_id, platform_id, credentials FROM channels
		WHERE webhook_key = ? AND type = ? AND deleted_at IS NULL`, []any{key, string(t)},
		&row.ID, &row.TeamID, &row.Name, &state, &row.BranchID, &row.RegionID, &row.PlatformID, &row.Credentials)
	if err != nil {
		// While the database is away, what it said last is enough to tell whether a body is the platform's own.
		if last, isKept := s.entry.last(at); isKept && (fault.Is(err, fault.Unavailable) || errors.Is(err, context.DeadlineExceeded)) {
			return last, nil
		}
		return Opened{}, err
	}
	if !found {
		return Opened{}, missing
	}
	row.State = channel.State(state)
	if o, err = s.entryOf(row); err != nil {
		return Opened{}, err
	}
	s.entry.keep(at, o, now, era)
	return o, nil
}

// Warm reads what ByWebhookKey tells of the newest channels, as many as are kept, so that a server whose database goes away before a platform has
// called can tell all the same whether a body is the platform's own. A channel whose credentials cannot be opened is left out: who calls it is told.
func (s *Service) Warm(ctx context.Context) error {
	now, era := s.cfg.DB.Clock().Now(), s.entry.began()
	rows, err := s.cfg.DB.Across(store.Entries).Query(ctx, `SELECT id, team_id, type, webhook_key, name, state, branch_id, region_id, platform_id, credentials FROM channels
		WHERE deleted_at IS NULL ORDER BY id DESC LIMIT ?`, entryRoom)
	if err != nil {
		return fmt.Errorf("read the channels: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row ent.Channel
		if err := rows.Scan(&row.ID, &row.TeamID, &row.Type, &row.WebhookKey, &row.Name, &row.State, &row.BranchID, &row.RegionID, &row.PlatformID, &row.Credentials); err != nil {
			return fmt.Errorf("read a channel: %w", err)
		}
		if o, err := s.entryOf(&row); err == nil {
			s.entry.keep(entryAt(channels.Type(row.Type), row.WebhookKey), o, now, era)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the channels: %w", err)
	}
	return nil
}

// entryAt is where the entry keeps the channel of a webhook's address.
func entryAt(t channels.Type, key string) string { return string(t) + ":" + key }

// entryCache keeps the channels of webhooks and chat windows for a second. A change takes what it concerns out; what was read before the change and comes to be
// kept after it is dropped, by its era.
type entryCache[T any] struct {
	mu   sync.Mutex
	era  uint64
	kept *lru.Cache[string, keptEntry[T]]
}

type keptEntry[T any] struct {
	value T
	until time.Time
}

func newEntryCache[T any]() *entryCache[T] {
	kept, err := lru.New[string, keptEntry[T]](entryRoom)
	if err != nil {
		// Only a size below 1 is refused.
		panic(err)
	}
	return &entryCache[T]{kept: kept}
}

func (c *entryCache[T]) get(at string, now time.Time) (T, uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept.Get(at)
	return k.value, c.era, ok && now.Before(k.until)
}

// last is what was kept, however long ago.
func (c *entryCache[T]) last(at string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept.Get(at)
	return k.value, ok
}

func (c *entryCache[T]) keep(at string, value T, now time.Time, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.era == era {
		c.kept.Add(at, keptEntry[T]{value: value, until: now.Add(entryFor)})
	}
}

func (c *entryCache[T]) began() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.era
}

// forget takes one out. The others stay: while the database is away nothing could read them again.
func (c *entryCache[T]) forget(at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.kept.Remove(at)
}

func (c *entryCache[T]) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.kept.Purge()
}
