package server

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
)

// seats is the topic that servers tell one another on which connections must go.
const seats = "seats"

// census makes what counts live connections over all servers; nil where there is one server alone.
func (p *parts) census(c config.Config) (*census.Redis, error) {
	if c.RedisURL == "" {
		return nil, nil //nolint:nilnil // nothing to count beyond this server
	}
	r, err := census.NewRedis(c.RedisURL, busPrefix, p.random.UUID(), clock.Real{})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, r.Close)
	return r, nil
}

// evict tells all servers of connections that must go.
func (p *parts) evict(ctx context.Context, team int64, ids []string) {
	body, err := json.Marshal(ids)
	if err == nil {
		err = p.bus.Publish(ctx, bus.Message{Topic: seats, TeamID: team, Payload: body})
	}
	if err != nil {
		p.log.WarnContext(ctx, "other servers could not be told which connections must go", "error", err)
	}
}

// listen has this server hear which of its connections must go.
func (p *parts) listen() (stop func() error) {
	deaf := p.bus.Subscribe(seats, func(m bus.Message) {
		var ids []string
		if json.Unmarshal(m.Payload, &ids) == nil {
			p.transport.Evict(ids)
		}
	})
	return func() error { deaf(); return nil }
}

// household is whom a request counts for by where it comes from; nothing where that is not known.
func household(r *http.Request) string {
	a := caller(r.Context())
	if !a.IsValid() {
		return ""
	}
	return attempt.Household(a).String()
}
