package conversation_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// morning is when the tests begin.
var morning = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// system is who does what no agent does.
var system = event.Actor{Kind: event.BySystem}

// world is a team whose agents act.
type world struct {
	*rowtest.World
	clock   *clock.Manual
	actions *conversation.Service
	files   *filetest.Shelf
	woken   chan struct{}
	n       int
	// channelType is what ChannelID is; empty for LINE.
	channelType entconversation.ChannelType
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
	c := clock.NewManual(morning)
	w := setupAt(t, dialect, c)
	w.clock = c
	return w
}

// setupAt makes a world whose time is another's to move.
func setupAt(t testing.TB, dialect string, c clock.Clock) *world {
	t.Helper()
	db := storetest.Open(t, dialect, store.Config{Clock: c})
	gate, err := egress.New(egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(append(platforms(), line.New(gate.Client(egress.Limits{Timeout: time.Second})))...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: rowtest.New(t, db, "shop"), woken: make(chan struct{}, 100)}
	w.files = filetest.New(t, db, adapters, nil)
	w.actions = conversation.New(db, adapters, w.files.Service, random.Seeded(1), func() { w.woken <- struct{}{} })
	return w
}

// agents are an agent who follows, and one of a manager role beside it.
func (w *world) agents() (amy, ben auth.Principal) {
	return w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Supervisor, auth.SendMessages, auth.ManageOthers)
}

// chat makes a conversation with a customer who has written once.
func (w *world) chat(name string) int64 {
	w.T.Helper()
	return w.open(func(ctx context.Context, tx *store.Tx, create *ent.ConversationCreate) error {
		w.n++
		who, err := tx.Contact.Create().SetFirstName(name).SetName(name).SetNameFolded(name).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		i, err := tx.Identity.Create().SetChannelID(w.ChannelID).SetPlatformUserID(fmt.Sprintf("U%d", w.n)).SetContactID(who.ID).SetFirstSeenAt(tx.Now).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		create.SetKind(entconversation.KindONE_ON_ONE).SetIdentityID(i.ID).SetContactID(who.ID).SetName(name)
		return nil
	})
}

// group makes a conversation with a group, in which somebody has written once.
func (w *world) group(members int) int64 {
	w.T.Helper()
	return w.open(func(ctx context.Context, tx *store.Tx, create *ent.ConversationCreate) error {
		w.n++
		g, err := tx.Group.Create().SetChannelID(w.ChannelID).SetPlatformGroupID(fmt.Sprintf("C%d", w.n)).SetMemberCount(members).SetJoinedAt(tx.Now).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		create.SetKind(entconversation.KindGROUP).SetGroupID(g.ID).SetMemberCount(members)
		return nil
	})
}

func (w *world) open(fill func(context.Context, *store.Tx, *ent.ConversationCreate) error) int64 {
	w.T.Helper()
	var id int64
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		create := tx.Conversation.Create().SetChannelID(w.ChannelID).SetChannelType(cmp.Or(w.channelType, entconversation.ChannelTypeLINE)).
			SetStatus(entconversation.StatusPENDING).SetLastAt(tx.Now).SetRegionID("north").SetBranchID("taipei")
		if err := fill(ctx, tx, create); err != nil {
			return err
		}
		c, err := row.Create(ctx, tx, create, system)
		if err == nil {
			id = c.ID
		}
		return err
	})
	w.hears(id, "hello")
	return id
}

// foreseen stands for a platform whose adapter is yet to come: it has a row, and is never asked for more.
type foreseen struct {
	channels.Adapter
	can channels.Capability
}

func (f foreseen) Capability() channels.Capability { return f.can }

// platforms are all that have a row.
func platforms() []channels.Adapter {
	all := []channels.Adapter{webchat.New()}
	for _, can := range channels.Foreseen() {
		all = append(all, foreseen{can: can})
	}
	return all
}

// on makes a conversation on a channel of a type, with a customer who has written once.
func (w *world) on(t channels.Type, name string) int64 {
	w.T.Helper()
	was := w.ChannelID
	defer func() { w.ChannelID, w.channelType = was, "" }()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		w.n++
		c, err := tx.Channel.Create().SetType(channel.Type(t)).SetName(string(t)).SetWebhookKey(fmt.Sprintf("on-%d", w.n)).SetPlatformID(fmt.Sprintf("on-%d", w.n)).
			SetCredentials([]byte("sealed")).SetRegionID("north").SetBranchID("taipei").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			w.ChannelID, w.channelType = c.ID, entconversation.ChannelType(t)
		}
		return err
	})
	return w.chat(name)
}

// gone deletes a conversation for good.
func (w *world) gone(id int64) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		return row.Delete(ctx, tx, c, system)
	})
}

// hears adds a message of the customer.
func (w *world) hears(id int64, text string) *ent.Message {
	w.T.Helper()
	var m *ent.Message
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		w.n++
		platformID, after := fmt.Sprintf("in-%d", w.n), row.Copy(c)
		m = &ent.Message{Direction: message.DirectionINBOUND, Sender: message.SenderCONTACT, Delivery: message.DeliveryNONE, Kind: "TEXT", Text: text,
			PlatformMessageID: &platformID, QuoteToken: "quote-" + platformID}
		row.Heard(after)
		if after.WaitingSince == nil {
			after.WaitingSince = &tx.Now
		}
		after.CustomerAt = &tx.Now
		_, err = conversation.AppendIn(ctx, tx, c, after, m, event.Actor{Kind: event.ByContact})
		return err
	})
	w.Check()
	return m
}

// must gives what succeeded, and fails the test where it did not or where something that is kept twice does not agree.
func (w *world) must(c *ent.Conversation, _ event.Cursor, err error) *ent.Conversation {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
	w.Check()
	return c
}

// refused fails the test where something was not refused with the code, or changed something.
func (w *world) refused(code string, head int64, err error) *fault.Error {
	w.T.Helper()
	if err == nil {
		w.T.Fatalf("it is allowed, not refused with %s", code)
	}
	f := fault.As(err)
	if f.Code != code {
		w.T.Errorf("it is refused with %q (%v), not %s", f.Code, err, code)
	}
	if w.Head() != head {
		w.T.Errorf("what was refused with %s has been done by half", code)
	}
	w.Check()
	return f
}

func (w *world) follow(p auth.Principal, id int64) *ent.Conversation {
	w.T.Helper()
	return w.must(w.actions.Follow(w.T.Context(), p, conversation.FollowInput{ConversationID: id}))
}

func (w *world) end(p auth.Principal, id int64) *ent.Conversation {
	w.T.Helper()
	return w.must(w.actions.End(w.T.Context(), p, conversation.EndInput{ConversationID: id}))
}

// say sends a text under a client's id.
func (w *world) say(p auth.Principal, id int64, clientID, text string) (*ent.Message, error) {
	m, _, _, err := w.actions.Send(w.T.Context(), p, conversation.SendInput{ConversationID: id, ClientMessageID: clientID,
		Content: channels.Content{Kind: channels.Text, Text: text}})
	return m, err
}

func (w *world) sent(p auth.Principal, id int64, clientID, text string) *ent.Message {
	w.T.Helper()
	m, err := w.say(p, id, clientID, text)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Check()
	return m
}

// settle applies what became of a message, and takes it out of its lane.
func (w *world) settle(m *ent.Message, d conversation.Delivery) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := conversation.SetDeliveryIn(ctx, tx, m.ID, d, system); err != nil {
			return err
		}
		return lane.LeaveIn(ctx, tx, m.ConversationID, 1)
	})
	w.Check()
}

// notices lists what an agent was told, oldest first.
func (w *world) notices(p auth.Principal) []string {
	w.T.Helper()
	codes := []string{}
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Notification.Query().Order(ent.Asc("id")).All(ctx)
		for _, n := range all {
			if n.AgentID == p.AgentID {
				codes = append(codes, n.Code)
			}
		}
		return err
	})
	return codes
}
