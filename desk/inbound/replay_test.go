package inbound_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/inboundevent"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// failing makes a body in which the middle event fails, because its person is new and the profile cannot be asked for.
func (w *world) failing() (before, bad, after channels.Event) {
	w.T.Helper()
	w.receive(w.says(user("Uold"), "hello"))
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Identity.Update().SetProfileFetchedAt(tx.Now).Exec(ctx)
	})
	w.asked.setFailure(errOurs)
	return w.says(user("Uold"), "before"), w.says(user("Unew"), "bad"), w.says(user("Uold"), "after")
}

func (w *world) failed(p auth.Principal) []*ent.InboundEvent {
	w.T.Helper()
	all, _, err := w.inbound.ListFailed(w.T.Context(), p, page.Window{Limit: 50})
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

// CHAN-9: what our code cannot apply is rolled back alone, kept with the reason and counted; the body's other events are applied.
func TestFailureAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		before, bad, after := w.failing()
		r := w.receive(before, bad, after)
		if r.Applied != 2 || r.Failed != 1 {
			t.Errorf("%+v", r)
		}
		if all := w.Messages(w.with("Uold").ID); len(all) != 3 || all[1].Text != "before" || all[2].Text != "after" {
			t.Errorf("%d messages", len(all))
		}
		if w.with("Unew") != nil {
			t.Errorf("the event that failed left a conversation")
		}
		all := w.failed(admin)
		if len(all) != 1 || all[0].DedupeKey != bad.DedupeKey || all[0].Tries != 1 || all[0].Reason == "" || all[0].Kind != string(channels.MessageReceived) {
			t.Fatalf("kept: %+v", all)
		}
		if r = w.receive(bad); r.Duplicate != 1 {
			t.Errorf("delivered again: %+v", r)
		}
		for _, p := range []auth.Principal{w.Agent(auth.Supervisor), w.Token(admin, nil, auth.ReadConversations)} {
			if got := w.failed(p); len(got) != 0 {
				t.Errorf("%s sees %d failed events", p.Name, len(got))
			}
		}
		// Alone in its body it fails the same way.
		if r = w.receive(w.says(user("Uthird"), "alone")); r.Failed != 1 || len(w.failed(admin)) != 2 {
			t.Errorf("alone: %+v", r)
		}
	})
}

// CHAN-9: a replay applies what failed, as a job with progress; what fails again stays with the newer reason.
func TestReplay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		before, bad, after := w.failing()
		w.receive(before, bad, after)
		id := w.failed(admin)[0].ID
		if _, _, err := w.inbound.Replay(t.Context(), w.Agent(auth.CSManager), nil); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a CS_MANAGER may replay: %v", err)
		}
		if _, _, err := w.inbound.Replay(t.Context(), admin, []int64{id, id + 1000}); !fault.Is(err, fault.NotFound) || len(w.asked.tasks) != 0 {
			t.Errorf("an event that is none is replayed: %v", err)
		}
		run := func(ids []int64) *ent.Job {
			j, _, err := w.inbound.Replay(t.Context(), admin, ids)
			if err != nil {
				t.Fatal(err)
			}
			task := w.asked.tasks[len(w.asked.tasks)-1]
			args, err := json.Marshal(task.Args)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // a queue may do its work twice
				if err := w.inbound.Work(t.Context(), w.Team, args); err != nil {
					t.Fatal(err)
				}
			}
			w.Read(func(ctx context.Context, v *store.View) (err error) {
				j, err = v.Job.Get(ctx, j.ID)
				return err
			})
			return j
		}
		if j := run([]int64{id}); j.State != entjob.StateDONE || j.Total != 1 || j.Done != 1 || j.Failed != 1 || j.EndedAt == nil {
			t.Errorf("while it still fails: %+v", j)
		}
		if all := w.failed(admin); len(all) != 1 || all[0].Tries != 2 {
			t.Fatalf("kept: %+v", all)
		}
		w.asked.setFailure(nil)
		head := w.Head()
		if j := run(nil); j.State != entjob.StateDONE || j.Done != 1 || j.Failed != 0 {
			t.Errorf("when it works: %+v", j)
		}
		progress := 0
		for _, e := range w.Events(head) {
			if e.Kind == event.JobChanged {
				progress++
			}
		}
		if progress != 3 {
			t.Errorf("%d events tell how far the job is", progress)
		}
		w.Check()
		if c := w.with("Unew"); c == nil || c.LastMessagePreview != "bad" || len(w.failed(admin)) != 0 {
			t.Errorf("it was not applied: %+v", c)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			e, err := v.InboundEvent.Get(ctx, id)
			if err == nil && (e.State != inboundevent.StateDONE || e.Raw != string(bad.Raw)) {
				t.Errorf("it is kept as %s %q", e.State, e.Raw)
			}
			return err
		})
	})
}

// CHAN-9, GRP-17: the command replays everything at once, in the order of arrival; what was unsent meanwhile stays erased.
func TestReplayAll(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.failing()
		one, two, gone := w.says(user("Ua"), "one"), w.says(user("Ua"), "two"), w.says(user("Ub"), "canary")
		w.receive(one, two, gone)
		w.receive(w.takesBack(gone))
		w.nowhere("canary")
		applied, failed, err := w.inbound.ReplayAll(t.Context(), w.Team)
		if err != nil || applied != 1 || failed != 2 {
			t.Errorf("while it fails: %d applied, %d failed, %v", applied, failed, err)
		}
		w.asked.setFailure(nil)
		if applied, failed, err = w.inbound.ReplayAll(t.Context(), w.Team); err != nil || applied != 2 || failed != 0 {
			t.Errorf("when it works: %d applied, %d failed, %v", applied, failed, err)
		}
		w.Check()
		if all := w.Messages(w.with("Ua").ID); len(all) != 2 || all[0].Text != "one" || all[1].Text != "two" {
			t.Errorf("%d messages", len(all))
		}
		if w.with("Ub") != nil {
			t.Errorf("what was erased came back")
		}
	})
}

// CHAN-9: bodies that are taken in together at a high rate do not share a failure.
func TestFailureAmongOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		w.failing()
		var bodies []inbound.Body
		for i := range 24 {
			e := w.says(user("Uold"), "fine")
			if i%8 == 3 {
				e = w.says(user("Unew"), "bad")
			}
			bodies = append(bodies, inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}})
		}
		results := make([]inbound.Result, len(bodies))
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, b := range bodies {
			wg.Go(func() {
				<-start
				var err error
				if results[i], err = w.inbound.Receive(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		w.Check()
		for i, r := range results {
			want := inbound.Result{Applied: 1}
			if i%8 == 3 {
				want = inbound.Result{Failed: 1}
			}
			if r.Cursor = want.Cursor; r != want {
				t.Errorf("body %d: %+v, not %+v", i, r, want)
			}
		}
		if n := len(w.Messages(w.with("Uold").ID)); n != 22 || len(w.failed(admin)) != 3 || w.with("Unew") != nil {
			t.Errorf("%d messages, %d kept", n, len(w.failed(admin)))
		}
	})
}
