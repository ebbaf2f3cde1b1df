package graph_test

import (
	"context"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-4, PROD-5, MSG-4, CONV-28: saved replies through the API: made, found, read by node, previewed, sent, changed and deleted; who is not shown one finds none,
// and the log tells whom it concerns.
func TestSavedReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, amy, other := w.Agent(auth.Supervisor), w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		amy.Permissions = []auth.Permission{auth.SendMessages}
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "王小明", Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		type refusal struct{ Code, Field, Message string }
		type reply struct {
			ID, Title, Body, Visibility string
			Version                     int
			Category, AuthorID          *string
			Roles                       []string
			IsModuleDeleted             bool
		}
		from := w.head(t).String()
		var made struct {
			SavedReplyCreate struct {
				SavedReply *reply
				UserErrors []refusal
				Cursor     *string
			}
		}
		create := func(p auth.Principal, in map[string]any) {
			t.Helper()
			made.SavedReplyCreate.SavedReply = nil
			if errs := w.query(t, p, `mutation($in: SavedReplyCreateInput!) { savedReplyCreate(input: $in) { savedReply { id version title body category visibility roles authorId isModuleDeleted }
				userErrors { code field message } cursor } }`, map[string]any{"in": in}, &made); errs != nil {
				t.Fatal(errs)
			}
		}
		create(amy, map[string]any{"title": "x", "body": "y", "visibility": "EVERYBODY"})
		if e := made.SavedReplyCreate; e.SavedReply != nil || len(e.UserErrors) != 1 || e.UserErrors[0].Code != "FORBIDDEN" {
			t.Errorf("an agent makes one for everybody: %+v", e)
		}
		create(amy, map[string]any{"title": "mine", "body": "my own"})
		own := made.SavedReplyCreate.SavedReply
		if own == nil || own.Visibility != "ME" || *own.AuthorID != agentID(amy) || made.SavedReplyCreate.Cursor == nil {
			t.Fatalf("one of its own: %+v", made)
		}
		create(boss, map[string]any{"title": "hello", "body": "{{system:customer_name}},您好", "category": "greeting", "visibility": "ROLES", "roles": []string{"AGENT"}})
		shared := made.SavedReplyCreate.SavedReply
		if shared == nil || !slices.Equal(shared.Roles, []string{"AGENT"}) || *shared.Category != "greeting" {
			t.Fatalf("one for agents: %+v", made)
		}
		list := func(p auth.Principal, args string) []string {
			t.Helper()
			var got struct{ SavedReplies struct{ Nodes []reply } }
			if errs := w.query(t, p, `{ savedReplies(first: 10`+args+`) { nodes { id title } edges { cursor node { title } } pageInfo { hasNextPage } } savedReplyCategories }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			titles := []string{}
			for _, r := range got.SavedReplies.Nodes {
				titles = append(titles, r.Title)
			}
			return titles
		}
		if a, b, c := list(amy, ""), list(other, ""), list(amy, `, search: "您好", category: "GREETING"`); !slices.Equal(a, []string{"hello", "mine"}) || len(b) != 0 || !slices.Equal(c, []string{"hello"}) {
			t.Errorf("they find %v, %v and %v", a, b, c)
		}
		node := func(p auth.Principal, id string) bool {
			t.Helper()
			var got struct{ Node *struct{ ID string } }
			if errs := w.query(t, p, `query($id: ID!) { node(id: $id) { id ... on SavedReply { title } } }`, map[string]any{"id": id}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.Node != nil
		}
		if !node(amy, own.ID) || node(boss, own.ID) || !node(amy, shared.ID) || node(other, shared.ID) {
			t.Error("by its id one is seen by whom it is not for, or not by whom it is")
		}
		var preview struct {
			SavedReplyPreview *struct {
				Text      string
				ViewerCan struct {
					Allowed bool
					Reason  *string
				}
			}
		}
		const show = `query($r: ID!, $c: ID!) { savedReplyPreview(savedReplyId: $r, conversationId: $c) { text viewerCan { allowed reason } } }`
		at := map[string]any{"r": shared.ID, "c": conv(c.ID)}
		if errs := w.query(t, amy, show, at, &preview); errs != nil || preview.SavedReplyPreview == nil || preview.SavedReplyPreview.Text != "王小明,您好" || !preview.SavedReplyPreview.ViewerCan.Allowed {
			t.Errorf("the preview is %+v, %v", preview.SavedReplyPreview, errs)
		}
		preview.SavedReplyPreview = nil
		if errs := w.query(t, other, show, at, &preview); errs != nil || preview.SavedReplyPreview != nil {
			t.Errorf("who sees neither is shown %+v, %v", preview.SavedReplyPreview, errs)
		}
		var sent struct {
			SavedReplySend struct {
				Messages []struct {
					ID, Kind, Delivery, ClientMessageID string
					Content                             struct{ Text string }
				}
				Conversation *struct{ UnreadCount int }
				UserErrors   []refusal
				Cursor       *string
			}
		}
		send := func(p auth.Principal, in map[string]any) {
			t.Helper()
			in["conversationId"] = conv(c.ID)
			sent.SavedReplySend.Conversation = nil
			if errs := w.query(t, p, `mutation($in: SavedReplySendInput!) { savedReplySend(input: $in) { messages { id kind delivery clientMessageId content { ... on TextContent { text } } }
				conversation { unreadCount } userErrors { code field message } cursor } }`, map[string]any{"in": in}, &sent); errs != nil {
				t.Fatal(errs)
			}
		}
		send(amy, map[string]any{"savedReplyId": shared.ID, "clientMessageId": "k"})
		if s := sent.SavedReplySend; len(s.UserErrors) > 0 || len(s.Messages) != 1 || s.Messages[0].Content.Text != "王小明,您好" || s.Messages[0].Delivery != "SENDING" || s.Messages[0].ClientMessageID != "k" || s.Conversation.UnreadCount != 0 {
			t.Errorf("sent: %+v", s)
		}
		first := sent.SavedReplySend.Messages[0].ID
		send(amy, map[string]any{"savedReplyId": shared.ID, "clientMessageId": "k"})
		if s := sent.SavedReplySend; len(s.Messages) != 1 || s.Messages[0].ID != first {
			t.Errorf("sent again: %+v", s)
		}
		send(other, map[string]any{"savedReplyId": shared.ID, "clientMessageId": "k2"})
		if s := sent.SavedReplySend; len(s.Messages) != 0 || len(s.UserErrors) != 1 || s.UserErrors[0].Code != "NOT_FOUND" {
			t.Errorf("who does not see it sends %+v", s)
		}
		var changed struct {
			SavedReplyUpdate struct {
				SavedReply *reply
				UserErrors []refusal
			}
			SavedReplyDelete struct {
				DeletedSavedReplyID *string
				UserErrors          []refusal
			}
		}
		if errs := w.query(t, boss, `mutation($id: ID!, $own: ID!) {
			savedReplyUpdate(input: {savedReplyId: $id, category: null, visibility: EVERYBODY}) { savedReply { version category visibility roles } userErrors { code } }
			savedReplyDelete(input: {savedReplyId: $own}) { deletedSavedReplyId userErrors { code } } }`, map[string]any{"id": shared.ID, "own": own.ID}, &changed); errs != nil {
			t.Fatal(errs)
		}
		if u := changed.SavedReplyUpdate; len(u.UserErrors) > 0 || u.SavedReply.Category != nil || u.SavedReply.Visibility != "EVERYBODY" || len(u.SavedReply.Roles) > 0 || u.SavedReply.Version != 2 {
			t.Errorf("changed to %+v", u)
		}
		if d := changed.SavedReplyDelete; d.DeletedSavedReplyID != nil || len(d.UserErrors) != 1 || d.UserErrors[0].Code != "NOT_FOUND" {
			t.Errorf("another's own is deleted: %+v", d)
		}
		told := func(p auth.Principal) int {
			t.Helper()
			var got struct {
				Events struct {
					Events []struct {
						Type string `json:"__typename"`
					}
				}
			}
			if errs := w.query(t, p, `query($after: Cursor) { events(after: $after) { events { __typename } } }`, map[string]any{"after": from}, &got); errs != nil {
				t.Fatal(errs)
			}
			n := 0
			for _, e := range got.Events.Events {
				if e.Type == "SavedRepliesChanged" {
					n++
				}
			}
			return n
		}
		if a, b := told(amy), told(other); a != 3 || b != 2 {
			t.Errorf("its author is told of %d changes, another of %d", a, b)
		}
	})
}

// PROD-13, CONV-28, RT-1, RT-2: a draft reaches the same agent's other devices and nobody else, the shared one all who watch; sending ends both with an event; who
// does not see the conversation has none.
func TestDrafts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss, other := w.Agent(auth.AgentRole), w.Agent(auth.Supervisor), w.Agent(auth.Sales)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		amy.Permissions = []auth.Permission{auth.SendMessages}
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		const watch = `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { __typename cursor
			... on DraftChanged { draft { version isShared text changedBy { id } } } } }`
		from := map[string]any{"id": conv(c.ID), "after": w.head(t).String()}
		mine, theirs := w.open(t, amy, watch, from), w.open(t, boss, watch, from)
		mine.want(t, "Hello")
		theirs.want(t, "Hello")
		set := func(p auth.Principal, text string, isShared bool) []string {
			t.Helper()
			var got struct {
				DraftSet struct {
					Draft      *struct{ Text string }
					UserErrors []struct{ Code string }
				}
			}
			if errs := w.query(t, p, `mutation($in: DraftSetInput!) { draftSet(input: $in) { draft { version isShared text changedBy { id name } updatedAt } cursor userErrors { code } } }`,
				map[string]any{"in": map[string]any{"conversationId": conv(c.ID), "text": text, "isShared": isShared}}, &got); errs != nil {
				t.Fatal(errs)
			}
			codes := []string{}
			for _, e := range got.DraftSet.UserErrors {
				codes = append(codes, e.Code)
			}
			if len(codes) == 0 && (got.DraftSet.Draft == nil || got.DraftSet.Draft.Text != text) {
				t.Errorf("the draft is %+v", got.DraftSet.Draft)
			}
			return codes
		}
		for _, codes := range [][]string{set(amy, "dear", false), set(boss, "say sorry", true), set(boss, "mine alone", false)} {
			if len(codes) > 0 {
				t.Errorf("refused: %v", codes)
			}
		}
		if codes := set(other, "hi", true); !slices.Equal(codes, []string{"NOT_FOUND"}) {
			t.Errorf("who does not see the conversation: %v", codes)
		}
		var sent struct {
			MessageSend struct{ UserErrors []struct{ Code string } }
		}
		if errs := w.query(t, amy, `mutation($c: ID!) { messageSend(input: {conversationId: $c, clientMessageId: "1", content: {text: "say sorry"}}) { userErrors { code } } }`,
			map[string]any{"c": conv(c.ID)}, &sent); errs != nil || len(sent.MessageSend.UserErrors) > 0 {
			t.Fatal(errs, sent)
		}
		until := w.head(t)
		drafts := func(s *stream) []string {
			var all []string
			for _, f := range s.until(t, until) {
				if f.Type == "DraftChanged" {
					who := "own "
					if f.Draft.IsShared {
						who = "shared "
					}
					all = append(all, who+f.Draft.Text)
				}
			}
			return all
		}
		// What is shown is the draft as it is by then, so that an early event may show the end.
		for name, x := range map[string]struct {
			got  []string
			must []string
		}{"its owner": {drafts(mine), []string{"own ", "shared "}}, "another": {drafts(theirs), []string{"own mine alone", "shared "}}} {
			for _, m := range x.must {
				if !slices.Contains(x.got, m) {
					t.Errorf("%s is shown %q, not %q", name, x.got, m)
				}
			}
			for _, got := range x.got {
				if name == "its owner" && got == "own mine alone" || name == "another" && got == "own dear" {
					t.Errorf("%s is shown another's draft %q", name, got)
				}
			}
		}
		var now struct {
			Drafts *struct {
				Own, Shared *struct{ Text string }
				AsOf        string
			}
		}
		const read = `query($c: ID!) { drafts(conversationId: $c) { own { text } shared { text } asOf } }`
		if errs := w.query(t, boss, read, map[string]any{"c": conv(c.ID)}, &now); errs != nil || now.Drafts.Own.Text != "mine alone" || now.Drafts.Shared.Text != "" || now.Drafts.AsOf == "" {
			t.Errorf("they are %+v, %v", now.Drafts, errs)
		}
		now.Drafts = nil
		if errs := w.query(t, other, read, map[string]any{"c": conv(c.ID)}, &now); errs != nil || now.Drafts != nil {
			t.Errorf("who does not see the conversation reads %+v, %v", now.Drafts, errs)
		}
	})
}
