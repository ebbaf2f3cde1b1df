package server

import (
	"context"
	"errors"

	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/server/webchat"
)

// chat makes what chat windows talk to.
func (p *parts) chat(c config.Config) {
	p.visitors = visitor.New(visitor.Config{
		DB: p.db, Accounts: p.accounts, Contacts: p.contacts, Inbound: p.inbound, Files: p.files, Presence: p.presence, Adapters: p.adapters,
		Random: p.random, Bus: p.bus, Logs: p.hub, Log: p.log,
	})
	p.closers = append(p.closers, func() error { p.visitors.Close(); return nil })
	p.windows = webchat.New(webchat.Config{
		Visitors: p.visitors, Accounts: p.accounts, Attempts: p.attempts, Clock: clock.Real{}, Log: p.log, Caller: caller, PublicURL: c.PublicURL,
		Hooks: webchat.Hooks{
			Opened: func(kind string) { p.metrics.sessions.WithLabelValues(kind).Inc() },
			Closed: func(kind, reason string) {
				p.metrics.sessions.WithLabelValues(kind).Dec()
				p.metrics.closed.WithLabelValues(kind, reason).Inc()
			},
		},
	})
}

// forgetVisitors deletes visitors who are long gone and never wrote, now and then. Several servers may do so at once.
func (p *parts) forgetVisitors(ctx context.Context) {
	for p.db.Clock().Sleep(ctx, purgeEvery) == nil {
		if _, err := p.visitors.Purge(ctx); err != nil && !errors.Is(err, context.Canceled) {
			p.log.WarnContext(ctx, "forget visitors", "error", err)
		}
	}
}
