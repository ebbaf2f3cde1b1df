package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/delivery"
	"github.com/switchyard-chat/switchyard/desk/lane"
	entchannel "github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// CHAN-4: pause keeps what is queued; resume sends it.
func TestPause(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		if _, _, err := w.accounts.Pause(t.Context(), w.admin, w.channel); err != nil {
			t.Fatal(err)
		}
		ids := c.say("first", "second")
		// Another channel of the team, which is not paused, shows that the worker works.
		paused := w.channel
		w.bot = w.line.AddBot(fakeline.Setup{})
		w.channel = w.connect(w.bot)
		free := w.chat()
		sent := free.say("free")
		w.worker()
		w.await("the other channel's message is sent", w.settled(sent...))
		if m := w.message(ids[0]); m.Delivery != message.DeliverySENDING || len(w.tries(ids[0])) != 0 {
			t.Errorf("a paused channel's message is %s", m.Delivery)
		}
		if _, _, err := w.accounts.Resume(t.Context(), w.admin, paused); err != nil {
			t.Fatal(err)
		}
		w.await("it is sent", w.settled(ids...))
		c.sent(ids...)
		if n := w.clock.Now().Sub(w.message(ids[0]).CreatedAt); n > time.Minute {
			t.Errorf("the lane rested for %v", n)
		}
	})
}

// CHAN-4: what a deleted channel still had to send is FAILED.
func TestDeletedChannel(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("first", "second")
		if _, _, err := w.accounts.Delete(t.Context(), w.admin, w.channel); err != nil {
			t.Fatal(err)
		}
		w.worker()
		w.await("they are given up", w.settled(ids...))
		for _, id := range ids {
			w.failed(id, channels.CodeChannelUnavailable)
		}
		if got := w.got(c.customer.ID()); got != nil {
			t.Errorf("LINE got %s", got)
		}
	})
}

// CHAN-3: a revoked token disconnects the channel, tells the administrators and fails what is queued, in every conversation of it.
func TestRevokedToken(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		var ids []int64
		for range 3 {
			ids = append(ids, w.chat().say("first", "second")...)
		}
		w.bot.Revoke()
		w.worker(func(c *delivery.Config) { c.Senders = 1 })
		w.await("all are given up", w.settled(ids...))
		for _, id := range ids {
			w.failed(id, channels.CodeCredentialsRevoked)
		}
		if n := len(w.line.Requests().Requests()); n != 1 {
			t.Errorf("LINE was asked %d times", n)
		}
		w.read(func(ctx context.Context, v *store.View) {
			if c := v.Channel.GetX(ctx, w.channel); c.State != entchannel.StateDISCONNECTED || c.StateReason != channels.CodeCredentialsRevoked {
				t.Errorf("the channel is %s %s", c.State, c.StateReason)
			}
			if n := v.Notification.Query().CountX(ctx); n != 1 {
				t.Errorf("%d notifications, want 1", n)
			}
		})
		// Connected again, the channel sends what is queued from then on.
		w.bot.Reissue()
		w.reconnect()
		next := w.chat()
		again := next.say("again")
		w.await("it is sent", w.settled(again...))
		next.sent(again...)
	})
}

// GRP-4: the platform's word that the account is not in the group ends the group's conversation and fails what is queued.
func TestGroupGone(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c, g := w.group()
		first := c.say("hello")
		w.worker()
		w.await("it is sent", w.settled(first...))
		if n := len(w.line.Journal().To(g.ID())); n != 1 {
			t.Fatalf("LINE took %d", n)
		}
		g.Leave()
		w.clock.Advance(time.Second)
		ids := c.say("too late", "also")
		w.await("they are given up", w.settled(ids...))
		for _, id := range ids {
			w.failed(id, channels.CodeRecipientGone)
		}
		w.read(func(ctx context.Context, v *store.View) {
			if x := v.Conversation.GetX(ctx, c.id); x.Status != entconversation.StatusENDED {
				t.Errorf("the conversation is %s", x.Status)
			}
		})
	})
}

// dying is LINE's adapter on a server that dies between the platform's answer and its own record of it.
type dying struct {
	channels.Adapter
	once sync.Once
	die  func()
}

// Send sends, and the first time dies before it can tell.
func (d *dying) Send(ctx context.Context, a channels.Account, m channels.Outgoing) channels.SendResult {
	r := d.Adapter.Send(ctx, a, m)
	d.once.Do(func() {
		go d.die()
		<-ctx.Done()
	})
	return r
}

// CHAN-11: killed between the platform's 200 and our record of it, the message is on the platform once: who takes the lane when the lease
// has run out sends the same key, and LINE's 409 gives the ids.
func TestKilled(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("first", "second")
		real := w.adapter
		died := make(chan struct{})
		doomed := &dying{Adapter: real}
		w.adapter = doomed
		started := make(chan *delivery.Worker, 1)
		doomed.die = func() {
			gone, cancel := context.WithCancel(context.Background())
			cancel()
			if err := (<-started).Stop(gone); !errors.Is(err, context.Canceled) {
				t.Errorf("killed: %v", err)
			}
			close(died)
		}
		started <- w.worker()
		testkit.Await(t, "the first server dies", func() bool {
			select {
			case <-died:
				return true
			default:
				return false
			}
		})
		if m := w.message(ids[0]); m.Delivery != message.DeliverySENDING || len(w.got(c.customer.ID())) != 1 {
			t.Fatalf("the platform has %d and the message is %s", len(w.got(c.customer.ID())), m.Delivery)
		}
		w.adapter = real
		w.worker()
		if dialect == "postgres" {
			w.clock.Advance(29 * time.Second)
			if m := w.message(ids[0]); m.Delivery != message.DeliverySENDING {
				t.Error("the lane was taken before its lease ran out")
			}
			w.clock.Advance(2 * time.Second)
		}
		testkit.Await(t, "all are sent", func() bool {
			w.clock.Advance(time.Millisecond)
			return w.settled(ids...)()
		})
		c.sent(ids...)
		tries := w.tries(ids[0])
		if len(tries) != 2 || tries[0].Outcome != string(channels.Ambiguous) || tries[1].Status != 409 || tries[1].Fence <= tries[0].Fence {
			t.Errorf("the ledger says %+v", tries)
		}
	})
}

// CHAN-11: several servers on one database send each message once, in the order of its conversation, while the platform fails now and then.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	w := setup(t, "postgres")
	hints := bus.NewMemory()
	t.Cleanup(func() { _ = hints.Close() })
	for _, kind := range []fake.FaultKind{fake.ErrorAfter, fake.RateLimit, fake.ErrorBefore, fake.ResetAfter} {
		w.fault(fake.Fault{Kind: kind, Times: 3})
	}
	const chats, each = 20, 10
	all := make([]*chat, chats)
	ids := make([][]int64, chats)
	for i := range all {
		all[i] = w.chat()
		ids[i] = all[i].say(numbered(each / 2)...)
	}
	for range 2 {
		w.worker(func(c *delivery.Config) { c.Bus = hints })
	}
	for i, c := range all {
		ids[i] = append(ids[i], c.say(numbered(each/2)...)...)
		if err := hints.Publish(t.Context(), bus.Message{Topic: delivery.Topic, TeamID: w.team}); err != nil {
			t.Fatal(err)
		}
	}
	w.await("all are sent", func() bool {
		var n int
		err := w.db.SQL().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM messages WHERE delivery = 'SENDING'").Scan(&n)
		return err == nil && n == 0
	})
	for i, c := range all {
		c.sent(ids[i]...)
		for n, body := range w.got(c.customer.ID()) {
			if want := fmt.Sprintf(`{"type":"text","text":"message %d"}`, n%(each/2)); body != want {
				t.Errorf("chat %d has %s in place %d, want %s", i, body, n, want)
			}
		}
	}
}

// CHAN-11: a worker whose lease was taken over writes nothing any more, however its try ended.
func TestFence(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("first", "second")
		arrived, goOn := make(chan struct{}), make(chan struct{})
		real := w.adapter
		w.adapter = &held{Adapter: real, arrived: arrived, goOn: goOn}
		w.worker(func(c *delivery.Config) { c.Senders = 1 })
		<-arrived
		w.clock.Advance(31 * time.Second)
		taken, err := w.lanes.Take(t.Context(), "another", 1, 30*time.Second)
		if err != nil || len(taken) != 1 {
			t.Fatalf("took %v, %v", taken, err)
		}
		close(goOn)
		testkit.Await(t, "LINE has taken it", func() bool { return len(w.got(c.customer.ID())) == 1 })
		w.read(func(ctx context.Context, v *store.View) {
			if l := v.Lane.Query().OnlyX(ctx); l.LeaseOwner != "another" || l.Waiting != 2 {
				t.Errorf("the lane is %+v", l)
			}
		})
		if a := w.tries(ids[0]); len(a) != 1 || a[0].EndedAt != nil || w.message(ids[0]).Delivery != message.DeliverySENDING {
			t.Errorf("the worker that was overtaken wrote %+v", a)
		}
		if err := w.lanes.Release(t.Context(), taken[0]); err != nil {
			t.Fatal(err)
		}
		w.await("all are sent", w.settled(ids...))
		c.sent(ids...)
		_, err = w.db.Write(t.Context(), w.team, func(ctx context.Context, tx *store.Tx) error { return lane.DoneIn(ctx, tx, taken[0]) })
		if !errors.Is(err, lane.ErrLost) {
			t.Errorf("a write under a lost lease: %v", err)
		}
	})
}

// held is LINE's adapter behind a network that holds the first message back.
type held struct {
	channels.Adapter
	once          sync.Once
	arrived, goOn chan struct{}
}

// Send sends when it may.
func (h *held) Send(_ context.Context, a channels.Account, m channels.Outgoing) channels.SendResult {
	h.once.Do(func() {
		close(h.arrived)
		<-h.goOn
	})
	return h.Adapter.Send(context.Background(), a, m)
}

// CHAN-11: a graceful stop lets what is on its way finish, gives the lane back at once, and begins nothing more.
func TestStop(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		ids := c.say("first", "second")
		real := w.adapter
		slow := &held{Adapter: real, arrived: make(chan struct{}), goOn: make(chan struct{})}
		w.adapter = slow
		worker := w.worker()
		<-slow.arrived
		stopped := make(chan error)
		go func() { stopped <- worker.Stop(context.Background()) }()
		select {
		case <-stopped:
			t.Fatal("stopped with a message on its way")
		default:
		}
		close(slow.goOn)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		if err := worker.Stop(t.Context()); err != nil {
			t.Errorf("the second stop: %v", err)
		}
		c.sent(ids[:1]...)
		w.read(func(ctx context.Context, v *store.View) {
			if l := v.Lane.Query().OnlyX(ctx); l.LeaseOwner != "" || l.Waiting != 1 {
				t.Errorf("the lane is %+v", l)
			}
		})
		w.adapter = real
		w.worker()
		w.await("the second is sent", w.settled(ids...))
		c.sent(ids...)
	})
}

// MSG-6: a failed message that is sent again by hand keeps its place: it leaves before what was queued after it.
func TestSentAgainByHand(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		c := w.chat()
		w.fault(fake.Fault{Kind: fake.QuotaLimit})
		first := c.say("first")
		worker := w.worker()
		w.await("it fails", w.settled(first...))
		w.failed(first[0], channels.CodeQuotaExceeded)
		if err := worker.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := c.say("second")
		w.write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Message.UpdateOneID(first[0]).SetDelivery(message.DeliverySENDING).SetFailureCode("").SetFailureReason("").Exec(ctx); err != nil {
				return err
			}
			return lane.EnqueueIn(ctx, tx, c.id, c.channel)
		})
		w.worker()
		w.await("both are sent", w.settled(first[0], second[0]))
		c.sent(first[0], second[0])
	})
}

// keyless is a platform without retry keys, on which the first message's answer is lost.
type keyless struct {
	channels.Adapter
	once sync.Once
}

// Capability is LINE's without keys.
func (k *keyless) Capability() channels.Capability {
	c := k.Adapter.Capability()
	c.RetryKeyFor = 0
	return c
}

// Send sends, and the first time nobody knows what came of it.
func (k *keyless) Send(ctx context.Context, a channels.Account, m channels.Outgoing) channels.SendResult {
	r := k.Adapter.Send(ctx, a, m)
	k.once.Do(func() {
		r = channels.SendResult{Outcome: channels.Ambiguous, Code: channels.CodeUnreachable, Reason: "no answer"}
	})
	return r
}

// MSG-2, CHAN-11: without retry keys a lost answer is waited for a minute, then FAILED as uncertain; nothing is sent again by itself, and what
// waits behind it leaves then.
func TestWithoutRetryKeys(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		w.adapter = &keyless{Adapter: w.adapter}
		c := w.chat()
		ids := c.say("lost", "next")
		w.worker()
		w.await("all are done", w.settled(ids...))
		w.failed(ids[0], channels.CodeDeliveryUncertain)
		if m := w.message(ids[1]); m.Delivery != message.DeliverySENT || m.SentAt.Sub(m.CreatedAt) < time.Minute {
			t.Errorf("the next is %s after %v", m.Delivery, m.SentAt.Sub(m.CreatedAt))
		}
		if got := w.got(c.customer.ID()); len(got) != 2 || len(w.tries(ids[0])) != 1 {
			t.Errorf("the platform has %s", got)
		}
	})
}

// MSG-2: the platform's report within the minute makes it SENT, and the lane goes on.
func TestReportedMeanwhile(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setup(t, dialect)
		w.adapter = &keyless{Adapter: w.adapter}
		c := w.chat()
		ids := c.say("lost")
		w.worker()
		testkit.Await(t, "the answer is lost", func() bool {
			w.clock.Advance(time.Millisecond)
			tries := w.tries(ids[0])
			return len(tries) == 1 && tries[0].Outcome == string(channels.Ambiguous)
		})
		w.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := conversation.SetDeliveryIn(ctx, tx, ids[0], conversation.Delivery{Status: message.DeliveryRECEIVED}, system)
			return err
		})
		next := c.say("next")
		w.await("the next is sent", w.settled(next...))
		if m := w.message(ids[0]); m.Delivery != message.DeliveryRECEIVED || len(w.got(c.customer.ID())) != 2 {
			t.Errorf("the first is %s", m.Delivery)
		}
		w.await("nothing waits", func() bool {
			due, err := w.lanes.Due(t.Context())
			return err == nil && due.IsZero()
		})
	})
}
