package id_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Min(1).Draw(t, "n")
		s := id.Format(id.Conversation, n)
		if got, err := id.Parse(id.Conversation, s); err != nil || got != n {
			t.Fatalf("%s is %d, %v", s, got, err)
		}
		if _, err := id.Parse(id.Message, s); !fault.Is(err, fault.NotFound) {
			t.Fatalf("an id of another kind: %v", err)
		}
	})
}

func TestWhatIsNoID(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "conv", "conv_", "conv_0", "conv_-1", "conv_00a", "conv_A", "conv_1 ", "what_1", "conv_zzzzzzzzzzzzzzzzzz", "1"} {
		if _, err := id.Parse(id.Conversation, s); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", s, err)
		}
	}
}
