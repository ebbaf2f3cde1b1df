package conversation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// customerName is the variable that becomes the contact's name (MSG-4).
const customerName = "{{system:customer_name}}"

// maxClientID is how many characters a clientMessageId has at most.
const maxClientID = 100

// SendInput says where to send what.
type SendInput struct {
	ConversationID int64
	// Content is a text, a sticker or a place; Media is a file instead.
	Content channels.Content
	Media   *Media
	// ReplyToID is the message to quote; 0 for none.
	ReplyToID int64
	// ClientMessageID is the author's own id of the message, for ever unique per author.
	ClientMessageID string
	OnBehalfOf      int64
}

// Send queues a message: it is SENDING and in its conversation's lane, in one transaction (CHAN-11). The same id of the same author is the same
// message, read afresh, whatever has become of it; with other content it is a fault of kind Conflict (MSG-16). A person's answer clears what is
// unread and stops the waiting (COLL-13, CONV-19); an integration's is a bot's, and does neither.
func (s *Service) Send(ctx context.Context, p auth.Principal, in SendInput) (*ent.Message, *ent.Conversation, event.Cursor, error) {
	if err := checkClientID(in.ClientMessageID); err != nil {
		return nil, nil, event.Cursor{}, err
	}
	neutral, err := s.neutral(ctx, p, in)
	if err != nil {
		return nil, nil, event.Cursor{}, err
	}
	var m *ent.Message
	var c *ent.Conversation
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		err := x.substitute(ctx, in.OnBehalfOf)
		if err != nil {
			return err
		}
		if err := x.hold(ctx, in.ConversationID); err != nil {
			return err
		}
		// What was sent already was allowed then: a client that lost the answer gets it even if the conversation has ended since.
		if planted.Is("client-id-ignored") {
			m, err = s.send(ctx, x, p.Key()+s.random.UUID(), in, neutral)
			c = x.c
			return err
		}
		if m, err = x.again(ctx, p.Key(), in); err != nil || m != nil {
			c = x.c
			return err
		}
		if m, err = s.send(ctx, x, p.Key(), in, neutral); err != nil {
			return err
		}
		c = x.c
		return nil
	})
	if err != nil {
		return nil, nil, event.Cursor{}, err
	}
	faultpoint.Hit("send/committed")
	return m, c, cursor, nil
}

func checkClientID(id string) error {
	switch n := utf8.RuneCountInString(id); {
	case strings.TrimSpace(id) == "":
		return fault.Input("clientMessageId", "give the message an id of your own")
	case n > maxClientID:
		return fault.Input("clientMessageId", "at most %d characters", maxClientID)
	case strings.ContainsRune(id, 0) || !utf8.ValidString(id):
		return fault.Input("clientMessageId", "only text")
	}
	return nil
}

// again finds what the author sent under the id before; nil for nothing. The text is compared as it was written, before its variables.
func (x *acting) again(ctx context.Context, author string, in SendInput) (*ent.Message, error) {
	m, err := x.tx.Message.Query().Where(message.Author(author), message.ClientMessageID(in.ClientMessageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the message: %w", err)
	}
	var reply int64
	if m.ReplyToID != nil {
		reply = *m.ReplyToID
	}
	isSame := m.ConversationID == in.ConversationID && reply == in.ReplyToID
	if isSame && in.Media != nil {
		isSame, err = x.isSameMedia(ctx, m.ID, *in.Media)
	} else if isSame {
		isSame, err = isSameContent(m, in.Content)
	}
	if err != nil {
		return nil, err
	}
	if !isSame {
		return nil, x.usedID()
	}
	return m, nil
}

// usedID refuses an id under which the author sent something else (MSG-16).
func (x *acting) usedID() error {
	const reason = "refusal.client_id"
	return &refusal{fault.New(fault.Conflict, "%s", catalogue.Text(x.p.Language, reason, nil)).WithCode("CONFLICT", nil), reason, nil}
}

func isSameContent(m *ent.Message, c channels.Content) (bool, error) {
	plain, rest, err := Encode(c)
	return m.Kind == string(c.Kind) && m.Content == rest && (m.Text == plain || strings.Contains(plain, customerName) && matches(plain, m.Text)), err
}

// matches says whether a text could have come of one with variables: the parts between them stand in it, in their order. The contact may have
// another name by now.
func matches(written, sent string) bool {
	parts := strings.Split(written, customerName)
	rest, ok := strings.CutPrefix(sent, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

// send writes the message and queues it. neutral is a kept picture for a file without one; 0 for none.
func (s *Service) send(ctx context.Context, x *acting, author string, in SendInput, neutral int64) (*ent.Message, error) {
	var err error
	if x.c.GroupID != nil {
		if x.group, err = x.tx.Group.Get(ctx, *x.c.GroupID); err != nil {
			return nil, fmt.Errorf("read group: %w", err)
		}
	}
	if err := x.may(ctx, Replying); err != nil {
		return nil, err
	}
	can, err := s.outlet(ctx, x)
	if err != nil {
		return nil, err
	}
	content := in.Content
	wire := content.Kind
	var p *parcel
	if in.Media != nil {
		if p, err = s.claim(ctx, x, can, author, *in.Media); err != nil {
			return nil, err
		}
		if neutral != 0 && can.Media[file.KindOf(p.file.ContentType)].NeedsPreview {
			if p.preview, err = s.files.ClaimIn(ctx, x.tx, neutralAuthor, neutral); err != nil {
				return nil, err
			}
		}
		content, wire = channels.Content{Kind: file.KindOf(p.file.ContentType)}, p.wire()
	} else if content, err = x.written(can, content); err != nil {
		return nil, err
	}
	m, err := s.outgoing(x, author, in.ClientMessageID, content)
	if err != nil {
		return nil, err
	}
	if err := x.quote(ctx, can, m, wire, in.ReplyToID); err != nil {
		return nil, err
	}
	if err := s.queue(ctx, x, can, m, p); err != nil {
		return nil, err
	}
	x.tx.AfterCommit(s.wake)
	if content.Kind == channels.Sticker {
		return m, x.keepSticker(ctx, *content.Sticker)
	}
	if content.Kind != channels.Text {
		return m, nil
	}
	return m, x.clearDrafts(ctx, in.Content.Text)
}

// outgoing makes a message that goes out, with the author's own id of it.
func (s *Service) outgoing(x *acting, author, clientMessageID string, content channels.Content) (*ent.Message, error) {
	m := &ent.Message{Direction: message.DirectionOUTBOUND, Delivery: message.DeliverySENDING, Kind: string(content.Kind), Author: author,
		ClientMessageID: &clientMessageID, RetryKey: s.random.UUID(), SenderName: x.p.Name}
	var err error
	m.Text, m.Content, err = Encode(content)
	return m, err
}

// queue writes a message that goes out, with its file where it has one, and puts it into the conversation's lane (CHAN-11).
func (s *Service) queue(ctx context.Context, x *acting, can channels.Capability, m *ent.Message, p *parcel) error {
	after := row.Copy(x.c)
	x.sign(m, after)
	isNew, err := AppendIn(ctx, x.tx, x.c, after, m, x.by)
	if err != nil {
		return err
	}
	if !isNew { // the author used the id before, or in another conversation at the same instant
		return x.usedID()
	}
	x.c = after
	if p != nil {
		if err := s.attach(ctx, x, can, m, p); err != nil {
			return err
		}
	}
	return lane.EnqueueIn(ctx, x.tx, x.c.ID, x.c.ChannelID)
}

// written puts the contact's name in for the variable and refuses what the channel cannot send (MSG-4, MSG-7).
func (x *acting) written(can channels.Capability, c channels.Content) (channels.Content, error) {
	if x.c.Kind == conversation.KindGROUP && strings.Contains(c.Text, customerName) {
		return c, x.wrong("content.text", "refusal.variable_group", nil)
	}
	c.Text = strings.ReplaceAll(c.Text, customerName, x.c.Name)
	return c, x.fits(can, c)
}

// sign says who the message is from, and has a person's answer clear what is unread and stop the waiting.
func (x *acting) sign(m *ent.Message, after *ent.Conversation) {
	if x.p.TokenID != 0 {
		m.TokenID = &x.p.TokenID
	}
	if x.p.AgentID == 0 {
		m.Sender = message.SenderBOT
		return
	}
	m.Sender, m.AgentID = message.SenderAGENT, &x.p.AgentID
	after.ReadSeq, after.WaitingSince = x.c.MessageSeq+1, nil
	clearFor(x, after)
	if isOwn(x) {
		after.MentionMessageID = nil
	}
}

// outlet refuses where the platform takes nothing now, and gives what the type of channel can do.
func (s *Service) outlet(ctx context.Context, x *acting) (channels.Capability, error) {
	ch, err := x.tx.Channel.Get(ctx, x.c.ChannelID)
	if err != nil {
		return channels.Capability{}, fmt.Errorf("read channel: %w", err)
	}
	adapter, err := s.adapters.Get(channels.Type(ch.Type))
	if err != nil {
		return channels.Capability{}, err
	}
	o := Outlet{ChannelState: string(ch.State), IsDeleted: ch.DeletedAt != nil, Capability: adapter.Capability(), HasLeft: x.hasLeft(),
		CustomerAt: x.c.CustomerAt, Now: x.tx.Now}
	if now := SendabilityOf(o); !now.Allowed {
		if now.Code == "WINDOW_CLOSED" {
			text := catalogue.Text(x.p.Language, now.Reason, now.Params)
			f := fault.New(fault.Conflict, "%s", text).WithCode(now.Code, map[string]any{"until": now.ClosedAt})
			return o.Capability, &refusal{f, now.Reason, now.Params}
		}
		return o.Capability, x.refuse(ctx, Permit{Code: now.Code, Reason: now.Reason}, nil)
	}
	return o.Capability, nil
}

// wrong makes the fault of an input that is not right, in the principal's language.
func (x *acting) wrong(field, code string, params map[string]string) error {
	return &refusal{fault.Input(field, "%s", catalogue.Text(x.p.Language, code, params)), code, params}
}

// fits refuses what the channel cannot send, before anything is queued (MSG-7, MSG-10).
func (x *acting) fits(can channels.Capability, c channels.Content) error {
	if !canSend(can, c.Kind) {
		return x.wrong("content", "refusal.kind", nil)
	}
	switch c.Kind {
	case channels.Text:
		return x.fitsText(can, c.Text)
	case channels.Sticker:
		if c.Sticker == nil || !isToken(c.Sticker.PackageID) || !isToken(c.Sticker.StickerID) {
			return fault.Input("content.sticker", "name a pack and a sticker of the platform")
		}
		if !can.TakesSticker(*c.Sticker) {
			return x.wrong("content.sticker", "refusal.sticker", nil)
		}
	case channels.Location:
		return fitsLocation(c.Location)
	default: // a file is an upload
		return x.wrong("content", "refusal.kind", nil)
	}
	return nil
}

func (x *acting) fitsText(can channels.Capability, s string) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return fault.Input("content.text", "only text, without control character 0")
	case strings.TrimSpace(s) == "":
		return x.wrong("content.text", "refusal.text_empty", nil)
	case can.TextLimit > 0 && Count(can, s) > can.TextLimit:
		params := map[string]string{"limit": fmt.Sprint(can.TextLimit)}
		f := fault.Input("content.text", "%s", catalogue.Text(x.p.Language, "refusal.text_long", params))
		return &refusal{f.WithCode("LIMIT_EXCEEDED", map[string]any{"limit": can.TextLimit}), "refusal.text_long", params}
	}
	return nil
}

func isToken(s string) bool {
	return s != "" && len(s) <= 100 && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// maxPlace is how many characters the title and the address of a place have at most.
const maxPlace = 100

func fitsLocation(l *channels.LocationRef) error {
	if l == nil {
		return fault.Input("content.location", "name a place")
	}
	for field, s := range map[string]string{"content.location.title": l.Title, "content.location.address": l.Address} {
		n := utf8.RuneCountInString(s)
		if strings.TrimSpace(s) == "" || n > maxPlace || strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
			return fault.Input(field, "1 to %d characters", maxPlace)
		}
	}
	if !(math.Abs(l.Latitude) <= 90) {
		return fault.Input("content.location.latitude", "from -90 to 90")
	}
	if !(math.Abs(l.Longitude) <= 180) {
		return fault.Input("content.location.longitude", "from -180 to 180")
	}
	return nil
}

// quote binds a message to the one it replies to, which must be of the same conversation and quotable, by one that goes as a kind that can
// quote (MSG-5, GRP-13).
func (x *acting) quote(ctx context.Context, can channels.Capability, m *ent.Message, wire channels.MessageKind, replyTo int64) error {
	if replyTo == 0 {
		return nil
	}
	if x.c.Kind == conversation.KindGROUP {
		return x.wrong("replyToMessageId", "refusal.quote_group", nil)
	}
	quoted, err := x.tx.Message.Query().Where(message.ID(replyTo), message.ConversationID(x.c.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return x.wrong("replyToMessageId", "refusal.quote_elsewhere", nil)
	}
	if err != nil {
		return fmt.Errorf("read the quoted message: %w", err)
	}
	if !can.CanQuote || quoted.QuoteToken == "" || quoted.UnsentAt != nil {
		return x.wrong("replyToMessageId", "refusal.quote_token", nil)
	}
	if !slices.Contains(can.QuoteKinds, wire) {
		return x.wrong("replyToMessageId", "refusal.quote_kind", nil)
	}
	m.ReplyToID = &quoted.ID
	if quoted.PlatformMessageID != nil {
		m.QuotedPlatformID = *quoted.PlatformMessageID
	}
	return nil
}

// RetryInput says which failed message to send again.
type RetryInput struct {
	MessageID int64
	// MayArriveTwice is the agent's word that it may arrive twice.
	MayArriveTwice bool
}

// Retry sends a FAILED message again, in its old place (MSG-6). It goes out under its old retry key while the platform knows that key, else
// under a new one. Where it is not certain that it did not arrive, and no key protects it, the agent's word is needed: without it the fault is
// of kind Invalid for mayArriveTwice. The log says who sent it again, and on whose word.
func (s *Service) Retry(ctx context.Context, p auth.Principal, in RetryInput) (*ent.Message, event.Cursor, error) {
	var m *ent.Message
	cursor, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		old, err := tx.Message.Get(ctx, in.MessageID)
		if ent.IsNotFound(err) {
			return fault.Missing("the message")
		}
		if err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		x, err := s.begin(ctx, tx, p, 0, old.ConversationID, Replying)
		if err != nil {
			return asMessage(err)
		}
		can, err := s.outlet(ctx, x)
		if err != nil {
			return err
		}
		if old, err = tx.Message.Get(ctx, in.MessageID); err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		m, err = s.retry(ctx, x, can, old, in.MayArriveTwice)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return m, cursor, nil
}

// asMessage says of a message what was said of its conversation: that it is not there.
func asMessage(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.Missing("the message")
	}
	return err
}

func (s *Service) retry(ctx context.Context, x *acting, can channels.Capability, old *ent.Message, mayArriveTwice bool) (*ent.Message, error) {
	if !isOutgoing(old) || old.Delivery != message.DeliveryFAILED {
		return nil, fault.New(fault.Conflict, "%s", catalogue.Text(x.p.Language, "refusal.not_failed", nil)).
			WithCode("STATE_CONFLICT", map[string]any{"status": string(x.c.Status)})
	}
	now, entry := x.tx.Now, "log.resent"
	if MayArriveTwice(can, old.FailureCode, old.RetryKeyAt, now) {
		if !mayArriveTwice {
			return nil, x.wrong("mayArriveTwice", "refusal.may_arrive_twice", nil)
		}
		entry = "log.resent_twice"
	}
	u := x.tx.Message.UpdateOne(old).SetDelivery(message.DeliverySENDING).SetFailureCode("").SetFailureReason("").SetUsage(usageOf(x.c)).AddVersion(1).SetUpdatedAt(now)
	if !KeyHolds(can, old.RetryKeyAt, now) {
		u.SetRetryKey(s.random.UUID()).ClearRetryKeyAt()
	}
	m, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("send message %d again: %w", old.ID, err)
	}
	ChangedIn(x.tx, x.c, m, x.by)
	if err := lane.EnqueueIn(ctx, x.tx, x.c.ID, x.c.ChannelID); err != nil {
		return nil, err
	}
	x.tx.AfterCommit(s.wake)
	return m, x.log(ctx, entry, map[string]string{"message": fmt.Sprint(m.ID), "at": m.CreatedAt.UTC().Format(time.RFC3339)})
}
