package conversation

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// GroupNoteInput says what is noted of which group.
type GroupNoteInput struct {
	GroupID int64
	Note    string
	// Read is the note's version as it was read before.
	Read int
}

// NoteGroup replaces the note of a group that the principal sees, also once the account has left it (GRP-7): whoever has a manager role or may send messages
// may. Where another has changed it since it was read nothing happens, and it is a fault of kind Conflict; the note that stands there already is no change.
// A group that may not be seen is a fault of kind NotFound.
func (s *Service) NoteGroup(ctx context.Context, p auth.Principal, in GroupNoteInput) (event.Cursor, error) {
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		if err := x.ofGroup(ctx, in.GroupID, NotingGroup); err != nil {
			return err
		}
		has, err := s.groups.NoteIn(ctx, tx, in.GroupID, in.Note, in.Read, x.by)
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind == fault.Conflict {
			f.Text = catalogue.Text(p.Language, "refusal.group_note_changed", nil)
		}
		if err != nil || !has || x.c == nil {
			return err
		}
		return x.log(ctx, "log.group_noted", nil)
	})
}

// ofGroup decides what is done to a group, by its conversation where it has one; before the first message it is as one that waits (GRP-2). The conversation is
// not held: the group's own row is, by whoever changes it.
func (x *acting) ofGroup(ctx context.Context, groupID int64, a Action) error {
	f := &event.Facets{Kind: string(conversation.KindGROUP), Status: string(conversation.StatusPENDING)}
	c, err := x.tx.Conversation.Query().Where(conversation.GroupID(groupID)).Only(ctx)
	switch {
	case err == nil:
		x.c, f = c, row.Facets(c)
	case !ent.IsNotFound(err):
		return fmt.Errorf("find the conversation of group %d: %w", groupID, err)
	default:
		is, err := x.tx.Group.Query().Where(entgroup.ID(groupID)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("find group %d: %w", groupID, err)
		}
		if !is {
			return fault.Missing("the group")
		}
	}
	d := Decide(x.p, f, Setting{}, a)
	switch {
	case d.Allowed:
		return nil
	case d.Code == "NOT_FOUND":
		return fault.Missing("the group")
	}
	return x.refuse(ctx, d, nil)
}

// Opened is the one-to-one conversation to which somebody goes.
type Opened struct {
	ConversationID int64
	IsNew          bool
}

// OpenMember goes from a member of a group to its one-to-one conversation on the same channel (GRP-10). Where there is one that the principal sees it is that;
// one that it does not see is refused in words that say so, which is an exception that CONV-28 names. Where there is none it is made: PENDING/HUMAN, empty,
// with nothing unread and nobody waiting; the member becomes a contact. Several who ask at one instant get the same. A member of a group that may not be
// seen is a fault of kind NotFound.
func (s *Service) OpenMember(ctx context.Context, p auth.Principal, memberID int64) (Opened, event.Cursor, error) {
	var out Opened
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) (err error) {
		x := &acting{tx: tx, p: p, by: p.Actor()}
		out, err = s.openMember(ctx, x, memberID)
		return err
	})
	if err != nil {
		return Opened{}, event.Cursor{}, err
	}
	return out, at, nil
}

func (s *Service) openMember(ctx context.Context, x *acting, memberID int64) (Opened, error) {
	m, err := x.tx.GroupMember.Query().Where(groupmember.ID(memberID)).WithGroup().Only(ctx)
	if ent.IsNotFound(err) {
		return Opened{}, fault.Missing("the member")
	}
	if err != nil {
		return Opened{}, fmt.Errorf("read member %d: %w", memberID, err)
	}
	if err := x.ofGroup(ctx, m.GroupID, OpeningMember); err != nil {
		if fault.Is(err, fault.NotFound) {
			return Opened{}, fault.Missing("the member")
		}
		return Opened{}, err
	}
	channelID := m.Edges.Group.ChannelID
	id, err := x.tx.Identity.Query().Where(identity.ChannelID(channelID), identity.PlatformUserID(m.PlatformUserID)).OnlyID(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return Opened{}, fmt.Errorf("find the member's identity: %w", err)
	}
	if err == nil {
		if o, isThere, err := x.with(ctx, id); err != nil || isThere {
			return o, err
		}
	}
	ch, err := x.tx.Channel.Get(ctx, channelID)
	if err != nil {
		return Opened{}, fmt.Errorf("read channel: %w", err)
	}
	if ch.DeletedAt != nil {
		return Opened{}, x.refuse(ctx, Permit{Code: "CHANNEL_UNAVAILABLE", Reason: "refusal.channel_deleted"}, nil)
	}
	k, err := s.contacts.EnsureForIdentityIn(ctx, x.tx, contact.Person{ChannelID: channelID, UserID: m.PlatformUserID, Reach: reaches[m.Friendship],
		Profile: channels.Profile{DisplayName: m.DisplayName, PictureURL: m.PictureURL}})
	if err != nil {
		return Opened{}, err
	}
	// Who holds the identity makes the conversation; who waited finds it made.
	if err := x.tx.Lock(ctx, identity.Table, k.Identity.ID); err != nil {
		return Opened{}, err
	}
	if o, isThere, err := x.with(ctx, k.Identity.ID); err != nil || isThere {
		return o, err
	}
	made, err := x.begun(ctx, ch, k, func(create *ent.ConversationCreate) { create.SetStatus(conversation.StatusPENDING) })
	if err != nil {
		return Opened{}, err
	}
	if err := x.log(ctx, "log.opened_from_group", map[string]string{"customer": x.customer()}); err != nil {
		return Opened{}, err
	}
	return Opened{made.ID, true}, s.groups.BindIn(ctx, x.tx, m.ID, k.Identity.ID, x.by)
}

// reaches is what a member's friendship says of whether the account may write to it.
var reaches = map[groupmember.Friendship]identity.Reach{
	groupmember.FriendshipFRIEND: identity.ReachREACHABLE, groupmember.FriendshipBLOCKED: identity.ReachBLOCKED,
	groupmember.FriendshipNOT_FRIEND: identity.ReachUNKNOWN, groupmember.FriendshipUNKNOWN: identity.ReachUNKNOWN,
}

// with gives the conversation with a person, where there is one that the principal sees; one that it does not see is refused (GRP-10).
func (x *acting) with(ctx context.Context, identityID int64) (Opened, bool, error) {
	c, err := x.tx.Conversation.Query().Where(conversation.IdentityID(identityID)).Only(ctx)
	if ent.IsNotFound(err) {
		return Opened{}, false, nil
	}
	if err != nil {
		return Opened{}, false, fmt.Errorf("find the conversation with identity %d: %w", identityID, err)
	}
	if !row.Sees(x.p, row.Facets(c)) {
		return Opened{}, true, x.refuse(ctx, Permit{Code: "FORBIDDEN", Reason: "group.no_permission"}, nil)
	}
	return Opened{ConversationID: c.ID}, true, nil
}

// begun makes the conversation with a person that an agent begins, standing as fill says: nothing was said in it. The caller logs it.
func (x *acting) begun(ctx context.Context, ch *ent.Channel, k contact.Known, fill func(*ent.ConversationCreate)) (*ent.Conversation, error) {
	who := k.Contact
	create := x.tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType(conversation.ChannelType(ch.Type)).SetBranchID(ch.BranchID).SetRegionID(ch.RegionID).
		SetLastAt(x.tx.Now).SetKind(conversation.KindONE_ON_ONE).SetBegunBy(conversation.BegunByAGENT).
		SetIdentityID(k.Identity.ID).SetContactID(who.ID).SetName(who.Name).SetNameFolded(who.NameFolded).SetPictureURL(who.PictureURL).SetTagIds(who.TagIds)
	hasPhone, err := row.HasPhone(ctx, x.tx, &ent.Conversation{ContactID: &who.ID})
	if err != nil {
		return nil, err
	}
	fill(create)
	x.c, err = row.Create(ctx, x.tx, create.SetHasPhone(hasPhone), x.by)
	return x.c, err
}
