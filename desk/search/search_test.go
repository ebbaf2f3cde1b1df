package search_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// rows counts the rows of the index of messages that hold the part's grams, and all rows.
func (w *world) rows(part string) (with, all int) {
	w.t.Helper()
	w.read(func(ctx context.Context, v *store.View) error {
		q, args := "SELECT count(*), (SELECT count(*) FROM search_messages) FROM search_messages WHERE search_messages MATCH ?",
			[]any{gram.Match(gram.Salted(gram.Asked(text.Fold(part)), uint64(w.Team)))}
		if v.IsPostgres() {
			q, args = "SELECT count(*), (SELECT count(*) FROM team_search_messages) FROM team_search_messages WHERE grams @> ?::integer[] AND team_id = ?",
				[]any{gram.Array(gram.Salted(gram.Asked(text.Fold(part)), uint64(w.Team)<<32)), w.Team}
		}
		r, err := v.Query(ctx, q, args...)
		if err != nil {
			return err
		}
		defer r.Close()
		if !r.Next() {
			return r.Err()
		}
		return r.Scan(&with, &all)
	})
	return with, all
}

// GRP-17, MSG-12: of what was unsent nothing is left in the index, nor of the former text of what was edited; a message that was unsent before it came
// never gets there.
func TestErased(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		w.receive(w.says("U1", "m1", "曇花一現"), w.says("U1", "m2", "canary"))
		if with, all := w.rows("曇花"); with != 1 || all != 2 {
			t.Fatalf("%d of %d rows hold the canary", with, all)
		}
		w.receive(w.unsends("U1", "m1"))
		w.receive(w.edits("U1", "m2", "sparrow"))
		w.receive(w.unsends("U1", "m3"))
		w.receive(w.says("U1", "m3", "曇花又開"))
		w.receive(w.says("U1", "m4", "曇花"), w.unsends("U1", "m4"))
		for _, part := range []string{"曇花", "曇", "canary"} {
			if with, all := w.rows(part); with != 0 || all != 1 {
				t.Errorf("%d of %d rows hold %q, which was erased", with, all, part)
			}
			if found := w.ids(boss, search.Input{Text: part, First: 10}); len(found) != 0 {
				t.Errorf("%q, which was erased, is found in %v", part, found)
			}
		}
		if found := w.ids(boss, search.Input{Text: "PARROW", First: 10}); len(found) != 1 {
			t.Errorf("the new text is found %d times", len(found))
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Message.Delete().Where(message.PlatformMessageID("m2")).Exec(ctx)
			return err
		})
		if _, all := w.rows("sparrow"); all != 0 {
			t.Error("a deleted message is in the index")
		}
	})
}

func noRest(ctx context.Context) error { return ctx.Err() }

// CONV-16: messages from before there was an index are put into it, from where an earlier server stopped; and those that a server of an older
// version wrote beside.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		for n := range 30 {
			w.receive(w.says("U1", fmt.Sprint("m", n), fmt.Sprintf("曇花 %d", n)))
		}
		w.receive(w.unsends("U1", "m7"))
		in := search.Input{Text: "曇花", First: 100}
		forget := func(after int64) {
			t.Helper()
			column := map[bool]string{true: "message_id", false: "rowid"}[w.DB.IsPostgres()]
			if _, err := w.DB.SQL().ExecContext(t.Context(), w.DB.Rebind("DELETE FROM search_messages WHERE "+column+" > ?"), after); err != nil {
				t.Fatal(err)
			}
		}
		forget(0)
		if found := w.ids(boss, in); len(found) != 0 {
			t.Fatalf("%d messages are found without an index", len(found))
		}
		if err := w.search.CatchUp(t.Context(), noRest); err != nil {
			t.Fatal(err)
		}
		if found, want := w.ids(boss, in), w.scan(boss, in); len(want) != 29 || !slices.Equal(found, want) {
			t.Fatalf("found %v, want %v", found, want)
		}
		// Another server wrote two without the index.
		last := w.scan(boss, in)[0]
		w.receive(w.says("U1", "m50", "曇花 50"), w.says("U2", "m51", "曇花 51"))
		forget(last)
		for range 2 {
			if err := w.search.CatchUp(t.Context(), noRest); err != nil {
				t.Fatal(err)
			}
			if found, want := w.ids(boss, in), w.scan(boss, in); len(want) != 31 || !slices.Equal(found, want) {
				t.Fatalf("found %v, want %v", found, want)
			}
		}
	})
}

// CONV-16: a page stops after so many candidates and the next goes on from there, though none was found.
func TestPageStops(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		w.receive(w.says("U1", "m0", "請問，訂單"))
		for n := range 40 {
			w.receive(w.says("U1", fmt.Sprint("n", n), "訂單在哪，請問"))
		}
		in := search.Input{Text: "請問，訂單", First: 5}.WithMost(15)
		page := w.page(boss, in)
		if len(page.Hits) != 0 || !page.HasNext || page.SearchedUntil == nil || page.End == "" {
			t.Fatalf("the first page is %+v", page)
		}
		if found := w.ids(boss, in); len(found) != 1 {
			t.Fatalf("found %v", found)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "  ", "\u3000", "a\x00", strings.Repeat("長", 101)} {
		if err := search.Check(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"曇", "a", " a ", "👍", "$", "，", " ! ?", strings.Repeat("長", 100)} {
		if err := search.Check(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// CONT-15, CONT-19, GRP-9, GRP-21, CONV-28: conversations are found by every name there is, contacts by what is known of them, as far as they may be seen.
func TestNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, agent := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		other := w.Agent(auth.AgentRole)
		contacts := contact.New(w.DB)
		phones, emails, note, number := []string{"0912-345-678"}, []string{"Mei@Example.com"}, "喜歡曇花", "VIP-007"
		made, _, err := contacts.Create(t.Context(), boss, contact.CreateInput{Fields: contact.Fields{FirstName: contact.Given("陳"), LastName: contact.Given("美玲"),
			Phones: contact.Given(phones), Emails: contact.Given(emails), Note: contact.Given(note), MembershipNo: contact.Given(number)}})
		if err != nil {
			t.Fatal(err)
		}
		hers := w.Conversation(w.channel, factory.Spec{Name: "Ｚoë 林", Status: "IN_PROGRESS", Follower: other.AgentID})
		group := w.Conversation(w.channel, factory.Spec{Name: "團購", IsGroup: true})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.GroupMember.Update().SetDisplayName("王小明").SetNameFolded("王小明").AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx)
		})
		find := func(p auth.Principal, s string) (conversations []int64, member string, found []contact.Found) {
			t.Helper()
			err := w.search.Look(t.Context(), p, func(ctx context.Context, v *store.View) error {
				c, err := inbox.FindIn(ctx, v, p, s, 5, inbox.Wants{})
				if err != nil {
					return err
				}
				for _, x := range c.All {
					conversations = append(conversations, x.ID)
					member = c.Members[x.ID].Name
				}
				found, err = contact.FindIn(ctx, v, p, s, 5, 0)
				return err
			})
			if err != nil {
				t.Fatalf("find %q: %v", s, err)
			}
			return conversations, member, found
		}
		for _, c := range []struct {
			text  string
			field contact.Field
			value string
		}{{"陳 美", contact.FoundByName, "陳 美玲"}, {"玲", contact.FoundByName, "陳 美玲"}, {"912345", contact.FoundByPhone, "0912-345-678"},
			{"+886912345678", contact.FoundByPhone, "0912-345-678"}, {"EXAMPLE.c", contact.FoundByEmail, "Mei@Example.com"}, {"曇", contact.FoundByNote, note},
			{"ｖｉｐ-0", contact.FoundByMembershipNo, number}} {
			_, _, found := find(boss, c.text)
			if len(found) != 1 || found[0].ID != made.ID || found[0].Field != c.field || found[0].Value != c.value {
				t.Errorf("%q finds %+v", c.text, found)
			}
		}
		if _, _, found := find(agent, "912345"); len(found) != 0 {
			t.Errorf("who may not see phones finds a part of one: %+v", found)
		}
		if _, _, found := find(agent, "+886 912 345 678"); len(found) != 1 || found[0].Value != "****-***-678" {
			t.Errorf("who may not see phones finds %+v", found)
		}
		if got, _, _ := find(boss, "zoë"); !slices.Equal(got, []int64{hers.ID}) {
			t.Errorf("a customer's name finds %v", got)
		}
		if got, _, _ := find(agent, "zoë"); len(got) != 0 {
			t.Errorf("who may not see a conversation finds it: %v", got)
		}
		if got, _, _ := find(boss, "購"); !slices.Equal(got, []int64{group.ID}) {
			t.Errorf("a group's name finds %v", got)
		}
		if got, member, _ := find(boss, "小明"); !slices.Equal(got, []int64{group.ID}) || member != "王小明" {
			t.Errorf("a member's name finds %v by %q", got, member)
		}
		// A name that is no longer so is not found.
		w.Change(hers.ID, func(u *ent.ConversationUpdateOne) { u.SetName("周").SetNameFolded("周") })
		if got, _, _ := find(boss, "zoë"); len(got) != 0 {
			t.Errorf("a former name finds %v", got)
		}
		if got, _, _ := find(boss, "周"); !slices.Equal(got, []int64{hers.ID}) {
			t.Errorf("the new name finds %v", got)
		}
	})
}
