package push

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/noticesettings"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/notification"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushsubscription"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushwebhook"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Task sends one delivery; Work does it.
const Task = "push"

// errand are the args of a task: a delivery, and which try it is.
type errand struct {
	Delivery int64
	Try      int
	// IsAgain says that its agent had a connection when it was looked at first.
	IsAgain bool `json:",omitempty"`
}

// atOnce is how many deliveries are written with one statement.
const atOnce = 200

// TakeIn writes, in the transaction that tells agents something, a delivery with its task for each of their devices and for the team's webhook, and none
// of what an agent does not want to be pushed. It is meant for store.Config's Emitted.
func (s *Service) TakeIn(ctx context.Context, tx *store.Tx, events []event.Event) error {
	var told, agents []int64
	for _, e := range events {
		if e.Kind == event.NotificationAdded {
			told = append(told, e.ObjectID)
			if !slices.Contains(agents, e.AgentID) {
				agents = append(agents, e.AgentID)
			}
		}
	}
	if len(told) == 0 {
		return nil
	}
	devices, err := tx.PushSubscription.Query().Where(pushsubscription.AgentIDIn(agents...)).Order(pushsubscription.ByID()).
		Select(pushsubscription.FieldID, pushsubscription.FieldAgentID).All(ctx)
	if err != nil {
		return fmt.Errorf("find the devices of agents: %w", err)
	}
	hasWebhook, err := tx.PushWebhook.Query().Where(pushwebhook.DisabledAtIsNil()).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find the webhook of pushes: %w", err)
	}
	if len(devices) == 0 && !hasWebhook {
		return nil
	}
	wishes, err := tx.NoticeSettings.Query().Where(noticesettings.AgentIDIn(agents...)).All(ctx)
	if err != nil {
		return fmt.Errorf("find what agents want to be told: %w", err)
	}
	muted := map[int64][]string{}
	for _, w := range wishes {
		muted[w.AgentID] = w.Muted
	}
	notices, err := tx.Notification.Query().Where(notification.IDIn(told...)).Order(notification.ByID()).
		Select(notification.FieldID, notification.FieldAgentID, notification.FieldCode).All(ctx)
	if err != nil {
		return fmt.Errorf("read what agents are told: %w", err)
	}
	var rows []*ent.PushDeliveryCreate
	add := func(n *ent.Notification, device int64) {
		rows = append(rows, tx.PushDelivery.Create().SetTeamID(tx.Team).SetNotificationID(n.ID).SetSubscriptionID(device).SetNextTryAt(tx.Now).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now))
	}
	for _, n := range notices {
		if slices.Contains(muted[n.AgentID], string(workspace.KindOf(n.Code))) {
			continue
		}
		for _, d := range devices {
			if d.AgentID == n.AgentID {
				add(n, d.ID)
			}
		}
		if hasWebhook {
			add(n, 0)
		}
	}
	for part := range slices.Chunk(rows, atOnce) {
		made, err := tx.PushDelivery.CreateBulk(part...).Save(ctx)
		if err != nil {
			return fmt.Errorf("write what is to be pushed: %w", err)
		}
		for _, m := range made {
			if err := s.enqueue(ctx, tx, errand{Delivery: m.ID}, time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) enqueue(ctx context.Context, tx *store.Tx, e errand, at time.Time) error {
	return s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: Task, Args: e, RunAt: at})
}

func readErrand(raw json.RawMessage) (errand, error) {
	var e errand
	err := json.Unmarshal(raw, &e)
	return e, err
}
