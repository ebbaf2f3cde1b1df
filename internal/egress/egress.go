// Package egress is the only place that dials out. Where a customer decides the address (a webhook, a picture's link, a platform's
// answer), the address that a name finally resolves to is judged at the moment of the dial: whatever is not a public host of somebody
// else is refused, so that nobody makes this server call the network behind it.
package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// The limits of a call, where Limits does not say otherwise.
const (
	Timeout      = 10 * time.Second
	MaxBody      = 64 << 10
	maxHeader    = 32 << 10
	idleTimeout  = 60 * time.Second
	idlePerHost  = 32
	securePort   = "443"
	insecurePort = "80"
)

// Options say what a Gate lets through beyond public hosts on port 443, and what it never lets through.
type Options struct {
	// Insecure lets http on port 80 through as well.
	Insecure bool
	// Allow lists what the operator trusts although it is private: addresses ("127.0.0.1"), address ranges ("10.1.0.0/16") and host
	// names ("hooks.internal"), each with or without a port ("127.0.0.1:9090"). What is listed is let through with http and https, on
	// that port or on any, and wins over every refusal.
	Allow []string
	// Own lists the instance's own hosts, as names or addresses: its public host, its database, its Redis. They are refused even
	// where their address is public, and so are the addresses of this machine's network interfaces.
	Own []string
}

// Gate makes clients that reach public hosts only. It is safe for use by several goroutines.
type Gate struct {
	ports    map[string]bool
	allow    allowed
	ownNames []string
	own      map[netip.Addr]bool
	guardian *ssrf.Guardian
	resolver *net.Resolver
}

// New makes a gate. The error is of kind Invalid and names the entry of Allow that is neither an address, nor a range, nor a host.
func New(o Options) (*Gate, error) {
	g := &Gate{
		ports:    map[string]bool{securePort: true, insecurePort: o.Insecure},
		own:      map[netip.Addr]bool{},
		guardian: ssrf.New(ssrf.WithAnyPort()),
		resolver: net.DefaultResolver,
	}
	var err error
	if g.allow, err = parseAllowed(o.Allow); err != nil {
		return nil, err
	}
	for _, host := range o.Own {
		host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
		if a, err := netip.ParseAddr(host); err == nil {
			g.own[a.Unmap()] = true
		} else if host != "" {
			g.ownNames = append(g.ownNames, host)
		}
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of this machine: %w", err)
	}
	for _, i := range interfaces {
		if p, err := netip.ParsePrefix(i.String()); err == nil {
			g.own[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return g, nil
}

// Limits bound the calls of one client. The zero value has the limits of a call to a stranger.
type Limits struct {
	Timeout time.Duration // from dial to the end of the body; 0 is Timeout
	MaxBody int64         // how much of an answer may be read, in bytes; 0 is MaxBody
	// KeepAlive keeps connections for the next call. It is for a platform's own API; calls for different teams to hosts that they
	// chose must not share a connection.
	KeepAlive bool
}

// Client makes an HTTP client that goes through the gate. It follows no redirect (the answer 3xx is returned as it is), uses no proxy
// from the environment, speaks TLS 1.2 or later, and reads no further than the limits say: more gives a fault of kind Invalid with the
// code RESPONSE_TOO_LARGE from the body. A refused address gives a fault of kind Forbidden with the code ADDRESS_REFUSED inside the
// client's error.
func (g *Gate) Client(l Limits) *http.Client {
	if l.Timeout == 0 {
		l.Timeout = Timeout
	}
	if l.MaxBody == 0 {
		l.MaxBody = MaxBody
	}
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            g.Dial,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    l.Timeout,
		ResponseHeaderTimeout:  l.Timeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      !l.KeepAlive,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
	}
	return &http.Client{
		Transport: &tripper{gate: g, next: transport, maxBody: l.MaxBody},
		Timeout:   l.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// Dial connects to host:port over TCP, where the gate lets it through. It is for protocols other than HTTP; the same refusals hold.
func (g *Gate) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, refused(err)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	var own map[netip.Addr]bool
	trusted := g.allow.name(host, port)
	if !trusted {
		for _, name := range g.ownNames {
			if name == host {
				return nil, refused(fmt.Errorf("%s is a host of this instance", host))
			}
		}
		own = g.ownAddresses(ctx)
	}
	d := net.Dialer{Timeout: Timeout, ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
		if trusted {
			return nil
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return refused(err)
		}
		if network != "tcp4" && network != "tcp6" {
			return refused(fmt.Errorf("network %s", network))
		}
		return g.judge(to, own)
	}}
	return d.DialContext(ctx, network, address)
}

// ownAddresses are the addresses of the instance: those that are fixed and those that its hosts' names resolve to now.
func (g *Gate) ownAddresses(ctx context.Context) map[netip.Addr]bool {
	if len(g.ownNames) == 0 {
		return g.own
	}
	all := make(map[netip.Addr]bool, len(g.own)+len(g.ownNames))
	for a := range g.own {
		all[a] = true
	}
	for _, name := range g.ownNames {
		// A name of ours that does not resolve now cannot be reached by it either.
		found, err := g.resolver.LookupNetIP(ctx, "ip", name)
		if err != nil {
			continue
		}
		for _, a := range found {
			all[a.Unmap()] = true
		}
	}
	return all
}

// judge says whether an address may be dialled.
func (g *Gate) judge(to netip.AddrPort, own map[netip.Addr]bool) error {
	a := to.Addr().Unmap().WithZone("")
	if g.allow.address(a, to.Port()) {
		return nil
	}
	if port := fmt.Sprint(to.Port()); !g.ports[port] {
		return refused(fmt.Errorf("port %s", port))
	}
	if own[a] {
		return refused(fmt.Errorf("%s is an address of this instance", a))
	}
	return g.public(a)
}

// tripper refuses what the dial cannot see, the scheme, and bounds what is read.
type tripper struct {
	gate    *Gate
	next    *http.Transport
	maxBody int64
}

// RoundTrip implements http.RoundTripper.
func (t *tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.gate.allowedScheme(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	// The path may hold people's ids, and a platform is told nothing of our traces.
	ctx, step := trace.Start(r.Context(), trace.Client, r.Method+" "+r.URL.Hostname())
	res, err := t.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		step.End(err)
		return nil, err
	}
	step.Note(trace.Number("http.response.status_code", int64(res.StatusCode)))
	step.End(nil)
	res.Body = &bounded{ReadCloser: res.Body, left: t.maxBody}
	return res, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (t *tripper) CloseIdleConnections() { t.next.CloseIdleConnections() }

func (g *Gate) allowedScheme(u *url.URL) error {
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return refused(fmt.Errorf("scheme %q", u.Scheme))
	case g.ports[insecurePort]:
		return nil
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = insecurePort
	}
	if a, err := netip.ParseAddrPort(net.JoinHostPort(host, port)); err == nil && g.allow.address(a.Addr().Unmap(), a.Port()) {
		return nil
	}
	if g.allow.name(host, port) {
		return nil
	}
	return refused(errors.New("http without TLS"))
}

// bounded reads up to a limit and fails beyond it: an answer that was cut would be taken for the whole.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge()
	}
	// One byte more than allowed tells an answer that just fits from one that does not.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, errTooLarge()
	}
	return n, err
}

func errTooLarge() error {
	return fault.New(fault.Invalid, "the answer is larger than is read here").WithCode("RESPONSE_TOO_LARGE", nil)
}

func refused(cause error) error {
	return fault.Wrap(cause, fault.Forbidden, "this address may not be called: only public hosts over https may").WithCode("ADDRESS_REFUSED", nil)
}
