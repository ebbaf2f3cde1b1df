package inbox

import (
	"context"
	"fmt"
	"strconv"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Selection is what a list would show, for what is done to all of it.
type Selection struct {
	View   View
	Filter *Filter
	Search string
}

// TooMany refuses an input that names more conversations than are done at once.
func TooMany(language, field string, most int) error {
	text := catalogue.Text(language, "refusal.bulk_limit", map[string]string{"limit": strconv.Itoa(most)})
	return fault.Input(field, "%s", text).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": most})
}

// SelectIn gives the ids of what the principal's list would show, in no order, at most so many: more is a fault of kind Invalid with
// the code LIMIT_EXCEEDED. Who may not read conversations may not select them either: Forbidden.
func SelectIn(ctx context.Context, v *store.View, p auth.Principal, sel Selection, most int) ([]int64, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	if err := sel.Filter.Validate("selection.filter"); err != nil {
		return nil, err
	}
	found, err := newSearch(sel.Search)
	if err != nil {
		return nil, err
	}
	if found != nil {
		if err := found.resolve(ctx, v); err != nil {
			return nil, err
		}
	}
	audiences, err := audiencesOf(ctx, v, p)
	if err != nil {
		return nil, err
	}
	q := query{v: v, strands: apart(strands(p, sel.View, true, sel.Filter, audiences), sel.Filter.archived()), filter: sel.Filter.within(p), search: found}
	var ids []int64
	for _, strand := range q.strands {
		some, err := v.Conversation.Query().Where(q.where(strand)).Limit(most + 1 - len(ids)).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("select conversations: %w", err)
		}
		if ids = append(ids, some...); len(ids) > most {
			return nil, TooMany(p.Language, "selection", most)
		}
	}
	return ids, nil
}
