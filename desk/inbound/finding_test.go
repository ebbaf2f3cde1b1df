package inbound_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// found are the values that were found in a conversation, in the order in which they are shown, and the messages that hold them.
func (w *world) found(c *ent.Conversation) (values []string, messages map[string]int64) {
	w.T.Helper()
	messages = map[string]int64{}
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := finding.Of(ctx, v, []int64{c.ID, 987654})
		for _, f := range all[c.ID] {
			values = append(values, f.Value)
			messages[f.Value] = f.MessageID
		}
		return err
	})
	return values, messages
}

func (w *world) finds(c *ent.Conversation, wanted ...string) {
	w.T.Helper()
	if values, _ := w.found(c); !slices.Equal(values, wanted) {
		w.T.Errorf("found is %q, not %q", values, wanted)
	}
}

// CONV-26: phones, email and postal addresses are found in what a customer writes, in a group too; each number leads to the newest message that
// holds it, the newest three addresses are shown, and the row is marked and filtered.
func TestFindings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, peer := range []channels.Peer{user("Umia"), room("Cgroup")} {
			w.receive(w.says(peer, "訂單編號 0912345678"))
			c := w.with("Umia")
			if peer.Type == channels.PeerGroup {
				c = w.in("Cgroup")
			}
			if w.finds(c); c.HasPhone {
				t.Error("the number of an order marks the row")
			}
			head := w.Head()
			w.receive(w.says(peer, "0912-345-678 amy@gmail.com"), w.says(peer, "再一次 0912 345 678"))
			w.receive(w.says(peer, "台北市信義區市府路1號, 台北市信義區市府路2號"), w.says(peer, "台北市信義區市府路3號"), w.says(peer, "台北市信義區\n市府路4號"))
			w.finds(c, "台北市信義區 市府路4號", "台北市信義區市府路3號", "台北市信義區市府路2號", "amy@gmail.com", "+886912345678")
			all := w.Messages(c.ID)
			if _, of := w.found(c); of["+886912345678"] != all[2].ID || of["amy@gmail.com"] != all[1].ID {
				t.Errorf("they stand in %v", of)
			}
			if c = w.Conversation(c.ID); !c.HasPhone {
				t.Error("the row is not marked")
			}
			isTold := slices.ContainsFunc(w.Events(head), func(e event.Event) bool {
				return e.ConversationID == c.ID && e.Before != nil && !e.Before.HasPhone && e.After.HasPhone
			})
			if !isTold {
				t.Error("no event tells that the row is marked")
			}
		}
		yes := true
		list, err := inbox.New(w.DB, w.adapters).List(t.Context(), w.Agent(auth.Admin), inbox.ListInput{View: inbox.All, Sort: inbox.ByLastMessage, Filter: &inbox.Filter{HasPhone: &yes}, Window: page.Window{Limit: 25}})
		if err != nil || len(list.All) != 2 {
			t.Errorf("the filter gives %v, %v", list, err)
		}
	})
}

// CONV-26: what is shown is looked for among the newest 500 of a kind, however much a customer writes.
func TestFindingsOfMany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		peer := user("Umia")
		w.receive(w.says(peer, "0912345678 amy@gmail.com"))
		c := w.with("Umia")
		var twenty []string
		for i := range 20 {
			twenty = append(twenty, fmt.Sprintf("09870000%02d", i))
		}
		for n := 1; n <= 25; n++ {
			w.receive(w.says(peer, strings.Join(twenty, " ")))
			if values, _ := w.found(c); len(values) != 22 && n < 25 || n == 25 && len(values) != 21 {
				t.Fatalf("after %d messages of twenty numbers %d are found: %q", n, len(values), values)
			}
		}
		if values, _ := w.found(c); !slices.Contains(values, "amy@gmail.com") || slices.Contains(values, "+886912345678") {
			t.Errorf("found is %q", values)
		}
	})
}

// CONV-26, GRP-17, MSG-12: what only a message held that was unsent is gone with it, from the row's mark too; an edit changes what was found.
func TestFindingsOfWhatIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		peer := user("Umia")
		older, newer := w.says(peer, "0912345678"), w.says(peer, "0912345678 canary@example.com")
		w.receive(older, newer)
		c := w.with("Umia")
		w.receive(w.takesBack(newer))
		w.finds(c, "+886912345678")
		w.nowhere("canary")
		if _, of := w.found(c); of["+886912345678"] != w.Messages(c.ID)[0].ID {
			t.Errorf("it stands in %v", of)
		}
		w.receive(w.edits(older, "改成 0987654321"))
		w.finds(c, "+886987654321")
		w.receive(w.edits(older, "沒事了"))
		if w.finds(c); w.Conversation(c.ID).HasPhone {
			t.Error("the row is still marked")
		}
		// Unsent before it came: nothing is found in it.
		early := w.says(peer, "0912345678")
		w.receive(w.takesBack(early))
		w.receive(early)
		if w.finds(c); w.Conversation(c.ID).HasPhone {
			t.Error("what was unsent early marks the row")
		}
		// The mark stays where the contact has a phone of its own, and where one was found when the contact's goes.
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.ContactPhone.Create().SetContactID(*c.ContactID).SetTyped("0911222333").SetE164("+886911222333").SetDigits("0911222333").Exec(ctx)
		})
		last := w.says(peer, "0912345678")
		w.receive(last)
		w.receive(w.takesBack(last))
		if !w.Conversation(c.ID).HasPhone {
			t.Error("the contact's phone marks the row no longer")
		}
		w.receive(w.says(peer, "0912345678"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.ContactPhone.Delete().Exec(ctx); err != nil {
				return err
			}
			return row.RefreshContact(ctx, tx, *c.ContactID, event.Actor{Kind: event.BySystem})
		})
		if !w.Conversation(c.ID).HasPhone {
			t.Error("the found phone marks the row no longer")
		}
	})
}

// CONV-26, CONV-28: what is offered for a contact comes from the conversations that one may see, without what the contact has.
func TestFindingsOfAContact(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Umia"), "0912345678 或 0987654321, amy@gmail.com"))
		c := w.with("Umia")
		amy, bob := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.ContactPhone.Create().SetContactID(*c.ContactID).SetTyped("0912345678").SetE164("+886912345678").SetDigits("0912345678").Exec(ctx); err != nil {
				return err
			}
			c, err := row.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			after := row.Copy(c)
			after.Status, after.FollowerID = "IN_PROGRESS", &amy.AgentID
			return row.Put(ctx, tx, c, after, event.Actor{Kind: event.BySystem})
		})
		s := finding.New(w.DB)
		offered := func(p auth.Principal) (values []string) {
			t.Helper()
			all, err := s.OfContact(t.Context(), p, *c.ContactID)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				values = append(values, f.Value)
			}
			return values
		}
		if got := offered(amy); !slices.Equal(got, []string{"amy@gmail.com", "+886987654321"}) {
			t.Errorf("the follower is offered %q", got)
		}
		if got := offered(bob); len(got) > 0 {
			t.Errorf("who does not see the conversation is offered %q", got)
		}
		if _, err := s.OfContact(t.Context(), amy, 987654); err == nil {
			t.Error("a contact that is not there offers something")
		}
		if _, err := s.OfContact(t.Context(), w.Token(amy, nil, auth.ReadContacts), *c.ContactID); err == nil {
			t.Error("an integration that may not read conversations is offered something")
		}
	})
}
