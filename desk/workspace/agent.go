package workspace

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Member is an agent with all its permissions: the role's and its own.
type Member struct {
	*ent.Agent
	Rights []auth.Permission
}

// AgentFilter says which agents are listed; all that is given must hold.
type AgentFilter struct {
	Text     string // part of the name, address or phone number, without regard to case
	Roles    []auth.Role
	Statuses []agent.Status
	// Permission is one that each must have, by its role or its own; empty for any.
	Permission auth.Permission
	// But are agents who are left out.
	But []int64
}

// AgentPage is a page of agents.
type AgentPage struct {
	Rows []Member
	page.Result
}

// agentList names the list in its cursors.
const agentList = "agents"

// Agents lists the team's agents by name, for every member and for integrations with the scope to read the workspace.
func (s *Service) Agents(ctx context.Context, p auth.Principal, f AgentFilter, w page.Window) (AgentPage, error) {
	var out AgentPage
	if err := requireRead(p); err != nil {
		return out, err
	}
	where, err := f.where()
	if err != nil {
		return out, err
	}
	between, err := page.Between[string, predicate.Agent](w, agentList, agent.FieldNameFolded)
	if err != nil {
		return out, err
	}
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		given, err := rolePermissions(ctx, v.Client)
		if err != nil {
			return err
		}
		if f.Permission != "" {
			where = append(where, f.permitted(given))
		}
		rows, err := v.Agent.Query().Where(where...).Where(between...).Order(page.InOrder(w, agent.FieldNameFolded)).Limit(w.Limit + 1).All(ctx)
		if err != nil {
			return err
		}
		rows, out.Result = page.Cut(w, rows, func(a *ent.Agent) string { return page.Cursor(agentList, a.NameFolded, a.ID) })
		out.Rows = make([]Member, len(rows))
		for i, a := range rows {
			out.Rows[i] = member(a, given)
		}
		return nil
	})
	return out, err
}

func (f AgentFilter) where() ([]predicate.Agent, error) {
	var where []predicate.Agent
	if f.Text != "" {
		const most = 200
		if len([]rune(f.Text)) > most {
			return nil, fault.Input("filter.text", "at most %d characters", most)
		}
		part := text.Fold(f.Text)
		any := []predicate.Agent{contains(agent.FieldNameFolded, part), contains(agent.FieldEmailFolded, part)}
		if number := digits(part); number != "" && isPhoneLike(part) {
			any = append(any, contains(agent.FieldPhoneDigits, number))
		}
		where = append(where, agent.Or(any...))
	}
	if f.Roles != nil {
		roles := make([]agent.Role, len(f.Roles))
		for i, r := range f.Roles {
			roles[i] = agent.Role(r)
		}
		where = append(where, agent.RoleIn(roles...))
	}
	if f.Statuses != nil {
		where = append(where, agent.StatusIn(f.Statuses...))
	}
	if len(f.But) > 0 {
		where = append(where, agent.IDNotIn(f.But...))
	}
	return where, nil
}

// permitted says that an agent has the permission, by what the roles give or as its own.
func (f AgentFilter) permitted(given map[auth.Role][]string) predicate.Agent {
	var roles []agent.Role
	for r, names := range given {
		if slices.Contains(names, string(f.Permission)) {
			roles = append(roles, agent.Role(r))
		}
	}
	return agent.Or(agent.RoleIn(roles...), func(s *sql.Selector) {
		column := s.C(agent.FieldPermissions)
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteByte('(').Ident(column).WriteString(" IS NOT NULL AND CAST(").Ident(column).WriteString(" AS TEXT) LIKE ").Arg(`%"` + string(f.Permission) + `"%`).WriteByte(')')
		}))
	})
}

// isPhoneLike says whether a text may be part of a phone number.
func isPhoneLike(s string) bool {
	return strings.Trim(s, "0123456789 +-.()") == ""
}

// contains says that a folded column holds a part.
func contains(column, part string) predicate.Agent {
	return func(s *sql.Selector) { s.Where(store.Holds(s.C(column), part)) }
}

// rolePermissions are what each role gives in the team.
func rolePermissions(ctx context.Context, c *ent.Client) (map[auth.Role][]string, error) {
	rows, err := c.Role.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	given := make(map[auth.Role][]string, len(rows))
	for _, r := range rows {
		given[auth.Role(r.Role)] = r.Permissions
	}
	return given, nil
}

func member(a *ent.Agent, given map[auth.Role][]string) Member {
	return Member{Agent: a, Rights: permissions(given[auth.Role(a.Role)], a.Permissions)}
}

// memberIn reads an agent with its permissions; none is a fault of kind NotFound.
func memberIn(ctx context.Context, c *ent.Client, id int64) (Member, error) {
	a, err := c.Agent.Query().Where(agent.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return Member{}, fault.Missing("the agent")
	}
	if err != nil {
		return Member{}, err
	}
	r, err := c.Role.Query().Where(role.RoleEQ(role.Role(a.Role))).Only(ctx)
	if err != nil {
		return Member{}, fmt.Errorf("read role: %w", err)
	}
	return member(a, map[auth.Role][]string{auth.Role(a.Role): r.Permissions}), nil
}

// Agent gives an agent of the team; faults as in Agents, and NotFound.
func (s *Service) Agent(ctx context.Context, p auth.Principal, id int64) (Member, error) {
	var m Member
	if err := requireRead(p); err != nil {
		return m, err
	}
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		m, err = memberIn(ctx, v.Client, id)
		return err
	})
	return m, err
}

// lockAgent locks an agent's row and reads it; none is a fault of kind NotFound.
func lockAgent(ctx context.Context, tx *store.Tx, id int64) (*ent.Agent, error) {
	if err := tx.Lock(ctx, "agents", id); err != nil {
		return nil, err
	}
	a, err := tx.Agent.Query().Where(agent.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the agent")
	}
	return a, err
}

// agentChanged tells that an agent is another now.
func agentChanged(ctx context.Context, tx *store.Tx, by event.Actor, a *ent.Agent) {
	tx.Emit(caused(ctx, by, event.Event{Kind: event.AgentChanged, ObjectID: a.ID, ObjectVersion: a.Version}))
}

// checkRole refuses what is no role.
func checkRole(field string, r auth.Role) error {
	if !slices.Contains(auth.Roles, r) {
		return fault.Input(field, "there is no such role")
	}
	return nil
}

// checkPermissions gives permissions once each, in their order.
func checkPermissions(field string, all []auth.Permission) ([]string, error) {
	known := permissions(permissionNames(all))
	for _, p := range all {
		if !slices.Contains(known, p) {
			return nil, fault.Input(field, "there is no such permission")
		}
	}
	return permissionNames(known), nil
}

// holds says whether all of some ids are among others.
func holds(all, some []int64) bool {
	for _, id := range some {
		if !slices.Contains(all, id) {
			return false
		}
	}
	return true
}

// chunks cuts ids into parts that one statement takes.
func chunks(ids []int64) iter.Seq[[]int64] { return slices.Chunk(ids, 500) }
