package conversation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/activity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Service does what agents do to conversations. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	adapters *channels.Registry
	files    *file.Service
	contacts *contact.Service
	groups   *group.Service
	random   *random.Source
	wake     func()
}

// New makes the service. Without files none can be sent. Wake is called after a commit that put something into a lane; it must not block. Nil is
// allowed.
func New(db *store.DB, adapters *channels.Registry, files *file.Service, r *random.Source, wake func()) *Service {
	if wake == nil {
		wake = func() {}
	}
	return &Service{db: db, adapters: adapters, files: files, contacts: contact.New(db), groups: group.New(db), random: r, wake: wake}
}

// acting is who acts, on what: the conversation is held until the transaction ends.
type acting struct {
	tx *store.Tx
	// p is whose rights count, and by who is named as the cause: with onBehalfOf p is the agent and by the integration.
	p  auth.Principal
	by event.Actor
	// group is the conversation's; nil for one-to-one.
	group *ent.Group
	c     *ent.Conversation
}

// begin finds who acts, holds the conversation and decides. What the principal does not see is a fault of kind NotFound; what is refused one of
// kind Conflict with the code STATE_CONFLICT, the status and the follower, or Forbidden.
func (s *Service) begin(ctx context.Context, tx *store.Tx, p auth.Principal, onBehalfOf, conversationID int64, a Action) (*acting, error) {
	x := &acting{tx: tx, p: p, by: p.Actor()}
	if err := x.substitute(ctx, onBehalfOf); err != nil {
		return nil, err
	}
	var err error
	if x.c, err = row.Lock(ctx, tx, conversationID); err != nil {
		return nil, err
	}
	if x.c.GroupID != nil {
		if x.group, err = tx.Group.Get(ctx, *x.c.GroupID); err != nil {
			return nil, fmt.Errorf("read group: %w", err)
		}
	}
	return x, x.may(ctx, a)
}

// hold holds a conversation that the principal sees; any other is a fault of kind NotFound.
func (x *acting) hold(ctx context.Context, conversationID int64) (err error) {
	if x.c, err = row.Lock(ctx, x.tx, conversationID); err == nil && !row.Sees(x.p, row.Facets(x.c)) {
		return fault.Missing("the conversation")
	}
	return err
}

func (x *acting) hasLeft() bool { return x.group != nil && x.group.State == entgroup.StateLEFT }

// may refuses what the principal may not do.
func (x *acting) may(ctx context.Context, a Action) error {
	if err := x.judge(ctx, a, Decide); err != nil {
		return err
	}
	return x.isHere(ctx, a)
}

// judge refuses what a table does not allow the principal to do.
func (x *acting) judge(ctx context.Context, a Action, decide func(auth.Principal, *event.Facets, Setting, Action) Permit) error {
	in, err := x.setting(ctx, a)
	if err != nil {
		return err
	}
	d := decide(x.p, row.Facets(x.c), in, a)
	if d.Allowed {
		return nil
	}
	if a == Following && d.Code == "NOT_FOUND" {
		switch wasSlower, err := x.wasSlower(ctx); {
		case err != nil:
			return err
		case wasSlower:
			d = Permit{Code: "STATE_CONFLICT", Reason: "refusal.IN_PROGRESS"}
		}
	}
	return x.refuse(ctx, d, nil)
}

// setting is what beside the conversation decides. The team's is read where the action asks for it.
func (x *acting) setting(ctx context.Context, a Action) (Setting, error) {
	in := Setting{HasLeft: x.hasLeft()}
	if a != Adding && a != Joining {
		return in, nil
	}
	t, err := x.tx.Client.Team.Get(ctx, x.tx.Team)
	if err != nil {
		return in, fmt.Errorf("read the team: %w", err)
	}
	in.Collaborates = t.Collaborates
	return in, nil
}

// isHere refuses an agent who, since it asked, was deactivated or given a role that does not work with groups, and would become part of the conversation
// (COLL-17, GRP-1). The agent is held.
func (x *acting) isHere(ctx context.Context, a Action) error {
	if x.p.AgentID == 0 || !slices.Contains([]Action{Following, TakingOver, Reopening, Joining, Starting}, a) {
		return nil
	}
	why, err := x.unfit(ctx, x.p.AgentID)
	if err != nil || why == "" {
		return err
	}
	return x.refuse(ctx, Permit{Code: "FORBIDDEN", Reason: why}, nil)
}

// unfit says why an agent, who is held, may have no part in the conversation: it is not active, or has a role that does not work with groups; "" where it may.
func (x *acting) unfit(ctx context.Context, agentID int64) (string, error) {
	a, err := x.tx.Agent.Get(ctx, agentID)
	if err != nil && !ent.IsNotFound(err) {
		return "", fmt.Errorf("read agent %d: %w", agentID, err)
	}
	switch {
	case err != nil || a.Status != agent.StatusACTIVE:
		return "refusal.deactivated", nil
	case x.c.GroupID != nil && !auth.Role(a.Role).HasGroups():
		return "refusal.role", nil
	}
	return "", nil
}

// instant is how long two agents who follow are taken to do so at the same instant.
const instant = 10 * time.Second

// wasSlower says whether the conversation was PENDING, and seen by the principal, until another followed it just now. Who loses that race is told
// by whom (CONV-6), although it does not see the conversation any more (CONV-28).
func (x *acting) wasSlower(ctx context.Context) (bool, error) {
	c := x.c
	if c.Status != conversation.StatusIN_PROGRESS || c.FollowedAt == nil || x.tx.Now.Sub(*c.FollowedAt) > instant {
		return false, nil
	}
	before := row.Facets(c)
	before.Status, before.FollowerID, before.Audience = string(conversation.StatusPENDING), 0, c.Audience
	if !row.Sees(x.p, before) {
		return false, nil
	}
	// A transfer and a take-over begin anew too, and were never open to the principal.
	followed, err := x.tx.Activity.Query().Where(activity.ConversationID(c.ID), activity.Code("log.followed"), activity.AtGTE(*c.FollowedAt)).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("read the log of conversation %d: %w", c.ID, err)
	}
	return followed, nil
}

// refusal is a fault by the rules, with its reason as a code of the catalogue and its values: for who is told later, and in another language.
type refusal struct {
	fault  *fault.Error
	reason string
	params map[string]string
}

func (r *refusal) Error() string { return r.fault.Error() }
func (r *refusal) Unwrap() error { return r.fault }

// refuse makes the fault of a refusal, in the principal's language.
func (x *acting) refuse(ctx context.Context, d Permit, params map[string]string) error {
	f, err := x.faultOf(ctx, d, catalogue.Text(x.p.Language, d.Reason, params))
	if err != nil {
		return err
	}
	return &refusal{f, d.Reason, params}
}

func (x *acting) faultOf(ctx context.Context, d Permit, text string) (*fault.Error, error) {
	switch d.Code {
	case "NOT_FOUND":
		return fault.Missing("the conversation"), nil
	case "FORBIDDEN":
		return fault.New(fault.Forbidden, "%s", text).WithCode(d.Code, nil), nil
	case "LIMIT_EXCEEDED":
		return fault.New(fault.Conflict, "%s", text).WithCode(d.Code, map[string]any{"limit": MaxCollaborators}), nil
	case "CHANNEL_UNAVAILABLE":
		return fault.New(fault.Unavailable, "%s", text).WithCode(d.Code, nil), nil
	}
	facts := map[string]any{"status": string(x.c.Status)}
	if x.c.FollowerID != nil {
		name, err := x.nameOf(ctx, *x.c.FollowerID)
		if err != nil {
			return nil, err
		}
		facts["agentId"], facts["agentName"] = *x.c.FollowerID, name
	}
	return fault.New(fault.Conflict, "%s", text).WithCode("STATE_CONFLICT", facts), nil
}

func (x *acting) nameOf(ctx context.Context, agentID int64) (string, error) {
	a, err := x.tx.Agent.Get(ctx, agentID)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read agent %d: %w", agentID, err)
	}
	return a.Name, nil
}

// substitute puts the agent for whom an integration acts in its place. The agent's own rights count; the integration's scopes narrow them.
func (x *acting) substitute(ctx context.Context, onBehalfOf int64) error {
	if onBehalfOf == 0 {
		return nil
	}
	refuse := func(code string) error {
		return fault.New(fault.Forbidden, "%s", catalogue.Text(x.p.Language, code, nil)).WithCode("FORBIDDEN", nil)
	}
	if x.p.TokenID == 0 {
		return refuse("refusal.only_integrations")
	}
	if !x.p.May(auth.ActAs) {
		return refuse("refusal.act_as")
	}
	a, err := principalOf(ctx, &x.tx.View, onBehalfOf)
	if err != nil {
		return err
	}
	if a == nil {
		return fault.Missing("the agent")
	}
	a.TokenID, a.Scopes, a.Language = x.p.TokenID, x.p.Scopes, x.p.Language
	x.p = *a
	return nil
}

// principalOf gives an active agent of the team as it would act; nil where there is none.
func principalOf(ctx context.Context, v *store.View, agentID int64) (*auth.Principal, error) {
	a, err := v.Agent.Query().Where(agent.ID(agentID), agent.StatusEQ(agent.StatusACTIVE)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read agent %d: %w", agentID, err)
	}
	p := &auth.Principal{TeamID: v.Team, AgentID: a.ID, Name: a.Name, Role: auth.Role(a.Role), BranchID: a.BranchID, RegionID: a.RegionID,
		Language: a.Language, AuthVersion: a.AuthVersion}
	given := a.Permissions
	r, err := v.Role.Query().Where(role.RoleEQ(role.Role(a.Role))).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read role %s: %w", a.Role, err)
	}
	if r != nil {
		given = slices.Concat(r.Permissions, given)
	}
	for _, g := range given {
		if !p.Has(auth.Permission(g)) {
			p.Permissions = append(p.Permissions, auth.Permission(g))
		}
	}
	return p, nil
}

// put writes the changed conversation, and keeps its participants where they changed.
func (x *acting) put(ctx context.Context, after *ent.Conversation) error {
	if err := row.Put(ctx, x.tx, x.c, after, x.by); err != nil {
		return err
	}
	before := x.c
	x.c = after
	return participantsIn(ctx, x.tx, before, after)
}

// putSaying is put with a message of the product in the conversation, which its agents see and its customer does not.
func (x *acting) putSaying(ctx context.Context, after *ent.Conversation, code string, params map[string]string) error {
	m := &ent.Message{Direction: message.DirectionINTERNAL, Sender: message.SenderSYSTEM, Delivery: message.DeliveryNONE, Kind: "SYSTEM", Code: code, Params: params}
	if _, err := AppendIn(ctx, x.tx, x.c, after, m, x.by); err != nil {
		return err
	}
	before := x.c
	x.c = after
	return participantsIn(ctx, x.tx, before, after)
}

// participantsIn keeps the participants as the conversation says, each since when it has its part.
func participantsIn(ctx context.Context, tx *store.Tx, before, after *ent.Conversation) error {
	if slices.Equal(before.CollaboratorIds, after.CollaboratorIds) {
		if same(before.FollowerID, after.FollowerID) {
			return nil
		}
		return FollowerIn(ctx, tx, after)
	}
	old, err := tx.Participant.Query().Where(participant.ConversationID(after.ID)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the participants: %w", err)
	}
	if _, err := tx.Participant.Delete().Where(participant.ConversationID(after.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the participants: %w", err)
	}
	rows := make([]*ent.ParticipantCreate, 0, len(after.CollaboratorIds)+1)
	add := func(agentID int64, part participant.Part, position int, since time.Time) {
		for _, p := range old {
			if p.AgentID == agentID && p.Part == part {
				since = p.Since
			}
		}
		rows = append(rows, tx.Participant.Create().SetTeamID(tx.Team).SetConversationID(after.ID).SetAgentID(agentID).SetPart(part).SetPosition(position).
			SetSince(since))
	}
	if after.FollowerID != nil {
		add(*after.FollowerID, participant.PartFOLLOWER, 0, tx.Now)
	}
	for i, n := range after.CollaboratorIds {
		add(n, participant.PartCOLLABORATOR, i, tx.Now)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Participant.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("add the participants: %w", err)
	}
	return nil
}

func same(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// FollowerIn keeps the participants' row of the follower as the conversation says.
func FollowerIn(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	q := tx.Participant.Delete().Where(participant.ConversationID(c.ID), participant.PartEQ(participant.PartFOLLOWER))
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("remove the follower: %w", err)
	}
	if c.FollowerID == nil {
		return nil
	}
	since := tx.Now
	if c.FollowedAt != nil {
		since = *c.FollowedAt
	}
	err := tx.Participant.Create().SetTeamID(tx.Team).SetConversationID(c.ID).SetAgentID(*c.FollowerID).SetPart(participant.PartFOLLOWER).SetSince(since).Exec(ctx)
	if err != nil {
		return fmt.Errorf("add the follower: %w", err)
	}
	return nil
}

// log writes an entry that names who acts.
func (x *acting) log(ctx context.Context, code string, params map[string]string) error {
	if params == nil {
		params = map[string]string{}
	}
	params["actor"] = x.p.Name
	return row.Log(ctx, x.tx, x.c.ID, code, params, x.by)
}

// notify tells agents something of this conversation; who acts is named, with its role.
func (x *acting) notify(ctx context.Context, code string, params map[string]string, agentIDs ...int64) error {
	all := map[string]string{"actor": x.p.Name, "role": "@role." + string(x.p.Role)}
	maps.Copy(all, params)
	return workspace.NotifyIn(ctx, x.tx, x.by, agentIDs, workspace.Notice{Code: code, Params: all, ConversationID: x.c.ID, IsOfGroup: x.c.GroupID != nil})
}

// customer is what the customer or group is called in texts.
func (x *acting) customer() string {
	switch {
	case x.c.Name != "":
		return x.c.Name
	case x.c.GroupID != nil:
		return "@group.unnamed"
	}
	return "@customer.unknown"
}
