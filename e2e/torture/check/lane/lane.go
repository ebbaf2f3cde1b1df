// Package lane judges what was sent to a platform, by what the platform took and was asked and by what the database says of it. It imports nothing of ours.
package lane

import (
	"fmt"
	"slices"
	"time"
)

// Accepted is one message that the platform took.
type Accepted struct {
	Seq      int64 // in the platform's order
	To       string
	RetryKey string
	Text     string
}

// Request is one call that the platform got, taken or not, with the time of its own clock.
type Request struct {
	At     time.Time
	To     string
	Status int // of the answer; 0 where none was given
	Text   string
	Key    string
	// RetryAfter is what a refusal by rate told.
	RetryAfter time.Duration
}

// Conversation is what the database has of one: its messages in the order of their numbers.
type Conversation struct {
	ID       int64
	To       string // the platform's id of the customer
	Messages []Stored
}

// Stored is one row of messages.
type Stored struct {
	Seq      int
	IsOurs   bool // it is sent to the platform
	Text     string
	Delivery string
	Code     string
}

// Sends judges what was sent (CHAN-11, MSG-2, MSG-6, MSG-15, MSG-16). acknowledged are, by recipient, the texts that agents were told are queued, in the
// order in which they were told.
func Sends(conversations []Conversation, accepted []Accepted, acknowledged map[string][]string) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, c := range conversations {
		var ours, taken []string
		state := map[string]Stored{}
		for i, m := range c.Messages {
			if m.Seq != i+1 {
				problem("conversation %d: message %d has the number %d", c.ID, i+1, m.Seq)
			}
			if m.IsOurs {
				ours = append(ours, m.Text)
				state[m.Text] = m
			}
		}
		if want := acknowledged[c.To]; !slices.Equal(ours, want) {
			problem("conversation %d: the history has %q and the agents were told %q", c.ID, ours, want)
		}
		for _, a := range accepted {
			if a.To == c.To {
				taken = append(taken, a.Text)
			}
		}
		last := -1
		seen := map[string]bool{}
		for _, text := range taken {
			if seen[text] {
				problem("conversation %d: the platform took %q twice", c.ID, text)
				continue
			}
			seen[text] = true
			at := slices.Index(ours, text)
			switch {
			case at < 0:
				problem("conversation %d: the platform took %q, which nobody wrote", c.ID, text)
			case at < last:
				problem("conversation %d: the platform took %q after %q", c.ID, text, ours[last])
			}
			last = max(last, at)
		}
		for _, text := range ours {
			m := state[text]
			switch isTaken := seen[text]; {
			case m.Delivery == "SENDING":
				problem("conversation %d: %q is still on its way", c.ID, text)
			case m.Delivery == "FAILED" && isTaken && m.Code != "DELIVERY_UNCERTAIN":
				problem("conversation %d: %q is FAILED with %s and the platform took it", c.ID, text, m.Code)
			case m.Delivery != "FAILED" && !isTaken:
				problem("conversation %d: %q is %s and the platform never took it", c.ID, text, m.Delivery)
			case m.Delivery == "FAILED" && m.Code == "":
				problem("conversation %d: %q is FAILED without a code", c.ID, text)
			}
		}
	}
	return problems
}

// Rates judges whether refusals by rate were obeyed: the refused recipient is let alone for as long as the platform said, and meanwhile the whole account
// sends no more than what was under way.
func Rates(requests []Request, underWay int) (problems []string) {
	for i, r := range requests {
		if r.Status != 429 || r.RetryAfter == 0 {
			continue
		}
		others := 0
		for _, s := range requests[i+1:] {
			if !s.At.Before(r.At.Add(r.RetryAfter)) {
				break
			}
			if s.To == r.To {
				problems = append(problems, fmt.Sprintf("%s was refused by rate for %v and called again after %v", r.To, r.RetryAfter, s.At.Sub(r.At)))
			}
			others++
		}
		if others > underWay {
			problems = append(problems, fmt.Sprintf("%d calls were made in the %v after a refusal by rate", others, r.RetryAfter))
		}
	}
	return problems
}

// Repeats judges the calls of each message: every repetition goes out under the key of the first, and a definite refusal is the end of it. A 429 is one
// where isQuota.
func Repeats(requests []Request, isQuota bool) (problems []string) {
	key, refused := map[string]string{}, map[string]int{}
	for _, r := range requests {
		if was, ok := key[r.Text]; ok && was != r.Key {
			problems = append(problems, fmt.Sprintf("%q went out under the keys %s and %s", r.Text, was, r.Key))
		}
		key[r.Text] = r.Key
		if s := refused[r.Text]; s != 0 {
			problems = append(problems, fmt.Sprintf("%q was called again after the platform's definite %d", r.Text, s))
		}
		if r.Status >= 400 && r.Status < 500 && r.Status != 409 && (r.Status != 429 || isQuota) {
			refused[r.Text] = r.Status
		}
	}
	return problems
}
