// Package gram cuts folded text into single characters and pairs of neighbours, so that any part of a text can be found through an index: a
// text that holds a part holds the part's grams. The reverse is not sure, so what is found is looked at again. Grams are kept as numbers, salted
// so that those of one team, or of one stretch of messages, lie together.
package gram

import (
	"slices"
	"unicode"
)

// Gram is a character or a pair of neighbours of folded text (text.Fold).
type Gram uint64

// pairs is where the first character of a pair begins: a character takes 21 bits.
const pairs = 21

// Of gives the distinct grams of a folded text, in no order that means anything. White space and punctuation are in none: they are in
// every text, and Words are found without them.
func Of(folded string) []Gram {
	var all []Gram
	var last rune
	for _, r := range folded {
		if isGap(r) {
			last = 0
			continue
		}
		all = append(all, Gram(r))
		if last != 0 {
			all = append(all, Gram(last)<<pairs|Gram(r))
		}
		last = r
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxAsked is how many grams of a part are asked for at most: each costs, and a few of them leave little to be looked at again.
const maxAsked = 10

// Asked gives those grams of a folded part that are asked of the index: the pairs, and the characters that are in none. There are none
// where the part is all white space and punctuation.
func Asked(folded string) []Gram {
	var all []Gram
	run := []rune(nil)
	end := func() {
		if len(run) == 1 {
			all = append(all, Gram(run[0]))
		}
		for i := 1; i < len(run); i++ {
			all = append(all, Gram(run[i-1])<<pairs|Gram(run[i]))
		}
		run = run[:0]
	}
	for _, r := range folded {
		if isGap(r) {
			end()
			continue
		}
		run = append(run, r)
	}
	end()
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) <= maxAsked {
		return all
	}
	some := make([]Gram, maxAsked)
	for i := range some {
		some[i] = all[i*(len(all)-1)/(maxAsked-1)]
	}
	return some
}

// isGap says that a character is in no gram.
func isGap(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsControl(r) }

// Salted is the number of a gram in the index, from 0 to 2^31-1. Different grams may have the same.
func (g Gram) Salted(salt uint64) int32 {
	// The finalizer of SplitMix64: every bit of gram and salt moves every bit of the number.
	x := uint64(g) ^ salt*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int32((x ^ x>>31) >> 33) //nolint:gosec // 31 bits
}

// Salted gives the distinct numbers of grams, ascending.
func Salted(all []Gram, salt uint64) []int32 {
	out := make([]int32, len(all))
	for i, g := range all {
		out[i] = g.Salted(salt)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
