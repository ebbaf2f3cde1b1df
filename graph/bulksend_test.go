package graph_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MSG-11, MSG-16: one mutation sends to many: each result names why it was refused, with what can be said of it; more than 200 are refused as a whole; asked for again it is the same.
func TestBulkMessageSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		line, face := w.Channel("LINE"), w.Channel("FACEBOOK")
		mine, waits := w.Conversation(line, factory.Spec{Name: "Mia", Status: "IN_PROGRESS", Follower: amy.AgentID}), w.Conversation(line, factory.Spec{})
		late := w.Conversation(face, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
		wrote := w.DB.Clock().Now().Add(-8 * 24 * time.Hour).UTC().Truncate(time.Microsecond)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Conversation.UpdateOneID(late.ID).SetCustomerAt(wrote).Exec(ctx)
		})
		const mutation = `mutation($i: ConversationBulkMessageSendInput!) { conversationBulkMessageSend(input: $i) {
			bulk { action succeeded refused job { id state total } results { conversationId state error { __typename code message ... on StateConflict { status } ... on WindowClosed { until } ... on LimitExceeded { limit } } } }
			cursor userErrors { __typename code message field ... on LimitExceeded { limit } } } }`
		type refusal struct {
			Type          string `json:"__typename"`
			Code, Message string
			Field, Status *string
			Until         *time.Time
			Limit         int
		}
		type payload struct {
			Bulk *struct {
				Action             string
				Succeeded, Refused int
				Job                struct {
					ID, State string
					Total     int
				}
				Results []struct {
					ConversationID, State string
					Error                 *refusal
				}
			}
			Cursor     *string
			UserErrors []refusal
		}
		send := func(in map[string]any) payload {
			t.Helper()
			var got struct{ ConversationBulkMessageSend payload }
			if errs := w.query(t, amy, mutation, map[string]any{"i": in}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.ConversationBulkMessageSend
		}
		in := map[string]any{"conversationIds": []string{conv(mine.ID), conv(waits.ID), conv(late.ID)}, "clientMessageId": "sale",
			"content": map[string]any{"text": "Hello {{system:customer_name}}"}}
		first := send(in)
		if b := first.Bulk; b == nil || b.Action != "REPLY" || b.Succeeded != 1 || b.Refused != 2 || b.Job.State != "DONE" || len(b.Results) != 3 || first.Cursor == nil {
			t.Fatalf("sent: %+v", first)
		}
		r := first.Bulk.Results
		if r[0].State != "DONE" || r[0].Error != nil {
			t.Errorf("to one's own: %+v", r[0])
		}
		if e := r[1].Error; e == nil || e.Type != "StateConflict" || e.Status == nil || *e.Status != "PENDING" {
			t.Errorf("to a pending one: %+v", e)
		}
		if e := r[2].Error; e == nil || e.Type != "WindowClosed" || e.Until == nil || !e.Until.Equal(wrote.Add(7*24*time.Hour)) {
			t.Errorf("to one whose window is closed: %+v", e)
		}
		if again := send(in); again.Bulk == nil || again.Bulk.Job.ID != first.Bulk.Job.ID {
			t.Errorf("again: %+v", again)
		}
		var texts []string
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.Message.Query().Where(message.DirectionEQ(message.DirectionOUTBOUND)).All(ctx)
			for _, m := range all {
				texts = append(texts, m.Text+" "+*m.ClientMessageID)
			}
			return err
		})
		if !slices.Equal(texts, []string{"Hello Mia sale/" + conv(mine.ID)}) {
			t.Errorf("it sent %q", texts)
		}
		many := make([]string, 201)
		for i := range many {
			many[i] = conv(int64(1000 + i))
		}
		in["conversationIds"], in["clientMessageId"] = many, "too many"
		if e := send(in).UserErrors; len(e) != 1 || e[0].Type != "LimitExceeded" || e[0].Limit != 200 || e[0].Field == nil || *e[0].Field != "conversationIds" ||
			e[0].Message != "One message goes to at most 200 recipients at once." {
			t.Errorf("to 201: %+v", e)
		}
		amy.Permissions = nil
		in["conversationIds"], in["clientMessageId"] = many[:1], "mute"
		if e := send(in).UserErrors; len(e) != 1 || e[0].Code != "FORBIDDEN" {
			t.Errorf("without the permission: %+v", e)
		}
	})
}
