package inbound_test

import (
	"context"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CONV-3, CONV-8, COLL-3, COLL-13, COLL-14, GRP-20: whatever comes to what several agents work on finds it, or puts it back, in their hands; each has it
// unread, and each is told.
func TestJoint(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Team.UpdateOneID(w.Team).SetCollaborates(true).Exec(ctx)
		})
		amy, ben := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		told := func(p auth.Principal) (texts []string) {
			w.Read(func(ctx context.Context, v *store.View) error {
				all, err := v.Notification.Query().Order(ent.Asc("id")).All(ctx)
				for _, n := range all {
					if n.AgentID == p.AgentID && n.Code == "notice.message" {
						texts = append(texts, catalogue.Text(catalogue.Chinese, n.Code, n.Params))
					}
				}
				return err
			})
			return texts
		}
		for _, peer := range []channels.Peer{user("Umia"), room("Cgroup")} {
			w.receive(w.says(peer, "first"))
			c := w.with("Umia")
			if peer.Type == channels.PeerGroup {
				c = w.in("Cgroup")
			}
			if _, _, err := w.actions.Follow(ctx, amy, conversation.FollowInput{ConversationID: c.ID}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.actions.Add(ctx, amy, conversation.AddInput{ConversationID: c.ID, AgentIDs: []int64{ben.AgentID}}); err != nil {
				t.Fatal(err)
			}
			before := len(told(ben))
			w.receive(w.says(peer, "second"))
			if c = w.Conversation(c.ID); c.Unread != 1 || c.CollaboratorUnread[ben.AgentID] != 1 || c.LastMessagePreview != "second" {
				t.Errorf("in progress: unread %d %v, the row shows %q", c.Unread, c.CollaboratorUnread, c.LastMessagePreview)
			}
			if len(told(ben)) != before+1 || len(told(amy)) != before+1 {
				t.Errorf("in progress: told %v and %v", told(amy), told(ben))
			}
			arrivals := map[string]channels.Event{"a text": w.says(peer, "third"), "a sticker": w.says(peer, "")}
			sticker := arrivals["a sticker"]
			sticker.Content = &channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "1", StickerID: "2"}}
			arrivals["a sticker"] = sticker
			if peer.Type == channels.PeerUser {
				arrivals["a button"] = w.event(channels.Postback, peer)
			}
			for name, e := range arrivals {
				if _, _, err := w.actions.End(ctx, amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
					t.Fatal(err)
				}
				w.receive(e)
				got := w.Conversation(c.ID)
				if got.Status != "IN_PROGRESS" || got.FollowerID == nil || *got.FollowerID != amy.AgentID || !slices.Equal(got.CollaboratorIds, []int64{ben.AgentID}) || got.EndedAt != nil {
					t.Errorf("%s of %s: %s of %v with %v", name, peer.Type, got.Status, got.FollowerID, got.CollaboratorIds)
				}
				want := 1
				if name == "a button" {
					want = 0
				}
				if got.Unread != want || got.CollaboratorUnread[ben.AgentID] != want {
					t.Errorf("%s of %s: unread %d %v", name, peer.Type, got.Unread, got.CollaboratorUnread)
				}
				if log := w.Log(c.ID); !slices.Contains([]string{"log.reopened_inbound", "log.reopened_button"}, log[len(log)-1]) {
					t.Errorf("%s of %s: the log says %v", name, peer.Type, log)
				}
			}
		}
	})
}
