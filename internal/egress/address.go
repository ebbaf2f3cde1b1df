package egress

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// refusedV4 are addresses that IANA's registries call public and that are not: they lead into the cloud that one runs in.
var refusedV4 = map[netip.Addr]string{
	netip.AddrFrom4([4]byte{168, 63, 129, 16}): "Azure's platform service",
}

// Where an IPv6 address holds an IPv4 address that the packet ends up at.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")              // RFC 6052
	sixToFour  = netip.MustParsePrefix("2002::/16")                 // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")                 // RFC 4380
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")           // RFC 2765, the form before RFC 6052
	compatible = netip.MustParsePrefix("::/96")                     // RFC 4291 2.5.5.1
	newDocs    = netip.MustParsePrefix("3fff::/20")                 // RFC 9637, examples
	isatap     = [2][4]byte{{0, 0, 0x5e, 0xfe}, {2, 0, 0x5e, 0xfe}} // RFC 5214: the interface id of any prefix
)

// public says whether an address is one on the internet that any host may call. An IPv6 address that holds an IPv4 address is judged by
// both.
func (g *Gate) public(a netip.Addr) error {
	if what, is := refusedV4[a]; is {
		return refused(fmt.Errorf("%s is %s", a, what))
	}
	for _, inner := range embedded(a) {
		if err := g.public(inner); err != nil {
			return err
		}
	}
	if nat64.Contains(a) {
		return nil // how a host without IPv4 reaches a public one: the IPv4 address was judged above
	}
	if newDocs.Contains(a) {
		return refused(fmt.Errorf("%s is an address for examples", a))
	}
	if err := g.guardian.SafeAddr(a); err != nil {
		return refused(err)
	}
	return nil
}

// embedded are the IPv4 addresses inside an IPv6 address.
func embedded(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	v4 := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at : at+4])) }
	switch {
	case a.Is4In6():
		return []netip.Addr{a.Unmap()}
	case nat64.Contains(a), translated.Contains(a), compatible.Contains(a):
		return []netip.Addr{v4(12)}
	case sixToFour.Contains(a):
		return []netip.Addr{v4(2)}
	case teredo.Contains(a):
		client := v4(12).As4()
		for i := range client {
			client[i] ^= 0xff
		}
		return []netip.Addr{v4(4), netip.AddrFrom4(client)}
	}
	if id := [4]byte(b[8:12]); id == isatap[0] || id == isatap[1] {
		return []netip.Addr{v4(12)}
	}
	return nil
}

// allowed is what the operator trusts.
type allowed struct {
	ranges []reach
	names  map[string][]uint16 // the ports of a host; none is any
}

type reach struct {
	prefix netip.Prefix
	port   uint16 // 0 is any
}

func parseAllowed(entries []string) (allowed, error) {
	a := allowed{names: map[string][]uint16{}}
	for i, entry := range entries {
		host, port, err := splitEntry(strings.ToLower(strings.TrimSpace(entry)))
		if err != nil {
			return allowed{}, fault.Wrap(err, fault.Invalid, "entry %d of the allowed targets, %q, is neither an address, nor a range, nor a host", i+1, entry)
		}
		if p, err := netip.ParsePrefix(host); err == nil {
			a.ranges = append(a.ranges, reach{p.Masked(), port})
			continue
		}
		if ip, err := netip.ParseAddr(host); err == nil {
			ip = ip.Unmap()
			a.ranges = append(a.ranges, reach{netip.PrefixFrom(ip, ip.BitLen()), port})
			continue
		}
		if port == 0 {
			a.names[host] = []uint16{}
		} else if ports, listed := a.names[host]; !listed || len(ports) > 0 { // any port was said before: it stays
			a.names[host] = append(ports, port)
		}
	}
	return a, nil
}

// splitEntry takes the port off an entry; 0 is none.
func splitEntry(entry string) (host string, port uint16, err error) {
	host = entry
	if h, p, err := net.SplitHostPort(entry); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("port %q", p)
		}
		host, port = h, uint16(n)
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParsePrefix(host); err == nil {
		return host, port, nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host, port, nil
	}
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return "", 0, fmt.Errorf("host %q", host)
	}
	return host, port, nil
}

func (a allowed) name(host, port string) bool {
	ports, listed := a.names[host]
	if !listed || len(ports) == 0 {
		return listed
	}
	for _, p := range ports {
		if strconv.Itoa(int(p)) == port {
			return true
		}
	}
	return false
}

func (a allowed) address(ip netip.Addr, port uint16) bool {
	for _, r := range a.ranges {
		if r.prefix.Contains(ip) && (r.port == 0 || r.port == port) {
			return true
		}
	}
	return false
}
