// Package input reads texts that people type: trimmed, of a bounded length, and of characters that both databases keep.
package input

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Line reads a text of one line with 1 to most characters: white space at its ends is taken off. Anything else is a fault of kind Invalid
// that names the field.
func Line(field, s string, most int) (string, error) {
	s, err := OptionalLine(field, s, most)
	if err == nil && s == "" {
		return "", fault.Input(field, "this cannot be empty")
	}
	return s, err
}

// OptionalLine is Line that may be empty.
func OptionalLine(field, s string, most int) (string, error) {
	if strings.ContainsFunc(strings.TrimSpace(s), unicode.IsControl) {
		return "", fault.Input(field, "this is one line without control characters")
	}
	return Text(field, s, most)
}

// Text reads a text of several lines, which may be empty, with at most that many characters: white space at its ends is taken off.
func Text(field, s string, most int) (string, error) {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return "", fault.Input(field, "this holds a character that cannot be kept")
	}
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		return "", fault.Input(field, "this has at most %d characters", most)
	}
	return s, nil
}
