package gram_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// words makes texts that fold to other lengths, with marks, wide letters, emoji and Chinese, as well as any other.
func words(least, most int) *rapid.Generator[string] {
	pieces := []string{"a", "B", "Ｃ", "ﬁ", "ß", "İ", "e\u0301", "é", "ｶﾞ", "林", "小姐", "曇花", "👍", "👨‍👩‍👧", " ", "，", "!", "\u0345", "α\u0345", "ŉ", "한", "ᄒ", "ᅡ",
		"ᆫ", "①", "ﷺ", "ΐ", "\u0301", "Ꭰ", "ꭰ", "\n", "9", "ﾞ", "\u3099", "か"}
	some := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), least, most).Draw(t, "pieces"), "")
	})
	return rapid.OneOf(some, some, rapid.StringN(least, most, -1))
}

// CONV-16: whatever is part of a text is asked for by grams that the text has.
func TestGrams(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := []rune(text.Fold(words(1, 60).Draw(t, "text")))
		if len(r) == 0 {
			return
		}
		from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(r)).Draw(t, "to")
		has := gram.Of(string(r))
		for _, g := range gram.Asked(string(r[from:to])) {
			if !slices.Contains(has, g) {
				t.Fatalf("%q is asked for by a gram that %q has not", string(r[from:to]), string(r))
			}
			if n := g.Salted(7); n < 0 {
				t.Fatalf("a gram's number is %d", n)
			}
		}
	})
	if len(gram.Asked(" ，!?。")) != 0 {
		t.Error("signs alone are asked for")
	}
	if n := len(gram.Asked(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 4))); n > 10 {
		t.Errorf("a long part is asked for by %d grams", n)
	}
}

// CONV-16: highlights index the original in UTF-16 code units, and are there exactly where the folded text holds the part.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		original := words(0, 60).Draw(t, "text")
		f := gram.Fold(original)
		if f.Text != text.Fold(original) {
			t.Fatalf("folded to %q", f.Text)
		}
		part := text.Fold(words(1, 3).Draw(t, "part"))
		if r := []rune(f.Text); len(r) > 0 && rapid.Bool().Draw(t, "held") {
			from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
			part = string(r[from:min(len(r), from+rapid.IntRange(1, 4).Draw(t, "length"))])
		}
		if part == "" {
			return
		}
		most := rapid.SampledFrom([]int{5, 20, 1000}).Draw(t, "most")
		excerpt, ranges := f.Excerpt(part, most)
		if !strings.Contains(original, excerpt) {
			t.Fatalf("%q is no part of %q", excerpt, original)
		}
		if strings.Contains(f.Text, part) != (len(ranges) > 0) {
			t.Fatalf("%q in %q: %v of %q", part, f.Text, ranges, excerpt)
		}
		units, end := utf16.Encode([]rune(excerpt)), 0
		for _, r := range ranges {
			if r.Index < end || r.Length < 1 || r.Index+r.Length > len(units) {
				t.Fatalf("range %+v of %q", r, excerpt)
			}
			end = r.Index + r.Length
			if got := string(utf16.Decode(units[r.Index:end])); !strings.Contains(text.Fold(got), part) {
				t.Fatalf("%q is highlighted for %q in %q", got, part, original)
			}
		}
	})
	for _, c := range []struct {
		text, part string
		want       []gram.Range
	}{
		{"曇花一現，曇花", "曇花", []gram.Range{{0, 2}, {5, 2}}},
		{"👍 ＯＫ ok", "ok", []gram.Range{{3, 2}, {6, 2}}},
		{"Straße", "ss", []gram.Range{{4, 1}}},
		{"ﬁne", "in", []gram.Range{{0, 2}}},
		{"cafe\u0301!", "é", []gram.Range{{3, 2}}},
		{"İstanbul", "s", []gram.Range{{1, 1}}},
		{"aaaa", "aa", []gram.Range{{0, 2}, {2, 2}}},
		{"nothing", "x", []gram.Range{}},
	} {
		if excerpt, got := gram.Fold(c.text).Excerpt(text.Fold(c.part), 100); excerpt != c.text || !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %v, want %v", c.part, c.text, got, c.want)
		}
	}
	long := strings.Repeat("前", 300) + "目標" + strings.Repeat("後", 300)
	excerpt, got := gram.Fold(long).Excerpt("目標", 100)
	if want := strings.Repeat("前", 20) + "目標" + strings.Repeat("後", 78); excerpt != want || !slices.Equal(got, []gram.Range{{20, 2}}) {
		t.Errorf("the excerpt of a long text is %q, %v", excerpt, got)
	}
}
