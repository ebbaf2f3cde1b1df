package inbound_test

import (
	"context"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-9, COLL-14: who follows a customer is told of its messages once it wants to be; reading the conversation reads what was told of it, up to where it was read.
func TestNewMessageNotice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		peer := user("Umia")
		w.receive(w.says(peer, "while it is pending"))
		c := w.with("Umia")
		if _, _, err := w.actions.Follow(ctx, amy, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		unread := func() (all []*ent.Notification) {
			t.Helper()
			w.Read(func(ctx context.Context, v *store.View) error {
				rows, err := v.Notification.Query().Order(ent.Asc("id")).All(ctx)
				for _, n := range rows {
					if n.ReadAt == nil {
						all = append(all, n)
					}
				}
				return err
			})
			return all
		}
		w.receive(w.says(peer, "before it is wanted"))
		if got := unread(); len(got) != 0 {
			t.Fatalf("nobody asked for %+v", got)
		}
		for _, p := range []auth.Principal{amy, ben} {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.NoticeSettings.Create().SetTeamID(tx.Team).SetAgentID(p.AgentID).SetNewMessages(true).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
			})
		}
		w.receive(w.says(peer, "once"))
		first := *w.Conversation(c.ID).LastMessageID
		w.receive(w.says(peer, "twice"))
		second := *w.Conversation(c.ID).LastMessageID
		got := unread()
		if len(got) != 2 || got[0].AgentID != amy.AgentID || got[0].Code != "notice.message" || got[0].MessageID == nil || *got[0].MessageID != first ||
			got[0].ConversationID == nil || *got[0].ConversationID != c.ID || got[0].Params["customer"] == "" {
			t.Fatalf("told is %+v", got)
		}
		if _, _, err := w.actions.MarkRead(ctx, amy, conversation.MarkReadInput{ConversationID: c.ID, UpToMessageID: first}); err != nil {
			t.Fatal(err)
		}
		if got := unread(); len(got) != 1 || *got[0].MessageID != second {
			t.Errorf("after the first was read there is %+v", got)
		}
		if _, _, err := w.actions.MarkRead(ctx, amy, conversation.MarkReadInput{ConversationID: c.ID, UpToMessageID: second}); err != nil {
			t.Fatal(err)
		}
		if got := unread(); len(got) != 0 {
			t.Errorf("after all was read there is %+v", got)
		}
		if _, _, err := w.actions.End(ctx, amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.receive(w.says(peer, "again"))
		if got, now := unread(), w.Conversation(c.ID); (len(got) == 1) != (now.Status == "IN_PROGRESS") {
			t.Errorf("told is %+v of what is %s", got, now.Status)
		}
	})
}
