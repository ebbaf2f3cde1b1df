package conversation

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
)

// Departures take the account out of groups by an agent's hand (GRP-5). It is safe for concurrent use.
type Departures struct {
	actions *Service
	queue   Queue
}

// NewDepartures makes it. The queue must have desk/profile's Leave as its handler of group.LeaveTask.
func NewDepartures(actions *Service, queue Queue) *Departures { return &Departures{actions, queue} }

// LeaveGroupInput says which group to leave, by its conversation.
type LeaveGroupInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Leave takes the account out of a group (GRP-5). In one transaction the conversation is ENDED, pinned by nobody, the group is LEFT with nobody in it, and what has the platform let the account go is
// queued: nothing is done by half, whatever becomes of the platform or this server. A channel that cannot call its platform, disconnected or deleted, is refused with CHANNEL_UNAVAILABLE; one that is
// paused sends no messages, and leaves. Who works on the conversation beside its follower is told.
func (d *Departures) Leave(ctx context.Context, p auth.Principal, in LeaveGroupInput) (*ent.Conversation, event.Cursor, error) {
	return d.actions.act(ctx, p, in.OnBehalfOf, in.ConversationID, LeavingGroup, nil, func(x *acting, ctx context.Context) error {
		if err := d.actions.canLeave(ctx, x); err != nil {
			return err
		}
		// The group's row is what the platform's words about it hold.
		if err := x.tx.Lock(ctx, entgroup.Table, x.group.ID); err != nil {
			return err
		}
		if err := d.actions.groups.LeaveIn(ctx, x.tx, x.group, x.by, func(*ent.Conversation) error { return x.log(ctx, "log.group_left", nil) }); err != nil {
			return err
		}
		var err error
		if x.c, err = row.Lock(ctx, x.tx, x.c.ID); err != nil {
			return err
		}
		if err := x.notify(ctx, "notice.group_left", map[string]string{"customer": x.customer()}, x.c.CollaboratorIds...); err != nil {
			return err
		}
		return d.queue.EnqueueIn(ctx, x.tx, job.Task{Kind: group.LeaveTask, Args: group.Leave{GroupID: x.group.ID, AgentID: x.p.AgentID}, Tries: group.LeaveTries})
	})
}

// canLeave refuses a channel whose platform cannot be asked to let the account go.
func (s *Service) canLeave(ctx context.Context, x *acting) error {
	ch, err := x.tx.Channel.Get(ctx, x.c.ChannelID)
	if err != nil {
		return fmt.Errorf("read channel: %w", err)
	}
	adapter, err := s.adapters.Get(channels.Type(ch.Type))
	switch {
	case ch.DeletedAt != nil:
		return x.refuse(ctx, Permit{Code: "CHANNEL_UNAVAILABLE", Reason: "refusal.channel_deleted"}, nil)
	case err != nil || ch.State == channel.StateDISCONNECTED:
		return x.refuse(ctx, Permit{Code: "CHANNEL_UNAVAILABLE", Reason: "refusal.channel_disconnected"}, nil)
	case !adapter.Capability().HasGroups:
		return x.refuse(ctx, Permit{Code: "STATE_CONFLICT", Reason: "refusal.not_group"}, nil)
	}
	return nil
}
