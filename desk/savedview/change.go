package savedview

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedview"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CreateInput is a new saved view.
type CreateInput struct {
	Name           string
	View           inbox.View
	Filter         *inbox.Filter
	Sort           inbox.Sort
	IsDescending   bool
	Columns        []string
	Visibility     string
	Roles          []string // for ROLES
	IdempotencyKey string   `json:"-"`
}

// UpdateInput changes a saved view; what is nil stays.
type UpdateInput struct {
	ID           int64
	Name         *string
	View         *inbox.View
	Filter       **inbox.Filter // a pointer to nil for none
	Sort         *inbox.Sort
	IsDescending *bool
	Columns      *[]string
	Visibility   *string
	Roles        *[]string
}

func refuse(p auth.Principal, code string) error {
	return fault.New(fault.Forbidden, "%s", catalogue.Text(p.Language, code, nil)).WithCode("FORBIDDEN", nil)
}

// mayHave refuses a view of a visibility to who may not have one.
func mayHave(p auth.Principal, visibility string) error {
	switch {
	case savedview.VisibilityValidator(savedview.Visibility(visibility)) != nil:
		return fault.Input("visibility", "%q is no visibility", visibility)
	case visibility == Me && p.AgentID == 0:
		return fault.Input("visibility", "%s", catalogue.Text(p.Language, "refusal.view_own", nil))
	case visibility != Me && !p.Role.IsManager():
		return refuse(p, "refusal.view_shared")
	}
	return nil
}

// ofKind are the views in whose order one stands: the shared ones, or an agent's own.
func ofKind(isShared bool, agentID *int64) predicate.SavedView {
	if isShared || agentID == nil {
		return savedview.VisibilityNEQ(savedview.VisibilityME)
	}
	return savedview.And(savedview.VisibilityEQ(savedview.VisibilityME), savedview.AgentID(*agentID))
}

// Create keeps a view behind the others of its kind. Faults: Invalid, Forbidden for who may not have one of that visibility.
func (s *Service) Create(ctx context.Context, p auth.Principal, in CreateInput) (*View, event.Cursor, error) {
	if err := p.Need(auth.WriteWorkspace); err != nil {
		return nil, event.Cursor{}, err
	}
	var out *View
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "savedViewCreate", in, func() (int64, error) { return createIn(ctx, tx, p, in) })
		if err != nil {
			return err
		}
		out, err = find(ctx, &tx.View, p, id)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return out, at, nil
}

func createIn(ctx context.Context, tx *store.Tx, p auth.Principal, in CreateInput) (int64, error) {
	if err := mayHave(p, in.Visibility); err != nil {
		return 0, err
	}
	r := &ent.SavedView{Visibility: savedview.Visibility(in.Visibility)}
	if p.AgentID != 0 {
		r.AgentID = &p.AgentID
	}
	if err := apply(ctx, tx, p, r, UpdateInput{Name: &in.Name, View: &in.View, Filter: &in.Filter, Sort: &in.Sort, IsDescending: &in.IsDescending, Columns: &in.Columns, Roles: &in.Roles}); err != nil {
		return 0, err
	}
	// Two who add at once neither exceed the limit nor take one place.
	if err := hold(ctx, tx); err != nil {
		return 0, err
	}
	isShared := in.Visibility != Me
	place, err := last(ctx, tx, isShared, r.AgentID)
	if err != nil {
		return 0, err
	}
	c := tx.SavedView.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SetName(r.Name).SetView(r.View).SetFilter(r.Filter).SetSort(r.Sort).SetIsDescending(r.IsDescending).
		SetVisibility(r.Visibility).SetNillableAgentID(r.AgentID).SetPosition(place)
	if len(r.Columns) > 0 {
		c.SetColumns(r.Columns)
	}
	if len(r.Roles) > 0 {
		c.SetRoles(r.Roles)
	}
	made, err := c.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("create saved view: %w", err)
	}
	changed(tx, made, string(made.Visibility), p.Actor())
	return made.ID, nil
}

// last is the place behind the others of a kind; where there are as many as may be, a fault of kind Invalid with the code LIMIT_EXCEEDED.
func last(ctx context.Context, tx *store.Tx, isShared bool, agentID *int64) (int, error) {
	all, err := tx.SavedView.Query().Where(ofKind(isShared, agentID)).Order(savedview.ByPosition(), savedview.ByID()).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("read saved views: %w", err)
	}
	most := maxOwn
	if isShared {
		most = maxShared
	}
	if len(all) >= most {
		return 0, fault.Input("visibility", "there are at most %d", most).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": most})
	}
	if len(all) == 0 {
		return 1, nil
	}
	return all[len(all)-1].Position + 1, nil
}

// apply changes a row as the input says, and refuses what does not go together.
func apply(ctx context.Context, tx *store.Tx, p auth.Principal, r *ent.SavedView, in UpdateInput) error {
	if in.Name != nil {
		name, err := input.Line("name", *in.Name, maxName)
		if err != nil {
			return err
		}
		r.Name = name
	}
	if in.View != nil {
		if !slices.Contains(inbox.Views, *in.View) {
			return fault.Input("view", "there is no view %q", *in.View)
		}
		r.View = string(*in.View)
	}
	if in.Sort != nil {
		r.Sort = string(*in.Sort)
	}
	if in.IsDescending != nil {
		r.IsDescending = *in.IsDescending
	}
	if err := inbox.CheckOrder(inbox.View(r.View), inbox.Sort(r.Sort), r.IsDescending); err != nil {
		return err
	}
	if in.Filter != nil {
		if err := setFilter(ctx, tx, r, *in.Filter); err != nil {
			return err
		}
	}
	if in.Columns != nil {
		for i, c := range *in.Columns {
			if !slices.Contains(Columns, c) || slices.Contains((*in.Columns)[:i], c) {
				return fault.Input("columns", "%q is no column, or is named twice", c)
			}
		}
		r.Columns = *in.Columns
	}
	return setRoles(p, r, in)
}

func setFilter(ctx context.Context, tx *store.Tx, r *ent.SavedView, f *inbox.Filter) error {
	r.Filter = ""
	if f == nil {
		return nil
	}
	if err := f.Validate("filter"); err != nil {
		return err
	}
	if err := areThere(ctx, tx, f); err != nil {
		return err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep a filter: %w", err)
	}
	if len(b) > maxFilter {
		return fault.Input("filter", "this filter is too large to be kept")
	}
	r.Filter = string(b)
	return nil
}

// areThere refuses a filter that names what the team has not. What is deleted later matches nothing.
func areThere(ctx context.Context, tx *store.Tx, f *inbox.Filter) error {
	for what, find := range map[string]struct {
		ids   []int64
		count func([]int64) (int, error)
	}{
		"the channel": {f.Named(func(f *inbox.Filter) []int64 { return f.ChannelIDs }), func(ids []int64) (int, error) {
			return tx.Channel.Query().Where(channel.IDIn(ids...)).Count(ctx)
		}},
		"the agent": {f.Named(func(f *inbox.Filter) []int64 { return slices.Concat(f.FollowerIDs, f.CollaboratorIDs) }), func(ids []int64) (int, error) {
			return tx.Agent.Query().Where(agent.IDIn(ids...)).Count(ctx)
		}},
		"the contact": {f.Named(func(f *inbox.Filter) []int64 { return f.ContactIDs }), func(ids []int64) (int, error) {
			return tx.Contact.Query().Where(contact.IDIn(ids...)).Count(ctx)
		}},
		"the tag": {f.Named(func(f *inbox.Filter) []int64 { return slices.Concat(f.AnyTags, f.AllTags, f.NoTags) }), func(ids []int64) (int, error) {
			return tx.Tag.Query().Where(tag.IDIn(ids...)).Count(ctx)
		}},
	} {
		if len(find.ids) == 0 {
			continue
		}
		n, err := find.count(find.ids)
		if err != nil {
			return fmt.Errorf("find what a filter names: %w", err)
		}
		if n < len(find.ids) {
			return fault.Missing(what)
		}
	}
	return nil
}

// setRoles sets who sees a view: the roles are those of ROLES alone.
func setRoles(p auth.Principal, r *ent.SavedView, in UpdateInput) error {
	if in.Visibility != nil && *in.Visibility != string(r.Visibility) {
		if err := mayHave(p, *in.Visibility); err != nil {
			return err
		}
		if *in.Visibility == Me {
			return fault.Input("visibility", "%s", catalogue.Text(p.Language, "refusal.view_unshare", nil))
		}
		r.Visibility = savedview.Visibility(*in.Visibility)
	}
	if string(r.Visibility) != Roles {
		r.Roles = nil
		return nil
	}
	if in.Roles != nil {
		for _, x := range *in.Roles {
			if !slices.Contains(auth.Roles, auth.Role(x)) {
				return fault.Input("roles", "%q is no role", x)
			}
		}
		r.Roles = slices.Compact(slices.Sorted(slices.Values(*in.Roles)))
	}
	if len(r.Roles) == 0 {
		return fault.Input("roles", "name at least one")
	}
	return nil
}

// Update changes a view that the principal may change. It gives the view as it is then; nil where the principal sees it no more. Faults as in Create, and NotFound.
func (s *Service) Update(ctx context.Context, p auth.Principal, in UpdateInput) (*View, event.Cursor, error) {
	var out *View
	at, err := s.edit(ctx, p, in.ID, func(ctx context.Context, tx *store.Tx, x *View) error {
		was := string(x.Visibility)
		r := *x.SavedView
		if err := apply(ctx, tx, p, &r, in); err != nil {
			return err
		}
		u := tx.SavedView.UpdateOne(x.SavedView).AddVersion(1).SetUpdatedAt(tx.Now).SetName(r.Name).SetView(r.View).SetFilter(r.Filter).SetSort(r.Sort).SetIsDescending(r.IsDescending).
			SetVisibility(r.Visibility)
		if was == Me && string(r.Visibility) != Me {
			place, err := last(ctx, tx, true, nil)
			if err != nil {
				return err
			}
			u.SetPosition(place)
		}
		if len(r.Columns) > 0 {
			u.SetColumns(r.Columns)
		} else {
			u.ClearColumns()
		}
		if len(r.Roles) > 0 {
			u.SetRoles(r.Roles)
		} else {
			u.ClearRoles()
		}
		now, err := u.Save(ctx)
		if err != nil {
			return fmt.Errorf("change saved view %d: %w", in.ID, err)
		}
		changed(tx, now, was, p.Actor())
		out, err = find(ctx, &tx.View, p, in.ID)
		if fault.Is(err, fault.NotFound) {
			out, err = nil, nil
		}
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return out, at, nil
}

// Move puts a view right behind another of its kind, or with 0 before all of them. Who may is who may change it.
func (s *Service) Move(ctx context.Context, p auth.Principal, id, after int64) (*View, event.Cursor, error) {
	var out *View
	at, err := s.edit(ctx, p, id, func(ctx context.Context, tx *store.Tx, x *View) error {
		all, err := tx.SavedView.Query().Where(ofKind(x.isShared(), x.AgentID)).Order(savedview.ByPosition(), savedview.ByID()).All(ctx)
		if err != nil {
			return fmt.Errorf("read saved views: %w", err)
		}
		all = slices.DeleteFunc(all, func(r *ent.SavedView) bool { return r.ID == id })
		to := 0
		if after != 0 {
			if to = slices.IndexFunc(all, func(r *ent.SavedView) bool { return r.ID == after }) + 1; to == 0 {
				return fault.Missing("the saved view")
			}
		}
		all = slices.Insert(all, to, x.SavedView)
		for i, r := range all {
			u := tx.SavedView.UpdateOne(r).SetPosition(i + 1)
			if r.ID == id {
				u.AddVersion(1).SetUpdatedAt(tx.Now)
			} else if r.Position == i+1 {
				continue
			}
			now, err := u.Save(ctx)
			if err != nil {
				return fmt.Errorf("move saved view %d: %w", r.ID, err)
			}
			if r.ID == id {
				changed(tx, now, string(now.Visibility), p.Actor())
			}
		}
		out, err = find(ctx, &tx.View, p, id)
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return out, at, nil
}

// Delete deletes a view. Who may is who may change it.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.edit(ctx, p, id, func(ctx context.Context, tx *store.Tx, x *View) error {
		if err := tx.SavedView.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete saved view %d: %w", id, err)
		}
		gone := *x.SavedView
		gone.Version++
		changed(tx, &gone, string(gone.Visibility), p.Actor())
		return nil
	})
}

// edit calls f with a view that the principal may change. Those of a team are changed one after another, so that orders stay whole.
func (s *Service) edit(ctx context.Context, p auth.Principal, id int64, f func(context.Context, *store.Tx, *View) error) (event.Cursor, error) {
	if err := p.Need(auth.WriteWorkspace); err != nil {
		return event.Cursor{}, err
	}
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := hold(ctx, tx); err != nil {
			return err
		}
		x, err := find(ctx, &tx.View, p, id)
		if err != nil {
			return err
		}
		if !x.MayEdit(p) {
			return refuse(p, "refusal.view_shared")
		}
		return f(ctx, tx, x)
	})
}

// hold makes changes of a team's saved views wait for each other.
func hold(ctx context.Context, tx *store.Tx) error {
	if !tx.IsPostgres() { // one writer
		return nil
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "saved views/%d", tx.Team)
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(?)", int64(h.Sum64())); err != nil {
		return fmt.Errorf("wait for other changes of saved views: %w", err)
	}
	return nil
}
