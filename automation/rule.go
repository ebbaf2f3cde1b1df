package automation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keywordrule"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// What a team may have.
const (
	maxRules    = 2000
	maxKeywords = 20
	maxKeyword  = 100
)

// Keyword is a text that customers write, and how it is compared.
type Keyword struct {
	Text  string
	Match keyword.Match
}

// RuleInput is a new keyword rule. Replies are Messages or the module; both may be missing where it assigns.
type RuleInput struct {
	Name       string
	Keywords   []Keyword
	Messages   []Message
	ModuleID   int64 // 0 for none
	ChannelIDs []int64
	// Statuses are those in which it replies; nil is PENDING and ENDED.
	Statuses       []string
	AgentID        int64 // 0 for nobody
	IsEnabled      bool
	IdempotencyKey string `json:"-"`
}

// RuleUpdate changes a keyword rule; what is nil stays. ModuleID and AgentID are 0 to take them away.
type RuleUpdate struct {
	ID         int64
	Name       *string
	Keywords   []Keyword
	Messages   *[]Message
	ModuleID   *int64
	ChannelIDs *[]int64
	Statuses   *[]string
	AgentID    *int64
	IsEnabled  *bool
}

// CreateRule makes a keyword rule, the last of the order (PROD-6). Faults: Forbidden for all but ADMINs, Invalid.
func (s *Service) CreateRule(ctx context.Context, p auth.Principal, in RuleInput) (*ent.KeywordRule, event.Cursor, error) {
	var made *ent.KeywordRule
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "keywordRuleCreate", in, func() (int64, error) { return s.createRule(ctx, tx, p, in) })
		if err != nil {
			return err
		}
		if made, err = tx.KeywordRule.Get(ctx, id); err != nil {
			return missing(err, "the keyword rule")
		}
		return nil
	})
	return made, at, err
}

func (s *Service) createRule(ctx context.Context, tx *store.Tx, p auth.Principal, in RuleInput) (int64, error) {
	n, err := tx.KeywordRule.Query().Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count keyword rules: %w", err)
	}
	if n >= maxRules {
		return 0, fault.Input("name", "a team has at most %d keyword rules", maxRules).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxRules})
	}
	last, _, err := one(tx.Query(ctx, "SELECT COALESCE(MAX(position), 0) FROM keyword_rules WHERE team_id = ?", tx.Team))
	if err != nil {
		return 0, fmt.Errorf("find the last keyword rule: %w", err)
	}
	statuses := in.Statuses
	if statuses == nil {
		statuses = []string{string(entconversation.StatusPENDING), string(entconversation.StatusENDED)}
	}
	r, err := tx.KeywordRule.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SetName("").SetKeywords([]map[string]string{}).
		SetPosition(last + 1).SetIsEnabled(in.IsEnabled).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("create keyword rule: %w", err)
	}
	_, err = s.updateRule(ctx, tx, p, r, 0, RuleUpdate{ID: r.ID, Name: &in.Name, Keywords: some(in.Keywords), Messages: &in.Messages, ModuleID: &in.ModuleID, ChannelIDs: &in.ChannelIDs,
		Statuses: &statuses, AgentID: &in.AgentID})
	return r.ID, err
}

// some is a list that is not nil.
func some[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// UpdateRule changes a keyword rule. Faults as in CreateRule, and NotFound.
func (s *Service) UpdateRule(ctx context.Context, p auth.Principal, in RuleUpdate) (*ent.KeywordRule, event.Cursor, error) {
	var made *ent.KeywordRule
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		r, err := tx.KeywordRule.Get(ctx, in.ID)
		if err != nil {
			return missing(err, "the keyword rule")
		}
		made, err = s.updateRule(ctx, tx, p, r, 1, in)
		return err
	})
	return made, at, err
}

func (s *Service) updateRule(ctx context.Context, tx *store.Tx, p auth.Principal, r *ent.KeywordRule, raises int, in RuleUpdate) (*ent.KeywordRule, error) {
	u := tx.KeywordRule.UpdateOne(r).AddVersion(raises).SetUpdatedAt(tx.Now)
	holder := fmt.Sprintf("keyword:%d", r.ID)
	if in.Name != nil {
		name, err := asName("name", *in.Name)
		if err != nil {
			return nil, err
		}
		u.SetName(name)
	}
	if in.Keywords != nil {
		words, err := keywords(in.Keywords)
		if err != nil {
			return nil, err
		}
		u.SetKeywords(words)
	}
	if in.Messages != nil {
		stored, files, err := s.compose(ctx, tx, p, holder, *in.Messages)
		if err != nil {
			return nil, err
		}
		if err := s.keep(ctx, tx, holder, files); err != nil {
			return nil, err
		}
		u.SetMessages(stored)
	}
	if err := ruleTargets(ctx, tx, u, in); err != nil {
		return nil, err
	}
	if in.Statuses != nil {
		for _, x := range *in.Statuses {
			if entconversation.StatusValidator(entconversation.Status(x)) != nil {
				return nil, fault.Input("statuses", "%q is no status", x)
			}
		}
		u.SetStatuses(*in.Statuses)
	}
	if in.IsEnabled != nil {
		u.SetIsEnabled(*in.IsEnabled)
	}
	now, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("change keyword rule %d: %w", r.ID, err)
	}
	switch {
	case now.Messages != "" && now.ModuleID != nil:
		return nil, fault.Input("moduleId", "a rule replies with messages or opens a module, not both")
	case now.Messages == "" && now.ModuleID == nil && now.AgentID == nil:
		return nil, fault.Input("messages", "a rule replies, opens a module or assigns")
	}
	return now, nil
}

// ruleTargets sets the module, the agent and the channels, all of the team.
func ruleTargets(ctx context.Context, tx *store.Tx, u *ent.KeywordRuleUpdateOne, in RuleUpdate) error {
	if in.ModuleID != nil {
		u.ClearModuleID()
		if *in.ModuleID != 0 {
			if err := existsModule(ctx, tx, "moduleId", *in.ModuleID); err != nil {
				return err
			}
			u.SetModuleID(*in.ModuleID)
		}
	}
	if in.AgentID != nil {
		u.ClearAgentID()
		if *in.AgentID != 0 {
			can, err := able(ctx, &tx.View, *in.AgentID)
			if err != nil {
				return err
			}
			if len(can) == 0 {
				return fault.Input("assignToAgentId", "there is no such agent who is active and may send messages")
			}
			u.SetAgentID(*in.AgentID)
		}
	}
	if in.ChannelIDs != nil {
		ids, err := channelsOf(ctx, tx, *in.ChannelIDs)
		if err != nil {
			return err
		}
		u.SetChannelIds(ids)
	}
	return nil
}

// channelsOf refuses channels that are not the team's, and gives each once.
func channelsOf(ctx context.Context, tx *store.Tx, ids []int64) ([]int64, error) {
	ids = slices.Clone(some(ids))
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return ids, nil
	}
	n, err := tx.Channel.Query().Where(channel.IDIn(ids...), channel.DeletedAtIsNil()).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("find channels: %w", err)
	}
	if n != len(ids) {
		return nil, fault.Input("channelIds", "one of these channels does not exist")
	}
	return ids, nil
}

func keywords(all []Keyword) ([]map[string]string, error) {
	if len(all) == 0 || len(all) > maxKeywords {
		return nil, fault.Input("keywords", "1 to %d keywords", maxKeywords)
	}
	out := make([]map[string]string, len(all))
	for i, k := range all {
		field := fmt.Sprintf("keywords.%d", i)
		written, err := input.Line(field+".text", k.Text, maxKeyword)
		if err != nil {
			return nil, err
		}
		if keyword.Fold(written) == "" {
			return nil, fault.Input(field+".text", "this cannot be empty")
		}
		if k.Match != keyword.Exact && k.Match != keyword.Contains {
			return nil, fault.Input(field+".match", "EXACT or CONTAINS")
		}
		out[i] = map[string]string{"text": written, "match": string(k.Match)}
	}
	return out, nil
}

// MoveRule puts a rule behind another, or first where afterID is 0. Faults: Forbidden, NotFound.
func (s *Service) MoveRule(ctx context.Context, p auth.Principal, id, afterID int64) (*ent.KeywordRule, event.Cursor, error) {
	var made *ent.KeywordRule
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		r, err := tx.KeywordRule.Get(ctx, id)
		if err != nil {
			return missing(err, "the keyword rule")
		}
		place := int64(0)
		if afterID != 0 {
			if afterID == id {
				return fault.Input("afterRuleId", "a rule cannot go behind itself")
			}
			other, err := tx.KeywordRule.Get(ctx, afterID)
			if err != nil {
				return missing(err, "the keyword rule")
			}
			place = other.Position
		}
		// Places stay distinct: those behind the new one make room.
		if _, err := tx.Exec(ctx, "UPDATE keyword_rules SET position = position + 1 WHERE team_id = ? AND position > ?", tx.Team, place); err != nil {
			return fmt.Errorf("make room for a keyword rule: %w", err)
		}
		made, err = tx.KeywordRule.UpdateOneID(r.ID).SetPosition(place + 1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		return err
	})
	return made, at, err
}

// DeleteRule deletes a keyword rule with its pictures. Faults: Forbidden, NotFound.
func (s *Service) DeleteRule(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.KeywordRule.DeleteOneID(id).Exec(ctx); err != nil {
			return missing(err, "the keyword rule")
		}
		return s.keep(ctx, tx, fmt.Sprintf("keyword:%d", id), nil)
	})
}

// GetRule finds a keyword rule. Faults: Forbidden, NotFound.
func (s *Service) GetRule(ctx context.Context, p auth.Principal, id int64) (*ent.KeywordRule, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var r *ent.KeywordRule
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if r, err = v.KeywordRule.Get(ctx, id); err != nil {
			return missing(err, "the keyword rule")
		}
		return nil
	})
	return r, err
}

// ListRules lists the keyword rules in their order.
func (s *Service) ListRules(ctx context.Context, p auth.Principal, w page.Window) ([]*ent.KeywordRule, page.Result, error) {
	if err := requireRead(p); err != nil {
		return nil, page.Result{}, err
	}
	const list = "keywordRules"
	where, err := page.Between[int64, predicate.KeywordRule](w, list, keywordrule.FieldPosition)
	if err != nil {
		return nil, page.Result{}, err
	}
	var rows []*ent.KeywordRule
	err = s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		rows, err = v.KeywordRule.Query().Where(where...).Order(page.InOrder(w, keywordrule.FieldPosition)).Limit(w.Limit + 1).All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list keyword rules: %w", err)
	}
	rows, result := page.Cut(w, rows, func(r *ent.KeywordRule) string { return page.Cursor(list, r.Position, r.ID) })
	return rows, result, nil
}
