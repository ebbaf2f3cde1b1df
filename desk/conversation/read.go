package conversation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MarkReadInput says which conversation was read, and how far.
type MarkReadInput struct {
	ConversationID int64
	// UpToMessageID is the newest message that was seen: reading, which clears one's own alone (COLL-13). 0 marks everything read by hand,
	// which in others' conversations needs the permission to manage for others (CONV-22).
	UpToMessageID int64
}

// MarkRead clears what the principal has read, and that it came back from a snooze; nothing later than the message it names. Looking at a conversation that is pending or another's
// is allowed to who sees it and clears nothing but, while it is PENDING, the notice of a mention (COLL-13, GRP-15). The cursor is zero where
// nothing changed.
func (s *Service) MarkRead(ctx context.Context, p auth.Principal, in MarkReadInput) (*ent.Conversation, event.Cursor, error) {
	if in.UpToMessageID == 0 {
		return s.act(ctx, p, 0, in.ConversationID, MarkingRead, nil, (*acting).markRead)
	}
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		if err := x.hold(ctx, in.ConversationID); err != nil {
			return err
		}
		if !p.May(auth.WriteConversations) {
			return x.refuse(ctx, Permit{Code: "FORBIDDEN", Reason: "refusal.scope"}, nil)
		}
		upTo, err := tx.Message.Query().Where(message.ID(in.UpToMessageID), message.ConversationID(x.c.ID)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.Missing("the message")
		}
		if err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		isOwn := isOwn(x)
		if err := x.read(ctx, upTo.Seq, isOwn, isOwn || x.c.Status == conversation.StatusPENDING); err != nil {
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

// markRead marks everything read by hand. Where nothing was unread nothing is logged.
func (x *acting) markRead(ctx context.Context) error {
	isOwn, before := isOwn(x), x.c.Version
	if err := x.read(ctx, x.c.MessageSeq, true, isOwn || x.c.Status == conversation.StatusPENDING); err != nil || isOwn || x.c.Version == before {
		return err
	}
	return x.log(ctx, "log.marked_read", nil)
}

// isOwn says whether the principal has a part in the conversation, so that what is unread there is its own.
func isOwn(x *acting) bool {
	switch PlaceOf(x.p, row.Facets(x.c)) {
	case Mine, Joined, MyEnded, EndedJoint:
		return true
	}
	return false
}

// isCollaborator says whether the principal's count is one beside the follower's.
func isCollaborator(x *acting) bool {
	return x.p.AgentID != 0 && !same(x.c.FollowerID, &x.p.AgentID) && slices.Contains(x.c.CollaboratorIds, x.p.AgentID)
}

// clearFor clears in a copy of the conversation what an answer of the principal clears: its own count where each has one, else everybody's (COLL-13).
func clearFor(x *acting, after *ent.Conversation) {
	if isCollaborator(x) {
		row.SetUnread(after, x.p.AgentID, 0)
		return
	}
	after.Unread = 0
}

// read clears the principal's own count up to a place in the conversation, or everybody's where it has no part in it, and the notice of a mention
// that stands there or before, each where it is asked to.
func (x *acting) read(ctx context.Context, upTo int64, clearsUnread, clearsMention bool) error {
	if err := x.noteRead(ctx, upTo); err != nil {
		return err
	}
	if err := workspace.MarkConversationReadIn(ctx, x.tx, x.p, x.c.ID, upTo); err != nil {
		return err
	}
	after := row.Copy(x.c)
	hasChanged := false
	if clearsUnread && (x.c.Unread > 0 || len(x.c.CollaboratorUnread) > 0) {
		left, err := x.tx.Message.Query().Where(message.ConversationID(x.c.ID), message.DirectionEQ(message.DirectionINBOUND), message.SeqGT(upTo)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count what is unread: %w", err)
		}
		hasChanged = x.clear(after, left)
		after.ReadSeq = max(upTo, x.c.ReadSeq)
	}
	if clearsUnread && x.c.SnoozeEnded != conversation.SnoozeEndedNO { // PROD-14
		after.SnoozeEnded, hasChanged = conversation.SnoozeEndedNO, true
	}
	if clearsMention && x.c.MentionMessageID != nil {
		m, err := x.tx.Message.Get(ctx, *x.c.MentionMessageID)
		if err != nil {
			return fmt.Errorf("read the mention: %w", err)
		}
		if m.Seq <= upTo {
			after.MentionMessageID, hasChanged = nil, true
		}
	}
	if !hasChanged {
		return nil
	}
	return x.put(ctx, after)
}

// clear leaves of the principal's own count at most so many in a copy of the conversation; of everybody's where it has no part in it. It says
// whether something changed.
func (x *acting) clear(after *ent.Conversation, left int) bool {
	isAll := !isOwn(x)
	hasChanged := false
	if (isAll || !isCollaborator(x)) && x.c.Unread > left {
		after.Unread, hasChanged = left, true
	}
	for _, n := range x.c.CollaboratorIds {
		if (isAll || n == x.p.AgentID) && x.c.CollaboratorUnread[n] > left {
			row.SetUnread(after, n, left)
			hasChanged = true
		}
	}
	return hasChanged
}

// noteRead keeps how far an agent has read.
func (x *acting) noteRead(ctx context.Context, upTo int64) error {
	if x.p.AgentID == 0 {
		return nil
	}
	_, err := x.tx.Exec(ctx, `INSERT INTO read_cursors (team_id, conversation_id, agent_id, last_read_seq, unread, read_at) VALUES (?, ?, ?, ?, 0, ?)
		ON CONFLICT (team_id, agent_id, conversation_id) DO UPDATE SET last_read_seq = excluded.last_read_seq, read_at = excluded.read_at
		WHERE read_cursors.last_read_seq < excluded.last_read_seq`, x.tx.Team, x.c.ID, x.p.AgentID, upTo, x.tx.Now)
	if err != nil {
		return fmt.Errorf("note how far it was read: %w", err)
	}
	return nil
}

// MarkUnreadInput says which conversation to mark unread.
type MarkUnreadInput struct{ ConversationID int64 }

// MarkUnread makes a conversation show one unread message (CONV-22): to the principal where each agent has a count of its own, else to everybody. An
// ENDED one opens again, with its last follower, or pending where it had none or that agent is no longer active (CONV-9). One that has something
// unread stays as it is; the cursor is zero then.
func (s *Service) MarkUnread(ctx context.Context, p auth.Principal, in MarkUnreadInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, 0, in.ConversationID, MarkingUnread, nil, (*acting).markUnread)
}

func (x *acting) markUnread(ctx context.Context) error {
	after := row.Copy(x.c)
	isAll, hasChanged := !isOwn(x), false
	if (isAll || !isCollaborator(x)) && x.c.Unread == 0 {
		after.Unread, hasChanged = 1, true
	}
	for _, n := range x.c.CollaboratorIds {
		if (isAll || n == x.p.AgentID) && x.c.CollaboratorUnread[n] == 0 {
			row.SetUnread(after, n, 1)
			hasChanged = true
		}
	}
	if !hasChanged {
		return nil
	}
	if x.c.Status == conversation.StatusENDED {
		if err := x.openAgain(ctx, after); err != nil {
			return err
		}
	}
	if err := x.put(ctx, after); err != nil {
		return err
	}
	return x.log(ctx, "log.marked_unread", nil)
}

// openAgain opens a copy of an ENDED conversation with its last follower, or pending. Where several agents work on it they are all active (COLL-17).
func (x *acting) openAgain(ctx context.Context, after *ent.Conversation) error {
	if after.FollowerID != nil {
		if err := holdAgents(ctx, x.tx, []int64{*after.FollowerID}); err != nil {
			return err
		}
		why, err := x.unfit(ctx, *after.FollowerID)
		if err != nil {
			return err
		}
		if why == "" || len(after.CollaboratorIds) > 0 {
			resume(after)
			return nil
		}
	}
	after.Status, after.Queue, after.EndedAt = conversation.StatusPENDING, conversation.QueueHUMAN, nil
	after.FollowerID, after.FollowedAt = nil, nil
	return nil
}
