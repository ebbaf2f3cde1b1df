package contact

import (
	"context"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Field is what a contact was found by.
type Field string

// The fields, in the order in which they are looked at.
const (
	FoundByName         Field = "NAME"
	FoundByPhone        Field = "PHONE"
	FoundByEmail        Field = "EMAIL"
	FoundByMembershipNo Field = "MEMBERSHIP_NO"
	FoundByNote         Field = "NOTE"
)

// Found is a contact that a text finds. Value is what the field holds: for who may not see personal data, a phone is masked (CONT-19).
type Found struct {
	*Contact
	Field Field
	Value string
}

// FindIn finds the first contacts, by name, that the text finds as Criteria.Text does, with these parts of them. Who may not read contacts
// finds none.
func FindIn(ctx context.Context, v *store.View, p auth.Principal, s string, first int, parts Parts) ([]Found, error) {
	if mayRead(p) != nil {
		return nil, nil
	}
	f, err := ResolveIn(ctx, v, p, Criteria{Text: &s}, "text")
	if err != nil {
		return nil, err
	}
	n, ok := textOf(f)
	if !ok {
		return nil, nil
	}
	q := Query{Sort: ByName}
	if f, err = f.ledIn(ctx, v, q.Sort.column()); err != nil {
		return nil, err
	}
	rows, err := q.rows(ctx, v, f, false, first, 0)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, c := range rows {
		ids[i] = c.ID
	}
	all, err := LoadIn(ctx, v, ids, parts|Phones|Emails)
	if err != nil {
		return nil, err
	}
	out := make([]Found, len(all))
	for i, c := range all {
		out[i] = n.found(c)
		if out[i].Field == FoundByPhone && !p.Has(auth.SeePersonalData) {
			out[i].Value = Mask(out[i].Value)
		}
	}
	return out, nil
}

// textOf gives the free text that a filter of nothing else looks for.
func textOf(f Filter) (freeText, bool) {
	root, _ := f.root.(all)
	for _, n := range root {
		if t, ok := n.(freeText); ok {
			return t, true
		}
	}
	return freeText{}, false
}

// found says by what the text finds a contact.
func (n freeText) found(c *Contact) Found {
	if strings.Contains(c.NameFolded, n.part) {
		return Found{c, FoundByName, c.Name}
	}
	for _, p := range c.Phones {
		if n.phone != nil && (n.phone.isSame(p.E164, p.Digits) ||
			n.seesParts && (strings.Contains(p.Digits, n.phone.digits) || strings.Contains(p.E164, n.phone.digits))) {
			return Found{c, FoundByPhone, p.Typed}
		}
	}
	for _, e := range c.Emails {
		if strings.Contains(e.EmailFolded, n.part) {
			return Found{c, FoundByEmail, e.Email}
		}
	}
	if strings.Contains(text.Fold(c.MembershipNo), n.part) {
		return Found{c, FoundByMembershipNo, c.MembershipNo}
	}
	return Found{c, FoundByNote, c.Note}
}
