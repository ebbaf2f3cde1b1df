package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// collaborates has the team work together.
func (w *world) collaborates(is bool) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Team.UpdateOneID(w.Team).SetCollaborates(is).Exec(ctx)
	})
}

// named makes an agent with a name.
func (w *world) named(name string, r auth.Role, permissions ...auth.Permission) auth.Principal {
	w.T.Helper()
	p := w.Agent(r, permissions...)
	p.Name = name
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Agent.UpdateOneID(p.AgentID).SetName(name).Exec(ctx)
	})
	return p
}

func (w *world) add(p auth.Principal, id int64, who ...auth.Principal) *ent.Conversation {
	w.T.Helper()
	in := conversation.AddInput{ConversationID: id}
	for _, x := range who {
		in.AgentIDs = append(in.AgentIDs, x.AgentID)
	}
	return w.must(w.actions.Add(w.T.Context(), p, in))
}

func (w *world) remove(p auth.Principal, id int64, who ...auth.Principal) *ent.Conversation {
	w.T.Helper()
	in := conversation.RemoveInput{ConversationID: id}
	for _, x := range who {
		in.AgentIDs = append(in.AgentIDs, x.AgentID)
	}
	return w.must(w.actions.Remove(w.T.Context(), p, in))
}

// texts are the newest entry of the activity log, the newest system message and what an agent was told last, in a language.
func (w *world) texts(id int64, p auth.Principal, language string) (log, said, told string) {
	w.T.Helper()
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Activity.Query().Order(ent.Asc("id")).All(ctx)
		for _, a := range all {
			if a.ConversationID == id {
				log = catalogue.Text(language, a.Code, a.Params)
			}
		}
		notices, err2 := v.Notification.Query().Order(ent.Asc("id")).All(ctx)
		for _, n := range notices {
			if n.AgentID == p.AgentID {
				told = catalogue.Text(language, n.Code, n.Params)
			}
		}
		if err == nil {
			err = err2
		}
		return err
	})
	for _, m := range w.Messages(id) {
		if m.Sender == message.SenderSYSTEM {
			said = catalogue.Text(language, m.Code, m.Params)
		}
	}
	return log, said, told
}

func (w *world) says(what string, id int64, p auth.Principal, language, log, said, told string) {
	w.T.Helper()
	gotLog, gotSaid, gotTold := w.texts(id, p, language)
	if gotLog != log || gotSaid != said || gotTold != told {
		w.T.Errorf("%s: the log says %q, the conversation %q, the agent is told %q", what, gotLog, gotSaid, gotTold)
	}
}

// COLL-1, COLL-4, COLL-6, COLL-7, COLL-8, COLL-19, CONV-2, CONV-24: adding, joining, removing and leaving, each told as the rules word it, in both languages.
func TestCollaborate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		jess, boss := w.named("Jess", auth.AgentRole, auth.SendMessages), w.named("Boss", auth.Admin, auth.SendMessages)
		a, b, c := w.named("Jess A", auth.Sales, auth.SendMessages), w.named("Jess B", auth.AgentRole, auth.SendMessages), w.named("Jess C", auth.AgentRole, auth.SendMessages)
		cid := w.chat("Mia")
		w.follow(jess, cid)
		before := w.Conversation(cid)
		now := w.add(jess, cid, a, b)
		if now.Kind != "COLLABORATION" || !slices.Equal(now.CollaboratorIds, []int64{a.AgentID, b.AgentID}) || *now.FollowerID != jess.AgentID {
			t.Errorf("after adding: %s %v", now.Kind, now.CollaboratorIds)
		}
		if now.LastMessagePreview != before.LastMessagePreview || !now.LastAt.Equal(before.LastAt) || now.Unread != before.Unread {
			t.Errorf("the product's own words moved the row: %q, %d unread", now.LastMessagePreview, now.Unread)
		}
		w.says("adding", cid, b, catalogue.Chinese, "Jess 將 Jess A、Jess B 加入了協作對話。", "Jess A 與其他 1 人加入了協作對話。", "Jess (客服人員) 將你加入 Jess 的協作對話。")
		w.says("adding", cid, a, catalogue.English, "Jess added Jess A, Jess B to the collaboration.", "Jess A and 1 more joined the collaboration.", "Jess (Agent) added you to Jess's collaboration.")
		if entries := w.Log(cid); len(entries) != 2 {
			t.Errorf("the log says %v", entries)
		}
		now = w.must(w.actions.Join(t.Context(), boss, conversation.JoinInput{ConversationID: cid}))
		if !slices.Equal(now.CollaboratorIds, []int64{a.AgentID, b.AgentID, boss.AgentID}) {
			t.Errorf("after joining: %v", now.CollaboratorIds)
		}
		w.says("joining", cid, boss, catalogue.Chinese, "Boss 加入了協作對話", "Boss 加入了協作對話", "")
		w.add(boss, cid, c)
		w.says("adding one", cid, c, catalogue.Chinese, "Boss 將 Jess C 加入了協作對話。", "Jess C 加入了協作對話。", "Boss (管理員) 將你加入 Jess 的協作對話。")
		w.remove(boss, cid, a)
		w.says("removing one", cid, a, catalogue.Chinese, "Jess A 退出了協作對話。", "Jess A 退出了協作對話。", "Boss (管理員) 將你退出 Mia 的協作對話")
		w.must(w.actions.Leave(t.Context(), boss, conversation.LeaveInput{ConversationID: cid}))
		w.says("leaving", cid, boss, catalogue.Chinese, "Boss 退出了協作對話。", "Boss 退出了協作對話。", "已退出 Mia 的協作對話")
		now = w.remove(jess, cid, b, c)
		w.says("removing two", cid, c, catalogue.Chinese, "Jess 將 Jess B、Jess C 退出了協作對話。", "Jess B 與其他 1 人退出了協作對話。", "Jess (客服人員) 將你退出 Mia 的協作對話")
		w.says("removing two", cid, c, catalogue.English, "Jess removed Jess B, Jess C from the collaboration.", "Jess B and 1 more left the collaboration.", "Jess (Agent) removed you from the collaboration with Mia")
		if now.Kind != "ONE_ON_ONE" || len(now.CollaboratorIds) != 0 {
			t.Errorf("after the last has left: %s %v", now.Kind, now.CollaboratorIds)
		}
		now = w.must(w.actions.Join(t.Context(), boss, conversation.JoinInput{ConversationID: cid})) // COLL-6: into a one-to-one too
		if now.Kind != "COLLABORATION" {
			t.Errorf("joined, it is %s", now.Kind)
		}
		group := w.group(3)
		w.follow(jess, group)
		if now = w.add(jess, group, b); now.Kind != "GROUP" || len(now.CollaboratorIds) != 1 {
			t.Errorf("the group is %s with %v", now.Kind, now.CollaboratorIds)
		}
	})
}

// COLL-1, COLL-2, COLL-7: whom one may not add or remove, and the sixth.
func TestWhoIsAdded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		mute, gone, sales := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Sales, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(gone.AgentID).SetStatus(agent.StatusDEACTIVATED).Exec(ctx)
		})
		chat, group := w.chat("Mia"), w.group(2)
		w.follow(amy, chat)
		w.follow(amy, group)
		head := w.Head()
		_, _, err := w.actions.Add(ctx, amy, conversation.AddInput{ConversationID: chat, AgentIDs: []int64{ben.AgentID}})
		w.refused("STATE_CONFLICT", head, err) // the team has it switched off
		w.collaborates(true)
		w.add(amy, chat, ben)
		many := make([]int64, 6)
		for i := range many {
			many[i] = w.Agent(auth.AgentRole, auth.SendMessages).AgentID
		}
		for name, c := range map[string]struct {
			id   int64
			who  []int64
			code string
		}{
			"nobody":                             {chat, nil, "VALIDATION"},
			"one who is not there":               {chat, []int64{999}, "NOT_FOUND"},
			"one who may not send":               {chat, []int64{mute.AgentID}, "VALIDATION"},
			"one who is deactivated":             {chat, []int64{gone.AgentID}, "VALIDATION"},
			"oneself, who follows":               {chat, []int64{amy.AgentID}, "VALIDATION"},
			"one who is there already":           {chat, []int64{ben.AgentID}, "VALIDATION"},
			"to a group, a role without groups":  {group, []int64{sales.AgentID}, "VALIDATION"},
			"five more, so that there are six":   {chat, many[:5], "LIMIT_EXCEEDED"},
			"six at once":                        {group, many, "LIMIT_EXCEEDED"},
			"one who may and one who may not be": {chat, []int64{many[0], mute.AgentID}, "VALIDATION"},
		} {
			head := w.Head()
			_, _, err := w.actions.Add(ctx, amy, conversation.AddInput{ConversationID: c.id, AgentIDs: c.who})
			t.Log(name)
			w.refused(c.code, head, err)
		}
		w.must(w.actions.Add(ctx, amy, conversation.AddInput{ConversationID: chat, AgentIDs: many[:4]}))
		head = w.Head()
		_, _, err = w.actions.Join(ctx, w.Agent(auth.Admin), conversation.JoinInput{ConversationID: chat})
		if f := w.refused("LIMIT_EXCEEDED", head, err); f.Params["limit"] != 5 {
			t.Errorf("the limit is %v", f.Params)
		}
		_, _, err = w.actions.Remove(ctx, amy, conversation.RemoveInput{ConversationID: chat, AgentIDs: []int64{sales.AgentID}})
		w.refused("VALIDATION", head, err)
		_, _, err = w.actions.Remove(ctx, ben, conversation.RemoveInput{ConversationID: chat, AgentIDs: []int64{ben.AgentID}})
		w.refused("VALIDATION", head, err)
		w.collaborates(false) // what is there goes on
		w.remove(amy, chat, ben)
	})
}

// COLL-9, COLL-10, COLL-19: taking over and transferring swap places, in the order of collaborators and with what is unread for each.
func TestSwap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.collaborates(true)
		jess, old := w.named("Jess", auth.Admin, auth.SendMessages), w.named("Jess A", auth.AgentRole, auth.SendMessages)
		other := w.Agent(auth.AgentRole, auth.SendMessages)
		for name, cid := range map[string]int64{"one-to-one": w.chat("Mia"), "a group": w.group(4)} {
			w.follow(old, cid)
			w.add(old, cid, jess, other)
			w.hears(cid, "hello?")
			w.must(w.actions.MarkRead(ctx, jess, conversation.MarkReadInput{ConversationID: cid}))
			c := w.must(w.actions.TakeOver(ctx, jess, conversation.TakeOverInput{ConversationID: cid, FromAgentID: old.AgentID}))
			if *c.FollowerID != jess.AgentID || !slices.Equal(c.CollaboratorIds, []int64{old.AgentID, other.AgentID}) || c.Unread != 0 || c.CollaboratorUnread[old.AgentID] != 1 {
				t.Errorf("%s: followed by %d, with %v, unread %d %v", name, *c.FollowerID, c.CollaboratorIds, c.Unread, c.CollaboratorUnread)
			}
			w.says(name, cid, old, catalogue.Chinese, "Jess 接手跟進了 Jess A 的對話", "Jess 跟進了對話", "Jess (管理員) 已接手 1 個你的對話")
			head := w.Head()
			_, _, err := w.actions.Transfer(ctx, old, conversation.TransferInput{ConversationID: cid, ToAgentID: other.AgentID})
			w.refused("STATE_CONFLICT", head, err) // collaborators cannot transfer
			outside := w.Agent(auth.AgentRole, auth.SendMessages)
			head = w.Head()
			_, _, err = w.actions.Transfer(ctx, jess, conversation.TransferInput{ConversationID: cid, ToAgentID: outside.AgentID})
			w.refused("VALIDATION", head, err)
			c = w.must(w.actions.Transfer(ctx, jess, conversation.TransferInput{ConversationID: cid, ToAgentID: old.AgentID}))
			if *c.FollowerID != old.AgentID || !slices.Equal(c.CollaboratorIds, []int64{jess.AgentID, other.AgentID}) || c.Unread != 1 {
				t.Errorf("%s: followed by %d, with %v, unread %d", name, *c.FollowerID, c.CollaboratorIds, c.Unread)
			}
			w.says(name, cid, old, catalogue.Chinese, "Jess 將對話轉給了 Jess A", "Jess A 跟進了對話", "Jess (管理員) 已將 1 個對話移轉給你")
		}
	})
}

// COLL-11, COLL-12, CONV-9: the follower ends, all are told; whoever reopens it, the follower stays.
func TestEndTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.collaborates(true)
		jess, ben, boss := w.named("Jess", auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Supervisor, auth.SendMessages)
		cid := w.chat("Mia")
		w.follow(jess, cid)
		w.add(jess, cid, ben)
		w.hears(cid, "hello?")
		head := w.Head()
		_, _, err := w.actions.End(ctx, ben, conversation.EndInput{ConversationID: cid})
		if f := w.refused("STATE_CONFLICT", head, err); f.Text != "A collaborator cannot end the conversation" {
			t.Errorf("it is refused with %q", f.Text)
		}
		said := len(w.Messages(cid))
		c := w.end(jess, cid)
		if c.Unread != 0 || len(c.CollaboratorUnread) != 0 || len(c.CollaboratorIds) != 1 || len(w.Messages(cid)) != said {
			t.Errorf("ended: unread %d %v, with %v", c.Unread, c.CollaboratorUnread, c.CollaboratorIds)
		}
		log, _, told := w.texts(cid, ben, catalogue.Chinese)
		if log != "Jess 結束了對話。" || told != "Jess 已將對話結束" {
			t.Errorf("the log says %q, the collaborator is told %q", log, told)
		}
		for _, p := range []auth.Principal{ben, boss, jess} {
			c := w.must(w.actions.Reopen(ctx, p, conversation.ReopenInput{ConversationID: cid}))
			if c.Status != "IN_PROGRESS" || *c.FollowerID != jess.AgentID || !slices.Equal(c.CollaboratorIds, []int64{ben.AgentID}) {
				t.Errorf("reopened by %s: %s of %d with %v", p.Name, c.Status, *c.FollowerID, c.CollaboratorIds)
			}
			if log, _, _ := w.texts(cid, p, catalogue.Chinese); log != p.Name+" 重啟了對話。" {
				t.Errorf("the log says %q", log)
			}
			w.end(jess, cid)
		}
		c = w.must(w.actions.MarkUnread(ctx, ben, conversation.MarkUnreadInput{ConversationID: cid}))
		if c.Status != "IN_PROGRESS" || *c.FollowerID != jess.AgentID || c.Unread != 0 || c.CollaboratorUnread[ben.AgentID] != 1 {
			t.Errorf("marked unread: %s, unread %d %v", c.Status, c.Unread, c.CollaboratorUnread)
		}
	})
}

// COLL-5, COLL-13, CONV-22: each has a count of its own: reading and answering clear one's own, looking on clears nobody's.
func TestUnreadOfEach(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.collaborates(true)
		amy, ben, cleo := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		boss := w.Agent(auth.Supervisor, auth.SendMessages, auth.ManageOthers)
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.add(amy, cid, ben, cleo)
		w.hears(cid, "one")
		second := w.hears(cid, "two")
		w.hears(cid, "three")
		is := func(what string, a, b, c int) {
			t.Helper()
			x := w.Conversation(cid)
			if x.Unread != a || x.CollaboratorUnread[ben.AgentID] != b || x.CollaboratorUnread[cleo.AgentID] != c {
				t.Errorf("%s: unread %d %v, not %d %d %d", what, x.Unread, x.CollaboratorUnread, a, b, c)
			}
		}
		read := func(p auth.Principal, upTo int64) {
			t.Helper()
			if _, _, err := w.actions.MarkRead(ctx, p, conversation.MarkReadInput{ConversationID: cid, UpToMessageID: upTo}); err != nil {
				t.Fatal(err)
			}
			w.Check()
		}
		is("heard", 3, 3, 3)
		read(ben, second.ID)
		is("a collaborator has read two", 3, 1, 3)
		read(boss, w.Messages(cid)[len(w.Messages(cid))-1].ID)
		is("a manager has looked", 3, 1, 3)
		head := w.Head()
		_, err := w.say(boss, cid, "b", "hi")
		w.refused("STATE_CONFLICT", head, err) // COLL-5: joins first
		w.sent(cleo, cid, "c", "hi")
		is("a collaborator has answered", 3, 1, 0)
		w.sent(amy, cid, "a", "hi")
		is("the follower has answered", 0, 1, 0)
		w.must(w.actions.MarkUnread(ctx, cleo, conversation.MarkUnreadInput{ConversationID: cid}))
		is("marked unread for oneself", 0, 1, 1)
		w.must(w.actions.MarkUnread(ctx, boss, conversation.MarkUnreadInput{ConversationID: cid}))
		is("marked unread for all", 1, 1, 1)
		w.must(w.actions.MarkRead(ctx, boss, conversation.MarkReadInput{ConversationID: cid}))
		is("marked read for all", 0, 0, 0)
	})
}

// COLL-17, COLL-19: who is deactivated leaves every collaboration; the first in order follows in a follower's place, where it has ended and in groups too.
func TestReleaseCollaborations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		jess := w.named("Jess", auth.Admin, auth.SendMessages)
		amy, ben, cleo := w.named("Amy", auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		follows, ended, last, joins, alone, group := w.chat("a"), w.chat("b"), w.chat("c"), w.chat("d"), w.chat("e"), w.group(3)
		for _, id := range []int64{follows, ended, last, group} {
			w.follow(amy, id)
			w.add(amy, id, ben)
		}
		w.add(amy, follows, cleo)
		w.hears(follows, "hello?")
		w.end(amy, ended)
		w.follow(ben, joins)
		w.add(ben, joins, amy)
		w.follow(amy, alone)
		w.clock.Advance(time.Minute)
		n := 0
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = w.actions.Release(ctx, tx, amy.AgentID, event.Actor{Kind: event.ByAgent, ID: jess.AgentID})
			return err
		})
		w.Check()
		for name, c := range map[string]struct {
			id       int64
			want     string
			released bool
		}{
			"followed, two are left":  {follows, fmt.Sprint("COLLABORATION IN_PROGRESS ", ben.AgentID, []int64{cleo.AgentID}), false},
			"followed, has ended":     {ended, fmt.Sprint("ONE_ON_ONE ENDED ", ben.AgentID, []int64{}), false},
			"followed, one is left":   {last, fmt.Sprint("ONE_ON_ONE IN_PROGRESS ", ben.AgentID, []int64{}), false},
			"a group":                 {group, fmt.Sprint("GROUP IN_PROGRESS ", ben.AgentID, []int64{}), false},
			"a collaborator":          {joins, fmt.Sprint("ONE_ON_ONE IN_PROGRESS ", ben.AgentID, []int64{}), false},
			"followed alone: pending": {alone, fmt.Sprint("ONE_ON_ONE PENDING ", 0, []int64{}), true},
		} {
			x := w.Conversation(c.id)
			follower := int64(0)
			if x.FollowerID != nil {
				follower = *x.FollowerID
			}
			if got := fmt.Sprint(x.Kind, " ", x.Status, " ", follower, append([]int64{}, x.CollaboratorIds...)); got != c.want {
				t.Errorf("%s: %s, not %s", name, got, c.want)
			}
			if log, _, _ := w.texts(c.id, jess, catalogue.Chinese); !c.released && log != "Jess (停用者) 將 Amy 退出協作對話" {
				t.Errorf("%s: the log says %q", name, log)
			}
		}
		if c := w.Conversation(follows); n != 1 || c.Unread != 1 || c.CollaboratorUnread[cleo.AgentID] != 1 {
			t.Errorf("%d are released; unread %d %v", n, c.Unread, c.CollaboratorUnread)
		}
	})
}

// GRP-1, COLL-19: who is given a role that does not work with groups leaves them as one who is deactivated does, and nothing else; its old rights open none.
func TestReleaseGroups(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.collaborates(true)
		jess := w.named("Jess", auth.Admin, auth.SendMessages)
		amy, ben := w.named("Amy", auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		alone, follows, ended, joins, chat, open := w.group(3), w.group(3), w.group(3), w.group(3), w.chat("a"), w.group(3)
		for _, id := range []int64{alone, follows, ended, chat} {
			w.follow(amy, id)
		}
		w.add(amy, follows, ben)
		w.add(amy, ended, ben)
		w.add(amy, chat, ben)
		w.end(amy, ended)
		w.follow(ben, joins)
		w.add(ben, joins, amy)
		n := 0
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			if err := tx.Agent.UpdateOneID(amy.AgentID).SetRole(agent.RoleSALES).Exec(ctx); err != nil {
				return err
			}
			n, err = w.actions.ReleaseGroups(ctx, tx, amy.AgentID, event.Actor{Kind: event.ByAgent, ID: jess.AgentID})
			return err
		})
		w.Check()
		if n != 1 {
			t.Errorf("%d are pending again", n)
		}
		const left = "Amy 的角色不再處理群組對話,已退出協作對話。"
		for name, c := range map[string]struct {
			id        int64
			want, log string
		}{
			"followed alone":        {alone, fmt.Sprint("PENDING ", 0, []int64{}), "Amy 的角色不再處理群組對話,對話回到待處理。"},
			"followed with another": {follows, fmt.Sprint("IN_PROGRESS ", ben.AgentID, []int64{}), left},
			"has ended":             {ended, fmt.Sprint("ENDED ", ben.AgentID, []int64{}), left},
			"a collaborator":        {joins, fmt.Sprint("IN_PROGRESS ", ben.AgentID, []int64{}), left},
			"no group":              {chat, fmt.Sprint("IN_PROGRESS ", amy.AgentID, []int64{ben.AgentID}), ""},
		} {
			x, follower := w.Conversation(c.id), int64(0)
			if x.FollowerID != nil {
				follower = *x.FollowerID
			}
			if got := fmt.Sprint(x.Status, " ", follower, append([]int64{}, x.CollaboratorIds...)); got != c.want {
				t.Errorf("%s: %s, not %s", name, got, c.want)
			}
			if log, _, _ := w.texts(c.id, jess, catalogue.Chinese); c.log != "" && log != c.log {
				t.Errorf("%s: the log says %q", name, log)
			}
		}
		head := w.Head()
		_, _, err := w.actions.Follow(ctx, amy, conversation.FollowInput{ConversationID: open}) // as it was when it asked
		w.refused("FORBIDDEN", head, err)
		told := len(w.notices(amy))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return workspace.NotifyIn(ctx, tx, system, []int64{amy.AgentID, ben.AgentID}, workspace.Notice{Code: "notice.message", ConversationID: open, IsOfGroup: true})
		})
		if all := w.notices(ben); len(w.notices(amy)) != told || all[len(all)-1] != "notice.message" {
			t.Errorf("of a group Amy is told %v, Ben %v", w.notices(amy), all)
		}
	})
}
