// Package group keeps groups on platforms and their members: who is in them, as far as the platform tells (GRP-2 to GRP-4, GRP-8, GRP-9,
// GRP-11). Nothing in it is named after a platform (GRP-22).
package group

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Service keeps groups. It is safe for concurrent use.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// bySystem is who causes what a platform tells of a group: no person of ours.
var bySystem = event.Actor{Kind: event.BySystem}

// EnsureIn finds the group behind a peer, or makes it: joined at the time given, unknown in everything else. The unique key decides between
// callers at the same time, who all get the same group. It is held until the transaction ends.
func (s *Service) EnsureIn(ctx context.Context, tx *store.Tx, channelID int64, peer channels.Peer, at time.Time) (*ent.Group, bool, error) {
	kind := "GROUP"
	if peer.Type == channels.PeerRoom {
		kind = "ROOM"
	}
	n, err := tx.Exec(ctx, `INSERT INTO platform_groups (team_id, version, created_at, updated_at, channel_id, platform_group_id, peer_type, name,
		name_folded, picture_url, member_count, state, are_members_listed, is_stale, note, joined_at)
		VALUES (?, 1, ?, ?, ?, ?, ?, '', '', '', 0, 'JOINED', ?, ?, '', ?) ON CONFLICT (team_id, channel_id, platform_group_id) DO NOTHING`,
		tx.Team, tx.Now, tx.Now, channelID, peer.ID, kind, false, true, at)
	if err != nil {
		return nil, false, fmt.Errorf("create group: %w", err)
	}
	id, err := tx.Group.Query().Where(entgroup.ChannelID(channelID), entgroup.PlatformGroupID(peer.ID)).OnlyID(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("find group: %w", err)
	}
	g, err := lock(ctx, tx, id)
	if err == nil && n > 0 {
		changed(tx, g, bySystem)
	}
	return g, n > 0, err
}

// FindIn finds the group behind a peer and holds it until the transaction ends; nil where there is none.
func (s *Service) FindIn(ctx context.Context, tx *store.Tx, channelID int64, peer channels.Peer) (*ent.Group, error) {
	id, err := tx.Group.Query().Where(entgroup.ChannelID(channelID), entgroup.PlatformGroupID(peer.ID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find group: %w", err)
	}
	return lock(ctx, tx, id)
}

// lock holds a group until the transaction ends, and its conversation before it: whoever takes in a message holds that already.
func lock(ctx context.Context, tx *store.Tx, id int64) (*ent.Group, error) {
	ids, err := tx.Conversation.Query().Where(conversation.GroupID(id)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the conversation of group %d: %w", id, err)
	}
	if err := tx.Lock(ctx, conversation.Table, ids...); err != nil {
		return nil, err
	}
	if err := tx.Lock(ctx, entgroup.Table, id); err != nil {
		return nil, err
	}
	g, err := tx.Group.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the group")
	}
	if err != nil {
		return nil, fmt.Errorf("read group %d: %w", id, err)
	}
	return g, nil
}

// save writes a change of a group with its version, time and event, and copies what its conversation's row shows.
func save(ctx context.Context, tx *store.Tx, u *ent.GroupUpdateOne, by event.Actor) (*ent.Group, error) {
	g, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("change group: %w", err)
	}
	changed(tx, g, by)
	return g, nil
}

func changed(tx *store.Tx, g *ent.Group, by event.Actor) {
	tx.Emit(event.Event{Kind: event.GroupChanged, ObjectID: g.ID, ObjectVersion: g.Version, Actor: by})
}

// JoinedIn notes that the account is seen in the group again after it had left. What is older than what is known changes nothing, and while the platform has yet to take the account out of a group that
// the brand has left, to be seen in it is no news (GRP-5). The conversation stays where it is until a member writes (GRP-4). It gives the group as it is then.
func (s *Service) JoinedIn(ctx context.Context, tx *store.Tx, g *ent.Group, at time.Time) (*ent.Group, error) {
	if g.LeaveAskedAt != nil {
		return g, nil
	}
	return s.InvitedIn(ctx, tx, g, at)
}

// InvitedIn is JoinedIn where the platform says that the account was let in: it had been out of the group before, so that nothing is left to be done of having left it.
func (s *Service) InvitedIn(ctx context.Context, tx *store.Tx, g *ent.Group, at time.Time) (*ent.Group, error) {
	if g.State == entgroup.StateJOINED || g.LeftAt != nil && !at.After(*g.LeftAt) {
		return g, nil
	}
	g, err := save(ctx, tx, tx.Group.UpdateOne(g).SetState(entgroup.StateJOINED).SetJoinedAt(at).ClearLeftAt().ClearLeaveAskedAt().SetIsStale(true), bySystem)
	if err != nil {
		return nil, err
	}
	return g, s.copyIn(ctx, tx, g, bySystem, func(before, after *ent.Conversation) error {
		return row.Log(ctx, tx, before.ID, "log.account_joined", nil, bySystem)
	})
}

// LeftIn is RemovedIn of a group known by its id, as the platform told just now. A group that is not there is a fault of kind NotFound.
func (s *Service) LeftIn(ctx context.Context, tx *store.Tx, groupID int64) error {
	g, err := lock(ctx, tx, groupID)
	if err != nil {
		return err
	}
	_, err = s.RemovedIn(ctx, tx, g, tx.Now)
	return err
}

// RemovedIn notes that the account was removed from the group, or left it: nobody is in it any more as far as we know, and a PENDING or
// IN_PROGRESS conversation ends by itself (GRP-4, GRP-5). What is older than what is known changes nothing. Where the brand has left the group already it is the platform's confirmation.
func (s *Service) RemovedIn(ctx context.Context, tx *store.Tx, g *ent.Group, at time.Time) (*ent.Group, error) {
	switch {
	case g.State == entgroup.StateLEFT && g.LeaveAskedAt != nil:
		return confirm(ctx, tx, g, at)
	case g.State == entgroup.StateLEFT || at.Before(g.JoinedAt):
		return g, nil
	}
	return s.out(ctx, tx, tx.Group.UpdateOne(g).SetLeftAt(at), bySystem, func(c *ent.Conversation) error {
		return row.Log(ctx, tx, c.ID, "log.account_left", nil, bySystem)
	})
}

// out notes that nobody is in the group any more as far as we know, and ends its conversation.
func (s *Service) out(ctx context.Context, tx *store.Tx, u *ent.GroupUpdateOne, by event.Actor, log func(*ent.Conversation) error) (*ent.Group, error) {
	g, err := save(ctx, tx, u.SetState(entgroup.StateLEFT).SetMemberCount(0).SetIsStale(true), by)
	if err != nil {
		return nil, err
	}
	if err := tx.GroupMember.Update().Where(groupmember.GroupID(g.ID), groupmember.IsActive(true)).
		SetIsActive(false).SetLeftAt(*g.LeftAt).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return nil, fmt.Errorf("empty group %d: %w", g.ID, err)
	}
	return g, s.copyIn(ctx, tx, g, by, func(before, after *ent.Conversation) error {
		Ended(tx, after)
		return log(before)
	})
}

// Ended makes a copy of a conversation ENDED, without anything unread or waiting (CONV-9, CONV-19). One that is ENDED stays as it is.
func Ended(tx *store.Tx, c *ent.Conversation) {
	if c.Status == conversation.StatusENDED {
		return
	}
	now := tx.Now
	c.Status, c.Queue, c.EndedAt = conversation.StatusENDED, conversation.QueueHUMAN, &now
	c.Unread, c.CollaboratorUnread, c.ReadSeq, c.WaitingSince, c.MentionMessageID = 0, nil, c.MessageSeq, nil, nil
}

// copyIn copies what the row of the group's conversation shows, with what more does to it (nil for nothing more). A group without a
// conversation has no row; a row that shows the same already is left alone unless more is given.
func (s *Service) copyIn(ctx context.Context, tx *store.Tx, g *ent.Group, by event.Actor, more func(before, after *ent.Conversation) error) error {
	id, err := tx.Conversation.Query().Where(conversation.GroupID(g.ID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the conversation of group %d: %w", g.ID, err)
	}
	before, err := row.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	after := row.Copy(before)
	Show(after, g)
	if more != nil {
		if err := more(before, after); err != nil {
			return err
		}
	} else if after.Name == before.Name && after.PictureURL == before.PictureURL && after.MemberCount == before.MemberCount {
		return nil
	}
	return row.Put(ctx, tx, before, after, by)
}

// Show copies into a conversation what its row shows of the group.
func Show(c *ent.Conversation, g *ent.Group) {
	c.Name, c.NameFolded, c.PictureURL, c.MemberCount = g.Name, text.Fold(g.Name), g.PictureURL, g.MemberCount
}
