package server

import (
	"context"
	"errors"
	"sync"
	"time"
)

// purgeEvery is how often sessions and links that no longer work are deleted.
const purgeEvery = time.Hour

// start lets everything that works by itself begin.
func (p *parts) start(ctx context.Context) error {
	p.background(ctx, p.workspace.Run)
	p.background(ctx, p.purge)
	p.background(ctx, p.webhooks.drain)
	p.background(ctx, p.visitors.Run)
	p.background(ctx, p.forgetVisitors)
	p.background(ctx, p.files.Run)
	p.background(ctx, p.levels.Run)
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
