package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The marks of a JPEG file that matter here.
const (
	markSOI = 0xd8
	markEOI = 0xd9
	markSOS = 0xda
	markAPP = 0xe0 // to 0xef
	markCOM = 0xfe
)

// jpegShape is what the segments before a JPEG picture say of it.
type jpegShape struct {
	turn          int
	components    int
	isProgressive bool
}

// jpegOf reads the segments before the picture. What cannot be read is as if it were not there.
func jpegOf(file *bounded) jpegShape {
	s := jpegShape{turn: 1}
	for place := int64(2); ; {
		head, ok := file.at(place, 4)
		if !ok || head[0] != 0xff {
			return s
		}
		if head[1] == 0xff { // filling
			place++
			continue
		}
		mark, length := head[1], int64(binary.BigEndian.Uint16(head[2:]))
		if length < 2 || mark == markSOS || mark == markEOI {
			return s
		}
		switch {
		case mark == markAPP+1:
			if b, ok := file.at(place+4, int(length-2)); ok && bytes.HasPrefix(b, []byte(exif)) {
				s.turn = orientation(b)
			}
		case isFrame(mark):
			if b, ok := file.at(place+4, 6); ok {
				s.components, s.isProgressive = int(b[5]), mark == 0xc2
			}
		}
		place += 2 + length
	}
}

func isFrame(mark byte) bool {
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc
}

// exif is how a segment with EXIF begins.
const exif = "Exif\x00\x00"

// orientation is how a picture is to be turned, from its EXIF: 1 where it does not say. Only the first directory is read.
func orientation(segment []byte) int {
	b, ok := bytes.CutPrefix(segment, []byte(exif))
	if !ok || len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(b[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at > int64(len(b)-2) {
		return 1
	}
	entries := b[at+2:]
	for n := int(order.Uint16(b[at:])); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == 3 {
			if turn := int(order.Uint16(entries[8:])); turn >= 1 && turn <= 8 {
				return turn
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turned is a segment with EXIF that says how a picture is to be turned, and nothing else.
func turned(turn int) []byte {
	b := []byte(exif + "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	b[len(exif)+19] = byte(turn)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, markAPP + 1}, uint16(len(b)+2)), b...)
}

// Strip copies a picture without what says where, when and with what it was made: the picture itself is the same, byte for byte. How it is to
// be turned stays, and so do its colours. What follows the picture is left out. Only JPEG and PNG can be stripped; anything else, and what is
// broken, is ErrBroken.
func Strip(w io.Writer, r io.Reader, contentType string) error {
	in := bufio.NewReaderSize(r, 32<<10)
	out := bufio.NewWriterSize(w, 32<<10)
	var err error
	switch contentType {
	case JPEG:
		err = stripJPEG(out, in)
	case PNG:
		err = stripPNG(out, in)
	default:
		return ErrBroken
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrBroken
	}
	return errors.Join(err, out.Flush())
}

func stripJPEG(out *bufio.Writer, in *bufio.Reader) error {
	var start [2]byte
	if _, err := io.ReadFull(in, start[:]); err != nil {
		return err
	}
	if start != [2]byte{0xff, markSOI} {
		return ErrBroken
	}
	_, _ = out.Write(start[:]) // its errors stay until Flush
	isTurned, isBegun := false, false
	for {
		mark, err := nextMark(in, isBegun)
		if err != nil {
			return err
		}
		isBegun = false
		if mark == markEOI {
			_, _ = out.Write([]byte{0xff, markEOI})
			return nil
		}
		if mark == 0x01 || mark >= 0xd0 && mark <= 0xd7 { // these have no length
			continue
		}
		var size [2]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(size[:])) - 2
		if n < 0 {
			return ErrBroken
		}
		segment := make([]byte, n)
		if _, err := io.ReadFull(in, segment); err != nil {
			return err
		}
		switch {
		case mark == markAPP+1 && bytes.HasPrefix(segment, []byte(exif)):
			if turn := orientation(segment); turn > 1 && !isTurned {
				isTurned = true
				_, _ = out.Write(turned(turn))
			}
			continue
		case mark == markAPP, mark == markAPP+14, mark == markAPP+2 && bytes.HasPrefix(segment, []byte("ICC_PROFILE\x00")):
			// How the bytes become colours. A JFIF segment may hold a small picture of its own, which may show more than the large one.
			if mark == markAPP && (!bytes.HasPrefix(segment, []byte("JFIF\x00")) || n < 14) {
				continue
			}
			if mark == markAPP {
				segment = segment[:14]
				segment[12], segment[13] = 0, 0
			}
		case mark >= markAPP && mark <= markAPP+15, mark == markCOM:
			continue
		}
		_, _ = out.Write(binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(len(segment)+2)))
		_, _ = out.Write(segment)
		if mark == markSOS {
			if err := copyScan(out, in); err != nil {
				return err
			}
			isBegun = true
		}
	}
}

// nextMark reads up to and with the next mark, whose first byte may have been read already.
func nextMark(in *bufio.Reader, isBegun bool) (byte, error) {
	b := byte(0xff)
	var err error
	if !isBegun {
		if b, err = in.ReadByte(); err != nil {
			return 0, err
		}
	}
	if b != 0xff {
		return 0, ErrBroken
	}
	for b == 0xff {
		if b, err = in.ReadByte(); err != nil {
			return 0, err
		}
	}
	if b == 0 {
		return 0, ErrBroken
	}
	return b, nil
}

// copyScan copies a picture's data up to the next mark that is none of it, of which it reads the first byte.
func copyScan(out *bufio.Writer, in *bufio.Reader) error {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0xff {
			_ = out.WriteByte(b)
			continue
		}
		next, err := in.Peek(1)
		if err != nil {
			return err
		}
		if next[0] == 0xff { // filling
			continue
		}
		if next[0] != 0 && (next[0] < 0xd0 || next[0] > 0xd7) {
			return nil
		}
		_, _ = in.Discard(1)
		_, _ = out.Write([]byte{0xff, next[0]})
	}
}

// pngKept are the chunks that make the picture what it looks like.
var pngKept = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true, "cICP": true,
	"sBIT": true, "bKGD": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true,
}

const pngHead = "\x89PNG\r\n\x1a\n"

func stripPNG(out *bufio.Writer, in *bufio.Reader) error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	if string(head) != pngHead {
		return ErrBroken
	}
	_, _ = out.Write(head)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(head)) + 4 // with its sum
		name := string(head[4:])
		if !pngKept[name] {
			if _, err := io.CopyN(io.Discard, in, size); err != nil {
				return err
			}
			continue
		}
		_, _ = out.Write(head)
		if _, err := io.CopyN(out, in, size); err != nil {
			return err
		}
		if name == "IEND" {
			return nil
		}
	}
}
