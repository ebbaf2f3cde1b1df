package line_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// mac signs by any hash; LINE's is SHA-256.
func mac(h func() hash.Hash, secret string, body []byte) []byte {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return m.Sum(nil)
}

func sign(secret string, body []byte) string {
	return base64.StdEncoding.EncodeToString(mac(sha256.New, secret, body))
}

// LINE's own worked example, from its documentation.
const (
	vectorSecret    = "8c570fa6dd201bb328f1c1eac23a96d8"
	vectorBody      = `{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}`
	vectorSignature = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="
)

// CHAN-9
func TestVerify(t *testing.T) {
	t.Parallel()
	type attempt struct {
		name    string
		secret  string // of the account
		header  http.Header
		body    []byte
		genuine bool
	}
	const name = "X-Line-Signature"
	body, good := []byte(vectorBody), vectorSignature
	sum := mac(sha256.New, vectorSecret, body)
	with := func(signature ...string) http.Header { return http.Header{name: signature} }

	cases := []attempt{
		{"LINE's own example", vectorSecret, with(good), body, true},
		{"our own example", fixtureSecret, with("fv8kzhozr/6EYsTH3LmsfZESpD1cxnycf/IEDNYUVxE="),
			[]byte(`{"destination":"U00000000000000000000000000000001","events":[]}`), true},
		{"header name in lower case", vectorSecret, http.Header{"x-line-signature": {good}}, body, true},
		{"header name in upper case", vectorSecret, http.Header{"X-LINE-SIGNATURE": {good}}, body, true},
		{"header name in LINE's case", vectorSecret, http.Header{"x-Line-signature": {good}}, body, true},
		{"other headers beside it", vectorSecret, http.Header{name: {good}, "X-Line-Retry": {"1"}, "Authorization": {"x"}}, body, true},
		{"empty body, rightly signed", vectorSecret, with(sign(vectorSecret, nil)), nil, true},
		{"huge body", vectorSecret, with(sign(vectorSecret, bytes.Repeat([]byte("長"), 1<<20))), bytes.Repeat([]byte("長"), 1<<20), true},
		{"body that is no JSON", vectorSecret, with(sign(vectorSecret, []byte("\xff\x00<xml>"))), []byte("\xff\x00<xml>"), true},
		{"secret outside ASCII", "秘密", with(sign("秘密", body)), body, true},
		{"secret longer than a block", strings.Repeat("k", 200), with(sign(strings.Repeat("k", 200), body)), body, true},

		{"no header", vectorSecret, http.Header{}, body, false},
		{"nil header", vectorSecret, nil, body, false},
		{"header without a value", vectorSecret, with(), body, false},
		{"empty header", vectorSecret, with(""), body, false},
		{"two different signatures", vectorSecret, with(good, sign("other", body)), body, false},
		{"a forged one first", vectorSecret, with(sign("other", body), good), body, false},
		{"the same one twice", vectorSecret, with(good, good), body, false},
		{"twice under names of different case", vectorSecret, http.Header{name: {good}, "x-line-signature": {good}}, body, false},
		{"joined by a comma", vectorSecret, with(good + "," + good), body, false},
		{"under another header", vectorSecret, http.Header{"X-Hub-Signature-256": {good}}, body, false},
		{"under a name with a blank", vectorSecret, http.Header{"X-Line-Signature ": {good}}, body, false},
		{"as Authorization", vectorSecret, http.Header{"Authorization": {"Bearer " + good}}, body, false},

		{"another channel's secret", fixtureSecret, with(good), body, false},
		{"secret in upper case", strings.ToUpper(vectorSecret), with(good), body, false},
		{"secret with a blank before", " " + vectorSecret, with(good), body, false},
		{"secret with a line break after", vectorSecret + "\n", with(good), body, false},
		{"secret short of a character", vectorSecret[1:], with(good), body, false},
		{"secret as bytes of its hex digits", string(must(hex.DecodeString(vectorSecret))), with(good), body, false},
		{"account without a secret", "", with(good), body, false},
		{"account without a secret, signed with the empty one", "", with(sign("", body)), body, false},
		{"account without a secret, no header", "", nil, body, false},

		{"without padding", vectorSecret, with(strings.TrimRight(good, "=")), body, false},
		{"with padding doubled", vectorSecret, with(good + "="), body, false},
		{"URL alphabet", vectorSecret, with(base64.URLEncoding.EncodeToString(sum)), body, false},
		{"URL alphabet without padding", vectorSecret, with(base64.RawURLEncoding.EncodeToString(sum)), body, false},
		{"another last character with the same bytes", vectorSecret, with(strings.Replace(good, "Ls=", "Lt=", 1)), body, false},
		{"hexadecimal", vectorSecret, with(hex.EncodeToString(sum)), body, false},
		{"raw bytes", vectorSecret, with(string(sum)), body, false},
		{"Base64 of the hexadecimal", vectorSecret, with(base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum)))), body, false},
		{"Base64 twice", vectorSecret, with(base64.StdEncoding.EncodeToString([]byte(good))), body, false},
		{"with the method before it", vectorSecret, with("sha256=" + good), body, false},
		{"in quotes", vectorSecret, with(`"` + good + `"`), body, false},
		{"percent-encoded", vectorSecret, with(strings.ReplaceAll(good, "=", "%3D")), body, false},
		{"in lower case", vectorSecret, with(strings.ToLower(good)), body, false},
		{"in upper case", vectorSecret, with(strings.ToUpper(good)), body, false},
		{"backwards", vectorSecret, with(backwards(good)), body, false},

		{"blank before", vectorSecret, with(" " + good), body, false},
		{"blank after", vectorSecret, with(good + " "), body, false},
		{"tab after", vectorSecret, with(good + "\t"), body, false},
		{"line break after", vectorSecret, with(good + "\n"), body, false},
		{"line break inside", vectorSecret, with(good[:20] + "\r\n" + good[20:]), body, false},
		{"blank inside", vectorSecret, with(good[:20] + " " + good[20:]), body, false},
		{"NUL after", vectorSecret, with(good + "\x00"), body, false},
		{"a letter outside ASCII that looks alike", vectorSecret, with(strings.Replace(good, "K", "\u212A", 1)), body, false},

		{"truncated by one character", vectorSecret, with(good[:len(good)-1]), body, false},
		{"first half", vectorSecret, with(good[:22]), body, false},
		{"second half", vectorSecret, with(good[22:]), body, false},
		{"one character", vectorSecret, with(good[:1]), body, false},
		{"only padding", vectorSecret, with("="), body, false},
		{"megabytes of it", vectorSecret, with(strings.Repeat(good, 50_000)), body, false},
		{"first character changed", vectorSecret, with("H" + good[1:]), body, false},
		{"all zero bytes", vectorSecret, with(base64.StdEncoding.EncodeToString(make([]byte, 32))), body, false},

		{"HMAC with SHA-1", vectorSecret, with(base64.StdEncoding.EncodeToString(mac(sha1.New, vectorSecret, body))), body, false},
		{"HMAC with SHA-512", vectorSecret, with(base64.StdEncoding.EncodeToString(mac(sha512.New, vectorSecret, body))), body, false},
		{"HMAC with SHA-512/256", vectorSecret, with(base64.StdEncoding.EncodeToString(mac(sha512.New512_256, vectorSecret, body))), body, false},
		{"plain SHA-256 of the body", vectorSecret, with(base64.StdEncoding.EncodeToString(plainSum(body))), body, false},
		{"plain SHA-256 of secret and body", vectorSecret, with(base64.StdEncoding.EncodeToString(plainSum([]byte(vectorSecret + vectorBody)))), body, false},
		{"key and body exchanged", vectorSecret, with(sign(vectorBody, []byte(vectorSecret))), body, false},

		{"signature of another body", vectorSecret, with(sign(vectorSecret, []byte(`{"events":[]}`))), body, false},
		{"empty body under another signature", vectorSecret, with(good), nil, false},
		{"line break after the body", vectorSecret, with(good), []byte(vectorBody + "\n"), false},
		{"byte order mark before the body", vectorSecret, with(good), []byte("\ufeff" + vectorBody), false},
		{"body with a blank inside", vectorSecret, with(good), []byte(strings.Replace(vectorBody, ":", ": ", 1)), false},
		{"body with its properties exchanged", vectorSecret, with(good), []byte(`{"events":[],"destination":"U8e742f61d673b39c7fff3cecb7536ef0"}`), false},
		{"body cut short", vectorSecret, with(good), body[:len(body)-1], false},
		{"body twice", vectorSecret, with(good), []byte(vectorBody + vectorBody), false},
		{"body in another case", vectorSecret, with(good), bytes.ToUpper(body), false},
	}
	if len(cases) < 60 {
		t.Fatalf("%d cases", len(cases))
	}
	adapter := line.New(&http.Client{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			account := channels.Account{Credentials: channels.Credentials{line.ChannelSecret: c.secret}}
			err := adapter.Verify(account, c.header, c.body)
			if c.genuine && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !c.genuine && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("got %v, want a fault of kind unauthenticated", err)
			}
			if err != nil && (strings.Contains(err.Error(), good) || c.secret != "" && strings.Contains(err.Error(), c.secret)) {
				t.Errorf("the error gives a secret away: %v", err)
			}
		})
	}
}

// CHAN-9: no byte of a body can be changed unnoticed.
func TestVerifyEveryByte(t *testing.T) {
	t.Parallel()
	adapter := line.New(&http.Client{})
	account := channels.Account{Credentials: channels.Credentials{line.ChannelSecret: vectorSecret}}
	header := http.Header{"X-Line-Signature": {vectorSignature}}
	for i := range len(vectorBody) {
		for bit := range 8 {
			body := []byte(vectorBody)
			body[i] ^= 1 << bit
			if err := adapter.Verify(account, header, body); err == nil {
				t.Fatalf("byte %d, bit %d: accepted", i, bit)
			}
		}
	}
}

func plainSum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func FuzzVerify(f *testing.F) {
	for _, fixture := range fixtures(f) {
		f.Add(fixtureSecret, fixture.HTTP.Headers["x-line-signature"], fixture.body)
	}
	f.Add(vectorSecret, vectorSignature, []byte(vectorBody))
	adapter := line.New(&http.Client{})
	f.Fuzz(func(t *testing.T, secret, given string, body []byte) {
		account := channels.Account{Credentials: channels.Credentials{line.ChannelSecret: secret}}
		err := adapter.Verify(account, http.Header{"X-Line-Signature": {given}}, body)
		isGenuine := secret != "" && given == sign(secret, body)
		if isGenuine != (err == nil) {
			t.Errorf("genuine %v, got %v", isGenuine, err)
		}
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("kind %s", fault.Of(err))
		}
	})
}
