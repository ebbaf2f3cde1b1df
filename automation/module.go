package automation

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botmodule"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// maxModules is how many bot modules a team may have.
const maxModules = 500

// ModuleInput is a new bot module.
type ModuleInput struct {
	Name           string
	Messages       []Message
	IdempotencyKey string `json:"-"`
}

// ModuleUpdate changes a bot module; what is nil stays.
type ModuleUpdate struct {
	ID       int64
	Name     *string
	Messages *[]Message
}

// CreateModule makes a bot module (PROD-7). Faults: Forbidden for all but ADMINs, Invalid, Conflict for a name that is taken.
func (s *Service) CreateModule(ctx context.Context, p auth.Principal, in ModuleInput) (*ent.BotModule, event.Cursor, error) {
	var made *ent.BotModule
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "botModuleCreate", in, func() (int64, error) { return s.createModule(ctx, tx, p, in) })
		if err != nil {
			return err
		}
		if made, err = tx.BotModule.Get(ctx, id); err != nil {
			return missing(err, "the bot module")
		}
		return nil
	})
	return made, at, err
}

func (s *Service) createModule(ctx context.Context, tx *store.Tx, p auth.Principal, in ModuleInput) (int64, error) {
	n, err := tx.BotModule.Query().Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count bot modules: %w", err)
	}
	if n >= maxModules {
		return 0, fault.Input("name", "a team has at most %d bot modules", maxModules).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxModules})
	}
	name, err := asName("name", in.Name)
	if err != nil {
		return 0, err
	}
	m, err := tx.BotModule.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SetName(name).SetNameFolded(text.Fold(name)).SetMessages("").Save(ctx)
	if sqlgraph.IsUniqueConstraintError(err) {
		return 0, isTaken(err, name)
	}
	if err != nil {
		return 0, fmt.Errorf("create bot module: %w", err)
	}
	_, err = s.updateModule(ctx, tx, p, 0, ModuleUpdate{ID: m.ID, Messages: &in.Messages})
	return m.ID, err
}

// UpdateModule changes a bot module. Faults as in CreateModule, and NotFound.
func (s *Service) UpdateModule(ctx context.Context, p auth.Principal, in ModuleUpdate) (*ent.BotModule, event.Cursor, error) {
	var made *ent.BotModule
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) (err error) {
		made, err = s.updateModule(ctx, tx, p, 1, in)
		return err
	})
	return made, at, err
}

func (s *Service) updateModule(ctx context.Context, tx *store.Tx, p auth.Principal, raises int, in ModuleUpdate) (*ent.BotModule, error) {
	u := tx.BotModule.UpdateOneID(in.ID).AddVersion(raises).SetUpdatedAt(tx.Now)
	name := ""
	if in.Name != nil {
		var err error
		if name, err = asName("name", *in.Name); err != nil {
			return nil, err
		}
		u.SetName(name).SetNameFolded(text.Fold(name))
	}
	if in.Messages != nil {
		if len(*in.Messages) == 0 {
			return nil, fault.Input("messages", "a module has at least one message")
		}
		// A file is kept by a row that refers to nothing else: the module must be there.
		if _, err := tx.BotModule.Get(ctx, in.ID); err != nil {
			return nil, missing(err, "the bot module")
		}
		holder := fmt.Sprintf("bot:%d", in.ID)
		stored, files, err := s.compose(ctx, tx, p, holder, *in.Messages)
		if err != nil {
			return nil, err
		}
		if err := s.keep(ctx, tx, holder, files); err != nil {
			return nil, err
		}
		u.SetMessages(stored)
	}
	m, err := u.Save(ctx)
	switch {
	case sqlgraph.IsUniqueConstraintError(err):
		return nil, isTaken(err, name)
	case ent.IsNotFound(err):
		return nil, fault.Missing("the bot module")
	case err != nil:
		return nil, fmt.Errorf("change bot module %d: %w", in.ID, err)
	}
	return m, nil
}

// PartsIn gives what a module sends, its buttons with their data; none where it is gone. It implements conversation.Modules.
func (s *Service) PartsIn(ctx context.Context, tx *store.Tx, moduleID int64) ([]conversation.Part, error) {
	m, err := tx.BotModule.Get(ctx, moduleID)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read bot module %d: %w", moduleID, err)
	}
	all, err := Messages(m.Messages)
	if err != nil {
		return nil, err
	}
	return s.parts(tx.Team, all), nil
}

// DeleteModule deletes a bot module with its pictures. Rules and entries that opened it open nothing then, saved replies say that it is gone; a rule that did nothing else rests. Faults:
// Forbidden, NotFound.
func (s *Service) DeleteModule(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		for _, q := range []string{
			"UPDATE keyword_rules SET module_id = NULL, version = version + 1, updated_at = ? WHERE team_id = ? AND module_id = ?",
			"UPDATE bot_entries SET module_id = NULL, version = version + 1, updated_at = ? WHERE team_id = ? AND module_id = ?",
		} {
			if _, err := tx.Exec(ctx, q, tx.Now, tx.Team, id); err != nil {
				return fmt.Errorf("let go of bot module %d: %w", id, err)
			}
		}
		if err := savedreply.LetGoIn(ctx, tx, id, p.Actor()); err != nil {
			return err
		}
		if err := tx.BotModule.DeleteOneID(id).Exec(ctx); err != nil {
			return missing(err, "the bot module")
		}
		return s.keep(ctx, tx, fmt.Sprintf("bot:%d", id), nil)
	})
}

// GetModule finds a bot module. Faults: Forbidden, NotFound.
func (s *Service) GetModule(ctx context.Context, p auth.Principal, id int64) (*ent.BotModule, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var m *ent.BotModule
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if m, err = v.BotModule.Get(ctx, id); err != nil {
			return missing(err, "the bot module")
		}
		return nil
	})
	return m, err
}

// ListModules lists the bot modules by name.
func (s *Service) ListModules(ctx context.Context, p auth.Principal, w page.Window) ([]*ent.BotModule, page.Result, error) {
	if err := requireRead(p); err != nil {
		return nil, page.Result{}, err
	}
	const list = "botModules"
	where, err := page.Between[string, predicate.BotModule](w, list, botmodule.FieldNameFolded)
	if err != nil {
		return nil, page.Result{}, err
	}
	var rows []*ent.BotModule
	err = s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		rows, err = v.BotModule.Query().Where(where...).Order(page.InOrder(w, botmodule.FieldNameFolded)).Limit(w.Limit + 1).All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list bot modules: %w", err)
	}
	rows, result := page.Cut(w, rows, func(m *ent.BotModule) string { return page.Cursor(list, m.NameFolded, m.ID) })
	return rows, result, nil
}
