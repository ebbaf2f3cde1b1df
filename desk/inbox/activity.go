package inbox

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/activity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ActivityPage is a page of a conversation's activity log, newest first (CONV-24).
type ActivityPage struct {
	All []*ent.Activity
	page.Result
}

const activityCursor = "activities"

// Activities reads a page of what happened to a conversation, newest first. One that the principal may not see is a fault of kind NotFound.
func (s *Service) Activities(ctx context.Context, p auth.Principal, conversationID int64, w page.Window) (*ActivityPage, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var after, before int64
	if w.After != "" {
		if err := page.Key(w.After, activityCursor, "after", &after); err != nil {
			return nil, err
		}
	}
	if w.Before != "" {
		if err := page.Key(w.Before, activityCursor, "before", &before); err != nil {
			return nil, err
		}
	}
	var out ActivityPage
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		if _, err := Visible(ctx, v, p, conversationID); err != nil {
			return err
		}
		q := v.Activity.Query().Where(activity.ConversationID(conversationID)).Limit(w.Limit + 1)
		if after != 0 {
			q.Where(activity.IDLT(after))
		}
		if before != 0 {
			q.Where(activity.IDGT(before))
		}
		if w.IsBackward {
			q.Order(activity.ByID())
		} else {
			q.Order(activity.ByID(sql.OrderDesc()))
		}
		all, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("read activities: %w", err)
		}
		out.All, out.Result = page.Cut(w, all, func(a *ent.Activity) string { return page.Cursor(activityCursor, a.ID) })
		return nil
	})
	return &out, err
}

// Activity reads one entry of the log of a conversation that the principal may see; any other is a fault of kind NotFound.
func (s *Service) Activity(ctx context.Context, p auth.Principal, id int64) (*ent.Activity, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var out *ent.Activity
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if out, err = v.Activity.Get(ctx, id); err != nil {
			if ent.IsNotFound(err) {
				return fault.Missing("the activity")
			}
			return err
		}
		_, err = Visible(ctx, v, p, out.ConversationID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
