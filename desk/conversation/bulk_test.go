package conversation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/bulkitem"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// bulk is what is done to many; its tasks are the test's to do.
func (w *world) bulk() *conversation.Bulk {
	w.T.Helper()
	queue, err := job.New(w.DB, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{conversation.BulkTask: nil})
	if err != nil {
		w.T.Fatal(err)
	}
	return conversation.NewBulk(w.actions, queue, slog.New(slog.DiscardHandler))
}

// chats are conversations with so many customers.
func (w *world) chats(n int) []int64 {
	w.T.Helper()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = w.chat(fmt.Sprint("Customer ", i))
	}
	return ids
}

// spoil makes a row one that cannot be read.
func (w *world) spoil(table, column string, id int64) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE "+table+" SET "+column+" = '{}' WHERE team_id = ? AND id = ?", tx.Team, id)
		return err
	})
}

// job is the newest job, with what it says of its conversations, in their order.
func (w *world) job() (j *ent.Job, said []string) {
	w.T.Helper()
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		if j, err = v.Job.Query().Order(ent.Desc("id")).First(ctx); err != nil {
			return err
		}
		items, err := v.BulkItem.Query().Where(bulkitem.JobID(j.ID)).Order(bulkitem.ByPosition()).All(ctx)
		for _, i := range items {
			said = append(said, fmt.Sprint(i.State, " ", i.Code, " ", i.Reason))
		}
		return err
	})
	return j, said
}

// CONV-11, CONV-12, CONV-13, COLL-11, COLL-12: each action does to many what it does to one, logged alike; what is refused to one is said of it in the words of the rules.
func TestBulkActions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		amy, ben := w.named("Amy", auth.AgentRole, auth.SendMessages), w.Agent(auth.Supervisor, auth.SendMessages, auth.ManageOthers)
		cleo := w.named("Cleo", auth.AgentRole, auth.SendMessages)
		many := w.bulk()
		const absent = "REFUSED 對話不存在,或您沒有權限查看。"
		do := func(p auth.Principal, a conversation.Action, want map[int64]string) {
			t.Helper()
			in := conversation.BulkInput{Action: a}
			if a == conversation.Transferring {
				in.ToAgentID = cleo.AgentID
			}
			for id := range want {
				in.IDs = append(in.IDs, id)
			}
			b, _, err := many.Do(t.Context(), p, in)
			if err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			w.Check()
			refused := 0
			for _, x := range b.Items {
				got := string(x.State)
				if x.Code != "" {
					refused++
					got += " " + catalogue.Text(catalogue.Chinese, x.Reason, x.Params)
				}
				if got != want[x.ConversationID] {
					t.Errorf("%s by %s: %q, not %q", a, p.Name, got, want[x.ConversationID])
				}
			}
			if b.Job.State != "DONE" || b.Job.Total != len(want) || b.Job.Done != len(want) || b.Job.Failed != refused {
				t.Errorf("%s by %s: the job says %+v", a, p.Name, b.Job)
			}
		}
		is := func(what string, id int64, status entconversation.Status, follower int64, unread int, log string) {
			t.Helper()
			c, follows := w.Conversation(id), int64(0)
			if c.FollowerID != nil {
				follows = *c.FollowerID
			}
			if all := w.Log(id); c.Status != status || follows != follower || c.Unread != unread || all[len(all)-1] != log {
				t.Errorf("%s: %s of %d with %d unread; the log says %v", what, c.Status, follows, c.Unread, all)
			}
		}
		one, two, others, joint, group := w.chat("a"), w.chat("b"), w.chat("c"), w.chat("d"), w.group(3)
		w.follow(ben, others)
		w.follow(amy, joint)
		w.add(amy, joint, cleo)
		w.follow(amy, group)
		done := "DONE"
		// Ben followed it an instant before: who is slower is told so, though it sees the conversation no more (CONV-6).
		do(amy, conversation.Following, map[int64]string{one: done, two: done, others: "REFUSED 對話正由其他成員處理中。", joint: "REFUSED 對話正由您處理中。"})
		is("followed", one, "IN_PROGRESS", amy.AgentID, 0, "log.followed")
		do(amy, conversation.MarkingUnread, map[int64]string{one: done, others: absent})
		is("marked unread", one, "IN_PROGRESS", amy.AgentID, 1, "log.marked_unread")
		do(amy, conversation.MarkingRead, map[int64]string{one: done, others: absent})
		is("marked read", one, "IN_PROGRESS", amy.AgentID, 0, "log.marked_unread") // one's own reading is not logged
		do(ben, conversation.MarkingRead, map[int64]string{one: done})
		is("read where nothing was unread", one, "IN_PROGRESS", amy.AgentID, 0, "log.marked_unread")
		do(amy, conversation.Transferring, map[int64]string{two: done, joint: "REFUSED 協作對話、群組對話無法批量移轉", group: "REFUSED 協作對話、群組對話無法批量移轉"})
		is("transferred", two, "IN_PROGRESS", cleo.AgentID, 0, "log.transferred")
		if _, _, told := w.texts(two, cleo, catalogue.Chinese); told != "Amy (客服人員) 已將 1 個對話移轉給你" {
			t.Errorf("the receiver is told %q", told)
		}
		do(cleo, conversation.Ending, map[int64]string{two: done, joint: "REFUSED 協作者無法結束對話"})
		is("ended", two, "ENDED", cleo.AgentID, 0, "log.ended")
		do(amy, conversation.Ending, map[int64]string{joint: done, one: done, others: absent})
		is("ended together", joint, "ENDED", amy.AgentID, 0, "log.ended")
		do(cleo, conversation.Reopening, map[int64]string{joint: done, two: done, one: absent})
		is("reopened by a collaborator", joint, "IN_PROGRESS", amy.AgentID, 0, "log.reopened")
		is("reopened", two, "IN_PROGRESS", cleo.AgentID, 0, "log.reopened")
		do(amy, conversation.Ending, map[int64]string{joint: done})
		do(ben, conversation.Reopening, map[int64]string{joint: done, one: done, others: "REFUSED 對話正由您處理中。"})
		is("reopened by a manager", joint, "IN_PROGRESS", amy.AgentID, 0, "log.reopened")
		is("a one-to-one reopened by a manager", one, "IN_PROGRESS", ben.AgentID, 0, "log.reopened")
		do(amy, conversation.Deleting, map[int64]string{joint: "REFUSED 您的角色不能執行此操作。"})
		do(ben, conversation.Deleting, map[int64]string{joint: done, group: done})
		do(ben, conversation.Deleting, map[int64]string{joint: absent})
		left := 0
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			left, err = v.Conversation.Query().Count(ctx)
			return err
		})
		if left != 3 {
			t.Errorf("%d conversations are left", left)
		}
	})
}

// CONV-11: a conversation that fails for a reason of our own says so, and stops no other, nor the job.
func TestBulkMishap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		ids := w.chats(25)
		w.spoil("conversations", "tag_ids", ids[3])
		b, _, err := w.bulk().Do(t.Context(), amy, conversation.BulkInput{Action: conversation.Ending, IDs: ids})
		if err != nil || b.Job.State != "DONE" || b.Job.Done != 25 || b.Job.Failed != 1 {
			t.Fatalf("%+v, %v", b, err)
		}
		for i, x := range b.Items {
			want := "DONE  "
			if i == 3 {
				want = "REFUSED INTERNAL refusal.internal"
			}
			if got := fmt.Sprint(x.State, " ", x.Code, " ", x.Reason); got != want {
				t.Errorf("conversation %d: %s", i, got)
			}
		}
		n := 0
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			n, err = v.Conversation.Query().Where(entconversation.StatusEQ(entconversation.StatusENDED)).Count(ctx)
			return err
		})
		if n != 24 {
			t.Errorf("%d have ended", n)
		}
	})
}

// CONV-11: a job that cannot be gone on with is tried again, and at last FAILED: it has ended, those who watch it are told, and what it left says so.
func TestBulkGivenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, _ := w.agents()
		many := w.bulk()
		w.spoil("agents", "permissions", amy.AgentID)
		if _, _, err := many.Do(ctx, amy, conversation.BulkInput{Action: conversation.Ending, IDs: w.chats(2)}); err == nil {
			t.Fatal("it was done for nobody")
		}
		j, _ := w.job()
		args := json.RawMessage(fmt.Sprintf(`{"JobID": %d}`, j.ID))
		if err := many.Work(ctx, w.Team, args); err == nil {
			t.Error("a try that fails says nothing")
		}
		if j, said := w.job(); j.EndedAt != nil || said[0] != "WAITING  " {
			t.Errorf("after a try it is %s, %v", j.State, said)
		}
		head := w.Head()
		if err := many.Work(job.LastTry(ctx), w.Team, args); err == nil {
			t.Error("the last try that fails says nothing")
		}
		j, said := w.job()
		if j.State != "FAILED" || j.EndedAt == nil || j.Done != 2 || j.Failed != 2 || j.Error == "" {
			t.Errorf("given up: %+v", j)
		}
		for _, x := range said {
			if x != "REFUSED INTERNAL refusal.given_up" {
				t.Errorf("a conversation that it left: %s", x)
			}
		}
		if all := w.Events(head); len(all) != 1 || all[0].Kind != event.JobChanged || all[0].ObjectID != j.ID {
			t.Errorf("told: %+v", all)
		}
		if err := many.Work(ctx, w.Team, args); err != nil {
			t.Errorf("one that has ended is gone on with: %v", err)
		}
	})
}

// CONV-15: of two conversations with one customer the first takes the second with it, wherever that stands in the job.
func TestBulkBlacklistOfOneCustomer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		_, ben := w.agents()
		ids := w.chats(30)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			first, err := tx.Conversation.Get(ctx, ids[0])
			if err != nil {
				return err
			}
			return tx.Conversation.Update().Where(entconversation.IDIn(ids[1], ids[29])).SetContactID(*first.ContactID).Exec(ctx)
		})
		chosen := append([]int64{ids[0], ids[1]}, ids[5:]...)
		b, _, err := w.bulk().Do(t.Context(), ben, conversation.BulkInput{Action: conversation.Blacklisting, IDs: chosen})
		if err != nil || b.Job.State != "DONE" || b.Job.Done != len(chosen) || b.Job.Failed != 0 {
			t.Fatalf("%+v, %v", b, err)
		}
		for i, x := range b.Items {
			if x.State != bulkitem.StateDONE {
				t.Errorf("conversation %d: %s %s", i, x.State, x.Code)
			}
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			n, err := v.Conversation.Query().Count(ctx)
			if n != 3 {
				t.Errorf("%d conversations are left", n)
			}
			return err
		})
	})
}

// CONV-11: a job is known to who asked for it, be it an agent or an integration, and to ADMINs.
func TestBulkIsKnownTo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		boss := w.Agent(auth.Admin)
		bot, other := w.Token(boss, nil, auth.WriteConversations), w.Token(boss, nil, auth.WriteConversations)
		acting := w.Token(boss, nil, auth.WriteConversations, auth.ActAs)
		many := w.bulk()
		do := func(p auth.Principal, onBehalfOf int64) int64 {
			t.Helper()
			b, _, err := many.Do(ctx, p, conversation.BulkInput{Action: conversation.Ending, IDs: w.chats(1), OnBehalfOf: onBehalfOf})
			if err != nil || b.Job.Failed != 0 || b.Job.Done != 1 {
				t.Fatalf("%+v, %v", b, err)
			}
			return b.Job.ID
		}
		for name, x := range map[string]struct {
			job     int64
			knows   []auth.Principal
			ignores []auth.Principal
		}{
			"an agent's":                 {do(amy, 0), []auth.Principal{amy, boss}, []auth.Principal{ben, bot}},
			"an integration's":           {do(bot, 0), []auth.Principal{bot, boss}, []auth.Principal{amy, other}},
			"an integration's for Amy's": {do(acting, amy.AgentID), []auth.Principal{acting, amy, boss}, []auth.Principal{ben, bot}},
		} {
			for _, p := range x.knows {
				if _, err := many.Page(ctx, p, x.job, "", page.Window{Limit: 1}); err != nil {
					t.Errorf("%s job, to %s: %v", name, p.Name, err)
				}
			}
			for _, p := range x.ignores {
				if _, err := many.Page(ctx, p, x.job, "", page.Window{Limit: 1}); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s job is known to %s: %v", name, p.Name, err)
				}
			}
		}
	})
}
