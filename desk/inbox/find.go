package inbox

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Found are conversations that a name finds, the newest first, with what was wanted of them.
type Found struct {
	*Rows
	// Members are, by conversation, the members by whose names those are found that are called otherwise.
	Members map[int64]Member
}

// FindIn finds the first conversations that the principal may see by a part of the customer's, the group's or a member's name (GRP-21), the
// archived too.
func FindIn(ctx context.Context, v *store.View, p auth.Principal, s string, first int, wants Wants) (*Found, error) {
	out := &Found{Rows: &Rows{}, Members: map[int64]Member{}}
	if may(p) != nil {
		return out, nil
	}
	search, err := newSearch(s)
	if err != nil || search == nil {
		return out, err
	}
	search.namesOne = true
	if err := search.resolve(ctx, v); err != nil {
		return nil, err
	}
	o, err := orderOf(All, ByLastMessage, true)
	if err != nil {
		return nil, err
	}
	audiences, err := audiencesOf(ctx, v, p)
	if err != nil {
		return nil, err
	}
	q := query{v: v, order: o, strands: apart(strands(p, All, true, nil, audiences), []bool{false, true}), filter: every{}, search: search}
	rows, err := q.read(ctx, first)
	if err != nil {
		return nil, err
	}
	if out.Rows, err = complete(ctx, v, rows, wants); err != nil {
		return nil, err
	}
	var groups set
	for _, c := range rows {
		if c.GroupID != nil && !strings.Contains(c.NameFolded, search.part) {
			groups.add(*c.GroupID)
		}
	}
	if len(groups) == 0 {
		return out, nil
	}
	found, err := v.GroupMember.Query().Where(groupmember.GroupIDIn(groups.list()...), groupmember.IsActive(true), func(s *sql.Selector) {
		s.Where(memberNamed(s, v.Team, search.part))
	}).Order(groupmember.ByNameFolded(sql.OrderDesc()), groupmember.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	members, err := membersOf(ctx, v, found)
	if err != nil {
		return nil, err
	}
	by := map[int64]Member{}
	for _, m := range members { // the first by name is the last
		by[m.GroupID] = m
	}
	for _, c := range rows {
		if c.GroupID == nil {
			continue
		}
		if m, ok := by[*c.GroupID]; ok {
			out.Members[c.ID] = m
		}
	}
	return out, nil
}
