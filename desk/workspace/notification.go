package workspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/notification"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Notice is what an agent is told: a code of the catalogue with its values, and what it is about.
type Notice struct {
	Code           string
	Params         map[string]string
	ConversationID int64 // 0 for none
	ChannelID      int64 // 0 for none
	MessageID      int64 // the message it tells of; 0 for none
	// IsOfGroup: it tells of a group, and those alone whose role works with groups (GRP-1).
	IsOfGroup bool
}

// NotifyIn tells agents something, in the transaction that made it true. Each agent's live stream shows it.
func NotifyIn(ctx context.Context, tx *store.Tx, by event.Actor, agentIDs []int64, n Notice) error {
	if n.IsOfGroup && len(agentIDs) > 0 {
		all, err := tx.Agent.Query().Where(agent.IDIn(agentIDs...)).All(ctx)
		if err != nil {
			return fmt.Errorf("find who works with groups: %w", err)
		}
		agentIDs = nil
		for _, a := range all {
			if auth.Role(a.Role).HasGroups() {
				agentIDs = append(agentIDs, a.ID)
			}
		}
	}
	if len(agentIDs) == 0 {
		return nil
	}
	rows := make([]*ent.NotificationCreate, len(agentIDs))
	for i, id := range agentIDs {
		c := tx.Notification.Create().SetTeamID(tx.Team).SetAgentID(id).SetCode(n.Code).SetParams(n.Params).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
		if n.ConversationID != 0 {
			c.SetConversationID(n.ConversationID)
		}
		if n.ChannelID != 0 {
			c.SetChannelID(n.ChannelID)
		}
		if n.MessageID != 0 {
			c.SetMessageID(n.MessageID)
		}
		rows[i] = c
	}
	made, err := tx.Notification.CreateBulk(rows...).Save(ctx)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	for _, m := range made {
		tx.Emit(caused(ctx, by, event.Event{
			Kind: event.NotificationAdded, ObjectID: m.ID, ObjectVersion: m.Version, AgentID: m.AgentID, ConversationID: n.ConversationID,
		}))
	}
	return nil
}

// NotifyAdminsIn tells the team's ACTIVE ADMINs something.
func NotifyAdminsIn(ctx context.Context, tx *store.Tx, by event.Actor, n Notice) error {
	ids, err := tx.Agent.Query().Where(agent.RoleEQ(agent.RoleADMIN), agent.StatusEQ(agent.StatusACTIVE)).Order(agent.ByID()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find administrators: %w", err)
	}
	return NotifyIn(ctx, tx, by, ids, n)
}

// NotificationPage is a page of an agent's notifications.
type NotificationPage struct {
	Rows []*ent.Notification
	page.Result
	AsOf event.Cursor
}

// notificationList names the list in its cursors.
const notificationList = "notifications"

// Notifications lists the agent's own notifications, newest first; an integration has none.
func (s *Service) Notifications(ctx context.Context, p auth.Principal, unreadOnly bool, w page.Window) (NotificationPage, error) {
	var out NotificationPage
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		var err error
		if out.AsOf, err = v.AsOf(ctx); err != nil {
			return err
		}
		q := v.Notification.Query().Where(notification.AgentID(p.AgentID)).Limit(w.Limit + 1)
		if unreadOnly {
			q.Where(notification.ReadAtIsNil())
		}
		after, before, err := idKeys(w, notificationList)
		if err != nil {
			return err
		}
		if after != 0 {
			q.Where(notification.IDLT(after))
		}
		if before != 0 {
			q.Where(notification.IDGT(before))
		}
		if w.IsBackward {
			q.Order(ent.Asc(notification.FieldID))
		} else {
			q.Order(ent.Desc(notification.FieldID))
		}
		rows, err := q.All(ctx)
		if err != nil {
			return err
		}
		out.Rows, out.Result = page.Cut(w, rows, func(n *ent.Notification) string { return page.Cursor(notificationList, n.ID) })
		return nil
	})
	return out, err
}

// idKeys reads the cursors of a list that is ordered by id; 0 is none.
func idKeys(w page.Window, list string) (after, before int64, err error) {
	if w.After != "" {
		if err := page.Key(w.After, list, "after", &after); err != nil {
			return 0, 0, err
		}
	}
	if w.Before != "" {
		if err := page.Key(w.Before, list, "before", &before); err != nil {
			return 0, 0, err
		}
	}
	return after, before, nil
}

// Notification gives one of the agent's own notifications; any other does not exist.
func (s *Service) Notification(ctx context.Context, p auth.Principal, id int64) (*ent.Notification, error) {
	var n *ent.Notification
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		n, err = v.Notification.Query().Where(notification.ID(id), notification.AgentID(p.AgentID)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.Missing("the notification")
		}
		return err
	})
	return n, err
}

// MarkRead marks the agent's own notifications as read: these, or all where ids is nil. It gives how many were unread. One that is not the
// agent's own is a fault of kind NotFound, and then none is marked.
func (s *Service) MarkRead(ctx context.Context, p auth.Principal, ids []int64) (int, event.Cursor, error) {
	if p.TokenID != 0 {
		return 0, event.Cursor{}, forbidden("an integration has no notifications")
	}
	const most = 100
	if len(ids) > most {
		return 0, event.Cursor{}, fault.Input("notificationIds", "at most %d at once; leave them out for all", most)
	}
	count := 0
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		count = 0
		q := tx.Notification.Query().Where(notification.AgentID(p.AgentID))
		if ids != nil {
			known, err := q.Clone().Where(notification.IDIn(ids...)).IDs(ctx)
			if err != nil {
				return err
			}
			if !holds(known, ids) {
				return fault.Missing("the notification")
			}
			q.Where(notification.IDIn(ids...))
		}
		unread, err := q.Where(notification.ReadAtIsNil()).Order(notification.ByID()).IDs(ctx)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "notifications", unread...); err != nil {
			return err
		}
		count, err = markIn(ctx, tx, p, unread)
		return err
	})
	return count, at, err
}

// markIn marks unread notifications of the agent, which are locked, and gives how many still were.
func markIn(ctx context.Context, tx *store.Tx, p auth.Principal, unread []int64) (count int, err error) {
	for part := range chunks(unread) {
		n, err := tx.Notification.Update().Where(notification.IDIn(part...), notification.ReadAtIsNil()).
			SetReadAt(tx.Now).SetUpdatedAt(tx.Now).AddVersion(1).Save(ctx)
		if err != nil {
			return count, fmt.Errorf("mark notifications: %w", err)
		}
		count += n
		rows, err := tx.Notification.Query().Where(notification.IDIn(part...)).Select(notification.FieldID, notification.FieldVersion).All(ctx)
		if err != nil {
			return count, err
		}
		for _, r := range rows {
			tx.Emit(caused(ctx, p.Actor(), event.Event{
				Kind: event.NotificationChanged, ObjectID: r.ID, ObjectVersion: r.Version, AgentID: p.AgentID,
			}))
		}
	}
	return count, nil
}

// MarkConversationReadIn marks what an agent was told of a conversation as read, now that it looked at it: all but what tells of messages after
// upTo, the place of the newest that it saw. An integration is told nothing.
func MarkConversationReadIn(ctx context.Context, tx *store.Tx, p auth.Principal, conversationID, upTo int64) error {
	if p.AgentID == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT n.id FROM notifications n LEFT JOIN messages m ON m.team_id = n.team_id AND m.id = n.message_id
		WHERE n.team_id = ? AND n.agent_id = ? AND n.conversation_id = ? AND n.read_at IS NULL AND (m.id IS NULL OR m.seq <= ?) ORDER BY n.id`,
		tx.Team, p.AgentID, conversationID, upTo)
	if err != nil {
		return fmt.Errorf("find what was told of conversation %d: %w", conversationID, err)
	}
	var unread []int64
	for rows.Next() {
		var n int64
		if err = rows.Scan(&n); err != nil {
			break
		}
		unread = append(unread, n)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("find what was told of conversation %d: %w", conversationID, err)
	}
	if len(unread) == 0 {
		return nil
	}
	if err := tx.Lock(ctx, "notifications", unread...); err != nil {
		return err
	}
	_, err = markIn(ctx, tx, p, unread)
	return err
}
