package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-9, RT-1: an agent's settings of notices are its own, and its other devices see them change; a notice shows what the message says as long as it may be seen.
func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		const watch = `subscription { notifications { __typename cursor } }`
		mine, others := w.open(t, amy, watch, nil), w.open(t, ben, watch, nil)
		mine.want(t, "Hello")
		others.want(t, "Hello")
		var set struct {
			NoticeSettingsUpdate struct {
				Settings   *struct{ NewMessages, Sound bool }
				UserErrors []struct{ Field string }
			}
		}
		const update = `mutation($i: NoticeSettingsUpdateInput!) { noticeSettingsUpdate(input: $i) { settings { newMessages sound } userErrors { field } } }`
		if errs := w.query(t, amy, update, map[string]any{"i": map[string]any{"sound": true}}, &set); errs != nil || set.NoticeSettingsUpdate.Settings != nil ||
			len(set.NoticeSettingsUpdate.UserErrors) != 1 || set.NoticeSettingsUpdate.UserErrors[0].Field != "sound" {
			t.Errorf("a sound alone gives %+v: %v", set, errs)
		}
		if errs := w.query(t, amy, update, map[string]any{"i": map[string]any{"newMessages": true, "sound": true, "pushKinds": []string{"MENTION"}}}, &set); errs != nil ||
			set.NoticeSettingsUpdate.Settings == nil || !set.NoticeSettingsUpdate.Settings.Sound {
			t.Errorf("it gives %+v: %v", set, errs)
		}
		mine.want(t, "NoticeSettingsChanged")
		if all := others.until(t, w.head(t)); len(all) != 0 {
			t.Errorf("another is told %+v", all)
		}
		var now struct {
			NoticeSettings struct {
				NewMessages bool
				PushKinds   []string
			}
		}
		if errs := w.query(t, amy, `{ noticeSettings { newMessages pushKinds } }`, nil, &now); errs != nil || !now.NoticeSettings.NewMessages || strings.Join(now.NoticeSettings.PushKinds, "") != "MENTION" {
			t.Errorf("they are %+v: %v", now, errs)
		}
		open := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
		said := w.Hear(open.ID)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return workspace.NotifyIn(ctx, tx, amy.Actor(), []int64{amy.AgentID, ben.AgentID}, workspace.Notice{Code: "notice.message", Params: map[string]string{"customer": "Mia"},
				ConversationID: open.ID, MessageID: said})
		})
		mine.want(t, "NotificationAdded")
		for p, isSeen := range map[*auth.Principal]bool{&amy: true, &ben: false} {
			var got struct {
				Notifications struct {
					Nodes []struct {
						Kind, ConversationID string
						MessageID, Preview   *string
					}
				}
			}
			errs := w.query(t, *p, `{ notifications { nodes { kind conversationId messageId preview } } }`, nil, &got)
			if errs != nil || len(got.Notifications.Nodes) != 1 {
				t.Fatalf("got %+v: %v", got, errs)
			}
			n := got.Notifications.Nodes[0]
			if n.Kind != "MESSAGE" || n.ConversationID != id.Format(id.Conversation, open.ID) || n.MessageID == nil || (n.Preview != nil) != isSeen || isSeen && !strings.HasPrefix(*n.Preview, "message ") {
				t.Errorf("it shows %+v", n)
			}
		}
	})
}
