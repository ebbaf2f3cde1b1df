package inbox

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Member is a person in a group, as the group's conversation shows it.
type Member struct {
	*ent.GroupMember
	// Contact is the contact's id; 0 for a member who is none. Name is then the contact's (GRP-9), else the one on the platform.
	Contact int64
	Name    string
}

// MemberPage is a page of a group's members by the name on the platform.
type MemberPage struct {
	All []Member
	page.Result
}

const memberCursor = "members"

// Members reads a page of a group's members who are known and in it: all of them for accounts that may list them, else those who were seen
// (GRP-8); none once the account has left. search is part of the platform's or the contact's name, without regard to case. A group that the
// principal may not see is a fault of kind NotFound.
func (s *Service) Members(ctx context.Context, p auth.Principal, groupID int64, search string, w page.Window) (*MemberPage, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	if err := checkSearch(search); err != nil {
		return nil, err
	}
	type key struct {
		name string
		id   int64
	}
	var after, before *key
	if w.After != "" {
		after = &key{}
		if err := page.Key(w.After, memberCursor, "after", &after.name, &after.id); err != nil {
			return nil, err
		}
	}
	if w.Before != "" {
		before = &key{}
		if err := page.Key(w.Before, memberCursor, "before", &before.name, &before.id); err != nil {
			return nil, err
		}
	}
	var out MemberPage
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		g, err := visibleGroup(ctx, v, p, groupID)
		if err != nil {
			return err
		}
		if g.State == group.StateLEFT {
			return nil
		}
		all, err := v.GroupMember.Query().Where(groupmember.GroupID(groupID), groupmember.IsActive(true), func(sel *sql.Selector) {
			name, id := sel.C(groupmember.FieldNameFolded), sel.C(groupmember.FieldID)
			beyond := func(k *key, op sql.Op) {
				if k != nil {
					sel.Where(sql.P(func(b *sql.Builder) {
						b.WriteByte('(').Ident(name).Comma().Ident(id).WriteByte(')').WriteOp(op).
							WriteByte('(').Arg(k.name).Comma().Arg(k.id).WriteByte(')')
					}))
				}
			}
			beyond(after, sql.OpGT)
			beyond(before, sql.OpLT)
			if part := text.Fold(strings.TrimSpace(search)); part != "" {
				sel.Where(memberNamed(sel, v.Team, part))
			}
			dir := sql.Asc
			if w.IsBackward {
				dir = sql.Desc
			}
			sel.OrderBy(dir(name), dir(id))
		}).Limit(w.Limit + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		all, out.Result = page.Cut(w, all, func(m *ent.GroupMember) string { return page.Cursor(memberCursor, m.NameFolded, m.ID) })
		out.All, err = membersOf(ctx, v, all)
		return err
	})
	return &out, err
}

// memberNamed is whose name, on the platform or as a contact, holds the part.
func memberNamed(s *sql.Selector, team int64, part string) *sql.Predicate {
	d := sql.Dialect(s.Dialect())
	i, c := d.Table(identity.Table), d.Table(contact.Table)
	known := d.Select(i.C(identity.FieldID)).From(i).Where(sql.And(sql.EQ(i.C(identity.FieldTeamID), team),
		sql.In(i.C(identity.FieldContactID), d.Select(c.C(contact.FieldID)).From(c).
			Where(sql.And(sql.EQ(c.C(contact.FieldTeamID), team), gram.Contacts.Hold(c.C(contact.FieldID), team, part), contains(c.C(contact.FieldNameFolded), part))))))
	return sql.Or(contains(s.C(groupmember.FieldNameFolded), part), sql.In(s.C(groupmember.FieldIdentityID), known))
}

// membersOf gives members the names of the contacts that they are.
func membersOf(ctx context.Context, v *store.View, all []*ent.GroupMember) ([]Member, error) {
	var ids set
	for _, m := range all {
		ids.addOptional(m.IdentityID)
	}
	identities, err := identitiesByID(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	names, err := namesOf(ctx, v, index(all, func(m *ent.GroupMember) int64 { return m.ID }), identities)
	if err != nil {
		return nil, err
	}
	out := make([]Member, len(all))
	for i, m := range all {
		out[i] = Member{GroupMember: m, Name: m.DisplayName}
		if m.IdentityID == nil || identities[*m.IdentityID] == nil || identities[*m.IdentityID].ContactID == nil {
			continue
		}
		out[i].Contact = *identities[*m.IdentityID].ContactID
		if n := names[m.ID]; n != "" {
			out[i].Name = n
		}
	}
	return out, nil
}

// Member reads one member of a group that the principal may see; any other is a fault of kind NotFound.
func (s *Service) Member(ctx context.Context, p auth.Principal, id int64) (*Member, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var out []Member
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		m, err := v.GroupMember.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.Missing("the member")
		}
		if err != nil {
			return err
		}
		if _, err := visibleGroup(ctx, v, p, m.GroupID); err != nil {
			return err
		}
		out, err = membersOf(ctx, v, []*ent.GroupMember{m})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

// Group reads one group that the principal may see, with its channel; any other is a fault of kind NotFound.
func (s *Service) Group(ctx context.Context, p auth.Principal, id int64) (*ent.Group, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var out *ent.Group
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if out, err = visibleGroup(ctx, v, p, id); err != nil {
			return err
		}
		if out.Edges.Channel, err = v.Channel.Get(ctx, out.ChannelID); ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	return out, err
}

// visibleGroup reads a group whose conversation the principal may see. Before the first message there is no conversation (GRP-2): such a group
// is seen by the roles that work with groups.
func visibleGroup(ctx context.Context, v *store.View, p auth.Principal, id int64) (*ent.Group, error) {
	g, err := v.Group.Get(ctx, id)
	if ent.IsNotFound(err) || err == nil && !p.Role.HasGroups() {
		return nil, fault.Missing("the group")
	}
	if err != nil {
		return nil, err
	}
	c, err := v.Conversation.Query().Where(conversation.GroupID(id)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read the conversation of group %d: %w", id, err)
	}
	if err == nil && !row.Sees(p, row.Facets(c)) {
		return nil, fault.Missing("the group")
	}
	return g, nil
}
