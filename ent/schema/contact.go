package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Contact is a customer.
type Contact struct{ ent.Schema }

// Annotations documents the table.
func (Contact) Annotations() []schema.Annotation {
	return documented("contacts", "Customers (CONT-1).")
}

// Mixin makes it a team's.
func (Contact) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a contact.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		field.String("first_name").Comment("The family name in the original's pages; the first part of the shown name."),
		field.String("last_name").Default("").Comment("The second part of the shown name."),
		field.String("name").Comment("What is shown: first name, a space, last name."),
		field.String("name_folded").Comment("The shown name folded for comparison."),
		field.String("membership_no").Default("").Comment("The brand's own number for the customer."),
		field.String("membership_folded").Default("").Comment("The membership number folded for comparison."),
		field.String("identity_no").Default("").Comment("The national identity number."),
		field.Enum("gender").Values("MALE", "FEMALE", "UNDISCLOSED").Default("UNDISCLOSED").Comment("CONT-2."),
		field.String("birth_at").Default("").Comment("Date of birth as YYYY-MM-DD; empty is unknown."),
		field.Int("birth_month").Default(0).Comment("1 to 12; 0 is unknown."),
		field.Text("note").Default("").Comment("What agents noted."),
		field.Text("note_folded").Default("").Comment("The note folded for comparison."),
		field.String("membership_level").Default("").Comment("The brand's own level of the customer."),
		field.Int64("responsible_id").Optional().Nillable().Comment("The responsible agent."),
		field.Bool("is_blocked").Default(false).Comment("Whether the team blocked the contact."),
		field.String("picture_url").Default("").Comment("A picture, from a platform's profile."),
		field.JSON("tag_ids", []int64{}).Optional().Comment("The tags, in order of first tagging: a copy for the rows of lists."),
		field.JSON("addresses", []map[string]string{}).Optional().Comment("Delivery addresses: name, phone, country, postcode, city, line."),
	}
}

// Edges of a contact.
func (Contact) Edges() []ent.Edge {
	return []ent.Edge{toOptional("responsible", Agent.Type, "responsible_id")}
}

// Indexes of contacts.
func (Contact) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "name_folded", "id"),
		index.Fields("team_id", "created_at", "id"),
		index.Fields("team_id", "updated_at", "id"),
		index.Fields("team_id", "membership_no"),
		index.Fields("team_id", "identity_no"),
		index.Fields("team_id", "birth_month"),
		index.Fields("team_id", "birth_at"),
		index.Fields("team_id", "responsible_id"),
	}
}

// ContactPhone is a phone number of a contact.
type ContactPhone struct{ ent.Schema }

// Annotations documents the table.
func (ContactPhone) Annotations() []schema.Annotation {
	return documented("contact_phones", "Phone numbers of contacts, as typed and in E.164 (CONT-15).")
}

// Mixin makes it a team's.
func (ContactPhone) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a phone.
func (ContactPhone) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("contact_id").Immutable().Comment("Whose it is."),
		field.String("typed").Comment("As it was typed."),
		field.String("e164").Default("").Comment("In E.164; empty where it is no valid number."),
		field.String("digits").Comment("The typed digits alone, for numbers that are not valid."),
		field.Int("position").Default(0).Comment("The order in which they are shown."),
	}
}

// Edges of a phone.
func (ContactPhone) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("contact", Contact.Type, "contact_id")}
}

// Indexes of phones.
func (ContactPhone) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "contact_id"),
		index.Fields("team_id", "e164"),
		index.Fields("team_id", "digits"),
	}
}

// ContactEmail is an email address of a contact.
type ContactEmail struct{ ent.Schema }

// Annotations documents the table.
func (ContactEmail) Annotations() []schema.Annotation {
	return documented("contact_emails", "Email addresses of contacts.")
}

// Mixin makes it a team's.
func (ContactEmail) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an email address.
func (ContactEmail) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("contact_id").Immutable().Comment("Whose it is."),
		field.String("email").Comment("As it was typed."),
		field.String("email_folded").Comment("Folded for comparison."),
		field.Int("position").Default(0).Comment("The order in which they are shown."),
	}
}

// Edges of an email address.
func (ContactEmail) Edges() []ent.Edge {
	return []ent.Edge{immutableOwned("contact", Contact.Type, "contact_id")}
}

// Indexes of email addresses.
func (ContactEmail) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "contact_id"), index.Fields("team_id", "email_folded")}
}

// Company is a company to which contacts belong (CONT-17).
type Company struct{ ent.Schema }

// Annotations documents the table.
func (Company) Annotations() []schema.Annotation {
	return documented("companies", "Companies to which contacts belong (CONT-17).")
}

// Mixin makes it a team's.
func (Company) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a company.
func (Company) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.String("number").Default("").Comment("The brand's own number for it."),
	}
}

// Indexes of companies.
func (Company) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "name_folded", "id"), index.Fields("team_id", "number")}
}

// Employment says that a contact belongs to a company.
type Employment struct{ ent.Schema }

// Annotations documents the table.
func (Employment) Annotations() []schema.Annotation {
	return documented("employments", "Which contacts belong to which companies.")
}

// Mixin makes it a team's.
func (Employment) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of an employment.
func (Employment) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("contact_id").Immutable().Comment("The contact."),
		field.Int64("company_id").Immutable().Comment("The company."),
	}
}

// Edges of an employment.
func (Employment) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("contact", Contact.Type, "contact_id"),
		immutableOwned("company", Company.Type, "company_id"),
	}
}

// Indexes of employments.
func (Employment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "contact_id", "company_id").Unique(),
		index.Fields("team_id", "company_id", "contact_id"),
	}
}

// Identity is a person on one channel: the platform's user (CONT-9).
type Identity struct{ ent.Schema }

// Annotations documents the table.
func (Identity) Annotations() []schema.Annotation {
	return documented("identities", "People as a channel knows them; bound to a contact, or to none after it was deleted (CONT-9).")
}

// Mixin makes it a team's.
func (Identity) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of an identity.
func (Identity) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("channel_id").Immutable().Comment("The channel."),
		field.String("platform_user_id").Immutable().Comment("The platform's id of the person on this channel."),
		field.Int64("contact_id").Optional().Nillable().Comment("The contact; NULL once it was deleted."),
		field.String("display_name").Default("").Comment("The name on the platform."),
		field.String("picture_url").Default("").Comment("The picture on the platform."),
		field.String("status_message").Default("").Comment("The person's own line on the platform."),
		field.String("language").Default("").Comment("The language set on the platform."),
		field.Enum("reach").Values("REACHABLE", "BLOCKED", "UNKNOWN").Default("UNKNOWN").Comment("BLOCKED: the person blocked the account."),
		field.Bool("is_blocked").Default(false).Comment("Whether the team blocked the person."),
		field.Time("profile_fetched_at").Optional().Nillable().Comment("When the profile was last asked for, found or not (CHAN-13)."),
		field.Time("first_seen_at").Immutable().Comment("When the person was first seen."),
		field.Time("wrote_at").Optional().Nillable().Comment("When the person wrote its first message ever (CHAN-5); NULL for none, and for who wrote before that was noted."),
	}
}

// Edges of an identity.
func (Identity) Edges() []ent.Edge {
	return []ent.Edge{
		toImmutable("channel", Channel.Type, "channel_id"),
		toOptional("contact", Contact.Type, "contact_id"),
	}
}

// Indexes of identities.
func (Identity) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "channel_id", "platform_user_id").Unique(),
		index.Fields("team_id", "contact_id"),
	}
}
