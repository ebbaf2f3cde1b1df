package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"time"
)

// Bit rates in thousands a second by version and layer, and sample rates by version.
// http://www.mp3-tech.org/programmer/frame_header.html, read on 2026-11-22.
var (
	bitRates = [2][3][15]int{
		{ // MPEG 1: layers I, II, III
			{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
			{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
			{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		},
		{ // MPEG 2 and 2.5
			{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
			{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
			{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		},
	}
	sampleRates = [3]int{44100, 48000, 32000}
)

// frame is one piece of an MP3 file.
type frame struct {
	size, samples, rate int
	side                int // where the first one's notes on the whole begin
}

// frameOf reads the head of a frame; false where it is none.
func frameOf(h []byte) (frame, bool) {
	if len(h) < 4 || h[0] != 0xff || h[1]&0xe0 != 0xe0 {
		return frame{}, false
	}
	version, layer := h[1]>>3&3, 3-int(h[1]>>1&3) // 0, 1, 2 for I, II, III
	bits, rate := h[2]>>4, h[2]>>2&3
	if version == 1 || layer > 2 || bits == 0 || bits == 15 || rate == 3 {
		return frame{}, false
	}
	old := 1 // MPEG 2 and 2.5
	f := frame{rate: sampleRates[rate], samples: 1152, side: 17}
	switch version {
	case 3:
		old, f.side = 0, 32
	case 2:
		f.rate /= 2
	case 0:
		f.rate /= 4
	}
	if h[3]>>6 == 3 { // one channel
		f.side = map[int]int{0: 17, 1: 9}[old]
	}
	padding := int(h[2] >> 1 & 1)
	bitRate := bitRates[old][layer][bits] * 1000
	switch {
	case layer == 0:
		f.samples = 384
		f.size = (12*bitRate/f.rate + padding) * 4
		return f, f.size > 4
	case layer == 2 && old == 1:
		f.samples = 576
	}
	f.size = f.samples/8*bitRate/f.rate + padding
	return f, f.size > 4
}

// mp3 is the length of an MP3 file: from what the first frame says of the whole, or by counting its frames.
func mp3(file *bounded) time.Duration {
	start := int64(0)
	if head, ok := file.at(0, 10); ok && string(head[:3]) == "ID3" {
		start = 10 + int64(head[6]&0x7f)<<21 + int64(head[7]&0x7f)<<14 + int64(head[8]&0x7f)<<7 + int64(head[9]&0x7f)
	}
	in := bufio.NewReaderSize(file.reader(start), 32<<10)
	var samples, rate uint64
	for isFirst := true; ; {
		head, err := in.Peek(4)
		if err != nil {
			break
		}
		f, ok := frameOf(head)
		if !ok {
			if _, err := in.Discard(1); err != nil {
				break
			}
			continue
		}
		if isFirst {
			whole, _ := in.Peek(f.size + 4)
			// Two heads in a row tell a frame from bytes that look like one.
			if _, ok := frameOf(whole[min(f.size, len(whole)):]); !ok && len(whole) == f.size+4 {
				_, _ = in.Discard(1)
				continue
			}
			if n := frames(whole, f); n > 0 {
				return seconds(n*uint64(f.samples), uint64(f.rate))
			}
			isFirst, rate = false, uint64(f.rate)
		}
		if n, err := in.Discard(f.size); err != nil {
			if err != io.EOF || n < f.size/2 {
				break
			}
		}
		samples += uint64(f.samples)
	}
	return seconds(samples, rate)
}

// frames is how many frames follow, as the first one says; 0 where it does not.
func frames(first []byte, f frame) uint64 {
	at := 4 + f.side
	if len(first) >= at+12 && (bytes.Equal(first[at:at+4], []byte("Xing")) || bytes.Equal(first[at:at+4], []byte("Info"))) && first[at+7]&1 != 0 {
		return uint64(binary.BigEndian.Uint32(first[at+8:]))
	}
	if len(first) >= 4+32+18 && bytes.Equal(first[36:40], []byte("VBRI")) {
		return uint64(binary.BigEndian.Uint32(first[36+14:]))
	}
	return 0
}
