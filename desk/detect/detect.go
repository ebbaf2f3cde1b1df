// Package detect finds in what customers write the telephone numbers, email addresses and postal addresses (CONV-26). It keeps nothing and asks
// nobody: the same text of a team of the same country gives the same. Its work grows with the length of the text and no faster, whatever is in it.
package detect

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// Kind is what was found.
type Kind string

// The kinds.
const (
	Phone   Kind = "PHONE"
	Email   Kind = "EMAIL"
	Address Kind = "ADDRESS"
)

// Most is how many of a kind one text gives: the first phones and email addresses, the last postal addresses.
const (
	mostContacts  = 20
	mostAddresses = 3
	// mostTried is how many pieces of a text are asked whether they are a phone.
	mostTried = 50
	// mostBytes is how much of a text is looked at. No platform delivers longer ones.
	mostBytes = 64 << 10
	// mostAddress is how many characters an address has.
	mostAddress = 200
)

// Item is something found in a text.
type Item struct {
	Kind Kind
	// Value is the form in which two are compared: a phone in E.164, an email address in small letters, a postal address on one line.
	Value string
	// Written is how it stands in the text, on one line.
	Written string
	// Start and End are where it stands, in bytes.
	Start, End int
}

// MayHold says whether a text has anything at all that In would look at closer. It is for who would have to ask for the country first; false
// is certain.
func MayHold(s string) bool {
	figures := 0
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9' || '０' <= r && r <= '９':
			if figures++; figures >= 6 {
				return true
			}
		case r == '@' || r == '＠' || strings.ContainsRune(unitMarks, r):
			return true
		}
	}
	return figures > 0 && mayBeEnglish(s)
}

// In gives what a text holds, in its order. Numbers without a country's code are read as people of country write them (ISO 3166, two letters),
// and the customs of that country tell phones from the numbers of orders, days and prices, as do the words before a number. Nothing that it
// gives lies inside another.
func In(s, country string) []Item {
	if len(s) > mostBytes {
		s = strings.ToValidUTF8(s[:mostBytes], "")
	}
	t := narrow(s)
	all := emails(t)
	all = append(all, phones(t, country, all)...)
	found := postal(t)
	all = slices.DeleteFunc(all, func(x Item) bool {
		return slices.ContainsFunc(found, func(a Item) bool { return a.Start < x.End && x.Start < a.End })
	})
	all = append(all, found...)
	slices.SortStableFunc(all, func(a, b Item) int { return cmp.Compare(a.Start, b.Start) })
	return limited(all)
}

// limited leaves each value once, and no more of a kind than are wanted.
func limited(all []Item) []Item {
	seen := map[string]bool{}
	count := map[Kind]int{}
	all = slices.DeleteFunc(all, func(x Item) bool {
		k := string(x.Kind) + x.Value
		isLeft := seen[k] || x.Kind != Address && count[x.Kind] >= mostContacts
		seen[k] = true
		count[x.Kind]++
		return isLeft
	})
	addresses := 0
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind != Address {
			continue
		}
		if addresses++; addresses > mostAddresses {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

// plain is a text with wide letters and signs made narrow, each character for one, so that places in it are places in the text.
type plain struct {
	of    string
	runes []rune
	at    []int // where each begins in the text, in bytes; one more for the end
}

func narrow(s string) plain {
	p := plain{of: s, runes: make([]rune, 0, len(s)), at: make([]int, 0, len(s)+1)}
	for i, r := range s {
		p.runes, p.at = append(p.runes, narrowed(r)), append(p.at, i)
	}
	p.at = append(p.at, len(s))
	return p
}

func narrowed(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case '！' <= r && r <= '～':
		return r - '！' + '!'
	}
	switch r {
	case '\u3000', '\u00a0', '\u2002', '\u2003', '\u2009', '\u202f':
		return ' '
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	case '\u2028', '\u2029', '\u0085':
		return '\n'
	case '、':
		return ','
	}
	return r
}

// item makes what stands from one character to before another.
func (p plain) item(k Kind, value string, from, to int) Item {
	x := Item{Kind: k, Value: value, Start: p.at[from], End: p.at[to]}
	x.Written = text.Line(p.of[x.Start:x.End])
	if value == "" {
		x.Value = x.Written
	}
	return x
}

// rune gives a character, 0 beyond the ends.
func (p plain) rune(i int) rune {
	if i < 0 || i >= len(p.runes) {
		return 0
	}
	return p.runes[i]
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func isWord(r rune) bool { return isDigit(r) || isLetter(r) || r == '_' }
