// Package fan is what the live benchmarks (W6 and W8 of docs/performance.md) have beside the servers that they compare: thousands of clients in a process of
// their own, and the limit.
package fan

import (
	"bytes"
	"fmt"
)

// Mark is what a message carries through every server to be recognised: its conversation, its number in it from 1, and the moment it was
// published, in Unix nanoseconds. It reads "~3.17.1790000000000000000~".
type Mark struct {
	Conversation, Number int
	At                   int64
}

func (m Mark) String() string { return fmt.Sprintf("~%d.%d.%d~", m.Conversation, m.Number, m.At) }

// findMark finds the first mark in a frame.
func findMark(b []byte) (m Mark, ok bool) {
	i := bytes.IndexByte(b, '~')
	if i < 0 {
		return m, false
	}
	var parts [3]int64
	part := 0
	for _, c := range b[i+1:] {
		switch {
		case c >= '0' && c <= '9':
			parts[part] = parts[part]*10 + int64(c-'0')
		case c == '.' && part < 2:
			part++
		case c == '~' && part == 2:
			return Mark{int(parts[0]), int(parts[1]), parts[2]}, true
		default:
			return m, false
		}
	}
	return m, false
}
