package media_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/media"
	"github.com/switchyard-chat/switchyard/internal/media/mediatest"
)

func inspect(t testing.TB, b []byte) media.Info {
	t.Helper()
	i, err := media.Inspect(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// CHAN-14: files are judged by their content; MSG-7: a sound's duration is read from the file.
func TestInspect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file          []byte
		want          string
		width, height int
		duration      time.Duration
	}{
		"JPEG":                        {mediatest.JPEG(60, 40), media.JPEG, 60, 40, 0},
		"JPEG that is to be turned":   {mediatest.CameraJPEG(60, 40, 6), media.JPEG, 40, 60, 0},
		"JPEG that is upside down":    {mediatest.CameraJPEG(60, 40, 3), media.JPEG, 60, 40, 0},
		"PNG":                         {mediatest.PNG(60, 40, true), media.PNG, 60, 40, 0},
		"GIF":                         {mediatest.GIF(60, 40), media.GIF, 60, 40, 0},
		"film":                        {mediatest.Film("isom", 640, 360, 12_345, false), media.MP4, 640, 360, 12_345 * time.Millisecond},
		"film that was held upright":  {mediatest.Film("isom", 360, 640, 1000, true), media.MP4, 360, 640, time.Second},
		"film of an Apple phone":      {mediatest.Film("qt  ", 640, 360, 1500, false), media.MOV, 640, 360, 1500 * time.Millisecond},
		"voice as M4A":                {mediatest.Film("M4A ", 0, 0, 2500, false), media.M4A, 0, 0, 2500 * time.Millisecond},
		"voice in a film's clothes":   {mediatest.Film("isom", 0, 0, 2500, false), media.M4A, 0, 0, 2500 * time.Millisecond},
		"MP3, frame by frame":         {mediatest.MP3(100), media.MP3, 0, 0, 2612 * time.Millisecond},
		"MP3 with a note":             {mediatest.NotedMP3(1000), media.MP3, 0, 0, 26_122 * time.Millisecond},
		"WAV":                         {mediatest.WAV(750), media.WAV, 0, 0, 750 * time.Millisecond},
		"SVG":                         {[]byte(mediatest.SVG), "image/svg+xml", 0, 0, 0},
		"HTML":                        {[]byte(mediatest.HTML), "text/html", 0, 0, 0},
		"PDF":                         {[]byte(mediatest.PDF), "application/pdf", 0, 0, 0},
		"CSV":                         {[]byte(mediatest.CSV), "text/csv", 0, 0, 0},
		"text":                        {[]byte("您好"), "text/plain", 0, 0, 0},
		"nothing known":               {[]byte{0, 1, 2, 3, 0xfe}, media.Other, 0, 0, 0},
		"JPEG's beginning alone":      {mediatest.JPEG(60, 40)[:20], media.JPEG, 0, 0, 0},
		"film whose boxes lie":        {append(mediatest.Film("isom", 640, 360, 1000, false)[:24], 0xff, 0xff, 0xff, 0xff, 'm', 'o', 'o', 'v'), media.MP4, 0, 0, 0},
		"picture with a page in it":   {append(mediatest.GIF(6, 4), mediatest.HTML...), media.GIF, 6, 4, 0},
		"a film of boxes in no order": {[]byte("\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + strings.Repeat("\x00\x00\x00\x08moov", 100_000)), media.MP4, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := inspect(t, c.file)
			if i.Type != c.want || i.Width != c.width || i.Height != c.height || i.Duration.Round(time.Millisecond) != c.duration {
				t.Errorf("it is %s, %d × %d, %v; want %s, %d × %d, %v", i.Type, i.Width, i.Height, i.Duration, c.want, c.width, c.height, c.duration)
			}
		})
	}
	t.Run("a picture of 100 bytes that unpacks to gigabytes is known by its weight", func(t *testing.T) {
		t.Parallel()
		if i := inspect(t, mediatest.BombPNG(60_000, 60_000)); i.Weight < 14e9 || i.Width != 60_000 {
			t.Errorf("%+v", i)
		}
	})
	t.Run("a reader's trouble is no verdict", func(t *testing.T) {
		t.Parallel()
		trouble := errors.New("disk")
		if _, err := media.Inspect(broken{trouble}, 100); !errors.Is(err, trouble) {
			t.Errorf("got %v", err)
		}
	})
}

type broken struct{ error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.error }

// MSG-7: the type by content is compared with the one that was said.
func TestAgree(t *testing.T) {
	t.Parallel()
	const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	for _, c := range []struct {
		claim, content, want string
		ok                   bool
	}{
		{"", media.PNG, media.PNG, true},
		{"application/octet-stream", media.PNG, media.PNG, true},
		{"application/x-www-form-urlencoded", media.PNG, media.PNG, true},
		{"image/jpg", media.JPEG, media.JPEG, true},
		{"IMAGE/JPEG; charset=binary", media.JPEG, media.JPEG, true},
		{"image/png", media.JPEG, "", false},
		{"image/png", "text/html", "", false},
		{"image/png", media.Other, "", false},
		{"video/mp4", media.Other, "", false},
		{"application/pdf", media.Other, "", false},
		{"text/plain", media.Other, "", false},
		{"application/x-of-ours", media.Other, media.Other, true},
		{"text/csv", "text/plain", "text/csv", true},
		{"text/plain", "text/csv", "text/csv", true},
		{"application/vnd.ms-excel", "text/csv", "text/csv", true},
		{"text/plain", "text/html", "text/html", true},
		{"image/svg+xml", "image/svg+xml", "image/svg+xml", true},
		{"image/svg+xml", media.PNG, "", false},
		{word, "application/zip", word, true},
		{"application/zip", word, word, true},
		{word, "application/pdf", "", false},
		{"video/mp4", media.MOV, media.MOV, true},
		{"video/mp4", media.M4A, media.M4A, true},
		{"audio/x-m4a", media.M4A, media.M4A, true},
		{"audio/mp3", media.MP3, media.MP3, true},
		{"application/illustrator", "application/pdf", "application/pdf", true},
		{"nonsense", media.PNG, "", false},
	} {
		got, ok := media.Agree(c.claim, c.content)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q of %q: %q, %v", c.claim, c.content, got, ok)
		}
	}
}

// CHAN-14: what says where and with what a picture was made is taken out, and the picture stays the same.
func TestStrip(t *testing.T) {
	t.Parallel()
	pixels := func(b []byte) []byte {
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				r, g, b, a := img.At(x, y).RGBA()
				out = append(out, byte(r>>8), byte(g>>8), byte(b>>8), byte(a>>8))
			}
		}
		return out
	}
	for turn := 1; turn <= 8; turn++ {
		camera := mediatest.CameraJPEG(60, 40, turn)
		var out bytes.Buffer
		if err := media.Strip(&out, bytes.NewReader(camera), media.JPEG); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out.Bytes(), []byte("canary")) {
			t.Errorf("turn %d: the metadata is still there", turn)
		}
		if !bytes.Equal(pixels(out.Bytes()), pixels(camera)) {
			t.Errorf("turn %d: the picture is another", turn)
		}
		before, after := inspect(t, camera), inspect(t, out.Bytes())
		if before.Width != after.Width || before.Height != after.Height {
			t.Errorf("turn %d: it is not turned any more", turn)
		}
	}
	commented := mediatest.CommentedPNG(60, 40)
	var out bytes.Buffer
	if err := media.Strip(&out, bytes.NewReader(commented), media.PNG); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("canary")) || !bytes.Equal(out.Bytes(), mediatest.PNG(60, 40, false)) {
		t.Error("the PNG is another than it was without its comments")
	}
	for _, c := range []struct {
		file []byte
		of   string
	}{
		{commented[:50], media.PNG}, {commented, media.JPEG}, {mediatest.JPEG(8, 8)[:100], media.JPEG}, {mediatest.GIF(8, 8), media.GIF}, {nil, media.JPEG},
		{[]byte("\xff\xd8\xff\xe1\x00\x01"), media.JPEG}, {[]byte("\xff\xd8\xff\x00"), media.JPEG},
	} {
		if err := media.Strip(io.Discard, bytes.NewReader(c.file), c.of); !errors.Is(err, media.ErrBroken) {
			t.Errorf("%d bytes as %s: %v", len(c.file), c.of, err)
		}
	}
}

// MSG-7: a small picture is at most 1,024 pixels and 1 MB, the right way up, and tells nothing of its maker.
func TestPreview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file          []byte
		want          string
		width, height int
	}{
		"a small one stays as large as it is": {mediatest.JPEG(60, 40), media.JPEG, 60, 40},
		"a large one":                         {mediatest.JPEG(3000, 1500), media.JPEG, 1024, 512},
		"one just too large":                  {mediatest.JPEG(1025, 30), media.JPEG, 1024, 29},
		"a long one":                          {mediatest.PNG(20, 4000, false), media.JPEG, 5, 1024},
		"one seen through":                    {mediatest.PNG(2000, 2000, true), media.PNG, 1024, 1024},
		"a GIF":                               {mediatest.GIF(60, 40), media.JPEG, 60, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := media.Preview(bytes.NewReader(c.file), inspect(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			i := inspect(t, s.Bytes)
			if s.Type != c.want || i.Type != c.want || i.Width != c.width || i.Height != c.height || s.Width != c.width || s.Height != c.height || len(s.Bytes) > media.PreviewBytes {
				t.Errorf("%s, %s, %d × %d, %d bytes", s.Type, i.Type, i.Width, i.Height, len(s.Bytes))
			}
		})
	}
	// The stored picture is red at the left, blue at the upper right, green at the lower right. Where its upper left corner, its upper right and its
	// lower right come to lie follows from the turn.
	corners := map[int]string{1: "rbg", 2: "brr", 3: "grr", 4: "rgb", 5: "rrg", 6: "rrb", 7: "gbr", 8: "bgr"}
	for turn := 1; turn <= 8; turn++ {
		file := mediatest.CameraJPEG(400, 200, turn)
		s, err := media.Preview(bytes.NewReader(file), inspect(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(s.Bytes, []byte("canary")) || bytes.Contains(s.Bytes, []byte("Exif")) {
			t.Errorf("turn %d: metadata is in the small picture", turn)
		}
		img, _, err := image.Decode(bytes.NewReader(s.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		got, b := "", img.Bounds()
		for _, p := range []image.Point{{4, 4}, {b.Dx() - 5, 4}, {b.Dx() - 5, b.Dy() - 5}} {
			r, g, b, _ := img.At(p.X, p.Y).RGBA()
			switch m := max(r, g, b); m {
			case r:
				got += "r"
			case g:
				got += "g"
			default:
				got += "b"
			}
		}
		if want := corners[turn]; got != want {
			t.Errorf("turn %d: the corners are %s, want %s", turn, got, want)
		}
	}
	if _, err := media.Preview(bytes.NewReader(mediatest.BombPNG(100, 100)), inspect(t, mediatest.BombPNG(100, 100))); !errors.Is(err, media.ErrBroken) {
		t.Errorf("got %v", err)
	}
}

// CHAN-14: a picture that is a page or an archive as well is noticed, wherever in it that begins.
func TestWatch(t *testing.T) {
	t.Parallel()
	clean := mediatest.JPEG(300, 300)
	for name, c := range map[string]struct {
		file []byte
		want bool
	}{
		"a picture":               {clean, false},
		"a camera's picture":      {mediatest.CameraJPEG(300, 300, 6), false},
		"a film":                  {mediatest.Film("isom", 640, 360, 1000, false), false},
		"a page behind it":        {append(bytes.Clone(clean), mediatest.HTML...), true},
		"a page in its comment":   {append([]byte("GIF89a/*"), "*/=1;<ScRiPt>"...), true},
		"a document before it":    {append([]byte("\xff\xd8\xff\xfe"), mediatest.PDF...), true},
		"an archive behind it":    {append(bytes.Clone(clean), "PK\x05\x06"+strings.Repeat("\x00", 18)...), true},
		"a mark far behind":       {append(make([]byte, 1<<20), "<script"...), true},
		"a drawing that can act":  {[]byte("  " + mediatest.SVG), true},
		"letters that are no tag": {[]byte("script html doctype"), false},
	} {
		for _, piece := range []int{1 << 20, 1000, 3} {
			var w media.Watch
			for part := range bytesChunks(c.file, piece) {
				_, _ = w.Write(part)
			}
			if w.IsMixed() != c.want {
				t.Errorf("%s in pieces of %d: %v", name, piece, !c.want)
			}
		}
	}
}

func bytesChunks(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			p := b[:min(n, len(b))]
			b = b[len(p):]
			if !yield(p) {
				return
			}
		}
	}
}

func seeds(f *testing.F) {
	for _, b := range [][]byte{
		mediatest.JPEG(20, 10), mediatest.CameraJPEG(20, 10, 6), mediatest.PNG(20, 10, true), mediatest.CommentedPNG(20, 10), mediatest.GIF(20, 10),
		mediatest.BombPNG(60_000, 60_000), mediatest.Film("isom", 640, 360, 1000, true), mediatest.Film("qt  ", 64, 36, 1000, false), mediatest.Film("M4A ", 0, 0, 1000, false),
		mediatest.MP3(3), mediatest.NotedMP3(100), mediatest.WAV(10), []byte(mediatest.SVG), []byte(mediatest.HTML), []byte(mediatest.PDF),
	} {
		f.Add(b)
	}
}

// Whatever a file says, looking into it ends, and what it shows makes sense.
func FuzzInspect(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		i := inspect(t, b)
		if i.Width < 0 || i.Height < 0 || i.Duration < 0 || i.Weight < 0 || i.Type == "" {
			t.Errorf("%+v", i)
		}
		if i.IsPicture() && i.Weight < 1<<20 {
			s, err := media.Preview(bytes.NewReader(b), i)
			if err == nil && (len(s.Bytes) > media.PreviewBytes || s.Width > media.PreviewSide || s.Height > media.PreviewSide) {
				t.Errorf("a small picture of %d × %d, %d bytes", s.Width, s.Height, len(s.Bytes))
			}
		}
	})
}

// What can be stripped can be stripped again, and is the same then.
func FuzzStrip(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, of := range []string{media.JPEG, media.PNG} {
			var once, twice bytes.Buffer
			if media.Strip(&once, bytes.NewReader(b), of) != nil {
				continue
			}
			if once.Len() > len(b)+64 {
				t.Errorf("%d bytes become %d", len(b), once.Len())
			}
			if err := media.Strip(&twice, bytes.NewReader(once.Bytes()), of); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
				t.Errorf("%s stripped again: %v", of, err)
			}
		}
	})
}
