package demo_test

import (
	"context"
	"testing"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/server/demo"
)

func TestSeed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		team, err := db.CreateTeam(ctx, store.NewTeam{Slug: demo.Team, Name: "Demo", Language: "zh-Hant", TimeZone: "Asia/Taipei", Country: "TW", JoinsNames: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.Create().SetTeamID(team).SetEmail(demo.Accounts[0].Email).SetEmailFolded(demo.Accounts[0].Email).SetName("Ada").SetRole("ADMIN").
				SetStatus("ACTIVE").SetPasswordHash("a hash").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		err = demo.Seed(ctx, db, team, func(ctx context.Context, tx *store.Tx, l demo.Line) (*ent.Channel, error) {
			return tx.Channel.Create().SetTeamID(team).SetType("LINE").SetName(l.Name).SetWebhookKey(l.Key).SetPlatformID(l.UserID).SetCredentials([]byte(l.Secret)).
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
			n, err := v.Conversation.Query().Count(ctx)
			if err != nil || n != 500 {
				t.Errorf("%d conversations, %v", n, err)
			}
			groups, err := v.Conversation.Query().Where(conversation.KindEQ(conversation.KindGROUP)).All(ctx)
			if err != nil || len(groups) != 1 || groups[0].MentionMessageID == nil {
				t.Fatalf("the group: %v, %v", groups, err)
			}
			if m, err := v.Message.Get(ctx, *groups[0].MentionMessageID); err != nil || !m.IsSelfMentioned || m.Content == "" {
				t.Errorf("the account is mentioned in %v, %v", m, err)
			}
			rows, err := v.Conversation.Query().All(ctx)
			if err != nil {
				return err
			}
			counters, err := v.Counter.Query().All(ctx)
			if err != nil {
				return err
			}
			var counted, unread, really int64
			for _, c := range counters {
				counted, unread = counted+c.N, unread+c.Unread
			}
			statuses := map[conversation.Status]bool{}
			for _, c := range rows {
				if c.Kind == conversation.KindCOLLABORATION {
					statuses[c.Status] = true
					n, err := v.Participant.Query().Where(participant.ConversationID(c.ID), participant.AgentIDIn(c.CollaboratorIds...), participant.PartEQ(participant.PartCOLLABORATOR)).Count(ctx)
					if err != nil || n == 0 || n != len(c.CollaboratorIds) || c.FollowerID == nil {
						t.Errorf("%d of the collaborators of conversation %d take part, %v", n, c.ID, err)
					}
				}
				really += int64(c.Unread)
				if c.MessageSeq == 0 || c.LastMessageID == nil {
					t.Errorf("conversation %d has no messages", c.ID)
				}
			}
			if !statuses[conversation.StatusIN_PROGRESS] || !statuses[conversation.StatusENDED] {
				t.Errorf("collaborations are %v", statuses)
			}
			if counted != 500 || unread != really {
				t.Errorf("the counters say %d and %d unread of %d", counted, unread, really)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
