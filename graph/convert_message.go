package graph

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// messageByID is a message of a conversation that the principal may see; any other is a fault of kind NotFound.
func (r *Resolver) messageByID(ctx context.Context, p auth.Principal, n int64) (*model.Message, error) {
	all, err := r.Inbox.MessagesByID(ctx, p, []int64{n})
	if err != nil {
		return nil, err
	}
	if len(all.All) == 0 {
		return nil, fault.Missing("the message")
	}
	return r.messageModel(p, all.All[0], all, r.Clock.Now()), nil
}

// messageModel is a message as the viewer sees it.
func (r *Resolver) messageModel(p auth.Principal, x *inbox.Message, all *inbox.Messages, now time.Time) *model.Message {
	m := &model.Message{
		ID: id.Format(id.Message, x.ID), Version: x.Version, ConversationID: id.Format(id.Conversation, x.ConversationID), Seq: int(x.Seq),
		Sender: model.MessageSender(x.Sender), SenderName: senderName(p.Language, x.Message, all), Kind: model.MessageKind(x.Kind),
		Content: r.contentModel(p, x, all, now), MemberID: id.Optional(id.GroupMember, x.MemberID), PlatformMessageID: x.PlatformMessageID,
		CreatedAt: x.CreatedAt, PlatformAt: x.PlatformAt, IsLate: x.IsLate, EditedAt: x.EditedAt, UnsentAt: x.UnsentAt, SentAt: x.SentAt,
		Attempts: all.Attempts[x.ID],
	}
	c := all.Conversations[x.ConversationID]
	switch {
	case x.AgentID != nil:
		if m.Agent = agentSummary(all.Agents[*x.AgentID]); m.Agent != nil {
			m.SenderPictureURL = m.Agent.PictureURL
		}
	case x.MemberID != nil && all.Members[*x.MemberID] != nil:
		m.SenderPictureURL = textOrNil(all.Members[*x.MemberID].PictureURL)
	case x.IdentityID != nil && all.Identities[*x.IdentityID] != nil:
		m.SenderPictureURL = textOrNil(all.Identities[*x.IdentityID].PictureURL)
	case x.Sender == "CONTACT" && c != nil:
		m.SenderPictureURL = textOrNil(c.PictureURL)
	}
	if x.ReplyToID != nil {
		if q := all.Quoted[*x.ReplyToID]; q != nil {
			m.ReplyTo = quotedModel(p.Language, q, all)
		}
	}
	if x.Delivery != "NONE" {
		d := model.DeliveryStatus(x.Delivery)
		m.Delivery = &d
	}
	if x.Usage > 0 { // GRP-12
		n := x.Usage
		if x.Delivery == "FAILED" {
			n = 0
		}
		m.Usage = &n
	}
	if x.Delivery == "FAILED" && c != nil {
		m.Failure = &model.DeliveryFailure{
			Code: x.FailureCode, Text: catalogue.Text(p.Language, "failure."+x.FailureCode, nil), PlatformReason: textOrNil(x.FailureReason),
			MayArriveTwice: conversation.MayArriveTwice(r.Inbox.Capability(string(c.ChannelType)), x.FailureCode, x.RetryKeyAt, now),
		}
	}
	if x.Author != "" && x.Author == p.Key() {
		m.ClientMessageID = x.ClientMessageID
	}
	return m
}

// senderName is the sender's name as it is shown: the contact's of a customer and of a known member (GRP-9), the present one of an agent.
func senderName(language string, x *ent.Message, all *inbox.Messages) string {
	name := x.SenderName
	switch {
	case x.AgentID != nil && all.Agents[*x.AgentID] != nil:
		name = all.Agents[*x.AgentID].Name
	case x.MemberID != nil && all.Names[*x.MemberID] != "":
		name = all.Names[*x.MemberID]
	case x.MemberID != nil && all.Members[*x.MemberID] != nil && all.Members[*x.MemberID].DisplayName != "":
		name = all.Members[*x.MemberID].DisplayName
	case x.Sender == "CONTACT" && all.Conversations[x.ConversationID] != nil && all.Conversations[x.ConversationID].Name != "":
		name = all.Conversations[x.ConversationID].Name
	}
	if name != "" {
		return name
	}
	switch x.Sender {
	case "MEMBER":
		return catalogue.Text(language, "member.unknown", nil)
	case "CONTACT":
		return catalogue.Text(language, "customer.unknown", nil)
	}
	return name
}

func quotedModel(language string, q *ent.Message, all *inbox.Messages) *model.QuotedMessage {
	isUnsent := q.UnsentAt != nil
	shown := text.Cut(text.Line(q.Text), 100)
	if q.Kind == "SYSTEM" {
		shown = catalogue.Text(language, q.Code, q.Params)
	}
	return &model.QuotedMessage{ID: id.Format(id.Message, q.ID), SenderName: senderName(language, q, all), Kind: model.MessageKind(q.Kind),
		Text: row.PreviewText(language, q.Kind, shown, isUnsent), IsUnsent: isUnsent}
}

// contentModel is what a message holds, by kind. What was unsent holds nothing (GRP-17).
func (r *Resolver) contentModel(p auth.Principal, x *inbox.Message, all *inbox.Messages, now time.Time) model.MessageContent {
	language := p.Language
	if x.UnsentAt != nil {
		return &model.UnsentContent{Text: catalogue.Text(language, "message.unsent", nil)}
	}
	c := x.Content
	switch x.Kind {
	case "TEXT", "TEMPLATE":
		return textContent(x, all)
	case "IMAGE", "VIDEO", "AUDIO", "FILE":
		m := &model.MediaContent{Caption: x.Text}
		if a := all.Attachments[x.ID]; a != nil {
			m.Attachment = *r.attachmentModel(p, a, now)
		} else {
			// The file's row is written with the message; without one there is nothing to be had.
			m.Attachment = model.Attachment{ID: id.Format(id.Attachment, x.ID), State: model.AttachmentStateErased}
		}
		if c.Media != nil && c.Media.SetID != "" {
			m.SetID, m.SetIndex, m.SetTotal = &c.Media.SetID, &c.Media.SetIndex, &c.Media.SetTotal
		}
		return m
	case "STICKER":
		m := &model.StickerContent{Keywords: []string{}}
		if s := c.Sticker; s != nil {
			m.PackageID, m.StickerID, m.Text = s.PackageID, s.StickerID, textOrNil(s.Text)
			m.Keywords = append(m.Keywords, s.Keywords...)
		}
		return m
	case "LOCATION":
		m := &model.LocationContent{}
		if l := c.Location; l != nil {
			m.Title, m.Address, m.Latitude, m.Longitude = textOrNil(l.Title), textOrNil(l.Address), l.Latitude, l.Longitude
		}
		return m
	case note.Kind:
		m := &model.NoteContent{Text: x.Text, Mentions: []*model.AgentSummary{}}
		for _, n := range note.Mentioned(x.Message) {
			if a := agentSummary(all.Agents[n]); a != nil {
				m.Mentions = append(m.Mentions, a)
			}
		}
		return m
	case "SYSTEM":
		return &model.SystemContent{Code: x.Code, Params: paramsModel(x.Params), Text: catalogue.Text(language, x.Code, x.Params)}
	}
	return &model.UnsupportedContent{Raw: string(c.Raw), Text: catalogue.Text(language, "message.unsupported", nil)}
}

func textContent(x *inbox.Message, all *inbox.Messages) *model.TextContent {
	m := &model.TextContent{Text: x.Text, Mentions: []*model.TextMention{}, Emojis: []*model.TextEmoji{}, Buttons: []*model.TextButton{}}
	for _, b := range x.Content.Buttons {
		m.Buttons = append(m.Buttons, &model.TextButton{Label: b.Label, URL: textOrNil(b.URL)})
	}
	c := all.Conversations[x.ConversationID]
	for _, who := range x.Content.Mentions {
		t := &model.TextMention{Index: who.Index, Length: who.Length, Text: who.Text, IsAll: who.Type == "all", IsSelf: who.IsSelf}
		if c != nil && c.GroupID != nil {
			if n, ok := all.Mentioned[inbox.Mention{GroupID: *c.GroupID, UserID: who.UserID}]; ok {
				t.MemberID = id.Optional(id.GroupMember, &n)
			}
		}
		m.Mentions = append(m.Mentions, t)
	}
	for _, e := range x.Content.Emojis {
		m.Emojis = append(m.Emojis, &model.TextEmoji{Index: e.Index, Length: e.Length, ProductID: e.ProductID, EmojiID: e.EmojiID})
	}
	return m
}

// paramsModel lists the values of a text by name.
func paramsModel(params map[string]string) []*model.TextParam {
	out := make([]*model.TextParam, 0, len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		out = append(out, &model.TextParam{Name: name, Value: params[name]})
	}
	return out
}

// activityModel is an entry of the activity log in the viewer's language.
func activityModel(language string, a *ent.Activity) *model.Activity {
	return &model.Activity{ID: id.Format(id.Activity, a.ID), Code: a.Code, Params: paramsModel(a.Params), Text: catalogue.Text(language, a.Code, a.Params), At: a.At}
}
