package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// reasonPrefix stands before why a channel is disconnected, in the catalogue of texts.
const reasonPrefix = "channel."

// deletedCode is why a deleted channel is disconnected.
const deletedCode = "DELETED"

// errSame ends a change in which nothing differs.
var errSame = errors.New("nothing differs")

// change changes a channel that lives. Where f gives errSame it stays as it is.
func (s *Service) change(ctx context.Context, p auth.Principal, id int64, f func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error)) (*ent.Channel, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	var row *ent.Channel
	at, err := s.cfg.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		row = c
		u, err := f(ctx, tx, c)
		if errors.Is(err, errSame) {
			return nil
		}
		if err != nil {
			return err
		}
		row, err = s.changed(ctx, tx, p.Actor(), u)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return row, at, nil
}

// Update changes a channel's name; nil stays. Faults: Forbidden for all but ADMINs, NotFound, Invalid, Conflict for a deleted one.
func (s *Service) Update(ctx context.Context, p auth.Principal, id int64, name *string) (*ent.Channel, event.Cursor, error) {
	return s.change(ctx, p, id, func(_ context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		if name == nil {
			return nil, errSame
		}
		n, err := checkName(*name)
		if err != nil {
			return nil, err
		}
		if n == c.Name {
			return nil, errSame
		}
		return tx.Channel.UpdateOne(c).SetName(n), nil
	})
}

// Pause stops sending and goes on receiving; what is queued waits (CHAN-4). A paused channel stays as it is; a disconnected one is a fault of
// kind Conflict. Other faults as in Update.
func (s *Service) Pause(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, event.Cursor, error) {
	return s.change(ctx, p, id, func(_ context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		if err := notDisconnected(c); err != nil {
			return nil, err
		}
		if c.State == channel.StatePAUSED {
			return nil, errSame
		}
		return tx.Channel.UpdateOne(c).SetState(channel.StatePAUSED), nil
	})
}

// Resume sends again: what waited leaves in its order (CHAN-4). Faults as in Pause.
func (s *Service) Resume(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, event.Cursor, error) {
	return s.change(ctx, p, id, func(_ context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		if err := notDisconnected(c); err != nil {
			return nil, err
		}
		if c.State == channel.StateCONNECTED {
			return nil, errSame
		}
		return tx.Channel.UpdateOne(c).SetState(channel.StateCONNECTED), nil
	})
}

func notDisconnected(c *ent.Channel) error {
	if c.State == channel.StateDISCONNECTED {
		return fault.New(fault.Conflict, "the channel is disconnected; connect it again with channelReconnect").WithCode("CHANNEL_UNAVAILABLE", nil)
	}
	return nil
}

// Delete deletes a channel: its history stays, its webhook is refused, its credentials are forgotten, and the account may be connected anew
// (CHAN-4). A second time changes nothing. Faults: Forbidden for all but ADMINs, NotFound.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	var row *ent.Channel
	at, err := s.cfg.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, "channels", id); err != nil {
			return err
		}
		c, err := get(ctx, tx.Client, id)
		if err != nil {
			return err
		}
		if row = c; c.DeletedAt != nil {
			return nil
		}
		row, err = s.changed(ctx, tx, p.Actor(), tx.Channel.UpdateOne(c).SetDeletedAt(tx.Now).ClearClaim().SetCredentials([]byte{}).
			SetState(channel.StateDISCONNECTED).SetStateReason(deletedCode))
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return row, at, nil
}

// MarkDisconnectedIn notes that the platform's permission is lost, with the failure code that said so (CHAN-3): the team's ADMINs are told.
// What waits is given up by its lanes. A channel that is disconnected already, or deleted, stays as it is, and nobody is told twice.
func (s *Service) MarkDisconnectedIn(ctx context.Context, tx *store.Tx, channelID int64, code string) error {
	if err := tx.Lock(ctx, "channels", channelID); err != nil {
		return err
	}
	c, err := get(ctx, tx.Client, channelID)
	if err != nil || c.State == channel.StateDISCONNECTED || c.DeletedAt != nil {
		return err
	}
	by := event.Actor{Kind: event.BySystem}
	if _, err := s.changed(ctx, tx, by, tx.Channel.UpdateOne(c).SetState(channel.StateDISCONNECTED).SetStateReason(code)); err != nil {
		return err
	}
	return workspace.NotifyAdminsIn(ctx, tx, by, workspace.Notice{
		Code: "notice.channel_disconnected", ChannelID: c.ID, Params: map[string]string{"channel": c.Name, "reason": "@" + reasonPrefix + code},
	})
}

// SeenIn notes that the platform called, to the minute: at most one write a minute, of no new version.
func SeenIn(ctx context.Context, tx *store.Tx, channelID int64) error {
	minute := tx.Now.Truncate(seenEvery)
	_, err := tx.Exec(ctx, "UPDATE channels SET last_event_at = ? WHERE team_id = ? AND id = ? AND (last_event_at IS NULL OR last_event_at < ?)",
		minute, tx.Team, channelID, minute)
	if err != nil {
		return fmt.Errorf("note the platform's call: %w", err)
	}
	return nil
}
