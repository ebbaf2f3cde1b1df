package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// File is something stored: uploaded by somebody, or fetched from a platform.
type File struct{ ent.Schema }

// Annotations documents the table.
func (File) Annotations() []schema.Annotation {
	return documented("files", "Stored files: what was uploaded and what was fetched from platforms (CHAN-14). The bytes lie in the file store.")
}

// Mixin makes it a team's.
func (File) Mixin() []ent.Mixin { return []ent.Mixin{TeamOwned{}} }

// Fields of a file.
func (File) Fields() []ent.Field {
	return []ent.Field{
		field.String("author").Immutable().Comment("Who brought it: agent:5, token:7, visitor:3, channel:2."),
		field.String("name").Default("").Immutable().Comment("The file's name, as given."),
		field.String("content_type").Immutable().Comment("The type, by content."),
		field.Int64("size").Immutable().Comment("Bytes."),
		field.String("sha256").Immutable().Comment("SHA-256 of the bytes, in hexadecimal."),
		field.Int("width").Default(0).Immutable().Comment("Pixels; 0 where it is no picture."),
		field.Int("height").Default(0).Immutable().Comment("Pixels; 0 where it is no picture."),
		field.Int64("duration_ms").Default(0).Immutable().Comment("Length of sound and film, milliseconds; 0 where unknown."),
		field.String("blob_key").Immutable().Unique().Sensitive().Comment("Under what the bytes lie in the file store."),
		field.String("preview_key").Default("").Immutable().Sensitive().Comment("Under what its small picture lies in the file store; empty for none."),
		field.String("preview_type").Default("").Immutable().Comment("The type of its small picture."),
		field.Int64("preview_size").Default(0).Immutable().Comment("Bytes of its small picture."),
		field.Time("expires_at").Optional().Nillable().Comment("When it goes, unless a message uses it by then; NULL once one does."),
		field.Time("created_at").Immutable().Comment("When it was stored."),
	}
}

// Indexes of files.
func (File) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }
