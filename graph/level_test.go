package graph_test

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
)

// CONV-17, CONV-19, RT-1: a conversation comes into a list of those that wait by time alone, and the row of one that is watched anyway tells its level.
func TestLevelsAreLive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "Mia", Messages: 1, WaitingSince: w.DB.Clock().Now().Add(-31 * time.Minute)})
		from := w.head(t).String()
		overdue := w.open(t, amy, listens, map[string]any{"view": "PENDING_HUMAN", "filter": map[string]any{"waitingAtLeast": "HALF_HOUR"}, "after": from})
		longer := w.open(t, amy, listens, map[string]any{"view": "PENDING_HUMAN", "filter": map[string]any{"waitingAtLeast": "ONE_HOUR"}, "after": from})
		others := w.open(t, amy, listens, map[string]any{"view": "PENDING_HUMAN", "filter": map[string]any{"not": map[string]any{"waitingAtLeast": "HALF_HOUR"}}, "after": from})
		all := w.open(t, amy, listens, map[string]any{"view": "ALL", "after": from})
		if err := conversation.NewLevels(w.resolver.Actions, nil).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := w.head(t)
		for _, s := range []*stream{overdue, longer, others, all} {
			s.want(t, "Hello")
		}
		if f := overdue.want(t, "ConversationEntered"); f.Conversation.ID != conv(c.ID) {
			t.Errorf("what comes in is %+v", f)
		}
		if f := others.want(t, "ConversationLeft"); f.ConversationID != conv(c.ID) {
			t.Errorf("what goes out is %+v", f)
		}
		if f := all.want(t, "ConversationChanged"); f.Conversation.ID != conv(c.ID) {
			t.Errorf("what changes is %+v", f)
		}
		if f := longer.until(t, at); len(f) != 0 {
			t.Errorf("half an hour is taken for one: %+v", f)
		}
	})
}
