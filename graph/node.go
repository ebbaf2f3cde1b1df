package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// loader reads one object of a kind as the context's principal may see it; any other is a fault of kind NotFound.
type loader func(ctx context.Context, n int64) (model.Node, error)

// loaders are the kinds of object that node and nodes find.
func (r *Resolver) loaders() map[id.Kind]loader {
	return map[id.Kind]loader{
		id.Conversation: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			return r.conversationByID(ctx, p, n)
		}),
		id.Message: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			return r.messageByID(ctx, p, n)
		}),
		id.Attachment: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			a, err := r.Inbox.Attachment(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return r.attachmentModel(p, a, r.Clock.Now()), nil
		}),
		id.Activity: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			a, err := r.Inbox.Activity(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return activityModel(p.Language, a), nil
		}),
		id.Group: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			g, err := r.Inbox.Group(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return groupOf(p.Language, g), nil
		}),
		id.GroupMember: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			m, err := r.Inbox.Member(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return memberModel(p.Language, *m), nil
		}),
		id.Notification: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			return r.notificationByID(ctx, p, n)
		}),
		id.Job: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) { return r.jobByID(ctx, p, n) }),
	}
}

// own gives a loader the context's principal.
func own(f func(ctx context.Context, p auth.Principal, n int64) (model.Node, error)) loader {
	return func(ctx context.Context, n int64) (model.Node, error) {
		p, err := auth.From(ctx)
		if err != nil {
			return nil, err
		}
		return f(ctx, p, n)
	}
}

// nodeOf reads an object of a kind. A kind that has no objects of its own is a fault of kind NotFound.
func (r *Resolver) nodeOf(ctx context.Context, k id.Kind, n int64) (model.Node, error) {
	load, ok := r.loaders()[k]
	if !ok {
		load, ok = r.contactLoaders()[k]
	}
	if !ok {
		load, ok = r.workspaceLoaders()[k]
	}
	if !ok {
		load, ok = r.automationLoaders()[k]
	}
	if !ok && k == id.SavedReply {
		load, ok = own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.SavedReplies.Get(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return replyModel(x), nil
		}), true
	}
	if !ok && k == id.SavedView {
		load, ok = own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			x, err := r.SavedViews.Get(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return viewModel(p, x)
		}), true
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no such object")
	}
	x, err := load(ctx, n)
	if err != nil {
		return nil, err // never a nil pointer inside the interface
	}
	return x, nil
}

// node reads an object by its global id: nothing where there is none, or it may not be seen.
func (r *Resolver) node(ctx context.Context, globalID string) (model.Node, error) {
	if _, err := auth.From(ctx); err != nil {
		return nil, err
	}
	k, n, ok := id.Split(globalID)
	if !ok {
		return nil, nil //nolint:nilnil // what does not exist is null
	}
	x, err := r.nodeOf(ctx, k, n)
	if err != nil {
		return nil, absent(err)
	}
	return x, nil
}
