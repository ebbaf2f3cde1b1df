package conversation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Media is a file to be sent that the same author uploaded before.
type Media struct {
	UploadID int64
	// PreviewID is an uploaded picture that stands for a film; 0 for a neutral one.
	PreviewID int64
}

// Unfit says why a channel does not take a file.
type Unfit struct {
	// Reason is a code of the catalogue of texts, Params its values.
	Reason string
	Params map[string]string
	// Limit is the most it may have, in bytes, where it is too large; else 0.
	Limit int64
}

// Goes says how a channel takes a file of which name, type by content, size and duration are known: as what it is or as a link, in the
// first way that its rule allows; or why in none (MSG-7).
func Goes(can channels.Capability, m channels.Media) (isLink bool, why *Unfit) {
	kind := file.KindOf(m.ContentType)
	rule, has := can.Media[kind]
	if !has || !canSend(can, kind) {
		return false, &Unfit{Reason: "refusal.kind"}
	}
	if end := bannedEnd(can, m); end != "" {
		return false, &Unfit{Reason: "refusal.media_banned", Params: map[string]string{"end": end}}
	}
	isOfType := slices.Contains(rule.Types, m.ContentType)
	hasAll := !rule.NeedsDuration || m.DurationMS > 0
	switch {
	case isOfType && hasAll && m.Size <= rule.MaxBytes:
		return false, nil
	case m.Size <= rule.MaxLinkBytes:
		return true, nil
	case !isOfType && rule.MaxLinkBytes == 0:
		return false, &Unfit{Reason: "refusal.media_type", Params: map[string]string{"types": strings.Join(rule.Types, ", ")}}
	case !hasAll && rule.MaxLinkBytes == 0:
		return false, &Unfit{Reason: "refusal.media_duration"}
	}
	limit := rule.MaxLinkBytes
	if isOfType && hasAll {
		limit = max(limit, rule.MaxBytes)
	}
	return false, &Unfit{Reason: "refusal.media_size", Params: map[string]string{"limit": size(limit)}, Limit: limit}
}

// programs are the types, by content, of what runs under the end of a name.
var programs = map[string]string{
	"application/vnd.microsoft.portable-executable": ".exe", "application/x-msdownload": ".exe", "application/x-dosexec": ".exe",
}

// bannedEnd is the end of a name that the channel refuses in every way; "" for none. Windows runs "a.exe. " as well, and a program that is
// called otherwise is one all the same.
func bannedEnd(can channels.Capability, m channels.Media) string {
	name := strings.ToLower(strings.TrimRight(m.Name, ". \t"))
	for _, rule := range can.Media {
		for _, end := range rule.Banned {
			if strings.HasSuffix(name, end) || programs[m.ContentType] == end {
				return end
			}
		}
	}
	return ""
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// LinkEnds is until when a link to a file can be used that was uploaded then: the given days from the first midnight, UTC, after it (MSG-8);
// nil where no days are given, for ever.
func LinkEnds(uploaded time.Time, days int) *time.Time {
	if days <= 0 {
		return nil
	}
	ends := uploaded.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1+days)
	return &ends
}

// LinkText is what is written to a customer who gets a file as a link: its name, the address and until when it works, in the team's language
// and by its time (MSG-8).
func LinkText(t *ent.Team, a *ent.Attachment, address string) string {
	params := map[string]string{"name": text.Line(a.Name), "url": address}
	if params["name"] == "" {
		params["name"] = "@preview." + string(file.KindOf(a.ContentType))
	}
	if a.ExpiresAt == nil {
		return catalogue.Text(t.Language, "message.link", params)
	}
	ends := a.ExpiresAt.In(store.Team{TimeZone: t.TimeZone}.Location())
	params["until"] = ends.Format("2006-01-02 15:04 (UTC-07:00)")
	return catalogue.Text(t.Language, "message.link_until", params)
}

// parcel is an uploaded file on its way into a message.
type parcel struct {
	file, preview *ent.File
	isLink        bool
	// isKept: it is kept to be sent again, and its link never ends (MSG-8).
	isKept bool
}

// wire is the kind of message as which it goes to the platform.
func (p *parcel) wire() channels.MessageKind {
	if p.isLink {
		return channels.Text
	}
	return file.KindOf(p.file.ContentType)
}

// maxPreview is how large a client's own preview may be, in bytes.
const maxPreview = 10 << 20

// claim takes the uploads of a message for use, and refuses what the channel cannot send (MSG-7).
func (s *Service) claim(ctx context.Context, x *acting, can channels.Capability, author string, in Media) (*parcel, error) {
	if len(can.Media) == 0 || s.files == nil {
		return nil, x.wrong("content.media", "refusal.kind", nil)
	}
	f, preview, err := s.claimed(ctx, x, author, in)
	if err != nil {
		return nil, err
	}
	p := &parcel{file: f, preview: preview}
	p.isLink, err = x.fitsFile(can, f)
	return p, err
}

// claimed takes a file and the picture that is given with it, nil for none, for use.
func (s *Service) claimed(ctx context.Context, x *acting, author string, in Media) (f, preview *ent.File, err error) {
	if f, err = s.files.ClaimIn(ctx, x.tx, author, in.UploadID); err != nil {
		return nil, nil, uploadFault(err, "content.media.uploadId")
	}
	if in.PreviewID == 0 {
		return f, nil, nil
	}
	if preview, err = s.files.ClaimIn(ctx, x.tx, author, in.PreviewID); err != nil {
		return nil, nil, uploadFault(err, "content.media.previewUploadId")
	}
	isPicture := preview.ContentType == "image/jpeg" || preview.ContentType == "image/png"
	if file.KindOf(f.ContentType) != channels.Video || !isPicture || preview.Size > maxPreview {
		return nil, nil, x.wrong("content.media.previewUploadId", "refusal.media_preview", map[string]string{"limit": size(maxPreview)})
	}
	return f, preview, nil
}

// fitsFile refuses a file that the channel, or a group (GRP-13), does not take, and says whether it goes as a link.
func (x *acting) fitsFile(can channels.Capability, f *ent.File) (isLink bool, err error) {
	const field = "content.media.uploadId"
	if x.c.GroupID != nil && file.KindOf(f.ContentType) == channels.File {
		return false, x.wrong(field, "refusal.file_group", nil)
	}
	isLink, why := Goes(can, facts(f))
	if why == nil {
		return isLink, nil
	}
	refused := fault.Input(field, "%s", catalogue.Text(x.p.Language, why.Reason, why.Params))
	if why.Limit > 0 {
		refused = refused.WithCode("LIMIT_EXCEEDED", map[string]any{"limit": int(why.Limit)})
	}
	return false, &refusal{refused, why.Reason, why.Params}
}

// uploadFault names the field of the input whose upload cannot be used.
func uploadFault(err error, field string) error {
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		return fault.Input(field, "%s", fault.As(err).Text)
	}
	return err
}

// facts are what is known of a file, as the contract has it.
func facts(f *ent.File) channels.Media {
	return channels.Media{Name: f.Name, ContentType: f.ContentType, Size: f.Size, DurationMS: f.DurationMs}
}

// Known is what is known of an attachment, as the contract has it: without its bytes and where they lie.
func Known(a *ent.Attachment) channels.Media {
	return channels.Media{Name: a.Name, ContentType: a.ContentType, Size: a.Size, DurationMS: a.DurationMs}
}

// attach makes the uploads the message's, and refuses a link that is too long for the channel.
func (s *Service) attach(ctx context.Context, x *acting, can channels.Capability, m *ent.Message, p *parcel) error {
	how := file.Attach{Preview: p.preview, ForPlatform: !can.IsOwn}
	if p.isLink && !p.isKept && x.c.Kind != conversation.KindGROUP {
		how.ExpiresAt = LinkEnds(p.file.CreatedAt, can.LinkDays)
	}
	a, err := s.files.AttachIn(ctx, x.tx, m, p.file, how)
	if err != nil || !p.isLink {
		return err
	}
	t, err := x.tx.Client.Team.Get(ctx, x.tx.Team)
	if err != nil {
		return fmt.Errorf("read team: %w", err)
	}
	return x.fitsText(can, LinkText(t, a, s.files.DeliveryURL(a)))
}

// isSameMedia says whether a message was made of the same uploads. Of one that was erased nothing is left to compare.
func (x *acting) isSameMedia(ctx context.Context, messageID int64, in Media) (bool, error) {
	a, err := x.tx.Attachment.Query().Where(attachment.MessageID(messageID), attachment.Position(0)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return false, fmt.Errorf("read the attachment of message %d: %w", messageID, err)
	}
	if a == nil || a.State == attachment.StateERASED {
		return a != nil, nil
	}
	if a.FileID == nil || *a.FileID != in.UploadID {
		return false, nil
	}
	switch {
	case a.PreviewID == nil:
		return in.PreviewID == 0, nil
	case *a.PreviewID == in.PreviewID:
		return true, nil
	case in.PreviewID != 0:
		return false, nil
	}
	shown, err := x.tx.File.Get(ctx, *a.PreviewID)
	if err != nil {
		return false, fmt.Errorf("read file %d: %w", *a.PreviewID, err)
	}
	return shown.Author == neutralAuthor, nil
}

// neutral keeps a neutral picture for an upload that has none of its own and none given with it, as a film has, and gives its id; 0 where none
// is needed. It is kept before the transaction, because files are not kept within one; unused, it goes as uploads do.
func (s *Service) neutral(ctx context.Context, p auth.Principal, in SendInput) (int64, error) {
	if in.Media == nil || in.Media.PreviewID != 0 || s.files == nil {
		return 0, nil
	}
	needs := false
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		isSent, err := v.Message.Query().Where(message.Author(p.Key()), message.ClientMessageID(in.ClientMessageID)).Exist(ctx)
		if err != nil || isSent {
			return err
		}
		f, err := v.File.Get(ctx, in.Media.UploadID)
		if ent.IsNotFound(err) {
			return nil // claiming it says so
		}
		if err != nil {
			return fmt.Errorf("read file %d: %w", in.Media.UploadID, err)
		}
		kind := file.KindOf(f.ContentType)
		needs = f.Author == p.Key() && (kind == channels.Video || kind == channels.Image && f.PreviewKey == "")
		return nil
	})
	if err != nil || !needs {
		return 0, err
	}
	f, err := s.files.Store(ctx, p.TeamID, neutralAuthor, neutralPicture(), file.Rule{})
	if err != nil {
		return 0, fmt.Errorf("keep a neutral picture: %w", err)
	}
	return f.ID, nil
}
