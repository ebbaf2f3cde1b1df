package live

import (
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/random"
)

func TestScript(t *testing.T) {
	t.Parallel()
	t.Run("what is printed can be replayed", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(50) {
			one := randomScript(random.Seeded(seed), 30, 5, 2)
			again, err := parseScript(one.String())
			if err != nil || !slices.Equal(one, again) {
				t.Fatalf("%s became %s, %v", one, again, err)
			}
		}
	})
	t.Run("what is no step is refused", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"jump", "cut", "cut x", "cut 1 2", "write 1"} {
			if s, err := parseScript(text); err == nil {
				t.Errorf("%q became %s", text, s)
			}
		}
	})
	t.Run("shrinking leaves what is needed and nothing else", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(20) {
			long := append(randomScript(random.Seeded(seed), 25, 5, 2), step{what: "purge", a: 3}, step{what: "cut", a: 1})
			short := shrink(long, 1000, func(s script) bool {
				return slices.Contains(s, step{what: "purge", a: 3}) && slices.Index(s, step{what: "cut", a: 1}) >= 0
			})
			if len(short) != 2 {
				t.Errorf("%s was left of %s", short, long)
			}
		}
	})
}
