package conversation_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// costs are what messages to groups cost in a time.
func (w *world) costs(p auth.Principal, from, to time.Time, channelIDs ...int64) *inbox.GroupUsage {
	w.T.Helper()
	u, err := w.inboxes().GroupUsage(w.T.Context(), p, inbox.UsageInput{From: from, To: to, ChannelIDs: channelIDs})
	if err != nil {
		w.T.Fatal(err)
	}
	return u
}

func (w *world) inboxes() *inbox.Service {
	adapters, err := channels.NewRegistry(line.New(&http.Client{}))
	if err != nil {
		w.T.Fatal(err)
	}
	return inbox.New(w.DB, adapters)
}

// cost fails the test unless that is what it cost.
func (w *world) cost(what string, u inbox.Usage, messages int, usage int64, cost string) {
	w.T.Helper()
	if u.Messages != messages || u.Usage != usage || u.Cost != cost {
		w.T.Errorf("%s: %d messages count %d and cost %s, not %d, %d and %s", what, u.Messages, u.Usage, u.Cost, messages, usage, cost)
	}
}

// priced sets the team's price.
func (w *world) priced(price string) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Team.UpdateOneID(tx.Team).SetGroupMessagePrice(price).Exec(ctx)
	})
}

// members makes a group's number another.
func (w *world) members(id int64, n int) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		after := row.Copy(c)
		after.MemberCount = n
		if err := tx.Group.UpdateOneID(*c.GroupID).SetMemberCount(n).Exec(ctx); err != nil {
			return err
		}
		return row.Put(ctx, tx, c, after, system)
	})
}

// GRP-12: a message counts as many as its group had members when it was sent, once the platform has taken it; what has failed, also after it was sent, costs nothing. Summed by range and channel, the money is exact.
func TestGroupUsage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss := w.agents()
		w.priced("0.5")
		begin := w.clock.Now()
		always := begin.Add(1000 * time.Hour)
		group, person := w.group(2), w.chat("Mia")
		w.follow(amy, group)
		w.follow(amy, person)
		sent := conversation.Delivery{Status: message.DeliverySENT}
		var last *ent.Message
		for n := range 10 {
			m := w.sent(amy, group, fmt.Sprint("m", n), "hi")
			if m.Usage != 2 {
				t.Fatalf("one counts %d", m.Usage)
			}
			if n == 0 {
				w.cost("on its way", w.costs(boss, begin, always).Usage, 0, 0, "0")
			}
			w.settle(m, sent)
			last = m
		}
		if m := w.sent(amy, person, "p", "hi"); m.Usage != 0 {
			t.Errorf("one to a person counts %d", m.Usage)
		} else {
			w.settle(m, sent)
		}
		u := w.costs(boss, begin, always)
		w.cost("ten messages to two", u.Usage, 10, 20, "10")
		if len(u.Channels) != 1 || u.Channels[0].ChannelID != w.ChannelID || u.Price != "0.5" {
			t.Errorf("by channel: %+v", u)
		}
		w.cost("of the channel", u.Channels[0].Usage, 10, 20, "10")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			_, err := conversation.SetDeliveryIn(ctx, tx, last.ID, conversation.Delivery{Status: message.DeliveryFAILED, Code: channels.CodeRecipientGone}, system)
			return err
		})
		w.cost("one failed after it was sent", w.costs(boss, begin, always).Usage, 9, 18, "9")

		// Whoever joins later was not there.
		w.clock.Advance(time.Hour)
		w.members(group, 3)
		later := w.clock.Now()
		failed := w.sent(amy, group, "failed", "hi")
		w.settle(failed, conversation.Delivery{Status: message.DeliveryFAILED, Code: channels.CodeRecipientGone})
		w.cost("one that failed", w.costs(boss, begin, always).Usage, 9, 18, "9")
		w.members(group, 7)
		again, _, err := w.actions.Retry(t.Context(), amy, conversation.RetryInput{MessageID: failed.ID})
		if err != nil || again.Usage != 7 {
			t.Fatalf("sent again it counts %d: %v", again.Usage, err)
		}
		w.settle(again, sent)
		w.cost("sent again to seven", w.costs(boss, begin, always).Usage, 10, 25, "12.5")

		// From a moment on and before another; by channel.
		w.cost("the first hour", w.costs(boss, begin, later).Usage, 9, 18, "9")
		w.cost("from then on", w.costs(boss, later, always).Usage, 1, 7, "3.5")
		w.cost("before it", w.costs(boss, begin.Add(-time.Hour), begin).Usage, 0, 0, "0")
		own := w.ChannelID
		other := w.Channel("north", "taipei").ID
		w.ChannelID = other
		second := w.group(30)
		w.ChannelID = own
		w.follow(amy, second)
		w.settle(w.sent(amy, second, "x", "hi"), sent)
		w.cost("of both", w.costs(boss, begin, always).Usage, 11, 55, "27.5")
		w.cost("of one", w.costs(boss, begin, always, other).Usage, 1, 30, "15")
		w.cost("of none that is there", w.costs(boss, begin, always, 999_999).Usage, 0, 0, "0")
		for price, cost := range map[string]string{"0": "0", "0.1": "5.5", "0.000001": "0.000055", "999999999.999999": "54999999999.999945"} {
			w.priced(price)
			w.cost("at "+price, w.costs(boss, begin, always).Usage, 11, 55, cost)
		}
	})
}

// GRP-12, GRP-1: what groups cost is for the manager roles that work with them.
func TestGroupUsageIsForManagers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		in := inbox.UsageInput{From: now.Add(-time.Hour), To: now}
		for _, r := range auth.Roles {
			_, err := w.inboxes().GroupUsage(t.Context(), w.Agent(r, auth.SendMessages), in)
			isIn := r == auth.Admin || r == auth.Supervisor || r == auth.CSManager
			if isIn != (err == nil) || !isIn && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", r, err)
			}
		}
		boss := w.Agent(auth.Admin)
		in.To = in.From
		if _, err := w.inboxes().GroupUsage(t.Context(), boss, in); !fault.Is(err, fault.Invalid) {
			t.Errorf("an empty time: %v", err)
		}
	})
}
