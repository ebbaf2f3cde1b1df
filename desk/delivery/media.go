package delivery

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// isFile says whether a message is a file.
func isFile(k channels.MessageKind) bool {
	switch k {
	case channels.Image, channels.Video, channels.Audio, channels.File:
		return true
	}
	return false
}

// fileContent is a file as the adapter wants it: with the addresses from which the platform fetches it or, where the channel does not take it as
// what it is, a text with the link (MSG-7). It is the same on every try, because nothing of an attachment changes but that it goes. One that is
// gone, or whose link has ended (MSG-8), is a fault of kind Invalid.
func (w *Worker) fileContent(ctx context.Context, tx *store.Tx, can channels.Capability, m *ent.Message) (channels.Content, error) {
	none := channels.Content{}
	a, err := tx.Attachment.Query().Where(attachment.MessageID(m.ID), attachment.Position(0)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return none, fmt.Errorf("read the attachment of message %d: %w", m.ID, err)
	}
	gone := func(reason string) (channels.Content, error) {
		return none, fault.New(fault.Invalid, "%s", reason).WithCode(channels.CodeFileGone, nil)
	}
	switch {
	case a == nil || a.State != attachment.StateREADY || a.FileID == nil:
		return gone("the file was erased")
	case a.ExpiresAt != nil && !tx.Now.Before(*a.ExpiresAt):
		return gone("the link to the file has ended")
	case w.Files == nil:
		return none, fault.New(fault.Invalid, "this server keeps no files")
	}
	known := conversation.Known(a)
	isLink, why := conversation.Goes(can, known)
	if why != nil {
		return none, fault.New(fault.Invalid, "the channel does not take this file any more")
	}
	if !isLink {
		known.URL, known.PreviewURL, known.StoredID = w.Files.DeliveryURL(a), w.Files.DeliveryPreviewURL(a), *a.FileID
		return channels.Content{Kind: channels.MessageKind(m.Kind), Text: m.Text, Media: &known}, nil
	}
	t, err := tx.Client.Team.Get(ctx, tx.Team)
	if err != nil {
		return none, fmt.Errorf("read team: %w", err)
	}
	return channels.Content{Kind: channels.Text, Text: conversation.LinkText(t, a, w.Files.DeliveryURL(a))}, nil
}
