package media

import "bytes"

// marks are words that make a browser, or a program beside it, take a file for something to run. A picture, sound or film has none of them
// by chance: the shortest has five bytes and counts at the beginning alone.
var marks = [][]byte{[]byte("<script"), []byte("<html"), []byte("<!doctype"), []byte("<iframe"), []byte("<object"), []byte("<embed"), []byte("javascript:"), []byte("<?php")}

// overlap is how much of what came before is looked at again, so that nothing hides where two pieces meet.
const overlap = 32

// Watch looks for a second kind of content in what is written to it, such as a page in a picture. The zero value has seen nothing. It takes
// 64 KB of memory.
type Watch struct {
	seen    int64
	window  []byte // in small letters
	isMixed bool
}

// Write implements io.Writer; it never fails.
func (w *Watch) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && !w.isMixed {
		part := p[:min(len(p), 64<<10-overlap)]
		p = p[len(part):]
		kept := copy(w.window, w.window[max(0, len(w.window)-overlap):])
		w.window = append(w.window[:kept], part...)
		for i, b := range w.window[kept:] {
			if 'A' <= b && b <= 'Z' {
				w.window[kept+i] = b + 'a' - 'A'
			}
		}
		for _, m := range marks {
			w.isMixed = w.isMixed || bytes.Contains(w.window, m)
		}
		if w.seen < 1024 {
			start := w.window[:min(len(w.window), 1024)]
			w.isMixed = w.isMixed || bytes.Contains(start, []byte("%pdf-")) || bytes.Contains(start, []byte("<svg"))
		}
		w.seen += int64(len(part))
	}
	return n, nil
}

// IsMixed says whether there was more than one kind of content in it. It says so of pages too, which hold one kind: it is asked about
// pictures, sounds and films. An archive is known by its end.
func (w *Watch) IsMixed() bool {
	return w.isMixed || bytes.Contains(w.window[max(0, len(w.window)-overlap):], []byte("pk\x05\x06"))
}
