package graph_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// viewed is a saved view as the API gives it.
type viewed struct {
	ID, Name, View, Sort, Direction, Visibility string
	Version                                     int
	Filter                                      *string
	Columns, Roles                              []string
	ViewerCanEdit                               bool
}

const viewFields = `{ id name version view sort direction visibility filter columns roles viewerCanEdit }`

// savedView makes a view through the API and gives it with the code of what refused it.
func (w *world) savedView(t *testing.T, p auth.Principal, in map[string]any) (*viewed, string) {
	t.Helper()
	var made struct {
		SavedViewCreate struct {
			SavedView  *viewed
			UserErrors []struct{ Code string }
			Cursor     *string
		}
	}
	if errs := w.query(t, p, `mutation($in: SavedViewCreateInput!) { savedViewCreate(input: $in) { savedView `+viewFields+` userErrors { code } cursor } }`, map[string]any{"in": in}, &made); errs != nil {
		t.Fatal(errs)
	}
	if e := made.SavedViewCreate.UserErrors; len(e) > 0 {
		return nil, e[0].Code
	}
	if made.SavedViewCreate.Cursor == nil {
		t.Error("a new view is in no log")
	}
	return made.SavedViewCreate.SavedView, ""
}

// PROD-16: through the API views are made, listed, read by node, changed, moved and deleted, by whom may; the filter comes back as it can be given again.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, amy, other := w.Agent(auth.Supervisor), w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		line := w.Channel("LINE")
		vip := w.Tag("vip")
		filter := map[string]any{
			"and":  []any{map[string]any{"channelIds": []any{id.Format(id.Channel, line.ID)}, "kinds": []any{}}, map[string]any{"or": []any{map[string]any{"isStarred": true, "hasPhone": false}, map[string]any{"waitingAtLeast": "ONE_HOUR"}}}},
			"not":  map[string]any{"followerIds": []any{agentID(amy)}, "collaboratorIds": []any{agentID(boss)}, "contactIds": []any{id.Format(id.Contact, *w.Conversation(line, factory.Spec{}).ContactID)}, "hasCollaborators": true},
			"tags": map[string]any{"any": []any{id.Format(id.Tag, vip)}, "all": []any{}, "none": []any{id.Format(id.Tag, vip)}}, "channelTypes": []any{"LINE"}, "statuses": []any{"PENDING", "ENDED"}, "queues": []any{"HUMAN"},
			"isUnread": false, "isMentioned": true, "isArchived": false, "isFromAdvert": true,
		}
		own, refusal := w.savedView(t, amy, map[string]any{"name": "mine", "view": "PENDING_HUMAN", "filter": filter, "sort": "WAITING", "direction": "ASC", "columns": []any{"NAME", "WAITING"}})
		if refusal != "" || own.Visibility != "ME" || own.View != "PENDING_HUMAN" || own.Sort != "WAITING" || own.Direction != "ASC" || !slices.Equal(own.Columns, []string{"NAME", "WAITING"}) || !own.ViewerCanEdit || own.Filter == nil {
			t.Fatalf("one of its own is %+v, %s", own, refusal)
		}
		var back map[string]any
		if err := json.Unmarshal([]byte(*own.Filter), &back); err != nil {
			t.Fatal(err)
		}
		given, _ := json.Marshal(filter)
		if again, _ := json.Marshal(back); string(again) != string(given) {
			t.Errorf("the filter comes back as\n%s, not\n%s", again, given)
		}
		if _, refusal := w.savedView(t, amy, map[string]any{"name": "for all", "visibility": "EVERYBODY"}); refusal != "FORBIDDEN" {
			t.Errorf("an agent makes one for everybody: %q", refusal)
		}
		shared, _ := w.savedView(t, boss, map[string]any{"name": "for agents", "visibility": "ROLES", "roles": []any{"AGENT"}})
		all, _ := w.savedView(t, boss, map[string]any{"name": "for all", "visibility": "EVERYBODY"})
		list := func(p auth.Principal) []viewed {
			t.Helper()
			var got struct{ SavedViews []viewed }
			if errs := w.query(t, p, `{ savedViews `+viewFields+` }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.SavedViews
		}
		names := func(p auth.Principal) []string {
			out := []string{}
			for _, x := range list(p) {
				out = append(out, x.Name)
			}
			return out
		}
		if a, b := names(amy), names(other); !slices.Equal(a, []string{"for agents", "for all", "mine"}) || !slices.Equal(b, []string{"for all"}) {
			t.Errorf("they see %v and %v", a, b)
		}
		for _, x := range list(amy) {
			if x.ViewerCanEdit != (x.ID == own.ID) {
				t.Errorf("of %q an agent is told %t", x.Name, x.ViewerCanEdit)
			}
		}
		node := func(p auth.Principal, id string) bool {
			t.Helper()
			var got struct{ Node *struct{ ID string } }
			if errs := w.query(t, p, `query($id: ID!) { node(id: $id) { id ... on SavedView { name } } }`, map[string]any{"id": id}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.Node != nil
		}
		if !node(amy, own.ID) || node(boss, own.ID) || !node(amy, shared.ID) || node(other, shared.ID) {
			t.Error("by its id one is seen by whom it is not for, or not by whom it is")
		}
		change := func(p auth.Principal, document string, in map[string]any) string {
			t.Helper()
			var got map[string]struct{ UserErrors []struct{ Code string } }
			if errs := w.query(t, p, document, map[string]any{"in": in}, &got); errs != nil {
				t.Fatal(errs)
			}
			for _, x := range got {
				if len(x.UserErrors) > 0 {
					return x.UserErrors[0].Code
				}
			}
			return ""
		}
		const move = `mutation($in: SavedViewMoveInput!) { savedViewMove(input: $in) { savedView { id version } userErrors { code } cursor } }`
		const update = `mutation($in: SavedViewUpdateInput!) { savedViewUpdate(input: $in) { savedView ` + viewFields + ` userErrors { code } cursor } }`
		const remove = `mutation($in: SavedViewDeleteInput!) { savedViewDelete(input: $in) { deletedSavedViewId userErrors { code } cursor } }`
		from := w.head(t)
		for _, x := range []struct{ name, want, got string }{
			{"an agent moves what is shared", "FORBIDDEN", change(amy, move, map[string]any{"savedViewId": all.ID})},
			{"a supervisor moves it", "", change(boss, move, map[string]any{"savedViewId": all.ID})},
			{"and back", "", change(boss, move, map[string]any{"savedViewId": all.ID, "afterSavedViewId": shared.ID})},
			{"an agent changes its own", "", change(amy, update, map[string]any{"savedViewId": own.ID, "name": "still mine", "filter": nil, "columns": []any{}})},
			{"another changes it", "NOT_FOUND", change(boss, update, map[string]any{"savedViewId": own.ID, "name": "x"})},
			{"an agent deletes what is shared", "FORBIDDEN", change(amy, remove, map[string]any{"savedViewId": shared.ID})},
			{"a supervisor deletes it", "", change(boss, remove, map[string]any{"savedViewId": shared.ID})},
		} {
			if x.got != x.want {
				t.Errorf("%s: %q, not %q", x.name, x.got, x.want)
			}
		}
		if left := list(amy); len(left) != 2 || left[1].Name != "still mine" || left[1].Filter != nil || len(left[1].Columns) != 0 || left[1].Sort != "WAITING" {
			t.Errorf("then it sees %+v", left)
		}
		told := func(p auth.Principal) int {
			t.Helper()
			var page struct {
				Events struct {
					Events []struct {
						Type string `json:"__typename"`
					}
				}
			}
			if errs := w.query(t, p, `query($after: Cursor) { events(after: $after) { events { __typename } } }`, map[string]any{"after": from.String()}, &page); errs != nil {
				t.Fatal(errs)
			}
			n := 0
			for _, e := range page.Events.Events {
				if e.Type == "SavedViewsChanged" {
					n++
				}
			}
			return n
		}
		if a, b := told(amy), told(other); a != 4 || b != 3 {
			t.Errorf("they are told of %d and %d changes", a, b)
		}
	})
}

// PROD-16, RT-1, CONV-19: counts of saved views come with the inbox's, at once, when a view changes, and when a conversation comes into one or leaves it, also by time alone.
func TestSavedViewCountsAreLive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor)
		line := w.Channel("LINE")
		star, _ := w.savedView(t, boss, map[string]any{"name": "starred", "filter": map[string]any{"isStarred": true}})
		late, _ := w.savedView(t, boss, map[string]any{"name": "late", "filter": map[string]any{"waitingAtLeast": "HALF_HOUR"}})
		c := w.Conversation(line, factory.Spec{Messages: 1, IsStarred: true})
		const counts = `{ savedViews { savedViewId count unreadConversations isAtLeast } }`
		s := w.open(t, boss, `subscription($after: Cursor) { unreadCounts(after: $after) { __typename cursor ... on UnreadCountsChanged { counts `+counts+` } } }`,
			map[string]any{"after": w.head(t).String()})
		s.want(t, "Hello")
		of := func(f frame, view *viewed) int {
			t.Helper()
			for _, x := range f.Counts.SavedViews {
				if x.SavedViewID == view.ID {
					return x.Count
				}
			}
			return -1
		}
		// until waits for counts; several changes may come as one.
		until := func(view *viewed, want int) {
			t.Helper()
			for f := s.want(t, "UnreadCountsChanged"); of(f, view) != want; f = s.want(t, "UnreadCountsChanged") {
				if s.last == w.head(t).String() {
					t.Fatalf("%q counts %d, not %d", view.Name, of(f, view), want)
				}
			}
		}
		until(star, 1)
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetIsStarred(false) })
		until(star, 0)
		w.Conversation(line, factory.Spec{WaitingSince: w.DB.Clock().Now().Add(-20 * time.Minute)}) // not yet
		slow := w.Conversation(line, factory.Spec{})
		until(star, 0)
		w.Change(slow.ID, func(u *ent.ConversationUpdateOne) {
			u.SetWaitingSince(w.DB.Clock().Now().Add(-31 * time.Minute)).SetIsStarred(true)
		})
		until(late, 1)
		// Time alone: the level is told of, and the counts are read again.
		before := w.head(t)
		if err := conversation.NewLevels(w.resolver.Actions, nil).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		for f := s.want(t, "UnreadCountsChanged"); ; f = s.want(t, "UnreadCountsChanged") {
			if at, err := event.ParseCursor(s.last); err != nil || at.Seq > before.Seq {
				if of(f, late) != 1 {
					t.Errorf("by time alone %d are late", of(f, late))
				}
				break
			}
		}
		fresh, _ := w.savedView(t, boss, map[string]any{"name": "all", "visibility": "EVERYBODY"})
		until(fresh, 3)
		var got struct {
			InboxCounts struct {
				SavedViews []struct {
					SavedViewID                string
					Count, UnreadConversations int
					IsAtLeast                  bool
				}
			}
		}
		if errs := w.query(t, boss, `{ inboxCounts `+counts+` }`, nil, &got); errs != nil {
			t.Fatal(errs)
		}
		if all := got.InboxCounts.SavedViews; len(all) != 3 || all[0].SavedViewID != fresh.ID || all[0].Count != 3 || all[0].UnreadConversations != 1 || all[0].IsAtLeast || all[1].SavedViewID != star.ID || all[1].Count != 1 {
			t.Errorf("the query counts %+v", all)
		}
	})
}

// CONV-25: through the API an administrator exports, and the others are told that they may not, by the action and before it.
func TestConversationExport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.resolver.Exports = conversation.NewExports(conversation.ExportConfig{Actions: w.resolver.Actions, Signer: w.keys, PublicURL: "https://desk.example"})
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Messages: 1})
		for _, role := range auth.Roles {
			p := w.Agent(role)
			for _, by := range []string{"LINK", "MAIL"} {
				var got struct {
					Conversation struct {
						ViewerCan struct {
							Export struct {
								Allowed bool
								Reason  *string
							}
						}
					}
					ConversationExport struct {
						URL, ExpiresAt, Cursor *string
						Job                    *struct{ ID string }
						Conversation           *struct{ LastExportedAt *string }
						UserErrors             []struct{ Code, Message string }
					}
				}
				at := map[string]any{"c": conv(c.ID), "by": by}
				if errs := w.query(t, p, `query($c: ID!) { conversation(id: $c) { viewerCan { export { allowed reason } } } }`, at, &got); errs != nil {
					t.Fatal(errs)
				}
				if errs := w.query(t, p, `mutation($c: ID!, $by: ExportBy!) { conversationExport(input: {conversationId: $c, by: $by}) { url expiresAt job { id } conversation { lastExportedAt } cursor userErrors { code message } } }`, at, &got); errs != nil {
					t.Fatal(errs)
				}
				x, can := got.ConversationExport, got.Conversation.ViewerCan.Export
				want := map[bool]string{true: "", false: "FORBIDDEN"}[role == auth.Admin]
				if role == auth.Admin && by == "MAIL" {
					want = "CONFLICT" // no mail server is set
				}
				code := ""
				if len(x.UserErrors) > 0 {
					code = x.UserErrors[0].Code
				}
				if code != want || can.Allowed != (role == auth.Admin) || (can.Reason == nil) != can.Allowed {
					t.Errorf("%s by %s: %q, not %q; before it %+v", role, by, code, want, can)
				}
				if isGiven := want == ""; (x.URL != nil) != isGiven || (x.ExpiresAt != nil) != isGiven || (x.Cursor != nil) != isGiven || isGiven && x.Conversation.LastExportedAt == nil || x.Job != nil {
					t.Errorf("%s by %s is given %+v", role, by, x)
				}
			}
		}
	})
}
