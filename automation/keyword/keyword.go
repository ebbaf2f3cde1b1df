// Package keyword finds which of many keywords a text holds: one automaton for all of them, so that a thousand rules cost what one costs
// (PROD-6).
package keyword

import (
	"slices"
	"strings"

	ahocorasick "github.com/petar-dambovaliev/aho-corasick"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// Match says how a text is compared with a keyword.
type Match string

// The ways. Both ignore case and width: Ａ, ａ and A are one letter. Exact ignores white space around the text, and takes any run of it for one space.
const (
	Exact    Match = "EXACT"
	Contains Match = "CONTAINS"
)

// Keyword is a text to look for, and the owner that is found by it: a place in a list of the caller's.
type Keyword struct {
	Text  string
	Match Match
	Owner int
}

// Set is keywords ready to be found. It is made once, does not change, and is safe for concurrent use.
type Set struct {
	exact map[string][]int
	found ahocorasick.AhoCorasick
	// owners are those of each text that the automaton knows.
	owners [][]int
}

// Fold gives the form in which keywords and texts are compared.
func Fold(s string) string { return text.Fold(text.Line(s)) }

// New makes a set. Keywords without a text are left out.
func New(all []Keyword) *Set {
	s := &Set{exact: map[string][]int{}}
	places := map[string]int{}
	var texts []string
	for _, k := range all {
		folded := Fold(k.Text)
		switch {
		case folded == "":
		case k.Match == Exact:
			s.exact[folded] = append(s.exact[folded], k.Owner)
		default:
			at, known := places[folded]
			if !known {
				at = len(texts)
				places[folded] = at
				texts, s.owners = append(texts, folded), append(s.owners, nil)
			}
			s.owners[at] = append(s.owners[at], k.Owner)
		}
	}
	if len(texts) > 0 {
		b := ahocorasick.NewAhoCorasickBuilder(ahocorasick.Opts{MatchKind: ahocorasick.StandardMatch})
		s.found = b.Build(texts)
	}
	return s
}

// maxText is how much of a text is looked at, in bytes: more than any platform lets a customer write in one message.
const maxText = 64 << 10

// Find gives the owners of all keywords that the text holds or is, each once, in ascending order.
func (s *Set) Find(written string) []int {
	if len(written) > maxText {
		written = strings.ToValidUTF8(written[:maxText], "")
	}
	folded := Fold(written)
	if folded == "" {
		return nil
	}
	owners := slices.Clone(s.exact[folded])
	if len(s.owners) > 0 {
		seen := map[int]bool{}
		for i := s.found.IterOverlapping(folded); ; {
			m := i.Next()
			if m == nil {
				break
			}
			if !seen[m.Pattern()] {
				seen[m.Pattern()] = true
				owners = append(owners, s.owners[m.Pattern()]...)
			}
		}
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}
