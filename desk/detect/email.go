package detect

import "strings"

const (
	maxLocal  = 64
	maxDomain = 253
)

// fileEnds are what stands after the last dot of a file's name and looks like a domain's end.
var fileEnds = map[string]bool{
	"png": true, "jpg": true, "jpeg": true, "gif": true, "webp": true, "svg": true, "pdf": true, "mov": true, "css": true, "js": true, "ts": true,
	"html": true, "php": true, "json": true, "txt": true, "doc": true, "docx": true, "xls": true, "xlsx": true, "csv": true, "zip": true,
}

// emails finds email addresses: what is before and after each @, as far as an address reaches.
func emails(t plain) []Item {
	var all []Item
	for i, r := range t.runes {
		if r != '@' {
			continue
		}
		if len(all) >= mostTried {
			break
		}
		from := i
		for from > 0 && i-from <= maxLocal && isLocal(t.runes[from-1]) {
			from--
		}
		for from < i && !isWord(t.runes[from]) {
			from++
		}
		to := i + 1
		for to < len(t.runes) && to-i <= maxDomain && isDomain(t.runes[to]) {
			to++
		}
		for to > i+1 && !isDigit(t.runes[to-1]) && !isLetter(t.runes[to-1]) {
			to--
		}
		if from == i || i-from > maxLocal || !isHost(string(t.runes[i+1:to])) || t.runes[i-1] == '.' || t.isPartOfLink(from, to) {
			continue
		}
		local := string(t.runes[from:i])
		if strings.Contains(local, "..") {
			continue
		}
		all = append(all, t.item(Email, strings.ToLower(string(t.runes[from:to])), from, to))
	}
	return all
}

func isLocal(r rune) bool { return isWord(r) || strings.ContainsRune(".%+-'", r) }

func isDomain(r rune) bool { return isDigit(r) || isLetter(r) || r == '.' || r == '-' }

// isHost says whether a text is a domain's name: labels, and an end of letters that is no file's.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(labels) > 10 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	end := strings.ToLower(labels[len(labels)-1])
	if len(end) < 2 || len(end) > 24 || fileEnds[end] {
		return false
	}
	return strings.Trim(end, "abcdefghijklmnopqrstuvwxyz") == "" || strings.HasPrefix(end, "xn--")
}

// isPartOfLink says whether what looks like an address is who signs in where a link leads, or a place of a repository.
func (p plain) isPartOfLink(from, to int) bool {
	if p.rune(to) == '@' || p.rune(from-1) == '@' || p.rune(to) == ':' && isLetter(p.rune(to+1)) || p.rune(to) == '/' && isWord(p.rune(to+1)) {
		return true
	}
	for i := from - 1; i > 0 && i > from-maxLocal; i-- {
		switch r := p.runes[i]; {
		case r == '/' && p.runes[i-1] == '/':
			return true
		case !isWord(r) && !strings.ContainsRune(".:%-+", r):
			return false
		}
	}
	return false
}
