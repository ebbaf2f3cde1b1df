package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
)

const (
	drafts = "drafts" // the folder of what is not kept yet
	kept   = "kept"   // the folder of what is
	// draftFor is after how long a draft is one that a server left behind when it was stopped.
	draftFor = 24 * time.Hour
)

// Local keeps bytes in a folder. Whatever is asked of it, it stays in that folder, links included.
type Local struct {
	root   *os.Root
	random *random.Source
}

// NewLocal opens a folder, which is made where it is missing, and drops the drafts that nobody writes any more.
func NewLocal(folder string, r *random.Source, c clock.Clock) (*Local, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of files: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	l := &Local{root: root, random: r}
	if err := errors.Join(root.MkdirAll(drafts, 0o700), root.MkdirAll(kept, 0o700), l.sweep(c.Now())); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the folder of files: %w", err), root.Close())
	}
	return l, nil
}

// Close lets go of the folder. Objects that were opened stay open.
func (l *Local) Close() error { return l.root.Close() }

// sweep drops old drafts. Another server that shares the folder may do the same.
func (l *Local) sweep(now time.Time) error {
	all, err := fs.ReadDir(l.root.FS(), drafts)
	if err != nil {
		return err
	}
	for _, e := range all {
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < draftFor {
			continue
		}
		if err := l.root.Remove(path.Join(drafts, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// place is where a key's bytes lie: in one of 256 folders beside its own, so that none grows too long to list.
func place(key string) string {
	folder, name := path.Split(key)
	return path.Join(kept, folder, name[:min(2, len(name))], name)
}

// Draft implements Store.
func (l *Local) Draft(context.Context) (Draft, error) {
	name := path.Join(drafts, l.random.UUID())
	f, err := l.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, trouble(err)
	}
	return &localDraft{File: f, store: l, name: name}, nil
}

type localDraft struct {
	*os.File
	store  *Local
	name   string
	isDone bool
}

// Write implements io.Writer.
func (d *localDraft) Write(p []byte) (int, error) {
	n, err := d.File.Write(p)
	return n, trouble(err)
}

// ReadFrom hides that of os.File, which would not name its troubles.
func (d *localDraft) ReadFrom(r io.Reader) (int64, error) { return io.Copy(plainWriter{d}, r) }

type plainWriter struct{ io.Writer }

// Commit implements Draft. The bytes are on the disk before their name is, and the name before Commit returns.
func (d *localDraft) Commit(_ context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	defer d.Discard()
	if err := d.Sync(); err != nil {
		return trouble(err)
	}
	to := place(key)
	if err := d.store.root.MkdirAll(path.Dir(to), 0o700); err != nil {
		return trouble(err)
	}
	if err := d.store.root.Rename(d.name, to); err != nil {
		return trouble(err)
	}
	return d.store.flush(path.Dir(to))
}

// flush has a folder and those above it written to the disk.
func (l *Local) flush(folder string) error {
	for ; ; folder = path.Dir(folder) {
		f, err := l.root.Open(folder)
		if err != nil {
			return trouble(err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return trouble(err)
		}
		if folder == "." {
			return nil
		}
	}
}

// Discard implements Draft.
func (d *localDraft) Discard() {
	if d.isDone {
		return
	}
	d.isDone = true
	_ = d.Close()
	_ = d.store.root.Remove(d.name) // committed, it has another name
}

// Put implements Store.
func (l *Local) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	return put(ctx, l, key, r)
}

// Open implements Store.
func (l *Local) Open(_ context.Context, key string) (Object, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	f, err := l.root.Open(place(key))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, gone()
	}
	if err != nil {
		return nil, trouble(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = gone()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return localObject{f, info.Size()}, nil
}

type localObject struct {
	*os.File
	size int64
}

// Size implements Object.
func (o localObject) Size() int64 { return o.size }

// Delete implements Store.
func (l *Local) Delete(_ context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	if err := l.root.Remove(place(key)); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return trouble(err)
	}
	return nil
}

// Exists implements Store.
func (l *Local) Exists(_ context.Context, key string) (bool, error) {
	if err := check(key); err != nil {
		return false, err
	}
	info, err := l.root.Stat(place(key))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	if err != nil {
		return false, trouble(err)
	}
	return info.Mode().IsRegular(), nil
}

// trouble names what the disk says: a full one is emptied by somebody, sooner or later.
func trouble(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return fault.Wrap(err, fault.Unavailable, "files cannot be kept just now; try again in a while").After(time.Minute)
	}
	return fmt.Errorf("the folder of files: %w", err)
}
