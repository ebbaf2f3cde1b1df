package group

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// SpokeIn finds or makes the member who writes, and notes that it is in the group. The unique key decides between callers at the same time.
// A member with an identity on the channel is bound to it (GRP-9).
func (s *Service) SpokeIn(ctx context.Context, tx *store.Tx, g *ent.Group, userID string) (*ent.GroupMember, error) {
	m, err := memberIn(ctx, tx, g, userID)
	if err != nil || m.IsActive && m.IdentityID != nil {
		return m, err
	}
	u := tx.GroupMember.UpdateOne(m)
	hasChanged := false
	if !m.IsActive {
		u.SetIsActive(true).ClearLeftAt()
		hasChanged = true
	}
	if m.IdentityID == nil {
		id, err := identityOf(ctx, tx, g.ChannelID, userID)
		if err != nil {
			return nil, err
		}
		if id != nil {
			u.SetIdentityID(*id)
			hasChanged = true
		}
	}
	if !hasChanged {
		return m, nil
	}
	if m, err = u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
		return nil, fmt.Errorf("change member: %w", err)
	}
	return m, nil
}

// memberIn finds a member or makes it, active.
func memberIn(ctx context.Context, tx *store.Tx, g *ent.Group, userID string) (*ent.GroupMember, error) {
	who := []predicate.GroupMember{groupmember.GroupID(g.ID), groupmember.PlatformUserID(userID)}
	m, err := tx.GroupMember.Query().Where(who...).Only(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return m, wrap("find member", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO group_members (team_id, version, created_at, updated_at, group_id, platform_user_id, display_name, name_folded,
		picture_url, friendship, is_active) VALUES (?, 1, ?, ?, ?, ?, '', '', '', 'UNKNOWN', ?) ON CONFLICT (team_id, group_id, platform_user_id) DO NOTHING`,
		tx.Team, tx.Now, tx.Now, g.ID, userID, true)
	if err != nil {
		return nil, fmt.Errorf("create member: %w", err)
	}
	m, err = tx.GroupMember.Query().Where(who...).Only(ctx)
	return m, wrap("find member", err)
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func identityOf(ctx context.Context, tx *store.Tx, channelID int64, userID string) (*int64, error) {
	id, err := tx.Identity.Query().Where(identity.ChannelID(channelID), identity.PlatformUserID(userID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return &id, wrap("find the member's identity", err)
}

// NameIn is the name a member goes by here: its contact's where it is one, else the platform's; "" where neither is known (GRP-9).
func (s *Service) NameIn(ctx context.Context, tx *store.Tx, m *ent.GroupMember) (string, error) {
	if m.IdentityID == nil {
		return m.DisplayName, nil
	}
	i, err := tx.Identity.Query().Where(identity.ID(*m.IdentityID)).WithContact().Only(ctx)
	if err != nil {
		return "", fmt.Errorf("read the member's identity: %w", err)
	}
	if i.Edges.Contact != nil && i.Edges.Contact.Name != "" {
		return i.Edges.Contact.Name, nil
	}
	return m.DisplayName, nil
}

// MembersJoinedIn notes who entered, on the platform's word (GRP-11). Who is known to be in changes nothing. The list is fetched again.
func (s *Service) MembersJoinedIn(ctx context.Context, tx *store.Tx, g *ent.Group, userIDs []string, at time.Time) (*ent.Group, error) {
	entered := 0
	for _, userID := range userIDs {
		before, err := tx.GroupMember.Query().Where(groupmember.GroupID(g.ID), groupmember.PlatformUserID(userID), groupmember.IsActive(true)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("find member: %w", err)
		}
		m, err := s.SpokeIn(ctx, tx, g, userID)
		if err != nil {
			return nil, err
		}
		if before {
			continue
		}
		entered++
		if err := tx.GroupMember.UpdateOne(m).SetJoinedAt(at).ClearLeftAt().AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("change member: %w", err)
		}
	}
	if g.FetchedAt == nil { // how many there were is not known
		entered = 0
	}
	g, err := save(ctx, tx, tx.Group.UpdateOne(g).AddMemberCount(entered).SetIsStale(true), bySystem)
	if err != nil {
		return nil, err
	}
	return g, s.copyIn(ctx, tx, g, bySystem, nil)
}

// MembersLeftIn notes who went, on the platform's word (GRP-11). When the last one goes, the conversation ends by itself (GRP-4). The list is
// fetched again.
func (s *Service) MembersLeftIn(ctx context.Context, tx *store.Tx, g *ent.Group, userIDs []string, at time.Time) (*ent.Group, error) {
	gone := 0
	for _, userID := range userIDs {
		m, err := memberIn(ctx, tx, g, userID)
		if err != nil {
			return nil, err
		}
		if !m.IsActive || m.JoinedAt != nil && at.Before(*m.JoinedAt) {
			continue
		}
		gone++
		if err := tx.GroupMember.UpdateOne(m).SetIsActive(false).SetLeftAt(at).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("change member: %w", err)
		}
	}
	was := g.MemberCount
	g, err := save(ctx, tx, tx.Group.UpdateOne(g).SetMemberCount(max(0, was-gone)).SetIsStale(true), bySystem)
	if err != nil {
		return nil, err
	}
	if was > 0 && g.MemberCount == 0 {
		return g, s.emptied(ctx, tx, g)
	}
	return g, s.copyIn(ctx, tx, g, bySystem, nil)
}

// ApplyProfileIn keeps what the platform told of a member, nil where it told nothing, and notes when it was asked. A member that is not there
// any more is a fault of kind NotFound.
func (s *Service) ApplyProfileIn(ctx context.Context, tx *store.Tx, memberID int64, p *channels.Profile) error {
	m, err := tx.GroupMember.Get(ctx, memberID)
	if ent.IsNotFound(err) {
		return fault.Missing("the member")
	}
	if err != nil {
		return fmt.Errorf("read member %d: %w", memberID, err)
	}
	u := tx.GroupMember.UpdateOne(m).SetProfileFetchedAt(tx.Now)
	if p == nil || p.DisplayName == m.DisplayName && p.PictureURL == m.PictureURL {
		return wrap("note the member's profile", u.Exec(ctx))
	}
	u.SetDisplayName(p.DisplayName).SetNameFolded(text.Fold(p.DisplayName)).SetPictureURL(p.PictureURL).AddVersion(1).SetUpdatedAt(tx.Now)
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("keep the member's profile: %w", err)
	}
	g, err := lock(ctx, tx, m.GroupID)
	if err != nil {
		return err
	}
	_, err = save(ctx, tx, tx.Group.UpdateOne(g), bySystem)
	return err
}
