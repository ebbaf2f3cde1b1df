package inbound_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CONV-1, CONV-3, MSG-1, MSG-15, MSG-18, CHAN-13: a new customer's first message.
func TestFirstMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		before := w.Head()
		w.receive(w.says(user("Umia"), "  <b>Hello</b>\nis my   parcel there? "+strings.Repeat("長", 200)))
		c := w.with("Umia")
		if c.Status != entconversation.StatusPENDING || c.Queue != entconversation.QueueHUMAN || c.Kind != entconversation.KindONE_ON_ONE || c.FollowerID != nil {
			t.Fatalf("a new conversation is %s/%s %s", c.Status, c.Queue, c.Kind)
		}
		if c.RegionID != "north" || c.BranchID != "taipei" {
			t.Errorf("it belongs to %q/%q, its channel to north/taipei", c.RegionID, c.BranchID)
		}
		if c.Unread != 1 || c.WaitingSince == nil || !c.WaitingSince.Equal(morning) || c.CustomerAt == nil || !c.LastAt.Equal(morning) {
			t.Errorf("unread %d, waiting since %v", c.Unread, c.WaitingSince)
		}
		if want := "<b>Hello</b> is my parcel there? " + strings.Repeat("長", 67); c.LastMessagePreview != want {
			t.Errorf("the preview is %q", c.LastMessagePreview)
		}
		m := w.Messages(c.ID)[0]
		if !strings.HasPrefix(m.Text, "  <b>Hello</b>\n") || m.Direction != message.DirectionINBOUND || m.Sender != message.SenderCONTACT || m.Delivery != message.DeliveryNONE {
			t.Errorf("the message is %q, %s from %s", m.Text, m.Direction, m.Sender)
		}
		if got := w.Log(c.ID); len(got) != 1 || got[0] != "log.created" {
			t.Errorf("the log says %v", got)
		}
		var kinds []event.Kind
		for _, e := range w.Events(before) {
			if e.ConversationID == c.ID {
				kinds = append(kinds, e.Kind)
			}
		}
		if len(kinds) != 3 || kinds[0] != event.ConversationCreated || kinds[1] != event.ConversationChanged || kinds[2] != event.MessageAdded {
			t.Errorf("events: %v", kinds)
		}
		if len(w.asked.profiles) != 1 {
			t.Errorf("the profile is asked for %d times", len(w.asked.profiles))
		}
	})
}

// CONV-3, CONV-8: what a message does by where the conversation was. The table is written here once more, by hand.
func TestTransitions(t *testing.T) {
	t.Parallel()
	kinds := map[string]channels.Content{
		"text": {Kind: channels.Text, Text: "hi"}, "image": {Kind: channels.Image, Media: &channels.Media{ID: "x"}},
		"video": {Kind: channels.Video, Media: &channels.Media{ID: "x"}}, "audio": {Kind: channels.Audio, Media: &channels.Media{ID: "x"}},
		"file":    {Kind: channels.File, Media: &channels.Media{ID: "x", Name: "a.pdf"}},
		"sticker": {Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: "1", StickerID: "2"}},
	}
	for _, c := range []struct {
		was                        string
		status                     entconversation.Status
		queue                      entconversation.Queue
		then                       entconversation.Status
		isFollowed, keepsFollowing bool
	}{
		{was: "PENDING/HUMAN", status: "PENDING", queue: "HUMAN", then: "PENDING"},
		{was: "PENDING/BOT", status: "PENDING", queue: "BOT", then: "PENDING"},
		{was: "IN_PROGRESS", status: "IN_PROGRESS", queue: "HUMAN", then: "IN_PROGRESS", isFollowed: true, keepsFollowing: true},
		{was: "ENDED, followed", status: "ENDED", queue: "HUMAN", then: "PENDING", isFollowed: true},
		{was: "ENDED, never followed", status: "ENDED", queue: "HUMAN", then: "PENDING"},
	} {
		t.Run(c.was, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				for _, peer := range []channels.Peer{user("Umia"), room("Cgroup")} {
					w.receive(w.says(peer, "first"))
					v := w.with("Umia")
					if peer.Type == channels.PeerGroup {
						v = w.in("Cgroup")
					}
					a := w.Agent(auth.Admin, auth.SendMessages)
					for name, content := range kinds {
						w.bring(v.ID, a, c.status, c.queue, c.isFollowed)
						e := w.says(peer, "")
						e.Content = &content
						w.receive(e)
						got := w.Conversation(v.ID)
						if got.Status != c.then || got.Queue != "HUMAN" || (got.FollowerID != nil) != c.keepsFollowing {
							t.Errorf("%s of %s: %s/%s, follower %v", name, peer.Type, got.Status, got.Queue, got.FollowerID)
						}
						if got.LastMessageKind != string(content.Kind) || got.LastMessagePreview != content.Text {
							t.Errorf("%s: the row shows %s %q", name, got.LastMessageKind, got.LastMessagePreview)
						}
					}
				}
			})
		})
	}
}

// bring puts a conversation where a case wants it, through the actions where they lead there.
func (w *world) bring(id int64, a auth.Principal, status entconversation.Status, queue entconversation.Queue, isFollowed bool) {
	w.T.Helper()
	ctx := w.T.Context()
	if v := w.Conversation(id); v.Status == entconversation.StatusIN_PROGRESS {
		if _, _, err := w.actions.End(ctx, a, conversation.EndInput{ConversationID: id}); err != nil {
			w.T.Fatal(err)
		}
	}
	if w.Conversation(id).Status == entconversation.StatusENDED {
		w.receive(w.saysIn(id))
	}
	if isFollowed {
		if _, _, err := w.actions.Follow(ctx, a, conversation.FollowInput{ConversationID: id}); err != nil {
			w.T.Fatal(err)
		}
	}
	if status == entconversation.StatusENDED {
		if _, _, err := w.actions.End(ctx, a, conversation.EndInput{ConversationID: id}); err != nil {
			w.T.Fatal(err)
		}
	}
	w.setQueue(id, queue)
}

// saysIn makes a message of a conversation's counterpart.
func (w *world) saysIn(id int64) channels.Event {
	var peer channels.Peer
	w.Read(func(ctx context.Context, v *store.View) error {
		c, err := v.Conversation.Query().Where(entconversation.ID(id)).WithIdentity().WithGroup().Only(ctx)
		if err != nil {
			return err
		}
		if c.Edges.Group != nil {
			peer = room(c.Edges.Group.PlatformGroupID)
		} else {
			peer = user(c.Edges.Identity.PlatformUserID)
		}
		return nil
	})
	return w.says(peer, "again")
}

// CHAN-9: processed once however often it is delivered; in order; unknown ones are kept and are not fatal.
func TestOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		one, two := w.says(user("Umia"), "one"), w.says(user("Umia"), "two")
		odd := w.event(channels.Ignored, user("Umia"))
		odd.Reason = "somethingNew"
		button := w.event(channels.AccountLinked, user("Umia"))
		r := w.receive(one, two, one, odd, button)
		if r.Applied != 2 || r.Duplicate != 1 || r.Ignored != 2 || r.Failed != 0 {
			t.Errorf("first: %+v", r)
		}
		one.Redelivery = true
		if r = w.receive(two, one, odd); r.Duplicate != 3 || r.Applied != 0 || r.Cursor.Epoch != "" {
			t.Errorf("again: %+v", r)
		}
		// The second wall: another event id, the same message.
		same := w.says(user("Umia"), "one")
		same.MessageID = one.MessageID
		w.receive(same)
		all := w.Messages(w.with("Umia").ID)
		if len(all) != 2 || all[0].Text != "one" || all[1].Text != "two" {
			t.Errorf("%d messages", len(all))
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			kept, err := v.InboundEvent.Query().All(ctx)
			if len(kept) != 5 {
				t.Errorf("%d events are kept", len(kept))
			}
			for _, k := range kept {
				if k.Kind == string(channels.Ignored) && (k.State != "IGNORED" || k.Reason != "somethingNew" || k.Raw == "") {
					t.Errorf("an unknown event is kept as %s %q %q", k.State, k.Reason, k.Raw)
				}
			}
			return err
		})
	})
}

// CONV-1, CHAN-9: eight first messages and eight deliveries of one at the same instant make one conversation and one message each.
func TestRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, peer := range []channels.Peer{user("Umia"), room("Cgroup")} {
			var bodies []inbound.Body
			for range 8 {
				e := w.says(peer, "first")
				e.SenderID = "Umia"
				bodies = append(bodies, inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}})
			}
			bodies = append(bodies, bodies...) // each is delivered twice
			var wg sync.WaitGroup
			start := make(chan struct{})
			results := make([]inbound.Result, len(bodies))
			for i, b := range bodies {
				wg.Go(func() {
					<-start
					var err error
					if results[i], err = w.inbound.Receive(t.Context(), b); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			wg.Wait()
			w.Check()
			var sum inbound.Result
			for _, r := range results {
				sum.Applied, sum.Duplicate, sum.Failed = sum.Applied+r.Applied, sum.Duplicate+r.Duplicate, sum.Failed+r.Failed
			}
			if sum.Applied != 8 || sum.Duplicate != 8 || sum.Failed != 0 {
				t.Errorf("%s: %+v", peer.Type, sum)
			}
			c := w.with("Umia")
			if peer.Type == channels.PeerGroup {
				c = w.in("Cgroup")
			}
			if n := len(w.Messages(c.ID)); n != 8 || c.Unread != 8 {
				t.Errorf("%s: %d messages, %d unread", peer.Type, n, c.Unread)
			}
		}
	})
}

// MSG-15: one that arrives late is marked so and does not become the preview; its place is that of its arrival.
func TestLate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		early := w.says(user("Umia"), "lost on its way")
		w.clock.Advance(time.Minute)
		w.receive(w.says(user("Umia"), "newest"))
		w.clock.Advance(time.Minute)
		early.Redelivery = true
		w.receive(early)
		c := w.with("Umia")
		all := w.Messages(c.ID)
		if all[1].Text != "lost on its way" || !all[1].IsLate || all[0].IsLate || !all[1].PlatformAt.Equal(morning) {
			t.Errorf("late: %+v", all[1])
		}
		if c.LastMessagePreview != "newest" || c.LastMessageSeq != 1 || c.MessageSeq != 2 || c.Unread != 2 || !c.LastAt.Equal(w.clock.Now()) {
			t.Errorf("the row shows %q of place %d, %d unread", c.LastMessagePreview, c.LastMessageSeq, c.Unread)
		}
	})
}

// CONV-15: of somebody whom the team blocked nothing is stored but the mark.
func TestBlocked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Umia"), "before"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Update().Where(identity.PlatformUserID("Umia")).SetIsBlocked(true).Exec(ctx)
		})
		head := w.Head()
		e := w.says(user("Umia"), "canary")
		w.receive(e, w.event(channels.Followed, user("Umia")))
		c := w.with("Umia")
		if c.MessageSeq != 1 || c.Unread != 1 || w.Head() != head {
			t.Errorf("a blocked person's message was stored: %d messages, %d unread", c.MessageSeq, c.Unread)
		}
		w.nowhere("canary")
		if r := w.receive(e); r.Duplicate != 1 {
			t.Errorf("it is not marked: %+v", r)
		}
	})
}

// CONV-15, CONV-24: blocking alone keeps what was said, on every channel; what is sent meanwhile is not kept, and what is sent afterwards is.
func TestBlockedAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Umia"), "before"))
		contacts, p, id := contact.New(w.DB), w.Agent(auth.AgentRole), *w.with("Umia").ContactID
		p.Permissions = []auth.Permission{auth.SendMessages}
		set := func(is, changes bool) {
			t.Helper()
			c, at, err := contacts.SetBlocked(t.Context(), p, id, is)
			if err != nil || c.IsBlocked != is || c.Identities[0].Identity.IsBlocked != is || (at.Epoch != "") != changes {
				t.Fatalf("blocked %v, cursor %v: %+v, %v", is, at, c, err)
			}
		}
		set(true, true)
		set(true, false)
		w.receive(w.says(user("Umia"), "canary"))
		if c := w.with("Umia"); c.MessageSeq != 1 || c.LastMessagePreview != "before" {
			t.Errorf("while it is blocked there are %d messages, the last %q", c.MessageSeq, c.LastMessagePreview)
		}
		w.nowhere("canary")
		set(false, true)
		set(false, false)
		w.receive(w.says(user("Umia"), "after"))
		c := w.with("Umia")
		if c.MessageSeq != 2 || c.LastMessagePreview != "after" {
			t.Errorf("afterwards there are %d messages, the last %q", c.MessageSeq, c.LastMessagePreview)
		}
		if log := w.Log(c.ID); !slices.Equal(log, []string{"log.created", "log.blocked", "log.unblocked"}) {
			t.Errorf("the log is %v", log)
		}
	})
}

// nowhere fails where a word is still kept in any store of content.
func (w *world) nowhere(word string) {
	w.T.Helper()
	w.Read(func(ctx context.Context, v *store.View) error {
		for _, q := range []string{
			"SELECT COUNT(*) FROM messages WHERE team_id = ? AND (text LIKE ? OR content LIKE ? OR quote_token LIKE ?)",
			"SELECT COUNT(*) FROM inbound_events WHERE team_id = ? AND (raw LIKE ? OR reason LIKE ? OR platform_message_id LIKE ?)",
			"SELECT COUNT(*) FROM early_effects WHERE team_id = ? AND (content LIKE ? OR quote_token LIKE ? OR content LIKE ?)",
			"SELECT COUNT(*) FROM findings WHERE team_id = ? AND (value LIKE ? OR written LIKE ? OR value LIKE ?)",
			"SELECT COUNT(*) FROM attachments WHERE team_id = ? AND (name LIKE ? OR source_url LIKE ? OR preview_url LIKE ?)",
			"SELECT COUNT(*) FROM conversations WHERE team_id = ? AND (last_message_preview LIKE ? OR name LIKE ? OR name LIKE ?)",
			"SELECT COUNT(*) FROM visitors WHERE team_id = ? AND (page_url || page_title LIKE ? OR message_page_url || message_page_title LIKE ? OR referrer || user_agent LIKE ?)",
			"SELECT COUNT(*) FROM events WHERE team_id = ? AND (body LIKE ? OR body LIKE ? OR body LIKE ?)",
		} {
			like := "%" + word + "%"
			rows, err := v.Query(ctx, q, v.Team, like, like, like)
			if err != nil {
				return err
			}
			var n int
			rows.Next()
			if err := rows.Scan(&n); err != nil {
				return err
			}
			if err := rows.Close(); err != nil {
				return err
			}
			if n > 0 {
				w.T.Errorf("%q is still kept: %s", word, q)
			}
		}
		return nil
	})
}

// MSG-3: on LINE an agent's messages become READ when the customer next answers, those that failed or are on their way do not.
func TestReadByAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.Agent(auth.AgentRole, auth.SendMessages)
		w.receive(w.says(user("Umia"), "hi"))
		c := w.with("Umia")
		if _, _, err := w.actions.Follow(t.Context(), a, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		sent := w.answer(a, c.ID, "sent", message.DeliverySENT)
		failed := w.answer(a, c.ID, "failed", message.DeliveryFAILED)
		sending := w.answer(a, c.ID, "sending", message.DeliverySENDING)
		head := w.Head()
		w.clock.Advance(time.Minute)
		w.receive(w.says(user("Umia"), "thanks"))
		want := map[int64]message.Delivery{sent.ID: "READ", failed.ID: "FAILED", sending.ID: "SENDING"}
		for _, m := range w.Messages(c.ID) {
			if d, ok := want[m.ID]; ok && m.Delivery != d {
				t.Errorf("%s is %s", m.Text, m.Delivery)
			}
		}
		changed := 0
		for _, e := range w.Events(head) {
			if e.Kind == event.MessageChanged && e.ObjectID == sent.ID && e.ObjectVersion == sent.Version+2 {
				changed++
			}
		}
		if changed != 1 {
			t.Errorf("%d events tell that it was read", changed)
		}
	})
}

// answer sends a text and says what became of it.
func (w *world) answer(a auth.Principal, id int64, text string, then message.Delivery) *ent.Message {
	w.T.Helper()
	m, _, _, err := w.actions.Send(w.T.Context(), a, conversation.SendInput{ConversationID: id, ClientMessageID: text, Content: channels.Content{Kind: channels.Text, Text: text}})
	if err != nil {
		w.T.Fatal(err)
	}
	if then != message.DeliverySENDING {
		w.settle(m, conversation.Delivery{Status: then, Code: channels.CodeRecipientGone, PlatformMessageID: "sent-" + text, QuoteToken: "quote-" + text})
	}
	return m
}

// MSG-5, GRP-16: a reply shows the quoted message where it is in our own store, ours too; elsewhere the reply alone.
func TestQuotes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := w.says(user("Umia"), "first")
		w.receive(first)
		c := w.with("Umia")
		a := w.Agent(auth.AgentRole, auth.SendMessages)
		if _, _, err := w.actions.Follow(t.Context(), a, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		ours := w.answer(a, c.ID, "ours", message.DeliverySENT)
		for _, quoted := range []string{first.MessageID, "sent-ours", "unknown"} {
			e := w.says(user("Umia"), "about "+quoted)
			e.QuotedMessageID = quoted
			w.receive(e)
		}
		all := w.Messages(c.ID)
		if all[2].ReplyToID == nil || *all[2].ReplyToID != all[0].ID || all[3].ReplyToID == nil || *all[3].ReplyToID != ours.ID || all[4].ReplyToID != nil {
			t.Errorf("quotes: %v %v %v", all[2].ReplyToID, all[3].ReplyToID, all[4].ReplyToID)
		}
		if all[4].QuotedPlatformID != "unknown" {
			t.Errorf("what was quoted is lost: %q", all[4].QuotedPlatformID)
		}
	})
}

// CHAN-13: a profile is asked for on first sight and when it is stale, and not in between.
func TestProfileFreshness(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Umia"), "hi"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Update().SetProfileFetchedAt(tx.Now).Exec(ctx)
		})
		w.receive(w.says(user("Umia"), "hi"))
		if len(w.asked.profiles) != 1 {
			t.Errorf("asked %d times while it is fresh", len(w.asked.profiles))
		}
		w.clock.Advance(30 * 24 * time.Hour)
		w.receive(w.says(user("Umia"), "hi"))
		if len(w.asked.profiles) != 2 {
			t.Errorf("asked %d times when it is stale", len(w.asked.profiles))
		}
	})
}

// CONT-9: the platform says who blocked the account; a message, a new friendship undo it, what is out of date changes nothing.
func TestReach(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		reach := func() identity.Reach {
			var r identity.Reach
			w.Read(func(ctx context.Context, v *store.View) error {
				i, err := v.Identity.Query().Only(ctx)
				if err == nil {
					r = i.Reach
				}
				return err
			})
			return r
		}
		w.receive(w.event(channels.Followed, user("Umia")))
		if w.with("Umia") != nil || reach() != identity.ReachREACHABLE {
			t.Errorf("a new friend: %v, %s", w.with("Umia"), reach())
		}
		left := w.event(channels.Unfollowed, user("Umia"))
		w.receive(left)
		if reach() != identity.ReachBLOCKED {
			t.Errorf("after blocking: %s", reach())
		}
		late := w.event(channels.Unfollowed, user("Umia"))
		w.clock.Advance(time.Second)
		w.receive(w.says(user("Umia"), "back"))
		if reach() != identity.ReachREACHABLE {
			t.Errorf("after a message: %s", reach())
		}
		w.receive(late)
		if reach() != identity.ReachREACHABLE {
			t.Errorf("after a late event: %s", reach())
		}
	})
}

// Another team's channel and people are another world: the same ids of the platform meet nothing of the first.
func TestTeams(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.says(user("Umia"), "hi")
		w.receive(e)
		other, err := w.DB.CreateTeam(t.Context(), store.NewTeam{Slug: "other", Name: "Other", Language: "en", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		// The other team's name on a body for this team's channel: the foreign keys refuse it, and nothing is half done.
		r, err := w.inbound.Receive(t.Context(), inbound.Body{Team: other, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}})
		if err == nil {
			t.Errorf("a body for another team's channel was taken in: %+v", r)
		}
		w.Check()
		if n := w.with("Umia").MessageSeq; n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// CONV-15: what arrives while its writer is blacklisted waits for that, and is not stored: no conversation is made anew, and of the event only the mark stays.
func TestBlacklistedMeanwhile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Umia"), "hello"))
		c := w.with("Umia")
		held, release, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			_, err := w.DB.Write(t.Context(), w.Team, func(ctx context.Context, tx *store.Tx) error {
				c, err := row.Lock(ctx, tx, c.ID)
				if err != nil {
					return err
				}
				if err := contact.BlockIn(ctx, tx, *c.ContactID, event.Actor{Kind: event.BySystem}); err != nil {
					return err
				}
				if _, err := tx.Message.Delete().Exec(ctx); err != nil {
					return err
				}
				if err := row.Delete(ctx, tx, c, event.Actor{Kind: event.BySystem}); err != nil {
					return err
				}
				close(held)
				<-release
				return nil
			})
			over <- err
		}()
		<-held
		go func() {
			for waits := !w.DB.IsPostgres(); !waits && t.Context().Err() == nil; { // SQLite has one writer: the message waits to begin
				if w.DB.SQL().QueryRowContext(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits) != nil {
					break
				}
			}
			close(release)
		}()
		w.receive(w.says(user("Umia"), "canary"))
		if err := <-over; err != nil {
			t.Fatal(err)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			n, err := v.Conversation.Query().Count(ctx)
			if n != 0 {
				t.Errorf("%d conversations are made anew", n)
			}
			return err
		})
		w.nowhere("canary")
	})
}

// CONV-14: what is deleted is in no store any more; the identity stays bare, and the marks: what the platform brings again is known, and the next new message opens a new
// conversation on the same identity.
func TestDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.Agent(auth.Supervisor, auth.SendMessages)
		first := w.says(user("Umia"), "canary, call me: 0912-345-678 or canary@example.com")
		w.receive(first, w.says(user("Uleo"), "stays, call me: 0922-345-678"))
		w.clock.Advance(time.Second)
		edit := w.event(channels.MessageEdited, user("Umia"))
		edit.MessageID, edit.Content = first.MessageID, &channels.Content{Kind: channels.Text, Text: "canary, the second, call me: 0912-345-678"}
		w.receive(edit)
		old := w.with("Umia")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.UpdateOneID(*old.IdentityID).SetDisplayName("canary").SetPictureURL("https://canary.example").SetStatusMessage("canary").SetIsBlocked(false).Exec(ctx)
		})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Visitor.Create().SetTeamID(tx.Team).SetChannelID(old.ChannelID).SetIdentityID(*old.IdentityID).SetTokenHash([]byte("hash")).SetExpiresAt(tx.Now).SetSeenAt(tx.Now).
				SetPageURL("https://canary.example").SetPageTitle("canary").SetMessagePageURL("canary").SetMessagePageTitle("canary").SetReferrer("canary").SetUserAgent("canary").
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		})
		if _, _, err := w.actions.Follow(ctx, boss, conversation.FollowInput{ConversationID: old.ID}); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := w.actions.Send(ctx, boss, conversation.SendInput{ConversationID: old.ID, ClientMessageID: "1", Content: channels.Content{Kind: channels.Text, Text: "canary too"}}); err != nil {
			t.Fatal(err)
		}
		many := conversation.NewBulk(w.actions, w.asked, slog.New(slog.DiscardHandler))
		b, _, err := many.Do(ctx, boss, conversation.BulkInput{Action: conversation.Deleting, IDs: []int64{old.ID}})
		if err != nil || b.Job.Failed != 0 || b.Job.Done != 1 {
			t.Fatalf("%+v, %v", b, err)
		}
		w.Check()
		w.nowhere("canary")
		w.nowhere("912345678")
		w.Read(func(ctx context.Context, v *store.View) error {
			for table, want := range map[string]int{"messages": 1, "findings": 1, "conversations": 1, "participants": 0, "attachments": 0, "notifications": 0, "lanes": 0} {
				rows, err := v.Query(ctx, "SELECT COUNT(*) FROM "+table)
				if err != nil {
					return err
				}
				n := 0
				rows.Next()
				if err := rows.Scan(&n); err != nil {
					return err
				}
				if err := rows.Close(); err != nil {
					return err
				}
				if n != want {
					t.Errorf("%d of %s are left, not %d", n, table, want)
				}
			}
			i, err := v.Identity.Get(ctx, *old.IdentityID)
			if err != nil || i.PlatformUserID != "Umia" || i.DisplayName != "" || i.PictureURL != "" || i.StatusMessage != "" {
				t.Errorf("the identity is %+v, %v", i, err)
			}
			return err
		})
		if r := w.receive(first); r.Duplicate != 1 || w.with("Umia") != nil {
			t.Errorf("what the platform brings again: %+v", r)
		}
		w.receive(w.says(user("Umia"), "new"))
		if c := w.with("Umia"); c == nil || c.ID == old.ID || *c.IdentityID != *old.IdentityID || c.Status != "PENDING" || c.MessageSeq != 1 || c.FollowerID != nil {
			t.Errorf("the next message opens %+v", c)
		}
	})
}
