package inbound

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/earlyeffect"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/inboundevent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
)

// original finds the message that an edit or an unsend is about, with its conversation held; nil where it has not arrived. Then its arrival
// waits until this transaction has ended.
func (w *work) original(ctx context.Context, e channels.Event) (*ent.Message, *ent.Conversation, error) {
	c, err := w.known(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		if err := w.guard(ctx, e.MessageID); err != nil {
			return nil, nil, err
		}
	}
	m, err := w.tx.Message.Query().Where(message.ChannelID(w.body.ChannelID), message.PlatformMessageID(e.MessageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, c, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find the original: %w", err)
	}
	if c == nil || c.ID != m.ConversationID {
		if c, err = row.Lock(ctx, w.tx, m.ConversationID); err != nil {
			return nil, nil, err
		}
		w.remember(c)
	}
	return m, c, nil
}

// edited shows a message's new text, marked as edited (MSG-12). Of two edits the newer counts, in whatever order they come.
func (w *work) edited(ctx context.Context, e channels.Event) error {
	if e.Content == nil || w.isBlocked(e) {
		return nil
	}
	m, c, err := w.original(ctx, e)
	if err != nil {
		return err
	}
	if m == nil {
		return w.tooEarly(ctx, e, earlyeffect.KindEDIT)
	}
	if m.UnsentAt != nil || m.EditedAt != nil && e.OccurredAt.Before(*m.EditedAt) {
		if m.UnsentAt != nil {
			return w.eraseRaw(ctx, e.MessageID)
		}
		return nil
	}
	content := clean(*e.Content)
	plain, rest, err := conversation.Encode(content)
	if err != nil {
		return err
	}
	u := w.tx.Message.UpdateOne(m).SetKind(string(content.Kind)).SetText(plain).SetContent(rest).SetEditedAt(e.OccurredAt).
		SetIsSelfMentioned(c.GroupID != nil && mentionsSelf(content)).AddVersion(1).SetUpdatedAt(w.tx.Now)
	if e.QuoteToken != "" {
		u.SetQuoteToken(e.QuoteToken)
	}
	now, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("edit message %d: %w", m.ID, err)
	}
	search.IndexIn(w.tx, now)
	if isFile(m) && content.Media == nil { // nothing of what it was stays behind its new text
		if err := w.Files.EraseIn(ctx, w.tx, m.ID); err != nil {
			return fmt.Errorf("erase attachments of message %d: %w", m.ID, err)
		}
	}
	after := row.Copy(c)
	if after.HasPhone, err = finding.AgainIn(ctx, w.tx, c, now); err != nil {
		return err
	}
	if c.LastMessageID != nil && *c.LastMessageID == m.ID {
		at := c.LastMessageAt
		conversation.Preview(after, now)
		after.LastMessageAt = at
	}
	switch {
	case now.IsSelfMentioned && !m.IsSelfMentioned && (c.MentionMessageID == nil || m.ID > *c.MentionMessageID) && m.Seq > c.ReadSeq:
		after.MentionMessageID = &now.ID
	case !now.IsSelfMentioned && c.MentionMessageID != nil && *c.MentionMessageID == m.ID:
		if after.MentionMessageID, err = w.otherMention(ctx, c, m.ID); err != nil {
			return err
		}
	}
	if err := w.put(ctx, c, after); err != nil {
		return err
	}
	conversation.ChangedIn(w.tx, after, now, w.actor(c))
	return nil
}

// unsent takes a message back: "已收回一則訊息" stays of it, and nothing that was in it, anywhere (GRP-17, MSG-12).
func (w *work) unsent(ctx context.Context, e channels.Event) error {
	m, c, err := w.original(ctx, e)
	if err != nil {
		return err
	}
	if err := w.eraseRaw(ctx, e.MessageID); err != nil {
		return err
	}
	if m == nil {
		return w.tooEarly(ctx, e, earlyeffect.KindUNSEND)
	}
	if m.UnsentAt != nil {
		return nil
	}
	now, err := w.tx.Message.UpdateOne(m).SetText("").SetContent("").SetQuoteToken("").SetReadToken("").SetUnsentAt(e.OccurredAt).
		SetIsSelfMentioned(false).AddVersion(1).SetUpdatedAt(w.tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("unsend message %d: %w", m.ID, err)
	}
	search.IndexIn(w.tx, now)
	if isFile(m) {
		if err := w.Files.EraseIn(ctx, w.tx, m.ID); err != nil {
			return fmt.Errorf("erase attachments of message %d: %w", m.ID, err)
		}
	}
	after := row.Copy(c)
	if after.HasPhone, err = finding.AgainIn(ctx, w.tx, c, now); err != nil {
		return err
	}
	if c.LastMessageID != nil && *c.LastMessageID == m.ID {
		before, err := w.tx.Message.Query().Where(message.ConversationID(c.ID), message.SeqLT(m.Seq), message.UnsentAtIsNil(), message.IsLate(false),
			message.SenderNEQ(message.SenderSYSTEM), message.KindNEQ(note.Kind)).
			Order(ent.Desc(message.FieldSeq)).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("find the message before: %w", err)
		}
		conversation.Preview(after, before)
	}
	if c.MentionMessageID != nil && *c.MentionMessageID == m.ID {
		other, err := w.otherMention(ctx, c, m.ID)
		if err != nil {
			return err
		}
		if other != nil { // where none is left, the notice stays until it is read
			after.MentionMessageID = other
		}
	}
	by := w.actor(c)
	if err := w.put(ctx, c, after); err != nil {
		return err
	}
	conversation.ChangedIn(w.tx, after, now, by)
	return row.Log(ctx, w.tx, c.ID, "log.unsent", map[string]string{"customer": w.speaker(c, m)}, by)
}

// put writes a changed row, where it was changed.
func (w *work) put(ctx context.Context, before, after *ent.Conversation) error {
	if err := row.Put(ctx, w.tx, before, after, w.actor(before)); err != nil {
		return err
	}
	w.remember(after)
	return nil
}

// otherMention finds the newest unread message beside one that mentions the account; nil where none is left.
func (w *work) otherMention(ctx context.Context, c *ent.Conversation, butID int64) (*int64, error) {
	id, err := w.tx.Message.Query().Where(message.ConversationID(c.ID), message.IsSelfMentioned(true), message.IDNEQ(butID), message.SeqGT(c.ReadSeq),
		message.UnsentAtIsNil()).Order(ent.Desc(message.FieldSeq)).FirstID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find another mention: %w", err)
	}
	return &id, nil
}

// eraseRaw empties the stored bodies of a message, its edits and what failed of it.
func (w *work) eraseRaw(ctx context.Context, messageID string) error {
	if err := w.tx.InboundEvent.Update().Where(inboundevent.ChannelID(w.body.ChannelID), inboundevent.PlatformMessageID(messageID)).SetRaw("").Exec(ctx); err != nil {
		return fmt.Errorf("erase stored bodies: %w", err)
	}
	return nil
}

// tooEarly keeps an effect until its message comes (MSG-12). Of two edits the newer is kept; of an unsent message no edit is.
func (w *work) tooEarly(ctx context.Context, e channels.Event, kind earlyeffect.Kind) error {
	kept, err := w.tx.EarlyEffect.Query().Where(earlyeffect.ChannelID(w.body.ChannelID), earlyeffect.PlatformMessageID(e.MessageID)).All(ctx)
	if err != nil {
		return fmt.Errorf("find what came early: %w", err)
	}
	isUnsent := slices.ContainsFunc(kept, func(x *ent.EarlyEffect) bool { return x.Kind == earlyeffect.KindUNSEND })
	if isUnsent {
		return w.eraseRaw(ctx, e.MessageID)
	}
	content := ""
	if kind == earlyeffect.KindUNSEND {
		if err := w.deleteEarly(ctx, e.MessageID); err != nil {
			return err
		}
	} else {
		b, err := json.Marshal(clean(*e.Content))
		if err != nil {
			return fmt.Errorf("encode content: %w", err)
		}
		content = string(b)
	}
	_, err = w.tx.Exec(ctx, `INSERT INTO early_effects (team_id, channel_id, platform_message_id, kind, content, quote_token, occurred_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (team_id, channel_id, platform_message_id, kind) DO UPDATE SET
		content = excluded.content, quote_token = excluded.quote_token, occurred_at = excluded.occurred_at
		WHERE early_effects.occurred_at <= excluded.occurred_at`,
		w.tx.Team, w.body.ChannelID, e.MessageID, string(kind), content, e.QuoteToken, e.OccurredAt, w.tx.Now)
	if err != nil {
		return fmt.Errorf("keep what came early: %w", err)
	}
	// The body that follows in this transaction may bring the message.
	return w.findEarly(ctx)
}

func (w *work) deleteEarly(ctx context.Context, messageID string) error {
	if _, err := w.tx.EarlyEffect.Delete().Where(earlyeffect.ChannelID(w.body.ChannelID), earlyeffect.PlatformMessageID(messageID)).Exec(ctx); err != nil {
		return fmt.Errorf("forget what came early: %w", err)
	}
	return nil
}

// forgetEarly deletes what has now taken effect. Of a message that was unsent before it came, no stored body keeps the content either, and the
// log says what it would have said.
func (w *work) forgetEarly(ctx context.Context, c *ent.Conversation, m *ent.Message, messageID string) error {
	delete(w.early, messageID)
	if err := w.deleteEarly(ctx, messageID); err != nil {
		return err
	}
	if m.UnsentAt == nil {
		return nil
	}
	if err := w.eraseRaw(ctx, messageID); err != nil {
		return err
	}
	return row.Log(ctx, w.tx, c.ID, "log.unsent", map[string]string{"customer": w.speaker(c, m)}, w.actor(c))
}

// clean takes out of a content what no database keeps.
func clean(c channels.Content) channels.Content {
	c.Text = storable(c.Text)
	if c.Media != nil {
		m := *c.Media
		m.ID, m.URL, m.PreviewURL, m.Name, m.ContentType = storable(m.ID), storable(m.URL), storable(m.PreviewURL), storable(m.Name), storable(m.ContentType)
		c.Media = &m
	}
	return c
}

func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
