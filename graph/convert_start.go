package graph

import (
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// startInput reads with whom to begin a conversation.
func startInput(in model.ConversationStartInput) (conversation.StartInput, error) {
	out := conversation.StartInput{Name: given(in.Name.Value(), ""), Country: in.Country, Phone: in.Phone}
	var err error
	if out.ChannelID, err = id.Parse(id.Channel, in.ChannelID); err != nil {
		return out, err
	}
	if out.FromAgentID, err = optionalID(id.Agent, in.FromAgentID); err != nil {
		return out, err
	}
	out.OnBehalfOf, err = optionalID(id.Agent, in.OnBehalfOf)
	return out, err
}

// heldModel says who has a conversation; nil for nobody else.
func heldModel(h *conversation.Held) *model.HeldConversation {
	if h == nil {
		return nil
	}
	return &model.HeldConversation{ConversationID: id.Format(id.Conversation, h.ConversationID), Status: model.ConversationStatus(h.Status),
		Agent: model.AgentSummary{ID: id.Format(id.Agent, h.AgentID), Name: h.AgentName}, MayTakeOver: h.MayTakeOver}
}
