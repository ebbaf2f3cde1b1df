package graph_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MSG-17, CONV-28, RT-1: a note is added as viewerCan says, reaches those who watch, names whom it mentions, tells them and nobody else, and is for the
// other agents a message of the stream like any other.
func TestNoteAdd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss, silent, sales := w.Agent(auth.AgentRole), w.Agent(auth.Supervisor), w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		amy.Permissions = []auth.Permission{auth.SendMessages}
		silent.Permissions, sales.Permissions = nil, nil
		line := w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Name: "王小明", Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		open := w.Conversation(line, factory.Spec{Messages: 1})
		type permit struct {
			Allowed bool
			Reason  *string
		}
		may := func(p auth.Principal, n int64) permit {
			t.Helper()
			var got struct {
				Conversation *struct{ ViewerCan struct{ Note permit } }
			}
			if errs := w.query(t, p, `query($c: ID!) { conversation(id: $c) { viewerCan { note { allowed reason } } } }`, map[string]any{"c": conv(n)}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.Conversation.ViewerCan.Note
		}
		type payload struct {
			NoteAdd struct {
				Message *struct {
					ID, Kind, Sender string
					Seq              int
					ClientMessageID  *string
					Content          struct {
						Text     string
						Mentions []struct{ ID, Name string }
					}
				}
				Conversation *struct {
					LastMessage *struct{ Kind, Text string }
					UnreadCount int
				}
				UserErrors []struct{ Code, Message, Field string }
				Cursor     *string
			}
		}
		n := 0
		add := func(p auth.Principal, c int64, mentions ...string) payload {
			t.Helper()
			n++
			var got payload
			errs := w.query(t, p, `mutation($in: NoteAddInput!) { noteAdd(input: $in) { message { id seq kind sender clientMessageId
				content { ... on NoteContent { text mentions { id name } } } } conversation { lastMessage { kind text } unreadCount } userErrors { code message field } cursor } }`,
				map[string]any{"in": map[string]any{"conversationId": conv(c), "text": "客人趕時間", "mentionAgentIds": mentions, "clientMessageId": fmt.Sprint(n)}}, &got)
			if errs != nil {
				t.Fatal(errs)
			}
			return got
		}

		from := map[string]any{"id": conv(c.ID), "after": w.head(t).String()}
		seen := w.open(t, boss, `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { __typename cursor
			... on MessageAdded { message { id seq content { ... on NoteContent { text } } } } } }`, from)
		seen.want(t, "Hello")
		told := w.open(t, boss, `subscription($after: Cursor) { notifications(after: $after) { __typename cursor ... on NotificationAdded { notification { id text } } } }`,
			map[string]any{"after": from["after"]})
		told.want(t, "Hello")

		if p := may(amy, c.ID); !p.Allowed || p.Reason != nil {
			t.Errorf("the follower's viewerCan.note is %+v", p)
		}
		got := add(amy, c.ID, agentID(boss)).NoteAdd
		if len(got.UserErrors) > 0 || got.Message == nil || got.Cursor == nil {
			t.Fatalf("got %+v", got)
		}
		m := got.Message
		if m.Kind != "NOTE" || m.Sender != "AGENT" || m.Seq != 2 || *m.ClientMessageID != "1" || m.Content.Text != "客人趕時間" || len(m.Content.Mentions) != 1 || m.Content.Mentions[0].ID != agentID(boss) {
			t.Errorf("the note is %+v", m)
		}
		if got.Conversation.LastMessage.Kind != "TEXT" || got.Conversation.UnreadCount != 1 {
			t.Errorf("the row is %+v", got.Conversation)
		}
		for {
			f := seen.next(t)
			if f.Type == "MessageAdded" {
				if f.Message.ID != m.ID || f.Message.Content.Text != "客人趕時間" {
					t.Errorf("the stream shows %+v", f.Message)
				}
				break
			}
		}
		want := amy.Name + " 在「王小明」的內部備註中提到了您"
		if boss.Language == "en" {
			want = amy.Name + " mentioned you in a private note about “王小明”"
		}
		if f := told.want(t, "NotificationAdded"); f.Notification.Text != want {
			t.Errorf("the one who is mentioned is told %q", f.Notification.Text)
		}

		// What is refused is refused with the words of viewerCan; who does not see the conversation finds none, and cannot be mentioned.
		if p, e := may(silent, open.ID), add(silent, open.ID).NoteAdd; p.Allowed || len(e.UserErrors) != 1 || e.UserErrors[0].Code != "FORBIDDEN" || e.UserErrors[0].Message != *p.Reason || e.Message != nil {
			t.Errorf("an agent who may not send: %+v, %+v", p, e)
		}
		if e := add(sales, c.ID).NoteAdd.UserErrors; len(e) != 1 || e[0].Code != "NOT_FOUND" {
			t.Errorf("one who does not see it: %+v", e)
		}
		if e := add(amy, c.ID, agentID(sales)).NoteAdd.UserErrors; len(e) != 1 || e[0].Code != "VALIDATION" || e[0].Field != "mentionAgentIds" {
			t.Errorf("mentioning one who does not see it: %+v", e)
		}
	})
}
