package catalogue

import (
	"regexp"
	"slices"
	"testing"
)

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryTextIsInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, code := range Codes() {
		e := entries[code]
		if e.zh == "" || e.en == "" {
			t.Errorf("%s is missing in a language", code)
		}
		zh, en := parameter.FindAllString(e.zh, -1), parameter.FindAllString(e.en, -1)
		slices.Sort(zh)
		slices.Sort(en)
		if !slices.Equal(slices.Compact(zh), slices.Compact(en)) {
			t.Errorf("%s has other parameters in the other language: %v, %v", code, zh, en)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		language, code string
		params         map[string]string
		want           string
	}{
		"in Chinese":                        {Chinese, "log.transferred", map[string]string{"actor": "Jess", "to": "Jess A"}, "Jess 將對話轉給了 Jess A"},
		"in English":                        {English, "log.transferred", map[string]string{"actor": "Jess", "to": "Jess A"}, "Jess transferred the conversation to Jess A"},
		"a text within the text":            {English, "notice.transferred", map[string]string{"actor": "Jess", "role": "@role.ADMIN"}, "Jess (Administrator) transferred 1 conversation to you"},
		"somebody who is called like one":   {English, "log.ended", map[string]string{"actor": "@shop"}, "@shop ended the conversation."},
		"a missing parameter is left out":   {English, "log.ended", nil, " ended the conversation."},
		"braces in a name stay as they are": {English, "log.ended", map[string]string{"actor": "{actor}"}, "{actor} ended the conversation."},
		"an unknown code shows itself":      {English, "log.nothing", nil, "log.nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Text(c.language, c.code, c.params); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for wish, want := range map[string]string{"zh-TW": Chinese, "zh-Hant-HK": Chinese, "ZH": Chinese, "en-GB": English, "EN": English, "fr": Chinese, "": Chinese} {
		if got := Language(wish); got != want {
			t.Errorf("%q gives %s", wish, got)
		}
	}
	if got := Language("fr", "en", "zh"); got != English {
		t.Errorf("the first of ours is %s", got)
	}
}
