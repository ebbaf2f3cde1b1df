package graph

import (
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// noticeSettingsModel is what an agent wants to be told.
func noticeSettingsModel(n workspace.NoticeSettings) *model.NoticeSettings {
	return &model.NoticeSettings{Version: n.Version, NewMessages: n.NewMessages, Sound: n.Sound, PushKinds: each[model.NoticeKind](n.Pushed())}
}

func noticeSettingsInput(input model.NoticeSettingsUpdateInput) workspace.NoticeSettingsInput {
	in := workspace.NoticeSettingsInput{NewMessages: input.NewMessages.Value(), Sound: input.Sound.Value()}
	if all := listInput(input.PushKinds); all != nil {
		kinds := each[workspace.NoticeKind](*all)
		in.Pushed = &kinds
	}
	return in
}

// deviceModel is a device, without what would let others push to it.
func deviceModel(x *ent.PushSubscription) *model.PushDevice {
	return &model.PushDevice{ID: id.Format(id.PushDevice, x.ID), Service: x.Service, UserAgent: textOrNil(x.UserAgent), RegisteredAt: x.UpdatedAt,
		PushedAt: x.PushedAt, Failure: textOrNil(x.Failure)}
}

// pushWebhookModel is a team's push webhook, without its secret.
func pushWebhookModel(x *ent.PushWebhook) *model.PushWebhook {
	return &model.PushWebhook{Version: x.Version, URL: x.URL, FailingSince: x.FailingSince, DisabledAt: x.DisabledAt, DeliveredAt: x.DeliveredAt}
}

func pushDeliveryModel(x *ent.PushDelivery) *model.PushDelivery {
	n := x.Edges.Notification
	m := &model.PushDelivery{
		ID: id.Format(id.PushDelivery, x.ID), NotificationID: id.Format(id.Notification, n.ID), AgentID: id.Format(id.Agent, n.AgentID),
		Kind: model.NoticeKind(workspace.KindOf(n.Code)), State: model.PushDeliveryState(x.State), Tries: x.Tries, Failure: textOrNil(x.Failure),
		Answer: textOrNil(x.Answer), TookMs: x.TookMs, NextTryAt: x.NextTryAt, CreatedAt: x.CreatedAt,
	}
	if x.Status != 0 {
		m.Status = &x.Status
	}
	return m
}

func pushDeliveryConnection(page push.Page) *model.PushDeliveryConnection {
	c := &model.PushDeliveryConnection{Edges: make([]*model.PushDeliveryEdge, len(page.Rows)), Nodes: make([]*model.PushDelivery, len(page.Rows)), PageInfo: *pageInfo(page.Result)}
	for i, x := range page.Rows {
		m := pushDeliveryModel(x)
		c.Nodes[i], c.Edges[i] = m, &model.PushDeliveryEdge{Cursor: page.Cursors[i], Node: *m}
	}
	return c
}
