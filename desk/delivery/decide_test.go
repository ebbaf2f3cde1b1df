package delivery

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *time.Time {
	t := noon.Add(d)
	return &t
}

// tried is a try under a key that ended a while after noon.
func tried(key string, outcome channels.Outcome, code string, ended time.Duration) *ent.Attempt {
	return &ent.Attempt{RetryKey: key, Outcome: string(outcome), Code: code, StartedAt: noon, EndedAt: at(ended)}
}

// CHAN-11, MSG-2, MSG-6
func TestNext(t *testing.T) {
	t.Parallel()
	keys, none := channels.Capability{RetryKeyFor: 24 * time.Hour}, channels.Capability{}
	open := &ent.Attempt{RetryKey: "a", StartedAt: noon}
	uncertain := tried("a", channels.Ambiguous, "", time.Second)
	for name, c := range map[string]struct {
		now   time.Duration
		key   string
		first *time.Time
		tries []*ent.Attempt
		can   channels.Capability
		act   act
		needs bool
		due   time.Duration
		code  string
	}{
		"a new message is sent":                                               {key: "a", can: none, act: try},
		"a try that was cut off is repeated under its key":                    {now: time.Hour, key: "a", first: at(0), tries: []*ent.Attempt{open}, can: keys, act: try},
		"an uncertain one too":                                                {now: time.Hour, key: "a", first: at(0), tries: []*ent.Attempt{uncertain}, can: keys, act: try},
		"not when the platform may have forgotten the key":                    {now: 24*time.Hour - time.Minute, key: "a", first: at(0), tries: []*ent.Attempt{uncertain}, can: keys, act: giveUp, code: channels.CodeDeliveryUncertain},
		"nor after a server error":                                            {now: 25 * time.Hour, key: "a", first: at(0), tries: []*ent.Attempt{tried("a", channels.Transient, channels.CodePlatformError, 0)}, can: keys, act: giveUp, code: channels.CodeDeliveryUncertain},
		"an old key that was only refused is replaced":                        {now: 25 * time.Hour, key: "a", first: at(0), tries: []*ent.Attempt{tried("a", channels.Refused, channels.CodeQuotaExceeded, 0)}, can: keys, act: try, needs: true},
		"an old key that was only refused by rate is replaced":                {now: 25 * time.Hour, key: "a", first: at(0), tries: []*ent.Attempt{tried("a", channels.Transient, channels.CodeRateLimited, 0)}, can: keys, act: try, needs: true},
		"a new key is a new request":                                          {now: 25 * time.Hour, key: "b", tries: []*ent.Attempt{uncertain}, can: keys, act: try},
		"without keys a report is awaited":                                    {now: 30 * time.Second, key: "a", tries: []*ent.Attempt{uncertain}, can: none, act: wait, due: 61 * time.Second},
		"also of a try that was cut off":                                      {now: 30 * time.Second, key: "a", tries: []*ent.Attempt{open}, can: none, act: wait, due: time.Minute},
		"then it is uncertain":                                                {now: 61 * time.Second, key: "a", tries: []*ent.Attempt{uncertain}, can: none, act: giveUp, code: channels.CodeDeliveryUncertain},
		"a definite failure for a while is repeated without keys":             {now: time.Second, key: "a", tries: []*ent.Attempt{tried("a", channels.Transient, channels.CodeUnreachable, 0)}, can: none, act: try},
		"sent again by hand, with the word that it may arrive twice, it goes": {now: time.Hour, key: "b", tries: []*ent.Attempt{uncertain}, can: none, act: try},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := next(noon.Add(c.now), &ent.Message{RetryKey: c.key, RetryKeyAt: c.first}, c.tries, c.can)
			if got.act != c.act || got.needs != c.needs || got.code != c.code || c.act == wait && !got.due.Equal(noon.Add(c.due)) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// CHAN-11
func TestLater(t *testing.T) {
	t.Parallel()
	keys := channels.Capability{RetryKeyFor: 24 * time.Hour}
	limited := channels.SendResult{Outcome: channels.Transient, Code: channels.CodeRateLimited}
	long := limited
	long.RetryAfter = 10 * time.Minute
	for name, c := range map[string]struct {
		lease  lane.Lease
		result channels.SendResult
		can    channels.Capability
		act    act
		due    time.Duration
		code   string
	}{
		"the first wait is a second":               {result: limited, can: keys, act: wait, due: time.Second},
		"the fourth eight":                         {lease: lane.Lease{Tries: 3, BlockedSince: at(-10 * time.Second)}, result: limited, can: keys, act: wait, due: 8 * time.Second},
		"no wait is longer than thirty":            {lease: lane.Lease{Tries: 40, BlockedSince: at(-time.Minute)}, result: limited, can: keys, act: wait, due: 30 * time.Second},
		"the last is at the end of five minutes":   {lease: lane.Lease{Tries: 40, BlockedSince: at(-4*time.Minute - 50*time.Second)}, result: limited, can: keys, act: wait, due: 10 * time.Second},
		"after them it is over":                    {lease: lane.Lease{Tries: 40, BlockedSince: at(-5 * time.Minute)}, result: limited, can: keys, act: giveUp, code: channels.CodeRateLimited},
		"a wait beyond them is not begun":          {result: long, can: keys, act: giveUp, code: channels.CodeRateLimited},
		"uncertain with keys is asked again":       {result: channels.SendResult{Outcome: channels.Ambiguous}, can: keys, act: wait, due: time.Second},
		"uncertain to the end":                     {lease: lane.Lease{BlockedSince: at(-5 * time.Minute)}, result: channels.SendResult{Outcome: channels.Ambiguous}, can: keys, act: giveUp, code: channels.CodeDeliveryUncertain},
		"uncertain without keys awaits the report": {lease: lane.Lease{BlockedSince: at(-time.Hour)}, result: channels.SendResult{Outcome: channels.Ambiguous}, act: wait, due: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := later(noon, c.lease, c.result, c.can, 0.5)
			if got.act != c.act || got.code != c.code || c.act == wait && !got.due.Equal(noon.Add(c.due)) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// CHAN-11: the platform's rates are kept.
func TestPace(t *testing.T) {
	t.Parallel()
	p, k := newPace(), paceKey{channel: 1}
	now, passed := noon, 0
	for now.Before(noon.Add(10 * time.Second)) {
		if wait := p.take(now, k, 5, 2); wait > 0 {
			now = now.Add(wait)
			continue
		}
		passed++
	}
	if passed < 50 || passed > 52 {
		t.Errorf("%d passed in 10 seconds at 5 a second with 2 at once", passed)
	}
	if wait := p.take(now, paceKey{channel: 2}, 0, 0); wait != 0 {
		t.Errorf("no rate: wait %v", wait)
	}
	p.pause(now, paceKey{channel: 2}, now.Add(time.Second))
	if wait := p.take(now, paceKey{channel: 2}, 0, 0); wait != time.Second {
		t.Errorf("paused: wait %v", wait)
	}
	p.take(now.Add(time.Hour), paceKey{channel: 3}, 1, 1)
	if len(p.buckets) != 1 {
		t.Errorf("%d buckets are kept", len(p.buckets))
	}
}
