package file

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// signedFor is how long a link works that needs no token, at the most.
	signedFor = time.Hour
	// signedTo is what its end is cut to, so that a page asked for again has the same links and a browser its copies.
	signedTo = 15 * time.Minute
	// place is where marks of links belong.
	place = "file"
	// deliveryPath is where platforms fetch.
	deliveryPath = "/d/"
	previewPath  = "/preview"
)

// URL is where an attachment, or its small picture, is had with a token.
func (s *Service) URL(a *ent.Attachment, isPreview bool) string {
	at := s.PublicURL + "/files/" + id.Format(id.Attachment, a.ID)
	if isPreview {
		at += previewPath
	}
	return at
}

// DeliveryURL is the address from which the platform fetches an attachment; empty for none.
func (s *Service) DeliveryURL(a *ent.Attachment) string {
	if a.DeliveryKey == nil {
		return ""
	}
	return s.PublicURL + deliveryPath + *a.DeliveryKey
}

// DeliveryPreviewURL is the address from which the platform fetches an attachment's small picture; empty where the attachment has no
// address. Whether there is a small picture is the caller's to know.
func (s *Service) DeliveryPreviewURL(a *ent.Attachment) string {
	if a.DeliveryKey == nil {
		return ""
	}
	return s.DeliveryURL(a) + previewPath
}

// SignedURL is where the principal gets an attachment, or its small picture, without a token: for pages. It works for at most an hour, and
// only as long as the principal may see the conversation and the file is there. It is the principal's own and never shown to another.
func (s *Service) SignedURL(p auth.Principal, a *ent.Attachment, isPreview bool, now time.Time) string {
	return s.signed(a, isPreview, strconv.FormatInt(p.Subject(), 10), now)
}

// VisitorURL is SignedURL for a visitor of the chat window: it works as long as the session and the conversation are the visitor's.
func (s *Service) VisitorURL(visitorID int64, a *ent.Attachment, isPreview bool, now time.Time) string {
	return s.signed(a, isPreview, visitorSign+strconv.FormatInt(visitorID, 10), now)
}

// visitorSign tells visitors from agents and integrations.
const visitorSign = "v"

func (s *Service) signed(a *ent.Attachment, isPreview bool, who string, now time.Time) string {
	until := now.Add(signedFor).Truncate(signedTo).Unix()
	who = strconv.FormatInt(a.TeamID, 10) + "." + who
	mark := s.Signer.Sign(statement(a.ID, isPreview, who, until), place)
	q := url.Values{"for": {who}, "until": {strconv.FormatInt(until, 10)}, "sig": {base64.RawURLEncoding.EncodeToString(mark)}}
	return s.URL(a, isPreview) + "?" + q.Encode()
}

// statement is what a mark is of.
func statement(attachmentID int64, isPreview bool, who string, until int64) []byte {
	return fmt.Appendf(nil, "%d\n%t\n%s\n%d", attachmentID, isPreview, who, until)
}

// Open opens an attachment, or its small picture, for who may see its conversation (CONV-28). What is not READY or may not be seen is a fault of
// kind NotFound, and so is what does not exist.
func (s *Service) Open(ctx context.Context, p auth.Principal, attachmentID int64, isPreview bool) (Content, error) {
	return s.open(ctx, p.TeamID, attachmentID, isPreview, func(_ context.Context, _ *store.View, _ *ent.Message, c *ent.Conversation) error {
		return sees(p, c)
	})
}

func sees(p auth.Principal, c *ent.Conversation) error {
	if err := p.Need(auth.ReadConversations); err != nil {
		return err
	}
	if !row.Sees(p, row.Facets(c)) {
		return fault.Missing("the file")
	}
	return nil
}

// OpenSigned opens what a link of SignedURL or VisitorURL names, by the rights its owner has now. A link that has ended, is not ours, or is of who may
// not see it any more is a fault of kind NotFound.
func (s *Service) OpenSigned(ctx context.Context, attachmentID int64, isPreview bool, query url.Values) (Content, error) {
	absent := fault.Missing("the file")
	who := query.Get("for")
	until, err := strconv.ParseInt(query.Get("until"), 10, 64)
	mark, broken := base64.RawURLEncoding.DecodeString(query.Get("sig"))
	if err != nil || broken != nil || !s.Signer.IsSigned(statement(attachmentID, isPreview, who, until), mark, place) ||
		!s.DB.Clock().Now().Before(time.Unix(until, 0)) {
		return Content{}, absent
	}
	inTeam, subject, _ := strings.Cut(who, ".")
	team, err := strconv.ParseInt(inTeam, 10, 64)
	if err != nil {
		return Content{}, absent
	}
	visitor, isVisitor := strings.CutPrefix(subject, visitorSign)
	number, err := strconv.ParseInt(visitor, 10, 64)
	if err != nil {
		return Content{}, absent
	}
	return s.open(ctx, team, attachmentID, isPreview, func(ctx context.Context, v *store.View, m *ent.Message, c *ent.Conversation) error {
		if isVisitor {
			return hears(ctx, v, number, m, c)
		}
		p, err := workspace.PresentIn(ctx, v, number)
		if fault.Is(err, fault.Unauthenticated) {
			return absent
		}
		if err != nil {
			return err
		}
		return sees(p, c)
	})
}

// hears says whether a message is for a visitor: in the conversation that is the visitor's now, and not only for agents.
func hears(ctx context.Context, v *store.View, visitorID int64, m *ent.Message, c *ent.Conversation) error {
	x, err := v.Visitor.Get(ctx, visitorID)
	if err != nil {
		return missing(err)
	}
	if !v.Now.Before(x.ExpiresAt) || c.IdentityID == nil || *c.IdentityID != x.IdentityID || m.Direction == message.DirectionINTERNAL {
		return fault.Missing("the file")
	}
	return nil
}

// keyLength is how long a delivery key is.
const keyLength = 43

// OpenDelivery opens what a platform fetches by an attachment's delivery key, or its small picture. One that was erased or has expired
// (MSG-8) is a fault of kind NotFound.
func (s *Service) OpenDelivery(ctx context.Context, key string, isPreview bool) (Content, error) {
	absent := fault.Missing("the file")
	if len(key) != keyLength {
		return Content{}, absent
	}
	var team, attachmentID int64
	found, err := s.DB.Across(store.Files).Find(ctx, "SELECT team_id, id FROM attachments WHERE delivery_key = ?", []any{key}, &team, &attachmentID)
	if err != nil {
		return Content{}, err
	}
	if !found {
		return Content{}, absent
	}
	return s.open(ctx, team, attachmentID, isPreview, nil)
}

// open opens an attachment that may be had; allows says whether. Without it the delivery key was the right.
func (s *Service) open(ctx context.Context, team, attachmentID int64, isPreview bool, allows func(context.Context, *store.View, *ent.Message, *ent.Conversation) error) (Content, error) {
	var c Content
	var key string
	err := s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		a, err := v.Attachment.Get(ctx, attachmentID)
		if err != nil {
			return missing(err)
		}
		if allows != nil {
			m, err := v.Message.Get(ctx, a.MessageID)
			if err != nil {
				return missing(err)
			}
			in, err := v.Conversation.Get(ctx, m.ConversationID)
			if err != nil {
				return missing(err)
			}
			if err := allows(ctx, v, m, in); err != nil {
				return err
			}
		} else if a.DeliveryKey == nil || a.ExpiresAt != nil && !v.Now.Before(*a.ExpiresAt) {
			return fault.Missing("the file")
		}
		if a.State != attachment.StateREADY || a.FileID == nil {
			return fault.Missing("the file")
		}
		of := *a.FileID
		if isPreview && a.PreviewID != nil {
			of = *a.PreviewID
		}
		f, err := v.File.Get(ctx, of)
		if err != nil {
			return missing(err)
		}
		c = Content{ContentType: f.ContentType, Name: a.Name, ETag: `"` + f.Sha256 + `"`, ModifiedAt: f.CreatedAt}
		key = f.BlobKey
		c.IsInline = isInline(key, c.ContentType)
		switch {
		case !isPreview:
		case f.PreviewKey != "":
			key, c.ContentType, c.Name, c.IsInline = f.PreviewKey, f.PreviewType, "preview", true
			c.ETag = `"` + f.Sha256 + smaller + `"`
		case a.PreviewID == nil:
			return fault.Missing("the file")
		}
		return nil
	})
	if err != nil {
		return Content{}, err
	}
	if c.Object, err = s.Blobs.Open(ctx, key); err != nil {
		if fault.Is(err, fault.NotFound) {
			s.Log.ErrorContext(ctx, "the bytes of a file are not in the file store", "team", team, "attachment", attachmentID)
		}
		return Content{}, err
	}
	return c, nil
}
