package random_test

import (
	"encoding/base64"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/random"
)

func TestSource(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*random.Source{"real": random.New(), "seeded": random.Seeded(7)} {
		t.Run(name+" tokens are 256 bits, safe in a URL, never the same", func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for range 1000 {
				token := s.Token()
				b, err := base64.RawURLEncoding.DecodeString(token)
				if err != nil || len(b) != 32 || len(token) != 43 {
					t.Fatalf("%q: %d bytes, %v", token, len(b), err)
				}
				if seen[token] {
					t.Fatalf("%q came twice", token)
				}
				seen[token] = true
			}
		})
		t.Run(name+" ids are version 4", func(t *testing.T) {
			t.Parallel()
			form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
			for range 100 {
				if id := s.UUID(); !form.MatchString(id) {
					t.Fatalf("%q", id)
				}
			}
		})
		t.Run(name+" numbers stay below their bound and reach all of it", func(t *testing.T) {
			t.Parallel()
			var counts [6]int
			for range 6000 {
				counts[s.Int(6)]++
			}
			for n, c := range counts {
				if c < 700 || c > 1300 { // 10 standard deviations
					t.Errorf("%d came %d times of 6000", n, c)
				}
			}
			for range 100 {
				if d := s.Jitter(time.Second); d < 0 || d >= time.Second {
					t.Fatalf("jitter %v", d)
				}
			}
			if d := s.Jitter(0); d != 0 {
				t.Errorf("jitter of nothing is %v", d)
			}
		})
	}
	t.Run("a seed repeats itself and another seed does not", func(t *testing.T) {
		t.Parallel()
		a, b, c := random.Seeded(1), random.Seeded(1), random.Seeded(2)
		for range 10 {
			x, y, z := a.Token(), b.Token(), c.Token()
			if x != y {
				t.Errorf("same seed: %s and %s", x, y)
			}
			if x == z {
				t.Errorf("another seed gave the same: %s", x)
			}
		}
	})
	t.Run("one source serves many goroutines", func(t *testing.T) {
		t.Parallel()
		s := random.Seeded(3)
		var wg sync.WaitGroup
		var seen sync.Map
		for range 8 {
			wg.Go(func() {
				for range 100 {
					if _, twice := seen.LoadOrStore(s.UUID(), true); twice {
						t.Error("an id came twice")
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("a bound of nothing panics", func(t *testing.T) {
		t.Parallel()
		defer func() {
			if recover() == nil {
				t.Error("Int(0) returned")
			}
		}()
		random.New().Int(0)
	})
}
