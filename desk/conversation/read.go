package conversation

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
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

// MarkRead clears what the principal has read; nothing later than the message it names. Looking at a conversation that is pending or another's
// is allowed to who sees it and clears nothing but, while it is PENDING, the notice of a mention (COLL-13, GRP-15). The cursor is zero where
// nothing changed.
func (s *Service) MarkRead(ctx context.Context, p auth.Principal, in MarkReadInput) (*ent.Conversation, event.Cursor, error) {
	if in.UpToMessageID == 0 {
		return s.act(ctx, p, 0, in.ConversationID, MarkingRead, func(ctx context.Context, x *acting) error {
			isOwn := isOwn(x)
			if err := x.read(ctx, x.c.MessageSeq, true, isOwn || x.c.Status == conversation.StatusPENDING); err != nil || isOwn {
				return err
			}
			return x.log(ctx, "log.marked_read", nil)
		})
	}
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		var err error
		if x.c, err = row.Lock(ctx, tx, in.ConversationID); err != nil {
			return err
		}
		if !row.Sees(p, row.Facets(x.c)) {
			return fault.Missing("the conversation")
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

// isOwn says whether the count of unread messages is the principal's own.
func isOwn(x *acting) bool {
	pl := PlaceOf(x.p, row.Facets(x.c))
	return pl == Mine || pl == MyEnded
}

// read clears the count up to a place in the conversation, and the notice of a mention that stands there or before, each where it is asked to.
func (x *acting) read(ctx context.Context, upTo int64, clearsUnread, clearsMention bool) error {
	if err := x.noteRead(ctx, upTo); err != nil {
		return err
	}
	after := row.Copy(x.c)
	hasChanged := false
	if clearsUnread && (upTo > x.c.ReadSeq || upTo == x.c.MessageSeq && x.c.Unread > 0) {
		left, err := x.tx.Message.Query().Where(message.ConversationID(x.c.ID), message.DirectionEQ(message.DirectionINBOUND), message.SeqGT(upTo)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count what is unread: %w", err)
		}
		after.Unread, after.ReadSeq = min(x.c.Unread, left), max(upTo, x.c.ReadSeq)
		hasChanged = after.Unread != x.c.Unread
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

// MarkUnread makes a conversation show one unread message (CONV-22). An ENDED one opens again, with its last follower, or pending where it had
// none or that agent is no longer active (CONV-9). One that has something unread stays as it is; the cursor is zero then.
func (s *Service) MarkUnread(ctx context.Context, p auth.Principal, in MarkUnreadInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, 0, in.ConversationID, MarkingUnread, func(ctx context.Context, x *acting) error {
		if x.c.Unread > 0 {
			return nil
		}
		after := row.Copy(x.c)
		after.Unread = 1
		if x.c.Status == conversation.StatusENDED {
			if err := x.openAgain(ctx, after); err != nil {
				return err
			}
		}
		if err := x.put(ctx, after); err != nil {
			return err
		}
		return x.log(ctx, "log.marked_unread", nil)
	})
}

// openAgain opens a copy of an ENDED conversation with its last follower, or pending.
func (x *acting) openAgain(ctx context.Context, after *ent.Conversation) error {
	after.Status, after.Queue, after.EndedAt = conversation.StatusPENDING, conversation.QueueHUMAN, nil
	if after.FollowerID != nil {
		isActive, err := x.tx.Agent.Query().Where(agent.ID(*after.FollowerID), agent.StatusEQ(agent.StatusACTIVE)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("read the last follower: %w", err)
		}
		if isActive {
			after.Status = conversation.StatusIN_PROGRESS
			return nil
		}
	}
	after.FollowerID, after.FollowedAt = nil, nil
	return nil
}
