// Package text folds, cuts and counts text the same way for both databases, for memory and for the platforms.
package text

import (
	"strings"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold gives the form in which text is compared without regard to case or width: NFKC, full case fold, NFKC again. Spaces and signs
// count.
func Fold(s string) string {
	if isPlain(s) {
		return s
	}
	return norm.NFKC.String(strings.Map(cherokee, cases.Fold().String(norm.NFKC.String(s))))
}

// cherokee folds Cherokee to its capital letters, as Unicode's CaseFolding.txt does; the library folds them to and fro.
func cherokee(r rune) rune {
	switch {
	case 0xAB70 <= r && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case 0x13F8 <= r && r <= 0x13FD:
		return r - 0x13F8 + 0x13F0
	}
	return r
}

// isPlain says that folding would change nothing, for the commonest of names and addresses.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// UTF16 counts UTF-16 code units, as LINE does.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Cut gives the first n characters (code points) of a text.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Line gives the text on one line, its runs of white space each one space: what a preview shows.
func Line(s string) string { return strings.Join(strings.Fields(s), " ") }

// Next gives the smallest string greater than every string that begins with the prefix, in the order of bytes; "" where there is none.
// It makes a prefix a range: prefix <= x < Next(prefix).
func Next(prefix string) string {
	r := []rune(prefix)
	for i := len(r) - 1; i >= 0; i-- {
		if r[i] < 0x10FFFF {
			r[i]++
			if 0xD800 <= r[i] && r[i] <= 0xDFFF {
				r[i] = 0xE000
			}
			return string(r[:i+1])
		}
	}
	return ""
}
