package line

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// object is a JSON object of LINE's, read field by field. A field that is missing, null or of another type than expected reads as its
// zero value: LINE leaves out what has no value and adds or changes fields without notice, and a field we do not need must never cost
// the message it sits in.
type object map[string]json.RawMessage

// objectOf reads raw as an object; nil when it is none.
func objectOf(raw json.RawMessage) object {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// object reads a field that is an object; nil when it is none.
func (o object) object(name string) object { return objectOf(o[name]) }

// list reads a field that is a list; nil when it is none.
func (o object) list(name string) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(o[name], &list) != nil {
		return nil
	}
	return list
}

// text reads a field that is a string and whether it was one.
func (o object) text(name string) (string, bool) {
	var s *string
	if json.Unmarshal(o[name], &s) != nil || s == nil {
		return "", false
	}
	return storable(*s), true
}

// string reads a field that is a string; "" when it is none.
func (o object) string(name string) string {
	s, _ := o.text(name)
	return s
}

// id reads a field that holds one of LINE's ids or tokens: printable ASCII. Anything else is no id and reads as "".
func (o object) id(name string) string {
	s := o.string(name)
	if len(s) > idLimit {
		return ""
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return ""
		}
	}
	return s
}

// idLimit is far above any id or token LINE gives out (a quote token has 96 characters) and keeps nonsense out of unique indexes.
const idLimit = 512

// number reads a field that is a number and whether it was one.
func (o object) number(name string) (float64, bool) {
	var n *float64
	if json.Unmarshal(o[name], &n) != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// integer reads a field that is a whole number and whether it was one.
func (o object) integer(name string) (int64, bool) {
	if i, err := strconv.ParseInt(string(bytes.TrimSpace(o[name])), 10, 64); err == nil {
		return i, true
	}
	// 4.2e3 and 4200.0 are whole too.
	n, ok := o.number(name)
	if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0, false
	}
	return int64(n), true
}

// bool reads a field that is a boolean; false when it is none.
func (o object) bool(name string) bool {
	var b bool
	return json.Unmarshal(o[name], &b) == nil && b
}

// plain gives a value as text: a string as it is, everything else as LINE wrote it.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return storable(s)
	}
	return storable(string(raw))
}

// storable replaces NUL, which PostgreSQL's text cannot hold, by U+FFFD. Both are one UTF-16 unit, so positions stay right.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }
