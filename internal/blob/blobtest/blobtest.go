// Package blobtest opens real file stores for tests: a fresh folder, and a fresh bucket in a server that speaks S3 and checks signatures.
package blobtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// The keys and the region that the server of S3 knows.
const (
	AccessKey = "AKIATEST"
	SecretKey = "secret/of+the=store"
	Region    = "test-region-1"
	Bucket    = "files"
)

// Each runs the test with both stores, each time with a fresh one.
func Each(t *testing.T, test func(t *testing.T, s blob.Store)) {
	t.Helper()
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		test(t, Local(t))
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, Server(t)))
	})
}

// Local opens a store in a fresh folder.
func Local(t testing.TB) *blob.Local {
	t.Helper()
	l, err := blob.NewLocal(t.TempDir(), random.New(), clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// S3 is a running server that speaks S3.
type S3 struct {
	URL string
	// Objects is what lies in it.
	Objects gofakes3.Backend
}

// Server starts a server with one empty bucket, which refuses what is not signed with the keys.
func Server(t testing.TB) *S3 {
	t.Helper()
	memory := s3mem.New()
	if err := memory.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	speaks := gofakes3.New(memory, gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := signed(r); why != "" {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Error><Code>SignatureDoesNotMatch</Code><Message>" + why + "</Message></Error>"))
			return
		}
		speaks.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return &S3{URL: server.URL, Objects: memory}
}

// Address is the server's in the form of FILES_URL.
func (s *S3) Address() string {
	return blob.Scheme + Bucket + "/desk/a?endpoint=" + url.QueryEscape(s.URL) + "&region=" + Region
}

// Open opens a store in the server's bucket.
func Open(t testing.TB, server *S3) *blob.S3 {
	t.Helper()
	return With(t, server, AccessKey, SecretKey)
}

// With is Open with other keys.
func With(t testing.TB, server *S3, access, secret string) *blob.S3 {
	t.Helper()
	c, errs := blob.ParseS3(server.Address(), access, secret)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c.SecretKey, c.Drafts = seal.Hide(secret), t.TempDir()
	s, err := blob.NewS3(c, random.New(), clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
