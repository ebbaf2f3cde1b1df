package egress

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Check says whether an address that somebody gives may be called, as far as that can be told before it is: its scheme, its port, and where its
// host leads to now. A name that does not resolve now is let through; whatever is called is judged again by the dial. A refusal is a fault of kind
// Forbidden with the code ADDRESS_REFUSED.
func (g *Gate) Check(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return refused(fmt.Errorf("this is no address"))
	}
	if err := g.allowedScheme(u); err != nil {
		return err
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": securePort, "http": insecurePort}[u.Scheme]
	}
	if g.allow.name(host, port) {
		return nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return refused(fmt.Errorf("port %q", port))
	}
	for _, name := range g.ownNames {
		if name == host {
			return refused(fmt.Errorf("%s is a host of this instance", host))
		}
	}
	addresses := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addresses = append(addresses, a)
	} else if addresses, err = g.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		addresses = nil
	}
	own := g.ownAddresses(ctx)
	for _, a := range addresses {
		if err := g.judge(netip.AddrPortFrom(a, uint16(number)), own); err != nil {
			return err
		}
	}
	return nil
}
