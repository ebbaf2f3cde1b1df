// Package inbound takes in what platforms tell: each event has its effect once, in one transaction with the mark against doing it twice
// (CHAN-9). What our code cannot apply is rolled back alone, kept, and can be replayed.
package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// Fetcher has things asked of the platform later: each call writes the work into the transaction (CHAN-13, GRP-9, GRP-11).
type Fetcher interface {
	ProfileIn(ctx context.Context, tx *store.Tx, identityID int64) error
	GroupIn(ctx context.Context, tx *store.Tx, groupID int64) error
	MemberIn(ctx context.Context, tx *store.Tx, memberID int64) error
}

// Queue takes work that is done after the transaction.
type Queue interface {
	EnqueueIn(ctx context.Context, tx *store.Tx, t job.Task) error
}

// Config is what the package needs; everything but Log, Actions and Automation must be given.
type Config struct {
	DB       *store.DB
	Contacts *contact.Service
	Groups   *group.Service
	Adapters *channels.Registry
	Fetcher  Fetcher
	Files    *file.Service
	Queue    Queue
	// Actions send what Automation answers; both are nil where nothing is automatic.
	Actions    *conversation.Service
	Automation Automation
	Log        *slog.Logger
}

// Service takes events in. It is safe for concurrent use.
type Service struct {
	Config
	joiner *joiner
	mu     sync.Mutex
	calls  map[int64]time.Time // by channel: the minute that was last noted
}

// New makes the service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, calls: map[int64]time.Time{}}
	s.joiner = &joiner{take: s.receive, apart: s.apart, queues: map[int64]*queue{}}
	return s
}

// Body is what one call of a platform brought, verified and parsed.
type Body struct {
	Team      int64
	ChannelID int64
	Type      channels.Type
	Events    []channels.Event
}

// Result counts what became of a body's events.
type Result struct {
	Applied   int // had their effect now
	Duplicate int // had it before
	Ignored   int // kept, without effect
	Failed    int // kept for a replay
	// Cursor is the position after them; the zero Cursor where nothing is to be seen.
	Cursor event.Cursor
}

// Receive takes a body's events in, in their order: all in one transaction or, where our code fails on one of them, each in its own, so that
// one failure takes nothing with it; the one that fails is kept with the reason. An error means that the database could not be used: nothing
// is lost by offering the body again, because what was done is recognised.
func (s *Service) Receive(ctx context.Context, b Body) (Result, error) {
	if len(b.Events) == 0 {
		return Result{}, nil
	}
	ctx, step := trace.Start(ctx, trace.Internal, "inbound", trace.Number("channel", b.ChannelID), trace.Number("events", int64(len(b.Events))))
	r, err := s.joiner.do(ctx, b)
	step.End(err)
	return r, err
}

// apart takes a body in, each event in a transaction of its own, and keeps those that fail for a reason of ours. why is what the body failed
// with as a whole.
func (s *Service) apart(ctx context.Context, b Body, why error) (Result, error) {
	if len(b.Events) == 1 {
		return s.keep(ctx, b, b.Events[0], why)
	}
	var sum Result
	for _, e := range b.Events {
		one := b
		one.Events = []channels.Event{e}
		_, r, err := s.receive(ctx, one)
		if err != nil {
			if !isOurs(ctx, err) {
				return sum, err
			}
			if r, err = s.keep(ctx, b, e, err); err != nil {
				return sum, err
			}
		}
		sum.add(r)
	}
	return sum, nil
}

// fate is what became of one event.
type fate int

const (
	applied fate = iota
	duplicate
	kept
)

func (r *Result) note(f fate) {
	switch f {
	case applied:
		r.Applied++
	case duplicate:
		r.Duplicate++
	case kept:
		r.Ignored++
	}
}

func (r *Result) add(o Result) {
	r.Applied, r.Duplicate, r.Ignored, r.Failed = r.Applied+o.Applied, r.Duplicate+o.Duplicate, r.Ignored+o.Ignored, r.Failed+o.Failed
	if o.Cursor.Epoch != "" {
		r.Cursor = o.Cursor
	}
}

// isOurs says whether an error is a failure of our code to apply an event, and not of the database or of who asks.
func isOurs(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// receive takes events in, in one transaction, and gives what became of each.
func (s *Service) receive(ctx context.Context, b Body) ([]fate, Result, error) {
	var fates []fate
	cursor, err := s.DB.Write(ctx, b.Team, func(ctx context.Context, tx *store.Tx) (err error) {
		fates, err = s.receiveIn(ctx, tx, b)
		faultpoint.Hit("inbound/before-commit")
		return err
	})
	if err != nil {
		return nil, Result{}, err
	}
	faultpoint.Hit("inbound/committed")
	r := Result{Cursor: cursor}
	for _, f := range fates {
		r.note(f)
	}
	return fates, r, nil
}

func (s *Service) receiveIn(ctx context.Context, tx *store.Tx, b Body) ([]fate, error) {
	w, err := s.begin(ctx, tx, b)
	if err != nil {
		return nil, err
	}
	marks, err := w.mark(ctx)
	if err != nil {
		return nil, err
	}
	faultpoint.Hit("inbound/marked")
	if len(marks) > 0 {
		if err := w.prepare(ctx); err != nil {
			return nil, err
		}
	}
	fates := make([]fate, len(b.Events))
	for i, e := range b.Events {
		if !marks[e.DedupeKey] {
			fates[i] = duplicate
			continue
		}
		delete(marks, e.DedupeKey) // a second one with the key is a duplicate too
		if ignored(e) != "" {
			fates[i] = kept
			continue
		}
		if err := w.try(ctx, e); err != nil {
			return nil, err
		}
	}
	return fates, s.noteCall(ctx, tx, b.ChannelID)
}

// noteCall keeps when the platform last called, to the minute. The row is written once a minute by each server.
func (s *Service) noteCall(ctx context.Context, tx *store.Tx, channelID int64) error {
	minute := tx.Now.Truncate(time.Minute)
	s.mu.Lock()
	known := s.calls[channelID].Equal(minute)
	s.mu.Unlock()
	if known {
		return nil
	}
	tx.AfterCommit(func() {
		s.mu.Lock()
		s.calls[channelID] = minute
		s.mu.Unlock()
	})
	if _, err := tx.Exec(ctx, "UPDATE channels SET last_event_at = ? WHERE team_id = ? AND id = ? AND (last_event_at IS NULL OR last_event_at < ?)",
		minute, tx.Team, channelID, minute); err != nil {
		return fmt.Errorf("note the platform's call: %w", err)
	}
	return nil
}

// ignored says why an event has no effect; "" where it has one.
func ignored(e channels.Event) string {
	switch e.Kind {
	case channels.MessageReceived, channels.MessageEdited, channels.MessageUnsent, channels.Followed, channels.Unfollowed, channels.GroupJoined,
		channels.GroupLeft, channels.MembersJoined, channels.MembersLeft, channels.Delivered, channels.Read, channels.Referred:
		if e.Peer == nil {
			return "no counterpart"
		}
		return ""
	case channels.Postback:
		if e.Peer == nil || e.Peer.Type != channels.PeerUser || turnsPage(e) {
			return "no bot serves it"
		}
		return ""
	case channels.Ignored:
		if e.Reason == "" {
			return "ignored"
		}
		return e.Reason
	}
	// Account links and the account's health have no rule yet; they are kept as they came.
	return string(e.Kind)
}

const markColumns = 11

// mark writes the marks against doing an event twice and gives those that were not there. What is new is ours to apply; another server that
// has the same event at this moment waits here until we have committed, and then finds the mark.
func (w *work) mark(ctx context.Context) (map[string]bool, error) {
	marks := make(map[string]bool, len(w.body.Events))
	if planted.Is("dedupe-left-out") {
		for _, e := range w.body.Events {
			marks[e.DedupeKey] = true
		}
		return marks, nil
	}
	for from := 0; from < len(w.body.Events); from += 500 {
		part := w.body.Events[from:min(from+500, len(w.body.Events))]
		args := make([]any, 0, len(part)*markColumns)
		for _, e := range part {
			state, reason := "DONE", ignored(e)
			if reason != "" {
				state = "IGNORED"
			}
			messageID, raw := e.MessageID, strings.ToValidUTF8(string(e.Raw), "\uFFFD")
			if w.isBlocked(e) { // nothing is kept of somebody whom the team blocked but the mark (CONV-15)
				messageID, raw = "", ""
			}
			if state == "DONE" && messageID == "" { // what was pressed or joined names its sender, and deleting a conversation could not find it (CONV-14)
				raw = ""
			}
			args = append(args, w.tx.Team, w.body.ChannelID, e.DedupeKey, string(e.Kind), messageID, raw, state, text.Cut(reason, 500), 1, w.tx.Now, w.tx.Now)
		}
		rows, err := w.tx.Query(ctx, `INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, platform_message_id, raw, state, reason, tries,
			received_at, tried_at) VALUES `+strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?,?,?,?,?),", len(part)), ",")+
			` ON CONFLICT (team_id, channel_id, dedupe_key) DO NOTHING RETURNING dedupe_key`, args...)
		if err != nil {
			return nil, fmt.Errorf("mark events: %w", err)
		}
		for rows.Next() {
			var key string
			if err = rows.Scan(&key); err != nil {
				break
			}
			marks[key] = true
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("mark events: %w", err)
		}
	}
	return marks, nil
}
