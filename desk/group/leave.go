package group

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// LeaveTask has a platform take the account out of a group that the brand has left. Its args are a Leave.
const LeaveTask = "group.leave"

// LeaveTries is how often the platform is asked before it is given up: about three days.
const LeaveTries = 80

// Leave is what a LeaveTask is about.
type Leave struct {
	GroupID int64 `json:"id"`
	// AgentID is who left it, and is told where the platform does not let the account go.
	AgentID int64 `json:"agentId"`
}

// LeaveIn takes the account out of a group by the brand's own hand (GRP-5): from this moment nobody is in it as far as we know, and its conversation is ENDED. The platform is yet to be told: until it
// confirms, what is seen of the group opens nothing. log writes what the conversation's log says of it.
func (s *Service) LeaveIn(ctx context.Context, tx *store.Tx, g *ent.Group, by event.Actor, log func(*ent.Conversation) error) error {
	at := tx.Now
	if at.Before(g.JoinedAt) { // the platform's clock is ahead of ours
		at = g.JoinedAt
	}
	_, err := s.out(ctx, tx, tx.Group.UpdateOne(g).SetLeftAt(at).SetLeaveAskedAt(tx.Now), by, log)
	return err
}

// DepartedIn notes that the platform has taken the account out of a group that the brand had left. Where that is known already, or the account was let in again meanwhile, it changes nothing.
func (s *Service) DepartedIn(ctx context.Context, tx *store.Tx, groupID int64) error {
	g, err := lock(ctx, tx, groupID)
	if err != nil || g.LeaveAskedAt == nil {
		return err
	}
	_, err = confirm(ctx, tx, g, tx.Now)
	return err
}

// confirm ends the wait for the platform. What members wrote until then was written to an account that the brand had taken out already, and does not let it in again however late it arrives.
func confirm(ctx context.Context, tx *store.Tx, g *ent.Group, at time.Time) (*ent.Group, error) {
	u := tx.Group.UpdateOne(g).ClearLeaveAskedAt()
	if g.LeftAt == nil || at.After(*g.LeftAt) {
		u.SetLeftAt(at)
	}
	return save(ctx, tx, u, bySystem)
}

// StayedIn notes that the platform does not let the account go: it is in the group still, and the next message of a member brings the conversation back (GRP-4). It gives that conversation, nil where
// the group has none or nothing is open any more.
func (s *Service) StayedIn(ctx context.Context, tx *store.Tx, groupID int64) (*ent.Conversation, error) {
	g, err := lock(ctx, tx, groupID)
	if err != nil || g.LeaveAskedAt == nil {
		return nil, err
	}
	if _, err := save(ctx, tx, tx.Group.UpdateOne(g).ClearLeaveAskedAt(), bySystem); err != nil {
		return nil, err
	}
	c, err := tx.Conversation.Query().Where(conversation.GroupID(groupID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the conversation of group %d: %w", groupID, err)
	}
	return c, row.Log(ctx, tx, c.ID, "log.group_leave_failed", nil, bySystem)
}
