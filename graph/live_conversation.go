package graph

import (
	"context"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func everyone(*ent.Conversation) bool { return true }

// watch follows whether one conversation may still be seen. Events from before the stream was opened are judged by how the conversation stood
// then, since what they show is of then or later.
type watch struct {
	conversation int64
	group        int64
	facets       *event.Facets
	seen         int64
}

// newWatch begins at the conversation as it is now; one that may not be seen is a fault of kind NotFound.
func (r *Resolver) newWatch(ctx context.Context, p auth.Principal, globalID string) (watch, error) {
	n, err := id.Parse(id.Conversation, globalID)
	if err != nil {
		return watch{}, err
	}
	w := watch{conversation: n}
	err = r.Inbox.Look(ctx, p, func(ctx context.Context, v *store.View) error {
		c, err := inbox.Visible(ctx, v, p, n)
		if err != nil {
			return err
		}
		if c.GroupID != nil {
			w.group = *c.GroupID
		}
		w.facets = row.Facets(c)
		at, err := v.AsOf(ctx)
		w.seen = at.Seq
		return err
	})
	return w, err
}

// end takes an event in and gives the verdict that ends the stream where the conversation may be seen no longer, or is gone; nil otherwise.
func (w *watch) end(p auth.Principal, e event.Event) *live.Verdict {
	var v live.Verdict
	isOf := e.ConversationID == w.conversation
	was := w.facets
	switch {
	case isOf && e.Kind == event.ConversationDeleted:
		v = live.Stop(deleted, false)
		return &v
	case isOf && e.After != nil && e.Seq > w.seen:
		w.facets = e.After
	case isOf || e.Kind == event.AuthChanged:
	default:
		return nil
	}
	switch {
	case !sees(p, w.facets):
		v = live.Stop(accessLost, false)
	case e.Seq > w.seen && isOf && isAnothers(p, e) && collaborates(p, was) && !row.IsMine(p, w.facets): // COLL-7
		v = live.Stop(removed, false)
	case e.Seq > w.seen && isOf && isAnothers(p, e) && collaborates(p, was) && was.Status == "IN_PROGRESS" && w.facets.Status == "ENDED": // COLL-11
		v = live.Stop(endedByFollower, false)
	default:
		return nil
	}
	return &v
}

// isAnothers says whether somebody else than the principal caused the event.
func isAnothers(p auth.Principal, e event.Event) bool {
	return e.Actor.Kind != event.ByAgent || e.Actor.ID != p.AgentID
}

// collaborates says whether the principal worked on the conversation beside its follower.
func collaborates(p auth.Principal, f *event.Facets) bool {
	return f != nil && f.FollowerID != p.AgentID && slices.Contains(f.Collaborators, p.AgentID)
}

// conversationStream is what happens in one conversation.
type conversationStream struct {
	frames
	watch
	r     *Resolver
	wants conversationWants
}

func (r *Resolver) conversationStream(ctx context.Context, conversationID string) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	w, err := r.newWatch(ctx, p, conversationID)
	if err != nil {
		return nil, err
	}
	return &conversationStream{watch: w, r: r, wants: wantsOf(ctx)}, nil
}

// Class implements live.Stream. Whether a narrow viewer still sees what was loaded is looked at when it is, so each has a class of its own.
func (s *conversationStream) Class(ctx context.Context) string { return scopeOf(viewer(ctx)) }

// Judge implements live.Stream.
func (s *conversationStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	if end := s.end(viewer(ctx), e); end != nil {
		return *end
	}
	if e.Kind == event.GroupChanged && s.group != 0 && e.ObjectID == s.group {
		return live.Show("group", func(ctx context.Context, at event.Cursor) (any, error) { return s.groupChanged(ctx, e, at) })
	}
	if e.ConversationID != s.conversation {
		return live.Verdict{}
	}
	switch e.Kind {
	case event.MessageAdded, event.MessageChanged:
		return live.Show("message", func(ctx context.Context, at event.Cursor) (any, error) { return s.message(ctx, e, at) })
	case event.DraftChanged:
		return s.drafted(viewer(ctx), e)
	case event.ConversationCreated, event.ConversationChanged, event.ConversationRead:
		return live.Show("conversation"+ownPart(viewer(ctx), e.After), func(ctx context.Context, at event.Cursor) (any, error) { return s.changed(ctx, e, at) })
	}
	return live.Verdict{}
}

func (s *conversationStream) message(ctx context.Context, e event.Event, at event.Cursor) (any, error) {
	p := viewer(ctx)
	all, err := s.r.loadMessage(ctx, p, e.ObjectID)
	if err != nil {
		return nil, err
	}
	if !sees(p, row.Facets(all.Conversations[e.ConversationID])) {
		return nil, fault.Missing("the message")
	}
	m := *s.r.messageModel(p, all.All[0], all, s.r.Clock.Now())
	if e.Kind == event.MessageAdded {
		return &model.MessageAdded{Cursor: at.String(), Cause: causeModel(e), Message: m}, nil
	}
	return &model.MessageChanged{Cursor: at.String(), Cause: causeModel(e), Message: m}, nil
}

// drafted shows a draft to its owner alone, and the shared one to everybody (PROD-13).
func (s *conversationStream) drafted(p auth.Principal, e event.Event) live.Verdict {
	variant := "draft"
	if e.AgentID != 0 {
		if e.AgentID != p.AgentID {
			return live.Verdict{}
		}
		variant += " of " + p.Key()
	}
	return live.Show(variant, func(ctx context.Context, at event.Cursor) (any, error) {
		all, err := s.r.Actions.Drafts(ctx, viewer(ctx), s.conversation)
		if err != nil {
			return nil, err
		}
		d := all.Shared
		if e.AgentID != 0 {
			d = all.Own
		}
		if d == nil {
			return nil, fault.Missing("the draft")
		}
		return &model.DraftChanged{Cursor: at.String(), Cause: causeModel(e), Draft: *draftModel(d)}, nil
	})
}

func (s *conversationStream) changed(ctx context.Context, e event.Event, at event.Cursor) (any, error) {
	p := viewer(ctx)
	rows, err := s.r.loadConversation(ctx, p, s.conversation, s.wants)
	if err != nil {
		return nil, err
	}
	now := row.Facets(rows.All[0])
	if !sees(p, now) || row.IsJoint(now) && !isSeenAlike(e.After, now) { // a later event shows it, to each with its own count
		return nil, fault.Missing("the conversation")
	}
	return &model.ConversationChanged{Cursor: at.String(), Cause: causeModel(e), Conversation: *s.r.conversationModel(p, rows.All[0], rows)}, nil
}

func (s *conversationStream) groupChanged(ctx context.Context, e event.Event, at event.Cursor) (any, error) {
	p := viewer(ctx)
	g, err := s.r.Inbox.Group(ctx, p, s.group)
	if err != nil {
		return nil, err
	}
	return &model.GroupChanged{Cursor: at.String(), Cause: causeModel(e), Group: *groupOf(p.Language, g)}, nil
}
