package inbound_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func (w *world) members(e channels.EventKind, groupID string, ids ...string) channels.Event {
	x := w.event(e, room(groupID))
	x.Members, x.SenderID = ids, ""
	return x
}

// active lists the platform ids of who is in a group as far as we know.
func (w *world) active(groupID string) []string {
	w.T.Helper()
	ids := []string{}
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.GroupMember.Query().Where(groupmember.IsActive(true), groupmember.HasGroupWith(entgroup.PlatformGroupID(groupID))).All(ctx)
		for _, m := range all {
			ids = append(ids, m.PlatformUserID)
		}
		return err
	})
	slices.Sort(ids)
	return ids
}

// apply keeps what the platform tells of a group.
func (w *world) apply(groupID string, info group.Info) []int64 {
	w.T.Helper()
	var fresh []int64
	id := w.group(groupID).ID
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		fresh, err = group.New(w.DB).ApplyInfoIn(ctx, tx, id, info)
		return err
	})
	w.Check()
	return fresh
}

// GRP-2, GRP-14: the first message of any member makes the conversation, also of one whom the platform does not name.
func TestGroupBegins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.event(channels.GroupJoined, room("Cgroup")))
		if w.in("Cgroup") != nil || w.group("Cgroup").State != entgroup.StateJOINED {
			t.Fatalf("joining alone made a conversation")
		}
		if len(w.asked.groups) != 1 {
			t.Errorf("the group is asked for %d times", len(w.asked.groups))
		}
		e := w.says(room("Cgroup"), "hi")
		e.SenderID = ""
		w.receive(e)
		c := w.in("Cgroup")
		if c.Kind != entconversation.KindGROUP || c.Status != entconversation.StatusPENDING || c.Queue != entconversation.QueueHUMAN || c.Unread != 1 || c.ContactID != nil {
			t.Errorf("the conversation is %s %s/%s", c.Kind, c.Status, c.Queue)
		}
		if m := w.Messages(c.ID)[0]; m.Sender != message.SenderMEMBER || m.MemberID != nil || m.SenderName != "" {
			t.Errorf("the message is from %s %v %q", m.Sender, m.MemberID, m.SenderName)
		}
	})
}

// GRP-4, GRP-5, GRP-8: removed, the conversation ends and nobody is in it; invited again, it comes back with the next message.
func TestGroupLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.Agent(auth.AgentRole, auth.SendMessages)
		for _, isFollowed := range []bool{false, true} {
			id := "Cpending"
			if isFollowed {
				id = "Cfollowed"
			}
			w.receive(w.event(channels.GroupJoined, room(id)), w.says(room(id), "hi"))
			w.apply(id, group.Info{GroupInfo: channels.GroupInfo{Name: "Friends", MemberCount: 3}, IsListed: true, Members: []string{"U1", "U2", "Usender"}})
			c := w.in(id)
			if isFollowed {
				if _, _, err := w.actions.Follow(t.Context(), a, conversation.FollowInput{ConversationID: c.ID}); err != nil {
					t.Fatal(err)
				}
				w.receive(w.mentions(id, "@us", true))
			}
			old := w.says(room(id), "sent before, brought after")
			w.clock.Advance(time.Minute)
			w.receive(w.event(channels.GroupLeft, room(id)))
			g, v := w.group(id), w.Conversation(c.ID)
			if g.State != entgroup.StateLEFT || g.LeftAt == nil || g.MemberCount != 0 || len(w.active(id)) != 0 {
				t.Errorf("the group is %s with %d members, %v active", g.State, g.MemberCount, w.active(id))
			}
			if v.Status != entconversation.StatusENDED || v.MemberCount != 0 || v.MentionMessageID != nil || (v.FollowerID != nil) != isFollowed {
				t.Errorf("the conversation is %s with %d members", v.Status, v.MemberCount)
			}
			if log := w.Log(c.ID); log[len(log)-1] != "log.account_left" {
				t.Errorf("the log says %v", log)
			}
			old.Redelivery = true
			w.receive(old)
			if v = w.Conversation(c.ID); v.Status != entconversation.StatusENDED || w.group(id).State != entgroup.StateLEFT {
				t.Errorf("a message from before it brought it back: %s", v.Status)
			}
			w.clock.Advance(time.Minute)
			w.receive(w.event(channels.GroupJoined, room(id)))
			if v = w.Conversation(c.ID); v.Status != entconversation.StatusENDED || w.group(id).State != entgroup.StateJOINED {
				t.Errorf("invited again it is %s before anybody wrote", v.Status)
			}
			w.receive(w.says(room(id), "back"))
			if v = w.Conversation(c.ID); v.ID != c.ID || v.Status != entconversation.StatusPENDING || v.FollowerID != nil {
				t.Errorf("the next message brings it to %s", v.Status)
			}
		}
	})
}

// GRP-4: a missed join does not keep a group out: who writes after the account left has let it in again.
func TestGroupWritesAfterLeaving(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(room("Cgroup"), "hi"))
		w.receive(w.event(channels.GroupLeft, room("Cgroup")))
		w.clock.Advance(time.Minute)
		w.receive(w.says(room("Cgroup"), "back"))
		if c := w.in("Cgroup"); c.Status != entconversation.StatusPENDING || w.group("Cgroup").State != entgroup.StateJOINED || c.Unread != 1 {
			t.Errorf("%s, %s, %d unread", c.Status, w.group("Cgroup").State, c.Unread)
		}
	})
}

// GRP-3, GRP-4, GRP-6, GRP-8, GRP-11: members come and go on the platform's word, the row shows their number, and the last one ends it.
func TestMembers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(room("Cgroup"), "hi"))
		fresh := w.apply("Cgroup", group.Info{GroupInfo: channels.GroupInfo{Name: "好朋友", PictureURL: "https://p/1", MemberCount: 2}, IsListed: true, Members: []string{"Usender", "U2"}})
		if len(fresh) != 2 {
			t.Errorf("%d members have no profile yet", len(fresh))
		}
		if c := w.in("Cgroup"); c.Name != "好朋友" || c.PictureURL != "https://p/1" || c.MemberCount != 2 {
			t.Errorf("the row shows %q with %d members", c.Name, c.MemberCount)
		}
		asked := len(w.asked.groups)
		w.receive(w.says(room("Cgroup"), "again"))
		if len(w.asked.groups) != asked {
			t.Errorf("a fresh group is asked for again")
		}
		w.clock.Advance(time.Second)
		w.receive(w.members(channels.MembersJoined, "Cgroup", "U3", "U2"))
		if got := w.active("Cgroup"); !slices.Equal(got, []string{"U2", "U3", "Usender"}) || w.in("Cgroup").MemberCount != 3 {
			t.Errorf("in it are %v, the row says %d", got, w.in("Cgroup").MemberCount)
		}
		if len(w.asked.groups) != asked+1 || !w.group("Cgroup").IsStale {
			t.Errorf("it is asked for %d times after somebody joined", len(w.asked.groups)-asked)
		}
		w.receive(w.says(room("Cgroup"), "welcome"))
		if len(w.asked.groups) != asked+2 {
			t.Errorf("the next member message does not fetch it")
		}
		w.clock.Advance(time.Second)
		w.receive(w.members(channels.MembersLeft, "Cgroup", "U3"), w.members(channels.MembersLeft, "Cgroup", "U2"))
		if c := w.in("Cgroup"); c.Status != entconversation.StatusPENDING || c.MemberCount != 1 {
			t.Errorf("with one left it is %s with %d", c.Status, c.MemberCount)
		}
		w.receive(w.members(channels.MembersLeft, "Cgroup", "Usender"))
		if c := w.in("Cgroup"); c.Status != entconversation.StatusENDED || c.MemberCount != 0 || w.group("Cgroup").State != entgroup.StateJOINED {
			t.Errorf("with nobody left it is %s with %d", c.Status, c.MemberCount)
		}
	})
}

// GRP-8: where the platform does not list members only the number is known; those who were seen stay.
func TestUnlistedMembers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(room("Cgroup"), "hi"))
		w.apply("Cgroup", group.Info{GroupInfo: channels.GroupInfo{MemberCount: 7}})
		g := w.group("Cgroup")
		if g.AreMembersListed || g.MemberCount != 7 || g.IsStale || !slices.Equal(w.active("Cgroup"), []string{"Usender"}) {
			t.Errorf("%d members, listed %v, seen %v", g.MemberCount, g.AreMembersListed, w.active("Cgroup"))
		}
		if c := w.in("Cgroup"); c.MemberCount != 7 {
			t.Errorf("the row says %d", c.MemberCount)
		}
	})
}

// GRP-9: a member who is a contact is named as the contact; others as on the platform.
func TestMemberNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.receive(w.says(user("Usender"), "one-to-one"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Contact.Update().SetName("王小美").SetFirstName("王小美").Exec(ctx)
		})
		w.receive(w.says(room("Cgroup"), "hi"))
		other := w.says(room("Cgroup"), "hi")
		other.SenderID = "Uother"
		w.receive(other)
		var member *ent.GroupMember
		w.Read(func(ctx context.Context, v *store.View) (err error) {
			member, err = v.GroupMember.Query().Where(groupmember.PlatformUserID("Uother")).Only(ctx)
			return err
		})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return group.New(w.DB).ApplyProfileIn(ctx, tx, member.ID, &channels.Profile{DisplayName: "Other", PictureURL: "https://p/2"})
		})
		other = w.says(room("Cgroup"), "hi again")
		other.SenderID = "Uother"
		w.receive(other)
		var names []string
		for _, m := range w.Messages(w.in("Cgroup").ID) {
			names = append(names, m.SenderName)
		}
		if !slices.Equal(names, []string{"王小美", "", "Other"}) {
			t.Errorf("the members are called %q", names)
		}
		if len(w.asked.members) != 2 { // each once, while nothing is known; the contact's profile is its identity's business too
			t.Errorf("members' profiles are asked for %d times", len(w.asked.members))
		}
	})
}
