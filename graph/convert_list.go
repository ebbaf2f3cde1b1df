package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// conversationList reads a page of conversations with what the operation selects of them.
func (r *Resolver) conversationList(ctx context.Context, p auth.Principal, in inbox.ListInput) (*model.ConversationConnection, error) {
	wants := wantsOf(ctx)
	var rows conversationRows
	in.Wants, in.With = wants.Wants, r.with(p, wants, &rows)
	list := selected(ctx, "ConversationConnection")
	in.ReadsPinned = list["pinned"]
	in.CountsTotal = list["totalCount"] || list["isAtLeast"]
	page, err := r.Inbox.List(ctx, p, in)
	if err != nil {
		return nil, err
	}
	c := &model.ConversationConnection{
		Edges: make([]*model.ConversationEdge, len(page.All)), Nodes: make([]*model.Conversation, len(page.All)), Pinned: make([]*model.Conversation, len(page.Pinned)),
		PageInfo: *pageInfo(page.Result), TotalCount: page.Total, IsAtLeast: page.IsAtLeast, AsOf: page.AsOf.String(),
	}
	for i, x := range page.Pinned {
		c.Pinned[i] = r.conversationModel(p, x, &rows)
	}
	for i, x := range page.All {
		m := r.conversationModel(p, x, &rows)
		c.Nodes[i], c.Edges[i] = m, &model.ConversationEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c, nil
}

// messageConnection is a page of messages as the viewer sees them.
func (r *Resolver) messageConnection(p auth.Principal, page *inbox.MessagePage) *model.MessageConnection {
	c := &model.MessageConnection{
		Edges: make([]*model.MessageEdge, len(page.All)), Nodes: make([]*model.Message, len(page.All)),
		PageInfo: *pageInfo(page.Result), AsOf: page.AsOf.String(),
	}
	now := r.Clock.Now()
	for i, x := range page.All {
		m := r.messageModel(p, x, page.Messages, now)
		c.Nodes[i], c.Edges[i] = m, &model.MessageEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}

// countsModel is the counts of the inbox.
func countsModel(c *inbox.Counts) *model.InboxCounts {
	m := &model.InboxCounts{UnreadMessages: c.Unread, Channels: make([]*model.ChannelUnread, 0, len(c.Channels)), AsOf: c.AsOf.String()}
	for _, view := range inbox.Views {
		t := c.Views[view]
		m.Views = append(m.Views, &model.ViewCount{View: model.InboxView(view), Count: t.Conversations,
			UnreadConversations: t.UnreadConversations, UnreadMessages: t.Unread})
	}
	for _, n := range slices.Sorted(maps.Keys(c.Channels)) {
		m.Channels = append(m.Channels, &model.ChannelUnread{ChannelID: id.Format(id.Channel, n), UnreadMessages: c.Channels[n]})
	}
	return m
}

// given is an optional argument, or what it is where it is left out.
func given[T any](x *T, standard T) T {
	if x == nil {
		return standard
	}
	return *x
}
