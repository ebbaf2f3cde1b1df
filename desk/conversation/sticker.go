package conversation

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/recentsticker"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MaxRecentStickers is how many of the stickers that an agent sent last are kept (MSG-13).
const MaxRecentStickers = 16

// keepSticker notes that the agent has sent a sticker; the oldest beyond MaxRecentStickers is forgotten.
func (x *acting) keepSticker(ctx context.Context, s channels.StickerRef) error {
	if x.p.AgentID == 0 {
		return nil
	}
	_, err := x.tx.Exec(ctx, `INSERT INTO recent_stickers (team_id, agent_id, channel_type, package_id, sticker_id, sent_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (team_id, agent_id, channel_type, package_id, sticker_id) DO UPDATE SET sent_at = excluded.sent_at`,
		x.tx.Team, x.p.AgentID, string(x.c.ChannelType), s.PackageID, s.StickerID, x.tx.Now)
	if err != nil {
		return fmt.Errorf("keep the sticker: %w", err)
	}
	_, err = x.tx.Exec(ctx, `DELETE FROM recent_stickers WHERE team_id = ? AND agent_id = ? AND id NOT IN
		(SELECT id FROM recent_stickers WHERE team_id = ? AND agent_id = ? ORDER BY sent_at DESC, id DESC LIMIT ?)`,
		x.tx.Team, x.p.AgentID, x.tx.Team, x.p.AgentID, MaxRecentStickers)
	if err != nil {
		return fmt.Errorf("forget the oldest sticker: %w", err)
	}
	return nil
}

// RecentStickers gives the stickers that the principal has sent last, each once, the newest first; none for an integration (MSG-13).
func (s *Service) RecentStickers(ctx context.Context, p auth.Principal) ([]*ent.RecentSticker, error) {
	if err := p.Need(auth.ReadConversations); err != nil {
		return nil, err
	}
	if p.AgentID == 0 {
		return nil, nil
	}
	var all []*ent.RecentSticker
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		all, err = v.RecentSticker.Query().Where(recentsticker.AgentID(p.AgentID)).Order(ent.Desc(recentsticker.FieldSentAt), ent.Desc(recentsticker.FieldID)).
			Limit(MaxRecentStickers).All(ctx)
		return err
	})
	return all, err
}
