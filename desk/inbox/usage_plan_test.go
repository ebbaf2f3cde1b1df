package inbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// GRP-12: what groups cost is summed over the index that holds nothing else, however many messages there are, by both databases.
func TestGroupUsageReadsItsIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
			explain := "EXPLAIN QUERY PLAN "
			if db.IsPostgres() { // a scan of an empty table is the cheapest
				explain = "EXPLAIN "
				if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
					return err
				}
			}
			rows, err := tx.Query(ctx, explain+fmt.Sprintf(usageSQL, "?, ?"), team, int64(1), int64(2), tx.Now.Add(-time.Hour), tx.Now)
			if err != nil {
				return err
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			var plan strings.Builder
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				fmt.Fprintln(&plan, *values[len(values)-1].(*any))
			}
			if !strings.Contains(plan.String(), "message_team_id_channel_id_sent_at_usage") {
				t.Errorf("it is read by\n%s", plan.String())
			}
			return rows.Err()
		}); err != nil {
			t.Fatal(err)
		}
	})
}
