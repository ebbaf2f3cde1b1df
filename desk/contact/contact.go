// Package contact keeps the customers: who they are, on which channels they are known, and which of them a filter means (CONT).
package contact

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/employment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxName is how many characters each part of a name has at most.
const maxName = 100

// Service keeps contacts. It is safe for concurrent use.
type Service struct {
	db *store.DB
}

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// Parts say what of contacts is read beside their own rows.
type Parts uint

// The parts.
const (
	Phones Parts = 1 << iota
	Emails
	Companies
	Tags
	Answers
	Identities
	Responsible
	// CompanyAnswers are the answers of a contact's Companies.
	CompanyAnswers
	// Contacts are the contacts of a company.
	Contacts
	// All is everything of a contact, which a filter needs to decide in memory.
	All = Phones | Emails | Companies | Tags | Answers | Identities | Responsible | CompanyAnswers
)

// Contact is a customer with the parts that were asked for; the others are empty.
type Contact struct {
	*ent.Contact
	Phones      []*ent.ContactPhone
	Emails      []*ent.ContactEmail
	Companies   []*Company
	Tags        []tagging.Tagged // in the order of first tagging
	Answers     []customfield.Answer
	Identities  []Identity
	Responsible *ent.Agent
}

// Identity is a person on a channel. Conversation is the one with the person, nil where there is none: who may see it is for the caller to
// say.
type Identity struct {
	*ent.Identity
	ChannelType  string
	Conversation *ent.Conversation
}

// Get reads a contact; none is a fault of kind NotFound.
func (s *Service) Get(ctx context.Context, p auth.Principal, id int64, parts Parts) (*Contact, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var c *Contact
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		c, err = getIn(ctx, v, id, parts)
		return err
	})
	return c, err
}

func getIn(ctx context.Context, v *store.View, id int64, parts Parts) (*Contact, error) {
	all, err := LoadIn(ctx, v, []int64{id}, parts)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Missing("the contact")
	}
	return all[0], nil
}

// LoadIn reads contacts by their ids, in that order, with the parts that are asked for: a fixed number of queries, however many contacts
// there are. Ids that are not there are left out.
func LoadIn(ctx context.Context, v *store.View, ids []int64, parts Parts) ([]*Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := v.Contact.Query().Where(entcontact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	by := make(map[int64]*Contact, len(rows))
	for _, r := range rows {
		by[r.ID] = &Contact{Contact: r}
	}
	for _, load := range []struct {
		part Parts
		f    func(context.Context, *store.View, []int64, map[int64]*Contact) error
	}{{Phones, loadPhones}, {Emails, loadEmails}, {Companies, companiesWith(parts)}, {Tags, loadTags}, {Answers, loadAnswers}, {Identities, loadIdentities},
		{Responsible, loadResponsible}} {
		if parts&load.part == 0 || len(by) == 0 {
			continue
		}
		if err := load.f(ctx, v, ids, by); err != nil {
			return nil, fmt.Errorf("read contacts: %w", err)
		}
	}
	all := make([]*Contact, 0, len(rows))
	for _, id := range ids {
		if c := by[id]; c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}

func loadPhones(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
	rows, err := v.ContactPhone.Query().Where(contactphone.ContactIDIn(ids...)).Order(contactphone.ByPosition(), contactphone.ByID()).All(ctx)
	for _, r := range rows {
		by[r.ContactID].Phones = append(by[r.ContactID].Phones, r)
	}
	return err
}

func loadEmails(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
	rows, err := v.ContactEmail.Query().Where(contactemail.ContactIDIn(ids...)).Order(contactemail.ByPosition(), contactemail.ByID()).All(ctx)
	for _, r := range rows {
		by[r.ContactID].Emails = append(by[r.ContactID].Emails, r)
	}
	return err
}

// companiesWith loads companies, with their answers where the parts have them.
func companiesWith(parts Parts) func(context.Context, *store.View, []int64, map[int64]*Contact) error {
	var own Parts
	if parts&CompanyAnswers != 0 {
		own = Answers
	}
	return func(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
		return loadCompanies(ctx, v, ids, by, own)
	}
}

func loadCompanies(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact, own Parts) error {
	rows, err := v.Employment.Query().Where(employment.ContactIDIn(ids...)).Order(employment.ByID()).All(ctx)
	if err != nil {
		return err
	}
	var need []int64
	for _, r := range rows {
		if !slices.Contains(need, r.CompanyID) {
			need = append(need, r.CompanyID)
		}
	}
	list, err := LoadCompaniesIn(ctx, v, need, own)
	if err != nil {
		return err
	}
	companies := make(map[int64]*Company, len(list))
	for _, c := range list {
		companies[c.ID] = c
	}
	for _, r := range rows {
		by[r.ContactID].Companies = append(by[r.ContactID].Companies, companies[r.CompanyID])
	}
	return nil
}

func loadTags(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
	tags, err := tagging.TaggedIn(ctx, v, ids)
	for id, list := range tags {
		by[id].Tags = list
	}
	return err
}

func loadAnswers(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
	answers, err := customfield.AnswersIn(ctx, v, entfield.TargetCONTACT, ids)
	for id, list := range answers {
		if c := by[id]; c != nil {
			c.Answers = list
		}
	}
	return err
}

func loadIdentities(ctx context.Context, v *store.View, ids []int64, by map[int64]*Contact) error {
	rows, err := v.Identity.Query().Where(identity.ContactIDIn(ids...)).Order(identity.ByID()).All(ctx)
	if err != nil {
		return err
	}
	all, err := identitiesOf(ctx, v, rows)
	if err != nil {
		return err
	}
	for _, i := range all {
		by[*i.ContactID].Identities = append(by[*i.ContactID].Identities, i)
	}
	return nil
}

// identitiesOf gives people on channels their channels' types and their conversations: two queries.
func identitiesOf(ctx context.Context, v *store.View, rows []*ent.Identity) ([]Identity, error) {
	var channels, people []int64
	for _, r := range rows {
		channels, people = append(channels, r.ChannelID), append(people, r.ID)
	}
	types, err := channelTypes(ctx, v, channels)
	if err != nil {
		return nil, err
	}
	list, err := v.Conversation.Query().Where(conversation.IdentityIDIn(people...)).All(ctx)
	if err != nil {
		return nil, err
	}
	conversations := make(map[int64]*ent.Conversation, len(list))
	for _, c := range list {
		conversations[*c.IdentityID] = c
	}
	all := make([]Identity, len(rows))
	for i, r := range rows {
		all[i] = Identity{Identity: r, ChannelType: types[r.ChannelID], Conversation: conversations[r.ID]}
	}
	return all, nil
}

func channelTypes(ctx context.Context, v *store.View, ids []int64) (map[int64]string, error) {
	rows, err := v.Channel.Query().Where(channel.IDIn(ids...)).Select(channel.FieldID, channel.FieldType).All(ctx)
	if err != nil {
		return nil, err
	}
	types := make(map[int64]string, len(rows))
	for _, c := range rows {
		types[c.ID] = string(c.Type)
	}
	return types, nil
}

func loadResponsible(ctx context.Context, v *store.View, _ []int64, by map[int64]*Contact) error {
	var ids []int64
	for _, c := range by {
		if c.ResponsibleID != nil {
			ids = append(ids, *c.ResponsibleID)
		}
	}
	rows, err := v.Agent.Query().Where(agent.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	agents := make(map[int64]*ent.Agent, len(rows))
	for _, a := range rows {
		agents[a.ID] = a
	}
	for _, c := range by {
		if c.ResponsibleID != nil {
			c.Responsible = agents[*c.ResponsibleID]
		}
	}
	return nil
}

// Identity reads a person on a channel; none is a fault of kind NotFound.
func (s *Service) Identity(ctx context.Context, p auth.Principal, id int64) (Identity, error) {
	if err := mayRead(p); err != nil {
		return Identity{}, err
	}
	var found Identity
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		row, err := v.Identity.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.Missing("the identity")
		}
		if err != nil {
			return fmt.Errorf("read identity %d: %w", id, err)
		}
		all, err := identitiesOf(ctx, v, []*ent.Identity{row})
		if err != nil {
			return fmt.Errorf("read identity %d: %w", id, err)
		}
		found = all[0]
		return nil
	})
	return found, err
}

// mayRead says whether the principal may read contacts: every agent of the team, and integrations with the scope.
func mayRead(p auth.Principal) error {
	return p.Need(auth.ReadContacts)
}

// mayEdit says whether the principal may change contacts.
func mayEdit(p auth.Principal) error {
	if err := p.Need(auth.WriteContacts); err != nil {
		return err
	}
	if !p.Role.IsManager() && !p.Has(auth.SendMessages) {
		return fault.New(fault.Forbidden, "contacts are changed by managers and by those who may answer customers")
	}
	return nil
}
