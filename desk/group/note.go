package group

import (
	"context"
	"fmt"

	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// maxNote is how many characters the note of a group has at most (GRP-7).
const maxNote = 1000

// CheckNote reads a note as it is kept: white space at its ends is taken off. One that is too long is a fault of kind Invalid.
func CheckNote(note string) (string, error) { return input.Text("note", note, maxNote) }

// NoteIn replaces what agents noted of a group (GRP-7); the platform is never told. read is the note's version that was read before: where another has
// changed the note since it is a fault of kind Conflict, so that nobody overwrites what it has not seen. The note that stands there already changes
// nothing, whatever was read: it may be the same change asked for again. It says whether something has changed.
func (s *Service) NoteIn(ctx context.Context, tx *store.Tx, groupID int64, note string, read int, by event.Actor) (bool, error) {
	note, err := CheckNote(note)
	if err != nil {
		return false, err
	}
	g, err := lock(ctx, tx, groupID)
	if err != nil || g.Note == note {
		return false, err
	}
	if g.NoteVersion != read {
		f := fault.New(fault.Conflict, "the note has changed since it was read").WithCode("CONFLICT", nil)
		f.Field = "noteVersion"
		return false, f
	}
	g, err = tx.Group.UpdateOne(g).SetNote(note).SetNoteFolded(text.Fold(note)).AddNoteVersion(1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return false, fmt.Errorf("note something of group %d: %w", groupID, err)
	}
	changed(tx, g, by)
	return true, nil
}

// BindIn notes that a member of a group is a person with an identity on the channel, who goes by its contact's name from now on (GRP-9). One that is bound
// stays so.
func (s *Service) BindIn(ctx context.Context, tx *store.Tx, memberID, identityID int64, by event.Actor) error {
	m, err := tx.GroupMember.Get(ctx, memberID)
	if err != nil {
		return fmt.Errorf("read member %d: %w", memberID, err)
	}
	if m.IdentityID != nil {
		return nil
	}
	if err := tx.GroupMember.UpdateOne(m).SetIdentityID(identityID).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("bind member %d: %w", memberID, err)
	}
	if err := tx.Lock(ctx, entgroup.Table, m.GroupID); err != nil {
		return err
	}
	g, err := tx.Group.UpdateOneID(m.GroupID).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return fmt.Errorf("change group: %w", err)
	}
	changed(tx, g, by)
	return nil
}
