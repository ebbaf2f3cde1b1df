package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/id"
)

func scriptInput(input model.ChannelMessagesUpdateInput) (account.ScriptInput, error) {
	in := account.ScriptInput{Welcome: lineInput(input.Welcome), Away: lineInput(input.Away), Closing: lineInput(input.Closing)}
	if s := input.AgentName.Value(); s != nil {
		name := channelscript.AgentName(*s)
		in.AgentName = &name
	}
	if a := input.AutoEnd.Value(); a != nil {
		in.AutoEnd = account.AutoEndInput{IsOn: a.IsOn.Value(), Reminder: lineInput(a.Reminder), SparesPinned: a.SparesPinned.Value(), IdleMinutes: a.IdleMinutes.Value()}
	}
	var err error
	in.ChannelID, err = id.Parse(id.Channel, input.ChannelID)
	return in, err
}

func lineInput(o graphql.Omittable[*model.ChannelMessageInput]) account.LineInput {
	x := o.Value()
	if x == nil {
		return account.LineInput{}
	}
	return account.LineInput{IsOn: x.IsOn.Value(), Text: cleared(x.Text)}
}

func scriptModel(s account.Script) *model.ChannelMessages {
	line := func(l account.Line) model.ChannelMessage {
		return model.ChannelMessage{IsOn: l.IsOn, Text: l.Text, IsDefault: l.IsDefault}
	}
	return &model.ChannelMessages{Version: s.Version, Welcome: line(s.Welcome), Away: line(s.Away), Closing: line(s.Closing), AgentName: model.AgentNameStyle(s.AgentName),
		AutoEnd: model.ChannelAutoEnd{IsOn: s.AutoEnd.IsOn, IdleMinutes: s.AutoEnd.IdleMinutes, Reminder: line(s.AutoEnd.Reminder), SparesPinned: s.AutoEnd.SparesPinned}}
}
