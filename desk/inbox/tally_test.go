package inbox_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-16, COLL-13, CONV-28: what a filter leaves of a view is counted as it is listed, for everybody and for any filter, by counters or by looking.
func TestShares(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := newCrowd(t, w, 150)
		rapid.Check(t, func(r *rapid.T) {
			p := rapid.SampledFrom(c.principals).Draw(r, "principal")
			asked := make([]inbox.Selection, rapid.IntRange(1, 4).Draw(r, "filters"))
			for i := range asked {
				asked[i].View = rapid.SampledFrom(inbox.Views).Draw(r, "view")
				if rapid.IntRange(0, 3).Draw(r, "none") > 0 {
					f := c.filter(2).Draw(r, "filter")
					if rapid.Bool().Draw(r, "by counters") {
						f = inbox.Filter{Kinds: f.Kinds, Statuses: f.Statuses, Queues: f.Queues, FollowerIDs: f.FollowerIDs, ChannelIDs: f.ChannelIDs, ChannelTypes: f.ChannelTypes, IsUnread: f.IsUnread,
							HasCollaborators: f.HasCollaborators}
						if rapid.Bool().Draw(r, "turned") {
							inner := f
							f = inbox.Filter{Not: &inner}
						}
					}
					asked[i].Filter = &f
				}
			}
			var got []inbox.Share
			err := w.DB.Read(context.Background(), w.Team, func(ctx context.Context, v *store.View) (err error) {
				got, err = inbox.SharesIn(ctx, v, p, asked)
				for i, s := range asked {
					var want inbox.Share
					for _, x := range c.all {
						if f := row.Facets(x); inbox.Matches(p, s.View, s.Filter, f, v.Now) {
							want.Conversations++
							if row.Unread(p, f) > 0 {
								want.UnreadConversations++
							}
						}
					}
					if err == nil && got[i] != want {
						r.Errorf("%s of %s with %+v: %+v, not %+v", p.Role, s.View, s.Filter, got[i], want)
					}
				}
				return err
			})
			if err != nil {
				r.Fatal(err)
			}
		})
	})
}

// PROD-16: where counting stops it says so, and only there; what the counters tell never stops.
func TestSharesStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor)
		line := w.Channel("LINE")
		for i := range 12 {
			w.Conversation(line, factory.Spec{IsStarred: i%2 == 0, Unread: i % 3})
		}
		yes := true
		asked := []inbox.Selection{{View: inbox.PendingHuman, Filter: &inbox.Filter{IsStarred: &yes}}, {View: inbox.PendingHuman, Filter: &inbox.Filter{IsUnread: &yes}}, {View: inbox.PendingBot, Filter: &inbox.Filter{IsStarred: &yes}}}
		for most, want := range map[int][]inbox.Share{
			12: {{Conversations: 6, UnreadConversations: 4}, {Conversations: 8, UnreadConversations: 8}, {}},
			4:  {{Conversations: 2, UnreadConversations: 2, IsAtLeast: true}, {Conversations: 8, UnreadConversations: 8}, {}},
		} {
			err := w.DB.Read(t.Context(), w.Team, func(ctx context.Context, v *store.View) error {
				got, err := inbox.SharesAmong(ctx, v, boss, asked, most)
				for i := range want {
					if err == nil && got[i] != want[i] {
						t.Errorf("looking at %d, the %d. is %+v, not %+v", most, i, got[i], want[i])
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
