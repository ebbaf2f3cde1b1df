package server

import "context"

// start lets everything that works by itself begin.
func (p *parts) start(ctx context.Context) error {
	mail, cut := context.WithCancel(context.WithoutCancel(ctx))
	posted := make(chan struct{})
	go func() {
		defer close(posted)
		p.workspace.Run(mail)
	}()
	p.closers = append(p.closers, func() error {
		cut()
		<-posted
		return nil
	})
	if err := p.jobs.Start(ctx); err != nil {
		return err
	}
	if err := p.upkeep.Start(ctx); err != nil {
		return err
	}
	return p.delivery.Start(ctx)
}
