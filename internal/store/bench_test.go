package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// BenchmarkWalls does the same with row-level security and, as a superuser that names no team, without, in turn, and reports the medians and
// their ratio: what the second wall costs. Of the hundred teams each has fifty messages.
func BenchmarkWalls(b *testing.B) {
	db := storetest.Open(b, "postgres", store.Config{})
	var teams []int64
	for n := range 100 {
		team, err := db.CreateTeamWith(b.Context(), store.NewTeam{Slug: fmt.Sprint("t", n), Name: "t", Language: "en", TimeZone: "UTC", Country: "TW"}, func(ctx context.Context, tx *store.Tx) error {
			if err := history(ctx, tx); err != nil {
				return err
			}
			c, err := tx.Conversation.Query().Only(ctx)
			if err != nil {
				return err
			}
			for seq := 2; seq <= 50; seq++ {
				err := tx.Message.Create().SetTeamID(tx.Team).SetConversationID(c.ID).SetChannelID(c.ChannelID).SetSeq(int64(seq)).SetDirection(message.DirectionINBOUND).
					SetSender(message.SenderCONTACT).SetKind("TEXT").SetText("kept").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		teams = append(teams, team)
	}
	if _, err := db.SQL().ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	without := db.Unwalled()
	without.SQL().SetMaxIdleConns(4)
	for _, c := range []struct {
		name string
		do   func(ctx context.Context, db *store.DB, team int64) error
	}{
		{"a list of 50", func(ctx context.Context, db *store.DB, team int64) error {
			return db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
				c, err := v.Conversation.Query().Where(conversation.StatusEQ(conversation.StatusENDED)).Only(ctx)
				if err != nil {
					return err
				}
				all, err := v.Message.Query().Where(message.ConversationID(c.ID)).Order(message.BySeq()).Limit(50).All(ctx)
				if err == nil && len(all) != 50 {
					err = fmt.Errorf("%d messages", len(all))
				}
				return err
			})
		}},
		{"one row", func(ctx context.Context, db *store.DB, team int64) error {
			return db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
				_, err := v.AsOf(ctx)
				return err
			})
		}},
		{"a change with its event", func(ctx context.Context, db *store.DB, team int64) error {
			_, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
				tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: 1, ObjectVersion: 1})
				_, err := tx.Conversation.Update().SetUpdatedAt(tx.Now).AddVersion(1).Save(ctx)
				return err
			})
			return err
		}},
		{"the log after a position", func(ctx context.Context, db *store.DB, team int64) error {
			_, err := db.After(ctx, team, 0, 100)
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			took := [2][]time.Duration{}
			n := 0
			for b.Loop() {
				for i, db := range []*store.DB{db, without} {
					begun := time.Now()
					if err := c.do(b.Context(), db, teams[n%len(teams)]); err != nil {
						b.Fatal(err)
					}
					took[i] = append(took[i], time.Since(begun))
				}
				n++
			}
			var median [2]float64
			for i, all := range took {
				slices.Sort(all)
				median[i] = float64(all[len(all)/2].Microseconds())
			}
			b.ReportMetric(median[0], "µs-walled")
			b.ReportMetric(median[1], "µs-without")
			b.ReportMetric(median[0]/median[1], "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
