package inbox

import (
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// Level is how long a customer has waited (CONV-19).
type Level string

// The levels, each by its least time.
const (
	HalfHour Level = "HALF_HOUR"
	OneHour  Level = "ONE_HOUR"
	TwoHours Level = "TWO_HOURS"
)

// Levels are all levels, the shortest first.
var Levels = []Level{HalfHour, OneHour, TwoHours}

// LevelsReached is how many levels a conversation's clock has reached, whoever serves it.
func LevelsReached(c *ent.Conversation, now time.Time) int {
	n := 0
	for c.WaitingSince != nil && n < len(Levels) && !c.WaitingSince.After(now.Add(-Levels[n].Least())) {
		n++
	}
	return n
}

// Before is the moment by which the facets before an event are judged: now, and where only time has made it, the last moment at which the customer had not yet
// waited so long. By the facets alone nothing has changed then.
func Before(e event.Event, now time.Time) time.Time {
	was, is := e.Before, e.After
	if was == nil || is == nil || was.WaitingLevel >= is.WaitingLevel || is.WaitingLevel > len(Levels) || !was.WaitingSince.Equal(is.WaitingSince) {
		return now
	}
	return is.WaitingSince.Add(Levels[was.WaitingLevel].Least() - time.Microsecond)
}

// Least is the time from which a level holds.
func (l Level) Least() time.Duration {
	switch l {
	case TwoHours:
		return 2 * time.Hour
	case OneHour:
		return time.Hour
	default:
		return 30 * time.Minute
	}
}

// Waiting says since when a conversation's customer waits for a person and at which level; nil where it does not wait, or a bot serves it,
// and "" under half an hour (CONV-19).
func Waiting(c *ent.Conversation, now time.Time) (since *time.Time, level Level) {
	if !isWaiting(c) {
		return nil, ""
	}
	for _, l := range []Level{TwoHours, OneHour, HalfHour} {
		if !c.WaitingSince.After(now.Add(-l.Least())) {
			return c.WaitingSince, l
		}
	}
	return c.WaitingSince, ""
}
