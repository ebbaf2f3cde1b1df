package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/webchat"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The names under which a chat window's secrets are sealed: the one that signs members' ids now, and the one before.
const (
	identitySecret    = "identitySecret"
	identitySecretWas = "identitySecretBefore"
)

// The most that a chat window's texts may have, in characters.
const (
	MaxTitle    = 40
	MaxGreeting = 500
)

var color = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Window is the chat window of a living website channel (CHAN-12).
type Window struct {
	Opened
	Key            string // the public key
	Title          string // the channel's name where none is set
	Greeting       string
	Color          string
	Language       webchat.Language
	AllowedDomains []string
	RefusesBlocked bool
}

// Secrets are those with which members' ids may be signed now: none where none was made, two until the next is made.
func (w Window) Secrets() []string {
	var all []string
	for _, name := range []string{identitySecret, identitySecretWas} {
		if s := w.Account.Credentials[name]; s != "" {
			all = append(all, s)
		}
	}
	return all
}

const windowSQL = `SELECT c.id, c.team_id, c.name, c.state, c.branch_id, c.region_id, c.platform_id, c.credentials, c.webhook_key,
	w.allowed_domains, w.title, w.greeting, w.color, w.language, w.refuses_blocked
	FROM channels c JOIN webchats w ON w.team_id = c.team_id AND w.channel_id = c.id WHERE c.deleted_at IS NULL AND c.type = 'WEBCHAT' AND `

// WindowByKey gives the chat window with a public key; none, or one that was deleted, is a fault of kind NotFound. A change on another server is
// seen within a second.
func (s *Service) WindowByKey(ctx context.Context, key string) (Window, error) {
	if key == "" || len(key) > maxKey {
		return Window{}, fault.Missing("the chat window")
	}
	return s.window(ctx, "k"+key, windowSQL+"c.webhook_key = ?", key)
}

// WindowByID is WindowByKey by the channel's id.
func (s *Service) WindowByID(ctx context.Context, team, channelID int64) (Window, error) {
	return s.window(ctx, "i"+strconv.FormatInt(channelID, 10), windowSQL+"c.team_id = ? AND c.id = ?", team, channelID)
}

func (s *Service) window(ctx context.Context, at, query string, args ...any) (Window, error) {
	now := s.cfg.DB.Clock().Now()
	w, era, ok := s.windows.get(at, now)
	if ok {
		return w, nil
	}
	row := &ent.Channel{Type: channel.TypeWEBCHAT}
	var state, language, domains string
	found, err := s.cfg.DB.Across(store.Entries).Find(ctx, query, args, &row.ID, &row.TeamID, &row.Name, &state, &row.BranchID, &row.RegionID, &row.PlatformID,
		&row.Credentials, &w.Key, &domains, &w.Title, &w.Greeting, &w.Color, &language, &w.RefusesBlocked)
	if err != nil {
		return Window{}, err
	}
	if !found {
		return Window{}, fault.Missing("the chat window")
	}
	row.State, w.Language = channel.State(state), webchat.Language(language)
	if err := json.Unmarshal([]byte(domains), &w.AllowedDomains); err != nil {
		return Window{}, fmt.Errorf("read allowed domains: %w", err)
	}
	if w.Opened, err = s.entryOf(row); err != nil {
		return Window{}, err
	}
	if w.Title == "" {
		w.Title = row.Name
	}
	s.windows.keep(at, w, now, era)
	return w, nil
}

// AnyAllows says whether any chat window may be shown on pages of an origin. It answers browsers' questions in advance, which do not say for
// which window they ask.
func (s *Service) AnyAllows(ctx context.Context, origin string) (bool, error) {
	now := s.cfg.DB.Clock().Now()
	all, era, ok := s.domains.get("", now)
	if !ok {
		rows, err := s.cfg.DB.Across(store.Entries).Query(ctx, `SELECT DISTINCT w.allowed_domains FROM webchats w JOIN channels c
			ON c.team_id = w.team_id AND c.id = w.channel_id WHERE c.deleted_at IS NULL`)
		if err != nil {
			return false, err
		}
		if all, err = scanDomains(rows); err != nil {
			return false, err
		}
		s.domains.keep("", all, now, era)
	}
	return Allows(all, origin), nil
}

func scanDomains(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var kept string
		var some []string
		if err := rows.Scan(&kept); err != nil {
			return nil, fmt.Errorf("read allowed domains: %w", err)
		}
		if err := json.Unmarshal([]byte(kept), &some); err != nil {
			return nil, fmt.Errorf("read allowed domains: %w", err)
		}
		all = append(all, some...)
	}
	return all, rows.Err()
}

// Windows reads the settings of chat windows, by channel. Channels that are none are left out.
func Windows(ctx context.Context, v *store.View, channelIDs []int64) (map[int64]*ent.Webchat, error) {
	if len(channelIDs) == 0 {
		return nil, nil
	}
	all, err := v.Webchat.Query().Where(webchat.ChannelIDIn(channelIDs...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read chat windows: %w", err)
	}
	out := make(map[int64]*ent.Webchat, len(all))
	for _, w := range all {
		out[w.ChannelID] = w
	}
	return out, nil
}

// WindowsOf is Windows of the principal's team, at a moment of its own, for who may read channels.
func (s *Service) WindowsOf(ctx context.Context, p auth.Principal, channelIDs []int64) (out map[int64]*ent.Webchat, err error) {
	if len(channelIDs) == 0 {
		return nil, nil
	}
	err = s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		out, err = Windows(ctx, v, channelIDs)
		return err
	})
	return out, err
}

// HasIdentitySecret says whether a secret was made with which members' ids are signed. Of a deleted channel none is left.
func (s *Service) HasIdentitySecret(c *ent.Channel) bool {
	if len(c.Credentials) == 0 {
		return false
	}
	credentials, err := s.opened(c.TeamID, c.ID, c.Credentials)
	return err == nil && credentials[identitySecret] != ""
}

// UpdateWebchatInput is what changes of a chat window; nil stays.
type UpdateWebchatInput struct {
	ChannelID      int64
	AllowedDomains *[]string
	Title          *string
	Greeting       *string
	Color          *string
	Language       *string
	RefusesBlocked *bool
}

// UpdateWebchat changes a chat window. Where nothing differs the cursor is zero. Faults: Forbidden for all but ADMINs, NotFound, Invalid for
// what is wrong and for a channel that is no website's, Conflict for a deleted one.
func (s *Service) UpdateWebchat(ctx context.Context, p auth.Principal, in UpdateWebchatInput) (*ent.Channel, event.Cursor, error) {
	return s.change(ctx, p, in.ChannelID, func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		hasChanged, err := in.apply(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		if !hasChanged {
			return nil, errSame
		}
		return tx.Channel.UpdateOne(c), nil
	})
}

func settings(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.Webchat, error) {
	w, err := tx.Webchat.Query().Where(webchat.ChannelID(c.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.Input("channelId", "this channel is no website channel; it has no chat window")
	}
	if err != nil {
		return nil, fmt.Errorf("read the chat window: %w", err)
	}
	return w, nil
}

// apply writes what differs of the settings, and says whether anything does.
func (in UpdateWebchatInput) apply(ctx context.Context, tx *store.Tx, c *ent.Channel) (bool, error) {
	w, err := settings(ctx, tx, c)
	if err != nil {
		return false, err
	}
	u := tx.Webchat.UpdateOne(w)
	hasChanged := false
	set := func(differs bool, apply func()) {
		if differs {
			hasChanged = true
			apply()
		}
	}
	if in.AllowedDomains != nil {
		domains, err := checkDomains(*in.AllowedDomains)
		if err != nil {
			return false, err
		}
		set(!slices.Equal(domains, w.AllowedDomains), func() { u.SetAllowedDomains(domains) })
	}
	if in.Title != nil {
		title := strings.TrimSpace(*in.Title)
		if !isText(title, MaxTitle, false) {
			return false, fault.Input("title", "the title is one line of at most %d characters", MaxTitle)
		}
		set(title != w.Title, func() { u.SetTitle(title) })
	}
	if in.Greeting != nil {
		greeting := strings.TrimSpace(*in.Greeting)
		if !isText(greeting, MaxGreeting, true) {
			return false, fault.Input("greeting", "the greeting has at most %d characters", MaxGreeting)
		}
		set(greeting != w.Greeting, func() { u.SetGreeting(greeting) })
	}
	if in.Color != nil {
		c := strings.ToLower(*in.Color)
		if !color.MatchString(c) {
			return false, fault.Input("color", "a colour looks like #1f6feb")
		}
		set(c != w.Color, func() { u.SetColor(c) })
	}
	if in.Language != nil {
		l := webchat.Language(*in.Language)
		if err := webchat.LanguageValidator(l); err != nil {
			return false, fault.Input("language", "the language is AUTO, ZH_HANT or EN")
		}
		set(l != w.Language, func() { u.SetLanguage(l) })
	}
	if in.RefusesBlocked != nil {
		set(*in.RefusesBlocked != w.RefusesBlocked, func() { u.SetRefusesBlocked(*in.RefusesBlocked) })
	}
	if !hasChanged {
		return false, nil
	}
	if err := u.AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return false, fmt.Errorf("change the chat window: %w", err)
	}
	return true, nil
}

func isText(s string, most int, hasLines bool) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && (!hasLines || r != '\n') })
}

// RotateIdentitySecret makes a new secret with which the shop signs its members' ids, and gives it this once. The one before is taken until the
// next is made. Faults as in UpdateWebchat.
func (s *Service) RotateIdentitySecret(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, string, event.Cursor, error) {
	secret := s.cfg.Random.Token()
	row, at, err := s.change(ctx, p, id, func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		return s.rotateIn(ctx, tx, c, secret)
	})
	if err != nil {
		return nil, "", event.Cursor{}, err
	}
	return row, secret, at, nil
}

func (s *Service) rotateIn(ctx context.Context, tx *store.Tx, c *ent.Channel, secret string) (*ent.ChannelUpdateOne, error) {
	if _, err := settings(ctx, tx, c); err != nil {
		return nil, err
	}
	was, err := s.opened(tx.Team, c.ID, c.Credentials)
	if err != nil {
		return nil, err
	}
	now := channels.Credentials{identitySecret: secret}
	if before := was[identitySecret]; before != "" {
		now[identitySecretWas] = before
	}
	sealed, err := s.sealed(tx.Team, c.ID, now)
	if err != nil {
		return nil, err
	}
	return tx.Channel.UpdateOne(c).SetCredentials(sealed), nil
}

// SetIdentitySecretIn gives a chat window a secret that is known already, for demo data.
func (s *Service) SetIdentitySecretIn(ctx context.Context, tx *store.Tx, by event.Actor, c *ent.Channel, secret string) (*ent.Channel, error) {
	u, err := s.rotateIn(ctx, tx, c, secret)
	if err != nil {
		return nil, err
	}
	return s.changed(ctx, tx, by, u)
}

// Snippet is what a website's pages need to show a chat window, as HTML.
func Snippet(publicURL string, c *ent.Channel) string {
	return `<script src="` + publicURL + `/webchat/widget.js" data-channel-key="` + c.WebhookKey + `" async></script>`
}
