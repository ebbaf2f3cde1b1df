// Package census counts live connections over all servers, so that a limit of so many for an agent or a team holds wherever they are, and names the longest
// idle of them where there are too many. It is kept in Redis for moments: what a server does not renew is forgotten, so a server that dies leaves nothing behind.
package census

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// Seat is a connection among those of its agent and its team.
type Seat struct {
	ID              string // over all servers
	TeamID, AgentID int64
	Active          time.Time // when its person did something last
}

// Redis counts for all servers that use the same Redis and prefix.
type Redis struct {
	client  *redis.Client
	prefix  string
	self    string
	clock   clock.Clock
	enter   *redis.Script
	servers atomic.Int64
}

const (
	// Renewal is how often a server says which connections it still has.
	Renewal = 5 * time.Second
	// stale is how long what was said counts.
	stale = 3 * Renewal
	// patience is how long an answer of Redis is waited for: who connects waits as long.
	patience = 100 * time.Millisecond
	// together is how many connections are renewed with one call.
	together = 500
)

// enterScript seats ARGV[3], active at ARGV[4], in each of KEYS, which hold at most ARGV[5…], and gives the ids of those that must go for it: the longest idle
// of each. An empty ARGV[3] seats nobody. Times are milliseconds and come from the callers, whose clocks may differ a little.
const enterScript = `
local now, stale, id, active = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local leave, is = {}, {}
for k, key in ipairs(KEYS) do
  local most = tonumber(ARGV[4 + k])
  if id ~= '' then
    redis.call('HSET', key, id, active .. ' ' .. now)
    redis.call('PEXPIRE', key, stale)
  end
  if redis.call('HLEN', key) > most then
    local all, rest = redis.call('HGETALL', key), {}
    for i = 1, #all, 2 do
      local a, seen = string.match(all[i+1], '^(%d+) (%d+)$')
      if not a or now - tonumber(seen) > stale or is[all[i]] then
        redis.call('HDEL', key, all[i])
      else
        rest[#rest+1] = {all[i], tonumber(a)}
      end
    end
    table.sort(rest, function(x, y) if x[2] ~= y[2] then return x[2] < y[2] end return x[1] < y[1] end)
    local over = #rest - most
    for _, r in ipairs(rest) do
      if over <= 0 then break end
      if r[1] ~= id then
        leave[#leave+1], is[r[1]], over = r[1], true, over - 1
      end
    end
  end
end
for _, key in ipairs(KEYS) do
  for _, gone in ipairs(leave) do redis.call('HDEL', key, gone) end
end
return leave`

// NewRedis counts in Redis, at url (redis://… or rediss://…), for the server that is named self. It does not wait for Redis.
func NewRedis(url, prefix, self string, c clock.Clock) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL must look like redis://:password@host:6379/0: %w", err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.MaxRetries = patience, patience, patience, -1
	o.ContextTimeoutEnabled = true
	r := &Redis{client: redis.NewClient(o), prefix: prefix + ":census:", self: self, clock: c, enter: redis.NewScript(enterScript)}
	r.servers.Store(1)
	return r, nil
}

// Enter seats a connection, and gives the ids of those that must go for it: the longest idle of its agent above perAgent and of its team above perTeam,
// wherever they are. An error says that the connections of all servers cannot be counted now.
func (r *Redis) Enter(ctx context.Context, s Seat, perAgent, perTeam int) (leave []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err = r.enter.Run(ctx, r.client, []string{r.agent(s), r.team(s)}, r.clock.Now().UnixMilli(), stale.Milliseconds(), s.ID,
		s.Active.UnixMilli(), perAgent, perTeam).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	return leave, nil
}

// Trim gives the ids of those connections of a team that must go, since its limits are lower now: the longest idle of each of the agents above perAgent and
// of the team above perTeam, wherever they are.
func (r *Redis) Trim(ctx context.Context, team int64, agents []int64, perAgent, perTeam int) (leave []string, err error) {
	for isLast := false; !isLast; {
		some := agents[:min(together, len(agents))]
		agents = agents[len(some):]
		isLast = len(agents) == 0
		keys, args := make([]string, 0, len(some)+1), []any{r.clock.Now().UnixMilli(), stale.Milliseconds(), "", 0}
		for _, a := range some {
			keys, args = append(keys, r.agent(Seat{TeamID: team, AgentID: a})), append(args, perAgent)
		}
		most := math.MaxInt32 // the team's are counted once those of all agents have gone
		if isLast {
			most = perTeam
		}
		keys, args = append(keys, r.team(Seat{TeamID: team})), append(args, most)
		call, cancel := context.WithTimeout(ctx, 10*patience)
		gone, err := r.enter.Run(call, r.client, keys, args...).StringSlice()
		cancel()
		if err != nil {
			return leave, fmt.Errorf("count connections: %w", err)
		}
		leave = append(leave, gone...)
	}
	return leave, nil
}

// Has says whether the agent of a seat has a connection, on any server.
func (r *Redis) Has(ctx context.Context, s Seat) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all, err := r.client.HVals(ctx, r.agent(s)).Result()
	if err != nil {
		return false, fmt.Errorf("look for connections: %w", err)
	}
	for _, v := range all {
		_, seen, _ := strings.Cut(v, " ")
		if ms, err := strconv.ParseInt(seen, 10, 64); err == nil && r.clock.Now().Sub(time.UnixMilli(ms)) <= stale {
			return true, nil
		}
	}
	return false, nil
}

// Leave gives up a seat. Where it cannot be said it is forgotten after a moment.
func (r *Redis) Leave(ctx context.Context, s Seat) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, _ = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HDel(ctx, r.agent(s), s.ID)
		p.HDel(ctx, r.team(s), s.ID)
		return nil
	})
}

// Renew says that this server is there and has these connections still, with what their persons did last. It is to be called every Renewal.
func (r *Redis) Renew(ctx context.Context, all []Seat) error {
	now := r.clock.Now()
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	servers := r.prefix + "servers"
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var seen *redis.MapStringStringCmd
	if _, err := r.client.Pipelined(call, func(p redis.Pipeliner) error {
		p.HSet(call, servers, r.self, stamp)
		p.PExpire(call, servers, stale)
		seen = p.HGetAll(call, servers)
		return nil
	}); err != nil {
		return fmt.Errorf("renew connections: %w", err)
	}
	n := int64(0)
	for name, at := range seen.Val() {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil || now.Sub(time.UnixMilli(ms)) > stale {
			r.client.HDel(ctx, servers, name)
			continue
		}
		n++
	}
	r.servers.Store(max(1, n))
	fields := map[string][]any{}
	for i, s := range all {
		value := strconv.FormatInt(s.Active.UnixMilli(), 10) + " " + stamp
		fields[r.agent(s)] = append(fields[r.agent(s)], s.ID, value)
		fields[r.team(s)] = append(fields[r.team(s)], s.ID, value)
		if (i+1)%together != 0 && i+1 < len(all) {
			continue
		}
		call, cancel := context.WithTimeout(ctx, 10*patience)
		_, err := r.client.Pipelined(call, func(p redis.Pipeliner) error {
			for key, f := range fields {
				p.HSet(call, key, f...)
				p.PExpire(call, key, stale)
			}
			return nil
		})
		cancel()
		if err != nil {
			return fmt.Errorf("renew connections: %w", err)
		}
		clear(fields)
	}
	return nil
}

// Share is this server's part of a limit while the connections of all servers cannot be counted: as many as each may have so that they keep to it together.
func (r *Redis) Share(limit int) int {
	n := int(r.servers.Load())
	return max(1, limit/n)
}

// Close ends the connections to Redis.
func (r *Redis) Close() error { return r.client.Close() }

// The keys hold no ids that anybody else could use.
func (r *Redis) key(of string, ids ...int64) string {
	sum := sha256.Sum256(fmt.Append(nil, of, ids))
	return r.prefix + of + ":" + hex.EncodeToString(sum[:12])
}

func (r *Redis) agent(s Seat) string { return r.key("agent", s.TeamID, s.AgentID) }
func (r *Redis) team(s Seat) string  { return r.key("team", s.TeamID) }
