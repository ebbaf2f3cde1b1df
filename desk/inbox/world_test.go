package inbox_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team with its inbox.
type world struct {
	*factory.World
	inbox *inbox.Service
	asked atomic.Int64 // statements of reads
}

// each runs a test on both databases, each time in a fresh world.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := &world{}
		db := storetest.Open(t, dialect, store.Config{Asked: func(string) { w.asked.Add(1) }})
		adapters, err := channels.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		w.World, w.inbox = factory.New(t, db), inbox.New(db, adapters)
		test(t, w)
	})
}

// crowd is a world of many conversations, drawn at random: some of every sort, seen by agents of every role.
type crowd struct {
	*world
	principals []auth.Principal
	channels   []*ent.Channel
	tags       []int64
	audiences  []string // to whom what waits went (CHAN-8)
	all        []*ent.Conversation
}

func newCrowd(t *testing.T, w *world, size int) *crowd {
	t.Helper()
	c := &crowd{world: w}
	for _, role := range auth.Roles {
		c.principals = append(c.principals, w.Agent(role, func(p *auth.Principal) { p.BranchID, p.RegionID = "north", "asia" }))
	}
	c.principals = append(c.principals, w.Agent(auth.AgentRole, func(p *auth.Principal) { p.Permissions = append(p.Permissions, auth.ManageOthers) }),
		w.Agent(auth.SalesManager), auth.Principal{TeamID: w.Team, TokenID: 1, Role: auth.AgentRole}, auth.Principal{TeamID: w.Team, TokenID: 2, Role: auth.Admin})
	c.channels = []*ent.Channel{w.Channel("LINE"), w.Channel("LINE"), w.Channel("FACEBOOK")}
	for _, name := range []string{"vip", "new", "曇花", "late"} {
		c.tags = append(c.tags, w.Tag(name))
	}
	some := c.agents()
	c.audiences = []string{row.BranchAudience("north"), row.BranchAudience("south"), row.AgentsAudience(some[:2]), row.AgentsAudience(some[3:6])}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Channel.UpdateOneID(c.channels[0].ID).SetAudiences(c.audiences).Exec(ctx)
	})
	now := w.DB.Clock().Now()
	specs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) factory.Spec { return c.spec(t, now) }), size, size).Example(1)
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c.all = nil
		for i, s := range specs {
			x, err := w.ConversationIn(ctx, tx, c.channels[i%len(c.channels)], s)
			if err != nil {
				return err
			}
			c.all = append(c.all, x)
		}
		return nil
	})
	return c
}

// agents are those that conversations belong to: few, so that each has many.
func (c *crowd) agents() []int64 {
	var ids []int64
	for _, p := range c.principals {
		if p.AgentID != 0 {
			ids = append(ids, p.AgentID)
		}
	}
	return ids
}

func (c *crowd) spec(t *rapid.T, now time.Time) factory.Spec {
	pick := func(name string, of []int64, most int) []int64 {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, most, rapid.ID[int64]).Draw(t, name)
	}
	// Few different times, so that ties are common.
	ago := func(name string) time.Time {
		return now.Add(-time.Duration(rapid.IntRange(0, 9).Draw(t, name)) * 17 * time.Minute)
	}
	s := factory.Spec{
		Status: rapid.SampledFrom([]string{"PENDING", "IN_PROGRESS", "ENDED"}).Draw(t, "status"), Queue: rapid.SampledFrom([]string{"HUMAN", "BOT"}).Draw(t, "queue"),
		Branch: rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "branch"), Region: rapid.SampledFrom([]string{"", "asia", "europe"}).Draw(t, "region"),
		Tags: pick("tags", c.tags, 3), IsGroup: rapid.IntRange(0, 4).Draw(t, "group") == 0, At: ago("at"),
		IsMentioned: rapid.IntRange(0, 4).Draw(t, "mentioned") == 0, IsStarred: rapid.Bool().Draw(t, "starred"),
		IsArchived: rapid.IntRange(0, 4).Draw(t, "archived") == 0, IsFromAd: rapid.IntRange(0, 3).Draw(t, "from an advertisement") == 0, Unread: max(0, rapid.IntRange(-2, 3).Draw(t, "unread")),
	}
	if s.Status != "PENDING" {
		s.Follower = rapid.SampledFrom(append(c.agents(), 0)).Draw(t, "follower")
		if s.Follower != 0 {
			s.FollowedAt = ago("followed")
		}
		if rapid.IntRange(0, 2).Draw(t, "collaborated") == 0 {
			s.Collaborators = pick("collaborators", c.agents(), 3)
			for _, n := range s.Collaborators {
				if unread := rapid.IntRange(-1, 2).Draw(t, "their unread"); unread > 0 {
					if s.CollaboratorUnread == nil {
						s.CollaboratorUnread = map[int64]int{}
					}
					s.CollaboratorUnread[n] = unread
				}
			}
		}
	}
	if rapid.Bool().Draw(t, "distributed") {
		s.Audience = rapid.SampledFrom(c.audiences).Draw(t, "audience")
	}
	if s.Status == "IN_PROGRESS" {
		s.IsSnoozed = !s.IsArchived && rapid.IntRange(0, 2).Draw(t, "snoozed") == 0
		for _, n := range append(slices.Clone(s.Collaborators), s.Follower) {
			if n != 0 && !slices.Contains(s.PinnedBy, n) && rapid.IntRange(0, 2).Draw(t, "pinned") == 0 {
				s.PinnedBy = append(s.PinnedBy, n)
			}
		}
	}
	if s.Status != "ENDED" && rapid.Bool().Draw(t, "waits") {
		s.WaitingSince = ago("since")
	}
	if rapid.Bool().Draw(t, "phone") {
		s.Phone = "0912-345-678"
	}
	return s
}

// filter draws a filter of any shape.
func (c *crowd) filter(depth int) *rapid.Generator[inbox.Filter] {
	return rapid.Custom(func(t *rapid.T) inbox.Filter {
		var f inbox.Filter
		some := func(name string) bool { return rapid.IntRange(0, 5).Draw(t, name) == 0 }
		words := func(name string, of ...string) []string {
			if !some(name) {
				return nil
			}
			return rapid.SliceOfN(rapid.SampledFrom(of), 0, 3).Draw(t, name+" values")
		}
		ids := func(name string, of []int64) []int64 {
			if !some(name) {
				return nil
			}
			return rapid.SliceOfN(rapid.SampledFrom(append(of[:len(of):len(of)], 999999)), 0, 3).Draw(t, name+" values")
		}
		claim := func(name string) *bool {
			if !some(name) {
				return nil
			}
			b := rapid.Bool().Draw(t, name+" value")
			return &b
		}
		var channelIDs, contacts []int64
		for _, ch := range c.channels {
			channelIDs = append(channelIDs, ch.ID)
		}
		for _, x := range c.all {
			if x.ContactID != nil {
				contacts = append(contacts, *x.ContactID)
			}
		}
		f.ChannelIDs, f.ChannelTypes = ids("channels", channelIDs), words("types", "LINE", "FACEBOOK", "EMAIL")
		f.Kinds, f.Statuses = words("kinds", "ONE_ON_ONE", "COLLABORATION", "GROUP"), words("statuses", "PENDING", "IN_PROGRESS", "ENDED")
		f.Queues = words("queues", "HUMAN", "BOT")
		f.FollowerIDs, f.CollaboratorIDs, f.ContactIDs = ids("followers", c.agents()), ids("collaborators", c.agents()), ids("contacts", contacts)
		f.HasCollaborators = claim("joint")
		f.IsUnread, f.IsMentioned, f.IsStarred = claim("unread"), claim("mentioned"), claim("starred")
		f.IsSnoozed = claim("snoozed")
		f.IsArchived, f.HasPhone, f.IsFromAd = claim("archived"), claim("phone"), claim("from an advertisement")
		f.AnyTags, f.AllTags, f.NoTags = ids("any", c.tags), ids("all", c.tags), ids("none", c.tags)
		if some("waits") {
			f.WaitingAtLeast = rapid.SampledFrom([]inbox.Level{inbox.HalfHour, inbox.OneHour, inbox.TwoHours}).Draw(t, "level").Least()
		}
		if depth > 0 {
			if some("and") {
				f.And = rapid.SliceOfN(c.filter(depth-1), 0, 2).Draw(t, "and parts")
			}
			if some("or") {
				f.Or = rapid.SliceOfN(c.filter(depth-1), 0, 2).Draw(t, "or parts")
			}
			if some("not") {
				not := c.filter(depth-1).Draw(t, "not part")
				f.Not = &not
			}
		}
		return f
	})
}
