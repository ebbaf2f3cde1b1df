// Package delivery takes what waits in the lanes to the platforms: in order per conversation, exactly once where the platform has retry
// keys, at most once and never silently where it has none (CHAN-11, MSG-2).
//
// A Worker leases lanes and sends the head of each. Before the platform is called, the try is in the ledger; every write names the lease's
// fencing number, so that a worker that was overtaken changes nothing any more. Nothing has to be cleaned up after a server that died: its
// leases run out, and who takes the lane next finds the try without an end and repeats it under the same retry key.
package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Topic is the bus's topic of the hint that a server has more to send than it has senders free.
const Topic = "lane"

const (
	leaseFor = 30 * time.Second
	// tryFor bounds one try at the platform, whatever the adapter's own client allows.
	tryFor = 10 * time.Second
	// quantum is how many messages of one lane are sent before others have their turn.
	quantum = 8
	// sweepEvery is how often lanes are looked for whose channel will not send any more.
	sweepEvery = time.Second
	// patience is how long a sender keeps its lane while it waits for its turn by a rate.
	patience = time.Second
)

// Config is what a worker needs.
type Config struct {
	DB       *store.DB
	Lanes    *lane.Service
	Adapters *channels.Registry
	Accounts *account.Service
	Groups   *group.Service
	Files    *file.Service
	Bus      bus.Bus // hints among servers; nil where there are none
	Random   *random.Source
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil: not counted
	// Name is the server's, unlike any other's and any earlier run's; empty makes one up.
	Name string
	// Senders is how many lanes are worked on at once; 0 is 16.
	Senders int
	// Poll is how often lanes are looked for without a hint; 0 is 250 ms.
	Poll time.Duration
	// RecipientRate is the most messages a second to one recipient; 0 is no limit. One is on its way at a time in any case.
	RecipientRate float64
}

// Worker sends what waits in the lanes. Several servers may have one each on PostgreSQL.
type Worker struct {
	Config
	clock   clock.Clock
	pace    *pace
	metrics *metrics
	wake    chan struct{} // something was queued here
	help    chan struct{} // another server has too much to send
	// stranded says that an account was just lost: what waits in its other lanes is to be given up without delay.
	stranded atomic.Bool

	mu      sync.Mutex
	started bool
	stopped bool
	closing chan struct{} // closed by Stop: no new work
	cut     context.CancelFunc
	done    chan struct{} // closed when nothing runs any more
	unhook  func()
}

// New makes a worker; it does nothing before Start.
func New(c Config) (*Worker, error) {
	if c.Senders <= 0 {
		c.Senders = 16
	}
	if c.Poll <= 0 {
		c.Poll = 250 * time.Millisecond
	}
	if c.Random == nil {
		c.Random = random.New()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Name == "" {
		c.Name = c.Random.UUID()
	}
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	return &Worker{
		Config: c, clock: c.DB.Clock(), pace: newPace(), metrics: m,
		wake: make(chan struct{}, 1), help: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

// Wake has the worker look at the lanes now. It never blocks; waking twice is waking once. It is a hint: without it the worker looks every
// Poll.
func (w *Worker) Wake() { ring(w.wake) }

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// Start begins to work and returns at once. On SQLite it first ends the leases of the process that ran before. A second call does nothing.
func (w *Worker) Start(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started || w.stopped {
		return nil
	}
	if !w.DB.IsPostgres() {
		if err := w.Lanes.Reclaim(ctx); err != nil {
			return err
		}
	}
	// The work ends by Stop, not by the end of the caller's context.
	ctx, w.cut = context.WithCancel(context.WithoutCancel(ctx))
	w.unhook = func() {}
	if w.Bus != nil {
		w.unhook = w.Bus.Subscribe(Topic, func(bus.Message) { ring(w.help) })
	}
	w.started = true
	go w.run(ctx)
	return nil
}

// Stop takes no more lanes, lets what is on its way finish and gives the leases back. When the context ends first, the rest is cut off and
// left to the leases' end. A second call does nothing.
func (w *Worker) Stop(ctx context.Context) error {
	w.mu.Lock()
	if w.stopped || !w.started {
		w.stopped = true
		w.mu.Unlock()
		return nil
	}
	w.stopped = true
	close(w.closing)
	w.mu.Unlock()
	defer w.cut()
	w.unhook()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		w.cut()
		<-w.done
		return ctx.Err()
	}
}

func (w *Worker) isClosing() bool {
	select {
	case <-w.closing:
		return true
	default:
		return false
	}
}

// run takes lanes for free senders until it is told to stop, and ends when the last sender has.
func (w *Worker) run(ctx context.Context) {
	defer close(w.done)
	var senders sync.WaitGroup
	defer senders.Wait()
	freed := make(chan struct{}, w.Senders)
	busy := 0
	poll := w.clock.Ticker(w.Poll)
	defer poll.Stop()
	// take says whether there may be more than it could take.
	take := func(doing string, from func(context.Context, string, int, time.Duration) ([]lane.Lease, error)) bool {
		free := w.Senders - busy
		if free == 0 {
			return true
		}
		leases, err := from(ctx, w.Name, free, leaseFor)
		w.report(ctx, doing, err)
		for _, l := range leases {
			busy++
			senders.Go(func() {
				defer func() { freed <- struct{}{} }()
				w.serve(ctx, l)
			})
		}
		return len(leases) == free
	}
	var swept time.Time
	for !w.isClosing() {
		take("take lanes", w.Lanes.Take)
		if now := w.clock.Now(); now.Sub(swept) >= sweepEvery || w.stranded.Swap(false) {
			if take("take stranded lanes", w.Lanes.TakeStranded) {
				w.stranded.Store(true)
			}
			swept = now
		}
		select {
		case <-w.closing:
		case <-w.wake:
			if busy == w.Senders {
				w.askForHelp(ctx)
			}
		case <-w.help:
		case <-poll.C:
		case <-freed:
			// What was queued in a lane just before it was given back was overlooked while it was leased: look again.
			busy--
			for len(freed) > 0 {
				<-freed
				busy--
			}
		}
	}
}

// askForHelp tells the other servers that this one has no sender free.
func (w *Worker) askForHelp(ctx context.Context) {
	if w.Bus == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	w.report(ctx, "ask other servers for help", w.Bus.Publish(ctx, bus.Message{Topic: Topic}))
}

// report logs what went wrong around the work itself.
func (w *Worker) report(ctx context.Context, doing string, err error) {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, lane.ErrLost) {
		return
	}
	w.Log.WarnContext(ctx, "delivery: "+doing, "error", err)
}
