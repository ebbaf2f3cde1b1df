package automation_test

import (
	"context"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entagent "github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	pending    = entconversation.StatusPENDING
	inProgress = entconversation.StatusIN_PROGRESS
	ended      = entconversation.StatusENDED
	human      = entconversation.QueueHUMAN
	bot        = entconversation.QueueBOT
)

// PROD-6, CONV-3, CONV-4, CONV-19: where a rule replies, and what becomes of the conversation.
func TestKeywordReply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.rule("我們九點開門", automation.RuleInput{}, "營業時間")
		w.rule("隨時為您服務", automation.RuleInput{Statuses: []string{"IN_PROGRESS"}}, "還在嗎")
		c := w.says("Umia", "請問營業時間?")
		if c.Status != pending || c.Queue != bot || !slices.Equal(w.bot(c), []string{"我們九點開門"}) {
			t.Fatalf("a new conversation is %s/%s, the bot said %v", c.Status, c.Queue, w.bot(c))
		}
		if c.Unread != 1 || c.WaitingSince == nil || c.LastMessageSender != "BOT" {
			t.Errorf("%d unread, waiting since %v, last from %s: a bot's reply answers nobody's waiting", c.Unread, c.WaitingSince, c.LastMessageSender)
		}
		for name, x := range map[string]struct {
			status    entconversation.Status
			queue     entconversation.Queue
			says      string
			then      entconversation.Status
			thenQueue entconversation.Queue
			replies   int
		}{
			"waiting for a person it stays there, answered":    {pending, human, "營業時間", pending, human, 1},
			"with the bot it stays with it":                    {pending, bot, "營業時間", pending, bot, 1},
			"with the bot another text wants a person":         {pending, bot, "我要退貨", pending, human, 0},
			"in progress a rule that is not for it rests":      {inProgress, human, "營業時間", inProgress, human, 0},
			"in progress a rule for it replies":                {inProgress, human, "還在嗎", inProgress, human, 1},
			"pending a rule for IN_PROGRESS alone rests":       {pending, bot, "還在嗎", pending, human, 0},
			"ended it is the bot's":                            {ended, human, "營業時間", pending, bot, 1},
			"ended another text wants a person":                {ended, human, "謝謝", pending, human, 0},
			"ended a rule for IN_PROGRESS wants a person, too": {ended, human, "還在嗎", pending, human, 0},
		} {
			w.bring(c, x.status, x.queue)
			before := len(w.bot(c))
			got := w.says("Umia", x.says)
			if got.Status != x.then || got.Queue != x.thenQueue || len(w.bot(c))-before != x.replies {
				t.Errorf("%s: %s/%s with %d replies", name, got.Status, got.Queue, len(w.bot(c))-before)
			}
		}
		for _, e := range w.Events(0) {
			if e.Kind == event.MessageAdded && e.Actor.Kind == event.ByRule && e.Actor.Rule == "keyword_rule" && e.Actor.ID != 0 {
				return
			}
		}
		t.Error("no event names the rule")
	})
}

// PROD-6: the first matching rule in the order replies; the order, the channel, whether it is on and its keywords may change.
func TestKeywordOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := w.rule("first", automation.RuleInput{}, "hello")
		second := w.rule("second", automation.RuleInput{}, "HELLO", "再見")
		last := func() string {
			all := w.bot(w.says("Umia", "well, ｈｅｌｌｏ there"))
			return all[len(all)-1]
		}
		if got := last(); got != "first" {
			t.Errorf("%q replies", got)
		}
		if _, _, err := w.automatic.MoveRule(t.Context(), w.admin, second.ID, 0); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "second" {
			t.Errorf("after the move %q replies", got)
		}
		if _, _, err := w.automatic.MoveRule(t.Context(), w.admin, second.ID, first.ID); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "first" {
			t.Errorf("moved back %q replies", got)
		}
		off := false
		if _, _, err := w.automatic.UpdateRule(t.Context(), w.admin, automation.RuleUpdate{ID: first.ID, IsEnabled: &off}); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "second" {
			t.Errorf("with the first off %q replies", got)
		}
		if _, _, err := w.automatic.UpdateRule(t.Context(), w.admin, automation.RuleUpdate{ID: second.ID, Keywords: []automation.Keyword{{Text: "hello", Match: keyword.Exact}}}); err != nil {
			t.Fatal(err)
		}
		if got := w.says("Umia", "hello there"); got.Queue != human {
			t.Error("an exact keyword replies to a longer text")
		}
		var elsewhere int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			ch, err := tx.Channel.Create().SetTeamID(w.Team).SetType(channel.TypeLINE).SetName("other").SetPlatformID("Uother").SetWebhookKey("other").SetState(channel.StateCONNECTED).
				SetCredentials([]byte{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				elsewhere = ch.ID
			}
			return err
		})
		if _, _, err := w.automatic.UpdateRule(t.Context(), w.admin, automation.RuleUpdate{ID: second.ID, ChannelIDs: &[]int64{elsewhere}}); err != nil {
			t.Fatal(err)
		}
		before := len(w.bot(w.with("Umia")))
		w.says("Umia", "hello")
		if _, err := w.automatic.DeleteRule(t.Context(), w.admin, second.ID); err != nil {
			t.Fatal(err)
		}
		if got := len(w.bot(w.says("Umia", "hello"))); got != before {
			t.Error("a rule of another channel, or a deleted one, replied")
		}
		rows, _, err := w.automatic.ListRules(t.Context(), w.admin, page.Window{Limit: 10})
		if err != nil || len(rows) != 1 || rows[0].ID != first.ID {
			t.Errorf("the list is %v, %v", rows, err)
		}
	})
}

// CONV-3, PROD-6, COLL-16: auto-assign is judged on its own, in every state but IN_PROGRESS, and not in a collaboration, where replies go on.
func TestKeywordAssign(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		jess, amy := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		w.rule("請稍候", automation.RuleInput{Statuses: []string{"PENDING", "ENDED", "IN_PROGRESS"}}, "退貨")
		w.rule("", automation.RuleInput{Name: "returns", AgentID: jess.AgentID}, "退貨")
		w.rule("", automation.RuleInput{Name: "returns, too", AgentID: amy.AgentID}, "退貨")
		c := w.says("Umia", "我要退貨")
		if c.Status != inProgress || c.FollowerID == nil || *c.FollowerID != jess.AgentID || c.FollowedAt == nil || len(w.bot(c)) != 1 {
			t.Fatalf("%s, follower %v, the bot said %v", c.Status, c.FollowerID, w.bot(c))
		}
		if log := w.Log(c.ID); !slices.Equal(log, []string{"log.created", "log.assigned_keyword"}) {
			t.Errorf("the log says %v", log)
		}
		for name, x := range map[string]struct {
			status   entconversation.Status
			queue    entconversation.Queue
			assigned bool
		}{"waiting for a person": {pending, human, true}, "with the bot": {pending, bot, true}, "ended": {ended, human, true}, "in progress": {inProgress, human, false}} {
			w.bring(c, x.status, x.queue)
			got := w.says("Umia", "退貨")
			if is := got.FollowerID != nil && *got.FollowerID == jess.AgentID && got.Status == inProgress; is != x.assigned {
				t.Errorf("%s: assigned is %v", name, is)
			}
		}
		w.bring(c, ended, human, amy.AgentID)
		before := len(w.bot(c))
		if got := w.says("Umia", "退貨"); got.Status != inProgress || *got.FollowerID != w.admin.AgentID || len(w.bot(c)) != before+1 {
			t.Errorf("a collaboration is %s with follower %v and %d replies", got.Status, *got.FollowerID, len(w.bot(c))-before)
		}
		// Who cannot take it is passed over.
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(jess.AgentID).SetStatus(entagent.StatusDEACTIVATED).Exec(ctx)
		})
		if got := w.says("Uben", "退貨"); got.FollowerID == nil || *got.FollowerID != amy.AgentID {
			t.Errorf("with the first deactivated it goes to %v", got.FollowerID)
		}
		notified := 0
		for _, e := range w.Events(0) {
			if e.Kind == event.NotificationAdded && e.AgentID == jess.AgentID {
				notified++
			}
		}
		if notified != 4 {
			t.Errorf("the agent was told of %d assignments, not 4", notified)
		}
	})
}

// CONV-3, PROD-6: nothing fires in a group, for files, for what is late, and where nothing can be sent a text waits for a person.
func TestKeywordRests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.rule("hi", automation.RuleInput{AgentID: w.admin.AgentID}, "hello")
		w.receive(w.said(channels.Peer{Type: channels.PeerGroup, ID: "Cgroup"}, channels.Content{Kind: channels.Text, Text: "hello"}))
		w.Read(func(ctx context.Context, v *store.View) error {
			c, err := v.Conversation.Query().Where(entconversation.GroupIDNotNil()).Only(ctx)
			if err == nil && (c.Status != pending || c.Queue != human || len(w.bot(c)) != 0) {
				t.Errorf("a group is %s/%s, the bot said %v", c.Status, c.Queue, w.bot(c))
			}
			return err
		})
		w.receive(w.said(user("Ufile"), channels.Content{Kind: channels.File, Text: "", Media: &channels.Media{ID: "x", Name: "hello.pdf"}}))
		if c := w.with("Ufile"); c.Queue != human || c.Status != pending || len(w.bot(c)) != 0 {
			t.Error("a file's name fired a rule")
		}
		late := w.said(user("Ufile"), channels.Content{Kind: channels.Text, Text: "hello"})
		late.OccurredAt = morning.AddDate(0, 0, -1)
		w.receive(late)
		if c := w.with("Ufile"); len(w.bot(c)) != 0 || c.FollowerID != nil {
			t.Error("a late message fired a rule")
		}
		standby := w.said(user("Ustandby"), channels.Content{Kind: channels.Text, Text: "hello"})
		standby.Standby = true
		w.receive(standby)
		if c := w.with("Ustandby"); len(w.bot(c)) != 0 {
			t.Error("another module's chat was answered")
		}
		again := w.said(user("Utwice"), channels.Content{Kind: channels.Text, Text: "hello"})
		w.receive(again, again)
		w.receive(again)
		if c := w.with("Utwice"); len(w.bot(c)) != 1 {
			t.Errorf("a redelivered message was answered %d times", len(w.bot(c)))
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.UpdateOneID(w.ChannelID).SetState(channel.StatePAUSED).Exec(ctx)
		})
		if c := w.says("Upaused", "hello"); len(w.bot(c)) != 0 || c.FollowerID == nil {
			t.Error("a paused channel sends, or its conversations are not assigned")
		}
	})
}

// PROD-6: who may keep rules, and what a rule may be. Each change tells of itself.
func TestKeywordRules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		good := func() automation.RuleInput {
			return automation.RuleInput{Name: "hours", Keywords: []automation.Keyword{{Text: "open", Match: keyword.Contains}}, Messages: []automation.Message{{Text: "nine"}}}
		}
		for name, change := range map[string]func(in *automation.RuleInput){
			"a name is needed":              func(in *automation.RuleInput) { in.Name = " " },
			"a keyword is needed":           func(in *automation.RuleInput) { in.Keywords = nil },
			"a keyword is not empty":        func(in *automation.RuleInput) { in.Keywords[0].Text = " " },
			"a way to compare is known":     func(in *automation.RuleInput) { in.Keywords[0].Match = "LIKE" },
			"something is done":             func(in *automation.RuleInput) { in.Messages = nil },
			"a message is not empty":        func(in *automation.RuleInput) { in.Messages[0].Text = "" },
			"a message is text or picture":  func(in *automation.RuleInput) { in.Messages[0].FileID = 1 },
			"an upload is the caller's own": func(in *automation.RuleInput) { in.Messages = []automation.Message{{FileID: 99}} },
			"an agent can send":             func(in *automation.RuleInput) { in.AgentID = 9999 },
			"a module is the team's":        func(in *automation.RuleInput) { in.Messages, in.ModuleID = nil, 9999 },
			"a channel is the team's":       func(in *automation.RuleInput) { in.ChannelIDs = []int64{9999} },
			"a status is known":             func(in *automation.RuleInput) { in.Statuses = []string{"OPEN"} },
			"a button leads to an address": func(in *automation.RuleInput) {
				in.Messages[0].Buttons = []automation.Button{{Label: "x", Kind: automation.OpensAddress, URL: "javascript:alert(1)"}}
			},
			"a button's module is the team's": func(in *automation.RuleInput) {
				in.Messages[0].Buttons = []automation.Button{{Label: "x", Kind: automation.OpensModule, ModuleID: 9}}
			},
			"a button has a label": func(in *automation.RuleInput) {
				in.Messages[0].Buttons = []automation.Button{{Kind: automation.AsksPerson}}
			},
		} {
			in := good()
			change(&in)
			if _, _, err := w.automatic.CreateRule(t.Context(), w.admin, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := w.automatic.CreateRule(t.Context(), w.Agent(auth.Supervisor, auth.SendMessages), good()); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a supervisor makes a rule: %v", err)
		}
		before := w.Head()
		in := good()
		in.IdempotencyKey = "once"
		a, _, err := w.automatic.CreateRule(t.Context(), w.admin, in)
		if err != nil {
			t.Fatal(err)
		}
		if b, _, err := w.automatic.CreateRule(t.Context(), w.admin, in); err != nil || b.ID != a.ID {
			t.Errorf("the same key makes %v, %v", b, err)
		}
		if !slices.ContainsFunc(w.Events(before), func(e event.Event) bool { return e.Kind == event.AutomationChanged && e.Actor == w.admin.Actor() }) {
			t.Error("no event tells of the rule")
		}
		name := "opening hours"
		b, _, err := w.automatic.UpdateRule(t.Context(), w.admin, automation.RuleUpdate{ID: a.ID, Name: &name})
		if err != nil || b.Version != a.Version+1 || b.Name != name || len(b.Keywords) != 1 || !slices.Equal(b.Statuses, []string{"PENDING", "ENDED"}) {
			t.Errorf("after the change: %+v, %v", b, err)
		}
		for _, err := range []error{
			second(w.automatic.UpdateRule(t.Context(), w.admin, automation.RuleUpdate{ID: 9999, Name: &name})),
			second(w.automatic.MoveRule(t.Context(), w.admin, 9999, 0)), second(w.automatic.MoveRule(t.Context(), w.admin, a.ID, 9999)),
			func() error { _, err := w.automatic.DeleteRule(t.Context(), w.admin, 9999); return err }(),
			func() error { _, err := w.automatic.GetRule(t.Context(), w.admin, 9999); return err }(),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("what is not there: %v", err)
			}
		}
	})
}

func second(_ *ent.KeywordRule, _ event.Cursor, err error) error { return err }

var _ inbound.Automation = (*automation.Service)(nil)
