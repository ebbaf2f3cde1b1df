package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// The prefixes of the secrets that are given out. They say what a lost token is, to people and to scanners.
const (
	accessPrefix  = "swa_"
	refreshPrefix = "swr_"
	apiPrefix     = "swt_"
	linkPrefix    = "swl_"
)

// tokenLen is the length of a token with its prefix: 256 bits in base64.
const tokenLen = 4 + (random.TokenBits+5)/6

// newToken makes a secret and what is kept of it.
func (s *Service) newToken(prefix string) (seal.Secret, string) {
	t := prefix + s.random.Token()
	return seal.Hide(t), digest(t)
}

// digest is what is kept of a token: there is nothing to guess in 256 random bits, so one pass of SHA-256 hides it.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// isToken says whether a text can be a token of the kind at all.
func isToken(prefix, token string) bool {
	return len(token) == tokenLen && strings.HasPrefix(token, prefix)
}

// wrong is the one answer to everything that does not open: it tells nobody which part of it was wrong.
func wrong(text string) error {
	return fault.New(fault.Unauthenticated, "%s", text).WithCode("CREDENTIALS", nil)
}

// The texts of wrong.
const (
	wrongSignIn  = "the team, address or password is wrong"
	wrongLink    = "this link does not work any more: it was used, has expired or was replaced; ask for a new one"
	wrongRefresh = "this refresh token does not work any more; sign in again"
)
