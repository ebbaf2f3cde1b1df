package graph

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// countStream is the viewer's counts whenever they change.
type countStream struct {
	frames
	r *Resolver
	// wantsViews: those of its saved views are selected too.
	wantsViews bool
	// views are its saved views as they were counted last; nil before.
	views atomic.Pointer[[]savedview.Counted]
}

func (r *Resolver) countStream(ctx context.Context) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Need(auth.ReadConversations); err != nil {
		return nil, err
	}
	return &countStream{r: r, wantsViews: selected(ctx, "InboxCounts")["savedViews"]}, nil
}

// Class implements live.Stream: the counts are one viewer's.
func (s *countStream) Class(ctx context.Context) string { return viewer(ctx).Key() }

// Start implements live.Starter: the first counts come at once.
func (s *countStream) Start(context.Context) live.Verdict { return live.Show("counts", s.load) }

// Judge implements live.Stream.
func (s *countStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	p := viewer(ctx)
	if e.Kind == event.AuthChanged && (e.AgentID == 0 || e.AgentID == p.AgentID) || changesCounts(p, e) || s.changesViews(p, e) {
		return live.Verdict{Variant: "counts", Load: s.load, Coalesce: true}
	}
	return live.Verdict{}
}

func (s *countStream) load(ctx context.Context, at event.Cursor) (any, error) {
	m, err := s.count(ctx)
	if err != nil {
		return nil, err
	}
	return &model.UnreadCountsChanged{Cursor: at.String(), Counts: *m}, nil
}

// count reads the counts, and keeps the saved views that were counted.
func (s *countStream) count(ctx context.Context) (*model.InboxCounts, error) {
	m, views, err := s.r.countsOf(ctx, viewer(ctx), s.wantsViews)
	if err == nil {
		s.views.Store(&views)
	}
	return m, err
}

// changesViews says whether an event changes one of the viewer's saved views, or what it counts.
func (s *countStream) changesViews(p auth.Principal, e event.Event) bool {
	before, after := e.Before, e.After
	switch e.Kind {
	case event.ConversationCreated, event.ConversationChanged, event.ConversationRead:
	case event.ConversationDeleted:
		after = nil
	case event.SavedViewChanged:
		return s.wantsViews && mayKnowOfView(p, e)
	default:
		return false
	}
	views := s.views.Load()
	if !s.wantsViews || views == nil {
		return s.wantsViews && (sees(p, before) || sees(p, after))
	}
	now := s.r.Clock.Now()
	then := inbox.Before(e, now)
	unread := func(f *event.Facets) bool { return row.Unread(p, f) > 0 }
	for _, x := range *views {
		of := x.Selects()
		was := before != nil && inbox.Matches(p, of.View, of.Filter, before, then)
		is := after != nil && inbox.Matches(p, of.View, of.Filter, after, now)
		if was != is || is && unread(before) != unread(after) {
			return true
		}
	}
	return false
}

// changesCounts says whether an event changes what the principal counts.
func changesCounts(p auth.Principal, e event.Event) bool {
	before, after := e.Before, e.After
	switch e.Kind {
	case event.ConversationCreated, event.ConversationChanged, event.ConversationRead:
	case event.ConversationDeleted:
		after = nil
	default:
		return false
	}
	was, is := sees(p, before) && !before.IsArchived, sees(p, after) && !after.IsArchived
	if !was || !is {
		return was != is
	}
	return before.Status != after.Status || before.Queue != after.Queue || before.IsSnoozed != after.IsSnoozed || before.FollowerID != after.FollowerID || row.Unread(p, before) != row.Unread(p, after) ||
		before.ChannelID != after.ChannelID || !slices.Equal(before.Collaborators, after.Collaborators)
}

// notificationStream is what the viewer is told.
type notificationStream struct {
	frames
	r *Resolver
}

func (r *Resolver) notificationStream(ctx context.Context) (live.Stream, error) {
	if _, err := auth.From(ctx); err != nil {
		return nil, err
	}
	return &notificationStream{r: r}, nil
}

// Class implements live.Stream: notifications are one agent's.
func (s *notificationStream) Class(ctx context.Context) string { return viewer(ctx).Key() }

// Judge implements live.Stream.
func (s *notificationStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	p := viewer(ctx)
	if p.AgentID != 0 && e.AgentID == p.AgentID && e.Kind == event.NoticeSettings {
		return live.Show("settings", func(ctx context.Context, at event.Cursor) (any, error) {
			n, err := s.r.Workspace.NoticeSettings(ctx, viewer(ctx))
			return &model.NoticeSettingsChanged{Cursor: at.String(), Cause: causeModel(e), Settings: *noticeSettingsModel(n)}, err
		})
	}
	if p.AgentID == 0 || e.AgentID != p.AgentID || e.Kind != event.NotificationAdded && e.Kind != event.NotificationChanged {
		return live.Verdict{}
	}
	return live.Show("notification", func(ctx context.Context, at event.Cursor) (any, error) {
		return s.r.notificationEvent(ctx, viewer(ctx), e, at.String())
	})
}

// notificationEvent is an event of one of the principal's notifications.
func (r *Resolver) notificationEvent(ctx context.Context, p auth.Principal, e event.Event, at string) (model.LogEvent, error) {
	n, err := r.notificationByID(ctx, p, e.ObjectID)
	if err != nil {
		return nil, err
	}
	if e.Kind == event.NotificationAdded {
		return &model.NotificationAdded{Cursor: at, Cause: causeModel(e), Notification: *n}, nil
	}
	return &model.NotificationChanged{Cursor: at, Cause: causeModel(e), Notification: *n}, nil
}

// jobStream is how a job goes on.
type jobStream struct {
	frames
	r   *Resolver
	job int64
}

func (r *Resolver) jobStream(ctx context.Context, jobID string) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	n, err := id.Parse(id.Job, jobID)
	if err != nil {
		return nil, err
	}
	if _, err := r.jobByID(ctx, p, n); err != nil {
		return nil, err
	}
	return &jobStream{r: r, job: n}, nil
}

// Class implements live.Stream: whose job it is decides who may see it.
func (s *jobStream) Class(ctx context.Context) string { return viewer(ctx).Key() }

// Start implements live.Starter: how far the job is now.
func (s *jobStream) Start(ctx context.Context) live.Verdict { return s.show(ctx, event.Event{}) }

// Judge implements live.Stream.
func (s *jobStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	if e.Kind != event.JobChanged || e.ObjectID != s.job {
		return live.Verdict{}
	}
	return s.show(ctx, e)
}

// show reads the job, which says whether the stream ends with it; a job changes at most a few times a second and few watch it.
func (s *jobStream) show(ctx context.Context, e event.Event) live.Verdict {
	j, err := s.r.jobByID(ctx, viewer(ctx), s.job)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
		return live.Stop(accessLost, false)
	}
	v := live.Show("job", func(_ context.Context, at event.Cursor) (any, error) {
		if err != nil {
			return nil, err
		}
		m := &model.JobChanged{Cursor: at.String(), Job: *j}
		if e.Seq != 0 {
			m.Cause = causeModel(e)
		}
		return m, nil
	})
	if err == nil && j.EndedAt != nil {
		v.Variant, v.End = "job ended", &live.Ended{Reason: completed}
	}
	return v
}
