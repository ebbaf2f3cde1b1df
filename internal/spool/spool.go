// Package spool keeps records on the disk, in order, until they are dealt with: what was promised to a caller while the database that should
// hold it was away. A record that Append took is there after a power failure, and stays until the function that Drain calls has dealt with it;
// it may be seen again after a crash, so dealing with it twice must be harmless.
package spool

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

const (
	// segmentBytes is how large a file of records grows before the next is begun. Files are deleted whole, once all in them is dealt with.
	segmentBytes = 8 << 20
	headerBytes  = 8 // length and checksum
	maxRecord    = 4 << 20
	ending       = ".spool"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Spool is a folder of records. It is safe for concurrent use by one process.
type Spool struct {
	dir   *os.Root
	limit int64

	mu       sync.Mutex
	segments []uint64 // the oldest first; the last one is written to
	out      faultpoint.File
	written  int64 // of the last segment
	total    int64
	records  int
	failed   error // the disk failed in a way that leaves the last segment's end unknown
	draining sync.Mutex
}

// Open opens the folder, makes it where it is missing, and finds what was left in it. A record at the end that a crash cut short was promised to
// nobody and is dropped. limit bounds the bytes kept.
func Open(dir string, limit int64) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	s := &Spool{dir: root, limit: limit}
	if err := s.recover(); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("read the spool in %s: %w", dir, err)
	}
	return s, nil
}

func name(n uint64) string { return fmt.Sprintf("%016d%s", n, ending) }

func (s *Spool) recover() error {
	all, err := fs.ReadDir(s.dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, f := range all {
		if filepath.Ext(f.Name()) == ".part" { // the shortening of a file that a crash cut short
			if err := s.dir.Remove(f.Name()); err != nil {
				return err
			}
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSuffix(f.Name(), ending), 10, 64); err == nil && filepath.Ext(f.Name()) == ending {
			s.segments = append(s.segments, n)
		}
	}
	slices.Sort(s.segments)
	for _, n := range s.segments {
		good, count, err := s.scan(n, nil)
		if err != nil {
			return err
		}
		s.total, s.records = s.total+good, s.records+count
		if planted.Is("torn-record-kept") {
			continue
		}
		if err := s.cut(n, good); err != nil {
			return err
		}
	}
	return nil
}

// cut shortens a segment to its whole records.
func (s *Spool) cut(n uint64, size int64) error {
	f, err := s.dir.OpenFile(name(n), os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(size)
}

// scan calls f with each whole record of a segment and gives the bytes and the number of those that it was called with. f false ends it.
func (s *Spool) scan(n uint64, f func(record []byte) (bool, error)) (size int64, count int, err error) {
	file, err := s.dir.Open(name(n))
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	var header [headerBytes]byte
	for {
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return size, count, ended(err)
		}
		length := binary.BigEndian.Uint32(header[:4])
		if length == 0 || length > maxRecord {
			return size, count, nil
		}
		record := make([]byte, length)
		if _, err := io.ReadFull(in, record); err != nil {
			return size, count, ended(err)
		}
		if crc32.Checksum(record, castagnoli) != binary.BigEndian.Uint32(header[4:]) {
			return size, count, nil
		}
		if f != nil {
			goesOn, err := f(record)
			if err != nil || !goesOn {
				return size, count, err
			}
		}
		size, count = size+headerBytes+int64(length), count+1
	}
}

// ended is nil where a file ends, be it within a record.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// Append keeps a record: when it returns nil the record is on the disk. A fault of kind Unavailable: the spool is full, or the disk failed, and
// nothing is kept.
func (s *Spool) Append(record []byte) error {
	if len(record) == 0 || len(record) > maxRecord {
		return fault.New(fault.Invalid, "a record has 1 to %d bytes", maxRecord)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(headerBytes + len(record))
	if s.total+size > s.limit {
		return fault.New(fault.Unavailable, "the spool is full")
	}
	if err := s.append(record); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the spool cannot be written")
	}
	s.written, s.total, s.records = s.written+size, s.total+size, s.records+1
	return nil
}

func (s *Spool) append(record []byte) error {
	if s.failed != nil {
		// What was written in part must be cut off before anything follows it.
		if err := s.out.Truncate(s.written); err != nil {
			return errors.Join(s.failed, err)
		}
		if _, err := s.out.Seek(s.written, io.SeekStart); err != nil {
			return errors.Join(s.failed, err)
		}
		s.failed = nil
	}
	if s.out == nil || s.written >= segmentBytes {
		if err := s.next(); err != nil {
			return err
		}
	}
	b := make([]byte, headerBytes, headerBytes+len(record))
	binary.BigEndian.PutUint32(b[:4], uint32(len(record))) //nolint:gosec // bounded by maxRecord
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(record, castagnoli))
	faultpoint.Hit("spool/append")
	if _, err := s.out.Write(append(b, record...)); err != nil {
		s.failed = err
		return err
	}
	if planted.Is("spool-not-synced") {
		return nil
	}
	if err := s.out.Sync(); err != nil {
		s.failed = err
		return err
	}
	faultpoint.Hit("spool/appended")
	return nil
}

// next begins a new segment, whose name is on the disk before anything is in it.
func (s *Spool) next() error {
	n := uint64(1)
	if len(s.segments) > 0 {
		n = s.segments[len(s.segments)-1] + 1
	}
	f, err := s.dir.OpenFile(name(n), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := s.syncDir(); err != nil {
		return errors.Join(err, f.Close(), s.dir.Remove(name(n)))
	}
	if s.out != nil {
		_ = s.out.Close()
	}
	s.out, s.written = faultpoint.Wrap("spool/mid-append", f), 0
	s.segments = append(s.segments, n)
	return nil
}

func (s *Spool) syncDir() error {
	d, err := s.dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Len is how many records wait, Bytes how much they take.
func (s *Spool) Len() int { s.mu.Lock(); defer s.mu.Unlock(); return s.records }

// Bytes is how much of the disk the records that wait take.
func (s *Spool) Bytes() int64 { s.mu.Lock(); defer s.mu.Unlock(); return s.total }

// Drain calls f with the records in their order, until none is left, f fails or the context ends. A record is dealt with once f gave nil. What
// f gives comes back; the record it failed on comes first the next time. Records that come meanwhile are drained too. Two calls follow each
// other.
func (s *Spool) Drain(ctx context.Context, f func(ctx context.Context, record []byte) error) error {
	s.draining.Lock()
	defer s.draining.Unlock()
	for {
		n, ok := s.oldest()
		if !ok {
			return nil
		}
		var failure error
		size, count, err := s.scan(n, func(record []byte) (bool, error) {
			if failure = ctx.Err(); failure == nil {
				failure = f(ctx, record)
			}
			return failure == nil, nil
		})
		if err != nil {
			return fmt.Errorf("read the spool: %w", err)
		}
		faultpoint.Hit("spool/drained")
		err = s.done(n, size, count)
		if failure != nil || err != nil {
			return errors.Join(failure, err)
		}
		if _, err := s.dir.Stat(name(n)); err == nil {
			return fmt.Errorf("the spool's file %s is damaged after %d records", name(n), count)
		}
	}
}

// oldest gives the segment to be drained next. The one that is written to is closed first: what comes from now on goes to another.
func (s *Spool) oldest() (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 {
		return 0, false
	}
	if len(s.segments) == 1 && s.out != nil {
		if s.failed != nil { // a torn end would hide nothing, but it must not be counted
			_ = s.out.Truncate(s.written)
			s.failed = nil
		}
		_ = s.out.Close()
		s.out = nil
	}
	return s.segments[0], true
}

// done forgets the first count records of a segment: all of it where nothing is left, else by writing the rest anew.
func (s *Spool) done(n uint64, size int64, count int) error {
	info, err := s.dir.Stat(name(n))
	if err != nil || count == 0 && info.Size() > 0 {
		return err
	}
	if info.Size() > size {
		if err := s.rest(n, size); err != nil {
			return fmt.Errorf("shorten the spool: %w", err)
		}
	} else if err := s.dir.Remove(name(n)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if info.Size() <= size {
		s.segments = slices.DeleteFunc(s.segments, func(x uint64) bool { return x == n })
	}
	s.total, s.records = s.total-size, s.records-count
	return nil
}

// rest replaces a segment by what follows its first bytes, in one step.
func (s *Spool) rest(n uint64, from int64) error {
	in, err := s.dir.Open(name(n))
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := in.Seek(from, io.SeekStart); err != nil {
		return err
	}
	part := name(n) + ".part"
	out, err := s.dir.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return err
	}
	faultpoint.Hit("spool/shorten")
	if err := s.dir.Rename(part, name(n)); err != nil {
		return err
	}
	return s.syncDir()
}

// Close closes the folder. What waits stays in it.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.out != nil {
		err = s.out.Close()
		s.out = nil
	}
	return errors.Join(err, s.dir.Close())
}
