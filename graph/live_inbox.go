package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// inboxStream is the conversations that come into a view, change in it and leave it.
type inboxStream struct {
	frames
	r      *Resolver
	view   inbox.View
	filter *inbox.Filter
	wants  conversationWants
	rights rights
	opened int64 // where the log stood when the stream was opened by those rights
}

func (r *Resolver) inboxStream(ctx context.Context, view model.InboxView, filter *model.ConversationFilter) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Need(auth.ReadConversations); err != nil {
		return nil, err
	}
	f, err := conversationFilter(filter, "filter")
	if err != nil {
		return nil, err
	}
	head, err := r.DB.Head(ctx, p.TeamID)
	if err != nil {
		return nil, err
	}
	return &inboxStream{r: r, view: inbox.View(view), filter: f, wants: wantsOf(ctx), rights: rightsOf(p), opened: head.Seq}, nil
}

// Class implements live.Stream. Who sees the team's conversations is shown a row as it is; the others only while nothing has changed about who
// may see it. What a viewer's own view makes of an event is in the verdict's variant.
func (s *inboxStream) Class(ctx context.Context) string {
	p := viewer(ctx)
	if p.SeesTeam() {
		return withContacts(p, "team")
	}
	return withContacts(p, "own")
}

// Sight implements live.Beholder. Who sees the team's conversations is shown the same of a view that is nobody's own.
func (s *inboxStream) Sight(ctx context.Context) string {
	p := viewer(ctx)
	r := rightsOf(p)
	if r != s.rights || !r.seesTeam || s.view != inbox.All && s.view != inbox.PendingHuman && s.view != inbox.PendingBot {
		return ""
	}
	return fmt.Sprintf("%+v", r)
}

// Judge implements live.Stream.
func (s *inboxStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	p := viewer(ctx)
	if rightsOf(p) != s.rights {
		return live.Stop(accessLost, true) // it may come back for what it may see now
	}
	after := e.After
	switch e.Kind {
	case event.AuthChanged:
		// Who was away while its rights changed holds what it saw by the former ones, and nothing in the log says which rows those are.
		if e.Seq <= s.opened && (e.AgentID == 0 || e.AgentID == p.Subject()) {
			return live.Stop(accessLost, true)
		}
		return live.Verdict{}
	case event.ConversationCreated, event.ConversationChanged, event.ConversationRead:
	case event.ConversationDeleted:
		after = nil
	default:
		return live.Verdict{}
	}
	now := s.r.Clock.Now()
	was := e.Before != nil && inbox.Matches(p, s.view, s.filter, e.Before, inbox.Before(e, now))
	is := after != nil && (inbox.Matches(p, s.view, s.filter, after, now) || planted.Possible && planted.Is("unseen-conversation-shown"))
	own := ownPart(p, after)
	var v live.Verdict
	switch {
	case is && was:
		v = live.Show("changed"+own, s.load(e, false))
	case is:
		v = live.Show("entered"+own, s.load(e, true))
	case was:
		v = live.Show("left", func(_ context.Context, at event.Cursor) (any, error) {
			return &model.ConversationLeft{Cursor: at.String(), Cause: causeModel(e), ConversationID: id.Format(id.Conversation, e.ConversationID)}, nil
		})
	}
	// What several agents work on is not the same to all who see it: each has a count of its own (COLL-13).
	v.Own = row.IsJoint(e.Before) || row.IsJoint(e.After)
	return v
}

// ownPart tells apart in a verdict's variant those to whom the same row has another count of unread messages (COLL-13); empty for the others.
func ownPart(p auth.Principal, f *event.Facets) string {
	if row.IsJoint(f) && row.IsMine(p, f) {
		return " for " + p.Key()
	}
	return ""
}

// load shows the conversation as it is now.
func (s *inboxStream) load(e event.Event, hasEntered bool) func(context.Context, event.Cursor) (any, error) {
	return func(ctx context.Context, at event.Cursor) (any, error) {
		p := viewer(ctx)
		rows, err := s.r.loadConversation(ctx, p, e.ConversationID, s.wants)
		if err != nil {
			return nil, err
		}
		c := rows.All[0]
		if isOther := row.IsJoint(row.Facets(c)) && !isSeenAlike(e.After, row.Facets(c)); isOther || !p.SeesTeam() && !(planted.Possible && planted.Is("unseen-conversation-shown")) && !isSeenAlike(e.After, row.Facets(c)) {
			// Something later has changed who may see it, and will be judged for each viewer when it is its turn: it shows the row to
			// those who may still see it.
			return nil, fault.Missing("the conversation")
		}
		m := *s.r.conversationModel(p, c, rows)
		if hasEntered {
			return &model.ConversationEntered{Cursor: at.String(), Cause: causeModel(e), Conversation: m}, nil
		}
		return &model.ConversationChanged{Cursor: at.String(), Cause: causeModel(e), Conversation: m}, nil
	}
}

// isSeenAlike says whether the same people see a conversation with the one facets and with the other.
func isSeenAlike(a, b *event.Facets) bool {
	return a.Status == b.Status && a.FollowerID == b.FollowerID && a.BranchID == b.BranchID && a.RegionID == b.RegionID && a.Audience == b.Audience &&
		slices.Equal(a.Collaborators, b.Collaborators)
}
