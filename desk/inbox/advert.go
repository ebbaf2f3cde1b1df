package inbox

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/advert"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// AdvertsOf reads the advertisements by which the customers of conversations came, by conversation, the newest first (CONV-27): one statement, and none where no
// row says that there are any.
func AdvertsOf(ctx context.Context, v *store.View, rows []*ent.Conversation) (map[int64][]*ent.Advert, error) {
	var of set
	for _, c := range rows {
		if c.IsFromAd {
			of.add(c.ID)
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	all, err := v.Advert.Query().Where(advert.ConversationIDIn(of.list()...)).Order(advert.ByAt(sql.OrderDesc()), advert.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read advertisements: %w", err)
	}
	out := map[int64][]*ent.Advert{}
	for _, a := range all {
		out[a.ConversationID] = append(out[a.ConversationID], a)
	}
	return out, nil
}
