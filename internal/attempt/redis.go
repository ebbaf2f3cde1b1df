package attempt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Redis counts tries for all servers that use the same Redis and prefix.
type Redis struct {
	client *redis.Client
	prefix string
	clock  clock.Clock
	take   *redis.Script
}

// takeScript counts a try and gives 0, or the milliseconds until there is room. Times come from the caller, whose clock decides; the key's own
// expiry only clears away.
const takeScript = `
local tries, ends = tonumber(redis.call('HGET', KEYS[1], 'n') or '0'), tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
local now, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now >= ends then tries, ends = 0, now + window end
if tries >= most then return ends - now end
redis.call('HSET', KEYS[1], 'n', tries + 1, 'until', ends)
redis.call('PEXPIRE', KEYS[1], window)
return 0`

// NewRedis counts in Redis, at url (redis://… or rediss://…). It does not wait for Redis.
func NewRedis(url, prefix string, c clock.Clock) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL must look like redis://:password@host:6379/0: %w", err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	o.MaxRetries = 1
	return &Redis{client: redis.NewClient(o), prefix: prefix, clock: c, take: redis.NewScript(takeScript)}, nil
}

// Take implements Counter.
func (r *Redis) Take(ctx context.Context, key string, limit Limit) (time.Duration, error) {
	ms, err := r.take.Run(ctx, r.client, []string{r.name(key)}, r.clock.Now().UnixMilli(), limit.Tries, limit.Window.Milliseconds()).Int64()
	if err != nil {
		return 0, away(err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// Give implements Counter.
func (r *Redis) Give(ctx context.Context, key string) error {
	if err := r.client.Del(ctx, r.name(key)).Err(); err != nil {
		return away(err)
	}
	return nil
}

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }

// name hashes the key: what is tried, such as an e-mail address, is nobody else's to read.
func (r *Redis) name(key string) string {
	sum := sha256.Sum256([]byte(key))
	return r.prefix + ":attempt:" + hex.EncodeToString(sum[:])
}

func away(err error) error {
	return fault.Wrap(err, fault.Unavailable, "this cannot be checked just now; try again in a moment").After(time.Second)
}
