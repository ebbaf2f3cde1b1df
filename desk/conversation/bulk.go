package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/bulkitem"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// BulkTask is the kind of the queued work that goes on with a bulk action; its handler is Bulk.Work.
const BulkTask = "conversation.bulk"

// bulkKind begins the kinds of the jobs that people watch: BULK_END and so on.
const bulkKind = "BULK_"

const (
	// MaxBulkTransfer is how many conversations are transferred at once (CONV-12).
	MaxBulkTransfer = 20
	// MaxBulkResults is how many of a bulk action's conversations are shown with it; Page gives the others.
	MaxBulkResults  = 100
	maxBulkIDs      = 1000
	maxBulkSelected = 20_000
	// atOnce is how many conversations are done before the answer; more are done by a task.
	atOnce = 100
	// bulkBatch is how many conversations a transaction does.
	bulkBatch = 20
	// rescueAfter is when a task looks after what was to be done at once, in case the server died.
	rescueAfter = time.Minute
	// bulkTurn is how long a task works before another goes on, well inside what a task may take.
	bulkTurn = time.Minute
)

// Queue is where tasks are put.
type Queue interface {
	EnqueueIn(ctx context.Context, tx *store.Tx, t job.Task) error
}

// Bulk does one thing to many conversations (CONV-11 to CONV-15). It is safe for concurrent use.
type Bulk struct {
	actions *Service
	queue   Queue
	log     *slog.Logger
}

// NewBulk makes it of the service that does the thing to one.
func NewBulk(actions *Service, queue Queue, log *slog.Logger) *Bulk {
	return &Bulk{actions, queue, log}
}

// BulkInput says what to do to which conversations: those named, or those selected.
type BulkInput struct {
	Action     Action
	IDs        []int64
	Selection  *inbox.Selection
	ToAgentID  int64 // of a transfer
	OnBehalfOf int64
	// Until and Note are of a snooze: see SnoozeInput.
	Until *time.Time `json:",omitzero"`
	Note  string     `json:",omitzero"`
	// Send is what REPLY sends, as what in place of a key its own id counts (MSG-11).
	Send           *BulkSend `json:",omitempty"`
	IdempotencyKey string    `json:"-"`
}

type bulkArgs struct{ JobID int64 }

// Do does it: up to atOnce conversations before it returns, more by a task. What is wrong with the whole (the action, the role, the receiver, too
// many) is a fault, and nothing is done; what is refused to one is in its item and stops no other.
func (b *Bulk) Do(ctx context.Context, p auth.Principal, in BulkInput) (*BulkPage, event.Cursor, error) {
	if err := in.check(p.Language); err != nil {
		return nil, event.Cursor{}, err
	}
	var neutral int64
	if in.Send != nil {
		in.IdempotencyKey = "message:" + in.Send.ClientMessageID
		var err error
		if neutral, err = b.actions.neutral(ctx, p, SendInput{Media: in.Send.Media, ClientMessageID: in.Send.ClientMessageID}); err != nil {
			return nil, event.Cursor{}, err
		}
	}
	var jobID int64
	isTask := false
	cursor, err := b.actions.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if jobID, _, err = idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "conversationBulk", in, func() (int64, error) {
			j, err := b.begin(ctx, tx, p, in, neutral)
			if err != nil {
				return 0, err
			}
			t := job.Task{Kind: BulkTask, Args: bulkArgs{j.ID}}
			if j.Total <= atOnce {
				t.RunAt = tx.Now.Add(rescueAfter)
			}
			return j.ID, b.queue.EnqueueIn(ctx, tx, t)
		}); err != nil {
			return err
		}
		j, err := tx.Job.Get(ctx, jobID)
		if err != nil {
			return fmt.Errorf("read job %d: %w", jobID, err)
		}
		isTask = j.Total > atOnce // asked for again too
		return nil
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if !isTask {
		at, err := b.run(ctx, p.TeamID, jobID, time.Time{})
		if err != nil {
			return nil, event.Cursor{}, err
		}
		if at.Epoch != "" {
			cursor = at
		}
	}
	out, err := b.Page(ctx, p, jobID, "", page.Window{Limit: MaxBulkResults})
	return out, cursor, err
}

func (in BulkInput) check(language string) error {
	if _, ok := bulk[in.Action]; !ok {
		return fault.Input("action", "this is not done to many at once")
	}
	if (in.Action == Replying) != (in.Send != nil) {
		return fault.Input("action", "messages are sent to many by a mutation of their own")
	}
	if (in.IDs == nil) == (in.Selection == nil) {
		return fault.Input("conversationIds", "give either conversationIds or a selection")
	}
	if in.Selection == nil && len(in.IDs) == 0 {
		return fault.Input("conversationIds", "name at least one conversation")
	}
	if most := in.most(maxBulkIDs); len(in.IDs) > most {
		return in.tooMany(language, "conversationIds", most)
	}
	if in.Send != nil {
		return in.Send.check(language)
	}
	if in.Action != Snoozing && (in.Until != nil || in.Note != "") {
		return fault.Input("until", "only what is snoozed has a time and a note")
	}
	if in.Action == Transferring && in.ToAgentID == 0 {
		return fault.Input("toAgentId", "name the agent who will follow them")
	}
	return nil
}

// most is how many conversations it is done to at once, where others are done to so many.
func (in BulkInput) most(others int) int {
	switch in.Action {
	case Transferring:
		return MaxBulkTransfer
	case Replying:
		return MaxBulkSend
	}
	return others
}

// tooMany refuses more conversations than that.
func (in BulkInput) tooMany(language, field string, most int) error {
	if in.Action == Replying {
		return tooManyRecipients(language, field)
	}
	return inbox.TooMany(language, field, most)
}

// begin writes the job with its conversations. neutral is a kept picture for a file without one; 0 for none.
func (b *Bulk) begin(ctx context.Context, tx *store.Tx, p auth.Principal, in BulkInput, neutral int64) (*ent.Job, error) {
	x := &acting{tx: tx, p: p, by: p.Actor(), c: &ent.Conversation{Kind: conversation.KindONE_ON_ONE}}
	if err := x.substitute(ctx, in.OnBehalfOf); err != nil {
		return nil, err
	}
	why := bulk[in.Action].who(x.p)
	if !x.p.May(auth.WriteConversations) {
		why = "refusal.scope"
	}
	if why != "" {
		return nil, x.refuse(ctx, Permit{Code: "FORBIDDEN", Reason: why}, nil)
	}
	if in.Action == Transferring {
		if _, err := x.receiver(ctx, "toAgentId", in.ToAgentID); err != nil {
			return nil, err
		}
	}
	if in.Action == Snoozing {
		if err := x.checkMoment("until", in.Until, in.Note); err != nil {
			return nil, err
		}
	}
	ids, err := x.chosen(ctx, in)
	if err != nil {
		return nil, err
	}
	asked := bulkParams{Action: in.Action, ToAgentID: in.ToAgentID, AgentID: p.AgentID, TokenID: p.TokenID, OnBehalfOf: in.OnBehalfOf, Language: p.Language, Until: in.Until, Note: in.Note}
	if in.Send != nil {
		if asked.Message, err = b.actions.take(ctx, x, *in.Send, neutral); err != nil {
			return nil, err
		}
	}
	params, err := paramsMap(asked)
	if err != nil {
		return nil, err
	}
	j, err := tx.Job.Create().SetTeamID(tx.Team).SetKind(bulkKind + string(in.Action)).SetTotal(len(ids)).SetCreatedBy(x.p.AgentID).SetParams(params).
		SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create job: %w", err)
	}
	if asked.Message != nil && len(asked.Message.files()) > 0 {
		if err := b.actions.files.KeepIn(ctx, tx, holder(j.ID), asked.Message.files()...); err != nil {
			return nil, err
		}
	}
	for from := 0; from < len(ids); from += 500 {
		part := ids[from:min(from+500, len(ids))]
		rows := make([]*ent.BulkItemCreate, len(part))
		for i, id := range part {
			rows[i] = tx.BulkItem.Create().SetTeamID(tx.Team).SetJobID(j.ID).SetPosition(from + i + 1).SetConversationID(id)
		}
		if err := tx.BulkItem.CreateBulk(rows...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("add the conversations of job %d: %w", j.ID, err)
		}
	}
	tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: j.Version, Actor: x.by})
	return j, nil
}

// chosen gives the conversations of an input, each once: one that moves while views are looked through may be found in two of them.
func (x *acting) chosen(ctx context.Context, in BulkInput) ([]int64, error) {
	ids := in.IDs
	if in.Selection != nil {
		most := in.most(maxBulkSelected)
		var err error
		ids, err = inbox.SelectIn(ctx, &x.tx.View, x.p, *in.Selection, most)
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Code == "LIMIT_EXCEEDED" {
			return nil, in.tooMany(x.p.Language, "selection", most)
		}
		if err != nil {
			return nil, err
		}
		slices.Sort(ids) // a list has an order of its own, which what is done may change
	}
	seen := make(map[int64]bool, len(ids))
	once := make([]int64, 0, len(ids))
	for _, n := range ids {
		if !seen[n] {
			seen[n] = true
			once = append(once, n)
		}
	}
	return once, nil
}

// Work is the handler of BulkTask: it goes on where the action stands. Called again it does what is left, and nothing twice. What is left after the
// task's last try is given up.
func (b *Bulk) Work(ctx context.Context, team int64, args json.RawMessage) error {
	var a bulkArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return fault.Wrap(err, fault.Invalid, "no arguments of a bulk action")
	}
	_, err := b.run(ctx, team, a.JobID, b.actions.db.Clock().Now().Add(bulkTurn))
	if job.IsGivenUp(ctx, err) {
		return errors.Join(err, b.giveUp(ctx, team, a.JobID))
	}
	return err
}

// mishap is a conversation that could not be done for a reason of our own.
type mishap struct {
	item int64
	err  error
}

func (m *mishap) Error() string { return m.err.Error() }
func (m *mishap) Unwrap() error { return m.err }

// run does what is left of a bulk action, a batch a transaction; after until a task goes on with it. Where a conversation fails for a reason of our own
// the batch is done again one by one, and that conversation alone is left as it was. It gives the position after the last change.
func (b *Bulk) run(ctx context.Context, team, jobID int64, until time.Time) (event.Cursor, error) {
	var last event.Cursor
	singly := 0 // how many are to be done one by one
	for {
		size := bulkBatch
		if singly > 0 {
			singly, size = singly-1, 1
		}
		isOver := false
		at, err := b.actions.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
			if !until.IsZero() && tx.Now.After(until) {
				isOver = true
				return b.queue.EnqueueIn(ctx, tx, job.Task{Kind: BulkTask, Args: bulkArgs{jobID}})
			}
			isOver, err = b.batch(ctx, tx, jobID, size)
			return err
		})
		var m *mishap
		// A database that is away comes back, and the task goes on then. What it cuts off at the last try as well, as taking too long, is that conversation's alone.
		if errors.As(err, &m) && ctx.Err() == nil && (!fault.Is(err, fault.Unavailable) || job.IsGivenUp(ctx, err)) {
			if size > 1 {
				singly = bulkBatch
				continue
			}
			b.log.ErrorContext(ctx, "bulk: a conversation failed", "team", team, "job", jobID, "item", m.item, "error", err)
			at, err = b.actions.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
				isOver, err = b.fail(ctx, tx, jobID, m.item)
				return err
			})
		}
		if err != nil {
			return last, err
		}
		if at.Epoch != "" {
			last = at
		}
		if isOver {
			return last, nil
		}
	}
}

// fail notes that a conversation of a job could not be done, and says whether the job is over.
func (b *Bulk) fail(ctx context.Context, tx *store.Tx, jobID, item int64) (bool, error) {
	j, asked, err := heldJob(ctx, tx, jobID)
	if err != nil || j.EndedAt != nil {
		return true, err
	}
	who, err := b.principal(ctx, tx, asked)
	if err != nil {
		return false, err
	}
	n, err := tx.BulkItem.Update().Where(bulkitem.ID(item), bulkitem.StateEQ(bulkitem.StateWAITING)).SetState(bulkitem.StateREFUSED).SetCode("INTERNAL").
		SetReason("refusal.internal").Save(ctx)
	if err != nil {
		return false, fmt.Errorf("note what became of item %d: %w", item, err)
	}
	return b.advance(ctx, tx, j, asked, who, n, n)
}

// giveUp ends a job that is not gone on with: it is FAILED, and what was not done says so. It is told of even where the server is about to stop.
func (b *Bulk) giveUp(ctx context.Context, team, jobID int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err := b.actions.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entjob.Table, jobID); err != nil {
			return err
		}
		j, err := tx.Job.Get(ctx, jobID)
		if ent.IsNotFound(err) || err == nil && j.EndedAt != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read job %d: %w", jobID, err)
		}
		n, err := tx.BulkItem.Update().Where(bulkitem.JobID(jobID), bulkitem.StateEQ(bulkitem.StateWAITING)).SetState(bulkitem.StateREFUSED).SetCode("INTERNAL").
			SetReason("refusal.given_up").Save(ctx)
		if err != nil {
			return fmt.Errorf("note what job %d left: %w", jobID, err)
		}
		asked, _ := paramsOfJob(j) // for the language, and for what was to be sent
		u := tx.Job.UpdateOne(j).SetState(entjob.StateFAILED).AddDone(n).AddFailed(n).SetError(catalogue.Text(asked.Language, "refusal.given_up", nil)).
			SetEndedAt(tx.Now).AddVersion(1).SetUpdatedAt(tx.Now)
		if err := b.forget(ctx, tx, jobID, asked, u); err != nil {
			return err
		}
		now, err := u.Save(ctx)
		if err != nil {
			return fmt.Errorf("give job %d up: %w", jobID, err)
		}
		tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: jobID, ObjectVersion: now.Version, Actor: event.Actor{Kind: event.BySystem}})
		return nil
	})
	return err
}

// batch does the next conversations of a job that it holds, at most size, and says whether the job is over. What fails for a reason of our own is a mishap.
func (b *Bulk) batch(ctx context.Context, tx *store.Tx, jobID int64, size int) (bool, error) {
	j, asked, err := heldJob(ctx, tx, jobID)
	if err != nil || j.EndedAt != nil {
		return true, err
	}
	items, err := tx.BulkItem.Query().Where(bulkitem.JobID(jobID), bulkitem.StateEQ(bulkitem.StateWAITING)).Order(bulkitem.ByPosition()).Limit(size).All(ctx)
	if err != nil {
		return false, fmt.Errorf("read the conversations of job %d: %w", jobID, err)
	}
	if err := holdAgents(ctx, tx, []int64{asked.AgentID, asked.OnBehalfOf, asked.ToAgentID}); err != nil {
		return false, err
	}
	who, err := b.principal(ctx, tx, asked)
	if err != nil {
		return false, err
	}
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.ConversationID
	}
	if err := tx.Lock(ctx, conversation.Table, ids...); err != nil {
		return false, err
	}
	done, refused := len(items), 0
	var gone []int64
	for _, it := range items {
		var v verdict
		if !slices.Contains(gone, it.ConversationID) {
			if v, err = b.safely(ctx, tx, who, asked, it.ConversationID); err != nil {
				return false, &mishap{it.ID, err}
			}
			gone = append(gone, v.removed...)
		}
		u := tx.BulkItem.UpdateOne(it).SetState(bulkitem.StateDONE)
		if v.code != "" {
			refused++
			u.SetState(bulkitem.StateREFUSED).SetCode(v.code).SetReason(v.reason).SetParams(v.params)
		}
		if err := u.Exec(ctx); err != nil {
			return false, fmt.Errorf("note what became of conversation %d: %w", it.ConversationID, err)
		}
	}
	if len(gone) > 0 { // of the same customers, further on in the job
		n, err := tx.BulkItem.Update().Where(bulkitem.JobID(jobID), bulkitem.StateEQ(bulkitem.StateWAITING), bulkitem.ConversationIDIn(gone...)).
			SetState(bulkitem.StateDONE).Save(ctx)
		if err != nil {
			return false, fmt.Errorf("note what else was done: %w", err)
		}
		done += n
	}
	return b.advance(ctx, tx, j, asked, who, done, refused)
}

// advance notes how far a job has come, ends it where nothing is left, and tells of it. The receiver of transfers is told once (CONV-12).
func (b *Bulk) advance(ctx context.Context, tx *store.Tx, j *ent.Job, asked bulkParams, who *acting, n, refused int) (bool, error) {
	u := tx.Job.UpdateOne(j).SetState(entjob.StateRUNNING).AddDone(n).AddFailed(refused).AddVersion(1).SetUpdatedAt(tx.Now)
	isOver := j.Done+n >= j.Total
	if isOver {
		u.SetState(entjob.StateDONE).SetEndedAt(tx.Now)
		if err := b.forget(ctx, tx, j.ID, asked, u); err != nil {
			return false, err
		}
	}
	now, err := u.Save(ctx)
	if err != nil {
		return false, fmt.Errorf("note how far job %d is: %w", j.ID, err)
	}
	by := event.Actor{Kind: event.BySystem}
	if who != nil {
		by = who.by
	}
	tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: now.Version, Actor: by})
	if done := now.Done - now.Failed; isOver && asked.Action == Transferring && done > 0 && who != nil {
		notice := workspace.Notice{Code: "notice.transferred_many", Params: map[string]string{"actor": who.p.Name, "role": "@role." + string(who.p.Role), "n": strconv.Itoa(done)}}
		if err := workspace.NotifyIn(ctx, tx, by, []int64{asked.ToAgentID}, notice); err != nil {
			return false, err
		}
	}
	return isOver, nil
}

// verdict is what became of one conversation of many: code, reason and params say why not, and are empty where it is done; removed are others that went
// with it.
type verdict struct {
	code, reason string
	params       map[string]string
	removed      []int64
}

// safely is one that takes a panic for a mishap of that conversation, so that the others go on and the job ends.
func (b *Bulk) safely(ctx context.Context, tx *store.Tx, who *acting, asked bulkParams, id int64) (v verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %s\n%s", fault.Panic(p), debug.Stack())
		}
	}()
	return b.one(ctx, tx, who, asked, id)
}

// one does the action to one conversation of many.
func (b *Bulk) one(ctx context.Context, tx *store.Tx, who *acting, asked bulkParams, id int64) (verdict, error) {
	none := verdict{}
	if who == nil {
		return verdict{code: "FORBIDDEN", reason: "refusal.deactivated"}, nil
	}
	c, err := tx.Conversation.Get(ctx, id)
	if ent.IsNotFound(err) {
		return verdict{code: "NOT_FOUND", reason: "refusal.absent"}, nil
	}
	if err != nil {
		return none, fmt.Errorf("read conversation %d: %w", id, err)
	}
	x := &acting{tx: tx, p: who.p, by: who.by, c: c}
	if c.GroupID != nil {
		if x.group, err = tx.Group.Query().Where(entgroup.ID(*c.GroupID)).Only(ctx); err != nil {
			return none, fmt.Errorf("read group: %w", err)
		}
	}
	err = x.judge(ctx, asked.Action, DecideBulk)
	var removed []int64
	if err == nil {
		removed, err = b.do(ctx, x, asked)
	}
	var r *refusal
	switch {
	case err == nil:
		return verdict{removed: removed}, nil
	case fault.Is(err, fault.NotFound):
		return verdict{code: "NOT_FOUND", reason: "refusal.absent"}, nil
	case errors.As(err, &r):
		return verdict{code: r.fault.Code, reason: r.reason, params: withFacts(r)}, nil
	}
	return none, err
}

// The values of an item beside those of its text: what state refused it, and who follows the conversation (CONV-6).
const (
	ItemStatus  = "conversationStatus"
	ItemAgentID = "followerId"
	ItemAgent   = "followerName"
)

func withFacts(r *refusal) map[string]string {
	all := maps.Clone(r.params)
	if all == nil {
		all = map[string]string{}
	}
	if status, ok := r.fault.Params["status"].(string); ok {
		all[ItemStatus] = status
	}
	if n, ok := r.fault.Params["agentId"].(int64); ok {
		name, _ := r.fault.Params["agentName"].(string)
		all[ItemAgentID], all[ItemAgent] = strconv.FormatInt(n, 10), name
	}
	withLimits(all, r.fault)
	return all
}

// do does what was decided, and gives the other conversations that went with it. What it refuses, it refuses before it has written anything.
func (b *Bulk) do(ctx context.Context, x *acting, asked bulkParams) ([]int64, error) {
	switch asked.Action {
	case Following:
		return nil, x.follow(ctx)
	case Ending:
		if err := x.end(ctx); err != nil {
			return nil, err
		}
		return nil, b.actions.close(ctx, x)
	case Reopening:
		return nil, x.reopen(ctx)
	case Transferring:
		return nil, x.transfer(ctx, asked.ToAgentID)
	case MarkingRead:
		return nil, x.markRead(ctx)
	case MarkingUnread:
		return nil, x.markUnread(ctx)
	case Snoozing:
		return nil, x.snooze(ctx, asked.Until, asked.Note)
	case Waking:
		return nil, x.unsnooze(ctx)
	case Deleting:
		return nil, x.remove(ctx, b.actions)
	case Blacklisting:
		return x.blacklist(ctx, b.actions)
	case Replying:
		return nil, b.actions.sendOne(ctx, x, *asked.Message)
	}
	return nil, fmt.Errorf("%s is not done in bulk", asked.Action)
}
