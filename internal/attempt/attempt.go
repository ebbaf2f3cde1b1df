// Package attempt counts tries, so that what may be guessed cannot be tried for ever: passwords, and requests of an integration. A counter
// never lets a try through because it cannot count: where it cannot tell, it says so.
package attempt

import (
	"context"
	"time"
)

// Limit is how many tries a window of time has room for.
type Limit struct {
	Tries  int
	Window time.Duration
}

// Counter counts tries under keys, in windows that begin with a key's first try. It is safe for concurrent use. Memory counts in one
// process, Redis for all servers.
type Counter interface {
	// Take counts a try before it is made, so that many at once do not slip through together. It gives 0 where there is room for it, and
	// otherwise how long until there is; a try without room is not counted. An error is a fault of kind Unavailable: the try must not be made.
	Take(ctx context.Context, key string, limit Limit) (time.Duration, error)
	// Give takes a key's tries back, after a success. Memory may forget less than that, never more.
	Give(ctx context.Context, key string) error
}
