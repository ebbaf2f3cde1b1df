// Package profile asks the platforms who people and groups are, beside the messages and never in their way (CHAN-13, GRP-8, GRP-9, GRP-11), has
// them take the account out of groups (GRP-5), and forgets what is kept for a time only.
package profile

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The kinds of task. Each has the handler of the same name in Service.
const (
	PersonTask = "profile.fetch"
	GroupTask  = "group.fetch"
	MemberTask = "member.fetch"
)

// membersAtOnce is how many members' tasks are written in one transaction.
const membersAtOnce = 10

// Config is what the service needs; everything but Log must be given.
type Config struct {
	DB       *store.DB
	Adapters *channels.Registry
	Accounts *account.Service
	Contacts *contact.Service
	Groups   *group.Service
	Queue    *job.Queue
	Log      *slog.Logger
}

// Service asks platforms. Its …In methods write the question into a transaction; its handlers ask it later. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{c}
}

// bySystem is who causes what a platform makes of a group: no person of ours.
var bySystem = event.Actor{Kind: event.BySystem}

// about is what a task is about: the identity, the group or the member.
type about struct {
	ID int64 `json:"id"`
}

// ProfileIn has the profile of a person fetched. What waits already is not asked for twice.
func (s *Service) ProfileIn(ctx context.Context, tx *store.Tx, identityID int64) error {
	return s.enqueue(ctx, tx, PersonTask, identityID)
}

// GroupIn has a group's name, picture, number and members fetched. What waits already is not asked for twice.
func (s *Service) GroupIn(ctx context.Context, tx *store.Tx, groupID int64) error {
	return s.enqueue(ctx, tx, GroupTask, groupID)
}

// MemberIn has the profile of a group's member fetched. What waits already is not asked for twice.
func (s *Service) MemberIn(ctx context.Context, tx *store.Tx, memberID int64) error {
	return s.enqueue(ctx, tx, MemberTask, memberID)
}

func (s *Service) enqueue(ctx context.Context, tx *store.Tx, kind string, id int64) error {
	return s.Queue.EnqueueIn(ctx, tx, job.Task{Kind: kind, Args: about{id}, IsUnique: true})
}

// Person handles PersonTask. What the platform does not tell (no consent, blocked, unknown) leaves the old profile and notes the time.
func (s *Service) Person(ctx context.Context, team int64, args json.RawMessage) error {
	id, err := read(args)
	if err != nil {
		return err
	}
	var i *ent.Identity
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		i, err = v.Identity.Get(ctx, id)
		return missing(err, "the person")
	})
	if err != nil {
		return err
	}
	return s.ask(ctx, team, i.ChannelID, func(a channels.Adapter, to channels.Account) (apply, error) {
		p, err := a.FetchProfile(ctx, to, i.PlatformUserID)
		return func(ctx context.Context, tx *store.Tx) error {
			return s.Contacts.ApplyProfileIn(ctx, tx, id, orNil(p, err))
		}, err
	})
}

// Group handles GroupTask. Where the platform lists members to this account, the list is exactly who is in, and those never asked about are
// asked about next; where it does not, the number is all (GRP-8). A group that the account has left is not asked about.
func (s *Service) Group(ctx context.Context, team int64, args json.RawMessage) error {
	id, err := read(args)
	if err != nil {
		return err
	}
	var g *ent.Group
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		g, err = v.Group.Get(ctx, id)
		return missing(err, "the group")
	})
	if err != nil || g.State == entgroup.StateLEFT {
		return err
	}
	var unknown []int64
	err = s.ask(ctx, team, g.ChannelID, func(a channels.Adapter, to channels.Account) (apply, error) {
		info := group.Info{}
		var err error
		if info.GroupInfo, err = a.FetchGroup(ctx, to, peer(g)); err != nil {
			return func(ctx context.Context, tx *store.Tx) error { return s.Groups.UnlistedIn(ctx, tx, id) }, err
		}
		switch info.Members, err = a.ListMembers(ctx, to, peer(g)); fault.Of(err) {
		case "":
			info.IsListed = true
		case fault.Forbidden, fault.NotFound:
		default:
			return nil, err
		}
		return func(ctx context.Context, tx *store.Tx) error {
			unknown, err = s.Groups.ApplyInfoIn(ctx, tx, id, info)
			return err
		}, nil
	})
	if err != nil {
		return err
	}
	// A group has up to 500 members: in one transaction they would keep everybody else from writing.
	for some := range slices.Chunk(unknown, membersAtOnce) {
		if _, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			for _, m := range some {
				if err := s.MemberIn(ctx, tx, m); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// Member handles MemberTask: the profile of somebody as a member, which platforms give of people who are no friends of the account too.
func (s *Service) Member(ctx context.Context, team int64, args json.RawMessage) error {
	id, err := read(args)
	if err != nil {
		return err
	}
	var m *ent.GroupMember
	var g *ent.Group
	err = s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		if m, err = v.GroupMember.Get(ctx, id); err != nil {
			return missing(err, "the member")
		}
		g, err = v.Group.Get(ctx, m.GroupID)
		return missing(err, "the group")
	})
	if err != nil || g.State == entgroup.StateLEFT {
		return err
	}
	return s.ask(ctx, team, g.ChannelID, func(a channels.Adapter, to channels.Account) (apply, error) {
		p, err := a.FetchMember(ctx, to, peer(g), m.PlatformUserID)
		return func(ctx context.Context, tx *store.Tx) error {
			return s.Groups.ApplyProfileIn(ctx, tx, id, orNil(p, err))
		}, err
	})
}

// apply keeps what came of a question.
type apply func(ctx context.Context, tx *store.Tx) error

// ask asks the platform of a channel and keeps what it said, also that it says nothing (NotFound, Forbidden). Credentials that it does not
// accept any more disconnect the channel (CHAN-3). A channel that is disconnected or deleted asks nothing: connected again, it asks when the
// person next writes. Throttled and Unavailable come back, to be tried again.
func (s *Service) ask(ctx context.Context, team, channelID int64, question func(channels.Adapter, channels.Account) (apply, error)) error {
	c, err := s.Accounts.Load(ctx, team, channelID)
	if fault.Is(err, fault.Conflict) || err == nil && c.State == "DISCONNECTED" {
		return nil
	}
	if err != nil {
		return err
	}
	adapter, err := s.Adapters.Get(c.Type)
	if err != nil {
		return err
	}
	keep, err := question(adapter, c.Account)
	switch fault.Of(err) {
	case "", fault.NotFound, fault.Forbidden:
		_, err = s.DB.Write(ctx, team, keep)
		return err
	case fault.Unauthenticated:
		return s.refused(ctx, c, err)
	case fault.Throttled, fault.Unavailable:
		return err
	default:
		return fmt.Errorf("ask the platform of channel %d: %w", channelID, err)
	}
}

// refused disconnects the channel whose credentials were refused, unless it was given others meanwhile: then the question is asked again.
func (s *Service) refused(ctx context.Context, c account.Opened, refusal error) error {
	now, err := s.Accounts.Load(ctx, c.TeamID, c.ChannelID)
	if err != nil {
		return err
	}
	if !maps.Equal(now.Account.Credentials, c.Account.Credentials) {
		return fault.Wrap(refusal, fault.Unavailable, "the channel was connected again meanwhile")
	}
	_, err = s.DB.Write(ctx, c.TeamID, func(ctx context.Context, tx *store.Tx) error {
		return s.Accounts.MarkDisconnectedIn(ctx, tx, c.ChannelID, channels.CodeCredentialsRevoked)
	})
	return err
}

// orNil is what the platform told; nil where it told nothing.
func orNil(p channels.Profile, err error) *channels.Profile {
	if err != nil {
		return nil
	}
	return &p
}

func peer(g *ent.Group) channels.Peer {
	if g.PeerType == entgroup.PeerTypeROOM {
		return channels.Peer{Type: channels.PeerRoom, ID: g.PlatformGroupID}
	}
	return channels.Peer{Type: channels.PeerGroup, ID: g.PlatformGroupID}
}

func read(args json.RawMessage) (int64, error) {
	var a about
	if err := json.Unmarshal(args, &a); err != nil || a.ID <= 0 {
		return 0, fault.New(fault.Invalid, "the task names nothing")
	}
	return a.ID, nil
}

func missing(err error, what string) error {
	if ent.IsNotFound(err) {
		return fault.Missing(what)
	}
	return err
}
