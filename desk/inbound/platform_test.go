package inbound_test

import (
	"context"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// GRP-22, GRP-2, GRP-4, GRP-5, GRP-7, GRP-10, GRP-11, GRP-15, GRP-20: groups of a platform whose adapter is yet to come are the same groups, on its row alone: they begin, are
// noted, mention the account, are answered by who follows, come back after an end, and end when the account is removed; from a member the way leads to its own conversation there.
func TestGroupsOfAnotherPlatform(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		can := channels.Foreseen()[channels.WhatsApp]
		can.HasGroups = true
		adapters, err := channels.NewRegistry(foreseen{can: can})
		if err != nil {
			t.Fatal(err)
		}
		w.inbound.Adapters = adapters
		actions := conversation.New(w.DB, adapters, nil, random.Seeded(1), nil)
		var phone int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.Channel.Create().SetType(channel.TypeWHATSAPP).SetName("phone").SetWebhookKey("phone").SetPlatformID("phone").SetCredentials([]byte("sealed")).
				SetRegionID("north").SetBranchID("taipei").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				phone = c.ID
			}
			return err
		})
		hears := func(events ...channels.Event) {
			t.Helper()
			r, err := w.inbound.Receive(t.Context(), inbound.Body{Team: w.Team, ChannelID: phone, Type: channels.WhatsApp, Events: events})
			if err != nil || r.Applied != len(events) {
				t.Fatalf("%+v, %v", r, err)
			}
			w.Check()
		}
		const there = "120363@g.example"
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		mention := w.says(room(there), "@shop hello")
		mention.Content.Mentions = []channels.Mention{{Length: 5, Type: "user", IsSelf: true, Text: "@shop"}}
		hears(w.event(channels.GroupJoined, room(there)), mention)
		c := w.in(there)
		if c == nil || c.Kind != entconversation.KindGROUP || c.ChannelType != entconversation.ChannelTypeWHATSAPP || c.Status != entconversation.StatusPENDING || c.Queue != entconversation.QueueHUMAN ||
			c.Unread != 1 || c.MentionMessageID == nil || c.ContactID != nil {
			t.Fatalf("the conversation is %+v", c)
		}
		w.apply(there, group.Info{GroupInfo: channels.GroupInfo{Name: "Neighbours", MemberCount: 2}, IsListed: true, Members: []string{"Usender", "Umei"}})
		if c = w.in(there); c.Name != "Neighbours" || c.MemberCount != 2 {
			t.Errorf("its row shows %q with %d", c.Name, c.MemberCount)
		}
		if _, err := actions.NoteGroup(t.Context(), amy, conversation.GroupNoteInput{GroupID: *c.GroupID, Note: "every Wednesday"}); err != nil {
			t.Error(err)
		}
		var member int64
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			member, err = v.GroupMember.Query().Where(groupmember.GroupID(*c.GroupID), groupmember.PlatformUserID("Umei")).OnlyID(ctx)
			return err
		})
		to, _, err := actions.OpenMember(t.Context(), amy, member)
		if err != nil || !to.IsNew {
			t.Fatalf("%+v, %v", to, err)
		}
		if own := w.with("Umei"); own == nil || own.ID != to.ConversationID || own.ChannelID != phone || own.BegunBy != entconversation.BegunByAGENT || own.MessageSeq != 0 {
			t.Errorf("the member's own is %+v", own)
		}
		// What the customer writes first makes it the customer's (CHAN-7).
		hears(w.says(user("Umei"), "hi"))
		if own := w.with("Umei"); own.ID != to.ConversationID || own.BegunBy != entconversation.BegunByCUSTOMER || own.Unread != 1 {
			t.Errorf("once the customer has written it is %+v", own)
		}
		if _, _, err := actions.Follow(t.Context(), amy, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		if m, _, _, err := actions.Send(t.Context(), amy, conversation.SendInput{ConversationID: c.ID, ClientMessageID: "1", Content: conversation.Text("hello")}); err != nil || m.Seq != 2 {
			t.Errorf("the answer is %+v, %v", m, err)
		}
		if _, _, err := actions.End(t.Context(), amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		hears(w.members(channels.MembersLeft, there, "Umei"), w.says(room(there), "again"))
		if c = w.in(there); c.Status != entconversation.StatusPENDING || c.FollowerID != nil || len(w.active(there)) != 1 {
			t.Errorf("after the end it is %s with %v", c.Status, w.active(there))
		}
		hears(w.event(channels.GroupLeft, room(there)))
		if c = w.in(there); c.Status != entconversation.StatusENDED || c.MemberCount != 0 || w.group(there).State != entgroup.StateLEFT {
			t.Errorf("removed it is %s with %d", c.Status, c.MemberCount)
		}
	})
}
