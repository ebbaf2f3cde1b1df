package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// MSG-15: pages of any size from either end, and around any message, hold the messages in their order, each once, and tell rightly what
// is before and after them.
func TestPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		agent := w.Agent(auth.AgentRole)
		const many = 37
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Messages: many})
		w.Conversation(w.Channel("LINE"), factory.Spec{Messages: 5})
		byID := map[int64]int64{} // by sequence
		first, err := w.inbox.Page(t.Context(), agent, c.ID, 0, page.Window{Limit: 100})
		if err != nil || len(first.All) != many || first.HasNext || first.HasPrevious {
			t.Fatalf("all on one page: %d, %v", len(first.All), err)
		}
		for _, m := range first.All {
			byID[m.Seq] = m.ID
		}
		check := func(t *rapid.T, p *inbox.MessagePage) {
			for i, m := range p.All {
				if i > 0 && m.Seq != p.All[i-1].Seq+1 {
					t.Fatalf("message %d comes after %d", m.Seq, p.All[i-1].Seq)
				}
			}
			if len(p.All) == 0 {
				return
			}
			if got, want := p.HasPrevious, p.All[0].Seq > 1; got != want {
				t.Fatalf("from %d: has previous: %t", p.All[0].Seq, got)
			}
			if got, want := p.HasNext, p.All[len(p.All)-1].Seq < many; got != want {
				t.Fatalf("to %d: has next: %t", p.All[len(p.All)-1].Seq, got)
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			around := rapid.Int64Range(1, many).Draw(t, "around")
			limit := rapid.IntRange(3, many+5).Draw(t, "limit")
			p, err := w.inbox.Page(context.Background(), agent, c.ID, byID[around], page.Window{Limit: limit, IsBackward: rapid.Bool().Draw(t, "backward")})
			if err != nil {
				t.Fatal(err)
			}
			check(t, p)
			if len(p.All) != min(limit, many) {
				t.Fatalf("a page of %d around %d has %d", limit, around, len(p.All))
			}
			at := slices.IndexFunc(p.All, func(m *inbox.Message) bool { return m.Seq == around })
			before, after := at, len(p.All)-1-at
			if at < 0 || p.HasPrevious && p.HasNext && (before-after > 1 || after-before > 1) {
				t.Fatalf("around %d: %d before and %d after it", around, before, after)
			}
			// On from both ends to the ends of the conversation.
			got := len(p.All)
			for last := p; last.HasNext; got += len(last.All) {
				last, err = w.inbox.Page(context.Background(), agent, c.ID, 0, page.Window{Limit: limit, After: last.Cursors[len(last.Cursors)-1]})
				if err != nil {
					t.Fatal(err)
				}
				check(t, last)
			}
			for firsts := p; firsts.HasPrevious; got += len(firsts.All) {
				firsts, err = w.inbox.Page(context.Background(), agent, c.ID, 0, page.Window{Limit: limit, IsBackward: true, Before: firsts.Cursors[0]})
				if err != nil {
					t.Fatal(err)
				}
				check(t, firsts)
			}
			if got != many {
				t.Fatalf("%d messages in all pages, want %d", got, many)
			}
		})
	})
}

// What may not be seen is absent; a wrong place is refused.
func TestPageRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, agent := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		theirs := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: admin.AgentID, Messages: 3})
		open := w.Conversation(line, factory.Spec{Messages: 3})
		for name, x := range map[string]struct {
			conversation, around int64
			window               page.Window
			kind                 fault.Kind
		}{
			"another agent's conversation (CONV-28)": {conversation: theirs.ID, kind: fault.NotFound},
			"none":                                   {conversation: 1 << 40, kind: fault.NotFound},
			"around a message of another one":        {conversation: open.ID, around: *theirs.LastMessageID, kind: fault.NotFound},
			"around and after":                       {conversation: open.ID, around: *open.LastMessageID, window: page.Window{After: page.Cursor("messages", 1)}, kind: fault.Invalid},
			"a cursor of another list":               {conversation: open.ID, window: page.Window{Before: page.Cursor("activities", 1)}, kind: fault.Invalid},
		} {
			x.window.Limit = 5
			if _, err := w.inbox.Page(t.Context(), agent, x.conversation, x.around, x.window); !fault.Is(err, x.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		got, err := w.inbox.MessagesByID(t.Context(), agent, []int64{*theirs.LastMessageID, *open.LastMessageID})
		if err != nil || len(got.All) != 1 || got.All[0].ID != *open.LastMessageID {
			t.Errorf("by id an agent sees %v: %v", got.All, err)
		}
	})
}

// GRP-9, GRP-16, MSG-1: with messages come the members who sent them under their contacts' names, whom texts mention, what they quote,
// their files and how often they were tried, in a number of statements that the rows do not change.
func TestMessagesTellAll(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		line := w.Channel("LINE")
		known := w.Conversation(line, factory.Spec{Name: "王小明"})
		c := w.Conversation(line, factory.Spec{IsGroup: true, Status: "IN_PROGRESS", Follower: admin.AgentID})
		var member *ent.GroupMember
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			member, err = tx.GroupMember.Create().SetGroupID(*c.GroupID).SetPlatformUserID("Uknown").SetDisplayName("ming").SetNameFolded("ming").
				SetIdentityID(*known.IdentityID).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			return err
		})
		var ids []int64
		add := func(kind, content string, reply *int64) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				m, err := tx.Message.Create().SetConversationID(c.ID).SetChannelID(c.ChannelID).SetSeq(int64(len(ids)) + 1).SetDirection(message.DirectionINBOUND).
					SetSender(message.SenderMEMBER).SetMemberID(member.ID).SetKind(kind).SetText("@ming").SetContent(content).SetNillableReplyToID(reply).
					SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				ids = append(ids, m.ID)
				if kind == "IMAGE" {
					return tx.Attachment.Create().SetMessageID(m.ID).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
				}
				return nil
			})
		}
		add("TEXT", `{"kind":"TEXT","mentions":[{"index":0,"length":5,"type":"user","userId":"Uknown","text":"@ming"}]}`, nil)
		add("IMAGE", `{"kind":"IMAGE","media":{"id":"1"}}`, &ids[0])
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetMessageSeq(2) })
		said := w.Say(c.ID, admin.AgentID)
		cost := w.asked.Load()
		p, err := w.inbox.Page(t.Context(), admin, c.ID, 0, page.Window{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		cost = w.asked.Load() - cost
		if len(p.All) != 3 || p.Names[member.ID] != "王小明" || p.Mentioned[inbox.Mention{GroupID: *c.GroupID, UserID: "Uknown"}] != member.ID ||
			p.Quoted[ids[0]] == nil || p.Attachments[ids[1]] == nil || p.Attempts[said] != 1 || p.Agents[admin.AgentID] == nil {
			t.Errorf("something is missing: %+v", p.Messages)
		}
		for range 20 {
			w.Say(c.ID, admin.AgentID)
			add0 := w.asked.Load()
			if _, err := w.inbox.Page(t.Context(), admin, c.ID, 0, page.Window{Limit: 100}); err != nil {
				t.Fatal(err)
			}
			if n := w.asked.Load() - add0; n != cost {
				t.Fatalf("%d statements, %d for fewer rows", n, cost)
			}
		}
	})
}

// GRP-8, GRP-9: a group's members who are in it, by name, found by either name; none once the account has left; the roles without groups
// see none.
func TestMembers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, marketing := w.Agent(auth.Admin), w.Agent(auth.MarketingCS)
		line := w.Channel("LINE")
		known := w.Conversation(line, factory.Spec{Name: "王小明"})
		c := w.Conversation(line, factory.Spec{IsGroup: true}) // with a member of its own, "Member"
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 12 {
				name := fmt.Sprintf("Person %02d", i/2) // two of each name
				m := tx.GroupMember.Create().SetGroupID(*c.GroupID).SetPlatformUserID(fmt.Sprintf("X%d", i)).SetDisplayName(name).SetNameFolded(text.Fold(name)).
					SetIsActive(i != 3).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
				if i == 5 {
					m.SetIdentityID(*known.IdentityID)
				}
				if err := m.Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		read := func(p auth.Principal, search string, backward bool) (names []string) {
			t.Helper()
			win := page.Window{Limit: 5, IsBackward: backward}
			for {
				got, err := w.inbox.Members(t.Context(), p, *c.GroupID, search, win)
				if err != nil {
					t.Fatal(err)
				}
				var part []string
				for _, m := range got.All {
					part = append(part, m.Name)
				}
				if backward {
					names = append(part, names...)
					if !got.HasPrevious {
						return names
					}
					win.Before = got.Cursors[0]
					continue
				}
				names = append(names, part...)
				if !got.HasNext {
					return names
				}
				win.After = got.Cursors[len(got.Cursors)-1]
			}
		}
		want := []string{"Member", "Person 00", "Person 00", "Person 01", "Person 02", "王小明", "Person 03", "Person 03", "Person 04", "Person 04", "Person 05", "Person 05"}
		if got := read(admin, "", false); !slices.Equal(got, want) {
			t.Errorf("forwards %q", got)
		}
		if got := read(admin, "", true); !slices.Equal(got, want) {
			t.Errorf("backwards %q", got)
		}
		for search, want := range map[string][]string{"小明": {"王小明"}, "PERSON 02": {"Person 02", "王小明"}, "nobody": nil} {
			if got := read(admin, search, false); !slices.Equal(got, want) {
				t.Errorf("%q finds %q", search, got)
			}
		}
		if _, err := w.inbox.Members(t.Context(), admin, *c.GroupID, "王\x00", page.Window{Limit: 5}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a search that no name holds gives %v", err)
		}
		if _, err := w.inbox.Members(t.Context(), marketing, *c.GroupID, "", page.Window{Limit: 5}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a role without groups reads members: %v", err)
		}
		if _, err := w.inbox.Group(t.Context(), marketing, *c.GroupID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a role without groups reads a group: %v", err)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Group.UpdateOneID(*c.GroupID).SetState("LEFT").Exec(ctx)
		})
		if got := read(admin, "", false); len(got) != 0 {
			t.Errorf("after leaving: %q", got)
		}
	})
}

// CONV-24: the activity log, newest first, page by page from either end.
func TestActivities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, agent := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: admin.AgentID})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 7 {
				if err := tx.Activity.Create().SetConversationID(c.ID).SetCode(fmt.Sprintf("log.%d", i)).SetActorKind("SYSTEM").SetAt(tx.Now).SetTeamID(w.Team).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		win, codes := page.Window{Limit: 3}, []string{}
		for {
			p, err := w.inbox.Activities(t.Context(), admin, c.ID, win)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range p.All {
				codes = append(codes, a.Code)
			}
			if !p.HasNext {
				break
			}
			win.After = p.Cursors[len(p.Cursors)-1]
		}
		if want := []string{"log.6", "log.5", "log.4", "log.3", "log.2", "log.1", "log.0"}; !slices.Equal(codes, want) {
			t.Errorf("got %q", codes)
		}
		p, err := w.inbox.Activities(t.Context(), admin, c.ID, page.Window{Limit: 3, IsBackward: true})
		if err != nil || p.All[0].Code != "log.2" || !p.HasPrevious {
			t.Errorf("the last three begin with %v: %v", p.All, err)
		}
		if _, err := w.inbox.Activities(t.Context(), agent, c.ID, win); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's log: %v", err)
		}
		if _, err := w.inbox.Activity(t.Context(), agent, p.All[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's entry: %v", err)
		}
	})
}
