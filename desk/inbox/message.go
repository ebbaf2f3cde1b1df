package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attempt"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Messages are messages with all that is shown of them, by id.
type Messages struct {
	All []*Message
	// Conversations are those of the messages.
	Conversations map[int64]*ent.Conversation
	Agents        map[int64]*ent.Agent // name and picture only
	Identities    map[int64]*ent.Identity
	Members       map[int64]*ent.GroupMember
	// Names are the contacts' names of members who are known contacts, by the member's id (GRP-9).
	Names map[int64]string
	// Mentioned are the members that texts name, by platform user id; "" names nobody.
	Mentioned   map[Mention]int64
	Quoted      map[int64]*ent.Message
	Attachments map[int64]*ent.Attachment // by message
	Attempts    map[int64]int             // by message
}

// Mention is a person whom a message in a group names.
type Mention struct {
	GroupID int64
	UserID  string
}

// Message is a message with its content read.
type Message struct {
	*ent.Message
	// Content holds everything but the text; it is empty once the message was unsent.
	Content channels.Content
}

// MessagePage is a page of a conversation's messages in their order, all of one moment.
type MessagePage struct {
	*Messages
	page.Result
	AsOf event.Cursor
}

// messageCursor is the name of the list in cursors.
const messageCursor = "messages"

// MessageCursor is the opaque place of a message in its conversation.
func MessageCursor(m *ent.Message) string { return page.Cursor(messageCursor, m.Seq) }

// Page reads a page of a conversation's messages by their sequence (MSG-15): page 200 costs what page 1 costs. around, where it is not 0, is
// a message that the page holds in its middle; the window then says only how many. A conversation that the principal may not see, and
// a message of another one, are faults of kind NotFound.
func (s *Service) Page(ctx context.Context, p auth.Principal, conversationID, around int64, w page.Window) (*MessagePage, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	if around != 0 && (w.After != "" || w.Before != "") {
		return nil, fault.Input("around", "give a message to jump to or a position, not both")
	}
	after, before := int64(0), int64(0)
	if w.After != "" {
		if err := page.Key(w.After, messageCursor, "after", &after); err != nil {
			return nil, err
		}
	}
	if w.Before != "" {
		if err := page.Key(w.Before, messageCursor, "before", &before); err != nil {
			return nil, err
		}
	}
	var out *MessagePage
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		c, err := Visible(ctx, v, p, conversationID)
		if err != nil {
			return err
		}
		if around != 0 {
			m, err := v.Message.Query().Where(message.ID(around), message.ConversationID(conversationID)).Select(message.FieldSeq).Only(ctx)
			if ent.IsNotFound(err) {
				return fault.Missing("the message")
			}
			if err != nil {
				return fmt.Errorf("find message %d: %w", around, err)
			}
			// As many before it as after it, moved where the conversation begins or ends nearer than that.
			after = max(0, min(m.Seq-1-int64(w.Limit/2), c.MessageSeq-int64(w.Limit)))
			w.IsBackward = false
		}
		q := v.Message.Query().Where(message.ConversationID(conversationID)).Limit(w.Limit)
		if after > 0 {
			q.Where(message.SeqGT(after))
		}
		if before > 0 {
			q.Where(message.SeqLT(before))
		}
		if w.IsBackward {
			q.Order(message.BySeq(sql.OrderDesc()))
		} else {
			q.Order(message.BySeq())
		}
		all, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("read messages: %w", err)
		}
		out = &MessagePage{}
		all, out.Result = page.Cut(w, all, MessageCursor)
		// The sequence has no gaps, so that both ends are known without a look beyond them.
		if n := len(all); n > 0 {
			out.HasPrevious, out.HasNext = all[0].Seq > 1, all[n-1].Seq < c.MessageSeq
		} else {
			out.HasPrevious, out.HasNext = after > 0 && c.MessageSeq > 0, before > 0 && before <= c.MessageSeq
		}
		if out.Messages, err = tell(ctx, v, all, []*ent.Conversation{c}); err != nil {
			return err
		}
		out.AsOf, err = v.AsOf(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// StretchIn reads a conversation's messages with a sequence number above after, up to last, at most so many, in their order.
func StretchIn(ctx context.Context, v *store.View, c *ent.Conversation, after, last int64, most int) (*Messages, error) {
	all, err := v.Message.Query().Where(message.ConversationID(c.ID), message.SeqGT(after), message.SeqLTE(last)).Order(message.BySeq()).Limit(most).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return tell(ctx, v, all, []*ent.Conversation{c})
}

// MessagesByID reads messages of conversations that the principal may see. Others, and those that do not exist, are left out.
func (s *Service) MessagesByID(ctx context.Context, p auth.Principal, ids []int64) (*Messages, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var out *Messages
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		out, err = LoadMessages(ctx, v, ids, func(c *ent.Conversation) bool { return row.Sees(p, row.Facets(c)) })
		return err
	})
	return out, err
}

// LoadMessages reads messages by their ids with all that is shown of them; those of conversations that keep refuses are left out.
func LoadMessages(ctx context.Context, v *store.View, ids []int64, keep func(*ent.Conversation) bool) (*Messages, error) {
	if len(ids) == 0 {
		return &Messages{}, nil
	}
	all, err := v.Message.Query().Where(message.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	var of set
	for _, m := range all {
		of.add(m.ConversationID)
	}
	var conversations []*ent.Conversation
	if len(of) > 0 {
		if conversations, err = v.Conversation.Query().Where(conversation.IDIn(of.list()...)).All(ctx); err != nil {
			return nil, fmt.Errorf("read conversations of messages: %w", err)
		}
	}
	kept := map[int64]bool{}
	for _, c := range conversations {
		kept[c.ID] = keep(c)
	}
	some := all[:0]
	for _, m := range all {
		if kept[m.ConversationID] {
			some = append(some, m)
		}
	}
	return tell(ctx, v, some, conversations)
}

// tell reads what is shown of messages beside themselves, one statement for each kind of thing.
func tell(ctx context.Context, v *store.View, all []*ent.Message, conversations []*ent.Conversation) (*Messages, error) {
	out := &Messages{All: make([]*Message, len(all)), Conversations: index(conversations, func(c *ent.Conversation) int64 { return c.ID })}
	var agents, identities, members, quoted, outbound, media set
	named := map[Mention]struct{}{}
	for i, m := range all {
		x := &Message{Message: m}
		if m.Content != "" {
			if err := json.Unmarshal([]byte(m.Content), &x.Content); err != nil {
				return nil, fmt.Errorf("read the content of message %d: %w", m.ID, err)
			}
		}
		out.All[i] = x
		agents.addOptional(m.AgentID)
		agents.add(note.Mentioned(m)...)
		identities.addOptional(m.IdentityID)
		members.addOptional(m.MemberID)
		quoted.addOptional(m.ReplyToID)
		if m.Direction == message.DirectionOUTBOUND {
			outbound.add(m.ID)
		}
		switch channels.MessageKind(m.Kind) {
		case channels.Image, channels.Video, channels.Audio, channels.File:
			media.add(m.ID)
		}
		c := out.Conversations[m.ConversationID]
		for _, who := range x.Content.Mentions {
			if who.UserID != "" && c != nil && c.GroupID != nil {
				named[Mention{*c.GroupID, who.UserID}] = struct{}{}
			}
		}
	}
	var err error
	if len(quoted) > 0 {
		found, err := v.Message.Query().Where(message.IDIn(quoted.list()...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read quoted messages: %w", err)
		}
		out.Quoted = index(found, func(m *ent.Message) int64 { return m.ID })
		for _, m := range found {
			agents.addOptional(m.AgentID)
			members.addOptional(m.MemberID)
		}
	}
	if out.Agents, err = agentsByID(ctx, v, agents); err != nil {
		return nil, err
	}
	if err := out.readMembers(ctx, v, members, named); err != nil {
		return nil, err
	}
	for _, m := range out.Members {
		identities.addOptional(m.IdentityID)
	}
	if out.Identities, err = identitiesByID(ctx, v, identities); err != nil {
		return nil, err
	}
	if out.Names, err = namesOf(ctx, v, out.Members, out.Identities); err != nil {
		return nil, err
	}
	if len(media) > 0 {
		found, err := v.Attachment.Query().Where(attachment.MessageIDIn(media.list()...), attachment.Position(0)).WithFile(withFile).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read attachments: %w", err)
		}
		out.Attachments = index(found, func(a *ent.Attachment) int64 { return a.MessageID })
	}
	if len(outbound) > 0 {
		var counts []struct {
			MessageID int64 `json:"message_id"`
			Count     int   `json:"count"`
		}
		err := v.Attempt.Query().Where(attempt.MessageIDIn(outbound.list()...)).GroupBy(attempt.FieldMessageID).Aggregate(ent.Count()).Scan(ctx, &counts)
		if err != nil {
			return nil, fmt.Errorf("count attempts: %w", err)
		}
		out.Attempts = make(map[int64]int, len(counts))
		for _, c := range counts {
			out.Attempts[c.MessageID] = c.Count
		}
	}
	return out, nil
}

// readMembers reads the members who sent messages, and finds those whom texts name.
func (out *Messages) readMembers(ctx context.Context, v *store.View, members set, named map[Mention]struct{}) error {
	if len(members) > 0 {
		found, err := v.GroupMember.Query().Where(groupmember.IDIn(members.list()...)).All(ctx)
		if err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		out.Members = index(found, func(m *ent.GroupMember) int64 { return m.ID })
	}
	if len(named) == 0 {
		return nil
	}
	var groups set
	users := map[string]struct{}{}
	for n := range named {
		groups.add(n.GroupID)
		users[n.UserID] = struct{}{}
	}
	found, err := v.GroupMember.Query().
		Where(groupmember.GroupIDIn(groups.list()...), groupmember.PlatformUserIDIn(slices.Sorted(maps.Keys(users))...)).
		Select(groupmember.FieldID, groupmember.FieldGroupID, groupmember.FieldPlatformUserID).All(ctx)
	if err != nil {
		return fmt.Errorf("read mentioned members: %w", err)
	}
	out.Mentioned = make(map[Mention]int64, len(found))
	for _, m := range found {
		out.Mentioned[Mention{m.GroupID, m.PlatformUserID}] = m.ID
	}
	return nil
}

// namesOf gives the contacts' names of members who are known contacts (GRP-9).
func namesOf(ctx context.Context, v *store.View, members map[int64]*ent.GroupMember, identities map[int64]*ent.Identity) (map[int64]string, error) {
	var contacts set
	of := map[int64]int64{} // member to contact
	for id, m := range members {
		if m.IdentityID == nil {
			continue
		}
		if i := identities[*m.IdentityID]; i != nil && i.ContactID != nil {
			of[id] = *i.ContactID
			contacts.add(*i.ContactID)
		}
	}
	if len(contacts) == 0 {
		return nil, nil
	}
	found, err := v.Contact.Query().Where(contact.IDIn(contacts.list()...)).Select(contact.FieldID, contact.FieldName).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read contacts of members: %w", err)
	}
	names := make(map[int64]string, len(found))
	for _, c := range found {
		names[c.ID] = c.Name
	}
	out := make(map[int64]string, len(of))
	for member, contact := range of {
		out[member] = names[contact]
	}
	return out, nil
}
