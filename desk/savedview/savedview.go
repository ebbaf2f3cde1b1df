// Package savedview keeps filters of conversations with a name, a sort and columns: for an agent, for roles or for everybody, in an order, with counts (PROD-16).
package savedview

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedview"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Who sees a saved view.
const (
	Everybody = string(savedview.VisibilityEVERYBODY)
	Roles     = string(savedview.VisibilityROLES)
	Me        = string(savedview.VisibilityME)
)

// What a team and an agent may have.
const (
	maxShared = 100 // of a team
	maxOwn    = 50  // of an agent
	maxName   = 60
	maxFilter = 32 << 10 // bytes
)

// Columns are the columns that a view may show.
var Columns = []string{"NAME", "CHANNEL", "LAST_MESSAGE", "LAST_AT", "STATUS", "FOLLOWER", "COLLABORATORS", "TAGS", "UNREAD", "WAITING", "FOLLOWED_AT", "ENDED_AT", "CREATED_AT"}

// Service keeps saved views. It is safe for concurrent use.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db} }

// View is a saved view with its filter read; a nil filter is the inbox's view as it is.
type View struct {
	*ent.SavedView
	Filter *inbox.Filter
}

// Selects is what the view lists.
func (x *View) Selects() inbox.Selection {
	return inbox.Selection{View: inbox.View(x.View), Filter: x.Filter}
}

func (x *View) isShared() bool { return string(x.Visibility) != Me }

// isAuthor says whether the principal made the view. An integration has none of its own.
func (x *View) isAuthor(p auth.Principal) bool {
	return p.AgentID != 0 && x.AgentID != nil && *x.AgentID == p.AgentID
}

// Sees says whether the principal is shown the view: its author is, and those for whom it is.
func (x *View) Sees(p auth.Principal) bool {
	switch string(x.Visibility) {
	case Everybody:
		return true
	case Roles:
		return x.isAuthor(p) || slices.Contains(x.Roles, string(p.Role))
	}
	return x.isAuthor(p)
}

// keepsOrder says whether the principal sees a shared view to keep it in order, though it is for other roles.
func (x *View) keepsOrder(p auth.Principal) bool { return x.isShared() && p.Role == auth.Admin }

// MayEdit says whether the principal may change the view: its author one of its own, a manager role a shared one that it sees.
func (x *View) MayEdit(p auth.Principal) bool {
	if !x.isShared() {
		return x.isAuthor(p)
	}
	return p.Role.IsManager() && (x.Sees(p) || x.keepsOrder(p))
}

// Get gives a view that the principal sees, or keeps in order. Any other is a fault of kind NotFound.
func (s *Service) Get(ctx context.Context, p auth.Principal, id int64) (*View, error) {
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return nil, err
	}
	var out *View
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		out, err = find(ctx, v, p, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// List lists the views that the principal sees: first the shared ones, then its own, each in their order. With all it lists, for an administrator, those of other
// roles too, to keep them in order.
func (s *Service) List(ctx context.Context, p auth.Principal, all bool) ([]*View, error) {
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return nil, err
	}
	var out []*View
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		out, err = listIn(ctx, v, p, all)
		return err
	})
	return out, err
}

// Counted is a view with how many conversations it shows its viewer.
type Counted struct {
	*View
	inbox.Share
}

// CountsIn counts what each view shows the principal, at one moment: see inbox.SharesIn. Who may not read what the team has set up sees no views.
func CountsIn(ctx context.Context, v *store.View, p auth.Principal) ([]Counted, error) {
	if !p.May(auth.ReadWorkspace) {
		return nil, nil
	}
	views, err := listIn(ctx, v, p, false)
	if err != nil || len(views) == 0 {
		return nil, err
	}
	asked := make([]inbox.Selection, len(views))
	for i, x := range views {
		asked[i] = x.Selects()
	}
	shares, err := inbox.SharesIn(ctx, v, p, asked)
	if err != nil {
		return nil, err
	}
	out := make([]Counted, len(views))
	for i, x := range views {
		out[i] = Counted{x, shares[i]}
	}
	return out, nil
}

// listIn reads the shared views and the principal's own: there are so few that who sees which is judged here.
func listIn(ctx context.Context, v *store.View, p auth.Principal, all bool) ([]*View, error) {
	rows, err := v.SavedView.Query().Where(savedview.VisibilityNEQ(savedview.VisibilityME)).Order(savedview.ByPosition(), savedview.ByID()).All(ctx)
	if err == nil && p.AgentID != 0 {
		var own []*ent.SavedView
		own, err = v.SavedView.Query().Where(savedview.AgentID(p.AgentID), savedview.VisibilityEQ(savedview.VisibilityME)).Order(savedview.ByPosition(), savedview.ByID()).All(ctx)
		rows = append(rows, own...)
	}
	if err != nil {
		return nil, fmt.Errorf("list saved views: %w", err)
	}
	out := []*View{}
	for _, r := range rows {
		x, err := read(r)
		if err != nil {
			return nil, err
		}
		if x.Sees(p) || all && x.keepsOrder(p) {
			out = append(out, x)
		}
	}
	return out, nil
}

func find(ctx context.Context, v *store.View, p auth.Principal, id int64) (*View, error) {
	r, err := v.SavedView.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the saved view")
	}
	if err != nil {
		return nil, fmt.Errorf("read saved view %d: %w", id, err)
	}
	x, err := read(r)
	if err == nil && !x.Sees(p) && !x.keepsOrder(p) {
		err = fault.Missing("the saved view")
	}
	return x, err
}

func read(r *ent.SavedView) (*View, error) {
	x := &View{SavedView: r}
	if r.Filter == "" {
		return x, nil
	}
	if err := json.Unmarshal([]byte(r.Filter), &x.Filter); err != nil {
		return nil, fmt.Errorf("read the filter of saved view %d: %w", r.ID, err)
	}
	return x, nil
}

// changed tells that a view was made, changed, moved or deleted: its author alone where nobody else saw or sees it.
func changed(tx *store.Tx, r *ent.SavedView, was string, by event.Actor) {
	e := event.Event{Kind: event.SavedViewChanged, ObjectID: r.ID, ObjectVersion: r.Version, Actor: by}
	if was == Me && string(r.Visibility) == Me && r.AgentID != nil {
		e.AgentID = *r.AgentID
	}
	tx.Emit(e)
}
