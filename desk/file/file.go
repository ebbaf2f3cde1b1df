// Package file keeps what is sent: uploads of agents and visitors, and what customers sent through their platforms, which is fetched beside
// the messages and never in their way (CHAN-14). It judges files by their content, makes small pictures of them, hands them to messages, gives out
// links that end with the right to see, and erases them with their bytes.
package file

import (
	"errors"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/blob"
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
	room *semaphore.Weighted // for pictures that are decoded
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
	return &Service{Config: c, room: semaphore.NewWeighted(decodeRoom)}, nil
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
