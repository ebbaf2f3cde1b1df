package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botentry"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// automate calls a change in the principal's name and gives what every payload holds of it.
func (r *Resolver) automate(ctx context.Context, change func(p auth.Principal) (event.Cursor, error)) (*string, []model.UserError, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, nil, err
	}
	at, err := change(p)
	errs, top := userErrors(err)
	if err != nil {
		return nil, errs, top
	}
	return cursorOf(at), errs, nil
}

// automationLoaders are the kinds of object of the automation that node and nodes find.
func (r *Resolver) automationLoaders() map[id.Kind]loader {
	return map[id.Kind]loader{
		id.KeywordRule: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.Automation.GetRule(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return asNode(ruleModel(x))
		}),
		id.BotModule: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.Automation.GetModule(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return asNode(r.moduleModel(p, x))
		}),
		id.BotEntry: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.Automation.GetEntry(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return entryModel(x), nil
		}),
		id.WorkingHours: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.Automation.GetShift(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return asNode(r.shiftModel(x))
		}),
	}
}

// asNode gives an object as a node, and none where there was an error: never a nil pointer inside the interface.
func asNode[T model.Node](x T, err error) (model.Node, error) {
	if err != nil {
		return nil, err
	}
	return x, nil
}

// clearedID reads an id whose null clears: nil where it was left out, 0 for none.
func clearedID(k id.Kind, o graphql.Omittable[*string]) (*int64, error) {
	if !o.IsSet() {
		return nil, nil //nolint:nilnil // nothing changes
	}
	n, err := optionalID(k, o)
	return &n, err
}

// listInput reads a list that may be left out; null is left out too.
func listInput[T any](o graphql.Omittable[[]T]) *[]T {
	all, ok := o.ValueOK()
	if !ok || all == nil {
		return nil
	}
	return &all
}

// idsInput reads ids that may be left out.
func idsInput(k id.Kind, o graphql.Omittable[[]string]) (*[]int64, error) {
	all := listInput(o)
	if all == nil {
		return nil, nil //nolint:nilnil // nothing changes
	}
	ids, err := id.ParseAll(k, *all)
	return &ids, err
}

func messagesUpdate(o graphql.Omittable[[]*model.AutomaticMessageInput]) (*[]automation.Message, error) {
	given := listInput(o)
	if given == nil {
		return nil, nil //nolint:nilnil // nothing changes
	}
	all, err := messagesInput(*given)
	return &all, err
}

func messagesInput(given []*model.AutomaticMessageInput) ([]automation.Message, error) {
	all := make([]automation.Message, len(given))
	for i, m := range given {
		var err error
		if all[i].FileID, err = optionalID(id.Upload, m.ImageUploadID); err != nil {
			return nil, err
		}
		if t := m.Text.Value(); t != nil {
			all[i].Text = *t
		}
		for _, b := range m.Buttons.Value() {
			x := automation.Button{Label: b.Label, Kind: automation.ButtonKind(b.Kind)}
			if x.ModuleID, err = optionalID(id.BotModule, b.ModuleID); err != nil {
				return nil, err
			}
			if u := b.URL.Value(); u != nil {
				x.URL = *u
			}
			all[i].Buttons = append(all[i].Buttons, x)
		}
	}
	return all, nil
}

func keywordsInput(given []*model.KeywordInput) []automation.Keyword {
	all := make([]automation.Keyword, len(given))
	for i, k := range given {
		all[i] = automation.Keyword{Text: k.Text, Match: keyword.Match(k.Match)}
	}
	return all
}

func ruleInput(input model.KeywordRuleCreateInput) (automation.RuleInput, error) {
	in := automation.RuleInput{
		Name: input.Name, Keywords: keywordsInput(input.Keywords), IsEnabled: given(input.IsEnabled.Value(), true),
		IdempotencyKey: given(input.IdempotencyKey.Value(), ""), Statuses: some[string](input.Statuses),
	}
	var err error
	if in.Messages, err = messagesInput(input.Messages.Value()); err != nil {
		return in, err
	}
	if in.ModuleID, err = optionalID(id.BotModule, input.ModuleID); err != nil {
		return in, err
	}
	if in.AgentID, err = optionalID(id.Agent, input.AssignToAgentID); err != nil {
		return in, err
	}
	in.ChannelIDs, err = id.ParseAll(id.Channel, input.ChannelIds.Value())
	return in, err
}

func ruleUpdate(input model.KeywordRuleUpdateInput) (automation.RuleUpdate, error) {
	in := automation.RuleUpdate{Name: input.Name.Value(), IsEnabled: input.IsEnabled.Value()}
	var err error
	if in.ID, err = id.Parse(id.KeywordRule, input.RuleID); err != nil {
		return in, err
	}
	if words := listInput(input.Keywords); words != nil {
		in.Keywords = keywordsInput(*words)
	}
	if statuses := listInput(input.Statuses); statuses != nil {
		all := each[string](*statuses)
		in.Statuses = &all
	}
	if in.Messages, err = messagesUpdate(input.Messages); err != nil {
		return in, err
	}
	if in.ModuleID, err = clearedID(id.BotModule, input.ModuleID); err != nil {
		return in, err
	}
	if in.AgentID, err = clearedID(id.Agent, input.AssignToAgentID); err != nil {
		return in, err
	}
	in.ChannelIDs, err = idsInput(id.Channel, input.ChannelIds)
	return in, err
}

func entryInput(input model.BotEntryCreateInput) (automation.EntryInput, error) {
	in := automation.EntryInput{Kind: botentry.Kind(input.Kind), Value: given(input.Value.Value(), ""), ExpiresAt: input.ExpiresAt.Value()}
	var err error
	if in.ChannelID, err = id.Parse(id.Channel, input.ChannelID); err != nil {
		return in, err
	}
	in.ModuleID, err = optionalID(id.BotModule, input.ModuleID)
	return in, err
}

// weekdays are the days in the order of their numbers, from 1.
var weekdays = []model.Weekday{
	model.WeekdayMonday, model.WeekdayTuesday, model.WeekdayWednesday, model.WeekdayThursday, model.WeekdayFriday, model.WeekdaySaturday, model.WeekdaySunday,
}

func daysInput(days []model.Weekday) *[]int {
	all := make([]int, len(days))
	for i, d := range days {
		all[i] = slices.Index(weekdays, d) + 1
	}
	return &all
}

func messagesModel(stored string) ([]*model.AutomaticMessage, error) {
	all, err := automation.Messages(stored)
	if err != nil {
		return nil, err
	}
	out := make([]*model.AutomaticMessage, len(all))
	for i, m := range all {
		out[i] = &model.AutomaticMessage{Text: m.Text, Buttons: make([]*model.BotButton, len(m.Buttons))}
		if m.FileID != 0 {
			out[i].ImageUploadID = id.Optional(id.Upload, &m.FileID)
		}
		for j, b := range m.Buttons {
			x := &model.BotButton{Label: b.Label, Kind: model.BotButtonKind(b.Kind), URL: textOrNil(b.URL)}
			if b.ModuleID != 0 {
				x.ModuleID = id.Optional(id.BotModule, &b.ModuleID)
			}
			out[i].Buttons[j] = x
		}
	}
	return out, nil
}

func ruleModel(x *ent.KeywordRule) (*model.KeywordRule, error) {
	all, err := messagesModel(x.Messages)
	if err != nil {
		return nil, err
	}
	m := &model.KeywordRule{
		ID: id.Format(id.KeywordRule, x.ID), Version: x.Version, Name: x.Name, Position: int(x.Position), IsEnabled: x.IsEnabled, Messages: all,
		Keywords: make([]*model.Keyword, len(x.Keywords)), ChannelIds: formatAll(id.Channel, x.ChannelIds), Statuses: each[model.ConversationStatus](x.Statuses),
		ModuleID: id.Optional(id.BotModule, x.ModuleID), AssignToAgentID: id.Optional(id.Agent, x.AgentID), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt,
	}
	for i, k := range x.Keywords {
		m.Keywords[i] = &model.Keyword{Text: k["text"], Match: model.KeywordMatch(k["match"])}
	}
	return m, nil
}

func formatAll(k id.Kind, all []int64) []string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = id.Format(k, n)
	}
	return out
}

func (r *Resolver) moduleModel(p auth.Principal, x *ent.BotModule) (*model.BotModule, error) {
	all, err := messagesModel(x.Messages)
	if err != nil {
		return nil, err
	}
	return &model.BotModule{
		ID: id.Format(id.BotModule, x.ID), Version: x.Version, Name: x.Name, Messages: all, PostbackData: r.Automation.PostbackData(p.TeamID, x.ID),
		CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt,
	}, nil
}

func entryModel(x *ent.BotEntry) *model.BotEntry {
	return &model.BotEntry{
		ID: id.Format(id.BotEntry, x.ID), Version: x.Version, ChannelID: id.Format(id.Channel, x.ChannelID), Kind: model.BotEntryKind(x.Kind), Value: x.Value,
		ModuleID: id.Optional(id.BotModule, x.ModuleID), ExpiresAt: x.ExpiresAt, CreatedAt: x.CreatedAt,
	}
}

func (r *Resolver) shiftModel(x *ent.Shift) (*model.WorkingHours, error) {
	reckoned, err := automation.Reckoned(x)
	if err != nil {
		return nil, err
	}
	m := &model.WorkingHours{
		ID: id.Format(id.WorkingHours, x.ID), Version: x.Version, Name: x.Name, TimeZone: x.TimeZone, Days: make([]model.Weekday, len(x.Days)),
		StartsAt: automation.TimeOfDay(x.StartsAt), EndsAt: automation.TimeOfDay(x.EndsAt), Holidays: append([]string{}, x.Holidays...),
		AgentIds: formatAll(id.Agent, x.AgentIds), IsOn: reckoned.IsOn(r.Clock.Now()),
	}
	for i, d := range x.Days {
		m.Days[i] = weekdays[d-1]
	}
	return m, nil
}
