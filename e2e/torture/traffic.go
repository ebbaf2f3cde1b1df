package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/torture/check"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// load says how much is to happen.
type load struct {
	customers, watchers int
	webhooks, sends     int // at least
	writers, senders    int // how many of each work at once
	// pause is how long a writer rests after each webhook: a spool takes them faster than any database gets them back.
	pause time.Duration
}

// traffic is customers who write, agents who answer and subscribers who watch, all of whom insist, and what they know of it.
type traffic struct {
	load
	world   *rig.World
	team    *rig.Team
	history check.History

	people        []*fakeline.Customer
	conversations []string
	at            func() *rig.Server // the server that the next request goes to

	webhooks, sends       atomic.Int64 // acknowledged
	duplicates, displaced atomic.Int64
	newcomers             atomic.Int64
	rereads               atomic.Int64
	greetings             atomic.Int64 // how often a watch connected
	unanswered            atomic.Int64 // webhooks that were not acknowledged
	taken                 atomic.Value // the clientMessageId of an answer that was acknowledged in the first conversation, a string
	stop, stopWatching    context.CancelFunc
	working, watching     sync.WaitGroup
	views                 []*view
}

// view is what one watcher saw.
type view struct {
	mu     sync.Mutex
	seen   check.View
	seqMax int
}

const watch = `subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
	... on Hello { recovered } ... on ResyncRequired { reason } ... on StreamEnded { reason resubscribe }
	... on MessageAdded { message { seq version delivery content { ... on TextContent { text } } } }
	... on MessageChanged { message { seq version delivery content { ... on TextContent { text } } } } } }`

// newTraffic makes the customers, each with a conversation that the administrator follows, and lets the watchers connect. Servers must run.
func newTraffic(ctx context.Context, w *rig.World, team *rig.Team, l load) (*traffic, error) {
	t := &traffic{load: l, world: w, team: team, at: func() *rig.Server { return team.Server }}
	t.stop, t.stopWatching = func() {}, func() {}
	var first []fakeline.Event
	for i := range l.customers {
		p := team.Bot.AddCustomer(fakeline.Person{Name: fmt.Sprint("Customer ", i)})
		e := p.Text(fmt.Sprintf("first of %d", i))
		acknowledged := t.history.Write(check.Written{Customer: p.ID(), MessageID: e.MessageID(), EventID: e.ID(), Text: fmt.Sprintf("first of %d", i)})
		t.people, first = append(t.people, p), append(first, e)
		if len(first) == 20 || i == l.customers-1 {
			if err := team.Insist(ctx, t.at, first...); err != nil {
				return nil, err
			}
			first = nil
		}
		acknowledged()
	}
	var found map[string]string
	err := w.Await(ctx, "everybody has a conversation", func() bool {
		all, err := team.Conversations(ctx)
		found = all
		return err == nil && len(found) >= l.customers
	})
	if err != nil {
		return nil, err
	}
	for i := range l.customers {
		id := found[fmt.Sprintf("first of %d", i)]
		if id == "" {
			return nil, fmt.Errorf("customer %d has no conversation", i)
		}
		if err := team.Follow(ctx, id); err != nil {
			return nil, err
		}
		t.conversations = append(t.conversations, id)
	}
	return t, t.watch(ctx)
}

// watch lets the watchers connect, half over each wire, and returns once all have.
func (t *traffic) watch(ctx context.Context) error {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stopWatching = stop
	for i := range t.watchers {
		n := i % len(t.people)
		wire := rig.WebSocket
		if i%2 == 1 {
			wire = rig.SSE
		}
		// The follow left a system message or none behind: what was there before counts as known.
		v := &view{seen: check.View{Name: fmt.Sprintf("watcher %d (%s)", i, wire), Customer: t.people[n].ID()}}
		at, err := t.last(ctx, t.conversations[n])
		if err != nil {
			return err
		}
		v.seen.From = at + 1
		t.views = append(t.views, v)
		w := &rig.Watch{Client: t.team.Boss, Wire: wire, Query: watch, Variables: map[string]any{"c": t.conversations[n]}, Frame: v.take,
			At: func() string { return t.at().URL }, Greeted: func() { t.greetings.Add(1) },
			Resync: func(ctx context.Context) (string, error) { return t.reread(ctx, v, t.conversations[n]) }}
		t.watching.Go(func() {
			if err := w.Run(watching); err != nil {
				t.world.Violate("watched: %s: %v", v.seen.Name, err)
			}
		})
	}
	return t.world.Await(ctx, "all watch", func() bool { return t.greetings.Load() >= int64(t.watchers) })
}

const history = `query($c: ID!, $b: Cursor) { messages(conversationId: $c, last: 100, before: $b) { asOf pageInfo { hasPreviousPage startCursor }
	nodes { seq version delivery content { ... on TextContent { text } } } } }`

// reread reads a conversation anew for a watcher that was told to, the newest page first, and gives the position of that page.
func (t *traffic) reread(ctx context.Context, v *view, conversation string) (cursor string, err error) {
	t.rereads.Add(1)
	var frames []check.Frame
	var before any
	for {
		got, err := t.team.Boss.At(t.at()).Do(ctx, history, map[string]any{"c": conversation, "b": before})
		if err != nil {
			return "", err
		}
		if cursor == "" {
			cursor = rig.Str(got, "messages.asOf")
		}
		var page []check.Frame
		nodes, _ := rig.At(got, "messages.nodes").([]any)
		for _, n := range nodes {
			page = append(page, check.Frame{IsAdded: true, Seq: rig.Num(n, "seq"), Version: rig.Num(n, "version"), Delivery: rig.Str(n, "delivery"), Text: rig.Str(n, "content.text")})
		}
		frames = append(page, frames...)
		if rig.At(got, "messages.pageInfo.hasPreviousPage") != true {
			break
		}
		before = rig.Str(got, "messages.pageInfo.startCursor")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen.Frames = slices.DeleteFunc(frames, func(f check.Frame) bool { return f.Seq < v.seen.From })
	return cursor, nil
}

// last is the number of a conversation's last message.
func (t *traffic) last(ctx context.Context, conversation string) (int, error) {
	got, err := t.team.Boss.Do(ctx, `query($c: ID!) { messages(conversationId: $c, last: 1) { nodes { seq } } }`, map[string]any{"c": conversation})
	return rig.Num(got, "messages.nodes.0.seq"), err
}

func (v *view) take(frame map[string]any) {
	kind := frame["__typename"]
	if kind != "MessageAdded" && kind != "MessageChanged" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	f := check.Frame{IsAdded: kind == "MessageAdded", Seq: rig.Num(frame, "message.seq"), Version: rig.Num(frame, "message.version"),
		Delivery: rig.Str(frame, "message.delivery"), Text: rig.Str(frame, "message.content.text")}
	v.seen.Frames = append(v.seen.Frames, f)
	v.seqMax = max(v.seqMax, f.Seq)
}

// start lets customers write and agents answer until finish.
func (t *traffic) start(ctx context.Context) {
	ctx, t.stop = context.WithCancel(ctx)
	for i := range t.writers {
		t.working.Go(func() { t.write(ctx, i) })
	}
	for i := range t.senders {
		t.working.Go(func() { t.answer(ctx, i) })
	}
}

// chance says true once in so many times.
func (t *traffic) chance(percent int) bool { return t.world.Random.Int(100) < percent }

// write lets one in so many of the customers write in turns: some events come twice, some after one that was written later.
func (t *traffic) write(ctx context.Context, worker int) {
	make := func(i, n int) fakeline.Event { return t.people[i].Text(fmt.Sprintf("question %d of %d", n, i)) }
	note := func(i int, e fakeline.Event, text string) func() {
		return t.history.Write(check.Written{Customer: t.people[i].ID(), MessageID: e.MessageID(), EventID: e.ID(), Text: text})
	}
	var old []fakeline.Event
	for n := 0; ctx.Err() == nil; n++ {
		for i := worker; i < len(t.people) && ctx.Err() == nil; i += t.writers {
			texts := []string{fmt.Sprintf("question %d of %d", n, i)}
			events := []fakeline.Event{make(i, n)}
			if t.chance(3) { // the platform delivers the later one first
				t.displaced.Add(1)
				n++
				later := make(i, n)
				events = []fakeline.Event{later, events[0]}
				texts = []string{fmt.Sprintf("question %d of %d", n, i), texts[0]}
			}
			for k, e := range events {
				acknowledged := note(i, e, texts[k])
				if t.insist(ctx, e) != nil {
					return
				}
				acknowledged()
				t.webhooks.Add(1)
				if len(old) < 64 {
					old = append(old, e)
				} else {
					old[t.world.Random.Int(len(old))] = e
				}
			}
			if t.chance(4) { // somebody who never wrote before
				t.newcomers.Add(1)
				if t.newcomer(ctx) != nil {
					return
				}
			}
			if t.chance(8) {
				t.duplicates.Add(1)
				if t.insist(ctx, old[t.world.Random.Int(len(old))].Redelivered()) != nil {
					return
				}
				t.webhooks.Add(1)
			}
		}
	}
}

// newcomer lets somebody write who never wrote before.
func (t *traffic) newcomer(ctx context.Context) error {
	p := t.team.Bot.AddCustomer(fakeline.Person{Name: fmt.Sprint("Newcomer ", t.newcomers.Load())})
	text := "hello of " + p.ID()
	e := p.Text(text)
	acknowledged := t.history.Write(check.Written{Customer: p.ID(), MessageID: e.MessageID(), EventID: e.ID(), Text: text})
	if err := t.insist(ctx, e); err != nil {
		return err
	}
	acknowledged()
	t.webhooks.Add(1)
	return nil
}

// insist delivers an event until a server has acknowledged it.
func (t *traffic) insist(ctx context.Context, e fakeline.Event) error {
	for ctx.Err() == nil {
		if status, err := t.team.Deliver(ctx, t.at(), e); err == nil && status == http.StatusOK {
			pauseFor(ctx, t.pause)
			return nil
		}
		t.unanswered.Add(1)
		pauseFor(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}

// answer lets an agent answer in one of so many of the conversations in turns.
func (t *traffic) answer(ctx context.Context, worker int) {
	for n := 0; ctx.Err() == nil; n++ {
		for i := worker; i < len(t.people) && ctx.Err() == nil; i += t.senders {
			for range 1 + t.world.Random.Int(4) { // some of them in a row
				text := fmt.Sprintf("answer %d of %d", n, i)
				acknowledged := t.history.Send(check.Sent{Customer: t.people[i].ID(), Key: text, Text: text})
				seq, err := t.insistSend(ctx, t.conversations[i], text)
				if errors.Is(err, rig.ErrRefused) {
					t.world.Violate("answered: %q: %v", text, err)
					return
				}
				if err != nil {
					return
				}
				acknowledged(seq)
				t.sends.Add(1)
				if i == 0 {
					t.taken.Store(text)
				}
				n++
			}
		}
	}
}

func (t *traffic) insistSend(ctx context.Context, conversation, text string) (int, error) {
	for ctx.Err() == nil {
		seq, err := t.team.Send(ctx, t.team.Boss.At(t.at()), conversation, text, text)
		if err == nil || errors.Is(err, rig.ErrRefused) {
			return seq, err
		}
		pauseFor(ctx, 20*time.Millisecond)
	}
	return 0, ctx.Err()
}

func pauseFor(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// done is how much was acknowledged.
func (t *traffic) done() int64 { return t.webhooks.Load() + t.sends.Load() }

// isEnough says whether as much has happened as was wanted.
func (t *traffic) isEnough() bool {
	return t.webhooks.Load() >= int64(t.load.webhooks) && t.sends.Load() >= int64(t.load.sends)
}

// finish ends the traffic, waits until nothing is under way and every watcher has seen it, and judges.
func (t *traffic) finish(ctx context.Context) error {
	t.stop()
	t.working.Wait()
	if err := t.settle(ctx); err != nil {
		t.world.Violate("settled: %v", err)
	}
	t.stopWatching()
	t.watching.Wait()
	for _, v := range t.views {
		t.history.Watched(v.seen)
	}
	for _, d := range t.world.Line.Journal().All() {
		t.history.Push(pushed(d)...)
	}
	state, err := t.read(ctx)
	if err != nil {
		return err
	}
	for _, v := range check.Judge(&t.history, state) {
		t.world.Violate("%s", v)
	}
	t.world.Count("webhooks", int(t.webhooks.Load()))
	t.world.Count("duplicates", int(t.duplicates.Load()))
	t.world.Count("out of order", int(t.displaced.Load()))
	t.world.Count("sends", int(t.sends.Load()))
	t.world.Count("subscribers", t.watchers)
	if n := t.rereads.Load(); n > 0 {
		t.world.Count("told to read anew", int(n))
	}
	t.world.Count("events", len(state.Events))
	return nil
}

func (t *traffic) read(ctx context.Context) (*check.State, error) {
	db, err := t.world.Open()
	if err != nil {
		return nil, err
	}
	s, err := check.Read(ctx, db, t.team.Slug)
	return s, errors.Join(err, db.Close())
}

// sending is how many messages are under way.
func (t *traffic) sending(ctx context.Context) (int, error) {
	db, err := t.world.Open()
	if err != nil {
		return 0, err
	}
	n, err := check.Sending(ctx, db)
	return n, errors.Join(err, db.Close())
}

// ask is a figure of the database; 0 while it is away.
func (t *traffic) ask(ctx context.Context, figure func(context.Context, *sql.DB) (int, error)) int {
	db, err := t.world.Open()
	if err != nil {
		return 0
	}
	defer db.Close()
	n, _ := figure(ctx, db)
	return n
}

// drained returns once no webhook waits in a spool.
func (t *traffic) drained(ctx context.Context) error {
	return t.world.Follow(ctx, "the spool is drained", func() bool {
		pauseFor(ctx, 100*time.Millisecond)
		return t.isDrained()
	}, func() int64 { return int64(t.ask(ctx, check.Marked)) })
}

// isDrained says whether no webhook waits in a spool.
func (t *traffic) isDrained() bool {
	dir := t.world.Setting("SPOOL_DIR")
	if dir == "" {
		return true
	}
	left, err := os.ReadDir(dir)
	return err == nil && len(left) == 0
}

// settle returns once nothing is SENDING and every watcher has come to the end of its conversation.
func (t *traffic) settle(ctx context.Context) error {
	if err := t.drained(ctx); err != nil {
		return err
	}
	err := t.world.Follow(ctx, "everything is sent", func() bool {
		if n, err := t.sending(ctx); n > 0 || err != nil {
			pauseFor(ctx, 100*time.Millisecond)
			return false
		}
		return true
	}, func() int64 { return int64(t.ask(ctx, check.Sending)) })
	if err != nil {
		return err
	}
	s, err := t.read(ctx)
	if err != nil {
		return err
	}
	want := map[string]map[int]int{} // number → version, by customer
	for _, c := range s.Conversations {
		want[c.Customer] = map[int]int{}
		for _, m := range c.Messages {
			want[c.Customer][m.Seq] = m.Version
		}
	}
	return t.world.Await(ctx, "every watcher has seen it", func() bool {
		for _, v := range t.views {
			if !v.holds(want[v.seen.Customer]) {
				pauseFor(ctx, 200*time.Millisecond)
				return false
			}
		}
		return true
	})
}

// holds says whether the view holds each message in the version.
func (v *view) holds(want map[int]int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	have := map[int]int{}
	for _, f := range v.seen.Frames {
		have[f.Seq] = f.Version
	}
	for seq, version := range want {
		if seq >= v.seen.From && have[seq] != version {
			return false
		}
	}
	return true
}

// pushed are the messages of a delivery that the platform took.
func pushed(d fake.Delivery) (all []check.Pushed) {
	for _, to := range d.To {
		for _, m := range d.Messages {
			all = append(all, check.Pushed{Customer: to, Text: text(m), RetryKey: d.RetryKey})
		}
	}
	return all
}
