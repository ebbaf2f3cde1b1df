package graph_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// distribute says to whom a channel's new enquiries go, and gives the channel's answer or the refusal's code and field.
func (w *world) distribute(t *testing.T, p auth.Principal, in map[string]any) (to, refused string, agents []string) {
	t.Helper()
	var got struct {
		ChannelDistributionSet struct {
			Channel *struct {
				Distribution struct {
					To       string
					AgentIDs []string `json:"agentIds"`
					BranchID *string
				}
			}
			UserErrors []refusal
			Cursor     *string
		}
	}
	if errs := w.query(t, p, `mutation($in: ChannelDistributionSetInput!) { channelDistributionSet(input: $in) { channel { distribution { to agentIds branchId } } userErrors { code message field } cursor } }`,
		map[string]any{"in": in}, &got); errs != nil {
		t.Fatal(errs)
	}
	x := got.ChannelDistributionSet
	if len(x.UserErrors) > 0 {
		return "", x.UserErrors[0].Code + " " + x.UserErrors[0].Field, nil
	}
	to = x.Channel.Distribution.To
	if b := x.Channel.Distribution.BranchID; b != nil {
		to += " " + *b
	}
	return to, "", x.Channel.Distribution.AgentIDs
}

// CHAN-8, CONV-28, CONV-7: while it waits, an enquiry of a channel that goes to some is absent for the others everywhere: from every view, order, filter, count, search and stream, by id and to every
// action; counts are what the lists hold. Who sees the team's sees it all the same, and once somebody follows it the usual rules hold.
func TestDistribution(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		in := func(branch string) func(*auth.Principal) { return func(p *auth.Principal) { p.BranchID = branch } }
		admin, boss := w.Agent(auth.Admin), w.Agent(auth.Supervisor)
		amy, ben, cat := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole, in("north")), w.Agent(auth.AgentRole, in("south"))
		head := w.Agent(auth.SalesManager, in("east"))
		open, chosen, branch := w.Channel("LINE"), w.Channel("LINE"), w.Channel("LINE")
		channel := func(c *ent.Channel) string { return id.Format(id.Channel, c.ID) }

		for what, x := range map[string]struct {
			who  auth.Principal
			in   map[string]any
			want string
		}{
			"an agent":           {amy, map[string]any{"to": "BRANCH", "branchId": "north"}, "FORBIDDEN "},
			"no agents":          {admin, map[string]any{"to": "AGENTS", "agentIds": []string{}}, "VALIDATION agentIds"},
			"an agent of nobody": {admin, map[string]any{"to": "AGENTS", "agentIds": []string{id.Format(id.Agent, 999_999)}}, "VALIDATION agentIds"},
			"no branch":          {admin, map[string]any{"to": "BRANCH"}, "VALIDATION branchId"},
		} {
			x.in["channelId"] = channel(open)
			if _, refused, _ := w.distribute(t, x.who, x.in); refused != x.want {
				t.Errorf("%s: %q", what, refused)
			}
		}
		if to, refused, agents := w.distribute(t, admin, map[string]any{"channelId": channel(chosen), "to": "AGENTS", "agentIds": []string{agentID(ben), agentID(amy), agentID(amy)}}); refused != "" || to != "AGENTS" ||
			!slices.Equal(agents, []string{agentID(amy), agentID(ben)}) {
			t.Errorf("chosen agents: %q %q %v", to, refused, agents)
		}
		if to, refused, _ := w.distribute(t, admin, map[string]any{"channelId": channel(branch), "to": "BRANCH", "branchId": "north"}); refused != "" || to != "BRANCH north" {
			t.Errorf("a branch: %q %q", to, refused)
		}

		// What waits, by to whom it went; as the desk makes it (see TestDistributedEnquiries).
		all := map[string]*ent.Conversation{}
		wait := func(name string, ch *ent.Channel, audience string, spec factory.Spec) {
			spec.Name, spec.Unread, spec.WaitingSince = name, 2, time.Now().Add(-time.Hour)
			c := w.Conversation(ch, spec)
			all[name] = w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetAudience(audience) })
		}
		chosenOnes, north := row.AgentsAudience([]int64{amy.AgentID, ben.AgentID}), row.BranchAudience("north")
		wait("open", open, "", factory.Spec{})
		wait("chosen", chosen, chosenOnes, factory.Spec{})
		wait("chosen bot", chosen, chosenOnes, factory.Spec{Queue: "BOT"})
		wait("chosen group", chosen, chosenOnes, factory.Spec{IsGroup: true})
		wait("branch", branch, north, factory.Spec{})
		wait("branch east", branch, north, factory.Spec{Branch: "east"})

		sees := map[string][]string{ // each in the order of names
			"boss": {"branch", "branch east", "chosen", "chosen bot", "chosen group", "open"},
			"amy":  {"chosen", "chosen bot", "chosen group", "open"},
			"ben":  {"branch", "branch east", "chosen", "chosen bot", "chosen group", "open"},
			"cat":  {"open"},
			"head": {"branch east", "open"}, // its branch's conversations are its to see (CONV-28); groups are none to it
		}
		who := map[string]auth.Principal{"boss": boss, "amy": amy, "ben": ben, "cat": cat, "head": head}
		check := func(when string) {
			t.Helper()
			for name, p := range who {
				for _, sort := range []string{"LAST_MESSAGE", "WAITING", "FOLLOWED_AT"} {
					for _, search := range []string{"", "n"} { // "n" is in every name but "chosen"'s kin have it too
						var got struct {
							Conversations struct {
								TotalCount int
								Nodes      []struct{ Name string }
							}
							Human, Bot  struct{ Nodes []struct{ Name string } }
							InboxCounts struct {
								Views []struct {
									View  string
									Count int
								}
								UnreadMessages int
							}
						}
						var s any
						if search != "" {
							s = search
						}
						if errs := w.query(t, p, `query($o: ConversationSort!, $s: String) { conversations(view: ALL, sort: $o, search: $s, first: 20) { totalCount nodes { name } }
							human: conversations(view: PENDING_HUMAN, sort: $o, search: $s, first: 20) { nodes { name } } bot: conversations(view: PENDING_BOT, sort: $o, search: $s, first: 20) { nodes { name } }
							inboxCounts { views { view count } unreadMessages } }`, map[string]any{"o": sort, "s": s}, &got); errs != nil {
							t.Fatal(errs)
						}
						names := func(nodes []struct{ Name string }) []string {
							out := []string{}
							for _, n := range nodes {
								out = append(out, n.Name)
							}
							slices.Sort(out)
							return out
						}
						want := []string{}
						for _, n := range sees[name] {
							if search == "" || slices.Contains([]string{"branch", "branch east", "chosen", "chosen bot", "chosen group", "open"}, n) {
								want = append(want, n)
							}
						}
						if list := names(got.Conversations.Nodes); !slices.Equal(list, want) || got.Conversations.TotalCount != len(want) {
							t.Errorf("%s: %s, by %s, of %q: %v, %d in all", when, name, sort, search, list, got.Conversations.TotalCount)
						}
						if list := names(append(got.Human.Nodes, got.Bot.Nodes...)); !slices.Equal(list, want) {
							t.Errorf("%s: %s, by %s, waiting of %q: %v", when, name, sort, search, list)
						}
						n := map[string]int{}
						for _, v := range got.InboxCounts.Views {
							n[v.View] = v.Count
						}
						if n["ALL"] != len(sees[name]) || n["PENDING_HUMAN"]+n["PENDING_BOT"] != len(sees[name]) || got.InboxCounts.UnreadMessages != 2*len(sees[name]) {
							t.Errorf("%s: %s counts %v, %d unread, and sees %d", when, name, n, got.InboxCounts.UnreadMessages, len(sees[name]))
						}
					}
				}
				for n, c := range all {
					var got struct{ Conversation *struct{ ID string } }
					if errs := w.query(t, p, `query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
						t.Fatal(errs)
					}
					if (got.Conversation != nil) != slices.Contains(sees[name], n) {
						t.Errorf("%s: %s by id is seen by %s: %v", when, n, name, got.Conversation != nil)
					}
				}
			}
		}
		check("at first")

		// A change of the channel leaves what waits where it went.
		if to, refused, _ := w.distribute(t, admin, map[string]any{"channelId": channel(chosen), "to": "EVERYBODY"}); refused != "" || to != "EVERYBODY" {
			t.Errorf("everybody: %q %q", to, refused)
		}
		check("after the channel goes to everybody")

		// Live: who does not hear it is not told of it, and sees it leave or come when it begins to concern it.
		after := w.head(t).String()
		const watch = `subscription($after: Cursor) { inboxEvents(view: ALL, after: $after) { __typename cursor ... on ConversationEntered { conversation { name } } ... on ConversationChanged { conversation { name } }
			... on ConversationLeft { conversationId } } }`
		hers, others := w.open(t, amy, watch, map[string]any{"after": after}), w.open(t, cat, watch, map[string]any{"after": after})
		hers.want(t, "Hello")
		others.want(t, "Hello")
		w.Hear(all["chosen"].ID)
		w.Hear(all["open"].ID)
		if f := hers.want(t, "ConversationChanged"); f.Conversation.Name != "chosen" {
			t.Errorf("one of the chosen is shown %+v", f.Conversation)
		}
		if f := others.want(t, "ConversationChanged"); f.Conversation.Name != "open" {
			t.Errorf("another is shown %+v", f.Conversation)
		}
		var follow struct {
			ConversationFollow struct{ UserErrors []refusal }
		}
		try := func(p auth.Principal) []refusal {
			t.Helper()
			if errs := w.query(t, p, `mutation($in: ConversationFollowInput!) { conversationFollow(input: $in) { userErrors { code message field } } }`, map[string]any{"in": map[string]any{"conversationId": conv(all["chosen"].ID)}}, &follow); errs != nil {
				t.Fatal(errs)
			}
			return follow.ConversationFollow.UserErrors
		}
		if e := try(cat); len(e) != 1 || e[0].Code != "NOT_FOUND" {
			t.Errorf("another follows it: %+v", e)
		}
		if e := try(amy); len(e) != 0 {
			t.Errorf("one of the chosen follows it: %+v", e)
		}
		// The loser of a race is told by whom; who could never have won is told nothing.
		if e := try(ben); len(e) != 1 || e[0].Code != "STATE_CONFLICT" {
			t.Errorf("one of the chosen is slower: %+v", e)
		}
		if e := try(cat); len(e) != 1 || e[0].Code != "NOT_FOUND" {
			t.Errorf("another is slower: %+v", e)
		}
	})
}

// CHAN-8, PROD-1: what begins to wait goes to whom its channel says then, also when it is ended and comes back.
func TestDistributedEnquiries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, amy, cat := w.Agent(auth.Admin), w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Status: "ENDED"})
		set := map[string]any{"channelId": id.Format(id.Channel, line.ID), "to": "AGENTS", "agentIds": []string{agentID(amy)}}
		if _, refused, _ := w.distribute(t, admin, set); refused != "" {
			t.Fatal(refused)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			before, err := row.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			after := row.Copy(before)
			after.Status, after.EndedAt = conversation.StatusPENDING, nil
			return row.Put(ctx, tx, before, after, factory.Nobody)
		})
		for _, x := range []struct {
			p    auth.Principal
			sees bool
		}{{amy, true}, {cat, false}, {admin, true}} {
			var got struct{ Conversation *struct{ ID string } }
			if errs := w.query(t, x.p, `query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil || (got.Conversation != nil) != x.sees {
				t.Errorf("%s sees it: %v, %v", x.p.Name, got.Conversation != nil, errs)
			}
		}
	})
}
