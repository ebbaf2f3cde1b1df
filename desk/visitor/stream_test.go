package visitor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// page is an open page: what it was told, and from where it would go on.
type page struct {
	t      *testing.T
	stream *visitor.Stream
	told   []string
	cursor event.Cursor
	reason string
}

// open opens a page on a server.
func (w *world) open(t *testing.T, s *visitor.Service, token string, after *event.Cursor) *page {
	t.Helper()
	x, err := s.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := s.Open(t.Context(), x, after, &visitor.Page{URL: "https://shop.example.com/live", Title: "Live"})
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, stream: stream, cursor: stream.Started()}
	t.Cleanup(p.close)
	return p
}

func (p *page) close() { p.stream.Close(context.Background()) }

// until takes what the page is told until something holds.
func (p *page) until(what string, holds func() bool) {
	p.t.Helper()
	testkit.Await(p.t, what, func() bool {
		for {
			item, ok, reason := p.stream.Next(p.t.Context())
			if p.reason == "" {
				p.reason = reason
			}
			if !ok {
				return holds()
			}
			if item.Cursor.Epoch != "" {
				if item.Cursor.Epoch == p.cursor.Epoch && item.Cursor.Seq <= p.cursor.Seq {
					p.t.Errorf("told %d after %d", item.Cursor.Seq, p.cursor.Seq)
				}
				p.cursor = item.Cursor
			}
			line := string(item.Kind)
			switch item.Kind {
			case visitor.Added, visitor.Changed:
				line += " " + item.Message.Text + " " + item.Message.Status
			case visitor.Following, visitor.Writing:
				line += " " + item.Name
			}
			p.told = append(p.told, strings.TrimSpace(line))
		}
	})
}

// is waits until the page was told exactly this.
func (p *page) is(lines ...string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q, told %q", lines, p.told), func() bool { return len(p.told) >= len(lines) })
	if got := strings.Join(p.told, "\n"); got != strings.Join(lines, "\n") {
		p.t.Errorf("told\n%s\nnot\n%s", got, strings.Join(lines, "\n"))
	}
	p.told = nil
}

// RT-1, RT-4: a page is told what happens in its own conversation, in order, and nothing of the team's own or of others.
func TestStream(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a, b := w.begin(""), w.begin("")
		p := w.open(t, w.visitors, a.Token, nil) // before there is a conversation
		other := w.open(t, w.visitors, b.Token, nil)
		w.says(a.Token, "hi")
		p.is("message hi sent")
		c := w.with(a.Token)
		w.follow(c)
		p.is("agent " + w.boss.Name)
		m := w.queues(c, "welcome")
		w.settle(m, conversation.Delivery{Status: message.DeliverySENT, PlatformMessageID: m.RetryKey})
		failed := w.queues(c, "canary")
		w.settle(failed, conversation.Delivery{Status: message.DeliveryFAILED, Code: "PLATFORM_ERROR"})
		p.is("message welcome sent")
		x := w.session(a.Token)
		if err := w.visitors.Received(t.Context(), x, m.Seq); err != nil {
			t.Fatal(err)
		}
		p.is("message_changed welcome received")
		if err := w.visitors.Read(t.Context(), x, m.Seq); err != nil {
			t.Fatal(err)
		}
		p.is("message_changed welcome read")
		// A second page of the same visitor is told the same from then on.
		second := w.open(t, w.visitors, a.Token, nil)
		w.says(b.Token, "somebody else")
		other.is("message somebody else sent")
		w.says(a.Token, "thanks")
		p.is("message thanks sent")
		second.is("message thanks sent")
		if _, _, err := w.actions.End(t.Context(), w.boss, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		p.is("ended")
		// The window looks different.
		title := "New"
		if _, _, err := w.accounts.UpdateWebchat(t.Context(), w.boss, account.UpdateWebchatInput{ChannelID: w.channel.ID, Title: &title}); err != nil {
			t.Fatal(err)
		}
		p.is("settings")
		other.is("settings")
		// Who types is seen, by name.
		w.visitors.Presence.Set(t.Context(), w.Team, c.ID, w.boss.AgentID, "typing", true)
		p.is("typing " + w.boss.Name)
		w.visitors.Presence.Set(t.Context(), w.Team, c.ID, w.boss.AgentID, "typing", false)
		p.is("typing")
		other.until("nothing more", func() bool { return len(other.told) == 0 })
	})
}

// RT-3, RT-4: over cuts and other servers nothing is missed and nothing is told twice.
func TestResume(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		begun := w.begin("")
		w.says(begun.Token, "0")
		c := w.with(begun.Token)
		w.follow(c)
		begun = w.begin(begun.Token)
		r := random.Seeded(7)
		servers := []*visitor.Service{w.visitors, w.server()}
		at := begun.Cursor
		var told, want []string
		n := 0
		for range 12 {
			p := w.open(t, servers[r.Int(2)], begun.Token, &at)
			if !p.stream.Recovered {
				t.Error("it is not recovered")
			}
			for range r.Int(4) {
				n++
				text := fmt.Sprint(n)
				w.answers(c, text)
				want = append(want, "message "+text+" sent")
			}
			// It is cut somewhere in between.
			some := len(want) - r.Int(3)
			p.until("some of it", func() bool { return len(told)+len(p.told) >= some })
			told, at = append(told, p.told...), p.cursor
			p.close()
			n++
			w.answers(c, fmt.Sprint(n)) // while nobody looks
			want = append(want, fmt.Sprintf("message %d sent", n))
		}
		p := w.open(t, servers[0], begun.Token, &at)
		p.until("all of it", func() bool { return len(told)+len(p.told) >= len(want) })
		told = append(told, p.told...)
		if strings.Join(told, ",") != strings.Join(want, ",") {
			t.Errorf("told\n%v\nnot\n%v", told, want)
		}
		// The pull form tells the same.
		items, to, err := w.visitors.Missed(t.Context(), w.session(begun.Token), begun.Cursor)
		if err != nil || len(items) != len(want) || to.Seq < p.cursor.Seq {
			t.Errorf("pulled %d, not %d: %v", len(items), len(want), err)
		}
		// That the window looks different is told to who comes back, too.
		title := "New"
		if _, _, err := w.accounts.UpdateWebchat(t.Context(), w.boss, account.UpdateWebchatInput{ChannelID: w.channel.ID, Title: &title}); err != nil {
			t.Fatal(err)
		}
		w.open(t, w.server(), begun.Token, &p.cursor).is("settings")
		stranger := w.begin("")
		w.open(t, w.visitors, stranger.Token, &begun.Cursor).is("settings")
		if items, _, err := w.visitors.Missed(t.Context(), w.session(begun.Token), p.cursor); err != nil || len(items) != 1 || items[0].Kind != visitor.Settings || items[0].Cursor.Epoch != "" {
			t.Errorf("pulled %+v: %v", items, err)
		}
		// A cursor of another log, and one that is too old.
		for _, wrong := range []event.Cursor{{Epoch: "another", Seq: 1}, {Epoch: begun.Cursor.Epoch, Seq: -6000}} {
			q := w.open(t, w.visitors, begun.Token, &wrong)
			q.is("resync")
			if q.stream.Recovered {
				t.Errorf("%+v is recovered", wrong)
			}
		}
	})
}

// The log became another one while an event was being read for a page. What the page was to be told of that went with the event, and the page waited for
// ever for what has a lower number now.
func TestResyncWhileAnEventIsRead(t *testing.T) {
	t.Parallel()
	w := setup(t, "postgres", bus.NewMemory())
	a := w.begin("")
	w.says(a.Token, "hi")
	p := w.open(t, w.visitors, a.Token, nil)
	p.until("nothing more", func() bool { return true })
	before := p.stream.Position().Epoch
	w.says(a.Token, "lost")
	// Nobody reads messages now.
	lock, err := w.DB.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.ExecContext(t.Context(), "LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	<-p.stream.Wake()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.until("the word to begin anew", func() bool { return slices.Contains(p.told, "resync") })
	}()
	testkit.Await(t, "the event is being read", func() bool {
		var n int
		if err := w.DB.SQL().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n > 0
	})
	if _, err := w.DB.SQL().ExecContext(t.Context(), "UPDATE streams SET epoch = 'restored', seq = 1"); err != nil {
		t.Fatal(err)
	}
	testkit.Await(t, "the log is another one", func() bool {
		w.clock.Advance(time.Second)
		return p.stream.Position().Epoch != before
	})
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	<-done
}

// A session that ends, or becomes another person's, ends its pages everywhere.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for name, make := range buses(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, "sqlite", make(t))
			elsewhere := w.server()
			a := w.begin("", as(signed("m-1")))
			w.says(a.Token, "hi")
			here, there := w.open(t, w.visitors, a.Token, nil), w.open(t, elsewhere, a.Token, nil)
			if _, err := w.visitors.Logout(t.Context(), w.session(a.Token)); err != nil {
				t.Fatal(err)
			}
			for _, p := range []*page{here, there} {
				p.until("the end", func() bool { return p.reason == visitor.ReasonEnded })
			}
			b := w.begin("")
			p := w.open(t, elsewhere, b.Token, nil)
			w.begin(b.Token, as(signed("m-1")))
			p.until("the move", func() bool { return p.reason == visitor.ReasonMoved })
			last := w.open(t, elsewhere, w.begin("").Token, nil)
			elsewhere.Close()
			last.until("the drain", func() bool { return last.reason == visitor.ReasonDrain })
		})
	}
}

// A session that ended, or became another person's, after it was looked up and before its page was told of that, had a stream that went on.
func TestStreamOfWhatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.begin("", as(signed("m-1")))
		w.says(a.Token, "hi")
		ended := w.session(a.Token)
		if _, err := w.visitors.Logout(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		b := w.begin("")
		moved := w.session(b.Token)
		w.begin(b.Token, as(signed("m-1")))
		for want, x := range map[string]visitor.Session{visitor.ReasonEnded: ended, visitor.ReasonMoved: moved} {
			s, err := w.visitors.Open(t.Context(), x, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, reason := s.Next(t.Context()); reason != want {
				t.Errorf("it ends for %q, not %q", reason, want)
			}
			s.Close(t.Context())
		}
	})
}

// buses are the buses that servers may share.
func buses(t *testing.T) map[string]func(t *testing.T) bus.Bus {
	t.Helper()
	return map[string]func(t *testing.T) bus.Bus{
		"memory": func(*testing.T) bus.Bus { return bus.NewMemory() },
		"redis": func(t *testing.T) bus.Bus {
			url, prefix := testkit.Redis(t)
			b, err := bus.NewRedis(url, prefix, random.New().UUID(), clock.Real{}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	}
}

// RT-6: a browser that does not keep up is cut and keeps no memory.
func TestSlowPage(t *testing.T) {
	t.Parallel()
	w := setup(t, "sqlite", bus.NewMemory())
	a := w.begin("")
	w.says(a.Token, "hi")
	p := w.open(t, w.visitors, a.Token, nil)
	c := w.with(a.Token)
	for range 3 {
		w.Write(func(_ context.Context, tx *store.Tx) error {
			for range 200 {
				conversation.ChangedIn(tx, c, (w.Messages(c.ID))[0], event.Actor{Kind: event.BySystem})
			}
			return nil
		})
	}
	testkit.Await(t, "the cut", func() bool {
		_, _, reason := p.stream.Next(t.Context())
		return reason == visitor.ReasonSlow
	})
}

// CHAN-12: a visitor is online while a page of it is open and for the grace after a cut; a page's good-bye ends it at once, unless another page is
// open. Agents are told each time, and of nothing else.
func TestPresence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.begin("")
		w.says(a.Token, "hi")
		c := w.with(a.Token)
		x := w.session(a.Token)
		online := func() bool { return visitor.IsOnline(w.seen(x.IdentityID), w.clock.Now()) }
		version := w.with(a.Token).Version
		told := func(what string, times int) {
			t.Helper()
			got := w.Conversation(c.ID).Version
			if got != version+times {
				t.Errorf("%s: agents are told %d times, not %d", what, got-version, times)
			}
			version = got
		}
		sweep := func() {
			t.Helper()
			if err := w.visitors.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		p, q := w.open(t, w.visitors, a.Token, nil), w.open(t, w.visitors, a.Token, nil)
		told("two pages", 1) // another address
		if v := w.seen(x.IdentityID); !online() || v.PageURL != "https://shop.example.com/live" || v.PageTitle != "Live" {
			t.Errorf("it is at %+v", v)
		}
		if err := w.visitors.SetPage(ctx, x, visitor.Page{URL: "https://shop.example.com/live", Title: "Live"}); err != nil {
			t.Fatal(err)
		}
		told("the same page", 0)
		if err := w.visitors.SetPage(ctx, x, visitor.Page{URL: "https://shop.example.com/other", Title: "Other"}); err != nil {
			t.Fatal(err)
		}
		told("another page", 1)
		// One of two pages says good-bye.
		if err := w.visitors.Leave(ctx, x); err != nil {
			t.Fatal(err)
		}
		p.close()
		w.clock.Advance(20 * time.Second)
		sweep()
		if !online() {
			t.Error("one of two pages is closed and it is offline")
		}
		told("one of two pages", 0)
		// The last is cut, and is back in time.
		q.close()
		w.clock.Advance(29 * time.Second)
		sweep()
		if !online() {
			t.Error("a cut page is offline before the grace is over")
		}
		r := w.open(t, w.visitors, a.Token, nil)
		told("a cut that was mended", 1) // it is on the first page again
		r.close()
		w.clock.Advance(31 * time.Second)
		sweep()
		sweep()
		if v := w.seen(x.IdentityID); online() || v.PageURL != "" || v.MessagePageURL != "" || v.PageTitle != "" {
			t.Errorf("after the grace it is %+v", v)
		}
		told("a cut", 1)
		// The only page says good-bye, before its stream ends and after.
		for _, isBefore := range []bool{true, false} {
			s := w.open(t, w.visitors, a.Token, nil)
			told("back", 1)
			if !isBefore {
				s.close()
			}
			if err := w.visitors.Leave(ctx, x); err != nil {
				t.Fatal(err)
			}
			if isBefore {
				s.close()
			}
			if online() || w.seen(x.IdentityID).PageURL != "" {
				t.Errorf("after a good-bye (before the end: %v) it is online", isBefore)
			}
			told("a good-bye", 1)
		}
	})
}

// RT-8: who has a page with another server is not turned offline by this one's loss of it; a server that dies keeps nobody online.
func TestPresenceOfSeveralServers(t *testing.T) {
	t.Parallel()
	for name, make := range buses(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, "sqlite", make(t))
			ctx := t.Context()
			elsewhere := w.server()
			a := w.begin("")
			w.says(a.Token, "hi")
			x := w.session(a.Token)
			online := func() bool { return visitor.IsOnline(w.seen(x.IdentityID), w.clock.Now()) }
			here, there := w.open(t, w.visitors, a.Token, nil), w.open(t, elsewhere, a.Token, nil)
			here.close()
			version := w.with(a.Token).Version
			for range 60 { // the other server says again that it is there
				w.clock.Advance(time.Second)
				if err := errors.Join(elsewhere.Renew(ctx), w.visitors.Sweep(ctx)); err != nil {
					t.Fatal(err)
				}
				if !online() {
					t.Fatal("a page with another server is forgotten")
				}
			}
			if got := w.with(a.Token).Version; got != version {
				t.Errorf("agents are told %d times of nothing", got-version)
			}
			// A good-bye that reaches a server without a page of it is taken back by the one that has.
			if err := w.visitors.Leave(ctx, x); err != nil || online() {
				t.Errorf("after a good-bye: %v, %v", online(), err)
			}
			testkit.Await(t, "the other server's word", func() bool {
				w.clock.Advance(time.Second)
				if err := elsewhere.Renew(ctx); err != nil {
					t.Error(err)
				}
				return online()
			})
			// It dies, and its page with it.
			_ = there
			w.clock.Advance(51 * time.Second)
			if err := w.visitors.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if online() {
				t.Error("a dead server keeps it online")
			}
		})
	}
}
