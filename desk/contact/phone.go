package contact

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// phone is a number as it was typed, in E.164, empty where it is no valid number, and its digits alone.
type phone struct{ typed, e164, digits string }

// readPhone reads a number as people of a country type it: 0912-345-678 in Taiwan is +886912345678 (CONT-15).
func readPhone(typed, country string) phone {
	p := phone{typed: typed}
	plain := text.Fold(typed) // full-width digits are digits
	p.digits = digits(plain)
	n, err := phonenumbers.Parse(plain, country)
	if err == nil && phonenumbers.IsValidNumber(n) {
		p.e164 = phonenumbers.Format(n, phonenumbers.E164)
	}
	return p
}

// Dialled reads the number of somebody whom people of a country call, as E.164; "" with the input that is wrong and why, a code of the catalogue of texts.
func Dialled(typed, country string) (e164, field, why string) {
	country = strings.ToUpper(strings.TrimSpace(country))
	code := phonenumbers.GetCountryCodeForRegion(country)
	if len(country) != 2 || code == 0 {
		return "", "country", "refusal.country"
	}
	n, err := phonenumbers.Parse(text.Fold(typed), country)
	if err != nil || !phonenumbers.IsValidNumber(n) || int(n.GetCountryCode()) != code || n.GetExtension() != "" {
		return "", "phone", "refusal.phone"
	}
	return phonenumbers.Format(n, phonenumbers.E164), "", ""
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// isPhoneLike says whether a text may be part of a phone number: digits, and what people write between them.
func isPhoneLike(s string) bool {
	return digits(s) != "" && strings.Trim(s, "0123456789+-(). /") == ""
}

// isSame says whether two numbers are the same one.
func (p phone) isSame(e164, digits string) bool {
	if p.e164 != "" {
		return p.e164 == e164
	}
	return p.digits == digits
}

// shownDigits is how much of a masked number stays to be seen.
const shownDigits = 3

// Mask hides a number from those who may not see personal data (CONT-19): all letters and digits but the last three.
func Mask(s string) string {
	r := []rune(s)
	left := shownDigits
	for i := len(r) - 1; i >= 0; i-- {
		if strings.ContainsRune("+-() ./", r[i]) {
			continue
		}
		if left > 0 && len(r) > 2*shownDigits {
			left--
			continue
		}
		r[i] = '*'
	}
	return string(r)
}

// isMasked says whether a text was hidden by Mask: it must never be written back.
func isMasked(s string) bool { return strings.Contains(s, "*") }
