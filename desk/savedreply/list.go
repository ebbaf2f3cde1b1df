package savedreply

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/savedreplyaudience"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What is looked for at once.
const (
	maxSearch     = 200
	maxWords      = 10
	maxCategories = 500
)

// ListInput says which replies are wanted.
type ListInput struct {
	// Search are words that title, category or text hold, all of them; Category is one that they are of. Both may be empty.
	Search, Category string
	// IncludeAll adds, for administrators, what is for other roles and branches.
	IncludeAll bool
	Window     page.Window
}

// list is the list's name in cursors.
const list = "savedReplies"

// List lists the replies that the principal sees, by title.
func (s *Service) List(ctx context.Context, p auth.Principal, in ListInput) ([]*Reply, page.Result, error) {
	if err := requireRead(p); err != nil {
		return nil, page.Result{}, err
	}
	words := strings.Fields(text.Fold(in.Search))
	if utf8.RuneCountInString(in.Search) > maxSearch || len(words) > maxWords {
		return nil, page.Result{}, fault.Input("search", "at most %d words and %d characters", maxWords, maxSearch)
	}
	where, err := page.Between[string, predicate.SavedReply](in.Window, list, savedreply.FieldTitleFolded)
	if err != nil {
		return nil, page.Result{}, err
	}
	where = append(where, seenBy(p, in.IncludeAll))
	for _, w := range words {
		where = append(where, holds(w))
	}
	if c := strings.TrimSpace(in.Category); c != "" {
		where = append(where, savedreply.CategoryFolded(text.Fold(c)))
	}
	var out []*Reply
	var at page.Result
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		rows, err := v.SavedReply.Query().Where(where...).Order(page.InOrder(in.Window, savedreply.FieldTitleFolded)).Limit(in.Window.Limit + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("list saved replies: %w", err)
		}
		rows, at = page.Cut(in.Window, rows, func(r *ent.SavedReply) string { return page.Cursor(list, r.TitleFolded, r.ID) })
		out, err = complete(ctx, v, rows)
		return err
	})
	if err != nil {
		return nil, page.Result{}, err
	}
	return out, at, nil
}

// Categories lists the categories of the replies that the principal sees, by name; two that differ in case alone are one.
func (s *Service) Categories(ctx context.Context, p auth.Principal) ([]string, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	out := []string{}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		var rows []struct {
			Folded   string `json:"category_folded"`
			Category string `json:"category"`
		}
		err := v.SavedReply.Query().Where(seenBy(p, false), savedreply.CategoryFoldedNEQ("")).Unique(true).
			Order(savedreply.ByCategoryFolded(), savedreply.ByCategory()).Limit(2*maxCategories).
			Select(savedreply.FieldCategoryFolded, savedreply.FieldCategory).Scan(ctx, &rows)
		if err != nil {
			return fmt.Errorf("list the categories of saved replies: %w", err)
		}
		last := ""
		for _, r := range rows {
			if r.Folded != last && len(out) < maxCategories {
				out = append(out, r.Category)
			}
			last = r.Folded
		}
		return nil
	})
	return out, err
}

// seenBy is true of replies that the principal sees: Sees, asked of the database. With all it is true of those that an administrator keeps in order too.
func seenBy(p auth.Principal, all bool) predicate.SavedReply {
	of := []predicate.SavedReply{savedreply.VisibilityEQ(savedreply.VisibilityEVERYBODY),
		savedreply.And(savedreply.VisibilityEQ(savedreply.VisibilityROLES), isFor(string(p.Role)))}
	if p.AgentID != 0 {
		of = append(of, savedreply.AgentID(p.AgentID))
	}
	if p.BranchID != "" {
		of = append(of, savedreply.And(savedreply.VisibilityEQ(savedreply.VisibilityBRANCHES), isFor(p.BranchID)))
	}
	if all && p.Role == auth.Admin {
		of = append(of, savedreply.VisibilityNEQ(savedreply.VisibilityME))
	}
	return savedreply.Or(of...)
}

// isFor is true of replies whose audience holds the name.
func isFor(name string) predicate.SavedReply {
	return func(s *sql.Selector) {
		a := sql.Table(savedreplyaudience.Table)
		in := sql.Select(a.C(savedreplyaudience.FieldReplyID)).From(a).
			Where(sql.And(sql.ColumnsEQ(a.C(savedreplyaudience.FieldTeamID), s.C(savedreply.FieldTeamID)), sql.EQ(a.C(savedreplyaudience.FieldName), name)))
		s.Where(sql.In(s.C(savedreply.FieldID), in))
	}
}

// holds is true of replies whose title, category or text holds the folded word.
func holds(word string) predicate.SavedReply {
	return func(s *sql.Selector) { s.Where(store.Holds(s.C(savedreply.FieldWordsFolded), word)) }
}
