package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// The worked examples of LINE's documentation and of our own fixtures.
const (
	emptyBody      = `{"destination":"U00000000000000000000000000000001","events":[]}`
	emptySignature = "fv8kzhozr/6EYsTH3LmsfZESpD1cxnycf/IEDNYUVxE="
	otherSecret    = "8c570fa6dd201bb328f1c1eac23a96d8"
	rotatedSecret  = "fixture-line-channel-secret-02"
)

func macOf(h func() hash.Hash, secret, body string) []byte {
	m := hmac.New(h, []byte(secret))
	m.Write([]byte(body))
	return m.Sum(nil)
}

func signedWith(secret, body string) string {
	return base64.StdEncoding.EncodeToString(macOf(sha256.New, secret, body))
}

func zipped(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	return b.String()
}

// wireSend calls the webhook byte by byte as it is written here: what a client library would tidy up must reach the server. Lines are header lines.
func wireSend(t *testing.T, addr, key string, lines []string, body string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(clock.Real{}.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "POST /webhooks/line/%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n", key)
	for _, l := range lines {
		b.WriteString(l + "\r\n")
	}
	if !strings.Contains(strings.Join(lines, "\n"), "Transfer-Encoding") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	if _, err := c.Write([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return r.StatusCode
}

// CHAN-9: what LINE signed passes, however its header is written; everything else is answered 401 and leaves nothing but a count.
func TestSignatures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := setupHooks(t, db)
		server := httptest.NewServer(h.mux)
		t.Cleanup(server.Close)
		addr := server.Listener.Addr().String()

		body := strings.Replace(oneMessage, "secret words", "請問 café 還有嗎？👍", 1)
		good := signed(body)
		sum := macOf(sha256.New, fixtureSecret, body)
		const name = "X-Line-Signature: "
		type attempt struct {
			name  string
			lines []string
			body  string
		}
		of := func(s string) []string { return []string{name + s} }
		raw := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
		flipped := append([]byte(nil), sum...)
		flipped[31] ^= 1

		var forged = []attempt{
			{"no header", nil, body},
			{"an empty header", of(""), body},
			{"a header of blanks", of("   "), body},
			{"under the name of another platform", []string{"X-Hub-Signature-256: " + good}, body},
			{"as a token", []string{"Authorization: Bearer " + good}, body},
			{"under a name with an underscore", []string{"X_Line_Signature: " + good}, body},
			{"under a longer name", []string{"X-Line-Signature-2: " + good}, body},
			{"twice the same", []string{name + good, name + good}, body},
			{"twice, in two spellings of the name", []string{name + good, "x-line-signature: " + good}, body},
			{"a forged one behind it", []string{name + good, name + raw(flipped)}, body},
			{"a forged one before it", []string{name + raw(flipped), name + good}, body},
			{"an empty one behind it", []string{name + good, name}, body},
			{"two, joined by a comma", of(good + "," + good), body},
			{"two, joined by a comma and a blank", of(good + ", " + good), body},
			{"with a parameter", of(good + ";v=1"), body},
			{"with the name of the hash", of("sha256=" + good), body},
			{"in quotes", of(`"` + good + `"`), body},
			{"with a blank inside", of(good[:20] + " " + good[20:]), body},
			{"with a tab inside", of(good[:20] + "\t" + good[20:]), body},
			{"folded over two lines", []string{name + good[:20], " " + good[20:]}, body},
			{"with a letter of full width", of("ｆ" + good[1:]), body},

			{"without padding", of(strings.TrimRight(good, "=")), body},
			{"with more padding", of(good + "="), body},
			{"with padding in front", of("=" + good), body},
			{"escaped as in an address", of(strings.ReplaceAll(good, "=", "%3D")), body},
			{"in the alphabet of addresses", of("_-" + base64.URLEncoding.EncodeToString(sum)[2:]), body},
			{"in the alphabet of addresses, without padding", of(base64.RawURLEncoding.EncodeToString(sum)), body},
			{"in hexadecimal", of(hex.EncodeToString(sum)), body},
			{"in upper hexadecimal", of(strings.ToUpper(hex.EncodeToString(sum))), body},
			{"in hexadecimal, in Base64", of(raw([]byte(hex.EncodeToString(sum)))), body},
			{"Base64 of Base64", of(raw([]byte(good))), body},
			{"in lower case", of(strings.ToLower(good)), body},
			{"in upper case", of(strings.ToUpper(good)), body},
			{"backwards", of(func() string {
				b := []byte(good)
				for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
					b[i], b[j] = b[j], b[i]
				}
				return string(b)
			}()), body},
			{"without its first character", of(good[1:]), body},
			{"without its last byte", of(raw(sum[:31])), body},
			{"with a byte more", of(raw(append(append([]byte(nil), sum...), 0))), body},
			{"with one bit turned", of(raw(flipped)), body},
			{"the first half alone", of(raw(sum[:16])), body},
			{"thirty-two zeros", of(raw(make([]byte, 32))), body},
			{"a kilobyte", of(strings.Repeat("A", 1023) + "="), body},
			{"twenty kilobytes", of(strings.Repeat("A", 20<<10)), body},

			{"by another channel's secret", of(signedWith(otherSecret, body)), body},
			{"by no secret", of(signedWith("", body)), body},
			{"by the secret in upper case", of(signedWith(strings.ToUpper(fixtureSecret), body)), body},
			{"by the secret with a blank", of(signedWith(fixtureSecret+" ", body)), body},
			{"by the secret with a line break", of(signedWith(fixtureSecret+"\n", body)), body},
			{"by the secret in Base64", of(signedWith(raw([]byte(fixtureSecret)), body)), body},
			{"by the channel's access token", of(signedWith("t", body)), body},
			{"by the channel's id", of(signedWith("1", body)), body},
			{"by the address's key", of(signedWith(hookKey, body)), body},
			{"by a hash without a secret", of(raw(func() []byte { s := sha256.Sum256([]byte(body)); return s[:] }())), body},
			{"by a hash of the secret and the body", of(raw(func() []byte { s := sha256.Sum256([]byte(fixtureSecret + body)); return s[:] }())), body},
			{"by SHA-1", of(raw(macOf(sha1.New, fixtureSecret, body))), body},
			{"by SHA-512", of(raw(macOf(sha512.New, fixtureSecret, body))), body},
			{"by SHA-384", of(raw(macOf(sha512.New384, fixtureSecret, body))), body},
			{"by MD5", of(raw(macOf(md5.New, fixtureSecret, body))), body},
			{"of LINE's own example", of("GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="), body},
			{"of another body of ours", of(emptySignature), body},

			{"a blank behind the body", of(good), body + " "},
			{"a line break behind the body", of(good), body + "\n"},
			{"a line break of Windows behind it", of(good), body + "\r\n"},
			{"a blank before it", of(good), " " + body},
			{"a mark of byte order before it", of(good), "\ufeff" + body},
			{"a zero behind it", of(good), body + "\x00"},
			{"without its last character", of(good), body[:len(body)-1]},
			{"nothing at all", of(good), ""},
			{"the body twice", of(good), body + body},
			{"one letter changed", of(good), strings.Replace(body, "café", "cafe", 1)},
			{"its accents written apart", of(good), norm.NFD.String(body)},
			{"its wide letters made narrow", of(good), norm.NFKC.String(body)},
			{"its letters escaped", of(good), asciiJSON(body)},
			{"its slashes escaped", of(good), strings.ReplaceAll(body, `"U1"`, `"U1\u002f"`)},
			{"its fields in another order", of(good), reordered(t, body)},
			{"indented", of(good), indented(t, body)},
			{"in another encoding", of(good), "\xff\xfe" + strings.Join(strings.Split(body, ""), "\x00")},
			{"a field more", of(good), strings.Replace(body, `"events"`, `"x":1,"events"`, 1)},
			{"a number written otherwise", of(good), strings.Replace(body, "1750000000000", "1.75e12", 1)},
			{"a field twice", of(good), strings.Replace(body, `"text":"`, `"text":"x","text":"`, 1)},
			{"zipped, signed before", append(of(good), "Content-Encoding: gzip"), zipped(body)},
			{"zipped, and not said", of(good), zipped(body)},
			{"as a form", of(good), "body=" + body},
		}
		rows := func() string {
			return fmt.Sprint(h.count("inbound_events"), h.count("messages"), h.count("conversations"), h.count("contacts"), h.count("events"), h.count("job_runs"))
		}
		before := rows()
		for _, c := range forged {
			was := h.counted("switchyard_webhook_bodies_total", "LINE", "forged")
			if code := wireSend(t, addr, hookKey, c.lines, c.body); code != http.StatusUnauthorized {
				t.Errorf("%s: %d", c.name, code)
			}
			if n := h.counted("switchyard_webhook_bodies_total", "LINE", "forged") - was; n != 1 {
				t.Errorf("%s: counted %v times", c.name, n)
			}
		}
		if after := rows(); after != before {
			t.Errorf("rows %s, before %s", after, before)
		}
		if h.log.Len() > 0 {
			t.Errorf("logged: %s", h.log)
		}
		if n := len(forged); n < 60 {
			t.Errorf("only %d forgeries", n)
		}

		for _, c := range []attempt{
			{"our own example", of(emptySignature), emptyBody},
			{"as LINE writes the name", []string{"x-line-signature: " + good}, body},
			{"the name in upper case", []string{"X-LINE-SIGNATURE: " + good}, body},
			{"the name in mixed case", []string{"x-Line-signature: " + good}, body},
			{"no blank behind the colon", []string{"X-Line-Signature:" + good}, body},
			{"blanks and a tab around the value", []string{"X-Line-Signature: \t " + good + " \t"}, body},
			{"other headers beside it", []string{"X-Line-Retry-Key: 1", name + good, "X-Hub-Signature-256: x"}, body},
			{"another type of content", []string{"Content-Type: text/plain", name + good}, body},
			{"in pieces", []string{name + good, "Transfer-Encoding: chunked"}, fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 20, body[:20], len(body)-20, body[20:])},
			{"a body with blanks around it, signed so", of(signed(" " + body + "\n")), " " + body + "\n"},
			{"its letters escaped, signed so", of(signed(asciiJSON(body))), asciiJSON(body)},
			{"its accents apart, signed so", of(signed(norm.NFD.String(body))), norm.NFD.String(body)},
		} {
			if code := wireSend(t, addr, hookKey, c.lines, c.body); code != http.StatusOK {
				t.Errorf("%s: %d", c.name, code)
			}
		}
		if n := h.count("messages"); n != 1 {
			t.Errorf("the one message is there %d times", n)
		}

		// A new secret counts at once, and the old one no more.
		admin := auth.Principal{TeamID: h.team, AgentID: 1, Role: auth.Admin}
		if _, _, err := h.accounts.Reconnect(t.Context(), admin, h.channel,
			channels.Credentials{line.ChannelID: "1", line.ChannelSecret: rotatedSecret, line.ChannelAccessToken: "t"}); err != nil {
			t.Fatal(err)
		}
		if code := wireSend(t, addr, hookKey, of(good), body); code != http.StatusUnauthorized {
			t.Errorf("signed with the old secret: %d", code)
		}
		if code := wireSend(t, addr, hookKey, of(signedWith(rotatedSecret, body)), body); code != http.StatusOK {
			t.Errorf("signed with the new secret: %d", code)
		}
	})
}

// asciiJSON writes what is beyond ASCII as escapes, as some relays do.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func reordered(t *testing.T, body string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	events, err := json.Marshal(v["events"])
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"events":%s,"destination":"%v"}`, events, v["destination"])
}

func indented(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(body), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
