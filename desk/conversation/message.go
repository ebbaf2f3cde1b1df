package conversation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// previewLength is how many characters of a text a row shows.
const previewLength = 100

// insertSQL writes a message in one statement that is always the same. A message that is there already, by the platform's id or by its
// author's own, is left alone and gives no row: the unique indexes decide, and PostgreSQL's transaction lives on.
const insertSQL = `INSERT INTO messages (team_id, version, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, agent_id,
	token_id, identity_id, member_id, sender_name, kind, text, content, is_self_mentioned, platform_message_id, quote_token, read_token,
	reply_to_id, quoted_platform_id, platform_at, is_late, edited_at, unsent_at, delivery, failure_code, failure_reason, retry_key, author,
	client_message_id, code, params, trace, usage) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO NOTHING RETURNING id`

// AppendIn gives a message the next place in a conversation that row.Lock gave and writes both: before is the conversation as it was, after
// the copy that the caller has already changed in everything but the message. The newest message becomes the preview unless it is late, unsent
// (MSG-15, GRP-17) or the product's own. It gives false, and has written nothing, where the same message is there already.
func AppendIn(ctx context.Context, tx *store.Tx, before, after *ent.Conversation, m *ent.Message, actor event.Actor) (bool, error) {
	m.TeamID, m.Version, m.CreatedAt, m.UpdatedAt = tx.Team, 1, tx.Now, tx.Now
	m.ConversationID, m.ChannelID, m.Seq = after.ID, after.ChannelID, before.MessageSeq+1
	if isOutgoing(m) {
		m.Usage = usageOf(after)
	}
	params, err := paramsOf(m)
	if err != nil {
		return false, err
	}
	rows, err := tx.Query(ctx, insertSQL, m.TeamID, m.CreatedAt, m.UpdatedAt, m.ConversationID, m.ChannelID, m.Seq, string(m.Direction),
		string(m.Sender), m.AgentID, m.TokenID, m.IdentityID, m.MemberID, m.SenderName, m.Kind, m.Text, m.Content, m.IsSelfMentioned,
		m.PlatformMessageID, m.QuoteToken, m.ReadToken, m.ReplyToID, m.QuotedPlatformID, m.PlatformAt, m.IsLate, m.EditedAt, m.UnsentAt,
		string(m.Delivery), m.RetryKey, m.Author, m.ClientMessageID, m.Code, params, trace.Parent(ctx), m.Usage)
	if err != nil {
		return false, fmt.Errorf("add message: %w", err)
	}
	isNew := rows.Next()
	if isNew {
		err = rows.Scan(&m.ID)
	}
	if err := firstError(err, rows.Err(), rows.Close()); err != nil {
		return false, fmt.Errorf("add message: %w", err)
	}
	if !isNew {
		return false, nil
	}
	search.IndexIn(tx, m)
	after.MessageSeq = m.Seq
	if Moves(m) {
		after.LastAt, after.IsArchived = tx.Now, false
		if !m.IsLate && m.UnsentAt == nil {
			Preview(after, m)
		}
	}
	if err := keepSnooze(ctx, tx, after, m, actor); err != nil {
		return false, err
	}
	keepIdle(tx, after, m)
	if m.IsSelfMentioned { // GRP-15
		after.MentionMessageID = &m.ID
	}
	if err := row.Put(ctx, tx, before, after, actor); err != nil {
		return false, err
	}
	f := row.Facets(after)
	tx.Emit(event.Event{Kind: event.MessageAdded, ObjectID: m.ID, ObjectVersion: m.Version, ConversationID: after.ID, Before: f, After: f, Actor: actor})
	return true, nil
}

// usageOf is as how many messages one into the conversation counts with the platform: a group's members as its row shows them, without the account (GRP-12); 0 for a person's, whose messages have no price of
// their own, and where the number is not known.
func usageOf(c *ent.Conversation) int {
	if c.GroupID == nil {
		return 0
	}
	return c.MemberCount
}

// Moves says whether a message moves its conversation in lists, and may be the one its row shows: the row shows what is said to and by the customer, and
// neither the product's own words nor what agents note among themselves.
func Moves(m *ent.Message) bool { return m.Sender != message.SenderSYSTEM && m.Kind != note.Kind }

// paramsOf gives the values of a system message's text as they are stored; NULL for none.
func paramsOf(m *ent.Message) (any, error) {
	if len(m.Params) == 0 {
		return nil, nil //nolint:nilnil // NULL
	}
	b, err := json.Marshal(m.Params)
	if err != nil {
		return nil, fmt.Errorf("encode the values of a text: %w", err)
	}
	return string(b), nil
}

// Preview makes a message the one that the conversation's row shows; nil empties the preview.
func Preview(c *ent.Conversation, m *ent.Message) {
	if m == nil {
		c.LastMessageID, c.LastMessageSeq, c.LastMessageKind, c.LastMessageSender = nil, 0, "", ""
		c.LastMessagePreview, c.LastMessageAt, c.LastMessageUnsent = "", nil, false
		return
	}
	id, at := m.ID, m.CreatedAt
	c.LastMessageID, c.LastMessageSeq, c.LastMessageKind, c.LastMessageSender = &id, m.Seq, m.Kind, string(m.Sender)
	c.LastMessagePreview, c.LastMessageAt, c.LastMessageUnsent = text.Cut(text.Line(m.Text), previewLength), &at, m.UnsentAt != nil
}

// ChangedIn tells that a message was changed: edited, unsent, delivered. The conversation is held by the caller.
func ChangedIn(tx *store.Tx, c *ent.Conversation, m *ent.Message, actor event.Actor) {
	f := row.Facets(c)
	tx.Emit(event.Event{Kind: event.MessageChanged, ObjectID: m.ID, ObjectVersion: m.Version, ConversationID: c.ID, Before: f, After: f, Actor: actor})
}

// Encode gives what is stored of a content: its text, and everything else as JSON; "" where the text is all there is.
func Encode(c channels.Content) (plain, rest string, err error) {
	plain, c.Text = c.Text, ""
	if c.Kind == channels.Text && len(c.Mentions) == 0 && len(c.Emojis) == 0 {
		return plain, "", nil
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "", "", fmt.Errorf("encode content: %w", err)
	}
	return plain, string(b), nil
}

// ContentOf gives the content of a message from what is stored. What was unsent has none.
func ContentOf(m *ent.Message) (channels.Content, error) {
	c := channels.Content{Kind: channels.MessageKind(m.Kind)}
	if m.Content != "" {
		if err := json.Unmarshal([]byte(m.Content), &c); err != nil {
			return c, fmt.Errorf("read the content of message %d: %w", m.ID, err)
		}
	}
	c.Text = m.Text
	return c, nil
}

// isOutgoing says whether a message goes to the customer.
func isOutgoing(m *ent.Message) bool { return m.Direction == message.DirectionOUTBOUND }

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
