// Package inbox is the reading side of conversations: who sees which (CONV-28), views, filters and sorts (CONV-7, CONV-17, CONV-18), counts,
// and the pages of messages, activities and group members. It changes nothing. What is listed is decided by conditions that are data:
// each can be asked of the database and of an event's facets, with the same answer.
package inbox

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Service reads the inbox.
type Service struct {
	db       *store.DB
	adapters *channels.Registry
}

// New makes the service.
func New(db *store.DB, adapters *channels.Registry) *Service {
	return &Service{db: db, adapters: adapters}
}

// Capability is what a type of channel can do; nothing where this server does not speak with it.
func (s *Service) Capability(channelType string) channels.Capability {
	a, err := s.adapters.Get(channels.Type(channelType))
	if err != nil {
		return channels.Capability{}
	}
	return a.Capability()
}

// Look calls f with one moment of the principal's team, for what is read beside the inbox.
func (s *Service) Look(ctx context.Context, p auth.Principal, f func(context.Context, *store.View) error) error {
	if err := may(p); err != nil {
		return err
	}
	return s.db.Read(ctx, p.TeamID, f)
}

// may says whether the principal's scopes let it read conversations.
func may(p auth.Principal) error {
	return p.Need(auth.ReadConversations)
}

// Get reads conversations by their ids with what wants names; those that do not exist or that the principal may not see are left out
// (CONV-28). with, where it is not nil, reads more of the same moment.
func (s *Service) Get(ctx context.Context, p auth.Principal, ids []int64, wants Wants, with func(context.Context, *store.View, *Rows) error) (*Rows, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var rows *Rows
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		all, err := Load(ctx, v, ids, wants)
		if err != nil {
			return err
		}
		seen := all.All[:0]
		for _, c := range all.All {
			if row.Sees(p, row.Facets(c)) {
				seen = append(seen, c)
			}
		}
		all.All = seen
		rows = all
		if with == nil {
			return nil
		}
		return with(ctx, v, rows)
	})
	return rows, err
}

// Visible reads one conversation that the principal may see; any other is a fault of kind NotFound.
func Visible(ctx context.Context, v *store.View, p auth.Principal, id int64) (*ent.Conversation, error) {
	c, err := v.Conversation.Get(ctx, id)
	if ent.IsNotFound(err) || err == nil && !row.Sees(p, row.Facets(c)) {
		return nil, fault.Missing("the conversation")
	}
	return c, err
}

// Load reads conversations by their ids, whoever may see them, with what wants names. Those that do not exist are left out.
func Load(ctx context.Context, v *store.View, ids []int64, wants Wants) (*Rows, error) {
	if len(ids) == 0 {
		return &Rows{}, nil
	}
	all, err := v.Conversation.Query().Where(conversation.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	return complete(ctx, v, all, wants)
}
