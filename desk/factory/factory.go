// Package factory makes the world that a test needs: a team with agents, channels, contacts and conversations, filled with what the test
// does not care about. Only tests import it.
package factory

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// World is one team in a database. Its methods may be called by several tests at once.
type World struct {
	t    testing.TB
	DB   *store.DB
	Team int64
	n    atomic.Int64
	self string
}

// New makes a team of its own in the database.
func New(t testing.TB, db *store.DB) *World {
	t.Helper()
	w := &World{t: t, DB: db, self: random.New().UUID()[:8]}
	var err error
	w.Team, err = db.CreateTeam(t.Context(), store.NewTeam{Slug: "team-" + w.self, Name: "Team", Language: catalogue.Chinese,
		TimeZone: "Asia/Taipei", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// next gives a number that nothing else of the world has.
func (w *World) next() int { return int(w.n.Add(1)) }

// Write calls f in a transaction of the team and gives the position after it.
func (w *World) Write(f func(ctx context.Context, tx *store.Tx) error) event.Cursor {
	w.t.Helper()
	at, err := w.DB.Write(w.t.Context(), w.Team, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// Agent makes an active agent of the role and gives its principal, with the permission to send.
func (w *World) Agent(role auth.Role, change ...func(*auth.Principal)) auth.Principal {
	w.t.Helper()
	p := auth.Principal{TeamID: w.Team, Role: role, Permissions: []auth.Permission{auth.SendMessages}, Language: catalogue.English}
	if role.IsManager() {
		p.Permissions = append(p.Permissions, auth.ManageOthers, auth.SeePersonalData)
	}
	for _, f := range change {
		f(&p)
	}
	n := w.next()
	p.Name = fmt.Sprintf("Agent %d", n)
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		email := fmt.Sprintf("agent-%d-%s@example.com", n, w.self)
		a, err := tx.Agent.Create().SetEmail(email).SetEmailFolded(email).SetName(p.Name).SetNameFolded(text.Fold(p.Name)).SetRole(agent.Role(role)).
			SetStatus(agent.StatusACTIVE).SetBranchID(p.BranchID).SetRegionID(p.RegionID).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			p.AgentID = a.ID
		}
		return err
	})
	return p
}

// Channel makes a connected channel of the type.
func (w *World) Channel(typ string) *ent.Channel {
	w.t.Helper()
	n := w.next()
	var c *ent.Channel
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		name := fmt.Sprintf("channel-%d-%s", n, w.self)
		c, err = tx.Channel.Create().SetType(channel.Type(typ)).SetName(fmt.Sprintf("Channel %d", n)).SetWebhookKey(name).SetPlatformID(name).
			SetCredentials([]byte("sealed")).SetCanListMembers(true).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		return err
	})
	return c
}

// Tag makes a tag and gives its id.
func (w *World) Tag(name string) int64 {
	w.t.Helper()
	var n int64
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		t, err := tx.Tag.Create().SetName(name).SetNameFolded(text.Fold(name)).SetColour("RED").
			SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			n = t.ID
		}
		return err
	})
	return n
}

// Spec is what a conversation is like. The zero value is a pending one with a new customer.
type Spec struct {
	Name          string
	Status        string // PENDING where empty
	Queue         string // HUMAN where empty
	Follower      int64
	Collaborators []int64
	// CollaboratorUnread is what is unread for each collaborator; Unread is the follower's.
	CollaboratorUnread map[int64]int
	PinnedBy           []int64
	Branch             string
	Region             string
	Audience           string // of an enquiry that waits; row.Everybody where empty
	Tags               []int64
	Unread             int
	IsMentioned        bool
	IsStarred          bool
	IsArchived         bool
	IsSnoozed          bool // of what is IN_PROGRESS and not archived
	IsFromAd           bool
	Phone              string
	Email              string
	Note               string
	IsGroup            bool
	At                 time.Time // of the last message; now where zero
	FollowedAt         time.Time
	WaitingSince       time.Time
	// Messages is how many customer messages it begins with.
	Messages int
}

// Conversation makes a conversation on the channel, with its contact and identity or its group and a member.
func (w *World) Conversation(c *ent.Channel, s Spec) *ent.Conversation {
	w.t.Helper()
	var out *ent.Conversation
	w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = w.ConversationIn(ctx, tx, c, s)
		return err
	})
	return out
}

// ConversationIn is Conversation inside a transaction.
func (w *World) ConversationIn(ctx context.Context, tx *store.Tx, ch *ent.Channel, s Spec) (*ent.Conversation, error) {
	n := w.next()
	if s.Name == "" {
		s.Name = fmt.Sprintf("Customer %d", n)
	}
	if s.Status == "" {
		s.Status = "PENDING"
	}
	if s.Queue == "" || s.Status != "PENDING" {
		s.Queue = "HUMAN"
	}
	if s.IsSnoozed {
		s.Queue = row.Snoozed
	}
	if s.At.IsZero() {
		s.At = tx.Now
	}
	kind := conversation.KindONE_ON_ONE
	if len(s.Collaborators) > 0 {
		kind = conversation.KindCOLLABORATION
	}
	create := tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType(conversation.ChannelType(ch.Type)).SetStatus(conversation.Status(s.Status)).
		SetQueue(conversation.Queue(s.Queue)).SetBranchID(s.Branch).SetRegionID(s.Region).SetAudience(s.Audience).SetUnread(s.Unread).SetName(s.Name).
		SetNameFolded(text.Fold(s.Name)).SetIsStarred(s.IsStarred).SetIsArchived(s.IsArchived).SetIsFromAd(s.IsFromAd).SetLastAt(s.At).SetHasPhone(s.Phone != "")
	member := int64(0)
	identity, contact := int64(0), int64(0)
	if s.IsGroup {
		kind = conversation.KindGROUP
		g, err := tx.Group.Create().SetChannelID(ch.ID).SetPlatformGroupID(fmt.Sprintf("G%d", n)).SetName(s.Name).SetNameFolded(text.Fold(s.Name)).
			SetMemberCount(2).SetAreMembersListed(true).SetJoinedAt(tx.Now).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return nil, err
		}
		m, err := tx.GroupMember.Create().SetGroupID(g.ID).SetPlatformUserID(fmt.Sprintf("M%d", n)).SetDisplayName("Member").SetNameFolded("member").
			SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return nil, err
		}
		member = m.ID
		create.SetGroupID(g.ID).SetMemberCount(2)
	} else {
		var err error
		if identity, contact, err = w.person(ctx, tx, ch, s, n); err != nil {
			return nil, err
		}
		create.SetIdentityID(identity).SetContactID(contact).SetTagIds(s.Tags)
	}
	create.SetKind(kind)
	if s.Follower != 0 && s.Status != "PENDING" {
		create.SetFollowerID(s.Follower).SetLastFollowerID(s.Follower)
	}
	if len(s.Collaborators) > 0 {
		create.SetCollaboratorIds(s.Collaborators)
		if len(s.CollaboratorUnread) > 0 {
			create.SetCollaboratorUnread(s.CollaboratorUnread)
		}
	}
	if len(s.PinnedBy) > 0 {
		create.SetPinnedBy(s.PinnedBy)
	}
	if !s.FollowedAt.IsZero() {
		create.SetFollowedAt(s.FollowedAt)
	}
	if !s.WaitingSince.IsZero() {
		create.SetWaitingSince(s.WaitingSince)
	}
	out, err := row.Create(ctx, tx, create, Nobody)
	if err != nil {
		return nil, err
	}
	if err := Collaborate(ctx, tx, out.ID, s.Collaborators); err != nil {
		return nil, err
	}
	if s.IsSnoozed {
		if err := tx.Reminder.Create().SetTeamID(w.Team).SetConversationID(out.ID).SetOwnerID(row.OfAll).SetSetAt(tx.Now).Exec(ctx); err != nil {
			return nil, err
		}
	}
	for _, n := range s.PinnedBy {
		if err := tx.Pin.Create().SetTeamID(w.Team).SetConversationID(out.ID).SetAgentID(n).SetPinnedAt(tx.Now).Exec(ctx); err != nil {
			return nil, err
		}
	}
	for range s.Messages {
		if out, err = w.say(ctx, tx, out, identity, member, message.DirectionINBOUND, 0); err != nil {
			return nil, err
		}
	}
	if s.IsMentioned {
		id := out.ID // any message will do
		if out.LastMessageID != nil {
			id = *out.LastMessageID
		}
		return row.Change(ctx, tx, out, Nobody, func(u *ent.ConversationUpdateOne) { u.SetMentionMessageID(id) })
	}
	return out, nil
}

// person makes a contact with its identity on the channel.
func (w *World) person(ctx context.Context, tx *store.Tx, ch *ent.Channel, s Spec, n int) (identity, contact int64, err error) {
	c, err := tx.Contact.Create().SetFirstName(s.Name).SetName(s.Name).SetNameFolded(text.Fold(s.Name)).SetNote(s.Note).SetNoteFolded(text.Fold(s.Note)).
		SetTagIds(s.Tags).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return 0, 0, err
	}
	i, err := tx.Identity.Create().SetChannelID(ch.ID).SetPlatformUserID(fmt.Sprintf("U%d", n)).SetContactID(c.ID).SetDisplayName(s.Name).
		SetFirstSeenAt(tx.Now).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, t := range s.Tags {
		if err := tx.Tagging.Create().SetTagID(t).SetContactID(c.ID).SetFirstAt(tx.Now).SetLastAt(tx.Now).SetTeamID(w.Team).Exec(ctx); err != nil {
			return 0, 0, err
		}
	}
	if s.Phone != "" {
		digits := slices.DeleteFunc([]byte(s.Phone), func(b byte) bool { return b < '0' || b > '9' })
		if err := tx.ContactPhone.Create().SetContactID(c.ID).SetTyped(s.Phone).SetDigits(string(digits)).SetTeamID(w.Team).Exec(ctx); err != nil {
			return 0, 0, err
		}
	}
	if s.Email != "" {
		if err := tx.ContactEmail.Create().SetContactID(c.ID).SetEmail(s.Email).SetEmailFolded(text.Fold(s.Email)).SetTeamID(w.Team).Exec(ctx); err != nil {
			return 0, 0, err
		}
	}
	return i.ID, c.ID, nil
}

// Nobody is the actor of what the factory does.
var Nobody = event.Actor{Kind: event.BySystem}

// Change changes a conversation as f says.
func (w *World) Change(id int64, f func(u *ent.ConversationUpdateOne)) *ent.Conversation {
	w.t.Helper()
	var out *ent.Conversation
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		out, err = row.Change(ctx, tx, c, Nobody, f)
		return err
	})
	return out
}

// Collaborate makes these agents the conversation's participants as collaborators, in this order; its row is the caller's to change.
func Collaborate(ctx context.Context, tx *store.Tx, conversationID int64, agents []int64) error {
	if _, err := tx.Participant.Delete().Where(participant.ConversationID(conversationID)).Exec(ctx); err != nil {
		return err
	}
	for i, a := range agents {
		if err := tx.Participant.Create().SetConversationID(conversationID).SetAgentID(a).SetPart(participant.PartCOLLABORATOR).SetPosition(i).
			SetSince(tx.Now).SetTeamID(tx.Team).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Delete removes a conversation and tells so.
func (w *World) Delete(id int64) {
	w.t.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		before := row.Facets(c)
		if err := tx.Conversation.DeleteOneID(id).Exec(ctx); err != nil {
			return err
		}
		tx.Emit(event.Event{Kind: event.ConversationDeleted, ObjectID: id, ObjectVersion: c.Version + 1, ConversationID: id, Before: before, Actor: Nobody})
		return nil
	})
}

// Hear adds a customer's message to a conversation and gives its id.
func (w *World) Hear(id int64) int64 { return w.message(id, message.DirectionINBOUND, 0) }

// Say adds an agent's message to a conversation and gives its id.
func (w *World) Say(id, agent int64) int64 { return w.message(id, message.DirectionOUTBOUND, agent) }

func (w *World) message(id int64, d message.Direction, agent int64) int64 {
	w.t.Helper()
	var out int64
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		identity := int64(0)
		if c.IdentityID != nil {
			identity = *c.IdentityID
		}
		now, err := w.say(ctx, tx, c, identity, 0, d, agent)
		if err == nil {
			out = *now.LastMessageID
		}
		return err
	})
	return out
}

// say writes a message and the row it changes.
func (w *World) say(ctx context.Context, tx *store.Tx, c *ent.Conversation, identity, member int64, d message.Direction, by int64) (*ent.Conversation, error) {
	n := w.next()
	words := fmt.Sprintf("message %d 您好", n)
	create := tx.Message.Create().SetConversationID(c.ID).SetChannelID(c.ChannelID).SetSeq(c.MessageSeq + 1).SetDirection(d).SetKind("TEXT").SetText(words).
		SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
	switch {
	case by != 0:
		create.SetSender(message.SenderAGENT).SetAgentID(by).SetDelivery(message.DeliverySENT).SetAuthor(fmt.Sprintf("agent:%d", by)).
			SetClientMessageID(fmt.Sprintf("client-%d", n))
	case member != 0:
		create.SetSender(message.SenderMEMBER).SetMemberID(member)
	case identity != 0:
		create.SetSender(message.SenderCONTACT).SetIdentityID(identity)
	default:
		create.SetSender(message.SenderMEMBER)
	}
	m, err := create.Save(ctx)
	if err != nil {
		return nil, err
	}
	search.IndexIn(tx, m)
	if by != 0 {
		if err := tx.Attempt.Create().SetMessageID(m.ID).SetNumber(1).SetRetryKey("key").SetFence(1).SetStartedAt(tx.Now).SetTeamID(w.Team).Exec(ctx); err != nil {
			return nil, err
		}
	}
	out, err := row.Change(ctx, tx, c, Nobody, func(u *ent.ConversationUpdateOne) {
		u.SetMessageSeq(m.Seq).SetLastAt(tx.Now).SetLastMessageID(m.ID).SetLastMessageSeq(m.Seq).SetLastMessageKind(m.Kind).
			SetLastMessageSender(string(m.Sender)).SetLastMessagePreview(words).SetLastMessageAt(tx.Now)
		if by == 0 && c.Status != "ENDED" {
			heard := row.Copy(c)
			row.Heard(heard)
			u.SetUnread(heard.Unread).SetCollaboratorUnread(heard.CollaboratorUnread)
		}
	})
	if err != nil {
		return nil, err
	}
	f := row.Facets(out)
	tx.Emit(event.Event{Kind: event.MessageAdded, ObjectID: m.ID, ObjectVersion: 1, ConversationID: c.ID, Before: f, After: f, Actor: Nobody})
	return out, nil
}
