package workspace

import (
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// The most characters of what people give.
const (
	maxName  = 100
	maxEmail = 254
	maxPlace = 100
	maxURL   = 2000
)

// checkName gives a name without the spaces around it.
func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || !isLine(name) {
		return "", fault.Input(field, "a name is one line of 1 to %d characters", maxName)
	}
	return name, nil
}

// isLine says whether a text is one line that can be shown.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

// checkEmail gives an address without the spaces around it.
func checkEmail(field, address string) (string, error) {
	address = strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxEmail || !isLine(address) || strings.ContainsAny(address, " <>\"") {
		return "", fault.Input(field, "an e-mail address looks like mia@example.com")
	}
	return address, nil
}

func localPart(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return local
}

// checkPlace reads a branch or region; nil and empty are none.
func checkPlace(field string, place *string) (string, error) {
	if place == nil {
		return "", nil
	}
	p := strings.TrimSpace(*place)
	if utf8.RuneCountInString(p) > maxPlace || !isLine(p) {
		return "", fault.Input(field, "a branch or region is one line of at most %d characters", maxPlace)
	}
	return p, nil
}

// checkPicture reads a picture's address; nil and empty are none.
func checkPicture(field string, picture *string) (string, error) {
	if picture == nil || *picture == "" {
		return "", nil
	}
	u, err := url.Parse(*picture)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(*picture) > maxURL {
		return "", fault.Input(field, "a picture is an https address")
	}
	return *picture, nil
}
