// Package asset serves bytes that do not change while the server runs: with a tag, so that a browser asks for them once, and compressed for
// those who take it.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// File is one asset, ready to be sent.
type File struct {
	mediaType     string
	plain, zipped []byte
	etag          string
}

// New makes a file of text. The compressed form is made here, once.
func New(mediaType string, body []byte) (*File, error) {
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress an asset: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress an asset: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress an asset: %w", err)
	}
	sum := sha256.Sum256(body)
	return &File{mediaType: mediaType, plain: body, zipped: zipped.Bytes(), etag: hex.EncodeToString(sum[:12])}, nil
}

// ETag is what names this content and no other, without quotes.
func (f *File) ETag() string { return f.etag }

// ServeHTTP answers GET and HEAD, with 304 where the caller has the file. Cache-Control is the caller's to set.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Add("Vary", "Accept-Encoding")
	body, etag := f.plain, f.etag
	if TakesGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		body, etag = f.zipped, etag+"-gzip"
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// TakesGzip says whether a client takes gzip: by name or by "*", and not with a quality of zero.
func TakesGzip(header http.Header) bool {
	wildcard := false
	for _, value := range header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(value, ",") {
			coding, parameters, _ := strings.Cut(part, ";")
			quality := strings.ReplaceAll(strings.ToLower(parameters), " ", "")
			refused := strings.HasPrefix(quality, "q=0") && strings.Trim(quality[3:], ".0") == ""
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip":
				return !refused
			case "*":
				wildcard = !refused
			}
		}
	}
	return wildcard
}
