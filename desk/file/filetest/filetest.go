// Package filetest gives tests of the desk a place for files, and files to keep in it.
package filetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PublicURL is where the server of a Shelf would be.
const PublicURL = "https://desk.example.com"

// Shelf is a file service over a folder of the test's own.
type Shelf struct {
	*file.Service
	T     testing.TB
	Blobs *blob.Local
	// Folder is where the bytes lie.
	Folder string
	// Queue holds the service's tasks. They are worked on once Start was called.
	Queue *job.Queue
}

// New makes a shelf that ends with the test. Accounts may be nil where nothing is fetched.
func New(t testing.TB, db *store.DB, adapters *channels.Registry, accounts *account.Service) *Shelf {
	t.Helper()
	s := &Shelf{T: t, Folder: t.TempDir()}
	var err error
	if s.Blobs, err = blob.NewLocal(s.Folder, random.New(), clock.Real{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Blobs.Close() })
	if s.Queue, err = job.New(db, slog.New(slog.DiscardHandler), 2, map[string]job.Handler{
		file.FetchTask:  func(ctx context.Context, team int64, args json.RawMessage) error { return s.Fetch(ctx, team, args) },
		file.DeleteTask: func(ctx context.Context, team int64, args json.RawMessage) error { return s.Delete(ctx, team, args) },
	}); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	s.Service, err = file.New(file.Config{DB: db, Blobs: s.Blobs, Adapters: adapters, Accounts: accounts, Random: random.New(), Queue: s.Queue,
		PublicURL: PublicURL, Signer: keys})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Start has the tasks worked on until the test ends.
func (s *Shelf) Start() {
	s.T.Helper()
	if err := s.Queue.Start(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() {
		if err := s.Queue.Stop(context.Background()); err != nil {
			s.T.Error(err)
		}
	})
}

// Add uploads a file of a principal.
func (s *Shelf) Add(p auth.Principal, name, contentType string, content []byte) *ent.File {
	s.T.Helper()
	f, err := s.Upload(s.T.Context(), p, file.UploadInput{Name: name, ContentType: contentType, Body: bytes.NewReader(content), Size: int64(len(content))})
	if err != nil {
		s.T.Fatalf("upload %s: %v", name, err)
	}
	return f
}

// Bytes reads content to its end and closes it.
func Bytes(t testing.TB, c file.Content, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// picture is a gradient, unlike that of any other size.
func picture(width, height int) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.Set(x, y, color.RGBA{R: uint8(x * 255 / width), G: uint8(y * 255 / height), B: uint8(width + height), A: 255})
		}
	}
	return p
}

// JPEG is a picture.
func JPEG(width, height int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture(width, height), nil) // a buffer takes everything
	return b.Bytes()
}

// PNG is a picture.
func PNG(width, height int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, picture(width, height)) // a buffer takes everything
	return b.Bytes()
}

// PDF is a document with some text in it.
func PDF(text string) []byte {
	return []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n% " + text + "\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
}

// Program is what runs under Windows.
func Program() []byte {
	b := make([]byte, 512)
	copy(b, "MZ")
	b[0x3c] = 0x80
	copy(b[0x80:], "PE\x00\x00\x4c\x01")
	return b
}

// Film is an MP4 of a length in milliseconds, of which there is no picture.
func Film(milliseconds uint32) []byte { return movie("isom", "vide", milliseconds) }

// Sound is an M4A of a length in milliseconds; 0 is one that does not tell.
func Sound(milliseconds uint32) []byte { return movie("M4A ", "soun", milliseconds) }

func movie(brand, handler string, milliseconds uint32) []byte {
	hdlr := box("hdlr", make([]byte, 8), []byte(handler), make([]byte, 13))
	moov := box("trak", box("mdia", hdlr))
	if milliseconds > 0 {
		header := make([]byte, 100)
		binary.BigEndian.PutUint32(header[12:], 1000)
		binary.BigEndian.PutUint32(header[16:], milliseconds)
		moov = append(box("mvhd", header), moov...)
	}
	return bytes.Join([][]byte{
		box("ftyp", []byte(brand), make([]byte, 4), []byte(brand), []byte("mp42")), box("moov", moov), box("mdat", make([]byte, 64)),
	}, nil)
}

// box is a part of an MP4: its length, its name and what is in it.
func box(name string, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, name...), content...)
}
