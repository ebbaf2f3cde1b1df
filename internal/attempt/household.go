package attempt

import "net/netip"

// Household is whom an address stands for where tries are counted by address: of IPv6 its /64, for a household has as many of those addresses as it
// likes. The zero address gives the zero prefix: all whose address is not known are one.
func Household(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
