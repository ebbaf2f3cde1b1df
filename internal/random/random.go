// Package random is the only place that makes up values: tokens, ids, jitter. Everything else is handed a Source, so that a test can
// repeat what happened.
package random

import (
	crand "crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math/bits"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// TokenBits is how much of a token cannot be guessed.
const TokenBits = 256

// Source makes up values. It is safe for use by several goroutines.
type Source struct{ r io.Reader }

// New makes a source that nobody can predict, from the operating system.
func New() *Source { return &Source{r: crand.Reader} }

// Seeded makes a source that gives the same values for the same seed. It is for tests and demo data: what it gives can be predicted.
func Seeded(seed uint64) *Source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &Source{r: &locked{r: rand.NewChaCha8(key)}}
}

type locked struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func (l *locked) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// Bytes gives n random bytes.
func (s *Source) Bytes(n int) []byte {
	b := make([]byte, n)
	// Neither source can fail: crypto/rand ends the program rather than give less than it was asked for.
	if _, err := io.ReadFull(s.r, b); err != nil {
		panic("random: " + err.Error())
	}
	return b
}

// Token gives a secret of TokenBits bits as 43 characters that need no escaping in a URL or a header.
func (s *Source) Token() string { return base64.RawURLEncoding.EncodeToString(s.Bytes(TokenBits / 8)) }

// UUID gives an id of version 4 in its usual form of 36 characters.
func (s *Source) UUID() string {
	var id uuid.UUID
	copy(id[:], s.Bytes(len(id)))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// Uint64 gives any of the 2^64 numbers.
func (s *Source) Uint64() uint64 { return binary.LittleEndian.Uint64(s.Bytes(8)) }

// Int gives a number from 0 up to but without n, each as likely as the others. It panics where n is not above 0.
func (s *Source) Int(n int) int {
	if n <= 0 {
		panic("random: Int needs a bound above 0")
	}
	m := uint64(n)
	for {
		hi, lo := bits.Mul64(s.Uint64(), m)
		// The part below 2^64 mod n would make the small numbers likelier: draw again.
		if lo >= -m%m {
			return int(hi)
		}
	}
}

// Jitter gives a duration from 0 up to but without d, so that what waits does not wake all at once. It is 0 where d is not above 0.
func (s *Source) Jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(s.Int(int(d)))
}
