// Package server switches it all on: it puts the parts together, serves HTTP, and stops in an order that loses nothing.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// grace is how long a stop may take before what is left is cut off: it will be done again, by another server or after the next start.
const grace = 15 * time.Second

// Options are what a server is started with.
type Options struct {
	Config config.Config
	// IsDemo makes a demo team where there is no team yet, starts a fake LINE for it, and accepts its public secrets.
	IsDemo bool
	Out    io.Writer // for people: where to look
	Log    *slog.Logger
	// Database changes how the database is opened; nil leaves it as the settings say. It is for tests of what holds where a wall is missing.
	Database func(*store.Config)
	// Ready is called once the server answers; nil is allowed.
	Ready func(Running)
}

// Running says where a server that runs can be reached.
type Running struct {
	URL         string // on this machine, without a slash at the end
	PlatformURL string // the demo's fake LINE; empty without --demo
}

// Run runs a server until the context ends, and stops it: first it is no longer ready, live connections are told to come back elsewhere,
// work under way is finished or left intact. It returns nil after an orderly stop.
func Run(ctx context.Context, o Options) (err error) {
	c := o.Config
	listener, err := net.Listen("tcp", c.Address())
	if err != nil {
		return fmt.Errorf("listen at %s: %w (set PORT to another port)", c.Address(), err)
	}
	defer listener.Close()
	at := Running{URL: "http://" + local(listener.Addr())}
	if c.Port == 0 {
		c.PublicURL = strings.Replace(c.PublicURL, "localhost:0", local(listener.Addr()), 1)
	}
	var platform *demo.Platform
	if o.IsDemo {
		if platform, err = demo.StartPlatform(at.URL); err != nil {
			return err
		}
		defer platform.Stop()
		at.PlatformURL = platform.URL()
	}
	tracer, err := newTracer(ctx, c, o.Log)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err = errors.Join(err, tracer.Close(last))
	}()
	ctx = tracer.With(ctx)
	o.Config = c
	health := &health{}
	front := newFront(health)
	server := &http.Server{
		Handler: front, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		// A request outlives the signal to stop: Shutdown waits for it.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	// While the database is away the server says that it is alive and not ready.
	parts, err := assemble(ctx, o, platform, health)
	if err != nil {
		return given(ctx, errors.Join(err, server.Close()))
	}
	defer func() { err = errors.Join(err, parts.close()) }()
	if err := newPatience(c, o.Log).with(ctx, func() error { return parts.prepare(ctx, c, o.IsDemo) }); err != nil {
		return given(ctx, errors.Join(err, server.Close()))
	}
	handler, err := parts.routes(c, o.IsDemo, at)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	front.open(handler)
	if err := parts.start(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	if o.IsDemo {
		parts.background(ctx, parts.visit(c))
	}
	parts.health.isReady.Store(true)
	parts.greet(o.Out, o.IsDemo, at)
	if o.Ready != nil {
		o.Ready(at)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return parts.stop(context.WithoutCancel(ctx), server)
}

// given is what came of a start. One that was told to stop while it waited has stopped in order.
func given(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// local is a listener's address as this machine reaches it.
func local(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// stop ends the server's work in order, within the grace.
func (p *parts) stop(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	p.health.draining.Store(true)
	faultpoint.Hit("stop/begun")
	p.log.InfoContext(ctx, "stopping")
	// Live connections are hijacked: Shutdown does not see them, their own handler closes them.
	var windows sync.WaitGroup
	windows.Go(func() { p.windows.Drain(ctx) })
	p.transport.Drain(ctx)
	windows.Wait()
	faultpoint.Hit("stop/sockets-told")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, stop := range []func(context.Context) error{server.Shutdown, p.delivery.Stop, p.jobs.Stop, p.upkeep.Stop} {
		wg.Go(func() {
			if err := stop(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	faultpoint.Hit("stop/work-ended")
	p.transport.Close()
	p.visitors.Close()
	p.hub.Close()
	p.log.InfoContext(ctx, "stopped")
	return errors.Join(errs...)
}

// busPrefix keeps our keys and channels in a shared Redis apart from others'.
const busPrefix = "switchyard"

// newBus is the bus that the settings ask for.
func newBus(c config.Config, r *random.Source, log *slog.Logger) (bus.Bus, error) {
	if c.RedisURL == "" {
		return bus.NewMemory(), nil
	}
	return bus.NewRedis(c.RedisURL, busPrefix, r.UUID(), clock.Real{}, log)
}

// openStore opens the database that the settings ask for.
func openStore(ctx context.Context, o Options, committed func(team int64, at event.Cursor), emitted func(context.Context, *store.Tx, []event.Event) error) (*store.DB, error) {
	c := o.Config
	to := store.Config{URL: c.DatabaseURL, Folder: c.DataDir, MaxConns: c.DatabaseMax, Log: o.Log, Committed: committed, Emitted: emitted}
	if o.Database != nil {
		o.Database(&to)
	}
	return store.Open(ctx, to)
}
