package visitor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// skew is how far the time of a proof may be from ours.
const skew = 10 * time.Minute

// maxExternal is how long a member's id may be, in characters.
const maxExternal = 100

// Proof is what a shop says of the member who looks at its page. Nothing of it counts unless Hash proves it.
type Proof struct {
	ExternalID string
	// Hash is the HMAC-SHA256, in hexadecimal, of ExternalID or, where Time is given, of "<Time>.<ExternalID>", with the channel's secret.
	Hash string
	Time int64 // seconds of Unix; 0 for none
	// Name, Email and Phone are the member's; empty where the shop does not say.
	Name, Email, Phone string
}

// Proves says whether one of the secrets signed the proof and, where it has a time, whether that is within ten minutes of now. How long it
// takes tells nothing of the right hash.
func Proves(secrets []string, p Proof, now time.Time) bool {
	if p.ExternalID == "" || utf8.RuneCountInString(p.ExternalID) > maxExternal || strings.ContainsFunc(p.ExternalID, unicode.IsControl) ||
		strings.TrimSpace(p.ExternalID) != p.ExternalID || !utf8.ValidString(p.ExternalID) {
		return false
	}
	given, err := hex.DecodeString(p.Hash)
	if err != nil {
		return false
	}
	signed := p.ExternalID
	if p.Time != 0 {
		if off := now.Sub(time.Unix(p.Time, 0)); off > skew || off < -skew {
			return false
		}
		signed = strconv.FormatInt(p.Time, 10) + "." + signed
	}
	isProven := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(signed))
		isProven = hmac.Equal(mac.Sum(nil), given) || isProven
	}
	return isProven
}
