package graph

import (
	"context"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// bulkInput reads what to do to which conversations.
func bulkInput(in model.ConversationBulkInput) (conversation.BulkInput, error) {
	out := conversation.BulkInput{Action: conversation.Action(in.Action), IdempotencyKey: given(in.IdempotencyKey.Value(), ""),
		Until: in.Until.Value(), Note: given(in.Note.Value(), "")}
	if err := chosen(&out, in.ConversationIds.Value(), in.Selection.Value()); err != nil {
		return out, err
	}
	var err error
	if out.ToAgentID, err = optionalID(id.Agent, in.ToAgentID); err != nil {
		return out, err
	}
	out.OnBehalfOf, err = optionalID(id.Agent, in.OnBehalfOf)
	return out, err
}

// bulkSendInput reads what to send to whom.
func bulkSendInput(in model.ConversationBulkMessageSendInput) (conversation.BulkInput, error) {
	out := conversation.BulkInput{Action: conversation.Replying, Send: &conversation.BulkSend{Content: contentOf(in.Content), ClientMessageID: in.ClientMessageID}}
	if err := chosen(&out, in.ConversationIds.Value(), in.Selection.Value()); err != nil {
		return out, err
	}
	var err error
	if out.Send.Media, err = mediaOf(in.Content.Media.Value()); err != nil {
		return out, err
	}
	out.OnBehalfOf, err = optionalID(id.Agent, in.OnBehalfOf)
	return out, err
}

// chosen reads which conversations are meant.
func chosen(out *conversation.BulkInput, ids []string, s *model.ConversationSelection) (err error) {
	if ids != nil {
		if out.IDs, err = id.ParseAll(id.Conversation, ids); err != nil {
			return err
		}
	}
	if s != nil {
		f, err := conversationFilter(s.Filter.Value(), "selection.filter")
		if err != nil {
			return err
		}
		out.Selection = &inbox.Selection{View: inbox.View(s.View), Filter: f, Search: given(s.Search.Value(), "")}
	}
	return nil
}

// bulkPage reads a page of a bulk action for who asks.
func (r *Resolver) bulkPage(ctx context.Context, jobID, state string, w page.Window) (auth.Principal, *conversation.BulkPage, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return p, nil, err
	}
	n, err := id.Parse(id.Job, jobID)
	if err != nil {
		return p, nil, err
	}
	b, err := r.Bulk.Page(ctx, p, n, state, w)
	return p, b, err
}

// bulkModel is a bulk action with the first of its conversations; nil for none.
func bulkModel(language string, b *conversation.BulkPage) *model.BulkJob {
	if b == nil {
		return nil
	}
	return &model.BulkJob{Job: *jobModel(b.Job), Action: model.BulkAction(b.Action), Succeeded: b.Job.Done - b.Job.Failed, Refused: b.Job.Failed,
		Results: bulkItems(language, b.Items)}
}

// bulkConnection is a page of what became of a bulk action's conversations.
func bulkConnection(language string, b *conversation.BulkPage) *model.BulkItemConnection {
	m := &model.BulkItemConnection{Edges: []*model.BulkItemEdge{}, Nodes: bulkItems(language, b.Items), PageInfo: *pageInfo(b.Result)}
	for i, node := range m.Nodes {
		m.Edges = append(m.Edges, &model.BulkItemEdge{Cursor: b.Cursors[i], Node: *node})
	}
	return m
}

func bulkItems(language string, items []*ent.BulkItem) []*model.BulkItem {
	all := make([]*model.BulkItem, len(items))
	for i, x := range items {
		all[i] = &model.BulkItem{ConversationID: id.Format(id.Conversation, x.ConversationID), State: model.BulkItemState(x.State), Error: bulkError(language, x)}
	}
	return all
}

// bulkError says why a conversation was refused; nil where it was not.
func bulkError(language string, x *ent.BulkItem) model.UserError {
	if x.Code == "" {
		return nil
	}
	facts := map[string]any{}
	if status, ok := x.Params[conversation.ItemStatus]; ok {
		facts["status"] = status
	}
	if n, err := strconv.ParseInt(x.Params[conversation.ItemAgentID], 10, 64); err == nil {
		facts["agentId"], facts["agentName"] = n, x.Params[conversation.ItemAgent]
	}
	if at, err := time.Parse(time.RFC3339Nano, x.Params[conversation.ItemClosedAt]); err == nil {
		facts["until"] = &at
	}
	if n, err := strconv.Atoi(x.Params[conversation.ItemLimit]); err == nil {
		facts["limit"] = n
	}
	return userError(fault.New(fault.Conflict, "%s", catalogue.Text(language, x.Reason, x.Params)).WithCode(x.Code, facts))
}
