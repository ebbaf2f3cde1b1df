package blob_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/blob/blobtest"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
)

func read(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	o, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Size() != int64(len(b)) {
		t.Errorf("its size is %d, and %d bytes come", o.Size(), len(b))
	}
	return b
}

// CHAN-14: files are kept in a folder or in a store that speaks S3, and both behave alike.
func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Each(t, func(t *testing.T, s blob.Store) {
		ctx := t.Context()
		t.Run("what is kept comes back, of any size", func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{0, 1, 1000, 20 << 20} { // the last in two parts
				key := "1/i/" + strings.ReplaceAll(random.New().UUID(), "-", "")
				b := random.Seeded(uint64(size)).Bytes(size)
				if n, err := s.Put(ctx, key, bytes.NewReader(b)); err != nil || n != int64(size) {
					t.Fatalf("%d bytes: %d, %v", size, n, err)
				}
				if sha256.Sum256(read(t, s, key)) != sha256.Sum256(b) {
					t.Errorf("%d bytes come back as others", size)
				}
				if ok, err := s.Exists(ctx, key); !ok || err != nil {
					t.Errorf("it is not there: %v", err)
				}
			}
		})
		t.Run("it is read from any place", func(t *testing.T) {
			t.Parallel()
			if _, err := s.Put(ctx, "1/seek", strings.NewReader("0123456789")); err != nil {
				t.Fatal(err)
			}
			o, err := s.Open(ctx, "1/seek")
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			for _, c := range []struct {
				offset int64
				whence int
				want   string
			}{{3, io.SeekStart, "345"}, {-2, io.SeekCurrent, "456"}, {-2, io.SeekEnd, "89"}, {0, io.SeekStart, "012"}, {20, io.SeekStart, ""}, {0, io.SeekEnd, ""}} {
				if _, err := o.Seek(c.offset, c.whence); err != nil {
					t.Fatal(err)
				}
				b := make([]byte, 3)
				n, err := io.ReadFull(o, b)
				if string(b[:n]) != c.want || n == 3 && err != nil {
					t.Errorf("from %d, %d: %q, %v", c.offset, c.whence, b[:n], err)
				}
			}
			if _, err := o.Seek(-1, io.SeekStart); err == nil {
				t.Error("a place before the beginning is taken")
			}
		})
		t.Run("what is not there is not found, and deleting it is success", func(t *testing.T) {
			t.Parallel()
			if _, err := s.Open(ctx, "1/none"); !fault.Is(err, fault.NotFound) {
				t.Errorf("got %v", err)
			}
			if ok, err := s.Exists(ctx, "1/none"); ok || err != nil {
				t.Errorf("%v, %v", ok, err)
			}
			if err := s.Delete(ctx, "1/none"); err != nil {
				t.Error(err)
			}
			if _, err := s.Put(ctx, "1/some", strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.Delete(ctx, "1/some"); err != nil {
					t.Error(err)
				}
			}
			if ok, err := s.Exists(ctx, "1/some"); ok || err != nil {
				t.Errorf("%v, %v", ok, err)
			}
		})
		t.Run("what cannot be read to its end is not kept, and what was there stays", func(t *testing.T) {
			t.Parallel()
			if _, err := s.Put(ctx, "1/whole", strings.NewReader("before")); err != nil {
				t.Fatal(err)
			}
			cut := errors.New("cut")
			for _, key := range []string{"1/whole", "1/half"} {
				if _, err := s.Put(ctx, key, io.MultiReader(strings.NewReader("after"), broken{cut})); !errors.Is(err, cut) {
					t.Errorf("got %v", err)
				}
			}
			if got := string(read(t, s, "1/whole")); got != "before" {
				t.Errorf("it is %q", got)
			}
			if ok, _ := s.Exists(ctx, "1/half"); ok {
				t.Error("a half is kept")
			}
			if _, err := s.Put(ctx, "1/whole", strings.NewReader("after")); err != nil || string(read(t, s, "1/whole")) != "after" {
				t.Errorf("it is not replaced: %v", err)
			}
		})
		t.Run("keys that are none are refused", func(t *testing.T) {
			t.Parallel()
			for _, key := range []string{"", "/", "..", "../x", "1/../../x", "/etc/passwd", "1//x", "1/x/", "A", "1/é", "1/.", "x\x00y", `1\x`, strings.Repeat("x", 300)} {
				_, put := s.Put(ctx, key, strings.NewReader("x"))
				_, open := s.Open(ctx, key)
				_, exists := s.Exists(ctx, key)
				for _, err := range []error{put, open, exists, s.Delete(ctx, key)} {
					if !fault.Is(err, fault.Invalid) {
						t.Errorf("%q: %v", key, err)
					}
				}
			}
		})
		t.Run("a draft is read, changed and cut before it is kept", func(t *testing.T) {
			t.Parallel()
			d, err := s.Draft(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Discard()
			if _, err := io.Copy(d, strings.NewReader("hello world")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 5)
			if _, err := d.ReadAt(b, 6); err != nil || string(b) != "world" {
				t.Errorf("%q, %v", b, err)
			}
			if err := d.Truncate(5); err != nil {
				t.Fatal(err)
			}
			if err := d.Commit(ctx, "1/draft"); err != nil {
				t.Fatal(err)
			}
			d.Discard()
			if got := string(read(t, s, "1/draft")); got != "hello" {
				t.Errorf("it is %q", got)
			}
		})
		t.Run("many at once under one key leave one of them whole", func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					if _, err := s.Put(ctx, "1/many", strings.NewReader(strings.Repeat(string(rune('a'+i)), 100_000))); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			got := string(read(t, s, "1/many"))
			if len(got) != 100_000 || strings.Trim(got, got[:1]) != "" {
				t.Errorf("it is a mixture of %d bytes", len(got))
			}
		})
	})
}

type broken struct{ error }

func (b broken) Read([]byte) (int, error) { return 0, b.error }

// A link in the folder, which somebody else put there, leads nowhere outside of it.
func TestLocalStaysInside(t *testing.T) {
	t.Parallel()
	folder, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := blob.NewLocal(folder, random.New(), clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := os.Symlink(outside, filepath.Join(folder, "kept", "1")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "kept", "2", "se"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(folder, "kept", "2", "se", "secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Put(t.Context(), "1/written", strings.NewReader("x")); err == nil {
		t.Error("it writes outside")
	}
	if o, err := l.Open(t.Context(), "2/secret"); err == nil {
		_ = o.Close()
		t.Error("it reads outside")
	}
	if all, err := os.ReadDir(outside); err != nil || len(all) != 1 {
		t.Errorf("outside lies %v (%v)", all, err)
	}
}

// Drafts of a server that was stopped are dropped when one starts, and those of one that runs beside it are not.
func TestLocalSweepsDrafts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	c := clock.NewManual(time.Now())
	open := func() *blob.Local {
		l, err := blob.NewLocal(folder, random.New(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	d, err := open().Draft(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Discard)
	drafts := func() int {
		all, err := os.ReadDir(filepath.Join(folder, "drafts"))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	open()
	if n := drafts(); n != 1 {
		t.Errorf("%d drafts, want the fresh one", n)
	}
	c.Advance(25 * time.Hour)
	open()
	if n := drafts(); n != 0 {
		t.Errorf("%d old drafts are left", n)
	}
}

// CHAN-14: wrong keys are told from the start, and neither they nor the store's trouble show a secret.
func TestS3Refuses(t *testing.T) {
	t.Parallel()
	server := blobtest.Server(t)
	if err := blobtest.Open(t, server).Check(t.Context()); err != nil {
		t.Errorf("with the right keys: %v", err)
	}
	wrong := blobtest.With(t, server, blobtest.AccessKey, "canary")
	err := wrong.Check(t.Context())
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
	if _, err := wrong.Put(t.Context(), "1/x", strings.NewReader("x")); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}

func TestParseS3(t *testing.T) {
	t.Parallel()
	c, errs := blob.ParseS3("s3://my-files/desk/main/?endpoint=https%3A%2F%2Fs3.example.com:9000&region=tw-1", "a", "b")
	if len(errs) > 0 || c.Bucket != "my-files" || c.Prefix != "desk/main" || c.Endpoint.Host != "s3.example.com:9000" || c.Region != "tw-1" {
		t.Errorf("%+v, %v", c, errs)
	}
	if c, errs := blob.ParseS3("s3://my-files?region=eu-central-1", "a", "b"); len(errs) > 0 || c.Endpoint.String() != "https://s3.eu-central-1.amazonaws.com" {
		t.Errorf("%+v, %v", c, errs)
	}
	for address, want := range map[string]int{
		"https://s3.example.com/files":                        1,
		"s3://":                                               2, // neither bucket nor region
		"s3://my-files":                                       1,
		"s3://canary:canary@my-files?region=x":                1,
		"s3://UP?region=x":                                    1,
		"s3://my-files/../x?region=x":                         1,
		"s3://my-files?region=x&canary=1":                     1,
		"s3://my-files?endpoint=ftp://x":                      1,
		"s3://my-files?endpoint=https://canary:canary@x.test": 1,
		"s3://my-files?endpoint=https://x.test/path&region=A": 2,
	} {
		_, errs := blob.ParseS3(address, "", "canary")
		if len(errs) != want+1 { // and a key is missing
			t.Errorf("%s: %v", address, errs)
		}
		for _, err := range errs {
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: the error repeats the value: %v", address, err)
			}
		}
	}
}
