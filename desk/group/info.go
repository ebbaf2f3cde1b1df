package group

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// maxName is how many characters a group's name has at most (GRP-6).
const maxName = 50

// Info is what the platform told of a group.
type Info struct {
	channels.GroupInfo
	// IsListed: Members are all members' platform ids. Otherwise the platform does not list them to this account, and the number is all there
	// is (GRP-8).
	IsListed bool
	Members  []string
}

// ApplyInfoIn keeps what the platform told of a group: name, picture, number and, where it lists them, exactly who is in it (GRP-6, GRP-8,
// GRP-11). A group that the account has left in the meantime keeps what it has. It gives the members of whom no profile was ever asked for. A
// group that is not there is a fault of kind NotFound.
func (s *Service) ApplyInfoIn(ctx context.Context, tx *store.Tx, groupID int64, info Info) ([]int64, error) {
	g, err := lock(ctx, tx, groupID)
	if err != nil || g.State == entgroup.StateLEFT {
		return nil, err
	}
	name := text.Cut(text.Line(info.Name), maxName)
	u := tx.Group.UpdateOne(g).SetName(name).SetNameFolded(text.Fold(name)).SetPictureURL(info.PictureURL).SetMemberCount(max(0, info.MemberCount)).
		SetAreMembersListed(info.IsListed).SetIsStale(false).SetFetchedAt(tx.Now)
	if g, err = save(ctx, tx, u, bySystem); err != nil {
		return nil, err
	}
	var fresh []int64
	if info.IsListed {
		if fresh, err = s.listIn(ctx, tx, g, info.Members); err != nil {
			return nil, err
		}
	}
	if g.MemberCount == 0 {
		return fresh, s.emptied(ctx, tx, g)
	}
	return fresh, s.copyIn(ctx, tx, g, bySystem, nil)
}

// listIn makes the list the members: who is on it is in the group, and nobody else.
func (s *Service) listIn(ctx context.Context, tx *store.Tx, g *ent.Group, userIDs []string) ([]int64, error) {
	known, err := tx.GroupMember.Query().Where(groupmember.GroupID(g.ID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read members of group %d: %w", g.ID, err)
	}
	byUser := make(map[string]*ent.GroupMember, len(known))
	for _, m := range known {
		byUser[m.PlatformUserID] = m
	}
	var fresh []int64
	isIn := make(map[string]bool, len(userIDs))
	for _, userID := range userIDs {
		if isIn[userID] {
			continue
		}
		isIn[userID] = true
		m := byUser[userID]
		if m == nil || !m.IsActive || m.IdentityID == nil {
			if m, err = s.SpokeIn(ctx, tx, g, userID); err != nil {
				return nil, err
			}
		}
		if m.ProfileFetchedAt == nil {
			fresh = append(fresh, m.ID)
		}
	}
	for _, m := range known {
		if m.IsActive && !isIn[m.PlatformUserID] {
			if err := tx.GroupMember.UpdateOne(m).SetIsActive(false).SetLeftAt(tx.Now).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
				return nil, fmt.Errorf("change member: %w", err)
			}
		}
	}
	return fresh, nil
}

// UnlistedIn notes that the group could not be asked about: it is not fetched again until something about it changes or it grows old.
func (s *Service) UnlistedIn(ctx context.Context, tx *store.Tx, groupID int64) error {
	g, err := lock(ctx, tx, groupID)
	if err != nil {
		return err
	}
	if err := tx.Group.UpdateOne(g).SetIsStale(false).SetFetchedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("note that group %d was asked about: %w", groupID, err)
	}
	return nil
}

// emptied ends the conversation of a group in which nobody is left (GRP-4).
func (s *Service) emptied(ctx context.Context, tx *store.Tx, g *ent.Group) error {
	return s.copyIn(ctx, tx, g, bySystem, func(before, after *ent.Conversation) error {
		if before.Status == "ENDED" {
			return nil
		}
		Ended(tx, after)
		return row.Log(ctx, tx, before.ID, "log.group_emptied", nil, bySystem)
	})
}
