package search_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// world is a team whose LINE channel is written to.
type world struct {
	*factory.World
	t       testing.TB
	clock   *clock.Manual
	inbound *inbound.Service
	search  *search.Service
	channel *ent.Channel
	n       int
}

// later takes what is done later, and does none of it.
type later struct{}

func (later) ProfileIn(context.Context, *store.Tx, int64) error    { return nil }
func (later) GroupIn(context.Context, *store.Tx, int64) error      { return nil }
func (later) MemberIn(context.Context, *store.Tx, int64) error     { return nil }
func (later) EnqueueIn(context.Context, *store.Tx, job.Task) error { return nil }

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
	w := &world{t: t, clock: clock.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))}
	db := storetest.Open(t, dialect, store.Config{Clock: w.clock})
	gate, err := egress.New(egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{Timeout: time.Second})))
	if err != nil {
		t.Fatal(err)
	}
	w.World, w.search = factory.New(t, db), search.New(db)
	w.channel = w.Channel("LINE")
	w.inbound = inbound.New(inbound.Config{DB: db, Contacts: contact.New(db), Groups: group.New(db), Adapters: adapters, Fetcher: later{}, Queue: later{}})
	return w
}

// event makes an event of a peer, now and unlike any other. A peer whose name begins with G is a group.
func (w *world) event(kind channels.EventKind, peer string) channels.Event {
	w.n++
	p := channels.Peer{Type: channels.PeerUser, ID: peer}
	if strings.HasPrefix(peer, "G") {
		p.Type = channels.PeerGroup
	}
	return channels.Event{Kind: kind, DedupeKey: fmt.Sprint("event-", w.n), Peer: &p, SenderID: peer, OccurredAt: w.clock.Now(), Raw: []byte(`{}`)}
}

// says makes a text message.
func (w *world) says(peer, messageID, s string) channels.Event {
	e := w.event(channels.MessageReceived, peer)
	e.MessageID, e.Content = messageID, &channels.Content{Kind: channels.Text, Text: s}
	if e.Peer.Type == channels.PeerGroup {
		e.SenderID = "Umember"
	}
	return e
}

// edits makes an edit of a message.
func (w *world) edits(peer, messageID, s string) channels.Event {
	e := w.says(peer, messageID, s)
	e.Kind = channels.MessageEdited
	return e
}

// unsends makes an unsend of a message.
func (w *world) unsends(peer, messageID string) channels.Event {
	e := w.event(channels.MessageUnsent, peer)
	e.MessageID = messageID
	return e
}

// receive takes events in as one body.
func (w *world) receive(events ...channels.Event) {
	w.t.Helper()
	w.clock.Advance(time.Second)
	if _, err := w.inbound.Receive(w.t.Context(), inbound.Body{Team: w.Team, ChannelID: w.channel.ID, Type: channels.LINE, Events: events}); err != nil {
		w.t.Fatal(err)
	}
}

// read runs f with a look at the team.
func (w *world) read(f func(ctx context.Context, v *store.View) error) {
	w.t.Helper()
	if err := w.DB.Read(w.t.Context(), w.Team, f); err != nil {
		w.t.Fatal(err)
	}
}

// page reads one page of a search.
func (w *world) page(p auth.Principal, in search.Input) *search.Messages {
	w.t.Helper()
	var out *search.Messages
	err := w.search.Look(w.t.Context(), p, func(ctx context.Context, v *store.View) (err error) {
		out, err = search.MessagesIn(ctx, v, p, in)
		return err
	})
	if err != nil {
		w.t.Fatalf("search %q: %v", in.Text, err)
	}
	return out
}

// all reads a search to its end.
func (w *world) all(p auth.Principal, in search.Input) []search.Hit {
	w.t.Helper()
	var hits []search.Hit
	for {
		page := w.page(p, in)
		hits = append(hits, page.Hits...)
		if !page.HasNext {
			if page.SearchedUntil != nil {
				w.t.Fatalf("search %q: all was looked at, and only until %s", in.Text, page.SearchedUntil)
			}
			return hits
		}
		if page.SearchedUntil == nil || page.End == in.After {
			w.t.Fatalf("search %q stands still", in.Text)
		}
		in.After = page.End
	}
}

func (w *world) ids(p auth.Principal, in search.Input) []int64 {
	w.t.Helper()
	return idsOf(w.all(p, in))
}

func idsOf(hits []search.Hit) []int64 {
	ids := []int64{}
	for _, h := range hits {
		ids = append(ids, h.Message.ID)
	}
	return ids
}

// scan looks at every message, as a search need not.
func (w *world) scan(p auth.Principal, in search.Input) []int64 {
	w.t.Helper()
	part := text.Fold(strings.TrimSpace(in.Text))
	ids := []int64{}
	w.read(func(ctx context.Context, v *store.View) error {
		conversations, err := v.Conversation.Query().All(ctx)
		if err != nil {
			return err
		}
		seen := map[int64]bool{}
		for _, c := range conversations {
			f := row.Facets(c)
			seen[c.ID] = row.Sees(p, f) && (in.Filter.Conversation == nil || inbox.Matches(p, inbox.All, in.Filter.Conversation, f, v.Now))
		}
		all, err := v.Message.Query().Order(ent.Desc(message.FieldID)).All(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			f := in.Filter
			if !seen[m.ConversationID] || !strings.Contains(text.Fold(m.Text), part) ||
				f.ConversationID != 0 && m.ConversationID != f.ConversationID ||
				f.Senders != nil && !slices.Contains(f.Senders, string(m.Sender)) ||
				f.AgentIDs != nil && (m.AgentID == nil || !slices.Contains(f.AgentIDs, *m.AgentID)) ||
				f.From != nil && m.CreatedAt.Before(*f.From) || f.To != nil && !m.CreatedAt.Before(*f.To) {
				continue
			}
			ids = append(ids, m.ID)
		}
		return nil
	})
	return ids
}

// conversations are the team's, in the order of their ids.
func (w *world) conversations() []*ent.Conversation {
	w.t.Helper()
	var all []*ent.Conversation
	w.read(func(ctx context.Context, v *store.View) (err error) {
		all, err = v.Conversation.Query().Order(ent.Asc("id")).All(ctx)
		return err
	})
	return all
}
