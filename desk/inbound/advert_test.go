package inbound_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// adverts are what a conversation carries, the newest first.
func (w *world) adverts(c *ent.Conversation) []*ent.Advert {
	w.T.Helper()
	var all map[int64][]*ent.Advert
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		all, err = inbox.AdvertsOf(ctx, v, []*ent.Conversation{c})
		return err
	})
	return all[c.ID]
}

// CONV-27: a conversation carries the advertisements by which its customer came: with a message, a button, or alone; the ten newest, by the platform's clock; links that are
// links. Whoever came by none has none, and neither has who said nothing yet.
func TestAdverts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ad := func(e channels.Event, n int) channels.Event {
			e.Advert = &channels.Advert{ID: fmt.Sprintf("ad-%d", n), Title: "雙11\n全館 9 折", URL: fmt.Sprintf("https://facebook.example/%d", n), PictureURL: "https://pictures.example/ad.jpg", Ref: "ad-ref"}
			return e
		}
		w.receive(ad(w.event(channels.Referred, user("Umia")), 0))
		if w.with("Umia") != nil {
			t.Error("who said nothing has a conversation")
		}
		w.receive(ad(w.says(user("Umia"), "hello"), 1), w.says(user("Uann"), "hello"))
		c := w.with("Umia")
		all := w.adverts(c)
		if !c.IsFromAd || len(all) != 1 || all[0].AdID != "ad-1" || all[0].Title != "雙11 全館 9 折" || all[0].URL != "https://facebook.example/1" || all[0].PictureURL == "" || all[0].Ref != "ad-ref" || !all[0].At.Equal(w.clock.Now()) {
			t.Errorf("it carries %+v", all)
		}
		if ann := w.with("Uann"); ann.IsFromAd || len(w.adverts(ann)) != 0 {
			t.Error("who came by none has one")
		}
		head := w.Head()
		again := ad(w.event(channels.Referred, user("Umia")), 1)
		again.OccurredAt = all[0].At
		w.receive(again)
		if len(w.adverts(c)) != 1 || w.Head() != head {
			t.Errorf("the same once more: %+v", w.adverts(c))
		}
		for n := 2; n <= 11; n++ {
			w.clock.Advance(time.Minute)
			e := ad(w.event(channels.Referred, user("Umia")), n)
			if n == 5 {
				e = ad(w.event(channels.Postback, user("Umia")), n)
				e.PostbackData = "GET_STARTED"
			}
			w.receive(e)
		}
		late := ad(w.event(channels.Referred, user("Umia")), 99)
		late.OccurredAt = morning
		w.receive(late)
		all = w.adverts(w.with("Umia"))
		if len(all) != 10 || all[0].AdID != "ad-11" || all[9].AdID != "ad-2" {
			t.Errorf("the ten newest are %+v", all)
		}
		told := w.Events(head)
		if e := told[len(told)-1]; e.Kind != event.ConversationChanged || !e.After.IsFromAd {
			t.Errorf("told is %+v", e)
		}
		bad := ad(w.event(channels.Referred, user("Umia")), 12)
		bad.OccurredAt = w.clock.Now().Add(time.Second)
		bad.Advert.URL, bad.Advert.PictureURL = "javascript:alert(1)", "//nowhere"
		w.receive(bad)
		if a := w.adverts(w.with("Umia"))[0]; a.AdID != "ad-12" || a.URL != "" || a.PictureURL != "" {
			t.Errorf("what is no link is %+v", a)
		}
		// CONV-17: the filter finds it, in the database and of the facets alike.
		boss := w.Agent(auth.Supervisor)
		for is, want := range map[bool]int64{true: w.with("Umia").ID, false: w.with("Uann").ID} {
			var ids []int64
			w.Read(func(ctx context.Context, v *store.View) (err error) {
				ids, err = inbox.SelectIn(ctx, v, boss, inbox.Selection{View: inbox.All, Filter: &inbox.Filter{IsFromAd: &is}}, 10)
				return err
			})
			if len(ids) != 1 || ids[0] != want {
				t.Errorf("the filter %t finds %v", is, ids)
			}
		}
	})
}
