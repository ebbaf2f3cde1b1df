package visitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// morning is when the tests begin.
var morning = time.Unix(1763000000, 0).UTC()

// secret is that of the worked examples in docs/webchat.md.
const secret = "fixture-webchat-identity-secret-01"

// world is a team with a chat window, on one server or two.
type world struct {
	*rowtest.World
	clock    *clock.Manual
	random   *random.Source
	bus      bus.Bus
	adapters *channels.Registry
	accounts *account.Service
	files    *filetest.Shelf
	visitors *visitor.Service
	actions  *conversation.Service
	boss     auth.Principal
	channel  *ent.Channel
	n        int
}

type nobody struct{}

func (nobody) ProfileIn(context.Context, *store.Tx, int64) error {
	return fmt.Errorf("nobody is asked")
}
func (nobody) GroupIn(context.Context, *store.Tx, int64) error      { return fmt.Errorf("nobody is asked") }
func (nobody) MemberIn(context.Context, *store.Tx, int64) error     { return fmt.Errorf("nobody is asked") }
func (nobody) EnqueueIn(context.Context, *store.Tx, job.Task) error { return nil }

// each runs a test on both databases, in a world of its own.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		test(t, setup(t, dialect, bus.NewMemory()))
	})
}

func setup(t *testing.T, dialect string, b bus.Bus) *world {
	t.Helper()
	w := &world{clock: clock.NewManual(morning), random: random.New(), bus: b}
	t.Cleanup(func() { _ = b.Close() })
	db := storetest.Open(t, dialect, store.Config{Clock: w.clock, Committed: func(team int64, at event.Cursor) {
		_ = live.Announce(context.Background(), b, team, at) // a hint
	}})
	var err error
	if w.adapters, err = channels.NewRegistry(webchat.New()); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), w.random)
	if err != nil {
		t.Fatal(err)
	}
	w.World = rowtest.New(t, db, "shop")
	w.accounts = account.New(account.Config{DB: db, Adapters: w.adapters, Keys: keys, Random: w.random, PublicURL: "https://desk.example.com"})
	w.files = filetest.New(t, db, w.adapters, w.accounts)
	w.actions = conversation.New(db, w.adapters, w.files.Service, w.random, nil)
	w.boss = w.Agent(auth.Admin, auth.SendMessages, auth.ManageOthers)
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		if w.channel, err = w.accounts.CreateIn(ctx, tx, w.boss.Actor(), account.NewChannel{Type: channels.Webchat, Name: "Shop", WebhookKey: "shop-key"}); err != nil {
			return err
		}
		w.channel, err = w.accounts.SetIdentitySecretIn(ctx, tx, w.boss.Actor(), w.channel, secret)
		return err
	})
	w.visitors = w.server()
	return w
}

// server starts another server's part.
func (w *world) server() *visitor.Service {
	w.T.Helper()
	hub := live.New(live.Config{Log: w.DB, Bus: w.bus, Clock: w.clock})
	w.T.Cleanup(hub.Close)
	who := presence.New(w.bus, w.clock)
	w.T.Cleanup(who.Close)
	contacts := contact.New(w.DB)
	s := visitor.New(visitor.Config{
		DB: w.DB, Accounts: w.accounts, Contacts: contacts, Files: w.files.Service, Presence: who, Adapters: w.adapters, Random: w.random, Bus: w.bus, Logs: hub,
		Log: slog.New(slog.DiscardHandler), Inbound: inbound.New(inbound.Config{DB: w.DB, Contacts: contacts, Groups: group.New(w.DB), Adapters: w.adapters,
			Files: w.files.Service, Fetcher: nobody{}, Queue: nobody{}}),
	})
	w.T.Cleanup(s.Close)
	return s
}

func (w *world) window() account.Window {
	w.T.Helper()
	x, err := w.accounts.WindowByKey(w.T.Context(), "shop-key")
	if err != nil {
		w.T.Fatal(err)
	}
	return x
}

// begin opens a page.
func (w *world) begin(token string, change ...func(*visitor.BeginInput)) visitor.Begun {
	w.T.Helper()
	in := visitor.BeginInput{Token: token, Language: "zh-TW", TimeZone: "Asia/Taipei", UserAgent: "Browser", Page: visitor.Page{URL: "https://shop.example.com/a", Title: "A"}}
	for _, f := range change {
		f(&in)
	}
	b, err := w.visitors.Begin(w.T.Context(), w.window(), in)
	if err != nil {
		w.T.Fatal(err)
	}
	return b
}

func as(p visitor.Proof) func(*visitor.BeginInput) {
	return func(in *visitor.BeginInput) { in.Identity = &p }
}

// session is that of a secret, now.
func (w *world) session(token string) visitor.Session {
	w.T.Helper()
	x, err := w.visitors.Authenticate(w.T.Context(), token)
	if err != nil {
		w.T.Fatal(err)
	}
	return x
}

// says writes a text under a new id.
func (w *world) says(token, text string) visitor.Message {
	w.T.Helper()
	m, err := w.visitors.Send(w.T.Context(), w.session(token), visitor.SendInput{ClientMessageID: w.random.UUID(), Type: visitor.Text, Text: text})
	if err != nil {
		w.T.Fatal(err)
	}
	w.Check()
	return m
}

// with is the conversation of a session; nil for none.
func (w *world) with(token string) *ent.Conversation {
	w.T.Helper()
	var c *ent.Conversation
	x := w.session(token)
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Conversation.Query().All(ctx)
		for _, one := range all {
			if one.IdentityID != nil && *one.IdentityID == x.IdentityID {
				c = one
			}
		}
		return err
	})
	return c
}

// follow has the boss follow a conversation.
func (w *world) follow(c *ent.Conversation) {
	w.T.Helper()
	if _, _, err := w.actions.Follow(w.T.Context(), w.boss, conversation.FollowInput{ConversationID: c.ID}); err != nil {
		w.T.Fatal(err)
	}
}

// queues has the boss write something that is on its way then.
func (w *world) queues(c *ent.Conversation, text string) *ent.Message {
	w.T.Helper()
	w.n++
	m, _, _, err := w.actions.Send(w.T.Context(), w.boss, conversation.SendInput{ConversationID: c.ID, ClientMessageID: fmt.Sprintf("a%d", w.n),
		Content: channels.Content{Kind: channels.Text, Text: text}})
	if err != nil {
		w.T.Fatal(err)
	}
	return m
}

// answers has the boss write something that is sent.
func (w *world) answers(c *ent.Conversation, text string) *ent.Message {
	w.T.Helper()
	m := w.queues(c, text)
	w.settle(m, conversation.Delivery{Status: message.DeliverySENT, PlatformMessageID: m.RetryKey})
	return m
}

func (w *world) settle(m *ent.Message, d conversation.Delivery) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := conversation.SetDeliveryIn(ctx, tx, m.ID, d, event.Actor{Kind: event.BySystem}); err != nil {
			return err
		}
		return lane.LeaveIn(ctx, tx, m.ConversationID, 1)
	})
	w.Check()
}

// delivery is how far a message has come.
func (w *world) delivery(m *ent.Message) string {
	w.T.Helper()
	var d message.Delivery
	w.Read(func(ctx context.Context, v *store.View) error {
		x, err := v.Message.Get(ctx, m.ID)
		if err == nil {
			d = x.Delivery
		}
		return err
	})
	return string(d)
}

// seen is the visitor behind a conversation, as agents see it.
func (w *world) seen(identityID int64) *ent.Visitor {
	w.T.Helper()
	var x *ent.Visitor
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := visitor.Of(ctx, v, []int64{identityID})
		x = all[identityID]
		return err
	})
	return x
}
