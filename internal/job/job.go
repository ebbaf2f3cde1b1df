// Package job is durable work beside the requests: it is written in the transaction that made it necessary and done soon after, at least
// once, by any server. It is River's queue behind two types of our own, so that another could take its place. Outbound messages do not
// go through here: their order is the product, and has lanes of its own.
package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// Task is one piece of work. Args hold ids and enums, never content: what is erased must not live on in a queue.
type Task struct {
	Kind string // one of the kinds the queue has handlers for
	Args any
	// RunAt is when it may begin; the zero time is at once.
	RunAt time.Time
	// Tries is how often it is tried before it is given up; 0 is 8, which is about an hour and a half.
	Tries int
	// IsUnique leaves it out where the same kind with the same args waits already.
	IsUnique bool
}

// Handler does the work of one kind. It may be called again after a success that could not be recorded, so it must be harmless twice. A
// fault of kind Invalid, NotFound, Forbidden or Conflict gives the task up; any other error has it tried again later.
type Handler func(ctx context.Context, team int64, args json.RawMessage) error

// Queue writes tasks and does them.
type Queue struct {
	log      *slog.Logger
	handlers map[string]Handler
	insert   *river.Client[*sql.Tx]
	work     *river.Client[*sql.Tx]
	mu       sync.Mutex
	started  bool
	stopped  bool
}

// timeout is how long one try may take.
const timeout = 2 * time.Minute

// New makes a queue over the store with a handler a kind. Nothing is done before Start.
func New(db *store.DB, log *slog.Logger, workers int, handlers map[string]Handler) (*Queue, error) {
	q := &Queue{log: log, handlers: handlers}
	var driver riverdriver.Driver[*sql.Tx]
	poll := 100 * time.Millisecond
	if db.IsPostgres() {
		driver = riverdatabasesql.New(db.Queue())
	} else {
		driver = riversqlite.New(db.Queue())
		poll = 200 * time.Millisecond // each poll takes the only writer for a moment
	}
	var err error
	if q.insert, err = river.NewClient(driver, &river.Config{Logger: quiet(log)}); err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	all := river.NewWorkers()
	river.AddWorker(all, &worker{queue: q})
	q.work, err = river.NewClient(driver, &river.Config{
		Logger: quiet(log), Workers: all, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: max(1, workers)}},
		FetchCooldown: poll, FetchPollInterval: poll, JobTimeout: timeout, RescueStuckJobsAfter: timeout + time.Minute,
		// Building an index anew is the owner's right, which the server has not.
		ReindexerSchedule: river.NeverSchedule(),
	})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return q, nil
}

// quiet keeps River's own chatter out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(level{log.Handler()}) }

type level struct{ slog.Handler }

func (l level) Enabled(ctx context.Context, at slog.Level) bool {
	return at >= slog.LevelError && l.Handler.Enabled(ctx, at)
}

// EnqueueIn writes the task in the transaction: it will be done exactly if the transaction commits.
func (q *Queue) EnqueueIn(ctx context.Context, tx *store.Tx, t Task) error {
	if _, ok := q.handlers[t.Kind]; !ok {
		return fmt.Errorf("enqueue: there is no handler for tasks of kind %q", t.Kind)
	}
	raw, err := json.Marshal(t.Args)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", t.Kind, err)
	}
	o := &river.InsertOpts{MaxAttempts: t.Tries, ScheduledAt: t.RunAt}
	if t.Tries == 0 {
		o.MaxAttempts = 8
	}
	if t.IsUnique {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
	if parent := trace.Parent(ctx); parent != "" {
		// Beside the args, so that the same work is still the same.
		if o.Metadata, err = json.Marshal(metadata{parent}); err != nil {
			return fmt.Errorf("enqueue %s: %w", t.Kind, err)
		}
	}
	if _, err := q.insert.InsertTx(ctx, tx.SQL(), task{What: t.Kind, Team: tx.Team, Args: raw}, o); err != nil {
		return fmt.Errorf("enqueue %s: %w", t.Kind, err)
	}
	return nil
}

// Start begins to work. It returns at once.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started || q.stopped {
		return nil
	}
	q.started = true
	// River stops by Stop, not by the end of the caller's context.
	if err := q.work.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	return nil
}

// Stop lets what is under way finish, until the context ends; then it is cut off and will be done again. A second call does nothing.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.started || q.stopped {
		q.stopped = true
		return nil
	}
	q.stopped = true
	if err := q.work.Stop(ctx); err == nil {
		return nil
	}
	cut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return q.work.StopAndCancel(cut)
}

// task is how a Task lies in the queue.
type task struct {
	What string          `json:"what"`
	Team int64           `json:"team"`
	Args json.RawMessage `json:"args"`
}

// metadata is what lies beside a task: the trace in which it was written.
type metadata struct {
	Trace string `json:"traceparent,omitempty"`
}

// Kind names our tasks in River's tables.
func (task) Kind() string { return "task" }

type worker struct {
	river.WorkerDefaults[task]
	queue *Queue
}

// Work does one task.
func (w *worker) Work(ctx context.Context, j *river.Job[task]) error {
	h, ok := w.queue.handlers[j.Args.What]
	if !ok {
		// Written by a newer server; it will come to do it.
		return fmt.Errorf("there is no handler for tasks of kind %q", j.Args.What)
	}
	var beside metadata
	if json.Unmarshal(j.Metadata, &beside) == nil {
		ctx = trace.Continue(ctx, beside.Trace)
	}
	if j.Attempt >= j.MaxAttempts {
		ctx = LastTry(ctx)
	}
	ctx, step := trace.Start(ctx, trace.Consumer, "task "+j.Args.What, trace.Number("team", j.Args.Team), trace.Number("try", int64(j.Attempt)))
	faultpoint.Hit("job/begun")
	err := h(ctx, j.Args.Team, j.Args.Args)
	faultpoint.Hit("job/done")
	step.End(err)
	switch {
	case err == nil:
		return nil
	case isFinal(err):
		w.queue.log.InfoContext(ctx, "task given up", "kind", j.Args.What, "team", j.Args.Team, "error", err)
		return river.JobCancel(err)
	default:
		if !errors.Is(err, context.Canceled) {
			w.queue.log.WarnContext(ctx, "task failed", "kind", j.Args.What, "team", j.Args.Team, "try", j.Attempt, "error", err)
		}
		return err
	}
}

// isFinal says whether trying again would not help.
func isFinal(err error) bool {
	switch fault.Of(err) {
	case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Conflict:
		return true
	}
	return false
}

type lastTry struct{}

// LastTry makes a handler's context that of the last try of its task. The queue does so by itself.
func LastTry(ctx context.Context) context.Context { return context.WithValue(ctx, lastTry{}, true) }

// IsGivenUp says, inside a handler, whether its task is not tried again once it returns this error: what waits for the task can be told then.
func IsGivenUp(ctx context.Context, err error) bool {
	return err != nil && (isFinal(err) || ctx.Value(lastTry{}) != nil)
}

// NextRetry waits 2, 8, 30 seconds, 2 minutes and so on: four times as long each time, at most an hour.
func (*worker) NextRetry(j *river.Job[task]) time.Time {
	wait := 2 * time.Second
	for range min(j.Attempt-1, 8) {
		wait *= 4
	}
	return j.AttemptedAt.Add(min(wait, time.Hour))
}
