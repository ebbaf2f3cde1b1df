// Package rowtest gives tests of the desk a team to work in, and checks after each of their steps that what is kept twice agrees: the rows'
// copies, the counters, the lanes and the log.
package rowtest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// World is a team with one LINE channel.
type World struct {
	T         testing.TB
	DB        *store.DB
	Team      int64
	ChannelID int64
	n         atomic.Int64
}

// New makes a team of its own in the database.
func New(t testing.TB, db *store.DB, slug string) *World {
	t.Helper()
	team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "en", TimeZone: "Asia/Taipei", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{T: t, DB: db, Team: team}
	w.ChannelID = w.Channel("north", "taipei").ID
	return w
}

// Channel connects another LINE channel of a region and a branch.
func (w *World) Channel(region, branch string) *ent.Channel {
	w.T.Helper()
	var c *ent.Channel
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		n := w.n.Add(1)
		c, err = tx.Channel.Create().SetType(channel.TypeLINE).SetName("LINE").SetWebhookKey(fmt.Sprintf("key-%d-%d", w.Team, n)).
			SetPlatformID(fmt.Sprintf("U%d", n)).SetCredentials([]byte("sealed")).SetRegionID(region).SetBranchID(branch).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		return err
	})
	return c
}

// Agent makes an active agent with permissions of its own and gives it as it acts.
func (w *World) Agent(r auth.Role, permissions ...auth.Permission) auth.Principal {
	w.T.Helper()
	n := w.n.Add(1)
	p := auth.Principal{TeamID: w.Team, Name: fmt.Sprintf("%s %d", r, n), Role: r, Permissions: permissions, Language: "en"}
	names := make([]string, len(permissions))
	for i, x := range permissions {
		names[i] = string(x)
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.Agent.Create().SetEmail(fmt.Sprintf("a%d@example.com", n)).SetEmailFolded(fmt.Sprintf("a%d@example.com", n)).SetName(p.Name).
			SetRole(agent.Role(r)).SetStatus(agent.StatusACTIVE).SetPermissions(names).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			p.AgentID = a.ID
		}
		return err
	})
	return p
}

// Token makes an integration with scopes and gives it as it acts.
func (w *World) Token(maker auth.Principal, permissions []auth.Permission, scopes ...auth.Scope) auth.Principal {
	w.T.Helper()
	n := w.n.Add(1)
	p := auth.Principal{TeamID: w.Team, Name: fmt.Sprintf("Integration %d", n), Role: auth.AgentRole, Permissions: permissions, Scopes: scopes, Language: "en"}
	names := make([]string, len(scopes))
	for i, x := range scopes {
		names[i] = string(x)
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		t, err := tx.APIToken.Create().SetName(p.Name).SetRole("AGENT").SetScopes(names).SetTokenHash(fmt.Sprintf("%d-%d", w.Team, n)).SetHint("abcd").
			SetCreatedByID(maker.AgentID).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			p.TokenID = t.ID
		}
		return err
	})
	return p
}

// Write runs f in a transaction of the team.
func (w *World) Write(f func(ctx context.Context, tx *store.Tx) error) {
	w.T.Helper()
	if _, err := w.DB.Write(w.T.Context(), w.Team, f); err != nil {
		w.T.Fatal(err)
	}
}

// Read runs f with a look at the team.
func (w *World) Read(f func(ctx context.Context, v *store.View) error) {
	w.T.Helper()
	if err := w.DB.Read(w.T.Context(), w.Team, f); err != nil {
		w.T.Fatal(err)
	}
}

// Conversation reads a conversation as it is.
func (w *World) Conversation(id int64) *ent.Conversation {
	w.T.Helper()
	var c *ent.Conversation
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		c, err = v.Conversation.Get(ctx, id)
		return err
	})
	return c
}

// Messages reads the messages of a conversation in their order.
func (w *World) Messages(id int64) []*ent.Message {
	w.T.Helper()
	var all []*ent.Message
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		all, err = v.Message.Query().Where(message.ConversationID(id)).Order(message.BySeq()).All(ctx)
		return err
	})
	return all
}

// Log reads the codes of the activity log of a conversation in their order.
func (w *World) Log(id int64) []string {
	w.T.Helper()
	codes := []string{}
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Activity.Query().Order(ent.Asc("id")).All(ctx)
		for _, a := range all {
			if a.ConversationID == id {
				codes = append(codes, a.Code)
			}
		}
		return err
	})
	return codes
}

// Events reads the team's log after a position.
func (w *World) Events(after int64) []event.Event {
	w.T.Helper()
	all, err := w.DB.After(w.T.Context(), w.Team, after, 10_000)
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

// Head is the position of the newest event.
func (w *World) Head() int64 {
	w.T.Helper()
	c, err := w.DB.Head(w.T.Context(), w.Team)
	if err != nil {
		w.T.Fatal(err)
	}
	return c.Seq
}

// Check fails the test where something that is kept twice does not agree.
func (w *World) Check() {
	w.T.Helper()
	w.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Conversation.Query().Order(conversation.ByID()).All(ctx)
		if err != nil {
			return err
		}
		w.checkCounters(ctx, v, all)
		for _, c := range all {
			w.checkMessages(ctx, v, c)
			w.checkState(ctx, v, c)
		}
		return nil
	})
	for i, e := range w.Events(0) {
		if e.Seq != int64(i)+1 {
			w.T.Fatalf("event %d has sequence number %d", i+1, e.Seq)
		}
	}
}

type tally struct{ n, unreadConversations, unread int64 }

// checkCounters counts the conversations anew and compares.
func (w *World) checkCounters(ctx context.Context, v *store.View, all []*ent.Conversation) {
	w.T.Helper()
	want := map[string]tally{}
	for _, c := range all {
		if c.IsArchived { // CONV-21
			continue
		}
		queue, follower := "", int64(0)
		if c.Status == conversation.StatusPENDING {
			queue = string(c.Queue)
		}
		if row.IsSnoozed(c) { // PROD-14
			queue = "SNOOZED"
		}
		if c.FollowerID != nil {
			follower = *c.FollowerID
		}
		k := fmt.Sprint(c.Status, "/", queue, "/", follower, "/", c.ChannelID, "/", row.KindOf(row.Facets(c)), "/", c.BranchID, "/", c.RegionID, "/", row.Facets(c).Audience)
		t := want[k]
		t.n, t.unread = t.n+1, t.unread+int64(c.Unread)
		if c.Unread > 0 {
			t.unreadConversations++
		}
		want[k] = t
	}
	rows, err := v.Counter.Query().All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	got := map[string]tally{}
	for _, r := range rows {
		k := fmt.Sprint(r.Status, "/", r.Queue, "/", r.FollowerID, "/", r.ChannelID, "/", r.Kind, "/", r.BranchID, "/", r.RegionID, "/", r.Audience)
		if t := (tally{r.N, r.UnreadConversations, r.Unread}); t != (tally{}) {
			got[k] = t
		}
	}
	for k, t := range want {
		if got[k] != t {
			w.T.Errorf("counter %s is %+v, counted %+v", k, got[k], t)
		}
	}
	for k, t := range got {
		if _, ok := want[k]; !ok {
			w.T.Errorf("counter %s is %+v, counted none", k, t)
		}
	}
}

// checkMessages compares a row with its messages: gapless order, preview, lane.
func (w *World) checkMessages(ctx context.Context, v *store.View, c *ent.Conversation) {
	w.T.Helper()
	all, err := v.Message.Query().Where(message.ConversationID(c.ID)).Order(message.BySeq()).All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	var shown *ent.Message
	sending := 0
	for i, m := range all {
		if m.Seq != int64(i)+1 {
			w.T.Errorf("conversation %d: message %d stands at %d", c.ID, i+1, m.Seq)
		}
		if m.UnsentAt == nil && !m.IsLate && m.Sender != message.SenderSYSTEM && m.Kind != note.Kind {
			shown = m
		}
		if m.Delivery == message.DeliverySENDING {
			sending++
		}
	}
	if c.MessageSeq != int64(len(all)) {
		w.T.Errorf("conversation %d counts %d messages, it has %d", c.ID, c.MessageSeq, len(all))
	}
	switch {
	case shown == nil && c.LastMessageID != nil:
		w.T.Errorf("conversation %d shows message %d, it has none to show", c.ID, *c.LastMessageID)
	case shown != nil && (c.LastMessageID == nil || *c.LastMessageID != shown.ID || c.LastMessageSeq != shown.Seq || c.LastMessageKind != shown.Kind):
		w.T.Errorf("conversation %d does not show its newest message %d", c.ID, shown.ID)
	}
	lanes, err := v.Lane.Query().All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	waiting := 0
	for _, l := range lanes {
		if l.ConversationID == c.ID {
			waiting = l.Waiting
		}
	}
	if waiting != sending {
		w.T.Errorf("the lane of conversation %d says that %d messages wait, %d do", c.ID, waiting, sending)
	}
}

// checkState compares what a row says of its state with itself and with its participants.
func (w *World) checkState(ctx context.Context, v *store.View, c *ent.Conversation) {
	w.T.Helper()
	switch c.Status {
	case conversation.StatusENDED:
		if c.Unread != 0 || c.WaitingSince != nil || c.EndedAt == nil {
			w.T.Errorf("conversation %d is ENDED with %d unread, waiting since %v, ended at %v", c.ID, c.Unread, c.WaitingSince, c.EndedAt)
		}
	case conversation.StatusPENDING:
		if c.FollowerID != nil || c.EndedAt != nil {
			w.T.Errorf("conversation %d is PENDING with follower %v, ended at %v", c.ID, c.FollowerID, c.EndedAt)
		}
	case conversation.StatusIN_PROGRESS:
		if c.FollowerID == nil || c.FollowedAt == nil || c.EndedAt != nil || c.Queue == conversation.QueueBOT {
			w.T.Errorf("conversation %d is IN_PROGRESS with follower %v since %v, ended at %v", c.ID, c.FollowerID, c.FollowedAt, c.EndedAt)
		}
	}
	parts, err := v.Participant.Query().All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	var followers []int64
	joined := map[int]int64{}
	for _, p := range parts {
		switch {
		case p.ConversationID != c.ID:
		case p.Part == participant.PartFOLLOWER:
			followers = append(followers, p.AgentID)
		default:
			joined[p.Position] = p.AgentID
		}
	}
	w.checkJoint(c, joined)
	w.checkPins(ctx, v, c)
	w.checkSnooze(ctx, v, c)
	isRight := c.FollowerID == nil && len(followers) == 0 || c.FollowerID != nil && len(followers) == 1 && followers[0] == *c.FollowerID
	if !isRight {
		w.T.Errorf("conversation %d is followed by %v, its participants are %v", c.ID, c.FollowerID, followers)
	}
}

// checkJoint compares what a row says of its collaborators with its participants, by their places, and with its kind.
func (w *World) checkJoint(c *ent.Conversation, joined map[int]int64) {
	w.T.Helper()
	isRight := len(joined) == len(c.CollaboratorIds)
	for i, n := range c.CollaboratorIds {
		isRight = isRight && joined[i] == n && (c.FollowerID == nil || *c.FollowerID != n)
	}
	if !isRight {
		w.T.Errorf("conversation %d has the collaborators %v beside follower %v, its participants are %v", c.ID, c.CollaboratorIds, c.FollowerID, joined)
	}
	isJoint := len(c.CollaboratorIds) > 0
	if c.Kind != conversation.KindGROUP && (c.Kind == conversation.KindCOLLABORATION) != isJoint {
		w.T.Errorf("conversation %d is %s with the collaborators %v", c.ID, c.Kind, c.CollaboratorIds)
	}
	if len(c.CollaboratorIds) > 5 || isJoint && c.Status == conversation.StatusPENDING {
		w.T.Errorf("conversation %d is %s with %d collaborators", c.ID, c.Status, len(c.CollaboratorIds))
	}
	for n, unread := range c.CollaboratorUnread {
		if unread <= 0 || !slices.Contains(c.CollaboratorIds, n) || c.Status == conversation.StatusENDED {
			w.T.Errorf("conversation %d is %s and has %d unread for agent %d; its collaborators are %v", c.ID, c.Status, unread, n, c.CollaboratorIds)
		}
	}
}

// checkPins compares what a row says of its pins with the pins, and with who may have some: follower and collaborators, while it is IN_PROGRESS (CONV-20). Nothing else is
// idle (CONV-10).
func (w *World) checkPins(ctx context.Context, v *store.View, c *ent.Conversation) {
	w.T.Helper()
	pins, err := v.Pin.Query().All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	var got []int64
	for _, p := range pins {
		if p.ConversationID == c.ID {
			got = append(got, p.AgentID)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(c.PinnedBy)); !slices.Equal(got, want) {
		w.T.Errorf("conversation %d says that %v pinned it, the pins say %v", c.ID, want, got)
	}
	isOpen := c.Status == conversation.StatusIN_PROGRESS
	for _, n := range got {
		if !isOpen || !slices.Contains(c.CollaboratorIds, n) && *c.FollowerID != n {
			w.T.Errorf("conversation %d is %s with follower %v and collaborators %v, and agent %d has it pinned", c.ID, c.Status, c.FollowerID, c.CollaboratorIds, n)
		}
	}
	if !isOpen && (c.IdleSince != nil || c.RemindedAt != nil) {
		w.T.Errorf("conversation %d is %s and idle since %v", c.ID, c.Status, c.IdleSince)
	}
}

// checkSnooze compares what a row says of its snooze with what is known of it. Only what is IN_PROGRESS is snoozed, and it is not archived (PROD-14).
func (w *World) checkSnooze(ctx context.Context, v *store.View, c *ent.Conversation) {
	w.T.Helper()
	all, err := v.Reminder.Query().All(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	var known []*ent.Reminder
	for _, r := range all {
		if r.ConversationID == c.ID && r.OwnerID == row.OfAll {
			known = append(known, r)
		}
	}
	isOn, isTold := c.Queue == conversation.QueueSNOOZED, c.SnoozeEnded != conversation.SnoozeEndedNO
	isRight := len(known) == 0
	if isOn || isTold {
		isRight = len(known) == 1 && isOn != isTold && c.Status == conversation.StatusIN_PROGRESS && (known[0].EndedAt != nil) == isTold && (isOn || known[0].DueAt == nil)
	}
	if !isRight || isOn && c.IsArchived {
		w.T.Errorf("conversation %d is %s/%s, archived: %t, back by %s; known of its snooze is %v", c.ID, c.Status, c.Queue, c.IsArchived, c.SnoozeEnded, known)
	}
}
