package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Sign gives a mark of 32 bytes that shows that a text was written by who holds the first key, for a place: links that work without a sign-in.
// The same text always has the same mark.
func (k *Keyring) Sign(text []byte, place string) []byte { return k.keys[0].sign(text, place) }

// IsSigned says whether a mark is a text's own, by any of the keys.
func (k *Keyring) IsSigned(text, mark []byte, place string) bool {
	is := false
	for _, one := range k.keys {
		is = hmac.Equal(one.sign(text, place), mark) || is
	}
	return is
}

func (k key) sign(text []byte, place string) []byte {
	// Neither key is the one that seals, and no place's mark is another's.
	own := hmac.New(sha256.New, k.signing)
	own.Write([]byte(place))
	h := hmac.New(sha256.New, own.Sum(nil))
	h.Write(text)
	return h.Sum(nil)
}

// signingKey is made of a key, so that what signs cannot open.
func signingKey(raw []byte) []byte {
	h := hmac.New(sha256.New, raw)
	h.Write([]byte("switchyard signing key\n"))
	return h.Sum(nil)
}
