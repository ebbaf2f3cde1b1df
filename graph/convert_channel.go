package graph

import (
	"context"
	"time"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// windowsOf reads the chat windows of those of the channels that are websites', where the operation selects them.
func (r *Resolver) windowsOf(ctx context.Context, p auth.Principal, all ...*ent.Channel) (map[int64]*ent.Webchat, error) {
	if !selected(ctx, "Channel")["webchat"] {
		return nil, nil
	}
	var ids []int64
	for _, c := range all {
		if c.Type == channel.TypeWEBCHAT {
			ids = append(ids, c.ID)
		}
	}
	return r.Accounts.WindowsOf(ctx, p, ids)
}

// webchatModel is a channel's chat window; nil where the channel has none, or none was read.
func (r *Resolver) webchatModel(c *ent.Channel, w *ent.Webchat) *model.Webchat {
	if w == nil {
		return nil
	}
	m := &model.Webchat{
		Key: c.WebhookKey, AllowedDomains: w.AllowedDomains, Title: w.Title, Greeting: w.Greeting, Color: w.Color,
		Language: model.WebchatLanguage(w.Language), RefusesBlocked: w.RefusesBlocked, HasIdentitySecret: r.Accounts.HasIdentitySecret(c),
		Snippet: account.Snippet(r.PublicURL, c),
	}
	if m.AllowedDomains == nil {
		m.AllowedDomains = []string{}
	}
	return m
}

// visitorModel is the person on a website at a moment; nil for none.
func visitorModel(v *ent.Visitor, now time.Time) *model.Visitor {
	if v == nil {
		return nil
	}
	m := &model.Visitor{
		IsOnline: visitor.IsOnline(v, now), Referrer: textOrNil(v.Referrer), ExternalID: textOrNil(v.ExternalID), Language: textOrNil(v.Language),
		TimeZone: textOrNil(v.TimeZone), UserAgent: textOrNil(v.UserAgent), SeenAt: v.SeenAt,
	}
	if m.IsOnline {
		m.Page, m.MessagePage = webPage(v.PageURL, v.PageTitle), webPage(v.MessagePageURL, v.MessagePageTitle)
	}
	return m
}

func webPage(url, title string) *model.WebPage {
	if url == "" {
		return nil
	}
	return &model.WebPage{URL: url, Title: title}
}

// channelModel is a channel as the viewer sees it, with its chat window where one was read.
func (r *Resolver) channelModel(p auth.Principal, c *ent.Channel, w *ent.Webchat) *model.Channel {
	m := &model.Channel{
		ID: id.Format(id.Channel, c.ID), Version: c.Version, Type: model.ChannelType(c.Type), Name: c.Name, State: model.ChannelState(c.State),
		PlatformID: c.PlatformID, AccountName: textOrNil(c.AccountName), AccountHandle: textOrNil(c.AccountHandle), PictureURL: textOrNil(c.PictureURL),
		CanListMembers: c.CanListMembers, Checks: make([]*model.ChannelCheck, len(c.Checks)), CheckedAt: c.CheckedAt, LastEventAt: c.LastEventAt,
		DeletedAt: c.DeletedAt, CreatedAt: c.CreatedAt, Distribution: distributionModel(c), Webchat: r.webchatModel(c, w),
	}
	if c.StateReason != "" {
		why := catalogue.Text(p.Language, "channel."+c.StateReason, nil)
		m.StateReason = &why
	}
	for i, x := range account.Checks(c) {
		m.Checks[i] = &model.ChannelCheck{Name: x.Name, Status: model.ChannelCheckStatus(x.Status), Text: x.Text}
	}
	if p.Role == auth.Admin && p.May(auth.WriteWorkspace) && c.DeletedAt == nil && !r.Accounts.IsOwn(account.Type(c.Type)) {
		u := account.WebhookURL(r.PublicURL, c)
		m.WebhookURL = &u
	}
	return m
}

// channelConnection is a page of channels.
func (r *Resolver) channelConnection(p auth.Principal, page account.Page, windows map[int64]*ent.Webchat) *model.ChannelConnection {
	c := &model.ChannelConnection{
		Edges: make([]*model.ChannelEdge, len(page.Rows)), Nodes: make([]*model.Channel, len(page.Rows)), PageInfo: *pageInfo(page.Result),
	}
	for i, x := range page.Rows {
		m := r.channelModel(p, x, windows[x.ID])
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
	if c == nil || err != nil {
		return nil, nil, errs, err
	}
	windows, err := r.windowsOf(ctx, p, c)
	if err != nil {
		return nil, nil, errs, err
	}
	return r.channelModel(p, c, windows[c.ID]), cursorOf(at), errs, nil
}
