package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attempt"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// bySystem is who tells of a delivery.
var bySystem = event.Actor{Kind: event.BySystem}

// job is one try that is in the ledger and is to be made.
type job struct {
	lease     lane.Lease
	adapter   channels.Adapter
	account   channels.Account
	message   *ent.Message
	attempt   int64
	outgoing  channels.Outgoing
	groupID   int64
	isFirst   bool
	startedAt time.Time
	// credentials are the sealed ones it was made with.
	credentials []byte
}

// after is what follows the handling of a head.
type after struct {
	goesOn bool          // the lane goes on at once
	pause  time.Duration // after this
}

// serve sends from a lane until its turn is over, nothing waits, or the head has to wait; then it gives the lane back.
func (w *Worker) serve(ctx context.Context, l lane.Lease) {
	faultpoint.Hit("delivery/leased")
	for range quantum {
		if w.isClosing() {
			break
		}
		if l.Until.Sub(w.clock.Now()) < 2*tryFor {
			var err error
			if l, err = w.Lanes.Renew(ctx, l, leaseFor); err != nil {
				w.report(ctx, "renew a lease", err)
				return
			}
		}
		after, err := w.one(ctx, &l)
		if errors.Is(err, lane.ErrLost) || ctx.Err() != nil {
			return
		}
		if err != nil {
			// The database, or a row that cannot be read: others have their turn first.
			w.report(ctx, fmt.Sprintf("send from lane %d of team %d", l.LaneID, l.Team), err)
			after.pause = time.Second + w.Random.Jitter(time.Second)
		}
		if after.pause > patience {
			w.report(ctx, "postpone a lane", w.Lanes.Postpone(ctx, l, w.clock.Now().Add(after.pause)))
			return
		}
		if after.pause > 0 && w.clock.Sleep(ctx, after.pause) != nil {
			return
		}
		if !after.goesOn {
			break
		}
	}
	w.report(ctx, "give a lane back", w.Lanes.Release(ctx, l))
}

// turn says how long the rates of the account and of the recipient make the lane wait; 0 takes the turn.
func (w *Worker) turn(now time.Time, l lane.Lease, c channels.Capability) time.Duration {
	if wait := w.pace.take(now, paceKey{channel: l.ChannelID}, c.SendRate, c.SendRate/10); wait > 0 {
		return wait
	}
	return w.pace.take(now, paceKey{l.ChannelID, l.ConversationID}, w.RecipientRate, 1)
}

// one handles the head of the lane once.
func (w *Worker) one(ctx context.Context, l *lane.Lease) (after, error) {
	j, then, err := w.begin(ctx, *l)
	if err != nil || j == nil {
		return then, err
	}
	if j.isFirst {
		w.metrics.lag.WithLabelValues(string(j.adapter.Capability().Type)).Observe(w.clock.Now().Sub(j.message.CreatedAt).Seconds())
	}
	ctx, step := trace.Start(trace.Continue(ctx, j.message.Trace), trace.Consumer, "deliver", trace.Number("team", l.Team),
		trace.Number("message", j.message.ID), trace.Text("channel", string(j.adapter.Capability().Type)))
	r := w.call(ctx, j)
	step.Note(trace.Text("outcome", string(r.Outcome)))
	if r.Outcome != channels.Sent {
		step.Fail(r.Code)
	}
	goesOn, err := w.record(ctx, j, r)
	step.End(err)
	if err != nil || !goesOn {
		return after{}, err
	}
	l.Tries, l.BlockedSince, l.Waiting = 0, nil, l.Waiting-1
	// What was queued since the lease was taken is found by the look that follows the lane's release.
	return after{goesOn: l.Waiting > 0}, nil
}

// call makes the try at the platform.
func (w *Worker) call(ctx context.Context, j *job) (r channels.SendResult) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	took := w.clock.Stopwatch()
	defer func() {
		if p := recover(); p != nil {
			// A message that makes an adapter panic must not take the server along each time it is tried.
			w.Log.ErrorContext(ctx, "delivery: an adapter panicked", "message", j.message.ID, "panic", fault.Panic(p))
			r = channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Reason: "something went wrong on our side"}
		}
	}()
	faultpoint.Hit("delivery/before-call")
	result := j.adapter.Send(ctx, j.account, j.outgoing)
	faultpoint.Hit("delivery/called")
	w.metrics.try(j.adapter.Capability().Type, result, took())
	return result
}

// begin decides about the head and, where it is to be sent, writes the try into the ledger before anything leaves. A nil job was handled
// already, and the lane goes on or not.
func (w *Worker) begin(ctx context.Context, l lane.Lease) (*job, after, error) {
	var j *job
	var then after
	_, err := w.DB.Write(ctx, l.Team, func(ctx context.Context, tx *store.Tx) (err error) {
		j, then, err = w.beginIn(ctx, tx, l)
		return err
	})
	return j, then, err
}

func (w *Worker) beginIn(ctx context.Context, tx *store.Tx, l lane.Lease) (*job, after, error) {
	// The conversation is locked before the lane, as by those who queue messages.
	v, err := row.Lock(ctx, tx, l.ConversationID)
	if err != nil {
		return nil, after{}, err
	}
	if err := lane.HoldIn(ctx, tx, l); err != nil {
		return nil, after{}, err
	}
	ch, err := tx.Channel.Get(ctx, l.ChannelID)
	if err != nil {
		return nil, after{}, fmt.Errorf("read channel %d: %w", l.ChannelID, err)
	}
	first := message.BySeq()
	if planted.Is("newest-sent-first") {
		first = message.BySeq(sql.OrderDesc())
	}
	waiting := tx.Message.Query().Where(message.ConversationID(l.ConversationID), message.DeliveryEQ(message.DeliverySENDING)).Order(first)
	if l.Tries > 0 && l.Waiting > 1 && planted.Is("failed-head-passed-over") {
		waiting = waiting.Offset(1)
	}
	head, err := waiting.First(ctx)
	if ent.IsNotFound(err) {
		return nil, after{}, lane.SettleIn(ctx, tx, l)
	}
	if err != nil {
		return nil, after{}, fmt.Errorf("read the head of lane %d: %w", l.LaneID, err)
	}
	adapter, err := w.Adapters.Get(channels.Type(ch.Type))
	if err != nil {
		return nil, after{}, w.giveUpAll(ctx, tx, l, channels.Type(ch.Type), channels.CodeChannelUnavailable, "this server does not speak with this type of channel")
	}
	c := adapter.Capability()
	tries, err := w.tries(ctx, tx, l, head)
	if err != nil {
		return nil, after{}, err
	}
	next := next(tx.Now, head, tries, c)
	if code, reason := stopped(ch); code != "" {
		if u := uncertain(); next.act != try { // its own end is not known: a report may still come
			return nil, after{goesOn: true}, w.fail(ctx, tx, l, head, c.Type, u.code, u.reason)
		}
		return nil, after{}, w.giveUpAll(ctx, tx, l, c.Type, code, reason)
	}
	if ch.State == channel.StatePAUSED {
		return nil, after{}, nil // CHAN-4: what is queued waits
	}
	switch next.act {
	case wait:
		return nil, after{}, lane.DelayIn(ctx, tx, l, next.due)
	case giveUp:
		return nil, after{goesOn: true}, w.fail(ctx, tx, l, head, c.Type, next.code, next.reason)
	}
	if wait := w.turn(tx.Now, l, c); wait > 0 {
		return nil, after{goesOn: true, pause: wait}, nil
	}
	j, err := w.write(ctx, tx, l, v, ch, adapter, head, tries, next.needs)
	if fault.Is(err, fault.Invalid) {
		f, code := fault.As(err), channels.CodeInvalidContent
		if f.Code == channels.CodeFileGone {
			code = f.Code
		}
		return nil, after{goesOn: true}, w.fail(ctx, tx, l, head, c.Type, code, f.Text)
	}
	return j, after{}, err
}

// stopped says under which code messages of the channel are given up; "" where it may send, now or later.
func stopped(c *ent.Channel) (code, reason string) {
	switch {
	case c.DeletedAt != nil:
		return channels.CodeChannelUnavailable, "the channel was deleted"
	case c.State == channel.StateDISCONNECTED:
		return channels.CodeCredentialsRevoked, "the channel is disconnected: connect it again"
	}
	return "", ""
}

// tries reads the ledger of a message. One that was cut off is given its end.
func (w *Worker) tries(ctx context.Context, tx *store.Tx, l lane.Lease, m *ent.Message) ([]*ent.Attempt, error) {
	list, err := tx.Attempt.Query().Where(attempt.MessageID(m.ID)).Order(attempt.ByNumber()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tries of message %d: %w", m.ID, err)
	}
	for i, a := range list {
		if a.EndedAt != nil || a.Fence >= l.Fence {
			continue
		}
		// When it really ended nobody knows: the wait for a report is counted from its beginning.
		list[i], err = tx.Attempt.UpdateOne(a).SetEndedAt(a.StartedAt).SetOutcome(string(channels.Ambiguous)).SetCode(channels.CodeDeliveryUncertain).
			SetReason("the server stopped before it knew whether the platform took the message").Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("end try %d of message %d: %w", a.Number, m.ID, err)
		}
	}
	return list, nil
}

// write puts the try into the ledger. A message that cannot be written as the adapter wants it is a fault of kind Invalid.
func (w *Worker) write(ctx context.Context, tx *store.Tx, l lane.Lease, v *ent.Conversation, ch *ent.Channel, adapter channels.Adapter, m *ent.Message,
	tries []*ent.Attempt, needsKey bool,
) (*job, error) {
	j := &job{lease: l, adapter: adapter, message: m, isFirst: len(tries) == 0, startedAt: tx.Now, credentials: ch.Credentials}
	var err error
	if j.account, err = w.Accounts.Open(ch); err != nil {
		return nil, fmt.Errorf("open the account of channel %d: %w", ch.ID, err)
	}
	if j.outgoing, err = w.outgoing(ctx, tx, adapter.Capability(), v, m); err != nil {
		return nil, err
	}
	if v.GroupID != nil {
		j.groupID = *v.GroupID
	}
	id := m.ID
	if m.RetryKey == "" || needsKey || planted.Is("retry-key-regenerated") {
		m, err = tx.Message.UpdateOne(m).SetRetryKey(w.Random.UUID()).SetRetryKeyAt(tx.Now).Save(ctx)
	} else if m.RetryKeyAt == nil {
		m, err = tx.Message.UpdateOne(m).SetRetryKeyAt(tx.Now).Save(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("note the retry key of message %d: %w", id, err)
	}
	j.message, j.outgoing.RetryKey = m, m.RetryKey
	number := 1
	if n := len(tries); n > 0 {
		number = tries[n-1].Number + 1
	}
	a, err := tx.Attempt.Create().SetTeamID(tx.Team).SetMessageID(m.ID).SetNumber(number).SetRetryKey(m.RetryKey).SetFence(l.Fence).
		SetStartedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write try %d of message %d: %w", number, m.ID, err)
	}
	j.attempt = a.ID
	return j, nil
}

// outgoing writes a message as the adapter wants it. One whose content cannot be read is a fault of kind Invalid.
func (w *Worker) outgoing(ctx context.Context, tx *store.Tx, can channels.Capability, v *ent.Conversation, m *ent.Message) (channels.Outgoing, error) {
	var o channels.Outgoing
	var err error
	o.Window, _ = conversation.WindowOf(can, v.CustomerAt, tx.Now)
	if o.Content, err = conversation.ContentOf(m); err != nil {
		return o, fault.Wrap(err, fault.Invalid, "the message's content cannot be read")
	}
	if isFile(o.Content.Kind) {
		if o.Content, err = w.fileContent(ctx, tx, can, m); err != nil {
			return o, err
		}
	}
	switch {
	case v.IdentityID != nil:
		i, err := tx.Identity.Get(ctx, *v.IdentityID)
		if err != nil {
			return o, fmt.Errorf("read identity %d: %w", *v.IdentityID, err)
		}
		o.To = channels.Peer{Type: channels.PeerUser, ID: i.PlatformUserID}
	case v.GroupID != nil:
		g, err := tx.Group.Get(ctx, *v.GroupID)
		if err != nil {
			return o, fmt.Errorf("read group %d: %w", *v.GroupID, err)
		}
		o.To = channels.Peer{Type: channels.PeerGroup, ID: g.PlatformGroupID}
		if g.PeerType == group.PeerTypeROOM {
			o.To.Type = channels.PeerRoom
		}
	}
	if m.ReplyToID != nil {
		quoted, err := tx.Message.Get(ctx, *m.ReplyToID)
		if err != nil && !ent.IsNotFound(err) {
			return o, fmt.Errorf("read message %d: %w", *m.ReplyToID, err)
		}
		if err == nil && quoted.UnsentAt == nil {
			o.QuoteToken = quoted.QuoteToken
		}
	}
	return o, nil
}

// record writes what came of a try, and says whether the lane goes on at once. A database that is away is asked again for as long as the
// lease lasts: what is known must not be forgotten for a moment's trouble.
func (w *Worker) record(ctx context.Context, j *job, r channels.SendResult) (bool, error) {
	for n := 0; ; n++ {
		var goesOn bool
		_, err := w.DB.Write(ctx, j.lease.Team, func(ctx context.Context, tx *store.Tx) (err error) {
			goesOn, err = w.recordIn(ctx, tx, j, r)
			faultpoint.Hit("delivery/before-commit")
			return err
		})
		faultpoint.Hit("delivery/recorded")
		if err == nil && r.AccountLost {
			w.stranded.Store(true)
		}
		if !fault.Is(err, fault.Unavailable) || !w.clock.Now().Before(j.lease.Until) {
			return goesOn, err
		}
		if err := w.clock.Sleep(ctx, min(time.Second, 50*time.Millisecond<<min(n, 5))); err != nil {
			return false, err
		}
	}
}

func (w *Worker) recordIn(ctx context.Context, tx *store.Tx, j *job, r channels.SendResult) (bool, error) {
	l, c := j.lease, j.adapter.Capability()
	if _, err := row.Lock(ctx, tx, l.ConversationID); err != nil {
		return false, err
	}
	if err := lane.HoldIn(ctx, tx, l); err != nil {
		return false, err
	}
	err := tx.Attempt.UpdateOneID(j.attempt).SetEndedAt(tx.Now).SetOutcome(string(r.Outcome)).SetStatus(r.Status).SetCode(r.Code).
		SetReason(r.Reason).SetPlatformRequestID(r.RequestID).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("end the try of message %d: %w", j.message.ID, err)
	}
	switch {
	case r.Outcome == channels.Sent:
		return true, w.settle(ctx, tx, l, j.message, conversation.Delivery{
			Status: message.DeliverySENT, PlatformMessageID: r.PlatformMessageID, QuoteToken: r.QuoteToken,
		})
	case r.AccountLost && w.isReconnected(ctx, tx, j):
		r.Outcome, r.RetryAfter = channels.Transient, 0
	case r.AccountLost:
		if err := w.Accounts.MarkDisconnectedIn(ctx, tx, l.ChannelID, channels.CodeCredentialsRevoked); err != nil {
			return false, err
		}
		return false, w.giveUpAll(ctx, tx, l, c.Type, channels.CodeCredentialsRevoked, r.Reason)
	case r.GroupGone && j.groupID != 0:
		g, err := tx.Group.Get(ctx, j.groupID)
		if err != nil {
			return false, fmt.Errorf("read group %d: %w", j.groupID, err)
		}
		// As of the try's beginning: the account may have been invited again since.
		if _, err := w.Groups.RemovedIn(ctx, tx, g, j.startedAt); err != nil {
			return false, err
		}
		return false, w.giveUpAll(ctx, tx, l, c.Type, r.Code, r.Reason)
	case r.Outcome == channels.Refused && !planted.Is("refused-tried-again"), r.Code == channels.CodeRateLimited && planted.Is("throttled-given-up"):
		return true, w.fail(ctx, tx, l, j.message, c.Type, r.Code, r.Reason)
	}
	next := later(tx.Now, l, r, c, float64(w.Random.Int(1<<16))/(1<<16))
	if next.act == giveUp {
		return true, w.fail(ctx, tx, l, j.message, c.Type, next.code, next.reason)
	}
	if r.Code == channels.CodeRateLimited && !planted.Is("rate-not-kept") {
		// A platform may mean one recipient only, so without its word the others are held back for a moment, not for as long as this one.
		w.pace.pause(tx.Now, paceKey{channel: l.ChannelID}, tx.Now.Add(max(r.RetryAfter, firstBackoff)))
	}
	return false, lane.DelayIn(ctx, tx, l, next.due)
}

// isReconnected says whether the channel was given other credentials while the try was made: the refusal of the old ones says nothing then.
func (w *Worker) isReconnected(ctx context.Context, tx *store.Tx, j *job) bool {
	ch, err := tx.Channel.Get(ctx, j.lease.ChannelID)
	return err == nil && !bytes.Equal(ch.Credentials, j.credentials)
}

// fail gives the head up: it is FAILED, with the reason, and the next one is due.
func (w *Worker) fail(ctx context.Context, tx *store.Tx, l lane.Lease, m *ent.Message, t channels.Type, code, reason string) error {
	tx.AfterCommit(func() { w.metrics.given.WithLabelValues(string(t), code).Inc() })
	return w.settle(ctx, tx, l, m, conversation.Delivery{Status: message.DeliveryFAILED, Code: code, Reason: reason})
}

// settle says what became of the head; the next one is due.
func (w *Worker) settle(ctx context.Context, tx *store.Tx, l lane.Lease, m *ent.Message, d conversation.Delivery) error {
	isNew, err := conversation.SetDeliveryIn(ctx, tx, m.ID, d, bySystem)
	if err != nil {
		return err
	}
	if !isNew {
		// It left the queue otherwise meanwhile, given up with its channel or reported by the platform, and may be counted out already.
		return lane.SettleIn(ctx, tx, l)
	}
	return lane.DoneIn(ctx, tx, l)
}

// giveUpAll gives everything up that waits in the lane.
func (w *Worker) giveUpAll(ctx context.Context, tx *store.Tx, l lane.Lease, t channels.Type, code, reason string) error {
	all, err := tx.Message.Query().Where(message.ConversationID(l.ConversationID), message.DeliveryEQ(message.DeliverySENDING)).
		Order(message.BySeq()).All(ctx)
	if err != nil {
		return fmt.Errorf("read what waits in lane %d: %w", l.LaneID, err)
	}
	for _, m := range all {
		d := conversation.Delivery{Status: message.DeliveryFAILED, Code: code, Reason: reason}
		if _, err := conversation.SetDeliveryIn(ctx, tx, m.ID, d, bySystem); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { w.metrics.given.WithLabelValues(string(t), code).Add(float64(len(all))) })
	return lane.SettleIn(ctx, tx, l)
}
