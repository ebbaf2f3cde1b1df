package conversation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	entreminder "github.com/switchyard-chat/switchyard/ent/gen/ent/reminder"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// MaxAhead is how far ahead something may be put off.
	MaxAhead = 366 * 24 * time.Hour
	// maxReminder is how many characters the note of a snooze or a reminder has at most.
	maxReminder = 500
)

// SnoozeInput says which conversation is put off, and until when.
type SnoozeInput struct {
	ConversationID int64
	// Until is when it comes back unless the customer writes before; nil where only that brings it back.
	Until *time.Time
	// Note is what is to be done then; empty for none.
	Note       string
	OnBehalfOf int64
}

// Snooze takes a conversation that is IN_PROGRESS out of the views of what is, for everybody, until a time or the customer's next message (PROD-14). One that is snoozed is put off
// anew; until the same time with the same note it stays as it is, and the cursor is zero. An archived one is snoozed instead.
func (s *Service) Snooze(ctx context.Context, p auth.Principal, in SnoozeInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Snoozing, nil, func(x *acting, ctx context.Context) error {
		return x.snooze(ctx, in.Until, in.Note)
	})
}

// UnsnoozeInput says which conversation is to come back now.
type UnsnoozeInput struct {
	ConversationID int64
	OnBehalfOf     int64
}

// Unsnooze brings a conversation back before its time. One that is not snoozed stays as it is; the cursor is zero then.
func (s *Service) Unsnooze(ctx context.Context, p auth.Principal, in UnsnoozeInput) (*ent.Conversation, event.Cursor, error) {
	return s.act(ctx, p, in.OnBehalfOf, in.ConversationID, Waking, nil, (*acting).unsnooze)
}

func (x *acting) snooze(ctx context.Context, until *time.Time, note string) error {
	if err := x.checkMoment("until", until, note); err != nil {
		return err
	}
	until, note = moment(until), strings.TrimSpace(note)
	if row.IsSnoozed(x.c) {
		old, err := reminderOf(ctx, &x.tx.View, x.c.ID, row.OfAll)
		if err != nil {
			return err
		}
		if old != nil && isSameTime(old.DueAt, until) && old.Note == note {
			return nil
		}
	}
	if err := x.remember(ctx, row.OfAll, until, note); err != nil {
		return err
	}
	after := row.Copy(x.c)
	after.Queue, after.IsArchived = conversation.QueueSNOOZED, false
	if err := x.put(ctx, after); err != nil {
		return err
	}
	if until == nil {
		return x.log(ctx, "log.snoozed_message", nil)
	}
	at, err := x.clock(ctx, *until)
	if err != nil {
		return err
	}
	return x.log(ctx, "log.snoozed", map[string]string{"until": at})
}

func (x *acting) unsnooze(ctx context.Context) error {
	if !row.IsSnoozed(x.c) {
		return nil
	}
	after := row.Copy(x.c)
	if err := wake(ctx, x.tx, after, conversation.SnoozeEndedAGENT, x.by, x.p); err != nil {
		return err
	}
	return x.put(ctx, after)
}

// checkMoment refuses a time that is over or too far ahead, and a note that is too long; field names the time.
func (x *acting) checkMoment(field string, at *time.Time, note string) error {
	switch {
	case at != nil && !at.After(x.tx.Now):
		return x.wrong(field, "refusal.time_over", nil)
	case at != nil && at.After(x.tx.Now.Add(MaxAhead)):
		return x.wrong(field, "refusal.time_far", nil)
	case !utf8.ValidString(note) || strings.ContainsRune(note, 0) || utf8.RuneCountInString(strings.TrimSpace(note)) > maxReminder:
		return x.wrong("note", "refusal.reminder_note", map[string]string{"limit": fmt.Sprint(maxReminder)})
	}
	return nil
}

// moment is a time as it is stored.
func moment(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	t := at.UTC().Truncate(time.Microsecond)
	return &t
}

func isSameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// clock writes a time as the team's clock shows it.
func (x *acting) clock(ctx context.Context, at time.Time) (string, error) {
	t, err := x.tx.Client.Team.Get(ctx, x.tx.Team)
	if err != nil {
		return "", fmt.Errorf("read the team: %w", err)
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return "", fmt.Errorf("the team's time zone: %w", err)
	}
	return at.In(zone).Format("2006-01-02 15:04"), nil
}

// remember keeps a moment of a conversation, in the place of the one that the owner had.
func (x *acting) remember(ctx context.Context, owner int64, at *time.Time, note string) error {
	var by *int64
	if x.p.AgentID != 0 {
		by = &x.p.AgentID
	}
	_, err := x.tx.Exec(ctx, `INSERT INTO reminders (team_id, conversation_id, owner_id, agent_id, set_at, due_at, note) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (team_id, conversation_id, owner_id) DO UPDATE SET agent_id = excluded.agent_id, set_at = excluded.set_at, due_at = excluded.due_at, note = excluded.note, ended_at = NULL`,
		x.tx.Team, x.c.ID, owner, by, x.tx.Now, at, note)
	if err != nil {
		return fmt.Errorf("keep when conversation %d is due: %w", x.c.ID, err)
	}
	return nil
}

// reminderOf reads what an owner is reminded of in a conversation, or its snooze; nil for nothing.
func reminderOf(ctx context.Context, v *store.View, conversationID, owner int64) (*ent.Reminder, error) {
	r, err := v.Reminder.Query().Where(entreminder.ConversationID(conversationID), entreminder.OwnerID(owner)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // nothing is due
	}
	if err != nil {
		return nil, fmt.Errorf("read when conversation %d is due: %w", conversationID, err)
	}
	return r, nil
}

// keepSnooze does in a copy of a conversation what a message does to its snooze: the customer's ends it, and a person's answer ends that it is told why it came back.
func keepSnooze(ctx context.Context, tx *store.Tx, after *ent.Conversation, m *ent.Message, by event.Actor) error {
	switch {
	case m.Direction == message.DirectionINBOUND && row.IsSnoozed(after):
		return wake(ctx, tx, after, conversation.SnoozeEndedCUSTOMER_MESSAGE, by, auth.Principal{})
	case m.Direction == message.DirectionOUTBOUND && m.Sender == message.SenderAGENT:
		after.SnoozeEnded = conversation.SnoozeEndedNO
	}
	return nil
}

// wake ends the snooze in a copy of a conversation that is held, which the caller writes: it is in the views again, before what moved earlier, and says why. Who snoozed it and who
// follows it are told, but for the principal, who did it; the zero one for nobody. Where its customer has not answered, that time runs anew (CONV-10).
func wake(ctx context.Context, tx *store.Tx, after *ent.Conversation, why conversation.SnoozeEnded, by event.Actor, p auth.Principal) error {
	now := tx.Now
	after.Queue, after.SnoozeEnded, after.LastAt = conversation.QueueHUMAN, why, now
	if after.IdleSince != nil {
		after.IdleSince, after.RemindedAt = &now, nil
	}
	r, err := reminderOf(ctx, &tx.View, after.ID, row.OfAll)
	if err != nil {
		return err
	}
	if r == nil { // the row says that it is snoozed, and nothing says by whom
		return fmt.Errorf("conversation %d is snoozed and nothing says until when", after.ID)
	}
	if err := tx.Reminder.UpdateOne(r).SetEndedAt(now).ClearDueAt().Exec(ctx); err != nil {
		return fmt.Errorf("end the snooze of conversation %d: %w", after.ID, err)
	}
	x := &acting{tx: tx, p: p, by: by, c: after}
	told, err := x.wakers(ctx, r)
	if err != nil {
		return err
	}
	notice, entry := "notice.snooze_over", "log.snooze_over"
	switch why {
	case conversation.SnoozeEndedCUSTOMER_MESSAGE:
		notice, entry = "notice.snooze_message", "log.snooze_message"
	case conversation.SnoozeEndedAGENT:
		notice, entry = "notice.unsnoozed", "log.unsnoozed"
	}
	if err := x.remind(ctx, notice, r.Note, told...); err != nil {
		return err
	}
	if why == conversation.SnoozeEndedAGENT {
		return x.log(ctx, entry, nil)
	}
	return row.Log(ctx, tx, after.ID, entry, map[string]string{"customer": x.customer()}, by)
}

// remind tells agents that a conversation is due, with its note.
func (x *acting) remind(ctx context.Context, code, note string, agentIDs ...int64) error {
	params := map[string]string{"customer": x.customer()}
	if note != "" {
		code, params["note"] = code+"_note", note
	}
	return x.notify(ctx, code, params, agentIDs...)
}

// wakers are those who are told that a conversation came back: who follows it, and who snoozed it where that agent is here and still sees it; not who brought it back.
func (x *acting) wakers(ctx context.Context, r *ent.Reminder) ([]int64, error) {
	var all []int64
	if n := x.c.FollowerID; n != nil && *n != x.p.AgentID {
		all = append(all, *n)
	}
	if r.AgentID == nil || *r.AgentID == x.p.AgentID || same(r.AgentID, x.c.FollowerID) {
		return all, nil
	}
	p, err := principalOf(ctx, &x.tx.View, *r.AgentID)
	if err != nil {
		return nil, err
	}
	if p != nil && row.Sees(*p, row.Facets(x.c)) {
		all = append(all, p.AgentID)
	}
	return all, nil
}
