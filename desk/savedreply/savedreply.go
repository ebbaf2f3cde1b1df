// Package savedreply keeps answers that agents send again: who sees them, how they are found, and the files and bot modules that go with them (PROD-4).
// desk/conversation sends them.
package savedreply

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entfile "github.com/switchyard-chat/switchyard/ent/gen/ent/file"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreplyaudience"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Who sees a saved reply beside its author.
const (
	Everybody = string(savedreply.VisibilityEVERYBODY)
	Roles     = string(savedreply.VisibilityROLES)
	Branches  = string(savedreply.VisibilityBRANCHES)
	Me        = string(savedreply.VisibilityME)
)

// What a team may have, and a reply.
const (
	maxReplies  = 5000
	maxTitle    = 100
	maxBody     = 5000
	maxCategory = 50
	maxFiles    = 10
	maxBranches = 50
	maxBranch   = 100
)

// Service keeps saved replies. It is safe for concurrent use.
type Service struct {
	db    *store.DB
	files *file.Service
}

// New makes the service. Without files none can be kept.
func New(db *store.DB, files *file.Service) *Service { return &Service{db: db, files: files} }

// Reply is a saved reply with all that is shown of it.
type Reply struct {
	*ent.SavedReply
	// Files are those that it sends, in their order.
	Files []*ent.File
	// Audience are the roles or branches that see it, in alphabetical order.
	Audience []string
}

// IsModuleDeleted says that the bot module that it sent is no more.
func (r *Reply) IsModuleDeleted() bool { return r.BringsModule && r.ModuleID == nil }

// isAuthor says whether the principal made the reply. An integration has none of its own.
func (r *Reply) isAuthor(p auth.Principal) bool {
	return p.AgentID != 0 && r.AgentID != nil && *r.AgentID == p.AgentID
}

// Sees says whether the principal is shown the reply: its author is, and those for whom it is (PROD-4).
func (r *Reply) Sees(p auth.Principal) bool {
	switch string(r.Visibility) {
	case Everybody:
		return true
	case Roles:
		return r.isAuthor(p) || slices.Contains(r.Audience, string(p.Role))
	case Branches:
		return r.isAuthor(p) || p.BranchID != "" && slices.Contains(r.Audience, p.BranchID)
	}
	return r.isAuthor(p)
}

// keepsOrder says whether the principal sees the reply to keep it in order, though it is for other roles or branches. Nobody keeps order in what is
// another's alone.
func (r *Reply) keepsOrder(p auth.Principal) bool {
	return p.Role == auth.Admin && string(r.Visibility) != Me
}

// mayEdit says whether the principal may change the reply: its author, or a manager role that sees it.
func (r *Reply) mayEdit(p auth.Principal) bool {
	return r.isAuthor(p) || string(r.Visibility) != Me && p.Role.IsManager()
}

// requireRead refuses who may not read what the team has set up.
func requireRead(p auth.Principal) error {
	return p.Need(auth.ReadWorkspace)
}

// requireWrite refuses who may not change what the team has set up.
func requireWrite(p auth.Principal) error {
	return p.Need(auth.WriteWorkspace)
}

// mayHave refuses a reply of a visibility to who may not have one: one that others see needs a manager role, one of one's own the permission to send.
func mayHave(p auth.Principal, visibility string) error {
	why := ""
	switch {
	case visibility == Me && p.AgentID == 0:
		return fault.Input("visibility", "%s", catalogue.Text(p.Language, "refusal.reply_own", nil))
	case visibility != Me && !p.Role.IsManager():
		why = "refusal.reply_shared"
	case visibility == Me && !p.Role.IsManager() && !p.Has(auth.SendMessages):
		why = "refusal.send_permission"
	default:
		return nil
	}
	return fault.New(fault.Forbidden, "%s", catalogue.Text(p.Language, why, nil)).WithCode("FORBIDDEN", nil)
}

// Get gives a reply that the principal sees, or keeps in order. Any other is a fault of kind NotFound.
func (s *Service) Get(ctx context.Context, p auth.Principal, id int64) (*Reply, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var out *Reply
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		r, err := load(ctx, v, id)
		if err == nil && !r.Sees(p) && !r.keepsOrder(p) {
			err = fault.Missing("the saved reply")
		}
		out = r
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SeenIn gives a reply that the principal is shown, to be sent. Any other is a fault of kind NotFound.
func SeenIn(ctx context.Context, v *store.View, p auth.Principal, id int64) (*Reply, error) {
	r, err := load(ctx, v, id)
	if err != nil {
		return nil, err
	}
	if !r.Sees(p) {
		return nil, fault.Missing("the saved reply")
	}
	return r, nil
}

func load(ctx context.Context, v *store.View, id int64) (*Reply, error) {
	r, err := v.SavedReply.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the saved reply")
	}
	if err != nil {
		return nil, fmt.Errorf("read saved reply %d: %w", id, err)
	}
	all, err := complete(ctx, v, []*ent.SavedReply{r})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// complete reads what is shown of replies beside themselves: two statements, however many there are.
func complete(ctx context.Context, v *store.View, rows []*ent.SavedReply) ([]*Reply, error) {
	out := make([]*Reply, len(rows))
	var some, fileIDs []int64
	for i, r := range rows {
		out[i] = &Reply{SavedReply: r}
		if x := string(r.Visibility); x == Roles || x == Branches {
			some = append(some, r.ID)
		}
		fileIDs = append(fileIDs, r.FileIds...)
	}
	names := map[int64][]string{}
	if len(some) > 0 {
		all, err := v.SavedReplyAudience.Query().Where(savedreplyaudience.ReplyIDIn(some...)).Order(savedreplyaudience.ByName()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read who sees saved replies: %w", err)
		}
		for _, a := range all {
			names[a.ReplyID] = append(names[a.ReplyID], a.Name)
		}
	}
	files := map[int64]*ent.File{}
	if len(fileIDs) > 0 {
		all, err := v.File.Query().Where(entfile.IDIn(fileIDs...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the files of saved replies: %w", err)
		}
		for _, f := range all {
			files[f.ID] = f
		}
	}
	for _, r := range out {
		r.Audience = names[r.ID]
		for _, n := range r.FileIds {
			if f := files[n]; f != nil {
				r.Files = append(r.Files, f)
			}
		}
	}
	return out, nil
}

// changed tells that a reply was made, changed or deleted: its author alone where nobody else saw or sees it.
func changed(tx *store.Tx, r *ent.SavedReply, was string, by event.Actor) {
	e := event.Event{Kind: event.SavedReplyChanged, ObjectID: r.ID, ObjectVersion: r.Version, Actor: by}
	if was == Me && string(r.Visibility) == Me && r.AgentID != nil {
		e.AgentID = *r.AgentID
	}
	tx.Emit(e)
}

// LetGoIn has replies let go of a bot module that is deleted: they stay, and say so (PROD-5).
func LetGoIn(ctx context.Context, tx *store.Tx, moduleID int64, by event.Actor) error {
	all, err := tx.SavedReply.Query().Where(savedreply.ModuleID(moduleID)).Order(savedreply.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("find saved replies of bot module %d: %w", moduleID, err)
	}
	for _, r := range all {
		now, err := tx.SavedReply.UpdateOne(r).ClearModuleID().AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("let go of bot module %d: %w", moduleID, err)
		}
		changed(tx, now, string(now.Visibility), by)
	}
	return nil
}
