package graph

import (
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// attachmentModel is a file as the viewer gets it: its addresses are there while it can be had, and the signed ones are the viewer's alone.
func (r *Resolver) attachmentModel(p auth.Principal, a *ent.Attachment, now time.Time) *model.Attachment {
	m := &model.Attachment{ID: id.Format(id.Attachment, a.ID), Version: a.Version, State: model.AttachmentState(a.State), Name: textOrNil(a.Name),
		Size: countOrNil(a.Size), Width: countOrNil(int64(a.Width)), Height: countOrNil(int64(a.Height)), DurationMs: countOrNil(a.DurationMs), ExpiresAt: a.ExpiresAt}
	if a.State == attachment.StateFAILED {
		m.Failure = textOrNil(catalogue.Text(p.Language, a.FailureCode, nil))
	}
	if a.State != attachment.StateREADY {
		return m
	}
	m.ContentType = textOrNil(a.ContentType)
	m.URL, m.SignedURL = textOrNil(r.Files.URL(a, false)), textOrNil(r.Files.SignedURL(p, a, false, now))
	if inbox.HasPreview(a) {
		m.PreviewURL, m.SignedPreviewURL = textOrNil(r.Files.URL(a, true)), textOrNil(r.Files.SignedURL(p, a, true, now))
	}
	return m
}

// countOrNil is null for 0, which stands for what is not known.
func countOrNil(n int64) *int {
	if n <= 0 {
		return nil
	}
	i := int(n)
	return &i
}

// mediaRules are what a type of channel takes of each kind of file.
func mediaRules(rules []conversation.MediaRule) []*model.MediaRule {
	out := make([]*model.MediaRule, 0, len(rules))
	for _, x := range rules {
		out = append(out, &model.MediaRule{Kind: model.MessageKind(x.Kind), ContentTypes: append([]string{}, x.Types...), MaxSize: int(x.MaxBytes),
			MaxLinkSize: countOrNil(x.MaxLinkBytes)})
	}
	return out
}

// mediaOf reads which uploads are to be sent.
func mediaOf(in *model.MediaInput) (*conversation.Media, error) {
	if in == nil {
		return nil, nil //nolint:nilnil // nothing is to be sent
	}
	n, err := id.Parse(id.Upload, in.UploadID)
	if err != nil {
		return nil, err
	}
	preview, err := optionalID(id.Upload, in.PreviewUploadID)
	if err != nil {
		return nil, err
	}
	return &conversation.Media{UploadID: n, PreviewID: preview}, nil
}
