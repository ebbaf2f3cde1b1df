package automation_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keywordrule"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// BenchmarkReceive is a message taken in by a team with a thousand keyword rules of three keywords, none of which the text holds, beside the same without
// anything automatic: what the rules cost a message that they do not answer (PROD-6). Everything is the first message of a new customer, in which there is a phone, with the
// thousand rules, a welcome, and assignment to agents on duty; first is the same message where nothing of it is on.
func BenchmarkReceive(b *testing.B) {
	for _, dialect := range []string{"sqlite", "postgres"} {
		for _, name := range []string{"thousand", "none", "everything", "first"} {
			b.Run(dialect+"/"+name, func(b *testing.B) {
				w := setup(b, dialect)
				service := w.inbound
				if name == "none" || name == "first" {
					c := w.inbound.Config
					c.Automation = nil
					service = inbound.New(c)
				} else {
					w.thousand()
				}
				if name == "everything" {
					w.scripts(func(in *account.ScriptInput) { in.Welcome = on("") })
					w.shift("office", w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages))
					w.assigning(true)
				}
				w.says("Umia", "hello")
				who, n := "Umia", 0
				for b.Loop() {
					if name == "everything" || name == "first" {
						n++
						who = fmt.Sprint("Unew", n)
					}
					e := w.said(user(who), channels.Content{Kind: channels.Text, Text: "請問我的訂單什麼時候會到?我的電話是 0912-345-678,會員編號是 A-20391,謝謝您的幫忙,麻煩盡快回覆。"})
					if _, err := service.Receive(b.Context(), inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}}); err != nil {
						b.Fatal(err)
					}
				}
				if c := w.with(who); name == "everything" && (c.FollowerID == nil || !c.HasPhone || len(w.bot(c)) != 1) {
					b.Errorf("not everything happened: %+v", c)
				}
			})
		}
	}
}

// thousand makes a thousand rules: one by the service, so that there is a version, the others as rows.
func (w *world) thousand() {
	w.T.Helper()
	first := w.rule("reply 0", automation.RuleInput{}, "關鍵字0")
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		for i := 1; i < 1000; i++ {
			var words []map[string]string
			for j := range 3 {
				words = append(words, map[string]string{"text": fmt.Sprintf("關鍵字%d退貨%d", i, j), "match": "CONTAINS"})
			}
			err := tx.KeywordRule.Create().SetTeamID(w.Team).SetName(fmt.Sprint("rule ", i)).SetPosition(int64(i) + 1).SetKeywords(words).SetMessages(first.Messages).
				SetStatuses([]string{"PENDING"}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		n, err := tx.KeywordRule.Query().Where(keywordrule.IsEnabled(true)).Count(ctx)
		if err == nil && n != 1000 {
			w.T.Errorf("there are %d rules", n)
		}
		return err
	})
}
