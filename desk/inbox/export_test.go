package inbox

import (
	"context"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// SharesAmong is SharesIn that looks at so many of each run of an index.
func SharesAmong(ctx context.Context, v *store.View, p auth.Principal, asked []Selection, most int) ([]Share, error) {
	return sharesIn(ctx, v, p, asked, func(int) int { return most })
}
