package workspace

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// TeamInput is what a team begins with. Slug, Name and AdminEmail must be given.
type TeamInput struct {
	// Slug is 2 to 40 lower-case letters, digits and single hyphens, beginning and ending with a letter or digit.
	Slug       string
	Name       string
	AdminEmail string
	AdminName  string // the address's part before the @ where empty
	Language   string // zh-Hant where empty
	TimeZone   string // Asia/Taipei where empty
	Country    string // TW where empty
	JoinsNames bool   // Chinese names are joined without a space (CONT-1)
}

// NewTeam is a team that was made.
type NewTeam struct {
	TeamID  int64
	AdminID int64
	// Token is the first ADMIN's invitation: single-use, good for seven days, shown this once. Link is the page it opens.
	Token seal.Secret
	Link  seal.Secret
}

// slug is what may stand in an address without escaping and be typed by everybody.
var (
	slug    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	country = regexp.MustCompile(`^[A-Z]{2}$`)
	price   = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,6})?$`)
)

// CreateTeam makes a team with its roles and its first ADMIN, who is INVITED. Faults: Invalid, and Conflict for a slug that is taken.
func (s *Service) CreateTeam(ctx context.Context, in TeamInput) (NewTeam, error) {
	out := NewTeam{}
	row, address, name, err := in.check()
	if err != nil {
		return out, err
	}
	out.TeamID, err = s.db.CreateTeamWith(ctx, row, func(ctx context.Context, tx *store.Tx) error {
		if err := createRoles(ctx, tx); err != nil {
			return err
		}
		a, err := tx.Agent.Create().SetTeamID(tx.Team).SetEmail(address).SetEmailFolded(text.Fold(address)).SetName(name).SetNameFolded(text.Fold(name)).
			SetRole(agent.RoleADMIN).SetStatus(agent.StatusINVITED).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		out.AdminID = a.ID
		tx.Emit(caused(ctx, event.Actor{Kind: event.BySystem}, event.Event{Kind: event.AgentChanged, ObjectID: a.ID, ObjectVersion: a.Version}))
		out.Token, err = s.createLink(ctx, tx, a.ID, invitation)
		return err
	})
	if err != nil {
		return NewTeam{}, err
	}
	out.Link = s.link(invitation, out.Token)
	return out, nil
}

func (in TeamInput) check() (row store.NewTeam, address, name string, err error) {
	if len(in.Slug) < 2 || len(in.Slug) > 40 || !slug.MatchString(in.Slug) {
		return row, "", "", fault.Input("slug", "a team's slug is 2 to 40 lower-case letters, digits and single hyphens between them")
	}
	row = store.NewTeam{Slug: in.Slug, Language: in.Language, TimeZone: in.TimeZone, Country: in.Country, JoinsNames: in.JoinsNames}
	if row.Name, err = checkName("name", in.Name); err != nil {
		return row, "", "", err
	}
	if address, err = checkEmail("adminEmail", in.AdminEmail); err != nil {
		return row, "", "", err
	}
	if name = in.AdminName; name == "" {
		name = localPart(address)
	}
	if name, err = checkName("adminName", name); err != nil {
		return row, "", "", err
	}
	for _, d := range []struct {
		value    *string
		standard string
	}{{&row.Language, catalogue.Chinese}, {&row.TimeZone, "Asia/Taipei"}, {&row.Country, "TW"}} {
		if *d.value == "" {
			*d.value = d.standard
		}
	}
	if row.Language != catalogue.Chinese && row.Language != catalogue.English {
		return row, "", "", fault.Input("language", "a language is %s or %s", catalogue.Chinese, catalogue.English)
	}
	if _, err := time.LoadLocation(row.TimeZone); err != nil || row.TimeZone == "Local" {
		return row, "", "", fault.Input("timeZone", "a time zone has an IANA name, such as Asia/Taipei")
	}
	if !country.MatchString(row.Country) {
		return row, "", "", fault.Input("country", "a country is two capital letters, such as TW")
	}
	return row, address, name, nil
}

// TeamUpdateInput is what changes of the team. What is nil stays.
type TeamUpdateInput struct {
	// Collaborates: several agents may work on one conversation (COLL-1).
	Collaborates *bool
	// GroupMessagePrice is what a message to a group costs for each of its members, a decimal number (GRP-12).
	GroupMessagePrice *string
	// Limits of live connections, below the server's; 0 takes one of the team's own away (RT-5).
	IdleMinutes, ConnectionsPerAgent, ConnectionsPerTeam *int
}

// UpdateTeam changes the team. Limits of live connections hold on open ones of all servers within a second: those above are closed, the longest idle
// first. Faults: Forbidden for all but ADMINs; Invalid for a price that is none and a limit of less than nothing, with the code LIMIT_EXCEEDED for more than the server
// allows.
func (s *Service) UpdateTeam(ctx context.Context, p auth.Principal, in TeamUpdateInput) (*ent.Team, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	var t *ent.Team
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if t, err = tx.Client.Team.Get(ctx, tx.Team); err != nil {
			return fmt.Errorf("read the team: %w", err)
		}
		u := tx.Client.Team.UpdateOne(t)
		isAny, err := s.ConnectionLimits(t).change(u, in)
		if err != nil {
			return err
		}
		if in.Collaborates != nil && *in.Collaborates != t.Collaborates {
			u.SetCollaborates(*in.Collaborates)
			isAny = true
		}
		if in.GroupMessagePrice != nil && *in.GroupMessagePrice != t.GroupMessagePrice {
			if !price.MatchString(*in.GroupMessagePrice) {
				return fault.Input("groupMessagePrice", "a price is not negative and has at most 9 digits before and 6 after the point")
			}
			u.SetGroupMessagePrice(*in.GroupMessagePrice)
			isAny = true
		}
		if !isAny {
			return nil
		}
		if t, err = u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
			return fmt.Errorf("update the team: %w", err)
		}
		s.teamChanged(ctx, tx, p.Actor(), t)
		return nil
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return t, at, nil
}

// teamChanged has the live connections of the team, on all servers, look at what holds for them, and this server forget what it knew of it.
func (s *Service) teamChanged(ctx context.Context, tx *store.Tx, by event.Actor, t *ent.Team) {
	tx.Emit(caused(ctx, by, event.Event{Kind: event.TeamChanged, ObjectID: t.ID, ObjectVersion: t.Version}))
	tx.AfterCommit(s.access.forget)
}

// DefaultPermissions are what a role gives in a new team (PROD-19): everybody answers customers; the three leading roles manage for others;
// personal data is seen unmasked by those who answer for it.
func DefaultPermissions(r auth.Role) []auth.Permission {
	all := []auth.Permission{auth.SendMessages}
	switch r {
	case auth.Admin, auth.Supervisor:
		return append(all, auth.ManageOthers, auth.SeePersonalData)
	case auth.CSManager:
		return append(all, auth.ManageOthers)
	}
	return all
}

func createRoles(ctx context.Context, tx *store.Tx) error {
	for _, r := range auth.Roles {
		err := tx.Role.Create().SetTeamID(tx.Team).SetRole(role.Role(r)).SetPermissions(permissionNames(DefaultPermissions(r))).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// permissions reads permissions that were kept; what is none of ours is left out, and none comes twice.
func permissions(all ...[]string) []auth.Permission {
	out := []auth.Permission{}
	for _, known := range []auth.Permission{auth.SendMessages, auth.ManageOthers, auth.SeePersonalData} {
		for _, names := range all {
			if slices.Contains(names, string(known)) {
				out = append(out, known)
				break
			}
		}
	}
	return out
}

func permissionNames(all []auth.Permission) []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = string(p)
	}
	return out
}
