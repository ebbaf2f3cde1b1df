package sheet_test

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/internal/sheet"
)

// CONV-25: what a spreadsheet would run is text, and what it would not is left as it was.
func TestNeutral(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{
		"=1+1", "+886912345678", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u3000=1", "\"=1", "'=1", "“=1", "＝1+1", "＋1", "－1", "＠A1", "﹦1", "﹫A1", "\ufeff=1", "\u200b=1",
		"\v=1", `" '=cmd|' /C calc'!A0`, "\tplain", "\nplain", "−1",
	} {
		if got := sheet.Neutral(cell); got != "'"+cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
	for _, cell := range []string{"", "您好", "1+1=2", "a@example.com", "0912-345-678", " plain", `"quoted"`, "3 - 2", "🙂=", "line\n=2", "' '"} {
		if got := sheet.Neutral(cell); got != cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
	if got := sheet.Neutral("a\x00\xff"); got != "a��" {
		t.Errorf("what is no text becomes %q", got)
	}
}

// CONV-25: rows are read back as they were, by whoever reads CSV.
func TestRows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	w := sheet.New(&b)
	rows := [][]string{{"time", "text"}, {"1", "a \"b\", c\nd;e"}, {"", "您好"}}
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, hasMark := strings.CutPrefix(b.String(), "\xef\xbb\xbf")
	if !hasMark || strings.Contains(text, "\ufeff") || !strings.HasPrefix(text, "\"time\",\"text\"\r\n") {
		t.Errorf("it begins %q", b.String()[:20])
	}
	got, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(got) != 3 || got[1][1] != rows[1][1] || got[2][1] != "您好" {
		t.Errorf("it is read as %q, %v", got, err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestRowsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := sheet.New(full{})
	if err := w.Row(strings.Repeat("x", 100_000)); err == nil {
		t.Error("a row goes nowhere and nobody is told")
	}
	if w.Close() == nil {
		t.Error("closing forgets it")
	}
}

// Whatever people write: it is read back as it was but for the apostrophe, and begins as no formula does.
func FuzzRow(f *testing.F) {
	for _, s := range []string{"=1", "\"=1", "＝", "a,b", "\r\n", "\x00", "' =", "\xff=1", "您好"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := sheet.Neutral(cell)
		if !utf8.ValidString(got) || strings.ContainsAny(got[:min(1, len(got))], "=+-@\t\r\n") {
			t.Errorf("%q becomes %q", cell, got)
		}
		var b strings.Builder
		w := sheet.New(&b)
		if err := errors.Join(w.Row(cell, "end"), w.Close()); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 || rows[0][1] != "end" {
			t.Fatalf("%q is read as %q, %v", cell, rows, err)
		}
		// The reader makes one line break of two characters.
		if want := strings.ReplaceAll(got, "\r\n", "\n"); rows[0][0] != want {
			t.Errorf("%q is read as %q", want, rows[0][0])
		}
	})
}
