package inbound_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// foreseen stands for a platform whose adapter is yet to come: it has a row, and is never asked for more.
type foreseen struct {
	channels.Adapter
	can channels.Capability
}

func (f foreseen) Capability() channels.Capability { return f.can }

// MSG-9: the customer's message opens the window, whose end is watched for in the same transaction; another within it watches for nothing more.
func TestCustomerOpensWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		adapters, err := channels.NewRegistry(foreseen{can: channels.Foreseen()[channels.Facebook]})
		if err != nil {
			t.Fatal(err)
		}
		w.inbound.Adapters = adapters
		var face int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.Channel.Create().SetType(channel.TypeFACEBOOK).SetName("page").SetWebhookKey("page").SetPlatformID("page").SetCredentials([]byte("sealed")).
				SetRegionID("north").SetBranchID("taipei").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				face = c.ID
			}
			return err
		})
		hears := func(text string) {
			t.Helper()
			r, err := w.inbound.Receive(t.Context(), inbound.Body{Team: w.Team, ChannelID: face, Type: channels.Facebook, Events: []channels.Event{w.says(user("Umia"), text)}})
			if err != nil || r.Applied != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			w.Check()
		}
		watched := func() []job.Task {
			var all []job.Task
			for _, x := range w.asked.tasks {
				if x.Kind == conversation.WindowTask {
					all = append(all, x)
				}
			}
			return all
		}
		hears("hello")
		wrote := w.clock.Now()
		w.clock.Advance(time.Hour)
		hears("are you there?")
		if all := watched(); len(all) != 1 || !all[0].RunAt.Equal(wrote.Add(24*time.Hour)) || !all[0].IsUnique {
			t.Errorf("watched for: %+v", all)
		}
		w.clock.Advance(26 * time.Hour)
		hears("still there?")
		if all := watched(); len(all) != 2 || !all[1].RunAt.Equal(w.clock.Now().Add(24*time.Hour)) {
			t.Errorf("a day later: %+v", all)
		}
	})
}
