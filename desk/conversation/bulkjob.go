package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/bulkitem"
	entjob "github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// bulkParams is what a job keeps of who asked for what: ids and enums, and what it sends until it has ended.
type bulkParams struct {
	Action     Action `json:"action"`
	ToAgentID  int64  `json:"to,omitempty"`
	AgentID    int64  `json:"agent,omitempty"`
	TokenID    int64  `json:"token,omitempty"` // workspace.JobToken
	OnBehalfOf int64  `json:"onBehalfOf,omitempty"`
	Language   string `json:"language,omitempty"`
	// Message is what a REPLY sends; nil once it has ended.
	Message *bulkMessage `json:"message,omitempty"`

	Until *time.Time `json:"until,omitempty"`
	Note  string     `json:"note,omitempty"`
}

// BulkPage is a bulk action with a page of its conversations.
type BulkPage struct {
	Job    *ent.Job
	Action Action
	Items  []*ent.BulkItem
	page.Result
}

func paramsMap(p bulkParams) (map[string]any, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	return m, json.Unmarshal(b, &m)
}

func paramsOfJob(j *ent.Job) (bulkParams, error) {
	var p bulkParams
	b, err := json.Marshal(j.Params)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

// heldJob reads a job, held until the transaction ends, with what was asked for.
func heldJob(ctx context.Context, tx *store.Tx, jobID int64) (*ent.Job, bulkParams, error) {
	none := bulkParams{}
	if err := tx.Lock(ctx, entjob.Table, jobID); err != nil {
		return nil, none, err
	}
	j, err := tx.Job.Get(ctx, jobID)
	if ent.IsNotFound(err) {
		return nil, none, fault.Missing("the job")
	}
	if err != nil {
		return nil, none, fmt.Errorf("read job %d: %w", jobID, err)
	}
	asked, err := paramsOfJob(j)
	if err != nil {
		return nil, none, fmt.Errorf("read job %d: %w", jobID, err)
	}
	return j, asked, nil
}

// principal is who asked, with the rights of now; nil where that is nobody any more.
func (b *Bulk) principal(ctx context.Context, tx *store.Tx, asked bulkParams) (*acting, error) {
	var p *auth.Principal
	if asked.TokenID != 0 {
		t, err := tx.APIToken.Get(ctx, asked.TokenID)
		if ent.IsNotFound(err) || err == nil && (t.RevokedAt != nil || t.ExpiresAt != nil && t.ExpiresAt.Before(tx.Now)) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read token %d: %w", asked.TokenID, err)
		}
		p = &auth.Principal{TeamID: tx.Team, TokenID: t.ID, Name: t.Name, Role: auth.Role(t.Role)}
		for _, s := range t.Scopes {
			p.Scopes = append(p.Scopes, auth.Scope(s))
		}
		r, err := tx.Role.Query().Where(role.RoleEQ(role.Role(t.Role))).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read role %s: %w", t.Role, err)
		}
		if r != nil {
			for _, g := range r.Permissions {
				p.Permissions = append(p.Permissions, auth.Permission(g))
			}
		}
	} else {
		var err error
		if p, err = principalOf(ctx, &tx.View, asked.AgentID); err != nil || p == nil {
			return nil, err
		}
	}
	p.Language = asked.Language
	x := &acting{tx: tx, p: *p, by: p.Actor()}
	if err := x.substitute(ctx, asked.OnBehalfOf); err != nil {
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
			return nil, nil
		}
		return nil, err
	}
	return x, nil
}

// Page reads a bulk action that the principal asked for, or any where it is an ADMIN, with a page of its conversations: those of a state, or all. None is a
// fault of kind NotFound.
func (b *Bulk) Page(ctx context.Context, p auth.Principal, jobID int64, state string, w page.Window) (*BulkPage, error) {
	out := &BulkPage{}
	err := b.actions.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		var err error
		if out.Job, err = ownBulk(ctx, v, p, jobID); err != nil {
			return err
		}
		asked, err := paramsOfJob(out.Job)
		if err != nil {
			return err
		}
		out.Action = asked.Action
		const list = "bulk"
		where, err := page.Between[int, predicate.BulkItem](w, list, bulkitem.FieldPosition)
		if err != nil {
			return err
		}
		q := v.BulkItem.Query().Where(bulkitem.JobID(jobID)).Where(where...).Order(page.InOrder(w, bulkitem.FieldPosition)).Limit(w.Limit + 1)
		if state != "" {
			q.Where(bulkitem.StateEQ(bulkitem.State(state)))
		}
		items, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("read the conversations of job %d: %w", jobID, err)
		}
		out.Items, out.Result = page.Cut(w, items, func(i *ent.BulkItem) string { return page.Cursor(list, i.Position, i.ID) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ownBulk reads the job of a bulk action that the principal may know of.
func ownBulk(ctx context.Context, v *store.View, p auth.Principal, jobID int64) (*ent.Job, error) {
	j, err := workspace.JobIn(ctx, v, p, jobID)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(j.Kind, bulkKind) {
		return nil, fault.Missing("the job")
	}
	return j, nil
}

// Cancel stops a bulk action that the principal asked for, or any where it is an ADMIN. What is done stays done. One that has ended stays as it is; the
// cursor is zero then.
func (b *Bulk) Cancel(ctx context.Context, p auth.Principal, jobID int64) (*BulkPage, event.Cursor, error) {
	cursor, err := b.actions.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, entjob.Table, jobID); err != nil {
			return err
		}
		j, err := ownBulk(ctx, &tx.View, p, jobID)
		if err != nil || j.EndedAt != nil {
			return err
		}
		if !p.May(auth.WriteConversations) {
			return fault.New(fault.Forbidden, "%s", catalogue.Text(p.Language, "refusal.scope", nil)).WithCode("FORBIDDEN", nil)
		}
		asked, err := paramsOfJob(j)
		if err != nil {
			return fmt.Errorf("read job %d: %w", jobID, err)
		}
		u := tx.Job.UpdateOne(j).SetState(entjob.StateCANCELLED).SetEndedAt(tx.Now).AddVersion(1).SetUpdatedAt(tx.Now)
		if err := b.forget(ctx, tx, jobID, asked, u); err != nil {
			return err
		}
		now, err := u.Save(ctx)
		if err != nil {
			return fmt.Errorf("cancel job %d: %w", jobID, err)
		}
		tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: j.ID, ObjectVersion: now.Version, Actor: p.Actor()})
		return nil
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	out, err := b.Page(ctx, p, jobID, "", page.Window{Limit: MaxBulkResults})
	return out, cursor, err
}
