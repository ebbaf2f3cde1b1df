package inbox

import (
	"context"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// View is one of the inbox's views (CONV-7), as its viewer sees it.
type View string

// The views.
const (
	PendingHuman   View = "PENDING_HUMAN"
	PendingBot     View = "PENDING_BOT"
	MyInProgress   View = "MY_IN_PROGRESS"
	TeamInProgress View = "TEAM_IN_PROGRESS"
	MyEnded        View = "MY_ENDED"
	TeamEnded      View = "TEAM_ENDED"
	MySnoozed      View = "MY_SNOOZED"   // PROD-14
	TeamSnoozed    View = "TEAM_SNOOZED" // PROD-14
	All            View = "ALL"
)

// Views are all views, in the order in which they are shown.
var Views = []View{PendingHuman, PendingBot, MyInProgress, TeamInProgress, MySnoozed, TeamSnoozed, MyEnded, TeamEnded, All}

// InView says whether a conversation with these facets is in the principal's view, as far as the principal may see it. No facets are in
// no view.
func InView(p auth.Principal, view View, f *event.Facets) bool {
	if !row.Sees(p, f) {
		return false
	}
	switch view {
	case PendingHuman:
		return f.Status == pending && f.Queue == human
	case PendingBot:
		return f.Status == pending && f.Queue == bot
	case MyInProgress:
		return f.Status == inProgress && !f.IsSnoozed && row.IsMine(p, f)
	case TeamInProgress:
		return f.Status == inProgress && !f.IsSnoozed && !row.IsMine(p, f)
	case MySnoozed:
		return f.IsSnoozed && row.IsMine(p, f)
	case TeamSnoozed:
		return f.IsSnoozed && !row.IsMine(p, f)
	case MyEnded:
		return f.Status == ended && row.IsMine(p, f)
	case TeamEnded:
		return f.Status == ended && !row.IsMine(p, f)
	case All:
		return true
	}
	return false
}

// Matches says whether a conversation is listed: in the view, seen, and as the filter wants it. A nil filter wants what is not archived.
func Matches(p auth.Principal, view View, filter *Filter, f *event.Facets, now time.Time) bool {
	return InView(p, view, f) && filter.condition(p).Matches(f, now)
}

// strands gives the principal's view as conditions that exclude each other: their union is the view. Each one begins with what an index
// begins with, so that a page of each is read without looking at what is not shown; the page of the view is the best of them. whole
// allows a strand over all statuses, which only the order by newest message has an index for. Of the conversations of a few agents, where the
// filter wants no others', each agent's of each status are a strand: among the whole team's they are few and far between. audiences are those to which what
// waits may have gone beside everybody (CHAN-8): who does not see the team's reads each that it hears.
func strands(p auth.Principal, view View, whole bool, filter *Filter, audiences []string) []Condition {
	// Every status but PENDING is in the queue HUMAN, or SNOOZED; saying so lets the indexes that begin with a status and a queue serve.
	served := func(s, queue string) Condition {
		return every{words{conversation.FieldStatus, []string{s}}, words{conversation.FieldQueue, []string{queue}}}
	}
	open, away, over := served(inProgress, human), served(inProgress, row.Snoozed), served(ended, human)
	var out []Condition
	waiting := func(queue string) { out = append(out, pendingStrands(p, queue, audiences)...) }
	// What the principal follows is read in its order; what it collaborates on are few, found by that, and of whatever sort one strand.
	mine := func(all ...Condition) {
		if p.AgentID == 0 {
			return
		}
		follows := ids{conversation.FieldFollowerID, []int64{p.AgentID}}
		for _, c := range all {
			out = append(out, every{follows, c})
		}
		out = append(out, every{collaborates{p.TeamID, p.AgentID}, joined(p), some(all), not{follows}})
	}
	others := func(c Condition) {
		may := teams(p)
		if may == nil {
			return
		}
		theirs := every{c, may}
		if p.AgentID != 0 {
			theirs = append(theirs, not{ids{conversation.FieldFollowerID, []int64{p.AgentID}}},
				not{joined(p)})
		}
		out = append(out, theirs)
	}
	switch view {
	case PendingHuman:
		waiting(human)
	case PendingBot:
		waiting(bot)
	case MyInProgress:
		mine(open)
	case TeamInProgress:
		others(open)
	case MySnoozed:
		mine(away)
	case TeamSnoozed:
		others(away)
	case MyEnded:
		mine(over)
	case TeamEnded:
		others(over)
	case All:
		if p.SeesTeam() {
			if few := filter.followers(); whole && few != nil {
				for _, c := range []Condition{words{conversation.FieldStatus, []string{pending}}, open, away, over} {
					for _, id := range few {
						out = append(out, every{ids{conversation.FieldFollowerID, []int64{id}}, c})
					}
				}
			} else if whole {
				out = append(out, every{})
			} else {
				out = append(out, queues(human), queues(bot), open, away, over)
			}
			break
		}
		waiting(human)
		waiting(bot)
		mine(open, away, over)
		for _, c := range []Condition{open, away, over} {
			others(c)
		}
	}
	if !p.Role.HasGroups() {
		for i := range out {
			out[i] = every{out[i], not{words{conversation.FieldKind, []string{groupKind}}}}
		}
	}
	return slices.Clip(out)
}

// pendingStrands are what waits in a queue, as far as the principal sees it.
func pendingStrands(p auth.Principal, queue string, audiences []string) []Condition {
	if p.SeesTeam() || len(audiences) == 0 {
		return []Condition{queues(queue)}
	}
	out := []Condition{addressed{queue, row.Everybody}}
	var others []string
	for _, a := range audiences {
		if row.Hears(p, a) {
			out = append(out, addressed{queue, a})
		} else {
			others = append(others, a)
		}
	}
	if may := teams(p); may != nil && others != nil { // its branch's and region's, to whomever they went
		out = append(out, every{queues(queue), words{conversation.FieldAudience, others}, may})
	}
	return out
}

// audiencesOf are the audiences that matter to the principal's strands; none to who sees the team's.
func audiencesOf(ctx context.Context, v *store.View, p auth.Principal) ([]string, error) {
	if p.SeesTeam() {
		return nil, nil
	}
	return row.AudiencesIn(ctx, v)
}

// apart parts strands by whether a conversation is archived: indexes have that right before their order, so that a page of the one is read without looking at the
// other, however many of the other there are (CONV-21).
func apart(all []Condition, archived []bool) []Condition {
	out := make([]Condition, 0, len(all)*len(archived))
	for _, is := range archived {
		for _, c := range all {
			out = append(out, every{c, kept(is)})
		}
	}
	return out
}

// joined is where the row says that the principal collaborates.
func joined(p auth.Principal) Condition {
	return holds{conversation.FieldCollaboratorIds, []int64{p.AgentID}}
}

// teams is what the principal sees of others' conversations; nil is nothing (CONV-28).
func teams(p auth.Principal) Condition {
	if p.SeesTeam() {
		return every{}
	}
	var own some
	if p.Role == auth.SalesManager && p.BranchID != "" {
		own = append(own, words{conversation.FieldBranchID, []string{p.BranchID}})
	}
	if p.Role == auth.SalesManager && p.RegionID != "" {
		own = append(own, words{conversation.FieldRegionID, []string{p.RegionID}})
	}
	if len(own) == 0 {
		return nil
	}
	return own
}
