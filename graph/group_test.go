package graph_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// refusal is what a payload says against a mutation.
type refusal struct{ Code, Message, Field string }

type groupNotePayload struct {
	GroupNoteSet struct {
		Group *struct {
			ID, Note    string
			NoteVersion int
		}
		UserErrors []refusal
		Cursor     *string
	}
}

func (w *world) noteGroup(t *testing.T, p auth.Principal, g string, read int, note string) groupNotePayload {
	t.Helper()
	var got groupNotePayload
	errs := w.query(t, p, `mutation($in: GroupNoteSetInput!) { groupNoteSet(input: $in) { group { id note noteVersion } userErrors { code message field } cursor } }`,
		map[string]any{"in": map[string]any{"groupId": g, "note": note, "noteVersion": read}}, &got)
	if errs != nil {
		t.Fatal(errs)
	}
	return got
}

// GRP-7, CONV-28, GRP-1, RT-1: the note of a group is changed as viewerCan says, up to 1,000 characters, also once the account has left; what another wrote meanwhile is not
// overwritten, and the same change asked for again is no second one. Who watches the conversation sees it, its log tells of it, it is found, and the platform gets nothing.
func TestGroupNote(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss := w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		silent, sales := w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		silent.Permissions = nil
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "松高團購群", IsGroup: true, Messages: 1})
		other := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "別群", IsGroup: true})
		g := id.Format(id.Group, *c.GroupID)
		type permit struct {
			Allowed bool
			Reason  *string
		}
		may := func(p auth.Principal) permit {
			t.Helper()
			var got struct {
				Conversation *struct{ ViewerCan struct{ GroupNote permit } }
			}
			if errs := w.query(t, p, `query($c: ID!) { conversation(id: $c) { viewerCan { groupNote { allowed reason } } } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.Conversation.ViewerCan.GroupNote
		}
		seen := w.open(t, boss, `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { __typename cursor
			... on GroupChanged { group { name note } } } }`, map[string]any{"id": conv(c.ID), "after": w.head(t).String()})
		seen.want(t, "Hello")

		if p := may(amy); !p.Allowed {
			t.Errorf("viewerCan.groupNote is %+v", p)
		}
		got := w.noteGroup(t, amy, g, 0, "  每週三到貨\n找林小姐 ").GroupNoteSet
		if len(got.UserErrors) > 0 || got.Group == nil || got.Group.Note != "每週三到貨\n找林小姐" || got.Group.NoteVersion != 1 || got.Cursor == nil {
			t.Fatalf("the first note: %+v", got)
		}
		if f := seen.want(t, "GroupChanged"); f.Group.Note != "每週三到貨\n找林小姐" {
			t.Errorf("who watches sees %+v", f.Group)
		}
		// Of two who read the same the second is told, and is given what the first wrote.
		if e := w.noteGroup(t, boss, g, 0, "別的").GroupNoteSet; len(e.UserErrors) != 1 || e.UserErrors[0] != (refusal{"CONFLICT", catalogue.Text(boss.Language, "refusal.group_note_changed", nil), "noteVersion"}) ||
			e.Group == nil || e.Group.Note != got.Group.Note || e.Cursor != nil {
			t.Errorf("the second of two: %+v", e)
		}
		head := w.head(t)
		if e := w.noteGroup(t, amy, g, 0, "每週三到貨\n找林小姐").GroupNoteSet; len(e.UserErrors) > 0 || e.Group.NoteVersion != 1 || w.head(t) != head {
			t.Errorf("asked for again: %+v", e)
		}
		long := strings.Repeat("字", 1000)
		if e := w.noteGroup(t, boss, g, 1, long).GroupNoteSet; len(e.UserErrors) > 0 || e.Group.Note != long || e.Group.NoteVersion != 2 {
			t.Errorf("1,000 characters: %+v", e.UserErrors)
		}
		if e := w.noteGroup(t, boss, g, 2, long+"字").GroupNoteSet; len(e.UserErrors) != 1 || e.UserErrors[0].Code != "VALIDATION" || e.UserErrors[0].Field != "note" || e.Group != nil {
			t.Errorf("1,001 characters: %+v", e.UserErrors)
		}
		if p, e := may(silent), w.noteGroup(t, silent, g, 2, "x").GroupNoteSet; p.Allowed || len(e.UserErrors) != 1 || e.UserErrors[0].Code != "FORBIDDEN" || e.UserErrors[0].Message != *p.Reason || e.Group != nil {
			t.Errorf("an agent who may not send: %+v, %+v", p, e)
		}
		if e := w.noteGroup(t, sales, g, 2, "x").GroupNoteSet; len(e.UserErrors) != 1 || e.UserErrors[0].Code != "NOT_FOUND" || e.Group != nil {
			t.Errorf("a role without groups: %+v", e)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Group.UpdateOneID(*c.GroupID).SetState("LEFT").SetLeftAt(tx.Now).SetMemberCount(0).Exec(ctx)
		})
		if e := w.noteGroup(t, boss, g, 2, "已退出 Old Friends").GroupNoteSet; len(e.UserErrors) > 0 || e.Group.NoteVersion != 3 {
			t.Errorf("after the account has left: %+v", e)
		}

		find := func(part string) []string {
			t.Helper()
			var got struct {
				Conversations struct{ Nodes []struct{ ID string } }
			}
			if errs := w.query(t, boss, `query($s: String!) { conversations(view: ALL, search: $s, first: 10) { nodes { id } } }`, map[string]any{"s": part}, &got); errs != nil {
				t.Fatal(errs)
			}
			all := []string{}
			for _, n := range got.Conversations.Nodes {
				all = append(all, n.ID)
			}
			return all
		}
		for part, isFound := range map[string]bool{"old f": true, "退": true, "林小姐": false, "別的": false} {
			if found := find(part); isFound != (len(found) == 1 && found[0] == conv(c.ID)) || !isFound && len(found) > 0 {
				t.Errorf("%q finds %v", part, found)
			}
		}
		if found := find("別群"); len(found) != 1 || found[0] != conv(other.ID) {
			t.Errorf("another group's name finds %v", found)
		}
		var log struct {
			Activities struct{ Nodes []struct{ Code, Text string } }
		}
		if errs := w.query(t, boss, `query($c: ID!) { activities(conversationId: $c, first: 20) { nodes { code text } } }`, map[string]any{"c": conv(c.ID)}, &log); errs != nil {
			t.Fatal(errs)
		}
		noted := 0
		for _, a := range log.Activities.Nodes {
			if a.Code == "log.group_noted" && strings.HasSuffix(a.Text, " changed the group's note.") {
				noted++
			}
		}
		if noted != 3 {
			t.Errorf("the log tells of %d notes: %+v", noted, log.Activities.Nodes)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Lane.Query().Count(ctx)
			if n != 0 {
				t.Errorf("%d lanes have something to send", n)
			}
			return err
		})
	})
}

// GRP-7: of many who change what all of them have read exactly one does, and the others are told.
func TestGroupNoteAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{IsGroup: true})
		g := id.Format(id.Group, *c.GroupID)
		const many = 6
		var done sync.WaitGroup
		answers := make([]groupNotePayload, many)
		for i := range many {
			done.Go(func() { answers[i] = w.noteGroup(t, boss, g, 0, strings.Repeat("x", i+1)) })
		}
		done.Wait()
		won := 0
		for _, a := range answers {
			switch e := a.GroupNoteSet.UserErrors; {
			case len(e) == 0:
				won++
			case len(e) != 1 || e[0].Code != "CONFLICT" || a.GroupNoteSet.Group == nil || a.GroupNoteSet.Group.NoteVersion != 1:
				t.Errorf("a slower one is told %+v", a.GroupNoteSet)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d have changed the note", won, many)
		}
	})
}

type memberOpenPayload struct {
	GroupMemberOpen struct {
		ConversationID *string
		Conversation   *struct {
			ID, Kind, Status, Name string
			Queue                  *string
			UnreadCount            int
			WaitingSince           *string
			LastMessage            *struct{ Text string }
			LastAt, CreatedAt      string
			ChannelInformation     *string
			Contact                *struct{ Name string }
			Identity               *struct{ PlatformUserID string }
		}
		IsNew      bool
		UserErrors []refusal
		Cursor     *string
	}
}

func (w *world) openMember(t *testing.T, p auth.Principal, member string) memberOpenPayload {
	t.Helper()
	var got memberOpenPayload
	errs := w.query(t, p, `mutation($in: GroupMemberOpenInput!) { groupMemberOpen(input: $in) { conversationId isNew userErrors { code message field } cursor
		conversation { id kind status queue name unreadCount waitingSince lastMessage { text } lastAt createdAt channelInformation contact { name } identity { platformUserId } } } }`,
		map[string]any{"in": map[string]any{"memberId": member}}, &got)
	if errs != nil {
		t.Fatal(errs)
	}
	return got
}

// member makes another member of a conversation's group and gives its global id.
func (w *world) member(c *ent.Conversation, userID, name string, friendship groupmember.Friendship) string {
	var m *ent.GroupMember
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = tx.GroupMember.Create().SetGroupID(*c.GroupID).SetPlatformUserID(userID).SetDisplayName(name).SetNameFolded(name).SetFriendship(friendship).
			SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		return err
	})
	return id.Format(id.GroupMember, m.ID)
}

// GRP-10, GRP-9, CONV-1, CONV-28: from a member to its own conversation: to the one there is and may be seen; refused in so many words where it may not; else to a new one, PENDING/HUMAN, empty, with nothing
// unread and nobody waiting. The member becomes a contact; every member's platform id is read.
func TestGroupMemberOpen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		silent, sales := w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		silent.Permissions = nil
		line := w.Channel("LINE")
		group := w.Conversation(line, factory.Spec{Name: "團購群", IsGroup: true, Messages: 1})
		fresh := w.member(group, "Ufresh", "林怡君", groupmember.FriendshipNOT_FRIEND)

		var list struct {
			GroupMembers struct {
				Nodes []struct {
					ID, PlatformUserID string
					ContactID          *string
				}
			}
		}
		members := func() map[string]*string {
			t.Helper()
			if errs := w.query(t, amy, `query($g: ID!) { groupMembers(groupId: $g, first: 10) { nodes { id platformUserId contactId } } }`, map[string]any{"g": id.Format(id.Group, *group.GroupID)}, &list); errs != nil {
				t.Fatal(errs)
			}
			all := map[string]*string{}
			for _, n := range list.GroupMembers.Nodes {
				all[n.PlatformUserID] = n.ContactID
			}
			return all
		}
		if all := members(); len(all) != 2 || all["Ufresh"] != nil {
			t.Errorf("the members are %v", all)
		}

		all := w.open(t, ben, `subscription($after: Cursor) { inboxEvents(view: PENDING_HUMAN, after: $after) { __typename cursor
			... on ConversationEntered { conversation { id name unreadCount } } } }`, map[string]any{"after": w.head(t).String()})
		all.want(t, "Hello")
		got := w.openMember(t, amy, fresh).GroupMemberOpen
		c := got.Conversation
		if len(got.UserErrors) > 0 || !got.IsNew || c == nil || got.ConversationID == nil || *got.ConversationID != c.ID || got.Cursor == nil {
			t.Fatalf("a new one: %+v", got)
		}
		if c.Kind != "ONE_ON_ONE" || c.Status != "PENDING" || c.Queue == nil || *c.Queue != "HUMAN" || c.UnreadCount != 0 || c.WaitingSince != nil || c.LastMessage != nil || c.LastAt != c.CreatedAt ||
			c.Name != "林怡君" || c.Contact.Name != "林怡君" || c.Identity.PlatformUserID != "Ufresh" {
			t.Errorf("the new conversation is %+v", c)
		}
		if f := all.want(t, "ConversationEntered"); f.Conversation.ID != c.ID || f.Conversation.UnreadCount != 0 {
			t.Errorf("others see %+v come in", f.Conversation)
		}
		if m := members(); m["Ufresh"] == nil {
			t.Error("the member is no contact")
		}
		var log struct {
			Activities struct{ Nodes []struct{ Code, Text string } }
		}
		if errs := w.query(t, amy, `query($c: ID!) { activities(conversationId: $c, first: 5) { nodes { code text } } }`, map[string]any{"c": c.ID}, &log); errs != nil {
			t.Fatal(errs)
		}
		if n := log.Activities.Nodes; len(n) != 1 || n[0].Code != "log.opened_from_group" || n[0].Text != amy.Name+" opened the conversation with 林怡君 from a group." {
			t.Errorf("its log is %+v", n)
		}
		var counts struct {
			InboxCounts struct{ UnreadMessages int }
		}
		if errs := w.query(t, amy, `{ inboxCounts { unreadMessages } }`, nil, &counts); errs != nil || counts.InboxCounts.UnreadMessages != 1 { // the group's own
			t.Errorf("%d are unread, %v", counts.InboxCounts.UnreadMessages, errs)
		}

		head := w.head(t)
		again := w.openMember(t, ben, fresh).GroupMemberOpen
		if len(again.UserErrors) > 0 || again.IsNew || *again.ConversationID != c.ID || w.head(t) != head {
			t.Errorf("again: %+v", again)
		}
		// Once another follows it an agent sees it no more, and is told that there is one.
		_, n, _ := id.Split(c.ID)
		w.Change(n, func(u *ent.ConversationUpdateOne) {
			u.SetStatus("IN_PROGRESS").SetFollowerID(amy.AgentID).SetFollowedAt(time.Now())
		})
		for _, language := range []string{catalogue.English, catalogue.Chinese} {
			ben.Language = language
			e := w.openMember(t, ben, fresh).GroupMemberOpen
			want := map[string]string{catalogue.English: "You may not see this customer's conversation", catalogue.Chinese: "沒有權限查看此顧客對話"}[language]
			if e.ConversationID != nil || e.Conversation != nil || e.IsNew || len(e.UserErrors) != 1 || e.UserErrors[0].Code != "FORBIDDEN" || e.UserErrors[0].Message != want {
				t.Errorf("in %s, one that may not be seen: %+v", language, e)
			}
		}
		for _, p := range []auth.Principal{amy, boss} {
			if e := w.openMember(t, p, fresh).GroupMemberOpen; len(e.UserErrors) > 0 || e.IsNew || *e.ConversationID != c.ID {
				t.Errorf("who sees it: %+v", e)
			}
		}
		// It tells nothing to who may not send, and to whom groups do not exist.
		if e := w.openMember(t, silent, fresh).GroupMemberOpen.UserErrors; len(e) != 1 || e[0].Code != "FORBIDDEN" || e[0].Message != catalogue.Text(silent.Language, "refusal.send_permission", nil) {
			t.Errorf("who may not send: %+v", e)
		}
		if e := w.openMember(t, sales, fresh).GroupMemberOpen.UserErrors; len(e) != 1 || e[0].Code != "NOT_FOUND" {
			t.Errorf("a role without groups: %+v", e)
		}
		hidden := w.Conversation(line, factory.Spec{IsGroup: true, Status: "IN_PROGRESS", Follower: boss.AgentID})
		if e := w.openMember(t, ben, w.member(hidden, "Uhidden", "x", groupmember.FriendshipUNKNOWN)).GroupMemberOpen.UserErrors; len(e) != 1 || e[0].Code != "NOT_FOUND" {
			t.Errorf("a member of a group that may not be seen: %+v", e)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.UpdateOneID(line.ID).SetDeletedAt(tx.Now).Exec(ctx)
		})
		if e := w.openMember(t, amy, w.member(group, "Ulate", "x", groupmember.FriendshipUNKNOWN)).GroupMemberOpen.UserErrors; len(e) != 1 || e[0].Code != "CHANNEL_UNAVAILABLE" {
			t.Errorf("on a deleted channel: %+v", e)
		}
	})
}

// GRP-10, CONV-1: of many who go to a member at one instant, from two groups, one makes the conversation and all get it.
func TestGroupMemberOpenAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, line := w.Agent(auth.Supervisor), w.Channel("LINE")
		var members []string
		for range 2 {
			members = append(members, w.member(w.Conversation(line, factory.Spec{IsGroup: true}), "Uboth", "林怡君", groupmember.FriendshipFRIEND))
		}
		const many = 8
		var done sync.WaitGroup
		answers := make([]memberOpenPayload, many)
		for i := range many {
			done.Go(func() { answers[i] = w.openMember(t, boss, members[i%2]) })
		}
		done.Wait()
		made, ids := 0, map[string]bool{}
		for _, a := range answers {
			if len(a.GroupMemberOpen.UserErrors) > 0 || a.GroupMemberOpen.ConversationID == nil {
				t.Fatalf("%+v", a.GroupMemberOpen)
			}
			if ids[*a.GroupMemberOpen.ConversationID] = true; a.GroupMemberOpen.IsNew {
				made++
			}
		}
		if made != 1 || len(ids) != 1 {
			t.Errorf("%d were made, and there are %v", made, ids)
		}
	})
}

// GRP-19, CONV-17: a group stands in the lists as any other: name and number, preview, time, unread, how long it waits; by personal or group, by who follows and who collaborates; without a message there
// is no preview, and the time is that of its beginning.
func TestGroupsInLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		line := w.Channel("LINE")
		long := time.Now().Add(-90 * time.Minute)
		mine := w.Conversation(line, factory.Spec{Name: "我的群", IsGroup: true, Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: long, WaitingSince: long, Messages: 2})
		joint := w.Conversation(line, factory.Spec{Name: "協作群", IsGroup: true, Status: "IN_PROGRESS", Follower: ben.AgentID, FollowedAt: long, Collaborators: []int64{amy.AgentID}})
		empty := w.Conversation(line, factory.Spec{Name: "空群", IsGroup: true})
		person := w.Conversation(line, factory.Spec{Name: "王小明", Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: long, Messages: 1})
		type node struct {
			ID, Kind, Name    string
			LastAt, CreatedAt string
			LastMessage       *struct{ Text, At string }
			UnreadCount       int
			WaitingLevel      *string
			Group             *struct{ MemberCount int }
		}
		list := func(p auth.Principal, view string, filter map[string]any) []node {
			t.Helper()
			var got struct{ Conversations struct{ Nodes []node } }
			if errs := w.query(t, p, `query($v: InboxView!, $f: ConversationFilter) { conversations(view: $v, filter: $f, first: 10) { nodes { id kind name lastAt createdAt
				lastMessage { text at } unreadCount waitingLevel group { memberCount } } } }`, map[string]any{"v": view, "f": filter}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.Conversations.Nodes
		}
		only := func(what string, all []node, want ...int64) {
			t.Helper()
			ids := map[string]bool{}
			for _, n := range all {
				ids[n.ID] = true
			}
			for _, n := range want {
				if !ids[conv(n)] {
					t.Errorf("%s leaves out %s", what, conv(n))
				}
			}
			if len(all) != len(want) {
				t.Errorf("%s lists %+v", what, all)
			}
		}
		groups, people := map[string]any{"kinds": []string{"GROUP"}}, map[string]any{"kinds": []string{"ONE_ON_ONE", "COLLABORATION"}}
		only("groups of mine", list(amy, "MY_IN_PROGRESS", groups), mine.ID, joint.ID)
		only("persons of mine", list(amy, "MY_IN_PROGRESS", people), person.ID)
		only("all groups", list(boss, "ALL", groups), mine.ID, joint.ID, empty.ID)
		only("followed", list(amy, "MY_IN_PROGRESS", map[string]any{"kinds": []string{"GROUP"}, "followerIds": []string{agentID(amy)}}), mine.ID)
		only("collaboration", list(amy, "MY_IN_PROGRESS", map[string]any{"kinds": []string{"GROUP"}, "collaboratorIds": []string{agentID(amy)}}), joint.ID)
		only("with collaborators", list(boss, "TEAM_IN_PROGRESS", map[string]any{"kinds": []string{"GROUP"}, "hasCollaborators": true}), joint.ID)
		only("overdue", list(amy, "MY_IN_PROGRESS", map[string]any{"kinds": []string{"GROUP"}, "waitingAtLeast": "ONE_HOUR"}), mine.ID)

		n := list(amy, "MY_IN_PROGRESS", map[string]any{"kinds": []string{"GROUP"}, "followerIds": []string{agentID(amy)}})[0]
		if n.Name != "我的群" || n.Group == nil || n.Group.MemberCount != 2 || n.LastMessage == nil || n.LastMessage.Text == "" || n.LastMessage.At != n.LastAt || n.UnreadCount != 2 ||
			n.WaitingLevel == nil || *n.WaitingLevel != "ONE_HOUR" {
			t.Errorf("the row of a group is %+v", n)
		}
		if n := list(amy, "PENDING_HUMAN", groups)[0]; n.ID != conv(empty.ID) || n.LastMessage != nil || n.LastAt != n.CreatedAt || n.UnreadCount != 0 {
			t.Errorf("the row of a group without messages is %+v", n)
		}
	})
}

// GRP-8, GRP-22: why members are not listed names the group's own platform.
func TestMembersNotice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		amy.Language = catalogue.Chinese
		for platform, want := range map[string]string{
			"LINE":     "現有 LINE 方案不支援取得群組成員資料,請先向 LINE 進行驗證或升級為高級帳戶",
			"WHATSAPP": "現有 WhatsApp 方案不支援取得群組成員資料,請先向 WhatsApp 進行驗證或升級為高級帳戶",
		} {
			c := w.Conversation(w.Channel(platform), factory.Spec{IsGroup: true})
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Group.UpdateOneID(*c.GroupID).SetAreMembersListed(false).Exec(ctx)
			})
			var got struct {
				Conversation, Node struct {
					Group         struct{ MembersNotice string }
					MembersNotice string
				}
			}
			if errs := w.query(t, amy, `query($c: ID!, $g: ID!) { conversation(id: $c) { group { membersNotice } } node(id: $g) { ... on Group { membersNotice } } }`,
				map[string]any{"c": conv(c.ID), "g": id.Format(id.Group, *c.GroupID)}, &got); errs != nil {
				t.Fatal(errs)
			}
			if got.Conversation.Group.MembersNotice != want || got.Node.MembersNotice != want {
				t.Errorf("on %s: %+v", platform, got)
			}
		}
	})
}

// GRP-5, GRP-1, CONV-28, RT-1: of every role and place the account is taken out of a group where viewerCan says so and refused with its words elsewhere; who watches sees it end and the group left, its history is read, and its log
// tells who did it in the reader's language.
func TestGroupLeave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates()
		line, other, boss := w.Channel("LINE"), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		may := func(role auth.Role, s factory.Spec, me int64) bool {
			if !slices.Contains([]auth.Role{auth.Admin, auth.Supervisor, auth.CSManager, auth.AgentRole}, role) || !s.IsGroup {
				return false
			}
			if s.Follower == me {
				return true
			}
			isSeen := role != auth.AgentRole || s.Status == "PENDING"
			return isSeen && s.Status != "IN_PROGRESS" && len(s.Collaborators) == 0
		}
		for _, role := range auth.Roles {
			me := w.Agent(role)
			for i, s := range []factory.Spec{
				{Status: "PENDING"},
				{Status: "IN_PROGRESS", Follower: me.AgentID},
				{Status: "IN_PROGRESS", Follower: other.AgentID},
				{Status: "ENDED", Follower: me.AgentID},
				{Status: "ENDED", Follower: other.AgentID},
				{Status: "IN_PROGRESS", Follower: me.AgentID, Collaborators: []int64{other.AgentID}},
				{Status: "IN_PROGRESS", Follower: other.AgentID, Collaborators: []int64{me.AgentID}},
				{Status: "ENDED", Follower: other.AgentID, Collaborators: []int64{me.AgentID}},
				{Status: "PENDING"}, // a person
			} {
				s.IsGroup, s.FollowedAt, s.Messages = i < 8, w.DB.Clock().Now(), 1
				c := w.Conversation(line, s)
				var can struct {
					Conversation *struct {
						ViewerCan struct {
							LeaveGroup struct {
								Allowed bool
								Reason  *string
							}
						}
					}
				}
				if errs := w.query(t, me, `query($c: ID!) { conversation(id: $c) { viewerCan { leaveGroup { allowed reason } } } }`, map[string]any{"c": conv(c.ID)}, &can); errs != nil {
					t.Fatal(errs)
				}
				got, want := w.leaveGroup(t, me, c.ID), may(role, s, me.AgentID)
				if is := len(got.UserErrors) == 0; is != want || is != (got.Cursor != nil) {
					t.Errorf("%s leaves %+v: %+v; allowed is %v", role, s, got, want)
				}
				switch {
				case can.Conversation == nil:
					if len(got.UserErrors) != 1 || got.UserErrors[0].Code != "NOT_FOUND" {
						t.Errorf("%s leaves %+v, which it does not see: %+v", role, s, got)
					}
				case can.Conversation.ViewerCan.LeaveGroup.Allowed != want, !want && *can.Conversation.ViewerCan.LeaveGroup.Reason != got.UserErrors[0].Message:
					t.Errorf("%s leaves %+v: viewerCan says %+v, and it gives %+v", role, s, can.Conversation.ViewerCan.LeaveGroup, got)
				}
			}
		}

		amy := w.Agent(auth.AgentRole)
		c := w.Conversation(line, factory.Spec{Name: "松高團購群", IsGroup: true, Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: w.DB.Clock().Now(), Messages: 2})
		seen := w.open(t, boss, `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { __typename cursor
			... on GroupChanged { group { name state } } } }`, map[string]any{"id": conv(c.ID), "after": w.head(t).String()})
		seen.want(t, "Hello")
		got := w.leaveGroup(t, amy, c.ID)
		if len(got.UserErrors) > 0 || got.Conversation == nil || got.Conversation.Status != "ENDED" || got.Conversation.Group.State != "LEFT" || got.Conversation.Group.MemberCount != 0 || got.Conversation.Sendability.Allowed {
			t.Fatalf("left: %+v", got)
		}
		if f := seen.want(t, "GroupChanged"); f.Group.State != "LEFT" {
			t.Errorf("who watches sees %+v", f.Group)
		}
		for language, want := range map[string]string{catalogue.English: amy.Name + " took the account out of the group.", catalogue.Chinese: amy.Name + " 讓官方帳號退出了群組。"} {
			amy.Language = language
			var after struct {
				Activities struct{ Nodes []struct{ Text string } }
				Messages   struct{ Nodes []struct{ ID string } }
			}
			if errs := w.query(t, amy, `query($c: ID!) { activities(conversationId: $c, last: 1) { nodes { text } } messages(conversationId: $c, last: 10) { nodes { id } } }`, map[string]any{"c": conv(c.ID)}, &after); errs != nil {
				t.Fatal(errs)
			}
			if n := after.Activities.Nodes; len(n) != 1 || n[0].Text != want || len(after.Messages.Nodes) != 2 {
				t.Errorf("in %s the log ends with %+v, and %d messages are read", language, n, len(after.Messages.Nodes))
			}
		}
	})
}

type groupLeft struct {
	Conversation *struct {
		Status string
		Group  struct {
			State       string
			MemberCount int
		}
		Sendability struct{ Allowed bool }
	}
	UserErrors []refusal
	Cursor     *string
}

func (w *world) leaveGroup(t *testing.T, p auth.Principal, n int64) groupLeft {
	t.Helper()
	var got struct{ GroupLeave groupLeft }
	if errs := w.query(t, p, `mutation($c: ID!) { groupLeave(input: {conversationId: $c}) { cursor userErrors { code message } conversation { status group { state memberCount } sendability { allowed } } } }`,
		map[string]any{"c": conv(n)}, &got); errs != nil {
		t.Fatal(errs)
	}
	return got.GroupLeave
}
