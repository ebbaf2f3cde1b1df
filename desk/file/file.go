// Package file keeps what is sent: uploads of agents and visitors, and what customers sent through their platforms, which is fetched beside
// the messages and never in their way (CHAN-14). It judges files by their content, makes small pictures of them, hands them to messages, gives out
// links that end with the right to see, and erases them with their bytes.
package file

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The kinds of task. Each has the handler of the same name in Service.
const (
	FetchTask  = "media.fetch"
	DeleteTask = "media.delete"
)

// UploadFor is how long an upload waits for a message to use it.
const UploadFor = 24 * time.Hour

// DefaultMaxBytes is how large a file may be where Config does not say, in bytes.
const DefaultMaxBytes = 100 << 20

// Config is what the service needs; everything but Log and MaxBytes must be given. Queue must have handlers of FetchTask and DeleteTask.
type Config struct {
	DB       *store.DB
	Blobs    blob.Store
	Adapters *channels.Registry
	Accounts *account.Service
	Random   *random.Source
	Queue    *job.Queue
	Log      *slog.Logger
	// PublicURL is where platforms and browsers reach the server, without a slash at the end.
	PublicURL string
	// Signer signs links that work without a token.
	Signer *seal.Keyring
	// MaxBytes is how large a file may be; 0 is DefaultMaxBytes.
	MaxBytes int64
}

// Service keeps files. It is safe for concurrent use.
type Service struct {
	Config
}

// New makes the service. An address that is none is an error.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("files need the public address of the server")
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return &Service{Config: c}, nil
}

// UploadInput is a file on its way in.
type UploadInput struct {
	Name string
	// ContentType is what the sender says it is; empty is no claim.
	ContentType string
	Body        io.Reader
	Size        int64 // bytes, as announced; -1 where unknown
}

// Rule narrows what Store takes.
type Rule struct {
	// Types are the content types taken; none is all.
	Types []string
	// MaxBytes is how large it may be; 0 leaves it to the service's limit, which holds in any case.
	MaxBytes int64
	// StripsMetadata takes out of a picture what says where, when and by which camera it was made.
	StripsMetadata bool
}

// Attach is how a file is used by a message.
type Attach struct {
	Preview     *ent.File  // a picture that stands for it; nil for its own
	ForPlatform bool       // it gets an address from which the platform fetches it
	ExpiresAt   *time.Time // until when that address works (MSG-8); nil for ever
	Name        string     // its name in the message; empty is the file's own
}

// Content is a file as it is served. Who gets it closes it.
type Content struct {
	blob.Object
	ContentType string
	Name        string // as given; a name to suggest, never a path
	ETag        string // quoted
	IsInline    bool   // whether a browser may show it by itself; else it is to be saved
	ModifiedAt  time.Time
}

var errLater = errors.New("not yet")

// Upload keeps a file of an agent or an integration.
func (s *Service) Upload(ctx context.Context, p auth.Principal, in UploadInput) (*ent.File, error) {
	return nil, errLater
}

// Store keeps a file of anybody else, such as "visitor:3".
func (s *Service) Store(ctx context.Context, team int64, author string, in UploadInput, allowed Rule) (*ent.File, error) {
	return nil, errLater
}

// ClaimIn takes an upload of the author for use.
func (s *Service) ClaimIn(ctx context.Context, tx *store.Tx, author string, fileID int64) (*ent.File, error) {
	return nil, errLater
}

// AttachIn makes a file a message's.
func (s *Service) AttachIn(ctx context.Context, tx *store.Tx, m *ent.Message, f *ent.File, a Attach) (*ent.Attachment, error) {
	return nil, errLater
}

// PendingIn notes what a platform holds and has it fetched.
func (s *Service) PendingIn(ctx context.Context, tx *store.Tx, m *ent.Message, media channels.Media) (*ent.Attachment, error) {
	return nil, errLater
}

// EraseIn erases the files of messages.
func (s *Service) EraseIn(ctx context.Context, tx *store.Tx, messageIDs ...int64) error {
	return errLater
}

// Fetch handles FetchTask.
func (s *Service) Fetch(ctx context.Context, team int64, args json.RawMessage) error { return errLater }

// Delete handles DeleteTask.
func (s *Service) Delete(ctx context.Context, team int64, args json.RawMessage) error {
	return errLater
}

// DeliveryURL is the address from which the platform fetches an attachment; empty for none.
func (s *Service) DeliveryURL(a *ent.Attachment) string {
	if a.DeliveryKey == nil {
		return ""
	}
	return s.PublicURL + "/d/" + *a.DeliveryKey
}

// DeliveryPreviewURL is the address from which the platform fetches an attachment's small picture; empty for none.
func (s *Service) DeliveryPreviewURL(a *ent.Attachment) string {
	if a.DeliveryKey == nil {
		return ""
	}
	return s.DeliveryURL(a) + "/preview"
}

// URL is where an attachment, or its small picture, is had with a token.
func (s *Service) URL(a *ent.Attachment, isPreview bool) string { return "" }

// SignedURL is where the principal gets an attachment, or its small picture, without a token.
func (s *Service) SignedURL(p auth.Principal, a *ent.Attachment, isPreview bool, now time.Time) string {
	return ""
}

// VisitorURL is SignedURL for a visitor of the chat window.
func (s *Service) VisitorURL(visitorID int64, a *ent.Attachment, isPreview bool, now time.Time) string {
	return ""
}

// Open opens an attachment that the principal may see, or its small picture.
func (s *Service) Open(ctx context.Context, p auth.Principal, attachmentID int64, isPreview bool) (Content, error) {
	return Content{}, errLater
}

// OpenSigned opens what a link names that SignedURL or VisitorURL gave.
func (s *Service) OpenSigned(ctx context.Context, attachmentID int64, isPreview bool, query url.Values) (Content, error) {
	return Content{}, errLater
}

// OpenDelivery opens what a platform fetches.
func (s *Service) OpenDelivery(ctx context.Context, key string, isPreview bool) (Content, error) {
	return Content{}, fault.Missing("the file")
}

// KindOf is the kind of message in which a content type is sent.
func KindOf(contentType string) channels.MessageKind {
	t, _, _ := strings.Cut(contentType, ";")
	switch {
	case t == "image/jpeg", t == "image/png", t == "image/gif", t == "image/webp":
		return channels.Image
	case strings.HasPrefix(t, "video/"):
		return channels.Video
	case strings.HasPrefix(t, "audio/"):
		return channels.Audio
	default:
		return channels.File
	}
}
