package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/desk/file"
)

// Whatever X-Forwarded-For says, an address counts only from a trusted proxy, and it is one.
func FuzzForwarded(f *testing.F) {
	for _, s := range []string{"203.0.113.7", "203.0.113.7, 10.0.0.2", "::ffff:10.0.0.2", "10.0.0.2, x, 10.0.0.3", ",", "fe80::1%eth0", strings.Repeat("10.0.0.2,", 50)} {
		f.Add("10.0.0.1:1", s)
		f.Add("192.0.2.1:1", s)
	}
	f.Add("[::1]:1", "x")
	f.Add("nonsense", "203.0.113.7")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, peer, said string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = peer
		r.Header["X-Forwarded-For"] = []string{said}
		var got netip.Addr
		addressed(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = caller(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
		if at, err := netip.ParseAddrPort(peer); err == nil && !proxies[0].Contains(at.Addr().Unmap()) && got != at.Addr().Unmap() {
			t.Errorf("%s, which nobody trusts, is taken for %s", peer, got)
		}
		_ = household(r)
	})
}

// The name of an upload is a name: short, of one line, without a folder.
func FuzzUploadName(f *testing.F) {
	for _, s := range []string{"%E8%B3%AC%E5%96%AE.pdf", "../../etc/passwd", "a%00b", "%2e%2e%2f", "C:\\x\\y.txt", "..", "a/...", "%", strings.Repeat("x", 5000), "%0d%0aX: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		name, err := url.PathUnescape(header)
		if err != nil {
			return
		}
		clean := file.CleanName(name)
		if strings.ContainsAny(clean, "/\\\x00\r\n") || len(clean) > 1024 || !utf8.ValidString(clean) || clean == ".." {
			t.Errorf("%q is named %q", header, clean)
		}
	})
}

// A body of a webhook that is taken for JSON of some depth is JSON.
func FuzzShallow(f *testing.F) {
	f.Add([]byte(oneMessage))
	f.Add([]byte(strings.Repeat("[", 40) + strings.Repeat("]", 40)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if isShallow(body) && strings.Contains(string(body), strings.Repeat("[", maxDepth+1)) && !strings.Contains(string(body), `"`) {
			t.Errorf("%q is taken for shallow", body)
		}
	})
}
