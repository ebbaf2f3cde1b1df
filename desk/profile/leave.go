package profile

import (
	"context"
	"encoding/json"

	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Leave handles group.LeaveTask: it has the platform take the account out of a group that the brand has left (GRP-5). That the account is not in it is what was wanted. What may pass is tried again:
// a platform that cannot be reached, and a channel that is disconnected until it is connected again. What does not, or goes on for too long, is given up: the account is in the group still, the
// conversation's log says so, and so is told who left it. Where nothing is open any more, since the platform said by itself that the account is out or that it was let in again, nothing is asked.
func (s *Service) Leave(ctx context.Context, team int64, args json.RawMessage) error {
	var in group.Leave
	if err := json.Unmarshal(args, &in); err != nil || in.GroupID <= 0 {
		return fault.New(fault.Invalid, "the task names nothing")
	}
	var g *ent.Group
	err := s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		g, err = v.Group.Get(ctx, in.GroupID)
		return missing(err, "the group")
	})
	if err != nil || g.LeaveAskedAt == nil {
		return err
	}
	err = s.leave(ctx, team, g)
	if err == nil || !job.IsGivenUp(ctx, err) {
		return err
	}
	if _, e := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		c, err := s.Groups.StayedIn(ctx, tx, g.ID)
		if err != nil || c == nil || in.AgentID == 0 {
			return err
		}
		name := c.Name
		if name == "" {
			name = "@group.unnamed"
		}
		return workspace.NotifyIn(ctx, tx, bySystem, []int64{in.AgentID}, workspace.Notice{Code: "notice.group_leave_failed", Params: map[string]string{"customer": name}, ConversationID: c.ID, IsOfGroup: true})
	}); e != nil {
		return e // and again: until it is noted the task is not over
	}
	return err
}

func (s *Service) leave(ctx context.Context, team int64, g *ent.Group) error {
	c, err := s.Accounts.Load(ctx, team, g.ChannelID)
	if err != nil {
		return err
	}
	if c.State == "DISCONNECTED" {
		return fault.New(fault.Unavailable, "the channel is disconnected")
	}
	adapter, err := s.Adapters.Get(c.Type)
	if err != nil {
		return err
	}
	err = adapter.LeaveGroup(ctx, c.Account, peer(g))
	switch fault.Of(err) {
	case "", fault.NotFound:
		_, err = s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error { return s.Groups.DepartedIn(ctx, tx, g.ID) })
		return err
	case fault.Unauthenticated:
		if lost := s.refused(ctx, c, err); lost != nil {
			return lost
		}
		return fault.Wrap(err, fault.Unavailable, "the channel is disconnected")
	}
	return err
}
