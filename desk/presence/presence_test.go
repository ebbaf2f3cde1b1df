package presence_test

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T) (a, b *presence.Service, c *clock.Manual) {
	hub := bus.NewMemory()
	t.Cleanup(func() { _ = hub.Close() })
	c = clock.NewManual(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	a, b = presence.New(hub, c), presence.New(hub, c)
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	return a, b, c
}

func awaits(t *testing.T, s *presence.Service, viewing, typing []int64) {
	t.Helper()
	testkit.Await(t, "the picture is right", func() bool {
		v, y, _ := s.Who(1, 10)
		return slices.Equal(v, viewing) && slices.Equal(y, typing)
	})
}

// RT-1: who looks and who types is known on every server, and nowhere else than there.
func TestSet(t *testing.T) {
	t.Parallel()
	a, b, _ := setup(t)
	a.Set(t.Context(), 1, 10, 5, presence.Viewing, true)
	b.Set(t.Context(), 1, 10, 6, presence.Typing, true)
	a.Set(t.Context(), 1, 11, 7, presence.Typing, true)
	a.Set(t.Context(), 2, 10, 8, presence.Typing, true)
	for _, s := range []*presence.Service{a, b} {
		awaits(t, s, []int64{5}, []int64{6})
	}
	a.Set(t.Context(), 1, 10, 5, presence.Viewing, false)
	for _, s := range []*presence.Service{a, b} {
		awaits(t, s, nil, []int64{6})
	}
}

// What is not said again ends by itself, and the others are told.
func TestExpiry(t *testing.T) {
	t.Parallel()
	hub := bus.NewMemory()
	defer hub.Close()
	c := clock.NewManual(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	s := presence.New(hub, c)
	defer s.Close()
	told := make(chan bus.Message, 10)
	defer hub.Subscribe(string(presence.Typing), func(m bus.Message) { told <- m })()
	s.Set(t.Context(), 1, 10, 5, presence.Viewing, true)
	s.Set(t.Context(), 1, 10, 5, presence.Typing, true)
	<-told
	awaits(t, s, []int64{5}, []int64{5})
	c.AwaitWaiters(1)
	c.Advance(presence.Typing.Lasts() - time.Second)
	awaits(t, s, []int64{5}, []int64{5})
	testkit.Await(t, "the end of typing is told", func() bool {
		c.Advance(100 * time.Millisecond)
		select {
		case <-told:
			return true
		default:
			return false
		}
	})
	awaits(t, s, []int64{5}, nil)
	c.Advance(presence.Viewing.Lasts())
	awaits(t, s, nil, nil)
}

// A message that comes twice, late or is none of its own changes nothing.
func TestTake(t *testing.T) {
	t.Parallel()
	hub := bus.NewMemory()
	defer hub.Close()
	c := clock.NewManual(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	s := presence.New(hub, c)
	defer s.Close()
	var on, off bus.Message
	told := make(chan bus.Message, 10)
	stop := hub.Subscribe(string(presence.Typing), func(m bus.Message) { told <- m })
	defer stop()
	s.Set(t.Context(), 1, 10, 5, presence.Typing, true)
	on = <-told
	s.Set(t.Context(), 1, 10, 5, presence.Typing, false)
	off = <-told
	if n, ok := s.Take(on); n != 10 || !ok {
		t.Errorf("the message is about %d: %t", n, ok)
	}
	awaits(t, s, nil, nil)
	s.Take(off)
	awaits(t, s, nil, nil)
	for _, m := range []bus.Message{{Topic: "log", TeamID: 1, Payload: on.Payload}, {Topic: "typing", TeamID: 1, Payload: []byte("{")}, {Topic: "typing", TeamID: 1, Payload: []byte("{}")}} {
		if _, ok := s.Take(m); ok {
			t.Errorf("%s is taken for presence", m.Payload)
		}
	}
}
