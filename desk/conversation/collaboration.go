package conversation

import (
	"context"
	"slices"
	"strconv"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// AddInput says whom to add to which conversation, in the order in which they become collaborators.
type AddInput struct {
	ConversationID int64
	AgentIDs       []int64
	OnBehalfOf     int64
}

// Add makes agents collaborators, the last in order (COLL-1, COLL-2, COLL-4, COLL-19). All of them are added, or none. Each is active, may send
// messages and, for a group, has a role that works with groups; each is told. More than MaxCollaborators are refused with LIMIT_EXCEEDED.
func (s *Service) Add(ctx context.Context, p auth.Principal, in AddInput) (*ent.Conversation, event.Cursor, error) {
	added, err := several(p.Language, in.AgentIDs) // before any of them is held
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Adding, added, func(x *acting, ctx context.Context) error {
		names := make([]string, len(added))
		for i, n := range added {
			if names[i], err = x.receiver(ctx, "agentIds", n); err != nil {
				return err
			}
			if same(x.c.FollowerID, &n) || slices.Contains(x.c.CollaboratorIds, n) {
				return x.wrong("agentIds", "refusal.already_collaborator", map[string]string{"agent": names[i]})
			}
		}
		if len(x.c.CollaboratorIds)+len(added) > MaxCollaborators {
			return x.refuse(ctx, Permit{Code: "LIMIT_EXCEEDED", Reason: "refusal.collaborators_full"}, nil)
		}
		follower, err := x.nameOf(ctx, *x.c.FollowerID)
		if err != nil {
			return err
		}
		after := row.Copy(x.c)
		arrange(after, append(slices.Clone(x.c.CollaboratorIds), added...))
		if err := x.putSaying(ctx, after, plural("message.collaborator_joined", "message.collaborators_joined", names), of(names)); err != nil {
			return err
		}
		if err := x.notify(ctx, "notice.collaboration_added", map[string]string{"follower": follower}, added...); err != nil {
			return err
		}
		return x.log(ctx, "log.collaborators_added", map[string]string{"agents": catalogue.List(names...)})
	})
}

// JoinInput says which conversation to join.
type JoinInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Join makes the principal a collaborator of a conversation that another follows, the last in order (COLL-6).
func (s *Service) Join(ctx context.Context, p auth.Principal, in JoinInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Joining, nil, func(x *acting, ctx context.Context) error {
		after := row.Copy(x.c)
		arrange(after, append(slices.Clone(x.c.CollaboratorIds), x.p.AgentID))
		if err := x.putSaying(ctx, after, "message.joined", map[string]string{"actor": x.p.Name}); err != nil {
			return err
		}
		return x.log(ctx, "log.joined", nil)
	})
}

// RemoveInput says whom to remove from which conversation.
type RemoveInput struct {
	ConversationID int64
	AgentIDs       []int64
	OnBehalfOf     int64
}

// Remove takes collaborators out of a conversation (COLL-7). All of them are removed, or none; each is told.
func (s *Service) Remove(ctx context.Context, p auth.Principal, in RemoveInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Removing, nil, func(x *acting, ctx context.Context) error {
		removed, err := several(x.p.Language, in.AgentIDs)
		if err != nil {
			return err
		}
		names := make([]string, len(removed))
		for i, n := range removed {
			if names[i], err = x.nameOf(ctx, n); err != nil {
				return err
			}
			switch {
			case names[i] == "":
				return fault.Missing("the agent")
			case n == x.p.AgentID:
				return x.wrong("agentIds", "refusal.remove_self", nil)
			case !slices.Contains(x.c.CollaboratorIds, n):
				return x.wrong("agentIds", "refusal.not_collaborator", map[string]string{"agent": names[i]})
			}
		}
		after := row.Copy(x.c)
		arrange(after, without(x.c.CollaboratorIds, removed...))
		if err := x.putSaying(ctx, after, plural("message.collaborator_left", "message.collaborators_left", names), of(names)); err != nil {
			return err
		}
		if err := x.notify(ctx, "notice.collaboration_removed", map[string]string{"customer": x.customer()}, removed...); err != nil {
			return err
		}
		if len(names) == 1 {
			return x.log(ctx, "log.collaborator_left", of(names))
		}
		return x.log(ctx, "log.collaborators_removed", map[string]string{"agents": catalogue.List(names...)})
	})
}

// LeaveInput says which conversation to leave.
type LeaveInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Leave takes the principal, a collaborator, out of a conversation (COLL-8). A follower transfers first.
func (s *Service) Leave(ctx context.Context, p auth.Principal, in LeaveInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Leaving, nil, func(x *acting, ctx context.Context) error {
		after := row.Copy(x.c)
		arrange(after, without(x.c.CollaboratorIds, x.p.AgentID))
		names := []string{x.p.Name}
		if err := x.putSaying(ctx, after, "message.collaborator_left", of(names)); err != nil {
			return err
		}
		if err := x.notify(ctx, "notice.collaboration_left", map[string]string{"customer": x.customer()}, x.p.AgentID); err != nil {
			return err
		}
		return x.log(ctx, "log.collaborator_left", of(names))
	})
}

// Candidates says which agents may be added to a conversation that the principal sees: active, with the permission to send, and for a group with a role
// that works with groups; nobody who works on it already (COLL-2). Roles narrow it; none are all. Another conversation is a fault of kind NotFound.
func (s *Service) Candidates(ctx context.Context, p auth.Principal, conversationID int64, search string, roles []auth.Role) (workspace.AgentFilter, error) {
	f := workspace.AgentFilter{Text: search, Statuses: []agent.Status{agent.StatusACTIVE}, Permission: auth.SendMessages}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		c, err := inbox.Visible(ctx, v, p, conversationID)
		if err != nil {
			return err
		}
		f.But = slices.Clone(c.CollaboratorIds)
		if c.FollowerID != nil {
			f.But = append(f.But, *c.FollowerID)
		}
		if len(roles) > 0 {
			f.Roles = roles
		}
		if c.GroupID != nil {
			if f.Roles == nil {
				f.Roles = auth.Roles
			}
			f.Roles = slices.DeleteFunc(slices.Clone(f.Roles), func(r auth.Role) bool { return !r.HasGroups() })
		}
		return nil
	})
	return f, err
}

// several gives the agents of an input once each, at least one and at most MaxCollaborators.
func several(language string, agentIDs []int64) ([]int64, error) {
	var once []int64
	for _, n := range agentIDs {
		if !slices.Contains(once, n) {
			once = append(once, n)
		}
	}
	if len(once) == 0 {
		return nil, fault.Input("agentIds", "name at least one agent")
	}
	if len(once) > MaxCollaborators {
		return nil, fault.Input("agentIds", "%s", catalogue.Text(language, "refusal.collaborators_full", nil)).
			WithCode("LIMIT_EXCEEDED", map[string]any{"limit": MaxCollaborators})
	}
	return once, nil
}

// arrange gives a copy of a conversation its collaborators in their order, and the kind that follows from it (COLL-1). What was unread for those
// who stay stays.
func arrange(c *ent.Conversation, collaborators []int64) {
	own := map[int64]int{}
	for _, n := range collaborators {
		if unread := c.CollaboratorUnread[n]; unread > 0 {
			own[n] = unread
		}
	}
	c.CollaboratorIds, c.CollaboratorUnread = slices.Clone(collaborators), own
	switch {
	case c.GroupID != nil:
	case len(collaborators) > 0:
		c.Kind = conversation.KindCOLLABORATION
	default:
		c.Kind = conversation.KindONE_ON_ONE
	}
}

// swap puts the follower of a copy of a conversation in the place of one of its collaborators, each with what is unread for it (COLL-19). Who
// follows then is the caller's to say.
func swap(c *ent.Conversation, collaborator int64) {
	former, formers, theirs := *c.FollowerID, c.Unread, c.CollaboratorUnread[collaborator]
	all := slices.Clone(c.CollaboratorIds)
	all[slices.Index(all, collaborator)] = former
	arrange(c, all)
	row.SetUnread(c, former, formers)
	c.Unread = theirs
}

// without gives those of the agents that are not among others.
func without(all []int64, others ...int64) []int64 {
	return slices.DeleteFunc(slices.Clone(all), func(n int64) bool { return slices.Contains(others, n) })
}

// plural is the code of a text about one, or about several.
func plural(one, several string, names []string) string {
	if len(names) == 1 {
		return one
	}
	return several
}

// of are the values of a text about the first of some, and how many others there are.
func of(names []string) map[string]string {
	p := map[string]string{"agent": names[0]}
	if len(names) > 1 {
		p["others"] = strconv.Itoa(len(names) - 1)
	}
	return p
}
