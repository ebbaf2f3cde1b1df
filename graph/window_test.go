package graph_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// foreseen stands for a platform whose adapter is yet to come: it has a row, and is never asked for more.
type foreseen struct {
	channels.Adapter
	can channels.Capability
}

func (f foreseen) Capability() channels.Capability { return f.can }

// MSG-9: each conversation tells its window and until when; what is refused by it says since when.
func TestWindows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		amy.Permissions, amy.Language = []auth.Permission{auth.SendMessages}, "zh-Hant"
		face := w.Channel("FACEBOOK")
		const day = 24 * time.Hour
		for _, x := range []struct {
			since  time.Duration
			window string
			ends   time.Duration // after the customer wrote
			reason string
		}{
			{time.Hour, "OPEN", day, ""},
			{2 * day, "NON_PROMOTIONAL", 7 * day, "此用戶的訊息已超過24小時,只能傳送「非推廣性質」的訊息"},
			{8 * day, "CLOSED", 0, "無法傳送訊息,你已經超過Facebook的對話限制(客人最後一個訊息後7天內可傳送非推廣性質的訊息)"},
		} {
			c := w.Conversation(face, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			wrote := w.DB.Clock().Now().Add(-x.since).UTC().Truncate(time.Microsecond)
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Conversation.UpdateOneID(c.ID).SetCustomerAt(wrote).Exec(ctx)
			})
			var got struct {
				Conversation struct {
					Sendability struct {
						Allowed, PromotionalAllowed, RequiresTemplate bool
						Window                                        string
						Until                                         *time.Time
						Reason                                        *string
					}
				}
				MessageSend struct {
					UserErrors []struct {
						Type          string `json:"__typename"`
						Code, Message string
						Until         *time.Time
					}
				}
			}
			if errs := w.query(t, amy, `query($c: ID!) { conversation(id: $c) { sendability { allowed promotionalAllowed requiresTemplate window until reason } } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			s := got.Conversation.Sendability
			isOpen := x.window != "CLOSED"
			if s.Window != x.window || s.Allowed != isOpen || s.PromotionalAllowed != (x.window == "OPEN") || s.RequiresTemplate || (s.Until == nil) == isOpen || s.Until != nil && !s.Until.Equal(wrote.Add(x.ends)) ||
				(s.Reason == nil) != (x.reason == "") || s.Reason != nil && *s.Reason != x.reason {
				t.Errorf("after %s: %+v", x.since, s)
			}
			if errs := w.query(t, amy, `mutation($c: ID!) { messageSend(input: {conversationId: $c, clientMessageId: "`+x.window+`", content: {text: "hi"}}) { userErrors { __typename code message ... on WindowClosed { until } } } }`,
				map[string]any{"c": conv(c.ID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			e := got.MessageSend.UserErrors
			if isOpen {
				if len(e) > 0 {
					t.Errorf("after %s: %+v", x.since, e)
				}
			} else if len(e) != 1 || e[0].Type != "WindowClosed" || e[0].Code != "WINDOW_CLOSED" || e[0].Message != x.reason || e[0].Until == nil || !e[0].Until.Equal(wrote.Add(7*day)) {
				t.Errorf("after %s: %+v", x.since, e)
			}
		}
	})
}
