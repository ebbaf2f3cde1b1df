package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// workspaceLoaders are the kinds of object that belong to the workspace, and channels.
func (r *Resolver) workspaceLoaders() map[id.Kind]loader {
	return map[id.Kind]loader{
		id.Agent: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			m, err := r.Workspace.Agent(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return agentModel(m), nil
		}),
		id.Team: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			t, err := r.Workspace.Team(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return r.teamModel(t), nil
		}),
		id.APIToken: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			t, err := r.Workspace.APIToken(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return tokenModel(t), nil
		}),
		id.InboundEvent: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			e, err := r.Inbound.GetFailed(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return failedEventModel(e), nil
		}),
		id.Channel: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			c, err := r.Accounts.Get(ctx, p, n)
			if err != nil {
				return nil, err
			}
			windows, err := r.windowsOf(ctx, p, c)
			if err != nil {
				return nil, err
			}
			return r.channelModel(p, c, windows[c.ID]), nil
		}),
	}
}

// agentModel is an agent.
func agentModel(m workspace.Member) *model.Agent {
	a := &model.Agent{
		ID: id.Format(id.Agent, m.ID), Version: m.Version, Email: m.Email, Name: m.Name, Role: model.Role(m.Role), Status: model.AgentStatus(m.Status),
		Permissions: each[model.Permission](m.Rights), OwnPermissions: each[model.Permission](m.Agent.Permissions), BranchID: textOrNil(m.BranchID),
		RegionID: textOrNil(m.RegionID), Phone: textOrNil(m.Phone), PictureURL: textOrNil(m.PictureURL), CreatedAt: m.CreatedAt,
	}
	if m.InboxChannelIds != nil {
		for _, n := range m.InboxChannelIds {
			a.InboxChannelIds = append(a.InboxChannelIds, id.Format(id.Channel, n))
		}
	}
	if m.Language != "" {
		l := languageModel(m.Language)
		a.Language = &l
	}
	return a
}

// agentOrNil is the agent of a payload; nil where the mutation was refused.
func agentOrNil(m workspace.Member) *model.Agent {
	if m.Agent == nil {
		return nil
	}
	return agentModel(m)
}

// teamModel is a team.
func (r *Resolver) teamModel(t *ent.Team) *model.Team {
	l := r.Workspace.ConnectionLimits(t)
	return &model.Team{
		ID: id.Format(id.Team, t.ID), Slug: t.Slug, Name: t.Name, Language: languageModel(t.Language), TimeZone: t.TimeZone, Collaborates: t.Collaborates, GroupMessagePrice: t.GroupMessagePrice, Version: t.Version,
		ConnectionLimits: model.ConnectionLimits{IdleMinutes: limitModel(l.IdleMinutes), PerAgent: limitModel(l.PerAgent), PerTeam: limitModel(l.PerTeam)},
	}
}

func limitModel(l workspace.Limit) model.ConnectionLimit {
	m := model.ConnectionLimit{Server: l.Server, InForce: l.Holds()}
	if l.Own != 0 {
		m.Own = &l.Own
	}
	return m
}

// teamUpdate reads what changes of a team.
func teamUpdate(in model.TeamUpdateInput) workspace.TeamUpdateInput {
	return workspace.TeamUpdateInput{
		Collaborates: in.Collaborates.Value(), GroupMessagePrice: in.GroupMessagePrice.Value(), IdleMinutes: clearedInt(in.IdleMinutes), ConnectionsPerAgent: clearedInt(in.ConnectionsPerAgent),
		ConnectionsPerTeam: clearedInt(in.ConnectionsPerTeam),
	}
}

// clearedInt reads an optional number whose null clears: nil where it was left out, 0 for none.
func clearedInt(o graphql.Omittable[*int]) *int {
	v, ok := o.ValueOK()
	if !ok {
		return nil
	}
	n := given(v, 0)
	return &n
}

// viewerModel is who asks.
func (r *Resolver) viewerModel(p auth.Principal, v workspace.Viewer) *model.Viewer {
	m := &model.Viewer{
		Team: *r.teamModel(v.Team), Role: model.Role(p.Role), Permissions: each[model.Permission](p.Permissions), Language: languageModel(p.Language),
	}
	if v.Agent != nil {
		m.Agent = agentModel(*v.Agent)
	}
	if v.APIToken != nil {
		m.APIToken = tokenModel(v.APIToken)
	}
	return m
}

// tokenModel is an integration, without its token.
func tokenModel(t *ent.APIToken) *model.APIToken {
	m := &model.APIToken{
		ID: id.Format(id.APIToken, t.ID), Version: t.Version, Name: t.Name, Role: model.Role(t.Role), Scopes: make([]model.TokenScope, 0, len(t.Scopes)),
		Hint: t.Hint, AllowList: append([]string{}, t.AllowList...), ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt,
		CreatedAt: t.CreatedAt,
	}
	if t.RatePerMinute > 0 {
		m.RatePerMinute = &t.RatePerMinute
	}
	for _, s := range scopes() {
		for _, name := range t.Scopes {
			if name == string(s.ours) {
				m.Scopes = append(m.Scopes, s.theirs)
			}
		}
	}
	return m
}

// scope is a scope in our words and in the API's.
type scope struct {
	ours   auth.Scope
	theirs model.TokenScope
}

func scopes() []scope {
	return []scope{
		{auth.ReadConversations, model.TokenScopeConversationsRead}, {auth.WriteConversations, model.TokenScopeConversationsWrite},
		{auth.ReadContacts, model.TokenScopeContactsRead}, {auth.WriteContacts, model.TokenScopeContactsWrite},
		{auth.ReadWorkspace, model.TokenScopeWorkspaceRead}, {auth.WriteWorkspace, model.TokenScopeWorkspaceWrite},
		{auth.ActAs, model.TokenScopeActAs},
	}
}

// scopesOf reads the API's scopes.
func scopesOf(all []model.TokenScope) []auth.Scope {
	out := make([]auth.Scope, 0, len(all))
	for _, theirs := range all {
		for _, s := range scopes() {
			if s.theirs == theirs {
				out = append(out, s.ours)
			}
		}
	}
	return out
}

// languageModel is a language in the API's words.
func languageModel(l string) model.Language {
	if l == catalogue.English {
		return model.LanguageEn
	}
	return model.LanguageZhHant
}

// languageOf reads a language of the API; nil is none.
func languageOf(l *model.Language) string {
	switch {
	case l == nil:
		return ""
	case *l == model.LanguageEn:
		return catalogue.English
	}
	return catalogue.Chinese
}

// tokensModel is a pair of tokens; nil where the sign-in was refused.
func tokensModel(g workspace.Grant) *model.SessionTokens {
	if g.AgentID == 0 {
		return nil
	}
	return &model.SessionTokens{
		AccessToken: g.AccessToken.Reveal(), AccessTokenExpiresAt: g.AccessExpiresAt,
		RefreshToken: g.RefreshToken.Reveal(), RefreshTokenExpiresAt: g.RefreshExpiresAt,
	}
}

// signedIn is who signed in; nil where it was refused.
func signedIn(g workspace.Grant) *model.AgentSummaryWithRole {
	if g.AgentID == 0 {
		return nil
	}
	return &model.AgentSummaryWithRole{ID: id.Format(id.Agent, g.AgentID), Name: g.Name, Role: model.Role(g.Role)}
}

// signInPayload is the answer to a sign-in.
func signInPayload(g workspace.Grant, err error) (*model.SignInPayload, error) {
	m := &model.SignInPayload{Tokens: tokensModel(g), Viewer: signedIn(g)}
	if t := m.Tokens; t != nil {
		m.AccessToken, m.RefreshToken, m.AccessTokenExpiresAt = &t.AccessToken, &t.RefreshToken, &t.AccessTokenExpiresAt
	}
	m.UserErrors, err = userErrors(err)
	return m, err
}

// each turns the values of one closed set into those of another with the same names.
func each[To, From ~string](all []From) []To {
	out := make([]To, len(all))
	for i, x := range all {
		out[i] = To(x)
	}
	return out
}

// some is each of an optional list: nil where it was left out or is null.
func some[To, From ~string](o graphql.Omittable[[]From]) []To {
	all, ok := o.ValueOK()
	if !ok || all == nil {
		return nil
	}
	return each[To](all)
}

// cleared reads an optional text whose null clears: nil where it was left out.
func cleared(o graphql.Omittable[*string]) *string {
	v, ok := o.ValueOK()
	if !ok {
		return nil
	}
	t := given(v, "")
	return &t
}

// updateInput reads what changes of an agent.
func updateInput(in model.AgentUpdateInput) (workspace.UpdateInput, error) {
	n, err := id.Parse(id.Agent, in.AgentID)
	if err != nil {
		return workspace.UpdateInput{}, err
	}
	u := workspace.UpdateInput{
		AgentID: n, Name: in.Name.Value(), Role: (*auth.Role)(in.Role.Value()), BranchID: cleared(in.BranchID), RegionID: cleared(in.RegionID),
		PictureURL: cleared(in.PictureURL), Phone: cleared(in.Phone),
	}
	if l, ok := in.Language.ValueOK(); ok {
		language := languageOf(l)
		u.Language = &language
	}
	if all := some[auth.Permission](in.Permissions); all != nil {
		u.Permissions = &all
	}
	if named, ok := in.InboxChannelIds.ValueOK(); ok {
		var ids []int64
		if named != nil {
			if ids, err = id.ParseAll(id.Channel, named); err != nil {
				return u, err
			}
		}
		u.InboxChannelIDs = &ids
	}
	return u, nil
}

// agentFilter reads which agents are listed.
func agentFilter(f *model.AgentFilter) workspace.AgentFilter {
	if f == nil {
		return workspace.AgentFilter{}
	}
	return workspace.AgentFilter{Text: given(f.Text.Value(), ""), Roles: some[auth.Role](f.Roles), Statuses: some[agent.Status](f.Statuses)}
}

// roleModel is what a role gives.
func roleModel(r workspace.RoleSettings) *model.RoleSettings {
	return &model.RoleSettings{Role: model.Role(r.Role), Permissions: each[model.Permission](r.Permissions)}
}

// tokenInput reads an integration's name, role and limits.
func tokenInput(in model.APITokenCreateInput) workspace.TokenInput {
	all, _ := in.Scopes.ValueOK()
	networks, _ := in.AllowList.ValueOK()
	return workspace.TokenInput{
		Name: in.Name, Role: auth.Role(in.Role), Scopes: scopesOf(all), AllowList: networks, RatePerMinute: given(in.RatePerMinute.Value(), 0),
		ExpiresAt: in.ExpiresAt.Value(),
	}
}

// agentConnection is a page of agents.
func agentConnection(page workspace.AgentPage) *model.AgentConnection {
	c := &model.AgentConnection{
		Edges: make([]*model.AgentEdge, len(page.Rows)), Nodes: make([]*model.Agent, len(page.Rows)), PageInfo: *pageInfo(page.Result),
	}
	for i, x := range page.Rows {
		m := agentModel(x)
		c.Nodes[i], c.Edges[i] = m, &model.AgentEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}

// tokenConnection is a page of integrations.
func tokenConnection(page workspace.TokenPage) *model.APITokenConnection {
	c := &model.APITokenConnection{
		Edges: make([]*model.APITokenEdge, len(page.Rows)), Nodes: make([]*model.APIToken, len(page.Rows)), PageInfo: *pageInfo(page.Result),
	}
	for i, x := range page.Rows {
		m := tokenModel(x)
		c.Nodes[i], c.Edges[i] = m, &model.APITokenEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}

// notificationConnection is a page of notifications in the reader's language.
func notificationConnection(language string, page workspace.NotificationPage, previews map[int64]string) *model.NotificationConnection {
	c := &model.NotificationConnection{
		Edges: make([]*model.NotificationEdge, len(page.Rows)), Nodes: make([]*model.Notification, len(page.Rows)),
		PageInfo: *pageInfo(page.Result), AsOf: page.AsOf.String(),
	}
	for i, x := range page.Rows {
		m := notificationModel(language, x, previews)
		c.Nodes[i], c.Edges[i] = m, &model.NotificationEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}
