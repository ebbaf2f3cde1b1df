package conversation

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// exportedFor is how long a link to an export works.
	exportedFor = time.Hour
	// exportPlace is where the marks of such links belong.
	exportPlace = "export"
	// ExportPath is where exports are had, with the conversation's id behind it.
	ExportPath = "/exports/"
)

// ExportInput says which conversation is exported.
type ExportInput struct {
	ConversationID int64
	// IncludesNotes adds the private notes, which are left out otherwise: a table is made to be handed on, and they are not for the customer.
	IncludesNotes bool
	// IdempotencyKey is the caller's own: the same key is the same mail.
	IdempotencyKey string `json:"-"`
}

// ExportConfig is what exports need.
type ExportConfig struct {
	Actions *Service
	Queue   Queue // with Work as its handler of ExportTask
	// Mailer sends mail; nil where the operator has set none.
	Mailer Mailer
	// Signer signs links, and PublicURL is where they lead, without a slash at the end.
	Signer    *seal.Keyring
	PublicURL string
	Log       *slog.Logger
}

// Mailer sends letters with files. A fault of kind Invalid says that it would be in vain another time too.
type Mailer interface {
	SendFile(ctx context.Context, l egress.Letter) error
}

// Exports gives a conversation out as a table (CONV-25). Nothing of it is stored: it is read while it is given, so that what is erased is in none. It is safe
// for concurrent use.
type Exports struct {
	ExportConfig
	s *Service
}

// NewExports makes the service.
func NewExports(c ExportConfig) *Exports {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Exports{ExportConfig: c, s: c.Actions}
}

// Link logs an export and gives the address of its table: for an hour, for who asks alone, and only as long as that is an ADMIN. The same again is
// another export.
func (e *Exports) Link(ctx context.Context, p auth.Principal, in ExportInput) (at string, until time.Time, cursor event.Cursor, err error) {
	cursor, err = e.s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x, err := e.s.begin(ctx, tx, p, 0, in.ConversationID, Exporting)
		if err != nil {
			return err
		}
		until = tx.Now.Add(exportedFor).Truncate(time.Second)
		return x.exported(ctx, "log.exported")
	})
	if err != nil {
		return "", time.Time{}, event.Cursor{}, err
	}
	return e.address(p, in, until), until, cursor, nil
}

// exported notes that the conversation was exported.
func (x *acting) exported(ctx context.Context, code string) error {
	now, err := row.Change(ctx, x.tx, x.c, x.by, func(u *ent.ConversationUpdateOne) { u.SetLastExportedAt(x.tx.Now) })
	if err != nil {
		return err
	}
	x.c = now
	return x.log(ctx, code, nil)
}

// address is a link that is signed: what it names cannot be changed.
func (e *Exports) address(p auth.Principal, in ExportInput, until time.Time) string {
	q := url.Values{"for": {fmt.Sprintf("%d.%d", p.TeamID, p.Subject())}, "until": {strconv.FormatInt(until.Unix(), 10)}, "lang": {p.Language}, "notes": {strconv.FormatBool(in.IncludesNotes)}}
	q.Set("sig", base64.RawURLEncoding.EncodeToString(e.Signer.Sign(exportStatement(in.ConversationID, q), exportPlace)))
	return e.PublicURL + ExportPath + id.Format(id.Conversation, in.ConversationID) + "?" + q.Encode()
}

// exportStatement is what a mark is of.
func exportStatement(conversationID int64, q url.Values) []byte {
	return fmt.Appendf(nil, "%d\n%q\n%q\n%q\n%q", conversationID, q.Get("for"), q.Get("until"), q.Get("lang"), q.Get("notes"))
}

// Export is a table that may be had.
type Export struct {
	Name string // of the file
	e    *Exports
	of   extract
}

// extract is what of which conversation, for whom.
type extract struct {
	team, subject, conversation int64
	language                    string
	hasNotes                    bool
}

// Open gives the table that a link of Link names, by the rights that who asked for it has now. A link that has ended, is not ours, or is of who may not export
// it any more is a fault of kind NotFound.
func (e *Exports) Open(ctx context.Context, conversationID int64, query url.Values) (*Export, error) {
	absent := fault.Missing("the export")
	until, err := strconv.ParseInt(query.Get("until"), 10, 64)
	mark, broken := base64.RawURLEncoding.DecodeString(query.Get("sig"))
	if err != nil || broken != nil || !e.Signer.IsSigned(exportStatement(conversationID, query), mark, exportPlace) || !e.s.db.Clock().Now().Before(time.Unix(until, 0)) {
		return nil, absent
	}
	of := extract{conversation: conversationID, language: query.Get("lang"), hasNotes: query.Get("notes") == "true"}
	team, subject, _ := strings.Cut(query.Get("for"), ".")
	if of.team, err = strconv.ParseInt(team, 10, 64); err != nil {
		return nil, absent
	}
	if of.subject, err = strconv.ParseInt(subject, 10, 64); err != nil {
		return nil, absent
	}
	err = e.s.db.Read(ctx, of.team, func(ctx context.Context, v *store.View) error {
		_, err := e.may(ctx, v, of)
		return err
	})
	if err != nil {
		if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Unauthenticated) {
			return nil, absent
		}
		return nil, err
	}
	return &Export{Name: exportName(conversationID, e.s.db.Clock().Now()), e: e, of: of}, nil
}

// Write writes the table, a stretch of messages after another: a conversation of any length costs the same memory. Where it fails, or who asked loses the
// right meanwhile, what is written is not whole.
func (x *Export) Write(ctx context.Context, to io.Writer) error { return x.e.write(ctx, x.of, to) }

// exportName is what a table is called.
func exportName(conversationID int64, now time.Time) string {
	return "conversation-" + strings.TrimPrefix(id.Format(id.Conversation, conversationID), "conv_") + "-" + now.UTC().Format("20060102-150405") + ".csv"
}

// may reads the conversation for who asked for it, where that still may.
func (e *Exports) may(ctx context.Context, v *store.View, of extract) (*ent.Conversation, error) {
	p, err := workspace.PresentIn(ctx, v, of.subject)
	if err != nil {
		return nil, err
	}
	c, err := v.Conversation.Get(ctx, of.conversation)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the conversation")
	}
	if err != nil {
		return nil, fmt.Errorf("read conversation %d: %w", of.conversation, err)
	}
	if d := Decide(p, row.Facets(c), Setting{}, Exporting); !d.Allowed {
		return nil, fault.New(fault.Forbidden, "%s", catalogue.Text(of.language, d.Reason, nil)).WithCode(d.Code, nil)
	}
	return c, nil
}
