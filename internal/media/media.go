// Package media looks into files: of what type their content is, how large a picture is, how long a sound or film, and what of it should not go on. Whatever
// it is handed may have been made to do harm: every look is bounded in memory, steps and depth, and what cannot be understood is simply not known.
package media

import (
	"encoding/binary"
	"errors"
	"image"
	_ "image/gif" // the three picture formats of the standard library are decoded here
	_ "image/jpeg"
	_ "image/png"
	"io"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // and the fourth
)

// The content types that are treated in a way of their own.
const (
	JPEG  = "image/jpeg"
	PNG   = "image/png"
	GIF   = "image/gif"
	WebP  = "image/webp"
	MP4   = "video/mp4"
	MOV   = "video/quicktime"
	M4A   = "audio/mp4"
	MP3   = "audio/mpeg"
	WAV   = "audio/wav"
	Other = "application/octet-stream"
)

// headSize is how much of a file's beginning tells its type, in bytes.
const headSize = 3072

// Info is what a look into a file shows.
type Info struct {
	// Type is the content type, by content alone, without parameters; Other where it is not known.
	Type string
	// Width and Height are in pixels as it is to be shown, turned as its metadata says; 0 where it is no picture or film, or not known.
	Width, Height int
	// Duration is the length of a sound or film; 0 where not known.
	Duration time.Duration
	// Weight is about how much memory it takes to decode a picture, in bytes; 0 where it is none that is decoded here.
	Weight int64
	// turn is how a picture is to be turned: 1 to 8, as EXIF numbers it.
	turn int
}

// IsPicture says whether it is a picture that can be decoded here.
func (i Info) IsPicture() bool { return i.Weight > 0 }

// ErrBroken is the error of a file that is not what its beginning says.
var ErrBroken = errors.New("media: the content is broken")

// Inspect looks into a file of a size. The error is the reader's; a file that cannot be understood is none.
func Inspect(r io.ReaderAt, size int64) (Info, error) {
	head := make([]byte, min(size, headSize))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Info{}, err
	}
	file := &bounded{r: r, size: size}
	i := Info{Type: canonical(mimetype.Detect(head).String()), turn: 1}
	switch i.Type {
	case JPEG, PNG, GIF, WebP:
		picture(file, &i)
	case MP4, MOV, M4A, "video/3gpp", "video/3gpp2", "audio/3gpp", "video/x-m4v":
		film(file, &i)
	case MP3:
		i.Duration = mp3(file)
	case WAV:
		i.Duration = wav(file)
	}
	return i, file.err
}

// bounded reads from a file whose places are what the file itself says: none is outside of it, and not for ever.
type bounded struct {
	r     io.ReaderAt
	size  int64
	steps int
	err   error
}

// maxSteps is how often a file is read from to understand it.
const maxSteps = 20_000

// at reads n bytes at a place; false where there are not so many, or where it has gone on for too long.
func (b *bounded) at(place int64, n int) ([]byte, bool) {
	if b.steps++; b.err != nil || b.steps > maxSteps || place < 0 || n < 0 || place > b.size-int64(n) {
		return nil, false
	}
	p := make([]byte, n)
	if m, err := b.r.ReadAt(p, place); m < n {
		if !errors.Is(err, io.EOF) {
			b.err = err
		}
		return nil, false
	}
	return p, true
}

// reader reads the file in order from a place on.
func (b *bounded) reader(from int64) *io.SectionReader {
	return io.NewSectionReader(b.r, from, max(0, b.size-from))
}

// aliases are other names of content types.
var aliases = map[string]string{
	"image/jpg": JPEG, "image/pjpeg": JPEG, "image/x-png": PNG, "image/apng": PNG, "image/vnd.mozilla.apng": PNG,
	"audio/mp3": MP3, "audio/x-mp3": MP3, "audio/mpeg3": MP3, "audio/x-mpeg": MP3,
	"audio/x-m4a": M4A, "audio/m4a": M4A, "audio/aacp": "audio/aac", "audio/x-aac": "audio/aac",
	"audio/x-wav": WAV, "audio/wave": WAV, "audio/vnd.wave": WAV,
	"video/x-quicktime": MOV, "video/x-m4v": MP4,
	"application/x-zip-compressed": "application/zip", "application/x-zip": "application/zip", "application/x-pdf": "application/pdf",
	"application/csv": "text/csv", "application/x-rar": "application/x-rar-compressed", "application/vnd.rar": "application/x-rar-compressed",
	"application/xml": "text/xml", "application/x-javascript": "text/javascript", "application/javascript": "text/javascript",
	"binary/octet-stream": Other, "application/x-www-form-urlencoded": Other, // what curl says where nothing was said
	"application/x-msdownload": "application/vnd.microsoft.portable-executable",
	"image/x-photoshop":        "image/vnd.adobe.photoshop", "application/x-photoshop": "image/vnd.adobe.photoshop",
}

// canonical is a content type's one name: in lower case, without parameters.
func canonical(t string) string {
	t, _, _ = strings.Cut(strings.ToLower(t), ";")
	t = strings.TrimSpace(t)
	if name, ok := aliases[t]; ok {
		return name
	}
	return t
}

// families are types whose files differ in what is in them and not in how they begin.
var families = [][]string{
	{MP4, MOV, M4A, "video/3gpp", "video/3gpp2", "audio/3gpp"},
	{"audio/ogg", "video/ogg", "application/ogg", "audio/opus"},
	{"video/webm", "audio/webm", "video/x-matroska"},
	{"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"},
	{"application/pdf", "application/postscript", "application/illustrator", "application/vnd.adobe.illustrator"},
	{"text/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel"}, // what Windows calls a CSV file
}

// Agree compares the type that somebody says a file has with the one it has by its content. It gives the type to go by, and false where
// the two cannot be the same file. A claim that only says more (text/csv of what is text, a document of what is an archive) is believed; one
// that the content contradicts never is, and a claim of nothing is none.
func Agree(claim, content string) (string, bool) {
	claim = canonical(claim)
	if claim == "" || claim == Other || claim == content {
		return content, true
	}
	if is(content, claim) {
		return content, true
	}
	if is(claim, content) {
		return claim, true
	}
	for _, f := range families {
		if has(f, claim) && has(f, content) {
			return content, true
		}
	}
	if content == Other {
		// What can be recognised was not.
		isKnown := mimetype.Lookup(claim) != nil
		for _, kind := range []string{"image/", "video/", "audio/", "text/"} {
			isKnown = isKnown || strings.HasPrefix(claim, kind)
		}
		return Other, !isKnown
	}
	return content, false
}

func has(all []string, t string) bool {
	for _, one := range all {
		if one == t {
			return true
		}
	}
	return false
}

// is says whether a type is a kind of another, which is not Other.
func is(t, of string) bool {
	if of == Other {
		return false
	}
	for m := mimetype.Lookup(t); m != nil; m = m.Parent() {
		if canonical(m.String()) == of {
			return true
		}
	}
	return false
}

// picture fills in the size of a picture and how much it takes to decode it.
func picture(file *bounded, i *Info) {
	c, _, err := image.DecodeConfig(io.LimitReader(file.reader(0), 1<<20)) // what stands before a picture's size is not longer
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return
	}
	i.Width, i.Height = c.Width, c.Height
	pixels := int64(c.Width) * int64(c.Height)
	switch i.Type {
	case JPEG:
		j := jpegOf(file)
		i.turn = j.turn
		// What is decoded, and for a progressive one the coefficients of all of it as well.
		i.Weight = pixels * int64(max(1, j.components))
		if j.isProgressive {
			i.Weight *= 5
		}
	case PNG:
		i.Weight = pixels * 4
		if head, ok := file.at(24, 5); ok {
			if head[0] == 16 {
				i.Weight *= 2
			}
			if head[4] == 1 { // interlaced: one more of it
				i.Weight *= 2
			}
		}
	case GIF:
		i.Weight = pixels
	case WebP:
		i.Weight = pixels * 8
	}
	if i.turn >= 5 {
		i.Width, i.Height = i.Height, i.Width
	}
}

// wav is the length of a sound of samples as they are.
func wav(file *bounded) time.Duration {
	var rate uint32
	for place := int64(12); ; {
		head, ok := file.at(place, 8)
		if !ok {
			return 0
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			if b, ok := file.at(place+8, 12); ok {
				rate = binary.LittleEndian.Uint32(b[8:])
			}
		case "data":
			if rate == 0 {
				return 0
			}
			return seconds(uint64(min(size, file.size-place-8)), uint64(rate))
		}
		place += 8 + size + size&1
	}
}

// maxDuration is the longest length that is believed.
const maxDuration = 1000 * time.Hour

// seconds is how long n units take of which a second has some; 0 for what is not believed.
func seconds(n, perSecond uint64) time.Duration {
	if perSecond == 0 || n/perSecond > uint64(maxDuration/time.Second) {
		return 0
	}
	return time.Duration(n/perSecond)*time.Second + time.Duration(n%perSecond*1000/perSecond)*time.Millisecond
}
