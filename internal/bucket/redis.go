package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// Redis keeps the buckets of all servers that use the same Redis and prefix. While Redis does not answer, each server counts by itself: an
// agent may then ask for as much of every server.
type Redis struct {
	client *redis.Client
	prefix string
	clock  clock.Clock
	log    *slog.Logger
	script *redis.Script
	alone  *Memory
	isAway atomic.Bool
}

// patience is how long an answer of Redis is waited for: a request waits as long.
const patience = 100 * time.Millisecond

// takeScript takes ARGV[2] out of all buckets or none, and gives {wait in ms, what the first has left}. A negative number puts back. Times come from
// the callers, whose clocks may differ a little: time never runs back for a bucket.
const takeScript = `
local now, n = tonumber(ARGV[1]), tonumber(ARGV[2])
local left, at, wait = {}, {}, 0
for i, key in ipairs(KEYS) do
  local burst, rate = tonumber(ARGV[1 + 2*i]), tonumber(ARGV[2 + 2*i])
  local l, t = tonumber(redis.call('HGET', key, 'l') or burst), tonumber(redis.call('HGET', key, 't') or now)
  if now > t then l, t = math.min(burst, l + (now - t) / 1000 * rate), now end
  left[i], at[i] = l, t
  if l < n then
    local w = 3600000
    if rate > 0 then w = math.max(1, math.ceil((n - l) / rate * 1000)) end
    wait = math.max(wait, w)
  end
end
for i, key in ipairs(KEYS) do
  local burst, rate = tonumber(ARGV[1 + 2*i]), tonumber(ARGV[2 + 2*i])
  if wait == 0 then left[i] = math.min(burst, left[i] - n) end
  redis.call('HSET', key, 'l', tostring(left[i]), 't', at[i])
  local full = 3600
  if rate > 0 then full = math.ceil((burst - left[i]) / rate) + 1 end
  redis.call('EXPIRE', key, math.min(full, 86400))
end
return {wait, tostring(left[1] or 0)}`

// NewRedis keeps buckets in Redis, at url (redis://… or rediss://…). It does not wait for Redis.
func NewRedis(url, prefix string, c clock.Clock, log *slog.Logger) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL must look like redis://:password@host:6379/0: %w", err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.MaxRetries = patience, patience, patience, -1
	o.ContextTimeoutEnabled = true
	return &Redis{client: redis.NewClient(o), prefix: prefix, clock: c, log: log, script: redis.NewScript(takeScript), alone: NewMemory(c)}, nil
}

// Take implements Store.
func (r *Redis) Take(ctx context.Context, n float64, claims ...Claim) Answer {
	a, err := r.run(ctx, n, claims)
	if err != nil {
		if !r.isAway.Swap(true) {
			r.log.WarnContext(ctx, "rates are counted by each server alone: Redis does not answer", "error", err)
		}
		return r.alone.Take(ctx, n, claims...)
	}
	r.isAway.Store(false)
	return a
}

// Give implements Store.
func (r *Redis) Give(ctx context.Context, n float64, claims ...Claim) {
	if _, err := r.run(ctx, -n, claims); err != nil {
		r.alone.Give(ctx, n, claims...)
	}
}

func (r *Redis) run(ctx context.Context, n float64, claims []Claim) (Answer, error) {
	if len(claims) == 0 {
		return Answer{}, nil
	}
	keys := make([]string, len(claims))
	args := []any{r.clock.Now().UnixMilli(), n}
	for i, c := range claims {
		// What is counted, such as an address, is nobody else's to read.
		sum := sha256.Sum256([]byte(c.Key))
		keys[i] = r.prefix + ":bucket:" + hex.EncodeToString(sum[:16])
		args = append(args, c.Limit.Burst, c.Limit.PerSecond)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	got, err := r.script.Run(ctx, r.client, keys, args...).Slice()
	if err != nil {
		return Answer{}, err
	}
	ms, isNumber := got[0].(int64)
	left, isText := got[1].(string)
	rest, err := strconv.ParseFloat(left, 64)
	if !isNumber || !isText || err != nil {
		return Answer{}, fmt.Errorf("an answer of Redis that is none: %v", got)
	}
	return Answer{Wait: time.Duration(ms) * time.Millisecond, Left: rest}, nil
}

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }
