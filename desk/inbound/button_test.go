package inbound_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
)

// CONV-3: what a button of a rich menu or a bot's card does, by where the conversation was. CONV-14: its body, which no message leads to, is not kept.
func TestButton(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		peer := user("Umia")
		pressed := w.event(channels.Postback, peer)
		w.receive(pressed)
		w.nowhere(pressed.DedupeKey)
		v := w.with("Umia")
		if v == nil || v.Status != "PENDING" || v.Queue != "BOT" || v.MessageSeq != 0 || v.Unread != 0 || v.WaitingSince != nil {
			t.Fatalf("the first button made %+v", v)
		}
		a := w.Agent(auth.AgentRole, auth.SendMessages)
		for name, c := range map[string]struct {
			status, then entconversation.Status
			queue, after entconversation.Queue
			isFollowed   bool
		}{
			"waiting for a person stays so": {status: "PENDING", queue: "HUMAN", then: "PENDING", after: "HUMAN"},
			"served by the bot stays so":    {status: "PENDING", queue: "BOT", then: "PENDING", after: "BOT"},
			"in progress stays so":          {status: "IN_PROGRESS", queue: "HUMAN", isFollowed: true, then: "IN_PROGRESS", after: "HUMAN"},
			"ended is served by the bot":    {status: "ENDED", queue: "HUMAN", isFollowed: true, then: "PENDING", after: "BOT"},
		} {
			w.bring(v.ID, a, c.status, c.queue, c.isFollowed)
			before := w.Conversation(v.ID)
			if r := w.receive(w.event(channels.Postback, peer)); r.Applied != 1 {
				t.Errorf("%s: %+v", name, r)
			}
			got := w.Conversation(v.ID)
			if got.Status != c.then || got.Queue != c.after || (got.FollowerID != nil) != (c.then == "IN_PROGRESS") {
				t.Errorf("%s: %s/%s, follower %v", name, got.Status, got.Queue, got.FollowerID)
			}
			if got.MessageSeq != before.MessageSeq || got.Unread != before.Unread {
				t.Errorf("%s: a button counted as a message", name)
			}
		}
		// Who then writes wants a person.
		w.bring(v.ID, a, "PENDING", "BOT", false)
		w.receive(w.says(peer, "is anybody there?"))
		if got := w.Conversation(v.ID); got.Status != "PENDING" || got.Queue != "HUMAN" || got.WaitingSince == nil {
			t.Errorf("after a text: %s/%s", got.Status, got.Queue)
		}
	})
}

// A page of the menu that is turned says nothing, and no bot serves a group.
func TestButtonsWithoutEffect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		turn := w.event(channels.Postback, user("Umia"))
		turn.PostbackParams = map[string]string{"newRichMenuAliasId": "page-2", "status": "SUCCESS"}
		if r := w.receive(turn, w.event(channels.Postback, room("Cgroup"))); r.Ignored != 2 || r.Failed != 0 {
			t.Errorf("%+v", r)
		}
		if w.with("Umia") != nil || w.in("Cgroup") != nil {
			t.Error("a conversation was opened")
		}
	})
}
