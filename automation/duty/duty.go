// Package duty says who is on duty at a moment (PROD-2).
package duty

import (
	"slices"
	"time"
)

// Shift is working hours and whose they are.
type Shift struct {
	Zone *time.Location
	// Days are those on which it begins: 1 is Monday, 7 Sunday.
	Days []int
	// Starts and Ends are minutes after midnight, by the clocks of the zone. One that ends not later than it starts ends on the day after.
	Starts, Ends int
	// Holidays are days (YYYY-MM-DD) on which it does not begin.
	Holidays []string
	Agents   []int64
}

// IsOn says whether the shift is going on at a moment. The minute in which it ends does not belong to it.
func (s Shift) IsOn(at time.Time) bool {
	local := at.In(s.Zone)
	minute := local.Hour()*60 + local.Minute()
	if s.Ends > s.Starts {
		return s.begins(local) && minute >= s.Starts && minute < s.Ends
	}
	year, month, day := local.Date()
	yesterday := time.Date(year, month, day-1, 12, 0, 0, 0, time.UTC)
	return s.begins(local) && minute >= s.Starts || s.begins(yesterday) && minute < s.Ends
}

// begins says whether it begins on a day.
func (s Shift) begins(day time.Time) bool {
	number := int(day.Weekday())
	if number == 0 {
		number = 7
	}
	return slices.Contains(s.Days, number) && !slices.Contains(s.Holidays, day.Format(time.DateOnly))
}

// On gives the agents of the shifts that are going on, each once, in ascending order.
func On(all []Shift, at time.Time) []int64 {
	var on []int64
	for _, s := range all {
		if s.IsOn(at) {
			on = append(on, s.Agents...)
		}
	}
	slices.Sort(on)
	return slices.Compact(on)
}
