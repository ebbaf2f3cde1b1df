package inbox

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/tag"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Wants says what is read beside conversations: one statement each, whatever the rows.
type Wants struct{ Agents, Channels, Tags, Identities, Groups bool }

// Rows are conversations with what was wanted of them, by id.
type Rows struct {
	All        []*ent.Conversation
	Agents     map[int64]*ent.Agent // name and picture only
	Channels   map[int64]*ent.Channel
	Tags       map[int64]*ent.Tag // of each row the first ShownTags
	Identities map[int64]*ent.Identity
	Groups     map[int64]*ent.Group
}

// ShownTags is how many of its contact's tags a row carries (CONT-12).
const ShownTags = 3

// complete reads what is wanted of the conversations.
func complete(ctx context.Context, v *store.View, all []*ent.Conversation, wants Wants) (*Rows, error) {
	rows := &Rows{All: all}
	var agents, channels, tags, identities, groups set
	for _, c := range all {
		agents.addOptional(c.FollowerID)
		agents.add(c.CollaboratorIds...)
		channels.add(c.ChannelID)
		tags.add(c.TagIds[:min(ShownTags, len(c.TagIds))]...)
		identities.addOptional(c.IdentityID)
		groups.addOptional(c.GroupID)
	}
	var err error
	if wants.Agents {
		if rows.Agents, err = agentsByID(ctx, v, agents); err != nil {
			return nil, err
		}
	}
	if wants.Channels && len(channels) > 0 {
		found, err := v.Channel.Query().Where(channel.IDIn(channels.list()...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read channels: %w", err)
		}
		rows.Channels = index(found, func(c *ent.Channel) int64 { return c.ID })
	}
	if wants.Tags && len(tags) > 0 {
		found, err := v.Tag.Query().Where(tag.IDIn(tags.list()...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read tags: %w", err)
		}
		rows.Tags = index(found, func(t *ent.Tag) int64 { return t.ID })
	}
	if wants.Identities {
		if rows.Identities, err = identitiesByID(ctx, v, identities); err != nil {
			return nil, err
		}
	}
	if wants.Groups && len(groups) > 0 {
		found, err := v.Group.Query().Where(group.IDIn(groups.list()...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		rows.Groups = index(found, func(g *ent.Group) int64 { return g.ID })
	}
	return rows, nil
}

// AgentsByID reads agents' names and pictures. Those that do not exist are left out.
func AgentsByID(ctx context.Context, v *store.View, ids []int64) (map[int64]*ent.Agent, error) {
	var s set
	s.add(ids...)
	return agentsByID(ctx, v, s)
}

func agentsByID(ctx context.Context, v *store.View, ids set) (map[int64]*ent.Agent, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := v.Agent.Query().Where(agent.IDIn(ids.list()...)).
		Select(agent.FieldID, agent.FieldName, agent.FieldPictureURL).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	return index(found, func(a *ent.Agent) int64 { return a.ID }), nil
}

func identitiesByID(ctx context.Context, v *store.View, ids set) (map[int64]*ent.Identity, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := v.Identity.Query().Where(identity.IDIn(ids.list()...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return index(found, func(i *ent.Identity) int64 { return i.ID }), nil
}

// set is ids without doubles.
type set map[int64]struct{}

func (s *set) add(ids ...int64) {
	if *s == nil {
		*s = set{}
	}
	for _, id := range ids {
		(*s)[id] = struct{}{}
	}
}

func (s *set) addOptional(id *int64) {
	if id != nil {
		s.add(*id)
	}
}

// list gives the ids in ascending order, so that the same rows make the same statement.
func (s set) list() []int64 { return slices.Sorted(maps.Keys(s)) }

func index[T any](all []*T, key func(*T) int64) map[int64]*T {
	m := make(map[int64]*T, len(all))
	for _, x := range all {
		m[key(x)] = x
	}
	return m
}
