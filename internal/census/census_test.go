package census_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// start is when the tests begin.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// pair is two servers that count together.
func pair(t *testing.T) (a, b *census.Redis, c *clock.Manual) {
	t.Helper()
	url, prefix := testkit.Redis(t)
	c = clock.NewManual(start)
	open := func(name string) *census.Redis {
		r, err := census.NewRedis(url, prefix, name, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r
	}
	return open("a"), open("b"), c
}

// RT-5
func TestLongestIdleOfAllServers(t *testing.T) {
	t.Parallel()
	a, b, _ := pair(t)
	seat := func(agent int64, id string, active int) census.Seat {
		return census.Seat{ID: id, TeamID: 1, AgentID: agent, Active: start.Add(time.Duration(active) * time.Second)}
	}
	enter := func(r *census.Redis, s census.Seat, perAgent, perTeam int, want ...string) {
		t.Helper()
		got, err := r.Enter(t.Context(), s, perAgent, perTeam)
		if err != nil || !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s enters: %v leave, want %v; %v", s.ID, got, want, err)
		}
	}
	enter(a, seat(7, "a.1", 5), 2, 100)
	enter(b, seat(7, "b.1", 3), 2, 100)
	enter(a, seat(7, "a.2", 9), 2, 100, "b.1") // the longest idle is at the other server
	enter(b, seat(8, "b.2", 1), 2, 100)
	enter(b, seat(9, "b.3", 8), 2, 3, "b.2")
	// Whoever comes stays, though it is the longest idle of all.
	enter(a, seat(7, "a.3", 0), 2, 100, "a.1")
	a.Leave(t.Context(), seat(7, "a.2", 9))
	enter(b, seat(7, "b.4", 9), 2, 100)
	// What is done meanwhile counts once it is renewed.
	if err := a.Renew(t.Context(), []census.Seat{seat(7, "a.3", 20)}); err != nil {
		t.Fatal(err)
	}
	enter(b, seat(7, "b.5", 21), 2, 100, "b.4")
	// One that goes for its agent does not go for its team a second time.
	enter(a, seat(7, "a.6", 22), 2, 3, "a.3")
}

func TestWhatIsNotRenewedIsForgotten(t *testing.T) {
	t.Parallel()
	a, b, c := pair(t)
	if err := b.Renew(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Renew(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := a.Share(100); got != 50 {
		t.Errorf("half of a hundred is %d", got)
	}
	if got := a.Share(1); got != 1 {
		t.Errorf("of one there is no half: %d", got)
	}
	for i := range 3 {
		if _, err := b.Enter(t.Context(), census.Seat{ID: fmt.Sprint("b.", i), TeamID: 1, AgentID: 1, Active: c.Now()}, 3, 3); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 { // b is dead
		c.Advance(census.Renewal)
		if err := a.Renew(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if leave, err := a.Enter(t.Context(), census.Seat{ID: "a.1", TeamID: 1, AgentID: 1, Active: c.Now()}, 3, 3); err != nil || len(leave) > 0 {
		t.Errorf("%v leave for one alone, %v", leave, err)
	}
	if got := a.Share(100); got != 100 {
		t.Errorf("the share of one server alone is %d", got)
	}
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	r, err := census.NewRedis("redis://127.0.0.1:1/0", "x", "a", clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Enter(t.Context(), census.Seat{ID: "a"}, 1, 1); err == nil {
		t.Error("counted without Redis")
	}
	if r.Renew(t.Context(), nil) == nil {
		t.Error("renewed without Redis")
	}
	r.Leave(t.Context(), census.Seat{ID: "a"})
	if got := r.Share(10); got != 10 {
		t.Errorf("the share of who never heard of another is %d", got)
	}
	if _, err := census.NewRedis("nonsense", "x", "a", clock.Real{}); err == nil {
		t.Error("nonsense is taken for an address")
	}
}
