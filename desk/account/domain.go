package account

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

const (
	maxDomains = 50
	maxHost    = 253
	plain      = "http://"
	secure     = "https://"
)

// host is a name of labels, or an address; names of other scripts are written as browsers write them, in Punycode.
var host = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// checkDomains reads where a chat window may be shown: host names, *.example.com for all below one, with a port where it is not the scheme's
// own. Pages are served over https, but for those of this machine; http:// before a name allows pages that are not.
func checkDomains(domains []string) ([]string, error) {
	const field = "allowedDomains"
	if len(domains) > maxDomains {
		return nil, fault.Input(field, "at most %d domains are allowed", maxDomains).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxDomains})
	}
	out := []string{}
	for i, typed := range domains {
		at := field + "[" + strconv.Itoa(i) + "]"
		d := strings.ToLower(strings.TrimSpace(typed))
		d = strings.TrimSuffix(strings.TrimPrefix(d, secure), "/")
		name, port := split(strings.TrimPrefix(d, plain))
		name, isWild := strings.CutPrefix(name, "*.")
		switch n, err := strconv.Atoi(port); {
		case len(name) > maxHost || !host.MatchString(name) && !isIPv6(name):
			return nil, fault.Input(at, "a domain looks like shop.example.com, *.example.com or localhost:3000, without a path; names in other scripts are written as xn--…")
		case isWild && (!strings.Contains(name, ".") || net.ParseIP(name) != nil):
			return nil, fault.Input(at, "*.%s would allow the pages of strangers; name the domain below it", name)
		case port != "" && (err != nil || n < 1 || n > 65535):
			return nil, fault.Input(at, "a port is a number from 1 to 65535")
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out, nil
}

// split parts a host from its port.
func split(s string) (name, port string) {
	if strings.HasPrefix(s, "[") {
		name, rest, ok := strings.Cut(s, "]")
		if !ok {
			return "", ""
		}
		return name + "]", strings.TrimPrefix(rest, ":")
	}
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort && port == "" {
		return "", ""
	}
	return name, port
}

func isIPv6(s string) bool {
	in, ok := strings.CutPrefix(s, "[")
	in, end := strings.CutSuffix(in, "]")
	return ok && end && net.ParseIP(in) != nil
}

// Allows says whether pages of an origin, as a browser's header names it, are of one of the domains. Scheme, host and port are compared, each as a
// whole: no origin that only begins or ends like an allowed one passes, and "null" never does.
func Allows(domains []string, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ContainsAny(origin, "@\\ ") {
		return false
	}
	name, port := split(strings.ToLower(u.Host))
	standard := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if standard == "" || name == "" {
		return false
	}
	if port == "" {
		port = standard
	}
	return slices.ContainsFunc(domains, func(d string) bool {
		d, isPlain := strings.CutPrefix(d, plain)
		wanted, at := split(d)
		if at == "" {
			at = standard
		}
		if at != port || u.Scheme == "http" && !isPlain && !isHere(name) {
			return false
		}
		if below, isWild := strings.CutPrefix(wanted, "*."); isWild {
			label, ok := strings.CutSuffix(name, "."+below)
			return ok && host.MatchString(label)
		}
		return name == wanted
	})
}

// isHere says whether a host is the machine of who looks at the page: nobody is between them.
func isHere(name string) bool {
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
}
