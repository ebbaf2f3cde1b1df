package graph

import (
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
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

// identityModel is a person on a channel, with the conversation that the viewer may see; 0 for none.
func identityModel(i *ent.Identity, channelType string, conversation int64) *model.Identity {
	m := &model.Identity{
		ID: id.Format(id.Identity, i.ID), ChannelID: id.Format(id.Channel, i.ChannelID), ChannelType: model.ChannelType(channelType),
		PlatformUserID: i.PlatformUserID, DisplayName: textOrNil(i.DisplayName), PictureURL: textOrNil(i.PictureURL),
		StatusMessage: textOrNil(i.StatusMessage), Reach: model.Reach(i.Reach),
	}
	if conversation != 0 {
		m.ConversationID = id.Optional(id.Conversation, &conversation)
	}
	return m
}
