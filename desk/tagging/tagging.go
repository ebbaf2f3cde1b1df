package tagging

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	enttag "github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	enttagging "github.com/switchyard-chat/switchyard/ent/gen/ent/tagging"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxTags is how many tags a contact carries at most.
const maxTags = 100

// Tagged is a tag as a contact carries it.
type Tagged struct {
	Tag     *ent.Tag
	Tagging *ent.Tagging
}

// TagInput says which tag a contact gets: by id, or by a name that may be new.
type TagInput struct {
	ContactID int64
	TagID     *int64
	Name      *string
	// ConfirmAgain counts one more where the contact carries the tag already; without it the question comes first (CONT-13).
	ConfirmAgain bool
}

// Result is what tagging did. IsTaggedAlready says that it did nothing, because the contact carries the tag and nobody confirmed.
type Result struct {
	Tagged          Tagged
	IsTaggedAlready bool
}

// Tag tags a contact. A new name makes the tag (CONT-12). A contact that carries the tag already is left as it is, and the result says so,
// until the caller confirms: then it counts one more (CONT-13).
func (s *Service) Tag(ctx context.Context, p auth.Principal, in TagInput) (Result, event.Cursor, error) {
	var r Result
	if err := mayEdit(p); err != nil {
		return r, event.Cursor{}, err
	}
	if (in.TagID == nil) == (in.Name == nil) {
		return r, event.Cursor{}, fault.Input("tagId", "give a tag's id, or a name")
	}
	name := ""
	if in.Name != nil {
		var err error
		if name, err = input.Line("name", *in.Name, maxName); err != nil {
			return r, event.Cursor{}, err
		}
	}
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := lockContact(ctx, tx, in.ContactID); err != nil {
			return err
		}
		var id int64
		var err error
		if in.TagID != nil {
			id = *in.TagID
		} else if id, _, err = ensure(ctx, tx, name, colour(name), p.Actor()); err != nil {
			return err
		}
		r, err = tagIn(ctx, tx, in.ContactID, id, in.ConfirmAgain, p.Actor())
		return err
	})
	return r, at, err
}

// tagIn tags a contact that is locked.
func tagIn(ctx context.Context, tx *store.Tx, contactID, tagID int64, confirmed bool, by event.Actor) (Result, error) {
	var r Result
	t, err := get(ctx, &tx.View, tagID)
	if err != nil {
		return r, err
	}
	old, err := tx.Tagging.Query().Where(enttagging.ContactID(contactID), enttagging.TagID(tagID)).Only(ctx)
	switch {
	case err == nil && !confirmed:
		return Result{Tagged: Tagged{t, old}, IsTaggedAlready: true}, nil
	case err == nil:
		again, err := tx.Tagging.UpdateOne(old).AddCount(1).SetLastAt(tx.Now).Save(ctx)
		if err != nil {
			return r, fmt.Errorf("count tagging: %w", err)
		}
		return Result{Tagged: Tagged{t, again}}, copyTags(ctx, tx, contactID, by)
	case !ent.IsNotFound(err):
		return r, fmt.Errorf("read tagging: %w", err)
	}
	if err := add(ctx, tx, contactID, []int64{tagID}, by); err != nil {
		return r, err
	}
	if err := copyTags(ctx, tx, contactID, by); err != nil {
		return r, err
	}
	if err := logTags(ctx, tx, contactID, "log.tagged", []int64{tagID}, by); err != nil {
		return r, err
	}
	made, err := tx.Tagging.Query().Where(enttagging.ContactID(contactID), enttagging.TagID(tagID)).Only(ctx)
	if err != nil {
		return r, fmt.Errorf("read tagging: %w", err)
	}
	if t, err = get(ctx, &tx.View, tagID); err != nil {
		return r, err
	}
	return Result{Tagged: Tagged{t, made}}, nil
}

// Untag takes a tag from a contact. A contact that does not carry it is left as it is, without an event.
func (s *Service) Untag(ctx context.Context, p auth.Principal, contactID, tagID int64) (event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := lockContact(ctx, tx, contactID); err != nil {
			return err
		}
		if _, err := get(ctx, &tx.View, tagID); err != nil {
			return err
		}
		n, err := remove(ctx, tx, contactID, []int64{tagID}, p.Actor())
		if err != nil || n == 0 {
			return err
		}
		if err := copyTags(ctx, tx, contactID, p.Actor()); err != nil {
			return err
		}
		return logTags(ctx, tx, contactID, "log.untagged", []int64{tagID}, p.Actor())
	})
}

// SetIn makes a whole set of a contact's tags (CONT-7): tags it has keep their counts. The caller holds the contact, raises its version and
// refreshes its rows. A tag that does not exist is a fault of kind NotFound, and nothing is done.
func SetIn(ctx context.Context, tx *store.Tx, contactID int64, tagIDs []int64, by event.Actor) error {
	have, err := tx.Tagging.Query().Where(enttagging.ContactID(contactID)).All(ctx)
	if err != nil {
		return fmt.Errorf("read taggings of contact %d: %w", contactID, err)
	}
	var gone, new []int64
	for _, h := range have {
		if !slices.Contains(tagIDs, h.TagID) {
			gone = append(gone, h.TagID)
		}
	}
	for _, id := range tagIDs {
		if !slices.ContainsFunc(have, func(h *ent.Tagging) bool { return h.TagID == id }) && !slices.Contains(new, id) {
			new = append(new, id)
		}
	}
	if _, err := remove(ctx, tx, contactID, gone, by); err != nil {
		return err
	}
	if err := add(ctx, tx, contactID, new, by); err != nil {
		return err
	}
	ids, err := carried(ctx, tx, contactID)
	if err != nil {
		return err
	}
	if err := tx.Contact.UpdateOneID(contactID).SetTagIds(ids).Exec(ctx); err != nil {
		return fmt.Errorf("copy tags of contact %d: %w", contactID, err)
	}
	if err := logTags(ctx, tx, contactID, "log.untagged", gone, by); err != nil {
		return err
	}
	return logTags(ctx, tx, contactID, "log.tagged", new, by)
}

// logTags tells the contact's conversations which tags it got or lost (CONV-24).
func logTags(ctx context.Context, tx *store.Tx, contactID int64, code string, tagIDs []int64, by event.Actor) error {
	if len(tagIDs) == 0 {
		return nil
	}
	all, err := tx.Tag.Query().Where(enttag.IDIn(tagIDs...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the names of tags: %w", err)
	}
	names := make([]string, len(tagIDs))
	for _, t := range all {
		names[slices.Index(tagIDs, t.ID)] = t.Name
	}
	return row.LogContact(ctx, tx, contactID, code, map[string]string{"tags": catalogue.List(names...)}, by)
}

// DropIn takes all tags from a contact that is about to be deleted.
func DropIn(ctx context.Context, tx *store.Tx, contactID int64, by event.Actor) error {
	ids, err := carried(ctx, tx, contactID)
	if err != nil {
		return err
	}
	_, err = remove(ctx, tx, contactID, ids, by)
	return err
}

// add gives a contact tags that it does not carry.
func add(ctx context.Context, tx *store.Tx, contactID int64, tagIDs []int64, by event.Actor) error {
	if len(tagIDs) == 0 {
		return nil
	}
	n, err := tx.Tagging.Query().Where(enttagging.ContactID(contactID)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count tags of contact %d: %w", contactID, err)
	}
	if n+len(tagIDs) > maxTags {
		return fault.New(fault.Invalid, "a contact carries at most %d tags", maxTags).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxTags})
	}
	if err := recount(ctx, tx, tagIDs, 1, by); err != nil {
		return err
	}
	rows := make([]*ent.TaggingCreate, len(tagIDs))
	for i, id := range tagIDs {
		rows[i] = tx.Tagging.Create().SetTeamID(tx.Team).SetContactID(contactID).SetTagID(id).SetFirstAt(tx.Now).SetLastAt(tx.Now)
	}
	if err := tx.Tagging.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("tag contact %d: %w", contactID, err)
	}
	return nil
}

// remove takes tags from a contact and gives how many it carried.
func remove(ctx context.Context, tx *store.Tx, contactID int64, tagIDs []int64, by event.Actor) (int, error) {
	if len(tagIDs) == 0 {
		return 0, nil
	}
	n, err := tx.Tagging.Delete().Where(enttagging.ContactID(contactID), enttagging.TagIDIn(tagIDs...)).Exec(ctx)
	if err != nil || n == 0 {
		return n, err
	}
	return n, recount(ctx, tx, tagIDs, -1, by)
}

// recount changes how many contacts carry each of the tags, in the order of their ids, so that two transactions do not wait for each other.
func recount(ctx context.Context, tx *store.Tx, tagIDs []int64, by int, actor event.Actor) error {
	for _, id := range slices.Sorted(slices.Values(tagIDs)) {
		if _, err := changed(ctx, tx, tx.Tag.UpdateOneID(id).AddContactCount(by), actor); err != nil {
			return err
		}
	}
	return nil
}

// carried lists the ids of a contact's tags, in the order of first tagging.
func carried(ctx context.Context, tx *store.Tx, contactID int64) ([]int64, error) {
	all, err := tx.Tagging.Query().Where(enttagging.ContactID(contactID)).Order(enttagging.ByFirstAt(), enttagging.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read taggings of contact %d: %w", contactID, err)
	}
	ids := make([]int64, len(all))
	for i, t := range all {
		ids[i] = t.TagID
	}
	return ids, nil
}

// copyTags renews the copies of a contact's tags, on the contact and on its rows in the inbox, and writes the contact's event.
func copyTags(ctx context.Context, tx *store.Tx, contactID int64, by event.Actor) error {
	ids, err := carried(ctx, tx, contactID)
	if err != nil {
		return err
	}
	c, err := tx.Contact.UpdateOneID(contactID).SetTagIds(ids).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("copy tags of contact %d: %w", contactID, err)
	}
	tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: c.ID, ObjectVersion: c.Version, Actor: by})
	return row.RefreshContact(ctx, tx, contactID, by)
}

// Delete takes the tag from all contacts and deletes it (CONT-12), in one transaction.
func (s *Service) Delete(ctx context.Context, p auth.Principal, tagID int64) (event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		t, err := get(ctx, &tx.View, tagID)
		if err != nil {
			return err
		}
		var contacts []int64
		if err := tx.Tagging.Query().Where(enttagging.TagID(tagID)).Order(enttagging.ByContactID()).Select(enttagging.FieldContactID).Scan(ctx, &contacts); err != nil {
			return fmt.Errorf("read contacts with tag %d: %w", tagID, err)
		}
		// Contacts before the tag: the order in which tagging takes them.
		for chunk := range slices.Chunk(contacts, 500) {
			if err := tx.Lock(ctx, entcontact.Table, chunk...); err != nil {
				return err
			}
		}
		if err := tx.Lock(ctx, enttag.Table, tagID); err != nil {
			return err
		}
		// Its taggings go with it: their key is declared so.
		if err := tx.Tag.DeleteOneID(tagID).Exec(ctx); err != nil {
			if ent.IsNotFound(err) {
				return fault.Missing("the tag")
			}
			return fmt.Errorf("delete tag %d: %w", tagID, err)
		}
		tx.Emit(event.Event{Kind: event.TagChanged, ObjectID: tagID, ObjectVersion: t.Version + 1, Actor: p.Actor()})
		// Also those who were tagged while the locks were waited for.
		return forget(ctx, tx, tagID, p.Actor())
	})
}

func lockContact(ctx context.Context, tx *store.Tx, id int64) error {
	if err := tx.Lock(ctx, entcontact.Table, id); err != nil {
		return err
	}
	is, err := tx.Contact.Query().Where(entcontact.ID(id)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("read contact %d: %w", id, err)
	}
	if !is {
		return fault.Missing("the contact")
	}
	return nil
}

// TaggedIn reads the tags of contacts, each contact's in the order of first tagging: two queries, however many there are.
func TaggedIn(ctx context.Context, v *store.View, contactIDs []int64) (map[int64][]Tagged, error) {
	rows, err := v.Tagging.Query().Where(enttagging.ContactIDIn(contactIDs...)).Order(enttagging.ByFirstAt(), enttagging.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read taggings: %w", err)
	}
	ids := map[int64]bool{}
	for _, r := range rows {
		ids[r.TagID] = true
	}
	tags, err := TagsIn(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[int64][]Tagged, len(contactIDs))
	for _, r := range rows {
		if t := tags[r.TagID]; t != nil {
			all[r.ContactID] = append(all[r.ContactID], Tagged{t, r})
		}
	}
	return all, nil
}

// TagsIn reads tags by their ids; those that do not exist are missing from the answer.
func TagsIn(ctx context.Context, v *store.View, ids map[int64]bool) (map[int64]*ent.Tag, error) {
	list := make([]int64, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	rows, err := v.Tag.Query().Where(enttag.IDIn(list...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	all := make(map[int64]*ent.Tag, len(rows))
	for _, t := range rows {
		all[t.ID] = t
	}
	return all, nil
}
