package seal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// Nothing but what was sealed for a place opens there, and nothing but what was signed for it is taken for signed. The same text is sealed otherwise each time, and
// what one process of a fuzzing run has sealed another is given.
func FuzzOpen(f *testing.F) {
	k, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		f.Fatal(err)
	}
	sealed, mark := k.Seal([]byte("secret"), "here"), k.Sign([]byte("link"), "here")
	f.Add(sealed, "there")
	f.Add(sealed[1:], "here")
	f.Add(append(bytes.Clone(sealed), 0), "here")
	f.Add(mark, "here")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, b []byte, place string) {
		if plain, err := k.Open(b, place); err == nil && (place != "here" || string(plain) != "secret") {
			t.Errorf("%x opens at %q as %q", b, place, plain)
		}
		_ = k.IsCurrent(b)
		if k.IsSigned([]byte("link"), b, place) && (place != "here" || !bytes.Equal(b, mark)) {
			t.Errorf("%x is taken for a signature at %q", b, place)
		}
	})
}

// A key is 32 bytes or is refused, and the refusal does not repeat it.
func FuzzKeyring(f *testing.F) {
	f.Add(strings.Repeat("1", 64))
	f.Add(strings.Repeat("1", 64) + ", " + strings.Repeat("A", 43) + "=")
	f.Add(",")
	f.Fuzz(func(t *testing.T, keys string) {
		_, err := seal.NewKeyring(seal.Hide(keys), random.New())
		for _, one := range strings.Split(keys, ",") {
			if one = strings.TrimSpace(one); err != nil && len(one) > 16 && strings.Contains(err.Error(), one) {
				t.Errorf("the refusal repeats %q", one)
			}
		}
	})
}
