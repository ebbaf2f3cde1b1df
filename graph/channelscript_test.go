package graph_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// CHAN-5, CHAN-6, CONV-10: what a channel says is read by agents and set by administrators; null brings the default back, in the team's language, and the log tells.
func TestChannelMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, amy := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		c := id.Format(id.Channel, w.Channel("LINE").ID)
		type line struct {
			IsOn, IsDefault bool
			Text            string
		}
		type messages struct {
			Version                int
			Welcome, Away, Closing line
			AgentName              string
			AutoEnd                struct {
				IsOn, SparesPinned bool
				IdleMinutes        int
				Reminder           line
			}
		}
		const all = `{ version welcome { isOn text isDefault } away { isOn text isDefault } closing { isOn text isDefault } agentName autoEnd { isOn idleMinutes sparesPinned reminder { isOn text isDefault } } }`
		read := func() messages {
			t.Helper()
			var got struct{ ChannelMessages *messages }
			if errs := w.query(t, amy, `query($c: ID!) { channelMessages(channelId: $c) `+all+` }`, map[string]any{"c": c}, &got); errs != nil || got.ChannelMessages == nil {
				t.Fatal(errs)
			}
			return *got.ChannelMessages
		}
		set := func(p auth.Principal, in map[string]any) (*messages, string) {
			t.Helper()
			in["channelId"] = c
			var got struct {
				ChannelMessagesUpdate struct {
					Messages   *messages
					UserErrors []struct{ Code string }
					Cursor     *string
				}
			}
			if errs := w.query(t, p, `mutation($in: ChannelMessagesUpdateInput!) { channelMessagesUpdate(input: $in) { messages `+all+` userErrors { code } cursor } }`, map[string]any{"in": in}, &got); errs != nil {
				t.Fatal(errs)
			}
			if e := got.ChannelMessagesUpdate.UserErrors; len(e) > 0 {
				return nil, e[0].Code
			}
			return got.ChannelMessagesUpdate.Messages, ""
		}
		first := read()
		if first.Version != 0 || first.Welcome.IsOn || first.Away.IsOn || first.Closing.IsOn || !first.Welcome.IsDefault || first.Welcome.Text == "" || first.AgentName != "NONE" {
			t.Errorf("nothing set is %+v", first)
		}
		if _, code := set(amy, map[string]any{"agentName": "FULL"}); code != "FORBIDDEN" {
			t.Errorf("an agent sets it: %q", code)
		}
		now, code := set(admin, map[string]any{"welcome": map[string]any{"isOn": true, "text": "hi"}, "agentName": "FULL"})
		if code != "" || now.Version != 1 || now.Welcome != (line{IsOn: true, Text: "hi"}) || now.Away.IsOn || now.AgentName != "FULL" {
			t.Errorf("set to %+v, %q", now, code)
		}
		if now, code = set(admin, map[string]any{"welcome": map[string]any{"text": nil}}); code != "" || now.Welcome != (line{IsOn: true, IsDefault: true, Text: first.Welcome.Text}) || now.Version != 2 {
			t.Errorf("back to %+v, %q", now, code)
		}
		// CONV-10
		if a := first.AutoEnd; a.IsOn || a.SparesPinned || a.IdleMinutes != 60 || a.Reminder.IsOn || !a.Reminder.IsDefault || a.Reminder.Text == "" {
			t.Errorf("nothing ends by itself at first: %+v", a)
		}
		if _, code := set(admin, map[string]any{"autoEnd": map[string]any{"idleMinutes": 0}}); code != "VALIDATION" {
			t.Errorf("no time: %q", code)
		}
		now, code = set(admin, map[string]any{"autoEnd": map[string]any{"isOn": true, "idleMinutes": 90, "sparesPinned": true, "reminder": map[string]any{"isOn": true, "text": "still there?"}}})
		if a := now.AutoEnd; code != "" || !a.IsOn || !a.SparesPinned || a.IdleMinutes != 90 || a.Reminder != (line{IsOn: true, Text: "still there?"}) || now.Welcome.Text != first.Welcome.Text {
			t.Errorf("set to %+v, %q", a, code)
		}
		if read() != *now {
			t.Errorf("an agent reads %+v", read())
		}
	})
}
