package conversation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// text is what is sent to many under a client's id.
func text(clientID, s string) *conversation.BulkSend {
	return &conversation.BulkSend{Content: conversation.Text(s), ClientMessageID: clientID}
}

// outbound are the texts that went out, by conversation.
func (w *world) outbound() map[int64][]string {
	w.T.Helper()
	out := map[int64][]string{}
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Message.Query().Where(message.DirectionEQ(message.DirectionOUTBOUND)).Order(message.ByID()).All(ctx)
		for _, m := range all {
			out[m.ConversationID] = append(out[m.ConversationID], m.Text)
		}
		return err
	})
	return out
}

// drained takes what wakes the lanes' workers until the test ends.
func (w *world) drained() {
	done := make(chan struct{})
	w.T.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case <-w.woken:
			case <-done:
				return
			}
		}
	}()
}

// MSG-4, MSG-9, MSG-10, MSG-11, CONV-23, COLL-5: each recipient gets its own text, and what one's state, channel or window refuses is refused for that one alone, in the words of sending to
// it alone.
func TestBulkSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.collaborates(true)
		w.drained()
		amy, ben := w.agents()
		amy.Language = catalogue.Chinese
		mia, noa, waiting, ended, others, joint := w.chat("Mia"), w.chat("Noa"), w.chat("Ada"), w.chat("Eve"), w.chat("Oda"), w.chat("Joe")
		late, short, group := w.on(channels.WhatsApp, "Ida"), w.on(channels.Instagram, "Ivy"), w.group(3)
		for _, id := range []int64{mia, noa, ended, joint, late, short, group} {
			w.follow(amy, id)
		}
		w.end(amy, ended)
		w.follow(ben, others)
		w.add(amy, joint, ben)
		w.clock.Advance(24 * time.Hour)
		w.hears(short, "hello again")
		many, p := w.bulk(), amy
		to := func(what *conversation.BulkSend, want map[int64]string) {
			t.Helper()
			in := conversation.BulkInput{Action: conversation.Replying, Send: what}
			for id := range want {
				in.IDs = append(in.IDs, id)
			}
			before := w.outbound()
			b, at, err := many.Do(ctx, p, in)
			if err != nil {
				t.Fatal(err)
			}
			w.Check()
			after := w.outbound()
			for _, x := range b.Items {
				got := string(x.State)
				if x.Code != "" {
					got += " " + x.Code + " " + catalogue.Text(p.Language, x.Reason, x.Params)
				} else if sent := after[x.ConversationID]; len(sent) != len(before[x.ConversationID])+1 {
					t.Errorf("conversation %d got %q", x.ConversationID, sent)
				} else {
					got += " " + sent[len(sent)-1]
				}
				if got != want[x.ConversationID] {
					t.Errorf("%q, not %q", got, want[x.ConversationID])
				}
			}
			if b.Job.State != "DONE" || b.Job.Done != len(want) || at.Epoch == "" {
				t.Errorf("the job says %+v", b.Job)
			}
			if j, _ := w.job(); j.Params["message"] != nil {
				t.Errorf("the job has ended and keeps what it sent: %v", j.Params)
			}
		}
		to(text("first", "{{system:customer_name}},您好"), map[int64]string{
			mia: "DONE Mia,您好", noa: "DONE Noa,您好", joint: "DONE Joe,您好", short: "DONE Ivy,您好",
			waiting: "REFUSED STATE_CONFLICT 對話待處理中,請先跟進。", ended: "REFUSED STATE_CONFLICT 對話已結束,請先重啟。", others: "REFUSED NOT_FOUND 對話不存在,或您沒有權限查看。",
			late:  "REFUSED WINDOW_CLOSED " + closed,
			group: "REFUSED VALIDATION " + catalogue.Text(catalogue.Chinese, "refusal.variable_group", nil), 1 << 40: "REFUSED NOT_FOUND 對話不存在,或您沒有權限查看。",
		})
		_, said := w.job()
		if n := len(slices.DeleteFunc(said, func(s string) bool { return !strings.HasPrefix(s, "DONE") })); n != 4 {
			t.Errorf("%d are done", n)
		}
		long := strings.Repeat("字", 1001)
		to(text("second", long), map[int64]string{mia: "DONE " + long, group: "DONE " + long,
			short: "REFUSED LIMIT_EXCEEDED " + catalogue.Text(catalogue.Chinese, "refusal.text_long", map[string]string{"limit": "1000"})})
		to(&conversation.BulkSend{Content: conversation.Sticker("446", "1988"), ClientMessageID: "third"}, map[int64]string{mia: "DONE ",
			short: "REFUSED VALIDATION " + catalogue.Text(catalogue.Chinese, "refusal.kind", nil)})

		// As an agent who may answer for others, who is no part of it.
		p = w.Agent(auth.AgentRole, auth.SendMessages, auth.ManageOthers)
		to(text("fourth", "hi"), map[int64]string{others: "DONE hi", joint: "REFUSED STATE_CONFLICT " + catalogue.Text(p.Language, "refusal.join_first", nil)})

		// What is wrong with the whole is done for nobody.
		mute := w.Agent(auth.Supervisor, auth.ManageOthers)
		for name, x := range map[string]struct {
			p    auth.Principal
			in   conversation.BulkInput
			code string
		}{
			"without the permission": {mute, conversation.BulkInput{IDs: []int64{mia}, Send: text("a", "hi")}, "FORBIDDEN"},
			"without the scope":      {w.Token(ben, []auth.Permission{auth.SendMessages}, auth.ReadConversations), conversation.BulkInput{IDs: []int64{mia}, Send: text("a", "hi")}, "FORBIDDEN"},
			"nothing":                {amy, conversation.BulkInput{IDs: []int64{mia}, Send: text("a", " ")}, "VALIDATION"},
			"without an id":          {amy, conversation.BulkInput{IDs: []int64{mia}, Send: text(" ", "hi")}, "VALIDATION"},
			"to nobody":              {amy, conversation.BulkInput{IDs: []int64{}, Send: text("a", "hi")}, "VALIDATION"},
			"no message":             {amy, conversation.BulkInput{IDs: []int64{mia}}, "VALIDATION"},
			"another's upload": {amy, conversation.BulkInput{IDs: []int64{mia}, Send: &conversation.BulkSend{ClientMessageID: "a",
				Media: &conversation.Media{UploadID: w.files.Add(ben, "a.jpg", "image/jpeg", filetest.JPEG(30, 20)).ID}}}, "VALIDATION"},
			"an id that was used": {amy, conversation.BulkInput{IDs: []int64{mia}, Send: text("first", "something else")}, "CONFLICT"},
		} {
			x.in.Action = conversation.Replying
			head := w.Head()
			_, _, err := many.Do(ctx, x.p, x.in)
			if err == nil {
				t.Errorf("%s: it is done", name)
				continue
			}
			w.refused(x.code, head, err)
		}
		if _, _, err := many.Do(ctx, amy, conversation.BulkInput{Action: conversation.Ending, IDs: []int64{mia}, Send: text("a", "hi")}); err == nil {
			t.Error("what ends takes a message")
		}
	})
}

// MSG-7, MSG-8, MSG-11: a file goes to each recipient whose channel takes it, as the channel takes it; an upload that went to nobody is not kept.
func TestBulkSendFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.drained()
		amy, _ := w.agents()
		mia, noa, face, insta, group := w.chat("Mia"), w.chat("Noa"), w.on(channels.Facebook, "Fay"), w.on(channels.Instagram, "Ivy"), w.group(3)
		all := []int64{mia, noa, face, insta, group}
		for _, id := range all {
			w.follow(amy, id)
		}
		send := func(clientID string, f *ent.File, ids []int64, want ...string) {
			t.Helper()
			in := conversation.BulkInput{Action: conversation.Replying, IDs: ids, Send: &conversation.BulkSend{ClientMessageID: clientID, Media: &conversation.Media{UploadID: f.ID}}}
			for range 2 { // the second time it is the same job
				b, _, err := w.bulk().Do(ctx, amy, in)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range b.Items {
					if got := strings.TrimSpace(fmt.Sprint(x.State, " ", x.Reason)); got != want[i] {
						t.Errorf("%s to conversation %d: %s, not %s", f.Name, i, got, want[i])
					}
				}
			}
			w.Check()
		}
		film := w.files.Add(amy, "film.mp4", "video/mp4", filetest.Film(3000))
		send("film", film, all, "DONE", "DONE", "DONE", "REFUSED refusal.kind", "DONE")
		paper := w.files.Add(amy, "paper.pdf", "application/pdf", filetest.PDF("paper"))
		send("paper", paper, all, "DONE", "DONE", "DONE", "REFUSED refusal.kind", "REFUSED refusal.file_group")
		lost := w.files.Add(amy, "lost.pdf", "application/pdf", filetest.PDF("lost"))
		send("lost", lost, []int64{insta}, "REFUSED refusal.kind")
		w.Read(func(ctx context.Context, v *store.View) error {
			files, err := v.File.Query().Order(ent.Asc("id")).All(ctx)
			kept := map[int64]bool{}
			for _, f := range files {
				kept[f.ID] = true
			}
			if !kept[film.ID] || !kept[paper.ID] || kept[lost.ID] {
				t.Errorf("kept are %v", kept)
			}
			held, e := v.KeptFile.Query().Count(ctx)
			if held != 0 {
				t.Errorf("jobs that have ended hold %d files", held)
			}
			if err == nil {
				err = e
			}
			return err
		})
		var films []*ent.Message
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			films, err = v.Message.Query().Where(message.Kind("VIDEO")).All(ctx)
			return err
		})
		if len(films) != 4 {
			t.Errorf("%d films went out", len(films))
		}
		for _, m := range films {
			if a := w.attachment(m.ID); *a.FileID != film.ID || (a.PreviewID == nil) != (m.ConversationID == face) {
				t.Errorf("a film went as %+v", a)
			}
		}
	})
}

// MSG-11, MSG-16: at most 200 recipients; a server that dies in the midst leaves a job that others go on with, at the same time even, and each recipient gets it once; what was asked for
// again is the same, also when the key is forgotten.
func TestBulkSendOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, _ := w.agents()
		w.crowd(amy, conversation.MaxBulkSend+1)
		var ids []int64
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			ids, err = v.Conversation.Query().Order(entconversation.ByID()).IDs(ctx)
			return err
		})
		many := w.bulk()
		head := w.Head()
		for _, in := range []conversation.BulkInput{{IDs: ids}, {Selection: &inbox.Selection{View: inbox.MyInProgress}}} {
			in.Action, in.Send = conversation.Replying, text("all", "hi")
			_, _, err := many.Do(ctx, amy, in)
			if f := w.refused("LIMIT_EXCEEDED", head, err); f.Text != "One message goes to at most 200 recipients at once." || f.Params["limit"] != 200 {
				t.Errorf("201 recipients are refused with %q, %v", f.Text, f.Params)
			}
		}
		in := conversation.BulkInput{Action: conversation.Replying, IDs: ids[1:], Send: text("all", "hi {{system:customer_name}}")}
		b, _, err := many.Do(ctx, amy, in)
		if err != nil || b.Job.State != "QUEUED" && b.Job.State != "RUNNING" || b.Job.Total != 200 || b.Job.Done != 0 {
			t.Fatalf("%+v, %v", b, err)
		}
		args := json.RawMessage(fmt.Sprintf(`{"JobID": %d}`, b.Job.ID))
		dying, die := context.WithCancel(ctx)
		defer die()
		go func() { // its first words are its last
			<-w.woken
			die()
			for range w.woken {
			}
		}()
		defer close(w.woken)
		if err := many.Work(dying, w.Team, args); err == nil {
			t.Error("a server that dies ends its work")
		}
		w.Check()
		j, _ := w.job()
		if n := len(w.outbound()); n == 0 || n == 200 || n != j.Done || j.EndedAt != nil {
			t.Fatalf("when it died %d have it, and the job says %+v", n, j)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := many.Work(ctx, w.Team, args); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.Check()
		once := func(when string) {
			t.Helper()
			all := w.outbound()
			for i, id := range ids {
				want := []string{fmt.Sprint("hi Customer ", i)}
				if i == 0 {
					want = nil
				}
				if !slices.Equal(all[id], want) {
					t.Errorf("%s, recipient %d has %q", when, i, all[id])
				}
			}
		}
		once("after the job")
		if j, _ := w.job(); j.State != "DONE" || j.Done != 200 || j.Failed != 0 {
			t.Errorf("the job says %+v", j)
		}
		again, _, err := many.Do(ctx, amy, in)
		if err != nil || again.Job.ID != b.Job.ID {
			t.Errorf("asked for again it is %+v, %v", again, err)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.IdempotencyKey.Delete().Exec(ctx)
			return err
		})
		in.IDs = ids[1:41]
		if again, _, err = many.Do(ctx, amy, in); err != nil || again.Job.ID == b.Job.ID || again.Job.Done != 40 || again.Job.Failed != 0 {
			t.Errorf("after the key is forgotten it is %+v, %v", again, err)
		}
		once("asked for again")

		// One that is stopped before its turn sends nothing, and forgets what it was to send.
		in.IDs, in.Send = ids[1:], text("stopped", "bye")
		if b, _, err = many.Do(ctx, amy, in); err != nil {
			t.Fatal(err)
		}
		if b, _, err = many.Cancel(ctx, amy, b.Job.ID); err != nil || b.Job.State != "CANCELLED" {
			t.Errorf("stopped: %+v, %v", b, err)
		}
		if err := many.Work(ctx, w.Team, json.RawMessage(fmt.Sprintf(`{"JobID": %d}`, b.Job.ID))); err != nil {
			t.Error(err)
		}
		once("after one was stopped")
		if j, _ := w.job(); j.Params["message"] != nil {
			t.Errorf("it keeps %v", j.Params)
		}
	})
}
