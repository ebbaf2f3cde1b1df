package visitor

import (
	"net/url"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	// maxURL is how long a page's address may be, in bytes.
	maxURL = 2048
	// maxTitle is how much of a page's title is kept, in characters.
	maxTitle = 200
)

// Page is the page of a website.
type Page struct{ URL, Title, Referrer string }

// clean makes a page fit to be kept: see CleanURL. A page without a usable address has no title either.
func (p Page) clean() Page {
	p.URL, p.Referrer = CleanURL(p.URL), CleanURL(p.Referrer)
	p.Title = text.Cut(text.Line(storable(p.Title)), maxTitle)
	if p.URL == "" {
		p.Title = ""
	}
	return p
}

// CleanURL takes out of a page's address what is nobody's business: user information, and parameters whose names say that they are secrets, in
// the query and in the part behind #. An address that is none of http or https, or that is too long, becomes empty.
func CleanURL(raw string) string {
	if len(raw) > 4*maxURL || raw != storable(raw) {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.User = nil
	u.RawQuery = withoutSecrets(u.RawQuery)
	path, query, hasQuery := strings.Cut(u.EscapedFragment(), "?")
	if !hasQuery && strings.Contains(path, "=") {
		path, query = "", path // #access_token=…, as OAuth returns it
	}
	fragment := path
	if query = withoutSecrets(query); query != "" {
		if hasQuery {
			fragment += "?"
		}
		fragment += query
	}
	u.Fragment, u.RawFragment = "", ""
	clean := u.String()
	if fragment != "" {
		clean += "#" + fragment
	}
	if len(clean) > maxURL {
		u.RawQuery = ""
		if clean = u.String(); len(clean) > maxURL {
			return ""
		}
	}
	return clean
}

// withoutSecrets leaves the secret parameters out of a query and keeps the others as they are, in their order.
func withoutSecrets(query string) string {
	var kept []string
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err == nil && !isSecret(plain) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// isSecret says whether a parameter's name says that its value is a secret.
func isSecret(name string) bool {
	name = strings.NewReplacer("_", "", "-", "", ".", "", "[", "", "]", "", " ", "").Replace(strings.ToLower(name))
	switch name {
	case "key", "code", "sig", "pwd", "pass", "sid", "pin", "otp", "mac", "hash", "state", "nonce", "ticket", "jwt", "bearer":
		return true
	}
	for _, part := range []string{"token", "password", "passwd", "passphrase", "secret", "session", "sessid", "auth", "signature", "apikey", "accesskey", "credential", "otpcode"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// storable takes out of a text what no database keeps.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
