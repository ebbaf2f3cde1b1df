package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// The times of the spool.
const (
	// hurry is how long the database may take with a body before the body is spooled: two tries of this fit into what a platform waits.
	hurry = 800 * time.Millisecond
	// drainEvery is how often the spool is tried while something is in it.
	drainEvery = 500 * time.Millisecond
	// drainWithin is how long one of its bodies may take.
	drainWithin = 10 * time.Second
)

// held is a verified body that waits for the database.
type held struct {
	Type channels.Type `json:"type"`
	Key  string        `json:"key"`
	At   time.Time     `json:"at"`
	Body []byte        `json:"body"`
}

// take stores a body's events or, where the database is away and there is a spool, keeps the body on the disk. While anything is in the spool
// every body goes through it, so that order is kept. The second result says that it was kept.
func (h *webhooks) take(ctx context.Context, in inbound.Body, key string, body []byte) (inbound.Result, bool, error) {
	if planted.Is("acknowledge-before-commit") {
		go func() { _, _ = h.inbound.Receive(context.WithoutCancel(ctx), in) }()
		return inbound.Result{}, false, nil
	}
	if h.spool == nil {
		r, err := h.inbound.Receive(ctx, in)
		return r, false, err
	}
	if h.spool.Len() == 0 || planted.Is("spool-overtaken") {
		quick, cancel := context.WithTimeout(ctx, hurry)
		r, err := h.inbound.Receive(quick, in)
		cancel()
		// A body whose time ran out may have been stored: it is recognised when it comes again.
		if err == nil || !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.DeadlineExceeded) {
			return r, false, err
		}
	}
	record, err := json.Marshal(held{Type: in.Type, Key: key, At: h.clock.Now(), Body: body})
	if err == nil {
		err = h.spool.Append(record)
	}
	h.spooled.Set(float64(h.spool.Len()))
	return inbound.Result{}, err == nil, err
}

// drain stores what is in the spool, in its order, as soon as the database is back, until the context ends.
func (h *webhooks) drain(ctx context.Context) {
	if h.spool == nil {
		return
	}
	isAway := false
	for {
		h.spooled.Set(float64(h.spool.Len()))
		if h.spool.Len() > 0 {
			err := h.spool.Drain(ctx, h.unspool)
			switch {
			case err == nil:
				h.log.InfoContext(ctx, "the spool is empty again")
				isAway = false
			case ctx.Err() == nil && !isAway:
				h.log.WarnContext(ctx, "webhooks wait in the spool", "records", h.spool.Len(), "error", err)
				isAway = true
			}
		}
		if h.clock.Sleep(ctx, drainEvery) != nil {
			return
		}
	}
}

// unspool stores a body that was kept.
func (h *webhooks) unspool(ctx context.Context, record []byte) error {
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	var b held
	if err := json.Unmarshal(record, &b); err != nil {
		h.log.ErrorContext(ctx, "a record of the spool cannot be read and is left out", "error", err)
		return nil
	}
	adapter, err := h.adapters.Get(b.Type)
	if err != nil {
		return err
	}
	to, err := h.accounts.ByWebhookKey(ctx, b.Type, b.Key)
	if fault.Is(err, fault.NotFound) {
		return nil // the channel was deleted meanwhile: it takes nothing any more (CHAN-4)
	}
	if err != nil {
		return err
	}
	events, err := adapter.Parse(to.Account, b.Body)
	if err != nil {
		h.log.ErrorContext(ctx, "a body in the spool can no longer be read and is left out", "error", err)
		return nil
	}
	got, err := h.inbound.Receive(ctx, inbound.Body{Team: to.TeamID, ChannelID: to.ChannelID, Type: b.Type, Events: events})
	if err != nil {
		return err
	}
	h.count(b.Type, got)
	return nil
}
