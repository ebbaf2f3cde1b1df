package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

func gate(t *testing.T, o egress.Options) *egress.Gate {
	t.Helper()
	g, err := egress.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// isRefused says whether the error is the gate's own refusal rather than a network's failure.
func isRefused(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.Forbidden && f.Code == "ADDRESS_REFUSED"
}

// special are addresses that a stranger must not make this server call, each for its own reason.
var special = map[string]string{
	"0.0.0.0":                      "this host",
	"0.1.2.3":                      "this network",
	"10.0.0.1":                     "private",
	"10.255.255.255":               "private, last",
	"100.64.0.1":                   "shared address space",
	"100.100.100.200":              "Alibaba's metadata",
	"100.127.255.254":              "shared address space, last",
	"127.0.0.1":                    "loopback",
	"127.1.2.3":                    "loopback too",
	"127.255.255.255":              "loopback, last",
	"168.63.129.16":                "Azure's platform service",
	"169.254.169.254":              "metadata of most clouds",
	"169.254.170.2":                "metadata of ECS tasks",
	"172.16.0.1":                   "private",
	"172.31.255.255":               "private, last",
	"192.0.0.1":                    "IETF protocol assignments",
	"192.0.0.192":                  "Oracle's metadata",
	"192.0.2.1":                    "documentation",
	"192.31.196.1":                 "AS112",
	"192.52.193.1":                 "AMT",
	"192.88.99.1":                  "6to4 relay",
	"192.168.0.1":                  "private",
	"192.168.255.255":              "private, last",
	"192.175.48.1":                 "AS112",
	"198.18.0.1":                   "benchmarks",
	"198.19.255.255":               "benchmarks, last",
	"198.51.100.1":                 "documentation",
	"203.0.113.1":                  "documentation",
	"224.0.0.1":                    "multicast",
	"239.255.255.250":              "multicast of devices",
	"240.0.0.1":                    "reserved",
	"255.255.255.255":              "broadcast",
	"::":                           "unspecified",
	"::1":                          "loopback",
	"::127.0.0.1":                  "IPv4-compatible loopback",
	"::10.0.0.1":                   "IPv4-compatible private",
	"::ffff:127.0.0.1":             "mapped loopback",
	"::ffff:169.254.169.254":       "mapped metadata",
	"::ffff:168.63.129.16":         "mapped platform service",
	"::ffff:0:127.0.0.1":           "translated loopback",
	"64:ff9b::127.0.0.1":           "NAT64 of loopback",
	"64:ff9b::10.0.0.1":            "NAT64 of private",
	"64:ff9b::168.63.129.16":       "NAT64 of the platform service",
	"64:ff9b:1::1":                 "local-use NAT64",
	"100::1":                       "discard",
	"2001::1":                      "Teredo",
	"2001:0:7f00:1:0:0:f5ff:fffe":  "Teredo of private",
	"2001:2::1":                    "benchmarks",
	"2001:10::1":                   "ORCHID",
	"2001:20::1":                   "ORCHIDv2",
	"2001:db8::1":                  "documentation",
	"2002:7f00:1::":                "6to4 of loopback",
	"2002:a00:1::":                 "6to4 of private",
	"2002:808:808::":               "6to4, deprecated",
	"2620:4f:8000::1":              "AS112",
	"3fff::1":                      "documentation",
	"3fff:fff:ffff::1":             "documentation, last",
	"5f00::1":                      "segment routing",
	"2a00:1450::5efe:10.0.0.1":     "ISATAP of private",
	"2a00:1450::200:5efe:10.0.0.1": "ISATAP of private, global bit",
	"fc00::1":                      "unique local",
	"fd00:ec2::254":                "Amazon's metadata",
	"fe80::1":                      "link-local",
	"fe80::1%lo":                   "link-local with a zone",
	"fec0::1":                      "site-local",
	"ff02::1":                      "multicast",
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	g := gate(t, egress.Options{Insecure: true})
	for address, why := range special {
		t.Run(address+" is refused: "+why, func(t *testing.T) {
			t.Parallel()
			for _, port := range []string{"443", "80"} {
				c, err := g.Dial(t.Context(), "tcp", net.JoinHostPort(address, port))
				if err == nil {
					_ = c.Close()
				}
				if !isRefused(err) {
					t.Errorf("port %s: %v", port, err)
				}
			}
		})
	}
	if len(special) < 45 {
		t.Errorf("only %d addresses", len(special))
	}
	for _, host := range []string{"localhost", "127.1", "2130706433", "0x7f.1", "017700000001", "localhost."} {
		t.Run("the name "+host+" does not lead to this machine", func(t *testing.T) {
			t.Parallel()
			_, err := g.Client(egress.Limits{}).Get("https://" + host + "/")
			var unknown *net.DNSError
			if !isRefused(err) && !errors.As(err, &unknown) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, address := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.63.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e", "64:ff9b::8.8.8.8"} {
		t.Run(address+" is let through", func(t *testing.T) {
			t.Parallel()
			// The context is over before the packet leaves: only the judgement is asked for, and it comes first.
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if c, err := g.Dial(ctx, "tcp", net.JoinHostPort(address, "443")); err == nil {
				_ = c.Close()
			} else if isRefused(err) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("other ports, schemes and networks are refused", func(t *testing.T) {
		t.Parallel()
		secure := gate(t, egress.Options{})
		for _, address := range []string{"8.8.8.8:22", "8.8.8.8:80", "8.8.8.8:6379", "8.8.8.8"} {
			if _, err := secure.Dial(t.Context(), "tcp", address); !isRefused(err) {
				t.Errorf("%s: %v", address, err)
			}
		}
		for _, u := range []string{"http://example.com/", "http://8.8.8.8/", "ftp://example.com/", "file:///etc/passwd", "https://example.com:8443/"} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = secure.Client(egress.Limits{}).Do(r)
			var unknown *net.DNSError
			if !isRefused(err) && !(strings.Contains(u, ":8443") && errors.As(err, &unknown)) {
				t.Errorf("%s: %v", u, err)
			}
			cancel()
		}
	})
	t.Run("the instance's own hosts are refused, by name and by address", func(t *testing.T) {
		t.Parallel()
		own := gate(t, egress.Options{Own: []string{"Chat.Example.com.", "8.8.4.4", "[2606:4700::1]", ""}})
		for _, address := range []string{"chat.example.com:443", "CHAT.example.com.:443", "8.8.4.4:443", "[::ffff:8.8.4.4]:443", "[2606:4700::1]:443"} {
			if _, err := own.Dial(t.Context(), "tcp", address); !isRefused(err) {
				t.Errorf("%s: %v", address, err)
			}
		}
	})
}

func TestAllow(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		allow []string
		url   string
		want  bool
	}{
		"nothing is allowed by itself":     {nil, server.URL, false},
		"an address with its port":         {[]string{"127.0.0.1:" + port}, server.URL, true},
		"an address with another port":     {[]string{"127.0.0.1:1"}, server.URL, false},
		"an address with any port":         {[]string{"127.0.0.1"}, server.URL, true},
		"a range":                          {[]string{" 127.0.0.0/8 "}, server.URL, true},
		"another range":                    {[]string{"10.0.0.0/8", "::1"}, server.URL, false},
		"a host":                           {[]string{"LocalHost."}, "http://localhost:" + port, true},
		"a host with its port":             {[]string{"localhost:1", "localhost:" + port}, "http://localhost:" + port, true},
		"a host with another port":         {[]string{"localhost:1"}, "http://localhost:" + port, false},
		"a host does not allow an address": {[]string{"localhost"}, server.URL, false},
		"any port wins over one":           {[]string{"localhost", "localhost:1"}, "http://localhost:" + port, true},
		"own hosts may be allowed":         {[]string{"127.0.0.1:" + port}, server.URL, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := gate(t, egress.Options{Allow: c.allow, Own: []string{"127.0.0.1", "localhost"}}).Client(egress.Limits{})
			res, err := client.Get(c.url)
			if !c.want {
				if !isRefused(err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if b, err := io.ReadAll(res.Body); string(b) != "hello" {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
	for _, entry := range []string{"", "http://host", "host:0", "host:http", "10.0.0.0/33", "a b", "*"} {
		t.Run("the entry "+entry+" is no target", func(t *testing.T) {
			t.Parallel()
			if _, err := egress.New(egress.Options{Allow: []string{"ok", entry}}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "entry 2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, h http.HandlerFunc, l egress.Limits) (*http.Client, *httptest.Server) {
		t.Helper()
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		client := gate(t, egress.Options{Allow: []string{server.Listener.Addr().String()}}).Client(l)
		t.Cleanup(client.CloseIdleConnections)
		return client, server
	}
	t.Run("a redirect is returned, not followed", func(t *testing.T) {
		t.Parallel()
		client, server := setup(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, egress.Limits{})
		res, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusFound {
			t.Errorf("status %d", res.StatusCode)
		}
	})
	for _, c := range []struct {
		size int
		fits bool
	}{{100, true}, {101, false}, {5000, false}} {
		t.Run("an answer is read up to the limit and fails beyond it", func(t *testing.T) {
			t.Parallel()
			client, server := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, strings.Repeat("x", c.size))
			}, egress.Limits{MaxBody: 100})
			res, err := client.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			var f *fault.Error
			if tooLarge := errors.As(err, &f) && f.Code == "RESPONSE_TOO_LARGE"; len(b) != 100 || tooLarge == c.fits {
				t.Errorf("%d bytes: read %d, %v", c.size, len(b), err)
			}
			if _, again := res.Body.Read(make([]byte, 1)); !c.fits && again == nil {
				t.Error("reading goes on after the limit")
			}
		})
	}
	t.Run("a slow answer ends the call", func(t *testing.T) {
		t.Parallel()
		client, server := setup(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, egress.Limits{Timeout: 50 * time.Millisecond})
		_, err := client.Get(server.URL)
		var slow net.Error
		if !errors.As(err, &slow) || !slow.Timeout() {
			t.Errorf("got %v", err)
		}
	})
	t.Run("headers beyond the limit end the call", func(t *testing.T) {
		t.Parallel()
		client, server := setup(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 40<<10)) }, egress.Limits{})
		if res, err := client.Get(server.URL); err == nil {
			_ = res.Body.Close()
			t.Error("read them all")
		}
	})
	for _, keep := range []bool{false, true} {
		t.Run("connections are kept only where it is asked for", func(t *testing.T) {
			t.Parallel()
			var conns atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					conns.Add(1)
				}
			}
			server.Start()
			t.Cleanup(server.Close)
			client := gate(t, egress.Options{Allow: []string{"127.0.0.1"}}).Client(egress.Limits{KeepAlive: keep})
			t.Cleanup(client.CloseIdleConnections)
			for range 3 {
				res, err := client.Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
			if want := map[bool]int32{true: 1, false: 3}[keep]; conns.Load() != want {
				t.Errorf("%d connections, want %d", conns.Load(), want)
			}
		})
	}
}

// A proxy in the environment would be dialled instead of the target, and every judgement would be about the proxy.
func TestProxy(t *testing.T) {
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	client := gate(t, egress.Options{Allow: []string{"127.0.0.1"}}).Client(egress.Limits{})
	if _, err := client.Get("https://10.0.0.1/"); !isRefused(err) {
		t.Errorf("got %v", err)
	}
	select {
	case u := <-asked:
		t.Errorf("the proxy was asked for %s", u)
	default:
	}
}
