// Package mediatest makes small files of many kinds for tests, so that none lies in the tree.
package mediatest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
)

// Canary is what the metadata of pictures says here; nobody else should read it.
const Canary = "canary 25.0330N 121.5654E"

// Picture is a picture whose left half is red and whose right half is blue, its lower right quarter green.
func Picture(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{200, 0, 0, 255}
			if x >= width/2 {
				c = color.RGBA{0, 0, 200, 255}
				if y >= height/2 {
					c = color.RGBA{0, 200, 0, 255}
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// JPEG is a picture without metadata.
func JPEG(width, height int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, Picture(width, height), &jpeg.Options{Quality: 90}) // a buffer takes everything
	return b.Bytes()
}

// CameraJPEG is a picture as a camera makes it: with EXIF that says how it is to be turned and Canary, a comment, and something behind it.
func CameraJPEG(width, height, turn int) []byte {
	plain := JPEG(width, height)
	tiff := []byte("II\x2a\x00\x08\x00\x00\x00\x02\x00")
	tiff = append(tiff, 0x0f, 0x01, 2, 0, byte(len(Canary)), 0, 0, 0, 38, 0, 0, 0)
	tiff = append(tiff, 0x12, 0x01, 3, 0, 1, 0, 0, 0, byte(turn), 0, 0, 0)
	tiff = append(tiff, 0, 0, 0, 0)
	tiff = append(tiff, Canary...)
	out := []byte{0xff, 0xd8}
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), tiff...))...)
	out = append(out, segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+Canary))...)
	out = append(out, segment(0xed, []byte("Photoshop 3.0\x00"+Canary))...)
	out = append(out, segment(0xfe, []byte(Canary))...)
	out = append(out, plain[2:]...)
	return append(out, Canary...)
}

func segment(mark byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(len(body)+2)), body...)
}

// PNG is a picture; seen through where isClear.
func PNG(width, height int, isClear bool) []byte {
	img := Picture(width, height)
	if isClear {
		for i := 3; i < len(img.Pix); i += 4 {
			img.Pix[i-1], img.Pix[i-2], img.Pix[i-3], img.Pix[i] = 0, 0, 0, 0
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

// CommentedPNG is a picture with a text and a time that say Canary, and something behind it.
func CommentedPNG(width, height int) []byte {
	plain := PNG(width, height, false)
	const head = 8 + 25 // with IHDR
	out := bytes.Clone(plain[:head])
	out = append(out, chunk("tEXt", "Comment\x00"+Canary)...)
	out = append(out, chunk("eXIf", Canary)...)
	out = append(out, plain[head:]...)
	return append(out, Canary...)
}

func chunk(name, body string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(b, name+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+body)))
}

// BombPNG is a few bytes that say they are a picture of a size.
func BombPNG(width, height uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, width)
	b = binary.BigEndian.AppendUint32(b, height)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", string(b)+"\x08\x02\x00\x00\x00")...)
	return append(append(out, chunk("IDAT", "x")...), chunk("IEND", "")...)
}

// GIF is a picture.
func GIF(width, height int) []byte {
	var b bytes.Buffer
	_ = gif.Encode(&b, Picture(width, height), nil)
	return b.Bytes()
}

// Film is an MP4 file of a size in pixels and a length in milliseconds, without a single picture in it. Its brand is what it begins with: "isom",
// "qt  ", "M4A ". A turned one was filmed upright. Without width it is sound alone.
func Film(brand string, width, height int, milliseconds uint32, isTurned bool) []byte {
	u32 := func(all ...uint32) string {
		var b []byte
		for _, n := range all {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return string(b)
	}
	matrix := u32(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30)
	if isTurned {
		matrix = u32(0, 1<<16, 0, 0xffff0000, 0, 0, 0, 0, 1<<30)
		width, height = height, width
	}
	tracks := box("trak", box("mdia", box("hdlr", u32(0, 0)+"soun"+u32(0, 0, 0)+"\x00")))
	if width > 0 {
		tkhd := u32(0, 0, 0, 1, 0, milliseconds, 0, 0, 0, 0) + matrix + u32(uint32(width)<<16, uint32(height)<<16)
		tracks = box("trak", box("tkhd", tkhd)+box("mdia", box("hdlr", u32(0, 0)+"vide"+u32(0, 0, 0)+"\x00"))) + tracks
	}
	mvhd := u32(0, 0, 0, 1000, milliseconds) + strings.Repeat("\x00", 80)
	// The samples come first, as cameras write them.
	return []byte(box("ftyp", brand+u32(0)+brand) + box("mdat", strings.Repeat("sample ", 100)) + box("moov", box("mvhd", mvhd)+tracks))
}

func box(name, body string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))) + name + body
}

// MP3 is a sound of frames of 26 ms each (1,152 samples at 44.1 kHz), behind a tag.
func MP3(frames int) []byte {
	tag := append([]byte("ID3\x04\x00\x00\x00\x00\x01\x00"), make([]byte, 128)...)
	return append(tag, bytes.Repeat(mp3Frame(""), frames)...)
}

// NotedMP3 is a sound of one frame that says that there are more.
func NotedMP3(frames uint32) []byte {
	first := mp3Frame("Xing\x00\x00\x00\x01" + string(binary.BigEndian.AppendUint32(nil, frames)))
	return append(first, mp3Frame("")...)
}

func mp3Frame(note string) []byte {
	f := make([]byte, 144*128000/44100)
	copy(f, "\xff\xfb\x90\x00")
	copy(f[36:], note)
	return f
}

// WAV is silence of a length in milliseconds.
func WAV(milliseconds int) []byte {
	data := make([]byte, 16*milliseconds)
	le := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	format := "fmt " + le(16) + "\x01\x00\x01\x00" + le(8000) + le(16000) + "\x02\x00\x10\x00"
	return []byte("RIFF" + le(uint32(4+len(format)+8+len(data))) + "WAVE" + format + "data" + le(uint32(len(data))) + string(data))
}

// SVG, HTML and PDF are what a browser would run, or another program.
const (
	SVG  = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`
	HTML = `<!DOCTYPE html><html><body><script>alert(1)</script></body></html>`
	PDF  = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
	CSV  = "name,phone\nMia,0912345678\nLeo,0987654321\n"
)
