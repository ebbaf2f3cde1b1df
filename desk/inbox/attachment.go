package inbox

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/file"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// withFile has attachments read with what is told of their stored files: one statement for all of them.
func withFile(q *ent.FileQuery) { q.Select(file.FieldID, file.FieldPreviewKey) }

// HasPreview says whether there is a small picture of an attachment. It must have been read by this package.
func HasPreview(a *ent.Attachment) bool {
	return a.PreviewID != nil || a.Edges.File != nil && a.Edges.File.PreviewKey != ""
}

// Attachment reads a file of a message in a conversation that the principal may see. Any other is a fault of kind NotFound.
func (s *Service) Attachment(ctx context.Context, p auth.Principal, n int64) (*ent.Attachment, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var out *ent.Attachment
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		a, err := v.Attachment.Query().Where(attachment.ID(n)).WithFile(withFile).WithMessage().Only(ctx)
		if ent.IsNotFound(err) {
			return fault.Missing("the file")
		}
		if err != nil {
			return fmt.Errorf("read attachment %d: %w", n, err)
		}
		if _, err := Visible(ctx, v, p, a.Edges.Message.ConversationID); err != nil {
			if fault.Is(err, fault.NotFound) {
				return fault.Missing("the file")
			}
			return err
		}
		out = a
		return nil
	})
	return out, err
}
