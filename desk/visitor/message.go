package visitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// From says who wrote a message.
type From string

// Who writes.
const (
	FromVisitor From = "visitor"
	FromAgent   From = "agent"
	FromBot     From = "bot"
	FromSystem  From = "system"
)

// Type is what a message shows.
type Type string

// What messages show. Other is what the chat window has no words for.
const (
	Text   Type = "text"
	Image  Type = "image"
	Unsent Type = "unsent"
	Other  Type = "other"
)

// Message is a message as the visitor sees it: nothing of the team's but the names under which it answers.
type Message struct {
	Seq             int64 // the place in the conversation; 0 where it is in none
	From            From
	Name            string // of who wrote it; empty for the visitor
	Type            Type
	Text            string
	Image           *Picture
	Status          string // "sent", "received", "read"; empty where there is none
	ClientMessageID string // the visitor's own
	CreatedAt       time.Time
	EditedAt        *time.Time
}

// Picture is the picture of a message.
type Picture struct {
	URL, PreviewURL string // for this visitor and an hour; empty unless it is ready
	Width, Height   int    // pixels; 0 where unknown
	State           string // "pending", "ready", "failed"
}

// SendInput is what a visitor writes.
type SendInput struct {
	ClientMessageID string // a UUID of the browser's: the same is the same message (MSG-16)
	Type            Type   // Text or Image
	Text            string
	UploadID        string // of an Image
	Page            *Page  // where it was written; nil where not said
}

// blocked is what a visitor is told whom the team has blocked, where the channel tells.
func blocked() error {
	return fault.New(fault.Forbidden, "you cannot write here").WithCode("BLOCKED", nil)
}

// Send takes a message in and gives it as it is kept; a second time it gives the same. Faults: Invalid; Conflict where the id was used for another
// message; Forbidden where the team has blocked the visitor and the channel says so: else the message is taken and not kept, and has no place.
func (s *Service) Send(ctx context.Context, x Session, in SendInput) (Message, error) {
	id, upload, err := s.checked(in)
	if err != nil {
		return Message{}, err
	}
	in.ClientMessageID = id
	if x.IsBlocked {
		if x.Window.RefusesBlocked {
			return Message{}, blocked()
		}
		return s.unkept(in), nil
	}
	said := webchat.Said{Key: author(x.VisitorID) + ":" + id, Visitor: x.PublicID, Text: in.Text, UploadID: upload, OccurredAt: s.DB.Clock().Now()}
	if m, found, err := s.same(ctx, x, said); err != nil || found {
		return m, err
	}
	if upload != 0 {
		if err := s.mayUse(ctx, x, upload); err != nil {
			// The first try, whose answer was lost, may have used it just now.
			if m, found, again := s.same(ctx, x, said); again != nil || found {
				return m, again
			}
			return Message{}, err
		}
	}
	if err := s.asMember(ctx, x); err != nil {
		return Message{}, err
	}
	if err := s.wrote(ctx, x, in.Page); err != nil {
		return Message{}, err
	}
	e, err := said.Event()
	if err != nil {
		return Message{}, err
	}
	r, err := s.Inbound.Receive(ctx, inbound.Body{Team: x.Team, ChannelID: x.ChannelID, Type: channels.Webchat, Events: []channels.Event{e}})
	if err != nil {
		return Message{}, err
	}
	m, found, err := s.same(ctx, x, said)
	switch {
	case err != nil:
		return Message{}, err
	case found:
		return m, nil
	case r.Failed+r.Duplicate > 0: // it waits for a replay: the visitor must not take it for delivered
		return Message{}, fault.New(fault.Unavailable, "the message could not be taken just now; send it again").After(time.Second)
	}
	return s.unkept(in), nil // blocked meanwhile
}

// unkept is a message that was taken and is in no history.
func (s *Service) unkept(in SendInput) Message {
	m := Message{From: FromVisitor, Type: in.Type, Text: in.Text, Status: "sent", ClientMessageID: in.ClientMessageID, CreatedAt: s.DB.Clock().Now()}
	if in.Type == Image {
		m.Image = &Picture{State: "pending"}
	}
	return m
}

// checked reads the input.
func (s *Service) checked(in SendInput) (id string, upload int64, err error) {
	parsed, err := uuid.Parse(in.ClientMessageID)
	if err != nil || len(in.ClientMessageID) != 36 {
		return "", 0, fault.Input("client_msg_id", "client_msg_id is a UUID of your own making")
	}
	switch in.Type {
	case Text:
		adapter, err := s.Adapters.Get(channels.Webchat)
		if err != nil {
			return "", 0, err
		}
		can := adapter.Capability()
		n := utf8.RuneCountInString(in.Text)
		if can.TextUnits == channels.UTF16Units {
			n = text.UTF16(in.Text)
		}
		switch {
		case strings.TrimSpace(in.Text) == "":
			return "", 0, fault.Input("text", "the text is empty")
		case in.Text != storable(in.Text):
			return "", 0, fault.Input("text", "the text holds a character that cannot be kept")
		case n > can.TextLimit:
			return "", 0, fault.Input("text", "the text is longer than %d characters", can.TextLimit)
		case in.UploadID != "":
			return "", 0, fault.Input("upload_id", "a text has no upload")
		}
	case Image:
		if upload = uploadID(in.UploadID); upload == 0 {
			return "", 0, noUpload()
		}
		if in.Text != "" {
			return "", 0, fault.Input("text", "a picture has no text; send it as a message of its own")
		}
	default:
		return "", 0, fault.Input("type", `type is "text" or "image"`)
	}
	return parsed.String(), upload, nil
}

func noUpload() error {
	return fault.Input("upload_id", "there is no such upload of yours, or it has expired: upload the picture again")
}

// uploadPrefix marks uploads outside.
const uploadPrefix = "u"

func uploadID(s string) int64 {
	digits, ok := strings.CutPrefix(s, uploadPrefix)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n <= 0 {
		return 0
	}
	return n
}

// mayUse says no where an upload is another's, was used, or has expired.
func (s *Service) mayUse(ctx context.Context, x Session, upload int64) error {
	return s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) error {
		f, err := v.File.Get(ctx, upload)
		if ent.IsNotFound(err) || err == nil && (f.Author != x.author() || f.ExpiresAt == nil || !f.ExpiresAt.After(v.Now)) {
			return noUpload()
		}
		return err
	})
}

// same finds the message that was kept under the same id. Where it has another content the fault is of kind Conflict.
func (s *Service) same(ctx context.Context, x Session, said webchat.Said) (out Message, found bool, err error) {
	err = s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) error {
		m, err := v.Message.Query().Where(message.ChannelID(x.ChannelID), message.PlatformMessageID(said.Key)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, v, x, []*ent.Message{m})
		if err != nil {
			return err
		}
		kind := string(channels.Text)
		if said.UploadID != 0 {
			kind = string(channels.Image)
			has, err := v.Attachment.Query().Where(attachment.MessageID(m.ID), attachment.Or(attachment.FileID(said.UploadID), attachment.FileIDIsNil())).Exist(ctx)
			if err != nil {
				return err
			}
			if !has {
				kind = ""
			}
		}
		if m.Kind != kind || m.Text != said.Text {
			return fault.New(fault.Conflict, "this client_msg_id was used for another message").WithCode("CONFLICT", nil)
		}
		out, found = all[0], true
		return nil
	})
	return out, found, err
}

// Upload keeps a picture for a message of the visitor; what says where and when it was taken goes. Faults: Invalid for what is no picture of an
// allowed type, or too large, with the codes of desk/file; Forbidden where the team has blocked the visitor and the channel says so: else it is
// answered as any other, no message uses it, and it goes when its time is over.
func (s *Service) Upload(ctx context.Context, x Session, in file.UploadInput) (id string, f *ent.File, err error) {
	if x.IsBlocked && x.Window.RefusesBlocked {
		return "", nil, blocked()
	}
	adapter, err := s.Adapters.Get(channels.Webchat)
	if err != nil {
		return "", nil, err
	}
	rule := adapter.Capability().Media[channels.Image]
	f, err = s.Files.Store(ctx, x.Team, x.author(), in, file.Rule{Types: rule.Types, MaxBytes: rule.MaxBytes, StripsMetadata: true})
	if err != nil {
		return "", nil, err
	}
	return uploadPrefix + strconv.FormatInt(f.ID, 10), f, nil
}

// visible are the messages that a visitor sees: its own, and what was sent to it.
func visible() predicate.Message {
	return message.Or(message.DirectionEQ(message.DirectionINBOUND), message.And(message.DirectionEQ(message.DirectionOUTBOUND),
		message.DeliveryIn(message.DeliverySENT, message.DeliveryRECEIVED, message.DeliveryREAD)))
}

func isVisible(m *ent.Message) bool {
	return m.Direction == message.DirectionINBOUND || m.Direction == message.DirectionOUTBOUND &&
		(m.Delivery == message.DeliverySENT || m.Delivery == message.DeliveryRECEIVED || m.Delivery == message.DeliveryREAD)
}

// History gives the messages of the visitor's conversation before a place, oldest first, and whether there are older ones. before 0 is the end.
func (s *Service) History(ctx context.Context, x Session, before int64, limit int) (out []Message, hasMore bool, err error) {
	err = s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) error {
		id, err := conversationOf(ctx, v, x.IdentityID)
		if err != nil {
			return err
		}
		out, hasMore, err = s.history(ctx, v, x, id, before, limit)
		return err
	})
	return out, hasMore, err
}

func (s *Service) history(ctx context.Context, v *store.View, x Session, conversationID, before int64, limit int) ([]Message, bool, error) {
	if conversationID == 0 {
		return []Message{}, false, nil
	}
	q := v.Message.Query().Where(message.ConversationID(conversationID), visible())
	if before > 0 {
		q.Where(message.SeqLT(before))
	}
	all, err := q.Order(ent.Desc(message.FieldSeq)).Limit(limit + 1).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read messages: %w", err)
	}
	hasMore := len(all) > limit
	all = all[:min(limit, len(all))]
	slices.Reverse(all)
	out, err := s.shown(ctx, v, x, all)
	return out, hasMore, err
}

// unread counts what was sent to the visitor and not seen.
func unread(ctx context.Context, v *store.View, conversationID int64) (int, error) {
	if conversationID == 0 {
		return 0, nil
	}
	return v.Message.Query().Where(message.ConversationID(conversationID), message.DirectionEQ(message.DirectionOUTBOUND),
		message.DeliveryIn(message.DeliverySENT, message.DeliveryRECEIVED)).Count(ctx)
}

// shown gives messages as the visitor sees them, with one statement for all their pictures.
func (s *Service) shown(ctx context.Context, v *store.View, x Session, all []*ent.Message) ([]Message, error) {
	ids := []int64{}
	for _, m := range all {
		if m.Kind == string(channels.Image) && m.UnsentAt == nil {
			ids = append(ids, m.ID)
		}
	}
	pictures := map[int64]*ent.Attachment{}
	if len(ids) > 0 {
		found, err := v.Attachment.Query().Where(attachment.MessageIDIn(ids...), attachment.Position(0)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read pictures: %w", err)
		}
		for _, a := range found {
			pictures[a.MessageID] = a
		}
	}
	out := make([]Message, len(all))
	for i, m := range all {
		out[i] = s.shownOne(x, m, pictures[m.ID], v.Now)
	}
	return out, nil
}

func (s *Service) shownOne(x Session, m *ent.Message, a *ent.Attachment, now time.Time) Message {
	out := Message{Seq: m.Seq, From: FromSystem, Name: m.SenderName, Type: Other, Text: m.Text, CreatedAt: m.CreatedAt, EditedAt: m.EditedAt}
	switch m.Sender {
	case message.SenderCONTACT, message.SenderMEMBER:
		out.From, out.Name, out.Status = FromVisitor, "", "sent"
		if m.PlatformMessageID != nil {
			out.ClientMessageID, _ = strings.CutPrefix(*m.PlatformMessageID, x.author()+":")
			if out.ClientMessageID == *m.PlatformMessageID {
				out.ClientMessageID = "" // of another device
			}
		}
	case message.SenderAGENT:
		out.From = FromAgent
	case message.SenderBOT:
		out.From = FromBot
	}
	if m.Direction == message.DirectionOUTBOUND {
		out.Status = map[message.Delivery]string{message.DeliverySENT: "sent", message.DeliveryRECEIVED: "received", message.DeliveryREAD: "read"}[m.Delivery]
	}
	switch {
	case m.UnsentAt != nil:
		out.Type, out.Text = Unsent, ""
	case m.Kind == string(channels.Text):
		out.Type = Text
	case m.Kind == string(channels.Image):
		out.Type, out.Image = Image, s.picture(x, a, now)
	}
	return out
}

func (s *Service) picture(x Session, a *ent.Attachment, now time.Time) *Picture {
	if a == nil || a.State == attachment.StateERASED || a.State == attachment.StateFAILED {
		return &Picture{State: "failed"}
	}
	p := &Picture{State: "pending", Width: a.Width, Height: a.Height}
	if a.State == attachment.StateREADY {
		p.State, p.URL, p.PreviewURL = "ready", s.Files.VisitorURL(x.VisitorID, a, false, now), s.Files.VisitorURL(x.VisitorID, a, true, now)
	}
	return p
}

var errGone = errors.New("the message is not to be seen")

// load gives one message as the visitor sees it now, and its version; errGone where it does not.
func (s *Service) load(ctx context.Context, x Session, conversationID, messageID int64) (out Message, version int, err error) {
	err = s.DB.Read(ctx, x.Team, func(ctx context.Context, v *store.View) error {
		m, err := v.Message.Get(ctx, messageID)
		if ent.IsNotFound(err) || err == nil && (m.ConversationID != conversationID || !isVisible(m)) {
			return errGone
		}
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, v, x, []*ent.Message{m})
		if err == nil {
			out, version = all[0], m.Version
		}
		return err
	})
	return out, version, err
}
