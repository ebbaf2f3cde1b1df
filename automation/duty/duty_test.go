package duty_test

import (
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/automation/duty"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// PROD-2: days, hours, over midnight too, zones and holidays.
func TestIsOn(t *testing.T) {
	t.Parallel()
	taipei := zone(t, "Asia/Taipei")
	office := duty.Shift{Zone: taipei, Days: []int{1, 2, 3, 4, 5}, Starts: 9 * 60, Ends: 18 * 60, Holidays: []string{"2026-10-09"}}
	night := duty.Shift{Zone: taipei, Days: []int{5}, Starts: 22 * 60, Ends: 6 * 60, Holidays: []string{"2026-10-09"}}
	always := duty.Shift{Zone: taipei, Days: []int{1, 2, 3, 4, 5, 6, 7}}
	london := duty.Shift{Zone: zone(t, "Europe/London"), Days: []int{7}, Starts: 60, Ends: 3 * 60}
	for name, c := range map[string]struct {
		shift duty.Shift
		local string // in the shift's zone
		want  bool
	}{
		"in the middle of the day":                         {office, "2026-10-07 12:00", true},
		"in its first minute":                              {office, "2026-10-07 09:00", true},
		"a minute before":                                  {office, "2026-10-07 08:59", false},
		"in its last minute":                               {office, "2026-10-07 17:59", true},
		"when it is over":                                  {office, "2026-10-07 18:00", false},
		"on a Saturday":                                    {office, "2026-10-10 12:00", false},
		"on a holiday":                                     {office, "2026-10-09 12:00", false},
		"at night, before midnight":                        {night, "2026-10-16 23:00", true},
		"at night, after midnight, on a day it has not":    {night, "2026-10-17 05:59", true},
		"when the night is over":                           {night, "2026-10-17 06:00", false},
		"in the early hours of its day":                    {night, "2026-10-16 05:00", false},
		"before midnight on a holiday":                     {night, "2026-10-09 23:00", false},
		"after midnight, begun on a holiday":               {night, "2026-10-10 05:00", false},
		"the whole day, where it ends when it starts":      {always, "2026-10-10 00:00", true},
		"the whole day, in its last minute":                {always, "2026-10-10 23:59", true},
		"on the day on which an hour is left out":          {london, "2026-03-29 02:30", true},
		"on the day on which an hour comes twice":          {london, "2026-10-25 01:30", true},
		"and after it":                                     {london, "2026-10-25 03:00", false},
		"on the first of a month, of the month before too": {night, "2026-05-01 23:30", true},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.local, c.shift.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.shift.IsOn(at.UTC()); got != c.want {
			t.Errorf("%s (%s): on duty is %v", name, c.local, got)
		}
	}
}

// PROD-2: an agent may have several shifts, and is on duty once.
func TestOn(t *testing.T) {
	t.Parallel()
	shift := func(starts, ends int, agents ...int64) duty.Shift {
		return duty.Shift{Zone: time.UTC, Days: []int{3}, Starts: starts, Ends: ends, Agents: agents}
	}
	all := []duty.Shift{shift(0, 600, 3, 1), shift(300, 900, 1, 2), shift(800, 1000, 4)}
	at := func(minute int) time.Time {
		return time.Date(2026, 10, 7, 0, minute, 0, 0, time.UTC)
	}
	for minute, want := range map[int][]int64{100: {1, 3}, 400: {1, 2, 3}, 700: {1, 2}, 850: {1, 2, 4}, 1200: nil} {
		if got := duty.On(all, at(minute)); !slices.Equal(got, want) {
			t.Errorf("at minute %d %v are on duty, not %v", minute, got, want)
		}
	}
}
