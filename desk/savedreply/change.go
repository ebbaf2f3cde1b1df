package savedreply

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botmodule"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keptfile"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreplyaudience"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// CreateInput is a new saved reply. It sends files or a bot module after its text, or neither.
type CreateInput struct {
	Title, Body, Category string
	FileIDs               []int64
	ModuleID              int64 // 0 for none
	Visibility            string
	Roles, Branches       []string
	IdempotencyKey        string `json:"-"`
}

// UpdateInput changes a saved reply; what is nil stays.
type UpdateInput struct {
	ID                    int64
	Title, Body, Category *string
	FileIDs               *[]int64
	ModuleID              *int64 // 0 for none
	Visibility            *string
	Roles, Branches       *[]string
}

// Create keeps a reply (PROD-4). Faults: Invalid, and Forbidden for who may not have one of that visibility.
func (s *Service) Create(ctx context.Context, p auth.Principal, in CreateInput) (*Reply, event.Cursor, error) {
	if err := requireWrite(p); err != nil {
		return nil, event.Cursor{}, err
	}
	var out *Reply
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "savedReplyCreate", in, func() (int64, error) { return s.createIn(ctx, tx, p, in) })
		if err != nil {
			return err
		}
		if out, err = load(ctx, &tx.View, id); err == nil && !out.Sees(p) && !out.keepsOrder(p) {
			err = fault.Missing("the saved reply") // it was made once, and is for others by now
		}
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return out, at, nil
}

func (s *Service) createIn(ctx context.Context, tx *store.Tx, p auth.Principal, in CreateInput) (int64, error) {
	n, err := tx.SavedReply.Query().Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count saved replies: %w", err)
	}
	if n >= maxReplies {
		return 0, fault.Input("title", "a team has at most %d saved replies", maxReplies).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxReplies})
	}
	if err := savedreply.VisibilityValidator(savedreply.Visibility(in.Visibility)); err != nil {
		return 0, fault.Input("visibility", "%q is no visibility", in.Visibility)
	}
	c := tx.SavedReply.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SetTitle("").SetTitleFolded("").SetBody("").SetWordsFolded("").
		SetVisibility(savedreply.Visibility(in.Visibility))
	if p.AgentID != 0 {
		c.SetAgentID(p.AgentID)
	}
	made, err := c.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("create saved reply: %w", err)
	}
	return made.ID, s.updateIn(ctx, tx, p, made, 0, UpdateInput{ID: made.ID, Title: &in.Title, Body: &in.Body, Category: &in.Category, FileIDs: &in.FileIDs,
		ModuleID: &in.ModuleID, Visibility: &in.Visibility, Roles: &in.Roles, Branches: &in.Branches})
}

// Update changes a reply: its author, or a manager role that sees it. It gives the reply as it is then, nil where the principal sees it no more. Faults
// as in Create, and NotFound.
func (s *Service) Update(ctx context.Context, p auth.Principal, in UpdateInput) (*Reply, event.Cursor, error) {
	var out *Reply
	at, err := s.edit(ctx, p, in.ID, func(ctx context.Context, tx *store.Tx, r *Reply) error {
		err := s.updateIn(ctx, tx, p, r.SavedReply, 1, in)
		if err != nil {
			return err
		}
		if out, err = load(ctx, &tx.View, in.ID); err == nil && !out.Sees(p) && !out.keepsOrder(p) {
			out = nil
		}
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return out, at, nil
}

// Delete deletes a reply with its files; messages that were sent with it keep theirs. Who may is who may change it.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.edit(ctx, p, id, func(ctx context.Context, tx *store.Tx, r *Reply) error {
		if err := tx.SavedReply.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete saved reply %d: %w", id, err)
		}
		gone := *r.SavedReply
		gone.Version++
		changed(tx, &gone, string(r.Visibility), p.Actor())
		return s.keep(ctx, tx, id, nil)
	})
}

// edit calls f with a reply that the principal may change, held until the transaction ends.
func (s *Service) edit(ctx context.Context, p auth.Principal, id int64, f func(context.Context, *store.Tx, *Reply) error) (event.Cursor, error) {
	if err := requireWrite(p); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, savedreply.Table, id); err != nil {
			return err
		}
		r, err := load(ctx, &tx.View, id)
		if err != nil {
			return err
		}
		if !r.Sees(p) && !r.keepsOrder(p) {
			return fault.Missing("the saved reply")
		}
		if !r.mayEdit(p) {
			return fault.New(fault.Forbidden, "%s", catalogue.Text(p.Language, "refusal.reply_shared", nil)).WithCode("FORBIDDEN", nil)
		}
		return f(ctx, tx, r)
	})
}

// updateIn writes what changes of a reply, and tells of it.
func (s *Service) updateIn(ctx context.Context, tx *store.Tx, p auth.Principal, r *ent.SavedReply, raises int, in UpdateInput) error {
	u := tx.SavedReply.UpdateOne(r).AddVersion(raises).SetUpdatedAt(tx.Now)
	title, body, category := r.Title, r.Body, r.Category
	var err error
	if in.Title != nil {
		if title, err = input.Line("title", *in.Title, maxTitle); err != nil {
			return err
		}
	}
	if in.Body != nil {
		if body, err = input.Text("body", *in.Body, maxBody); err == nil && body == "" {
			err = fault.Input("body", "%s", catalogue.Text(p.Language, "refusal.text_empty", nil))
		}
		if err != nil {
			return err
		}
	}
	if in.Category != nil {
		if category, err = input.OptionalLine("category", *in.Category, maxCategory); err != nil {
			return err
		}
	}
	u.SetTitle(title).SetTitleFolded(text.Fold(title)).SetBody(body).SetCategory(category).SetCategoryFolded(text.Fold(category)).
		SetWordsFolded(text.Fold(title + "\n" + category + "\n" + body))
	if in.FileIDs != nil {
		if err := s.take(ctx, tx, p, r.ID, *in.FileIDs); err != nil {
			return err
		}
		u.SetFileIds(*in.FileIDs)
	}
	if in.ModuleID != nil {
		u.ClearModuleID().SetBringsModule(*in.ModuleID != 0)
		if *in.ModuleID != 0 {
			switch is, err := tx.BotModule.Query().Where(botmodule.ID(*in.ModuleID)).Exist(ctx); {
			case err != nil:
				return fmt.Errorf("find bot module %d: %w", *in.ModuleID, err)
			case !is:
				return fault.Input("moduleId", "there is no such bot module")
			}
			u.SetModuleID(*in.ModuleID)
		}
	}
	if err := audience(ctx, tx, p, u, r, in); err != nil {
		return err
	}
	now, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("change saved reply %d: %w", r.ID, err)
	}
	if now.BringsModule && len(now.FileIds) > 0 {
		return fault.Input("moduleId", "%s", catalogue.Text(p.Language, "refusal.reply_both", nil))
	}
	changed(tx, now, string(r.Visibility), p.Actor())
	return nil
}

// audience sets who sees a reply. A change of visibility, or of the roles and branches of one that others see, is for who may have such a reply.
func audience(ctx context.Context, tx *store.Tx, p auth.Principal, u *ent.SavedReplyUpdateOne, r *ent.SavedReply, in UpdateInput) error {
	if in.Visibility == nil && in.Roles == nil && in.Branches == nil {
		return nil
	}
	visibility := string(r.Visibility)
	if in.Visibility != nil {
		visibility = *in.Visibility
	}
	if savedreply.VisibilityValidator(savedreply.Visibility(visibility)) != nil {
		return fault.Input("visibility", "%q is no visibility", visibility)
	}
	if err := mayHave(p, visibility); err != nil {
		return err
	}
	if visibility == Me && (r.AgentID == nil || *r.AgentID != p.AgentID) {
		return fault.Input("visibility", "%s", catalogue.Text(p.Language, "refusal.reply_own", nil))
	}
	u.SetVisibility(savedreply.Visibility(visibility))
	var names []string
	var err error
	switch visibility {
	case Roles:
		names, err = roles(in.Roles)
	case Branches:
		names, err = branches(in.Branches)
	}
	if err != nil {
		return err
	}
	if names == nil && visibility == string(r.Visibility) && (visibility == Roles || visibility == Branches) {
		return nil // they stay
	}
	if _, err := tx.SavedReplyAudience.Delete().Where(savedreplyaudience.ReplyID(r.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove who sees saved reply %d: %w", r.ID, err)
	}
	if visibility != Roles && visibility != Branches {
		return nil
	}
	if len(names) == 0 {
		field := map[string]string{Roles: "roles", Branches: "branchIds"}[visibility]
		return fault.Input(field, "name at least one")
	}
	rows := make([]*ent.SavedReplyAudienceCreate, len(names))
	for i, name := range names {
		rows[i] = tx.SavedReplyAudience.Create().SetTeamID(tx.Team).SetReplyID(r.ID).SetName(name)
	}
	if err := tx.SavedReplyAudience.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("add who sees saved reply %d: %w", r.ID, err)
	}
	return nil
}

// roles reads roles, each once; nil where none are given.
func roles(given *[]string) ([]string, error) {
	if given == nil {
		return nil, nil
	}
	for _, x := range *given {
		if !slices.Contains(auth.Roles, auth.Role(x)) {
			return nil, fault.Input("roles", "%q is no role", x)
		}
	}
	return once(*given), nil
}

// branches reads branches, each once; nil where none are given.
func branches(given *[]string) ([]string, error) {
	if given == nil {
		return nil, nil
	}
	if len(*given) > maxBranches {
		return nil, fault.Input("branchIds", "at most %d branches", maxBranches)
	}
	all := make([]string, len(*given))
	for i, x := range *given {
		var err error
		if all[i], err = input.Line("branchIds", x, maxBranch); err != nil {
			return nil, err
		}
	}
	return once(all), nil
}

// once gives each of the texts once, in their order.
func once(all []string) []string {
	out := append([]string{}, all...)
	slices.Sort(out)
	return slices.Compact(out)
}

// take makes files the reply's: uploads of the principal's, and those that it has.
func (s *Service) take(ctx context.Context, tx *store.Tx, p auth.Principal, id int64, fileIDs []int64) error {
	if len(fileIDs) > maxFiles {
		return fault.Input("fileUploadIds", "at most %d files", maxFiles).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxFiles})
	}
	if len(fileIDs) > 0 && s.files == nil {
		return fault.Input("fileUploadIds", "this server keeps no files")
	}
	for i, n := range fileIDs {
		if slices.Contains(fileIDs[:i], n) {
			return fault.Input("fileUploadIds", "name each file once")
		}
		has, err := tx.KeptFile.Query().Where(keptfile.Holder(holder(id)), keptfile.FileID(n)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("find file %d: %w", n, err)
		}
		if has {
			continue
		}
		if _, err := s.files.ClaimIn(ctx, tx, p.Key(), n); err != nil {
			if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
				return fault.Input("fileUploadIds", "%s", fault.As(err).Text)
			}
			return err
		}
	}
	return s.keep(ctx, tx, id, fileIDs)
}

// keep notes which files a reply sends.
func (s *Service) keep(ctx context.Context, tx *store.Tx, id int64, fileIDs []int64) error {
	if s.files == nil {
		return nil
	}
	return s.files.KeepIn(ctx, tx, holder(id), fileIDs...)
}

// holder is the reply's name as one that keeps files.
func holder(id int64) string { return fmt.Sprintf("reply:%d", id) }
