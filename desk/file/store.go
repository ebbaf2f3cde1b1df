package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/media"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// maxPixels is how large a picture may be: what unpacks to more was made to do harm.
	maxPixels = 50_000_000
	// decodeRoom is how much memory all pictures that are decoded at once take together, in bytes. One that needs more has no small picture.
	decodeRoom = 256 << 20
	// smallRoom is what making a small picture takes beside decoding, in bytes.
	smallRoom = 16 << 20
	// commitWithin is how long it may take to keep what has arrived.
	commitWithin = 10 * time.Minute
	// orphanAfter is after how long bytes that no row tells of are deleted. It is longer than commitWithin.
	orphanAfter = time.Hour
	maxName     = 255 // bytes
)

// The codes of files that are not taken.
const (
	CodeEmpty       = "EMPTY"
	CodeTooLarge    = "TOO_LARGE"
	CodeIncomplete  = "INCOMPLETE"
	CodeMismatch    = "TYPE_MISMATCH"
	CodeNotAllowed  = "UNSUPPORTED_TYPE"
	CodeManyPixels  = "TOO_MANY_PIXELS"
	CodeNotReadable = "BROKEN"
)

// Upload keeps a file of an agent or an integration until a message uses it, at most UploadFor. It is read as it comes, in a buffer of memory;
// only its picture, if it is one, is decoded, and for that all share one room of 256 MB. Nobody else sees it before a message does.
//
// Faults of kind Invalid, by code: EMPTY, TOO_LARGE (with the limit), INCOMPLETE, TYPE_MISMATCH (its content is of another type
// than was said, MSG-7), TOO_MANY_PIXELS; Forbidden for an integration without the scope to write conversations.
func (s *Service) Upload(ctx context.Context, p auth.Principal, in UploadInput) (*ent.File, error) {
	if err := p.Need(auth.WriteConversations); err != nil {
		return nil, err
	}
	return s.Store(ctx, p.TeamID, p.Key(), in, Rule{})
}

// Store is Upload for anybody else, such as "visitor:3", with a narrower rule: UNSUPPORTED_TYPE is a type that the rule does not have,
// BROKEN a picture out of which the metadata cannot be taken.
func (s *Service) Store(ctx context.Context, team int64, author string, in UploadInput, allowed Rule) (*ent.File, error) {
	return s.keep(ctx, team, author, in, allowed, false)
}

// arrived is a file that lies on the disk and is judged.
type arrived struct {
	draft   blob.Draft
	size    int64
	sum     hash.Hash
	watch   media.Watch
	info    media.Info
	content string // the type to go by
	small   media.Small
}

// keep takes a file in. What came from a platform is taken as it is: its type is what its content says.
func (s *Service) keep(ctx context.Context, team int64, author string, in UploadInput, allowed Rule, isPlatforms bool) (*ent.File, error) {
	a, err := s.receive(ctx, in, allowed)
	if err != nil {
		return nil, err
	}
	defer func() { a.draft.Discard() }()
	if err := s.judge(ctx, a, in, allowed, isPlatforms); err != nil {
		return nil, err
	}
	// From here on it does not depend on the sender's patience.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	return s.commit(ctx, team, author, in, a)
}

// receive writes a file to the disk while it comes.
func (s *Service) receive(ctx context.Context, in UploadInput, allowed Rule) (_ *arrived, err error) {
	limit := s.MaxBytes
	if allowed.MaxBytes > 0 {
		limit = min(limit, allowed.MaxBytes)
	}
	tooLarge := fault.New(fault.Invalid, "the file is too large: at most %d bytes are taken", limit).WithCode(CodeTooLarge, map[string]any{"limit": limit})
	if in.Size > limit {
		return nil, tooLarge
	}
	a := &arrived{sum: sha256.New()}
	if a.draft, err = s.Blobs.Draft(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			a.draft.Discard()
		}
	}()
	from := &heard{r: io.LimitReader(in.Body, limit+1)}
	a.size, err = io.Copy(io.MultiWriter(a.draft, a.sum, &a.watch), from)
	switch {
	case from.err != nil:
		var f *fault.Error
		if errors.As(from.err, &f) {
			return nil, from.err
		}
		return nil, fault.Wrap(from.err, fault.Invalid, "the file did not arrive whole; send it again").WithCode(CodeIncomplete, nil)
	case err != nil:
		return nil, err
	case a.size > limit:
		return nil, tooLarge
	case in.Size >= 0 && a.size != in.Size:
		return nil, fault.New(fault.Invalid, "the file did not arrive whole; send it again").WithCode(CodeIncomplete, nil)
	case a.size == 0:
		return nil, fault.New(fault.Invalid, "the file is empty").WithCode(CodeEmpty, nil)
	}
	return a, nil
}

// heard tells the sender's trouble from the disk's.
type heard struct {
	r   io.Reader
	err error
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		h.err = err
	}
	return n, err
}

// judge looks into a file, and makes what belongs to it.
func (s *Service) judge(ctx context.Context, a *arrived, in UploadInput, allowed Rule, isPlatforms bool) (err error) {
	if a.info, err = media.Inspect(a.draft, a.size); err != nil {
		return fmt.Errorf("look into a file: %w", err)
	}
	var ok bool
	a.content, ok = media.Agree(in.ContentType, a.info.Type)
	if len(allowed.Types) > 0 && !slices.Contains(allowed.Types, a.content) {
		return fault.New(fault.Invalid, "files of type %s are not taken here; taken are %s", a.content, strings.Join(allowed.Types, ", ")).
			WithCode(CodeNotAllowed, map[string]any{"contentType": a.content})
	}
	if !ok && !isPlatforms {
		return fault.New(fault.Invalid, "the file is said to be %s, and its content is %s", said(in.ContentType), a.info.Type).
			WithCode(CodeMismatch, map[string]any{"declared": said(in.ContentType), "contentType": a.info.Type})
	}
	isLarge := a.info.IsPicture() && int64(a.info.Width)*int64(a.info.Height) > maxPixels
	if isLarge && !isPlatforms {
		return fault.New(fault.Invalid, "the picture has more than %d million pixels", maxPixels/1_000_000).WithCode(CodeManyPixels, map[string]any{"limit": maxPixels})
	}
	if allowed.StripsMetadata && (a.content == media.JPEG || a.content == media.PNG) {
		if err := s.strip(ctx, a); err != nil {
			return err
		}
	}
	if !a.info.IsPicture() || isLarge || a.info.Weight+smallRoom > decodeRoom {
		return nil
	}
	if err := s.room.Acquire(ctx, a.info.Weight+smallRoom); err != nil {
		return err
	}
	defer s.room.Release(a.info.Weight + smallRoom)
	if a.small, err = media.Preview(io.NewSectionReader(a.draft, 0, a.size), a.info); err != nil && !errors.Is(err, media.ErrBroken) {
		return fmt.Errorf("make a small picture: %w", err)
	}
	return nil // a picture that only others can decode has no small one
}

// said is a claim as it may be shown: what is no type is not repeated.
func said(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	if len(t) > 100 || strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "something else"
	}
	return t
}

// strip takes the metadata out of a picture: what is kept is the copy.
func (s *Service) strip(ctx context.Context, a *arrived) error {
	clean, err := s.Blobs.Draft(ctx)
	if err != nil {
		return err
	}
	a.sum, a.watch = sha256.New(), media.Watch{}
	size := &counter{}
	err = media.Strip(io.MultiWriter(clean, a.sum, &a.watch, size), io.NewSectionReader(a.draft, 0, a.size), a.content)
	if err != nil {
		clean.Discard()
		if errors.Is(err, media.ErrBroken) {
			return fault.New(fault.Invalid, "the picture is broken").WithCode(CodeNotReadable, nil)
		}
		return err
	}
	a.draft.Discard()
	a.draft, a.size = clean, size.n
	return nil
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// About keys: <team>/i/… is what a browser may show by itself, <team>/d/… what is only to be saved; the small picture has the key of its file with
// "-p" behind it. So where bytes lie says how they may be served, whatever their row says.
const (
	shown   = "i"
	saved   = "d"
	smaller = "-p"
)

// inline are the types that a browser may show by itself: pictures, sounds and films that hold nothing to run.
var inline = []string{media.JPEG, media.PNG, media.GIF, media.WebP, media.MP4, media.M4A, media.MP3}

func isInline(key, contentType string) bool {
	parts := strings.Split(key, "/")
	return len(parts) == 3 && parts[1] == shown && slices.Contains(inline, contentType)
}

// commit keeps the bytes and then the row: a row never stands for bytes that are not there. That the bytes are deleted where no row comes is
// written before they are.
func (s *Service) commit(ctx context.Context, team int64, author string, in UploadInput, a *arrived) (*ent.File, error) {
	how := saved
	if slices.Contains(inline, a.content) && !a.watch.IsMixed() {
		how = shown
	}
	key := fmt.Sprintf("%d/%s/%s", team, how, hex.EncodeToString(s.Random.Bytes(20)))
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		return s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: DeleteTask, Args: bytesOf{Key: key}, RunAt: tx.Now.Add(orphanAfter)})
	})
	if err != nil {
		return nil, err
	}
	if err := a.draft.Commit(ctx, key); err != nil {
		return nil, err
	}
	preview := ""
	if len(a.small.Bytes) > 0 {
		preview = key + smaller
		if _, err := s.Blobs.Put(ctx, preview, bytes.NewReader(a.small.Bytes)); err != nil {
			return nil, err
		}
	}
	var f *ent.File
	_, err = s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
		f, err = tx.File.Create().SetTeamID(tx.Team).SetAuthor(author).SetName(CleanName(in.Name)).SetContentType(a.content).SetSize(a.size).
			SetSha256(hex.EncodeToString(a.sum.Sum(nil))).SetWidth(a.info.Width).SetHeight(a.info.Height).SetDurationMs(a.info.Duration.Milliseconds()).
			SetBlobKey(key).SetPreviewKey(preview).SetPreviewType(a.small.Type).SetPreviewSize(int64(len(a.small.Bytes))).
			SetExpiresAt(tx.Now.Add(UploadFor)).SetCreatedAt(tx.Now).Save(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep a file: %w", err)
	}
	return f, nil
}

// CleanName is a file's name as it is kept: its last part, without what is not shown or turns the direction of writing, and not too long; its end stays.
// Dots alone are no name.
func CleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		isTurning := r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
		if r == utf8.RuneError || unicode.IsControl(r) || isTurning || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if strings.Trim(name, ".") == "" { // a folder's, or none
		return ""
	}
	if len(name) <= maxName {
		return name
	}
	end := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 20 {
		end = name[i:]
	}
	cut := name[:maxName-len(end)]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + end
}
