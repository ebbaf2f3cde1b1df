package inbox_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// COLL-18: ordinary or collaboration, only as follower or as collaborator, in progress and ended; pending and in progress by last message and by waiting; each row
// carries its follower and its collaborators in their order.
func TestWhatIsWorkedOnTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		line := w.Channel("LINE")
		me, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		now := w.DB.Clock().Now()
		all := map[string]*ent.Conversation{}
		for i, x := range []struct {
			name          string
			status        string
			follower      int64
			collaborators []int64
			isGroup       bool
			waits         time.Duration
		}{
			{"waiting", "PENDING", 0, nil, false, 5 * time.Minute},
			{"my own", "IN_PROGRESS", me.AgentID, nil, false, 40 * time.Minute},
			{"I follow it with Ben", "IN_PROGRESS", me.AgentID, []int64{ben.AgentID}, false, 70 * time.Minute},
			{"I am with Ben", "IN_PROGRESS", ben.AgentID, []int64{boss.AgentID, me.AgentID}, false, 20 * time.Minute},
			{"Ben's own", "IN_PROGRESS", ben.AgentID, nil, false, 10 * time.Minute},
			{"a group with Ben", "IN_PROGRESS", me.AgentID, []int64{ben.AgentID}, true, 90 * time.Minute},
			{"my own, ended", "ENDED", me.AgentID, nil, false, 0},
			{"ended with Ben", "ENDED", ben.AgentID, []int64{me.AgentID}, false, 0},
		} {
			s := factory.Spec{Name: x.name, Status: x.status, Follower: x.follower, Collaborators: x.collaborators, IsGroup: x.isGroup, At: now.Add(-time.Duration(i) * time.Minute)}
			if x.follower != 0 {
				s.FollowedAt = now.Add(-time.Hour)
			}
			if x.waits > 0 {
				s.WaitingSince = now.Add(-x.waits)
			}
			all[x.name] = w.Conversation(line, s)
		}
		names := map[int64]string{}
		for name, c := range all {
			names[c.ID] = name
		}
		list := func(p auth.Principal, view inbox.View, f *inbox.Filter, sort inbox.Sort) ([]string, []*ent.Conversation) {
			t.Helper()
			got, err := w.inbox.List(t.Context(), p, inbox.ListInput{View: view, Filter: f, Sort: sort, IsDescending: true, Window: page.Window{Limit: 50}})
			if err != nil {
				t.Fatal(err)
			}
			found := []string{}
			for _, c := range got.All {
				found = append(found, names[c.ID])
			}
			return found, got.All
		}
		yes, no := true, false
		mine := []int64{me.AgentID}
		for what, x := range map[string]struct {
			who  auth.Principal
			view inbox.View
			f    inbox.Filter
			sort inbox.Sort
			want []string
		}{
			"collaborations in progress":                    {me, inbox.MyInProgress, inbox.Filter{Kinds: []string{"COLLABORATION"}}, inbox.ByLastMessage, []string{"I follow it with Ben", "I am with Ben"}},
			"ordinary ones in progress":                     {me, inbox.MyInProgress, inbox.Filter{HasCollaborators: &no}, inbox.ByLastMessage, []string{"my own"}},
			"all that several work on":                      {me, inbox.MyInProgress, inbox.Filter{HasCollaborators: &yes}, inbox.ByLastMessage, []string{"I follow it with Ben", "I am with Ben", "a group with Ben"}},
			"groups that several work on":                   {me, inbox.MyInProgress, inbox.Filter{HasCollaborators: &yes, Kinds: []string{"GROUP"}}, inbox.ByLastMessage, []string{"a group with Ben"}},
			"only as follower":                              {me, inbox.MyInProgress, inbox.Filter{FollowerIDs: mine}, inbox.ByLastMessage, []string{"my own", "I follow it with Ben", "a group with Ben"}},
			"only as follower, of collaborations":           {me, inbox.MyInProgress, inbox.Filter{FollowerIDs: mine, Kinds: []string{"COLLABORATION"}}, inbox.ByLastMessage, []string{"I follow it with Ben"}},
			"only as collaborator":                          {me, inbox.MyInProgress, inbox.Filter{CollaboratorIDs: mine}, inbox.ByLastMessage, []string{"I am with Ben"}},
			"collaborations that have ended":                {me, inbox.MyEnded, inbox.Filter{Kinds: []string{"COLLABORATION"}}, inbox.ByLastMessage, []string{"ended with Ben"}},
			"ordinary ones that have ended":                 {me, inbox.MyEnded, inbox.Filter{Kinds: []string{"ONE_ON_ONE"}}, inbox.ByLastMessage, []string{"my own, ended"}},
			"in progress, the longest waiting first":        {me, inbox.MyInProgress, inbox.Filter{}, inbox.ByWaiting, []string{"a group with Ben", "I follow it with Ben", "my own", "I am with Ben"}},
			"pending, the longest waiting first":            {me, inbox.PendingHuman, inbox.Filter{}, inbox.ByWaiting, []string{"waiting"}},
			"collaborations of the team, in which I am not": {w.Agent(auth.Admin), inbox.TeamInProgress, inbox.Filter{CollaboratorIDs: []int64{ben.AgentID}}, inbox.ByLastMessage, []string{"I follow it with Ben", "a group with Ben"}},
		} {
			if got, _ := list(x.who, x.view, &x.f, x.sort); !slices.Equal(got, x.want) {
				t.Errorf("%s: %q, not %q", what, got, x.want)
			}
		}
		_, rows := list(me, inbox.MyInProgress, nil, inbox.ByLastMessage)
		carried := map[string][]int64{}
		for _, c := range rows {
			carried[names[c.ID]] = append([]int64{*c.FollowerID}, c.CollaboratorIds...)
		}
		want := map[string][]int64{"my own": {me.AgentID}, "I follow it with Ben": {me.AgentID, ben.AgentID}, "I am with Ben": {ben.AgentID, boss.AgentID, me.AgentID},
			"a group with Ben": {me.AgentID, ben.AgentID}}
		if !maps.EqualFunc(carried, want, slices.Equal[[]int64]) {
			t.Errorf("the rows carry %v, not %v", carried, want)
		}
	})
}
