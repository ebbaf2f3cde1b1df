package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
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

// morning is when the tests begin: a Monday, at nine in Taipei.
var morning = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// world is a team whose LINE channel is written to, with everything automatic.
type world struct {
	*rowtest.World
	clock     *clock.Manual
	automatic *automation.Service
	inbound   *inbound.Service
	actions   *conversation.Service
	files     *file.Service
	admin     auth.Principal
	n         atomic.Int64
}

// quiet is a platform that is never asked.
type quiet struct{}

func (quiet) ProfileIn(context.Context, *store.Tx, int64) error    { return nil }
func (quiet) GroupIn(context.Context, *store.Tx, int64) error      { return nil }
func (quiet) MemberIn(context.Context, *store.Tx, int64) error     { return nil }
func (quiet) EnqueueIn(context.Context, *store.Tx, job.Task) error { return nil }

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
	db := storetest.Open(t, dialect, store.Config{Clock: c})
	gate, err := egress.New(egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{Timeout: time.Second})))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("2", 64)), random.Seeded(3))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: rowtest.New(t, db, "shop"), clock: c}
	w.files = filetest.New(t, db, adapters, nil).Service
	w.automatic = automation.New(automation.Config{DB: db, Files: w.files, Random: random.Seeded(2), Keys: keys})
	w.actions = conversation.New(db, adapters, w.files, random.New(), nil)
	w.inbound = inbound.New(inbound.Config{DB: db, Contacts: contact.New(db), Groups: group.New(db), Adapters: adapters, Fetcher: quiet{}, Files: w.files,
		Queue: quiet{}, Actions: w.actions, Automation: w.automatic})
	w.admin = w.Agent(auth.Admin, auth.SendMessages)
	return w
}

func user(id string) channels.Peer { return channels.Peer{Type: channels.PeerUser, ID: id} }

func (w *world) event(kind channels.EventKind, peer channels.Peer) channels.Event {
	key := fmt.Sprintf("event-%d", w.n.Add(1))
	raw, _ := json.Marshal(map[string]string{"key": key})
	return channels.Event{Kind: kind, DedupeKey: key, Peer: &peer, SenderID: peer.ID, OccurredAt: w.clock.Now(), Raw: raw}
}

func (w *world) said(peer channels.Peer, content channels.Content) channels.Event {
	e := w.event(channels.MessageReceived, peer)
	e.MessageID, e.Content = "m-"+e.DedupeKey, &content
	return e
}

func (w *world) receive(events ...channels.Event) {
	w.T.Helper()
	r, err := w.inbound.Receive(w.T.Context(), inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: events})
	if err != nil || r.Failed > 0 {
		w.T.Fatalf("%+v %v", r, err)
	}
	w.Check()
}

// says takes a text in, and gives the conversation after it.
func (w *world) says(userID, text string) *ent.Conversation {
	w.T.Helper()
	w.receive(w.said(user(userID), channels.Content{Kind: channels.Text, Text: text}))
	return w.with(userID)
}

// presses takes a button in, and gives the conversation after it.
func (w *world) presses(userID, data string) *ent.Conversation {
	w.T.Helper()
	e := w.event(channels.Postback, user(userID))
	e.PostbackData = data
	w.receive(e)
	return w.with(userID)
}

func (w *world) with(userID string) *ent.Conversation {
	w.T.Helper()
	var c *ent.Conversation
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		c, err = v.Conversation.Query().Where(entconversation.HasIdentityWith(identity.PlatformUserID(userID))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	return c
}

// bot gives what was sent by bots in a conversation.
func (w *world) bot(c *ent.Conversation) []string {
	w.T.Helper()
	var texts []string
	for _, m := range w.Messages(c.ID) {
		if m.Sender == message.SenderBOT {
			if m.Delivery != message.DeliverySENDING || m.Direction != message.DirectionOUTBOUND {
				w.T.Errorf("a bot's message is %s, %s", m.Direction, m.Delivery)
			}
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// rule makes a keyword rule that replies with a text, if there is one.
func (w *world) rule(reply string, in automation.RuleInput, words ...string) *ent.KeywordRule {
	w.T.Helper()
	in.IsEnabled = true
	if in.Name == "" {
		in.Name = "rule " + reply
	}
	if reply != "" {
		in.Messages = []automation.Message{{Text: reply}}
	}
	for _, x := range words {
		in.Keywords = append(in.Keywords, automation.Keyword{Text: x, Match: keyword.Contains})
	}
	r, _, err := w.automatic.CreateRule(w.T.Context(), w.admin, in)
	if err != nil {
		w.T.Fatal(err)
	}
	return r
}

func (w *world) module(name string, messages ...automation.Message) *ent.BotModule {
	w.T.Helper()
	m, _, err := w.automatic.CreateModule(w.T.Context(), w.admin, automation.ModuleInput{Name: name, Messages: messages})
	if err != nil {
		w.T.Fatal(err)
	}
	return m
}

func (w *world) entry(in automation.EntryInput) *ent.BotEntry {
	w.T.Helper()
	in.ChannelID = w.ChannelID
	e, _, err := w.automatic.CreateEntry(w.T.Context(), w.admin, in)
	if err != nil {
		w.T.Fatal(err)
	}
	return e
}

// bring puts a conversation where a case wants it.
func (w *world) bring(c *ent.Conversation, status entconversation.Status, queue entconversation.Queue, collaborators ...int64) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		after := row.Copy(c)
		after.Status, after.Queue, after.EndedAt, after.FollowerID, after.FollowedAt = status, queue, nil, nil, nil
		after.Unread, after.WaitingSince = 0, nil
		if status != entconversation.StatusPENDING {
			after.FollowerID, after.FollowedAt = &w.admin.AgentID, &tx.Now
		}
		if status == entconversation.StatusENDED {
			after.EndedAt = &tx.Now
		}
		if err := row.Put(ctx, tx, c, after, event.Actor{Kind: event.BySystem}); err != nil {
			return err
		}
		if err := factory.Collaborate(ctx, tx, c.ID, collaborators); err != nil {
			return err
		}
		if err := conversation.FollowerIn(ctx, tx, after); err != nil || len(collaborators) == 0 {
			return err
		}
		_, err = row.Change(ctx, tx, after, event.Actor{Kind: event.BySystem}, func(u *ent.ConversationUpdateOne) {
			u.SetCollaboratorIds(collaborators).SetKind(entconversation.KindCOLLABORATION)
		})
		return err
	})
}
