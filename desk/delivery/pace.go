package delivery

import (
	"sync"
	"time"
)

// pace keeps rates: one bucket a key, an account or a recipient. It counts what this server sends; a rate shared by several servers has to
// be configured as each server's part, and where they exceed it together the platform's refusal slows them down.
type pace struct {
	mu      sync.Mutex
	buckets map[paceKey]*bucket
	swept   time.Time
}

// paceKey is a channel, or a conversation of it.
type paceKey struct{ channel, conversation int64 }

// bucket is full again at full; a pause by the platform lasts until paused.
type bucket struct{ full, paused time.Time }

func newPace() *pace { return &pace{buckets: map[paceKey]*bucket{}} }

// take takes one from the bucket, which holds burst and is refilled with rate a second, and gives 0; or takes nothing and says how long to
// wait. A rate of 0 is no limit.
func (p *pace) take(now time.Time, k paceKey, rate, burst float64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buckets[k]
	if b == nil {
		if rate <= 0 {
			return 0
		}
		p.sweep(now)
		b = &bucket{full: now}
		p.buckets[k] = b
	}
	if wait := b.paused.Sub(now); wait > 0 {
		return wait
	}
	if rate <= 0 {
		return 0
	}
	each := time.Duration(float64(time.Second) / rate)
	if b.full.Before(now) {
		b.full = now
	}
	if wait := b.full.Add(each).Sub(now.Add(time.Duration(max(burst, 1) * float64(each)))); wait > 0 {
		return wait
	}
	b.full = b.full.Add(each)
	return 0
}

// pause lets nothing through until a time.
func (p *pace) pause(now time.Time, k paceKey, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buckets[k]
	if b == nil {
		b = &bucket{full: now}
		p.buckets[k] = b
	}
	if until.After(b.paused) {
		b.paused = until
	}
}

// sweep forgets buckets that are full again, now and then, so that recipients do not pile up.
func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for k, b := range p.buckets {
		if b.full.Before(now) && b.paused.Before(now) {
			delete(p.buckets, k)
		}
	}
}
