package inbox_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// expected is a list as it must be, made in memory from the rows' facets: an oracle that shares no SQL with the list.
func expected(c *crowd, p auth.Principal, view inbox.View, f *inbox.Filter, sort inbox.Sort, isDescending bool, now time.Time) []int64 {
	var in []*ent.Conversation
	for _, x := range c.all {
		if inbox.Matches(p, view, f, row.Facets(x), now) {
			in = append(in, x)
		}
	}
	at := func(x *ent.Conversation) *time.Time {
		switch sort {
		case inbox.ByFollowedAt:
			return x.FollowedAt
		case inbox.ByWaiting:
			if x.Status == "ENDED" || x.Status == "PENDING" && x.Queue == "BOT" {
				return nil
			}
			return x.WaitingSince
		}
		return &x.LastAt
	}
	slices.SortFunc(in, func(a, b *ent.Conversation) int {
		x, y := at(a), at(b)
		if (x == nil) != (y == nil) {
			if x == nil {
				return 1
			}
			return -1
		}
		n := 0
		if x != nil {
			n = x.Compare(*y)
		}
		n = cmp.Or(n, cmp.Compare(a.ID, b.ID))
		if isDescending != (sort == inbox.ByWaiting) { // the longest waits since the smallest time
			n = -n
		}
		return n
	})
	ids := make([]int64, len(in))
	for i, x := range in {
		ids[i] = x.ID
	}
	return ids
}

func idsOf(all []*ent.Conversation) []int64 {
	ids := make([]int64, len(all))
	for i, x := range all {
		ids[i] = x.ID
	}
	return ids
}

// CONV-7, CONV-17, CONV-18, CONV-20, CONV-28, GRP-1, PROD-14: whatever the view, the filter, the sort and who looks, the pages of a list, read in windows of
// any size from either end, hold what the facets of the rows say, in order, each exactly once; the total is the number of them. In my in-progress what the one who looks has pinned stands before the first page, by newest message, and nowhere else.
func TestList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := newCrowd(t, w, 120)
		rapid.Check(t, func(t *rapid.T) {
			p := rapid.SampledFrom(c.principals).Draw(t, "principal")
			in := inbox.ListInput{View: rapid.SampledFrom(inbox.Views).Draw(t, "view"), Sort: inbox.ByLastMessage, IsDescending: true}
			if in.View != inbox.MyEnded && in.View != inbox.TeamEnded {
				in.Sort = rapid.SampledFrom([]inbox.Sort{inbox.ByLastMessage, inbox.ByFollowedAt, inbox.ByWaiting}).Draw(t, "sort")
				in.IsDescending = rapid.Bool().Draw(t, "descending")
			}
			if rapid.Bool().Draw(t, "filtered") {
				f := c.filter(2).Draw(t, "filter")
				in.Filter = &f
			}
			in.CountsTotal = rapid.Bool().Draw(t, "total")
			want := expected(c, p, in.View, in.Filter, in.Sort, in.IsDescending, w.DB.Clock().Now())
			total := len(want)
			isPinned := func(n int64) bool {
				return slices.ContainsFunc(c.all, func(x *ent.Conversation) bool { return x.ID == n && slices.Contains(x.PinnedBy, p.AgentID) })
			}
			var pinned []int64
			if in.View == inbox.MyInProgress {
				want = slices.DeleteFunc(want, isPinned)
				pinned = slices.DeleteFunc(expected(c, p, in.View, in.Filter, inbox.ByLastMessage, in.IsDescending, w.DB.Clock().Now()), func(n int64) bool { return !isPinned(n) })
			}
			in.ReadsPinned = rapid.Bool().Draw(t, "pinned")
			in.Window.IsBackward = rapid.Bool().Draw(t, "backward")
			var got []int64
			for n := 0; ; n++ {
				in.Window.Limit = rapid.IntRange(4, 40).Draw(t, "limit")
				page, err := w.inbox.List(context.Background(), p, in)
				if err != nil {
					t.Fatal(err)
				}
				if in.CountsTotal && (page.Total != total || page.IsAtLeast) {
					t.Fatalf("total %d, at least: %t, want %d", page.Total, page.IsAtLeast, total)
				}
				before := pinned
				if !in.ReadsPinned || in.Window.IsBackward || n > 0 {
					before = nil
				}
				if !slices.Equal(idsOf(page.Pinned), before) {
					t.Fatalf("pinned before page %d of %s by %s: %v, want %v", n, in.View, in.Sort, idsOf(page.Pinned), before)
				}
				if in.Window.IsBackward {
					got = append(idsOf(page.All), got...)
				} else {
					got = append(got, idsOf(page.All)...)
				}
				more := page.HasNext
				if in.Window.IsBackward {
					more = page.HasPrevious
				}
				if !more {
					break
				}
				if len(page.All) != in.Window.Limit || n > len(want) {
					t.Fatalf("a page of %d has %d rows and says there are more", in.Window.Limit, len(page.All))
				}
				if in.Window.IsBackward {
					in.Window.Before = page.Cursors[0]
				} else {
					in.Window.After = page.Cursors[len(page.Cursors)-1]
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s for %s by %s: got %v, want %v", in.View, p.Role, in.Sort, got, want)
			}
		})
	})
}

// CONV-7, COLL-13, PROD-14: the counts of all views and the unread totals are those of a recount.
func TestCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := newCrowd(t, w, 80)
		check := func() {
			t.Helper()
			for _, p := range c.principals {
				got, err := w.inbox.Counts(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				views, unread, channels := map[inbox.View]inbox.Tally{}, 0, map[int64]int{}
				for _, x := range c.all {
					if x.IsArchived {
						continue
					}
					f := row.Facets(x)
					for _, view := range inbox.Views {
						if !inbox.InView(p, view, f) {
							continue
						}
						s := views[view]
						s.Conversations++
						n := row.Unread(p, f) // COLL-13
						s.Unread += n
						if n > 0 {
							s.UnreadConversations++
						}
						views[view] = s
						if view == inbox.PendingHuman || view == inbox.PendingBot || view == inbox.MyInProgress {
							unread += n
							channels[x.ChannelID] += n
						}
					}
				}
				for _, view := range inbox.Views {
					if got.Views[view] != views[view] {
						t.Errorf("%s %s: got %+v, want %+v", p.Role, view, got.Views[view], views[view])
					}
				}
				if got.Unread != unread {
					t.Errorf("%s: unread %d, want %d", p.Role, got.Unread, unread)
				}
				for id, n := range channels {
					if n != got.Channels[id] {
						t.Errorf("%s: unread of channel %d is %d, want %d", p.Role, id, got.Channels[id], n)
					}
				}
				for id, n := range got.Channels {
					if n == 0 || channels[id] == 0 {
						t.Errorf("%s: channel %d is listed with %d", p.Role, id, n)
					}
				}
			}
		}
		check()
		for i, x := range c.all {
			if i%3 != 0 {
				continue
			}
			c.all[i] = w.Change(x.ID, func(u *ent.ConversationUpdateOne) {
				switch i % 4 {
				case 0:
					u.SetStatus("IN_PROGRESS").SetQueue("HUMAN").SetFollowerID(c.principals[i%7].AgentID)
				case 1:
					u.SetStatus("PENDING").SetQueue("BOT").ClearFollowerID().SetUnread(5)
				case 2:
					u.SetUnread(0).SetIsArchived(false)
				default:
					u.SetIsArchived(true)
				}
			})
		}
		check()
	})
}

// CONV-16: found by part of the name, phone, email, note or tag of the contact, or the group's name, without regard to case or width.
func TestSearch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, agent := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		vip := w.Tag("VIP 100%")
		wang := w.Conversation(line, factory.Spec{Name: "王小明 Ming", Phone: "0912-345-678", Email: "Ming@Example.com", Note: "喜歡曇花", Tags: []int64{vip}}).ID
		other := w.Conversation(line, factory.Spec{Name: "Other", Status: "IN_PROGRESS", Follower: admin.AgentID, Phone: "02 8765 4321"}).ID
		family := w.Conversation(line, factory.Spec{Name: "家族群組", IsGroup: true}).ID
		for search, want := range map[string][]int64{
			"小明": {wang}, "ming": {wang}, "MING@": {wang}, "ＭＩＮＧ": {wang}, "912345": {wang}, "0912-345": {wang}, "曇花": {wang}, "vip 100%": {wang}, "0%": {wang},
			"_": nil, "%": {wang}, "家族": {family}, "8765": {other}, "nobody": nil, "  ": {family, other, wang}, "": {family, other, wang},
		} {
			page, err := w.inbox.List(t.Context(), admin, list(inbox.All, 10, func(in *inbox.ListInput) { in.Search = search }))
			if err != nil {
				t.Fatal(err)
			}
			if got := idsOf(page.All); !slices.Equal(got, want) {
				t.Errorf("%q: got %v, want %v", search, got, want)
			}
		}
		// CONV-28: what is not seen is not found.
		page, err := w.inbox.List(t.Context(), agent, list(inbox.All, 10, func(in *inbox.ListInput) { in.Search = "8765" }))
		if err != nil || len(page.All) != 0 {
			t.Errorf("an agent finds %v in another's conversation: %v", idsOf(page.All), err)
		}
		for _, search := range []string{strings.Repeat("字", 101), "王\x00"} {
			if _, err := w.inbox.List(t.Context(), admin, list(inbox.All, 10, func(in *inbox.ListInput) { in.Search = search })); !fault.Is(err, fault.Invalid) {
				t.Errorf("a search for %q gives %v", search, err)
			}
		}
	})
}

func list(view inbox.View, limit int, change func(*inbox.ListInput)) inbox.ListInput {
	in := inbox.ListInput{View: view, Sort: inbox.ByLastMessage, IsDescending: true, Window: page.Window{Limit: limit}}
	if change != nil {
		change(&in)
	}
	return in
}

// A page with everything that a row shows costs as many statements for 5 rows as for 100, on both databases.
func TestStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := newCrowd(t, w, 60)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 110 { // beside the crowd, so that every view has a page of each size
				if _, err := w.ConversationIn(ctx, tx, c.channels[i%3], factory.Spec{Tags: c.tags, IsGroup: i%5 == 0, Messages: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range []auth.Principal{c.principals[0], c.principals[4]} {
			for _, view := range []inbox.View{inbox.All, inbox.PendingHuman} {
				var costs []int64
				for _, n := range []int{5, 50, 100} {
					before := w.asked.Load()
					page, err := w.inbox.List(t.Context(), p, list(view, n, func(in *inbox.ListInput) {
						in.Wants = inbox.Wants{Agents: true, Channels: true, Tags: true, Identities: true, Groups: true}
						if view == inbox.PendingHuman {
							in.Wants.Agents = false // nobody follows what is pending
						}
					}))
					if err != nil {
						t.Fatal(err)
					}
					if len(page.All) < n {
						t.Fatalf("%s sees only %d of %d in %s", p.Role, len(page.All), n, view)
					}
					costs = append(costs, w.asked.Load()-before)
				}
				if costs[0] != costs[1] || costs[1] != costs[2] || costs[0] > 16 { // to whom what waits goes, and each of those audiences, with it
					t.Errorf("%s, %s: pages of 5, 50 and 100 rows cost %v statements", p.Role, view, costs)
				}
			}
		}
	})
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		deep := inbox.Filter{}
		for range 20 {
			deep = inbox.Filter{Not: &inbox.Filter{And: []inbox.Filter{deep}}}
		}
		last := page.Cursor("conversations.WAITING.desc", 0, time.Time{}, 1)
		for name, change := range map[string]func(*inbox.ListInput){
			"a view that is none":           func(in *inbox.ListInput) { in.View = "MINE" },
			"a sort that is none":           func(in *inbox.ListInput) { in.Sort = "NAME" },
			"ended by waiting (CONV-18)":    func(in *inbox.ListInput) { in.View, in.Sort = inbox.MyEnded, inbox.ByWaiting },
			"ended, oldest first (CONV-18)": func(in *inbox.ListInput) { in.View, in.IsDescending = inbox.TeamEnded, false },
			"a filter that is too deep":     func(in *inbox.ListInput) { in.Filter = &deep },
			"too many values":               func(in *inbox.ListInput) { in.Filter = &inbox.Filter{AnyTags: make([]int64, 501)} },
			"a cursor of another order":     func(in *inbox.ListInput) { in.Window.After = last },
			"a cursor that is none":         func(in *inbox.ListInput) { in.Window.Before = "zzz" },
			"a cursor of a part that is not": func(in *inbox.ListInput) {
				in.Window.After = page.Cursor("conversations.LAST_MESSAGE.desc", 7, time.Time{}, 1)
			},
			"too many filters": func(in *inbox.ListInput) { in.Filter = &inbox.Filter{Or: make([]inbox.Filter, 101)} },
		} {
			if _, err := w.inbox.List(t.Context(), admin, list(inbox.All, 5, change)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		narrow := auth.Principal{TeamID: w.Team, TokenID: 1, Role: auth.Admin, Scopes: []auth.Scope{auth.ReadContacts}}
		if _, err := w.inbox.List(t.Context(), narrow, list(inbox.All, 5, nil)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a token without the scope lists: %v", err)
		}
		if _, err := w.inbox.Counts(t.Context(), narrow); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a token without the scope counts: %v", err)
		}
	})
}

// Another team's conversations are absent, by list and by id.
func TestTeamsAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		other := factory.New(t, w.DB)
		theirs := other.Conversation(other.Channel("LINE"), factory.Spec{Messages: 1})
		page1, err := w.inbox.List(t.Context(), admin, list(inbox.All, 5, nil))
		if err != nil || len(page1.All) != 0 {
			t.Errorf("the list holds another team's: %v, %v", page1, err)
		}
		got, err := w.inbox.Get(t.Context(), admin, []int64{theirs.ID}, inbox.Wants{}, nil)
		if err != nil || len(got.All) != 0 {
			t.Errorf("another team's is found by id: %v, %v", got, err)
		}
		if _, err := w.inbox.Page(t.Context(), admin, theirs.ID, 0, page.Window{Limit: 5}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another team's messages: %v", err)
		}
		m, err := w.inbox.MessagesByID(t.Context(), admin, []int64{*theirs.LastMessageID})
		if err != nil || len(m.All) != 0 {
			t.Errorf("another team's message is found by id: %v", err)
		}
	})
}

// CONV-19: the level of waiting by its least time; none while a bot serves it, none once it has ended.
func TestWaiting(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		status, queue string
		waited        time.Duration
		level         inbox.Level
		waits         bool
	}{
		{"PENDING", "HUMAN", 29*time.Minute + 59*time.Second, "", true},
		{"PENDING", "HUMAN", 30 * time.Minute, inbox.HalfHour, true},
		{"IN_PROGRESS", "HUMAN", time.Hour, inbox.OneHour, true},
		{"IN_PROGRESS", "HUMAN", 119 * time.Minute, inbox.OneHour, true},
		{"IN_PROGRESS", "HUMAN", 2 * time.Hour, inbox.TwoHours, true},
		{"PENDING", "BOT", 3 * time.Hour, "", false},
		{"ENDED", "HUMAN", 3 * time.Hour, "", false},
	} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			t.Parallel()
			since := now.Add(-x.waited)
			c := &ent.Conversation{WaitingSince: &since, Status: conversation.Status(x.status), Queue: conversation.Queue(x.queue)}
			at, level := inbox.Waiting(c, now)
			if level != x.level || (at != nil) != x.waits {
				t.Errorf("got %v at level %q", at, level)
			}
		})
	}
}
