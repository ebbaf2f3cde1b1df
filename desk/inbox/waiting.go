package inbox

import (
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
)

// Level is how long a customer has waited (CONV-19).
type Level string

// The levels, each by its least time.
const (
	HalfHour Level = "HALF_HOUR"
	OneHour  Level = "ONE_HOUR"
	TwoHours Level = "TWO_HOURS"
)

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
