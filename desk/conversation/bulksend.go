package conversation

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MaxBulkSend is how many recipients one action sends to at most (MSG-11).
const MaxBulkSend = 200

// maxBulkClientID is how many characters the author's own id of what is sent to many has at most: each message's own is made of it.
const maxBulkClientID = maxClientID - 30

// BulkSend is what is sent to many.
type BulkSend struct {
	// Content is a text, a sticker or a place; Media is a file instead.
	Content channels.Content
	Media   *Media
	// ClientMessageID is the author's own id of the action: the same id is the same action, and each recipient's message has an id made of it.
	ClientMessageID string
}

// check refuses what could be sent on no channel.
func (in *BulkSend) check(language string) error {
	if err := checkClientID(in.ClientMessageID); err != nil {
		return err
	}
	if utf8.RuneCountInString(in.ClientMessageID) > maxBulkClientID {
		return fault.Input("clientMessageId", "at most %d characters", maxBulkClientID)
	}
	if in.Media != nil {
		return nil
	}
	x := &acting{p: auth.Principal{Language: language}}
	return x.fits(channels.Capability{SendKinds: []channels.MessageKind{channels.Text, channels.Sticker, channels.Location}}, in.Content)
}

// tooManyRecipients refuses more recipients than one action sends to (MSG-11).
func tooManyRecipients(language, field string) error {
	text := catalogue.Text(language, "refusal.recipients", map[string]string{"limit": strconv.Itoa(MaxBulkSend)})
	return fault.Input(field, "%s", text).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": MaxBulkSend})
}

// bulkMessage is what a job keeps of what it sends, until it has ended.
type bulkMessage struct {
	Content         channels.Content `json:"content,omitzero"`
	FileID          int64            `json:"file,omitempty"`
	PreviewID       int64            `json:"preview,omitempty"`
	ClientMessageID string           `json:"id"`
}

// holder is as what a job keeps the files that it sends.
func holder(jobID int64) string { return "bulk:" + id.Format(id.Job, jobID) }

// take makes the uploads of what is sent the job's. neutral is a kept picture for a file without one; 0 for none.
func (s *Service) take(ctx context.Context, x *acting, in BulkSend, neutral int64) (*bulkMessage, error) {
	m := &bulkMessage{Content: in.Content, ClientMessageID: in.ClientMessageID}
	if in.Media == nil {
		return m, nil
	}
	if s.files == nil {
		return nil, x.wrong("content.media", "refusal.kind", nil)
	}
	f, preview, err := s.claimed(ctx, x, x.p.Key(), *in.Media)
	if err != nil {
		return nil, err
	}
	if preview == nil && neutral != 0 {
		if preview, err = s.files.ClaimIn(ctx, x.tx, neutralAuthor, neutral); err != nil {
			return nil, err
		}
	}
	m.Content, m.FileID = channels.Content{Kind: file.KindOf(f.ContentType)}, f.ID
	if preview != nil {
		m.PreviewID = preview.ID
	}
	return m, nil
}

// files are those that a job keeps for what it sends.
func (m *bulkMessage) files() []int64 {
	var all []int64
	for _, n := range []int64{m.FileID, m.PreviewID} {
		if n != 0 {
			all = append(all, n)
		}
	}
	return all
}

// sendOne queues what is sent to many for one of them, whose place in the tables was decided. What was queued for it under the action's id before is that
// message, and nothing happens.
func (s *Service) sendOne(ctx context.Context, x *acting, what bulkMessage) error {
	author, key := x.p.Key(), what.ClientMessageID+"/"+id.Format(id.Conversation, x.c.ID)
	in := SendInput{ConversationID: x.c.ID, Content: what.Content, ClientMessageID: key}
	if what.FileID != 0 {
		in.Media = &Media{UploadID: what.FileID, PreviewID: what.PreviewID}
	}
	if old, err := x.again(ctx, author, in); err != nil || old != nil {
		return err
	}
	can, err := s.outlet(ctx, x)
	if err != nil {
		return err
	}
	content := what.Content
	var p *parcel
	if in.Media != nil {
		p, err = s.pack(ctx, x, can, what)
	} else {
		content, err = x.written(can, content)
	}
	if err != nil {
		return err
	}
	m, err := s.outgoing(x, author, key, content)
	if err != nil {
		return err
	}
	if err := s.queue(ctx, x, can, m, p); err != nil {
		return err
	}
	x.tx.AfterCommit(s.wake)
	return nil
}

// pack makes a parcel of the files that a job keeps.
func (s *Service) pack(ctx context.Context, x *acting, can channels.Capability, what bulkMessage) (*parcel, error) {
	f, err := x.tx.File.Get(ctx, what.FileID)
	if err != nil {
		return nil, fmt.Errorf("read file %d: %w", what.FileID, err)
	}
	p := &parcel{file: f}
	if p.isLink, err = x.fitsFile(can, f); err != nil {
		return nil, err
	}
	if what.PreviewID == 0 {
		return p, nil
	}
	if p.preview, err = x.tx.File.Get(ctx, what.PreviewID); err != nil {
		return nil, fmt.Errorf("read file %d: %w", what.PreviewID, err)
	}
	if p.preview.Author == neutralAuthor && !can.Media[file.KindOf(f.ContentType)].NeedsPreview {
		p.preview = nil
	}
	return p, nil
}

// forget lets go of what a job that has ended was to send.
func (b *Bulk) forget(ctx context.Context, tx *store.Tx, jobID int64, asked bulkParams, u *ent.JobUpdateOne) error {
	if asked.Message == nil {
		return nil
	}
	hadFiles := len(asked.Message.files()) > 0
	asked.Message = nil
	params, err := paramsMap(asked)
	if err != nil {
		return err
	}
	u.SetParams(params)
	if !hadFiles {
		return nil
	}
	return b.actions.files.KeepIn(ctx, tx, holder(jobID))
}

// The values of an item beside those of its text: when the window closed, and the most that something may have.
const (
	ItemClosedAt = "windowClosedAt"
	ItemLimit    = "limitExceeded"
)

// withLimits adds what a refused message says of windows and lengths.
func withLimits(all map[string]string, f *fault.Error) {
	if at, ok := f.Params["until"].(*time.Time); ok && at != nil {
		all[ItemClosedAt] = at.UTC().Format(time.RFC3339Nano)
	}
	if n, ok := f.Params["limit"].(int); ok {
		all[ItemLimit] = strconv.Itoa(n)
	}
}
