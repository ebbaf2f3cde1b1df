package conversation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// BenchmarkBulk is one action on 10,000 conversations of an agent's, chosen by its list and done by a job to its end: each is marked unread, and read again (CONV-11).
func BenchmarkBulk(b *testing.B) {
	const n = 10_000
	for _, dialect := range []string{"sqlite", "postgres"} {
		b.Run(dialect, func(b *testing.B) {
			w := setup(b, dialect)
			amy := w.Agent(auth.AgentRole, auth.SendMessages)
			w.crowd(amy, n)
			many := w.bulk()
			actions := []conversation.Action{conversation.MarkingUnread, conversation.MarkingRead}
			for i := 0; b.Loop(); i++ {
				page, _, err := many.Do(b.Context(), amy, conversation.BulkInput{Action: actions[i%2], Selection: &inbox.Selection{View: inbox.MyInProgress}})
				if err != nil {
					b.Fatal(err)
				}
				args, err := json.Marshal(map[string]int64{"JobID": page.Job.ID})
				if err != nil {
					b.Fatal(err)
				}
				for {
					if err := many.Work(b.Context(), w.Team, args); err != nil {
						b.Fatal(err)
					}
					j := w.exportJob(page.Job.ID)
					if j.EndedAt == nil {
						continue
					}
					if j.State != entjob.StateDONE || j.Done != n || j.Failed != 0 {
						b.Fatalf("it ended as %+v", j)
					}
					break
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "conversations/s")
		})
	}
}

// crowd makes so many conversations that an agent follows.
func (w *world) crowd(p auth.Principal, n int) {
	w.T.Helper()
	for from := 0; from < n; from += 500 {
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				name := fmt.Sprint("Customer ", i)
				who, err := tx.Contact.Create().SetFirstName(name).SetName(name).SetNameFolded(name).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				x, err := tx.Identity.Create().SetChannelID(w.ChannelID).SetPlatformUserID(fmt.Sprint("Ucrowd", i)).SetContactID(who.ID).SetFirstSeenAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				c, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(w.ChannelID).SetChannelType(entconversation.ChannelTypeLINE).SetKind(entconversation.KindONE_ON_ONE).
					SetStatus(entconversation.StatusIN_PROGRESS).SetFollowerID(p.AgentID).SetLastFollowerID(p.AgentID).SetFollowedAt(tx.Now).SetLastAt(tx.Now).SetIdentityID(x.ID).SetContactID(who.ID).SetName(name), system)
				if err != nil {
					return err
				}
				if err := tx.Participant.Create().SetConversationID(c.ID).SetAgentID(p.AgentID).SetPart(participant.PartFOLLOWER).SetSince(tx.Now).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
