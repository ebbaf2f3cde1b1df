package inbound

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/earlyeffect"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// received takes a message in.
func (w *work) received(ctx context.Context, e channels.Event) error {
	if e.Content == nil || e.MessageID == "" {
		return fmt.Errorf("a message without content or id")
	}
	if e.Peer.Type == channels.PeerUser {
		return w.fromPerson(ctx, e)
	}
	return w.fromGroup(ctx, e)
}

func (w *work) fromPerson(ctx context.Context, e channels.Event) error {
	if w.isBlocked(e) {
		return nil
	}
	i, err := w.person(ctx, e.Peer.ID)
	if err != nil {
		return err
	}
	c, err := w.known(ctx, e)
	if err != nil {
		return err
	}
	isNew := c == nil
	if isNew {
		if c, err = w.openPerson(ctx, i, e); err != nil || c == nil {
			return err
		}
	}
	m := &ent.Message{Sender: message.SenderCONTACT, IdentityID: &i.ID, SenderName: c.Name}
	what := Media
	if e.Content.Kind == channels.Text {
		what = OtherText
	}
	if err := w.add(ctx, c, isNew, what, m, e); err != nil {
		return err
	}
	if i.Reach != identity.ReachREACHABLE {
		if err := w.Contacts.SetReachIn(ctx, w.tx, i.ID, identity.ReachREACHABLE); err != nil {
			return err
		}
		i.Reach = identity.ReachREACHABLE
	}
	if w.isStale(i.ProfileFetchedAt) {
		return w.Fetcher.ProfileIn(ctx, w.tx, i.ID)
	}
	return nil
}

// openPerson makes the conversation with a person (CONV-1). Who holds the identity makes it; who waited finds it made. Nil where the person was blocked
// meanwhile.
func (w *work) openPerson(ctx context.Context, i *ent.Identity, e channels.Event) (*ent.Conversation, error) {
	if err := w.tx.Lock(ctx, identity.Table, i.ID); err != nil {
		return nil, err
	}
	if c, err := w.known(ctx, e); err != nil || c != nil {
		return c, err
	}
	now, err := w.tx.Identity.Get(ctx, i.ID)
	if err != nil {
		return nil, fmt.Errorf("read identity %d: %w", i.ID, err)
	}
	if now.IsBlocked { // while this waited; its conversation went with it
		w.people[e.Peer.ID] = now
		return nil, w.silence(ctx, e)
	}
	who, err := w.tx.Contact.Get(ctx, *i.ContactID)
	if err != nil {
		return nil, fmt.Errorf("read contact: %w", err)
	}
	hasPhone, err := w.tx.ContactPhone.Query().Where(contactphone.ContactID(who.ID)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("read phones: %w", err)
	}
	create, err := w.creation(ctx)
	if err != nil {
		return nil, err
	}
	create.SetKind(entconversation.KindONE_ON_ONE).SetStatus(entconversation.StatusPENDING).SetIdentityID(i.ID).SetContactID(who.ID).
		SetName(who.Name).SetNameFolded(who.NameFolded).SetPictureURL(who.PictureURL).SetTagIds(who.TagIds).SetHasPhone(hasPhone)
	return w.open(ctx, create, map[string]string{"customer": who.Name}, e)
}

// silence keeps nothing of an event but its mark (CONV-15).
func (w *work) silence(ctx context.Context, e channels.Event) error {
	_, err := w.tx.Exec(ctx, "UPDATE inbound_events SET raw = '', platform_message_id = '' WHERE team_id = ? AND channel_id = ? AND dedupe_key = ?", w.tx.Team, w.body.ChannelID, e.DedupeKey)
	if err != nil {
		return fmt.Errorf("keep nothing of an event: %w", err)
	}
	return nil
}

// creation begins a conversation with what the channel gives it.
func (w *work) creation(ctx context.Context) (*ent.ConversationCreate, error) {
	ch, err := w.tx.Channel.Get(ctx, w.body.ChannelID)
	if err != nil {
		return nil, fmt.Errorf("read channel: %w", err)
	}
	return w.tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType(entconversation.ChannelType(ch.Type)).SetBranchID(ch.BranchID).
		SetRegionID(ch.RegionID).SetAudience(ch.Audience).SetLastAt(w.tx.Now), nil
}

func (w *work) open(ctx context.Context, create *ent.ConversationCreate, params map[string]string, e channels.Event) (*ent.Conversation, error) {
	// There was no conversation to hold while what came early was read.
	if err := w.guard(ctx, e.MessageID); err != nil {
		return nil, err
	}
	if err := w.findEarly(ctx); err != nil {
		return nil, err
	}
	contactID, _ := create.Mutation().ContactID()
	by := w.actor(&ent.Conversation{ContactID: &contactID})
	c, err := row.Create(ctx, w.tx, create, by)
	if err != nil {
		return nil, err
	}
	w.remember(c)
	return c, row.Log(ctx, w.tx, c.ID, "log.created", params, by)
}

func (w *work) fromGroup(ctx context.Context, e channels.Event) error {
	g, isOver, err := w.entered(ctx, e)
	if err != nil {
		return err
	}
	m := &ent.Message{Sender: message.SenderMEMBER}
	if e.SenderID != "" {
		who, err := w.Groups.SpokeIn(ctx, w.tx, g, e.SenderID)
		if err != nil {
			return err
		}
		m.MemberID, m.IdentityID = &who.ID, who.IdentityID
		if m.SenderName, err = w.Groups.NameIn(ctx, w.tx, who); err != nil {
			return err
		}
		if !isOver && w.isStale(who.ProfileFetchedAt) {
			if err := w.Fetcher.MemberIn(ctx, w.tx, who.ID); err != nil {
				return err
			}
		}
	}
	if !isOver && (g.IsStale || w.isStale(g.FetchedAt)) {
		if err := w.Fetcher.GroupIn(ctx, w.tx, g.ID); err != nil {
			return err
		}
	}
	c, err := w.known(ctx, e)
	if err != nil {
		return err
	}
	isNew := c == nil
	if isNew {
		if c, err = w.openGroup(ctx, g, isOver, e); err != nil {
			return err
		}
	}
	what := GroupMessage
	if isOver {
		what = ""
	}
	return w.add(ctx, c, isNew, what, m, e)
}

// entered gives the group behind a peer, made where it is missing (GRP-2). A message from after the account left says that it is in again; one
// from before it, redelivered, does not: it is kept, and the conversation stays ended.
func (w *work) entered(ctx context.Context, e channels.Event) (g *ent.Group, isOver bool, err error) {
	g = w.groups[e.Peer.ID]
	if g == nil {
		if g, _, err = w.Groups.EnsureIn(ctx, w.tx, w.body.ChannelID, *e.Peer, e.OccurredAt); err != nil {
			return nil, false, err
		}
	}
	if g.State == entgroup.StateLEFT {
		if g, err = w.Groups.FindIn(ctx, w.tx, w.body.ChannelID, *e.Peer); err != nil {
			return nil, false, err
		}
		if g, err = w.Groups.JoinedIn(ctx, w.tx, g, e.OccurredAt); err != nil {
			return nil, false, err
		}
		delete(w.many, g.ID) // its row may have changed
	}
	w.groups[e.Peer.ID] = g
	return g, g.State == entgroup.StateLEFT, nil
}

// openGroup makes the conversation with a group (GRP-2). Who holds the group makes it; who waited finds it made.
func (w *work) openGroup(ctx context.Context, g *ent.Group, isOver bool, e channels.Event) (*ent.Conversation, error) {
	if err := w.tx.Lock(ctx, entgroup.Table, g.ID); err != nil {
		return nil, err
	}
	if c, err := w.known(ctx, e); err != nil || c != nil {
		return c, err
	}
	create, err := w.creation(ctx)
	if err != nil {
		return nil, err
	}
	create.SetKind(entconversation.KindGROUP).SetStatus(entconversation.StatusPENDING).SetGroupID(g.ID).SetName(g.Name).
		SetNameFolded(text.Fold(g.Name)).SetPictureURL(g.PictureURL).SetMemberCount(g.MemberCount)
	if isOver {
		create.SetStatus(entconversation.StatusENDED).SetEndedAt(w.tx.Now)
	}
	name := g.Name
	if name == "" {
		name = "@group.unnamed"
	}
	return w.open(ctx, create, map[string]string{"customer": name}, e)
}

// add appends a message to a conversation that is held, with everything it moves: state, unread, waiting, mention, preview, and what was
// sent before it (MSG-3). An arrival of "" moves no state: the conversation can no longer be opened.
func (w *work) add(ctx context.Context, c *ent.Conversation, isNew bool, what Arrival, m *ent.Message, e channels.Event) error {
	if err := w.fill(ctx, c, m, e); err != nil {
		return err
	}
	after := row.Copy(c)
	was := standOf(c)
	if isNew {
		was = none
	}
	if spends := w.Automation != nil && c.GroupID == nil && was != none && was != inProgress; spends {
		// The platform brings it again under another mark: no agent's turn and no code is spent on it.
		isThere, err := w.tx.Message.Query().Where(message.ChannelID(c.ChannelID), message.PlatformMessageID(e.MessageID)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("find the message: %w", err)
		}
		if isThere {
			return nil
		}
	}
	r, err := w.react(ctx, c, isNew, m, e)
	if err != nil {
		return err
	}
	if r.Arrival != "" {
		what = r.Arrival
	}
	assigned := ""
	if what != "" {
		move(after, transitions[what][was])
		if !isNew && (c.Status != after.Status || c.MessageSeq == 0) { // a new enquiry (CHAN-8)
			if err := row.Address(ctx, w.tx, after); err != nil {
				return err
			}
		}
		if assigned, err = w.assign(ctx, after, what, was, r); err != nil {
			return err
		}
	}
	if c.Status == entconversation.StatusENDED || c.MessageSeq == 0 { // CHAN-7
		after.BegunBy = entconversation.BegunByCUSTOMER
	}
	if after.Status != entconversation.StatusENDED {
		row.Heard(after)
		if after.WaitingSince == nil {
			now := w.tx.Now
			after.WaitingSince = &now
		}
	}
	if after.CustomerAt == nil || e.OccurredAt.After(*after.CustomerAt) {
		at := e.OccurredAt
		after.CustomerAt = &at
	}
	found, err := finding.Find(ctx, w.tx, m)
	if err != nil {
		return err
	}
	after.HasPhone = after.HasPhone || finding.HasPhone(found)
	by := w.actor(c)
	isAdded, err := conversation.AppendIn(ctx, w.tx, c, after, m, by)
	if err != nil || !isAdded {
		return err
	}
	w.remember(after)
	if err := conversation.WatchWindowIn(ctx, w.tx, w.Queue, w.can, c, after); err != nil {
		return err
	}
	if err := finding.KeepIn(ctx, w.tx, m, found); err != nil {
		return err
	}
	if err := w.reopened(ctx, c, after, "log.reopened_inbound", w.speaker(c, m)); err != nil {
		return err
	}
	if err := w.assigned(ctx, c, after, assigned, r); err != nil {
		return err
	}
	if err := w.tell(ctx, after, m, by); err != nil {
		return err
	}
	if err := w.attach(ctx, m, e.Content); err != nil {
		return err
	}
	if len(w.early[e.MessageID]) > 0 {
		if err := w.forgetEarly(ctx, after, m, e.MessageID); err != nil {
			return err
		}
	}
	// Who answers has read. In a group the answer of one says nothing of the others.
	if w.unread[c.ID] && !m.IsLate {
		delete(w.unread, c.ID)
		if err := conversation.AnsweredIn(ctx, w.tx, after, by); err != nil {
			return err
		}
	}
	if after, err = w.welcome(ctx, c, after, m, e); err != nil {
		return err
	}
	if after, err = w.answer(ctx, after, r); err != nil {
		return err
	}
	if after, err = w.away(ctx, after, m, e); err != nil {
		return err
	}
	w.remember(after)
	return nil
}

// tell notifies the agents who work on a conversation of a customer's message: all of them where they work on it together (COLL-14), and its
// follower alone where it wants to be told (PROD-9).
func (w *work) tell(ctx context.Context, c *ent.Conversation, m *ent.Message, by event.Actor) error {
	if c.Status != entconversation.StatusIN_PROGRESS || c.FollowerID == nil {
		return nil
	}
	all := append([]int64{*c.FollowerID}, c.CollaboratorIds...)
	if len(c.CollaboratorIds) == 0 {
		var err error
		if all, err = workspace.WantMessagesIn(ctx, &w.tx.View, all); err != nil {
			return err
		}
	}
	return workspace.NotifyIn(ctx, w.tx, by, all, workspace.Notice{Code: "notice.message", Params: map[string]string{"customer": w.speaker(c, m)},
		ConversationID: c.ID, MessageID: m.ID, IsOfGroup: c.GroupID != nil})
}

// speaker is who is named in the log.
func (w *work) speaker(c *ent.Conversation, m *ent.Message) string {
	switch {
	case m.SenderName != "":
		return m.SenderName
	case m.Sender == message.SenderMEMBER:
		return "@member.unknown"
	case c.Name != "":
		return c.Name
	}
	return "@customer.unknown"
}

// fill completes a message from its event, and from what arrived before it (MSG-12).
func (w *work) fill(ctx context.Context, c *ent.Conversation, m *ent.Message, e channels.Event) error {
	content, at := *e.Content, e.OccurredAt
	m.QuoteToken = e.QuoteToken
	for _, x := range w.early[e.MessageID] {
		if x.Kind == earlyeffect.KindEDIT {
			if err := json.Unmarshal([]byte(x.Content), &content); err != nil {
				return fmt.Errorf("read an early edit: %w", err)
			}
			edited := x.OccurredAt
			m.EditedAt, m.QuoteToken = &edited, x.QuoteToken
		}
	}
	plain, rest, err := conversation.Encode(clean(content))
	if err != nil {
		return err
	}
	m.Direction, m.Delivery, m.Kind, m.Text, m.Content = message.DirectionINBOUND, message.DeliveryNONE, string(content.Kind), plain, rest
	m.PlatformMessageID, m.ReadToken, m.QuotedPlatformID, m.PlatformAt = &e.MessageID, e.ReadToken, e.QuotedMessageID, &at
	m.IsSelfMentioned = c.GroupID != nil && mentionsSelf(content)
	// Older than a newer message of the customer, or brought again after something newer was there (MSG-15).
	m.IsLate = c.CustomerAt != nil && at.Before(*c.CustomerAt) || e.Redelivery && c.LastMessageAt != nil && at.Before(*c.LastMessageAt)
	for _, x := range w.early[e.MessageID] {
		if x.Kind == earlyeffect.KindUNSEND {
			unsent := x.OccurredAt
			m.UnsentAt, m.Text, m.Content, m.QuoteToken, m.ReadToken, m.IsSelfMentioned = &unsent, "", "", "", "", false
		}
	}
	if e.QuotedMessageID == "" {
		return nil
	}
	id, err := w.tx.Message.Query().Where(message.ChannelID(c.ChannelID), message.PlatformMessageID(e.QuotedMessageID), message.ConversationID(c.ID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the quoted message: %w", err)
	}
	m.ReplyToID = &id
	return nil
}

func mentionsSelf(c channels.Content) bool {
	for _, x := range c.Mentions {
		if x.IsSelf {
			return true
		}
	}
	return false
}

// attach notes the file of a message, which is still with the platform and is fetched after this transaction; of an unsent one nothing is kept
// but that there was one.
func (w *work) attach(ctx context.Context, m *ent.Message, c *channels.Content) error {
	if c.Media == nil || m.UnsentAt != nil || !isFile(m) {
		return nil
	}
	if _, err := w.Files.PendingIn(ctx, w.tx, m, *clean(*c).Media); err != nil {
		return fmt.Errorf("add the attachment of message %d: %w", m.ID, err)
	}
	return nil
}

// isFile says whether a message is a file; an edit that came before it may have made it something else.
func isFile(m *ent.Message) bool {
	switch channels.MessageKind(m.Kind) {
	case channels.Image, channels.Video, channels.Audio, channels.File:
		return true
	}
	return false
}

// grouped applies what happened to a group itself.
func (w *work) grouped(ctx context.Context, e channels.Event) error {
	g, err := w.Groups.FindIn(ctx, w.tx, w.body.ChannelID, *e.Peer)
	if err != nil {
		return err
	}
	isNew := false
	if g == nil {
		if e.Kind == channels.GroupLeft || e.Kind == channels.MembersLeft {
			return nil // nothing is known of it, and nothing remains of it
		}
		if g, isNew, err = w.Groups.EnsureIn(ctx, w.tx, w.body.ChannelID, *e.Peer, e.OccurredAt); err != nil {
			return err
		}
	}
	if g, err = w.happened(ctx, g, e); err != nil {
		return err
	}
	w.groups[e.Peer.ID] = g
	delete(w.many, g.ID) // its row may have changed
	if g.State == entgroup.StateJOINED && (isNew || g.IsStale) {
		return w.Fetcher.GroupIn(ctx, w.tx, g.ID)
	}
	return nil
}

func (w *work) happened(ctx context.Context, g *ent.Group, e channels.Event) (*ent.Group, error) {
	switch e.Kind {
	case channels.GroupLeft:
		return w.Groups.RemovedIn(ctx, w.tx, g, e.OccurredAt)
	case channels.GroupJoined:
		return w.Groups.InvitedIn(ctx, w.tx, g, e.OccurredAt)
	}
	if g.State == entgroup.StateLEFT {
		var err error
		if g, err = w.Groups.JoinedIn(ctx, w.tx, g, e.OccurredAt); err != nil || g.State == entgroup.StateLEFT {
			return g, err
		}
	}
	if e.Kind == channels.MembersJoined {
		return w.Groups.MembersJoinedIn(ctx, w.tx, g, e.Members, e.OccurredAt)
	}
	return w.Groups.MembersLeftIn(ctx, w.tx, g, e.Members, e.OccurredAt)
}
