package graph

import (
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// agentSummary is what others see of an agent; nil for none.
func agentSummary(a *ent.Agent) *model.AgentSummary {
	if a == nil {
		return nil
	}
	return &model.AgentSummary{ID: id.Format(id.Agent, a.ID), Name: a.Name, PictureURL: textOrNil(a.PictureURL)}
}

// tagModel is a tag.
func tagModel(t *ent.Tag) *model.Tag {
	return &model.Tag{ID: id.Format(id.Tag, t.ID), Version: t.Version, Name: t.Name, Colour: model.TagColour(t.Colour), ContactCount: t.ContactCount}
}

// identityModel is a person on a channel as the viewer sees it, with the conversation that it may see; 0 for none. On WhatsApp a person's id is its phone
// number (CONT-19).
func identityModel(p auth.Principal, i *ent.Identity, channelType string, conversation int64) *model.Identity {
	user := i.PlatformUserID
	if channelType == string(model.ChannelTypeWhatsapp) && !p.Has(auth.SeePersonalData) {
		user = contact.Mask(user)
	}
	m := &model.Identity{
		ID: id.Format(id.Identity, i.ID), ChannelID: id.Format(id.Channel, i.ChannelID), ChannelType: model.ChannelType(channelType),
		PlatformUserID: user, DisplayName: textOrNil(i.DisplayName), PictureURL: textOrNil(i.PictureURL),
		StatusMessage: textOrNil(i.StatusMessage), Reach: model.Reach(i.Reach),
	}
	if conversation != 0 {
		m.ConversationID = id.Optional(id.Conversation, &conversation)
	}
	return m
}
