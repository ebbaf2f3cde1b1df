package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// signatureHeader carries the signature. LINE writes its name in lower or mixed case and promises neither.
const signatureHeader = "x-line-signature"

// Verify reports whether LINE signed the body with the account's channel secret (CHAN-9): nil, or a fault of kind Unauthenticated.
// The signature is the padded standard Base64 of HMAC-SHA256 over the body's exact bytes; any other spelling of the same bytes is
// refused, and so are two signatures, since then it is unclear which one the sender stands by. An account without a secret verifies
// nothing.
//
// https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/ (read 2026-08-07)
func (a *Adapter) Verify(account channels.Account, header http.Header, body []byte) error {
	secret := account.Credentials[ChannelSecret]
	if secret == "" {
		return fault.New(fault.Unauthenticated, "this account has no channel secret")
	}
	var given []string
	for name, values := range header {
		if strings.EqualFold(name, signatureHeader) {
			given = append(given, values...)
		}
	}
	switch len(given) {
	case 0:
		return fault.New(fault.Unauthenticated, "the body is not signed: header %s is missing", signatureHeader)
	case 1:
	default:
		return fault.New(fault.Unauthenticated, "the body has more than one %s", signatureHeader)
	}
	// The encoded forms are compared, not the decoded bytes: Go's decoder skips line breaks and would let variants through.
	if !hmac.Equal([]byte(given[0]), []byte(signature(secret, body))) {
		return fault.New(fault.Unauthenticated, "the signature does not fit the body")
	}
	return nil
}

// signature is what LINE writes into the header for a body.
func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
