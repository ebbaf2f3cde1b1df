package inbound_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// morning is when the tests begin.
var morning = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// world is a team whose LINE channel is written to.
type world struct {
	*rowtest.World
	clock   *clock.Manual
	inbound *inbound.Service
	actions *conversation.Service
	asked   *asked
	// adapters are the platforms.
	adapters *channels.Registry
	n        int
}

// asked notes what is to be fetched, and fails where it is told to: as our own code would.
type asked struct {
	mu       sync.Mutex
	profiles []int64
	groups   []int64
	members  []int64
	tasks    []job.Task
	fails    error
}

func (a *asked) ProfileIn(_ context.Context, _ *store.Tx, id int64) error {
	return a.note(&a.profiles, id)
}
func (a *asked) GroupIn(_ context.Context, _ *store.Tx, id int64) error { return a.note(&a.groups, id) }
func (a *asked) MemberIn(_ context.Context, _ *store.Tx, id int64) error {
	return a.note(&a.members, id)
}

func (a *asked) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tasks = append(a.tasks, t)
	return nil
}

func (a *asked) note(list *[]int64, id int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fails != nil {
		return a.fails
	}
	*list = append(*list, id)
	return nil
}

func (a *asked) setFailure(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fails = err
}

// each runs a test on both databases, in a world of its own.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		test(t, setup(t, dialect))
	})
}

func setup(t testing.TB, dialect string) *world {
	t.Helper()
	return setupWith(t, dialect, store.Config{})
}

func setupWith(t testing.TB, dialect string, config store.Config) *world {
	t.Helper()
	c := clock.NewManual(morning)
	config.Clock = c
	db := storetest.Open(t, dialect, config)
	gate, err := egress.New(egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{Timeout: time.Second})))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: rowtest.New(t, db, "shop"), clock: c, asked: &asked{}, adapters: adapters}
	w.inbound = inbound.New(inbound.Config{DB: db, Contacts: contact.New(db), Groups: group.New(db), Adapters: adapters, Fetcher: w.asked, Files: filetest.New(t, db, adapters, nil).Service,
		Queue: w.asked})
	w.actions = conversation.New(db, adapters, nil, random.Seeded(1), nil)
	return w
}

// receive takes events in as one body and checks everything after it.
func (w *world) receive(events ...channels.Event) inbound.Result {
	w.T.Helper()
	r, err := w.inbound.Receive(w.T.Context(), inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: events})
	if err != nil {
		w.T.Fatal(err)
	}
	w.Check()
	return r
}

// event makes an event of a peer, now and unlike any other.
func (w *world) event(kind channels.EventKind, peer channels.Peer) channels.Event {
	w.n++
	key := fmt.Sprintf("event-%d", w.n)
	raw, _ := json.Marshal(map[string]string{"key": key})
	return channels.Event{Kind: kind, DedupeKey: key, Peer: &peer, SenderID: "Usender", OccurredAt: w.clock.Now(), Raw: raw}
}

func user(id string) channels.Peer { return channels.Peer{Type: channels.PeerUser, ID: id} }
func room(id string) channels.Peer { return channels.Peer{Type: channels.PeerGroup, ID: id} }

// says makes a text message. What is said stands in the raw body too, as it does with a platform.
func (w *world) says(peer channels.Peer, text string) channels.Event {
	e := w.event(channels.MessageReceived, peer)
	e.MessageID, e.QuoteToken = "m-"+e.DedupeKey, "quote-"+e.DedupeKey
	e.Content = &channels.Content{Kind: channels.Text, Text: text}
	e.Raw, _ = json.Marshal(map[string]string{"key": e.DedupeKey, "text": text})
	if peer.Type == channels.PeerUser {
		e.SenderID = peer.ID
	}
	return e
}

// with finds the one-to-one conversation with a person; nil for none.
func (w *world) with(userID string) *ent.Conversation {
	w.T.Helper()
	return w.find(entconversation.HasIdentityWith(identity.PlatformUserID(userID)))
}

// in finds the conversation of a group; nil for none.
func (w *world) in(groupID string) *ent.Conversation {
	w.T.Helper()
	return w.find(entconversation.HasGroupWith(entgroup.PlatformGroupID(groupID)))
}

func (w *world) group(groupID string) *ent.Group {
	w.T.Helper()
	var g *ent.Group
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		g, err = v.Group.Query().Where(entgroup.PlatformGroupID(groupID)).Only(ctx)
		return err
	})
	return g
}

func (w *world) find(where predicate.Conversation) *ent.Conversation {
	w.T.Helper()
	var c *ent.Conversation
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		c, err = v.Conversation.Query().Where(where).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	return c
}

var errOurs = errors.New("a failure of ours")

// settle applies what became of a message, and takes it out of its lane.
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

// setQueue puts a pending conversation into a queue, as a bot that begins to serve it will.
func (w *world) setQueue(id int64, q entconversation.Queue) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil || c.Queue == q {
			return err
		}
		after := row.Copy(c)
		after.Queue = q
		return row.Put(ctx, tx, c, after, event.Actor{Kind: event.BySystem})
	})
}
