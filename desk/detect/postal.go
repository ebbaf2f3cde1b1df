package detect

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// flat is a text in which every row of spaces, commas and line breaks is one space, and a long one a bar that no address crosses; at gives for each
// byte the character that it came from.
type flat struct {
	text  string
	lower string // with small letters for A to Z
	at    []int  // by byte; one more for the end
}

// maxGap is how many spaces, commas and line breaks may stand in a row inside of an address.
const maxGap = 4

func (p plain) flatten() flat {
	var b strings.Builder
	f := flat{at: make([]int, 0, len(p.of)+1)}
	for i := 0; i < len(p.runes); {
		next := i
		for next < len(p.runes) && strings.ContainsRune(" ,\n\r\t", p.runes[next]) {
			next++
		}
		s := " "
		switch {
		case next == i:
			s, next = string(p.runes[i]), i+1
		case next-i > maxGap:
			s = "|"
		}
		b.WriteString(s)
		for range len(s) {
			f.at = append(f.at, i)
		}
		i = next
	}
	f.at = append(f.at, len(p.runes))
	f.text = b.String()
	f.lower = strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, f.text)
	return f
}

// postal finds postal addresses, none inside another.
func postal(t plain) []Item {
	hasUnit, hasFigure := strings.ContainsAny(t.of, unitMarks), false
	for _, r := range t.runes {
		hasFigure = hasFigure || isDigit(r)
	}
	isEnglish := hasFigure && mayBeEnglish(t.of)
	if !hasUnit && !isEnglish {
		return nil
	}
	f := t.flatten()
	var all []Item
	add := func(from, to int) {
		start, end := f.at[from], f.at[to]
		for end > start && strings.ContainsRune(" ,\n\r\t", t.runes[end-1]) {
			end--
		}
		if start < end && end-start <= mostAddress {
			all = append(all, t.item(Address, "", start, end))
		}
	}
	if hasUnit {
		f.chinese(add)
	}
	if isEnglish {
		f.english(add)
	}
	return apart(all)
}

// apart leaves of those that share a part of the text the longest, the first of equals.
func apart(all []Item) []Item {
	slices.SortStableFunc(all, func(a, b Item) int { return cmp.Compare(a.Start, b.Start) })
	out := all[:0]
	for _, x := range all {
		last := len(out) - 1
		switch {
		case last < 0 || out[last].End <= x.Start:
			out = append(out, x)
		case x.End-x.Start > out[last].End-out[last].Start:
			out[last] = x
		}
	}
	return out
}

// number is a number as addresses have it, in figures or in Chinese.
const number = `(?:[0-9]{1,5}|[一二三四五六七八九十百]{1,5})`

// han is a Chinese character of a street's or village's name: not one of those that make a sentence.
var han = notIn("的了是在我你您他她它嗎呢吧跟從給請問想可把被很這那哪沒個到說有，。")

// houseName is a character of a house's name.
const houseName = `[\p{Han}]`

// notIn writes "Chinese characters but these" as the ranges between them: regular expressions of Go have no difference of sets.
func notIn(list string) string {
	without := map[rune]bool{}
	for _, r := range list {
		without[r] = true
	}
	var b strings.Builder
	b.WriteString("[〇")
	from := rune(0x4E00)
	for r := rune(0x4E00); r <= 0xA000; r++ {
		if without[r] || r == 0xA000 {
			if from < r {
				b.WriteString(string(from) + "-" + string(r-1))
			}
			from = r + 1
		}
	}
	return b.String() + "]"
}

var (
	road   = han + `{1,8}?(?:大道|路|街|巷|道)(?: ?` + number + ` ?段)?`
	house  = number + `(?:[之\-~]` + number + `){0,2} ?[號号](?:之` + number + `)?`
	inside = `(?: ?[A-Z0-9]{1,2}[棟座])?(?: ?(?:[Bb][0-9]|地下[一二三四0-9]|` + number + `) ?(?:[樓楼層Ff])(?:[之\-]` + number + `)?)?(?: ?[A-Z]?[0-9]{1,5}[A-Z]? ?室)?`
	lanes  = `(?: ?` + number + ` ?鄰)?(?: ?` + number + ` ?巷)?(?: ?` + number + ` ?弄)?(?: ?` + number + ` ?衖)?`

	// inTaiwan is what follows county and district: a village, a street, lanes, and a house with what is inside of it.
	inTaiwan = regexp.MustCompile(`^(?:(?:` + han + `{1,4}[村里] ?)?(?:` + number + `鄰 ?)?` + road + `|` + han + `{1,4}[村里](?: ?` + number + `鄰)?(?: ?` + han + `{1,5}?)?)` +
		lanes + ` ?` + house + inside)
	// byWord: a street and a house behind a word that says that an address follows.
	byWord = regexp.MustCompile(`^[是為：: ]{0,3}(` + road + lanes + ` ?` + house + inside + `)`)

	unit = `(?:[0-9]{1,4}[A-Z]?|[A-Z][0-9]{0,4}) ?(?:字樓|樓|楼|座|室|號舖|舖|期|號房)`
	// building is a name that ends as those of houses and estates do.
	building = houseName + `{1,10}(?:工業大廈|工業中心|大廈|中心|廣場|花園|豪園|新城|新邨|半島|第一城|邨|苑|城|閣|軒|居|樓)`
	// inHongKong is what follows region and area: a street with a number or an estate, and what is inside of it.
	inHongKong = regexp.MustCompile(`^(?:` + han + `{1,8}?(?:道|路|街|里|徑|坊|臺|台|圍|公路)(?:東|西|南|北|中)? ?[0-9]{1,4}[A-Z]?(?:[\-至][0-9]{1,4}[A-Z]?)? ?[號号](?: ?` + building +
		`){0,2}(?: ?第?` + unit + `){0,4}|` + building + `(?: ?` + building + `)?(?: ?第?` + unit + `){1,4})`)
	// ofState are roads of the state, whose number is no house's.
	ofState = regexp.MustCompile(`[國省縣]道 ?[0-9一二三四五六七八九十]`)
)

// ends are what makes of a house's number another's: an exit, a bus line.
var ends = []string{"出口", "公車", "線", "月台", "巴士", "風球", "球", "商品", "店", "路", "對面", "前", "後", "到貨", "有", "開"}

func (f flat) isOther(to int) bool {
	rest := f.text[to:]
	for _, e := range ends {
		if strings.HasPrefix(rest, e) {
			return true
		}
	}
	return false
}

// addressWords are behind what an address stands that names neither county nor district.
var addressWords = nameSet("地址 住址 寄到 寄至 寄去 送到 送至 住在 配送到 宅配到")

// maxTail is how many bytes are looked at behind the beginning of an address.
const maxTail = 400

// tail is the text from a place on, as far as an address reaches.
func (f flat) tail(from int) string {
	to := min(len(f.text), from+maxTail)
	for to < len(f.text) && !utf8.RuneStart(f.text[to]) {
		to--
	}
	return f.text[from:to]
}

// space passes over a space.
func (f flat) space(i int) int {
	if i < len(f.text) && f.text[i] == ' ' {
		i++
	}
	return i
}

// chinese finds the addresses of Taiwan and Hong Kong that are written in Chinese: at each name with which one begins, what follows is read.
func (f flat) chinese(add func(from, to int)) {
	for i := 0; i < len(f.text); {
		_, size := utf8.DecodeRuneInString(f.text[i:])
		if size == 1 { // no name begins so
			i++
			continue
		}
		from, to := f.taiwan(i)
		if to == 0 {
			from, to = f.hongKong(i)
		}
		if to == 0 {
			from, to = f.behindWord(i)
		}
		switch {
		case to == 0:
			i += size
			continue
		case !f.isOther(to):
			add(from, to)
		}
		i = to
	}
}

// taiwan reads an address of Taiwan that begins at a place, or with a post code before it; to is 0 where none does.
func (f flat) taiwan(i int) (from, to int) {
	head := counties.at(f.text, i)
	if head > i {
		if rest := f.text[head:]; strings.HasPrefix(rest, "市") || strings.HasPrefix(rest, "縣") {
			head += len("市")
		}
	}
	next := head
	if head > i {
		next = f.space(head)
	}
	if d := districts.at(f.text, next); d > next {
		head = d
	}
	if head == i {
		return 0, 0
	}
	head = f.space(head)
	m := inTaiwan.FindStringIndex(f.tail(head))
	if m == nil || ofState.MatchString(f.text[i:head+m[1]]) {
		return 0, 0
	}
	return f.postCode(i), head + m[1]
}

// postCode gives where a post code of 3, 5 or 6 figures begins that ends before a place; the place itself for none.
func (f flat) postCode(i int) int {
	from := i
	if from > 0 && f.text[from-1] == ' ' {
		from--
	}
	figures := 0
	for from > 0 && figures < 7 && (isDigit(rune(f.text[from-1])) || f.text[from-1] == '-' && figures > 0) {
		if from--; f.text[from] != '-' {
			figures++
		}
	}
	if figures != 3 && figures != 5 && figures != 6 || f.text[from] == '-' || from > 0 && isWord(rune(f.text[from-1])) {
		return i
	}
	return from
}

// hongKong reads a Chinese address of Hong Kong that begins at a place; to is 0 where none does.
func (f flat) hongKong(i int) (from, to int) {
	heads := make([]int, 0, 3)
	head := i
	if r := regions.at(f.text, i); r > i {
		head = r
		heads = append(heads, head)
	}
	for range 2 {
		next := head
		if head > i {
			next = f.space(head)
		}
		if a := areas.at(f.text, next); a > next {
			head = a
			heads = append(heads, head)
		}
	}
	// What is an area's name may be a building's: the fewest are tried last.
	for _, head := range slices.Backward(heads) {
		head = f.space(head)
		if m := inHongKong.FindStringIndex(f.tail(head)); m != nil {
			return i, head + m[1]
		}
	}
	return 0, 0
}

// behindWord reads a street with a house behind a word at a place that says that an address follows; to is 0 where there is none.
func (f flat) behindWord(i int) (from, to int) {
	head := addressWords.at(f.text, i)
	if head == i {
		return 0, 0
	}
	m := byWord.FindStringSubmatchIndex(f.tail(head))
	if m == nil {
		return 0, 0
	}
	from, to = head+m[2], head+m[3]
	if _, other := f.taiwan(from); other > 0 {
		return 0, 0
	}
	if _, other := f.hongKong(from); other > 0 {
		return 0, 0
	}
	return from, to
}
