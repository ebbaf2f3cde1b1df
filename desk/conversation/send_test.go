package conversation_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func textContent(s string) channels.Content { return channels.Content{Kind: channels.Text, Text: s} }

// MSG-4: a customer who gave no name, such as a visitor of a website, has nothing in its place.
func TestNamelessCustomer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := row.Lock(ctx, tx, cid)
			if err != nil {
				return err
			}
			_, err = row.Change(ctx, tx, c, event.Actor{Kind: event.BySystem}, func(u *ent.ConversationUpdateOne) { u.SetName("") })
			return err
		})
		w.follow(amy, cid)
		if m := w.sent(amy, cid, "1", "Dear {{system:customer_name}}!"); m.Text != "Dear !" {
			t.Errorf("sent: %q", m.Text)
		}
	})
}

// CHAN-11, COLL-13, CONV-19, MSG-1: an answer is queued with its message in one transaction, clears what is unread and stops the waiting.
func TestSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.hears(cid, "hello?")
		head := w.Head()
		m := w.sent(amy, cid, "1", "  Dear {{system:customer_name}},\nhi {{system:customer_name}}!")
		if m.Text != "  Dear Mia,\nhi Mia!" || m.Delivery != message.DeliverySENDING || m.Sender != message.SenderAGENT || *m.AgentID != amy.AgentID || len(m.RetryKey) != 36 || m.Seq != 3 {
			t.Errorf("sent: %+v", m)
		}
		c := w.Conversation(cid)
		if c.Unread != 0 || c.WaitingSince != nil || c.LastMessagePreview != "Dear Mia, hi Mia!" || c.LastMessageSender != "AGENT" || c.ReadSeq != 3 {
			t.Errorf("the row: %+v", c)
		}
		kinds := []event.Kind{}
		for _, e := range w.Events(head) {
			kinds = append(kinds, e.Kind)
		}
		if len(kinds) != 2 || kinds[0] != event.ConversationChanged || kinds[1] != event.MessageAdded {
			t.Errorf("events: %v", kinds)
		}
		select {
		case <-w.woken:
		default:
			t.Error("the lanes are not woken")
		}
		// CONV-23: another with the permission answers; the follower stays, and everybody's unread is cleared.
		w.hears(cid, "and?")
		w.sent(ben, cid, "1", "soon")
		if c = w.Conversation(cid); *c.FollowerID != amy.AgentID || c.Unread != 0 || c.WaitingSince != nil {
			t.Errorf("after another's answer: follower %d, %d unread", *c.FollowerID, c.Unread)
		}
		// CONV-19: what is not a person's does not stop the waiting.
		w.hears(cid, "hm")
		bot := w.Token(ben, []auth.Permission{auth.SendMessages, auth.ManageOthers})
		b := w.sent(bot, cid, "1", "I am a bot")
		if c = w.Conversation(cid); b.Sender != message.SenderBOT || b.SenderName != bot.Name || b.AgentID != nil || c.Unread != 1 || c.WaitingSince == nil {
			t.Errorf("after a bot's answer: %s %q, %d unread", b.Sender, b.SenderName, c.Unread)
		}
	})
}

// MSG-16: the same id of the same author is the same message for ever; with other content it is refused; authors do not meet.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid, other := w.chat("Mia"), w.chat("Leo")
		w.follow(amy, cid)
		w.follow(amy, other)
		all := make([]*ent.Message, 8)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range all {
			wg.Go(func() {
				<-start
				var err error
				if all[i], err = w.say(amy, cid, "same", "Hi {{system:customer_name}}"); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		w.Check()
		for _, m := range all {
			if m == nil || m.ID != all[0].ID || m.Text != "Hi Mia" {
				t.Fatalf("eight at once make %v", all)
			}
		}
		head := w.Head()
		for _, c := range []struct {
			id   int64
			text string
		}{{cid, "Bye"}, {cid, "Hi {{system:customer_name}}!"}, {other, "Hi {{system:customer_name}}"}} {
			_, err := w.say(amy, c.id, "same", c.text)
			w.refused("CONFLICT", head, err)
		}
		w.end(amy, cid)
		if m := w.sent(amy, cid, "same", "Hi {{system:customer_name}}"); m.ID != all[0].ID {
			t.Error("after the end the client does not get its message")
		}
		w.sent(ben, other, "same", "Hi")
	})
}

// MSG-7, MSG-10, MSG-18, CHAN-4, GRP-13: what cannot be sent is refused before it is queued, with the reason.
func TestRefusedSends(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, _ := w.agents()
		chat, group := w.chat("Mia"), w.group(3)
		pending := w.chat("Kay")
		w.follow(amy, chat)
		w.follow(amy, group)
		elsewhere, here := w.Messages(pending)[0].ID, w.Messages(chat)[0].ID
		inGroup := w.Messages(group)[0].ID
		sticker := func(p, s string) channels.Content {
			return channels.Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: p, StickerID: s}}
		}
		place := func(title string, lat, long float64) channels.Content {
			return channels.Content{Kind: channels.Location, Location: &channels.LocationRef{Title: title, Address: "Road 1", Latitude: lat, Longitude: long}}
		}
		for name, c := range map[string]struct {
			in          conversation.SendInput
			code, field string
		}{
			"nothing":               {conversation.SendInput{ConversationID: chat, Content: textContent("")}, "VALIDATION", "content.text"},
			"only space":            {conversation.SendInput{ConversationID: chat, Content: textContent(" \n ")}, "VALIDATION", "content.text"},
			"a NUL":                 {conversation.SendInput{ConversationID: chat, Content: textContent("a\x00b")}, "VALIDATION", "content.text"},
			"no UTF-8":              {conversation.SendInput{ConversationID: chat, Content: textContent("a\xffb")}, "VALIDATION", "content.text"},
			"5,001 units":           {conversation.SendInput{ConversationID: chat, Content: textContent(strings.Repeat("a", 5001))}, "LIMIT_EXCEEDED", "content.text"},
			"2,501 emojis":          {conversation.SendInput{ConversationID: chat, Content: textContent(strings.Repeat("😀", 2501))}, "LIMIT_EXCEEDED", "content.text"},
			"a picture":             {conversation.SendInput{ConversationID: chat, Content: channels.Content{Kind: channels.Image}}, "VALIDATION", "content"},
			"a sticker of nothing":  {conversation.SendInput{ConversationID: chat, Content: sticker("", "1")}, "VALIDATION", "content.sticker"},
			"a nameless place":      {conversation.SendInput{ConversationID: chat, Content: place("", 1, 1)}, "VALIDATION", "content.location.title"},
			"a long name":           {conversation.SendInput{ConversationID: chat, Content: place(strings.Repeat("長", 101), 1, 1)}, "VALIDATION", "content.location.title"},
			"off the globe":         {conversation.SendInput{ConversationID: chat, Content: place("x", 90.1, 1)}, "VALIDATION", "content.location.latitude"},
			"around the globe":      {conversation.SendInput{ConversationID: chat, Content: place("x", 1, -180.1)}, "VALIDATION", "content.location.longitude"},
			"a quote of elsewhere":  {conversation.SendInput{ConversationID: chat, Content: textContent("x"), ReplyToID: elsewhere}, "VALIDATION", "replyToMessageId"},
			"a quote in a group":    {conversation.SendInput{ConversationID: group, Content: textContent("x"), ReplyToID: inGroup}, "VALIDATION", "replyToMessageId"},
			"a variable in a group": {conversation.SendInput{ConversationID: group, Content: textContent("Hi {{system:customer_name}}")}, "VALIDATION", "content.text"},
			"what is not followed":  {conversation.SendInput{ConversationID: pending, Content: textContent("x")}, "STATE_CONFLICT", ""},
		} {
			c.in.ClientMessageID = name
			head := w.Head()
			_, _, _, err := w.actions.Send(ctx, amy, c.in)
			if f := w.refused(c.code, head, err); f.Field != c.field {
				t.Errorf("%s: field %q", name, f.Field)
			}
		}
		for _, id := range []string{"", " ", strings.Repeat("a", 101), "a\x00"} {
			if _, err := w.say(amy, chat, id, "x"); !fault.Is(err, fault.Invalid) {
				t.Errorf("client id %q: %v", id, err)
			}
		}
		w.sent(amy, chat, "longest", strings.Repeat("😀", 2500))
		for name, in := range map[string]conversation.SendInput{
			"sticker": {ConversationID: group, Content: sticker("446", "1988")}, "place": {ConversationID: chat, Content: place("Shop", 25.03, 121.56)},
			"quote": {ConversationID: chat, Content: textContent("about that"), ReplyToID: here},
		} {
			in.ClientMessageID = name
			m, _, _, err := w.actions.Send(ctx, amy, in)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if content, err := conversation.ContentOf(m); err != nil || content.Kind != in.Content.Kind || name == "quote" && (*m.ReplyToID != here || m.QuotedPlatformID == "") {
				t.Errorf("%s is kept as %+v, %v", name, content, err)
			}
		}
		w.Check()
	})
}

// CHAN-3, CHAN-4, GRP-5: a channel that is paused, disconnected or deleted, and a group the account has left, take nothing, and the refusal says why.
func TestSendability(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		chat, group := w.chat("Mia"), w.group(3)
		w.follow(amy, chat)
		w.follow(amy, group)
		set := func(f func(*ent.ChannelUpdateOne)) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				u := tx.Channel.UpdateOneID(w.ChannelID)
				f(u)
				return u.Exec(ctx)
			})
		}
		reasons := map[string]bool{}
		for _, f := range []func(*ent.ChannelUpdateOne){
			func(u *ent.ChannelUpdateOne) { u.SetState(channel.StatePAUSED) },
			func(u *ent.ChannelUpdateOne) { u.SetState(channel.StateDISCONNECTED) },
			func(u *ent.ChannelUpdateOne) { u.SetState(channel.StateCONNECTED).SetDeletedAt(morning) },
		} {
			set(f)
			head := w.Head()
			_, err := w.say(amy, chat, "x", "hi")
			reasons[w.refused("CHANNEL_UNAVAILABLE", head, err).Text] = true
		}
		if len(reasons) != 3 {
			t.Errorf("the reasons are %v", reasons)
		}
		set(func(u *ent.ChannelUpdateOne) { u.ClearDeletedAt() })
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Group.Update().SetState(entgroup.StateLEFT).Exec(ctx)
		})
		head := w.Head()
		_, err := w.say(amy, group, "x", "hi")
		w.refused("STATE_CONFLICT", head, err)
		w.sent(amy, chat, "x", "hi")
	})
	can := channels.Capability{TextLimit: 5000}
	for _, c := range []struct {
		o       conversation.Outlet
		allowed bool
		cost    int
	}{
		{conversation.Outlet{ChannelState: "CONNECTED", Capability: can}, true, 1},
		{conversation.Outlet{ChannelState: "CONNECTED", Capability: can, IsGroup: true, MemberCount: 12}, true, 12},
		{conversation.Outlet{ChannelState: "CONNECTED", Capability: can, IsGroup: true}, true, 0},
		{conversation.Outlet{ChannelState: "PAUSED", Capability: can}, false, 1},
		{conversation.Outlet{ChannelState: "CONNECTED", Capability: can, IsGroup: true, HasLeft: true}, false, 0},
	} {
		s := conversation.SendabilityOf(c.o)
		cost := 0
		if s.CostPerMessage != nil {
			cost = *s.CostPerMessage
		}
		if s.Allowed != c.allowed || cost != c.cost || s.TextLimit != 5000 || s.Allowed == (s.Reason != "") || s.RequiresTemplate {
			t.Errorf("%+v: %+v, cost %d", c.o, s, cost)
		}
	}
}

// MSG-6: a failed message is sent again in its place; after DELIVERY_UNCERTAIN without a key that holds, only on the agent's word, and the log says whose.
func TestRetry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		retry := func(id int64, twice bool) (*ent.Message, error) {
			m, _, err := w.actions.Retry(ctx, amy, conversation.RetryInput{MessageID: id, MayArriveTwice: twice})
			w.Check()
			return m, err
		}
		fail := func(m *ent.Message, code string, keyAt time.Time) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Message.UpdateOneID(m.ID).SetRetryKeyAt(keyAt).Exec(ctx)
			})
			w.settle(m, conversation.Delivery{Status: message.DeliveryFAILED, Code: code, Reason: "the platform said so"})
		}
		m := w.sent(amy, cid, "1", "one")
		w.sent(amy, cid, "2", "two")
		head := w.Head()
		_, err := retry(m.ID, false)
		w.refused("STATE_CONFLICT", head, err)
		inbound := w.Messages(cid)[0].ID
		_, err = retry(inbound, false)
		w.refused("STATE_CONFLICT", head, err)
		_, err = retry(9999, false)
		w.refused("NOT_FOUND", head, err)

		fail(m, channels.CodeRecipientGone, w.clock.Now())
		again, err := retry(m.ID, false)
		if err != nil || again.ID != m.ID || again.Seq != m.Seq || again.RetryKey != m.RetryKey || again.Delivery != message.DeliverySENDING || again.FailureCode != "" {
			t.Fatalf("after a definite failure: %+v, %v", again, err)
		}
		fail(m, channels.CodeDeliveryUncertain, w.clock.Now())
		if again, err = retry(m.ID, false); err != nil || again.RetryKey != m.RetryKey {
			t.Errorf("uncertain, while the key holds: %+v, %v", again, err)
		}
		fail(m, channels.CodeDeliveryUncertain, w.clock.Now())
		w.clock.Advance(25 * time.Hour)
		head = w.Head()
		_, err = retry(m.ID, false)
		if f := w.refused("VALIDATION", head, err); f.Field != "mayArriveTwice" {
			t.Errorf("field %q", f.Field)
		}
		if again, err = retry(m.ID, true); err != nil || again.RetryKey == m.RetryKey || again.RetryKeyAt != nil {
			t.Errorf("on the agent's word: %+v, %v", again, err)
		}
		log := w.Log(cid)
		if log[len(log)-1] != "log.resent_twice" || log[len(log)-2] != "log.resent" {
			t.Errorf("the log says %v", log)
		}
	})
}

// MSG-2: reports go forward only, on every message and with one event each; DELIVERY_UNCERTAIN may still turn into SENT.
func TestSetDelivery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		m := w.sent(amy, cid, "1", "one")
		report := func(d conversation.Delivery) bool {
			var changed bool
			head := w.Head()
			w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
				changed, err = conversation.SetDeliveryIn(ctx, tx, m.ID, d, system)
				return err
			})
			if n := len(w.Events(head)); changed && n != 1 || !changed && n != 0 {
				t.Errorf("%s: changed %v, %d events", d.Status, changed, n)
			}
			return changed
		}
		for _, c := range []struct {
			d    conversation.Delivery
			want bool
		}{
			{conversation.Delivery{Status: "FAILED", Code: channels.CodeDeliveryUncertain}, true},
			{conversation.Delivery{Status: "FAILED", Code: channels.CodeRecipientGone}, false},
			{conversation.Delivery{Status: "SENT", PlatformMessageID: "p1", QuoteToken: "q1"}, true},
			{conversation.Delivery{Status: "READ"}, true},
			{conversation.Delivery{Status: "RECEIVED"}, false},
			{conversation.Delivery{Status: "SENT"}, false},
			{conversation.Delivery{Status: "FAILED", Code: channels.CodePlatformError}, false},
		} {
			if got := report(c.d); got != c.want {
				t.Errorf("%s: %v", c.d.Status, got)
			}
		}
		now := w.Messages(cid)[1]
		if now.Delivery != message.DeliveryREAD || *now.PlatformMessageID != "p1" || now.QuoteToken != "q1" || now.FailureCode != "" || now.SentAt == nil {
			t.Errorf("it is %+v", now)
		}
	})
}

// CHAN-3: what is queued on a channel that is lost is FAILED with the reason, and its lanes rest.
func TestFailQueued(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		one, two := w.chat("Mia"), w.chat("Leo")
		w.follow(amy, one)
		w.follow(amy, two)
		for i, id := range []int64{one, two, two} {
			w.sent(amy, id, string(rune('a'+i)), "hi")
		}
		n := 0
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = conversation.FailQueuedIn(ctx, tx, w.ChannelID, channels.CodeCredentialsRevoked, "revoked", system)
			return err
		})
		w.Check()
		if n != 3 {
			t.Errorf("%d are given up", n)
		}
		for _, m := range append(w.Messages(one), w.Messages(two)...) {
			if m.Direction == message.DirectionOUTBOUND && (m.Delivery != message.DeliveryFAILED || m.FailureCode != channels.CodeCredentialsRevoked) {
				t.Errorf("%d is %s %s", m.ID, m.Delivery, m.FailureCode)
			}
		}
	})
}
