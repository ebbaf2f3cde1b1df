package tagging_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/activity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

type world struct {
	db   *store.DB
	p    auth.Principal
	tags *tagging.Service
}

func setup(t *testing.T, db *store.DB, slug string) world {
	t.Helper()
	team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "en", TimeZone: "UTC", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return world{db: db, p: auth.Principal{TeamID: team, AgentID: 1, Role: auth.AgentRole, Permissions: []auth.Permission{auth.SendMessages}}, tags: tagging.New(db)}
}

// contact makes a contact with a conversation and gives both ids.
func (w world) contact(t *testing.T, n int) (contact, conversation int64) {
	t.Helper()
	if _, err := w.db.Write(t.Context(), w.p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Contact.Create().SetTeamID(tx.Team).SetFirstName("a").SetName("a").SetNameFolded("a").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		ch, err := tx.Channel.Create().SetTeamID(tx.Team).SetType("LINE").SetName("a").SetWebhookKey(fmt.Sprintf("%d-%d", tx.Team, n)).SetPlatformID(fmt.Sprint(n)).
			SetCredentials([]byte("sealed")).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		i, err := tx.Identity.Create().SetTeamID(tx.Team).SetChannelID(ch.ID).SetPlatformUserID("U").SetContactID(c.ID).SetFirstSeenAt(tx.Now).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		v, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType("LINE").SetIdentityID(i.ID).SetContactID(c.ID).
			SetKind("ONE_ON_ONE").SetStatus("PENDING").SetName("a").SetNameFolded("a").SetLastAt(tx.Now), event.Actor{Kind: event.BySystem})
		if err == nil {
			contact, conversation = c.ID, v.ID
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return contact, conversation
}

func (w world) tag(t *testing.T, contact int64, name string, again bool) tagging.Result {
	t.Helper()
	r, _, err := w.tags.Tag(t.Context(), w.p, tagging.TagInput{ContactID: contact, Name: &name, ConfirmAgain: again})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// copies reads the tags that the contact and its row in the inbox show, and how many contacts carry a tag.
func (w world) copies(t *testing.T, contact, conversation, tag int64) (c, row []int64, count int) {
	t.Helper()
	if err := w.db.Read(t.Context(), w.p.TeamID, func(ctx context.Context, v *store.View) error {
		c, row = v.Contact.GetX(ctx, contact).TagIds, v.Conversation.GetX(ctx, conversation).TagIds
		if g, err := v.Tag.Get(ctx, tag); err == nil {
			count = g.ContactCount
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return c, row, count
}

// CONT-12, CONT-13, CONV-24: a new name makes the tag; tagging again asks first and then counts one more; the log of its conversation tells of it.
func TestTaggingAgainAsksFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		contact, conversation := w.contact(t, 1)
		first := w.tag(t, contact, "VIP 客戶", false)
		id := first.Tagged.Tag.ID
		if first.IsTaggedAlready || first.Tagged.Tagging.Count != 1 || first.Tagged.Tag.ContactCount != 1 || !slices.Contains(tagging.Palette, first.Tagged.Tag.Colour) {
			t.Errorf("the first time: %+v", first)
		}
		head, err := db.Head(t.Context(), w.p.TeamID)
		if err != nil {
			t.Fatal(err)
		}
		asked := w.tag(t, contact, "ｖｉｐ 客戶", false)
		if !asked.IsTaggedAlready || asked.Tagged.Tagging.Count != 1 || asked.Tagged.Tag.ID != id {
			t.Errorf("the second time: %+v", asked)
		}
		if now, err := db.Head(t.Context(), w.p.TeamID); err != nil || now != head {
			t.Errorf("the question wrote events: %v", err)
		}
		if again := w.tag(t, contact, "vip 客戶", true); again.IsTaggedAlready || again.Tagged.Tagging.Count != 2 || again.Tagged.Tag.ContactCount != 1 {
			t.Errorf("confirmed: %+v", again)
		}
		other := w.tag(t, contact, "vip客戶", false) // spaces count
		if other.Tagged.Tag.ID == id {
			t.Error("a name without the space is the same tag")
		}
		c, r, count := w.copies(t, contact, conversation, id)
		if want := []int64{id, other.Tagged.Tag.ID}; !slices.Equal(c, want) || !slices.Equal(r, want) || count != 1 {
			t.Errorf("the contact shows %v, the row %v, want %v", c, r, want)
		}
		for range 2 {
			if _, err := w.tags.Untag(t.Context(), w.p, contact, id); err != nil {
				t.Fatal(err)
			}
		}
		if c, r, count := w.copies(t, contact, conversation, id); len(c) != 1 || len(r) != 1 || count != 0 {
			t.Errorf("after untagging the contact shows %v, the row %v, the tag counts %d", c, r, count)
		}
		if _, err := db.Write(t.Context(), w.p.TeamID, func(ctx context.Context, tx *store.Tx) error {
			return tagging.SetIn(ctx, tx, contact, []int64{id}, w.p.Actor())
		}); err != nil {
			t.Fatal(err)
		}
		// What changed is told in the conversation's log, and what was asked or counted again is not.
		if got, want := w.log(t, conversation), []string{"log.tagged VIP 客戶", "log.tagged vip客戶", "log.untagged VIP 客戶", "log.untagged vip客戶", "log.tagged VIP 客戶"}; !slices.Equal(got, want) {
			t.Errorf("the log says %q, want %q", got, want)
		}
	})
}

// log lists what a conversation's log says of tags.
func (w world) log(t *testing.T, conversation int64) []string {
	t.Helper()
	var all []string
	if err := w.db.Read(t.Context(), w.p.TeamID, func(ctx context.Context, v *store.View) error {
		entries, err := v.Activity.Query().Where(activity.ConversationID(conversation)).Order(activity.ByID()).All(ctx)
		for _, e := range entries {
			all = append(all, e.Code+" "+e.Params["tags"])
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// CONT-12: deleting removes it from all.
func TestDeleteRemovesFromAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		var contacts, conversations []int64
		for n := range 3 {
			c, v := w.contact(t, n)
			contacts, conversations = append(contacts, c), append(conversations, v)
		}
		id := w.tag(t, contacts[0], "gone", false).Tagged.Tag.ID
		kept := w.tag(t, contacts[0], "kept", false).Tagged.Tag.ID
		w.tag(t, contacts[1], "gone", false)
		at, err := w.tags.Delete(t.Context(), w.p, id)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]int64{{kept}, {}, nil} {
			if c, r, _ := w.copies(t, contacts[i], conversations[i], id); !slices.Equal(c, want) || !slices.Equal(r, want) {
				t.Errorf("contact %d shows %v, its row %v, want %v", i, c, r, want)
			}
		}
		log, err := db.After(t.Context(), w.p.TeamID, at.Seq-5, 10)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []event.Kind
		for _, e := range log {
			kinds = append(kinds, e.Kind)
		}
		if want := []event.Kind{event.TagChanged, event.ContactChanged, event.ContactChanged, event.ConversationChanged, event.ConversationChanged}; !slices.Equal(kinds, want) {
			t.Errorf("the log says %v", kinds)
		}
		if _, err := w.tags.Delete(t.Context(), w.p, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// CONT-12, CONT-13: of several at the same time one makes the tag and one is the first to tag.
func TestSimultaneousTagging(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		contact, _ := w.contact(t, 1)
		other, _ := w.contact(t, 2)
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				name := "VIP"
				if _, _, err := w.tags.Tag(t.Context(), w.p, tagging.TagInput{ContactID: []int64{contact, other}[n%2], Name: &name, ConfirmAgain: true}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := db.Read(t.Context(), w.p.TeamID, func(ctx context.Context, v *store.View) error {
			g := v.Tag.Query().OnlyX(ctx)
			n := 0
			for _, x := range v.Tagging.Query().AllX(ctx) {
				n += x.Count
			}
			if g.ContactCount != 2 || n != 8 {
				t.Errorf("%d contacts carry it, tagged %d times", g.ContactCount, n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// CONT-12
func TestTagsAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, other := setup(t, db, "a"), setup(t, db, "b")
		contact, _ := w.contact(t, 1)
		vip := w.tag(t, contact, "VIP", false).Tagged.Tag
		theirContact, _ := other.contact(t, 1)
		theirs := other.tag(t, theirContact, "theirs", false).Tagged.Tag.ID
		name, red := "new", "RED"
		second, _, err := w.tags.Create(t.Context(), w.p, tagging.CreateInput{Name: "second", Colour: vip.Colour})
		if err != nil {
			t.Fatalf("two tags of one colour: %v", err)
		}
		_, _, same := w.tags.Create(t.Context(), w.p, tagging.CreateInput{Name: "vip"})
		_, _, colour := w.tags.Create(t.Context(), w.p, tagging.CreateInput{Name: "x", Colour: "BLACK"})
		_, _, renamed := w.tags.Update(t.Context(), w.p, tagging.UpdateInput{ID: second.ID, Name: &vip.Name})
		_, _, foreign := w.tags.Update(t.Context(), w.p, tagging.UpdateInput{ID: theirs, Colour: &red})
		_, _, tagged := w.tags.Tag(t.Context(), w.p, tagging.TagInput{ContactID: contact, TagID: &theirs})
		_, _, both := w.tags.Tag(t.Context(), w.p, tagging.TagInput{ContactID: contact, TagID: &vip.ID, Name: &name})
		_, _, nobody := w.tags.Tag(t.Context(), w.p, tagging.TagInput{ContactID: theirContact, Name: &name})
		reader := w.p
		reader.Permissions = nil
		_, _, mayNot := w.tags.Create(t.Context(), reader, tagging.CreateInput{Name: "x"})
		for what, c := range map[string]struct {
			err  error
			kind fault.Kind
		}{
			"the same name in another case": {same, fault.Conflict}, "no colour of the palette": {colour, fault.Invalid}, "renamed to another's name": {renamed, fault.Conflict},
			"another team's tag": {foreign, fault.NotFound}, "tagging with another team's": {tagged, fault.NotFound}, "an id and a name": {both, fault.Invalid},
			"another team's contact": {nobody, fault.NotFound}, "one who may not answer": {mayNot, fault.Forbidden},
		} {
			if !fault.Is(c.err, c.kind) {
				t.Errorf("%s: %v", what, c.err)
			}
		}
		all, _, err := w.tags.List(t.Context(), w.p, "", page.Window{Limit: 10})
		if err != nil || len(all) != 2 {
			t.Errorf("refusals left %v, %v", all, err)
		}
	})
}

// CONT-12: searched without regard to case while spaces and signs count.
func TestList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		for _, name := range []string{"VIP 100%", "vip", "Gold", "新客戶", "under_score"} {
			if _, _, err := w.tags.Create(t.Context(), w.p, tagging.CreateInput{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		list := func(part string, window page.Window) ([]string, page.Result) {
			t.Helper()
			all, at, err := w.tags.List(t.Context(), w.p, part, window)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, g := range all {
				names = append(names, g.Name)
			}
			return names, at
		}
		for part, want := range map[string][]string{"": {"Gold", "under_score", "vip", "VIP 100%", "新客戶"}, "vIp": {"vip", "VIP 100%"}, "p 1": {"VIP 100%"}, "p1": nil,
			"%": {"VIP 100%"}, "_": {"under_score"}, "客": {"新客戶"}, "vip ": {"VIP 100%"}} {
			if got, _ := list(part, page.Window{Limit: 10}); !slices.Equal(got, want) {
				t.Errorf("%q finds %v, want %v", part, got, want)
			}
		}
		first, at := list("", page.Window{Limit: 2})
		next, at2 := list("", page.Window{Limit: 2, After: at.Cursors[1]})
		back, at3 := list("", page.Window{Limit: 2, Before: at2.Cursors[0], IsBackward: true})
		if !at.HasNext || !slices.Equal(next, []string{"vip", "VIP 100%"}) || !slices.Equal(back, first) || at3.HasPrevious || !at3.HasNext {
			t.Errorf("pages %v, %v and back %v", first, next, back)
		}
		if _, _, err := w.tags.List(t.Context(), w.p, "", page.Window{Limit: 2, After: "x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong cursor: %v", err)
		}
	})
}
