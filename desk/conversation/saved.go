package conversation

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Modules gives what a bot module sends; none where it is gone. Whoever keeps bot modules implements it.
type Modules interface {
	PartsIn(ctx context.Context, tx *store.Tx, moduleID int64) ([]Part, error)
}

// Saved sends saved replies (PROD-4, PROD-5). It is safe for concurrent use.
type Saved struct {
	s       *Service
	modules Modules
}

// NewSaved makes what sends saved replies.
func NewSaved(s *Service, modules Modules) *Saved { return &Saved{s, modules} }

// FitsSaved says why a saved reply that the channel or a group cannot take is refused, a code of the catalogue of texts; "" where it is not (PROD-5, GRP-13).
// written is the text that goes, before its variables. What each file alone may be is Goes.
func FitsSaved(can channels.Capability, isGroup bool, r *savedreply.Reply, written string) string {
	hasFile := false
	isPlain := true // texts, pictures and films alone
	for _, f := range r.Files {
		kind := file.KindOf(f.ContentType)
		hasFile = hasFile || kind == channels.File
		isPlain = isPlain && (kind == channels.Image || kind == channels.Video)
	}
	switch {
	case isGroup && r.BringsModule:
		return "refusal.reply_module_group"
	case r.IsModuleDeleted():
		return "refusal.reply_module_deleted"
	case r.BringsModule && !can.SavedModules:
		return "refusal.reply_module"
	case isGroup && !isPlain:
		return "refusal.file_group"
	case hasFile && !can.SavedFiles:
		return "refusal.reply_file"
	case isGroup && strings.Contains(written, customerName):
		return "refusal.variable_group"
	}
	return ""
}

// SavedInput says which saved reply to send where.
type SavedInput struct {
	ConversationID, ReplyID int64
	// Text goes in place of the reply's own; nil for that.
	Text *string
	// ClientMessageID is the author's own id of the first message; the others get id/2, id/3 and so on.
	ClientMessageID string
	OnBehalfOf      int64
}

// asked is what is compared where the same id comes again.
type asked struct {
	ConversationID, ReplyID int64
	Text                    *string
	OnBehalfOf              int64
}

// Send queues a saved reply's text and then its files, or the messages of its bot module, all of them or none, in one transaction with the conversation's
// lane. The same id of the same author gives the same messages for as long as idempotency keys are kept; afterwards, and with other input, it is a fault of
// kind Conflict. What the channel or a group cannot take is a fault of kind Invalid for savedReplyId (PROD-5, GRP-13).
func (v *Saved) Send(ctx context.Context, p auth.Principal, in SavedInput) ([]*ent.Message, *ent.Conversation, event.Cursor, error) {
	if err := checkClientID(in.ClientMessageID); err != nil {
		return nil, nil, event.Cursor{}, err
	}
	if utf8.RuneCountInString(in.ClientMessageID) > maxClientID-10 {
		return nil, nil, event.Cursor{}, fault.Input("clientMessageId", "at most %d characters", maxClientID-10)
	}
	neutral, err := v.neutral(ctx, p, in)
	if err != nil {
		return nil, nil, event.Cursor{}, err
	}
	var sent []*ent.Message
	var c *ent.Conversation
	cursor, err := v.s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		err := x.substitute(ctx, in.OnBehalfOf)
		if err != nil {
			return err
		}
		if err := x.hold(ctx, in.ConversationID); err != nil {
			return err
		}
		sent = nil
		of := asked{in.ConversationID, in.ReplyID, in.Text, in.OnBehalfOf}
		first, replayed, err := idempotency.Once(ctx, tx, p.Key(), "message:"+in.ClientMessageID, "savedReplySend", of, func() (int64, error) {
			var err error
			if sent, err = v.send(ctx, x, p.Key(), in, neutral); err != nil {
				return 0, err
			}
			return sent[0].ID, nil
		})
		if err != nil {
			return err
		}
		if replayed {
			if sent, err = x.following(ctx, p.Key(), in.ClientMessageID, first); err != nil {
				return err
			}
		}
		c = x.c
		return nil
	})
	if err != nil {
		return nil, nil, event.Cursor{}, err
	}
	return sent, c, cursor, nil
}

// partID is the author's id of the n-th message, from 0, of those that were sent together.
func partID(clientMessageID string, n int) string {
	if n == 0 {
		return clientMessageID
	}
	return fmt.Sprintf("%s/%d", clientMessageID, n+1)
}

// maxParts is how many messages a saved reply becomes at most: a text and ten files.
const maxParts = 11

// following finds what was sent together before, in its order.
func (x *acting) following(ctx context.Context, author, clientMessageID string, first int64) ([]*ent.Message, error) {
	ids := make([]string, maxParts)
	for i := range ids {
		ids[i] = partID(clientMessageID, i)
	}
	all, err := x.tx.Message.Query().Where(message.ConversationID(x.c.ID), message.Author(author), message.ClientMessageIDIn(ids...), message.IDGTE(first)).
		Order(message.BySeq()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find what was sent: %w", err)
	}
	return all, nil
}

// send writes the messages of a saved reply and queues them. neutral is a kept picture for films without one; 0 for none.
func (v *Saved) send(ctx context.Context, x *acting, author string, in SavedInput, neutral int64) ([]*ent.Message, error) {
	s := v.s
	r, err := savedreply.SeenIn(ctx, &x.tx.View, x.p, in.ReplyID)
	if err != nil {
		return nil, err
	}
	can, written, err := v.ready(ctx, x, r, in.Text)
	if err != nil {
		return nil, err
	}
	var preview *ent.File
	if neutral != 0 {
		if preview, err = s.files.ClaimIn(ctx, x.tx, neutralAuthor, neutral); err != nil {
			return nil, err
		}
	}
	contents := []channels.Content{Text(written)}
	parcels := map[int]*parcel{}
	for _, f := range r.Files {
		p := &parcel{file: f, isKept: true}
		p.isLink, _ = Goes(can, facts(f))
		if needsNeutral(f) && can.Media[file.KindOf(f.ContentType)].NeedsPreview {
			p.preview = preview
		}
		parcels[len(contents)] = p
		contents = append(contents, channels.Content{Kind: file.KindOf(f.ContentType)})
	}
	if r.ModuleID != nil {
		parts, err := v.modules.PartsIn(ctx, x.tx, *r.ModuleID)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			content, f, err := automatic(ctx, x.tx, can, x.c, part)
			if err != nil {
				return nil, err
			}
			if f != nil {
				parcels[len(contents)] = &parcel{file: f, isKept: true}
			} else if content.Kind == channels.Text {
				if err := x.fitsText(can, content.Text); err != nil {
					return nil, asReply(err, false)
				}
			}
			contents = append(contents, content)
		}
	}
	sent := make([]*ent.Message, len(contents))
	for i, content := range contents {
		key := partID(in.ClientMessageID, i)
		m, err := s.outgoing(x, author, key, content)
		if err != nil {
			return nil, err
		}
		if err := s.queue(ctx, x, can, m, parcels[i]); err != nil {
			return nil, err
		}
		sent[i] = m
	}
	x.tx.AfterCommit(s.wake)
	if in.Text == nil { // what is in the input is something else
		return sent, nil
	}
	return sent, x.clearDrafts(ctx, *in.Text)
}

// ready decides whether a reply may be sent now, and gives the text that goes, its variables filled in: another than the reply's own, where one is given.
func (v *Saved) ready(ctx context.Context, x *acting, r *savedreply.Reply, other *string) (can channels.Capability, written string, err error) {
	if x.c.GroupID != nil {
		if x.group, err = x.tx.Group.Get(ctx, *x.c.GroupID); err != nil {
			return can, "", fmt.Errorf("read group: %w", err)
		}
	}
	if err := x.may(ctx, Replying); err != nil {
		return can, "", err
	}
	if can, err = v.s.outlet(ctx, x); err != nil {
		return can, "", err
	}
	written = r.Body
	if other != nil {
		written = *other
	}
	if why := FitsSaved(can, x.c.GroupID != nil, r, written); why != "" {
		return can, "", x.wrong("savedReplyId", why, nil)
	}
	if err := v.fitsFiles(x, can, r); err != nil {
		return can, "", err
	}
	content, err := x.written(can, Text(written))
	if err != nil {
		return can, "", asReply(err, other != nil)
	}
	return can, content.Text, nil
}

// asReply says of a saved reply what was said of a text to be sent: of the one that the input holds, or of the reply's own.
func asReply(err error, isInput bool) error {
	f := fault.As(err)
	if f.Kind != fault.Invalid || !strings.HasPrefix(f.Field, "content") {
		return err
	}
	other := *f
	other.Field = "savedReplyId"
	if isInput {
		other.Field = "text"
	}
	return &other
}

// SavedPreview is a saved reply as it would go into a conversation.
type SavedPreview struct {
	Reply *savedreply.Reply
	// Text has its variables filled in.
	Text string
	// Refusal is why sending it now would be refused, in the principal's language; "" where it would not.
	Refusal string
}

// Preview gives a saved reply as it would go into a conversation now: its text for the input, and whether it would be sent (PROD-5, MSG-4). Either that
// the principal does not see is a fault of kind NotFound.
func (v *Saved) Preview(ctx context.Context, p auth.Principal, replyID, conversationID int64) (SavedPreview, error) {
	var out SavedPreview
	if err := p.Need(auth.ReadConversations); err != nil {
		return out, err
	}
	err := v.s.db.Read(ctx, p.TeamID, func(ctx context.Context, view *store.View) error {
		c, err := inbox.Visible(ctx, view, p, conversationID)
		if err != nil {
			return err
		}
		x := &acting{tx: &store.Tx{View: *view}, p: p, by: p.Actor(), c: c}
		out.Reply, err = savedreply.SeenIn(ctx, view, p, replyID)
		if err != nil {
			return err
		}
		out.Text = out.Reply.Body
		if c.Kind != conversation.KindGROUP {
			out.Text = strings.ReplaceAll(out.Text, customerName, c.Name)
		}
		_, _, err = v.ready(ctx, x, out.Reply, nil)
		if f := fault.As(err); err != nil {
			if f.Kind == fault.Internal {
				return err
			}
			out.Refusal = f.Text
		}
		return nil
	})
	return out, err
}

// fitsFiles refuses files that the channel does not take.
func (v *Saved) fitsFiles(x *acting, can channels.Capability, r *savedreply.Reply) error {
	for _, f := range r.Files {
		if _, why := Goes(can, facts(f)); why != nil {
			return fault.Input("savedReplyId", "%s: %s", f.Name, catalogue.Text(x.p.Language, why.Reason, why.Params))
		}
	}
	return nil
}

// needsNeutral says whether a file has no small picture of its own and would want one.
func needsNeutral(f *ent.File) bool {
	kind := file.KindOf(f.ContentType)
	return kind == channels.Video || kind == channels.Image && f.PreviewKey == ""
}

// neutral keeps a neutral picture where a file of the reply has none of its own, and gives its id; 0 where none is needed. It is kept before the
// transaction, because files are not kept within one; unused, it goes as uploads do.
func (v *Saved) neutral(ctx context.Context, p auth.Principal, in SavedInput) (int64, error) {
	if v.s.files == nil {
		return 0, nil
	}
	needs := false
	err := v.s.db.Read(ctx, p.TeamID, func(ctx context.Context, view *store.View) error {
		isSent, err := view.Message.Query().Where(message.Author(p.Key()), message.ClientMessageID(in.ClientMessageID)).Exist(ctx)
		if err != nil || isSent {
			return err
		}
		r, err := savedreply.SeenIn(ctx, view, p, in.ReplyID)
		if fault.Is(err, fault.NotFound) {
			return nil // sending says so
		}
		if err != nil {
			return err
		}
		for _, f := range r.Files {
			needs = needs || needsNeutral(f)
		}
		return nil
	})
	if err != nil || !needs {
		return 0, err
	}
	f, err := v.s.files.Store(ctx, p.TeamID, neutralAuthor, neutralPicture(), file.Rule{})
	if err != nil {
		return 0, fmt.Errorf("keep a neutral picture: %w", err)
	}
	return f.ID, nil
}
