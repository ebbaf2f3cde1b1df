package inbox

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// UsageInput says of which time and channels it is asked what messages to groups cost.
type UsageInput struct {
	From, To   time.Time // from a moment on and before another
	ChannelIDs []int64   // none for all
}

// Usage is what messages to groups cost (GRP-12).
type Usage struct {
	Messages int   // that the platform took
	Usage    int64 // each as many as its group had members when it was sent
	Cost     string
}

// ChannelUsage is the Usage of a channel.
type ChannelUsage struct {
	ChannelID int64
	Usage
}

// GroupUsage is the Usage in all, with the team's price of a message for each member, and of each channel that has any.
type GroupUsage struct {
	Usage
	Price    string
	Channels []ChannelUsage
}

// usageSQL sums over an index that holds nothing but what costs something, by channel and time; its words are that index's.
const usageSQL = `SELECT channel_id, COUNT(*), CAST(SUM(usage) AS bigint) FROM messages WHERE team_id = ? AND channel_id IN (%s) AND sent_at >= ? AND sent_at < ?
	AND usage > 0 AND sent_at IS NOT NULL AND delivery <> 'FAILED' GROUP BY channel_id ORDER BY channel_id`

// maxUsageChannels is how many channels may be named.
const maxUsageChannels = 100

// GroupUsage sums what the messages to groups cost that the platform took in a time (GRP-12). What is on its way counts nothing, and what has failed, also after it was sent. Money is exact: usage times the
// team's present price. For the manager roles that work with groups, and integrations of such a role; others get a fault of kind Forbidden. A channel that is not there has none.
func (s *Service) GroupUsage(ctx context.Context, p auth.Principal, in UsageInput) (*GroupUsage, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	switch {
	case !p.Role.IsManager() || !p.Role.HasGroups():
		return nil, fault.New(fault.Forbidden, "what messages to groups cost is for ADMIN, SUPERVISOR and CS_MANAGER")
	case !in.From.Before(in.To):
		return nil, fault.Input("to", "the end of the time lies after its beginning")
	case len(in.ChannelIDs) > maxUsageChannels:
		return nil, fault.Input("channelIds", "at most %d channels", maxUsageChannels)
	}
	out := &GroupUsage{}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		t, err := v.Client.Team.Get(ctx, v.Team)
		if err != nil {
			return fmt.Errorf("read the team: %w", err)
		}
		out.Price = t.GroupMessagePrice
		ids := slices.Clone(in.ChannelIDs)
		if ids == nil {
			if ids, err = v.Channel.Query().Order(channel.ByID()).IDs(ctx); err != nil {
				return fmt.Errorf("read channels: %w", err)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		args := []any{v.Team}
		for _, n := range ids {
			args = append(args, n)
		}
		rows, err := v.Query(ctx, fmt.Sprintf(usageSQL, strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")), append(args, in.From.UTC(), in.To.UTC())...)
		if err != nil {
			return fmt.Errorf("sum the usage of groups: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var c ChannelUsage
			if err := rows.Scan(&c.ChannelID, &c.Messages, &c.Usage.Usage); err != nil {
				return fmt.Errorf("sum the usage of groups: %w", err)
			}
			out.Channels = append(out.Channels, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for i := range out.Channels {
		c := &out.Channels[i]
		out.Messages, out.Usage.Usage = out.Messages+c.Messages, out.Usage.Usage+c.Usage.Usage
		if c.Cost, err = times(c.Usage.Usage, out.Price); err != nil {
			return nil, err
		}
	}
	out.Cost, err = times(out.Usage.Usage, out.Price)
	return out, err
}

// times multiplies exactly: a whole number and a decimal one give a decimal one, in its shortest form.
func times(n int64, price string) (string, error) {
	r, ok := new(big.Rat).SetString(price)
	if !ok {
		return "", fmt.Errorf("the price %q is no number", price)
	}
	r.Mul(r, new(big.Rat).SetInt64(n))
	digits, _ := r.FloatPrec()
	return r.FloatString(digits), nil
}
