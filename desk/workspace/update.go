package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/apitoken"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// UpdateInput is what changes of an agent. What is nil stays; a pointer to an empty text clears.
type UpdateInput struct {
	AgentID     int64
	Name        *string
	Role        *auth.Role
	Permissions *[]auth.Permission // as a whole
	BranchID    *string
	RegionID    *string
	Language    *string // empty follows the team
	PictureURL  *string
	Phone       *string // by which colleagues find the agent (COLL-2)
	// InboxChannelIDs are what the agent's combined list gathers (CONV-17): a pointer to nil is all channels, those that come later too.
	InboxChannelIDs *[]int64
}

// isPersonal says whether only what is one's own to change is changed.
func (in UpdateInput) isPersonal() bool {
	return in.Role == nil && in.Permissions == nil && in.BranchID == nil && in.RegionID == nil
}

// UpdateAgent changes an agent. An ADMIN changes everybody, everybody else one's own name, language and picture. What changes rights or the
// place an agent sees takes effect on its live streams at once; who is given a role that does not work with groups has no part in them any more (GRP-1). Faults: Forbidden, NotFound, Invalid, Conflict for the role of the last ADMIN.
func (s *Service) UpdateAgent(ctx context.Context, p auth.Principal, in UpdateInput) (Member, event.Cursor, error) {
	isOwn := p.AgentID != 0 && p.AgentID == in.AgentID
	if err := p.NeedAdmin(); err != nil && (!isOwn || !in.isPersonal()) {
		return Member{}, event.Cursor{}, err
	}
	var m Member
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if in.Role != nil {
			// Before the agent's own row, in the one order that all take.
			if err := lockAdmins(ctx, tx); err != nil {
				return err
			}
		}
		old, err := lockAgent(ctx, tx, in.AgentID)
		if err != nil {
			return err
		}
		c := change{u: tx.Agent.UpdateOne(old), old: old}
		if err := c.apply(in); err != nil {
			return err
		}
		if err := c.gather(ctx, tx, in.InboxChannelIDs); err != nil {
			return err
		}
		if in.Role != nil && *in.Role != auth.Admin {
			if err := keepAdmin(ctx, tx, old); err != nil {
				return err
			}
		}
		if c.isAny {
			c.u.AddVersion(1).SetUpdatedAt(tx.Now)
			if c.isRights {
				c.u.AddAuthVersion(1)
			}
			now, err := c.u.Save(ctx)
			if err != nil {
				return fmt.Errorf("update agent: %w", err)
			}
			if auth.Role(old.Role).HasGroups() && !auth.Role(now.Role).HasGroups() {
				if _, err := s.releaseGroups(ctx, tx, now.ID, p.Actor()); err != nil {
					return fmt.Errorf("take the agent out of groups: %w", err)
				}
			}
			agentChanged(ctx, tx, p.Actor(), now)
			if c.isRights {
				s.rightsChanged(ctx, tx, p.Actor(), now.ID, int(now.AuthVersion))
			}
		}
		m, err = memberIn(ctx, tx.Client, in.AgentID)
		return err
	})
	if err != nil {
		return Member{}, event.Cursor{}, err
	}
	return m, at, nil
}

// change is a change of an agent's row, as far as it differs.
type change struct {
	u   *ent.AgentUpdateOne
	old *ent.Agent
	// isAny says that something differs, isRights that it is something principals carry.
	isAny, isRights bool
}

func (c *change) apply(in UpdateInput) error {
	if in.Name != nil {
		name, err := checkName("name", *in.Name)
		if err != nil {
			return err
		}
		c.note(name != c.old.Name, true)
		c.u.SetName(name).SetNameFolded(text.Fold(name))
	}
	if in.Role != nil {
		if err := checkRole("role", *in.Role); err != nil {
			return err
		}
		c.note(string(*in.Role) != string(c.old.Role), true)
		c.u.SetRole(agent.Role(*in.Role))
	}
	if in.Permissions != nil {
		own, err := checkPermissions("permissions", *in.Permissions)
		if err != nil {
			return err
		}
		c.note(!slices.Equal(own, c.old.Permissions), true)
		c.u.SetPermissions(own)
	}
	if in.BranchID != nil {
		branch, err := checkPlace("branchId", in.BranchID)
		if err != nil {
			return err
		}
		c.note(branch != c.old.BranchID, true)
		c.u.SetBranchID(branch)
	}
	if in.RegionID != nil {
		region, err := checkPlace("regionId", in.RegionID)
		if err != nil {
			return err
		}
		c.note(region != c.old.RegionID, true)
		c.u.SetRegionID(region)
	}
	if in.Language != nil {
		if l := *in.Language; l != "" && l != catalogue.Chinese && l != catalogue.English {
			return fault.Input("language", "a language is %s or %s", catalogue.Chinese, catalogue.English)
		}
		c.note(*in.Language != c.old.Language, true)
		c.u.SetLanguage(*in.Language)
	}
	if in.PictureURL != nil {
		picture, err := checkPicture("pictureUrl", in.PictureURL)
		if err != nil {
			return err
		}
		c.note(picture != c.old.PictureURL, false)
		c.u.SetPictureURL(picture)
	}
	if in.Phone != nil {
		phone := strings.TrimSpace(*in.Phone)
		if utf8.RuneCountInString(phone) > maxPhone || !utf8.ValidString(phone) || strings.ContainsRune(phone, 0) || phone != "" && digits(phone) == "" {
			return fault.Input("phone", "a phone number of at most %d characters", maxPhone)
		}
		c.note(phone != c.old.Phone, false)
		c.u.SetPhone(phone).SetPhoneDigits(digits(phone))
	}
	return nil
}

// gather chooses the channels that the agent's combined list gathers; nil leaves the choice as it is.
func (c *change) gather(ctx context.Context, tx *store.Tx, chosen *[]int64) error {
	if chosen == nil {
		return nil
	}
	ids := slices.Compact(slices.Sorted(slices.Values(*chosen)))
	c.note(!slices.Equal(ids, c.old.InboxChannelIds) || (*chosen == nil) != (c.old.InboxChannelIds == nil), false)
	if *chosen == nil {
		c.u.ClearInboxChannelIds()
		return nil
	}
	if len(ids) == 0 || len(ids) > maxInboxChannels {
		return fault.Input("inboxChannelIds", "choose 1 to %d channels, or null for all", maxInboxChannels)
	}
	n, err := tx.Channel.Query().Where(channel.IDIn(ids...)).Count(ctx)
	if err != nil {
		return fmt.Errorf("read the chosen channels: %w", err)
	}
	if n != len(ids) {
		return fault.Missing("the channel")
	}
	c.u.SetInboxChannelIds(ids)
	return nil
}

// maxInboxChannels is how many channels an agent chooses at most.
const maxInboxChannels = 200

// maxPhone is how many characters an agent's phone number has at most.
const maxPhone = 40

// digits gives the digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text.Fold(s))
}

func (c *change) note(differs, isRights bool) {
	c.isAny = c.isAny || differs
	c.isRights = c.isRights || differs && isRights
}

// lockAdmins makes changes of who is an ADMIN wait for each other, so that two ADMINs cannot take each other's place away at once.
func lockAdmins(ctx context.Context, tx *store.Tx) error {
	id, err := tx.Role.Query().Where(role.RoleEQ(role.RoleADMIN)).OnlyID(ctx)
	if err != nil {
		return fmt.Errorf("find the role of administrators: %w", err)
	}
	return tx.Lock(ctx, "roles", id)
}

// keepAdmin refuses to take away the last ADMIN who can sign in: nobody could give a team one back. The caller holds lockAdmins.
func keepAdmin(ctx context.Context, tx *store.Tx, a *ent.Agent) error {
	if a.Role != agent.RoleADMIN || a.Status != agent.StatusACTIVE {
		return nil
	}
	isLeft, err := tx.Agent.Query().Where(agent.RoleEQ(agent.RoleADMIN), agent.StatusEQ(agent.StatusACTIVE), agent.IDNEQ(a.ID)).Exist(ctx)
	if err != nil {
		return err
	}
	if !isLeft {
		return fault.New(fault.Conflict, "this is the team's last administrator; make another one first").WithCode("CONFLICT", nil)
	}
	return nil
}

// RoleSettings is what a role gives in a team.
type RoleSettings struct {
	Role        auth.Role
	Permissions []auth.Permission
}

// Roles gives what each role gives in the team, from the widest role to the narrowest.
func (s *Service) Roles(ctx context.Context, p auth.Principal) ([]RoleSettings, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var out []RoleSettings
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		given, err := rolePermissions(ctx, v.Client)
		if err != nil {
			return err
		}
		out = make([]RoleSettings, len(auth.Roles))
		for i, r := range auth.Roles {
			out[i] = RoleSettings{Role: r, Permissions: permissions(given[r])}
		}
		return nil
	})
	return out, err
}

// UpdateRole sets what a role gives in the team, for its agents and integrations at once. Faults: Forbidden for all but ADMINs, Invalid.
func (s *Service) UpdateRole(ctx context.Context, p auth.Principal, r auth.Role, given []auth.Permission) (RoleSettings, event.Cursor, error) {
	none := RoleSettings{}
	if err := p.NeedAdmin(); err != nil {
		return none, event.Cursor{}, err
	}
	if err := checkRole("role", r); err != nil {
		return none, event.Cursor{}, err
	}
	names, err := checkPermissions("permissions", given)
	if err != nil {
		return none, event.Cursor{}, err
	}
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Role.Query().Where(role.RoleEQ(role.Role(r))).Only(ctx)
		if err != nil {
			return fmt.Errorf("read role: %w", err)
		}
		if slices.Equal(row.Permissions, names) {
			return nil
		}
		if row, err = tx.Role.UpdateOne(row).SetPermissions(names).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
			return fmt.Errorf("update role: %w", err)
		}
		ids, err := tx.Agent.Query().Where(agent.RoleEQ(agent.Role(r))).IDs(ctx)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "agents", ids...); err != nil {
			return err
		}
		// An agent shows its permissions, so it is another version of itself.
		err = tx.Agent.Update().Where(agent.RoleEQ(agent.Role(r))).AddAuthVersion(1).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx)
		if err != nil {
			return err
		}
		if err := tx.APIToken.Update().Where(apitoken.RoleEQ(apitoken.Role(r))).AddAuthVersion(1).Exec(ctx); err != nil {
			return err
		}
		s.rightsChanged(ctx, tx, p.Actor(), 0, row.Version)
		return nil
	})
	if err != nil {
		return none, event.Cursor{}, err
	}
	return RoleSettings{Role: r, Permissions: permissions(names)}, at, nil
}
