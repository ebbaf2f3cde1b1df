package delivery

import (
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// The times that decide about retries.
const (
	// reportWithin is how long the platform's report is awaited after a try whose end is not known and that no retry key makes repeatable.
	reportWithin = 60 * time.Second
	// blockedAtMost is how long the head may keep the messages behind it waiting.
	blockedAtMost = 5 * time.Minute
	firstBackoff  = time.Second
	longBackoff   = 30 * time.Second
)

// act is what is to be done with the head of a lane.
type act string

// The acts.
const (
	try    act = "try"     // send it now
	wait   act = "wait"    // leave it where it is until due
	giveUp act = "give up" // FAILED with code and reason
)

// step is the next thing to be done with a head.
type step struct {
	act    act
	needs  bool // try: under a new retry key, since the platform has forgotten the old one and never took it
	due    time.Time
	code   string
	reason string
}

// next says what is to be done with the head of a lane, from the ledger of its tries in their order (CHAN-11). A try without an end was cut
// off: the server that made it died, or lost its lease.
func next(now time.Time, m *ent.Message, tries []*ent.Attempt, c channels.Capability) step {
	var last *ent.Attempt
	isUncertain := false
	for _, t := range tries {
		// A message that is sent again by hand under a new key is a new request: what came of the old one is settled.
		if t.RetryKey != m.RetryKey {
			continue
		}
		last, isUncertain = t, isUncertain || mayHaveArrived(t, c)
	}
	switch {
	case last == nil || !isUncertain && c.RetryKeyFor == 0:
		return step{act: try}
	case c.RetryKeyFor == 0:
		return await(now, tries, m.RetryKey)
	case conversation.KeyHolds(c, m.RetryKeyAt, now):
		return step{act: try}
	case !isUncertain:
		return step{act: try, needs: true}
	}
	return uncertain()
}

// mayHaveArrived says whether it is open if the platform took the message in a try. What a platform with retry keys calls transient is
// open too, apart from a refusal by rate.
func mayHaveArrived(t *ent.Attempt, c channels.Capability) bool {
	switch channels.Outcome(t.Outcome) {
	case channels.Sent, channels.Refused:
		return false
	case channels.Transient:
		return c.RetryKeyFor > 0 && t.Code != channels.CodeRateLimited
	default:
		return true
	}
}

// await waits for the platform's report on the newest uncertain try, and gives the message up when it does not come.
func await(now time.Time, tries []*ent.Attempt, key string) step {
	var since time.Time
	for _, t := range tries {
		if t.RetryKey == key && mayHaveArrived(t, channels.Capability{}) {
			since = t.StartedAt
			if t.EndedAt != nil {
				since = *t.EndedAt
			}
		}
	}
	if due := since.Add(reportWithin); now.Before(due) {
		return step{act: wait, due: due}
	}
	return uncertain()
}

func uncertain() step {
	return step{act: giveUp, code: channels.CodeDeliveryUncertain,
		reason: "the platform did not say whether it took the message; it may have arrived"}
}

// later says what follows a try that did not succeed and was not refused: another one after a while, or the end when the head has kept the
// lane for too long. jitter is from 0 to less than 1.
func later(now time.Time, l lane.Lease, r channels.SendResult, c channels.Capability, jitter float64) step {
	if r.Outcome == channels.Ambiguous && c.RetryKeyFor == 0 {
		return step{act: wait, due: now.Add(reportWithin)}
	}
	since := now
	if l.BlockedSince != nil {
		since = *l.BlockedSince
	}
	end := since.Add(blockedAtMost)
	failed := step{act: giveUp, code: r.Code, reason: r.Reason}
	switch {
	case r.Outcome == channels.Ambiguous:
		failed = uncertain()
	case failed.code == "":
		failed.code = channels.CodePlatformError
	}
	if !now.Before(end) {
		return failed
	}
	if r.RetryAfter > 0 && !planted.Is("rate-not-kept") {
		// Sooner than the platform says is useless, and later than the lane may wait is too late.
		if due := now.Add(r.RetryAfter); due.Before(end) {
			return step{act: wait, due: due}
		}
		return failed
	}
	due := now.Add(backoff(l.Tries, jitter))
	if due.After(end) {
		due = end
	}
	return step{act: wait, due: due}
}

// backoff is 1, 2, 4 … 30 seconds after the first, second, third … try in a row, a quarter less to a quarter more.
func backoff(tries int, jitter float64) time.Duration {
	d := firstBackoff << min(tries, 5)
	d = min(d, longBackoff)
	// Databases keep microseconds.
	return time.Duration(float64(d) * (0.75 + jitter/2)).Truncate(time.Microsecond)
}
