package automation_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entchannel "github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// scripts sets what the channel says by itself.
func (w *world) scripts(change func(*account.ScriptInput)) account.Script {
	w.T.Helper()
	adapters, err := channels.NewRegistry(line.New(&http.Client{}))
	if err != nil {
		w.T.Fatal(err)
	}
	in := account.ScriptInput{ChannelID: w.ChannelID}
	change(&in)
	s, _, err := account.New(account.Config{DB: w.DB, Adapters: adapters}).SetScript(w.T.Context(), w.admin, in)
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

func on(text string) account.LineInput {
	is := true
	if text == "" {
		return account.LineInput{IsOn: &is}
	}
	return account.LineInput{IsOn: &is, Text: &text}
}

func (w *world) wants(what string, c *ent.Conversation, want ...string) {
	w.T.Helper()
	if got := w.bot(c); !slices.Equal(got, want) {
		w.T.Errorf("%s: the channel has said %q", what, got)
	}
}

// CHAN-5, CHAN-4: a person is welcomed at its first message ever, once, before anything else is answered; nobody who wrote while it was off is later.
func TestWelcome(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.wants("off at first", w.says("Uold", "hello"))
		s := w.scripts(func(in *account.ScriptInput) { in.Welcome = on("") })
		if !s.Welcome.IsOn || !s.Welcome.IsDefault || s.Version != 1 || s.Away.IsOn || !strings.HasPrefix(s.Welcome.Text, "Hello!") {
			t.Errorf("it is %+v", s)
		}
		w.wants("who wrote before", w.says("Uold", "hello again"))
		w.wants("the first message", w.says("Unew", "hello"), s.Welcome.Text)
		c := w.says("Unew", "and?")
		w.wants("the second", c, s.Welcome.Text)
		if c.WaitingSince == nil || c.Unread != 2 || c.FollowerID != nil || c.Queue != human {
			t.Errorf("it answers for a person: %+v", c)
		}
		s = w.scripts(func(in *account.ScriptInput) { in.Welcome = on("Dear {{system:customer_name}}") })
		if s.Welcome.IsDefault || s.Version != 2 {
			t.Errorf("it is %+v", s)
		}
		w.rule("a price", automation.RuleInput{}, "price")
		w.wants("with a keyword", w.says("Ukey", "the price?"), "Dear Customer", "a price")
		// The conversation is deleted for good; who wrote once is not new.
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := row.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			return row.Delete(ctx, tx, c, event.Actor{Kind: event.BySystem})
		})
		w.wants("after its conversation was deleted", w.says("Unew", "it is me"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.UpdateOneID(w.ChannelID).SetState(entchannel.StatePAUSED).Exec(ctx)
		})
		w.wants("paused", w.says("Upaused", "hello"))
	})
}

// CHAN-5, PROD-2: who waits while nobody is on duty is told so, once until an agent follows or the conversation ends; a bot that serves is no reason.
func TestAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		w.shift("office", amy)
		s := w.scripts(func(in *account.ScriptInput) { in.Away = on("back at nine") })
		w.wants("on duty", w.says("Uday", "hello"))
		w.clock.Advance(12 * time.Hour) // nine in the evening
		c := w.says("Unight", "hello")
		w.wants("off duty", c, s.Away.Text)
		w.wants("again", w.says("Unight", "hello?"), s.Away.Text)
		w.wants("who waited since the day", w.says("Uday", "still there?"), s.Away.Text)
		if c = w.with("Unight"); c.WaitingSince == nil || c.Unread != 2 {
			t.Errorf("it answers for a person: %+v", c)
		}
		if _, _, err := w.actions.Follow(t.Context(), amy, conversation.FollowInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.wants("with who follows", w.says("Unight", "thanks"), s.Away.Text)
		if _, _, err := w.actions.End(t.Context(), amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.wants("another period", w.says("Unight", "one more thing"), s.Away.Text, s.Away.Text)
		w.rule("a price", automation.RuleInput{}, "price")
		w.wants("a bot serves", w.says("Ubot", "the price?"), "a price")
		w.clock.Advance(12 * time.Hour) // nine in the morning
		w.wants("back on duty", w.says("Uearly", "hello"))
	})
}

// CHAN-5, CHAN-6: the customer is told whenever the conversation ends, once an end, with as much of the follower's name as is wanted; nothing else is named.
func TestClosing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetName("Amy Chen").Exec(ctx)
		})
		amy.Name = "Amy Chen"
		w.scripts(func(in *account.ScriptInput) { in.Closing = on("bye {{system:customer_name}}") })
		c := w.says("Umia", "hello")
		end := func(name channelscript.AgentName) {
			t.Helper()
			w.scripts(func(in *account.ScriptInput) { in.AgentName = &name })
			c = w.says("Umia", "hello")
			if _, _, err := w.actions.Follow(t.Context(), amy, conversation.FollowInput{ConversationID: c.ID}); err != nil {
				t.Fatal(err)
			}
			if _, _, _, err := w.actions.Send(t.Context(), amy, conversation.SendInput{ConversationID: c.ID, ClientMessageID: string(name), Content: conversation.Text("hi")}); err != nil {
				t.Fatal(err)
			}
			now, _, err := w.actions.End(t.Context(), amy, conversation.EndInput{ConversationID: c.ID})
			if err != nil || now.Status != ended {
				t.Fatalf("%+v, %v", now, err)
			}
			w.Check()
			all := w.Messages(c.ID)
			if said := all[len(all)-2]; said.Text != "hi" {
				t.Errorf("what an agent writes is %q", said.Text)
			}
		}
		end(channelscript.AgentNameNONE)
		end(channelscript.AgentNameFIRST)
		end(channelscript.AgentNameFULL)
		w.wants("ended three times", c, "bye Customer", "Amy: bye Customer", "Amy Chen: bye Customer")
		// A pending one ends without a name.
		c = w.says("Uben", "hello")
		if _, _, err := w.actions.End(t.Context(), amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.wants("ended while pending", c, "bye Customer")
		off := false
		w.scripts(func(in *account.ScriptInput) { in.Closing = account.LineInput{IsOn: &off} })
		c = w.says("Uben", "hello")
		if _, _, err := w.actions.End(t.Context(), amy, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.wants("switched off", c, "bye Customer")
	})
}

// CHAN-5: what a channel says is for administrators to set.
func TestWhoSetsScripts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		adapters, err := channels.NewRegistry(line.New(&http.Client{}))
		if err != nil {
			t.Fatal(err)
		}
		accounts := account.New(account.Config{DB: w.DB, Adapters: adapters})
		long, wrong := strings.Repeat("字", 1001), channelscript.AgentName("NICK")
		for name, x := range map[string]struct {
			p    auth.Principal
			in   account.ScriptInput
			kind fault.Kind
		}{
			"a supervisor":      {w.Agent(auth.Supervisor), account.ScriptInput{ChannelID: w.ChannelID}, fault.Forbidden},
			"no channel":        {w.admin, account.ScriptInput{ChannelID: 9999}, fault.NotFound},
			"a text too long":   {w.admin, account.ScriptInput{ChannelID: w.ChannelID, Away: account.LineInput{Text: &long}}, fault.Invalid},
			"no style of names": {w.admin, account.ScriptInput{ChannelID: w.ChannelID, AgentName: &wrong}, fault.Invalid},
		} {
			head := w.Head()
			if _, _, err := accounts.SetScript(t.Context(), x.p, x.in); !fault.Is(err, x.kind) || w.Head() != head {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s, err := accounts.Script(t.Context(), w.Agent(auth.AgentRole), w.ChannelID); err != nil || s.Version != 0 || s.Closing.Text == "" || s.AgentName != channelscript.AgentNameNONE {
			t.Errorf("nothing set is %+v, %v", s, err)
		}
	})
}
