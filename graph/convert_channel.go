package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// channelModel is a channel as the viewer sees it.
func (r *Resolver) channelModel(p auth.Principal, c *ent.Channel) *model.Channel {
	m := &model.Channel{
		ID: id.Format(id.Channel, c.ID), Version: c.Version, Type: model.ChannelType(c.Type), Name: c.Name, State: model.ChannelState(c.State),
		PlatformID: c.PlatformID, AccountName: textOrNil(c.AccountName), AccountHandle: textOrNil(c.AccountHandle), PictureURL: textOrNil(c.PictureURL),
		CanListMembers: c.CanListMembers, Checks: make([]*model.ChannelCheck, len(c.Checks)), CheckedAt: c.CheckedAt, LastEventAt: c.LastEventAt,
		DeletedAt: c.DeletedAt, CreatedAt: c.CreatedAt,
	}
	if c.StateReason != "" {
		why := catalogue.Text(p.Language, "channel."+c.StateReason, nil)
		m.StateReason = &why
	}
	for i, x := range account.Checks(c) {
		m.Checks[i] = &model.ChannelCheck{Name: x.Name, Status: model.ChannelCheckStatus(x.Status), Text: x.Text}
	}
	if p.Role == auth.Admin && p.May(auth.WriteWorkspace) && c.DeletedAt == nil {
		u := account.WebhookURL(r.PublicURL, c)
		m.WebhookURL = &u
	}
	return m
}

// channelConnection is a page of channels.
func (r *Resolver) channelConnection(p auth.Principal, page account.Page) *model.ChannelConnection {
	c := &model.ChannelConnection{
		Edges: make([]*model.ChannelEdge, len(page.Rows)), Nodes: make([]*model.Channel, len(page.Rows)), PageInfo: *pageInfo(page.Result),
	}
	for i, x := range page.Rows {
		m := r.channelModel(p, x)
		c.Nodes[i], c.Edges[i] = m, &model.ChannelEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}

// channelFilter reads which channels are listed.
func channelFilter(f *model.ChannelFilter) account.Filter {
	if f == nil {
		return account.Filter{}
	}
	return account.Filter{
		Types: some[account.Type](f.Types), States: some[channel.State](f.States), IncludeDeleted: given(f.IncludeDeleted.Value(), false),
	}
}

// credentialsOf reads credentials; a name that comes twice is refused.
func credentialsOf(all []*model.CredentialInput) (account.Credentials, error) {
	c := make(account.Credentials, len(all))
	for _, x := range all {
		if _, twice := c[x.Name]; twice {
			return nil, fault.Input("credentials", "each credential is given once")
		}
		c[x.Name] = x.Value
	}
	return c, nil
}

// channelChange is a change of a channel, in the principal's name.
type channelChange func(ctx context.Context, p auth.Principal, n int64) (*ent.Channel, event.Cursor, error)

// changeChannel makes a change of the channel with a global id and gives what a payload holds of it.
func (r *Resolver) changeChannel(ctx context.Context, globalID string, change channelChange) (*model.Channel, *string, []model.UserError, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	n, err := id.Parse(id.Channel, globalID)
	if err != nil {
		errs, err := userErrors(err)
		return nil, nil, errs, err
	}
	c, at, err := change(ctx, p, n)
	errs, err := userErrors(err)
	if c == nil {
		return nil, nil, errs, err
	}
	return r.channelModel(p, c), cursorOf(at), errs, err
}
