package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// contactLoaders find the objects around contacts for node and nodes.
func (r *Resolver) contactLoaders() map[id.Kind]loader {
	return map[id.Kind]loader{
		id.Contact: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			return r.contactByID(ctx, p, n)
		}),
		id.Company: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			return r.companyByID(ctx, p, n)
		}),
		id.Tag: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			t, err := r.Tagging.Get(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return tagModel(t), nil
		}),
		id.CustomField: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			f, err := r.Fields.Field(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return fieldModel(f), nil
		}),
		id.Category: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			c, err := r.Fields.Category(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return categoryModel(c), nil
		}),
		id.Identity: own(func(ctx context.Context, p auth.Principal, n int64) (model.Node, error) {
			i, err := r.Contacts.Identity(ctx, p, n)
			if err != nil {
				return nil, err
			}
			return seenIdentity(p, i), nil
		}),
	}
}

// contactID reads a contact's global id.
func contactID(s string) (int64, error) { return id.Parse(id.Contact, s) }

// companyID reads a company's global id.
func companyID(s string) (int64, error) { return id.Parse(id.Company, s) }

// companyByID is a company with what the operation selects of it; none is a fault of kind NotFound.
func (r *Resolver) companyByID(ctx context.Context, p auth.Principal, n int64) (*model.Company, error) {
	c, err := r.Contacts.Company(ctx, p, n, companyParts(ctx))
	if err != nil {
		return nil, err
	}
	return companyModel(c), nil
}

func (r *Resolver) companyCreate(ctx context.Context, p auth.Principal, in model.CompanyCreateInput) (*contact.Company, event.Cursor, error) {
	answers, err := fieldAnswers(in.CustomFields)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return r.Contacts.CreateCompany(ctx, p, contact.CreateCompanyInput{IdempotencyKey: given(in.IdempotencyKey.Value(), ""),
		CompanyFields: contact.CompanyFields{Name: contact.Given(in.Name), Number: change(in.Number), CustomFields: answers}})
}

func (r *Resolver) companyUpdate(ctx context.Context, p auth.Principal, in model.CompanyUpdateInput) (*contact.Company, event.Cursor, error) {
	n, err := id.Parse(id.Company, in.CompanyID)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	answers, err := fieldAnswers(in.CustomFields)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return r.Contacts.UpdateCompany(ctx, p, contact.UpdateCompanyInput{ID: n,
		CompanyFields: contact.CompanyFields{Name: change(in.Name), Number: change(in.Number), CustomFields: answers}})
}

// contactCreated answers contactCreate.
func contactCreated(p auth.Principal, c *contact.Contact, at event.Cursor, err error) (*model.ContactCreatePayload, error) {
	errs, err := userErrors(err)
	if c == nil {
		return &model.ContactCreatePayload{UserErrors: errs}, err
	}
	return &model.ContactCreatePayload{Contact: contactModel(p, c), UserErrors: errs, Cursor: cursorOf(at)}, err
}

func (r *Resolver) contactUpdate(ctx context.Context, p auth.Principal, in model.ContactUpdateInput) (*contact.Contact, event.Cursor, error) {
	n, err := contactID(in.ContactID)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	fields, err := contactFields(in)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return r.Contacts.Update(ctx, p, contact.UpdateInput{ID: n, Fields: fields})
}

// contactSetBlocked blocks a contact, or lets it write again.
func (r *Resolver) contactSetBlocked(ctx context.Context, p auth.Principal, of string, isBlocked bool) (*model.Contact, event.Cursor, error) {
	n, err := contactID(of)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	c, at, err := r.Contacts.SetBlocked(ctx, p, n, isBlocked)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return contactModel(p, c), at, nil
}

// contactAfter is the contact after a change: nil for an integration that may change contacts and not read them, or where the contact went
// since. The change stands.
func (r *Resolver) contactAfter(ctx context.Context, p auth.Principal, n int64) (*model.Contact, error) {
	c, err := r.contactByID(ctx, p, n)
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // the payload's contact is null
	}
	return c, err
}

func (r *Resolver) contactTag(ctx context.Context, p auth.Principal, in model.ContactTagInput) (tagging.Result, *model.Contact, event.Cursor, error) {
	t := tagging.TagInput{Name: in.Name.Value(), ConfirmAgain: given(in.ConfirmAgain.Value(), false)}
	var err error
	if t.ContactID, err = contactID(in.ContactID); err != nil {
		return tagging.Result{}, nil, event.Cursor{}, err
	}
	if s := in.TagID.Value(); s != nil {
		n, err := id.Parse(id.Tag, *s)
		if err != nil {
			return tagging.Result{}, nil, event.Cursor{}, err
		}
		t.TagID = &n
	}
	done, at, err := r.Tagging.Tag(ctx, p, t)
	if err != nil {
		return done, nil, at, err
	}
	c, err := r.contactAfter(ctx, p, t.ContactID)
	return done, c, at, err
}

func (r *Resolver) contactUntag(ctx context.Context, p auth.Principal, in model.ContactUntagInput) (*model.Contact, event.Cursor, error) {
	n, err := contactID(in.ContactID)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	t, err := id.Parse(id.Tag, in.TagID)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	at, err := r.Tagging.Untag(ctx, p, n, t)
	if err != nil {
		return nil, at, err
	}
	c, err := r.contactAfter(ctx, p, n)
	return c, at, err
}

func (r *Resolver) customFieldUpdate(ctx context.Context, p auth.Principal, in model.CustomFieldUpdateInput) (customfield.Field, event.Cursor, error) {
	u := customfield.UpdateInput{Name: in.Name.Value(), Position: in.Position.Value()}
	var err error
	if u.ID, err = id.Parse(id.CustomField, in.FieldID); err != nil {
		return customfield.Field{}, event.Cursor{}, err
	}
	if s := in.CategoryID.Value(); s != nil {
		n, err := id.Parse(id.Category, *s)
		if err != nil {
			return customfield.Field{}, event.Cursor{}, err
		}
		u.CategoryID = &n
	}
	if in.Options.Value() != nil {
		options := optionInputs(in.Options)
		u.Options = &options
	}
	return r.Fields.Update(ctx, p, u)
}
