package graph_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/reminder"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-14, RT-1, RT-3: snoozed, a conversation goes from one view to another with their counts, as viewerCan says and before those who watch; its time and the customer bring it back with the reason.
// A reminder is one's own.
func TestSnooze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss, looker := w.Agent(auth.AgentRole), w.Agent(auth.Supervisor), w.Agent(auth.Supervisor)
		amy.Permissions, boss.Permissions, looker.Permissions = []auth.Permission{auth.SendMessages}, []auth.Permission{auth.SendMessages, auth.ManageOthers}, nil
		line := w.Channel("LINE")
		now := w.DB.Clock().Now()
		n := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: now, Messages: 1}).ID
		cid := conv(n)
		until := now.Add(time.Hour).UTC().Truncate(time.Microsecond)

		type moment struct {
			Until, At *time.Time
			Note      *string
			Reason    string
			By        *struct{ ID string }
		}
		type answer struct {
			Conversation *struct {
				Snooze, SnoozeEnded, Reminder *moment
				LastMessage                   struct{ At time.Time }
			}
			UserErrors []struct{ Code, Message string }
			Cursor     *string
		}
		do := func(p auth.Principal, what, input, in string, vars map[string]any) answer {
			t.Helper()
			var got map[string]answer
			q := `mutation($c: ID!` + in + `) { conversation` + what + `(input: {conversationId: $c` + input + `}) { conversation { snooze { until note by { id } since } snoozeEnded { reason at note by { id } } reminder { at note }
				lastMessage { at } } userErrors { code message } cursor } }`
			vars["c"] = cid
			if errs := w.query(t, p, q, vars, &got); errs != nil {
				t.Fatal(errs)
			}
			return got["conversation"+what]
		}
		snooze := func(p auth.Principal) answer {
			return do(p, "Snooze", ", until: $until, note: \"call back\"", ", $until: DateTime", map[string]any{"until": until})
		}
		if x := snooze(looker); x.Conversation != nil || len(x.UserErrors) != 1 || x.UserErrors[0].Code != "FORBIDDEN" {
			t.Errorf("who only looks on snoozes it: %+v", x)
		}
		var can struct {
			Conversation struct {
				ViewerCan map[string]struct {
					Allowed bool
					Reason  *string
				}
			}
		}
		for p, is := range map[*auth.Principal]bool{&amy: true, &boss: true, &looker: false} {
			if errs := w.query(t, *p, `query($c: ID!) { conversation(id: $c) { viewerCan { snooze { allowed reason } unsnooze { allowed reason } } } }`, map[string]any{"c": cid}, &can); errs != nil {
				t.Fatal(errs)
			}
			for what, x := range can.Conversation.ViewerCan {
				if x.Allowed != is || is == (x.Reason != nil) {
					t.Errorf("%s may %s: %+v", p.Role, what, x)
				}
			}
		}
		watch := func(view string) *stream {
			s := w.open(t, amy, `subscription($view: InboxView!) { inboxEvents(view: $view) { __typename ... on Hello { cursor } ... on ConversationEntered { conversation { id version } }
				... on ConversationLeft { conversationId } ... on ConversationChanged { conversation { id version } } } }`, map[string]any{"view": view})
			s.want(t, "Hello")
			return s
		}
		open, away := watch("MY_IN_PROGRESS"), watch("MY_SNOOZED")
		counts := func(p auth.Principal) map[string]int {
			t.Helper()
			var got struct {
				InboxCounts struct {
					Views []struct {
						View  string
						Count int
					}
				}
			}
			if errs := w.query(t, p, `{ inboxCounts { views { view count } } }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			all := map[string]int{}
			for _, v := range got.InboxCounts.Views {
				all[v.View] = v.Count
			}
			return all
		}
		listed := func(p auth.Principal, args string) []string {
			t.Helper()
			var got struct {
				Conversations struct {
					TotalCount int
					Nodes      []struct{ ID string }
				}
			}
			if errs := w.query(t, p, `{ conversations(`+args+`) { totalCount nodes { id } } }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			ids := []string{}
			for _, x := range got.Conversations.Nodes {
				ids = append(ids, x.ID)
			}
			if got.Conversations.TotalCount != len(ids) {
				t.Errorf("%s counts %d and holds %v", args, got.Conversations.TotalCount, ids)
			}
			return ids
		}

		x := snooze(boss)
		if x.Conversation == nil || x.Conversation.Snooze == nil || !x.Conversation.Snooze.Until.Equal(until) || *x.Conversation.Snooze.Note != "call back" || x.Conversation.Snooze.By.ID != agentID(boss) || x.Cursor == nil {
			t.Fatalf("snoozed: %+v", x)
		}
		open.want(t, "ConversationLeft")
		away.want(t, "ConversationEntered")
		if mine, theirs := counts(amy), counts(boss); mine["MY_IN_PROGRESS"] != 0 || mine["MY_SNOOZED"] != 1 || mine["ALL"] != 1 || theirs["TEAM_SNOOZED"] != 1 || theirs["TEAM_IN_PROGRESS"] != 0 {
			t.Errorf("counted are %v and %v", mine, theirs)
		}
		for args, want := range map[string][]string{
			"view: MY_SNOOZED": {cid}, "view: MY_IN_PROGRESS": {}, "view: ALL": {cid}, "view: ALL, filter: {isSnoozed: true}": {cid}, "view: ALL, filter: {isSnoozed: false}": {},
			"view: MY_SNOOZED, sort: FOLLOWED_AT": {cid}, "view: MY_SNOOZED, sort: WAITING": {cid},
		} {
			if got := listed(amy, args); !slices.Equal(got, want) {
				t.Errorf("%s holds %v", args, got)
			}
		}
		if x := snooze(boss); x.Cursor != nil || len(x.UserErrors) != 0 {
			t.Errorf("the same again: %+v", x)
		}
		remind := func(p auth.Principal, at any) answer {
			return do(p, "Remind", ", at: $at, note: \"mine\"", ", $at: DateTime", map[string]any{"at": at})
		}
		if x := remind(looker, until.Add(time.Hour)); x.Conversation == nil || x.Conversation.Reminder == nil || !x.Conversation.Reminder.At.Equal(until.Add(time.Hour)) || *x.Conversation.Reminder.Note != "mine" {
			t.Errorf("reminded: %+v", x)
		}
		if x := do(boss, "Snooze", "", "", map[string]any{}); x.Conversation.Reminder != nil || x.Conversation.Snooze.Until != nil {
			t.Errorf("until a message, by whom the reminder is not: %+v", x.Conversation)
		}
		if x := remind(looker, nil); x.Conversation == nil || x.Conversation.Reminder != nil {
			t.Errorf("taken back: %+v", x)
		}
		x = do(boss, "Unsnooze", "", "", map[string]any{})
		if e := x.Conversation.SnoozeEnded; x.Conversation.Snooze != nil || e == nil || e.Reason != "AGENT" || e.By.ID != agentID(boss) || e.At == nil {
			t.Errorf("brought back: %+v", x.Conversation)
		}
		open.want(t, "ConversationEntered")
		if x := snooze(amy); x.Conversation.SnoozeEnded != nil {
			t.Errorf("snoozed again, it came back: %+v", x.Conversation)
		}
		open.want(t, "ConversationLeft")
		w.Write(func(ctx context.Context, tx *store.Tx) error { // the clock is the real one
			return tx.Reminder.Update().Where(reminder.ConversationID(n)).SetDueAt(now).Exec(ctx)
		})
		if err := conversation.NewReminders(w.resolver.Actions, nil).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		open.want(t, "ConversationEntered")
		x = do(amy, "Unsnooze", "", "", map[string]any{}) // reads it
		if e := x.Conversation.SnoozeEnded; x.Cursor != nil || e == nil || e.Reason != "TIME" || *e.Note != "call back" || x.Conversation.LastMessage.At.After(now.Add(time.Minute)) {
			t.Errorf("its time has come: %+v", x.Conversation)
		}
		var told struct {
			Notifications struct{ Nodes []struct{ Kind, Text string } }
		}
		if errs := w.query(t, amy, `{ notifications { nodes { kind text } } }`, nil, &told); errs != nil {
			t.Fatal(errs)
		}
		if all := told.Notifications.Nodes; len(all) != 2 || all[0].Kind != "REMINDER" {
			t.Errorf("its follower was told %+v", all)
		}
	})
}
