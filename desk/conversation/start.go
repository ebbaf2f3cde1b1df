package conversation

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// StartInput says with whom to begin a conversation, on which account.
type StartInput struct {
	ChannelID int64
	// Name is the customer's, empty where it is not known; Phone the number as people of the Country, two letters, write it.
	Name, Country, Phone string
	// FromAgentID is the agent from whom the conversation is taken over, as the answer named it; 0 for none.
	FromAgentID int64
	OnBehalfOf  int64
}

// Started is the conversation that an agent begins, or why it is not there.
type Started struct {
	ConversationID int64
	IsNew          bool
	// Held says with whom the conversation is, where it was refused for that; else nil.
	Held *Held
}

// Held is a conversation that another agent has. It is named to whoever may begin conversations, seen or not: an exception that CONV-28 names.
type Held struct {
	ConversationID int64
	Status         string
	AgentID        int64
	AgentName      string
	// MayTakeOver: beginning it again from that agent takes it over.
	MayTakeOver bool
}

// Start begins a conversation by phone number (MSG-14): a new one is IN_PROGRESS with the agent as its follower, a PENDING one is followed, one's own is opened, and reopened
// where it is ENDED. One that another follows, or followed last, is refused with STATE_CONFLICT, and Held says with whom it is; given that agent it is taken over. The newest name
// given is the contact's. Several who begin the same at one instant make one conversation.
func (s *Service) Start(ctx context.Context, p auth.Principal, in StartInput) (Started, event.Cursor, error) {
	var out Started
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := holdAgents(ctx, tx, []int64{p.AgentID, in.OnBehalfOf}); err != nil {
			return err
		}
		x := &acting{tx: tx, p: p, by: p.Actor()}
		if err := x.substitute(ctx, in.OnBehalfOf); err != nil {
			return err
		}
		out, err = s.start(ctx, x, in)
		return err
	})
	if err != nil {
		return Started{Held: out.Held}, event.Cursor{}, err
	}
	return out, at, nil
}

func (s *Service) start(ctx context.Context, x *acting, in StartInput) (Started, error) {
	ch, number, err := s.startable(ctx, x, in)
	if err != nil {
		return Started{}, err
	}
	// Who makes or holds the identity makes the conversation; who waited finds it made.
	k, err := s.contacts.EnsureForPhoneIn(ctx, x.tx, ch.ID, number, in.Name, x.by)
	if err != nil {
		return Started{}, err
	}
	if err := x.tx.Lock(ctx, identity.Table, k.Identity.ID); err != nil {
		return Started{}, err
	}
	n, err := x.tx.Conversation.Query().Where(conversation.IdentityID(k.Identity.ID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		made, err := x.started(ctx, ch, k)
		if err != nil {
			return Started{}, err
		}
		return Started{ConversationID: made.ID, IsNew: true}, nil
	}
	if err != nil {
		return Started{}, fmt.Errorf("find the conversation with identity %d: %w", k.Identity.ID, err)
	}
	if x.c, err = row.Lock(ctx, x.tx, n); err != nil {
		return Started{}, err
	}
	held, err := x.resumed(ctx, in.FromAgentID)
	return Started{ConversationID: n, Held: held}, err
}

// startable gives the channel, and the number as E.164, where the principal may begin conversations and the channel's type takes that.
func (s *Service) startable(ctx context.Context, x *acting, in StartInput) (*ent.Channel, string, error) {
	if in.FromAgentID != 0 {
		switch name, err := x.nameOf(ctx, in.FromAgentID); {
		case err != nil:
			return nil, "", err
		case name == "":
			return nil, "", fault.Missing("the agent")
		}
	}
	ch, err := x.tx.Channel.Query().Where(channel.ID(in.ChannelID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, "", fault.Missing("the channel")
	}
	if err != nil {
		return nil, "", fmt.Errorf("read channel: %w", err)
	}
	x.c = &ent.Conversation{Kind: conversation.KindONE_ON_ONE, Status: conversation.StatusPENDING, ChannelType: conversation.ChannelType(ch.Type)}
	if err := x.may(ctx, Starting); err != nil {
		return nil, "", err
	}
	adapter, err := s.adapters.Get(channels.Type(ch.Type))
	if err != nil {
		return nil, "", err
	}
	if !adapter.Capability().StartsByPhone {
		return nil, "", x.wrong("channelId", "refusal.start_channel", nil)
	}
	if ch.DeletedAt != nil {
		return nil, "", x.refuse(ctx, Permit{Code: "CHANNEL_UNAVAILABLE", Reason: "refusal.channel_deleted"}, nil)
	}
	number, field, why := contact.Dialled(in.Phone, in.Country)
	if why != "" {
		return nil, "", x.wrong(field, why, nil)
	}
	return ch, number, nil
}

// started makes the conversation with a person that an agent begins and follows.
func (x *acting) started(ctx context.Context, ch *ent.Channel, k contact.Known) (*ent.Conversation, error) {
	made, err := x.begun(ctx, ch, k, func(create *ent.ConversationCreate) {
		create.SetStatus(conversation.StatusIN_PROGRESS).SetQueue(conversation.QueueHUMAN).SetFollowerID(x.p.AgentID).SetLastFollowerID(x.p.AgentID).SetFollowedAt(x.tx.Now)
	})
	if err != nil {
		return nil, err
	}
	if err := FollowerIn(ctx, x.tx, made); err != nil {
		return nil, err
	}
	return made, x.log(ctx, "log.started", map[string]string{"customer": x.customer()})
}

// resumed goes on with a conversation that is there and held: by where it stands for who begins it. Where another has it, it says with whom and refuses, unless it is taken from
// that agent.
func (x *acting) resumed(ctx context.Context, from int64) (*Held, error) {
	place := PlaceOf(x.p, row.Facets(x.c))
	var held *Held
	if isOthers := place == Teams || place == TeamEnded; isOthers && x.c.FollowerID != nil {
		name, err := x.nameOf(ctx, *x.c.FollowerID)
		if err != nil {
			return nil, err
		}
		held = &Held{ConversationID: x.c.ID, Status: string(x.c.Status), AgentID: *x.c.FollowerID, AgentName: name}
	}
	if err := x.may(ctx, Starting); err != nil {
		return held, err
	}
	if held != nil && from != held.AgentID {
		held.MayTakeOver = true
		return held, x.refuse(ctx, Permit{Code: "STATE_CONFLICT", Reason: "refusal.held"}, map[string]string{"agent": held.AgentName})
	}
	switch place {
	case Pending:
		return nil, x.follow(ctx)
	case MyEnded, EndedJoint:
		return nil, x.reopen(ctx)
	case Teams:
		return nil, x.takenOver(ctx, held.AgentID, held.AgentName)
	case TeamEnded:
		if err := x.reopen(ctx); err != nil || held == nil { // nobody had followed it
			return nil, err
		}
		return nil, x.notify(ctx, "notice.taken_over", nil, held.AgentID)
	case Mine, Joined:
	}
	return nil, nil
}
