package inbound

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Automation answers and assigns where no person does. It is asked inside the transaction that takes the event in, with the conversation held, and
// must not keep anything of a transaction that fails. It is never asked about groups.
type Automation interface {
	// ReactIn says what a customer's event sets off.
	ReactIn(ctx context.Context, tx *store.Tx, o Occasion) (Reaction, error)
	// TurnIn says to whom of an audience a new enquiry goes (PROD-1, CHAN-8), and notes it; 0 for nobody.
	TurnIn(ctx context.Context, tx *store.Tx, audience string) (int64, error)
	// OnDutyIn says whether anybody of an audience is on duty who may take an enquiry (CHAN-5, CHAN-8, PROD-2).
	OnDutyIn(ctx context.Context, tx *store.Tx, audience string) (bool, error)
}

// Occasion is what a customer did, and where.
type Occasion struct {
	ChannelID int64
	// Text is what was written; empty where it was no text.
	Text string
	// Postback is what a button sent, where IsPostback.
	Postback   string
	IsPostback bool
	// Status is the conversation's before the event, PENDING for a new one (CONV-4).
	Status entconversation.Status
	// IsCollaboration says that others than the follower work on it (COLL-16).
	IsCollaboration bool
}

// Reaction is what an event sets off.
type Reaction struct {
	// Arrival says as what it counts; empty where nothing was set off.
	Arrival Arrival
	// Reply is sent; without parts nothing is.
	Reply conversation.Automatic
	// AgentID is to whom a keyword rule assigns the conversation, where assigning is possible; 0 for nobody. Rule is the rule's name, By the rule.
	AgentID int64
	Rule    string
	By      event.Actor
}

// react asks what an event of a person sets off. What is late, unsent already or another module's to answer sets nothing off.
func (w *work) react(ctx context.Context, c *ent.Conversation, isNew bool, m *ent.Message, e channels.Event) (Reaction, error) {
	if w.Automation == nil || c.GroupID != nil || e.Standby || m != nil && (m.IsLate || m.UnsentAt != nil) {
		return Reaction{}, nil
	}
	o := Occasion{ChannelID: c.ChannelID, Status: c.Status, IsCollaboration: len(c.CollaboratorIds) > 0, Postback: e.PostbackData, IsPostback: m == nil}
	if m != nil && m.Kind == string(channels.Text) {
		o.Text = m.Text
	}
	if isNew {
		o.Status = entconversation.StatusPENDING
	}
	r, err := w.Automation.ReactIn(ctx, w.tx, o)
	if err != nil || len(r.Reply.Parts) == 0 {
		return r, err
	}
	// Where nothing can be sent nobody is served: a text waits for a person.
	canSend, err := w.Actions.CanSendIn(ctx, w.tx, c.ChannelID)
	if err != nil {
		return r, err
	}
	if !canSend {
		r.Reply.Parts = nil
		if r.Arrival == KeywordText {
			r.Arrival = ""
		}
	}
	return r, nil
}

// assign gives a changed copy of a conversation to an agent where a rule, or else the order of turns, says so (CONV-3, PROD-1). It gives the code of
// the log's entry; "" where nobody was assigned.
func (w *work) assign(ctx context.Context, after *ent.Conversation, what Arrival, was stand, r Reaction) (string, error) {
	if w.Automation == nil {
		return "", nil
	}
	byKeyword, byTurn := assigners(what, was)
	if byKeyword && r.AgentID != 0 {
		conversation.Assign(w.tx, after, r.AgentID)
		return "log.assigned_keyword", nil
	}
	if !byTurn || w.can.IsOwn { // social channels only
		return "", nil
	}
	agentID, err := w.Automation.TurnIn(ctx, w.tx, after.Audience)
	if err != nil || agentID == 0 {
		return "", err
	}
	conversation.Assign(w.tx, after, agentID)
	return "log.assigned", nil
}

// assigned completes what changed of the follower in a row that is written.
func (w *work) assigned(ctx context.Context, before, after *ent.Conversation, code string, r Reaction) error {
	switch {
	case code == "log.assigned_keyword":
		return conversation.AssignedIn(ctx, w.tx, after, code, map[string]string{"rule": r.Rule}, r.By)
	case code != "":
		return conversation.AssignedIn(ctx, w.tx, after, code, nil, event.Actor{Kind: event.ByRule, Rule: "auto_assignment"})
	case before.FollowerID != nil && after.FollowerID == nil:
		return conversation.FollowerIn(ctx, w.tx, after)
	}
	return nil
}

// answer sends what an event set off, and gives the conversation as it is then, which is remembered.
func (w *work) answer(ctx context.Context, c *ent.Conversation, r Reaction) (*ent.Conversation, error) {
	if len(r.Reply.Parts) == 0 {
		return c, nil
	}
	now, err := w.Actions.AutomaticIn(ctx, w.tx, c, r.Reply)
	if err != nil {
		return nil, err
	}
	w.remember(now)
	return now, nil
}

// reopened logs that an event opened what was ended.
func (w *work) reopened(ctx context.Context, before, after *ent.Conversation, code, customer string) error {
	if before.Status != entconversation.StatusENDED || after.Status == before.Status {
		return nil
	}
	return row.Log(ctx, w.tx, after.ID, code, map[string]string{"customer": customer}, w.actor(before))
}
