package file

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	entfile "github.com/switchyard-chat/switchyard/ent/gen/ent/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keptfile"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ClaimIn takes an upload of the author for use, once: it does not expire any more. One that is another's, used or expired is a wrong input in the field
// uploadId, the same as one that does not exist.
func (s *Service) ClaimIn(ctx context.Context, tx *store.Tx, author string, fileID int64) (*ent.File, error) {
	n, err := tx.File.Update().Where(entfile.ID(fileID), entfile.Author(author), entfile.ExpiresAtGT(tx.Now)).ClearExpiresAt().Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("claim file %d: %w", fileID, err)
	}
	if n == 0 {
		return nil, fault.Input("uploadId", "this upload does not exist, has expired, was used already, or is another's; upload the file again")
	}
	return tx.File.Get(ctx, fileID)
}

// AttachIn makes a file, which expires no more, a message's next attachment. What the message shows of it is a copy.
func (s *Service) AttachIn(ctx context.Context, tx *store.Tx, m *ent.Message, f *ent.File, a Attach) (*ent.Attachment, error) {
	at, err := tx.Attachment.Query().Where(attachment.MessageID(m.ID)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count attachments of message %d: %w", m.ID, err)
	}
	name := CleanName(a.Name)
	if name == "" {
		name = f.Name
	}
	c := tx.Attachment.Create().SetTeamID(tx.Team).SetMessageID(m.ID).SetPosition(at).SetState(attachment.StateREADY).SetName(name).
		SetContentType(f.ContentType).SetSize(f.Size).SetDurationMs(f.DurationMs).SetWidth(f.Width).SetHeight(f.Height).SetFileID(f.ID).
		SetNillableExpiresAt(a.ExpiresAt).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
	if a.Preview != nil {
		c.SetPreviewID(a.Preview.ID)
	}
	if a.ForPlatform {
		c.SetDeliveryKey(s.Random.Token())
	}
	made, err := c.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("attach file %d to message %d: %w", f.ID, m.ID, err)
	}
	return made, nil
}

// PendingIn notes a file that a customer sent: it is PENDING and fetched from the platform soon after the transaction, never in its way
// (CHAN-14). What we hold already (media.StoredID) is READY at once; who may use it was checked by who names it, and one that expired is a wrong input.
func (s *Service) PendingIn(ctx context.Context, tx *store.Tx, m *ent.Message, media channels.Media) (*ent.Attachment, error) {
	if media.StoredID != 0 {
		f, err := tx.File.Get(ctx, media.StoredID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read file %d: %w", media.StoredID, err)
		}
		if err != nil {
			f = &ent.File{ID: media.StoredID} // claiming says what is wrong
		}
		if f, err = s.ClaimIn(ctx, tx, f.Author, f.ID); err != nil {
			return nil, err
		}
		return s.AttachIn(ctx, tx, m, f, Attach{Name: media.Name})
	}
	at, err := tx.Attachment.Query().Where(attachment.MessageID(m.ID)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count attachments of message %d: %w", m.ID, err)
	}
	a, err := tx.Attachment.Create().SetTeamID(tx.Team).SetMessageID(m.ID).SetPosition(at).SetState(attachment.StatePENDING).
		SetName(CleanName(media.Name)).SetContentType(said(media.ContentType)).SetSize(max(0, media.Size)).SetDurationMs(max(0, media.DurationMS)).
		SetPlatformMediaID(media.ID).SetSourceURL(media.URL).SetPreviewURL(media.PreviewURL).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("note a file of message %d: %w", m.ID, err)
	}
	return a, s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: FetchTask, Args: about{a.ID}, IsUnique: true})
}

// EraseIn erases the attachments of messages (GRP-17, MSG-12): their links end at once, nothing of them stays but that there were some, and
// files that nothing else uses go with their bytes, which a task deletes. What is erased already stays so. Who erases a message tells of it, once for all of it.
func (s *Service) EraseIn(ctx context.Context, tx *store.Tx, messageIDs ...int64) error {
	all, err := tx.Attachment.Query().Where(attachment.MessageIDIn(messageIDs...), attachment.StateNEQ(attachment.StateERASED)).Order(attachment.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	var files []int64
	for _, a := range all {
		if a.FileID != nil {
			files = append(files, *a.FileID)
		}
		if a.PreviewID != nil {
			files = append(files, *a.PreviewID)
		}
		err := tx.Attachment.UpdateOne(a).SetState(attachment.StateERASED).SetName("").SetContentType("").SetSize(0).SetDurationMs(0).SetWidth(0).
			SetHeight(0).SetPlatformMediaID("").SetSourceURL("").SetPreviewURL("").SetFailureCode("").ClearFileID().ClearPreviewID().ClearDeliveryKey().
			ClearExpiresAt().AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("erase attachment %d: %w", a.ID, err)
		}
	}
	return s.dropIn(ctx, tx, files...)
}

// KeepIn makes the files that a holder sends, by its own name, exactly these: they stay for as long as it holds them. Files that it holds no longer go
// where nothing else uses them.
func (s *Service) KeepIn(ctx context.Context, tx *store.Tx, holder string, ids ...int64) error {
	was, err := tx.KeptFile.Query().Where(keptfile.Holder(holder)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the files of %s: %w", holder, err)
	}
	held := map[int64]bool{}
	var gone []int64
	for _, k := range was {
		held[k.FileID] = true
		if slices.Contains(ids, k.FileID) {
			continue
		}
		if err := tx.KeptFile.DeleteOne(k).Exec(ctx); err != nil {
			return fmt.Errorf("let go of file %d: %w", k.FileID, err)
		}
		gone = append(gone, k.FileID)
	}
	for _, id := range ids {
		if held[id] {
			continue
		}
		held[id] = true
		if err := tx.KeptFile.Create().SetTeamID(tx.Team).SetFileID(id).SetHolder(holder).Exec(ctx); err != nil {
			return fmt.Errorf("keep file %d: %w", id, err)
		}
	}
	return s.dropIn(ctx, tx, gone...)
}

// dropIn deletes files that nothing uses any more, and has their bytes deleted.
func (s *Service) dropIn(ctx context.Context, tx *store.Tx, ids ...int64) error {
	if err := tx.Lock(ctx, "files", ids...); err != nil {
		return err
	}
	for _, id := range ids {
		isUsed, err := tx.Attachment.Query().Where(attachment.Or(attachment.FileID(id), attachment.PreviewID(id))).Exist(ctx)
		if err != nil {
			return fmt.Errorf("find uses of file %d: %w", id, err)
		}
		if isUsed {
			continue
		}
		if isUsed, err = tx.KeptFile.Query().Where(keptfile.FileID(id)).Exist(ctx); err != nil {
			return fmt.Errorf("find holders of file %d: %w", id, err)
		}
		if isUsed {
			continue
		}
		f, err := tx.File.Get(ctx, id)
		if ent.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read file %d: %w", id, err)
		}
		if err := tx.File.DeleteOne(f).Exec(ctx); err != nil {
			return fmt.Errorf("delete file %d: %w", id, err)
		}
		if err := s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: DeleteTask, Args: bytesOf{Key: f.BlobKey}}); err != nil {
			return err
		}
	}
	return nil
}
