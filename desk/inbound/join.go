package inbound

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

const (
	// together is how many events of waiting bodies are taken in at once.
	together = 100
	// batchFor bounds a transaction that others' bodies wait for.
	batchFor = 10 * time.Second
)

// joiner has the bodies of a channel that arrive while another is being taken in wait, and takes them in together in the next transaction: at a
// low rate nothing is different, at a high one the cost of beginning, marking, counting and committing is shared. It also keeps the order in
// which a channel's bodies arrived at this server. Whoever arrives does the work; there is no goroutine of its own.
type joiner struct {
	take func(context.Context, Body) ([]fate, Result, error)
	// apart takes a body in that failed for a reason of ours, event by event.
	apart  func(context.Context, Body, error) (Result, error)
	mu     sync.Mutex
	queues map[int64]*queue // by channel; only those that are busy
}

type queue struct{ waiting []*call }

// call is a body that waits: it is done by another, or asked to lead.
type call struct {
	ctx    context.Context
	body   Body
	lead   chan struct{}
	done   chan struct{}
	result Result
	err    error
}

func (c *call) settle(r Result, err error) {
	c.result, c.err = r, err
	close(c.done)
}

// do takes a body in, alone or with others, and gives what became of its own events.
func (j *joiner) do(ctx context.Context, b Body) (Result, error) {
	c := &call{ctx: ctx, body: b, lead: make(chan struct{}), done: make(chan struct{})}
	j.mu.Lock()
	q, isBusy := j.queues[b.ChannelID]
	if isBusy {
		q.waiting = append(q.waiting, c)
	} else {
		q = &queue{}
		j.queues[b.ChannelID] = q
	}
	j.mu.Unlock()
	if isBusy {
		select {
		case <-c.done:
			return c.result, c.err
		case <-c.lead:
		case <-ctx.Done():
			return Result{}, j.leave(q, c)
		}
	}
	defer j.pass(b.ChannelID, q)
	j.run(q, c)
	return c.result, c.err
}

// leave takes a call out of the queue whose caller cannot wait any longer. Where another has it in hand already its events are taken in all
// the same: offered again, they are recognised.
func (j *joiner) leave(q *queue, c *call) error {
	j.mu.Lock()
	if i := slices.Index(q.waiting, c); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	mustLead := false
	select {
	case <-c.lead:
		mustLead = true
	default:
	}
	j.mu.Unlock()
	if mustLead {
		j.pass(c.body.ChannelID, q)
	}
	return c.ctx.Err()
}

// pass has the first that waits lead, or ends the queue.
func (j *joiner) pass(channelID int64, q *queue) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(q.waiting) == 0 {
		delete(j.queues, channelID)
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(next.lead)
}

// run takes in the leader's body and those that wait behind it.
func (j *joiner) run(q *queue, leader *call) {
	calls := []*call{leader}
	events := len(leader.body.Events)
	j.mu.Lock()
	for len(q.waiting) > 0 && events+len(q.waiting[0].body.Events) <= together && q.waiting[0].body.Team == leader.body.Team {
		calls = append(calls, q.waiting[0])
		events += len(q.waiting[0].body.Events)
		q.waiting = q.waiting[1:]
	}
	j.mu.Unlock()
	// Whatever happens here, nobody waits for ever.
	defer func() {
		for _, c := range calls {
			select {
			case <-c.done:
			default:
				c.settle(Result{}, fault.New(fault.Unavailable, "the events were not taken in; send them again"))
			}
		}
	}()
	if len(calls) == 1 {
		leader.settle(j.alone(leader.ctx, leader.body))
		return
	}
	// The others' bodies must not fail because the leader's caller has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(leader.ctx), batchFor)
	defer cancel()
	all := leader.body
	all.Events = make([]channels.Event, 0, events)
	for _, c := range calls {
		all.Events = append(all.Events, c.body.Events...)
	}
	fates, sum, err := j.take(ctx, all)
	for _, c := range calls {
		if err != nil && !isOurs(ctx, err) {
			c.settle(Result{}, err)
			continue
		}
		if err != nil {
			// One of them fails, perhaps another's: each is tried on its own.
			c.settle(j.alone(ctx, c.body))
			continue
		}
		r := Result{Cursor: sum.Cursor}
		for _, f := range fates[:len(c.body.Events)] {
			r.note(f)
		}
		fates = fates[len(c.body.Events):]
		c.settle(r, nil)
	}
}

// alone takes one body in and, where our code fails on one of its events, each event on its own.
func (j *joiner) alone(ctx context.Context, b Body) (Result, error) {
	_, r, err := j.take(ctx, b)
	if err == nil || !isOurs(ctx, err) {
		return r, err
	}
	return j.apart(ctx, b, err)
}
