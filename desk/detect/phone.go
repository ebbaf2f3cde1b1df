package detect

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// group is a row of figures in a text, from one character to before another.
type group struct{ from, to int }

func (g group) len() int { return g.to - g.from }

// run are groups that stand so close that they may be one number: with spaces, dots or hyphens between.
type run struct {
	groups []group
	plus   bool // the first has a + before it
	from   int  // where it begins, the + and a bracket taken in
}

// phones finds telephone numbers. skip are the places of what was found already.
func phones(t plain, country string, skip []Item) []Item {
	s := speller{text: t, country: strings.ToUpper(country), tries: mostTried}
	s.begin, s.end = 0, len(t.runes)
	for s.begin < s.end && strings.ContainsRune(" \n\r\t", t.runes[s.begin]) {
		s.begin++
	}
	for s.end > s.begin && strings.ContainsRune(" \n\r\t", t.runes[s.end-1]) {
		s.end--
	}
	// Where a national number begins with 0, one without it is something else.
	s.hasTrunk = phonenumbers.GetNddPrefixForRegion(s.country, true) == "0"
	for i := 0; i < len(t.runes); {
		if !isDigit(t.runes[i]) {
			i++
			continue
		}
		r := t.run(i)
		last, figures := r.groups[len(r.groups)-1].to, 0
		for _, g := range r.groups {
			figures += g.len()
		}
		if figures < minFigures {
			i = last
			continue
		}
		isSkipped := false
		for _, x := range skip {
			if x.Start < t.at[last] && t.at[r.from] < x.End {
				isSkipped = true
			}
		}
		if !isSkipped {
			s.read(r)
		}
		i = last
	}
	return s.found
}

// run gives the groups from a figure on.
func (p plain) run(i int) run {
	r := run{from: i}
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		if p.runes[j] == '+' {
			r.plus, r.from = true, j
			break
		}
		if p.runes[j] != '(' {
			break
		}
		r.from = j
	}
	for {
		g := group{from: i}
		for i < len(p.runes) && isDigit(p.runes[i]) {
			i++
		}
		g.to = i
		r.groups = append(r.groups, g)
		next := i
		signs := 0
		for next < len(p.runes) && next-i < 4 && strings.ContainsRune(" -.()", p.runes[next]) {
			if strings.ContainsRune("-.", p.runes[next]) {
				signs++
			}
			next++
		}
		if next == i || signs > 1 || next >= len(p.runes) || !isDigit(p.runes[next]) || next-i >= 4 {
			return r
		}
		i = next
	}
}

// speller tells which groups are a phone.
type speller struct {
	text     plain
	country  string
	hasTrunk bool
	tries    int // that are left
	found    []Item
	// begin and end are where the text begins and ends but for white space.
	begin, end int
}

const (
	minFigures = 7
	maxFigures = 15 // of E.164
	maxGroups  = 6
)

// read looks for phones in a run. One begins where the run does or after a space, and ends where it does or before one; of several from one place
// the longest counts.
func (s *speller) read(r run) {
	if s.isRefused(r) {
		return
	}
	for i := 0; i < len(r.groups); {
		if i > 0 && !s.isApart(r.groups[i-1], r.groups[i]) {
			i++
			continue
		}
		n := s.longest(r, i)
		if n == 0 {
			i++
			continue
		}
		i += n
	}
}

// isApart says whether two groups are parted by a space alone.
func (s *speller) isApart(a, b group) bool {
	for _, r := range s.text.runes[a.to:b.from] {
		if r == '-' || r == '.' {
			return false
		}
	}
	return true
}

// longest tries groups from one on, as many as may be a number, and gives how many were taken; 0 for none.
func (s *speller) longest(r run, i int) int {
	figures, most := 0, 0
	for n := i; n < len(r.groups) && n < i+maxGroups; n++ {
		if figures += r.groups[n].len(); figures > maxFigures {
			break
		}
		most = n - i + 1
	}
	for n := most; n > 0; n-- {
		end := r.groups[i+n-1]
		if i+n < len(r.groups) && !s.isApart(end, r.groups[i+n]) {
			continue
		}
		if s.take(r, i, n) {
			return n
		}
	}
	return 0
}

// take keeps n groups from i where they are a phone.
func (s *speller) take(r run, i, n int) bool {
	groups := r.groups[i : i+n]
	var b strings.Builder
	if r.plus && i == 0 {
		b.WriteByte('+')
	}
	for _, g := range groups {
		b.WriteString(string(s.text.runes[g.from:g.to]))
	}
	figures := b.String()
	from, to := groups[0].from, groups[n-1].to
	if i == 0 {
		from = r.from
	}
	number, isNational, ok := s.number(figures)
	if !ok || figures[0] != '+' && !s.isGrouped(number, groups) {
		return false
	}
	if isNational && !s.hasTrunk && !s.isMeant(r, i, n) {
		return false
	}
	if says, _ := s.text.context(r.from); says == isOther {
		return false
	}
	if s.text.rune(to) == ')' && s.text.rune(from) == '(' {
		to++
	}
	s.found = append(s.found, s.text.item(Phone, number, from, to))
	return true
}

// isGrouped says no to a number in pairs, as those of a lottery are, where phones are not written so.
func (s *speller) isGrouped(number string, groups []group) bool {
	isPair := func(n int) bool { return n <= 2 }
	for _, g := range groups {
		if !isPair(g.len()) {
			return true
		}
	}
	x, err := phonenumbers.Parse(number, s.country)
	if err != nil {
		return false
	}
	for _, g := range strings.Fields(phonenumbers.Format(x, phonenumbers.NATIONAL)) {
		if !isPair(len(g)) {
			return false
		}
	}
	return true
}

// abroad are the country codes that people write without a +, because many customers are there.
var abroad = []string{"886", "852", "853"}

// lengths are how many figures a number has at home, with the 0 before it, where that is known well.
var lengths = map[string][2]int{"TW": {9, 10}, "HK": {8, 8}, "MO": {8, 8}, "SG": {8, 8}, "US": {10, 11}, "CA": {10, 11}, "JP": {10, 11}, "GB": {10, 11}}

// isPossible says, before much is asked, whether a number without a country's code may have so many figures.
func (s *speller) isPossible(n int) bool {
	of, ok := lengths[s.country]
	return !ok || of[0] <= n && n <= of[1]
}

// number reads figures as a phone: in E.164, and whether they are of the team's own country without its code.
func (s *speller) number(figures string) (e164 string, isNational, ok bool) {
	n := len(figures)
	switch {
	case n < minFigures || s.tries <= 0:
		return "", false, false
	case figures[0] == '+':
		e164, ok = s.parse(figures)
		return e164, false, ok
	case (figures[0] == '0' || !s.hasTrunk) && (s.isPossible(n) || strings.HasPrefix(figures, "00")):
		if e164, ok = s.parse(figures); ok {
			return e164, figures[0] != '0', true
		}
	}
	for _, code := range abroad {
		if n >= 11 && strings.HasPrefix(figures, code) && figures[len(code)] != '0' {
			e164, ok = s.parse("+" + figures)
			return e164, false, ok
		}
	}
	return "", false, false
}

func (s *speller) parse(figures string) (string, bool) {
	s.tries--
	x, err := phonenumbers.Parse(figures, s.country)
	if err != nil || !phonenumbers.IsValidNumber(x) {
		return "", false
	}
	return phonenumbers.Format(x, phonenumbers.E164), true
}

// isMeant says whether a number without any sign of being a phone is one: in a country where phones begin with any figure, it is written in
// groups as phones are, or stands behind a word that says so.
func (s *speller) isMeant(r run, i, n int) bool {
	figures := ""
	for _, g := range r.groups[i : i+n] {
		figures += string(s.text.runes[g.from:g.to])
	}
	if isDay(figures) {
		return false
	}
	if s.isAlone(r) {
		return true
	}
	if says, _ := s.text.context(r.groups[i].from); says == isPhone {
		return true
	}
	if n < 2 || len(r.groups) > n {
		return false
	}
	if strings.ContainsRune(string(s.text.runes[r.groups[i].to:r.groups[i+1].from]), '.') && s.country == "HK" {
		return false
	}
	return true
}

// isAlone says whether a text is nothing but the run: the answer to a question.
func (s *speller) isAlone(r run) bool {
	return r.from == s.begin && r.groups[len(r.groups)-1].to == s.end
}

// isDay says whether eight figures are a day as computers write it.
func isDay(f string) bool {
	return len(f) == 8 && (f[:2] == "19" || f[:2] == "20") && f[4:6] >= "01" && f[4:6] <= "12" && f[6:] >= "01" && f[6:] <= "31"
}

// isRefused says whether what stands around a run, or its form, says that no phone is in it.
func (s *speller) isRefused(r run) bool {
	t := s.text
	first, last := r.groups[0], r.groups[len(r.groups)-1]
	before, after := t.rune(r.from-1), t.rune(last.to)
	switch {
	case isWord(before) || strings.ContainsRune("#$€£¥=@%&*-+~^第", before) && before != 0:
		return true
	case before == '/' && (isWord(t.rune(r.from-2)) && !isDigit(t.rune(r.from-2)) || isDigit(t.rune(r.from-2)) && !s.endsAt(r.from-1)):
		return true
	case before == ':' && isDigit(t.rune(r.from-2)) || before == '.' && isWord(t.rune(r.from-2)) || before == ',' && isDigit(t.rune(r.from-2)):
		return true
	case isWord(after) && !(after == 'x' || after == 'e') || after == '@' || after == '%' || after == '°':
		return true
	case (after == ':' || after == ',' || after == '.' || after == '/' && !s.mayGoOn(last.to)) && isDigit(t.rune(last.to+1)):
		return true
	case first.len() == 1 && t.rune(first.from) == '0' && t.rune(first.to) == '.':
		return true
	}
	for i := last.to; i < last.to+2; i++ {
		if x := t.rune(i); x != ' ' {
			if x != 0 && strings.ContainsRune("元円塊圓點號号個件股分秒張顆", x) && !(x == '分' && t.rune(i+1) == '機') {
				return true
			}
			break
		}
	}
	// A card's number: four groups of four.
	if fours := 0; len(r.groups) >= 3 && len(r.groups) <= 5 {
		for _, g := range r.groups {
			if g.len() == 4 {
				fours++
			}
		}
		if fours == len(r.groups) {
			return true
		}
	}
	return false
}

// endsAt says whether the last phone that was found ends there.
func (s *speller) endsAt(i int) bool {
	return len(s.found) > 0 && s.found[len(s.found)-1].End == s.text.at[i]
}

// mayGoOn says whether a slash parts two phones and not the parts of a day: a long number follows.
func (s *speller) mayGoOn(slash int) bool {
	n := 0
	for i := slash + 1; i < slash+12 && (isDigit(s.text.rune(i)) || s.text.rune(i) == '-' || s.text.rune(i) == ' '); i++ {
		n++
	}
	return n >= 8
}

// meaning is what the words before a number say that it is.
type meaning int

const (
	unsaid meaning = iota
	isPhone
	isOther
)

// phoneWords and otherWords are what people write before a phone, and before a number of something else.
var (
	phoneWords = []string{"電話", "手機", "手机", "电话", "聯絡", "联系", "聯繫", "行動", "市話", "號碼是", "手提", "打給", "打去", "致電", "打不通", "☎", "📞", "📱",
		"tel", "phone", "mobile", "cell", "call", "whatsapp", "携帯"}
	otherWords = []string{"訂單", "单号", "單號", "編號", "番号", "追蹤", "物流", "貨運", "運單", "發票", "統編", "帳號", "戶口", "卡號", "序號", "型號", "料號", "批號", "條碼",
		"碼是", "碼為", "驗證碼", "認證碼", "身分證", "身份證", "護照", "緯度", "經度", "座標", "版本", "虛擬", "匯款", "黑貓", "宅配通", "號牌", "hkd", "nt$", "usd", "twd",
		"order", "tracking", "invoice", "isbn", "otp", "serial", "barcode", "code", "ref", "version", "account", "ip"}
)

// contextLength is how many characters before a number are read.
const contextLength = 14

// context says what the words before a place say: the last word counts, up to the sentence's beginning.
func (p plain) context(i int) (meaning, int) {
	from := i
	for from > 0 && i-from < contextLength && !strings.ContainsRune(",;!?\n。；，！？", p.runes[from-1]) {
		from--
	}
	window := strings.ToLower(string(p.runes[from:i]))
	says, at := unsaid, -1
	look := func(words []string, m meaning) {
		for _, w := range words {
			n := strings.LastIndex(window, w)
			if n < 0 {
				continue
			}
			if isLetter(rune(w[0])) && (n > 0 && isLetter(rune(window[n-1])) || n+len(w) < len(window) && isLetter(rune(window[n+len(w)]))) {
				continue // inside of another word
			}
			if end := n + len(w); end > at {
				says, at = m, end
			}
		}
	}
	look(phoneWords, isPhone)
	look(otherWords, isOther)
	return says, at
}
