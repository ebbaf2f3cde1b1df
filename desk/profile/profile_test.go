package profile_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/profile"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team with a LINE channel that takes in what its customers write, asking LINE who they are.
type world struct {
	t       *testing.T
	db      *store.DB
	line    *fakeline.Server
	bot     *fakeline.Bot
	adapter *line.Adapter
	team    int64
	channel int64
	inbound *inbound.Service
	// time is the platform's own.
	time     *clock.Manual
	profiles *profile.Service
	actions  *conversation.Service
	queue    *job.Queue
}

func setup(t *testing.T, db *store.DB, bot fakeline.Setup) *world {
	t.Helper()
	w := &world{t: t, db: db, time: clock.NewManual(db.Clock().Now())}
	var err error
	if w.line, err = fakeline.Start(fakeline.Options{Clock: w.time}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.line.Stop)
	w.bot = w.line.AddBot(bot)
	gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	w.adapter = line.New(gate.Client(egress.Limits{Timeout: 5 * time.Second}))
	adapters, err := channels.NewRegistry(w.adapter)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Config{
		DB: db, Adapters: adapters, Keys: keys, Random: random.New(), PublicURL: "http://127.0.0.1:1",
		BaseURLs: map[channels.Type]map[string]string{channels.LINE: w.line.BaseURLs()},
	})
	if w.team, err = db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		c, err := accounts.CreateIn(ctx, tx, event.Actor{Kind: event.BySystem}, account.NewChannel{
			Type: channels.LINE, Name: "LINE", Info: channels.AccountInfo{PlatformID: w.bot.Setup().UserID}, Credentials: w.bot.Account().Credentials,
		})
		if err == nil {
			w.channel = c.ID
		}
		return err
	})
	var s *profile.Service
	queue, err := job.New(db, slog.New(slog.DiscardHandler), 2, map[string]job.Handler{
		profile.PersonTask: func(ctx context.Context, team int64, a json.RawMessage) error { return s.Person(ctx, team, a) },
		profile.GroupTask:  func(ctx context.Context, team int64, a json.RawMessage) error { return s.Group(ctx, team, a) },
		profile.MemberTask: func(ctx context.Context, team int64, a json.RawMessage) error { return s.Member(ctx, team, a) },
		group.LeaveTask:    func(ctx context.Context, team int64, a json.RawMessage) error { return s.Leave(ctx, team, a) },
	})
	if err != nil {
		t.Fatal(err)
	}
	contacts, groups := contact.New(db), group.New(db)
	s = profile.New(profile.Config{DB: db, Adapters: adapters, Accounts: accounts, Contacts: contacts, Groups: groups, Queue: queue})
	w.profiles, w.queue, w.actions = s, queue, conversation.New(db, adapters, nil, random.Seeded(1), nil)
	w.inbound = inbound.New(inbound.Config{DB: db, Contacts: contacts, Groups: groups, Adapters: adapters, Fetcher: s, Queue: queue})
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := queue.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) write(f func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	if _, err := w.db.Write(w.t.Context(), w.team, f); err != nil {
		w.t.Fatal(err)
	}
}

// hear takes in what customers wrote.
func (w *world) hear(events ...fakeline.Event) {
	w.t.Helper()
	parsed, err := w.adapter.Parse(w.bot.Account(), w.bot.Body(events...))
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.inbound.Receive(w.t.Context(), inbound.Body{Team: w.team, ChannelID: w.channel, Type: channels.LINE, Events: parsed})
	if err != nil || r.Applied != len(events) {
		w.t.Fatalf("received %+v, %v", r, err)
	}
}

// await waits until the team's rows are so.
func (w *world) await(what string, holds func(ctx context.Context, v *store.View) bool) {
	w.t.Helper()
	testkit.Await(w.t, what, func() bool {
		is := false
		err := w.db.Read(w.t.Context(), w.team, func(ctx context.Context, v *store.View) error {
			is = holds(ctx, v)
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return is
	})
}

func identity(ctx context.Context, v *store.View) *ent.Identity { return v.Identity.Query().OnlyX(ctx) }

// CHAN-13: the profile is fetched on first sight, after the message, and a platform that cannot be asked is asked again.
func TestPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, fakeline.Setup{})
		if err := w.line.Faults().Add(fake.Fault{Kind: fake.ErrorBefore, Operation: fakeline.Profile}); err != nil {
			t.Fatal(err)
		}
		mia := w.bot.AddCustomer(fakeline.Person{Name: "Mia", PictureURL: "https://p/mia", Language: "en"})
		w.hear(mia.Text("hello"))
		w.await("the contact has the person's name", func(ctx context.Context, v *store.View) bool {
			i := identity(ctx, v)
			return i.DisplayName == "Mia" && i.PictureURL == "https://p/mia" && i.ProfileFetchedAt != nil &&
				v.Contact.Query().OnlyX(ctx).Name == "Mia" && v.Conversation.Query().OnlyX(ctx).Name == "Mia"
		})
	})
}

// CHAN-13: of whom the platform tells nothing the time is noted, so that nobody asks again with every message.
func TestUnknownPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, fakeline.Setup{})
		mia := w.bot.AddCustomer(fakeline.Person{Name: "Mia"})
		said := mia.Text("hello")
		mia.Unfollow() // LINE shows nobody who blocked the account
		w.hear(said)
		w.await("the question is noted", func(ctx context.Context, v *store.View) bool { return identity(ctx, v).ProfileFetchedAt != nil })
		w.await("the contact goes by no name", func(ctx context.Context, v *store.View) bool {
			return v.Contact.Query().OnlyX(ctx).Name == "Customer" && v.Channel.Query().OnlyX(ctx).State == channel.StateCONNECTED
		})
		n := len(w.line.Requests().Requests())
		w.hear(mia.Text("again"))
		if got := len(w.line.Requests().Requests()); got != n {
			t.Errorf("asked %d times more", got-n)
		}
	})
}

// CHAN-3: credentials that are refused when a profile is asked for disconnect the channel.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, fakeline.Setup{})
		mia := w.bot.AddCustomer(fakeline.Person{Name: "Mia"})
		w.bot.Revoke()
		w.hear(mia.Text("hello"))
		w.await("the channel is disconnected", func(ctx context.Context, v *store.View) bool {
			c := v.Channel.Query().OnlyX(ctx)
			return c.State == channel.StateDISCONNECTED && c.StateReason == channels.CodeCredentialsRevoked
		})
	})
}

// GRP-3, GRP-8, GRP-9: a verified account's group gets its name, picture, number and every member with name and picture.
func TestGroup(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, fakeline.Setup{IsVerified: true})
		mia, leo := w.bot.AddCustomer(fakeline.Person{Name: "Mia"}), w.bot.AddCustomer(fakeline.Person{Name: "Leo", PictureURL: "https://p/leo", IsStranger: true})
		g := w.bot.AddGroup(fakeline.GroupSetup{Name: "好朋友", PictureURL: "https://p/g", Members: []*fakeline.Customer{mia, leo}})
		w.hear(mia.In(g).Text("hi"))
		w.await("the group is known", func(ctx context.Context, v *store.View) bool {
			x := v.Group.Query().OnlyX(ctx)
			c := v.Conversation.Query().OnlyX(ctx)
			return x.Name == "好朋友" && x.PictureURL == "https://p/g" && x.MemberCount == 2 && x.AreMembersListed && !x.IsStale && c.Name == "好朋友" && c.MemberCount == 2
		})
		w.await("the members are known", func(ctx context.Context, v *store.View) bool {
			all := v.GroupMember.Query().Order(groupmember.ByDisplayName()).AllX(ctx)
			return len(all) == 2 && all[0].DisplayName == "Leo" && all[0].PictureURL == "https://p/leo" && all[1].DisplayName == "Mia"
		})
	})
}

// GRP-8: to an unverified account the platform lists no members: the number is known, and those who speak.
func TestUnlistedGroup(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, fakeline.Setup{})
		mia, leo := w.bot.AddCustomer(fakeline.Person{Name: "Mia"}), w.bot.AddCustomer(fakeline.Person{Name: "Leo"})
		g := w.bot.AddGroup(fakeline.GroupSetup{Name: "Friends", Members: []*fakeline.Customer{mia, leo}})
		w.hear(mia.In(g).Text("hi"))
		w.await("the group and who spoke are known", func(ctx context.Context, v *store.View) bool {
			x := v.Group.Query().OnlyX(ctx)
			all := v.GroupMember.Query().AllX(ctx)
			return x.Name == "Friends" && x.MemberCount == 2 && !x.AreMembersListed && len(all) == 1 && all[0].DisplayName == "Mia"
		})
	})
}
