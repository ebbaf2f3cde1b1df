package keyword_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/automation/keyword"
)

// PROD-6: exact and contained, without regard to case and width.
func TestFind(t *testing.T) {
	t.Parallel()
	set := keyword.New([]keyword.Keyword{
		{Text: "Hello", Match: keyword.Exact, Owner: 0}, {Text: "退貨", Match: keyword.Contains, Owner: 1}, {Text: "VIP", Match: keyword.Contains, Owner: 2},
		{Text: "退貨運費", Match: keyword.Contains, Owner: 3}, {Text: "貨運", Match: keyword.Contains, Owner: 4}, {Text: "vip", Match: keyword.Exact, Owner: 5},
		{Text: "  ", Match: keyword.Contains, Owner: 6}, {Text: "營業 時間", Match: keyword.Exact, Owner: 7}, {Text: "退貨", Match: keyword.Contains, Owner: 8},
	})
	for name, c := range map[string]struct {
		text string
		want []int
	}{
		"the whole text":                               {"hello", []int{0}},
		"with white space around it":                   {"  HELLO \n", []int{0}},
		"in full-width letters":                        {"ＨＥＬＬＯ", []int{0}},
		"an exact keyword inside a text is not found":  {"hello you", nil},
		"a contained one anywhere":                     {"我想要退貨可以嗎", []int{1, 8}},
		"those that overlap, and those within another": {"請問退貨運費多少", []int{1, 3, 4, 8}},
		"in another case and width":                    {"我是ｖｉｐ會員", []int{2}},
		"exact and contained":                          {"Vip", []int{2, 5}},
		"a run of white space is one space":            {"營業　　時間", []int{7}},
		"nothing in an empty text":                     {" ", nil},
		"nothing in another text":                      {"請問有貨嗎", nil},
	} {
		if got := set.Find(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q holds %v, not %v", name, c.text, got, c.want)
		}
	}
	if got := keyword.New(nil).Find("hello"); got != nil {
		t.Errorf("without keywords %v is found", got)
	}
}

// PROD-6: the automaton finds what looking for each keyword alone finds.
func TestFindIsALoop(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abAＢ退貨 ")), 1, 4, -1)
		var all []keyword.Keyword
		for i, w := range rapid.SliceOfN(word, 0, 12).Draw(t, "words") {
			all = append(all, keyword.Keyword{Text: w, Match: rapid.SampledFrom([]keyword.Match{keyword.Exact, keyword.Contains}).Draw(t, "match"), Owner: i})
		}
		written := rapid.StringOfN(rapid.RuneFrom([]rune("abAＢ退貨 ")), 0, 12, -1).Draw(t, "text")
		if got, want := keyword.New(all).Find(written), loop(all, written); !slices.Equal(got, want) {
			t.Fatalf("%q of %v holds %v, not %v", written, all, got, want)
		}
	})
}

func loop(all []keyword.Keyword, written string) []int {
	var found []int
	written = keyword.Fold(written)
	for _, k := range all {
		w := keyword.Fold(k.Text)
		if w == "" || written == "" {
			continue
		}
		if k.Match == keyword.Exact && w == written || k.Match == keyword.Contains && strings.Contains(written, w) {
			found = append(found, k.Owner)
		}
	}
	return found
}

// thousand is a thousand rules of three keywords each.
func thousand() []keyword.Keyword {
	parts := []string{"退貨", "運費", "訂單", "尺寸", "庫存", "門市", "會員", "折扣", "refund", "size"}
	var all []keyword.Keyword
	for i := range 3000 {
		all = append(all, keyword.Keyword{Text: fmt.Sprintf("%s%d%s", parts[i%10], i, parts[i/10%10]), Match: keyword.Contains, Owner: i / 3})
	}
	return all
}

const written = "您好,請問上週訂購的外套退貨120訂單要怎麼辦理?另外運費 120 會退嗎?我的會員編號是 A-20391,謝謝您的幫忙,麻煩盡快回覆。"

// BenchmarkFind is a message against a thousand rules, beside its limit in the same run: folding the message and reading it once. PROD-6 asks
// for less than a millisecond.
func BenchmarkFind(b *testing.B) {
	all := thousand()
	set := keyword.New(all)
	b.Run("thousand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(set.Find(written)) != 1 {
				b.Fatal("not found")
			}
		}
	})
	b.Run("loop", func(b *testing.B) {
		for b.Loop() {
			if len(loop(all, written)) != 1 {
				b.Fatal("not found")
			}
		}
	})
	b.Run("limit", func(b *testing.B) {
		for b.Loop() {
			if strings.Contains(keyword.Fold(written), "nothing of the kind") {
				b.Fatal("found")
			}
		}
	})
	b.Run("build", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			keyword.New(all)
		}
	})
}
