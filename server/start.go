package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/desk/presence"
)

// purgeEvery is how often sessions and links that no longer work are deleted.
const purgeEvery = time.Hour

// start lets everything that works by itself begin.
func (p *parts) start(ctx context.Context) error {
	p.background(ctx, p.workspace.Run)
	p.background(ctx, p.purge)
	p.background(ctx, p.attend)
	p.background(ctx, p.webhooks.drain)
	p.background(ctx, p.visitors.Run)
	p.background(ctx, p.forgetVisitors)
	p.background(ctx, p.files.Run)
	p.background(ctx, p.levels.Run)
	p.background(ctx, p.reminders.Run)
	p.background(ctx, func(ctx context.Context) { p.resolver.Searches.Run(ctx, p.log) })
	if err := p.jobs.Start(ctx); err != nil {
		return err
	}
	if err := p.upkeep.Start(ctx); err != nil {
		return err
	}
	return p.delivery.Start(ctx)
}

// background runs f until the server closes. It outlives the signal to stop, so that the rest can stop in order.
func (p *parts) background(ctx context.Context, f func(context.Context)) {
	ctx, cut := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { f(ctx) })
	p.closers = append(p.closers, func() error {
		cut()
		wg.Wait()
		return nil
	})
}

// attend tells all servers which agents have a connection here, until the server closes; then that it has none.
func (p *parts) attend(ctx context.Context) {
	name := p.random.UUID()
	for p.db.Clock().Sleep(ctx, time.Second) == nil {
		var seats []presence.Seat
		for _, s := range p.transport.Seats() {
			seats = append(seats, presence.Seat{Team: s.TeamID, Agent: s.AgentID, Active: s.Active})
		}
		p.presence.Attend(ctx, name, seats)
	}
	p.presence.Attend(context.WithoutCancel(ctx), name, nil)
}

// purge deletes what no longer works, now and then. Several servers may do so at once.
func (p *parts) purge(ctx context.Context) {
	for p.db.Clock().Sleep(ctx, purgeEvery) == nil {
		if _, err := p.workspace.Purge(ctx); err != nil && !errors.Is(err, context.Canceled) {
			p.log.WarnContext(ctx, "purge", "error", err)
		}
		if _, err := p.pushes.Purge(ctx); err != nil && !errors.Is(err, context.Canceled) {
			p.log.WarnContext(ctx, "purge of pushes", "error", err)
		}
	}
}
