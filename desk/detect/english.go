package detect

import (
	"regexp"
	"slices"
	"strings"
)

// hints are what is in every English address, one of them at least.
var hints = []string{"st", "rd", "road", "ave", "blvd", "boulevard", "lane", "ln", "way", "pkwy", "terr", "hwy", "cres", "dr", "ct", "court", "pl", "sq", "close", "circuit", "path", "walk",
	"row", "gardens", "grove", "hill", "mews", "box"}

// mayBeEnglish says whether a text has a word that an English address needs.
func mayBeEnglish(s string) bool {
	letters := 0
	for i := range len(s) {
		if isLetter(rune(s[i])) {
			if letters++; letters >= 8 {
				lower := strings.ToLower(s)
				return slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(lower, h) })
			}
		}
	}
	return false
}

var (
	// core is the number of a house and its street, in small letters.
	core = regexp.MustCompile(`\b(?:(?:no\.? ?)?[0-9]{1,5}[a-z]?(?:[-/&][0-9]{1,5}[a-z]?)? (?:the )?(?:(?:aly|ln|sec|lane|alley|section)\.? ?[0-9]{1,4} )*(?:(?:[a-z'’][a-z0-9'’\-]*|[0-9]{1,3}(?:st|nd|rd|th))\.? ){1,4}?(?:(` +
		streets + `)|(` + ways + `))\b\.?(?: (?:n|s|e|w|north|south|east|west|central)\b\.?)?(?: (?:sec|section)\.? ?[0-9]{1,2})?|p\.?o\.? ?box [0-9]{1,6})`)
	// evidence is what says that a place is one of the post: a town, a land, a post code with what stands with it.
	evidence = regexp.MustCompile(`^(?:(?:` + states + `) [0-9]{5}(?:-[0-9]{4})?|(?:on|bc|qc|ab|mb|sk|ns|nb|nl|pe) [a-z][0-9][a-z] ?[0-9][a-z][0-9]|(?:nsw|vic|qld|sa|wa|tas|act) [0-9]{4}` +
		`|[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}|(?:` + lands + `)|(?:` + towns + `)(?: [0-9]{3,6}\b)?)`)
	// door is what stands before the number of the house, or behind the street.
	door = regexp.MustCompile(`^(?:(?:flat|room|rm|unit|suite|ste|apt|shop|block|blk|tower|house|bldg|no)\.? ?#?[a-z0-9\-]{1,6}\b|#[a-z0-9\-]{1,6}\b|[0-9]{1,3}(?:/f|f)\b\.?(?:-[0-9]{1,3})?|[0-9]{1,3}(?:st|nd|rd|th) floor|g/f|b[0-9]\b)`)
	// asked is a word behind which an address stands.
	asked = regexp.MustCompile(`(?:address(?: is)?|ship to|deliver to|send to|send it to|mail to)[: ]{1,3}$`)
)

const (
	maxBefore = 12 // words before the house's number
	maxAfter  = 14 // words behind the street
)

// english finds addresses that are written in English.
func (f flat) english(add func(from, to int)) {
	from := 0
	for from < len(f.lower) {
		m := core.FindStringSubmatchIndex(f.lower[from:])
		if m == nil {
			return
		}
		start, end := from+m[0], from+m[1]
		from = end
		isWay := m[4] >= 0
		if hasPlain(f.lower[start:end]) {
			from = start + 1
			for from < len(f.lower) && isWord(rune(f.lower[from])) {
				from++
			}
			continue
		}
		if start > 0 && !strings.ContainsRune(" :(|", rune(f.text[start-1])) && f.text[start-1] < 0x80 {
			continue
		}
		to, isCertain := f.behind(end)
		before := f.before(start)
		isNumbered := strings.HasPrefix(f.lower[start:], "no") && (before < start || strings.Contains(f.lower[start:end], "sec") || strings.Contains(f.lower[start:end], "ln"))
		isAsked := asked.MatchString(f.lower[max(0, before-24):before])
		if !isCertain && !isNumbered && (!isAsked || isWay) {
			continue
		}
		add(before, to)
		from = max(from, to)
	}
}

func hasPlain(s string) bool {
	for _, w := range strings.Fields(s) {
		if isPlainWord(w) {
			return true
		}
	}
	return false
}

// isPlainWord says whether a word makes a sentence.
func isPlainWord(w string) bool {
	switch strings.Trim(w, ".'’") {
	case "on", "to", "of", "for", "in", "is", "are", "was", "my", "and", "from", "by", "at", "with", "i", "you", "we", "it", "this", "that", "please", "days", "day", "minutes", "hours", "km", "open",
		"store", "out", "sold", "a", "an", "not", "or", "if", "when", "how", "left", "right", "turn", "drove", "ordered", "have":
		return true
	}
	return false
}

// behind gives where an address ends whose street ends at a place, and whether something behind the street says that it is one.
func (f flat) behind(end int) (to int, isCertain bool) {
	to = end
	for i, words := end, 0; i < len(f.lower) && words < maxAfter; words++ {
		if f.lower[i] != ' ' {
			break
		}
		i++
		if m := evidence.FindString(f.lower[i:]); m != "" && !continues(f.lower, i+len(m)) {
			i += len(m)
			to, isCertain = i, true
			continue
		}
		if m := door.FindString(f.lower[i:]); m != "" {
			i += len(m)
			if to == i-len(m)-1 {
				to = i
			}
			continue
		}
		next := i
		for next < len(f.lower) && (isWord(rune(f.lower[next])) || strings.ContainsRune(".'-()", rune(f.lower[next]))) {
			next++
		}
		if next == i || isPlainWord(f.lower[i:next]) {
			break
		}
		i = next
	}
	return to, isCertain
}

// continues says whether a word goes on at a place.
func continues(s string, i int) bool { return i < len(s) && isWord(rune(s[i])) }

// before gives where an address begins whose house's number is at a place: at the door, where one is named before it.
func (f flat) before(start int) int {
	best, i := start, start
	for words := 0; i > 0 && words < maxBefore; words++ {
		if f.lower[i-1] != ' ' {
			break
		}
		from := i - 1
		for from > 0 && f.lower[from-1] != ' ' && f.lower[from-1] != '|' && f.lower[from-1] < 0x80 {
			from--
		}
		// A letter alone may be a flat's: what stands before it tells.
		if from == i-1 || i-1-from > 1 && isPlainWord(f.lower[from:i-1]) || strings.HasSuffix(f.lower[from:i-1], ":") {
			break
		}
		i = from
		if m := door.FindString(f.lower[i:]); m != "" && i+len(m) <= start {
			best = i
		}
	}
	return best
}
