package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// collaborates has the team work together.
func (w *world) collaborates() {
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Team.UpdateOneID(w.Team).SetCollaborates(true).Exec(ctx)
	})
}

// together makes a conversation that an agent follows and others collaborate on.
func (w *world) together(line *ent.Channel, s factory.Spec) *ent.Conversation {
	c := w.Conversation(line, s)
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if s.Follower == 0 || s.Status == "PENDING" {
			return nil
		}
		return tx.Participant.Create().SetTeamID(tx.Team).SetConversationID(c.ID).SetAgentID(s.Follower).SetPart(participant.PartFOLLOWER).SetSince(tx.Now).Exec(ctx)
	})
	return c
}

// mutations is how each action is asked for, and the permit that says whether it is allowed.
var mutations = map[conversation.Action]struct{ field, permit, more string }{
	conversation.Following:     {"conversationFollow", "follow", ""},
	conversation.TakingOver:    {"conversationTakeOver", "takeOver", ", fromAgentId: $other"},
	conversation.Transferring:  {"conversationTransfer", "transfer", ", toAgentId: $other"},
	conversation.Ending:        {"conversationEnd", "end", ""},
	conversation.Reopening:     {"conversationReopen", "reopen", ""},
	conversation.MarkingRead:   {"conversationMarkRead", "markRead", ""},
	conversation.MarkingUnread: {"conversationMarkUnread", "markUnread", ""},
	conversation.Adding:        {"conversationCollaboratorsAdd", "addCollaborators", ", agentIds: [$new]"},
	conversation.Joining:       {"conversationJoin", "join", ""},
	conversation.Removing:      {"conversationCollaboratorsRemove", "removeCollaborators", ", agentIds: [$other]"},
	conversation.Leaving:       {"conversationLeave", "leave", ""},
}

// CONV-6, CONV-22, COLL-2, COLL-6, COLL-7, COLL-8, COLL-9, COLL-10, COLL-11, COLL-12, GRP-18: of every action and role an allowed cell is done and a refused one
// refused, with the word that viewerCan gave, alone and in bulk. Which cell is which the desk's own test has from the rules.
func TestCells(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates()
		line := w.Channel("LINE")
		other, fresh := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.Update().Where(agent.IDIn(other.AgentID, fresh.AgentID)).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		for _, role := range auth.Roles {
			me := w.Agent(role)
			places := []factory.Spec{
				{Status: "PENDING"},
				{Status: "IN_PROGRESS", Follower: me.AgentID},
				{Status: "IN_PROGRESS", Follower: other.AgentID},
				{Status: "ENDED", Follower: me.AgentID},
				{Status: "ENDED", Follower: other.AgentID},
				{Status: "IN_PROGRESS", Follower: me.AgentID, Collaborators: []int64{other.AgentID}},
				{Status: "IN_PROGRESS", Follower: other.AgentID, Collaborators: []int64{me.AgentID}},
				{Status: "IN_PROGRESS", Follower: fresh.AgentID, Collaborators: []int64{other.AgentID}},
			}
			for i := range places {
				places[i].FollowedAt = w.DB.Clock().Now()
			}
			for a, m := range mutations {
				for _, want := range []bool{true, false} {
					at := slices.IndexFunc(places, func(s factory.Spec) bool {
						f := facetsOf(s)
						d := conversation.Decide(me, f, conversation.Setting{Collaborates: true}, a)
						newcomer := a == conversation.Adding && s.Follower == fresh.AgentID
						return d.Allowed == want && d.Code != "NOT_FOUND" && !newcomer
					})
					if at < 0 {
						if isOthers := a == conversation.Joining || a == conversation.TakingOver; want && (role.IsManager() || !isOthers) {
							t.Errorf("%s is allowed to %s nowhere", a, role)
						}
						continue
					}
					c := w.together(line, places[at])
					vars := map[string]any{"c": conv(c.ID), "other": agentID(other), "new": agentID(fresh)}
					params := "$c: ID!"
					for name, used := range map[string]string{"other": "$other", "new": "$new"} {
						if slices.Contains([]string{", fromAgentId: " + used, ", toAgentId: " + used, ", agentIds: [" + used + "]"}, m.more) {
							params += ", $" + name + ": ID!"
						} else {
							delete(vars, name)
						}
					}
					var can struct {
						Conversation struct {
							ViewerCan map[string]struct {
								Allowed bool
								Reason  *string
							}
						}
					}
					if errs := w.query(t, me, `query($c: ID!) { conversation(id: $c) { viewerCan { `+m.permit+` { allowed reason } } } }`, map[string]any{"c": conv(c.ID)}, &can); errs != nil {
						t.Fatal(errs)
					}
					var done map[string]struct {
						Cursor     *string
						UserErrors []struct{ Code, Message string }
					}
					if errs := w.query(t, me, fmt.Sprintf(`mutation(%s) { %s(input: {conversationId: $c%s}) { cursor userErrors { code message } } }`, params, m.field, m.more), vars, &done); errs != nil {
						t.Fatal(errs)
					}
					permit, got := can.Conversation.ViewerCan[m.permit], done[m.field]
					if permit.Allowed != want || (len(got.UserErrors) == 0) != want {
						t.Errorf("%s of %+v by %s: viewerCan %v, and it gives %+v; allowed is %v", a, places[at], role, permit.Allowed, got, want)
					} else if !want && *permit.Reason != got.UserErrors[0].Message {
						t.Errorf("%s of %+v by %s is refused with %q, viewerCan says %q", a, places[at], role, got.UserErrors[0].Message, *permit.Reason)
					}
				}
			}
		}
	})
}

// COLL-7, COLL-11, RT-2: the streams of who is taken out end with a reason, and so do collaborators' when the follower ends it.
func TestStreamsOfCollaborators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates()
		line := w.Channel("LINE")
		amy, ben, cleo, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		c := w.together(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Collaborators: []int64{ben.AgentID, boss.AgentID, cleo.AgentID}, FollowedAt: w.DB.Clock().Now()})
		from := map[string]any{"id": conv(c.ID), "after": w.head(t).String()}
		streams := map[string]*stream{}
		for name, p := range map[string]auth.Principal{"ben": ben, "boss": boss, "cleo": cleo} {
			streams[name] = w.open(t, p, watches, from)
			streams[name].want(t, "Hello")
		}
		ctx := t.Context()
		for _, p := range []auth.Principal{ben, boss} {
			if _, _, err := w.resolver.Actions.Remove(ctx, amy, conversation.RemoveInput{ConversationID: c.ID, AgentIDs: []int64{p.AgentID}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := w.resolver.Actions.End(ctx, amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		for name, reason := range map[string]string{"ben": "ACCESS_LOST", "boss": "REMOVED", "cleo": "ENDED"} {
			for {
				f := streams[name].next(t)
				if f.Type == "StreamEnded" {
					if f.Reason != reason {
						t.Errorf("%s's stream ends with %s", name, f.Reason)
					}
					break
				}
			}
		}
	})
}

// COLL-13, RT-4: each who works on a conversation is shown its own count, who looks on has none, in every frame what a query gives; and what is unread for one alone enters
// and leaves that one's list alone.
func TestEachIsShownItsOwnCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates()
		ctx, actions := t.Context(), w.resolver.Actions
		amy, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.Update().Where(agent.IDIn(amy.AgentID, ben.AgentID)).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		amy.Permissions, ben.Permissions = []auth.Permission{auth.SendMessages}, []auth.Permission{auth.SendMessages}
		c := w.together(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Collaborators: []int64{ben.AgentID}, FollowedAt: w.DB.Clock().Now()})
		principals := map[string]auth.Principal{"amy": amy, "ben": ben, "boss": boss}
		all, one, unread := map[string]*stream{}, map[string]*stream{}, map[string]*stream{}
		after := w.head(t).String()
		for name, p := range principals {
			all[name] = w.open(t, p, listens, map[string]any{"view": "ALL", "after": after})
			one[name] = w.open(t, p, watches, map[string]any{"id": conv(c.ID), "after": after})
			unread[name] = w.open(t, p, listens, map[string]any{"view": "ALL", "after": after, "filter": map[string]any{"isUnread": true}})
			for _, s := range []*stream{all[name], one[name], unread[name]} {
				s.want(t, "Hello")
			}
		}
		// shows reads each stream up to the conversation as it is now, and compares the count with a query's.
		shows := func(what string, want map[string]int) {
			t.Helper()
			for name, n := range want {
				var now struct {
					Conversation struct{ Version, UnreadCount int }
				}
				if errs := w.query(t, principals[name], `query($c: ID!) { conversation(id: $c) { version unreadCount } }`, map[string]any{"c": conv(c.ID)}, &now); errs != nil {
					t.Fatal(errs)
				}
				if now.Conversation.UnreadCount != n {
					t.Errorf("%s: a query gives %s %d unread, not %d", what, name, now.Conversation.UnreadCount, n)
				}
				for kind, s := range map[string]*stream{"inboxEvents": all[name], "conversationEvents": one[name]} {
					for {
						if f := s.next(t); f.Conversation != nil && f.Conversation.Version >= now.Conversation.Version {
							if f.Conversation.UnreadCount != n {
								t.Errorf("%s: %s shows %s %d unread, not %d", what, kind, name, f.Conversation.UnreadCount, n)
							}
							break
						} else if f.isLast {
							t.Fatalf("%s: %s of %s ends with %s", what, kind, name, f.Reason)
						}
					}
				}
			}
		}
		first := w.Hear(c.ID)
		shows("a message", map[string]int{"amy": 1, "ben": 1, "boss": 0})
		second := w.Hear(c.ID)
		shows("a second", map[string]int{"amy": 2, "ben": 2, "boss": 0})
		for _, name := range []string{"amy", "ben"} {
			if f := unread[name].want(t, "ConversationEntered"); f.Conversation.UnreadCount < 1 {
				t.Errorf("into what is unread for %s comes %+v", name, f.Conversation)
			}
		}
		if _, _, err := actions.MarkRead(ctx, ben, conversation.MarkReadInput{ConversationID: c.ID, UpToMessageID: first}); err != nil {
			t.Fatal(err)
		}
		shows("ben has read the first", map[string]int{"amy": 2, "ben": 1, "boss": 0})
		if _, _, err := actions.MarkRead(ctx, ben, conversation.MarkReadInput{ConversationID: c.ID, UpToMessageID: second}); err != nil {
			t.Fatal(err)
		}
		shows("ben has read both", map[string]int{"amy": 2, "ben": 0, "boss": 0})
		for {
			if f := unread["ben"].next(t); f.Type == "ConversationLeft" {
				break
			} else if f.Type != "ConversationChanged" {
				t.Fatalf("what is unread for ben shows %+v", f)
			}
		}
		if _, _, err := actions.Transfer(ctx, amy, conversation.TransferInput{ConversationID: c.ID, ToAgentID: ben.AgentID}); err != nil {
			t.Fatal(err)
		}
		shows("they have changed places", map[string]int{"amy": 2, "ben": 0, "boss": 0})
		w.Hear(c.ID)
		shows("a third message", map[string]int{"amy": 3, "ben": 1, "boss": 0})
		if _, _, err := actions.Leave(ctx, amy, conversation.LeaveInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		shows("one follows alone", map[string]int{"ben": 1, "boss": 1}) // one count, whoever looks
		// Nothing was ever unread for who looks on, until one followed it alone.
		if f := unread["boss"].want(t, "ConversationEntered"); len(f.Conversation.Collaborators) != 0 {
			t.Errorf("what is unread for who looks on begins with %+v", f.Conversation)
		}
	})
}

// COLL-2: candidates are found by name, address or phone, and by role, and nobody else is one.
func TestCandidates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates()
		amy, ben, sales := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Agent.UpdateOneID(sales.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).SetPhone("0912-345-678").SetPhoneDigits("0912345678").Exec(ctx); err != nil {
				return err
			}
			return tx.Agent.UpdateOneID(ben.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		chat := w.together(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: w.DB.Clock().Now()})
		group := w.together(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, IsGroup: true, FollowedAt: w.DB.Clock().Now()})
		find := func(c *ent.Conversation, args string) []string {
			t.Helper()
			var got struct {
				CollaboratorCandidates *struct{ Nodes []struct{ ID string } }
			}
			if errs := w.query(t, amy, `query($c: ID!) { collaboratorCandidates(conversationId: $c`+args+`) { nodes { id } } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			ids := []string{}
			for _, n := range got.CollaboratorCandidates.Nodes {
				ids = append(ids, n.ID)
			}
			slices.Sort(ids)
			return ids
		}
		both := []string{agentID(ben), agentID(sales)}
		slices.Sort(both)
		for args, want := range map[string][]string{
			"": both, `, search: "345 678"`: {agentID(sales)}, `, roles: [AGENT]`: {agentID(ben)}, `, search: "` + ben.Name + `"`: {agentID(ben)}, `, search: "nobody"`: {},
			`, search: "` + strings.ToUpper(strings.ReplaceAll(ben.Name, " ", "-")) + `-"`: {agentID(ben)}, // its address
		} {
			if got := find(chat, args); !slices.Equal(got, want) {
				t.Errorf("%q finds %v", args, got)
			}
		}
		if got := find(group, ""); !slices.Equal(got, []string{agentID(ben)}) {
			t.Errorf("for a group: %v", got)
		}
	})
}

// CONV-6, CONV-11: who follows many and is slower than another at one of them is told by whom.
func TestBulkNamesTheWinner(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		c := w.together(w.Channel("LINE"), factory.Spec{Status: "PENDING"})
		if _, _, err := w.resolver.Actions.Follow(t.Context(), ben, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			ConversationBulk struct {
				Bulk struct {
					Results []struct {
						Error struct {
							Code, Status string
							Agent        *struct{ ID, Name string }
						}
					}
				}
			}
		}
		if errs := w.query(t, amy, `mutation { conversationBulk(input: {action: FOLLOW, conversationIds: ["`+conv(c.ID)+`"]}) { bulk { results { error { code
			... on StateConflict { status agent { id name } } } } } } }`, nil, &got); errs != nil {
			t.Fatal(errs)
		}
		if e := got.ConversationBulk.Bulk.Results[0].Error; e.Code != "STATE_CONFLICT" || e.Status != "IN_PROGRESS" || e.Agent == nil || e.Agent.ID != agentID(ben) || e.Agent.Name != ben.Name {
			t.Errorf("the slower is told %+v", e)
		}
	})
}

// CONV-11, CONV-12, CONV-13, COLL-11: in bulk each is done or refused by itself, and the receiver is told once.
func TestBulk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		line := w.Channel("LINE")
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(ben.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		now := w.DB.Clock().Now()
		mine := w.together(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: now})
		second := w.together(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: now})
		joint := w.together(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Collaborators: []int64{ben.AgentID}, FollowedAt: now})
		joined := w.together(line, factory.Spec{Status: "IN_PROGRESS", Follower: ben.AgentID, Collaborators: []int64{amy.AgentID}, FollowedAt: now})
		ask := func(p auth.Principal, input string) (b bulkAnswer) {
			t.Helper()
			var got struct{ ConversationBulk bulkAnswer }
			if errs := w.query(t, p, `mutation { conversationBulk(input: {`+input+`}) { bulk { succeeded refused job { id state total done failed }
				results { conversationId state error { code message } } } userErrors { code } } }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.ConversationBulk
		}
		ids := fmt.Sprintf(`conversationIds: ["%s", "%s", "%s", "conv_zzzz"]`, conv(mine.ID), conv(joint.ID), conv(second.ID))
		b := ask(amy, `action: TRANSFER, toAgentId: "`+agentID(ben)+`", `+ids).Bulk
		if b == nil || b.Succeeded != 2 || b.Refused != 2 || b.Job.State != "DONE" || b.Results[1].Error.Message != "Collaborations and group conversations cannot be transferred in bulk" ||
			b.Results[3].Error.Code != "NOT_FOUND" {
			t.Fatalf("transferred: %+v", b)
		}
		var told struct {
			Notifications struct{ Nodes []struct{ Text string } }
		}
		if errs := w.query(t, ben, `{ notifications { nodes { text } } }`, nil, &told); errs != nil || len(told.Notifications.Nodes) != 1 ||
			told.Notifications.Nodes[0].Text != amy.Name+" (Agent) transferred 2 conversations to you" {
			t.Errorf("the receiver is told %+v, %v", told, errs)
		}
		var paged struct {
			ConversationBulkItems *struct {
				Nodes    []struct{ ConversationID, State string }
				PageInfo struct {
					HasNextPage, HasPreviousPage bool
					EndCursor, StartCursor       *string
				}
			}
		}
		seen := []string{}
		for after := "null"; ; {
			if errs := w.query(t, amy, `{ conversationBulkItems(jobId: "`+b.Job.ID+`", state: DONE, first: 1, after: `+after+`) { nodes { conversationId state }
				pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, nil, &paged); errs != nil {
				t.Fatal(errs)
			}
			for _, n := range paged.ConversationBulkItems.Nodes {
				seen = append(seen, n.ConversationID+" "+n.State)
			}
			if !paged.ConversationBulkItems.PageInfo.HasNextPage || len(seen) > 2 {
				break
			}
			after = strconv.Quote(*paged.ConversationBulkItems.PageInfo.EndCursor)
		}
		if !slices.Equal(seen, []string{conv(mine.ID) + " DONE", conv(second.ID) + " DONE"}) || !paged.ConversationBulkItems.PageInfo.HasPreviousPage {
			t.Errorf("what was done, a page each: %v", seen)
		}
		if errs := w.query(t, ben, `{ conversationBulkItems(jobId: "`+b.Job.ID+`") { nodes { state } } }`, nil, &paged); errs != nil || paged.ConversationBulkItems != nil {
			t.Errorf("another's is shown: %+v, %v", paged, errs)
		}
		b = ask(amy, fmt.Sprintf(`action: END, conversationIds: ["%s", "%s"]`, conv(joint.ID), conv(joined.ID))).Bulk
		if b.Succeeded != 1 || b.Results[1].Error.Message != "A collaborator cannot end the conversation" {
			t.Errorf("ended: %+v", b)
		}
		for input, code := range map[string]string{
			`action: TRANSFER, toAgentId: "` + agentID(ben) + `", conversationIds: [` + repeat(`"conv_1", `, 21) + `]`: "LIMIT_EXCEEDED",
			`action: END`: "VALIDATION",
		} {
			if got := ask(amy, input); got.Bulk != nil || got.UserErrors[0].Code != code {
				t.Errorf("%s gives %+v", input, got)
			}
		}
		manager := w.Agent(auth.CSManager)
		if got := ask(manager, `action: TRANSFER, toAgentId: "`+agentID(ben)+`", `+ids); got.Bulk != nil || got.UserErrors[0].Code != "FORBIDDEN" {
			t.Errorf("a role that does not transfer in bulk is given %+v", got)
		}
		selected := ask(ben, `action: END, selection: {view: MY_IN_PROGRESS}`).Bulk
		if selected == nil || selected.Succeeded != 3 || selected.Refused != 0 {
			t.Errorf("selected: %+v", selected)
		}
	})
}

type bulkAnswer struct {
	Bulk *struct {
		Succeeded, Refused int
		Job                struct {
			ID, State           string
			Total, Done, Failed int
		}
		Results []struct {
			ConversationID, State string
			Error                 *struct{ Code, Message string }
		}
	}
	UserErrors []struct{ Code string }
}

func repeat(s string, n int) (out string) {
	for range n {
		out += s
	}
	return out
}

// facetsOf is where a conversation like this would stand.
func facetsOf(s factory.Spec) *event.Facets {
	f := &event.Facets{Kind: "ONE_ON_ONE", Status: s.Status, FollowerID: s.Follower, Collaborators: s.Collaborators, ChannelType: "LINE"}
	if len(s.Collaborators) > 0 {
		f.Kind = "COLLABORATION"
	}
	return f
}

// CONV-11, CONV-14, CONV-15: above a hundred it is a job, which may be stopped, and goes on after whoever did it has died; what is deleted is gone everywhere, and who is
// blacklisted is blocked.
func TestBulkJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		line := w.Channel("LINE")
		boss := w.Agent(auth.Admin)
		const many = 130
		var first *ent.Conversation
		for i := range many {
			c := w.Conversation(line, factory.Spec{Messages: 1})
			if i == 0 {
				first = c
			}
		}
		b, _, err := w.resolver.Bulk.Do(ctx, boss, conversation.BulkInput{Action: conversation.Ending, Selection: &inbox.Selection{View: inbox.PendingHuman}, IdempotencyKey: "end"})
		if err != nil || b.Job.State != "QUEUED" || b.Job.Total != many {
			t.Fatalf("%+v, %v", b, err)
		}
		again, _, err := w.resolver.Bulk.Do(ctx, boss, conversation.BulkInput{Action: conversation.Ending, Selection: &inbox.Selection{View: inbox.PendingHuman}, IdempotencyKey: "end"})
		if err != nil || again.Job.ID != b.Job.ID || again.Job.State != "QUEUED" || again.Job.Done != 0 {
			t.Errorf("the same key gives %+v, %v", again, err)
		}
		args := json.RawMessage(fmt.Sprintf(`{"JobID": %d}`, b.Job.ID))
		cut, cancel := context.WithCancel(ctx)
		cancel()
		if err := w.resolver.Bulk.Work(cut, w.Team, args); err == nil {
			t.Error("it worked after its end")
		}
		for range 2 { // the second time there is nothing left to do
			if err := w.resolver.Bulk.Work(ctx, w.Team, args); err != nil {
				t.Fatal(err)
			}
		}
		page, err := w.resolver.Bulk.Page(ctx, boss, b.Job.ID, "DONE", page.Window{Limit: 100})
		if err != nil || page.Job.State != "DONE" || page.Job.Done != many || page.Job.Failed != 0 || len(page.Items) != 100 || !page.HasNext {
			t.Errorf("%+v, %v", page, err)
		}
		b, _, err = w.resolver.Bulk.Do(ctx, boss, conversation.BulkInput{Action: conversation.Deleting, Selection: &inbox.Selection{View: inbox.TeamEnded}})
		if err != nil || b.Job.State != "QUEUED" {
			t.Fatalf("%+v, %v", b, err)
		}
		if b, _, err = w.resolver.Bulk.Cancel(ctx, boss, b.Job.ID); err != nil || b.Job.State != "CANCELLED" {
			t.Errorf("%+v, %v", b, err)
		}
		if err := w.resolver.Bulk.Work(ctx, w.Team, json.RawMessage(fmt.Sprintf(`{"JobID": %d}`, b.Job.ID))); err != nil {
			t.Fatal(err)
		}
		left := func() (conversations, messages, blocked int) {
			if err := w.DB.Read(ctx, w.Team, func(ctx context.Context, v *store.View) error {
				var err error
				if conversations, err = v.Conversation.Query().Count(ctx); err == nil {
					messages, err = v.Message.Query().Count(ctx)
				}
				if err == nil {
					blocked, err = v.Contact.Query().Where(contact.IsBlocked(true)).Count(ctx)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return conversations, messages, blocked
		}
		if c, m, n := left(); c != many || m != many || n != 0 {
			t.Errorf("after it was stopped %d conversations with %d messages are left", c, m)
		}
		if b, _, err = w.resolver.Bulk.Do(ctx, boss, conversation.BulkInput{Action: conversation.Blacklisting, IDs: []int64{first.ID}}); err != nil || b.Job.Failed != 0 || b.Job.Done != 1 {
			t.Errorf("%+v, %v", b, err)
		}
		if c, m, n := left(); c != many-1 || m != many-1 || n != 1 {
			t.Errorf("after blacklisting %d conversations with %d messages are left, %d are blocked", c, m, n)
		}
		amy := w.Agent(auth.AgentRole)
		if _, _, err := w.resolver.Bulk.Do(ctx, amy, conversation.BulkInput{Action: conversation.Deleting, Selection: &inbox.Selection{View: inbox.PendingHuman}}); err != nil {
			t.Errorf("nothing is selected: %v", err)
		}
		b, _, err = w.resolver.Bulk.Do(ctx, amy, conversation.BulkInput{Action: conversation.Deleting, IDs: []int64{w.Conversation(line, factory.Spec{}).ID}})
		if err != nil || b.Job.Failed != 1 || b.Items[0].Code != "FORBIDDEN" {
			t.Errorf("deleted by an agent: %+v, %v", b, err)
		}
	})
}
