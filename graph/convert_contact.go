package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// contactParts finds out what the operation selects of contacts below the field that is resolved.
func contactParts(ctx context.Context) contact.Parts {
	fields := selected(ctx, "Contact")
	var parts contact.Parts
	for name, part := range map[string]contact.Parts{"phones": contact.Phones, "emails": contact.Emails, "companies": contact.Companies, "tags": contact.Tags,
		"customFields": contact.Answers, "identities": contact.Identities, "responsibleAgent": contact.Responsible} {
		if fields[name] {
			parts |= part
		}
	}
	if fields["companies"] && companyParts(ctx)&contact.Answers != 0 {
		parts |= contact.CompanyAnswers
	}
	return parts
}

// companyParts finds out what the operation selects of companies below the field that is resolved.
func companyParts(ctx context.Context) contact.Parts {
	if selected(ctx, "Company")["customFields"] {
		return contact.Answers
	}
	return 0
}

// contactsIn reads contacts for the rows of a list, by their ids, with these parts of them.
func (r *Resolver) contactsIn(ctx context.Context, v *store.View, p auth.Principal, ids []int64, parts contact.Parts) (map[int64]*model.Contact, error) {
	if !p.May(auth.ReadContacts) {
		return nil, nil //nolint:nilnil // rows without their contacts
	}
	all, err := contact.LoadIn(ctx, v, ids, parts)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*model.Contact, len(all))
	for _, c := range all {
		out[c.ID] = contactModel(p, c)
	}
	return out, nil
}

// contactByID is a contact with what the operation selects of it; none is a fault of kind NotFound.
func (r *Resolver) contactByID(ctx context.Context, p auth.Principal, n int64) (*model.Contact, error) {
	c, err := r.Contacts.Get(ctx, p, n, contactParts(ctx))
	if err != nil {
		return nil, err
	}
	return contactModel(p, c), nil
}

// contactModel is a contact as the viewer sees it.
func contactModel(p auth.Principal, c *contact.Contact) *model.Contact {
	show := func(s string) string {
		if p.Has(auth.SeePersonalData) {
			return s
		}
		return contact.Mask(s)
	}
	m := &model.Contact{
		ID: id.Format(id.Contact, c.ID), Version: c.Version, FirstName: c.FirstName, LastName: c.LastName, Name: c.Name,
		MembershipNo: textOrNil(c.MembershipNo), IdentityNo: textOrNil(show(c.IdentityNo)), Gender: model.Gender(c.Gender), BirthAt: textOrNil(c.BirthAt),
		Phones: make([]*model.ContactPhone, len(c.Phones)), Emails: make([]string, len(c.Emails)), Companies: make([]*model.Company, len(c.Companies)),
		Tags: make([]*model.ContactTag, len(c.Tags)), TagCount: len(c.TagIds), CustomFields: make([]*model.ContactCustomField, len(c.Answers)),
		Note: c.Note, MembershipLevel: textOrNil(c.MembershipLevel), ResponsibleAgent: agentSummary(c.Responsible),
		Identities: make([]*model.Identity, len(c.Identities)), IsBlocked: c.IsBlocked, PictureURL: textOrNil(c.PictureURL),
		Addresses: make([]*model.ContactAddress, len(c.Addresses)), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	for i, x := range c.Phones {
		m.Phones[i] = &model.ContactPhone{Typed: show(x.Typed), E164: textOrNil(show(x.E164))}
	}
	for i, x := range c.Emails {
		m.Emails[i] = x.Email
	}
	for i, x := range c.Companies {
		m.Companies[i] = companyModel(x)
	}
	for i, x := range c.Tags {
		m.Tags[i] = taggedModel(x)
	}
	for i, x := range c.Answers {
		m.CustomFields[i] = &model.ContactCustomField{Field: *fieldModel(x.Field), Value: valueModel(x)}
	}
	for i, x := range c.Identities {
		m.Identities[i] = seenIdentity(p, x)
	}
	for i, x := range c.Addresses {
		m.Addresses[i] = &model.ContactAddress{Name: textOrNil(x["name"]), Phone: textOrNil(show(x["phone"])), Country: textOrNil(x["country"]),
			Postcode: textOrNil(x["postcode"]), City: textOrNil(x["city"]), Line: x["line"]}
	}
	return m
}

// seenIdentity is a person on a channel, with the conversation where the viewer may see it.
func seenIdentity(p auth.Principal, i contact.Identity) *model.Identity {
	var conversation int64
	if c := i.Conversation; c != nil && p.May(auth.ReadConversations) && row.Sees(p, row.Facets(c)) {
		conversation = c.ID
	}
	return identityModel(p, i.Identity, i.ChannelType, conversation)
}

// companyModel is a company.
func companyModel(c *contact.Company) *model.Company {
	m := &model.Company{ID: id.Format(id.Company, c.ID), Version: c.Version, Name: c.Name, Number: textOrNil(c.Number),
		CustomFields: make([]*model.CompanyCustomField, len(c.Answers)), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
	for i, x := range c.Answers {
		m.CustomFields[i] = &model.CompanyCustomField{Field: *fieldModel(x.Field), Value: valueModel(x)}
	}
	return m
}

// taggedModel is a tag as a contact carries it.
func taggedModel(t tagging.Tagged) *model.ContactTag {
	return &model.ContactTag{Tag: *tagModel(t.Tag), Count: t.Tagging.Count, FirstAt: t.Tagging.FirstAt, LastAt: t.Tagging.LastAt}
}

// categoryModel is a category of custom fields.
func categoryModel(c customfield.Category) *model.CustomFieldCategory {
	return &model.CustomFieldCategory{ID: id.Format(id.Category, c.ID), Version: c.Version, Name: c.Name, Position: c.Position}
}

// fieldModel is a custom field.
func fieldModel(f customfield.Field) *model.CustomField {
	m := &model.CustomField{ID: id.Format(id.CustomField, f.ID), Version: f.Version, Name: f.Name, Category: *categoryModel(f.Category),
		Target: model.CustomFieldTarget(f.Target), Type: model.CustomFieldType(f.Type), Options: make([]*model.CustomFieldOption, len(f.Options)), Position: f.Position}
	for i, o := range f.Options {
		m.Options[i] = &model.CustomFieldOption{ID: o.ID, Label: o.Label}
	}
	return m
}

// valueModel is an answer's value, by the type of its field; nil where it is unset.
func valueModel(a customfield.Answer) model.CustomFieldValue {
	v := a.Value
	if v == nil {
		return nil
	}
	var chosen []*model.CustomFieldOption
	for _, o := range a.Chosen() {
		chosen = append(chosen, &model.CustomFieldOption{ID: o.ID, Label: o.Label})
	}
	switch a.Field.Type {
	case "NUMBER":
		return &model.NumberValue{Number: v.Text}
	case "DATE":
		return &model.DateValue{Date: v.Text}
	case "DATETIME":
		return &model.DateTimeValue{DateTime: v.Time}
	case "BOOLEAN":
		return &model.BooleanValue{Boolean: v.Bool}
	case "SINGLE_CHOICE":
		return &model.OptionValue{Option: *chosen[0]}
	case "MULTI_CHOICE":
		return &model.OptionsValue{Options: chosen}
	default:
		return &model.TextValue{Text: v.Text}
	}
}

// contactConnection is a page of contacts.
func contactConnection(p auth.Principal, l contact.List) *model.ContactConnection {
	c := &model.ContactConnection{Edges: make([]*model.ContactEdge, len(l.Contacts)), Nodes: contactModels(p, l.Contacts), PageInfo: *pageInfo(l.Result),
		TotalCount: l.Total, TotalIsExact: l.IsExact, AsOf: l.AsOf.String()}
	for i, n := range c.Nodes {
		c.Edges[i] = &model.ContactEdge{Cursor: l.Cursors[i], Node: *n}
	}
	return c
}

func contactModels(p auth.Principal, all []*contact.Contact) []*model.Contact {
	out := make([]*model.Contact, len(all))
	for i, c := range all {
		out[i] = contactModel(p, c)
	}
	return out
}

// contactPage is a numbered page of contacts.
func contactPage(p auth.Principal, l contact.Page) *model.ContactPage {
	m := &model.ContactPage{Nodes: contactModels(p, l.Contacts), CurrentPage: l.Number, LastPage: l.Last(), PerPage: l.PerPage,
		Total: l.Total, TotalIsExact: l.IsExact, AsOf: l.AsOf.String()}
	if len(m.Nodes) > 0 {
		from, to := l.From(), l.To()
		m.From, m.To = &from, &to
	}
	return m
}

// tagConnection is a page of tags.
func tagConnection(all []*ent.Tag, at page.Result) *model.TagConnection {
	c := &model.TagConnection{Edges: make([]*model.TagEdge, len(all)), Nodes: make([]*model.Tag, len(all)), PageInfo: *pageInfo(at)}
	for i, t := range all {
		c.Nodes[i] = tagModel(t)
		c.Edges[i] = &model.TagEdge{Cursor: at.Cursors[i], Node: *c.Nodes[i]}
	}
	return c
}

// companyConnection is a page of companies.
func companyConnection(l contact.CompanyList) *model.CompanyConnection {
	c := &model.CompanyConnection{Edges: make([]*model.CompanyEdge, len(l.Companies)), Nodes: make([]*model.Company, len(l.Companies)), PageInfo: *pageInfo(l.Result),
		TotalCount: l.Total, TotalIsExact: l.IsExact, AsOf: l.AsOf.String()}
	for i, x := range l.Companies {
		c.Nodes[i] = companyModel(x)
		c.Edges[i] = &model.CompanyEdge{Cursor: l.Cursors[i], Node: *c.Nodes[i]}
	}
	return c
}
