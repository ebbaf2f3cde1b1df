package row

import (
	"maps"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// IsJoint says whether several agents work on a conversation: a collaboration, or a group with collaborators.
func IsJoint(f *event.Facets) bool { return f != nil && len(f.Collaborators) > 0 }

// Unread is how many messages are unread for the principal (COLL-13). Where several agents work on a conversation each has a count of its own,
// and who looks on has none; any other conversation has one count, whoever asks.
func Unread(p auth.Principal, f *event.Facets) int {
	switch {
	case f == nil:
		return 0
	case !IsJoint(f):
		return f.Unread
	case p.AgentID == 0:
		return 0
	case f.FollowerID == p.AgentID:
		return f.Unread
	}
	return f.CollaboratorUnread[p.AgentID]
}

// Heard counts a customer's message in a copy of a conversation: for its follower or whoever it waits for, and for each collaborator.
func Heard(c *ent.Conversation) {
	c.Unread++
	for _, n := range c.CollaboratorIds {
		SetUnread(c, n, c.CollaboratorUnread[n]+1)
	}
}

// SetUnread sets what is unread in a copy of a conversation for one of its collaborators.
func SetUnread(c *ent.Conversation, collaborator int64, n int) {
	all := make(map[int64]int, len(c.CollaboratorIds))
	maps.Copy(all, c.CollaboratorUnread) // the copy shares it with the original
	if n == 0 {
		delete(all, collaborator)
	} else {
		all[collaborator] = n
	}
	c.CollaboratorUnread = all
}
