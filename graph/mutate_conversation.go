package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// outcome is what the payload of a mutation of a conversation is made of.
type outcome struct {
	conversation *model.Conversation
	errors       []model.UserError
	cursor       *string
}

// act does something to a conversation that the input names, perhaps for an agent, and reads the conversation as the caller sees it then:
// null where it sees it no more, or may not read.
func (r *Resolver) act(ctx context.Context, conversationID string, onBehalfOf graphql.Omittable[*string],
	do func(p auth.Principal, n, agent int64) (*ent.Conversation, event.Cursor, error)) (outcome, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return outcome{}, err
	}
	n, err := id.Parse(id.Conversation, conversationID)
	if err != nil {
		return refused(err)
	}
	agent, err := optionalID(id.Agent, onBehalfOf)
	if err != nil {
		return refused(err)
	}
	_, cursor, err := do(p, n, agent)
	if err != nil {
		return refused(err)
	}
	c, err := r.conversationByID(ctx, p, n)
	return outcome{c, []model.UserError{}, cursorOf(cursor)}, unseen(err)
}

// unseen turns what the caller sees no more, or has no scope to read, into nothing: what it did is done, and its payload must say so.
func unseen(err error) error {
	if fault.Is(err, fault.Forbidden) {
		return nil
	}
	return absent(err)
}

// messageOf reads a message as the caller sees it: nothing where it sees none.
func (r *Resolver) messageOf(ctx context.Context, n int64) (*model.Message, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	m, err := r.messageByID(ctx, p, n)
	return m, unseen(err)
}

func refused(err error) (outcome, error) {
	errs, err := userErrors(err)
	return outcome{errors: errs}, err
}

// optionalID reads an id that may be left out or null: 0 then.
func optionalID(k id.Kind, x graphql.Omittable[*string]) (int64, error) {
	s, ok := x.ValueOK()
	if !ok || s == nil {
		return 0, nil
	}
	return id.Parse(k, *s)
}

// contentOf reads what is to be sent: exactly one of them, as the schema demands. A file is read by mediaOf.
func contentOf(in model.MessageContentInput) conversation.Content {
	if s := in.Text.Value(); s != nil {
		return conversation.Text(*s)
	}
	if s := in.Sticker.Value(); s != nil {
		return conversation.Sticker(s.PackageID, s.StickerID)
	}
	if l := in.Location.Value(); l != nil {
		return conversation.Location(l.Title, l.Address, l.Latitude, l.Longitude)
	}
	return conversation.Text("")
}

// failedEventModel is an inbound event that waits for a replay.
func failedEventModel(e *ent.InboundEvent) *model.FailedInboundEvent {
	return &model.FailedInboundEvent{ID: id.Format(id.InboundEvent, e.ID), ChannelID: id.Format(id.Channel, e.ChannelID), Kind: e.Kind, Reason: e.Reason,
		Tries: e.Tries, ReceivedAt: e.ReceivedAt}
}
