// Package sheet writes tables as CSV that people open in a spreadsheet: UTF-8 with a byte-order mark, every cell in quotes, lines ending as spreadsheets end
// them, and nothing in it that a spreadsheet would run as a formula.
package sheet

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark tells spreadsheets that the text is UTF-8.
const mark = "\ufeff"

// Writer writes rows. It keeps no more than a buffer of them, and the first error of what it writes to; Close gives it.
type Writer struct {
	to        *bufio.Writer
	isStarted bool
}

// New makes a writer.
func New(to io.Writer) *Writer { return &Writer{to: bufio.NewWriterSize(to, 16<<10)} }

// Row writes one row.
func (w *Writer) Row(cells ...string) error {
	if !w.isStarted {
		w.isStarted = true
		_, _ = w.to.WriteString(mark) // bufio keeps the first error
	}
	for i, c := range cells {
		if i > 0 {
			_ = w.to.WriteByte(',')
		}
		_ = w.to.WriteByte('"')
		_, _ = w.to.WriteString(strings.ReplaceAll(Neutral(c), `"`, `""`))
		_ = w.to.WriteByte('"')
	}
	_, err := w.to.WriteString("\r\n")
	return err
}

// Close writes what is left. What was written to stays open.
func (w *Writer) Close() error { return w.to.Flush() }

// Neutral gives a cell that no spreadsheet takes for a formula: an apostrophe goes before one that begins with =, +, -, @, a tab or a line break, also in their
// full-width and small forms, which spreadsheets of East Asia read alike, and also behind blanks, quotes and marks that are not seen, which are dropped
// when a table is read loosely. Any other is left as it is; control character 0 and what is no UTF-8 are replaced.
// The rules are OWASP's, "CSV Injection" (read 2026-11-30).
func Neutral(cell string) string {
	cell = strings.ReplaceAll(strings.ToValidUTF8(cell, string(utf8.RuneError)), "\x00", string(utf8.RuneError))
	for i, r := range cell {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫−", r):
			return "'" + cell
		case i == 0 && strings.ContainsRune("\t\r\n", r):
			return "'" + cell
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("\"'`＂＇“”‘’", r):
		default:
			return cell
		}
	}
	return cell
}
