package server

import (
	"log/slog"

	"github.com/switchyard-chat/switchyard/graph/limit"
	"github.com/switchyard-chat/switchyard/internal/bucket"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// guard makes what bounds operations: with Redis for all servers together.
func (p *parts) guard(c config.Config, log *slog.Logger) (*limit.Guard, error) {
	var buckets bucket.Store = bucket.NewMemory(clock.Real{})
	if c.RedisURL != "" {
		shared, err := bucket.NewRedis(c.RedisURL, busPrefix, clock.Real{}, log)
		if err != nil {
			return nil, err
		}
		p.closers = append(p.closers, shared.Close)
		buckets = shared
	}
	var trusted map[string]string
	if c.TrustedDocuments != "" {
		text, err := store.Text(c.TrustedDocuments)
		if err != nil {
			return nil, err
		}
		if trusted, err = limit.ReadTrusted(text); err != nil {
			return nil, err
		}
	}
	of := func(burst, perSecond int) bucket.Limit {
		return bucket.Limit{Burst: float64(burst), PerSecond: float64(perSecond)}
	}
	return limit.New(limit.Config{
		Buckets: buckets, Caller: caller, Trusted: trusted, Agent: of(c.AgentCostBurst, c.AgentCostRate), Team: of(c.TeamCostBurst, c.TeamCostRate),
		Address: of(c.AddressCostBurst, c.AddressCostRate),
	}), nil
}
