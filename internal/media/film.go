package media

import (
	"encoding/binary"
	"strings"
	"time"
)

// film reads the boxes of an ISO base media file (MP4, MOV, M4A): how long it is, how large its picture, and whether it has one at all.
func film(file *bounded, i *Info) {
	f := movie{file: file}
	f.boxes(0, file.size, 0)
	i.Width, i.Height, i.Duration = f.width, f.height, f.duration
	if f.hasSound && !f.hasPicture && !strings.HasPrefix(i.Type, "audio/") {
		i.Type = M4A
	}
}

type movie struct {
	file          *bounded
	duration      time.Duration
	scale         uint64 // units of the movie's time a second
	width, height int
	hasPicture    bool
	hasSound      bool
	track         struct{ width, height int }
}

// maxDepth is how deep boxes lie in boxes where anything is read.
const maxDepth = 4

// boxes reads the boxes from one place up to another.
func (m *movie) boxes(from, to int64, depth int) {
	for from <= to-8 {
		head, ok := m.file.at(from, 8)
		if !ok {
			return
		}
		size, body := int64(binary.BigEndian.Uint32(head)), from+8
		switch size {
		case 0: // up to the end
			size = to - from
		case 1:
			long, ok := m.file.at(body, 8)
			if !ok {
				return
			}
			size, body = int64(binary.BigEndian.Uint64(long)), body+8
		}
		if size < body-from || size > to-from {
			return
		}
		m.box(string(head[4:]), body, from+size, depth)
		from += size
	}
}

func (m *movie) box(name string, body, end int64, depth int) {
	switch name {
	case "moov", "trak", "mdia", "mvex":
		if depth < maxDepth {
			m.boxes(body, end, depth+1)
		}
	case "mvhd":
		var units uint64
		if m.scale, units = m.times(body); m.scale > 0 {
			m.duration = seconds(units, m.scale)
		}
	case "mehd": // the length of a film that comes in pieces
		if b, ok := m.file.at(body, 12); ok && m.duration == 0 {
			units := uint64(binary.BigEndian.Uint32(b[4:]))
			if b[0] == 1 {
				units = binary.BigEndian.Uint64(b[4:])
			}
			m.duration = seconds(units, m.scale)
		}
	case "tkhd":
		m.track.width, m.track.height = m.size(body)
	case "hdlr":
		b, ok := m.file.at(body, 12)
		if !ok {
			return
		}
		switch string(b[8:]) {
		case "vide":
			if !m.hasPicture {
				m.hasPicture, m.width, m.height = true, m.track.width, m.track.height
			}
		case "soun":
			m.hasSound = true
		}
	}
}

// times reads units a second and units of a header with a time.
func (m *movie) times(body int64) (scale, units uint64) {
	b, ok := m.file.at(body, 32)
	if !ok {
		return 0, 0
	}
	if b[0] == 1 {
		scale, units = uint64(binary.BigEndian.Uint32(b[20:])), binary.BigEndian.Uint64(b[24:])
		if units == 1<<64-1 {
			units = 0
		}
		return scale, units
	}
	scale, units = uint64(binary.BigEndian.Uint32(b[12:])), uint64(binary.BigEndian.Uint32(b[16:]))
	if units == 1<<32-1 {
		units = 0
	}
	return scale, units
}

// maxSide is the longest side of a film that is believed, in pixels.
const maxSide = 1 << 16

// size reads how large a track is shown, turned as it says.
func (m *movie) size(body int64) (width, height int) {
	head, ok := m.file.at(body, 1)
	if !ok {
		return 0, 0
	}
	skip := int64(40) // up to the matrix
	if head[0] == 1 {
		skip = 52
	}
	b, ok := m.file.at(body+skip, 44)
	if !ok {
		return 0, 0
	}
	width, height = int(binary.BigEndian.Uint32(b[36:])>>16), int(binary.BigEndian.Uint32(b[40:])>>16)
	if width > maxSide || height > maxSide {
		return 0, 0
	}
	// A matrix without its diagonal turns by a quarter.
	if binary.BigEndian.Uint32(b) == 0 && binary.BigEndian.Uint32(b[4:]) != 0 {
		width, height = height, width
	}
	return width, height
}
