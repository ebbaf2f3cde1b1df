package account

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelinformation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxInformation is how many characters the information of a channel has at most (CHAN-7).
const maxInformation = 10_000

// Information is what agents are to know of a channel.
type Information struct {
	Version int
	IsOn    bool
	Text    string
}

// InformationInput changes what agents are to know of a channel; what is nil stays.
type InformationInput struct {
	ChannelID int64
	IsOn      *bool
	Text      *string
}

// InformationOf gives the texts of those of the channels that have information to show (CHAN-7), by channel: one statement.
func InformationOf(ctx context.Context, v *store.View, channelIDs []int64) (map[int64]string, error) {
	if len(channelIDs) == 0 {
		return nil, nil
	}
	all, err := v.ChannelInformation.Query().Where(channelinformation.ChannelIDIn(channelIDs...), channelinformation.IsOn(true), channelinformation.TextNEQ("")).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read channels' information: %w", err)
	}
	out := make(map[int64]string, len(all))
	for _, x := range all {
		out[x.ChannelID] = x.Text
	}
	return out, nil
}

// Information gives what agents are to know of a channel, shown or not. Faults: Forbidden, NotFound.
func (s *Service) Information(ctx context.Context, p auth.Principal, channelID int64) (Information, error) {
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return Information{}, err
	}
	var out Information
	err := s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		if _, err := get(ctx, v.Client, channelID); err != nil {
			return err
		}
		x, err := v.ChannelInformation.Query().Where(channelinformation.ChannelID(channelID)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the information of channel %d: %w", channelID, err)
		}
		out = Information{x.Version, x.IsOn, x.Text}
		return nil
	})
	return out, err
}

// SetInformation changes what agents are to know of a channel. Faults: Forbidden for all but ADMINs, NotFound, Invalid, Conflict for a deleted channel.
func (s *Service) SetInformation(ctx context.Context, p auth.Principal, in InformationInput) (Information, event.Cursor, error) {
	var out Information
	_, at, err := s.change(ctx, p, in.ChannelID, func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		// The channel is held: of two who set it the second changes what the first has made.
		x, err := tx.ChannelInformation.Query().Where(channelinformation.ChannelID(c.ID)).Only(ctx)
		if ent.IsNotFound(err) {
			x, err = tx.ChannelInformation.Create().SetTeamID(tx.Team).SetChannelID(c.ID).SetVersion(0).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("read the information of channel %d: %w", c.ID, err)
		}
		u := tx.ChannelInformation.UpdateOne(x).AddVersion(1).SetUpdatedAt(tx.Now).SetNillableIsOn(in.IsOn)
		if in.Text != nil {
			text, err := input.Text("text", *in.Text, maxInformation)
			if err != nil {
				return nil, err
			}
			u.SetText(text)
		}
		if x, err = u.Save(ctx); err != nil {
			return nil, fmt.Errorf("change the information of channel %d: %w", c.ID, err)
		}
		out = Information{x.Version, x.IsOn, x.Text}
		return tx.Channel.UpdateOne(c), nil
	})
	return out, at, err
}
