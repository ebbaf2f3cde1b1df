package delivery_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/delivery"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attempt"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

var system = event.Actor{Kind: event.BySystem}

// world is a team with a LINE channel, the LINE it is connected to, and a clock that moves only where nothing is under way.
type world struct {
	t        *testing.T
	db       *store.DB
	clock    *clock.Manual
	random   *random.Source
	line     *fakeline.Server
	bot      *fakeline.Bot
	adapter  channels.Adapter
	accounts *account.Service
	admin    auth.Principal
	lanes    *lane.Service
	team     int64
	channel  int64
}

// setup makes a world on a database of the dialect.
func setup(t *testing.T, dialect string) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), random: random.New()}
	w.db = storetest.Open(t, dialect, store.Config{Clock: w.clock})
	w.lanes = lane.New(w.db)
	var err error
	if w.line, err = fakeline.Start(fakeline.Options{Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.line.Stop)
	gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	w.adapter = line.New(gate.Client(egress.Limits{Timeout: time.Second, KeepAlive: true}))
	if w.team, err = w.db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	w.bot = w.line.AddBot(fakeline.Setup{})
	registry, err := channels.NewRegistry(w.adapter)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), w.random)
	if err != nil {
		t.Fatal(err)
	}
	w.accounts = account.New(account.Config{
		DB: w.db, Adapters: registry, Keys: keys, Random: w.random, PublicURL: "http://127.0.0.1:1",
		BaseURLs: map[channels.Type]map[string]string{channels.LINE: w.line.BaseURLs()},
	})
	w.channel = w.connect(w.bot)
	w.admin = auth.Principal{TeamID: w.team, Role: auth.Admin, Language: "en", Permissions: []auth.Permission{auth.SendMessages, auth.ManageOthers}}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.Agent.Create().SetEmail("boss@example.com").SetEmailFolded("boss@example.com").SetName("Boss").SetRole("ADMIN").SetStatus("ACTIVE").
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			w.admin.AgentID = a.ID
		}
		return err
	})
	return w
}

// write runs f in a transaction of the team.
func (w *world) write(f func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	if _, err := w.db.Write(w.t.Context(), w.team, f); err != nil {
		w.t.Fatal(err)
	}
}

// chat makes a conversation with a new customer.
func (w *world) chat() *chat {
	w.t.Helper()
	c := &chat{world: w, customer: w.bot.AddCustomer(fakeline.Person{Name: "Mia"})}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Identity.Create().SetTeamID(tx.Team).SetChannelID(w.channel).SetPlatformUserID(c.customer.ID()).
			SetFirstSeenAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		v, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(w.channel).SetChannelType(entconversation.ChannelTypeLINE).SetIdentityID(i.ID).
			SetKind(entconversation.KindONE_ON_ONE).SetStatus(entconversation.StatusPENDING).SetLastAt(tx.Now), system)
		if err == nil {
			c.id = v.ID
		}
		return err
	})
	return c
}

// group makes a conversation with a new group.
func (w *world) group() (*chat, *fakeline.Group) {
	w.t.Helper()
	g := w.bot.AddGroup(fakeline.GroupSetup{Name: "Friends"})
	c := &chat{world: w}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		r, err := tx.Group.Create().SetTeamID(tx.Team).SetChannelID(w.channel).SetPlatformGroupID(g.ID()).SetJoinedAt(tx.Now).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		v, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(w.channel).SetChannelType(entconversation.ChannelTypeLINE).SetGroupID(r.ID).
			SetKind(entconversation.KindGROUP).SetStatus(entconversation.StatusPENDING).SetLastAt(tx.Now), system)
		if err == nil {
			c.id = v.ID
		}
		return err
	})
	return c, g
}

// chat is a conversation of the world.
type chat struct {
	*world
	id       int64
	customer *fakeline.Customer
}

// say queues texts, each in its own transaction, and gives the messages' ids.
func (c *chat) say(texts ...string) []int64 {
	c.t.Helper()
	var ids []int64
	for _, text := range texts {
		c.write(func(ctx context.Context, tx *store.Tx) error {
			before, err := row.Lock(ctx, tx, c.id)
			if err != nil {
				return err
			}
			after := *before
			m := &ent.Message{
				Direction: message.DirectionOUTBOUND, Sender: message.SenderAGENT, Kind: "TEXT", Text: text,
				Delivery: message.DeliverySENDING, RetryKey: c.random.UUID(), Author: "agent:1",
			}
			if _, err := conversation.AppendIn(ctx, tx, before, &after, m, system); err != nil {
				return err
			}
			ids = append(ids, m.ID)
			return lane.EnqueueIn(ctx, tx, c.id, c.channel)
		})
	}
	return ids
}

// worker starts a worker; the test stops it.
func (w *world) worker(change ...func(*delivery.Config)) *delivery.Worker {
	w.t.Helper()
	registry, err := channels.NewRegistry(w.adapter)
	if err != nil {
		w.t.Fatal(err)
	}
	c := delivery.Config{
		DB: w.db, Lanes: w.lanes, Adapters: registry, Accounts: w.accounts, Groups: group.New(w.db), Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
	}
	for _, f := range change {
		f(&c)
	}
	worker, err := delivery.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := worker.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := worker.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	return worker
}

// await waits for a condition. Where every waiting lane rests until later, the clock is set to that time.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	testkit.Await(w.t, what, func() bool {
		if holds() {
			return true
		}
		now, leased := w.clock.Now(), 0
		if err := w.db.SQL().QueryRowContext(w.t.Context(), "SELECT COUNT(*) FROM lanes WHERE lease_owner <> ''").Scan(&leased); err != nil {
			w.t.Fatal(err)
		}
		due, err := w.lanes.Due(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if leased == 0 && due.After(now) {
			w.clock.Set(due)
			return false
		}
		w.clock.Advance(10 * time.Millisecond)
		return false
	})
}

// message reads a message.
func (w *world) message(id int64) (m *ent.Message) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), w.team, func(ctx context.Context, v *store.View) (err error) {
		m, err = v.Message.Get(ctx, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// tries reads the ledger of a message.
func (w *world) tries(id int64) (all []*ent.Attempt) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), w.team, func(ctx context.Context, v *store.View) (err error) {
		all, err = v.Attempt.Query().Where(attempt.MessageID(id)).Order(attempt.ByNumber()).All(ctx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// settled says whether nothing of the messages is on its way any more.
func (w *world) settled(ids ...int64) func() bool {
	return func() bool {
		for _, id := range ids {
			if w.message(id).Delivery == message.DeliverySENDING {
				return false
			}
		}
		return true
	}
}

// got lists what LINE took for a recipient, as the texts' JSON.
func (w *world) got(to string) []string {
	var texts []string
	for _, d := range w.line.Journal().To(to) {
		for _, m := range d.Messages {
			texts = append(texts, string(m.Body))
		}
	}
	return texts
}

// fault makes LINE fail.
func (w *world) fault(faults ...fake.Fault) {
	w.t.Helper()
	for _, f := range faults {
		f.Operation = fakeline.Push
		if err := w.line.Faults().Add(f); err != nil {
			w.t.Fatal(err)
		}
	}
}

// sent makes sure that the messages were taken once each, in order, and are SENT with LINE's ids.
func (c *chat) sent(ids ...int64) {
	c.t.Helper()
	taken := c.line.Journal().To(c.customer.ID())
	if len(taken) != len(ids) {
		c.t.Fatalf("LINE took %d messages, want %d: %s", len(taken), len(ids), c.got(c.customer.ID()))
	}
	for i, id := range ids {
		m := c.message(id)
		if m.Delivery != message.DeliverySENT || m.PlatformMessageID == nil || *m.PlatformMessageID != taken[i].Messages[0].ID || m.SentAt == nil ||
			m.QuoteToken != taken[i].Messages[0].QuoteToken {
			c.t.Errorf("message %d is %s %s with id %v; LINE has %+v", i, m.Delivery, m.FailureCode, m.PlatformMessageID, taken[i])
		}
		tries := c.tries(id)
		if last := tries[len(tries)-1]; last.EndedAt == nil || last.Outcome != string(channels.Sent) {
			c.t.Errorf("the last try of message %d is %+v", i, last)
		}
	}
}

// failed makes sure that a message failed with a code.
func (w *world) failed(id int64, code string) {
	w.t.Helper()
	if m := w.message(id); m.Delivery != message.DeliveryFAILED || m.FailureCode != code || m.FailureReason == "" {
		w.t.Errorf("message %d is %s %s %q, want FAILED %s", id, m.Delivery, m.FailureCode, m.FailureReason, code)
	}
}

func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("message %d", i)
	}
	return texts
}

// connect makes a channel of an account of the fake.
func (w *world) connect(bot *fakeline.Bot) int64 {
	w.t.Helper()
	var id int64
	w.write(func(ctx context.Context, tx *store.Tx) error {
		c, err := w.accounts.CreateIn(ctx, tx, system, account.NewChannel{
			Type: channels.LINE, Name: "LINE", Info: channels.AccountInfo{PlatformID: bot.Setup().UserID}, Credentials: bot.Account().Credentials,
		})
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// read looks at the team's rows.
func (w *world) read(f func(ctx context.Context, v *store.View)) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), w.team, func(ctx context.Context, v *store.View) error {
		f(ctx, v)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// reconnect connects the channel again with the account's credentials of now.
func (w *world) reconnect() {
	w.t.Helper()
	if _, _, err := w.accounts.Reconnect(w.t.Context(), w.admin, w.channel, w.bot.Account().Credentials); err != nil {
		w.t.Fatal(err)
	}
}
