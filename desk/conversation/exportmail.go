package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ExportTask is the kind of the queued work that mails an export; its handler is Exports.Work.
const ExportTask = "conversation.export"

const (
	// exportKind is the kind of the job that people watch.
	exportKind = "CONVERSATION_EXPORT"
	// maxMailed is how large a table that is mailed may be, in bytes: most mailboxes take no more than twice that.
	maxMailed = 10 << 20
)

// exportParams is what a job keeps of who asked for what: ids and enums. token is workspace.JobToken, for no integration is mailed anything.
type exportParams struct {
	ConversationID int64  `json:"conversation"`
	HasNotes       bool   `json:"notes,omitempty"`
	Language       string `json:"language,omitempty"`
}

type exportArgs struct {
	JobID int64 `json:"job"`
}

// Mail logs an export and queues the mail of its table to the address of the agent who asks: a job, which ends when the mail server has taken it. Faults: those of
// Link; Forbidden for an integration, which has no address; Conflict where the operator has set no mail server.
func (e *Exports) Mail(ctx context.Context, p auth.Principal, in ExportInput) (*ent.Job, event.Cursor, error) {
	refuse := func(kind fault.Kind, code, reason string) error {
		return fault.New(kind, "%s", catalogue.Text(p.Language, reason, nil)).WithCode(code, nil)
	}
	var j *ent.Job
	cursor, err := e.s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x, err := e.s.begin(ctx, tx, p, 0, in.ConversationID, Exporting)
		if err != nil {
			return err
		}
		switch {
		case e.Mailer == nil:
			return refuse(fault.Conflict, "CONFLICT", "refusal.no_mail")
		case p.AgentID == 0:
			return refuse(fault.Forbidden, "FORBIDDEN", "refusal.mail_agent")
		}
		n, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "conversationExport", in, func() (int64, error) { return e.queue(ctx, x, in) })
		if err != nil {
			return err
		}
		j, err = workspace.JobIn(ctx, &tx.View, p, n)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return j, cursor, nil
}

func (e *Exports) queue(ctx context.Context, x *acting, in ExportInput) (int64, error) {
	b, err := json.Marshal(exportParams{in.ConversationID, in.IncludesNotes, x.p.Language})
	params := map[string]any{}
	if err = errors.Join(err, json.Unmarshal(b, &params)); err != nil {
		return 0, fmt.Errorf("keep what is exported: %w", err)
	}
	j, err := x.tx.Job.Create().SetTeamID(x.tx.Team).SetKind(exportKind).SetTotal(1).SetCreatedBy(x.p.AgentID).SetParams(params).SetCreatedAt(x.tx.Now).SetUpdatedAt(x.tx.Now).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("create job: %w", err)
	}
	x.tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: j.Version, Actor: x.by})
	if err := x.exported(ctx, "log.exported_mail"); err != nil {
		return 0, err
	}
	return j.ID, e.Queue.EnqueueIn(ctx, x.tx, job.Task{Kind: ExportTask, Args: exportArgs{j.ID}})
}

// Work handles ExportTask: it mails a table. What the mail server refuses for a while is tried again, the rest ends the job with the reason. Where the server dies
// between the mail server's answer and the note of it, the letter goes once more, under the same id: mailboxes know it by that.
func (e *Exports) Work(ctx context.Context, team int64, args json.RawMessage) error {
	var a exportArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return fault.Wrap(err, fault.Invalid, "no arguments of an export")
	}
	var l egress.Letter
	var of extract
	isOver := false
	_, err := e.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		j, err := e.held(ctx, tx, a.JobID)
		if err != nil {
			return err
		}
		if isOver = j.EndedAt != nil; isOver {
			return nil
		}
		var asked exportParams
		b, err := json.Marshal(j.Params)
		if err = errors.Join(err, json.Unmarshal(b, &asked)); err != nil {
			return fmt.Errorf("read job %d: %w", j.ID, err)
		}
		of = extract{team: team, subject: j.CreatedBy, conversation: asked.ConversationID, language: asked.Language, hasNotes: asked.HasNotes}
		l.ID = fmt.Sprintf("export.%d.%d.%d", team, j.ID, j.CreatedAt.UnixMicro())
		if j.State == entjob.StateRUNNING {
			return nil
		}
		return changeJob(ctx, tx, j, func(u *ent.JobUpdateOne) { u.SetState(entjob.StateRUNNING) })
	})
	if err != nil || isOver {
		return err
	}
	if err = e.mail(ctx, of, &l); err != nil && !isLost(err) && !job.IsGivenUp(ctx, err) {
		return err
	}
	why := ""
	if err != nil {
		e.Log.WarnContext(ctx, "an export was not mailed", "team", team, "job", a.JobID, "error", err)
		why = catalogue.Text(of.language, "refusal.export_failed", nil)
		switch f := fault.As(err); f.Kind {
		case fault.Invalid:
			why = catalogue.Text(of.language, "refusal.mail_refused", nil)
		case fault.Internal, fault.Unavailable, fault.Throttled:
		default:
			why = f.Text
		}
	}
	_, err = e.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		j, err := e.held(ctx, tx, a.JobID)
		if err != nil || j.EndedAt != nil {
			return err
		}
		return changeJob(ctx, tx, j, func(u *ent.JobUpdateOne) {
			u.SetDone(1).SetEndedAt(tx.Now).SetState(entjob.StateDONE)
			if why != "" {
				u.SetFailed(1).SetState(entjob.StateFAILED).SetError(why)
			}
		})
	})
	return err
}

// isLost says whether trying again would not help: the mail server's last word, who asked may no more, the conversation is gone.
func isLost(err error) bool {
	switch fault.Of(err) {
	case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Conflict, fault.Unauthenticated:
		return true
	}
	return false
}

// held reads the job, held until the transaction ends.
func (e *Exports) held(ctx context.Context, tx *store.Tx, jobID int64) (*ent.Job, error) {
	if err := tx.Lock(ctx, entjob.Table, jobID); err != nil {
		return nil, err
	}
	j, err := tx.Job.Get(ctx, jobID)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the job")
	}
	if err != nil {
		return nil, fmt.Errorf("read job %d: %w", jobID, err)
	}
	return j, nil
}

func changeJob(ctx context.Context, tx *store.Tx, j *ent.Job, f func(*ent.JobUpdateOne)) error {
	u := tx.Job.UpdateOne(j).AddVersion(1).SetUpdatedAt(tx.Now)
	f(u)
	now, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("change job %d: %w", j.ID, err)
	}
	tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: now.Version, Actor: event.Actor{Kind: event.BySystem}})
	return nil
}

// mail writes the letter and sends it.
func (e *Exports) mail(ctx context.Context, of extract, l *egress.Letter) error {
	if e.Mailer == nil {
		return fault.New(fault.Conflict, "%s", catalogue.Text(of.language, "refusal.no_mail", nil))
	}
	table := &bounded{most: maxMailed}
	if err := e.write(ctx, of, table); err != nil {
		if table.isFull {
			return fault.New(fault.Conflict, "%s", catalogue.Text(of.language, "refusal.mail_large", nil))
		}
		return err
	}
	var name string
	err := e.s.db.Read(ctx, of.team, func(ctx context.Context, v *store.View) error {
		c, err := e.may(ctx, v, of)
		if err != nil {
			return err
		}
		a, err := v.Agent.Get(ctx, of.subject)
		if err != nil {
			return fmt.Errorf("read agent %d: %w", of.subject, err)
		}
		x := &acting{c: c}
		name, l.To = x.customer(), a.Email
		return nil
	})
	if err != nil {
		return err
	}
	params := map[string]string{"customer": name}
	l.Subject, l.Body = catalogue.Text(of.language, "mail.export_subject", params), catalogue.Text(of.language, "mail.export", params)
	l.FileName, l.ContentType, l.File = exportName(of.conversation, e.s.db.Clock().Now()), "text/csv; charset=utf-8", table.Bytes()
	return e.Mailer.SendFile(ctx, *l)
}

// bounded takes so many bytes and no more.
type bounded struct {
	bytes.Buffer
	most   int
	isFull bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		b.isFull = true
		return 0, errors.New("it is too large")
	}
	return b.Buffer.Write(p)
}
