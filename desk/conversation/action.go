package conversation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
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
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Following, nil, (*acting).follow)
}

func (x *acting) follow(ctx context.Context) error {
	after := row.Copy(x.c)
	Assign(x.tx, after, x.p.AgentID)
	after.Unread, after.ReadSeq, after.MentionMessageID = 0, after.MessageSeq, nil
	if err := x.put(ctx, after); err != nil {
		return err
	}
	return x.log(ctx, "log.followed", nil)
}

// act does something to a conversation that is decided and held, in a transaction. with are the agents, beside who acts, who become part of it.
func (s *Service) act(ctx context.Context, p auth.Principal, onBehalfOf, conversationID int64, a Action, with []int64, do func(*acting, context.Context) error) (*ent.Conversation, event.Cursor, error) {
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := holdAgents(ctx, tx, append([]int64{p.AgentID, onBehalfOf}, with...)); err != nil {
			return err
		}
		x, err := s.begin(ctx, tx, p, onBehalfOf, conversationID, a)
		if err != nil {
			return err
		}
		if err := do(x, ctx); err != nil {
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

// holdAgents holds the agents who may become part of a conversation until the transaction ends, before it holds the conversation: whoever is
// deactivated meanwhile is so before or after, and never between (COLL-17). Others may hold them too, and write what refers to them.
func holdAgents(ctx context.Context, tx *store.Tx, ids []int64) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(n int64) bool { return n == 0 })
	slices.Sort(ids)
	return tx.Hold(ctx, agent.Table, slices.Compact(ids)...)
}

// TakeOverInput says which conversation to take over, and from whom as the principal saw it.
type TakeOverInput struct {
	ConversationID, FromAgentID int64
	OnBehalfOf                  int64
}

// TakeOver makes the principal the follower of a conversation that another follows; the other is told (CONV-6). It is refused with
// STATE_CONFLICT, naming the follower, where that is no longer the agent it is taken from. Where several agents work on it the former follower
// takes the place of who takes over among the collaborators (COLL-9, COLL-19).
func (s *Service) TakeOver(ctx context.Context, p auth.Principal, in TakeOverInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, TakingOver, nil, func(x *acting, ctx context.Context) error {
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
		return x.takenOver(ctx, in.FromAgentID, from)
	})
}

// takenOver makes who acts the follower in the present one's place, who is told.
func (x *acting) takenOver(ctx context.Context, from int64, name string) error {
	if err := x.handOver(ctx, x.p.AgentID, x.p.Name); err != nil {
		return err
	}
	if err := x.notify(ctx, "notice.taken_over", nil, from); err != nil {
		return err
	}
	return x.log(ctx, "log.taken_over", map[string]string{"from": name})
}

// handOver makes an agent the follower in the present one's place. Where several agents work on the conversation the two swap places, and the
// conversation says so.
func (x *acting) handOver(ctx context.Context, to int64, name string) error {
	after := row.Copy(x.c)
	if len(x.c.CollaboratorIds) == 0 {
		Assign(x.tx, after, to)
		return x.put(ctx, after)
	}
	swap(after, to)
	Assign(x.tx, after, to)
	return x.putSaying(ctx, after, "message.followed", map[string]string{"actor": name})
}

// TransferInput says which conversation to transfer, and to whom.
type TransferInput struct {
	ConversationID, ToAgentID int64
	OnBehalfOf                int64
}

// Transfer makes another agent the follower of a conversation that the principal follows; that agent is told (CONV-6, GRP-18). The receiver
// is active, may send messages and, for a group, has a role that works with groups. Where several agents work on it the receiver is one of its
// collaborators, and the two swap places (COLL-10).
func (s *Service) Transfer(ctx context.Context, p auth.Principal, in TransferInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Transferring, []int64{in.ToAgentID}, func(x *acting, ctx context.Context) error {
		if err := x.transfer(ctx, in.ToAgentID); err != nil {
			return err
		}
		return x.notify(ctx, "notice.transferred", nil, in.ToAgentID)
	})
}

// transfer hands the conversation to another agent, who is told by the caller.
func (x *acting) transfer(ctx context.Context, to int64) error {
	name, err := x.receiver(ctx, "toAgentId", to)
	if err != nil {
		return err
	}
	if len(x.c.CollaboratorIds) > 0 && !slices.Contains(x.c.CollaboratorIds, to) {
		return x.wrong("toAgentId", "refusal.receiver_no_collaborator", map[string]string{"agent": name})
	}
	if err := x.handOver(ctx, to, name); err != nil {
		return err
	}
	return x.log(ctx, "log.transferred", map[string]string{"to": name})
}

// receiver gives the name of an agent who may receive the conversation, or become a collaborator in it; field names the input.
func (x *acting) receiver(ctx context.Context, field string, agentID int64) (string, error) {
	name, err := x.nameOf(ctx, agentID)
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", fault.Missing("the agent")
	}
	if agentID == x.p.AgentID {
		return "", x.wrong(field, "refusal.receiver_self", nil)
	}
	to, err := principalOf(ctx, &x.tx.View, agentID)
	if err != nil {
		return "", err
	}
	who := map[string]string{"agent": name}
	switch {
	case to == nil:
		return "", x.wrong(field, "refusal.receiver_inactive", who)
	case !to.Has(auth.SendMessages):
		return "", x.wrong(field, "refusal.receiver_cannot_send", who)
	case x.c.Kind == conversation.KindGROUP && !to.Role.HasGroups():
		return "", x.wrong(field, "refusal.receiver_no_groups", who)
	}
	return name, nil
}

// EndInput says which conversation to end.
type EndInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// End ends a conversation: everybody's unread is cleared and waiting stops (CONV-6, CONV-9, CONV-19). Who works on it beside its follower is
// told (COLL-11).
func (s *Service) End(ctx context.Context, p auth.Principal, in EndInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Ending, nil, func(x *acting, ctx context.Context) error {
		if err := x.end(ctx); err != nil {
			return err
		}
		return s.close(ctx, x)
	})
}

func (x *acting) end(ctx context.Context) error {
	after := row.Copy(x.c)
	group.Ended(x.tx, after)
	if err := x.put(ctx, after); err != nil {
		return err
	}
	if err := x.notify(ctx, "notice.ended", nil, x.c.CollaboratorIds...); err != nil {
		return err
	}
	return x.log(ctx, "log.ended", nil)
}

// ReopenInput says which conversation to reopen.
type ReopenInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Reopen makes an ENDED conversation IN_PROGRESS, with who reopens it as its follower (CONV-6). Where several agents work on it they stay what
// they were, whoever reopens it (COLL-12).
func (s *Service) Reopen(ctx context.Context, p auth.Principal, in ReopenInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Reopening, nil, (*acting).reopen)
}

func (x *acting) reopen(ctx context.Context) error {
	after := row.Copy(x.c)
	if len(after.CollaboratorIds) > 0 {
		resume(after)
	} else {
		Assign(x.tx, after, x.p.AgentID)
	}
	if err := x.put(ctx, after); err != nil {
		return err
	}
	return x.log(ctx, "log.reopened", nil)
}

// resume makes a copy of an ENDED conversation IN_PROGRESS with the agents who worked on it.
func resume(after *ent.Conversation) {
	after.Status, after.Queue, after.EndedAt = conversation.StatusIN_PROGRESS, conversation.QueueHUMAN, nil
}

// Release takes an agent who is deactivated out of every conversation (COLL-17). Where it collaborates it is a collaborator no longer; where it
// follows, also what has ended, the first of its collaborators follows in its place; what it follows alone is PENDING/HUMAN again, or stays ENDED.
// It gives how many conversations are pending again.
func (s *Service) Release(ctx context.Context, tx *store.Tx, agentID int64, by event.Actor) (int, error) {
	return release(ctx, tx, agentID, by, leaving{"log.released", "log.collaborator_deactivated"})
}

// ReleaseGroups takes an agent whose role does not work with groups any more out of them (GRP-1), as Release does out of everything.
func (s *Service) ReleaseGroups(ctx context.Context, tx *store.Tx, agentID int64, by event.Actor) (int, error) {
	return release(ctx, tx, agentID, by, leaving{"log.released_role", "log.collaborator_role"}, conversation.KindEQ(conversation.KindGROUP))
}

// leaving is how the log puts that an agent was taken out: of what is pending again, and of what others go on with.
type leaving struct{ alone, others string }

// release takes an agent out of the conversations that it has a part in, those of which only holds.
func release(ctx context.Context, tx *store.Tx, agentID int64, by event.Actor, log leaving, only ...predicate.Conversation) (int, error) {
	who, err := tx.Agent.Get(ctx, agentID)
	if ent.IsNotFound(err) {
		return 0, fault.Missing("the agent")
	}
	if err != nil {
		return 0, fmt.Errorf("read agent %d: %w", agentID, err)
	}
	ids, err := workOf(ctx, tx, agentID, only)
	if err != nil {
		return 0, err
	}
	actor, err := actorName(ctx, tx, by)
	if err != nil {
		return 0, err
	}
	released := 0
	for part := range slices.Chunk(ids, 500) {
		if err := tx.Lock(ctx, conversation.Table, part...); err != nil {
			return 0, err
		}
		// Some may have gone to another agent while we waited.
		all, err := tx.Conversation.Query().Where(conversation.IDIn(part...)).Order(conversation.ByID()).All(ctx)
		if err != nil {
			return 0, fmt.Errorf("read conversations of agent %d: %w", agentID, err)
		}
		for _, c := range all {
			x := &acting{tx: tx, by: by, c: c}
			isPending, err := x.release(ctx, agentID, log, map[string]string{"actor": actor, "agent": who.Name})
			if err != nil {
				return 0, err
			}
			if isPending {
				released++
			}
		}
	}
	return released, nil
}

// workOf finds the conversations that an agent has a part in, but for those that it followed alone and that have ended.
func workOf(ctx context.Context, tx *store.Tx, agentID int64, only []predicate.Conversation) ([]int64, error) {
	ids, err := tx.Conversation.Query().Where(only...).Where(conversation.FollowerID(agentID), conversation.Or(conversation.StatusEQ(conversation.StatusIN_PROGRESS),
		conversation.And(conversation.StatusEQ(conversation.StatusENDED), conversation.KindNEQ(conversation.KindONE_ON_ONE)))).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find conversations of agent %d: %w", agentID, err)
	}
	var joins []int64
	err = tx.Participant.Query().Where(participant.AgentID(agentID), participant.PartEQ(participant.PartCOLLABORATOR)).
		Select(participant.FieldConversationID).Scan(ctx, &joins)
	if err != nil {
		return nil, fmt.Errorf("find collaborations of agent %d: %w", agentID, err)
	}
	for part := range slices.Chunk(joins, 500) {
		some, err := tx.Conversation.Query().Where(only...).Where(conversation.IDIn(part...)).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("find collaborations of agent %d: %w", agentID, err)
		}
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// release takes an agent out of a conversation; it says whether that is pending then.
func (x *acting) release(ctx context.Context, agentID int64, log leaving, params map[string]string) (isPending bool, err error) {
	after := row.Copy(x.c)
	isFollower := same(x.c.FollowerID, &agentID)
	code := log.others
	switch {
	case isFollower && len(x.c.CollaboratorIds) > 0:
		promoted := x.c.CollaboratorIds[0]
		after.Unread = x.c.CollaboratorUnread[promoted]
		arrange(after, x.c.CollaboratorIds[1:])
		after.FollowerID, after.LastFollowerID = &promoted, &promoted
		if now := x.tx.Now; after.Status == conversation.StatusIN_PROGRESS {
			after.FollowedAt = &now
		}
	case isFollower && x.c.Status == conversation.StatusIN_PROGRESS:
		after.Status, after.Queue, after.FollowerID, after.FollowedAt = conversation.StatusPENDING, conversation.QueueHUMAN, nil, nil
		isPending, code = true, log.alone
	case !isFollower && slices.Contains(x.c.CollaboratorIds, agentID):
		arrange(after, without(x.c.CollaboratorIds, agentID))
	default:
		return false, nil
	}
	if err := x.put(ctx, after); err != nil {
		return false, err
	}
	return isPending, row.Log(ctx, x.tx, x.c.ID, code, params, x.by)
}

// actorName is what who caused something is called; empty for the system.
func actorName(ctx context.Context, tx *store.Tx, by event.Actor) (string, error) {
	switch by.Kind {
	case event.ByAgent:
		a, err := tx.Agent.Get(ctx, by.ID)
		if err != nil {
			return "", fmt.Errorf("read agent %d: %w", by.ID, err)
		}
		return a.Name, nil
	case event.ByIntegration:
		t, err := tx.APIToken.Get(ctx, by.ID)
		if err != nil {
			return "", fmt.Errorf("read token %d: %w", by.ID, err)
		}
		return t.Name, nil
	}
	return "@actor.system", nil
}
