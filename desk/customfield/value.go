package customfield

import (
	"cmp"
	"math/big"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	maxLine = 200
	maxLong = 10_000
	maxURL  = 2_000
	// maxDigits keeps numbers exact: a float64 tells all decimals of so many digits apart, and orders them.
	maxDigits = 15
	// keyLength is how many characters of a text are compared by an index.
	keyLength = 200
)

// Value is a value of a custom field. Which of its parts counts is said by the field's type.
type Value struct {
	Text    string    // TEXT, LONG_TEXT, URL, EMAIL, PHONE; NUMBER as its shortest decimal; DATE as YYYY-MM-DD
	Number  float64   // NUMBER
	Time    time.Time // DATETIME
	Bool    bool      // BOOLEAN
	Options []string  // SINGLE_CHOICE: one option's id; MULTI_CHOICE: at least one, in the field's order
}

// Input is a value as somebody gives it: exactly one part is set, that of the field's type. Lists are for MULTI_CHOICE and for conditions
// with IN and NOT_IN.
type Input struct {
	Text      *string     `json:"text,omitempty"`
	Number    *string     `json:"number,omitempty"`
	Date      *string     `json:"date,omitempty"`
	DateTime  *time.Time  `json:"dateTime,omitempty"`
	Boolean   *bool       `json:"boolean,omitempty"`
	Option    *string     `json:"option,omitempty"`
	Options   []string    `json:"options,omitzero"`
	Texts     []string    `json:"texts,omitzero"`
	Numbers   []string    `json:"numbers,omitzero"`
	Dates     []string    `json:"dates,omitzero"`
	DateTimes []time.Time `json:"dateTimes,omitzero"`
}

// given names the parts that are set, for messages.
func (in Input) given() []string {
	var names []string
	for name, is := range map[string]bool{"text": in.Text != nil, "number": in.Number != nil, "date": in.Date != nil, "dateTime": in.DateTime != nil,
		"boolean": in.Boolean != nil, "option": in.Option != nil, "options": in.Options != nil, "texts": in.Texts != nil,
		"numbers": in.Numbers != nil, "dates": in.Dates != nil, "dateTimes": in.DateTimes != nil} {
		if is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// parts name the part of an input that a type takes: one value, and a list of them.
var parts = map[Type]struct{ one, many string }{
	entfield.TypeTEXT: {"text", "texts"}, entfield.TypeLONG_TEXT: {"text", "texts"}, entfield.TypeURL: {"text", "texts"},
	entfield.TypeEMAIL: {"text", "texts"}, entfield.TypePHONE: {"text", "texts"}, entfield.TypeNUMBER: {"number", "numbers"},
	entfield.TypeDATE: {"date", "dates"}, entfield.TypeDATETIME: {"dateTime", "dateTimes"}, entfield.TypeBOOLEAN: {"boolean", ""},
	entfield.TypeSINGLE_CHOICE: {"option", "options"}, entfield.TypeMULTI_CHOICE: {"options", "options"},
}

// only checks that the input has one part, of a name.
func (in Input) only(part, path string, t Type) error {
	if got := in.given(); len(got) != 1 || got[0] != part {
		return fault.Input(path, "a field of type %s takes its value as %q here", t, part)
	}
	return nil
}

// isNone says whether this is the absence of a value: a multi-choice of no options.
func (v Value) isNone(t Type) bool { return t == entfield.TypeMULTI_CHOICE && len(v.Options) == 0 }

// Parse reads a value for the field. What is no value of the field's type is a fault of kind Invalid that names path.
func Parse(f Field, in Input, path string) (Value, error) {
	if err := in.only(parts[f.Type].one, path, f.Type); err != nil {
		return Value{}, err
	}
	switch {
	case in.Text != nil:
		return parseText(f.Type, *in.Text, path)
	case in.Number != nil:
		return parseNumber(*in.Number, path)
	case in.Date != nil:
		return parseDate(*in.Date, path)
	case in.DateTime != nil:
		return parseTime(*in.DateTime, path)
	case in.Boolean != nil:
		return Value{Bool: *in.Boolean}, nil
	case in.Option != nil:
		return parseOptions(f, []string{*in.Option}, path)
	default:
		return parseOptions(f, in.Options, path)
	}
}

func parseText(t Type, s, path string) (Value, error) {
	var err error
	switch t {
	case entfield.TypeLONG_TEXT:
		s, err = input.Text(path, s, maxLong)
	case entfield.TypeURL:
		if s, err = input.Line(path, s, maxURL); err != nil {
			break
		}
		if u, bad := url.Parse(s); bad != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
			err = fault.Input(path, "an address begins with http:// or https:// and names a host")
		}
	case entfield.TypeEMAIL:
		if s, err = input.Line(path, s, 254); err != nil {
			break
		}
		if a, bad := mail.ParseAddress(s); bad != nil || a.Address != s {
			err = fault.Input(path, "an e-mail address looks like name@example.com")
		}
	case entfield.TypePHONE:
		if s, err = input.Line(path, s, 40); err != nil {
			break
		}
		if digits := strings.Count(strings.Map(onlyDigits, s), "9"); digits < 3 || strings.Trim(s, "0123456789+-(). #*/") != "" {
			err = fault.Input(path, "a phone number has at least 3 digits, and beside them only spaces and + - ( ) . / # *")
		}
	default:
		s, err = input.Line(path, s, maxLine)
	}
	if err != nil {
		return Value{}, err
	}
	if s == "" {
		return Value{}, fault.Input(path, "this cannot be empty; give null to clear the value")
	}
	return Value{Text: s}, nil
}

// onlyDigits maps every digit to 9 and drops the rest.
func onlyDigits(r rune) rune {
	if '0' <= r && r <= '9' {
		return '9'
	}
	return -1
}

func parseNumber(s, path string) (Value, error) {
	wrong := fault.Input(path, "a number is a decimal such as \"-12.50\" of at most %d significant digits", maxDigits)
	if len(s) > 64 || strings.Trim(s, "-0123456789.") != "" {
		return Value{}, wrong
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Value{}, wrong
	}
	n, _ := r.FloatPrec()
	exact := r.FloatString(n)
	digits := strings.Trim(strings.Replace(strings.TrimPrefix(exact, "-"), ".", "", 1), "0")
	if len(digits) > maxDigits {
		return Value{}, wrong
	}
	f, err := strconv.ParseFloat(exact, 64)
	if err != nil {
		return Value{}, wrong
	}
	return Value{Text: exact, Number: f}, nil
}

func parseDate(s, path string) (Value, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Value{}, fault.Input(path, "a day looks like \"2026-01-31\" and exists in the calendar")
	}
	return Value{Text: s}, nil
}

func parseTime(t time.Time, path string) (Value, error) {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return Value{}, fault.Input(path, "a moment is in the years 1 to 9999")
	}
	return Value{Time: t}, nil
}

func parseOptions(f Field, ids []string, path string) (Value, error) {
	for _, id := range ids {
		if _, ok := f.option(id); !ok {
			return Value{}, fault.Input(path, "%q is no option of this field", text.Cut(id, 40))
		}
	}
	var v Value
	for _, o := range f.Options {
		if slices.Contains(ids, o.ID) {
			v.Options = append(v.Options, o.ID)
		}
	}
	return v, nil
}

// set is how the options of a multi-choice are compared as a whole.
func set(options []string) string {
	return strings.Join(slices.Sorted(slices.Values(options)), ",")
}

// key is what of a value is compared by an index.
func (v Value) key(t Type) string {
	switch t {
	case entfield.TypeBOOLEAN:
		return strconv.FormatBool(v.Bool)
	case entfield.TypeSINGLE_CHOICE:
		return v.Options[0]
	default:
		return text.Cut(v.Text, keyLength)
	}
}

// rows are the rows in which a holder's value is kept.
func (v Value) rows(f Field, holder int64) []kept {
	r := kept{holder: holder, field: f.ID}
	switch f.Type {
	case entfield.TypeMULTI_CHOICE:
		all, chosen := make([]kept, len(v.Options)), set(v.Options)
		for i := range v.Options {
			all[i] = kept{holder: holder, field: f.ID, ordinal: i, key: &v.Options[i], set: &chosen}
		}
		return all
	case entfield.TypeNUMBER:
		r.text, r.number = &v.Text, &v.Number
	case entfield.TypeDATETIME:
		r.time = &v.Time
	case entfield.TypeBOOLEAN, entfield.TypeSINGLE_CHOICE, entfield.TypeDATE:
		k := v.key(f.Type)
		r.key = &k
	default:
		k := v.key(f.Type)
		r.text, r.key = &v.Text, &k
	}
	return []kept{r}
}

// valueOf reads the value that rows of one holder and field keep; nil where there is none, or none of the field's type.
func valueOf(f Field, rows []kept) *Value {
	if len(rows) == 0 {
		return nil
	}
	v, r := &Value{}, rows[0]
	switch f.Type {
	case entfield.TypeMULTI_CHOICE:
		for _, o := range f.Options {
			if slices.ContainsFunc(rows, func(r kept) bool { return deref(r.key) == o.ID }) {
				v.Options = append(v.Options, o.ID)
			}
		}
		if len(v.Options) == 0 {
			return nil
		}
	case entfield.TypeSINGLE_CHOICE:
		if _, ok := f.option(deref(r.key)); !ok {
			return nil
		}
		v.Options = []string{*r.key}
	case entfield.TypeNUMBER:
		if r.text == nil || r.number == nil {
			return nil
		}
		v.Text, v.Number = *r.text, *r.number
	case entfield.TypeDATETIME:
		if r.time == nil {
			return nil
		}
		v.Time = r.time.UTC()
	case entfield.TypeBOOLEAN:
		if r.key == nil {
			return nil
		}
		v.Bool = *r.key == "true"
	case entfield.TypeDATE:
		if r.key == nil {
			return nil
		}
		v.Text = *r.key
	default:
		if r.text == nil {
			return nil
		}
		v.Text = *r.text
	}
	return v
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// compare orders two values of a type that has an order: texts by code point, numbers, days and moments as what they are.
func compare(t Type, a, b Value) int {
	switch t {
	case entfield.TypeNUMBER:
		return cmp.Compare(a.Number, b.Number)
	case entfield.TypeDATETIME:
		return a.Time.Compare(b.Time)
	case entfield.TypeMULTI_CHOICE:
		return strings.Compare(set(a.Options), set(b.Options))
	case entfield.TypeBOOLEAN, entfield.TypeSINGLE_CHOICE:
		return strings.Compare(a.key(t), b.key(t))
	default:
		return strings.Compare(a.Text, b.Text)
	}
}
