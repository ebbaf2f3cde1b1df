package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entreminder "github.com/switchyard-chat/switchyard/ent/gen/ent/reminder"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// RemindInput says of which conversation an agent is to be reminded, and when.
type RemindInput struct {
	ConversationID int64
	// At is when; nil takes the agent's reminder away.
	At *time.Time
	// Note is what is to be done then; empty for none.
	Note       string
	OnBehalfOf int64
}

// Remind has the principal, who sees the conversation, told of it at a time; nobody else is, and nothing else happens to it (PROD-14). An agent has one reminder of a conversation: another
// takes its place. The same again changes nothing; the cursor is zero then.
func (s *Service) Remind(ctx context.Context, p auth.Principal, in RemindInput) (*ent.Conversation, event.Cursor, error) {
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		if err := x.substitute(ctx, in.OnBehalfOf); err != nil {
			return err
		}
		if err := x.hold(ctx, in.ConversationID); err != nil {
			return err
		}
		c = x.c
		why := whoever(x.p)
		if !x.p.May(auth.WriteConversations) {
			why = "refusal.scope"
		}
		if why != "" {
			return x.refuse(ctx, Permit{Code: "FORBIDDEN", Reason: why}, nil)
		}
		if err := x.checkMoment("at", in.At, in.Note); err != nil {
			return err
		}
		old, err := reminderOf(ctx, &tx.View, x.c.ID, x.p.AgentID)
		if err != nil {
			return err
		}
		at, note := moment(in.At), strings.TrimSpace(in.Note)
		switch {
		case at == nil && old == nil, at != nil && old != nil && isSameTime(old.DueAt, at) && old.Note == note:
			return nil
		case at == nil:
			err = tx.Reminder.DeleteOne(old).Exec(ctx)
		default:
			err = x.remember(ctx, x.p.AgentID, at, note)
		}
		if err != nil {
			return err
		}
		c, err = row.Change(ctx, tx, x.c, x.by, unchanged)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return c, cursor, nil
}

// unchanged is what changes of a conversation where it is told of for what is not on its row.
func unchanged(*ent.ConversationUpdateOne) {}

const (
	// dueEvery is how often it is looked what is due.
	dueEvery = time.Second
	// dueBatch is how much is found at once.
	dueBatch = 1000
)

// Reminders ends snoozes whose time has come and reminds agents, once each, however many servers look: it is judged again once the conversation is held, and done in one transaction
// (PROD-14). It is safe for concurrent use.
type Reminders struct {
	s   *Service
	log *slog.Logger
}

// NewReminders makes what reminds; nothing is done before Run.
func NewReminders(s *Service, log *slog.Logger) *Reminders {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Reminders{s, log}
}

// Run reminds until the context ends. Every server runs it.
func (r *Reminders) Run(ctx context.Context) {
	for r.s.db.Clock().Sleep(ctx, dueEvery) == nil {
		if err := r.Once(ctx); err != nil && !errors.Is(err, context.Canceled) {
			r.log.WarnContext(ctx, "reminders", "error", err)
		}
	}
}

// Once does all that is due by now. What fails does not keep the rest.
func (r *Reminders) Once(ctx context.Context) error {
	var errs []error
	for {
		found, err := r.find(ctx)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, d := range found {
			if err := r.one(ctx, d); err != nil {
				errs = append(errs, fmt.Errorf("team %d: reminder %d: %w", d.team, d.id, err))
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if len(found) < dueBatch || len(errs) > 0 { // what failed would be found again
			return errors.Join(errs...)
		}
	}
}

// dueOne is a reminder whose time has come.
type dueOne struct{ team, id, conversation int64 }

// find gives what is due in all teams, the longest due first. The index holds what will be due, and nothing else.
func (r *Reminders) find(ctx context.Context) ([]dueOne, error) {
	rows, err := r.s.db.Across(store.Due).Query(ctx, "SELECT team_id, id, conversation_id FROM reminders WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
		r.s.db.Clock().Now(), dueBatch)
	if err != nil {
		return nil, fmt.Errorf("find what is due: %w", err)
	}
	defer rows.Close()
	var found []dueOne
	for rows.Next() {
		var d dueOne
		if err := rows.Scan(&d.team, &d.id, &d.conversation); err != nil {
			return nil, fmt.Errorf("find what is due: %w", err)
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// one does what is due, where it still is now that the conversation is held: it may have been done by another server, put off or taken back meanwhile.
func (r *Reminders) one(ctx context.Context, d dueOne) error {
	_, err := r.s.db.Write(ctx, d.team, func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, d.conversation)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		due, err := tx.Reminder.Query().Where(entreminder.ID(d.id), entreminder.DueAtLTE(tx.Now)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what is due: %w", err)
		}
		x := &acting{tx: tx, by: event.Actor{Kind: event.BySystem, Rule: "reminder"}, c: c}
		if due.OwnerID != row.OfAll {
			return x.remindOwner(ctx, due)
		}
		after := row.Copy(c)
		if err := wake(ctx, tx, after, conversation.SnoozeEndedTIME, x.by, auth.Principal{}); err != nil {
			return err
		}
		return x.put(ctx, after)
	})
	return err
}

// remindOwner tells the agent whose reminder is due, where it is here and still sees the conversation. The reminder is done with either way.
func (x *acting) remindOwner(ctx context.Context, due *ent.Reminder) error {
	if err := x.tx.Reminder.DeleteOne(due).Exec(ctx); err != nil {
		return fmt.Errorf("take reminder %d away: %w", due.ID, err)
	}
	p, err := principalOf(ctx, &x.tx.View, due.OwnerID)
	if err != nil || p == nil || !row.Sees(*p, row.Facets(x.c)) {
		return err
	}
	if err := x.remind(ctx, "notice.reminder", due.Note, p.AgentID); err != nil {
		return err
	}
	_, err = row.Change(ctx, x.tx, x.c, x.by, unchanged)
	return err
}
