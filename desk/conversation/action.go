package conversation

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// FollowInput says which conversation to follow.
type FollowInput struct {
	ConversationID int64
	// OnBehalfOf is the agent for whom an integration acts; 0 for none.
	OnBehalfOf int64
}

// Follow makes the principal the follower of a PENDING conversation (CONV-6). Of several at one instant one wins; the others are told who:
// a fault with the code STATE_CONFLICT, the status and the agent. What was unread is cleared, a mention with it (COLL-13, GRP-15).
func (s *Service) Follow(ctx context.Context, p auth.Principal, in FollowInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Following, func(ctx context.Context, x *acting) error {
		after := row.Copy(x.c)
		Assign(x.tx, after, x.p.AgentID)
		after.Unread, after.ReadSeq, after.MentionMessageID = 0, after.MessageSeq, nil
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, "log.followed", nil)
	})
}

// act does something to a conversation that is decided and held, in a transaction.
func (s *Service) act(ctx context.Context, p auth.Principal, onBehalfOf, conversationID int64, a Action, do func(context.Context, *acting) error) (*ent.Conversation, event.Cursor, error) {
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x, err := s.begin(ctx, tx, p, onBehalfOf, conversationID, a)
		if err != nil {
			return err
		}
		if err := do(ctx, x); err != nil {
			return err
		}
		c = x.c
		return nil
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return c, cursor, nil
}

// TakeOverInput says which conversation to take over, and from whom as the principal saw it.
type TakeOverInput struct {
	ConversationID, FromAgentID int64
	OnBehalfOf                  int64
}

// TakeOver makes the principal the follower of a conversation that another follows; the other is told (CONV-6). It is refused with
// STATE_CONFLICT, naming the follower, where that is no longer the agent it is taken from.
func (s *Service) TakeOver(ctx context.Context, p auth.Principal, in TakeOverInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, TakingOver, func(ctx context.Context, x *acting) error {
		from, err := x.nameOf(ctx, in.FromAgentID)
		if err != nil {
			return err
		}
		if !same(x.c.FollowerID, &in.FromAgentID) {
			if from == "" {
				return fault.Missing("the agent")
			}
			return x.refuse(ctx, Permit{Code: "STATE_CONFLICT", Reason: "refusal.not_follower"}, map[string]string{"agent": from})
		}
		after := row.Copy(x.c)
		Assign(x.tx, after, x.p.AgentID)
		if err := x.put(ctx, after); err != nil {
			return err
		}
		if err := x.notify(ctx, in.FromAgentID, "notice.taken_over"); err != nil {
			return err
		}
		return x.log(ctx, "log.taken_over", map[string]string{"from": from})
	})
}

// TransferInput says which conversation to transfer, and to whom.
type TransferInput struct {
	ConversationID, ToAgentID int64
	OnBehalfOf                int64
}

// Transfer makes another agent the follower of a conversation that the principal follows; that agent is told (CONV-6, GRP-18). The receiver
// is active, may send messages and, for a group, has a role that works with groups.
func (s *Service) Transfer(ctx context.Context, p auth.Principal, in TransferInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Transferring, func(ctx context.Context, x *acting) error {
		name, err := x.receiver(ctx, in.ToAgentID)
		if err != nil {
			return err
		}
		after := row.Copy(x.c)
		Assign(x.tx, after, in.ToAgentID)
		if err := x.put(ctx, after); err != nil {
			return err
		}
		if err := x.notify(ctx, in.ToAgentID, "notice.transferred"); err != nil {
			return err
		}
		return x.log(ctx, "log.transferred", map[string]string{"to": name})
	})
}

// receiver gives the name of an agent who may receive the conversation.
func (x *acting) receiver(ctx context.Context, agentID int64) (string, error) {
	name, err := x.nameOf(ctx, agentID)
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", fault.Missing("the agent")
	}
	if agentID == x.p.AgentID {
		return "", x.wrong("toAgentId", "refusal.receiver_self", nil)
	}
	to, err := principalOf(ctx, &x.tx.View, agentID)
	if err != nil {
		return "", err
	}
	who := map[string]string{"agent": name}
	switch {
	case to == nil:
		return "", x.wrong("toAgentId", "refusal.receiver_inactive", who)
	case !to.Has(auth.SendMessages):
		return "", x.wrong("toAgentId", "refusal.receiver_cannot_send", who)
	case x.c.Kind == conversation.KindGROUP && !to.Role.HasGroups():
		return "", x.wrong("toAgentId", "refusal.receiver_no_groups", who)
	}
	return name, nil
}

// EndInput says which conversation to end.
type EndInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// End ends a conversation: everybody's unread is cleared and waiting stops (CONV-6, CONV-9, CONV-19).
func (s *Service) End(ctx context.Context, p auth.Principal, in EndInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Ending, func(ctx context.Context, x *acting) error {
		after := row.Copy(x.c)
		group.Ended(x.tx, after)
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, "log.ended", nil)
	})
}

// ReopenInput says which conversation to reopen.
type ReopenInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Reopen makes an ENDED conversation IN_PROGRESS with who reopens it as its follower (CONV-6).
func (s *Service) Reopen(ctx context.Context, p auth.Principal, in ReopenInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Reopening, func(ctx context.Context, x *acting) error {
		after := row.Copy(x.c)
		Assign(x.tx, after, x.p.AgentID)
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, "log.reopened", nil)
	})
}

// Release gives back what an agent followed when it is deactivated (COLL-17): IN_PROGRESS becomes PENDING/HUMAN, ENDED stays as it is. It gives
// how many conversations are pending again.
func (s *Service) Release(ctx context.Context, tx *store.Tx, agentID int64, by event.Actor) (int, error) {
	who, err := tx.Agent.Get(ctx, agentID)
	if ent.IsNotFound(err) {
		return 0, fault.Missing("the agent")
	}
	if err != nil {
		return 0, fmt.Errorf("read agent %d: %w", agentID, err)
	}
	mine := conversation.And(conversation.FollowerID(agentID), conversation.StatusEQ(conversation.StatusIN_PROGRESS))
	ids, err := tx.Conversation.Query().Where(mine).IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("find conversations of agent %d: %w", agentID, err)
	}
	if err := tx.Lock(ctx, conversation.Table, ids...); err != nil {
		return 0, err
	}
	// Some may have gone to another agent while we waited.
	all, err := tx.Conversation.Query().Where(conversation.IDIn(ids...), mine).Order(conversation.ByID()).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("read conversations of agent %d: %w", agentID, err)
	}
	for _, c := range all {
		x := &acting{tx: tx, by: by, c: c}
		after := row.Copy(c)
		after.Status, after.Queue, after.FollowerID, after.FollowedAt = conversation.StatusPENDING, conversation.QueueHUMAN, nil, nil
		if err := x.put(ctx, after); err != nil {
			return 0, err
		}
		if err := row.Log(ctx, tx, c.ID, "log.released", map[string]string{"agent": who.Name}, by); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}
