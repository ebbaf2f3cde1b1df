// Package tagging keeps tags and which contacts carry them (CONT-12, CONT-13).
package tagging

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	enttag "github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Palette are the colours of tags. Two tags may share one.
var Palette = []string{"GREY", "RED", "ORANGE", "YELLOW", "GREEN", "TEAL", "BLUE", "INDIGO", "PURPLE", "PINK"}

// maxName is how many characters a tag's name has at most.
const maxName = 40

// Service keeps tags. It is safe for concurrent use.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// CreateInput is a new tag. An empty colour is chosen by the name.
type CreateInput struct {
	Name, Colour   string
	IdempotencyKey string `json:"-"`
}

// Create makes a tag. A name that the team has, in any case, is a fault of kind Conflict; spaces and signs count (CONT-12).
func (s *Service) Create(ctx context.Context, p auth.Principal, in CreateInput) (*ent.Tag, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	name, err := input.Line("name", in.Name, maxName)
	if err != nil {
		return nil, event.Cursor{}, err
	}
	if in.Colour == "" {
		in.Colour = colour(name)
	} else if !slices.Contains(Palette, in.Colour) {
		return nil, event.Cursor{}, fault.Input("colour", "this is no colour of the palette")
	}
	var made *ent.Tag
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "tagCreate", in, func() (int64, error) {
			id, isNew, err := ensure(ctx, tx, name, in.Colour, p.Actor())
			if err == nil && !isNew {
				return 0, taken(nil, name)
			}
			return id, err
		})
		if err != nil {
			return err
		}
		made, err = get(ctx, &tx.View, id)
		return err
	})
	return made, at, err
}

// ensure finds the tag of a name, or makes it and says so. The unique index decides between callers at the same time.
func ensure(ctx context.Context, tx *store.Tx, name, colour string, by event.Actor) (id int64, isNew bool, err error) {
	n, err := tx.Exec(ctx, `INSERT INTO tags (team_id, version, created_at, updated_at, name, name_folded, colour, contact_count)
		VALUES (?, 1, ?, ?, ?, ?, ?, 0) ON CONFLICT (team_id, name_folded) DO NOTHING`, tx.Team, tx.Now, tx.Now, name, text.Fold(name), colour)
	if err != nil {
		return 0, false, fmt.Errorf("create tag: %w", err)
	}
	if id, err = tx.Tag.Query().Where(enttag.NameFolded(text.Fold(name))).OnlyID(ctx); err != nil {
		return 0, false, fmt.Errorf("find tag: %w", err)
	}
	if n > 0 {
		tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: id, ObjectVersion: 1, Actor: by})
	}
	return id, n > 0, nil
}

// colour chooses a colour by the name, so that the same name always looks the same.
func colour(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text.Fold(name)))
	return Palette[int(h.Sum32()%uint32(len(Palette)))]
}

// UpdateInput changes a tag; what is nil stays.
type UpdateInput struct {
	ID           int64
	Name, Colour *string
}

// Update changes a tag's name or colour: everywhere, because rows refer to it.
func (s *Service) Update(ctx context.Context, p auth.Principal, in UpdateInput) (*ent.Tag, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	var made *ent.Tag
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Tag.UpdateOneID(in.ID)
		name := ""
		if in.Name != nil {
			var err error
			if name, err = input.Line("name", *in.Name, maxName); err != nil {
				return err
			}
			u.SetName(name).SetNameFolded(text.Fold(name))
		}
		if in.Colour != nil {
			if !slices.Contains(Palette, *in.Colour) {
				return fault.Input("colour", "this is no colour of the palette")
			}
			u.SetColour(*in.Colour)
		}
		var err error
		made, err = changed(ctx, tx, u, p.Actor())
		if sqlgraph.IsUniqueConstraintError(err) {
			return taken(err, name)
		}
		return err
	})
	return made, at, err
}

// changed saves a change of a tag with its version, time and event.
func changed(ctx context.Context, tx *store.Tx, u *ent.TagUpdateOne, by event.Actor) (*ent.Tag, error) {
	t, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the tag")
	}
	if err != nil {
		return nil, fmt.Errorf("change tag: %w", err)
	}
	tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: t.ID, ObjectVersion: t.Version, Actor: by})
	return t, nil
}

func taken(cause error, name string) error {
	f := fault.Wrap(cause, fault.Conflict, "there is a tag %q already; choose another name", name)
	f.Field = "name"
	return f
}

// Get finds a tag; none is a fault of kind NotFound.
func (s *Service) Get(ctx context.Context, p auth.Principal, id int64) (*ent.Tag, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var t *ent.Tag
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		t, err = get(ctx, v, id)
		return err
	})
	return t, err
}

func get(ctx context.Context, v *store.View, id int64) (*ent.Tag, error) {
	t, err := v.Tag.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the tag")
	}
	if err != nil {
		return nil, fmt.Errorf("read tag %d: %w", id, err)
	}
	return t, nil
}

// list is the name of the list of tags in cursors.
const list = "tags"

// List lists tags by name: all, or those whose name holds the text, without regard to case while spaces and signs count.
func (s *Service) List(ctx context.Context, p auth.Principal, part string, w page.Window) ([]*ent.Tag, page.Result, error) {
	if err := mayRead(p); err != nil {
		return nil, page.Result{}, err
	}
	if strings.ContainsRune(part, 0) {
		return nil, page.Result{}, fault.Input("text", "this holds a character that no name has")
	}
	keys, err := page.Between[string, predicate.Tag](w, list, enttag.FieldNameFolded)
	if err != nil {
		return nil, page.Result{}, err
	}
	var rows []*ent.Tag
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		q := v.Tag.Query().Where(keys...).Order(page.InOrder(w, enttag.FieldNameFolded)).Limit(w.Limit + 1)
		if part != "" {
			q.Where(holds(text.Fold(part)))
		}
		rows, err = q.All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list tags: %w", err)
	}
	rows, result := page.Cut(w, rows, func(t *ent.Tag) string { return page.Cursor(list, t.NameFolded, t.ID) })
	return rows, result, nil
}

// holds is true of names that hold the folded text.
func holds(folded string) predicate.Tag {
	return func(s *sql.Selector) { s.Where(store.Holds(s.C(enttag.FieldNameFolded), folded)) }
}

// mayRead says whether the principal may read tags.
func mayRead(p auth.Principal) error {
	return p.Need(auth.ReadContacts)
}

// mayEdit says whether the principal may change what is known of contacts.
func mayEdit(p auth.Principal) error {
	if err := p.Need(auth.WriteContacts); err != nil {
		return err
	}
	if !p.Role.IsManager() && !p.Has(auth.SendMessages) {
		return fault.New(fault.Forbidden, "contacts are changed by managers and by those who may answer customers")
	}
	return nil
}
