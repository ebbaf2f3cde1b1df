// Package blob keeps bytes under keys: in a folder of this machine, or in a store that speaks S3. It knows nothing of what they are; who may
// read them is decided by who hands out keys.
package blob

import (
	"context"
	"io"
	"regexp"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Store keeps bytes. Local and S3 implement it and behave alike. It is safe for concurrent use.
//
// What is away for a while is a fault of kind Unavailable; bytes that are not there are a fault of kind NotFound; a key that is none is a
// fault of kind Invalid.
type Store interface {
	// Draft begins something to be kept: it is written, read again as often as needed, and then committed under a key or discarded. It lies
	// on this machine's disk and takes no memory.
	Draft(ctx context.Context) (Draft, error)
	// Put keeps everything that r gives under a key, and says how many bytes that were. It takes a buffer of memory, however much it is. What
	// lay under the key is replaced at once or not at all; nothing is kept when r fails.
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	// Open gives what lies under a key, to be read from any place. Who gets it closes it.
	Open(ctx context.Context, key string) (Object, error)
	// Delete forgets what lies under a key. Nothing there is success.
	Delete(ctx context.Context, key string) error
	// Exists says whether something lies under a key.
	Exists(ctx context.Context, key string) (bool, error)
}

// Draft is something that is not kept yet. It is used from one goroutine at a time, but for ReadAt.
type Draft interface {
	io.ReadWriteSeeker
	io.ReaderAt
	// Truncate cuts it to a length in bytes.
	Truncate(size int64) error
	// Commit keeps it under a key: it is whole and on the disk, or not there at all. The draft is used no more.
	Commit(ctx context.Context, key string) error
	// Discard drops a draft that was not committed; afterwards, and a second time, it does nothing.
	Discard()
}

// Object is something that is kept. Its bytes never change.
type Object interface {
	io.ReadSeekCloser
	// Size is how many bytes it has.
	Size() int64
}

// keys are what may stand for bytes: names in lower case with digits and hyphens, with slashes between.
var keys = regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)*$`)

// maxKey is how long a key may be.
const maxKey = 200

func check(key string) error {
	if len(key) > maxKey || !keys.MatchString(key) {
		return fault.New(fault.Invalid, "this is no key of the file store")
	}
	return nil
}

// put is Put by way of a draft, which makes it whole or nothing.
func put(ctx context.Context, s Store, key string, r io.Reader) (int64, error) {
	if err := check(key); err != nil {
		return 0, err
	}
	d, err := s.Draft(ctx)
	if err != nil {
		return 0, err
	}
	defer d.Discard()
	n, err := io.Copy(d, r)
	if err != nil {
		return 0, err
	}
	return n, d.Commit(ctx, key)
}

// gone is the fault of bytes that are not there.
func gone() error { return fault.New(fault.NotFound, "the file's bytes are not in the file store") }
