package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/server/asset"
)

// file is one part of the page, ready to be sent. Text is kept only in its gzip form, which almost every client takes.
type file struct {
	body      []byte
	gzipped   bool
	mediaType string
	etag      string // of the plain form, without its quotes
	immutable bool   // the name carries a hash of the content
}

// load reads every file below root. A name that ends in .gz is served under the name without it.
func load(root fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		name, gzipped := strings.CutSuffix(name, ".gz")
		mediaType, err := mediaTypeOf(name)
		if err != nil {
			return err
		}
		files[name] = &file{
			body: body, gzipped: gzipped, mediaType: mediaType, etag: digest(body),
			immutable: strings.HasPrefix(name, "assets/"),
		}
		return nil
	})
	return files, err
}

// document makes a file of a value as JSON.
func document(value any) (*file, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return &file{body: body, mediaType: "application/json", etag: digest(body)}, nil
}

// mediaTypeOf knows the kinds of files in the page. The system's own table is not asked: it differs between machines, and with
// nosniff a wrong type is a blank page.
func mediaTypeOf(name string) (string, error) {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8", nil
	case ".js":
		return "text/javascript; charset=utf-8", nil
	case ".css":
		return "text/css; charset=utf-8", nil
	case ".md":
		return "text/markdown; charset=utf-8", nil
	case ".svg":
		return "image/svg+xml", nil
	case ".ttf":
		return "font/ttf", nil
	}
	return "", fmt.Errorf("%s: no media type is known for this kind of file", name)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.mediaType)
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	body, etag := f.body, f.etag
	if f.gzipped {
		header.Set("Vary", "Accept-Encoding")
		if asset.TakesGzip(r.Header) {
			header.Set("Content-Encoding", "gzip")
			etag += "-gzip"
		} else {
			plain, err := unzip(f.body)
			if err != nil {
				http.Error(w, "The page is damaged.", http.StatusInternalServerError)
				return
			}
			body = plain
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func unzip(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

func indent(raw json.RawMessage) (string, error) {
	var out bytes.Buffer
	err := json.Indent(&out, raw, "", "  ")
	return out.String(), err
}
