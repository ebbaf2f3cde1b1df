package inbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/inboundevent"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// ReplayTask is the kind of the queued work that replays what failed; its handler is Work.
const ReplayTask = "inbound.replay"

// ReplayKind is the kind of the job that people watch.
const ReplayKind = "INBOUND_REPLAY"

// reasonLength is how many characters of a reason are kept.
const reasonLength = 500

type replayArgs struct{ JobID int64 }

// keep writes an event that could not be applied, with the reason, for a replay. It holds the event in our words, the platform's own inside.
func (s *Service) keep(ctx context.Context, b Body, e channels.Event, cause error) (Result, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return Result{}, fmt.Errorf("keep a failed event: %w", err)
	}
	s.Log.WarnContext(ctx, "inbound: an event could not be applied and is kept", "team", b.Team, "channel", b.ChannelID, "kind", e.Kind, "error", cause)
	var r Result
	r.Cursor, err = s.DB.Write(ctx, b.Team, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, platform_message_id, raw, state, reason, tries,
			received_at, tried_at) VALUES (?, ?, ?, ?, ?, ?, 'FAILED', ?, 1, ?, ?) ON CONFLICT (team_id, channel_id, dedupe_key) DO NOTHING`,
			tx.Team, b.ChannelID, e.DedupeKey, string(e.Kind), e.MessageID, storable(string(raw)), reasonOf(cause), tx.Now, tx.Now)
		r.Failed, r.Duplicate = int(n), 1-int(n)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("keep a failed event: %w", err)
	}
	return r, nil
}

func reasonOf(err error) string { return text.Cut(storable(err.Error()), reasonLength) }

// GetFailed reads an event that failed. None is a fault of kind NotFound, and so is any for who may not see the list.
func (s *Service) GetFailed(ctx context.Context, p auth.Principal, eventID int64) (*ent.InboundEvent, error) {
	absent := fault.Missing("the inbound event")
	if p.Role != auth.Admin || !p.May(auth.ReadWorkspace) {
		return nil, absent
	}
	var row *ent.InboundEvent
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		var err error
		row, err = v.InboundEvent.Query().Where(inboundevent.ID(eventID), inboundevent.StateEQ(inboundevent.StateFAILED)).Only(ctx)
		if ent.IsNotFound(err) {
			return absent
		}
		return err
	})
	return row, err
}

// ListFailed lists what waits for a replay, oldest first. Only an ADMIN sees any.
func (s *Service) ListFailed(ctx context.Context, p auth.Principal, w page.Window) ([]*ent.InboundEvent, page.Result, error) {
	if p.Role != auth.Admin || !p.May(auth.ReadWorkspace) {
		return nil, page.Result{}, nil
	}
	var rows []*ent.InboundEvent
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		where := []predicate.InboundEvent{inboundevent.StateEQ(inboundevent.StateFAILED)}
		for _, b := range []struct {
			cursor, field string
			than          func(int64) predicate.InboundEvent
		}{{w.After, "after", inboundevent.IDGT}, {w.Before, "before", inboundevent.IDLT}} {
			if b.cursor == "" {
				continue
			}
			var id int64
			if err := page.Key(b.cursor, "failedInboundEvents", b.field, &id); err != nil {
				return err
			}
			where = append(where, b.than(id))
		}
		order := ent.Asc(inboundevent.FieldID)
		if w.IsBackward {
			order = ent.Desc(inboundevent.FieldID)
		}
		var err error
		rows, err = v.InboundEvent.Query().Where(where...).Order(order).Limit(w.Limit + 1).All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, err
	}
	rows, at := page.Cut(w, rows, func(e *ent.InboundEvent) string { return page.Cursor("failedInboundEvents", e.ID) })
	return rows, at, nil
}

// Replay queues a replay of failed events, those named or all, as a job with progress. Only an ADMIN may. An id that is no failed event of the
// team is a fault of kind NotFound, and nothing is queued.
func (s *Service) Replay(ctx context.Context, p auth.Principal, ids []int64) (*ent.Job, event.Cursor, error) {
	if p.Role != auth.Admin || !p.May(auth.WriteWorkspace) {
		return nil, event.Cursor{}, fault.New(fault.Forbidden, "only an administrator may replay events").WithCode("FORBIDDEN", nil)
	}
	var j *ent.Job
	cursor, err := s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		where := inboundevent.StateEQ(inboundevent.StateFAILED)
		if ids != nil {
			where = inboundevent.And(where, inboundevent.IDIn(ids...))
		}
		all, err := tx.InboundEvent.Query().Where(where).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find failed events: %w", err)
		}
		if len(distinct(ids)) > len(all) {
			return fault.Missing("the inbound event")
		}
		params := map[string]any{}
		if ids != nil {
			params["ids"] = all
		}
		j, err = tx.Job.Create().SetTeamID(tx.Team).SetKind(ReplayKind).SetTotal(len(all)).SetCreatedBy(p.AgentID).SetParams(params).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("create job: %w", err)
		}
		tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: j.Version, Actor: p.Actor()})
		return s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: ReplayTask, Args: replayArgs{j.ID}})
	})
	return j, cursor, err
}

func distinct(ids []int64) map[int64]bool {
	m := make(map[int64]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// Work is the handler of ReplayTask: it replays one event after another and tells how far it is. Called again, it goes on.
func (s *Service) Work(ctx context.Context, team int64, args json.RawMessage) error {
	var a replayArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return fault.Wrap(err, fault.Invalid, "no arguments of a replay")
	}
	var ids []int64
	isOver := false
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		j, err := tx.Job.Get(ctx, a.JobID)
		if ent.IsNotFound(err) {
			return fault.Missing("the job")
		}
		if err != nil {
			return fmt.Errorf("read job: %w", err)
		}
		if isOver = j.EndedAt != nil; isOver {
			return nil
		}
		where := inboundevent.StateEQ(inboundevent.StateFAILED)
		if named, ok := j.Params["ids"].([]any); ok {
			wanted := make([]int64, 0, len(named))
			for _, n := range named {
				if f, ok := n.(float64); ok {
					wanted = append(wanted, int64(f))
				}
			}
			where = inboundevent.And(where, inboundevent.IDIn(wanted...))
		}
		ids, err = tx.InboundEvent.Query().Where(where, inboundevent.ReceivedAtLTE(j.CreatedAt)).Order(ent.Asc(inboundevent.FieldID)).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find failed events: %w", err)
		}
		return progress(ctx, tx, j, func(u *ent.JobUpdateOne) { u.SetState(entjob.StateRUNNING) })
	})
	if err != nil || isOver {
		return err
	}
	failed := 0
	for n, id := range ids {
		ok, err := s.replay(ctx, team, id)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
		if n%25 == 24 {
			if err := s.tell(ctx, team, a.JobID, func(u *ent.JobUpdateOne) { u.SetDone(n + 1).SetFailed(failed) }); err != nil {
				return err
			}
		}
	}
	return s.tell(ctx, team, a.JobID, func(u *ent.JobUpdateOne) {
		u.SetState(entjob.StateDONE).SetTotal(len(ids)).SetDone(len(ids)).SetFailed(failed).SetEndedAt(s.DB.Clock().Now())
	})
}

// ReplayAll replays everything of a team that failed, at once, and says how many events were applied and how many failed again.
func (s *Service) ReplayAll(ctx context.Context, team int64) (applied, failed int, err error) {
	var ids []int64
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		var err error
		ids, err = v.InboundEvent.Query().Where(inboundevent.StateEQ(inboundevent.StateFAILED)).Order(ent.Asc(inboundevent.FieldID)).IDs(ctx)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("find failed events: %w", err)
	}
	for _, id := range ids {
		ok, err := s.replay(ctx, team, id)
		if err != nil {
			return applied, failed, err
		}
		if ok {
			applied++
		} else {
			failed++
		}
	}
	return applied, failed, nil
}

func (s *Service) tell(ctx context.Context, team, jobID int64, mutate func(*ent.JobUpdateOne)) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		j, err := tx.Job.Get(ctx, jobID)
		if err != nil {
			return fmt.Errorf("read job: %w", err)
		}
		return progress(ctx, tx, j, mutate)
	})
	return err
}

func progress(ctx context.Context, tx *store.Tx, j *ent.Job, mutate func(*ent.JobUpdateOne)) error {
	u := tx.Job.UpdateOne(j).AddVersion(1).SetUpdatedAt(tx.Now)
	mutate(u)
	now, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("change job: %w", err)
	}
	tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: now.ID, ObjectVersion: now.Version, Actor: event.Actor{Kind: event.BySystem}})
	return nil
}

// own reads an event of a channel of ours anew from its raw form: what it names of ours, such as an upload, is in no event of a platform.
func (s *Service) own(t channel.Type, e channels.Event) (channels.Event, error) {
	adapter, err := s.Adapters.Get(channels.Type(t))
	if err != nil || !adapter.Capability().IsOwn {
		return e, err
	}
	all, err := adapter.Parse(channels.Account{}, e.Raw)
	if err != nil {
		return e, fmt.Errorf("read the event anew: %w", err)
	}
	return all[0], nil // one for each raw form
}

// errTaken says that somebody else replayed the event meanwhile.
var errTaken = errors.New("the event does not wait for a replay any more")

// replay applies one failed event again, and says whether it could be. It stays FAILED, with the new reason, where our code fails again.
func (s *Service) replay(ctx context.Context, team, id int64) (bool, error) {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE inbound_events SET state = 'DONE', reason = '', raw = CASE WHEN platform_message_id = '' THEN '' ELSE raw END, tries = tries + 1, tried_at = ? WHERE team_id = ? AND id = ? AND state = 'FAILED'",
			tx.Now, tx.Team, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errTaken
		}
		row, err := tx.InboundEvent.Query().Where(inboundevent.ID(id)).WithChannel().Only(ctx)
		if err != nil {
			return fmt.Errorf("read the event: %w", err)
		}
		if row.Raw == "" {
			return tx.InboundEvent.UpdateOne(row).SetState(inboundevent.StateIGNORED).SetReason("its content was erased").Exec(ctx)
		}
		var e channels.Event
		if err := json.Unmarshal([]byte(row.Raw), &e); err != nil {
			return fmt.Errorf("read the event: %w", err)
		}
		if e, err = s.own(row.Edges.Channel.Type, e); err != nil {
			return err
		}
		if err := tx.InboundEvent.UpdateOne(row).SetRaw(storable(string(e.Raw))).Exec(ctx); err != nil {
			return fmt.Errorf("keep the event: %w", err)
		}
		w, err := s.begin(ctx, tx, Body{Team: team, ChannelID: row.ChannelID, Type: channels.Type(row.Edges.Channel.Type), Events: []channels.Event{e}})
		if err != nil {
			return err
		}
		if err := w.prepare(ctx); err != nil {
			return err
		}
		return w.try(ctx, e)
	})
	switch {
	case err == nil, errors.Is(err, errTaken):
		return true, nil
	case !isOurs(ctx, err):
		return false, err
	}
	_, kept := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		return tx.InboundEvent.Update().Where(inboundevent.ID(id), inboundevent.StateEQ(inboundevent.StateFAILED)).AddTries(1).
			SetTriedAt(tx.Now).SetReason(reasonOf(err)).Exec(ctx)
	})
	return false, kept
}
