package input_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"  VIP 客戶 \n": "VIP 客戶", "a": "a", strings.Repeat("好", 5): strings.Repeat("好", 5)} {
		if got, err := input.Line("name", s, 6); err != nil || got != want {
			t.Errorf("Line(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", " \t", "a\nb", "a\x00", "\xff", strings.Repeat("好", 7)} {
		if _, err := input.Line("name", s, 6); !fault.Is(err, fault.Invalid) || fault.As(err).Field != "name" {
			t.Errorf("Line(%q): %v", s, err)
		}
	}
	if got, err := input.OptionalLine("name", " ", 6); err != nil || got != "" {
		t.Errorf("OptionalLine: %q, %v", got, err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	if got, err := input.Text("note", " a\nb ", 3); err != nil || got != "a\nb" {
		t.Errorf("Text: %q, %v", got, err)
	}
	for _, s := range []string{"a\x00", "\xff", "abcd"} {
		if _, err := input.Text("note", s, 3); !fault.Is(err, fault.Invalid) {
			t.Errorf("Text(%q): %v", s, err)
		}
	}
}
