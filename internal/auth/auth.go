// Package auth says who acts and what it may do. How one signs in is the workspace's; this is what comes out of it.
package auth

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Role is what an agent is in its team.
type Role string

// The roles.
const (
	Admin        Role = "ADMIN"
	Supervisor   Role = "SUPERVISOR"
	CSManager    Role = "CS_MANAGER"
	MarketingCS  Role = "MARKETING_CS"
	AgentRole    Role = "AGENT"
	SalesManager Role = "SALES_MANAGER"
	Sales        Role = "SALES"
)

// Roles are all roles, from the widest to the narrowest.
var Roles = []Role{Admin, Supervisor, CSManager, MarketingCS, AgentRole, SalesManager, Sales}

// IsManager says whether the role is one of the manager roles, which see the team's conversations (CONV-28).
func (r Role) IsManager() bool {
	return r == Admin || r == Supervisor || r == CSManager || r == MarketingCS
}

// HasGroups says whether the role may work with group conversations (GRP-1).
func (r Role) HasGroups() bool {
	return r == Admin || r == Supervisor || r == CSManager || r == AgentRole
}

// Permission is a right beside the role (PROD-19).
type Permission string

// The permissions.
const (
	SendMessages    Permission = "SEND_MESSAGES"
	ManageOthers    Permission = "MANAGE_OTHERS"
	SeePersonalData Permission = "SEE_PERSONAL_DATA"
)

// Scope narrows an integration's role.
type Scope string

// The scopes of API tokens. ActAs is never implied: it lets an integration follow, transfer and collaborate on behalf of an agent.
const (
	ReadConversations  Scope = "conversations:read"
	WriteConversations Scope = "conversations:write"
	ReadContacts       Scope = "contacts:read"
	WriteContacts      Scope = "contacts:write"
	ReadWorkspace      Scope = "workspace:read"
	WriteWorkspace     Scope = "workspace:write"
	ActAs              Scope = "act_as"
)

// Scopes are all scopes.
var Scopes = []Scope{ReadConversations, WriteConversations, ReadContacts, WriteContacts, ReadWorkspace, WriteWorkspace, ActAs}

// Name is the scope as the API names it, such as CONVERSATIONS_READ.
func (s Scope) Name() string { return strings.ToUpper(strings.ReplaceAll(string(s), ":", "_")) }

// Principal is who acts: an agent, or an integration with an API token. It is a snapshot; AuthVersion says of which moment.
type Principal struct {
	TeamID int64
	// AgentID is the agent; 0 for an integration.
	AgentID int64
	// TokenID is the integration's token; 0 for an agent.
	TokenID     int64
	Name        string
	Role        Role
	Permissions []Permission
	// Scopes narrow an integration; empty means all but ActAs.
	Scopes      []Scope
	BranchID    string
	RegionID    string
	Language    string // zh-Hant or en
	AuthVersion int64
	// SessionKey tells sessions of one principal apart; it is safe to log.
	SessionKey string
	// RatePerMinute bounds an integration's requests; 0 leaves it to the server's own limits.
	RatePerMinute int
	// Connections are the team's own limits of live connections.
	Connections Connections
}

// Connections are limits of live connections (RT-5). What is 0 is no limit.
type Connections struct {
	Idle              time.Duration // without an action of the person
	PerAgent, PerTeam int
}

// Tighter is the limit that holds where a server sets one and a team its own: the lower of them, either of which may be 0, which is none.
func Tighter[T cmp.Ordered](server, own T) T {
	var none T
	if own == none || server != none && own > server {
		return server
	}
	return own
}

// Has says whether the principal has the permission.
func (p Principal) Has(x Permission) bool { return slices.Contains(p.Permissions, x) }

// May says whether the principal's scopes allow it; an agent has no scopes and may.
func (p Principal) May(s Scope) bool {
	if p.TokenID == 0 {
		return true
	}
	if len(p.Scopes) == 0 {
		return s != ActAs
	}
	return slices.Contains(p.Scopes, s)
}

// Need refuses an integration whose scopes do not allow it, as a fault of kind Forbidden.
func (p Principal) Need(s Scope) error {
	if p.May(s) {
		return nil
	}
	return fault.New(fault.Forbidden, "this token needs the scope %s", s.Name()).WithCode("FORBIDDEN", nil)
}

// NeedAdmin refuses everybody who is not an ADMIN, and integrations without the scope to change the workspace, as a fault of kind Forbidden.
func (p Principal) NeedAdmin() error {
	if p.Role != Admin {
		return fault.New(fault.Forbidden, "only an administrator may do this").WithCode("FORBIDDEN", nil)
	}
	return p.Need(WriteWorkspace)
}

// SeesTeam says whether the principal sees all of the team's conversations and not only its own and pending ones (CONV-28).
func (p Principal) SeesTeam() bool { return p.Role.IsManager() || p.Has(ManageOthers) }

// Key names the principal in keys of its own: "agent:5", "token:7".
func (p Principal) Key() string {
	if p.TokenID != 0 {
		return "token:" + itoa(p.TokenID)
	}
	return "agent:" + itoa(p.AgentID)
}

// Subject is the principal as one number, for events that are for it alone and for what is kept apart for each: the agent's, or less than 0
// for an integration.
func (p Principal) Subject() int64 {
	if p.TokenID != 0 {
		return -p.TokenID
	}
	return p.AgentID
}

// Actor is the principal as the cause of an event.
func (p Principal) Actor() event.Actor {
	if p.TokenID != 0 {
		return event.Actor{Kind: event.ByIntegration, ID: p.TokenID}
	}
	return event.Actor{Kind: event.ByAgent, ID: p.AgentID}
}

type key struct{}

// With puts the principal into the context.
func With(ctx context.Context, p Principal) context.Context { return context.WithValue(ctx, key{}, p) }

// From gives the context's principal; none is a fault of kind Unauthenticated.
func From(ctx context.Context) (Principal, error) {
	p, ok := ctx.Value(key{}).(Principal)
	if !ok {
		return p, fault.New(fault.Unauthenticated, "sign in first: send an Authorization header with a Bearer token")
	}
	return p, nil
}
