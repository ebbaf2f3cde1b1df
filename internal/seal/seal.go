// Package seal keeps secrets that must be given back, such as a channel's credentials: sealed with a key that is not in the database, and
// bound to the place they belong to, so that a row that was copied elsewhere does not open. Secrets that need only be recognised, such as
// tokens, are hashed instead.
package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/switchyard-chat/switchyard/internal/random"
)

// The form of a sealed secret: version, key id, nonce, ciphertext with its tag. Nonces are random: XChaCha20's are long enough for that.
const (
	version  = 1
	keyIDLen = 4
	header   = 1 + keyIDLen + chacha20poly1305.NonceSizeX
)

// ErrBroken is the error of what does not open: it was not sealed here, was sealed with a key that is not among ours, belongs to another
// place, or was changed.
var ErrBroken = errors.New("seal: this does not open with any of the keys of SECRET_KEY")

// Keyring seals and opens. It is safe for concurrent use.
type Keyring struct {
	random *random.Source
	keys   []key
}

type key struct {
	id      [keyIDLen]byte
	aead    cipher.AEAD
	signing []byte
}

// NewKeyring reads keys: one or more of 32 bytes each, in hexadecimal or base64, with commas between. The first seals and all open, so a new key is
// put in front and the old one removed once everything was sealed anew. The error does not repeat a key.
func NewKeyring(keys Secret, r *random.Source) (*Keyring, error) {
	k := &Keyring{random: r}
	for i, text := range strings.Split(keys.Reveal(), ",") {
		raw, ok := decode(strings.TrimSpace(text))
		if !ok {
			return nil, fmt.Errorf("SECRET_KEY: key %d is not 32 bytes in hexadecimal or base64; make one with: openssl rand -hex 32", i+1)
		}
		aead, err := chacha20poly1305.NewX(raw)
		if err != nil {
			return nil, fmt.Errorf("SECRET_KEY: key %d: %w", i+1, err)
		}
		sum := sha256.Sum256(append([]byte("switchyard key id\n"), raw...))
		k.keys = append(k.keys, key{id: [keyIDLen]byte(sum[:keyIDLen]), aead: aead, signing: signingKey(raw)})
	}
	return k, nil
}

func decode(text string) ([]byte, bool) {
	for _, read := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString, base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if raw, err := read(text); err == nil && len(raw) == chacha20poly1305.KeySize {
			return raw, true
		}
	}
	return nil, false
}

// Seal seals a secret for a place, such as "channel:3:17": it opens only there. The same secret never looks the same twice.
func (k *Keyring) Seal(plain []byte, place string) []byte {
	first := k.keys[0]
	out := make([]byte, 0, header+len(plain)+first.aead.Overhead())
	out = append(out, version)
	out = append(out, first.id[:]...)
	out = append(out, k.random.Bytes(chacha20poly1305.NonceSizeX)...)
	return first.aead.Seal(out, out[1+keyIDLen:header], plain, associated(out[:1+keyIDLen], place))
}

// Open gives back what was sealed for the place; anything else is ErrBroken.
func (k *Keyring) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) < header || sealed[0] != version {
		return nil, ErrBroken
	}
	id, nonce := sealed[1:1+keyIDLen], sealed[1+keyIDLen:header]
	for _, one := range k.keys {
		if !bytes.Equal(one.id[:], id) {
			continue
		}
		plain, err := one.aead.Open(nil, nonce, sealed[header:], associated(sealed[:1+keyIDLen], place))
		if err == nil {
			return plain, nil
		}
	}
	return nil, ErrBroken
}

// IsCurrent says whether the first key sealed it; what is not should be sealed anew.
func (k *Keyring) IsCurrent(sealed []byte) bool {
	return len(sealed) >= header && bytes.Equal(sealed[1:1+keyIDLen], k.keys[0].id[:])
}

// associated is what a seal is bound to beside its key.
func associated(head []byte, place string) []byte { return append(bytes.Clone(head), place...) }
