package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CHAN-7: a channel's information is set by administrators, up to 10,000 characters, on or off; agents read it beside the conversations that customers began, also
// while they wait and while a bot serves them, and not beside those that an agent began.
func TestChannelInformation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, amy := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		line, other := w.Channel("LINE"), w.Channel("WEBCHAT")
		channel := id.Format(id.Channel, line.ID)
		type information struct {
			Version int
			IsOn    bool
			Text    string
		}
		read := func(p auth.Principal) *information {
			t.Helper()
			var got struct{ ChannelInformation *information }
			if errs := w.query(t, p, `query($c: ID!) { channelInformation(channelId: $c) { version isOn text } }`, map[string]any{"c": channel}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.ChannelInformation
		}
		set := func(p auth.Principal, in map[string]any) (*information, string) {
			t.Helper()
			in["channelId"] = channel
			var got struct {
				ChannelInformationUpdate struct {
					Information *information
					UserErrors  []refusal
					Cursor      *string
				}
			}
			if errs := w.query(t, p, `mutation($in: ChannelInformationUpdateInput!) { channelInformationUpdate(input: $in) { information { version isOn text } userErrors { code message field } cursor } }`,
				map[string]any{"in": in}, &got); errs != nil {
				t.Fatal(errs)
			}
			x := got.ChannelInformationUpdate
			if len(x.UserErrors) > 0 {
				return x.Information, x.UserErrors[0].Code + " " + x.UserErrors[0].Field
			}
			if x.Cursor == nil {
				t.Error("a change has no position")
			}
			return x.Information, ""
		}
		waiting := w.Conversation(line, factory.Spec{Messages: 1})
		served := w.Conversation(line, factory.Spec{Queue: "BOT", Messages: 1})
		group := w.Conversation(line, factory.Spec{IsGroup: true, Messages: 1})
		followed := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		begun := w.Conversation(line, factory.Spec{})
		w.Change(begun.ID, func(u *ent.ConversationUpdateOne) { u.SetBegunBy("AGENT") })
		elsewhere := w.Conversation(other, factory.Spec{Messages: 1})
		shown := func(c *ent.Conversation) string {
			t.Helper()
			var got struct {
				Conversation *struct{ ChannelInformation *string }
			}
			if errs := w.query(t, amy, `query($c: ID!) { conversation(id: $c) { channelInformation } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			if got.Conversation.ChannelInformation == nil {
				return ""
			}
			return *got.Conversation.ChannelInformation
		}

		if x := read(amy); x == nil || *x != (information{}) || shown(waiting) != "" {
			t.Errorf("nothing set is %+v", x)
		}
		if _, code := set(amy, map[string]any{"text": "x"}); code != "FORBIDDEN " {
			t.Errorf("an agent sets it: %q", code)
		}
		long := strings.Repeat("字", 10_000)
		if x, code := set(admin, map[string]any{"text": long}); code != "" || *x != (information{Version: 1, Text: long}) {
			t.Errorf("10,000 characters: %q", code)
		}
		if _, code := set(admin, map[string]any{"text": long + "字"}); code != "VALIDATION text" {
			t.Errorf("10,001 characters: %q", code)
		}
		if shown(waiting) != "" {
			t.Error("it is shown while it is off")
		}
		if x, code := set(admin, map[string]any{"isOn": true, "text": "退貨請洽分機 12\n週一公休"}); code != "" || *x != (information{2, true, "退貨請洽分機 12\n週一公休"}) || *read(amy) != *x {
			t.Errorf("set to %+v, %q", x, code)
		}
		for what, c := range map[string]*ent.Conversation{"waits": waiting, "is served by a bot": served, "is a group's": group, "is followed": followed} {
			if got := shown(c); got != "退貨請洽分機 12\n週一公休" {
				t.Errorf("beside one that %s: %q", what, got)
			}
		}
		for what, c := range map[string]*ent.Conversation{"an agent began": begun, "is on another channel": elsewhere} {
			if got := shown(c); got != "" {
				t.Errorf("beside one that %s: %q", what, got)
			}
		}
		// A page of rows has it too, with one statement for all.
		var list struct {
			Conversations struct {
				Nodes []struct{ ChannelInformation *string }
			}
		}
		if errs := w.query(t, amy, `{ conversations(view: PENDING_HUMAN, first: 10) { nodes { channelInformation } } }`, nil, &list); errs != nil {
			t.Fatal(errs)
		}
		n := 0
		for _, x := range list.Conversations.Nodes {
			if x.ChannelInformation != nil {
				n++
			}
		}
		if len(list.Conversations.Nodes) != 4 || n != 2 {
			t.Errorf("of %d rows %d have it", len(list.Conversations.Nodes), n)
		}
		// The log tells that the channel has changed.
		var log struct {
			Events struct {
				Events []struct {
					Type    string `json:"__typename"`
					Channel *struct{ ID string }
				}
			}
		}
		after := w.head(t).String()
		if x, code := set(admin, map[string]any{"isOn": false}); code != "" || x.IsOn || x.Text == "" || shown(waiting) != "" {
			t.Errorf("off: %+v, %q", x, code)
		}
		if errs := w.query(t, amy, `query($a: Cursor) { events(after: $a) { events { __typename ... on ChannelChanged { channel { id } } } } }`, map[string]any{"a": after}, &log); errs != nil {
			t.Fatal(errs)
		}
		if e := log.Events.Events; len(e) != 1 || e[0].Channel == nil || e[0].Channel.ID != channel {
			t.Errorf("the log says %+v", e)
		}
		if x, code := set(admin, map[string]any{"isOn": true, "text": nil}); code != "" || x.Text != "" || shown(waiting) != "" {
			t.Errorf("cleared: %+v, %q", x, code)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.UpdateOneID(line.ID).SetDeletedAt(tx.Now).Exec(ctx)
		})
		if _, code := set(admin, map[string]any{"isOn": true}); code != "CHANNEL_UNAVAILABLE " && code != "CONFLICT " {
			t.Errorf("on a deleted channel: %q", code)
		}
	})
}
