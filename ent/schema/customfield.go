package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// Category groups custom fields.
type Category struct{ ent.Schema }

// Annotations documents the table.
func (Category) Annotations() []schema.Annotation {
	return documented("custom_field_categories", "Categories of custom fields (CONT-6).")
}

// Mixin makes it a team's.
func (Category) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a category.
func (Category) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.Int("position").Default(0).Comment("The order in which they are shown."),
	}
}

// Indexes of categories.
func (Category) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "name_folded").Unique()}
}

// CustomField is a field that a team defined.
type CustomField struct{ ent.Schema }

// Annotations documents the table.
func (CustomField) Annotations() []schema.Annotation {
	return documented("custom_fields", "Fields that a team defined for its contacts, companies and tickets (CONT-6).")
}

// Mixin makes it a team's.
func (CustomField) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a custom field.
func (CustomField) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("category_id").Comment("The category."),
		field.String("name").Comment("The name."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.Enum("target").Values("CONTACT", "COMPANY", "TICKET").Default("CONTACT").Immutable().Comment("What it describes."),
		field.Enum("type").Values("TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "URL", "EMAIL", "PHONE").
			Immutable().Comment("What values it takes."),
		field.JSON("options", []map[string]string{}).Optional().Comment("The options of a choice: id and label, in order."),
		field.Int("position").Default(0).Comment("The order in which they are shown."),
	}
}

// Edges of a custom field.
func (CustomField) Edges() []ent.Edge {
	return []ent.Edge{to("category", Category.Type, "category_id")}
}

// Indexes of custom fields.
func (CustomField) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "target", "name_folded").Unique()}
}

// CustomFieldValue is a contact's value of a custom field: one row, or a row for each option of a multi-choice.
type CustomFieldValue struct{ ent.Schema }

// Annotations documents the table.
func (CustomFieldValue) Annotations() []schema.Annotation {
	return documented("custom_field_values", "Contacts' values of custom fields, each in the column of its type, so that they compare as what they are (CONT-5).")
}

// Mixin makes it a team's value.
func (CustomFieldValue) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, FieldValue{}} }

// Fields of a value.
func (CustomFieldValue) Fields() []ent.Field {
	return []ent.Field{field.Int64("contact_id").Immutable().Comment("Whose value it is.")}
}

// Edges of a value.
func (CustomFieldValue) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("custom_field", CustomField.Type, "field_id"),
		immutableOwned("contact", Contact.Type, "contact_id"),
	}
}

// Indexes of values.
func (CustomFieldValue) Indexes() []ent.Index { return valueIndexes("contact_id") }

// CompanyFieldValue is a company's value of a custom field, kept as a contact's is.
type CompanyFieldValue struct{ ent.Schema }

// Annotations documents the table.
func (CompanyFieldValue) Annotations() []schema.Annotation {
	return documented("company_field_values", "Companies' values of custom fields, as contacts' are kept (CONT-5, CONT-17).")
}

// Mixin makes it a team's value.
func (CompanyFieldValue) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, FieldValue{}} }

// Fields of a company's value.
func (CompanyFieldValue) Fields() []ent.Field {
	return []ent.Field{field.Int64("company_id").Immutable().Comment("Whose value it is.")}
}

// Edges of a company's value.
func (CompanyFieldValue) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("custom_field", CustomField.Type, "field_id"),
		immutableOwned("company", Company.Type, "company_id"),
	}
}

// Indexes of companies' values.
func (CompanyFieldValue) Indexes() []ent.Index { return valueIndexes("company_id") }

// FieldValue is the mixin of values of custom fields: a table for each kind of holder, so that each refers to its holder and has its own
// indexes, all alike.
type FieldValue struct{ mixin.Schema }

// Fields adds the field and the columns of the types.
func (FieldValue) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("field_id").Immutable().Comment("The field."),
		field.Int("ordinal").Default(0).Immutable().Comment("The place among the options of a multi-choice; else 0."),
		field.Text("text_value").Optional().Nillable().Comment("TEXT, LONG_TEXT, URL, EMAIL, PHONE as given; NUMBER as its exact decimal."),
		field.String("key_value").Optional().Nillable().Comment("The first 200 characters of the text, an option's id, a date, or true or false: what is compared and indexed."),
		field.Float("number_value").Optional().Nillable().Comment("NUMBER, for comparison."),
		field.Time("time_value").Optional().Nillable().Comment("DATETIME."),
		field.Text("set_value").Optional().Nillable().Comment("MULTI_CHOICE: all chosen option ids, sorted and joined by commas, on every row."),
	}
}

// valueIndexes find a holder's values, and the holders of a value by each way of comparing.
func valueIndexes(holder string) []ent.Index {
	return []ent.Index{
		index.Fields("team_id", holder, "field_id", "ordinal").Unique(),
		index.Fields("team_id", "field_id", "key_value", holder),
		index.Fields("team_id", "field_id", "number_value", holder),
		index.Fields("team_id", "field_id", "time_value", holder),
	}
}

// Tag is a label for contacts.
type Tag struct{ ent.Schema }

// Annotations documents the table.
func (Tag) Annotations() []schema.Annotation {
	return documented("tags", "Labels for contacts (CONT-12).")
}

// Mixin makes it a team's.
func (Tag) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}, Stamped{}} }

// Fields of a tag.
func (Tag) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Comment("The name; spaces and signs count."),
		field.String("name_folded").Comment("The name folded for comparison."),
		field.String("colour").Comment("One of the palette."),
		field.Int("contact_count").Default(0).Comment("How many contacts carry it."),
	}
}

// Indexes of tags.
func (Tag) Indexes() []ent.Index { return []ent.Index{index.Fields("team_id", "name_folded").Unique()} }

// Tagging says that a contact carries a tag, and how often it was tagged (CONT-13).
type Tagging struct{ ent.Schema }

// Annotations documents the table.
func (Tagging) Annotations() []schema.Annotation {
	return documented("taggings", "Which contacts carry which tags, and how often they were tagged.")
}

// Mixin makes it a team's.
func (Tagging) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a tagging.
func (Tagging) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("tag_id").Immutable().Comment("The tag."),
		field.Int64("contact_id").Immutable().Comment("The contact."),
		field.Int("count").Default(1).Comment("How often the contact was tagged with it."),
		field.Time("first_at").Immutable().Comment("When it was first tagged."),
		field.Time("last_at").Comment("When it was last tagged."),
	}
}

// Edges of a tagging.
func (Tagging) Edges() []ent.Edge {
	return []ent.Edge{
		immutableOwned("tag", Tag.Type, "tag_id"),
		immutableOwned("contact", Contact.Type, "contact_id"),
	}
}

// Indexes of taggings.
func (Tagging) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("team_id", "contact_id", "tag_id").Unique(),
		index.Fields("team_id", "tag_id", "contact_id"),
	}
}
