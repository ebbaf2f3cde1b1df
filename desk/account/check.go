package account

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The names of a check's parts as they are kept.
const (
	lineName   = "name"
	lineStatus = "status"
	lineText   = "text"
)

// Check asks the platform what is granted and what is missing, has it call the webhook where it can, and keeps the answer (CHAN-10). What the platform
// tells of the account is taken over; credentials that it no longer accepts disconnect the channel (CHAN-3). Faults: Forbidden for all but
// ADMINs, NotFound, Conflict for a deleted channel, Unavailable with the code PLATFORM where the platform cannot be asked.
func (s *Service) Check(ctx context.Context, p auth.Principal, id int64) (*ent.Channel, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	c, err := s.Get(ctx, p, id)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if err := alive(c); err != nil {
		return nil, event.Cursor{}, err
	}
	t := channels.Type(c.Type)
	adapter, err := s.cfg.Adapters.Get(t)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	credentials, err := s.opened(p.TeamID, c.ID, c.Credentials)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	account := s.account(t, c.PlatformID, credentials)
	info, lost := adapter.FetchAccount(ctx, account)
	if lost != nil && !fault.Is(lost, fault.Unauthenticated) {
		return nil, event.Cursor{}, platformFault(lost)
	}
	lines, err := adapter.Check(ctx, account, WebhookURL(s.cfg.PublicURL, c))
	if err != nil {
		return nil, event.Cursor{}, platformFault(err)
	}
	var row *ent.Channel
	at, err := s.cfg.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		now, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		u := tx.Channel.UpdateOne(now).SetChecks(kept(lines)).SetCheckedAt(tx.Now)
		if lost == nil && info.PlatformID == now.PlatformID {
			u = described(u, info)
		}
		if row, err = s.changed(ctx, tx, p.Actor(), u); err != nil || lost == nil {
			return err
		}
		// Credentials that were replaced while the platform was asked are not the ones that it refused.
		if string(now.Credentials) != string(c.Credentials) {
			return nil
		}
		if err := s.MarkDisconnectedIn(ctx, tx, id, channels.CodeCredentialsRevoked); err != nil {
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

func kept(lines []channels.Check) []map[string]string {
	out := make([]map[string]string, len(lines))
	for i, l := range lines {
		out[i] = map[string]string{lineName: l.Name, lineStatus: string(l.Status), lineText: l.Text}
	}
	return out
}

// Checks are the lines of a channel's newest check.
func Checks(c *ent.Channel) []channels.Check {
	out := make([]channels.Check, len(c.Checks))
	for i, l := range c.Checks {
		out[i] = channels.Check{Name: l[lineName], Status: channels.CheckStatus(l[lineStatus]), Text: l[lineText]}
	}
	return out
}
