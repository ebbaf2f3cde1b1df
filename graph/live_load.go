package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// notificationByID is one of the principal's own notifications; any other is a fault of kind NotFound.
func (r *Resolver) notificationByID(ctx context.Context, p auth.Principal, n int64) (*model.Notification, error) {
	var out *model.Notification
	err := r.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		x, err := v.Notification.Get(ctx, n)
		if ent.IsNotFound(err) || err == nil && (p.AgentID == 0 || x.AgentID != p.AgentID) {
			return fault.Missing("the notification")
		}
		if err != nil {
			return err
		}
		previews, err := push.PreviewsIn(ctx, v, p, p.Language, []*ent.Notification{x})
		out = notificationModel(p.Language, x, previews)
		return err
	})
	return out, err
}

// notificationModel is a notification in the reader's language, with what the messages say that notifications tell of.
func notificationModel(language string, x *ent.Notification, previews map[int64]string) *model.Notification {
	m := &model.Notification{
		ID: id.Format(id.Notification, x.ID), Version: x.Version, Code: x.Code, Params: paramsModel(x.Params),
		Text: catalogue.Text(language, x.Code, x.Params), ConversationID: id.Optional(id.Conversation, x.ConversationID),
		ChannelID: id.Optional(id.Channel, x.ChannelID), ReadAt: x.ReadAt, CreatedAt: x.CreatedAt,
		Kind: model.NoticeKind(workspace.KindOf(x.Code)), MessageID: id.Optional(id.Message, x.MessageID),
	}
	if preview, ok := previews[x.ID]; ok {
		m.Preview = &preview
	}
	return m
}

// jobByID is a job that the principal asked for, or any where it is an administrator; any other is a fault of kind NotFound.
func (r *Resolver) jobByID(ctx context.Context, p auth.Principal, n int64) (*model.Job, error) {
	var out *model.Job
	err := r.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		x, err := workspace.JobIn(ctx, v, p, n)
		if err != nil {
			return err
		}
		out = jobModel(x)
		return nil
	})
	return out, err
}

// jobModel is a job.
func jobModel(x *ent.Job) *model.Job {
	return &model.Job{ID: id.Format(id.Job, x.ID), Version: x.Version, Kind: x.Kind, State: model.JobState(x.State), Total: x.Total, Done: x.Done,
		Failed: x.Failed, Error: textOrNil(x.Error), CreatedAt: x.CreatedAt, EndedAt: x.EndedAt}
}
