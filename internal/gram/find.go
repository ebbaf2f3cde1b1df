package gram

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// Range is a part of a text, in UTF-16 code units.
type Range struct{ Index, Length int }

// Folded is a text with its folded form, and where in the text each part of that comes from.
type Folded struct {
	Original string
	Text     string // folded
	parts    []part
}

// part is a stretch of a text that folds by itself: a character with its marks.
type part struct{ original, folded int } // where it begins, in bytes

// Fold folds a text and keeps where each part of it comes from.
func Fold(original string) *Folded {
	f := &Folded{Original: original, Text: text.Fold(original)}
	at := 0
	for from := 0; from < len(original); {
		to := from + next(original[from:])
		folded := text.Fold(original[from:to])
		// Some marks join what stands before them only once it is folded: the stretch grows until what is left folds by itself.
		for !strings.HasPrefix(f.Text[at:], folded) || to < len(original) && !f.isWhole(at+len(folded), original[to:]) {
			if to == len(original) {
				break
			}
			to += next(original[to:])
			folded = text.Fold(original[from:to])
		}
		f.parts = append(f.parts, part{from, at})
		if to == len(original) {
			break
		}
		from, at = to, at+len(folded)
	}
	return f
}

// isWhole says whether the rest of the original folds to what of the folded text stands from a place on, as far as its first character tells.
func (f *Folded) isWhole(at int, rest string) bool {
	if at > len(f.Text) {
		return false
	}
	return strings.HasPrefix(f.Text[at:], text.Fold(rest[:next(rest)])) || strings.HasPrefix(f.Text[at:], text.Fold(ahead(rest)))
}

// ahead is the first two stretches of a text.
func ahead(s string) string {
	n := next(s)
	if n < len(s) {
		n += next(s[n:])
	}
	return s[:n]
}

// next is how long the first stretch of a text is.
func next(s string) int {
	n := norm.NFKC.NextBoundaryInString(s, true)
	if n <= 0 {
		_, n = utf8.DecodeRuneInString(s)
	}
	return n
}

// Excerpt gives the original, or of a long one the part around the first find: most characters or a little more, whole parts. The ranges say
// where in it the folded part is found, one after the other; there are none where the text does not hold it.
func (f *Folded) Excerpt(folded string, most int) (string, []Range) {
	finds := f.finds(folded)
	from, to := 0, len(f.Original)
	if utf8.RuneCountInString(f.Original) > most {
		first := 0
		if len(finds) > 0 {
			first = finds[0][0]
		}
		// A fifth of it stands before the find.
		from = f.back(first, most/5)
		to = f.forward(from, most)
		if len(finds) > 0 {
			to = max(to, finds[0][1])
		}
	}
	ranges := make([]Range, 0, len(finds))
	index, at := 0, from
	for _, x := range finds {
		if x[0] < from || x[1] > to {
			continue
		}
		index += text.UTF16(f.Original[at:x[0]])
		n := text.UTF16(f.Original[x[0]:x[1]])
		ranges = append(ranges, Range{index, n})
		index, at = index+n, x[1]
	}
	return f.Original[from:to], ranges
}

// finds are the places of the original, in bytes, where the folded part is found; they do not overlap.
func (f *Folded) finds(folded string) [][2]int {
	if folded == "" {
		return nil
	}
	var out [][2]int
	end, i := 0, 0
	for at := 0; ; {
		n := strings.Index(f.Text[at:], folded)
		if n < 0 {
			return out
		}
		at += n
		for i+1 < len(f.parts) && f.parts[i+1].folded <= at {
			i++
		}
		from, last := f.parts[i].original, i
		at += len(folded)
		for last+1 < len(f.parts) && f.parts[last+1].folded < at {
			last++
		}
		to := len(f.Original)
		if last+1 < len(f.parts) {
			to = f.parts[last+1].original
		}
		// Of a character that folds to several, two finds may be parts.
		if from >= end {
			out = append(out, [2]int{from, to})
			end = to
		}
	}
}

// back gives the place of the original that is at most n characters before a place and begins a part.
func (f *Folded) back(place, n int) int {
	i := f.partAt(place)
	for i > 0 && utf8.RuneCountInString(f.Original[f.parts[i-1].original:place]) <= n {
		i--
	}
	if i >= len(f.parts) {
		return place
	}
	return f.parts[i].original
}

// forward gives the end of the part with which n characters from a place on are full.
func (f *Folded) forward(place, n int) int {
	for i := f.partAt(place) + 1; i < len(f.parts); i++ {
		at := f.parts[i].original
		if n -= utf8.RuneCountInString(f.Original[f.parts[i-1].original:at]); n <= 0 {
			return at
		}
	}
	return len(f.Original)
}

// partAt is the part that begins at a place of the original, or the one in which the place is.
func (f *Folded) partAt(place int) int {
	lo, hi := 0, len(f.parts)
	for lo < hi {
		if mid := (lo + hi) / 2; f.parts[mid].original < place {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
