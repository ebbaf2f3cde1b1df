package automation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/automation/duty"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/assignmentturn"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botentry"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

var _ inbound.Automation = (*Service)(nil)

// The names under which what acts is the cause of events.
const (
	byKeywordRule = "keyword_rule"
	byBotModule   = "bot_module"
)

// arrivals says as what the use of an entry counts (CONV-3).
var arrivals = map[botentry.Kind]inbound.Arrival{
	botentry.KindMENU_BUTTON: inbound.CardButton, botentry.KindMENU_TEXT: inbound.MenuText, botentry.KindGET_STARTED: inbound.GetStarted,
	botentry.KindPERSISTENT_MENU: inbound.PersistentMenu, botentry.KindICE_BREAKER: inbound.IceBreaker, botentry.KindSUBSCRIPTION_CODE: inbound.SubscriptionCode,
}

// ReactIn says what a customer's event sets off: a button or a text that stands for one opens its module; a text is answered by the first keyword rule
// that may reply where the conversation was (CONV-4, PROD-6), and assigned by the first that assigns. Both are judged on their own.
func (s *Service) ReactIn(ctx context.Context, tx *store.Tx, o inbound.Occasion) (inbound.Reaction, error) {
	var r inbound.Reaction
	if !o.IsPostback && o.Text == "" {
		return r, nil
	}
	b, err := s.book(ctx, tx)
	if err != nil || b == nil {
		return r, err
	}
	if o.IsPostback {
		return s.pressed(b, tx.Team, o), nil
	}
	e, isEntry, err := written(ctx, tx, b, o)
	if err != nil {
		return r, err
	}
	if isEntry {
		r.Arrival, r.Reply = arrivals[e.kind], s.open(b, tx.Team, e.moduleID)
	}
	matching := b.matching(o.ChannelID, o.Text)
	if len(r.Reply.Parts) == 0 {
		s.answer(b, tx.Team, o, matching, &r)
	}
	return r, appoint(ctx, tx, o, matching, &r)
}

// answer has the first rule reply that may where the conversation was.
func (s *Service) answer(b *book, team int64, o inbound.Occasion, matching []rule, r *inbound.Reaction) {
	for _, x := range matching {
		all := b.reply(x)
		if len(all) == 0 || !slices.Contains(x.statuses, string(o.Status)) {
			continue
		}
		if r.Arrival == "" {
			r.Arrival = inbound.KeywordText
		}
		r.Reply = conversation.Automatic{
			By: event.Actor{Kind: event.ByRule, ID: x.id, Rule: byKeywordRule}, Author: fmt.Sprintf("keyword:%d", x.id), Parts: s.parts(team, all),
		}
		return
	}
}

// appoint has the first rule assign whose agent can take a conversation; never in a collaboration (COLL-16).
func appoint(ctx context.Context, tx *store.Tx, o inbound.Occasion, matching []rule, r *inbound.Reaction) error {
	if o.IsCollaboration {
		return nil
	}
	for _, x := range matching {
		if x.agentID == 0 {
			continue
		}
		can, err := held(ctx, tx, x.agentID)
		if err != nil {
			return err
		}
		if can {
			r.AgentID, r.Rule, r.By = x.agentID, x.name, event.Actor{Kind: event.ByRule, ID: x.id, Rule: byKeywordRule}
			return nil
		}
	}
	return nil
}

// written gives the entry that a text stands for: a code, which is used up by it, or a menu's text button.
func written(ctx context.Context, tx *store.Tx, b *book, o inbound.Occasion) (entry, bool, error) {
	if code, ok := isCode(o.Text); ok {
		moduleID, worked, err := redeem(ctx, tx, o.ChannelID, code)
		if err != nil || worked {
			return entry{botentry.KindSUBSCRIPTION_CODE, moduleID}, worked, err
		}
	}
	e, ok := b.entries[place{o.ChannelID, false, folded(botentry.KindMENU_TEXT, o.Text)}]
	return e, ok, nil
}

// pressed gives what a button's data open. What we did not make, and no entry names, opens nothing: it counts as a button all the same.
func (s *Service) pressed(b *book, team int64, o inbound.Occasion) inbound.Reaction {
	if moduleID, isOurs := s.readPostback(team, o.Postback); isOurs {
		if moduleID == 0 {
			return inbound.Reaction{Arrival: inbound.PersonAsked}
		}
		return inbound.Reaction{Arrival: inbound.CardButton, Reply: s.open(b, team, moduleID)}
	}
	if e, ok := b.entries[place{o.ChannelID, true, o.Postback}]; ok {
		return inbound.Reaction{Arrival: arrivals[e.kind], Reply: s.open(b, team, e.moduleID)}
	}
	return inbound.Reaction{}
}

// open gives the messages of a module; none where it is gone.
func (s *Service) open(b *book, team, moduleID int64) conversation.Automatic {
	m, ok := b.modules[moduleID]
	if !ok {
		return conversation.Automatic{}
	}
	return conversation.Automatic{
		By: event.Actor{Kind: event.ByRule, ID: m.id, Rule: byBotModule}, Author: fmt.Sprintf("bot:%d", m.id), Parts: s.parts(team, m.messages),
	}
}

// TurnIn says to whom a new enquiry goes: of those of its audience (CHAN-8) on duty who may send messages, one who never had one, at random; when all have had one, the one
// whose last is the longest ago (PROD-1). 0: nobody is on duty, or nothing is assigned. The team's counter is held until the transaction ends, so
// that assignments come one after another however many messages come at once.
func (s *Service) TurnIn(ctx context.Context, tx *store.Tx, audience string) (int64, error) {
	b, err := s.book(ctx, tx)
	if err != nil || b == nil || !b.isAssigning {
		return 0, err
	}
	ids := duty.On(b.shifts, tx.Now)
	if len(ids) == 0 {
		return 0, nil
	}
	// The counter first: who waits for it chooses among those who can when it is its turn.
	turn, _, err := one(tx.Query(ctx, "UPDATE automations SET turn = turn + 1 WHERE team_id = ? RETURNING turn", tx.Team))
	if err != nil {
		return 0, fmt.Errorf("take a turn: %w", err)
	}
	can, err := able(ctx, &tx.View, ids...)
	if err != nil {
		return 0, err
	}
	can = hearing(can, audience)
	had, err := tx.AssignmentTurn.Query().Where(assignmentturn.AgentIDIn(ids...)).Order(assignmentturn.ByTurn()).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("read turns: %w", err)
	}
	for _, chosen := range s.order(can, had) {
		isHeld, err := held(ctx, tx, chosen)
		if err != nil {
			return 0, err
		}
		if !isHeld { // deactivated a moment ago
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO assignment_turns (team_id, agent_id, turn, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (team_id, agent_id) DO UPDATE SET turn = excluded.turn, at = excluded.at`, tx.Team, chosen, turn, tx.Now); err != nil {
			return 0, fmt.Errorf("note a turn: %w", err)
		}
		return chosen, nil
	}
	return 0, nil
}

// hearing are those of the agents to whom an enquiry goes (CHAN-8).
func hearing(all []*ent.Agent, audience string) []*ent.Agent {
	return slices.DeleteFunc(all, func(a *ent.Agent) bool {
		return !row.Hears(auth.Principal{AgentID: a.ID, BranchID: a.BranchID}, audience)
	})
}

// OnDutyIn says whether anybody of an audience is on duty who may take an enquiry (CHAN-5, PROD-2). Where no hours were ever set nobody is.
func (s *Service) OnDutyIn(ctx context.Context, tx *store.Tx, audience string) (bool, error) {
	b, err := s.book(ctx, tx)
	if err != nil || b == nil {
		return false, err
	}
	can, err := able(ctx, &tx.View, duty.On(b.shifts, tx.Now)...)
	return len(hearing(can, audience)) > 0, err
}

// order is in which order agents have their turns: those who never had one, at random, and then those whose last is the longest ago.
func (s *Service) order(can []*ent.Agent, had []*ent.AssignmentTurn) []int64 {
	var first, then []int64
	for _, a := range can {
		first = append(first, a.ID)
	}
	for _, h := range had {
		if i := slices.Index(first, h.AgentID); i >= 0 {
			first, then = slices.Delete(first, i, i+1), append(then, h.AgentID)
		}
	}
	for i := len(first) - 1; i > 0; i-- {
		j := s.Random.Int(i + 1)
		first[i], first[j] = first[j], first[i]
	}
	return append(first, then...)
}

// held says whether an agent can be given a conversation, and keeps it so until the transaction ends: who is deactivated meanwhile waits, and gives back
// what it was given.
func held(ctx context.Context, tx *store.Tx, agentID int64) (bool, error) {
	if err := tx.Hold(ctx, agent.Table, agentID); err != nil {
		return false, err
	}
	can, err := able(ctx, &tx.View, agentID)
	return len(can) > 0, err
}
