package server

import "testing"

func TestPercentOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		live uint64
		want int
	}{
		"a small heap grows to the least":        {16 << 20, 500},
		"half of the least is where it ends":     {48 << 20, 100},
		"a large heap is collected as ever":      {1 << 30, 100},
		"nothing live asks for no more than all": {0, 1<<31 - 1},
		"what is between grows to the least too": {32 << 20, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := percentOf(c.live); got != c.want {
				t.Errorf("percentOf(%d) = %d, want %d", c.live, got, c.want)
			}
		})
	}
}
