// Package catalogue holds every text that people see, in Traditional Chinese and English, by a stable code. Code and parameters are what
// is stored; the text is made in the reader's language when it is shown.
package catalogue

import (
	"maps"
	"slices"
	"strings"
)

// The languages.
const (
	Chinese = "zh-Hant"
	English = "en"
)

// entry is a text in both languages. {name} stands for the parameter of that name.
type entry struct{ zh, en string }

// Text makes the text of a code in a language; any language but Chinese reads English. A parameter that is missing is left out. A code
// that is not in the catalogue gives the code itself, so that nothing is hidden.
func Text(language, code string, params map[string]string) string {
	e, ok := entries[code]
	if !ok {
		return code
	}
	t := e.en
	if language == Chinese {
		t = e.zh
	}
	if !strings.Contains(t, "{") {
		return t
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(t, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			return b.String()
		}
		v := params[name]
		if strings.Contains(v, between) {
			v = strings.ReplaceAll(v, between, map[bool]string{true: "、", false: ", "}[language == Chinese])
		}
		if within, ok := strings.CutPrefix(v, "@"); ok { // a text within the text, such as a role's name
			if _, ok := entries[within]; ok { // and not somebody who is called so
				v = Text(language, within, nil)
			}
		}
		b.WriteString(v)
		t = after
	}
}

// between stands between the values of a list.
const between = "\x1f"

// List makes one value of several, such as names: a text shows them with its language's comma between them. Programs find them apart at U+001F.
func List(values ...string) string { return strings.Join(values, between) }

// Codes lists all codes in order.
func Codes() []string { return slices.Sorted(maps.Keys(entries)) }

// Language gives the first of the wishes that is one of ours, reading "zh-TW" and "zh-Hant-HK" as Chinese and "en-GB" as English; Chinese
// where none is.
func Language(wishes ...string) string {
	for _, w := range wishes {
		l := strings.ToLower(w)
		switch {
		case l == "zh" || strings.HasPrefix(l, "zh-"):
			return Chinese
		case l == "en" || strings.HasPrefix(l, "en-"):
			return English
		}
	}
	return Chinese
}
