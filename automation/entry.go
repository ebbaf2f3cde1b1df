package automation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botentry"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	maxEntries = 1000 // of a team, without codes
	maxValue   = 300  // characters of a postback's data or a text
	// How long a subscription code works where nobody says, and at most.
	codeFor, maxCodeFor = 10 * time.Minute, 7 * 24 * time.Hour
)

// EntryInput is a new way into the bot.
type EntryInput struct {
	ChannelID int64
	Kind      botentry.Kind
	Value     string // empty for a code, which is chosen here
	ModuleID  int64  // 0 for none
	ExpiresAt *time.Time
}

// isPostback says whether an entry is a button's data and not a text.
func isPostback(k botentry.Kind) bool {
	return k != botentry.KindMENU_TEXT && k != botentry.KindSUBSCRIPTION_CODE
}

// folded is the form in which an entry is found: a text as keywords are compared, a button's data as they are.
func folded(k botentry.Kind, value string) string {
	if isPostback(k) {
		return value
	}
	return keyword.Fold(value)
}

// CreateEntry makes a way into the bot (CONV-3, PROD-7). Faults: Forbidden for all but ADMINs, Invalid, Conflict for a value that the channel has
// already.
func (s *Service) CreateEntry(ctx context.Context, p auth.Principal, in EntryInput) (*ent.BotEntry, event.Cursor, error) {
	var made *ent.BotEntry
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) (err error) {
		made, err = s.createEntry(ctx, tx, in)
		return err
	})
	return made, at, err
}

func (s *Service) createEntry(ctx context.Context, tx *store.Tx, in EntryInput) (*ent.BotEntry, error) {
	if botentry.KindValidator(in.Kind) != nil {
		return nil, fault.Input("kind", "this is no kind of entry")
	}
	isChannel, err := tx.Channel.Query().Where(channel.ID(in.ChannelID), channel.DeletedAtIsNil()).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("find channel %d: %w", in.ChannelID, err)
	}
	if !isChannel {
		return nil, fault.Input("channelId", "there is no such channel")
	}
	var module *int64
	if in.ModuleID != 0 {
		if err := existsModule(ctx, tx, "moduleId", in.ModuleID); err != nil {
			return nil, err
		}
		module = &in.ModuleID
	}
	if in.Kind == botentry.KindSUBSCRIPTION_CODE {
		return s.createCode(ctx, tx, in, module)
	}
	if in.ExpiresAt != nil {
		return nil, fault.Input("expiresAt", "only a subscription code ends")
	}
	value, err := input.Line("value", in.Value, maxValue)
	if err != nil {
		return nil, err
	}
	n, err := tx.BotEntry.Query().Where(botentry.KindNEQ(botentry.KindSUBSCRIPTION_CODE)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count bot entries: %w", err)
	}
	if n >= maxEntries {
		return nil, fault.Input("value", "a team has at most %d entries", maxEntries).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxEntries})
	}
	e, err := insertEntry(ctx, tx, in, value, module, nil)
	if err == nil && e == nil {
		f := fault.New(fault.Conflict, "the channel has an entry with this value already")
		f.Field = "value"
		return nil, f
	}
	return e, err
}

// createCode makes a subscription code that is not in use on the channel. Codes that ended make room.
func (s *Service) createCode(ctx context.Context, tx *store.Tx, in EntryInput, module *int64) (*ent.BotEntry, error) {
	if in.Value != "" {
		return nil, fault.Input("value", "a code is chosen by the server; leave it out")
	}
	ends := tx.Now.Add(codeFor)
	if in.ExpiresAt != nil {
		ends = in.ExpiresAt.UTC()
	}
	if !ends.After(tx.Now) || ends.After(tx.Now.Add(maxCodeFor)) {
		return nil, fault.Input("expiresAt", "a code ends within seven days")
	}
	if _, err := tx.BotEntry.Delete().Where(botentry.ChannelID(in.ChannelID), botentry.KindEQ(botentry.KindSUBSCRIPTION_CODE), botentry.ExpiresAtLTE(tx.Now)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("delete codes that ended: %w", err)
	}
	const tries = 20 // of a million codes, each of which is free unless very many are in use
	for range tries {
		e, err := insertEntry(ctx, tx, in, fmt.Sprintf("%06d", s.Random.Int(1_000_000)), module, &ends)
		if err != nil || e != nil {
			return e, err
		}
	}
	return nil, fault.New(fault.Conflict, "too many codes are in use on this channel; wait until some have ended")
}

// insertEntry writes an entry; nil where the channel has one with the value.
func insertEntry(ctx context.Context, tx *store.Tx, in EntryInput, value string, module *int64, ends *time.Time) (*ent.BotEntry, error) {
	id, isNew, err := one(tx.Query(ctx, `INSERT INTO bot_entries (team_id, version, created_at, updated_at, channel_id, kind, value, value_folded, module_id, expires_at)
		VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (team_id, channel_id, kind, value_folded) DO NOTHING RETURNING id`,
		tx.Team, tx.Now, tx.Now, in.ChannelID, string(in.Kind), value, folded(in.Kind, value), module, ends))
	if err != nil {
		return nil, fmt.Errorf("create bot entry: %w", err)
	}
	if !isNew {
		return nil, nil //nolint:nilnil // it is there already
	}
	return tx.BotEntry.Get(ctx, id)
}

// isCode says whether a text could be a subscription code.
func isCode(written string) (string, bool) {
	code := keyword.Fold(written)
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return "", false
	}
	return code, true
}

// redeem uses a subscription code up; false where there is none that works.
func redeem(ctx context.Context, tx *store.Tx, channelID int64, code string) (moduleID int64, worked bool, err error) {
	moduleID, worked, err = one(tx.Query(ctx, `DELETE FROM bot_entries WHERE team_id = ? AND channel_id = ? AND kind = 'SUBSCRIPTION_CODE' AND value_folded = ?
		AND expires_at > ? RETURNING COALESCE(module_id, 0)`, tx.Team, channelID, code, tx.Now))
	if err != nil {
		return 0, false, fmt.Errorf("redeem a code: %w", err)
	}
	return moduleID, worked, nil
}

// DeleteEntry deletes a way into the bot. Faults: Forbidden, NotFound.
func (s *Service) DeleteEntry(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.BotEntry.DeleteOneID(id).Exec(ctx); err != nil {
			return missing(err, "the bot entry")
		}
		return nil
	})
}

// GetEntry finds a way into the bot. Faults: Forbidden, NotFound.
func (s *Service) GetEntry(ctx context.Context, p auth.Principal, id int64) (*ent.BotEntry, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var e *ent.BotEntry
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if e, err = v.BotEntry.Get(ctx, id); err != nil {
			return missing(err, "the bot entry")
		}
		return nil
	})
	return e, err
}

// ListEntries lists the ways into the bot, the oldest first.
func (s *Service) ListEntries(ctx context.Context, p auth.Principal, w page.Window) ([]*ent.BotEntry, page.Result, error) {
	if err := requireRead(p); err != nil {
		return nil, page.Result{}, err
	}
	const list = "botEntries"
	where, err := page.Between[int64, predicate.BotEntry](w, list, botentry.FieldID)
	if err != nil {
		return nil, page.Result{}, err
	}
	var rows []*ent.BotEntry
	err = s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		rows, err = v.BotEntry.Query().Where(where...).Order(page.InOrder(w, botentry.FieldID)).Limit(w.Limit + 1).All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list bot entries: %w", err)
	}
	rows, result := page.Cut(w, rows, func(e *ent.BotEntry) string { return page.Cursor(list, e.ID, e.ID) })
	return rows, result, nil
}
