package graph

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ViewerCheck says which operations select a field that depends on who looks, so that live streams execute them for each viewer alone.
func ViewerCheck(schema *ast.Schema) live.ViewerCheck { return live.ViewerFields(schema, "viewer") }

// Why streams end, beside the reasons that the server has for all of them.
const (
	accessLost      = "ACCESS_LOST"
	removed         = "REMOVED"
	endedByFollower = "ENDED"
	deleted         = "DELETED"
	completed       = "COMPLETED"
)

// frames makes the frames that every stream has.
type frames struct{}

// Frame implements live.Stream.
func (frames) Frame(_ context.Context, c live.Control) any {
	at := c.Cursor.String()
	switch c.Kind {
	case live.Hello:
		return &model.Hello{Cursor: at, Recovered: c.Recovered}
	case live.ResyncRequired:
		return &model.ResyncRequired{Cursor: at, Reason: resyncReason(c.Reason)}
	case live.StreamEnded:
		return &model.StreamEnded{Cursor: at, Reason: endReason(c.Reason), Resubscribe: c.Resubscribe}
	default:
		if planted.Is("tick-without-cursor") {
			at = ""
		}
		t := &model.Tick{Cursor: at}
		if !c.IdleAt.IsZero() {
			at := c.IdleAt.UTC()
			t.IdleAt = &at
		}
		return t
	}
}

func resyncReason(reason string) model.StreamReason {
	switch reason {
	case live.ResyncEpoch:
		return model.StreamReasonEpochChanged
	case live.ResyncExpired:
		return model.StreamReasonTooOld
	case live.ResyncBehind:
		return model.StreamReasonTooFarBehind
	default:
		return model.StreamReasonUnreadable
	}
}

// endReasons are the reasons of the live machinery and of the streams in the schema's words.
var endReasons = map[string]model.StreamReason{
	accessLost: model.StreamReasonAccessLost, removed: model.StreamReasonRemoved, endedByFollower: model.StreamReasonEnded, deleted: model.StreamReasonDeleted, completed: model.StreamReasonCompleted,
	live.ReasonDrain: model.StreamReasonDrain, live.ReasonSlow: model.StreamReasonSlow, live.ReasonIdle: model.StreamReasonIdle,
	live.ReasonTokenExpired: model.StreamReasonTokenExpired, live.ReasonRevoked: model.StreamReasonRevoked,
	live.ReasonEvicted: model.StreamReasonEvicted, live.ReasonSuspended: model.StreamReasonTeamSuspended,
	live.ReasonUnavailable: model.StreamReasonUnavailable, live.ReasonInternal: model.StreamReasonInternal,
}

func endReason(reason string) model.StreamReason {
	if r, ok := endReasons[reason]; ok {
		return r
	}
	return model.StreamReasonInternal
}

// causeModel says who or what caused an event.
func causeModel(e event.Event) *model.EventCause {
	c := &model.EventCause{Actor: model.ActorKind(e.Actor.Kind), Rule: textOrNil(e.Actor.Rule), RequestID: textOrNil(e.RequestID)}
	kinds := map[event.ActorKind]id.Kind{event.ByAgent: id.Agent, event.ByContact: id.Contact, event.ByIntegration: id.APIToken}
	if k, ok := kinds[e.Actor.Kind]; ok && e.Actor.ID != 0 {
		c.ActorID = id.Optional(k, &e.Actor.ID)
	}
	if c.Actor == "" {
		c.Actor = model.ActorKindSystem
	}
	return c
}

// viewer is the principal of a stream's call: the one of now.
func viewer(ctx context.Context) auth.Principal {
	p, err := auth.From(ctx)
	if err != nil {
		return auth.Principal{} // sees nothing: no role and no agent
	}
	return p
}

// sees says whether the principal may be told of a conversation with these facets.
func sees(p auth.Principal, f *event.Facets) bool {
	return p.TeamID != 0 && p.May(auth.ReadConversations) && row.Sees(p, f)
}

// scopeOf is what a viewer's sight of conversations hangs on. Viewers that see the team's see the same whoever follows; what the others see
// depends on who they are.
func scopeOf(p auth.Principal) string {
	if p.SeesTeam() {
		return withContacts(p, "team")
	}
	return p.Key()
}

// withContacts keeps those who may not read contacts apart in a class: their rows come without them.
func withContacts(p auth.Principal, class string) string {
	if !p.May(auth.ReadContacts) {
		return class + " without contacts"
	}
	return class
}

// rights are what decides which conversations a principal sees. A stream over many conversations ends when they change, since what was
// shown may be shown no longer.
type rights struct {
	role           auth.Role
	seesTeam       bool
	mayRead        bool
	branch, region string
}

func rightsOf(p auth.Principal) rights {
	return rights{p.Role, p.SeesTeam(), p.May(auth.ReadConversations), p.BranchID, p.RegionID}
}

// loadConversation reads a conversation's row with what a stream's operation selects, once for an event, whoever may see it.
func (r *Resolver) loadConversation(ctx context.Context, p auth.Principal, n int64, wants conversationWants) (*conversationRows, error) {
	key := "conversation " + id.Format(id.Conversation, n) + wants.key()
	if wants.contacts || wants.moments.Reminders {
		key += p.Key() // what is shown of a contact depends on permissions, and reminders are one's own
	}
	return live.Once(ctx, key, func(ctx context.Context) (*conversationRows, error) {
		var out conversationRows
		err := r.Inbox.Look(ctx, p, func(ctx context.Context, v *store.View) error {
			rows, err := inbox.Load(ctx, v, []int64{n}, wants.Wants)
			if err != nil {
				return err
			}
			return r.with(p, wants, &out)(ctx, v, rows)
		})
		if err != nil {
			return nil, err
		}
		if len(out.All) == 0 {
			return nil, fault.Missing("the conversation")
		}
		return &out, nil
	})
}

// loadMessage reads a message once for an event, whoever may see it.
func (r *Resolver) loadMessage(ctx context.Context, p auth.Principal, n int64) (*inbox.Messages, error) {
	return live.Once(ctx, "message "+id.Format(id.Message, n), func(ctx context.Context) (*inbox.Messages, error) {
		var out *inbox.Messages
		err := r.Inbox.Look(ctx, p, func(ctx context.Context, v *store.View) (err error) {
			out, err = inbox.LoadMessages(ctx, v, []int64{n}, everyone)
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(out.All) == 0 {
			return nil, fault.Missing("the message")
		}
		return out, nil
	})
}
