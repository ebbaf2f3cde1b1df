package graph

import (
	"context"
	"strings"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// longest is how many characters of a name or a note are shown with a find.
const longest = 160

// messageSearchFilter reads which messages are looked at. A conversation that is none finds nothing, as one that may not be seen does.
func messageSearchFilter(in *model.MessageSearchFilter) (search.Filter, error) {
	var f search.Filter
	if in == nil {
		return f, nil
	}
	var err error
	if s := in.ConversationID.Value(); s != nil {
		if f.ConversationID, err = id.Parse(id.Conversation, *s); err != nil {
			return f, fault.Input("filter.conversationId", "this is not an id of this kind")
		}
	}
	if f.Conversation, err = conversationFilter(in.Conversation.Value(), "filter.conversation"); err != nil {
		return f, err
	}
	r := filterReader{}
	f.Senders, f.AgentIDs = enums(in.Senders), r.ids(id.Agent, in.AgentIds, "filter.agentIds")
	f.From, f.To = in.From.Value(), in.To.Value()
	return f, r.err
}

// messageHits are messages that were found, with what the operation selects of their conversations.
func (r *Resolver) messageHits(ctx context.Context, v *store.View, p auth.Principal, found *search.Messages) ([]*model.MessageHit, error) {
	wants := wantsOf(ctx)
	ids := make([]int64, len(found.Hits))
	for i, h := range found.Hits {
		ids[i] = h.Message.ConversationID
	}
	rows, err := inbox.Load(ctx, v, ids, wants.Wants)
	if err != nil {
		return nil, err
	}
	var all conversationRows
	if err := r.with(p, wants, &all)(ctx, v, rows); err != nil {
		return nil, err
	}
	conversations := map[int64]*model.Conversation{}
	for _, c := range rows.All {
		conversations[c.ID] = r.conversationModel(p, c, &all)
	}
	out := make([]*model.MessageHit, len(found.Hits))
	for i, h := range found.Hits {
		out[i] = &model.MessageHit{Message: *r.messageModel(p, h.Message, found.Messages, v.Now), Conversation: *conversations[h.Message.ConversationID],
			Excerpt: h.Excerpt, Highlights: rangeModels(h.Highlights)}
	}
	return out, nil
}

// conversationHits are conversations that are called, or have a member who is called, what is looked for.
func (r *Resolver) conversationHits(ctx context.Context, v *store.View, p auth.Principal, s string, first int) ([]*model.ConversationHit, error) {
	wants := wantsOf(ctx)
	found, err := inbox.FindIn(ctx, v, p, s, first, wants.Wants)
	if err != nil {
		return nil, err
	}
	var all conversationRows
	if err := r.with(p, wants, &all)(ctx, v, found.Rows); err != nil {
		return nil, err
	}
	out := make([]*model.ConversationHit, len(found.All))
	for i, c := range found.All {
		_, ranges := highlight(c.Name, s)
		h := &model.ConversationHit{Conversation: *r.conversationModel(p, c, &all), Highlights: ranges}
		if m, ok := found.Members[c.ID]; ok {
			h.Member = memberModel(p.Language, m)
		}
		out[i] = h
	}
	return out, nil
}

// contactHits are contacts in which what is looked for was found.
func (r *Resolver) contactHits(ctx context.Context, v *store.View, p auth.Principal, s string, first int) ([]*model.ContactHit, error) {
	found, err := contact.FindIn(ctx, v, p, s, first, contactParts(ctx))
	if err != nil {
		return nil, err
	}
	out := make([]*model.ContactHit, len(found))
	for i, f := range found {
		h := &model.ContactHit{Contact: *contactModel(p, f.Contact), Field: model.ContactHitField(f.Field)}
		h.Excerpt, h.Highlights = highlight(f.Value, s)
		out[i] = h
	}
	return out, nil
}

// highlight gives a text, or of a long one the part around the first find, and where in it what is looked for is.
func highlight(original, s string) (string, []*model.TextRange) {
	excerpt, ranges := gram.Fold(original).Excerpt(text.Fold(strings.TrimSpace(s)), longest)
	return excerpt, rangeModels(ranges)
}

func rangeModels(ranges []gram.Range) []*model.TextRange {
	out := make([]*model.TextRange, len(ranges))
	for i, x := range ranges {
		out[i] = &model.TextRange{Index: x.Index, Length: x.Length}
	}
	return out
}
