package graph

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func viewInput(input model.SavedViewCreateInput) (savedview.CreateInput, error) {
	f, err := conversationFilter(input.Filter.Value(), "filter")
	return savedview.CreateInput{
		Name: input.Name, View: inbox.View(input.View), Filter: f, Sort: inbox.Sort(input.Sort), IsDescending: input.Direction == model.SortDirectionDesc,
		Columns: some[string](input.Columns), Visibility: string(input.Visibility), Roles: some[string](input.Roles), IdempotencyKey: given(input.IdempotencyKey.Value(), ""),
	}, err
}

func viewUpdate(input model.SavedViewUpdateInput) (savedview.UpdateInput, error) {
	in := savedview.UpdateInput{Name: input.Name.Value()}
	var err error
	if in.ID, err = id.Parse(id.SavedView, input.SavedViewID); err != nil {
		return in, err
	}
	if f, ok := input.Filter.ValueOK(); ok {
		filter, err := conversationFilter(f, "filter")
		if err != nil {
			return in, err
		}
		in.Filter = &filter
	}
	if v := input.View.Value(); v != nil {
		view := inbox.View(*v)
		in.View = &view
	}
	if v := input.Sort.Value(); v != nil {
		sort := inbox.Sort(*v)
		in.Sort = &sort
	}
	if v := input.Direction.Value(); v != nil {
		isDescending := *v == model.SortDirectionDesc
		in.IsDescending = &isDescending
	}
	if v := input.Visibility.Value(); v != nil {
		visibility := string(*v)
		in.Visibility = &visibility
	}
	if all := listInput(input.Columns); all != nil {
		columns := each[string](*all)
		in.Columns = &columns
	}
	if all := listInput(input.Roles); all != nil {
		roles := each[string](*all)
		in.Roles = &roles
	}
	return in, nil
}

// viewModel is a saved view as the viewer sees it.
func viewModel(p auth.Principal, x *savedview.View) (*model.SavedView, error) {
	m := &model.SavedView{
		ID: id.Format(id.SavedView, x.ID), Version: x.Version, Name: x.Name, View: model.InboxView(x.SavedView.View), Sort: model.ConversationSort(x.Sort), Direction: model.SortDirectionAsc,
		Columns: each[model.ConversationColumn](x.Columns), Visibility: model.SavedViewVisibility(x.Visibility), Roles: each[model.Role](x.Roles), AuthorID: id.Optional(id.Agent, x.AgentID),
		ViewerCanEdit: x.MayEdit(p), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt,
	}
	if x.IsDescending {
		m.Direction = model.SortDirectionDesc
	}
	if x.Filter != nil {
		b, err := json.Marshal(filterModel(x.Filter))
		if err != nil {
			return nil, fmt.Errorf("show the filter of saved view %d: %w", x.ID, err)
		}
		s := string(b)
		m.Filter = &s
	}
	return m, nil
}

// filterModel is a filter as ConversationFilter takes it: conversationFilter of it gives the same.
func filterModel(f *inbox.Filter) map[string]any {
	m := map[string]any{}
	list := func(name string, all []inbox.Filter) {
		if all == nil {
			return
		}
		out := make([]map[string]any, len(all))
		for i := range all {
			out[i] = filterModel(&all[i])
		}
		m[name] = out
	}
	list("and", f.And)
	list("or", f.Or)
	if f.Not != nil {
		m["not"] = filterModel(f.Not)
	}
	ids := func(in map[string]any, name string, k id.Kind, all []int64) {
		if all == nil {
			return
		}
		out := make([]string, len(all))
		for i, n := range all {
			out[i] = id.Format(k, n)
		}
		in[name] = out
	}
	ids(m, "channelIds", id.Channel, f.ChannelIDs)
	ids(m, "followerIds", id.Agent, f.FollowerIDs)
	ids(m, "collaboratorIds", id.Agent, f.CollaboratorIDs)
	ids(m, "contactIds", id.Contact, f.ContactIDs)
	tags := map[string]any{}
	ids(tags, "any", id.Tag, f.AnyTags)
	ids(tags, "all", id.Tag, f.AllTags)
	ids(tags, "none", id.Tag, f.NoTags)
	if len(tags) > 0 {
		m["tags"] = tags
	}
	for name, words := range map[string][]string{"channelTypes": f.ChannelTypes, "kinds": f.Kinds, "statuses": f.Statuses, "queues": f.Queues} {
		if words != nil {
			m[name] = words
		}
	}
	for name, is := range map[string]*bool{"hasCollaborators": f.HasCollaborators, "isUnread": f.IsUnread, "isMentioned": f.IsMentioned, "isStarred": f.IsStarred, "isArchived": f.IsArchived, "isSnoozed": f.IsSnoozed,
		"hasPhone": f.HasPhone, "isFromAdvert": f.IsFromAd} {
		if is != nil {
			m[name] = *is
		}
	}
	for _, l := range inbox.Levels {
		if f.WaitingAtLeast == l.Least() {
			m["waitingAtLeast"] = string(l)
		}
	}
	return m
}

// mayKnowOfView says whether a change of a saved view concerns the principal.
func mayKnowOfView(p auth.Principal, e event.Event) bool {
	return p.May(auth.ReadWorkspace) && (e.AgentID == 0 || e.AgentID == p.AgentID)
}

// countsOf reads the principal's counts, with those of its saved views where they are wanted.
func (r *Resolver) countsOf(ctx context.Context, p auth.Principal, wantsViews bool) (*model.InboxCounts, []savedview.Counted, error) {
	var views []savedview.Counted
	c, err := r.Inbox.Counts(ctx, p, func(ctx context.Context, v *store.View) (err error) {
		if wantsViews {
			views, err = savedview.CountsIn(ctx, v, p)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	m := countsModel(c)
	m.SavedViews = make([]*model.SavedViewCount, len(views))
	for i, x := range views {
		m.SavedViews[i] = &model.SavedViewCount{SavedViewID: id.Format(id.SavedView, x.ID), Version: x.Version, Count: x.Conversations, UnreadConversations: x.UnreadConversations, IsAtLeast: x.IsAtLeast}
	}
	return m, views, nil
}
