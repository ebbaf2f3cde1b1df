package push

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushdelivery"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Page is a page of the webhook's deliveries.
type Page struct {
	Rows []*ent.PushDelivery
	page.Result
}

// list names the list in its cursors.
const list = "push-deliveries"

// Deliveries lists what became of the notices for the team's webhook in the last days, the newest first; the failed ones alone where they are asked for.
// Others than ADMINs see none.
func (s *Service) Deliveries(ctx context.Context, p auth.Principal, failedOnly bool, w page.Window) (Page, error) {
	var out Page
	if p.Role != auth.Admin || !p.May(auth.ReadWorkspace) {
		return out, nil
	}
	after, before, err := keysOf(w)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		q := v.PushDelivery.Query().Where(pushdelivery.SubscriptionID(0)).WithNotification().Limit(w.Limit + 1)
		if failedOnly {
			q.Where(pushdelivery.StateEQ(pushdelivery.StateFAILED))
		}
		if after != 0 {
			q.Where(pushdelivery.IDLT(after))
		}
		if before != 0 {
			q.Where(pushdelivery.IDGT(before))
		}
		if w.IsBackward {
			q.Order(pushdelivery.ByID())
		} else {
			q.Order(pushdelivery.ByID(sql.OrderDesc()))
		}
		rows, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("list deliveries: %w", err)
		}
		out.Rows, out.Result = page.Cut(w, rows, func(d *ent.PushDelivery) string { return page.Cursor(list, d.ID) })
		return nil
	})
	return out, err
}

// keysOf reads the cursors of a window; 0 is none.
func keysOf(w page.Window) (after, before int64, err error) {
	if w.After != "" {
		if err := page.Key(w.After, list, "after", &after); err != nil {
			return 0, 0, err
		}
	}
	if w.Before != "" {
		if err := page.Key(w.Before, list, "before", &before); err != nil {
			return 0, 0, err
		}
	}
	return after, before, nil
}
