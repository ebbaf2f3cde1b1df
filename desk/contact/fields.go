package contact

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/employment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	maxList = 50 // phones, e-mail addresses, companies, delivery addresses of a contact
	maxNote = 10_000
)

// Change is what happens to a field: nothing where it is not given; otherwise it takes the value, and is cleared where that is nil (CONT-7).
type Change[T any] struct {
	IsGiven bool `json:",omitempty"`
	Value   *T   `json:",omitempty"`
}

// Given is a change to a value.
func Given[T any](v T) Change[T] { return Change[T]{IsGiven: true, Value: &v} }

// Cleared is a change to nothing.
func Cleared[T any]() Change[T] { return Change[T]{IsGiven: true} }

// or is the value, or nothing where it is cleared.
func (c Change[T]) or() T {
	var none T
	if c.Value == nil {
		return none
	}
	return *c.Value
}

// Address is where something is delivered.
type Address struct{ Name, Phone, Country, Postcode, City, Line string }

// Fields are what is changed of a contact. Lists are whole sets; custom fields are replaced one by one.
type Fields struct {
	FirstName, LastName, MembershipNo, IdentityNo, Note, MembershipLevel Change[string]
	Gender                                                               Change[entcontact.Gender]
	BirthAt                                                              Change[string] // YYYY-MM-DD
	Phones, Emails                                                       Change[[]string]
	CompanyIDs, TagIDs                                                   Change[[]int64]
	CustomFields                                                         []customfield.AnswerInput
	ResponsibleID                                                        Change[int64]
	Addresses                                                            Change[[]Address]
}

// line is a field of one line of text with its setter.
type line struct {
	change Change[string]
	path   string
	most   int
	set    func(string)
}

// apply writes the fields that are given into the mutation of a contact that is, or will be, old; team is its team.
func (f Fields) apply(m *ent.ContactMutation, team *ent.Team, old *ent.Contact) error {
	first, last := old.FirstName, old.LastName
	if f.FirstName.IsGiven {
		var err error
		if first, err = input.Line("firstName", f.FirstName.or(), maxName); err != nil {
			return err
		}
		m.SetFirstName(first)
	}
	for _, l := range []line{
		{f.LastName, "lastName", maxName, func(s string) { last = s; m.SetLastName(s) }},
		{f.MembershipNo, "membershipNo", 100, func(s string) { m.SetMembershipNo(s); m.SetMembershipFolded(text.Fold(s)) }},
		{f.IdentityNo, "identityNo", 40, m.SetIdentityNo},
		{f.MembershipLevel, "membershipLevel", 40, m.SetMembershipLevel},
	} {
		if !l.change.IsGiven {
			continue
		}
		s, err := input.OptionalLine(l.path, l.change.or(), l.most)
		if err != nil {
			return err
		}
		l.set(s)
	}
	if f.FirstName.IsGiven || f.LastName.IsGiven {
		name := shownName(first, last, team.JoinsNames)
		m.SetName(name)
		m.SetNameFolded(text.Fold(name))
	}
	if f.IdentityNo.IsGiven && isMasked(f.IdentityNo.or()) {
		return fault.Input("identityNo", "this is masked; leave it out to keep it as it is")
	}
	if f.Note.IsGiven {
		s, err := input.Text("note", f.Note.or(), maxNote)
		if err != nil {
			return err
		}
		m.SetNote(s)
		m.SetNoteFolded(text.Fold(s))
	}
	if f.Gender.IsGiven {
		g := entcontact.GenderUNDISCLOSED
		if f.Gender.Value != nil {
			g = *f.Gender.Value
		}
		m.SetGender(g)
	}
	if err := f.applyBirth(m); err != nil {
		return err
	}
	return f.applyAddresses(m)
}

// shownName is the first name, a space and the last name; a Chinese name without the space where the team joins names (CONT-1).
func shownName(first, last string, isJoined bool) string {
	if isJoined && isChinese(first) && isChinese(last) {
		return strings.TrimSpace(first + last)
	}
	return strings.TrimSpace(first + " " + last)
}

// isChinese says whether a name is written in Chinese characters alone.
func isChinese(name string) bool {
	for _, r := range name {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return true
}

func (f Fields) applyBirth(m *ent.ContactMutation) error {
	if !f.BirthAt.IsGiven {
		return nil
	}
	if f.BirthAt.Value == nil {
		m.SetBirthAt("")
		m.SetBirthMonth(0)
		return nil
	}
	t, err := time.Parse(time.DateOnly, *f.BirthAt.Value)
	if err != nil || t.Year() < 1 {
		return fault.Input("birthAt", "a day looks like \"2026-01-31\" and exists in the calendar")
	}
	m.SetBirthAt(*f.BirthAt.Value)
	m.SetBirthMonth(int(t.Month()))
	return nil
}

func (f Fields) applyAddresses(m *ent.ContactMutation) error {
	if !f.Addresses.IsGiven {
		return nil
	}
	if len(f.Addresses.or()) > maxList {
		return tooMany("addresses")
	}
	all := []map[string]string{}
	for i, a := range f.Addresses.or() {
		path := "addresses[" + strconv.Itoa(i) + "]."
		row := map[string]string{}
		for _, part := range []struct{ name, value string }{{"name", a.Name}, {"phone", a.Phone}, {"country", strings.ToUpper(a.Country)},
			{"postcode", a.Postcode}, {"city", a.City}} {
			s, err := input.OptionalLine(path+part.name, part.value, 100)
			if err != nil {
				return err
			}
			if s != "" {
				row[part.name] = s
			}
		}
		if c := row["country"]; c != "" && (len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
			return fault.Input(path+"country", "a country is two letters of ISO 3166, such as TW")
		}
		if isMasked(row["phone"]) {
			return fault.Input(path+"phone", "this is masked; leave the addresses out to keep them as they are")
		}
		var err error
		if row["line"], err = input.Line(path+"line", a.Line, 300); err != nil {
			return err
		}
		all = append(all, row)
	}
	m.SetAddresses(all)
	return nil
}

func tooMany(field string) error {
	f := fault.Input(field, "a contact has at most %d of these", maxList).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxList})
	return f
}

// applyResponsible writes who is responsible: an agent of the team who is not deactivated, or nobody.
func (f Fields) applyResponsible(ctx context.Context, tx *store.Tx, m *ent.ContactMutation) error {
	if !f.ResponsibleID.IsGiven {
		return nil
	}
	if f.ResponsibleID.Value == nil {
		m.ClearResponsibleID()
		return nil
	}
	id := *f.ResponsibleID.Value
	is, err := tx.Agent.Query().Where(agent.ID(id), agent.StatusNEQ(agent.StatusDEACTIVATED)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("read agent %d: %w", id, err)
	}
	if !is {
		return missing("the agent", "responsibleAgentId")
	}
	m.SetResponsibleID(id)
	return nil
}

func missing(what, field string) error {
	f := fault.Missing(what)
	f.Field = field
	return f
}

// setParts replaces the sets that are given, on a contact that is held.
func (f Fields) setParts(ctx context.Context, tx *store.Tx, contactID int64, country string, by event.Actor) error {
	if f.Phones.IsGiven {
		if err := setPhones(ctx, tx, contactID, f.Phones.or(), country); err != nil {
			return err
		}
	}
	if f.Emails.IsGiven {
		if err := setEmails(ctx, tx, contactID, f.Emails.or()); err != nil {
			return err
		}
	}
	if f.CompanyIDs.IsGiven {
		if err := setCompanies(ctx, tx, contactID, f.CompanyIDs.or()); err != nil {
			return err
		}
	}
	if f.TagIDs.IsGiven {
		if err := tagging.SetIn(ctx, tx, contactID, f.TagIDs.or(), by); err != nil {
			return err
		}
	}
	return customfield.SetIn(ctx, tx, customfield.Holder{Target: entfield.TargetCONTACT, ID: contactID}, f.CustomFields, "customFields")
}

func setPhones(ctx context.Context, tx *store.Tx, contactID int64, typed []string, country string) error {
	if len(typed) > maxList {
		return tooMany("phones")
	}
	var all []phone
	for i, s := range typed {
		path := "phones[" + strconv.Itoa(i) + "]"
		s, err := input.Line(path, s, 40)
		if err != nil {
			return err
		}
		if isMasked(s) {
			return fault.Input(path, "this is masked; leave the phones out to keep them as they are")
		}
		p := readPhone(s, country)
		if p.digits == "" {
			return fault.Input(path, "a phone number has digits")
		}
		if !slices.ContainsFunc(all, func(o phone) bool { return p.isSame(o.e164, o.digits) }) {
			all = append(all, p)
		}
	}
	if err := keepsWhatsApp(ctx, tx, contactID, all); err != nil {
		return err
	}
	if _, err := tx.ContactPhone.Delete().Where(contactphone.ContactID(contactID)).Exec(ctx); err != nil {
		return fmt.Errorf("clear phones of contact %d: %w", contactID, err)
	}
	rows := make([]*ent.ContactPhoneCreate, len(all))
	for i, p := range all {
		rows[i] = tx.ContactPhone.Create().SetTeamID(tx.Team).SetContactID(contactID).SetTyped(p.typed).SetE164(p.e164).SetDigits(p.digits).SetPosition(i)
	}
	if err := tx.ContactPhone.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("keep phones of contact %d: %w", contactID, err)
	}
	return nil
}

// keepsWhatsApp refuses to take away the number by which WhatsApp knows the contact (CONT-9).
func keepsWhatsApp(ctx context.Context, tx *store.Tx, contactID int64, wanted []phone) error {
	people, err := tx.Identity.Query().Where(identity.ContactID(contactID)).All(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	var ids []int64
	for _, i := range people {
		ids = append(ids, i.ChannelID)
	}
	channels, err := tx.Channel.Query().Where(channel.IDIn(ids...), channel.TypeEQ(channel.TypeWHATSAPP)).IDs(ctx)
	if err != nil || len(channels) == 0 {
		return err
	}
	for _, i := range people {
		number := "+" + digits(i.PlatformUserID)
		if !slices.Contains(channels, i.ChannelID) || slices.ContainsFunc(wanted, func(p phone) bool { return p.e164 == number }) {
			continue
		}
		has, err := tx.ContactPhone.Query().Where(contactphone.ContactID(contactID), contactphone.E164(number)).Exist(ctx)
		if err != nil {
			return err
		}
		if has {
			return fault.Input("phones", "the number on WhatsApp cannot be changed")
		}
	}
	return nil
}

func setEmails(ctx context.Context, tx *store.Tx, contactID int64, typed []string) error {
	if len(typed) > maxList {
		return tooMany("emails")
	}
	var all []string
	for i, s := range typed {
		path := "emails[" + strconv.Itoa(i) + "]"
		s, err := input.Line(path, s, 254)
		if err != nil {
			return err
		}
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			return fault.Input(path, "an e-mail address looks like name@example.com")
		}
		if !slices.ContainsFunc(all, func(o string) bool { return text.Fold(o) == text.Fold(s) }) {
			all = append(all, s)
		}
	}
	if _, err := tx.ContactEmail.Delete().Where(contactemail.ContactID(contactID)).Exec(ctx); err != nil {
		return fmt.Errorf("clear e-mail addresses of contact %d: %w", contactID, err)
	}
	rows := make([]*ent.ContactEmailCreate, len(all))
	for i, s := range all {
		rows[i] = tx.ContactEmail.Create().SetTeamID(tx.Team).SetContactID(contactID).SetEmail(s).SetEmailFolded(text.Fold(s)).SetPosition(i)
	}
	if err := tx.ContactEmail.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("keep e-mail addresses of contact %d: %w", contactID, err)
	}
	return nil
}

func setCompanies(ctx context.Context, tx *store.Tx, contactID int64, ids []int64) error {
	if len(ids) > maxList {
		return tooMany("companyIds")
	}
	there, err := tx.Company.Query().Where(company.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("read companies: %w", err)
	}
	if _, err := tx.Employment.Delete().Where(employment.ContactID(contactID)).Exec(ctx); err != nil {
		return fmt.Errorf("clear companies of contact %d: %w", contactID, err)
	}
	var rows []*ent.EmploymentCreate
	for i, id := range ids {
		if !slices.Contains(there, id) {
			return missing("the company", "companyIds["+strconv.Itoa(i)+"]")
		}
		if !slices.Contains(ids[:i], id) {
			rows = append(rows, tx.Employment.Create().SetTeamID(tx.Team).SetContactID(contactID).SetCompanyID(id))
		}
	}
	if err := tx.Employment.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("keep companies of contact %d: %w", contactID, err)
	}
	return nil
}
