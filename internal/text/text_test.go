package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/internal/text"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"VIP": "vip", "ＶＩＰ": "vip", "Straße": "strasse", "İ": "i̇", "林 小姐": "林 小姐", "ｶﾞ": "ガ", "plain": "plain", "ΣΑΣ": "σασ",
	} {
		if got := text.Fold(s); got != want {
			t.Errorf("%q folds to %q", s, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := text.Fold(s); text.Fold(once) != once {
			t.Fatalf("%q folds to %q and that to %q", s, once, text.Fold(once))
		}
	})
}

// MSG-10: counted as LINE counts.
func TestUTF16(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "a": 1, "中": 1, "👍": 2, "👨‍👩‍👧": 8} {
		if got := text.UTF16(s); got != want {
			t.Errorf("%q counts %d", s, got)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(0, 20).Draw(t, "n")
		got := text.Cut(s, n)
		if !strings.HasPrefix(s, got) || utf8.RuneCountInString(got) > n || len(got) < len(s) && utf8.RuneCountInString(got) != n {
			t.Fatalf("%q cut to %d is %q", s, n, got)
		}
	})
}

// CONT-3: a prefix is a range of bytes.
func TestNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringN(1, 5, -1).Draw(t, "prefix")
		s := rapid.String().Draw(t, "s")
		end := text.Next(prefix)
		inRange := s >= prefix && (end == "" || s < end)
		if inRange != strings.HasPrefix(s, prefix) {
			t.Fatalf("%q and the prefix %q: range to %q", s, prefix, end)
		}
		if with := prefix + s; with < prefix || end != "" && with >= end {
			t.Fatalf("%q is outside of its prefix %q", with, prefix)
		}
	})
}
