package live_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/live/toy"
)

func TestSharedExecution(t *testing.T) {
	t.Parallel()
	t.Run("an event is rendered once for all who see it alike, its row read once for all", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		after := event.Cursor{Epoch: toy.Epoch}.String()
		literal := strings.ReplaceAll(strings.Replace(everything, "($room: Int, $after: String)", "", 1), "room: $room, after: $after", "after: %q")
		var all []*reader
		add := func(n int, query string, vars map[string]any, v *toy.Viewer) {
			for range n {
				r := w.open(t, query, vars, v)
				r.want(t, "Hello")
				all = append(all, r)
			}
		}
		// Groups: 1 the document, with and without a cursor; 2 the same with another room; 3 with a literal cursor; 4 another class;
		// 5 and 6 agents whose document depends on who looks.
		add(20, everything, nil, anyone)
		add(10, everything, map[string]any{"after": after}, &toy.Viewer{Agent: 8})
		add(5, everything, map[string]any{"room": 1}, anyone)
		w.Say(1)
		for i, r := range all {
			if f := r.want(t, "Said"); f.Seq != 1 {
				t.Fatalf("%d: %+v", i, f)
			}
		}
		if n, rows := w.Rendered.Load(), w.Rows.Load(); n != 2 || rows != 1 {
			t.Errorf("rendered %d times, want 2; row read %d times, want 1", n, rows)
		}
		add(1, fmt.Sprintf(literal, after), nil, anyone)
		all[len(all)-1].want(t, "Said")
		add(1, fmt.Sprintf(literal, event.Cursor{Epoch: toy.Epoch, Seq: 1}.String()), nil, anyone)
		add(3, everything, nil, &toy.Viewer{Agent: 7, Role: "lead"})
		mine := `subscription { said { __typename cursor ... on Said { isMine } } }`
		add(2, mine, nil, anyone)
		add(2, mine, nil, &toy.Viewer{Agent: 8})
		w.Rendered.Store(0)
		w.Rows.Store(0)
		w.Say(1)
		for _, r := range all {
			r.want(t, "Said")
		}
		if n, rows := w.Rendered.Load(), w.Rows.Load(); n != 6 || rows != 1 {
			t.Errorf("rendered %d times, want 6; row read %d times, want 1", n, rows)
		}
	})
	t.Run("many at once wait for the one who renders", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		var wg sync.WaitGroup
		var all []*reader
		for range 50 {
			r := w.open(t, everything, nil, anyone)
			r.want(t, "Hello")
			all = append(all, r)
		}
		for _, r := range all {
			wg.Go(func() {
				for range 20 {
					if f := r.next(t); f.Type != "Said" {
						t.Errorf("got %+v", f)
					}
				}
			})
		}
		for range 20 {
			w.Say(1)
		}
		wg.Wait()
		if n := w.Rendered.Load(); n != 20 {
			t.Errorf("rendered %d times, want 20", n)
		}
	})
	t.Run("what was shared is not shown from memory later", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(time.Unix(0, 0))
		w := setup(t, func(c *live.Config) { c.Clock, c.Poll = m, 250*time.Millisecond })
		w.Say(1)
		vars := map[string]any{"after": event.Cursor{Epoch: toy.Epoch}.String()}
		for i, want := range []int64{1, 1, 2} {
			if i == 2 {
				m.Advance(time.Minute)
			}
			s := w.open(t, everything, vars, anyone)
			s.want(t, "Hello")
			s.want(t, "Said")
			if n := w.Rendered.Load(); n != want {
				t.Errorf("replay %d: rendered %d times, want %d", i, n, want)
			}
		}
	})
}

func TestOutsideTheLog(t *testing.T) {
	t.Parallel()
	t.Run("what is computed anew is coalesced and the newest counts", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(time.Unix(0, 0))
		w := setup(t, func(c *live.Config) { c.Clock = m })
		s := w.open(t, `subscription { count { __typename cursor ... on Count { total } } }`, nil, anyone)
		s.want(t, "Hello")
		if f := s.want(t, "Count"); f.Total != 0 {
			t.Errorf("at the start: %+v", f)
		}
		for range 30 {
			w.Say(1)
		}
		w.Hint(t.Context())
		<-s.wake
		for { // judge all, show none
			f, ok := s.Next(s.ctx)
			if ok {
				t.Fatalf("shown too early: %s", f.Payload)
			}
			if r := w.open(t, everything, nil, anyone); r.want(t, "Hello").Cursor == (event.Cursor{Epoch: toy.Epoch, Seq: 30}).String() {
				break
			}
		}
		if f, ok := s.Next(s.ctx); ok {
			t.Fatalf("shown too early: %s", f.Payload)
		}
		m.Advance(200 * time.Millisecond)
		if f := s.want(t, "Count"); f.Total != 30 {
			t.Errorf("got %+v", f)
		}
		if n := w.Rendered.Load(); n != 2 {
			t.Errorf("computed %d times, want 2", n)
		}
	})
	t.Run("what is heard is shown once to each, and not to others", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		a := w.open(t, `subscription { typing { __typename ... on Typing { who } } }`, nil, anyone)
		b := w.open(t, `subscription { typing { __typename ... on Typing { who } } }`, nil, anyone)
		a.want(t, "Hello")
		b.want(t, "Hello")
		for _, who := range []string{"mei", "jun"} {
			_ = w.Bus.Publish(t.Context(), bus.Message{Topic: "typing", TeamID: 2, Payload: []byte("stranger")})
			_ = w.Bus.Publish(t.Context(), bus.Message{Topic: "typing", TeamID: 1, Payload: []byte(who)})
			if f, g := a.want(t, "Typing"), b.want(t, "Typing"); f.Who != who || g.Who != who {
				t.Errorf("got %+v and %+v", f, g)
			}
		}
		if n := w.Rendered.Load(); n != 2 {
			t.Errorf("rendered %d times, want 2", n)
		}
	})
}

func TestRights(t *testing.T) {
	t.Parallel()
	t.Run("one judges for all who see alike, and nobody for another after rights have changed", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		var all []*reader
		for agent := range int64(5) {
			all = append(all, w.open(t, everything, nil, &toy.Viewer{Agent: agent}))
		}
		narrow := w.open(t, everything, nil, &toy.Viewer{Agent: 9, Rooms: map[int64]bool{2: true}, Role: "some"})
		for _, s := range append(all, narrow) {
			s.want(t, "Hello")
		}
		w.Say(1)
		w.Say(2)
		for _, s := range all {
			s.want(t, "Said")
			s.want(t, "Said")
		}
		if f := narrow.want(t, "Said"); f.Seq != 2 {
			t.Errorf("got %+v", f)
		}
		if n := w.Judged.Load(); n != 4 {
			t.Errorf("two events were judged %d times, want once for five and once for the other", n)
		}
		all[0].ctx = narrow.ctx
		all[0].Refresh()
		w.Say(1)
		w.Say(2)
		all[1].want(t, "Said")
		for _, s := range []*reader{all[0], narrow} {
			if f := s.want(t, "Said"); f.Seq != 4 {
				t.Errorf("got %+v", f)
			}
		}
	})
	t.Run("nothing after a change of rights is judged by the rights from before", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		var told []int64
		following := w.hub.Follow(1, func(agent int64) { told = append(told, agent) }) // told before the event is shown: no race
		defer following.Release()
		s := w.open(t, everything, nil, &toy.Viewer{Agent: 7})
		s.want(t, "Hello")
		w.Say(1)
		w.Log.Append(event.Event{Kind: event.AuthChanged, AgentID: 8})
		w.Log.Append(event.Event{Kind: event.AuthChanged, AgentID: 7})
		w.Say(1)
		w.Say(2)
		s.want(t, "Said")
		s.want(t, "again")
		if n := len(told); n < 2 || told[n-2] != 8 || told[n-1] != 7 {
			t.Errorf("told of %v", told)
		}
		s.ctx = toy.With(t.Context(), &toy.Viewer{Agent: 7, Rooms: map[int64]bool{2: true}, Role: "less"})
		s.Refresh()
		if f := s.want(t, "Said"); f.Seq != 5 {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("a closed subscription and a closed hub give nothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t, nil)
		s := w.open(t, everything, nil, anyone)
		s.want(t, "Hello")
		s.Close()
		s.Close()
		w.Say(1)
		w.hub.Close()
		w.hub.Close()
		if f, ok := s.Next(s.ctx); ok {
			t.Errorf("got %s", f.Payload)
		}
		if _, refused := w.try(t.Context(), everything, nil, 7); refused == nil {
			t.Error("a closed hub opened a subscription")
		}
	})
}
