package graph

import (
	"context"
	"strings"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// logPage reads the log after a position, as far as the principal may see it: the pull form of the streams, judged by the same rules. Each event
// carries what it is about as it is now; what has gone since, or may be seen no longer, is left out.
func (r *Resolver) logPage(ctx context.Context, p auth.Principal, after *string, first int) (*model.LogPage, error) {
	head, err := r.DB.Head(ctx, p.TeamID)
	if err != nil {
		return nil, err
	}
	none := &model.LogPage{Events: []model.LogEvent{}, Cursor: head.String()}
	if after == nil {
		return none, nil
	}
	at, err := event.ParseCursor(*after)
	if err != nil {
		return nil, err
	}
	again := func(reason model.StreamReason) *model.LogPage {
		none.Events = append(none.Events, &model.ResyncRequired{Cursor: head.String(), Reason: reason})
		return none
	}
	if at.Epoch != head.Epoch || at.Seq > head.Seq {
		return again(model.StreamReasonEpochChanged), nil
	}
	events, err := r.DB.After(ctx, p.TeamID, at.Seq, first)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 && at.Seq < head.Seq || len(events) > 0 && events[0].Seq != at.Seq+1 {
		return again(model.StreamReasonTooOld), nil
	}
	l := logReader{r: r, p: p, epoch: head.Epoch, wants: wantsOf(ctx)}
	page := &model.LogPage{Events: []model.LogEvent{}, Cursor: at.String()}
	if len(events) > 0 {
		last := events[len(events)-1].Seq
		page.Cursor = event.Cursor{Epoch: head.Epoch, Seq: last}.String()
		page.HasMore = last < head.Seq
	}
	if err := l.load(ctx, events); err != nil {
		return nil, err
	}
	for _, e := range events {
		x, err := l.show(ctx, e)
		if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			return nil, err
		}
		if x != nil && err == nil {
			page.Events = append(page.Events, x)
		}
	}
	return page, nil
}

// logReader turns the events of a page into what the principal is shown, with conversations and messages read in batches.
type logReader struct {
	r        *Resolver
	p        auth.Principal
	epoch    string
	wants    conversationWants
	rows     conversationRows
	shown    map[int64]*ent.Conversation
	messages *inbox.Messages
	byID     map[int64]*inbox.Message
}

// load reads the conversations and messages that the events are about.
func (l *logReader) load(ctx context.Context, events []event.Event) error {
	l.shown, l.byID = map[int64]*ent.Conversation{}, map[int64]*inbox.Message{}
	if !l.p.May(auth.ReadConversations) {
		return nil
	}
	var conversations, messages []int64
	for _, e := range events {
		switch e.Kind {
		case event.ConversationCreated, event.ConversationChanged, event.ConversationRead:
			conversations = append(conversations, e.ConversationID)
		case event.MessageAdded, event.MessageChanged:
			messages = append(messages, e.ObjectID)
		}
	}
	return l.r.Inbox.Look(ctx, l.p, func(ctx context.Context, v *store.View) error {
		rows, err := inbox.Load(ctx, v, conversations, l.wants.Wants)
		if err != nil {
			return err
		}
		for _, c := range rows.All {
			if sees(l.p, row.Facets(c)) {
				l.shown[c.ID] = c
			}
		}
		if err := l.r.with(l.p, l.wants, &l.rows)(ctx, v, rows); err != nil {
			return err
		}
		l.messages, err = inbox.LoadMessages(ctx, v, messages, func(c *ent.Conversation) bool { return sees(l.p, row.Facets(c)) })
		if err != nil {
			return err
		}
		for _, m := range l.messages.All {
			l.byID[m.ID] = m
		}
		return nil
	})
}

// show gives what the principal is shown of an event; nothing, or a fault of kind NotFound, where there is nothing to show.
func (l *logReader) show(ctx context.Context, e event.Event) (model.LogEvent, error) {
	at, cause := event.Cursor{Epoch: l.epoch, Seq: e.Seq}.String(), causeModel(e)
	kind, _, _ := strings.Cut(string(e.Kind), ".")
	switch kind {
	case "conversation":
		return l.conversation(e, at, cause), nil
	case "message":
		m := l.byID[e.ObjectID]
		if m == nil {
			return nil, nil //nolint:nilnil // not shown
		}
		x := *l.r.messageModel(l.p, m, l.messages, l.r.Clock.Now())
		if e.Kind == event.MessageAdded {
			return &model.MessageAdded{Cursor: at, Cause: cause, Message: x}, nil
		}
		return &model.MessageChanged{Cursor: at, Cause: cause, Message: x}, nil
	case "group":
		g, err := l.r.Inbox.Group(ctx, l.p, e.ObjectID)
		if err != nil {
			return nil, err
		}
		return &model.GroupChanged{Cursor: at, Cause: cause, Group: *groupOf(l.p.Language, g)}, nil
	case "notification":
		if l.p.AgentID == 0 || e.AgentID != l.p.AgentID {
			return nil, nil //nolint:nilnil // another's
		}
		return l.r.notificationEvent(ctx, l.p, e, at)
	case "job":
		j, err := l.r.jobByID(ctx, l.p, e.ObjectID)
		if err != nil {
			return nil, err
		}
		return &model.JobChanged{Cursor: at, Cause: cause, Job: *j}, nil
	case "contact":
		if e.Kind == event.ContactDeleted {
			if !l.p.May(auth.ReadContacts) {
				return nil, nil //nolint:nilnil // not shown
			}
			return &model.ContactDeleted{Cursor: at, Cause: cause, ContactID: id.Format(id.Contact, e.ObjectID)}, nil
		}
		n, err := l.r.nodeOf(ctx, id.Contact, e.ObjectID)
		if c, ok := n.(*model.Contact); ok && err == nil {
			return &model.ContactChanged{Cursor: at, Cause: cause, Contact: *c}, nil
		}
		return nil, err
	case "company":
		if e.Kind == event.CompanyDeleted {
			if !l.p.May(auth.ReadContacts) {
				return nil, nil //nolint:nilnil // not shown
			}
			return &model.CompanyDeleted{Cursor: at, Cause: cause, CompanyID: id.Format(id.Company, e.ObjectID)}, nil
		}
		n, err := l.r.nodeOf(ctx, id.Company, e.ObjectID)
		if c, ok := n.(*model.Company); ok && err == nil {
			return &model.CompanyChanged{Cursor: at, Cause: cause, Company: *c}, nil
		}
		return nil, err
	case "customfield":
		if !l.p.May(auth.ReadContacts) {
			return nil, nil //nolint:nilnil // not shown
		}
		x := &model.CustomFieldsChanged{Cursor: at, Cause: cause}
		if e.ObjectID != 0 {
			field := id.Format(id.CustomField, e.ObjectID)
			x.FieldID = &field
		}
		return x, nil
	case "automation":
		if !l.p.May(auth.ReadWorkspace) {
			return nil, nil //nolint:nilnil // not shown
		}
		return &model.AutomationChanged{Cursor: at, Cause: cause}, nil
	case "savedreply":
		if !l.p.May(auth.ReadWorkspace) || e.AgentID != 0 && e.AgentID != l.p.AgentID {
			return nil, nil //nolint:nilnil // not shown
		}
		return &model.SavedRepliesChanged{Cursor: at, Cause: cause}, nil
	case "savedview":
		if !mayKnowOfView(l.p, e) {
			return nil, nil //nolint:nilnil // not shown
		}
		return &model.SavedViewsChanged{Cursor: at, Cause: cause}, nil
	case "channel":
		n, err := l.r.nodeOf(ctx, id.Channel, e.ObjectID)
		if c, ok := n.(*model.Channel); ok && err == nil {
			return &model.ChannelChanged{Cursor: at, Cause: cause, Channel: *c}, nil
		}
		return nil, err
	}
	return nil, nil //nolint:nilnil // a kind that the log does not show
}

// conversation gives the row as it is now, or that it may be seen no longer.
func (l *logReader) conversation(e event.Event, at string, cause *model.EventCause) model.LogEvent {
	if e.Kind == event.ConversationDeleted || !sees(l.p, e.After) {
		if !sees(l.p, e.Before) {
			return nil
		}
		return &model.ConversationLeft{Cursor: at, Cause: cause, ConversationID: id.Format(id.Conversation, e.ConversationID)}
	}
	c := l.shown[e.ConversationID]
	if c == nil {
		return nil // a later event says so
	}
	return &model.ConversationChanged{Cursor: at, Cause: cause, Conversation: *l.r.conversationModel(l.p, c, &l.rows)}
}
