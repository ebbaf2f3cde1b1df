// Package bucket bounds how much somebody may ask for over time: a bucket holds so much, fills again at a steady rate, and what is asked for is
// taken out of it. Memory counts in one process, Redis for all servers.
package bucket

import (
	"context"
	"time"
)

// Limit is a bucket's size and how fast it fills.
type Limit struct {
	Burst     float64 // what it holds when full
	PerSecond float64
}

// Claim is a key whose bucket has to have enough.
type Claim struct {
	Key   string
	Limit Limit
}

// Answer is what became of a taking.
type Answer struct {
	// Wait is how long until the fullest of the lacking buckets has enough; 0 where it was taken. It is as long as filling takes even for more
	// than a bucket ever holds.
	Wait time.Duration
	// Left is what the first claim's bucket holds now.
	Left float64
}

// Store keeps buckets. It is safe for concurrent use.
type Store interface {
	// Take takes n out of every claim's bucket, or out of none where one of them has too little.
	Take(ctx context.Context, n float64, claims ...Claim) Answer
	// Give puts n back into every claim's bucket, no more than it holds: what was taken beforehand and not needed.
	Give(ctx context.Context, n float64, claims ...Claim)
}
