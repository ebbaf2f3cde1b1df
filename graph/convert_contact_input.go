package graph

import (
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// contactQuery reads the arguments that say which contacts are listed and how.
func contactQuery(f *model.ContactFilter, sort *model.ContactSort, direction *model.SortDirection) (contact.Query, error) {
	q := contact.Query{Sort: contact.Sort(given(sort, model.ContactSortCreatedAt)), IsDescending: given(direction, model.SortDirectionDesc) == model.SortDirectionDesc}
	if f == nil {
		return q, nil
	}
	r := criteriaReader{}
	q.Criteria = r.read(f, "filter", 1)
	return q, r.err
}

// criteriaReader reads a tree of filters of contacts and keeps the first mistake.
type criteriaReader struct{ filterReader }

func (r *criteriaReader) read(in *model.ContactFilter, path string, depth int) contact.Criteria {
	var c contact.Criteria
	if depth > 10 {
		r.fail(fault.Input(path, "a filter is at most 10 levels deep"))
		return c
	}
	c.And = r.below(in.And, path+".and", depth)
	c.Or = r.below(in.Or, path+".or", depth)
	if n := in.Not.Value(); n != nil {
		x := r.read(n, path+".not", depth+1)
		c.Not = &x
	}
	c.IDs = r.ids(id.Contact, in.Ids, path+".ids")
	c.Genders = enums(in.Genders)
	if d := in.BirthAt.Value(); d != nil {
		c.BirthAt = &contact.DateRange{From: d.From.Value(), To: d.To.Value()}
	}
	c.BirthMonths = in.BirthMonths.Value()
	c.NamePrefix = in.NamePrefix.Value()
	c.Name = textCriterion(in.Name)
	c.CustomFields = r.conditions(in.CustomFields, path)
	c.Phone, c.Email, c.IdentityNo, c.MembershipNo = in.Phone.Value(), in.Email.Value(), in.IdentityNo.Value(), in.MembershipNo.Value()
	c.CreatedAt, c.UpdatedAt = timeRange(in.CreatedAt), timeRange(in.UpdatedAt)
	c.Tags = r.set(id.Tag, in.Tags, path+".tags")
	c.Companies = r.set(id.Company, in.Companies, path+".companies")
	c.ChannelIDs = r.ids(id.Channel, in.ChannelIds, path+".channelIds")
	c.ChannelTypes = enums(in.ChannelTypes)
	c.ResponsibleAgentIDs = r.ids(id.Agent, in.ResponsibleAgentIds, path+".responsibleAgentIds")
	c.HasResponsibleAgent, c.IsBlocked, c.Text = in.HasResponsibleAgent.Value(), in.IsBlocked.Value(), in.Text.Value()
	return c
}

func (r *criteriaReader) below(in graphql.Omittable[[]*model.ContactFilter], path string, depth int) []contact.Criteria {
	all := in.Value()
	if all == nil {
		return nil
	}
	out := make([]contact.Criteria, len(all))
	for i, x := range all {
		out[i] = r.read(x, path+"["+strconv.Itoa(i)+"]", depth+1)
	}
	return out
}

// conditions reads conditions on custom fields.
func (r *criteriaReader) conditions(in graphql.Omittable[[]*model.CustomFieldCondition], path string) []contact.FieldCriterion {
	var all []contact.FieldCriterion
	for i, x := range in.Value() {
		all = append(all, contact.FieldCriterion{FieldID: r.id(id.CustomField, x.FieldID, path+".customFields["+strconv.Itoa(i)+"].fieldId"),
			Op: customfield.Op(x.Op), Value: fieldInput(x.Value.Value())})
	}
	return all
}

func textCriterion(in graphql.Omittable[*model.TextFilter]) *contact.TextCriterion {
	n := in.Value()
	if n == nil {
		return nil
	}
	return &contact.TextCriterion{Eq: n.Eq.Value(), Prefix: n.Prefix.Value(), Contains: n.Contains.Value(), IsEmpty: n.IsEmpty.Value()}
}

// companyCriteria reads which companies are listed.
func companyCriteria(f *model.CompanyFilter) (contact.CompanyCriteria, error) {
	if f == nil {
		return contact.CompanyCriteria{}, nil
	}
	r := criteriaReader{}
	c := r.company(f, "filter", 1)
	return c, r.err
}

func (r *criteriaReader) company(in *model.CompanyFilter, path string, depth int) contact.CompanyCriteria {
	var c contact.CompanyCriteria
	if depth > 10 {
		r.fail(fault.Input(path, "a filter is at most 10 levels deep"))
		return c
	}
	c.And = r.companies(in.And, path+".and", depth)
	c.Or = r.companies(in.Or, path+".or", depth)
	if n := in.Not.Value(); n != nil {
		x := r.company(n, path+".not", depth+1)
		c.Not = &x
	}
	c.IDs = r.ids(id.Company, in.Ids, path+".ids")
	c.NamePrefix, c.Name, c.Number, c.Text = in.NamePrefix.Value(), textCriterion(in.Name), in.Number.Value(), in.Text.Value()
	c.ContactIDs = r.ids(id.Contact, in.ContactIds, path+".contactIds")
	c.CustomFields = r.conditions(in.CustomFields, path)
	c.CreatedAt, c.UpdatedAt = timeRange(in.CreatedAt), timeRange(in.UpdatedAt)
	return c
}

func (r *criteriaReader) companies(in graphql.Omittable[[]*model.CompanyFilter], path string, depth int) []contact.CompanyCriteria {
	all := in.Value()
	if all == nil {
		return nil
	}
	out := make([]contact.CompanyCriteria, len(all))
	for i, x := range all {
		out[i] = r.company(x, path+"["+strconv.Itoa(i)+"]", depth+1)
	}
	return out
}

func (r *criteriaReader) id(k id.Kind, s, path string) int64 {
	n, err := id.Parse(k, s)
	if err != nil {
		r.fail(fault.Input(path, "this is not an id of this kind"))
	}
	return n
}

func (r *criteriaReader) set(k id.Kind, in graphql.Omittable[*model.IDSetFilter], path string) *contact.SetCriterion {
	s := in.Value()
	if s == nil {
		return nil
	}
	return &contact.SetCriterion{Any: r.ids(k, s.Any, path+".any"), All: r.ids(k, s.All, path+".all"), None: r.ids(k, s.None, path+".none")}
}

func timeRange(in graphql.Omittable[*model.DateTimeRange]) *contact.TimeRange {
	t := in.Value()
	if t == nil {
		return nil
	}
	return &contact.TimeRange{From: t.From.Value(), To: t.To.Value()}
}

// fieldInput reads a value for a custom field; nil for none.
func fieldInput(v *model.CustomFieldValueInput) *customfield.Input {
	if v == nil {
		return nil
	}
	in := &customfield.Input{Text: v.Text.Value(), Number: v.Number.Value(), Date: v.Date.Value(), DateTime: v.DateTime.Value(), Boolean: v.Boolean.Value(),
		Option: v.Option.Value(), Options: v.Options.Value(), Texts: v.Texts.Value(), Numbers: v.Numbers.Value(), Dates: v.Dates.Value()}
	if all := v.DateTimes.Value(); all != nil {
		in.DateTimes = make([]time.Time, len(all))
		for i, t := range all {
			in.DateTimes[i] = *t
		}
	}
	return in
}

// change is what an optional input does to a field: null clears.
func change[T any](in graphql.Omittable[*T]) contact.Change[T] {
	return contact.Change[T]{IsGiven: in.IsSet(), Value: in.Value()}
}

// changeAll is change of a list.
func changeAll[T any](in graphql.Omittable[[]T]) contact.Change[[]T] {
	c := contact.Change[[]T]{IsGiven: in.IsSet()}
	if all := in.Value(); all != nil {
		c.Value = &all
	}
	return c
}

// changeIDs is change of a list of ids. One that cannot be an id is a fault of kind NotFound, the same as one of nothing.
func changeIDs(k id.Kind, in graphql.Omittable[[]string], field string) (contact.Change[[]int64], error) {
	c := contact.Change[[]int64]{IsGiven: in.IsSet()}
	if all := in.Value(); all != nil {
		ids, err := id.ParseAll(k, all)
		if err != nil {
			f := *fault.As(err)
			f.Field = field
			return c, &f
		}
		c.Value = &ids
	}
	return c, nil
}

// contactFields reads what is changed of a contact. The inputs of contactCreate and contactUpdate differ only in the first name.
func contactFields(in model.ContactUpdateInput) (contact.Fields, error) {
	f := contact.Fields{
		FirstName: change(in.FirstName), LastName: change(in.LastName), MembershipNo: change(in.MembershipNo), IdentityNo: change(in.IdentityNo),
		Note: change(in.Note), MembershipLevel: change(in.MembershipLevel), BirthAt: change(in.BirthAt), Phones: changeAll(in.Phones), Emails: changeAll(in.Emails),
		Gender: contact.Change[entcontact.Gender]{IsGiven: in.Gender.IsSet(), Value: (*entcontact.Gender)(in.Gender.Value())},
	}
	var err error
	if f.CompanyIDs, err = changeIDs(id.Company, in.CompanyIds, "companyIds"); err != nil {
		return f, err
	}
	if f.TagIDs, err = changeIDs(id.Tag, in.TagIds, "tagIds"); err != nil {
		return f, err
	}
	f.ResponsibleID.IsGiven = in.ResponsibleAgentID.IsSet()
	if s := in.ResponsibleAgentID.Value(); s != nil {
		n, err := id.Parse(id.Agent, *s)
		if err != nil {
			return f, err
		}
		f.ResponsibleID.Value = &n
	}
	if f.CustomFields, err = fieldAnswers(in.CustomFields); err != nil {
		return f, err
	}
	if f.Addresses.IsGiven = in.Addresses.IsSet(); in.Addresses.Value() != nil {
		all := []contact.Address{}
		for _, a := range in.Addresses.Value() {
			all = append(all, contact.Address{Name: given(a.Name.Value(), ""), Phone: given(a.Phone.Value(), ""), Country: given(a.Country.Value(), ""),
				Postcode: given(a.Postcode.Value(), ""), City: given(a.City.Value(), ""), Line: a.Line})
		}
		f.Addresses.Value = &all
	}
	return f, nil
}

// fieldAnswers reads answers to custom fields. An id that cannot be a field's is a fault of kind NotFound, the same as one of nothing.
func fieldAnswers(in graphql.Omittable[[]*model.CustomFieldAnswerInput]) ([]customfield.AnswerInput, error) {
	var all []customfield.AnswerInput
	for i, a := range in.Value() {
		n, err := id.Parse(id.CustomField, a.FieldID)
		if err != nil {
			f := *fault.As(err)
			f.Field = "customFields[" + strconv.Itoa(i) + "].fieldId"
			return nil, &f
		}
		all = append(all, customfield.AnswerInput{FieldID: n, Value: fieldInput(a.Value.Value())})
	}
	return all, nil
}

// createFields reads what is known of a new contact.
func createFields(in model.ContactCreateInput) (contact.Fields, error) {
	return contactFields(model.ContactUpdateInput{
		FirstName: graphql.OmittableOf(&in.FirstName), LastName: in.LastName, MembershipNo: in.MembershipNo, IdentityNo: in.IdentityNo, Gender: in.Gender,
		BirthAt: in.BirthAt, Phones: in.Phones, Emails: in.Emails, CompanyIds: in.CompanyIds, TagIds: in.TagIds, CustomFields: in.CustomFields, Note: in.Note,
		MembershipLevel: in.MembershipLevel, ResponsibleAgentID: in.ResponsibleAgentID, Addresses: in.Addresses,
	})
}

// optionInputs reads the options of a choice; nil where they are left out.
func optionInputs(in graphql.Omittable[[]*model.CustomFieldOptionInput]) []customfield.Option {
	var out []customfield.Option
	for _, o := range in.Value() {
		out = append(out, customfield.Option{ID: given(o.ID.Value(), ""), Label: o.Label})
	}
	return out
}
