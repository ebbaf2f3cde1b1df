package automation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entagent "github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/assignmentturn"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// shift makes working hours from nine to six, Monday to Friday, in Taipei.
func (w *world) shift(name string, agents ...auth.Principal) *ent.Shift {
	w.T.Helper()
	ids := make([]int64, len(agents))
	for i, a := range agents {
		ids[i] = a.AgentID
	}
	starts, ends := "09:00", "18:00"
	s, _, err := w.automatic.CreateShift(w.T.Context(), w.admin, automation.ShiftUpdate{Name: &name, Days: &[]int{1, 2, 3, 4, 5}, StartsAt: &starts, EndsAt: &ends, AgentIDs: &ids})
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

func (w *world) assigning(on bool) {
	w.T.Helper()
	if _, _, err := w.automatic.Switch(w.T.Context(), w.admin, &on); err != nil {
		w.T.Fatal(err)
	}
}

func follower(c *ent.Conversation) int64 {
	if c.FollowerID == nil {
		return 0
	}
	return *c.FollowerID
}

// PROD-1, PROD-2, CONV-3: who gets a new enquiry, and when nobody does.
func TestAssignment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a, b := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Sales, auth.SendMessages)
		mute := w.Agent(auth.AgentRole)
		gone := w.Agent(auth.AgentRole, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(gone.AgentID).SetStatus(entagent.StatusDEACTIVATED).Exec(ctx)
		})
		w.shift("office", a, b, mute, gone)
		if c := w.says("Uoff", "hello"); c.FollowerID != nil {
			t.Error("assigned although it is off")
		}
		w.assigning(true)
		if c := w.with("Uoff"); c.FollowerID != nil {
			t.Error("switching on assigned something by itself")
		}
		first := w.says("U1", "hello")
		second := w.says("U2", "hello")
		third := w.says("U3", "hello")
		if x, y := follower(first), follower(second); x == y || !slices.Contains([]int64{a.AgentID, b.AgentID}, x) || !slices.Contains([]int64{a.AgentID, b.AgentID}, y) {
			t.Errorf("the first two go to %d and %d: those who never had one come first", x, y)
		}
		if follower(third) != follower(first) {
			t.Error("the third does not go to whose last is the longest ago")
		}
		if first.Status != inProgress || first.Unread != 1 || first.WaitingSince == nil || !slices.Equal(w.Log(first.ID), []string{"log.created", "log.assigned"}) {
			t.Errorf("%s with %d unread; the log says %v", first.Status, first.Unread, w.Log(first.ID))
		}
		if again := w.says("U1", "are you there?"); follower(again) != follower(first) {
			t.Error("assigned twice")
		}
		// What the bot serves is nobody's; a button alone is no message; in the end a text wants a person.
		w.rule("nine to six", automation.RuleInput{}, "open")
		if c := w.says("Ubot", "when do you open?"); c.FollowerID != nil || c.Queue != bot {
			t.Errorf("the bot's: %s/%s, follower %v", c.Status, c.Queue, c.FollowerID)
		}
		if c := w.says("Ubot", "I want a person"); follower(c) == 0 {
			t.Error("from the bot to a person it goes to nobody")
		}
		if c := w.presses("Ubutton", "x"); c.FollowerID != nil {
			t.Error("a button was assigned")
		}
		if c := w.presses("Ubutton", w.automatic.PostbackData(w.Team, 0)); follower(c) == 0 {
			t.Error("asking for a person goes to nobody")
		}
		w.bring(first, ended, human)
		if c := w.says("U1", "one more thing"); c.Status != inProgress || follower(c) == 0 || follower(c) == w.admin.AgentID {
			t.Errorf("ended: %s, follower %d", c.Status, follower(c))
		}
		w.bring(first, ended, human, b.AgentID)
		if c := w.says("U1", "and one"); follower(c) != w.admin.AgentID {
			t.Errorf("a collaboration goes to %d", follower(c))
		}
		w.receive(w.said(channels.Peer{Type: channels.PeerGroup, ID: "Cgroup"}, channels.Content{Kind: channels.Text, Text: "hello"}))
		w.clock.Advance(12 * time.Hour) // nobody is on duty
		if c := w.says("Unight", "hello"); c.Status != pending || c.FollowerID != nil {
			t.Errorf("at night: %s, follower %v", c.Status, c.FollowerID)
		}
		w.clock.Advance(12 * time.Hour)
		if c := w.with("Unight"); c.FollowerID != nil {
			t.Error("coming on duty assigned something by itself")
		}
		if c := w.says("Unight", "hello?"); follower(c) == 0 {
			t.Error("the next message of a pending one goes to nobody")
		}
	})
}

// PROD-1: a message that the platform brings again under another mark takes nobody's turn and opens nothing.
func TestNoTurnForWhatIsThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.shift("office", w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages))
		w.assigning(true)
		e := w.said(user("U1"), channels.Content{Kind: channels.Text, Text: "hello"})
		w.receive(e)
		first := w.with("U1")
		w.bring(first, ended, human)
		e.DedupeKey = "another mark"
		w.receive(e)
		if c := w.with("U1"); c.Status != ended || c.MessageSeq != first.MessageSeq {
			t.Errorf("brought again it is %s with %d messages", c.Status, c.MessageSeq)
		}
		if second := w.says("U2", "hello"); follower(second) == follower(first) {
			t.Error("the other agent's turn was taken by what was there")
		}
	})
}

// PROD-1: twenty messages at once, of ten people on two servers: each conversation goes to one agent, and the order stays fair.
func TestAssignmentAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var agents []auth.Principal
		for range 4 {
			agents = append(agents, w.Agent(auth.AgentRole, auth.SendMessages))
		}
		w.shift("office", agents...)
		w.assigning(true)
		// A second server has rules of its own ready, and queues of its own.
		other := inbound.New(w.inbound.Config)
		var wg sync.WaitGroup
		for i := range 20 {
			e := w.said(user(fmt.Sprintf("U%d", i%10)), channels.Content{Kind: channels.Text, Text: "hello"})
			server := []*inbound.Service{w.inbound, other}[i/10]
			wg.Go(func() {
				body := inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}}
				r, err := server.Receive(t.Context(), body)
				if err != nil { // a batch that a busy machine did not end in time: the platform delivers again
					r, err = server.Receive(t.Context(), body)
				}
				if err != nil || r.Failed > 0 {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		wg.Wait()
		w.Check()
		had := map[int64]int{}
		for i := range 10 {
			c := w.with(fmt.Sprintf("U%d", i))
			if c.Status != inProgress || c.MessageSeq != 2 {
				t.Errorf("U%d: %s with %d messages", i, c.Status, c.MessageSeq)
			}
			had[follower(c)]++
			assigned := 0
			for _, code := range w.Log(c.ID) {
				if code == "log.assigned" {
					assigned++
				}
			}
			if assigned != 1 {
				t.Errorf("U%d was assigned %d times", i, assigned)
			}
		}
		for _, a := range agents {
			if n := had[a.AgentID]; n != 2 && n != 3 {
				t.Errorf("of ten %s had %d", a.Name, n)
			}
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			turns, err := v.AssignmentTurn.Query().Order(assignmentturn.ByTurn()).All(ctx)
			if err != nil {
				return err
			}
			var numbers []int64
			for _, x := range turns {
				numbers = append(numbers, x.Turn)
			}
			if !slices.Equal(numbers, []int64{7, 8, 9, 10}) { // the last round, whatever was rolled back
				t.Errorf("the agents' last turns are %v", numbers)
			}
			return nil
		})
	})
}

// PROD-2: who may keep working hours, and what they may be.
func TestShifts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.Agent(auth.AgentRole, auth.SendMessages)
		s := w.shift("office", a)
		if s.TimeZone == "" || s.StartsAt != 540 || s.EndsAt != 1080 || automation.TimeOfDay(s.StartsAt) != "09:00" {
			t.Errorf("%+v", s)
		}
		text := func(s string) *string { return &s }
		for name, in := range map[string]automation.ShiftUpdate{
			"a time zone is known": {TimeZone: text("Mars/Olympus")}, "a time zone is no machine's own": {TimeZone: text("Local")}, "a day exists": {Days: &[]int{8}},
			"a day is needed": {Days: &[]int{}}, "a time exists": {StartsAt: text("24:00")}, "a time has two digits": {EndsAt: text("9:00")},
			"a holiday exists": {Holidays: &[]string{"2026-02-30"}}, "an agent is the team's": {AgentIDs: &[]int64{9999}}, "a name is needed": {Name: text("")},
		} {
			in.ID = s.ID
			if _, _, err := w.automatic.UpdateShift(t.Context(), w.admin, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		starts := "09:00"
		if _, _, err := w.automatic.CreateShift(t.Context(), w.admin, automation.ShiftUpdate{Name: text("OFFICE"), Days: &[]int{1}, StartsAt: &starts, EndsAt: &starts}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same name: %v", err)
		}
		if _, _, err := w.automatic.UpdateShift(t.Context(), a, automation.ShiftUpdate{ID: s.ID}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent changes them: %v", err)
		}
		got, _, err := w.automatic.UpdateShift(t.Context(), w.admin, automation.ShiftUpdate{ID: s.ID, Holidays: &[]string{"2026-03-02"}})
		if err != nil || len(got.Holidays) != 1 || got.StartsAt != 540 {
			t.Fatalf("%+v, %v", got, err)
		}
		w.assigning(true)
		if c := w.says("Umia", "hello"); c.FollowerID != nil {
			t.Error("assigned on a holiday")
		}
		if _, err := w.automatic.DeleteShift(t.Context(), w.admin, s.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.automatic.GetShift(t.Context(), w.admin, s.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("after deleting: %v", err)
		}
	})
}

// PROD-1, COLL-17: whom an enquiry goes to is still here when it is given. One that is given while its agent leaves goes to the next, or waits.
func TestAssignmentMeetsDeactivation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		leaver := w.Agent(auth.AgentRole, auth.SendMessages)
		w.shift("office", leaver)
		w.assigning(true)
		left, release, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			_, err := w.DB.Write(t.Context(), w.Team, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Lock(ctx, entagent.Table, leaver.AgentID); err != nil {
					return err
				}
				if err := tx.Agent.UpdateOneID(leaver.AgentID).SetStatus(entagent.StatusDEACTIVATED).Exec(ctx); err != nil {
					return err
				}
				close(left)
				<-release
				return nil
			})
			over <- err
		}()
		<-left
		go func() {
			for waits := !w.DB.IsPostgres(); !waits && t.Context().Err() == nil; { // SQLite has one writer: the message waits to begin
				if w.DB.SQL().QueryRowContext(t.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits) != nil {
					break
				}
			}
			close(release)
		}()
		c := w.says("U1", "hello")
		if err := <-over; err != nil {
			t.Fatal(err)
		}
		if c.FollowerID != nil || c.Status != pending {
			t.Errorf("%s, with %d, who has left", c.Status, follower(c))
		}
	})
}

// CHAN-8, PROD-1, CHAN-5: a channel's new enquiries are assigned in turn to those alone to whom they go: chosen agents, or a branch; where none of them is on duty it waits, as where nobody is, and
// is there for them. An enquiry that waits already goes where it went; one that comes back after its end goes where the channel says then.
func TestAssignmentOfDistributed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a, b, north := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		off := w.Agent(auth.AgentRole, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(north.AgentID).SetBranchID("north").Exec(ctx)
		})
		to := func(audience string) {
			t.Helper()
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Channel.UpdateOneID(w.ChannelID).SetAudience(audience).Exec(ctx)
			})
		}
		w.shift("office", a, b, north)
		to(row.AgentsAudience([]int64{off.AgentID}))
		if c := w.says("Uwaits", "hello"); c.FollowerID != nil || c.Audience != row.AgentsAudience([]int64{off.AgentID}) {
			t.Errorf("while nothing is assigned it is with %v, for %q", c.FollowerID, c.Audience)
		}
		w.assigning(true)
		if c := w.says("Uoff", "hello"); c.FollowerID != nil {
			t.Error("it is assigned to somebody to whom it does not go")
		}
		to(row.AgentsAudience([]int64{b.AgentID, a.AgentID}))
		if c := w.says("Uoff", "anybody?"); c.FollowerID != nil {
			t.Error("what waits already is assigned as the channel says now")
		}
		var had []int64
		for i := range 4 {
			had = append(had, follower(w.says(fmt.Sprintf("Uchosen%d", i), "hello")))
		}
		if had[0] == had[1] || had[2] != had[0] || had[3] != had[1] || slices.ContainsFunc(had, func(n int64) bool { return n != a.AgentID && n != b.AgentID }) {
			t.Errorf("the chosen have %v", had)
		}
		to(row.BranchAudience("north"))
		for i := range 2 {
			if n := follower(w.says(fmt.Sprintf("Unorth%d", i), "hello")); n != north.AgentID {
				t.Errorf("the branch's goes to %d", n)
			}
		}
		c := w.with("Uoff")
		w.bring(c, "ENDED", "HUMAN")
		if c = w.says("Uoff", "again"); follower(c) != north.AgentID {
			t.Errorf("what comes back goes to %v", c.FollowerID)
		}
		to(row.Everybody)
		if n := follower(w.says("Uall", "hello")); n == 0 {
			t.Error("everybody's goes to nobody")
		}
	})
}
