package graph_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// GRP-12: the ADMIN sets the price, a message tells as how many it counts until it fails, and the sum is read by range and channel by those who may.
func TestGroupUsage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, amy := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Name: "團購群", IsGroup: true, Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: w.DB.Clock().Now()})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Group.UpdateOneID(*c.GroupID).SetMemberCount(3).Exec(ctx); err != nil {
				return err
			}
			return tx.Conversation.UpdateOneID(c.ID).SetMemberCount(3).Exec(ctx)
		})
		var set struct {
			TeamUpdate struct {
				Team       *struct{ GroupMessagePrice string }
				UserErrors []refusal
			}
		}
		price := func(p auth.Principal, s string) {
			t.Helper()
			set.TeamUpdate.Team, set.TeamUpdate.UserErrors = nil, nil
			if errs := w.query(t, p, `mutation($p: Decimal) { teamUpdate(input: {groupMessagePrice: $p}) { team { groupMessagePrice } userErrors { code field } } }`, map[string]any{"p": s}, &set); errs != nil {
				t.Fatal(errs)
			}
		}
		if price(amy, "1"); len(set.TeamUpdate.UserErrors) != 1 || set.TeamUpdate.UserErrors[0].Code != "FORBIDDEN" {
			t.Errorf("an agent sets the price: %+v", set)
		}
		for _, s := range []string{"-0.5", "1000000000", "0.0000001"} {
			if price(admin, s); len(set.TeamUpdate.UserErrors) != 1 || set.TeamUpdate.UserErrors[0].Field != "groupMessagePrice" {
				t.Errorf("a price of %s: %+v", s, set)
			}
		}
		if price(admin, "0.10"); len(set.TeamUpdate.UserErrors) > 0 || set.TeamUpdate.Team.GroupMessagePrice != "0.1" {
			t.Errorf("a price: %+v", set)
		}
		send := func(n int) (messageID string) {
			t.Helper()
			var got struct {
				MessageSend struct {
					Message *struct {
						ID    string
						Usage *int
					}
				}
			}
			if errs := w.query(t, amy, `mutation($c: ID!, $n: String!) { messageSend(input: {conversationId: $c, clientMessageId: $n, content: {text: "hi"}}) { message { id usage } } }`,
				map[string]any{"c": conv(c.ID), "n": fmt.Sprint(n)}, &got); errs != nil {
				t.Fatal(errs)
			}
			if m := got.MessageSend.Message; m == nil || m.Usage == nil || *m.Usage != 3 {
				t.Fatalf("sent: %+v", got.MessageSend)
			}
			return got.MessageSend.Message.ID
		}
		became := func(m string, d message.Delivery) {
			t.Helper()
			n, err := id.Parse(id.Message, m)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				_, err := conversation.SetDeliveryIn(ctx, tx, n, conversation.Delivery{Status: d, Code: "RECIPIENT_GONE"}, event.Actor{Kind: event.BySystem})
				return err
			})
		}
		first, second := send(1), send(2)
		became(first, message.DeliverySENT)
		became(second, message.DeliverySENT)
		type sum struct {
			Messages    int
			Usage, Cost string
		}
		read := func(p auth.Principal, channels any) (all sum, by []string, errs []string) {
			t.Helper()
			var got struct {
				GroupUsage struct {
					sum
					Price    string
					Channels []struct {
						sum
						ChannelID string
					}
				}
			}
			now := w.DB.Clock().Now()
			errs = []string(w.query(t, p, `query($f: DateTime!, $t: DateTime!, $c: [ID!]) { groupUsage(from: $f, to: $t, channelIds: $c) { messages usage price cost channels { channelId messages usage cost } } }`,
				map[string]any{"f": now.Add(-time.Hour), "t": now.Add(time.Hour), "c": channels}, &got))
			for _, c := range got.GroupUsage.Channels {
				by = append(by, fmt.Sprint(c.ChannelID, " ", c.sum))
			}
			return got.GroupUsage.sum, by, errs
		}
		own := id.Format(id.Channel, line.ID)
		if all, by, errs := read(admin, nil); errs != nil || all != (sum{2, "6", "0.6"}) || len(by) != 1 || by[0] != fmt.Sprint(own, " ", all) {
			t.Errorf("two of three: %+v, %v, %v", all, by, errs)
		}
		if all, _, errs := read(admin, []string{id.Format(id.Channel, w.Channel("LINE").ID)}); errs != nil || all != (sum{0, "0", "0"}) {
			t.Errorf("another channel: %+v, %v", all, errs)
		}
		became(second, message.DeliveryFAILED)
		if all, _, errs := read(admin, []string{own}); errs != nil || all != (sum{1, "3", "0.3"}) {
			t.Errorf("one has failed: %+v, %v", all, errs)
		}
		var shown struct {
			Messages struct {
				Nodes []struct {
					ID    string
					Usage *int
				}
			}
		}
		if errs := w.query(t, amy, `query($c: ID!) { messages(conversationId: $c, last: 2) { nodes { id usage } } }`, map[string]any{"c": conv(c.ID)}, &shown); errs != nil {
			t.Fatal(errs)
		}
		if n := shown.Messages.Nodes; len(n) != 2 || *n[0].Usage != 3 || *n[1].Usage != 0 {
			t.Errorf("the messages count %+v", n)
		}
		if _, _, errs := read(amy, nil); len(errs) != 1 || errs[0] != "FORBIDDEN" {
			t.Errorf("an agent reads: %v", errs)
		}
	})
}

// MSG-13: the stickers of a channel's platform by pack, in the reader's language; and the viewer's own last ones.
func TestStickers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: w.DB.Clock().Now(), Messages: 1})
		type sticker struct{ PackageID, StickerID string }
		var got struct {
			StickerPacks []struct {
				PackageID, Title string
				Stickers         []sticker
			}
			RecentStickers []struct {
				ChannelType string
				Sticker     sticker
			}
		}
		read := func(p auth.Principal, channel string) {
			t.Helper()
			got.StickerPacks, got.RecentStickers = nil, nil
			if errs := w.query(t, p, `query($c: ID!) { stickerPacks(channelId: $c) { packageId title stickers { packageId stickerId } } recentStickers { channelType sticker { packageId stickerId } sentAt } }`,
				map[string]any{"c": channel}, &got); errs != nil {
				t.Fatal(errs)
			}
		}
		for language, title := range map[string]string{"en": "Brown and Cony Fun Size Pack", "zh-Hant": "熊大&兔兔(迷你篇)"} {
			amy.Language = language
			read(amy, id.Format(id.Channel, line.ID))
			if len(got.StickerPacks) < 15 || len(got.RecentStickers) != 0 || got.StickerPacks[6].PackageID != "6362" || got.StickerPacks[6].Title != title || got.StickerPacks[0].Stickers[0] != (sticker{"446", "1988"}) {
				t.Errorf("in %s: %d packs, the seventh %+v", language, len(got.StickerPacks), got.StickerPacks[6])
			}
		}
		if read(amy, id.Format(id.Channel, w.Channel("FACEBOOK").ID)); got.StickerPacks == nil || len(got.StickerPacks) != 0 {
			t.Errorf("a platform without any: %+v", got.StickerPacks)
		}
		if read(amy, id.Format(id.Channel, 999_999)); got.StickerPacks != nil {
			t.Errorf("no channel: %+v", got.StickerPacks)
		}
		for i, s := range []string{"1990", "1989", "1990"} {
			var sent struct {
				MessageSend struct{ UserErrors []refusal }
			}
			if errs := w.query(t, amy, `mutation($c: ID!, $n: String!, $s: String!) { messageSend(input: {conversationId: $c, clientMessageId: $n, content: {sticker: {packageId: "446", stickerId: $s}}}) { userErrors { code message field } } }`,
				map[string]any{"c": conv(c.ID), "n": fmt.Sprint(i), "s": s}, &sent); errs != nil || len(sent.MessageSend.UserErrors) > 0 {
				t.Fatal(errs, sent)
			}
		}
		if read(amy, id.Format(id.Channel, line.ID)); len(got.RecentStickers) != 2 || got.RecentStickers[0].Sticker.StickerID != "1990" || got.RecentStickers[1].Sticker.StickerID != "1989" || got.RecentStickers[0].ChannelType != "LINE" {
			t.Errorf("sent of late: %+v", got.RecentStickers)
		}
		if read(ben, id.Format(id.Channel, line.ID)); len(got.RecentStickers) != 0 {
			t.Errorf("another's: %+v", got.RecentStickers)
		}
		var refused struct {
			MessageSend struct {
				Message    *struct{ ID string }
				UserErrors []refusal
			}
		}
		if errs := w.query(t, amy, `mutation($c: ID!) { messageSend(input: {conversationId: $c, clientMessageId: "no", content: {sticker: {packageId: "1", stickerId: "1"}}}) { message { id } userErrors { code message field } } }`,
			map[string]any{"c": conv(c.ID)}, &refused); errs != nil || refused.MessageSend.Message != nil || len(refused.MessageSend.UserErrors) != 1 || refused.MessageSend.UserErrors[0].Field != "content.sticker" {
			t.Errorf("a sticker that is in no pack: %v, %+v", errs, refused)
		}
	})
}
